//! Pages: a connection in a plan. Its records are fetched once, wherever in it they are selected.

use super::build::{Builder, Offer};
use super::columns::Asked;
use super::keying::key_columns;
use super::outs::Writing;
use super::{NodeId, Page};
use crate::graph::{PagePart, Pages, Role};
use crate::operation::SetId;
use crate::record::What;

impl Asked<'_> {
    /// The places of a connection where its records are selected: `nodes`, and `node` of `edges`.
    pub fn page_sets(self, connection: SetId) -> Vec<SetId> {
        let mut sets = Vec::new();
        for (part, below) in self.page_parts(connection) {
            match (part, below) {
                (PagePart::Nodes, Some(set)) => sets.push(set),
                (PagePart::Edges, Some(edges)) => sets.extend(self.page_parts(edges).filter_map(|(_, set)| set)),
                _ => {}
            }
        }
        sets
    }

    fn page_parts(self, set: SetId) -> impl Iterator<Item = (PagePart, Option<SetId>)> {
        let variants = self.tree.set(set).variants.iter();
        variants.flat_map(move |(on, _)| self.fields(set, *on)).filter_map(move |(field, below)| {
            match self.graph.field(field).role {
                Role::Page(part) => Some((part, below)),
                _ => None,
            }
        })
    }
}

impl<'a> Builder<'a> {
    pub fn page(&self, node: NodeId, pages: &Pages, offers: &[Offer<'a>], set: SetId, sets: &[SetId]) -> Page {
        let order = offers.iter().map(|offer| self.order(pages, offer));
        let writing = Writing { asked: self.asked, below: &self.below, page: Some((node, sets)) };
        Page {
            first_max: pages.first_max,
            pushed: pages.pushed.is_some(),
            order: order.collect(),
            objects: writing.connection(set),
            views: Vec::new(),
        }
    }

    /// The columns that the records of an offer are in the order of.
    fn order(&self, pages: &Pages, offer: &Offer<'a>) -> Vec<u32> {
        if let Some(columns) = &pages.pushed {
            let numbers = (0u8..).take(columns.len());
            return numbers.filter_map(|n| offer.layout.position(What::Order(n))).collect();
        }
        // The types of an interface have one key, and its columns are read of every record.
        let keys = offer.types.iter().filter_map(|on| key_columns(self.asked.graph, &offer.layout, *on));
        keys.into_iter().next().unwrap_or_default()
    }
}
