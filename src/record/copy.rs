//! Copy: records of one `Raw` into another of the same columns. Whatever they refer to comes with them.

use super::{Cell, Layout, Raw, Span, Take, Text};
use std::collections::HashMap;

/// Bytes of a text that is looked for among others, and how many of those are kept in mind.
const SHORT: usize = 32;
const SHORT_MAX: usize = 1 << 16;

impl Raw {
    /// Adds everything that another `Raw` of the same columns holds: by how many cells it all lies further on here.
    pub fn append(&mut self, from: &Self) -> u32 {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (cells, text) = (place(self.cells.len()), place(self.text.len()));
        self.text.push_str(&from.text);
        self.cells.extend(from.cells.iter().map(|cell| match *cell {
            Cell::Text(at) => Cell::Text(Text { start: at.start.saturating_add(text), ..at }),
            Cell::List(span) => Cell::List(Span { start: span.start.saturating_add(cells), ..span }),
            Cell::Object(at) => Cell::Object(at.saturating_add(cells)),
            plain => plain,
        }));
        cells
    }

    /// Adds the record of another `Raw` that starts at this cell, whose layout has the same columns as ours; where it starts here.
    pub fn add_copy(&mut self, from: &Self, at: u32) -> u32 {
        let layout = std::sync::Arc::clone(&self.layout);
        self.copy_object(&layout, from, at)
    }

    /// Recursion is bounded by the depth of the layout.
    fn copy_object(&mut self, layout: &Layout, from: &Self, at: u32) -> u32 {
        let start = self.push_record(layout);
        for (n, column) in (0..).zip(&layout.columns) {
            let within = match &column.take {
                Take::Object(within) | Take::Objects(within) => Some(&**within),
                Take::Value { .. } | Take::Type(_) => None,
            };
            let cell = self.copy_cell(within, from, from.cell(at + n));
            self.set(start + n, cell);
        }
        start
    }

    fn copy_cell(&mut self, within: Option<&Layout>, from: &Self, cell: Cell) -> Cell {
        match (cell, within) {
            (Cell::Text(text), _) => Cell::Text(self.copy_text(from, text)),
            (Cell::Object(at), Some(layout)) => Cell::Object(self.copy_object(layout, from, at)),
            (Cell::List(span), _) => {
                let start = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
                self.cells.resize(self.cells.len() + span.len as usize, Cell::Null);
                for n in 0..span.len {
                    let copied = self.copy_cell(within, from, from.cell(span.start + n));
                    self.set(start + n, copied);
                }
                Cell::List(Span { start, len: span.len })
            }
            // An object of a column without objects: there is none.
            (Cell::Object(_), None) => Cell::Invalid,
            (plain, _) => plain,
        }
    }

    /// The same records with each short text once: most of those are codes and names that many records share. For records that stay: they take
    /// less room, and texts that lie in one place are known to be the same.
    #[must_use]
    pub fn condensed(mut self) -> Self {
        let old = std::mem::take(&mut self.text);
        let mut known: HashMap<&str, u32> = HashMap::new();
        for cell in &mut self.cells {
            let Cell::Text(at) = cell else { continue };
            let start = at.start as usize;
            let text = old.get(start..start + at.len as usize).unwrap_or_default();
            let new = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            if let Some(start) = known.get(text) {
                at.start = *start;
                continue;
            }
            if text.len() <= SHORT && known.len() < SHORT_MAX {
                known.insert(text, new);
            }
            self.text.push_str(text);
            at.start = new;
        }
        self.text.shrink_to_fit();
        self
    }

    fn copy_text(&mut self, from: &Self, text: Text) -> Text {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(from.text(text));
        Text { start, ..text }
    }

    /// Bytes that it takes, without its layout.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.text.capacity()
    }
}
