//! Decode: a source's bytes straight into cells, no value tree between.
//!
//! A `Decoder` is made once for a fetch, of its layout and of what the mapping says about the answer. What it can't read is
//! `Reason::Invalid` with line and column, never with a piece of the answer; the records read so far are taken back. It
//! never panics, whatever the bytes are.

use super::Reason;
use super::convert::Scalar;
use super::page::Token;
use super::run::Run;
use super::trie::Trie;
use super::visit::{DEEP, Envelope, Place};
use crate::graph::{Match, Pointer};
use crate::limits::Limits;
use crate::record::{Cell, Layout, Raw};
use serde::de::DeserializeSeed;
use std::borrow::Cow;
use std::sync::Arc;

/// How to read the answers to one fetch.
#[derive(Debug)]
pub(super) struct Decoder {
    trie: Trie,
    records: Vec<Arc<str>>,
    /// Where the token of the next page stands.
    next: Option<Vec<Arc<str>>>,
    one: bool,
    envelope: bool,
}

/// Bounds on one fetch, however many calls it takes.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "every limit says in its name that it is one")]
pub(super) struct Bounds {
    pub(super) records_max: usize,
    pub(super) cells_max: usize,
    pub(super) text_bytes_max: usize,
    pub(super) key_bytes_max: usize,
    pub(super) page_token_bytes_max: usize,
    pub(super) depth_max: usize,
}

/// What one body held.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// First cells, in the source's order; `None` for an element that is null.
    pub(super) records: Vec<Option<u32>>,
    /// The token of the page after this one.
    pub(super) next: Option<Token>,
    /// The place of the records, or one above it, is null.
    pub(super) null: bool,
    /// Paths of the errors of a GraphQL answer.
    pub(super) errors: Vec<Vec<Step>>,
}

/// A step of the path of a GraphQL error.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    Index(usize),
    Name(String),
}

impl Bounds {
    pub(super) const fn of(limits: &Limits) -> Self {
        Self {
            records_max: limits.records_max,
            cells_max: limits.cells_max,
            // Several columns may read one place.
            text_bytes_max: limits.answer_bytes_max.saturating_mul(4),
            key_bytes_max: limits.key_bytes_max,
            page_token_bytes_max: limits.page_token_bytes_max,
            depth_max: limits.answer_depth_max,
        }
    }
}

impl Decoder {
    /// Records of a JSON document; `matches`: where each part of the key stands in a record.
    pub(super) fn json(layout: &Layout, matches: &[Match], records: &Pointer, one: bool) -> Self {
        Self { trie: Trie::json(layout, matches), records: records.0.clone(), next: None, one, envelope: false }
    }

    /// The same, of an answer that says where its next page is.
    pub(super) fn with_next(self, next: Option<&Pointer>) -> Self {
        Self { next: next.map(|at| at.0.clone()), ..self }
    }

    /// Records of a GraphQL answer, below `data`.
    pub(super) fn graphql(layout: &Layout, matches: &[Match], records: Vec<Arc<str>>, one: bool) -> Self {
        Self { trie: Trie::json(layout, matches), records, next: None, one, envelope: true }
    }

    /// Rows, as lists whose first element is the ordinal of the key.
    pub(super) fn rows(layout: &Layout) -> Self {
        Self { trie: Trie::row(layout), records: Vec::new(), next: None, one: false, envelope: false }
    }

    /// The columns that rows have after the ordinal.
    pub(super) fn columns(&self) -> &[Arc<str>] {
        &self.trie.columns
    }

    /// Adds the records of `bytes` to `raw`, or nothing.
    pub(super) fn read(&self, bytes: &[u8], raw: &mut Raw, bounds: &Bounds) -> Result<Decoded, Reason> {
        let mark = (raw.cells.len(), raw.text.len());
        let read = self.read_all(bytes, raw, bounds);
        if read.is_err() {
            raw.cells.truncate(mark.0);
            raw.text.truncate(mark.1);
        }
        read
    }

