//! Text: where a text lies, and whether JSON writes it as it stands.
//!
//! That is found out once, when the text comes in, and not whenever it is written: a record that is kept is written many times.

const BLOCK: usize = 16;
/// The lowest bit of every byte of a block.
const EACH: u128 = u128::MAX / 0xff;

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
pub fn is_plain(text: &str) -> bool {
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    blocks.iter().all(|block| is_plain_block(*block)) && is_plain_block(last)
}

/// All bytes of a block at once: the highest bit of a byte tells of it (those after the first such byte don't count).
const fn is_plain_block(block: [u8; BLOCK]) -> bool {
    let word = u128::from_le_bytes(block);
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
            for length in [1, 8, 15, 16, 17, 32, 40] {
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
}
