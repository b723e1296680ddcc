//! Text: what callers name things is theirs to choose, and bounded here.

/// Bytes of the name of an operation that are kept.
const NAME_BYTES_MAX: usize = 200;

/// The beginning of a name.
#[must_use]
pub fn short(name: &str) -> &str {
    let end = (0..=NAME_BYTES_MAX.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or(0)).unwrap_or_default()
}
