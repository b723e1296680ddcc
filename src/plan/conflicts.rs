//! Conflicts: which sources are asked so that what they say of a field can be held against each other, and how that is written.
//!
//! Only where `conflicts` is selected, and of no field but those that it is about: those that its argument names, else those that are
//! selected beside it. Plain values are compared; what a link leads to, objects within a record and keys are not.

use super::believed::{offering, places, slot_of};
use super::build::{Builder, Offer};
use super::columns::Asked;
use super::outs::{Writing, head, json};
use super::share::Member;
use super::{At, ClaimOut, ClaimPart, ConflictPart, ConflictsOut, Contested, Origins};
use crate::graph::{BindingId, FieldId, Graph, Role, TypeId};
use crate::operation::{Selected, SelectionId, SetId};
use crate::policy::{Decision, LaneId};
use crate::record::What;

/// The lanes by which a record decides on `conflicts`, and on a field that it is about.
pub(super) type Lanes = (Option<LaneId>, Option<LaneId>);

impl Asked<'_> {
    /// The fields of a type that some `conflicts` of these sets is about, each once.
    pub fn contested(self, sets: &[SetId], on: TypeId) -> Vec<FieldId> {
        let mut all = Vec::new();
        for (set, id, _) in self.conflicts(sets, on) {
            for field in self.contested_by(id, set, on) {
                if !all.contains(&field) {
                    all.push(field);
                }
            }
        }
        all
    }

    /// Where `conflicts` is selected and may be had: in which set, by what selection, and the field.
    fn conflicts(self, sets: &[SetId], on: TypeId) -> impl Iterator<Item = (SetId, SelectionId, FieldId)> {
        let selected = sets.iter().flat_map(move |set| self.tree.selections_on(*set, on).iter().map(|id| (*set, *id)));
        selected.filter_map(move |(set, id)| match self.tree.selection(id).what {
            Selected::Field(field) if matches!(self.graph.field(field).role, Role::Conflicts) => {
                self.gives(field).then_some((set, id, field))
            }
            _ => None,
        })
    }

    /// The fields that one `conflicts` is about.
    fn contested_by(self, id: SelectionId, set: SetId, on: TypeId) -> Vec<FieldId> {
        let beside = || self.fields(set, on).map(|(field, _)| field).collect();
        let mut all: Vec<FieldId> = self.arguments.named(id).map_or_else(beside, <[FieldId]>::to_vec);
        let mut known = Vec::new();
        all.retain(|field| {
            let new = !known.contains(field);
            known.push(*field);
            new && self.graph.is_comparable(*field) && self.gives(*field)
        });
        all
    }

    /// Whether a field is given, at least of some records.
    pub fn gives(self, field: FieldId) -> bool {
        !matches!(self.decisions.on(field), Decision::Settled(..))
    }

    /// The lane by which records decide on a field that is given of some.
    fn lane(self, field: FieldId) -> Option<LaneId> {
        match self.decisions.on(field) {
            Decision::Row(lane) => Some(lane),
            Decision::Allowed | Decision::Settled(..) => None,
        }
    }
}

impl Graph {
    /// Whether what two sources say of a field can be held against each other: it is a plain value, and tells no records apart.
    fn is_comparable(&self, field: FieldId) -> bool {
        let own = self.field(field);
        let in_key = self.object(own.parent).is_some_and(|object| object.key.iter().any(|part| part.field == field));
        matches!(own.role, Role::Value) && !in_key
    }
}

/// The bindings that say something of a field of records that `feed` brought; none where there is only one.
pub(super) fn claimants(graph: &Graph, feed: BindingId, field: FieldId) -> Vec<BindingId> {
    let all = offering(graph, feed, field);
    if all.len() > 1 { all } else { Vec::new() }
}

impl Builder<'_> {
    /// What records of a feed decide by on what a completion claims; empty where it claims nothing of them.
    pub fn claim_lanes(&self, member: &Member<'_>, feed: usize, completion: BindingId) -> Vec<Lanes> {
        let Some(offer) = member.offers.get(feed) else { return Vec::new() };
        let Some(binding) = offer.binding else { return Vec::new() };
        let mut lanes = Vec::new();
        for on in &offer.types {
            for (set, id, conflicts) in self.asked.conflicts(&member.sets, *on) {
                for field in self.asked.contested_by(id, set, *on) {
                    if claimants(self.asked.graph, binding, field).contains(&completion) {
                        let both = (self.asked.lane(conflicts), self.asked.lane(field));
                        lanes.extend(Some(both).filter(|both| !lanes.contains(both)));
                    }
                }
            }
        }
        lanes
    }
}

