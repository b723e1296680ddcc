//! `ledger reindex`: the index of ledgers, made again from their records.

use super::super::print;
use super::progress::Progress;
use crate::ledger::index::{FILE, Index};
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::path::PathBuf;

/// Makes the index by person and by record again, from the records of these ledgers. What was in it is thrown away. A gateway that runs keeps its own
/// index up by itself.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders of ledgers
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// The file of the index; by default `index.sqlite` in the first folder
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let first = arguments.folders.first().map(|folder| folder.join(FILE)).unwrap_or_default();
    let file = arguments.index.as_ref().unwrap_or(&first);
    runtime.block_on(async {
        let index = Index::open(file, &arguments.folders).await.map_err(|failed| anyhow!("{failed}"))?;
        index.empty().await.map_err(|failed| anyhow!("{failed}"))?;
        let progress = Progress::over(&arguments.folders);
        let filled = index.catch_up(|bytes| progress.passed(bytes)).await;
        progress.done();
        filled.map_err(|failed| anyhow!("{failed}"))?;
        let records = index.records().await.map_err(|failed| anyhow!("{failed}"))?;
        index.close().await;
        print(&format!("{}: {records} records of {} ledgers\n", file.display(), arguments.folders.len()));
        Ok(())
    })
}
