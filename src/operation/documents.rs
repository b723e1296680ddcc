//! Documents: parsed, validated and flattened documents, kept by their text.
//!
//! Only valid documents are kept. A look-up that hits hashes the text once and allocates nothing. What is kept belongs to
//! one state of the graph's files (`Graph::epoch`), so it needs no clearing when they change: it ages out.

use super::expand;
use super::flatten::{Flat, flatten};
use super::frontend::{self, Definition, Literal, Name, Node, Parsed, Selection, SelectionSet};
use crate::error::{Code, Refusal};
use crate::graph::sdl::Sdl;
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use indexmap::Equivalent;
use moka::sync::Cache;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub struct Documents {
    documents: Cache<Key, Arc<Document>>,
    flat: Cache<FlatKey, Arc<Flat>>,
}

/// A document that is valid in one view of one graph.
#[derive(Debug)]
pub(super) struct Document {
    /// Tells it from any other in this process.
    id: u64,
    pub parsed: Parsed,
    pub operations: Vec<Prepared>,
}

#[derive(Debug)]
pub(super) struct Prepared {
    /// Which of the document's operations this is.
    index: usize,
    pub definition: Node<Definition>,
    /// Variables of this operation that stand in a `@skip` or `@include` of the document.
    pub switches: Vec<Name>,
}

#[derive(Debug)]
struct Key {
    epoch: u64,
    view: ViewId,
    text: Arc<str>,
}

/// A [`Key`] that borrows its text.
struct Look<'a> {
    epoch: u64,
    view: ViewId,
    text: &'a str,
}

impl Key {
    fn look(&self) -> Look<'_> {
        Look { epoch: self.epoch, view: self.view, text: &self.text }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.look().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        other.look().equivalent(self)
    }
}

impl Eq for Key {}

impl Hash for Look<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.epoch.hash(state);
        self.view.hash(state);
        self.text.hash(state);
    }
}

impl Equivalent<Key> for Look<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.epoch == key.epoch && self.view == key.view && *self.text == *key.text
    }
}

/// The values of the switches come last: none for most operations, and an empty list is not allocated.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FlatKey {
    document: u64,
    operation: usize,
    switches: Vec<bool>,
}

impl Documents {
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { documents: Cache::new(limits.documents_kept), flat: Cache::new(limits.documents_kept) }
    }

    /// # Errors
    /// `PARSE`, `INVALID` or `LIMIT`.
    pub(super) fn document(
        &self,
        graph: &Graph,
        view: ViewId,
        text: &str,
        limits: &Limits,
    ) -> Result<Arc<Document>, Refusal> {
        let epoch = graph.epoch;
        if let Some(found) = self.documents.get(&Look { epoch, view, text }) {
            return Ok(found);
        }
        let document = Arc::new(Document::read(graph, view, text, limits)?);
        self.documents.insert(Key { epoch, view, text: text.into() }, document.clone());
        Ok(document)
    }

    /// # Errors
    /// `LIMIT` or `INVALID`.
    pub(super) fn flat(
        &self,
        graph: &Graph,
        sdl: &Sdl,
        (document, operation): (&Document, &Prepared),
        variables: &Map<String, Value>,
        limits: &Limits,
    ) -> Result<Arc<Flat>, Refusal> {
        let is_on = |name: &Name| variables.get(name.as_str()) == Some(&Value::Bool(true));
        let switches = operation.switches.iter().map(is_on).collect();
        let key = FlatKey { document: document.id, operation: operation.index, switches };
        if let Some(found) = self.flat.get(&key) {
            return Ok(found);
        }
        expand::check(graph, &document.parsed, &operation.definition, limits)?;
        let flat = Arc::new(flatten(graph, &sdl.schema, &document.parsed, &operation.definition, &is_on)?);
        self.flat.insert(key, flat.clone());
        Ok(flat)
    }
}

impl Document {
    fn read(graph: &Graph, view: ViewId, text: &str, limits: &Limits) -> Result<Self, Refusal> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let parsed = frontend::parse(text, sdl(graph, view)?, limits)?;
        let switches = switches(&parsed);
        let operations = parsed.document.operations.iter().enumerate().map(|(index, definition)| Prepared {
            index,
            definition: definition.clone(),
            switches: definition
                .variables
                .iter()
                .map(|variable| variable.name.clone())
                .filter(|name| switches.contains(name.as_str()))
                .collect(),
        });
        Ok(Self { id: NEXT.fetch_add(1, Ordering::Relaxed), operations: operations.collect(), parsed })
    }
}

/// The schema of a view.
///
/// # Errors
/// `INTERNAL` for a view of another graph.
pub(super) fn sdl(graph: &Graph, view: ViewId) -> Result<&Sdl, Refusal> {
    let found = graph.views.get(usize::from(view.0)).map(|view| &view.sdl);
    found.ok_or_else(|| Refusal::new(Code::Internal, "there is no such view of the graph"))
}

/// The variables in `@skip` and `@include`, of all operations and fragments.
fn switches(parsed: &Parsed) -> HashSet<&str> {
    let document = &parsed.document;
    let mut found = HashSet::new();
    let mut waiting: Vec<&SelectionSet> =
        document.operations.iter().map(|operation| &operation.selection_set).collect();
    waiting.extend(document.fragments.values().map(|fragment| &fragment.selection_set));
    while let Some(set) = waiting.pop() {
        for selection in &set.selections {
            for directive in selection.directives().iter().filter(|it| it.name == "skip" || it.name == "include") {
                found.extend(directive.arguments.iter().filter_map(|argument| match &*argument.value {
                    Literal::Variable(name) => Some(name.as_str()),
                    _ => None,
                }));
            }
            match selection {
                Selection::Field(field) => waiting.push(&field.selection_set),
                Selection::InlineFragment(inline) => waiting.push(&inline.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    found
}
