//! Witness: a second place that has the checkpoints, so that who can change the ledger can't change its past unseen.
//!
//! A file, on another machine's disk, or a server that takes each checkpoint by POST. One that can't be reached is tried again; what it
//! missed is in the next checkpoint, which stands for all records before it.

mod http;

use super::notary::Kept;
use super::slot::Slot;
use crate::observe::{self, Event};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Pauses between attempts: the first, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Where the second copy is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// A file, best on another mount.
    File(PathBuf),
    /// An address that answers a POST of a checkpoint with a status of success, with what lets in there.
    Http(String, Option<Bearer>),
}

/// A token that lets in at a witness. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// `None` for what no header can hold.
    #[must_use]
    pub fn new(token: String) -> Option<Self> {
        let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        plain.then_some(Self(token))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}

impl Witness {
    /// The same, with what lets in there. A file needs none.
    #[must_use]
    pub fn with(self, bearer: Bearer) -> Self {
        match self {
            Self::Http(url, _) => Self::Http(url, Some(bearer)),
            Self::File(path) => Self::File(path),
        }
    }

    /// As an operator writes it: an address of `https`, or of `http` on this machine, or else a path.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        match text.split_once("://") {
            None => Ok(Self::File(text.into())),
            Some(_) if http::is_safe(text) => Ok(Self::Http(text.to_owned(), None)),
            Some(_) => Err("a witness is a path, or an address of https, or of http on this machine"),
        }
    }
}

/// Hands on line after line until no more come. Of those that come while one is tried the latest is tried next.
pub(super) fn run(witness: &Witness, lines: &Slot<String>) {
    let mut failed = None;
    while let Some(mut line) = lines.take() {
        while let Err(detail) = deliver(witness, &line) {
            if failed.is_none() {
                observe::emit(&Event::WitnessFailed { detail: &detail });
            }
            if lines.is_closed() {
                break;
            }
            let pause = failed.map_or(PAUSE_MIN, |pause: Duration| (pause * 2).min(PAUSE_MAX));
            failed = Some(pause);
            line = lines.newer(line, pause);
        }
        if failed.take().is_some() && !lines.is_closed() {
            observe::emit(&Event::WitnessBack);
        }
    }
}

fn deliver(witness: &Witness, line: &str) -> Result<(), String> {
    match witness {
        // opened each time: mounts come and go
        Witness::File(path) => {
            Kept::open(path).and_then(|(mut file, _)| file.add(line)).map_err(|error| error.kind().to_string())
        }
        Witness::Http(url, bearer) => http::post(url, bearer.as_ref(), line).map_err(str::to_owned),
    }
}
