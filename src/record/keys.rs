//! Keys: what a fetch asks for.

use std::borrow::Cow;
use std::fmt;

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
