//! Documents: parsed, validated and flattened documents, kept by their text.
//!
//! Only valid documents are kept. A look-up that hits hashes the text once and allocates nothing. What is kept belongs to
//! one state of the graph's files (`Graph::epoch`), so it needs no clearing when they change: it ages out. What is kept is
//! bounded by how much there is of it, and by its number too.

use super::coerce::Variables;
use super::expand;
use super::flatten::{Flat, flatten};
use super::frontend::{self, Definition, Literal, Name, Node, Parsed, Selection, SelectionSet};
use super::introspection::Answers;
use crate::error::{Code, Refusal};
use crate::graph::sdl::Sdl;
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use indexmap::Equivalent;
use moka::sync::Cache;
use serde_json::Value;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub struct Documents {
    parsed: Cache<Key, Arc<Document>>,
    flat: Cache<FlatKey, Arc<Flat>>,
    /// Answers to introspection that no variable can change, by their tree.
    pub(super) answers: Cache<u64, Answers>,
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
        /// A parsed document takes about so many times its text.
        const PARSED: usize = 16;
        Self {
            parsed: cache(limits, |key: &Key, _| key.text.len().saturating_mul(PARSED)),
            flat: cache(limits, |_, flat: &Arc<Flat>| flat.tree.weight() as usize),
            answers: cache(limits, |_, answers: &Answers| answers.iter().map(|(_, json)| json.len()).sum()),
        }
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
        if let Some(found) = self.parsed.get(&Look { epoch, view, text }) {
            return Ok(found);
        }
        let document = Arc::new(Document::read(graph, view, text, limits)?);
        self.parsed.insert(Key { epoch, view, text: text.into() }, document.clone());
        Ok(document)
    }

    /// # Errors
    /// `LIMIT` or `INVALID`.
    pub(super) fn flat(
        &self,
        graph: &Graph,
        sdl: &Sdl,
        (document, operation): (&Document, &Prepared),
        variables: &Variables<'_>,
        limits: &Limits,
    ) -> Result<Arc<Flat>, Refusal> {
        let is_on = |name: &Name| variables.get(name.as_str()).is_some_and(|value| **value == Value::Bool(true));
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

/// Each of what is kept counts for its bytes, and at least for its share: so the number is bounded too.
fn cache<K: Eq + Hash + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
    limits: &Limits,
    bytes: impl Fn(&K, &V) -> usize + Send + Sync + 'static,
) -> Cache<K, V> {
    let most = limits.documents_bytes_kept;
    let share = u32::try_from(most / limits.documents_kept.max(1)).unwrap_or(u32::MAX);
    let weigh = move |key: &K, value: &V| u32::try_from(bytes(key, value)).unwrap_or(u32::MAX).max(share);
    Cache::builder().max_capacity(most).weigher(weigh).build()
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

#[cfg(test)]
mod tests {
    use super::super::{bind, tests::graph};
    use super::*;
    use crate::request::Request;

    const SDL: &str = "type Query { a: Int }";

    /// What is kept of each kind after these documents: number and weight.
    fn kept(limits: &Limits, documents: impl Iterator<Item = String>) -> [(u64, u64); 3] {
        let (graph, all) = (graph(SDL), Documents::new(limits));
        for document in documents {
            let request = Request { document, ..Request::default() };
            bind(&all, &graph, ViewId(0), &request, limits).unwrap();
        }
        all.parsed.run_pending_tasks();
        all.flat.run_pending_tasks();
        all.answers.run_pending_tasks();
        [
            (all.parsed.entry_count(), all.parsed.weighted_size()),
            (all.flat.entry_count(), all.flat.weighted_size()),
            (all.answers.entry_count(), all.answers.weighted_size()),
        ]
    }

    #[test]
    fn what_is_kept_is_bounded_by_number() {
        let limits = Limits { documents_kept: 10, ..Limits::default() };
        let [documents, flat, answers] = kept(&limits, (0..50).map(|n| format!("{{ a{n}: a }}")));
        assert_eq!((documents.0, flat.0, answers.0), (10, 10, 0));
    }

    #[test]
    fn what_is_kept_is_bounded_by_weight() {
        let most = 100_000;
        let limits = Limits { documents_bytes_kept: most, ..Limits::default() };
        let long = "#".repeat(1_000);
        let all = (0..100).map(|n| format!("{{ a{n}: a __schema {{ types {{ name fields {{ name }} }} }} }} {long}"));
        let [documents, flat, answers] = kept(&limits, all);
        assert!(documents.0 < 10 && answers.0 < 100, "{documents:?} {answers:?}");
        for (number, weight) in [documents, flat, answers] {
            assert!(weight <= most, "{number} of {weight} bytes");
        }
        let limits = Limits { documents_bytes_kept: 64, ..Limits::default() };
        assert_eq!(kept(&limits, [format!("{{ a }} {long}")].into_iter()).map(|(number, _)| number), [0, 0, 0]);
    }
}
