//! Run: one answer on its way into cells. What `visit` reads and `trie` says meet here.
//!
//! Objects within a record are opened and closed; while one is open, its frame says where its cells begin. Elements of a
//! list wait until the list ends, so that its cells lie together. Every growth is bounded.

use super::Reason;
use super::convert::{Ready, Scalar};
use super::decode::Bounds;
use super::names::Names;
use super::trie::{Fixed, Form, Leaf, Node, Open, Target, Trie};
use crate::record::{Cell, Raw, Span};

/// No object is open in this frame.
const CLOSED: u32 = u32::MAX;

pub(super) struct Run<'a> {
    pub(super) trie: &'a Trie,
    pub(super) raw: &'a mut Raw,
    pub(super) bounds: Bounds,
    /// Why to stop. Set once; whoever sees it ends the reading.
    pub(super) failure: Option<Reason>,
    /// The record just read was null.
    pub(super) absent: bool,
    /// Of members that nobody reads.
    pub(super) names: Names,
    /// The first cell of the object that is open, a frame.
    bases: Vec<u32>,
    /// Elements so far, a list.
    waiting: Vec<Vec<Cell>>,
    waiting_count: usize,
    constants: Vec<Cell>,
}

impl<'a> Run<'a> {
    pub(super) fn new(trie: &'a Trie, raw: &'a mut Raw, bounds: Bounds) -> Self {
        // The text of a constant stands once for all records.
        let constants = trie.constants.iter().map(|fixed| match fixed {
            Fixed::Cell(cell) => *cell,
            Fixed::Text(text) => raw.push_text(text),
        });
        let constants = constants.collect();
        Self {
            trie,
            raw,
            bounds,
            failure: None,
            absent: false,
            names: Names::default(),
            bases: vec![CLOSED; trie.frames],
            waiting: vec![Vec::new(); trie.lists],
            waiting_count: 0,
            constants,
        }
    }

    pub(super) fn fail(&mut self, reason: Reason) {
        self.failure.get_or_insert(reason);
    }

    pub(super) fn invalid(&mut self, detail: &str) {
        self.fail(Reason::Invalid(detail.to_owned()));
    }

    /// A new record: gives its first cell.
    pub(super) fn begin(&mut self) -> u32 {
        self.absent = false;
        let trie = self.trie;
        self.push(&trie.top)
    }

    pub(super) fn end(&mut self) {
        let trie = self.trie;
        self.finished(&trie.top);
    }

    /// Cells for an object, and its constants.
    fn push(&mut self, open: &Open) -> u32 {
        let start = self.raw.cells.len();
        let end = start.saturating_add(open.width as usize);
        if end.saturating_add(self.waiting_count) > self.bounds.cells_max {
            self.fail(Reason::Limit("cells of an answer"));
            return CLOSED;
        }
        if self.raw.text.len() > self.bounds.text_bytes_max {
            self.fail(Reason::Limit("text of an answer"));
            return CLOSED;
        }
        let Ok(base) = u32::try_from(start) else { return CLOSED };
        self.raw.cells.resize(end, Cell::Null);
        if let Some(frame) = self.bases.get_mut(open.frame) {
            *frame = base;
        }
        for (offset, constant) in &open.constants {
            let cell = self.constants.get(*constant).copied().unwrap_or(Cell::Null);
            self.raw.set(base.saturating_add(*offset), cell);
        }
        base
    }

    /// Every object that begins at this place.
    pub(super) fn open(&mut self, node: &Node, can_hold: bool) {
        for open in &node.opens {
            let Some(target) = open.target else { continue };
            if can_hold {
                let base = self.push(open);
                if base != CLOSED {
                    self.put(target, Cell::Object(base));
                }
            } else {
                self.put(target, Cell::Invalid);
            }
        }
    }

    /// The objects of this place end, inner ones first.
    pub(super) fn close(&mut self, node: &Node) {
        for open in node.opens.iter().rev() {
            let base = self.base(open.frame);
            // An object in the columns of a row is absent where all of them are null.
            if base != CLOSED && self.trie.form == Form::Row && self.is_empty(open, base) {
                if let Some(target) = open.target {
                    self.put(target, Cell::Null);
                }
            } else {
                self.finished(open);
            }
            if let Some(frame) = self.bases.get_mut(open.frame) {
                *frame = CLOSED;
            }
        }
    }

    fn finished(&mut self, open: &Open) {
        let base = self.base(open.frame);
        let Some(offset) = open.type_at.filter(|_| base != CLOSED) else { return };
        // A record of no type that the mapping knows is there, and is nothing that can be shown.
        if !matches!(self.raw.cell(base.saturating_add(offset)), Cell::Type(_)) && !self.absent {
            self.raw.set(base.saturating_add(offset), Cell::Invalid);
        }
    }

