//! Secret: what several processes have in common, for a place that others can look into.
//!
//! A name that it makes tells nothing of what it stands for, and a content that it closed is read by those alone who have the same secret,
//! under the name for which it was closed.

use super::{KEY_LEN, hex};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use std::fmt;

pub struct Secret {
    names: hmac::Key,
    contents: LessSafeKey,
}

impl Secret {
    /// Bytes of a text that may be one. 64 hexadecimal digits hold 256 bits.
    pub const LENGTH_MIN: usize = 32;

    /// `None` for a text that is too short to be one.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        if text.len() < Self::LENGTH_MIN {
            return None;
        }
        // A key for each use, so that what is seen of one says nothing of the other.
        let root = hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
        let names = hmac::sign(&root, b"headwaters: names");
        let contents = hmac::sign(&root, b"headwaters: contents");
        let contents = UnboundKey::new(&AES_256_GCM_SIV, contents.as_ref().first_chunk::<KEY_LEN>()?).ok()?;
        Some(Self { names: hmac::Key::new(hmac::HMAC_SHA256, names.as_ref()), contents: LessSafeKey::new(contents) })
    }

    /// HMAC-SHA-256 (RFC 2104) of parts, each with its length, as 64 hexadecimal digits.
    #[must_use]
    pub fn name(&self, parts: &[&[u8]]) -> String {
        let mut tag = hmac::Context::with_key(&self.names);
        for part in parts {
            tag.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            tag.update(part);
        }
        hex(tag.sign().as_ref())
    }

    /// AES-256-GCM-SIV (RFC 8452) under a random nonce, which comes first. `None` where there is no randomness.
    #[must_use]
    pub fn close(&self, name: &str, mut content: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let sealing = Nonce::assume_unique_for_key(nonce);
        let tag = self.contents.seal_in_place_separate_tag(sealing, Aad::from(name), &mut content).ok()?;
        let mut closed = Vec::with_capacity(NONCE_LEN + content.len() + tag.as_ref().len());
        closed.extend_from_slice(&nonce);
        closed.append(&mut content);
        closed.extend_from_slice(tag.as_ref());
        Some(closed)
    }

    /// `None` for what was not closed with this secret under this name.
    #[must_use]
    pub fn open(&self, name: &str, closed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, content) = closed.split_first_chunk::<NONCE_LEN>()?;
        let (nonce, mut content) = (Nonce::assume_unique_for_key(*nonce), content.to_vec());
        let length = self.contents.open_in_place(nonce, Aad::from(name), &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn who_has_the_secret_reads_it_under_its_name_alone() {
        let (one, other) = (Secret::of(TEXT).unwrap(), Secret::of(TEXT).unwrap());
        let name = one.name(&[b"Booking", b"26-1"]);
        assert_eq!(name, other.name(&[b"Booking", b"26-1"]));
        let closed = one.close(&name, b"Example".to_vec()).unwrap();
        assert_eq!(other.open(&name, &closed).as_deref(), Some(&b"Example"[..]));
        assert_ne!(one.close(&name, b"Example".to_vec()).unwrap(), closed, "not even that it is the same is seen");
        assert_eq!(other.open(&one.name(&[b"Booking", b"26-2"]), &closed), None);
        assert_eq!(Secret::of(&TEXT.to_uppercase()).unwrap().open(&name, &closed), None);
        for at in 0..closed.len() {
            let mut spoiled = closed.clone();
            spoiled[at] ^= 1;
            assert_eq!(one.open(&name, &spoiled), None);
            assert_eq!(one.open(&name, &closed[..at]), None);
        }
    }

    #[test]
    fn names_are_of_whole_parts() {
        let secret = Secret::of(TEXT).unwrap();
        assert_ne!(secret.name(&[b"ab", b"c"]), secret.name(&[b"a", b"bc"]));
        assert_ne!(secret.name(&[b"a"]), secret.name(&[b"a", b""]));
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(Secret::of("too short").is_none());
    }
}
