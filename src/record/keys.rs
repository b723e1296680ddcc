//! Keys: what a fetch asks for.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// One scalar of a key, as text: borrowed from the record or the argument that holds it.
pub type Part<'a> = Cow<'a, str>;

/// Keys for one fetch: distinct, in the order of first use.
#[derive(Clone, Default)]
pub struct Keys<'a> {
    /// Scalars a key has.
    pub parts: usize,
    /// `parts` texts a key, one after the other.
    pub values: Vec<Part<'a>>,
}

impl<'a> Keys<'a> {
    #[must_use]
    pub const fn new(parts: usize) -> Self {
        Self { parts, values: Vec::new() }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.parts).unwrap_or(0)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One text for a key, that no other key of as many parts has. The lengths tell ("ab", "c") from ("a", "bc").
    #[must_use]
    pub fn joined<'k>(key: &'k [Part<'_>]) -> Cow<'k, str> {
        if let [only] = key {
            return Cow::Borrowed(only);
        }
        let mut text = key.concat();
        // Writing to a `String` cannot fail.
        for part in key {
            _ = write!(text, " {}", part.len());
        }
        Cow::Owned(text)
    }

    /// The keys, each as a slice of its parts.
    pub fn iter(&self) -> impl Iterator<Item = &[Part<'a>]> {
        self.values.chunks_exact(self.parts.max(1))
    }
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} of {} parts)", self.len(), self.parts)
    }
}
