//! Notary: the thread that signs checkpoints, keeps them beside the ledger, and hands them to the witness. The writer never waits for it.

use super::checkpoint::{self, Checkpoint};
use super::hash::Hash;
use super::key::Signer;
use super::slot::Slot;
use super::witness;
use crate::observe::{self, Event};
use jiff::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Where the tree stands at a time. All its records are on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) at: Timestamp,
}

#[derive(Debug)]
pub(super) struct Notary {
    pub(super) instance: String,
    pub(super) signer: Signer,
    pub(super) file: Kept,
    pub(super) heads: Arc<Slot<Head>>,
    pub(super) witness: Option<(Arc<Slot<String>>, JoinHandle<()>)>,
}

impl Notary {
    /// Signs until no more heads come, and until the witness has the last, if it can be had.
    pub(super) fn run(mut self) {
        let mut failing = false;
        while let Some(head) = self.heads.take() {
            let time = head.at.to_string();
            let Some(signed) = Checkpoint::sign(&self.instance, head.size, head.root, time, &self.signer) else {
                observe::emit(&Event::CheckpointFailed { detail: "the key does not sign" });
                continue;
            };
            let line = signed.line();
            match self.file.add(&line) {
                // the witness never knows of more than the ledger's own file
                Ok(()) => {
                    failing = false;
                    if let Some((slot, _)) = &self.witness {
                        slot.put(line);
                    }
                }
                Err(error) => {
                    if !failing {
                        observe::emit(&Event::CheckpointFailed { detail: &error.to_string() });
                    }
                    failing = true;
                }
            }
        }
        if let Some((slot, thread)) = self.witness {
            slot.close();
            _ = thread.join();
        }
    }
}

/// A file of lines that is only added to. What it has taken is on the disk.
#[derive(Debug)]
pub(super) struct Kept {
    file: File,
    /// Bytes up to the end of the last whole line.
    length: u64,
}

impl Kept {
    /// Opens the file, or makes it; gives its last line.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<u8>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let (line, length) = checkpoint::last_line(&mut file)?;
        Ok((Self { file, length }, line))
    }

    /// Adds a line.
    pub(super) fn add(&mut self, line: &str) -> io::Result<()> {
        // part of a line, which a crash or a full disk has left
        if self.file.metadata()?.len() != self.length {
            self.file.set_len(self.length)?;
        }
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.length += line.len() as u64;
        Ok(())
    }
}

/// A thread that keeps what it is handed at a witness.
pub(super) fn witness(witness: witness::Witness) -> io::Result<(Arc<Slot<String>>, JoinHandle<()>)> {
    let slot = Arc::new(Slot::new());
    let lines = Arc::clone(&slot);
    let run = move || witness::run(&witness, &lines);
    Ok((slot, std::thread::Builder::new().name("ledger-witness".into()).spawn(run)?))
}
