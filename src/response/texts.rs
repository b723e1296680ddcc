//! Texts: many short ones, as they stand in a list in JSON.

use super::leaf;
use crate::record::{Text, is_plain};

/// Texts, one after another. An empty one is null.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// Each as JSON has it, with a comma after it.
    json: Vec<u8>,
    len: usize,
    /// How many are not empty.
    named: usize,
}

/// A text that is written part by part.
#[derive(Debug)]
pub struct Parts<'t> {
    texts: &'t mut Texts,
    start: usize,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        let mut parts = self.begin();
        parts.add(text);
        parts.end();
    }

    /// Begins a text.
    #[inline]
    pub fn begin(&mut self) -> Parts<'_> {
        self.json.push(b'"');
        let start = self.json.len();
        Parts { texts: self, start }
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether all of them are empty.
    #[must_use]
    pub const fn are_empty(&self) -> bool {
        self.named == 0
    }

    /// Bytes of all of them as a list in JSON.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.json.len() + 2
    }

    /// Makes room for so many, of so many bytes each.
    pub fn expect(&mut self, texts: usize, bytes: usize) {
        self.json.reserve(texts * (bytes + 3));
    }

    /// Writes them as a list in JSON. They are most of what stands on record, so they are copied at once.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        out.extend_from_slice(self.json.split_last().map_or(&[], |(_, json)| json));
        out.push(b']');
    }

    /// Each of them.
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        let mut json = Vec::with_capacity(self.bytes());
        self.write(&mut json);
        let texts: Vec<Option<String>> = serde_json::from_slice(&json).unwrap_or_default();
        texts.into_iter().map(Option::unwrap_or_default).collect()
    }
}

impl Parts<'_> {
    pub fn add(&mut self, part: &str) {
        if is_plain(part) {
            self.texts.json.extend_from_slice(part.as_bytes());
        } else {
            self.escape(part);
        }
    }

    /// Adds a text of a record. `texts`: those of the record's answer.
    #[inline]
    pub fn add_text(&mut self, texts: &[u8], text: Text) {
        if let Some(blocks) = leaf::blocks(texts, text) {
            leaf::copy(&mut self.texts.json, blocks, text);
        } else {
            let end = (text.start as usize).saturating_add(text.len as usize);
            let part = texts.get(text.start as usize..end).unwrap_or_default();
            self.add(std::str::from_utf8(part).unwrap_or_default());
        }
    }

    #[cold]
    fn escape(&mut self, part: &str) {
        let json = serde_json::to_string(part).unwrap_or_default();
        let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
        self.texts.json.extend_from_slice(inner.as_bytes());
    }

    /// Ends it. Without anything added it is an empty one.
    #[inline]
    pub fn end(self) {
        let Self { texts, start } = self;
        texts.len += 1;
        if texts.json.len() == start {
            texts.json.truncate(start.saturating_sub(1));
            texts.json.extend_from_slice(b"null,");
        } else {
            texts.named += 1;
            texts.json.extend_from_slice(b"\",");
        }
    }

    /// Ends an empty one, whatever was added.
    pub fn end_empty(self) {
        self.texts.json.truncate(self.start);
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_is_json_whatever_the_texts_hold(
            texts in prop::collection::vec("[a-c]{0,3}|[\"\\\\,\n Æ\u{7f}]{0,4}", 0..8),
            taken_back in any::<bool>(),
        ) {
            let mut all = Texts::default();
            for text in &texts {
                if taken_back {
                    let mut parts = all.begin();
                    parts.add("x,");
                    parts.end_empty();
                }
                all.push(text);
            }
            let mut out = Vec::new();
            all.write(&mut out);
            let read: Vec<Option<String>> = serde_json::from_slice(&out).unwrap();
            let before = Some(String::new()).filter(|_| taken_back);
            let expected: Vec<String> = texts.iter().flat_map(|text| before.clone().into_iter().chain([text.clone()])).collect();
            prop_assert_eq!((all.len(), all.bytes() >= out.len()), (expected.len(), true));
            prop_assert_eq!(&all.read(), &expected);
            let expected = expected.into_iter().map(|text| Some(text).filter(|text| !text.is_empty()));
            prop_assert_eq!(read, expected.collect::<Vec<_>>());
            prop_assert_eq!(all.are_empty(), texts.iter().all(String::is_empty));
        }
    }
}
