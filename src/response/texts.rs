//! Texts: many short ones, as they stand in a list in JSON.

use crate::record::is_plain;

/// Texts, one after another.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// With `BETWEEN` between them.
    text: String,
    ends: Vec<u32>,
    /// Some text is empty, or does not stand in JSON as it is.
    is_odd: bool,
}

/// What stands between two texts of a list, but for blanks.
const BETWEEN: &str = "\",\"";

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.begin();
        self.add(text, is_plain(text));
        self.end();
    }

    /// Begins a text.
    #[inline]
    pub fn begin(&mut self) {
        if !self.ends.is_empty() {
            self.text.push_str(BETWEEN);
        }
    }

    /// Adds to the text that was begun. `is_plain`: JSON writes this part as it stands.
    #[inline]
    pub fn add(&mut self, part: &str, is_plain: bool) {
        self.text.push_str(part);
        self.is_odd |= !is_plain;
    }

    /// Takes back what was added to the text that was begun.
    pub fn clear(&mut self) {
        self.text.truncate(self.start(self.ends.len()));
    }

    /// Ends the text that was begun.
    #[inline]
    pub fn end(&mut self) {
        self.is_odd |= self.text.len() == self.start(self.ends.len());
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Where a text starts.
    #[inline]
    fn start(&self, number: usize) -> usize {
        let before = number.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |end| *end as usize + BETWEEN.len())
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let text = |(number, end): (usize, &u32)| self.text.get(self.start(number)..*end as usize).unwrap_or_default();
        self.ends.iter().enumerate().map(text)
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether all of them are empty.
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.iter().all(str::is_empty)
    }

    /// Bytes of all of them as a list in JSON, about.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.len() + BETWEEN.len()
    }

    /// Makes room for so many, of so many bytes each.
    pub fn expect(&mut self, texts: usize, bytes: usize) {
        self.ends.reserve(texts);
        self.text.reserve(texts * (bytes + BETWEEN.len()));
    }

    /// Writes them as a list in JSON; null for an empty one. They are most of what stands on record, so mostly they are copied at once.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        if self.is_odd {
            for (nth, text) in self.iter().enumerate() {
                if nth > 0 {
                    out.push(b',');
                }
                let text = Some(text).filter(|text| !text.is_empty());
                // Writing to a `Vec` cannot fail.
                _ = serde_json::to_writer(&mut *out, &text);
            }
        } else if !self.is_empty() {
            out.push(b'"');
            out.extend_from_slice(self.text.as_bytes());
            out.push(b'"');
        }
        out.push(b']');
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
                all.begin();
                if taken_back {
                    all.add("x,", true);
                    all.clear();
                }
                all.add(text, is_plain(text));
                all.end();
            }
            let mut out = Vec::new();
            all.write(&mut out);
            let read: Vec<Option<String>> = serde_json::from_slice(&out).unwrap();
            let expected = texts.iter().map(|text| Some(text.clone()).filter(|text| !text.is_empty()));
            prop_assert_eq!(read, expected.collect::<Vec<_>>());
            prop_assert!(all.iter().eq(texts.iter()));
            prop_assert_eq!(all.are_empty(), texts.iter().all(String::is_empty));
        }
    }
}
