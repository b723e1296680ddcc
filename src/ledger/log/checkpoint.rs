//! Checkpoint: a signed word about how many records there are and which.
//!
//! What is signed is the text of a C2SP tlog-checkpoint: four lines, the origin, the size, the root in base64, and the time. A file of
//! checkpoints has one a line, as JSON.

use super::hash::Hash;
use super::key::{Keys, Signer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes of a line, at most.
const LINE_MAX: u64 = 4096;

/// One checkpoint, as it stands in its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// `headwaters.ledger/` and the instance.
    pub origin: String,
    /// Records.
    pub size: u64,
    /// Root of the tree of that many records, in base64.
    pub root: String,
    /// When it was made.
    pub time: String,
    /// Id of the key that signed.
    pub key: String,
    /// In base64.
    pub signature: String,
}

pub(super) fn origin(instance: &str) -> String {
    format!("headwaters.ledger/{instance}")
}

/// A hash as checkpoints have it.
pub(super) fn base64(hash: Hash) -> String {
    STANDARD.encode(hash.0)
}

impl Checkpoint {
    /// Signs; `None` where the key does not.
    pub(super) fn sign(instance: &str, size: u64, root: Hash, time: String, signer: &Signer) -> Option<Self> {
        let mut checkpoint = Self {
            origin: origin(instance),
            size,
            root: base64(root),
            time,
            key: signer.id.clone(),
            signature: String::new(),
        };
        checkpoint.signature = STANDARD.encode(signer.sign(&checkpoint.text())?);
        Some(checkpoint)
    }

    /// `None` where it is no hash.
    pub(super) fn root(&self) -> Option<Hash> {
        STANDARD.decode(&self.root).ok()?.try_into().ok().map(Hash)
    }

    /// What is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n{}\n", self.origin, self.size, self.root, self.time)
    }

    /// With its end.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// `None` for a line that is not exactly as one is written.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let checkpoint: Self = serde_json::from_slice(line).ok()?;
        (checkpoint.line().as_bytes() == line).then_some(checkpoint)
    }

    pub(super) fn is_signed(&self, keys: &Keys) -> bool {
        let signature = STANDARD.decode(&self.signature).unwrap_or_default();
        keys.signed(&self.key, &self.text(), &signature)
    }
}

/// The lines of a file, each with its end where it has one; nothing where there is no file.
pub(super) fn lines(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    let file = match File::open(path) {
        Ok(file) => Some(BufReader::new(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let next = |file: &mut Option<BufReader<File>>| {
        let mut line = Vec::new();
        let read = file.as_mut()?.take(LINE_MAX).read_until(b'\n', &mut line);
        match read {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    };
    let mut file = file;
    Ok(std::iter::from_fn(move || next(&mut file)))
}

/// The last whole line of a file, empty where there is none, and where it ends; the file may end in part of another.
pub(super) fn last_line(file: &mut File) -> io::Result<(Vec<u8>, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(2 * LINE_MAX);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(2 * LINE_MAX).read_to_end(&mut end)?;
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    end.truncate(whole);
    let begin = end.get(..whole.saturating_sub(1)).unwrap_or_default().iter().rposition(|byte| *byte == b'\n');
    let line = end.split_off(begin.map_or(0, |at| at + 1));
    Ok((line, start + whole as u64))
}
