//! Trie: a layout turned round, from places in the source's record to columns.
//!
//! JSON is read once, front to back, so what several columns want of one place must be known when the place comes by. A
//! `Node` stands for a place: the leaves, objects and lists that begin there, and the places below. A row of a database is
//! a place with numbered elements.

use super::convert::Ready;
use crate::graph::{Constant, Convert, Locator, Match};
use crate::record::{Cell, Column, Layout, Take, What};
use std::sync::Arc;

/// How the locators of a layout are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Pointers into JSON.
    Json,
    /// Columns of a row; element 0 of it is the ordinal of the key that the row answers.
    Row,
}

#[derive(Debug)]
pub(super) struct Trie {
    pub(super) root: Node,
    /// The record itself.
    pub(super) top: Open,
    /// Where in a record the parts of the key stand that it answers; in a row, the ordinal.
    pub(super) matches: Vec<Option<u32>>,
    /// Columns of the row after the ordinal, each once.
    pub(super) columns: Vec<Arc<str>>,
    pub(super) constants: Vec<Fixed>,
    pub(super) frames: usize,
    pub(super) lists: usize,
    pub(super) form: Form,
}

/// A place in the source's record.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// Outer objects before the objects in the same place within them.
    pub(super) opens: Vec<Open>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) lists: Vec<List>,
    pub(super) members: Vec<(Arc<str>, Node)>,
    /// Elements that are named by their index, ascending.
    pub(super) elements: Vec<(usize, Node)>,
    /// Any other element.
    pub(super) each: Option<Box<Node>>,
}

impl Node {
    /// The one value that is read here, where nothing else is.
    #[inline]
    pub(super) fn only_leaf(&self) -> Option<&Leaf> {
        match self.leaves.as_slice() {
            [leaf] if self.opens.is_empty() && self.lists.is_empty() => Some(leaf),
            _ => None,
        }
    }
}

/// Where a value goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// A column of the object that is open in this frame.
    Column { frame: usize, offset: u32 },
    /// The next element of a list.
    Element(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) target: Target,
    pub(super) ready: Ready,
}

/// A list that begins here. A field's list is a list, or invalid.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) id: usize,
    pub(super) target: Target,
    /// Of a list of keys: one value alone is a list of one.
    pub(super) scalar: Option<Ready>,
    /// Of a row: the column has the list as JSON text.
    pub(super) in_text: Option<Ready>,
}

/// An object that begins here.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) target: Option<Target>,
    pub(super) frame: usize,
    pub(super) width: u32,
    /// Offset, and index into [`Trie::constants`].
    pub(super) constants: Vec<(u32, usize)>,
    /// The column that must hold a type.
    pub(super) type_at: Option<u32>,
    /// Some column of it is the value of this very place, so a scalar can be such an object.
    pub(super) of_scalar: bool,
}

/// The value of a constant column.
#[derive(Debug, Clone)]
pub(super) enum Fixed {
    Cell(Cell),
    Text(Arc<str>),
}

#[derive(Debug, Clone)]
enum Step {
    Member(Arc<str>),
    Element(usize),
}

/// Whether a leaf of this object is the value of the very place where the object stands.
fn reads_its_place(layout: &Layout) -> bool {
    layout.columns.iter().any(|column| {
        let here = matches!(&column.at, Locator::Pointer(pointer) if pointer.0.is_empty());
        here && match &column.take {
            Take::Object(inner) => reads_its_place(inner),
            _ => true,
        }
    })
}

impl Trie {
    /// `matches`: where in a record each part of the key stands, read besides the columns.
    pub(super) fn json(layout: &Layout, matches: &[Match]) -> Self {
        Self::new(layout, Form::Json, matches)
    }

    pub(super) fn row(layout: &Layout) -> Self {
        Self::new(layout, Form::Row, &[])
    }

