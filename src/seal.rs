//! Seal: a text that only this process can make and read; [`Secret`], the same for several.
//!
//! What is sealed is encrypted and bound to the place that it was made for: a cursor may hold a value that its reader may not see, and
//! must not serve elsewhere. The same content sealed for the same place is the same text.

mod secret;

pub use secret::Secret;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// SHA-256 (FIPS 180-4) of parts one after another, as hexadecimal digits.
#[must_use]
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sum = digest::Context::new(&digest::SHA256);
    parts.into_iter().for_each(|part| sum.update(part));
    hex(sum.finish().as_ref())
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    let mut digits = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        digits.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    String::from_utf8(digits).unwrap_or_default()
}

/// Ids that no other process gives. None tells of another: not which came before it, and not how many lie between.
pub struct Series {
    /// Made when it begins, and known to nobody else.
    key: hmac::Key,
    given: AtomicU64,
}

/// Bytes of an id: by chance two are equal once in 2⁶⁴ of them.
const ID: usize = 16;

impl Series {
    #[must_use]
    pub fn begin() -> Self {
        let mut key = [0; 32];
        #[expect(clippy::expect_used, reason = "without randomness ids may come twice: do not start")]
        rand::fill(&mut key).expect("the system gives random bytes");
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), given: AtomicU64::new(0) }
    }

    /// 32 hexadecimal digits.
    pub fn next(&self) -> String {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let tag = hmac::sign(&self.key, &number.to_le_bytes());
        hex(tag.as_ref().first_chunk::<ID>().map_or(&[][..], |id| id))
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series").field("given", &self.given).finish_non_exhaustive()
    }
}

const KEY_LEN: usize = 32;

/// A key, known to nobody else.
pub struct Seal(LessSafeKey);

impl Seal {
    /// A key for this process: what it sealed means nothing to the next.
    #[must_use]
    pub fn random() -> Self {
        let mut key = [0; KEY_LEN];
        #[expect(clippy::expect_used, reason = "without randomness nothing could be kept from anybody: do not start")]
        rand::fill(&mut key).expect("the system gives random bytes");
        Self::of(&key)
    }

    /// The seal of a key that is known: several processes that read each other's cursors.
    #[must_use]
    pub fn of(key: &[u8; KEY_LEN]) -> Self {
        #[expect(clippy::expect_used, reason = "a key of 32 bytes fits")]
        let key = UnboundKey::new(&AES_256_GCM_SIV, key).expect("a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// The nonce stands still: with AES-GCM-SIV (RFC 8452) that shows which contents are equal, and nothing else.
    fn nonce() -> Nonce {
        Nonce::assume_unique_for_key([0; NONCE_LEN])
    }

    /// `None` only for a content of gigabytes.
    #[must_use]
    pub fn seal(&self, place: &str, content: &[u8]) -> Option<String> {
        let mut bytes = content.to_vec();
        self.0.seal_in_place_append_tag(Self::nonce(), Aad::from(place), &mut bytes).ok()?;
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// `None` for what this key did not seal for this place.
    #[must_use]
    pub fn open(&self, place: &str, text: &str) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let length = self.0.open_in_place(Self::nonce(), Aad::from(place), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_here_is_read_here() {
        let seal = Seal::random();
        let text = seal.seal("Query.people", b"Example").unwrap();
        assert_eq!(seal.seal("Query.people", b"Example").unwrap(), text);
        assert_eq!(seal.open("Query.people", &text).as_deref(), Some(&b"Example"[..]));
        assert!(!text.contains("Example") && !text.contains(&URL_SAFE_NO_PAD.encode("Example")));
    }

    #[test]
    fn ids_are_of_one_length_and_tell_nothing_of_each_other() {
        let (one, other) = (Series::begin(), Series::begin());
        let ids: Vec<String> = (0..1_000).flat_map(|_| [one.next(), other.next()]).collect();
        assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
        let of = |length: usize| ids.iter().map(|id| &id[..length]).collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(of(32), 2_000);
        // They do not begin alike either: of 65,536 beginnings 2,000 that are drawn differ mostly.
        assert!(of(4) > 1_800, "{}", of(4));
    }

    #[test]
    fn nothing_else_is_read() {
        let seal = Seal::random();
        let text = seal.seal("Query.people", b"Example").unwrap();
        assert_eq!(seal.open("Query.roster", &text), None);
        assert_eq!(Seal::random().open("Query.people", &text), None);
        for bad in ["", "A", "AAAA", "é", &text[1..], &format!("{text}AA"), &text.to_lowercase()] {
            assert_eq!(seal.open("Query.people", bad), None, "{bad}");
        }
    }
}
