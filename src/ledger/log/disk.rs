//! Disk: the segment that is written. What `append` has taken is on the disk when it returns.
//!
//! Each write makes the file longer. To make room beforehand, with zeros, writes every byte twice and is slower from some dozen records a
//! write on (docs/decisions/0014).
//!
//! After an error nothing is believed of the file: a page whose write failed may be dropped and called clean, and the next `fsync` says
//! that all is well. `restore` opens the file anew, cuts it where the last acknowledged record ends, writes the block that this record
//! ends in once more, from memory, and waits for it.

use super::chain::Chain;
use super::segment::{self, BLOCK, Header, Segment};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Where segments are, and how long they become.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) instance: String,
    pub(super) segment_bytes: u64,
    pub(super) faults: Faults,
}

/// The last segment.
#[derive(Debug)]
pub(super) struct Disk {
    place: Place,
    segment: Segment,
    file: File,
    /// Where the last acknowledged record ends.
    end: u64,
    /// The bytes of the block that `end` is in, up to there.
    block: Vec<u8>,
}

/// What a test breaks. A program that serves has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(pub(super) Arc<Mutex<Option<Fault>>>);

/// A way to break. It lasts until it is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "only tests break anything"))]
pub(super) enum Fault {
    /// There is no space for more than half of a write.
    NoSpace,
    /// Half of a write is written.
    Written,
    /// All of it is written, and the disk does not say that it has it.
    Synced,
    /// The process is killed at this point: nothing is done any more.
    Killed(Point),
}

/// A point of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    BeforeWrite,
    BeforeSync,
    AfterSync,
}

impl Faults {
    fn now(&self) -> Option<Fault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(fault: Fault) -> io::Error {
        match fault {
            Fault::NoSpace => io::ErrorKind::StorageFull.into(),
            Fault::Written | Fault::Synced | Fault::Killed(_) => io::ErrorKind::Other.into(),
        }
    }

    /// Whether anything is broken at all.
    fn any(&self) -> io::Result<()> {
        self.now().map_or(Ok(()), |fault| Err(Self::fail(fault)))
    }

    fn killed(&self, point: Point) -> io::Result<()> {
        match self.now() {
            Some(Fault::Killed(at)) if at == point => Err(Self::fail(Fault::Killed(at))),
            _ => Ok(()),
        }
    }
}

impl Disk {
    /// Makes the segment that begins where the chain stands.
    pub(super) fn create(place: Place, chain: &Chain) -> io::Result<Self> {
        place.faults.any()?;
        let (path, unfinished) = segment::paths(&place.folder, chain.due());
        let block = Header { instance: place.instance.clone(), chain: chain.clone() }.write();
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all_at(&block, 0)?;
        file.sync_all()?;
        // the name appears when all behind it is there
        std::fs::rename(&unfinished, &path)?;
        let end = BLOCK as u64;
        let segment = Segment { first: chain.due(), path };
        segment::sync_folder(&place.folder)?;
        Ok(Self { place, segment, file, end, block: Vec::new() })
    }

    /// Opens a segment, cut at the end of its last whole record.
    pub(super) fn open(place: Place, segment: Segment, end: u64) -> io::Result<Self> {
        let file = writable(&segment)?;
        let mut block = vec![0; usize::try_from(end % BLOCK as u64).unwrap_or(0)];
        let start = end - block.len() as u64;
        file.read_exact_at(&mut block, start)?;
        file.set_len(end)?;
        file.sync_all()?;
        Ok(Self { place, segment, file, end, block })
    }

    /// Whose ledger it is.
    pub(super) fn instance(&self) -> &str {
        &self.place.instance
    }

    /// Appends frames, and waits until the disk has them. After an error nothing else may be done but `restore`.
    pub(super) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        self.place.faults.killed(Point::BeforeWrite)?;
        let after = self.end.saturating_add(frames.len() as u64);
        if let Some(fault @ (Fault::NoSpace | Fault::Written)) = self.place.faults.now() {
            self.file.write_all_at(frames.get(..frames.len() / 2).unwrap_or_default(), self.end)?;
            return Err(Faults::fail(fault));
        }
        self.file.write_all_at(frames, self.end)?;
        self.place.faults.killed(Point::BeforeSync)?;
        if self.place.faults.now() == Some(Fault::Synced) {
            return Err(Faults::fail(Fault::Synced));
        }
        self.file.sync_data()?;
        self.place.faults.killed(Point::AfterSync)?;
        self.keep_block(after, frames);
        self.end = after;
        Ok(())
    }

    /// Ends the segment and begins the next, where there is no room for so many bytes more.
    pub(super) fn roll(&mut self, chain: &Chain, bytes: usize) -> io::Result<()> {
        let full = self.end.saturating_add(bytes as u64) > self.place.segment_bytes && self.end > BLOCK as u64;
        if full {
            self.file.set_len(self.end)?;
            self.file.sync_all()?;
            *self = Self::create(self.place.clone(), chain)?;
        }
        Ok(())
    }

    /// Makes the file what was acknowledged, after an error. `chain` is where that leads.
    pub(super) fn restore(&mut self, chain: &Chain) -> io::Result<()> {
        self.place.faults.any()?;
        // a next segment that was begun, and not finished, holds no record
        let (next, unfinished) = segment::paths(&self.place.folder, chain.due());
        for path in [next, unfinished].iter().filter(|path| **path != self.segment.path) {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let file = writable(&self.segment)?;
        if file.metadata()?.len() < self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // the same bytes in the same place: whenever a crash comes, they are there
        file.write_all_at(&self.block, self.end - self.block.len() as u64)?;
        file.set_len(self.end)?;
        file.sync_all()?;
        segment::sync_folder(&self.place.folder)?;
        self.file = file;
        Ok(())
    }

    fn keep_block(&mut self, after: u64, frames: &[u8]) {
        let length = usize::try_from(after % BLOCK as u64).unwrap_or(0);
        match frames.len().checked_sub(length) {
            Some(begin) => self.block = frames.get(begin..).unwrap_or_default().to_vec(),
            None => self.block.extend_from_slice(frames),
        }
    }
}

fn writable(segment: &Segment) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(&segment.path)
}
