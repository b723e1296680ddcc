//! Object: members, lists and links, written depth first.

use super::leaf;
use super::path::{self, Place};
use crate::error::{Code, Error};
use crate::execute::{Failure, Level, Results};
use crate::graph::{Graph, TypeId, Wrap};
use crate::limits::Limits;
use crate::operation::{Selection, SelectionId, Tree};
use crate::plan::{At, Node, NodeId, Objects, Out, OutValue, Plan};
use crate::policy::{Disclosed, Permitted};
use crate::record::{Cell, Span};

/// A value that must not be null is, and an error says so: what is around it goes.
#[derive(Debug)]
pub struct Nulled;

type Outcome = Result<(), Nulled>;

pub struct Writer<'a> {
    pub graph: &'a Graph,
    pub tree: &'a Tree,
    permitted: &'a Permitted,
    pub plan: &'a Plan,
    pub results: &'a Results,
    pub out: Vec<u8>,
    pub errors: Vec<Error>,
    pub path: Vec<Place<'a>>,
    bytes_max: usize,
}

/// An object about to be written.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    /// The node and item whose links start from it; `None` for an embedded object without links.
    pub spot: Option<Spot<'a>>,
    pub record: Option<&'a Disclosed>,
    /// Its first cell.
    pub at: u32,
}

#[derive(Clone, Copy)]
pub struct Spot<'a> {
    pub level: &'a Level,
    pub item: usize,
}

impl<'a> Writer<'a> {
    #[must_use]
    pub fn new(
        graph: &'a Graph,
        permitted: &'a Permitted,
        plan: &'a Plan,
        results: &'a Results,
        limits: &Limits,
    ) -> Self {
        let tree = &*permitted.operation().tree;
        let (out, errors, path) = (Vec::with_capacity(4096), Vec::new(), Vec::with_capacity(16));
        let bytes_max = limits.response_bytes_max;
        Self { graph, tree, permitted, plan, results, out, errors, path, bytes_max }
    }

    pub fn root(&mut self) -> Outcome {
        let Some(level) = self.results.level(NodeId(0)) else { return Err(Nulled) };
        let object = Object { spot: Some(Spot { level, item: 0 }), record: None, at: 0 };
        let plan = self.plan;
        let Some(slot) = plan.node(NodeId(0)).slots.first() else { return Err(Nulled) };
        let on = self.graph.query;
        self.object(object, &slot.objects, Some(on))
    }

    /// Writes `{…}`. `on`: the concrete type where the record has no column for it.
    fn object(&mut self, object: Object<'a>, objects: &'a Objects, on: Option<TypeId>) -> Outcome {
        let outs = match (on, objects.type_column, objects.variants.as_slice()) {
            (Some(on), ..) => objects.outs(on),
            (None, Some(column), _) => match object.record.map(|record| record.cell(object.at + column)) {
                Some(Cell::Type(on)) => objects.outs(on),
                _ => &[],
            },
            (None, None, [(_, outs), ..]) => outs,
            (None, None, []) => &[],
        };
        self.out.push(b'{');
        for (n, out) in outs.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(&out.head);
            self.member(object, out)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn member(&mut self, object: Object<'a>, out: &'a Out) -> Outcome {
        match &out.value {
            OutValue::Typename(name) => {
                self.out.extend_from_slice(name);
                Ok(())
            }
            OutValue::Leaf(places) => self.leaf(object, out, places),
            OutValue::Link(node) => self.below(out, |writer| writer.link(object, out, *node)),
            OutValue::Embedded(candidates, node) => {
                self.below(out, |writer| writer.embedded(object, out, candidates, *node))
            }
            OutValue::Introspection => {
                let answers = &self.permitted.operation().introspection;
                match answers.iter().find(|(id, _)| *id == out.selection) {
                    Some((_, json)) => self.out.extend_from_slice(json.as_bytes()),
                    None => self.out.extend_from_slice(b"null"),
                }
                Ok(())
            }
            OutValue::Provenance(provenance) => self.below(out, |writer| writer.provenance(object, out, provenance)),
            OutValue::Absent => self.null(out),
        }
    }

    /// Writes a member with its key on the path, and takes it back where it must become null.
    fn below(&mut self, out: &'a Out, write: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let length = self.out.len();
        let depth = self.path.len();
        self.path.push(Place::Key(&self.selection(out.selection).key));
        let outcome = write(self);
        self.path.truncate(depth);
        self.or_null(outcome, length, out.wrap.required())
    }

    /// A nulled value is written as null where it may be.
    fn or_null(&mut self, outcome: Outcome, length: usize, required: bool) -> Outcome {
        if outcome.is_err() {
            if required {
                return Err(Nulled);
            }
            self.out.truncate(length);
            self.out.extend_from_slice(b"null");
        }
        Ok(())
    }

    fn selection(&self, id: SelectionId) -> &'a Selection {
        self.tree.selection(id)
    }

