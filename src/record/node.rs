//! Node: the id of a record in the whole graph, of its type and its key.
//!
//! One text for each record, and one record for each text: bytes as base64url without padding (RFC 4648), first the version,
//! then the name of the type and each part of the key, every one after its length (LEB128). It is no secret and grants nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const VERSION: u8 = 1;

/// The id of a record of this type with this key.
#[must_use]
pub fn node_id<'a>(on: &'a str, key: impl IntoIterator<Item = &'a str>) -> String {
    let mut bytes = vec![VERSION];
    for text in std::iter::once(on).chain(key) {
        push_length(&mut bytes, text.len());
        bytes.extend_from_slice(text.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The name of the type and the parts of the key; `None` for a text that is no id.
#[must_use]
pub fn read_node_id(id: &str) -> Option<(String, Vec<String>)> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (length, after) = length(rest)?;
        let (text, after) = after.split_at_checked(length)?;
        texts.push(std::str::from_utf8(text).ok()?.to_owned());
        rest = after;
    }
    let mut texts = texts.into_iter();
    Some((texts.next()?, texts.collect()))
}

fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or_default());
}

/// Only as `push_length` writes it: a second way to write a length would be a second id.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0_usize;
    for (n, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            let shortest = n == 0 || *byte != 0;
            return shortest.then(|| Some((length, bytes.get(n + 1..)?)))?;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_id_for_each_record() {
        let id = node_id("Booking", ["MT0560000", "26-0417"]);
        assert_eq!(id, "AQdCb29raW5nCU1UMDU2MDAwMAcyNi0wNDE3");
        assert_eq!(read_node_id(&id), Some(("Booking".into(), vec!["MT0560000".into(), "26-0417".into()])));
        assert_ne!(node_id("Case", ["ab", "c"]), node_id("Case", ["a", "bc"]));
        assert_ne!(node_id("Case", ["ab"]), node_id("Case", ["ab", ""]));
    }

    #[test]
    fn what_is_no_id() {
        // Another version, cut short, too much, an overlong length, padding, another alphabet, nothing.
        for id in
            ["AgRDYXNlAWE", "AQRDYXNlAw", "AQRDYXNlAWFh", "AYQAQ2FzZQFh", "AQRDYXNlAWE=", "AQRD/XNl", "", "AQ", "é"]
        {
            assert_eq!(read_node_id(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn every_key_comes_back(on in "[A-Z][a-z]{0,200}", key in prop::collection::vec(".{0,300}", 0..4)) {
            let id = node_id(&on, key.iter().map(String::as_str));
            prop_assert_eq!(read_node_id(&id), Some((on, key)));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(id in "[A-Za-z0-9_-]{0,40}") {
            if let Some((on, key)) = read_node_id(&id) {
                prop_assert_eq!(node_id(&on, key.iter().map(String::as_str)), id);
            }
        }
    }
}