    fn is_empty(&self, open: &Open, base: u32) -> bool {
        let fixed = |offset: u32| open.constants.iter().any(|(at, _)| *at == offset);
        (0..open.width).all(|offset| fixed(offset) || self.raw.cell(base.saturating_add(offset)) == Cell::Null)
    }

    fn base(&self, frame: usize) -> u32 {
        self.bases.get(frame).copied().unwrap_or(CLOSED)
    }

    fn put(&mut self, target: Target, cell: Cell) {
        match target {
            Target::Column { frame, offset } => {
                let base = self.base(frame);
                if base != CLOSED {
                    self.raw.set(base.saturating_add(offset), cell);
                }
            }
            Target::Element(list) => {
                if self.raw.cells.len().saturating_add(self.waiting_count) >= self.bounds.cells_max {
                    self.fail(Reason::Limit("cells of an answer"));
                } else if let Some(list) = self.waiting.get_mut(list) {
                    self.waiting_count += 1;
                    list.push(cell);
                }
            }
        }
    }

    /// A scalar at a place where nothing else begins.
    #[inline]
    pub(super) fn leaf(&mut self, leaf: &Leaf, scalar: Scalar<'_>) {
        let is_element = matches!(leaf.target, Target::Element(_));
        if is_element || !matches!(scalar, Scalar::Null) {
            let cell = leaf.ready.cell(scalar, self.raw);
            self.put(leaf.target, cell);
        }
    }

    /// A scalar at this place.
    pub(super) fn scalar(&mut self, node: &Node, scalar: Scalar<'_>) {
        if matches!(scalar, Scalar::Null) {
            let elements =
                node.leaves.iter().map(|leaf| leaf.target).chain(node.opens.iter().filter_map(|open| open.target));
            for target in elements.filter(|target| matches!(target, Target::Element(_))) {
                self.put(target, Cell::Null);
            }
            return;
        }
        for open in &node.opens {
            let Some(target) = open.target else { continue };
            let base = if open.of_scalar { self.push(open) } else { CLOSED };
            self.put(target, if base == CLOSED { Cell::Invalid } else { Cell::Object(base) });
        }
        for leaf in &node.leaves {
            let cell = leaf.ready.cell(scalar, self.raw);
            self.put(leaf.target, cell);
        }
        for list in &node.lists {
            match (&list.in_text, &list.scalar, scalar) {
                (Some(ready), _, Scalar::Text(text)) => {
                    let cell = self.list_in_text(ready, text);
                    self.put(list.target, cell);
                }
                (_, Some(ready), _) => {
                    let cell = ready.cell(scalar, self.raw);
                    self.put(Target::Element(list.id), cell);
                    self.end_list(list.id, list.target);
                }
                _ => self.put(list.target, Cell::Invalid),
            }
        }
        self.close(node);
    }

    /// What only a scalar could be, where there is an object or a list.
    pub(super) fn not_scalar(&mut self, node: &Node) {
        for leaf in &node.leaves {
            self.put(leaf.target, Cell::Invalid);
        }
    }

    pub(super) fn not_list(&mut self, node: &Node) {
        for list in &node.lists {
            self.put(list.target, Cell::Invalid);
        }
    }

    /// The elements of a list have been read.
    pub(super) fn end_list(&mut self, id: usize, target: Target) {
        let Some(list) = self.waiting.get_mut(id) else { return };
        let span = u32::try_from(self.raw.cells.len()).ok().zip(u32::try_from(list.len()).ok());
        self.waiting_count -= list.len().min(self.waiting_count);
        self.raw.cells.append(list);
        if let Some((start, len)) = span {
            self.put(target, Cell::List(Span { start, len }));
        }
    }

    /// A database column that holds a list has it as JSON text.
    fn list_in_text(&mut self, ready: &Ready, text: &str) -> Cell {
        let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(text) else { return Cell::Invalid };
        if self.raw.cells.len().saturating_add(values.len()) > self.bounds.cells_max {
            self.fail(Reason::Limit("cells of an answer"));
            return Cell::Invalid;
        }
        let cells: Vec<Cell> =
            values.iter().map(|value| element(value).map_or(Cell::Invalid, |it| ready.cell(it, self.raw))).collect();
        let span = u32::try_from(self.raw.cells.len()).ok().zip(u32::try_from(cells.len()).ok());
        self.raw.cells.extend(cells);
        span.map_or(Cell::Invalid, |(start, len)| Cell::List(Span { start, len }))
    }
}

fn element(value: &serde_json::Value) -> Option<Scalar<'_>> {
    use serde_json::Value;
    Some(match value {
        Value::Null => Scalar::Null,
        Value::Bool(bool) => Scalar::Bool(*bool),
        Value::String(text) => Scalar::Text(text),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Scalar::Int(int.into()),
            (None, Some(int)) => Scalar::Int(int.into()),
            (None, None) => Scalar::Float(number.as_f64()?),
        },
        Value::Array(_) | Value::Object(_) => return None,
    })
}