    /// Coerced arguments of a selection, where it has any and they are good.
    pub fn arguments(&self, id: SelectionId) -> Option<&'a serde_json::Map<String, serde_json::Value>> {
        self.permitted.operation().arguments.get(id)?.as_ref().ok()
    }

    // Leaves.

    fn leaf(&mut self, object: Object<'a>, out: &'a Out, places: &[At]) -> Outcome {
        let Some((_, record, cell)) = self.believed(object, places.iter().copied()) else {
            return match self.unasked(object, places.iter().copied()) {
                Some(error) => self.fail_member(out, error),
                None => self.null(out),
            };
        };
        match (cell, &out.wrap) {
            (Cell::Invalid, _) => {
                let error = self.invalid(out);
                self.fail_member(out, error)
            }
            (Cell::List(span), Wrap::List { of, required }) => {
                let length = self.out.len();
                let depth = self.path.len();
                self.path.push(Place::Key(&self.selection(out.selection).key));
                let outcome = self.leaves(record, span, of, out);
                self.path.truncate(depth);
                self.or_null(outcome, length, *required)
            }
            (cell, _) => {
                leaf::write(&mut self.out, record, cell);
                Ok(())
            }
        }
    }

    fn leaves(&mut self, record: &'a Disclosed, span: Span, of: &Wrap, out: &'a Out) -> Outcome {
        self.out.push(b'[');
        for n in 0..span.len {
            if n > 0 {
                self.out.push(b',');
            }
            let depth = self.path.len();
            self.path.push(Place::Index(n as usize));
            let outcome = match record.cell(span.start + n) {
                Cell::Invalid => {
                    let error = self.invalid(out);
                    self.fail(out, error);
                    Err(Nulled)
                }
                Cell::Null if of.required() => {
                    let error = self.must_not_be_null(out);
                    self.fail(out, error);
                    Err(Nulled)
                }
                cell => {
                    leaf::write(&mut self.out, record, cell);
                    Ok(())
                }
            };
            self.path.truncate(depth);
            let length = self.out.len();
            self.or_null(outcome, length, of.required())?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A cell of the object's own record, or of a completion for it.
    fn cell(&self, object: Object<'a>, at: At) -> Option<(&'a Disclosed, Cell)> {
        let (record, first) = match at.completion {
            None => (object.record?, object.at),
            Some(slot) => {
                let spot = object.spot?;
                spot.level.record(spot.item, slot as usize)?
            }
        };
        Some((record, record.cell(first + at.column)))
    }

    /// The value that is believed, and the number of its place: the first that is there. One that stands in for others counts
    /// only where one of them could not be asked.
    fn believed(&self, object: Object<'a>, places: impl Iterator<Item = At>) -> Option<(usize, &'a Disclosed, Cell)> {
        let mut unasked = false;
        for (n, at) in places.enumerate() {
            if at.stands_in && !unasked {
                continue;
            }
            match self.cell(object, at) {
                Some((_, Cell::Null)) => {}
                Some((record, cell)) => return Some((n, record, cell)),
                None => unasked |= self.failure(object, at).is_some(),
            }
        }
        None
    }

    /// Which source speaks for a field, by its completion, and whether another was to be asked first and could not be. Where
    /// none has a value it is the first that has the record.
    pub fn speaker(&self, object: Object<'a>, places: &[At]) -> Option<(Option<u32>, bool)> {
        let there = || places.iter().position(|at| !at.stands_in && self.cell(object, *at).is_some());
        let found = self.believed(object, places.iter().copied()).map(|(n, ..)| n).or_else(there)?;
        let (before, rest) = places.split_at_checked(found)?;
        let fallback = before.iter().any(|at| self.failure(object, *at).is_some());
        Some((rest.first()?.completion, fallback))
    }

    fn failure(&self, object: Object<'a>, at: At) -> Option<&'a Failure> {
        let spot = object.spot?;
        spot.level.completed(at.completion? as usize)?.failures_of(spot.item).next()
    }

    /// The error of the first completion that could not be asked. Its place is filled in by whoever reports it.
    fn unasked(&self, object: Object<'a>, places: impl Iterator<Item = At>) -> Option<Error> {
        let mut places = places;
        places.find_map(|at| Some(path::failed(self.graph, self.failure(object, at)?)))
    }

    // Objects.

    fn embedded(
        &mut self,
        object: Object<'a>,
        out: &'a Out,
        candidates: &'a [(At, Objects)],
        node: Option<NodeId>,
    ) -> Outcome {
        let places = || candidates.iter().map(|(at, _)| *at);
        let found = self.believed(object, places());
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
            (Cell::Object(at), Wrap::Named { .. }) => {
                let item = within.slot.and_then(|slot| within.level?.places.get(&(slot, at)));
                let spot = within.level.zip(item).map(|(level, item)| Spot { level, item: *item as usize });
                self.object(Object { spot, record: Some(within.record), at }, within.objects, None)
            }
            (Cell::List(span), Wrap::List { of, .. }) => {
                let cells = (span.start..span.start + span.len).map(|n| within.record.cell(n));
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

    /// Writes `[…]`, each element with its index on the path.
    fn list<T>(
        &mut self,
        elements: impl Iterator<Item = T>,
        of: &Wrap,
        mut write: impl FnMut(&mut Self, T) -> Outcome,
    ) -> Outcome {
        self.out.push(b'[');
        for (n, element) in elements.enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            if self.out.len() > self.bytes_max {
                break;
            }
            let length = self.out.len();
            let depth = self.path.len();
            self.path.push(Place::Index(n));
            let outcome = write(self, element);
            self.path.truncate(depth);
            self.or_null(outcome, length, of.required())?;
        }
        self.out.push(b']');
        Ok(())
    }

    // Links.

    fn link(&mut self, object: Object<'a>, out: &'a Out, id: NodeId) -> Outcome {
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
            Wrap::Named { .. } => self.item(node, level, items.start),
            Wrap::List { of, .. } => {
                let errors: Vec<Error> = failures.collect();
                let unknown = !errors.is_empty() || level.asked.get(parent) != Some(&true);
                if items.is_empty() && unknown {
                    return self.null_here(out, errors.into_iter().next());
                }
                // What came is shown; what could not be asked is said.
                errors.into_iter().for_each(|error| self.fail(out, error));
                self.list(items, of, |writer, item| writer.item(node, level, item))
            }
        }
    }

    fn item(&mut self, node: &'a Node, level: &'a Level, number: usize) -> Outcome {
        let Some(item) = level.items.get(number) else { return Err(Nulled) };
        let slot = item.slot as usize;
        let (Some(feed), Some(record)) = (node.slot(slot), level.records(slot)) else { return Err(Nulled) };
        let spot = Some(Spot { level, item: number });
        self.object(Object { spot, record: Some(record), at: item.at }, &feed.objects, item.on)
    }

    // Nulls and errors.

    /// Null for a member whose key is not on the path.
    fn null(&mut self, out: &'a Out) -> Outcome {
        if out.wrap.required() {
            let error = self.must_not_be_null(out);
            return self.fail_member(out, error);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    /// Null where the path already says where; with an error if there is one, or if it must not be null.
    pub fn null_here(&mut self, out: &'a Out, error: Option<Error>) -> Outcome {
        match error {
            Some(error) => self.fail(out, error),
            None if out.wrap.required() => {
                let error = self.must_not_be_null(out);
                self.fail(out, error);
            }
            None => {}
        }
        Err(Nulled)
    }

    /// An error at a member whose key is not on the path: null, or what is around it.
    fn fail_member(&mut self, out: &'a Out, error: Error) -> Outcome {
        let depth = self.path.len();
        self.path.push(Place::Key(&self.selection(out.selection).key));
        self.fail(out, error);
        self.path.truncate(depth);
        let length = self.out.len();
        self.or_null(Err(Nulled), length, out.wrap.required())
    }

    /// Leaves an error at the place where the writer is.
    pub fn fail(&mut self, out: &'a Out, mut error: Error) {
        error.path = path::steps(&self.path);
        error.locations.clone_from(&self.selection(out.selection).locations);
        self.errors.push(error);
    }

    fn coordinate(&self, out: &Out) -> String {
        match self.selection(out.selection).what {
            crate::operation::Selected::Field(field) => self.graph.coordinate(field),
            _ => String::from("__typename"),
        }
    }

    fn invalid(&self, out: &Out) -> Error {
        let message = format!("the source gave a value of another type for `{}`", self.coordinate(out));
        Error::new(Code::SourceInvalid, message).hint("tell whoever keeps that source; its value can't be shown")
    }

    fn must_not_be_null(&self, out: &Out) -> Error {
        let message = format!("`{}` must have a value, and the source gave none", self.coordinate(out));
        Error::new(Code::SourceInvalid, message)
            .hint("tell whoever keeps that source; what is around the value is null")
    }
}

/// The record that embedded objects stand in.
struct Within<'a> {
    record: &'a Disclosed,
    objects: &'a Objects,
    /// Of the node that the objects make up, where links start from them.
    level: Option<&'a Level>,
    slot: Option<u32>,
}
