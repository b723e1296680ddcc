//! Decisions: what is decided on an operation before anything is fetched.
//!
//! Made once for an operation and one kind of asking, and shared by all callers who ask alike. A plan may be built from the *shape* of the
//! decisions alone: which fields are settled, and which facts the rest look at. The rules themselves may hold a caller's values, and stay here.

use super::book::{Book, Lacking};
use super::outcome::{Lane, Outcome};
use super::policies::Policies;
use super::rule::Said;
use super::vocabulary::{CLOSED, ClassId, SUBJECT, Word};
use crate::graph::{Argument, FactKind, FieldId, Graph, Kind, Role, Ty, TypeId, Via, id};
use crate::operation::{Operation, Selected, SelectionId, SetId, Tree};
use foldhash::fast::RandomState;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

id!(
    /// Index into [`Decisions::lanes`].
    LaneId(u16)
);

/// What is decided about a field, a type of records or a look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// The same for every record, and not allowed.
    Settled(Outcome, LaneId),
    /// Each record decides.
    Row(LaneId),
}

/// What has to be looked at in records of one type.
#[derive(Debug, Default)]
pub struct Judged {
    /// The lanes that depend on the record.
    pub lanes: Vec<LaneId>,
    /// Of those, the lanes that hide the whole record.
    pub hides: Vec<LaneId>,
    /// The lane that decides whether there may be known to be a record.
    pub own: Option<LaneId>,
    /// No record of the type is shown.
    pub never: bool,
    /// Of every record of the type may be known only that there is one.
    pub pointer: bool,
    /// How many facts the type has.
    pub words: usize,
    /// Those that the lanes look at.
    pub facts: Vec<Needed>,
    /// They look at what closes a record.
    pub closures: bool,
    /// They look at whose it is.
    pub subject: bool,
}

/// A fact that is looked at.
#[derive(Debug)]
pub struct Needed {
    pub position: u8,
    pub from: FactFrom,
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactFrom {
    /// The record says it: the fields to follow to it.
    Record(Vec<FieldId>),
    /// The registry of what is closed.
    Closures,
    /// Whose the record is.
    Subject,
    /// Records that it leads to say it: the links, and the fields to follow from there.
    Elsewhere {
        via: Vec<Via>,
        path: Vec<FieldId>,
        /// To a second value, written behind the first; mostly empty.
        with: Vec<FieldId>,
        name: Arc<str>,
        /// There may be several values.
        many: bool,
    },
}

/// What is said where a field is withheld.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub lacking: Option<Lacking>,
    /// The coarser field.
    pub instead: Option<Arc<str>>,
    /// Whom to ask.
    pub contact: Option<Arc<str>>,
    /// The kind of agency that owns it.
    pub owner: Option<Arc<str>>,
}

/// The decisions on one operation.
#[derive(Debug, Default)]
pub struct Decisions {
    shape: Arc<[u8]>,
    pub lanes: Vec<Lane>,
    fields: HashMap<FieldId, Decision, RandomState>,
    records: HashMap<TypeId, Decision, RandomState>,
    looks: HashMap<SelectionId, Vec<(TypeId, LaneId)>, RandomState>,
    judged: HashMap<TypeId, Judged, RandomState>,
    told: HashMap<FieldId, Told, RandomState>,
    /// Ids of the policies that had a part in any of it, sorted.
    rules: Vec<Arc<str>>,
    /// Arguments that look for records by what one may not look by.
    pub forbidden: Vec<Forbidden>,
    /// Seconds since 1970 from which they are not good any more.
    pub valid_until: Option<i64>,
}

/// An argument by which one may not look.
#[derive(Debug, Clone)]
pub struct Forbidden {
    pub selection: SelectionId,
    /// `where.birthDate`
    pub argument: String,
    pub on: TypeId,
    pub class: ClassId,
    pub lacking: Option<Lacking>,
}

impl Decisions {
    /// Tells decisions that lead to one plan from those that lead to another: part of the plan's key.
    #[must_use]
    pub const fn shape(&self) -> &Arc<[u8]> {
        &self.shape
    }

    /// On one field of one type. What was not asked about is allowed: it has no class.
    #[must_use]
    pub fn on(&self, field: FieldId) -> Decision {
        self.fields.get(&field).copied().unwrap_or(Decision::Allowed)
    }

    /// On there being a record of this type.
    #[must_use]
    pub fn on_records(&self, of: TypeId) -> Decision {
        self.records.get(&of).copied().unwrap_or(Decision::Allowed)
    }