    fn new(layout: &Layout, form: Form, matches: &[Match]) -> Self {
        let top = Open { target: None, frame: 0, width: 0, constants: Vec::new(), type_at: None, of_scalar: false };
        let mut trie = Self {
            root: Node::default(),
            top,
            matches: Vec::new(),
            columns: Vec::new(),
            constants: Vec::new(),
            frames: 1,
            lists: 0,
            form,
        };
        let mut root = Node::default();
        let mut open = trie.open(&mut root, layout, 0);
        let mut hide = |at: &[Step], convert: &Convert| {
            let target = Target::Column { frame: 0, offset: open.width };
            open.width = open.width.saturating_add(1);
            root.below(at).leaves.push(Leaf { target, ready: Ready::of(convert, false) });
            open.width - 1
        };
        match form {
            Form::Row => trie.matches.push(Some(hide(&[Step::Element(0)], &Convert::Int))),
            Form::Json => {
                // A constant needs no reading: a key that differs from it is not asked for.
                for Match { at, convert } in matches {
                    let place = match at {
                        Locator::Pointer(pointer) => {
                            let at: Vec<Step> = pointer.0.iter().cloned().map(Step::Member).collect();
                            Some(hide(&at, convert))
                        }
                        Locator::Column(_) | Locator::Constant(_) => None,
                    };
                    trie.matches.push(place);
                }
            }
        }
        open.of_scalar = root.reads_scalar();
        root.finish();
        trie.top = open;
        trie.root = root;
        trie
    }

    /// The columns of one object, set below the place where it begins.
    fn open(&mut self, node: &mut Node, layout: &Layout, frame: usize) -> Open {
        let type_at = layout.position(What::Type);
        let mut constants = Vec::new();
        let mut of_scalar = false;
        for (offset, column) in (0..).zip(&layout.columns) {
            let target = Target::Column { frame, offset };
            let leaf = matches!(column.take, Take::Value { .. } | Take::Type(_));
            if let (Locator::Constant(constant), true) = (&column.at, leaf) {
                constants.push((offset, self.constants.len()));
                self.constants.push(fixed(constant, &column.take));
                continue;
            }
            let paths = self.paths(&column.at, leaf);
            let here = match &column.take {
                Take::Object(inner) if self.form == Form::Json => reads_its_place(inner),
                _ => true,
            };
            of_scalar |= here && paths.iter().any(Vec::is_empty);
            for path in paths {
                self.column(node.below(&path), column, target);
            }
        }
        Open { target: None, frame, width: layout.width(), constants, type_at, of_scalar }
    }

    /// One column at its place.
    fn column(&mut self, node: &mut Node, column: &Column, target: Target) {
        let from_sql = self.form == Form::Row;
        match &column.take {
            Take::Value { convert, list: false } => {
                node.leaves.push(Leaf { target, ready: Ready::of(convert, from_sql) });
            }
            Take::Value { convert, list: true } => {
                let ready = Ready::of(convert, from_sql);
                let id = self.list();
                let scalar = matches!(column.what, What::Part(..)).then(|| ready.clone());
                let in_text = from_sql.then(|| ready.clone());
                node.lists.push(List { id, target, scalar, in_text });
                node.each().leaves.push(Leaf { target: Target::Element(id), ready });
            }
            Take::Type(codes) => node.leaves.push(Leaf { target, ready: Ready::Type(Arc::clone(codes)) }),
            Take::Object(layout) => self.object(node, layout, target),
            Take::Objects(layout) => {
                let id = self.list();
                node.lists.push(List { id, target, scalar: None, in_text: None });
                self.object(node.each(), layout, Target::Element(id));
            }
        }
    }

    fn object(&mut self, node: &mut Node, layout: &Layout, target: Target) {
        let frame = self.frames;
        self.frames += 1;
        let place = node.opens.len();
        let mut open = self.open(node, layout, frame);
        open.target = Some(target);
        // Objects in the same place within it have been added by now: it comes before them.
        node.opens.insert(place.min(node.opens.len()), open);
    }

    fn list(&mut self) -> usize {
        self.lists += 1;
        self.lists - 1
    }

