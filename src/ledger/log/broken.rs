//! Broken: why a ledger can't be opened, or read further, with the place.

use super::frame::Flaw;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A ledger that can't be opened, or read further.
#[derive(Debug)]
pub enum Broken {
    /// Another process writes it.
    InUse { folder: PathBuf },
    /// The system does not let us at a file or folder.
    Unusable { path: PathBuf, error: io::Error },
    /// The settings make no sense.
    Settings { what: &'static str },
    /// The records are not those that were written.
    Damaged(Damage),
    /// There is no such thing.
    Refused { what: String },
    /// A key is none.
    Key { path: PathBuf, what: &'static str },
}

/// What is damaged, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Bytes from its start; for a file of checkpoints the line, from 1, and 0 for the last.
    pub at: u64,
    /// The record there, or the first that is missing.
    pub seq: u64,
    pub what: What,
}

/// What is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A record is not the one that was written.
    Record(Flaw),
    /// As a crash leaves it: an unfinished write at the end, of so many bytes.
    Torn { bytes: u64 },
    /// It is not whole, and a checkpoint of so many records says that it was.
    Vouched { size: u64 },
    /// The first block of a segment.
    Block,
    /// A segment of another version of the format than is read.
    Version { found: u32, read: u32 },
    /// A segment of another instance.
    Instance { found: String },
    /// A segment does not go on where the one before it ended.
    Gap { due: u64 },
    /// The chain before a segment is not the one that its first block states.
    Link,
    /// A line is no checkpoint of this ledger.
    Line,
    /// A line that was never finished, at the end.
    TornLine,
    /// A checkpoint is not signed by a key that is believed in.
    Signature,
    /// A checkpoint is of more records than there are.
    Missing { there: u64 },
    /// A checkpoint's root is that of other records. Those up to `good` are the ones that were there.
    Root { good: u64 },
    /// The witness has a checkpoint that is later than all of the ledger's own.
    Later { own: u64 },
    /// There are records, and no checkpoint at all.
    NoCheckpoint,
    /// The file can't be read.
    Unreadable(io::ErrorKind),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { folder } => write!(
                f,
                "{}: another process writes this ledger\n  hint: each gateway has a folder of its own",
                folder.display()
            ),
            Self::Unusable { path, error } => write!(f, "{}: {}", path.display(), error.kind()),
            Self::Settings { what } => f.write_str(what),
            Self::Refused { what } => f.write_str(what),
            Self::Damaged(damage @ Damage { what: What::Version { .. }, .. }) => write!(
                f,
                "{damage}\n  hint: the program that wrote it reads it, so keep both. This one needs another folder"
            ),
            Self::Damaged(damage) => write!(
                f,
                "{damage}\n  hint: nothing is written after damage. Keep the folder as evidence, and see docs/ledger.md"
            ),
            Self::Key { path, what } => write!(f, "{}: {what}", path.display()),
        }
    }
}

impl std::error::Error for Broken {}

impl From<Damage> for Broken {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, at) = (self.file.display(), self.at);
        match (self.what.is_line(), at) {
            (true, 0) => write!(f, "{file}: the last line: ")?,
            (true, _) => write!(f, "{file}: line {at}: ")?,
            (false, _) => write!(f, "{file}: byte {at}: ")?,
        }
        let seq = self.seq;
        match &self.what {
            What::Record(Flaw::Length) => write!(f, "record {seq} has a length that can't be"),
            What::Record(Flaw::Checksum) => write!(f, "record {seq} is damaged: its checksum is that of other bytes"),
            What::Record(Flaw::Hash) => write!(f, "record {seq} is another one: its hash is not that of its bytes"),
            What::Record(Flaw::Sequence { found }) => write!(f, "record {seq} is due, and {found} stands there"),
            What::Record(Flaw::Previous) => write!(f, "record {seq} follows another record than the one before it"),
            What::Record(Flaw::Rest) => write!(f, "record {seq} is due, and what stands there is none"),
            What::Torn { bytes } => {
                write!(f, "record {seq} was never finished: {bytes} bytes, as a crash leaves them")
            }
            What::Vouched { size } => {
                write!(f, "record {seq} is damaged: the checkpoint of {size} records says that it was whole")
            }
            What::Block => write!(f, "the first block of the segment of record {seq} is damaged"),
            What::Version { found, read } => {
                write!(f, "the segment of record {seq} is of version {found} of the format, and {read} is read")
            }
            What::Instance { found } => write!(f, "the segment of record {seq} belongs to the instance `{found}`"),
            What::Gap { due } => write!(f, "record {due} is due, and the segment begins with {seq}"),
            What::Link => write!(f, "the segment of record {seq} does not follow the one before it"),
            What::TornLine => {
                f.write_str("this checkpoint was never finished, as after a crash; the next start cuts it")
            }
            What::Line => f.write_str("this is no checkpoint of this ledger"),
            What::Signature => write!(f, "the checkpoint of {seq} records is signed by no key that is believed in"),
            What::Missing { there } => write!(f, "the checkpoint is of {seq} records, and {there} are there"),
            What::Root { good } => {
                write!(
                    f,
                    "a record from {} to {seq} is not the one that was there at the checkpoint of {seq}",
                    good + 1
                )
            }
            What::Later { own } => {
                write!(f, "the witness knows of {seq} records, the ledger's own checkpoints of {own}")
            }
            What::NoCheckpoint => write!(f, "there are {seq} records, and no checkpoint"),
            What::Unreadable(kind) => write!(f, "can't be read: {kind}"),
        }
    }
}

impl What {
    fn is_line(&self) -> bool {
        match self {
            Self::Line
            | Self::TornLine
            | Self::Signature
            | Self::Missing { .. }
            | Self::Root { .. }
            | Self::Later { .. }
            | Self::NoCheckpoint => true,
            Self::Record(_)
            | Self::Torn { .. }
            | Self::Vouched { .. }
            | Self::Block
            | Self::Version { .. }
            | Self::Instance { .. }
            | Self::Gap { .. }
            | Self::Link
            | Self::Unreadable(_) => false,
        }
    }
}
