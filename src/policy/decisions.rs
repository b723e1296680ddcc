//! Decisions: what is decided on an operation before anything is fetched.
//!
//! Made once for an operation and one kind of asking, and shared by all callers who ask alike. A plan may be built from the *shape* of the
//! decisions alone: which fields are settled, and which facts the rest look at. The rules themselves may hold a caller's values, and stay here.

use super::book::{Book, Lacking};
use super::outcome::{Lane, Outcome};
use super::policies::Policies;
use super::vocabulary::ClassId;
use crate::graph::{Argument, FieldId, Graph, Kind, Role, Ty, TypeId, id};
use crate::operation::{Operation, Selected, SelectionId, SetId, Tree};
use serde_json::{Map, Value};
use std::collections::HashMap;
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

/// The decisions on one operation.
#[derive(Debug, Default)]
pub struct Decisions {
    shape: Arc<[u8]>,
    pub lanes: Vec<Lane>,
    fields: HashMap<FieldId, Decision>,
    records: HashMap<TypeId, Decision>,
    looks: HashMap<SelectionId, Vec<(TypeId, LaneId)>>,
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
    };
    let tree = &operation.tree;
    deciding.set(tree, tree.root);
    for (selection, arguments) in &operation.arguments.of {
        if let (Ok(arguments), Selected::Field(field)) = (arguments, tree.selection(*selection).what) {
            deciding.look(*selection, field, arguments);
        }
    }
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
}

impl Deciding<'_> {
    /// Recursion is bounded by the depth of the document.
    fn set(&mut self, tree: &Tree, set: SetId) {
        for (on, selections) in &tree.set(set).variants {
            if !self.decisions.records.contains_key(on) {
                let classes = self.graph.object(*on).map(|object| object.classes.clone()).unwrap_or_default();
                let classes: Vec<ClassId> =
                    classes.iter().filter_map(|class| self.policies.vocabulary.class(class)).collect();
                let decision = self.decision(*on, &classes, false);
                self.decisions.records.insert(*on, decision);
            }
            for id in selections {
                let selection = tree.selection(*id);
                let Selected::Field(field) = selection.what else { continue };
                if !self.decisions.fields.contains_key(&field) {
                    let decision = self.decision(*on, self.policies.classes_of(field), false);
                    self.decisions.fields.insert(field, decision);
                }
                if let (Some(below), false) = (selection.set, matches!(self.graph.field(field).role, Role::Provenance))
                {
                    self.set(tree, below);
                }
            }
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
        let id = LaneId(u16::try_from(self.decisions.lanes.len()).unwrap_or(u16::MAX));
        let decision = match lane.fixed {
            Some(Outcome::Allow) => Decision::Allowed,
            Some(outcome) => Decision::Settled(outcome, id),
            None => Decision::Row(id),
        };
        self.shape.push(lane.fixed.map_or(u8::MAX, |outcome| outcome as u8));
        self.shape.extend(lane.reads.to_le_bytes());
        self.decisions.lanes.push(lane);
        self.known.insert(key, decision);
        decision
    }

    /// By what a selection looks for records.
    fn look(&mut self, selection: SelectionId, field: FieldId, given: &Map<String, Value>) {
        let graph = self.graph;
        let mut by: Vec<(String, ClassId)> = Vec::new();
        for argument in &graph.field(field).arguments {
            self.by(argument, given.get(&*argument.name), String::new(), &mut by);
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
    fn by(&self, argument: &Argument, given: Option<&Value>, around: String, by: &mut Vec<(String, ClassId)>) {
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
                self.by(field, object.get(&*field.name), name.clone(), by);
            }
        }
    }
}

/// The types of records that a field leads to: of a connection those of its nodes.
#[must_use]
pub fn targets(graph: &Graph, ty: &Ty) -> Vec<TypeId> {
    let of = graph.possible(ty.named);
    let of_nodes = |on: &TypeId| graph.object(*on).is_some_and(|object| object.key.is_empty());
    match of.as_slice() {
        [only] if of_nodes(only) => match graph.field_named(*only, "nodes") {
            Some(nodes) => graph.possible(graph.field(nodes).ty.named),
            None => of,
        },
        _ => of,
    }
}
