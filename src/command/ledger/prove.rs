//! `ledger prove`: a record with the path from it to a signed checkpoint.

use super::print;
use crate::ledger::log;
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::path::PathBuf;

/// Prints one JSON object: the record, the nodes of the tree beside its way to the root, and the first checkpoint that was made after it.
/// docs/ledger.md has a script of 30 lines that checks it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Number of the record, from 1
    #[arg(value_name = "SEQ")]
    seq: u64,
    /// Folder of the ledger
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let proof = log::prove(&arguments.folder, arguments.seq).map_err(|broken| anyhow!("{broken}"))?;
    print(&format!("{}\n", serde_json::to_string_pretty(&proof).context("the proof can't be written")?));
    Ok(())
}
