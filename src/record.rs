//! Record: what a source gave, positional, before anybody may see it.
//!
//! A `Raw` holds the records of one answer as cells against a `Layout`. Text of all cells lies in one buffer, and objects and
//! lists within a record lie in the same cells, so an answer of any size takes a handful of allocations.
//! No `Serialize`; `Debug` shows the layout, never a value: the only way out is `policy::admit` and `response::write`.

use crate::graph::{Constant, Convert, FieldId, Locator, SourceId, TypeId};
use std::fmt;
use std::sync::Arc;

/// The columns of a record, in order. Shared by the plan, the source that fills it and the writer.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub columns: Vec<Column>,
}

/// One column: what it is, where the source has it, and how it becomes a cell.
#[derive(Debug, Clone)]
pub struct Column {
    pub what: What,
    pub at: Locator,
    pub take: Take,
}

/// What a column is. Only a `Field` can be written; the others are fetched hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    Field(FieldId),
    /// The n-th part of the key that a link field holds.
    Part(FieldId, u8),
    /// The n-th part of the key that the record answers.
    Match(u8),
    /// The concrete type of the record, a `Cell::Type`.
    Type,
    /// The source's own time of the record.
    AsOf,
}

#[derive(Debug, Clone)]
pub enum Take {
    /// A leaf; a list of leaves where the source has a JSON list and `list`.
    Value { convert: Arc<Convert>, list: bool },
    /// The concrete type, by the source's code.
    Type(Arc<[(Arc<str>, TypeId)]>),
    /// One object.
    Object(Arc<Layout>),
    /// A list of objects.
    Objects(Arc<Layout>),
}

impl Layout {
    /// What an answer of the crosswalk holds: the other side's key, and the system that the local number is of.
    #[must_use]
    pub fn crosswalk() -> Self {
        let text = |n| Column {
            what: What::Match(n),
            at: Locator::Constant(Constant::Null),
            take: Take::Value { convert: Arc::new(Convert::Text { from_number: true, trim: false }), list: false },
        };
        Self { columns: vec![text(0), text(1)] }
    }

    #[must_use]
    pub fn width(&self) -> u32 {
        u32::try_from(self.columns.len()).unwrap_or(u32::MAX)
    }

    #[must_use]
    pub fn position(&self, what: What) -> Option<u32> {
        let found = self.columns.iter().position(|column| column.what == what)?;
        u32::try_from(found).ok()
    }
}

/// A stretch of [`Raw::text`] (bytes) or of [`Raw::cells`].
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
    Text(Span),
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
}

impl Raw {
    #[must_use]
    pub fn empty(layout: Arc<Layout>, source: SourceId) -> Self {
        Self { layout, source, cells: Vec::new(), text: String::new(), retrieved_at: 0 }
    }

    /// `Null` beyond the end, so that a reader needs no panic.
    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.cells.get(at as usize).copied().unwrap_or(Cell::Null)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.text.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// Adds text, and gives the cell for it.
    pub fn push_text(&mut self, text: &str) -> Cell {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        Cell::Text(Span { start, len })
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

/// Keys for one fetch: distinct, in the order of first use.
#[derive(Clone, Default)]
pub struct Keys {
    /// Scalars a key has.
    pub parts: usize,
    /// `parts` texts a key, one after the other.
    pub values: Vec<Arc<str>>,
}

impl Keys {
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
    pub fn iter(&self) -> impl Iterator<Item = &[Arc<str>]> {
        self.values.chunks_exact(self.parts.max(1))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} of {} parts)", self.len(), self.parts)
    }
}
