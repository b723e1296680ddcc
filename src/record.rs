//! Record: what a source gave, positional, before anybody may see it.
//!
//! A `Raw` holds the records of one answer as cells against a `Layout`. Text of all cells lies in one buffer, and objects and
//! lists within a record lie in the same cells, so an answer of any size takes a handful of allocations.
//! No `Serialize`; `Debug` shows the layout, never a value: the only way out is `policy::admit` and `response::write`.

mod copy;
mod had;
mod keys;
mod layout;
mod node;
mod text;

pub use had::{Had, Stretch};
pub use keys::{Keys, Part};
pub use layout::{Column, Layout, Needs, Take, What};
pub use node::{node_id, read_node_id};
pub use text::{Text, is_plain, is_same};

use crate::graph::{SourceId, TypeId};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// A stretch of [`Raw::cells`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    pub start: u32,
    pub len: u32,
}

/// One value, 16 bytes. Already of the type that the graph says, or `Invalid`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Into the text of the same `Raw`.
    Text(Text),
    /// Cells of the same `Raw`, one an element.
    List(Span),
    /// An object within the record: its first cell; its layout is the column's.
    Object(u32),
    Type(TypeId),
    /// The source gave something of another type.
    Invalid,
}

/// The records of one answer. Shared between requests, so nobody may show it: see `policy::admit`.
#[derive(Clone)]
pub struct Raw {
    pub layout: Arc<Layout>,
    pub source: SourceId,
    /// Records and the objects within them.
    pub cells: Vec<Cell>,
    pub text: String,
    /// Seconds since 1970 at which the source was asked; the time of loading for a file.
    pub retrieved_at: i64,
    /// Where records were had in different ways: by their first cells, ascending. Empty where all were asked for just now.
    pub stretches: Vec<Stretch>,
}

impl Raw {
    #[must_use]
    pub fn empty(layout: Arc<Layout>, source: SourceId) -> Self {
        Self { layout, source, cells: Vec::new(), text: String::new(), retrieved_at: 0, stretches: Vec::new() }
    }

    /// `Null` beyond the end, so that a reader needs no panic.
    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.cells.get(at as usize).copied().unwrap_or(Cell::Null)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        let start = text.start as usize;
        self.text.get(start..start + text.len as usize).unwrap_or_default()
    }

    /// Makes room for about so many records, by guess.
    pub fn expect(&mut self, records: usize) {
        let cells = records.min(1_000).saturating_mul(self.layout.columns.len());
        self.cells.reserve(cells);
        self.text.reserve(cells.saturating_mul(8));
    }

    /// Adds text, and gives the cell for it.
    pub fn push_text(&mut self, text: &str) -> Cell {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        Cell::Text(Text { start, len, plain: is_plain(text) })
    }

    /// Adds what a value shows, and gives the cell for it.
    pub fn push_shown(&mut self, value: &impl fmt::Display) -> Cell {
        let start = self.text.len();
        // Writing to a `String` cannot fail.
        _ = write!(self.text, "{value}");
        let plain = is_plain(self.text.get(start..).unwrap_or_default());
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Cell::Text(Text { start: place(start), len: place(self.text.len() - start), plain })
    }

    /// Adds one record (or object) of `Null`s for this layout, and gives the place of its first cell.
    pub fn push_record(&mut self, layout: &Layout) -> u32 {
        let start = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.cells.resize(self.cells.len() + layout.columns.len(), Cell::Null);
        start
    }

    pub fn set(&mut self, at: u32, cell: Cell) {
        if let Some(place) = self.cells.get_mut(at as usize) {
            *place = cell;
        }
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({} columns, {} cells)", self.layout.columns.len(), self.cells.len())
    }
}
