//! Digest: what stands in the ledger for what callers wrote, so that the same can be known again without being told.
//!
//! A document is digested so that whoever has it can show that it was this one. What variables held is digested with a key that never
//! leaves the ledger's folder: without it nobody can try names until one fits.

use super::log::Broken;
use crate::seal::{self, hex};
use aws_lc_rs::{hmac, rand};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const KEY_LEN: usize = 32;

/// The key of one ledger's digests.
pub struct Digests(hmac::Key);

impl Digests {
    /// The key of a file, which is made where there is none, for its owner's eyes only.
    ///
    /// # Errors
    /// Where the file can't be read, written or understood.
    pub fn open(path: &Path) -> Result<Self, Broken> {
        let unusable = |error| Broken::Unusable { path: path.to_owned(), error };
        let wrong = |what| Broken::Key { path: path.to_owned(), what };
        match fs::read(path) {
            Ok(key) if key.len() == KEY_LEN => Ok(Self::of(&key)),
            Ok(_) => Err(wrong("this is no key of digests: it has 32 bytes")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut key = [0; KEY_LEN];
                rand::fill(&mut key).map_err(|_| wrong("no key can be made"))?;
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unusable)?;
                file.write_all(&key).map_err(unusable)?;
                file.sync_all().map_err(unusable)?;
                Ok(Self::of(&key))
            }
            Err(error) => Err(unusable(error)),
        }
    }

    fn of(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA-256 (RFC 2104) of what the variables of a request held, as hexadecimal digits.
    #[must_use]
    pub fn keyed(&self, bytes: &[u8]) -> String {
        hex(hmac::sign(&self.0, bytes).as_ref())
    }

    /// SHA-256 of a document, as hexadecimal digits.
    #[must_use]
    pub fn document(text: &str) -> String {
        seal::digest([text.as_bytes()])
    }
}

impl fmt::Debug for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digests")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digests.key");
        let (one, two) = (Digests::open(&path).unwrap(), Digests::open(&path).unwrap());
        assert_eq!(one.keyed(b"{\"id\":\"p1\"}"), two.keyed(b"{\"id\":\"p1\"}"));
        assert_ne!(one.keyed(b"{\"id\":\"p1\"}"), one.keyed(b"{\"id\":\"p2\"}"));
        assert_ne!(one.keyed(b""), Digests::document(""));
        fs::write(&path, "short").unwrap();
        assert!(Digests::open(&path).is_err());
    }
}
