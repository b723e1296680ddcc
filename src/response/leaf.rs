//! Leaf: scalars and enums as JSON.

use crate::policy::Disclosed;
use crate::record::{Cell, Span};

const BLOCK: usize = 16;
/// The lowest bit of every byte of a block.
const EACH: u128 = u128::MAX / 0xff;

/// Writes one scalar. The cell is already of the graph's type; what is no scalar is written as null.
pub fn write(out: &mut Vec<u8>, record: &Disclosed, cell: Cell) {
    match cell {
        Cell::Text(span) => text_of(out, record, span),
        Cell::Int(number) => number_of(out, &number),
        Cell::Float(number) => float(out, number),
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        Cell::Null | Cell::List(_) | Cell::Object(_) | Cell::Type(_) | Cell::Invalid => out.extend_from_slice(b"null"),
    }
}

/// Writes a text of a record as a JSON string, block by block: a copy of a length known beforehand is no call, and what a block
/// has after the text is taken back. A text at the very end of the record's, or one to be escaped, goes the long way.
#[inline]
pub fn text_of(out: &mut Vec<u8>, record: &Disclosed, span: Span) {
    let length = out.len();
    let mut left = span.len as usize;
    out.reserve(left + BLOCK + 2);
    out.push(b'"');
    let end = out.len() + left;
    let mut rest = record.text_from(span).as_bytes();
    while left > 0 {
        let whole = rest.split_first_chunk::<BLOCK>().filter(|(block, _)| within(escaped(**block), left) == 0);
        let Some((block, after)) = whole else {
            out.truncate(length);
            return text(out, record.text(span));
        };
        out.extend_from_slice(block);
        left = left.saturating_sub(BLOCK);
        rest = after;
    }
    out.truncate(end);
    out.push(b'"');
}

/// Marks the first byte that JSON escapes, and perhaps others after it: a control character, a quote, a backslash.
fn escaped(block: [u8; BLOCK]) -> u128 {
    let word = u128::from_le_bytes(block);
    let below = |word: u128, least: u8| word.wrapping_sub(EACH * u128::from(least)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u128::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & (EACH * 0x80)
}

/// The marks of the first `length` bytes.
const fn within(marks: u128, length: usize) -> u128 {
    if length < BLOCK { marks & ((1 << (8 * length)) - 1) } else { marks }
}

/// Writes a JSON string.
pub fn text(out: &mut Vec<u8>, text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        number_of(out, &text);
    }
}

/// Writing to a `Vec` cannot fail.
fn number_of(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    _ = serde_json::to_writer(out, value);
}

/// A whole number is written without a fraction, as JavaScript does it.
fn float(out: &mut Vec<u8>, number: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53, so it is exact")]
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        number_of(out, &(number as i64));
    } else {
        number_of(out, &number);
    }
}

pub fn text_or_null(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_escapes_is_marked_and_nothing_before_it() {
        for byte in 0..=u8::MAX {
            let is_escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
            for at in 0..BLOCK {
                for other in [b' ', b'~', 0x7f, 0xc3, 0xff, b'!', b'#', b'[', b']'] {
                    let mut block = [other; BLOCK];
                    block[at] = byte;
                    assert_eq!(escaped(block) != 0, is_escaped, "{byte} at {at} among {other}");
                    assert_eq!(within(escaped(block), at), 0, "{byte} at {at} among {other}");
                    assert_eq!(within(escaped(block), at + 1) != 0, is_escaped, "{byte} at {at} among {other}");
                }
            }
        }
    }
}
