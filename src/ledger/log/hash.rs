//! Hash: SHA-256, what it is taken of in the ledger, and how it reads.

use aws_lc_rs::digest::{SHA256, digest};
use std::fmt;

/// Bytes of a hash.
pub(super) const BYTES: usize = 32;

/// A SHA-256. Reads as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; BYTES]);

impl Hash {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; BYTES];
        for (to, from) in hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
            *to = *from;
        }
        Self(hash)
    }

    /// As it reads; `None` for anything but 64 hexadecimal digits.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != 2 * BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; BYTES];
        for (to, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *to = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// What the first record of an instance follows, so that no instance's records stand in for another's.
    pub(super) fn start(instance: &str) -> Self {
        Self::of(format!("headwaters ledger\n{instance}\n").as_bytes())
    }

    /// Of a record. `payload`: the hash of what stands in it.
    pub(super) fn record(seq: u64, previous: Self, payload: Self) -> Self {
        const AT: usize = size_of::<u64>();
        let mut bytes = [0; AT + 2 * BYTES];
        put(&mut bytes, 0, &seq.to_le_bytes());
        put(&mut bytes, AT, &previous.0);
        put(&mut bytes, AT + BYTES, &payload.0);
        Self::of(&bytes)
    }

    /// A leaf of the tree (RFC 6962, 2.1): a record, by its own hash.
    pub(super) fn leaf(record: Self) -> Self {
        let mut bytes = [0; 1 + BYTES];
        put(&mut bytes, 1, &record.0);
        Self::of(&bytes)
    }

    /// A node of the tree (RFC 6962, 2.1).
    pub(super) fn node(left: Self, right: Self) -> Self {
        let mut bytes = [1; 1 + 2 * BYTES];
        put(&mut bytes, 1, &left.0);
        put(&mut bytes, 1 + BYTES, &right.0);
        Self::of(&bytes)
    }
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(part) {
        *to = *from;
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_it_is_written() {
        let hash = Hash::of(b"");
        assert_eq!(hash.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Hash::read(&hash.to_string()), Some(hash));
        for bad in ["", "e3", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(Hash::read(bad), None, "{bad}");
        }
    }
}
