//! Progress: how far the reading of ledgers is, where somebody waits for it at a terminal.

use crate::ledger::log;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;

#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Over all files of these folders. It shows itself on the standard error output if that is a terminal.
    pub fn over(folders: &[PathBuf]) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(folders.iter().filter_map(|folder| log::bytes(folder).ok()).sum()),
            ProgressDrawTarget::stderr_with_hz(5),
        );
        let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Nothing to wait for.
    pub fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    /// A record with so many bytes was read.
    pub fn passed(&self, payload: usize) {
        self.0.inc(payload as u64);
    }

    /// Writes something above the bar.
    pub fn above(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}
