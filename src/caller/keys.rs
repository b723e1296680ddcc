//! Keys: what an issuer signs with, as far as it is believed.
//!
//! Of a key set (RFC 7517) only public keys are taken, for signatures, of sufficient size, by an algorithm that is fixed for the
//! issuer. Two keys that can't be told apart are both left out. Keys in a token's own header are never looked at.

use super::config::Algorithm;
use crate::limits::Limits;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// Bits of an RSA modulus: NIST SP 800-57 holds less for broken.
const RSA_BITS_MIN: usize = 2_048;

/// The keys of one issuer at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    list: Vec<Key>,
    /// Seconds since 1970.
    pub asked_at: u64,
    /// Tells one set from the next: what was verified by an older one is verified again.
    pub number: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    id: String,
    /// By what it may be used for: an RSA key without `alg` serves all algorithms of RSA.
    algorithms: Vec<Algorithm>,
    pub decoding: DecodingKey,
}

impl Keys {
    #[must_use]
    pub fn find(&self, id: &str, algorithm: Algorithm) -> Option<&Key> {
        self.list.iter().find(|key| key.id == id && key.algorithms.contains(&algorithm))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }
}

/// Reads a key set.
///
/// # Errors
/// What is wrong, where no key can be taken from it: then whatever was known before is better.
pub(super) fn read(bytes: &[u8], algorithms: &[Algorithm], limits: &Limits) -> Result<Keys, &'static str> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(bytes).map_err(|_| "the key set is not JSON with `keys`")?;
    if set.keys.len() > limits.provider_keys_max {
        return Err("the key set has more keys than may be");
    }
    let keys: Vec<Key> = set.keys.into_iter().filter_map(|value| key(value, algorithms, limits)).collect();
    let twice = |key: &&Key| {
        let same = |other: &&Key| other.id == key.id && other.algorithms.iter().any(|a| key.algorithms.contains(a));
        keys.iter().filter(same).count() > 1
    };
    let keys: Vec<Key> = keys.iter().filter(|key| !twice(key)).cloned().collect();
    if keys.is_empty() {
        return Err("the key set has no key that can be used");
    }
    Ok(Keys { list: keys, ..Keys::default() })
}

/// RFC 7517, and RFC 7518 section 6 for what each kind of key has. Private and symmetric parts are never read.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

fn key(value: Value, known: &[Algorithm], limits: &Limits) -> Option<Key> {
    let written: Written = serde_json::from_value(value).ok()?;
    let signs = written.usage.as_deref().is_none_or(|usage| usage == "sig")
        && written.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let id = written.kid.filter(|id| !id.is_empty() && id.len() <= limits.claim_bytes_max)?;
    let (serves, decoding): (&[Algorithm], DecodingKey) =
        match (written.kty.as_str(), written.crv.as_deref(), written.x, written.y) {
            ("EC", Some("P-256"), Some(x), Some(y)) => (&[Algorithm::Es256], point(&x, &y, 32)?),
            ("EC", Some("P-384"), Some(x), Some(y)) => (&[Algorithm::Es384], point(&x, &y, 48)?),
            ("OKP", Some("Ed25519"), Some(x), _) if decoded(&x)?.len() == 32 => {
                (&[Algorithm::EdDsa], DecodingKey::from_ed_components(&x).ok()?)
            }
            ("RSA", ..) => (&RSA, rsa(&written.n?, &written.e?)?),
            _ => return None,
        };
    let stated = match written.alg.as_deref() {
        Some(name) => Some(Algorithm::named(name)?),
        None => None,
    };
    let usable = |algorithm: &Algorithm| known.contains(algorithm) && stated.is_none_or(|stated| stated == *algorithm);
    let algorithms: Vec<Algorithm> = serves.iter().copied().filter(usable).collect();
    (signs && !algorithms.is_empty()).then_some(Key { id, algorithms, decoding })
}

const RSA: [Algorithm; 6] =
    [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512];

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn point(x: &str, y: &str, bytes: usize) -> Option<DecodingKey> {
    let whole = decoded(x)?.len() == bytes && decoded(y)?.len() == bytes;
    whole.then(|| DecodingKey::from_ec_components(x, y).ok()).flatten()
}

fn rsa(n: &str, e: &str) -> Option<DecodingKey> {
    let modulus = decoded(n)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    (modulus.len().saturating_sub(zeros) * 8 >= RSA_BITS_MIN).then(|| DecodingKey::from_rsa_components(n, e).ok())?
}
