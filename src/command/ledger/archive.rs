//! `ledger archive`: old segments to another place.

use super::print;
use crate::ledger::log;
use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// They stay a part of the ledger: `archives` in its folder says where they are, and every command, the gateway's start too, reads them there. Each is
/// taken away once its copy is on the other disk and was read again. A gateway may be writing meanwhile.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the ledger
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folder for them, best on another disk, and always mounted: without it the ledger is not whole
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Segments that stay, besides the one that is written; each has 64 MiB
    #[arg(long, value_name = "N", default_value_t = 4)]
    keep: usize,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let bar = ProgressBar::new(log::bytes(&arguments.folder).map_err(|broken| anyhow!("{broken}"))?);
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let moved = log::archive(&arguments.folder, &arguments.to, arguments.keep, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let moved = moved.map_err(|broken| anyhow!("{broken}"))?;
    print(&format!("{moved} segments moved to {}\n", arguments.to.display()));
    Ok(())
}