impl<'a> Writing<'a, '_> {
    /// How one `conflicts` of the records of a feed is written.
    pub fn conflicts(
        &self,
        (offers, feed, feeds): (&[Offer<'a>], usize, usize),
        id: SelectionId,
        (on, set): (TypeId, SetId),
    ) -> ConflictsOut {
        let graph = self.asked.graph;
        let binding = offers.get(feed).and_then(|offer| offer.binding);
        let claims = |field| {
            let all = binding.map(|binding| claimants(graph, binding, field)).unwrap_or_default();
            all.into_iter().filter_map(|id| claim((offers, feed, feeds), id, field, graph)).collect()
        };
        let contested = |field| Contested {
            field,
            lane: self.asked.lane(field),
            is_selected: self.asked.fields(set, on).any(|(known, _)| known == field),
            places: places(graph, offers, feed, feeds, field).into_iter().map(|(at, _)| at).collect(),
            claims: claims(field),
        };
        let fields = self.asked.contested_by(id, set, on).into_iter().map(contested);
        let fields = fields.filter(|contested| contested.claims.len() > 1).collect();
        ConflictsOut { parts: self.conflict_parts(id), fields }
    }

    /// What is selected below a selection, as the graph calls it: `None` for `__typename`.
    fn below(&self, id: SelectionId) -> impl Iterator<Item = (Box<[u8]>, Option<&'a str>, SelectionId)> {
        let asked = self.asked;
        let set = asked.tree.selection(id).set;
        let variants = set.map_or(&[][..], |set| &asked.tree.set(set).variants);
        variants.iter().flat_map(|(_, selections)| selections).filter_map(move |id| {
            let selection = asked.tree.selection(*id);
            let name = match selection.what {
                Selected::Typename => None,
                Selected::Introspection => return None,
                Selected::Field(field) => Some(&*asked.graph.field(field).name),
            };
            Some((head(&selection.key), name, *id))
        })
    }

    fn conflict_parts(&self, id: SelectionId) -> Vec<(Box<[u8]>, ConflictPart)> {
        let part = |(head, name, id): (Box<[u8]>, Option<&str>, SelectionId)| {
            let part = match name {
                None => ConflictPart::Typename,
                Some("field") => ConflictPart::Field,
                Some("rule") => ConflictPart::Rule,
                Some("claims") => ConflictPart::Claims(self.claim_parts(id)),
                Some(_) => return None,
            };
            Some((head, part))
        };
        self.below(id).filter_map(part).collect()
    }

    fn claim_parts(&self, id: SelectionId) -> Vec<(Box<[u8]>, ClaimPart)> {
        let part = |(head, name, id): (Box<[u8]>, Option<&str>, SelectionId)| {
            let part = match name {
                None => ClaimPart::Typename,
                Some("value") => ClaimPart::Value,
                Some("chosen") => ClaimPart::Chosen,
                Some("provenance") => ClaimPart::Provenance(self.provenance_members(id)),
                Some(_) => return None,
            };
            Some((head, part))
        };
        self.below(id).filter_map(part).collect()
    }
}

/// Where one source says something of a field.
fn claim(
    (offers, feed, feeds): (&[Offer<'_>], usize, usize),
    id: BindingId,
    field: FieldId,
    graph: &Graph,
) -> Option<ClaimOut> {
    let slot = slot_of(offers, feed, feeds, id)?;
    let layout = &offers.get(slot)?.layout;
    let completion = (slot != feed).then(|| u32::try_from(slot).ok()).flatten();
    let at = At { completion, column: layout.position(What::Field(field))?, stands_in: false };
    let of = Origins { completion, source: graph.binding(id).source, as_of: layout.position(What::AsOf) };
    let fields = [b"[", &*json(&graph.field(field).name), b"]"].concat();
    Some(ClaimOut { at, of, fields: fields.into() })
}
