//! `ledger verify`: is a ledger what it was?

use super::print;
use crate::ledger::log::{self, Checked, Trust};
use anyhow::{anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Reads every record of each ledger: its checksum, its hash, that it follows the one before it. Then every checkpoint: its signature, and
/// that its root is that of the records. The first damage of each file is named, with the record and the place. Nothing is changed; a
/// gateway may be writing meanwhile.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders of ledgers
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Public keys to believe, instead of those in the folder: who can change a ledger can change them too
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The witness's copy of the checkpoints
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.witness.is_some() && arguments.folders.len() > 1 {
        bail!("a witness has the checkpoints of one ledger\n  hint: verify ledgers with `--witness` one by one");
    }
    let trust = Trust { public_key: arguments.public_key.clone(), witness: arguments.witness.clone() };
    let mut damages = 0;
    for folder in &arguments.folders {
        let checked = check(folder, &trust)?;
        damages += checked.damages.len();
        print(&told(folder, &checked));
    }
    match damages {
        0 => Ok(()),
        1 => bail!("one place is not what it was"),
        many => bail!("{many} places are not what they were"),
    }
}

fn check(folder: &Path, trust: &Trust) -> anyhow::Result<Checked> {
    let bytes = log::bytes(folder).map_err(|broken| anyhow!("{broken}"))?;
    let bar = ProgressBar::new(bytes);
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let checked = log::verify(folder, trust, &|bytes| bar.inc(bytes)).map_err(|broken| anyhow!("{broken}"));
    bar.finish_and_clear();
    checked
}

fn told(folder: &Path, checked: &Checked) -> String {
    let name = checked.instance.as_deref().unwrap_or("no instance");
    let mut text = format!(
        "{} ({name}): {} in {}, {}\n",
        folder.display(),
        count(checked.records, "record"),
        count(checked.segments as u64, "segment"),
        count(checked.checkpoints as u64, "checkpoint"),
    );
    let covered = checked.last.as_ref().map_or(0, |last| last.size);
    if let Some(last) = &checked.last {
        _ = writeln!(text, "  the last checkpoint, of {}, is of {}", count(last.size, "record"), last.time);
    }
    if checked.records > covered {
        _ = writeln!(text, "  {} after it, which no checkpoint is of yet", count(checked.records - covered, "record"));
    }
    for damage in &checked.damages {
        _ = writeln!(text, "  {damage}");
    }
    text + if checked.damages.is_empty() { "  whole\n" } else { "" }
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
