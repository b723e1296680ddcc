//! Leaf: scalars and enums as JSON.

use crate::policy::Disclosed;
use crate::record::{Cell, Text};

const BLOCK: usize = 32;

/// Writes one scalar. The cell is already of the graph's type; what is no scalar is written as null.
pub fn write(out: &mut Vec<u8>, record: &Disclosed, cell: Cell) {
    match cell {
        Cell::Text(text) => text_of(out, record, text),
        Cell::Float(number) => float(out, number),
        cell => literal(out, cell),
    }
}

/// Writes a scalar that is no text and no fraction, and all else as null.
#[inline]
pub fn literal(out: &mut Vec<u8>, cell: Cell) {
    match cell {
        Cell::Int(number) => number_of(out, &number),
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        _ => out.extend_from_slice(b"null"),
    }
}

/// Writes a text of a record as a JSON string. A plain one goes block by block: a copy of a length known beforehand is no call, and
/// what a block has after the text is taken back.
#[inline]
pub fn text_of(out: &mut Vec<u8>, record: &Disclosed, text: Text) {
    match blocks(record.texts(), text) {
        Some(blocks) => {
            out.push(b'"');
            rest_of(out, blocks, text);
        }
        None => exactly(out, record.text(text)),
    }
}

/// The blocks that a text is copied by; `None` where it can't be.
#[inline]
pub fn blocks(texts: &[u8], text: Text) -> Option<&[[u8; BLOCK]]> {
    let (start, blocks) = (text.start as usize, (text.len as usize).div_ceil(BLOCK));
    let blocks = texts.get(start..start + blocks * BLOCK).filter(|_| text.plain)?;
    Some(blocks.as_chunks().0)
}

/// Writes a text and the quote after it.
#[inline]
pub fn rest_of(out: &mut Vec<u8>, blocks: &[[u8; BLOCK]], text: Text) {
    copy(out, blocks, text);
    out.push(b'"');
}

/// Writes a text as it stands.
#[inline]
pub fn copy(out: &mut Vec<u8>, blocks: &[[u8; BLOCK]], text: Text) {
    let end = out.len() + text.len as usize;
    for block in blocks {
        out.extend_from_slice(block);
    }
    out.truncate(end);
}

/// Out of the way: few texts are not plain, and only the very last of a record's has no block after it.
#[cold]
#[inline(never)]
fn exactly(out: &mut Vec<u8>, text: &str) {
    self::text(out, text);
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
