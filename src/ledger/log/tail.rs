//! Tail: is what stands at the end of a ledger an unfinished write, or damage?

use super::frame::{AROUND, Frame, SEQUENCE_AT};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// What stands where a record was due and could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// An unfinished write, of so many bytes: nobody was told of its records.
    Torn { bytes: u64 },
    /// The record was whole once: others were written after it.
    Damaged,
    /// The record is whole now: it was being written when it was read.
    Written,
}

/// Looks at the bytes from `offset` on, where record `due` was to stand.
///
/// A crash may lose any part of the last write, and keep records behind the part that it lost. They belong to the same write. A record of
/// a later write proves that all before it had been on the disk.
pub(super) fn look(path: &Path, offset: u64, due: u64, payload_max: usize) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    let mut at = 0;
    while let Some(bytes) = rest.get(at..).filter(|bytes| !bytes.is_empty()) {
        let Some((frame, length)) = whole(bytes, due, payload_max) else {
            at += 1;
            continue;
        };
        if at == 0 && frame.seq == due {
            return Ok(Tail::Written);
        }
        let began = frame.seq.saturating_sub(u64::from(frame.before));
        if began > due {
            return Ok(Tail::Damaged);
        }
        at += length;
    }
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    Ok(Tail::Torn { bytes: written as u64 })
}

/// The frame that begins here, of a record from `due` on. Tried at every byte, so what is quick to see is looked at first.
fn whole(bytes: &[u8], due: u64, payload_max: usize) -> Option<(Frame<'_>, usize)> {
    let length = Frame::bytes(bytes).filter(|length| *length <= payload_max.saturating_add(AROUND))?;
    let seq = u64::from_le_bytes(*bytes.get(SEQUENCE_AT..)?.first_chunk()?);
    // no more records than bytes can follow
    if seq < due || seq - due > bytes.len() as u64 {
        return None;
    }
    Some((Frame::read(bytes.get(..length)?).ok()?, length))
}
