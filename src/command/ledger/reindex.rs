//! `ledger reindex`: the index of ledgers, made again from their records.

use super::super::print;
use super::found::home;
use super::progress::Progress;
use crate::ledger::index::{Home, Index};
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::path::PathBuf;

/// Makes the index by person and by record again, from the records of these ledgers. What was in it is thrown away: of a database, which
/// gateways may share, what is of these ledgers. A gateway that runs keeps its own index up by itself.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders of ledgers
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Where the index is: a file, or `env:NAME` for a variable with the address of a Postgres database; by default `index.sqlite` in the first
    /// folder
    #[arg(long, value_name = "FILE")]
    index: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let home = home(arguments.index.as_deref(), &arguments.folders)?;
    runtime.block_on(async {
        let index = Index::at(&home, &arguments.folders).await.map_err(|failed| anyhow!("{failed}"))?;
        index.empty().await.map_err(|failed| anyhow!("{failed}"))?;
        let progress = Progress::over(&arguments.folders);
        let filled = index.catch_up(|bytes| progress.passed(bytes)).await;
        progress.done();
        filled.map_err(|failed| anyhow!("{failed}"))?;
        let records = index.records().await.map_err(|failed| anyhow!("{failed}"))?;
        index.close().await;
        let place = match &home {
            Home::File(file) => file.display().to_string(),
            Home::Database(_) => "the database".to_owned(),
        };
        print(&format!("{place}: {records} records of {} ledgers\n", arguments.folders.len()));
        Ok(())
    })
}
