//! Page: a connection, its edges, and what is known of its page.

use super::leaf;
use super::object::{Nulled, Object, Outcome, Spot, Writer};
use crate::error::{Code, Error};
use crate::execute::{Level, Paged};
use crate::graph::Wrap;
use crate::plan::{Node, NodeId, Out, Page, PageOut};

impl<'a> Writer<'a> {
    /// The connection. What came is shown; what could not be asked is said.
    pub(super) fn connection(
        &mut self,
        out: &'a Out,
        (node, page): (&'a Node, &'a Page),
        (level, paged): (&'a Level, &'a Paged),
        failures: Vec<Error>,
    ) -> Outcome {
        if paged.refused {
            let of = node.field.map(|field| self.graph.coordinate(field)).unwrap_or_default();
            let error = Error::new(Code::Variable, format!("`after` is no cursor of `{of}`"));
            self.fail(out, error.hint("give a cursor of a page of this very list; without `after` it begins anew"));
            return Err(Nulled);
        }
        if level.items.is_empty() && failures.is_empty() && self.by_consent(out, node) {
            return self.consent(out);
        }
        if level.items.is_empty() && (!failures.is_empty() || level.asked.first() != Some(&true)) {
            return self.null_here(out, failures.into_iter().next());
        }
        for error in failures {
            self.fail(out, error);
        }
        let spot = Some(Spot { level, item: 0 });
        self.object(Object::bare(spot), &page.objects, None)
    }

    pub(super) fn page_part(&mut self, object: Object<'a>, out: &'a Out, id: NodeId, part: &'a PageOut) -> Outcome {
        let plan = self.plan;
        let node = plan.node(id);
        let Some(Spot { level, item }) = object.spot else { return Err(Nulled) };
        let Some(paged) = &level.page else { return Err(Nulled) };
        let items = 0..level.items.len();
        match (part, &out.wrap) {
            (PageOut::Nodes(view), Wrap::List { of, .. }) => {
                self.list(items, of, |writer, item| writer.item(node, level, item, (out, Some(*view))))
            }
            (PageOut::Edges(objects), Wrap::List { of, .. }) => self.list(items, of, |writer, item| {
                let spot = Some(Spot { level, item });
                writer.object(Object::bare(spot), objects, None)
            }),
            (PageOut::Node(view), _) => self.item(node, level, item, (out, Some(*view))),
            (PageOut::Info(objects), _) => self.object(object, objects, None),
            (PageOut::HasNext, _) => {
                self.truth(paged.has_next);
                Ok(())
            }
            (PageOut::HasPrevious, _) => {
                self.truth(paged.has_previous);
                Ok(())
            }
            (PageOut::Cursor, _) => self.cursor(out, node, level, Some(item)),
            (PageOut::Start, _) => self.cursor(out, node, level, items.clone().next()),
            (PageOut::End, _) => self.cursor(out, node, level, items.clone().next_back()),
            (PageOut::Nodes(_) | PageOut::Edges(_), Wrap::Named { .. }) => Err(Nulled),
        }
    }

    fn truth(&mut self, truth: bool) {
        self.out.extend_from_slice(if truth { b"true" } else { b"false" });
    }

    fn cursor(&mut self, out: &'a Out, node: &Node, level: &Level, item: Option<usize>) -> Outcome {
        match item.map(|item| self.results.cursor(node, level, item)) {
            Some(Some(cursor)) => {
                leaf::text(&mut self.out, &cursor);
                Ok(())
            }
            Some(None) => {
                let error = self.invalid(out);
                self.null_here(out, Some(error))
            }
            None => self.null_here(out, None),
        }
    }
}
