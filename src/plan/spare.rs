//! Spare: which records a completion need not be asked for.
//!
//! A field that is GOLDEN_THEN_LIVE has its value where a source that is believed before has one. Where that is so for all that a
//! completion could give, its source is not asked for the record.

use super::Spared;
use super::believed::{chosen, slot_of};
use super::build::{Builder, Offer};
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
                let Some(completion) = completion else { return Spared::Never };
                let claims = self.claim_lanes(member, feed, completion);
                // What is asked of every record is spared for none.
                if claims.contains(&(None, None)) {
                    return Spared::Never;
                }
                let places = self.places_before(member, feed, completion);
                places.map_or(Spared::Never, |places| Spared::Where(places, claims))
            })
            .collect()
    }

    /// Whether a completion is there for `conflicts` alone.
    pub fn only_claims(&self, member: &Member<'_>, slot: usize) -> bool {
        let Some(completion) = member.offers.get(slot).and_then(|offer| offer.binding) else { return false };
        let shows = |offer: &Offer<'_>| {
            let fields = offer.types.iter().flat_map(|on| member.sets.iter().map(move |set| (*set, *on)));
            let mut fields = fields.flat_map(|(set, on)| self.asked.fields(set, on));
            offer.binding.is_some_and(|feed| {
                fields.any(|(field, _)| chosen(self.asked.graph, feed, field).contains(&completion))
            })
        };
        !member.offers.iter().take(member.feeds).any(shows)
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
    let slot = slot_of(&member.offers, feed, member.feeds, id)?;
    let what = match graph.field(field).role {
        Role::Link(_) => What::Part(field, 0),
        _ => What::Field(field),
    };
    Some((slot, member.offers.get(slot)?.layout.position(what)?))
}
