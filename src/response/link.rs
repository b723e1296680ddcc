//! Link: the records that a fetch brought for an object, and what could not be asked.

use super::object::{Nulled, Object, Outcome, Spot, Writer};
use super::path;
use crate::error::Error;
use crate::execute::{Item, Level};
use crate::graph::Wrap;
use crate::plan::{KeysOf, Node, NodeId, Out};
use crate::policy::{Decision, Outcome as Withheld, targets};
use crate::record::read_node_id;

impl<'a> Writer<'a> {
    pub fn link(&mut self, object: Object<'a>, out: &'a Out, id: NodeId) -> Outcome {
        if let Some(Err(error)) = self.permitted.operation().arguments.get(out.selection) {
            self.fail(out, error.clone());
            return Err(Nulled);
        }
        let (Some(spot), Some(level)) = (object.spot, self.results.level(id)) else { return self.null_here(out, None) };
        let parent = spot.item;
        let items = level.of_parent(parent);
        let mut failures = level.failures_of(parent).map(|failure| path::failed(self.graph, failure));
        let plan = self.plan;
        let node = plan.node(id);
        if let (Some(page), Some(paged)) = (&node.page, &level.page) {
            let failures: Vec<Error> = failures.collect();
            return self.connection(out, (node, page), (level, paged), failures);
        }
        match &out.wrap {
            Wrap::Named { .. } if items.is_empty() => match failures.next() {
                None if self.by_consent(out, node) => self.consent(out),
                error => self.null_here(out, error),
            },
            Wrap::Named { .. } => match self.base(level, items.start, node) {
                Withheld::Exists => {
                    let error = self.refusal(out, Withheld::Exists);
                    self.except(out, Some(Withheld::Exists));
                    self.null_here(out, Some(error))
                }
                _ => self.item(node, level, items.start, (out, None)),
            },
            Wrap::List { of, .. } => {
                let errors: Vec<Error> = failures.collect();
                if items.is_empty() && errors.is_empty() && self.by_consent(out, node) {
                    return self.consent(out);
                }
                let unknown = !errors.is_empty() || level.asked.get(parent) != Some(&true);
                if items.is_empty() && unknown {
                    return self.null_here(out, errors.into_iter().next());
                }
                // What came is shown; what could not be asked is said.
                for error in errors {
                    self.fail(out, error);
                }
                self.list(items, of, |writer, item| writer.item(node, level, item, (out, None)))
            }
        }
    }

    /// Whether what a link leads to is given with somebody's consent only.
    pub(super) fn by_consent(&self, out: &Out, node: &Node) -> bool {
        let decisions = self.permitted.decisions();
        let of_node = node.slots.iter().find_map(|slot| match &slot.keys {
            KeysOf::NodeId { argument, .. } => Some(argument),
            _ => None,
        });
        let Some(argument) = of_node else {
            return node.field.is_some_and(|field| {
                targets(self.graph, &self.graph.field(field).ty).into_iter().any(|on| decisions.by_consent(on))
            });
        };
        // An id says of which type it is.
        let id = self.arguments(out.selection).and_then(|given| given.get(&**argument)?.as_str());
        let on = id.and_then(read_node_id).and_then(|(on, _)| self.graph.type_named(&on));
        on.is_some_and(|on| decisions.by_consent(on))
    }

    /// Null where nothing may be shown without consent, or there is nothing: the same for both.
    pub(super) fn consent(&mut self, out: &'a Out) -> Outcome {
        let error = self.refusal(out, Withheld::Consent);
        self.except(out, Some(Withheld::Consent));
        self.null_here(out, Some(error))
    }

    /// What is decided about a record itself.
    fn base(&self, level: &'a Level, number: usize, node: &Node) -> Withheld {
        let Some(item) = level.items.get(number) else { return Withheld::Hide };
        let slot = item.slot as usize;
        let only = node.slot(slot).and_then(|slot| slot.objects.variants.first()).map(|(on, _)| *on);
        match item.on.or(only).map(|on| self.permitted.decisions().on_records(on)) {
            Some(Decision::Settled(outcome, _)) => outcome,
            Some(Decision::Row(lane)) => {
                level.records(slot).map_or(Withheld::Hide, |records| records.outcome(item.at, lane))
            }
            _ => Withheld::Allow,
        }
    }

    /// One record; of a connection as one of its views has it.
    pub(super) fn item(
        &mut self,
        node: &'a Node,
        level: &'a Level,
        number: usize,
        (out, view): (&'a Out, Option<usize>),
    ) -> Outcome {
        let Some(item) = level.items.get(number) else { return Err(Nulled) };
        let slot = item.slot as usize;
        let (Some(feed), Some(record)) = (node.slot(slot), level.records(slot)) else { return Err(Nulled) };
        if item.on == Some(Item::UNTYPED) {
            return self.untyped(out, record.source());
        }
        let start = Some(Spot { level, item: number });
        let of_view = |view: usize| node.page.as_ref()?.views.get(view)?.get(slot);
        let Some(objects) = view.map_or(Some(&feed.objects), of_view) else { return Err(Nulled) };
        self.object(Object::of(start, record, item.at, true), objects, item.on)
    }
}