    /// Every way to read a locator: a step of digits names a member or an element.
    fn paths(&mut self, at: &Locator, leaf: bool) -> Vec<Vec<Step>> {
        match (at, self.form) {
            (Locator::Pointer(pointer), Form::Json) => {
                let mut paths = vec![Vec::new()];
                for step in &pointer.0 {
                    let index = element(step).filter(|_| paths.len() < 8);
                    let elements: Vec<Vec<Step>> = index.map_or_else(Vec::new, |index| {
                        paths.iter().map(|path| [path.as_slice(), &[Step::Element(index)]].concat()).collect()
                    });
                    for path in &mut paths {
                        path.push(Step::Member(Arc::clone(step)));
                    }
                    paths.extend(elements);
                }
                paths
            }
            (Locator::Column(name), Form::Json) => vec![vec![Step::Member(Arc::clone(name))]],
            (Locator::Column(name), Form::Row) if leaf => {
                let found = self.columns.iter().position(|column| column == name);
                let at = found.unwrap_or_else(|| {
                    self.columns.push(Arc::clone(name));
                    self.columns.len() - 1
                });
                vec![vec![Step::Element(at + 1)]]
            }
            // A leaf of a row by a pointer: no column, so `Null` for ever. An object of a row is the row.
            (Locator::Pointer(_), Form::Row) if leaf => Vec::new(),
            _ => vec![Vec::new()],
        }
    }
}

impl Node {
    /// The place below this one, made where there is none.
    fn below(&mut self, path: &[Step]) -> &mut Self {
        let Some((step, rest)) = path.split_first() else { return self };
        let next = match step {
            Step::Member(name) => {
                let at = self.members.iter().position(|(member, _)| member == name).unwrap_or_else(|| {
                    self.members.push((Arc::clone(name), Self::default()));
                    self.members.len() - 1
                });
                self.members.get_mut(at).map(|(_, node)| node)
            }
            Step::Element(index) => {
                let at = self.elements.binary_search_by_key(index, |(at, _)| *at).unwrap_or_else(|at| {
                    self.elements.insert(at, (*index, Self::default()));
                    at
                });
                self.elements.get_mut(at).map(|(_, node)| node)
            }
        };
        #[expect(clippy::unwrap_used, reason = "found or made in the lines above")]
        next.unwrap().below(rest)
    }

    fn each(&mut self) -> &mut Self {
        self.each.get_or_insert_default()
    }

    /// Whether something reads the value of this very place.
    pub(super) fn reads_scalar(&self) -> bool {
        !self.leaves.is_empty() || self.lists.iter().any(|list| list.scalar.is_some() || list.in_text.is_some())
    }

    /// An element that is named by its index is also one of all elements.
    fn finish(&mut self) {
        if let Some(each) = &mut self.each {
            each.finish();
        }
        for (_, node) in &mut self.members {
            node.finish();
        }
        for (_, node) in &mut self.elements {
            if let Some(each) = &self.each {
                node.merge(each);
            }
            node.finish();
        }
    }

    fn merge(&mut self, other: &Self) {
        self.opens.extend(other.opens.iter().cloned());
        self.leaves.extend(other.leaves.iter().cloned());
        self.lists.extend(other.lists.iter().cloned());
        for (name, node) in &other.members {
            self.below(&[Step::Member(Arc::clone(name))]).merge(node);
        }
        for (index, node) in &other.elements {
            self.below(&[Step::Element(*index)]).merge(node);
        }
        if let Some(each) = &other.each {
            self.each().merge(each);
        }
    }
}

/// An index as RFC 6901 writes it: no leading zero. Bounded, since nobody means more.
fn element(step: &str) -> Option<usize> {
    let index: usize = step.parse().ok()?;
    (index < 10_000 && index.to_string() == step).then_some(index)
}

fn fixed(constant: &Constant, take: &Take) -> Fixed {
    match (constant, take) {
        (Constant::Text(code), Take::Type(codes)) => {
            let found = codes.iter().find(|(written, _)| written == code);
            Fixed::Cell(found.map_or(Cell::Invalid, |(_, id)| Cell::Type(*id)))
        }
        (Constant::Null, _) => Fixed::Cell(Cell::Null),
        (Constant::Bool(bool), _) => Fixed::Cell(Cell::Bool(*bool)),
        (Constant::Int(int), _) => Fixed::Cell(Cell::Int(*int)),
        (Constant::Text(text), _) => Fixed::Text(Arc::clone(text)),
    }
}
