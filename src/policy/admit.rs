//! Admit: decides on the records of one answer, as they arrive.

use super::Permitted;
use crate::graph::SourceId;
use crate::record::{Cell, Layout, Raw, Text};
use std::sync::Arc;

/// Records that the caller may have.
#[derive(Debug, Clone)]
pub struct Disclosed(Arc<Raw>);

/// Decides on the records of one answer.
#[must_use]
pub fn admit(_permitted: &Permitted, raw: Arc<Raw>) -> Disclosed {
    Disclosed(raw)
}

impl Disclosed {
    /// May the caller know of the record that starts at this cell?
    #[must_use]
    pub const fn shows(&self, _at: u32) -> bool {
        true
    }

    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.0.cell(at)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.0.text(text)
    }

    /// A text and all that lies after it, which is no part of it: to copy by blocks.
    #[must_use]
    #[inline]
    pub fn text_from(&self, text: Text) -> &[u8] {
        self.0.text.as_bytes().get(text.start as usize..).unwrap_or_default()
    }

    #[must_use]
    pub fn source(&self) -> SourceId {
        self.0.source
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Seconds since 1970 at which the source was asked.
    #[must_use]
    pub fn retrieved_at(&self) -> i64 {
        self.0.retrieved_at
    }
}
