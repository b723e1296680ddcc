//! Frame: one record as it stands in a segment.
//!
//! ```text
//!  0   4  bytes of the payload; 0 means that no record follows
//!  4   4  crc32c of those four bytes and of all that follows
//!  8   4  how many records stand before this one in the same write
//! 12   8  sequence, from 1
//! 20  32  hash of the record before
//! 52   n  payload
//!     32  hash: SHA-256 of sequence and previous hash, as they stand here, and of the SHA-256 of the payload
//! ```
//!
//! Numbers are little-endian. What stands at 8 tells a write that a crash has torn from damage: a write begins only when the one
//! before it is on the disk, so a record after the bad one that began its own write was written later, and the bad one had been whole.
//!
//! The payload is digested by itself, so that whoever brings it does that, beside others, and the one writer hashes 72 bytes a record.

use super::hash::{self, Hash};

/// Bytes before the payload.
const HEAD: usize = 52;
/// Bytes of a frame beside its payload.
pub(super) const AROUND: usize = HEAD + hash::BYTES;
/// Bytes of the length, and where what follows stands.
const LENGTH: usize = 4;
const BEFORE_AT: usize = 8;
pub(super) const SEQUENCE_AT: usize = 12;
const PREVIOUS_AT: usize = 20;

/// A record with its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Records before it in the same write.
    pub(super) before: u32,
    pub(super) seq: u64,
    pub(super) previous: Hash,
    pub(super) payload: &'a [u8],
    pub(super) hash: Hash,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is longer than a record may be, or than what is left of the file.
    Length,
    /// Its checksum is that of other bytes.
    Checksum,
    /// Its hash is that of another record.
    Hash,
    /// Another number was due.
    Sequence { found: u64 },
    /// It follows another record than the one before it.
    Previous,
    /// Bytes where no record begins.
    Rest,
}

impl<'a> Frame<'a> {
    /// Bytes of the frame that begins so; `None` where none does.
    pub(super) fn bytes(start: &[u8]) -> Option<usize> {
        let length = usize::try_from(u32::from_le_bytes(*start.first_chunk()?)).ok()?;
        (length > 0).then(|| length.saturating_add(AROUND))
    }

    /// The frame that fills these bytes.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Flaw> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>().ok_or(Flaw::Length)?;
        let (crc, checked) = rest.split_first_chunk::<4>().ok_or(Flaw::Length)?;
        if crc32c::crc32c_append(crc32c::crc32c(length), checked) != u32::from_le_bytes(*crc) {
            return Err(Flaw::Checksum);
        }
        Self::parts(checked).ok_or(Flaw::Length)
    }

    fn parts(checked: &'a [u8]) -> Option<Self> {
        let (before, rest) = checked.split_first_chunk::<4>()?;
        let (rest, hash) = rest.split_last_chunk::<{ hash::BYTES }>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (previous, payload) = rest.split_first_chunk::<{ hash::BYTES }>()?;
        Some(Self {
            before: u32::from_le_bytes(*before),
            seq: u64::from_le_bytes(*seq),
            previous: Hash(*previous),
            payload,
            hash: Hash(*hash),
        })
    }

    /// Whether it is the record that is due after one with this hash.
    pub(super) fn follows(&self, due: u64, previous: Hash) -> Result<(), Flaw> {
        if self.seq != due {
            Err(Flaw::Sequence { found: self.seq })
        } else if self.previous != previous {
            Err(Flaw::Previous)
        } else if Hash::record(self.seq, self.previous, Hash::of(self.payload)) != self.hash {
            Err(Flaw::Hash)
        } else {
            Ok(())
        }
    }
}

/// Adds the frame of a record that has no place yet, and gives its length. `digest`: of the payload. A payload has at most 4 GiB: `Queue` takes
/// none that is longer than may be.
pub(super) fn begin(out: &mut Vec<u8>, payload: &[u8], digest: Hash) -> usize {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    out.reserve(payload.len().saturating_add(AROUND));
    out.extend_from_slice(&length);
    out.extend_from_slice(&[0; HEAD - LENGTH]);
    out.extend_from_slice(payload);
    // Where its hash will stand.
    out.extend_from_slice(&digest.0);
    payload.len().saturating_add(AROUND)
}

/// Gives a record its place, and gives its hash. `frame`: as `begin` made it.
pub(super) fn place(frame: &mut [u8], before: u32, seq: u64, previous: Hash) -> Hash {
    let digest = frame.last_chunk().map_or(Hash([0; hash::BYTES]), |digest| Hash(*digest));
    let hash = Hash::record(seq, previous, digest);
    put(frame, BEFORE_AT, &before.to_le_bytes());
    put(frame, SEQUENCE_AT, &seq.to_le_bytes());
    put(frame, PREVIOUS_AT, &previous.0);
    put(frame, frame.len().saturating_sub(hash::BYTES), &hash.0);
    let crc = crc32c::crc32c(frame.get(..LENGTH).unwrap_or_default());
    let crc = crc32c::crc32c_append(crc, frame.get(BEFORE_AT..).unwrap_or_default());
    put(frame, LENGTH, &crc.to_le_bytes());
    hash
}

fn put(frame: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = frame.get_mut(at..at.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(out: &mut Vec<u8>, before: u32, seq: u64, previous: Hash, payload: &[u8]) -> Hash {
        let start = out.len();
        assert_eq!(begin(out, payload, Hash::of(payload)), out.len() - start);
        place(&mut out[start..], before, seq, previous)
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let (mut bytes, previous) = (vec![7], Hash::start("gw-1"));
        let hash = write(&mut bytes, 3, 12, previous, b"{}");
        let bytes = &bytes[1..];
        assert_eq!(Frame::bytes(bytes), Some(bytes.len()));
        let frame = Frame::read(bytes).unwrap();
        assert_eq!((frame.before, frame.seq, frame.payload, frame.hash), (3, 12, &b"{}"[..], hash));
        assert_eq!(frame.follows(12, previous), Ok(()));
        assert_eq!(frame.follows(13, previous), Err(Flaw::Sequence { found: 12 }));
        assert_eq!(frame.follows(12, hash), Err(Flaw::Previous));
        assert_eq!(Frame::bytes(&[0; 100]), None);
    }

    #[test]
    fn no_bit_can_change() {
        let mut bytes = Vec::new();
        write(&mut bytes, 0, 1, Hash::start("gw-1"), b"{\"kind\":\"operation\"}");
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::read(&bad), Err(Flaw::Checksum), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Frame::read(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn a_hash_of_another_record_is_found_under_a_right_checksum() {
        let mut bytes = Vec::new();
        write(&mut bytes, 0, 1, Hash::start("gw-1"), b"{}");
        bytes[HEAD] = b'[';
        let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..4]), &bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Frame::read(&bytes).unwrap().follows(1, Hash::start("gw-1")), Err(Flaw::Hash));
    }
}
