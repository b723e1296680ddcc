//! Text: where a text lies, and whether JSON writes it as it stands.
//!
//! That is found out once, when the text comes in, and not whenever it is written: a record that is kept is written many times.

const BLOCK: usize = 16;
/// The lowest bit of every byte of a block.
const EACH: u128 = u128::MAX / 0xff;
const BLANKS: u128 = EACH * b' ' as u128;

/// A stretch of [`super::Raw::text`], in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    pub start: u32,
    pub len: u32,
    /// Nothing in it is escaped in a JSON string.
    pub plain: bool,
}

/// Whether JSON writes this text as it stands: no control character, no quote, no backslash.
#[must_use]
#[inline]
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    blocks.iter().all(|block| is_plain_block(u128::from_le_bytes(*block))) && is_plain_block(last(bytes))
}

/// Whether two texts are the same; without a call where they are short or differ at either end.
#[must_use]
#[inline]
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    match (one.first_chunk::<8>(), other.first_chunk::<8>(), one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(a), Some(b), Some(c), Some(d)) => a == b && c == d && (one.len() <= 16 || one == other),
        _ => one == other,
    }
}

/// The last bytes as a block, where there are fewer with some of them twice, or with blanks.
#[inline]
fn last(bytes: &[u8]) -> u128 {
    if let Some(last) = bytes.last_chunk() {
        return u128::from_le_bytes(*last);
    }
    let eight = |bytes: &[u8; 8]| u128::from(u64::from_le_bytes(*bytes));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return eight(first) << 64 | eight(last);
    }
    let four = |bytes: &[u8; 4]| u128::from(u32::from_le_bytes(*bytes));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return BLANKS << 64 | four(first) << 32 | four(last);
    }
    bytes.iter().fold(BLANKS, |all, byte| all << 8 | u128::from(*byte))
}

/// All bytes of a block at once: the highest bit of a byte tells of it (those after the first such byte don't count).
const fn is_plain_block(word: u128) -> bool {
    let control = word.wrapping_sub(EACH * 0x20);
    let quote = (word ^ (EACH * b'"' as u128)).wrapping_sub(EACH);
    let backslash = (word ^ (EACH * b'\\' as u128)).wrapping_sub(EACH);
    (control | quote | backslash) & !word & (EACH * 0x80) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_escapes_is_found_wherever_it_stands() {
        for byte in 0..0x80_u8 {
            let expect = serde_json::to_string(&char::from(byte)).unwrap().len() == 3;
            for length in (1..=20).chain([32, 40]) {
                for at in 0..length {
                    for other in [" ", "~", "\u{7f}", "!", "#", "[", "]"] {
                        let mut text = other.repeat(length);
                        text.replace_range(at..=at, char::from(byte).encode_utf8(&mut [0; 4]));
                        assert_eq!(is_plain(&text), expect, "{text:?}");
                    }
                }
            }
        }
        assert!(is_plain(""));
        assert!(is_plain("Ngũgĩ wa Thiong\u{2019}o, 日本語 \u{10ffff}"));
    }

    #[test]
    fn texts_are_compared_in_full() {
        for (one, other) in [("", ""), ("a", "b"), ("ab", "a"), ("12345678", "12345679"), ("12345678ab", "12345678ab")]
        {
            assert_eq!(is_same(one, other), one == other, "{one} {other}");
        }
        let long = "a text of more than sixteen";
        assert!(is_same(long, &String::from(long)) && !is_same(long, &long.replace("more", "less")));
    }
}
