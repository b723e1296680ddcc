//! Log: records in the order in which they were made, each bound to all before it, on the disk when `append` says so.
//!
//! ```text
//! append ─> Queue ─> Writer ─> Disk (segment files) ─> receipts
//!                      └─ head ─> Notary ─> checkpoints ─> Witness
//! ```
//!
//! A payload is bytes; what they mean is the affair of others. One thread writes: what waits goes into one write and one `fdatasync`, then
//! all who wait are told. A record is never changed and never taken away: each holds the hash of the one before, and signed checkpoints
//! hold the root of a tree over all of them. What a crash has left unfinished is cut at the next start, and a record says so; a ledger
//! that is damaged otherwise is not opened, so that nothing is written over what a court may want to see.
//!
//! The format stands in `frame` and `segment`; docs/ledger.md tells it to those who check it without this program.

mod archive;
mod batch;
mod broken;
mod chain;
mod checkpoint;
mod disk;
mod frame;
mod hash;
mod key;
mod notary;
mod open;
mod past;
mod prove;
mod queue;
mod reader;
mod records;
mod recovery;
mod segment;
mod slot;
mod tail;
mod tree;
mod verify;
mod walk;
mod witness;
mod writer;

#[cfg(test)]
mod tests;

pub use archive::archive;
pub use broken::{Broken, Damage, What};
pub use checkpoint::Checkpoint;
pub use frame::Flaw;
pub use hash::Hash;
pub use prove::{Proof, prove};
pub use queue::{Expected, Receipt, Unavailable};
pub use records::{Bookmark, Picked, Record, Records};
pub use verify::{Checked, Trust, bytes, verify};
pub use witness::{Bearer, Witness};

use crate::limits::Limits;
use queue::{Queue, When};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How a ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where its files are. It is made where there is none.
    pub folder: PathBuf,
    /// Which gateway writes it: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub instance: Arc<str>,
    /// Bytes of a file, about: the next begins before a write would make it longer.
    pub segment_bytes: u64,
    /// Bytes that a start reads whole; of a longer ledger it reads what comes after the last checkpoint, and the rest behind it.
    pub start_bytes_max: u64,
    /// Records that may wait to be written.
    pub queue_max: usize,
    /// Bytes of them.
    pub queue_bytes_max: usize,
    /// Bytes of a record.
    pub record_bytes_max: usize,
    /// Records after which a checkpoint is made.
    pub checkpoint_records: u64,
    /// Milliseconds after which one is made, if there are new records.
    pub checkpoint_ms: u64,
    /// The file of the key that signs checkpoints; made where there is none. Left out, it stands in the folder.
    pub key: Option<PathBuf>,
    /// The second place that has the checkpoints.
    pub witness: Option<Witness>,
}

impl Settings {
    /// A ledger in this folder, of this instance, within these limits; no witness.
    #[must_use]
    pub fn new(folder: PathBuf, instance: Arc<str>, limits: &Limits) -> Self {
        Self {
            folder,
            instance,
            segment_bytes: limits.ledger_segment_bytes,
            start_bytes_max: limits.ledger_start_bytes_max,
            queue_max: limits.ledger_waiting_max,
            queue_bytes_max: limits.ledger_waiting_bytes_max,
            record_bytes_max: limits.ledger_record_bytes_max,
            checkpoint_records: limits.ledger_checkpoint_records,
            checkpoint_ms: limits.ledger_checkpoint_ms,
            key: None,
            witness: None,
        }
    }
}

/// A ledger that is written. Clones are the same ledger; with the last one it ends, when all that waits is written.
#[derive(Debug, Clone)]
pub struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Queue,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What was found when a ledger was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Records that were there.
    pub records: u64,
    /// The write that a crash had left unfinished, and that was cut.
    pub torn: Option<Torn>,
}

/// An unfinished write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    pub segment: PathBuf,
    /// Where it began.
    pub offset: u64,
    /// Bytes that were there of it.
    pub bytes: u64,
}

