//! Decisions: what is decided on an operation before anything is fetched.
//!
//! Made once for an operation and one kind of asking, and shared by all callers who ask alike. A plan may be built from the *shape* of the
//! decisions alone: which fields are settled, and which facts the rest look at. The rules themselves may hold a caller's values, and stay here.

use super::book::Lacking;
use super::outcome::{Lane, Outcome};
use super::precedents::Precedents;
use super::vocabulary::ClassId;
use crate::graph::{FieldId, Graph, Ty, TypeId, Via, id};
use crate::operation::SelectionId;
use foldhash::fast::RandomState;
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
    pub(super) shape: Arc<[u8]>,
    pub lanes: Vec<Lane>,
    pub(super) fields: HashMap<FieldId, Decision, RandomState>,
    /// By type; `None` where nothing was asked about it.
    pub(super) records: Vec<Option<Decision>>,
    pub(super) looks: HashMap<SelectionId, Vec<(TypeId, LaneId)>, RandomState>,
    pub(super) judged: HashMap<TypeId, Judged, RandomState>,
    pub(super) precedents: Precedents,
    pub(super) told: HashMap<FieldId, Told, RandomState>,
    /// Ids of the policies that had a part in any of it, sorted.
    pub(super) rules: Vec<Arc<str>>,
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
        self.records.get(of.index()).copied().flatten().unwrap_or(Decision::Allowed)
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

/// The types of records that a field leads to: of a connection those of its nodes.
#[must_use]
pub fn targets(graph: &Graph, ty: &Ty) -> Vec<TypeId> {
    match graph.object(ty.named).and_then(|object| object.page_of) {
        Some(of) => graph.possible(of),
        None => graph.possible(ty.named),
    }
}
