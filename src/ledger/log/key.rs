//! Key: what checkpoints are signed with, and what their signatures are believed by. Ed25519, in PEM files as openssl has them.

use super::broken::Broken;
use super::hash::Hash;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::{self, Write as _};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// What stands before the 32 bytes of an Ed25519 key in its `SubjectPublicKeyInfo` (RFC 8410, 4).
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key that signs.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
    pub(super) id: String,
}

/// Keys that are believed, by their id.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<(String, Vec<u8>)>);

impl Signer {
    /// The key of a file, which is made where there is none, for its owner's eyes only.
    pub(super) fn open(path: &Path) -> Result<Self, Broken> {
        let unusable = |error| Broken::Unusable { path: path.to_owned(), error };
        let wrong = |what| Broken::Key { path: path.to_owned(), what };
        match fs::read_to_string(path) {
            Ok(text) => {
                let mode = fs::metadata(path).map_err(unusable)?.mode();
                if mode & 0o007 != 0 {
                    return Err(wrong("everybody may read this key\n  hint: chmod 600"));
                }
                let der = pem("PRIVATE KEY", &text).into_iter().next();
                let pair = der.and_then(|der| Ed25519KeyPair::from_pkcs8(&der).ok());
                pair.map(Self::of).ok_or_else(|| {
                    wrong("this is no Ed25519 key\n  hint: `openssl genpkey -algorithm ed25519` prints one")
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let pair = Ed25519KeyPair::generate().map_err(|_| wrong("no key can be made"))?;
                let der = pair.to_pkcs8v1().map_err(|_| wrong("no key can be made"))?;
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unusable)?;
                file.write_all(armour("PRIVATE KEY", der.as_ref()).as_bytes()).map_err(unusable)?;
                file.sync_all().map_err(unusable)?;
                Ok(Self::of(pair))
            }
            Err(error) => Err(unusable(error)),
        }
    }

    fn of(pair: Ed25519KeyPair) -> Self {
        let id = id(pair.public_key().as_ref());
        Self { pair, id }
    }

    pub(super) fn sign(&self, text: &str) -> Option<Vec<u8>> {
        self.pair.try_sign(text.as_bytes()).ok().map(|signature| signature.as_ref().to_vec())
    }

    /// Adds the public key to the file of all that were ever used, where it is not there yet; gives them all.
    pub(super) fn publish(&self, path: &Path) -> Result<Keys, Broken> {
        let unusable = |error| Broken::Unusable { path: path.to_owned(), error };
        let mut keys = if path.exists() { Keys::read(path)? } else { Keys::default() };
        if !keys.0.iter().any(|(id, _)| *id == self.id) {
            let public = self.pair.public_key().as_ref();
            let der = [&PUBLIC, public].concat();
            let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(unusable)?;
            file.write_all(armour("PUBLIC KEY", &der).as_bytes()).map_err(unusable)?;
            file.sync_all().map_err(unusable)?;
            keys.0.push((self.id.clone(), public.to_vec()));
        }
        Ok(keys)
    }
}

impl Keys {
    /// The public keys of a PEM file.
    pub fn read(path: &Path) -> Result<Self, Broken> {
        let text = fs::read_to_string(path).map_err(|error| Broken::Unusable { path: path.to_owned(), error })?;
        let ders = pem("PUBLIC KEY", &text);
        let raw = |der: Vec<u8>| der.strip_prefix(&PUBLIC).filter(|raw| raw.len() == 32).map(<[u8]>::to_vec);
        let keys: Option<Vec<_>> = ders.into_iter().map(|der| raw(der).map(|raw| (id(&raw), raw))).collect();
        let wrong = || Broken::Key { path: path.to_owned(), what: "this is no file of Ed25519 public keys" };
        keys.filter(|keys| !keys.is_empty()).map(Self).ok_or_else(wrong)
    }

    /// Whether the key of this id signed that.
    pub(super) fn signed(&self, id: &str, text: &str, signature: &[u8]) -> bool {
        let key = self.0.iter().find(|(known, _)| known == id);
        key.is_some_and(|(_, key)| UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), signature).is_ok())
    }
}

/// The first 16 digits of the key's SHA-256.
fn id(public: &[u8]) -> String {
    Hash::of(public).to_string().chars().take(16).collect()
}

fn armour(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let body = STANDARD.encode(der);
    for line in body.as_bytes().chunks(64) {
        _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    _ = writeln!(text, "-----END {label}-----");
    text
}

/// The blocks with this label that can be read.
fn pem(label: &str, text: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let blocks = text.split(&*begin).skip(1).filter_map(|rest| rest.split_once(&*end));
    let body = |body: &str| body.split_ascii_whitespace().collect::<String>();
    blocks.filter_map(|(text, _)| STANDARD.decode(body(text)).ok()).collect()
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}
