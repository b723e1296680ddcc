//! Spare: which records a completion need not be asked for.
//!
//! A field that is GOLDEN_THEN_LIVE has its value where a source that is believed before has one. Where that is so for all that a
//! completion could give, its source is not asked for the record.

use super::Spared;
use super::build::{Builder, Offer, chosen};
use super::share::Member;
use crate::graph::{BindingId, FieldId, Graph, Mode, Role};
use crate::record::What;

impl Builder<'_> {
    /// What makes the completion in a slot needless, by feed.
    pub fn spared(&self, member: &Member<'_>, slot: usize) -> Vec<Spared> {
        let completion = member.offers.get(slot).and_then(|offer| offer.binding);
        let feeds = 0..member.feeds;
        feeds
            .map(|feed| {
                let places = completion.and_then(|completion| self.places_before(member, feed, completion));
                places.map_or(Spared::Never, Spared::Where)
            })
            .collect()
    }

    /// For each field that the completion offers to records of a feed, the places that are believed before it; none where it
    /// is asked in any case.
    fn places_before(&self, member: &Member<'_>, feed: usize, completion: BindingId) -> Option<Vec<Vec<(usize, u32)>>> {
        let graph = self.asked.graph;
        let offer = member.offers.get(feed)?;
        let binding = offer.binding?;
        let mut fields = Vec::new();
        for on in &offer.types {
            for (field, _) in member.sets.iter().flat_map(|set| self.asked.fields(*set, *on)) {
                let chosen = chosen(graph, binding, field);
                let Some(at) = chosen.iter().position(|id| *id == completion) else { continue };
                let (before, _) = chosen.split_at_checked(at)?;
                if before.is_empty() || graph.field(field).data.mode != Mode::GoldenThenLive {
                    return None;
                }
                fields.push(before.iter().filter_map(|id| place(graph, member, feed, *id, field)).collect());
            }
        }
        Some(fields)
    }
}

/// Where one of several sources has a field of a feed's records.
fn place(graph: &Graph, member: &Member<'_>, feed: usize, id: BindingId, field: FieldId) -> Option<(usize, u32)> {
    let is = |offer: &Offer<'_>| offer.binding == Some(id);
    let own = member.offers.get(feed).filter(|offer| is(offer)).map(|_| feed);
    let slot =
        own.or_else(|| (member.feeds..member.offers.len()).find(|slot| member.offers.get(*slot).is_some_and(is)))?;
    let what = match graph.field(field).role {
        Role::Link(_) => What::Part(field, 0),
        _ => What::Field(field),
    };
    Some((slot, member.offers.get(slot)?.layout.position(what)?))
}
