//! Policies: the rules in force, and what has been decided by them.

use super::asking::{Asking, Reads};
use super::book::Book;
use super::cedar::{self, Cited, Code, Decided, Decision};
use super::decide::decide;
use super::decisions::Decisions;
use super::files::{Agreements, Classes, Folder, Instead, Purposes};
use super::rule::Facts;
use super::schema;
use super::vocabulary::{ClassId, Verb, Vocabulary};
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::graph::{Audience, Field, FieldId, Graph, Role, TypeId};
use crate::operation::Operation;
use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use moka::sync::Cache;
use std::cell::Cell;
use std::sync::Arc;

/// How many kinds of asking are remembered.
const BOOKS_KEPT: u64 = 10_000;
/// For how many operations, each for one kind of asking, decisions are remembered.
const DECISIONS_KEPT: u64 = 20_000;
/// For how many operations the decisions that were asked for last are at hand.
const RECENT: usize = 64;
/// Of so many decisions of a thread that were not at hand one is put there.
const SAMPLE: u32 = 8;

thread_local! {
    /// Decisions of this thread that were not at hand.
    static MISSED: Cell<u32> = const { Cell::new(0) };
}

/// The rules in force for one graph.
#[derive(Debug)]
pub struct Policies {
    pub vocabulary: Vocabulary,
    /// `None`: everybody may have everything.
    pub code: Option<Code>,
    /// What one may do about an emergency; `None`: nothing.
    pub acts: Option<Code>,
    pub classes: Classes,
    pub instead: Instead,
    pub purposes: Purposes,
    pub agreements: Agreements,
    /// Tells these files from any others.
    epoch: Arc<str>,
    /// Classes of each field, by [`FieldId`].
    fields: Vec<Box<[ClassId]>>,
    books: Cache<(Asking, usize), Arc<Book>, RandomState>,
    decisions: Cache<Asked, Arc<Decisions>, RandomState>,
    /// Some of those that were asked for last, by the operation: whoever asks as the one before did needs no key for them.
    recent: Box<[ArcSwapOption<Recent>]>,
    /// Those of a graph where everybody may have everything.
    open: Arc<Decisions>,
}

/// The decisions for somebody who asked a moment ago.
#[derive(Debug)]
struct Recent {
    /// As whole as it came.
    asking: Asking,
    stretch: usize,
    tree: u64,
    arguments: Box<[u8]>,
    decisions: Arc<Decisions>,
}

/// Under what decisions serve again: one kind of asking in one stretch of time, and one operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    asking: Asking,
    stretch: usize,
    tree: u64,
    arguments: Box<[u8]>,
}

impl Policies {
    /// Everybody may have everything.
    pub(super) fn open() -> Self {
        let nothing = (Classes::default(), Instead::new());
        let (fields, vocabulary) = (Vec::new(), Vocabulary::default());
        Self::new(fields, vocabulary, None, nothing, Purposes::default(), Agreements::default())
    }

