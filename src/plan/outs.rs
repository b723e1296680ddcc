//! Outs: how the records of a node are written, member by member.

use super::believed::places;
use super::build::Offer;
use super::columns::Asked;
use super::keying::key_columns;
use super::{At, Head, Member, NodeId, Objects, Origins, Out, OutValue, PageOut, ProvenanceOut};
use crate::graph::{FieldId, Mapping, PagePart, Role, Shape, TypeId, Wrap};
use crate::operation::{Selected, SelectionId, SetId};
use crate::policy::{Decision, LaneId, Outcome};
use crate::record::{Column, Layout, Take, What};
use std::collections::HashMap;
use std::sync::Arc;

/// What writing needs to know: the operation, and which node answers which selection.
pub(super) struct Writing<'a, 'b> {
    pub asked: Asked<'a>,
    pub below: &'b HashMap<(NodeId, SelectionId), NodeId>,
    /// Within a connection: the node with its records, and where these are selected.
    pub page: Option<(NodeId, &'b [SetId])>,
}

/// An object being written: the node whose links start from it, and where its columns are.
#[derive(Clone, Copy)]
struct Spot<'s> {
    node: Option<NodeId>,
    shape: Option<&'s Shape>,
    layout: &'s Layout,
    set: SetId,
}

impl<'a> Writing<'a, '_> {
    /// How the records of one feed are written.
    pub fn objects(&self, node: NodeId, offers: &[Offer<'a>], feed: usize, feeds: usize, set: SetId) -> Objects {
        let Some(offer) = offers.get(feed) else { return Objects::default() };
        let spot = Spot { node: Some(node), shape: offer.shape, layout: &offer.layout, set };
        self.variants(spot, &offer.types, |field| {
            let places = places(self.asked.graph, offers, feed, feeds, field);
            places
                .into_iter()
                .filter_map(|(at, slot)| {
                    let offer = offers.get(slot)?;
                    Some((at, offer.shape?, &*offer.layout))
                })
                .collect()
        })
        .with_own(self, offers, feed, feeds, set)
    }

    /// `find` gives the candidates of a field: its place, the shape that maps it and the layout that holds it.
    fn variants<'s>(
        &self,
        spot: Spot<'s>,
        types: &[TypeId],
        find: impl Fn(FieldId) -> Vec<(At, &'s Shape, &'s Layout)>,
    ) -> Objects {
        let variants = self.asked.tree.set(spot.set).variants.iter().filter(|(on, _)| types.contains(on));
        let variants = variants.map(|(on, selections)| {
            let before = std::iter::once(b'{').chain(std::iter::repeat(b','));
            let outs = selections.iter().zip(before).map(|(id, before)| self.out(spot, *on, (*id, before), &find));
            (*on, outs.collect())
        });
        let variants: Vec<(TypeId, Vec<Out>)> = variants.collect();
        let key = |(on, _): &(TypeId, _)| key_columns(self.asked.graph, spot.layout, *on).unwrap_or_default().into();
        let keys = variants.iter().map(key).collect();
        Objects { type_column: spot.layout.position(What::Type), variants, keys }
    }

    fn out<'s>(
        &self,
        spot: Spot<'s>,
        on: TypeId,
        (id, before): (SelectionId, u8),
        find: &impl Fn(FieldId) -> Vec<(At, &'s Shape, &'s Layout)>,
    ) -> Out {
        let graph = self.asked.graph;
        let selection = self.asked.tree.selection(id);
        let head = Head::new(&[&[before], &*head(&selection.key)].concat());
        let (wrap, value, lane) = match selection.what {
            Selected::Typename => {
                (Wrap::Named { required: true }, OutValue::Typename(json(&graph.type_of(on).name)), None)
            }
            Selected::Introspection => (Wrap::Named { required: false }, OutValue::Introspection, None),
            Selected::Field(field) => {
                let below = spot.node.and_then(|node| self.below.get(&(node, id)).copied());
                let (lane, withheld) = match self.asked.decisions.on(field) {
                    Decision::Allowed => (None, None),
                    Decision::Row(lane) | Decision::Settled(Outcome::Exists, lane) => (Some(lane), None),
                    Decision::Settled(outcome, _) => (None, Some(OutValue::Withheld(outcome))),
                };
                let value = withheld.unwrap_or_else(|| self.value(spot, field, (selection.set, below), find));
                (graph.field(field).ty.wrap.clone(), value, lane)
            }
        };
        Out { selection: id, head, wrap, value, lane }
    }

    fn value<'s>(
        &self,
        spot: Spot<'s>,
        field: FieldId,
        (set, below): (Option<SetId>, Option<NodeId>),
        find: &impl Fn(FieldId) -> Vec<(At, &'s Shape, &'s Layout)>,
    ) -> OutValue {
        match (&self.asked.graph.field(field).role, set) {
            (Role::Link(_) | Role::Embedded, Some(set)) if self.asked.hides_all(set) => OutValue::Nothing,
            (Role::Link(_), _) => below.map_or(OutValue::Absent, OutValue::Link),
            (Role::Page(part), _) => self.page(*part, set).unwrap_or(OutValue::Absent),
            (Role::NodeId, _) => self.node_id(spot, field).unwrap_or(OutValue::Absent),
            (Role::Value, _) => {
                let places: Vec<At> = find(field).into_iter().map(|(at, ..)| at).collect();
                match places.as_slice() {
                    [] => OutValue::Absent,
                    [At { completion: None, column, .. }] => OutValue::Column(*column),
                    _ => OutValue::Leaf(places),
                }
            }
            (Role::Embedded, Some(set)) => {
                let candidates: Vec<(At, Objects)> = find(field)
                    .into_iter()
                    .filter_map(|(at, shape, layout)| Some((at, self.embedded(field, at, shape, layout, set, below)?)))
                    .collect();
                if candidates.is_empty() { OutValue::Absent } else { OutValue::Embedded(candidates, below) }
            }
            // Filled in by `with_own`, which knows the slots.
            (Role::Provenance | Role::Conflicts | Role::Embedded, _) => OutValue::Absent,
        }
    }

    /// How a connection, or what belongs to one, is written.
    pub fn connection(&self, set: SetId) -> Objects {
        let spot = Spot { node: None, shape: None, layout: &Layout::default(), set };
        let types: Vec<TypeId> = self.asked.tree.set(set).variants.iter().map(|(on, _)| *on).collect();
        self.variants(spot, &types, |_| Vec::new())
    }

    fn page(&self, part: PagePart, set: Option<SetId>) -> Option<OutValue> {
        let (node, sets) = self.page?;
        let view = || sets.iter().position(|known| Some(*known) == set);
        let inner = || set.map(|set| Box::new(self.connection(set)));
        let out = match part {
            PagePart::Edges => PageOut::Edges(inner()?),
            PagePart::Info => PageOut::Info(inner()?),
            PagePart::Nodes => PageOut::Nodes(view()?),
            PagePart::Node => PageOut::Node(view()?),
            PagePart::Cursor => PageOut::Cursor,
            PagePart::HasNext => PageOut::HasNext,
            PagePart::HasPrevious => PageOut::HasPrevious,
            PagePart::Start => PageOut::Start,
            PagePart::End => PageOut::End,
        };
        Some(OutValue::Page(node, out))
    }

    fn node_id(&self, spot: Spot<'_>, field: FieldId) -> Option<OutValue> {
        let graph = self.asked.graph;
        let on = graph.field(field).parent;
        let columns = key_columns(graph, spot.layout, on)?;
        Some(OutValue::NodeId(graph.type_of(on).name.clone(), columns))
    }

    fn embedded(
        &self,
        field: FieldId,
        at: At,
        shape: &Shape,
        layout: &Layout,
        set: SetId,
        node: Option<NodeId>,
    ) -> Option<Objects> {
        let (Mapping::Object { shape, .. } | Mapping::Objects { shape, .. }) = shape.mapping(field)? else {
            return None;
        };
        let Column { take: Take::Object(layout) | Take::Objects(layout), .. } =
            layout.columns.get(at.column as usize)?
        else {
            return None;
        };
        let spot = Spot { node, shape: Some(shape), layout, set };
        let types = self.asked.graph.possible(shape.on);
        Some(self.variants(spot, &types, |field| {
            let found = spot.layout.position(What::Field(field));
            let place = found.zip(spot.shape).map(|(column, shape)| (At::own(column), shape, spot.layout));
            place.into_iter().collect()
        }))
    }

    fn provenance(
        &self,
        offers: &[Offer<'a>],
        feed: usize,
        feeds: usize,
        id: SelectionId,
        on: TypeId,
        set: SetId,
    ) -> ProvenanceOut {
        let graph = self.asked.graph;
        let stands_in = offers.get(feed).is_some_and(|offer| offer.stands_in);
        let slots = std::iter::once(feed).chain(feeds..offers.len());
        let of = slots.filter_map(|slot| {
            let offer = offers.get(slot)?;
            Some(Origins {
                completion: (slot != feed).then(|| u32::try_from(slot).ok()).flatten(),
                source: graph.binding(offer.binding?).source,
                as_of: offer.layout.position(What::AsOf),
            })
        });
        let mut fields: Vec<(Arc<str>, Vec<At>, Option<LaneId>)> = Vec::new();
        for (field, _) in self.asked.fields(set, on) {
            let name = &graph.field(field).name;
            let of_record = matches!(graph.field(field).role, Role::Value | Role::Embedded);
            let lane = match self.asked.decisions.on(field) {
                Decision::Allowed => None,
                Decision::Row(lane) => Some(lane),
                Decision::Settled(..) => continue,
            };
            if of_record && !fields.iter().any(|(known, ..)| known == name) {
                let places = places(graph, offers, feed, feeds, field).into_iter().map(|(at, _)| at);
                fields.push((name.clone(), places.collect(), lane));
            }
        }
        ProvenanceOut { stands_in, members: self.provenance_members(id), of: of.collect(), fields }
    }

    pub fn provenance_members(&self, id: SelectionId) -> Vec<(Box<[u8]>, Member)> {
        let tree = self.asked.tree;
        let Some(set) = tree.selection(id).set else { return Vec::new() };
        let selections = tree.set(set).variants.iter().flat_map(|(_, selections)| selections);
        let member = |id: &SelectionId| {
            let selection = tree.selection(*id);
            let member = match selection.what {
                Selected::Typename => Member::Typename,
                Selected::Introspection => return None,
                Selected::Field(field) => match &*self.asked.graph.field(field).name {
                    "source" => Member::Source,
                    "agency" => Member::Agency,
                    "asOf" => Member::AsOf,
                    "retrievedAt" => Member::RetrievedAt,
                    "mode" => Member::Mode,
                    "fields" => Member::Fields,
                    _ => return None,
                },
            };
            Some((head(&selection.key), member))
        };
        selections.filter_map(member).collect()
    }
}

impl Objects {
    /// What the gateway itself tells of the records.
    fn with_own(
        mut self,
        writing: &Writing<'_, '_>,
        offers: &[Offer<'_>],
        feed: usize,
        feeds: usize,
        set: SetId,
    ) -> Self {
        let graph = writing.asked.graph;
        for (on, outs) in &mut self.variants {
            for out in outs {
                let Selected::Field(field) = writing.asked.tree.selection(out.selection).what else { continue };
                match graph.field(field).role {
                    Role::Provenance => {
                        let provenance = writing.provenance(offers, feed, feeds, out.selection, *on, set);
                        out.value = OutValue::Provenance(Box::new(provenance));
                    }
                    Role::Conflicts if writing.asked.gives(field) => {
                        let conflicts = writing.conflicts((offers, feed, feeds), out.selection, (*on, set));
                        out.value = OutValue::Conflicts(Box::new(conflicts));
                    }
                    _ => {}
                }
            }
        }
        self
    }
}

/// `"key":`.
pub(super) fn head(key: &str) -> Box<[u8]> {
    let mut head = json(key).into_vec();
    head.push(b':');
    head.into()
}

pub(super) fn json(text: &str) -> Box<[u8]> {
    serde_json::to_vec(text).unwrap_or_default().into()
}