    /// What records that a selection looks for must fulfil besides: by concrete type.
    #[must_use]
    pub fn on_look(&self, selection: SelectionId) -> &[(TypeId, LaneId)] {
        self.looks.get(&selection).map_or(&[], Vec::as_slice)
    }

    /// Whether records of this type are given with somebody's consent, and only then. Of the caller and the type alone, so to say it tells of
    /// no record.
    #[must_use]
    pub fn by_consent(&self, of: TypeId) -> bool {
        let Decision::Row(lane) = self.on_records(of) else { return false };
        self.lane(lane).is_some_and(|lane| lane.ladders.iter().any(|ladder| ladder.otherwise == Outcome::Consent))
    }

    /// Whether anything depends on a record.
    #[must_use]
    pub fn judges(&self) -> bool {
        !self.judged.is_empty()
    }

    /// The types of records of which it has to be known what closes them.
    pub fn closable(&self) -> impl Iterator<Item = TypeId> {
        self.judged.iter().filter(|(_, judged)| judged.closures).map(|(on, _)| *on)
    }

    /// Whether anything depends on whose a record is.
    #[must_use]
    pub fn reads_subjects(&self) -> bool {
        self.judged.values().any(|judged| judged.subject)
    }

    /// Whether there being a record of this type, or its being found, hangs on a lane.
    #[must_use]
    pub fn hides_by(&self, on: TypeId, lane: LaneId) -> bool {
        let mut found = self.looks.values().flatten();
        let hides = self.judged.get(&on).is_some_and(|judged| judged.hides.contains(&lane));
        hides || found.any(|(of, id)| *of == on && *id == lane)
    }

    /// What has to be looked at in records of this type; `None` where nothing depends on them.
    #[must_use]
    pub fn judged(&self, on: TypeId) -> Option<&Judged> {
        self.judged.get(&on)
    }

    /// Ids of the policies that had a part in any of it.
    #[must_use]
    pub fn rules(&self) -> &[Arc<str>] {
        &self.rules
    }

    /// What is said where this field is withheld.
    #[must_use]
    pub fn told(&self, field: FieldId) -> Told {
        self.told.get(&field).cloned().unwrap_or_default()
    }

    #[must_use]
    pub fn lane(&self, id: LaneId) -> Option<&Lane> {
        self.lanes.get(id.index())
    }
}

/// Decides on an operation.
#[must_use]
pub fn decide(policies: &Policies, book: &Book, graph: &Graph, operation: &Operation) -> Decisions {
    let mut deciding = Deciding {
        policies,
        book,
        graph,
        decisions: Decisions { valid_until: book.valid_until, ..Decisions::default() },
        known: HashMap::new(),
        shape: Vec::new(),
        rules: BTreeSet::new(),
    };
    let tree = &operation.tree;
    deciding.set(tree, tree.root);
    for (selection, arguments) in &operation.arguments.of {
        if let (Ok(arguments), Selected::Field(field)) = (arguments, tree.selection(*selection).what) {
            deciding.look(*selection, field, arguments);
        }
    }
    deciding.need();
    let cited = deciding.rules.iter().filter_map(|rule| policies.cited(*rule));
    deciding.decisions.rules = cited.map(|cited| cited.id.clone()).collect();
    deciding.decisions.rules.sort_unstable();
    deciding.decisions.shape = deciding.shape.into();
    deciding.decisions
}

struct Deciding<'a> {
    policies: &'a Policies,
    book: &'a Book,
    graph: &'a Graph,
    decisions: Decisions,
    known: HashMap<(TypeId, Box<[ClassId]>, bool), Decision>,
    shape: Vec<u8>,
    /// Positions of the policies that had a part.
    rules: BTreeSet<u16>,
}