    fn read_all(&self, bytes: &[u8], raw: &mut Raw, bounds: &Bounds) -> Result<Decoded, Reason> {
        let mut run = Run::new(&self.trie, raw, *bounds);
        let mut decoded = Decoded::default();
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let next = self.next.as_deref();
        let place = Place { run: &mut run, path: &self.records, next, one: self.one, into: &mut decoded };
        let read = if self.envelope { Envelope(place).deserialize(&mut json) } else { place.deserialize(&mut json) };
        match (run.failure.take(), read.and_then(|()| json.end())) {
            (Some(reason), _) => Err(reason),
            (None, Err(error)) => Err(unreadable(&error)),
            (None, Ok(())) if decoded.null && !self.one && decoded.errors.is_empty() => {
                Err(Reason::Invalid("null where the records should be".to_owned()))
            }
            (None, Ok(())) => Ok(decoded),
        }
    }

    /// Ready to take rows value by value.
    pub(super) fn filling<'a>(&'a self, raw: &'a mut Raw, bounds: &Bounds) -> Filling<'a> {
        Filling { decoder: self, run: Run::new(&self.trie, raw, *bounds) }
    }

    /// The `part`-th scalar of the key that a record answers; `fixed` where it is the same for all records of the source.
    pub(super) fn key<'r>(
        &self,
        raw: &'r Raw,
        record: u32,
        part: usize,
        fixed: Option<&'r str>,
    ) -> Option<Cow<'r, str>> {
        let Some(at) = self.trie.matches.get(part)? else { return fixed.map(Cow::Borrowed) };
        match raw.cell(record.checked_add(*at)?) {
            Cell::Text(span) => Some(Cow::Borrowed(raw.text(span))),
            Cell::Int(int) => Some(Cow::Owned(int.to_string())),
            Cell::Bool(bool) => Some(Cow::Borrowed(if bool { "true" } else { "false" })),
            Cell::Float(float) => Some(Cow::Owned(float.to_string())),
            _ => None,
        }
    }

    /// The ordinal of the key that a row answers.
    pub(super) fn ordinal(&self, raw: &Raw, record: u32) -> Option<u32> {
        match raw.cell(record.checked_add((*self.trie.matches.first()?)?)?) {
            Cell::Int(int) => u32::try_from(int).ok(),
            _ => None,
        }
    }
}

/// Rows on their way into cells.
pub(super) struct Filling<'a> {
    decoder: &'a Decoder,
    run: Run<'a>,
}

impl Filling<'_> {
    /// Adds one row: `value` gives the ordinal, and then every column by its place after it. Gives the ordinal and the first cell.
    pub(super) fn row<'v>(
        &mut self,
        value: impl Fn(usize) -> Result<Scalar<'v>, Reason>,
    ) -> Result<(u32, u32), Reason> {
        let root = &self.decoder.trie.root;
        let at = self.run.begin();
        self.run.open(root, true);
        for (index, node) in &root.elements {
            match node.only_leaf() {
                Some(leaf) => self.run.leaf(leaf, value(*index)?),
                None => self.run.scalar(node, value(*index)?),
            }
        }
        self.run.close(root);
        self.run.end();
        match self.run.failure.take() {
            Some(reason) => Err(reason),
            None => Ok((self.decoder.ordinal(self.run.raw, at).unwrap_or(u32::MAX), at)),
        }
    }
}

/// serde's own message may hold a piece of the answer, so only its kind and place are kept.
fn unreadable(error: &serde_json::Error) -> Reason {
    use serde_json::error::Category;
    // serde's own bound, for what is read.
    if error.to_string().starts_with("recursion limit") {
        return Reason::Invalid(DEEP.to_owned());
    }
    let kind = match error.classify() {
        Category::Eof => "cut short",
        Category::Syntax => "not JSON",
        Category::Data | Category::Io => "of another shape",
    };
    Reason::Invalid(format!("the answer is {kind} at line {} column {}", error.line(), error.column()))
}