impl Log {
    /// Opens the ledger of a folder, or begins it. What was there must still be there: it reads all of it, and blocks meanwhile; of a long one
    /// the end, which a checkpoint ties to the rest, and the rest behind it. Where that is damaged nothing more is written.
    ///
    /// # Errors
    /// Where the folder can't be used, another process writes it, or it is not what it was, with the place.
    pub fn open(settings: Settings) -> Result<(Self, Opened), Broken> {
        open::open(settings, disk::Faults::default())
    }

    /// Says that somebody will add a record and wait for it, so that it can be written together with those of others: until what this gives is
    /// dropped.
    #[must_use]
    pub fn expect(&self) -> Expected {
        self.0.queue.expect()
    }

    /// Adds a record. When this resolves to a receipt, the record is on the disk.
    ///
    /// # Errors
    /// Where it can't be written. It may be found in the ledger nevertheless, after a crash; nobody was told that it is.
    pub async fn append(&self, payload: Vec<u8>) -> Result<Receipt, Unavailable> {
        let (waiter, receipt) = oneshot::channel();
        self.0.queue.put(&payload, When::Awaited(waiter))?;
        drop(payload);
        receipt.await.unwrap_or(Err(Unavailable::Closed))
    }

    /// Adds a record that nobody waits for.
    ///
    /// # Errors
    /// Where it is known already that it can't be written.
    pub fn append_later(&self, payload: &[u8]) -> Result<(), Unavailable> {
        self.0.queue.put(payload, When::Soon)
    }

    /// Adds a record that may be lost if the machine fails: it goes along with the next one that somebody waits for.
    ///
    /// # Errors
    /// Where it is known already that it can't be written.
    pub fn append_along(&self, payload: &[u8]) -> Result<(), Unavailable> {
        self.0.queue.put(payload, When::Later)
    }

    /// Whether a record would be written now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.queue.is_ready()
    }

    /// Whether it was closed, or can't be gone on with.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.queue.is_closed()
    }

    /// Writes what waits, makes the last checkpoint, and ends the ledger for all clones. Blocks until that is done.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        let thread = self.thread.lock().map_or(None, |mut thread| thread.take());
        if let Some(thread) = thread {
            self.queue.close();
            _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whose ledger is in a folder; `None` where none is.
///
/// # Errors
/// Where the folder can't be read, or the ledger begins with something damaged.
pub fn instance(folder: &Path) -> Result<Option<Arc<str>>, Broken> {
    let records = Records::open(folder, 1, Limits::default().ledger_record_bytes_max)?;
    Ok(records.instance().map(Arc::from))
}

/// The records of a ledger's folder, from the first on.
///
/// # Errors
/// Where the folder can't be read. The iterator's errors say the place.
pub fn records(folder: &Path) -> Result<Records, Broken> {
    records_from(folder, 1)
}

/// The records of a ledger's folder, from the one of this number on. Those before it in its segment are read and checked too.
///
/// # Errors
/// Where the folder can't be read. The iterator's errors say the place.
pub fn records_from(folder: &Path, seq: u64) -> Result<Records, Broken> {
    Records::open(folder, seq, Limits::default().ledger_record_bytes_max)
}

/// Records of a ledger's folder whose numbers and offsets are known: each is checked by itself, and not that it follows the one before.
///
/// # Errors
/// Where the folder can't be read. The iterator's errors say the place.
pub fn picked(folder: &Path, places: Vec<(u64, u64)>) -> Result<Picked, Broken> {
    Picked::open(folder, places, Limits::default().ledger_record_bytes_max)
}

/// The records of a ledger's folder, from a place on where somebody stopped reading.
///
/// # Errors
/// Where the folder can't be read, or is not what it was then. The iterator's errors say the place.
pub fn records_after(folder: &Path, place: Bookmark) -> Result<Records, Broken> {
    Records::resume(folder, place, Limits::default().ledger_record_bytes_max)
}