    /// The policies of a folder, held against the graph.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(graph: &Graph, folder: &Folder) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let vocabulary = Vocabulary::of(graph);
        let mut needed = |file: &Option<Arc<File>>, name: &str| {
            if file.is_none() {
                let nowhere = Arc::new(File { path: name.into(), text: String::new() });
                problems.push(Problem::error(&Place::whole(&nowhere), "there is none beside the policies"));
            }
            file.clone()
        };
        let (classes, purposes) = (needed(&folder.classes, "classes.toml"), needed(&folder.purposes, "purposes.toml"));
        let classes = classes.map(|file| Classes::read(graph, &vocabulary, &file, &mut problems)).unwrap_or_default();
        let purposes = purposes.map(|file| Purposes::read(&vocabulary, &file, &mut problems)).unwrap_or_default();
        let agreements = Agreements::read(&vocabulary, &folder.agreements, &mut problems);
        cedar::taken(&vocabulary, &folder.cedar, &mut problems);
        let mut load = |words: &str, files: &[Arc<File>]| match cedar::load(words, files) {
            Ok(code) => Some(code),
            Err(found) => {
                problems.0.extend(found.0);
                None
            }
        };
        let code = load(&schema::text(&vocabulary), &folder.cedar);
        let acts = if folder.acts.is_empty() { None } else { load(&schema::acts_text(&vocabulary), &folder.acts) };
        let Some(mut code) = code.filter(|_| problems.is_empty()) else { return Err(problems.sorted()) };
        // What is in force for an agency is read of it too.
        code.reads.agency |= agreements.all.iter().any(|one| !vocabulary.kinds.contains(&one.reader));
        let fields = classes_of_fields(graph, &vocabulary);
        let policies = Self::new(fields, vocabulary, Some(code), classes, purposes, agreements);
        Ok(Self { acts, epoch: folder.epoch().into(), ..policies })
    }

    fn new(
        fields: Vec<Box<[ClassId]>>,
        vocabulary: Vocabulary,
        code: Option<Code>,
        (classes, instead): (Classes, Instead),
        purposes: Purposes,
        agreements: Agreements,
    ) -> Self {
        let books = Cache::builder().max_capacity(BOOKS_KEPT).build_with_hasher(RandomState::default());
        let decisions = Cache::builder().max_capacity(DECISIONS_KEPT).build_with_hasher(RandomState::default());
        Self {
            vocabulary,
            code,
            acts: None,
            classes,
            instead,
            purposes,
            agreements,
            epoch: "everything".into(),
            fields,
            books,
            decisions,
            recent: std::iter::repeat_with(ArcSwapOption::empty).take(RECENT).collect(),
            open: Arc::default(),
        }
    }

    /// Whether everybody may have everything.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.code.is_none()
    }

    /// Tells the files of these policies from any others: a digest of them.
    #[must_use]
    pub const fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// What policies read of whoever asks.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.code.as_ref().map(|code| code.reads.clone()).unwrap_or_default()
    }

    /// Classes of a field.
    #[must_use]
    pub fn classes_of(&self, field: FieldId) -> &[ClassId] {
        self.fields.get(field.index()).map_or(&[], |classes| classes)
    }

    /// What has been decided for callers like this one. `at`: seconds since 1970 at which the request came.
    #[must_use]
    pub fn book(&self, asking: &Asking, at: i64) -> Arc<Book> {
        let Some(code) = &self.code else { return Arc::new(Book::new(Asking::default(), Vec::new(), None)) };
        let read = asking.as_read(&code.reads);
        let key = (read, self.agreements.stretch(at));
        self.books.get_with_by_ref(&key, || {
            let in_force = self.agreements.in_force(asking, at);
            Arc::new(Book::new(key.0.clone(), in_force, self.agreements.valid_until(at)))
        })
    }

    /// The decisions on an operation: those made before, or made now. `at`: seconds since 1970 at which the request came.
    #[must_use]
    pub fn decisions(&self, graph: &Graph, asking: &Asking, operation: &Operation, at: i64) -> Arc<Decisions> {
        let Some(code) = &self.code else { return Arc::clone(&self.open) };
        let (stretch, tree) = (self.agreements.stretch(at), operation.tree.id);
        let arguments = operation.arguments.shape.as_slice();
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        let place = self.recent.get(tree as usize % RECENT);
        if let Some(recent) = place.map(ArcSwapOption::load).as_ref().and_then(|recent| recent.as_ref())
            && (recent.stretch, recent.tree, &*recent.arguments) == (stretch, tree, arguments)
            && recent.asking == *asking
        {
            return Arc::clone(&recent.decisions);
        }
        let key = Asked { asking: asking.as_read(&code.reads), stretch, tree, arguments: arguments.into() };
        let decide = || Arc::new(decide(self, &self.book(asking, at), graph, operation));
        let decisions = self.decisions.get_with_by_ref(&key, decide);
        let missed = MISSED.get();
        MISSED.set(missed.wrapping_add(1));
        if let Some(place) = place.filter(|_| missed.is_multiple_of(SAMPLE)) {
            let (asking, arguments, decisions) = (asking.clone(), key.arguments, Arc::clone(&decisions));
            place.store(Some(Arc::new(Recent { asking, stretch, tree, arguments, decisions })));
        }
        decisions
    }

    /// Decides without a look at what was decided before.
    #[must_use]
    pub fn decide(&self, on: (TypeId, Verb, ClassId), asking: &Asking, agreements: &[Arc<str>]) -> Decided {
        match &self.code {
            Some(code) => code.decide(&self.vocabulary, on, asking, agreements),
            None => Decided { decision: Decision::Allowed, because: Vec::new(), fault: None },
        }
    }

    /// Decides for one record by Cedar alone: the judge of all else.
    ///
    /// # Errors
    /// Where the record can't be put to Cedar.
    pub fn authorize(
        &self,
        on: (TypeId, Verb, ClassId),
        asking: &Asking,
        agreements: &[Arc<str>],
        facts: &Facts<'_>,
    ) -> Result<bool, String> {
        match &self.code {
            Some(code) => code.authorize(&self.vocabulary, on, asking, agreements, facts),
            None => Ok(true),
        }
    }

    /// What each kind of agency may ever ask: the classes that some permit names for it, whatever else that permit wants.
    #[must_use]
    pub fn audiences(&self) -> Vec<Audience> {
        let Some(code) = &self.code else { return Vec::new() };
        let audience = |kind: &Arc<str>| {
            let about = |cited: &&Cited| !cited.forbids && cited.kind.as_ref().is_none_or(|own| own == kind);
            let permits: Vec<&Cited> = code.cited.iter().filter(about).collect();
            let all = permits.iter().any(|cited| cited.classes.is_none());
            let named = |class: &Arc<str>| {
                permits.iter().any(|cited| cited.classes.as_ref().is_some_and(|it| it.contains(class)))
            };
            let classes = self.vocabulary.classes.iter().filter(|class| all || named(class)).cloned().collect();
            Audience { name: kind.clone(), classes: Some(classes) }
        };
        self.vocabulary.kinds.iter().map(audience).collect()
    }

    /// Whether they look at what closes a record.
    #[must_use]
    pub fn read_closures(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.reads.closures)
    }

    /// A policy by its position.
    #[must_use]
    pub fn cited(&self, at: u16) -> Option<&Cited> {
        self.code.as_ref()?.cited.get(usize::from(at))
    }
}

/// The classes of every field. An id in the whole graph holds the key of its record, so it has the classes of that too.
fn classes_of_fields(graph: &Graph, vocabulary: &Vocabulary) -> Vec<Box<[ClassId]>> {
    let of = |field: &Field| {
        let key = graph.object(field.parent).map_or(&[][..], |object| &object.key);
        let key = if matches!(field.role, Role::NodeId) { key } else { &[] };
        let classes = key.iter().flat_map(|part| &graph.field(part.field).data.classes);
        let mut ids: Vec<ClassId> =
            field.data.classes.iter().chain(classes).filter_map(|class| vocabulary.class(class)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into()
    };
    graph.fields.iter().map(of).collect()
}
