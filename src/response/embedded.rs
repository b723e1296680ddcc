//! Embedded: objects within a record, and lists of them.

use super::object::{Nulled, Object, Outcome, Spot, Writer};
use crate::execute::Level;
use crate::graph::Wrap;
use crate::plan::{At, NodeId, Objects, Out};
use crate::policy::Disclosed;
use crate::record::Cell;

/// The record that embedded objects stand in.
struct Within<'a> {
    record: &'a Disclosed,
    objects: &'a Objects,
    /// Of the node that the objects make up, where links start from them.
    level: Option<&'a Level>,
    slot: Option<u32>,
}

impl<'a> Writer<'a> {
    pub fn embedded(
        &mut self,
        object: Object<'a>,
        out: &'a Out,
        candidates: &'a [(At, Objects)],
        node: Option<NodeId>,
    ) -> Outcome {
        let places = || candidates.iter().map(|(at, _)| *at);
        let found = object.believed(places());
        let found =
            found.and_then(|(n, record, cell)| candidates.get(n).map(|(at, objects)| (record, cell, objects, at)));
        let Some((record, cell, objects, at)) = found else {
            let error = self.unasked(object, places());
            return self.null_here(out, error);
        };
        let slot = at.completion.or_else(|| {
            let spot = object.spot?;
            spot.level.items.get(spot.item).map(|item| item.slot)
        });
        let level = node.and_then(|node| self.results.level(node));
        let within = Within { record, objects, level, slot };
        self.embedded_value(&within, cell, &out.wrap, out)
    }

    fn embedded_value(&mut self, within: &Within<'a>, cell: Cell, wrap: &Wrap, out: &'a Out) -> Outcome {
        match (cell, wrap) {
            (Cell::Null, _) => self.null_here(out, None),
            (Cell::Object(at), Wrap::Named { .. }) if within.record.undecided(at).is_some() => {
                let error = self.invalid(out);
                self.told_of.insert(within.record.source(), error.code);
                self.fail(out, error);
                Err(Nulled)
            }
            // As an object that is not there.
            (Cell::Object(at), Wrap::Named { .. }) if !within.record.shows(at) => self.null_here(out, None),
            (Cell::Object(at), Wrap::Named { .. })
                if within
                    .objects
                    .type_column
                    .is_some_and(|column| within.record.cell(at + column) == Cell::Invalid) =>
            {
                self.untyped(out, within.record.source())
            }
            (Cell::Object(at), Wrap::Named { .. }) => {
                let item = within.slot.and_then(|slot| within.level?.places.get(&(slot, at)));
                let spot = within.level.zip(item).map(|(level, item)| Spot { level, item: *item as usize });
                self.object(Object::of(spot, within.record, at, false), within.objects, None)
            }
            (Cell::List(span), Wrap::List { of, .. }) => {
                let cells = (span.start..span.start + span.len).map(|n| within.record.cell(n));
                if cells.clone().any(|cell| matches!(cell, Cell::Object(at) if within.record.undecided(at).is_some())) {
                    let error = self.invalid(out);
                    self.told_of.insert(within.record.source(), error.code);
                    self.fail(out, error);
                }
                let cells = cells.filter(|cell| !matches!(cell, Cell::Object(at) if !within.record.lists(*at)));
                self.list(cells, of, |writer, cell| writer.embedded_element(within, cell, of, out))
            }
            _ => {
                let error = self.invalid(out);
                self.fail(out, error);
                Err(Nulled)
            }
        }
    }

    fn embedded_element(&mut self, within: &Within<'a>, cell: Cell, of: &Wrap, out: &'a Out) -> Outcome {
        if cell == Cell::Null && !of.required() {
            return Err(Nulled);
        }
        self.embedded_value(within, cell, of, out)
    }
}
