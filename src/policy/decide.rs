//! Decide: what becomes of an operation, field by field and look by look, before anything is fetched.

use super::book::Book;
use super::decisions::{Decision, Decisions, FactFrom, Forbidden, Judged, LaneId, Needed, Told, targets};
use super::outcome::{Lane, Outcome};
use super::policies::Policies;
use super::rule::Said;
use super::vocabulary::{CLOSED, ClassId, SUBJECT, Word};
use crate::graph::{Argument, FactKind, FieldId, Graph, Kind, Role, TypeId, Via};
use crate::operation::{Operation, Selected, SelectionId, SetId};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

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
    deciding.set(operation, tree.root);
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
    fn set(&mut self, operation: &Operation, set: SetId) {
        for (on, selections) in &operation.tree.set(set).variants {
            self.records(*on);
            for id in selections {
                let selection = operation.tree.selection(*id);
                let Selected::Field(field) = selection.what else { continue };
                // What an argument names is asked for too.
                for field in std::iter::once(&field).chain(operation.arguments.named(*id).unwrap_or_default()) {
                    self.field(*on, *field);
                }
                if let (Some(below), false) = (selection.set, self.graph.tells(field)) {
                    self.set(operation, below);
                }
            }
        }
    }

    fn field(&mut self, on: TypeId, field: FieldId) {
        if !self.decisions.fields.contains_key(&field) {
            let decision = self.decision(on, self.policies.classes_of(field), false);
            self.decisions.fields.insert(field, decision);
            self.tell(field, decision);
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

    fn has_records(&self, on: TypeId) -> bool {
        self.decisions.records.get(on.index()).copied().flatten().is_some()
    }

    /// Whether there may be known to be records of a type.
    fn records(&mut self, on: TypeId) {
        if self.has_records(on) {
            return;
        }
        let classes = self.graph.object(on).map(|object| object.classes.clone()).unwrap_or_default();
        let classes: Vec<ClassId> = classes.iter().filter_map(|class| self.policies.vocabulary.class(class)).collect();
        let decision = self.decision(on, &classes, false);
        let records = &mut self.decisions.records;
        records.resize(records.len().max(on.index() + 1), None);
        if let Some(place) = records.get_mut(on.index()) {
            *place = Some(decision);
        }
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
                if !self.has_records(to) {
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
