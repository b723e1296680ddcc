//! Believed: which sources have a field of a record, and in which order they are believed.

use super::At;
use super::build::Offer;
use crate::graph::{BindingId, FieldId, Graph, Mode};
use crate::record::What;

/// The bindings that have a field of records that `feed` brought, in the order in which they are believed.
pub(super) fn offering(graph: &Graph, feed: BindingId, field: FieldId) -> Vec<BindingId> {
    let on = graph.field(field).parent;
    let golden = |id: &BindingId| graph.source(graph.binding(*id).source).golden;
    let offers = |id: BindingId| graph.binding(id).shape.mapping(field).is_some();
    let mut all: Vec<BindingId> = std::iter::once(feed).filter(|id| offers(*id)).collect();
    for n in 0..u16::try_from(graph.bindings.len()).unwrap_or(u16::MAX) {
        let id = BindingId(n);
        let other = graph.binding(id);
        let completes = other.on == on && (other.extends || graph.binding(feed).extends);
        if id != feed && completes && offers(id) && graph.by_key(id).is_some() {
            all.push(id);
        }
    }
    match graph.field(field).data.mode {
        Mode::Any => {}
        Mode::Golden | Mode::GoldenThenLive => all.sort_by_key(|id| !golden(id)),
        Mode::Live | Mode::LiveThenGolden => all.sort_by_key(golden),
    }
    all
}

/// Those of them that answer it.
pub(super) fn chosen(graph: &Graph, feed: BindingId, field: FieldId) -> Vec<BindingId> {
    let golden = |id: &BindingId| graph.source(graph.binding(*id).source).golden;
    let mut all = offering(graph, feed, field);
    match graph.field(field).data.mode {
        Mode::Any => all.truncate(1),
        Mode::Golden => {
            all.retain(golden);
            all.truncate(1);
        }
        Mode::Live => {
            all.retain(|id| !golden(id));
            all.truncate(1);
        }
        Mode::GoldenThenLive | Mode::LiveThenGolden => {}
    }
    all
}

/// The slot of a node that has the records of a binding: the feed's own, or a completion.
pub(super) fn slot_of(offers: &[Offer<'_>], feed: usize, feeds: usize, id: BindingId) -> Option<usize> {
    let is = |slot: usize| offers.get(slot).is_some_and(|offer| offer.binding == Some(id));
    Some(feed).filter(|slot| is(*slot)).or_else(|| (feeds..offers.len()).find(|slot| is(*slot)))
}

/// Where a field of a feed's record stands: its own column or that of a completion, in the order in which they are believed.
pub(super) fn places(
    graph: &Graph,
    offers: &[Offer<'_>],
    feed: usize,
    feeds: usize,
    field: FieldId,
) -> Vec<(At, usize)> {
    let Some(offer) = offers.get(feed) else { return Vec::new() };
    let column = |slot: usize| offers.get(slot)?.layout.position(What::Field(field));
    let Some(binding) = offer.binding.filter(|_| feeds < offers.len()) else {
        return column(feed).map(|column| (At::own(column), feed)).into_iter().collect();
    };
    let chosen = chosen(graph, binding, field);
    let golden = |id: BindingId| graph.source(graph.binding(id).source).golden;
    // An agency that says "none" has answered: the store speaks for it only where it could not be asked.
    let for_others = graph.field(field).data.mode == Mode::LiveThenGolden && chosen.iter().any(|id| !golden(*id));
    let place = |id: BindingId| {
        let slot = slot_of(offers, feed, feeds, id)?;
        let completion = (slot != feed).then(|| u32::try_from(slot).ok()).flatten();
        Some((At { completion, column: column(slot)?, stands_in: for_others && golden(id) }, slot))
    };
    chosen.into_iter().filter_map(place).collect()
}