impl Deciding<'_> {
    /// Recursion is bounded by the depth of the document.
    fn set(&mut self, tree: &Tree, set: SetId) {
        for (on, selections) in &tree.set(set).variants {
            self.records(*on);
            for id in selections {
                let selection = tree.selection(*id);
                let Selected::Field(field) = selection.what else { continue };
                if !self.decisions.fields.contains_key(&field) {
                    let decision = self.decision(*on, self.policies.classes_of(field), false);
                    self.decisions.fields.insert(field, decision);
                    self.tell(field, decision);
                }
                if let (Some(below), false) = (selection.set, matches!(self.graph.field(field).role, Role::Provenance))
                {
                    self.set(tree, below);
                }
            }
        }
    }

    fn judging(&mut self, on: TypeId) -> &mut Judged {
        let words = self.policies.vocabulary.resources.get(&on).map_or(0, |resource| resource.facts.len());
        self.decisions.judged.entry(on).or_insert_with(|| Judged { words, ..Judged::default() })
    }

    /// A field that must have a value hides its record, where a record hides it.
    fn tell(&mut self, field: FieldId, decision: Decision) {
        let graph = self.graph;
        let asked = graph.field(field);
        let (lane, settled) = match decision {
            Decision::Allowed => return,
            Decision::Settled(_, lane) => (lane, true),
            Decision::Row(lane) => (lane, false),
        };
        if !settled && asked.ty.wrap.required() {
            self.judging(asked.parent).hides.push(lane);
        }
        let classes = self.policies.classes_of(field);
        let lacking = classes.iter().find_map(|class| self.book.lacking(self.policies, asked.parent, *class));
        let told = Told {
            lacking: lacking.filter(|_| settled),
            instead: self.policies.instead.get(&*graph.coordinate(field)).cloned(),
            contact: classes.iter().find_map(|class| self.policies.classes.get(*class).contact),
            owner: asked.data.owner.clone(),
        };
        self.decisions.told.insert(field, told);
    }

    /// Whether there may be known to be records of a type.
    fn records(&mut self, on: TypeId) {
        if self.decisions.records.contains_key(&on) {
            return;
        }
        let classes = self.graph.object(on).map(|object| object.classes.clone()).unwrap_or_default();
        let classes: Vec<ClassId> = classes.iter().filter_map(|class| self.policies.vocabulary.class(class)).collect();
        let decision = self.decision(on, &classes, false);
        self.decisions.records.insert(on, decision);
        match decision {
            Decision::Row(lane) => {
                let judging = self.judging(on);
                judging.hides.push(lane);
                judging.own = Some(lane);
            }
            // Consent that would change nothing is not asked for.
            Decision::Settled(Outcome::Hide | Outcome::Consent, _) => self.judging(on).never = true,
            Decision::Settled(Outcome::Exists, _) => self.judging(on).pointer = true,
            _ => {}
        }
    }

    /// The facts that the lanes of a type look at, with their positions.
    fn read(&self, on: TypeId) -> Vec<(u8, &'_ Word)> {
        let Some(judged) = self.decisions.judged.get(&on) else { return Vec::new() };
        let Some(resource) = self.policies.vocabulary.resources.get(&on) else { return Vec::new() };
        let lanes = judged.lanes.iter().filter_map(|id| self.decisions.lanes.get(id.index()));
        let reads = lanes.fold(0, |all, lane| all | lane.reads);
        (0_u8..).zip(&resource.facts).filter(|(position, _)| reads >> position & 1 == 1).collect()
    }

    /// Records that say something of others are decided on as if they were asked for: what nobody may know of says nothing.
    fn lead(&mut self) {
        let mut open: Vec<TypeId> = self.decisions.judged.keys().copied().collect();
        // Lanes are numbered in the order in which they are made, and a plan may serve again.
        open.sort_unstable();
        while let Some(on) = open.pop() {
            let via: Vec<Via> = self.read(on).into_iter().flat_map(|(_, word)| word.via.clone()).collect();
            for to in via.into_iter().map(|via| self.graph.field(via.field).ty.named) {
                if !self.decisions.records.contains_key(&to) {
                    self.records(to);
                    open.push(to);
                }
            }
        }
    }

    /// The facts that lanes look at, by type.
    fn need(&mut self) {
        self.lead();
        let all: Vec<TypeId> = self.decisions.judged.keys().copied().collect();
        for on in all {
            let needed: Vec<Needed> =
                self.read(on).into_iter().map(|(position, word)| needed(position, word)).collect();
            let judged = self.judging(on);
            judged.closures = needed.iter().any(|fact| fact.from == FactFrom::Closures);
            judged.subject = needed.iter().any(|fact| fact.from == FactFrom::Subject);
            judged.facts = needed;
        }
    }

    fn decision(&mut self, on: TypeId, classes: &[ClassId], look: bool) -> Decision {
        if classes.is_empty() || self.policies.is_open() {
            return Decision::Allowed;
        }
        let key = (on, Box::from(classes), look);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let lane = if look {
            self.book.filter(self.policies, on, classes)
        } else {
            self.book.lane(self.policies, on, classes)
        };
        let lane = self.without_records(on, lane);
        for ladder in &lane.ladders {
            let further = (ladder.disclose.decision != super::cedar::Decision::Allowed).then_some(&ladder.exist);
            let decided = std::iter::once(&ladder.disclose).chain(further);
            self.rules.extend(decided.flat_map(|decided| &decided.because));
        }
        let id = LaneId(u16::try_from(self.decisions.lanes.len()).unwrap_or(u16::MAX));
        let decision = match lane.fixed {
            Some(Outcome::Allow) => Decision::Allowed,
            Some(outcome) => Decision::Settled(outcome, id),
            None => Decision::Row(id),
        };
        self.shape.push(lane.fixed.map_or(u8::MAX, |outcome| outcome as u8));
        self.shape.extend(lane.reads.to_le_bytes());
        self.decisions.lanes.push(lane);
        if let Decision::Row(_) = decision {
            self.judging(on).lanes.push(id);
        }
        self.known.insert(key, decision);
        decision
    }

    /// What is no record of its own, speaks of none, and says nothing of itself, can only be open: pages, objects within a record. Such an object
    /// is whose the record around it is, a page nobody's.
    fn without_records(&self, on: TypeId, lane: Lane) -> Lane {
        let within = || {
            self.graph
                .fields
                .iter()
                .any(|field| matches!(field.role, Role::Embedded) && self.graph.possible(field.ty.named).contains(&on))
        };
        let own = if within() { 1_u64 << CLOSED } else { 1_u64 << CLOSED | 1 << SUBJECT };
        let is_record = self
            .graph
            .object(on)
            .is_some_and(|object| !object.key.is_empty() || !object.subject.is_empty() || object.speaks_of.is_some());
        let Some(resource) = self.policies.vocabulary.resources.get(&on) else { return lane };
        if is_record || lane.fixed.is_some() || lane.reads & !own != 0 {
            return lane;
        }
        let mut facts = vec![Said::Nothing; resource.facts.len()];
        if let Some(closed) = facts.get_mut(CLOSED) {
            *closed = Said::Many(Vec::new());
        }
        Lane { fixed: Some(lane.of(&facts)), reads: 0, ..lane }
    }

    /// By what a selection looks for records.
    fn look(&mut self, selection: SelectionId, field: FieldId, given: &Map<String, Value>) {
        let graph = self.graph;
        let mut by: Vec<(String, ClassId)> = Vec::new();
        for argument in &graph.field(field).arguments {
            self.by(argument, given.get(&*argument.name), "", &mut by);
        }
        for on in targets(graph, &graph.field(field).ty) {
            for (argument, class) in &by {
                match self.decision(on, &[*class], true) {
                    Decision::Allowed => {}
                    Decision::Row(lane) => {
                        let looks = self.decisions.looks.entry(selection).or_default();
                        if !looks.contains(&(on, lane)) {
                            looks.push((on, lane));
                        }
                    }
                    Decision::Settled(..) => {
                        let lacking = self.book.lacking(self.policies, on, *class);
                        let argument = argument.clone();
                        let forbidden = Forbidden { selection, argument, on, class: *class, lacking };
                        self.decisions.forbidden.push(forbidden);
                    }
                }
            }
        }
    }

    /// The classes of an argument that is there, and of what is there within it. Recursion is bounded by the depth of the value.
    fn by(&self, argument: &Argument, given: Option<&Value>, around: &str, by: &mut Vec<(String, ClassId)>) {
        let Some(value) = given.filter(|value| !value.is_null()) else { return };
        let name = if around.is_empty() { argument.name.to_string() } else { format!("{around}.{}", argument.name) };
        let classes = argument.classes.iter().filter_map(|class| self.policies.vocabulary.class(class));
        by.extend(classes.map(|class| (name.clone(), class)));
        if let Kind::Input(fields) = &self.graph.type_of(argument.ty.named).kind {
            let objects = match value {
                Value::Object(object) => vec![object],
                Value::Array(all) => all.iter().filter_map(Value::as_object).collect(),
                _ => Vec::new(),
            };
            for (object, field) in
                objects.into_iter().flat_map(|object| fields.iter().map(move |field| (object, field)))
            {
                self.by(field, object.get(&*field.name), &name, by);
            }
        }
    }
}

fn needed(position: u8, word: &Word) -> Needed {
    let from = match usize::from(position) {
        CLOSED => FactFrom::Closures,
        SUBJECT => FactFrom::Subject,
        _ if word.via.is_empty() => FactFrom::Record(word.path.clone()),
        _ => {
            let (via, path, with) = (word.via.clone(), word.path.clone(), word.with.clone());
            FactFrom::Elsewhere { via, path, with, name: Arc::clone(&word.name), many: word.kind == FactKind::Texts }
        }
    };
    Needed { position, from }
}

/// The types of records that a field leads to: of a connection those of its nodes.
#[must_use]
pub fn targets(graph: &Graph, ty: &Ty) -> Vec<TypeId> {
    match graph.object(ty.named).and_then(|object| object.page_of) {
        Some(of) => graph.possible(of),
        None => graph.possible(ty.named),
    }
}
