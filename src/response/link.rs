//! Link: the records that a fetch brought for an object, and what could not be asked.

use super::object::{Nulled, Object, Outcome, Spot, Writer};
use super::path;
use crate::error::Error;
use crate::execute::Level;
use crate::graph::Wrap;
use crate::plan::{Node, NodeId, Out};
use crate::policy::{Decision, Outcome as Withheld};

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
        match &out.wrap {
            Wrap::Named { .. } if items.is_empty() => {
                let error = failures.next();
                self.null_here(out, error)
            }
            Wrap::Named { .. } => match self.base(level, items.start, node) {
                outcome @ (Withheld::Exists | Withheld::Consent) => {
                    let error = self.refusal(out, outcome);
                    self.null_here(out, Some(error))
                }
                _ => self.item(node, level, items.start),
            },
            Wrap::List { of, .. } => {
                let errors: Vec<Error> = failures.collect();
                let unknown = !errors.is_empty() || level.asked.get(parent) != Some(&true);
                if items.is_empty() && unknown {
                    return self.null_here(out, errors.into_iter().next());
                }
                // What came is shown; what could not be asked is said.
                for error in errors {
                    self.fail(out, error);
                }
                self.list(items, of, |writer, item| writer.item(node, level, item))
            }
        }
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

    fn item(&mut self, node: &'a Node, level: &'a Level, number: usize) -> Outcome {
        let Some(item) = level.items.get(number) else { return Err(Nulled) };
        let slot = item.slot as usize;
        let (Some(feed), Some(record)) = (node.slot(slot), level.records(slot)) else { return Err(Nulled) };
        let start = Some(Spot { level, item: number });
        self.object(Object { spot: start, record: Some(record), at: item.at }, &feed.objects, item.on)
    }
}
