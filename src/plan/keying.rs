//! Keying: where the keys of each fetch come from, directly or through the crosswalk.

use super::believed::chosen;
use super::build::{Builder, Offer};
use super::share::{Company, Member};
use super::{KeyColumns, KeySlot, KeysOf, NodeId, Origin, Translation};
use crate::graph::{Entry, FieldId, Graph, KeyPart, Link, LinkFeed, LinkKeys, Mapping, TypeId};
use crate::record::{Layout, What};
use std::sync::Arc;

impl<'a> Builder<'a> {
    pub fn keys_of_feed(
        &mut self,
        parent: &Member<'a>,
        company: &mut Company,
        feed: LinkFeed,
        link: &Link,
        field: FieldId,
    ) -> Option<KeysOf> {
        let graph = self.asked.graph;
        let on = graph.field(field).parent;
        match &link.keys {
            LinkKeys::Find => Some(KeysOf::None),
            LinkKeys::Arguments { names, .. } => Some(KeysOf::Arguments(names.clone())),
            LinkKeys::Node { argument } => {
                let types = graph.node_types(feed);
                let parts = graph.object(*types.first()?)?.key.len();
                let of = types.into_iter().map(|ty| graph.type_of(ty).name.clone()).collect();
                Some(KeysOf::NodeId { argument: argument.clone(), of, parts })
            }
            LinkKeys::Parent(_) => {
                let Entry::By(by) = feed.entry else { return None };
                let system = graph.binding(feed.binding).by.get(usize::from(by))?.crosswalk.clone();
                // A record's key is its own: a completion was found by it.
                let own = |(slot, offer)| if slot < parent.feeds { own_key(graph, offer, on) } else { None };
                let slots = parent.offers.iter().enumerate().map(own).collect();
                Some(self.key_columns(parent.node, company, on, slots, system))
            }
            LinkKeys::Reference { parts } => {
                let embedded = matches!(self.node(parent.node).origin, Origin::Embedded { .. });
                let believed =
                    parent.offers.iter().find(|offer| offer.types.contains(&on)).and_then(|offer| offer.binding);
                let believed = believed.map(|feed| chosen(graph, feed, field)).unwrap_or_default();
                let slots = parent.offers.iter().map(|offer| {
                    let own = offer.binding.is_some_and(|feed| chosen(graph, feed, field).contains(&feed));
                    let place = believed.iter().position(|id| Some(*id) == offer.binding);
                    let rank = place.or((own || embedded).then_some(0))?;
                    Some(KeySlot { rank, ..self.reference(company, offer, field, *parts)? })
                });
                let slots = slots.collect();
                let parts = usize::from(*parts);
                Some(KeysOf::Columns(KeyColumns { on, slots, parts, through: None }))
            }
        }
    }

    /// The columns that hold a link's key in one slot, and the way back through the crosswalk where they hold a local number.
    fn reference(&mut self, company: &mut Company, offer: &Offer<'a>, field: FieldId, parts: u8) -> Option<KeySlot> {
        let graph = self.asked.graph;
        let Mapping::Reference { crosswalk, .. } = offer.shape?.mapping(field)? else { return None };
        let held = if crosswalk.is_some() { 1 } else { parts };
        let columns = (0..held).map(|part| offer.layout.position(What::Part(field, part))).collect::<Option<_>>()?;
        let back = match crosswalk {
            Some(system) => {
                let entity = graph.field(field).ty.named;
                Some((self.crosswalk(company, entity, system, true)?, system.clone()))
            }
            None => None,
        };
        Some(KeySlot { rank: 0, columns, back })
    }

    /// Keys from a node's own records: direct, or through the one crosswalk fetch of that node.
    pub fn key_columns(
        &mut self,
        node: NodeId,
        company: &mut Company,
        on: TypeId,
        slots: Vec<Option<KeySlot>>,
        system: Option<Arc<str>>,
    ) -> KeysOf {
        let parts = self.asked.graph.object(on).map_or(0, |object| object.key.len());
        let crossed = system.is_some();
        let through = system.and_then(|system| {
            let fetch = self.crosswalk(company, on, &system, false)?;
            let known = self.node(node).crosswalks.iter().position(|translation| translation.fetch == fetch);
            let position = known.unwrap_or_else(|| {
                let keys = KeyColumns { on, slots: slots.clone(), parts, through: None };
                self.node(node).crosswalks.push(Translation { fetch, keys });
                self.node(node).crosswalks.len() - 1
            });
            Some((position, system))
        });
        // Without its crosswalk a key means nothing to the other system, so nothing is asked.
        let slots = if crossed && through.is_none() { vec![None; slots.len()] } else { slots };
        KeysOf::Columns(KeyColumns { on, slots, parts, through })
    }
}

/// The columns with the key of a type in a slot's own records; `None` where they can't have it.
pub(super) fn own_key(graph: &Graph, offer: &Offer<'_>, on: TypeId) -> Option<KeySlot> {
    if !offer.types.contains(&on) {
        return None;
    }
    Some(KeySlot { rank: 0, columns: key_columns(graph, &offer.layout, on)?, back: None })
}

/// The columns with the key of a type, where all of it is there.
pub(super) fn key_columns(graph: &Graph, layout: &Layout, on: TypeId) -> Option<Vec<u32>> {
    let column =
        |part: &KeyPart| layout.position(part.part.map_or(What::Field(part.field), |n| What::Part(part.field, n)));
    let columns = graph.object(on)?.key.iter().map(column).collect::<Option<Vec<_>>>()?;
    (!columns.is_empty()).then_some(columns)
}
