//! Object: members, lists and links, written depth first.

use super::mark::{Claimed, Exception, Mark, Point};
use super::path::Place;
use super::{leaf, size};
use crate::error::{Code, Error};
use crate::execute::{Level, Results};
use crate::graph::{Graph, SourceId, TypeId, Wrap};
use crate::limits::Limits;
use crate::operation::{Selection, SelectionId, Tree};
use crate::plan::{At, NodeId, Objects, Out, OutValue, Plan};
use crate::policy::{Allowed, Disclosed, LaneId, Lost, Outcome as Withheld, Permitted};
use crate::record::{Cell, Span, node_id};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value that must not be null is, and an error says so: what is around it goes.
#[derive(Debug)]
pub struct Nulled;

pub type Outcome = Result<(), Nulled>;

pub struct Writer<'a> {
    pub graph: &'a Graph,
    pub tree: &'a Tree,
    pub permitted: &'a Permitted,
    pub plan: &'a Plan,
    pub results: &'a Results,
    pub out: Vec<u8>,
    /// The first of them, as many as may be listed.
    pub errors: Vec<Error>,
    /// All of them.
    pub errors_count: usize,
    pub path: Vec<Place<'a>>,
    /// The objects that stand in `out`, in the order in which they were begun; `None` where nobody is told of them.
    pub marks: Option<Vec<Mark<'a>>>,
    /// The one that is being written.
    pub mark: u32,
    /// Members of which something else became than was decided.
    pub exceptions: Vec<Exception>,
    /// What sources were said to claim of an object, in the order in which it was written.
    pub claimed: Vec<Claimed>,
    /// Sources that gave a record which can't be shown, or could not be asked for what a value is decided by.
    pub told_of: BTreeMap<SourceId, Code>,
    bytes_max: usize,
    pub(super) errors_max: usize,
}

/// An object about to be written.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    /// The node and item whose links start from it; `None` for an embedded object without links.
    pub spot: Option<Spot<'a>>,
    pub record: Option<&'a Disclosed>,
    /// Its first cell.
    pub at: u32,
    /// Lanes that come to `Allow` for it.
    allowed: Allowed,
    /// A record of its own, and not within another.
    pub whole: bool,
}

#[derive(Clone, Copy)]
pub struct Spot<'a> {
    pub level: &'a Level,
    pub item: usize,
}

impl<'a> Object<'a> {
    /// What is no record: the root, a page.
    pub const fn bare(spot: Option<Spot<'a>>) -> Self {
        Self { spot, record: None, at: 0, allowed: Allowed::NONE, whole: false }
    }

    /// `whole`: a record of its own, and not within another.
    #[expect(clippy::inline_always, reason = "called for every object that is written, and too large to be returned")]
    #[inline(always)]
    pub fn of(spot: Option<Spot<'a>>, record: &'a Disclosed, at: u32, whole: bool) -> Self {
        Self { spot, record: Some(record), at, allowed: record.allowed(at), whole }
    }

    /// The record that a slot has for it (its own, where there is none), and that record's first cell.
    pub fn record_of(self, completion: Option<u32>) -> Option<(&'a Disclosed, u32)> {
        match completion {
            None => Some((self.record?, self.at)),
            Some(slot) => self.spot.and_then(|spot| spot.level.record(spot.item, slot as usize)),
        }
    }

    pub fn cell(self, at: At) -> Option<(&'a Disclosed, Cell)> {
        let (record, first) = self.record_of(at.completion)?;
        Some((record, record.cell(first + at.column)))
    }
}

impl Object<'_> {
    /// Who could not be asked for what this lane decides by.
    pub fn lost(self, lane: Option<LaneId>) -> Option<Lost> {
        self.record?.lost(self.at, lane?)
    }

    /// What a record decides by this lane; allowed where there is none.
    pub fn outcome(self, lane: Option<LaneId>) -> Withheld {
        match lane {
            Some(lane) if !self.allowed.has(lane) => self.not_allowed(lane),
            _ => Withheld::Allow,
        }
    }

    #[cold]
    fn not_allowed(self, lane: LaneId) -> Withheld {
        self.record.map_or(Withheld::Hide, |record| record.outcome(self.at, lane))
    }
}

impl<'a> Writer<'a> {
    #[must_use]
    pub fn new(
        graph: &'a Graph,
        permitted: &'a Permitted,
        plan: &'a Plan,
        results: &'a Results,
        limits: &Limits,
        told: bool,
    ) -> Self {
        let tree = &*permitted.operation().tree;
        let (out, errors, path) =
            (Vec::with_capacity(size::expected(plan, results)), Vec::new(), Vec::with_capacity(16));
        let (bytes_max, errors_max) = (limits.response_bytes_max, limits.errors_max);
        let told_of = BTreeMap::new();
        Self {
            graph,
            tree,
            permitted,
            plan,
            results,
            out,
            errors,
            errors_count: 0,
            path,
            marks: told.then(|| Vec::with_capacity(size::items(plan, results))),
            mark: 0,
            exceptions: Vec::new(),
            claimed: Vec::new(),
            told_of,
            bytes_max,
            errors_max,
        }
    }

    pub fn root(&mut self) -> Outcome {
        let Some(level) = self.results.level(NodeId(0)) else { return Err(Nulled) };
        let object = Object::bare(Some(Spot { level, item: 0 }));
        let plan = self.plan;
        let Some(slot) = plan.node(NodeId(0)).slots.first() else { return Err(Nulled) };
        let tree = &self.permitted.operation().tree;
        let on = tree.set(tree.root).on;
        self.object(object, &slot.objects, Some(on))
    }

    /// Writes `{…}`. `on`: the concrete type where the record has no column for it.
    pub fn object(&mut self, object: Object<'a>, objects: &'a Objects, on: Option<TypeId>) -> Outcome {
        let variant = match (on, objects.type_column, objects.variants.len()) {
            (Some(on), ..) => objects.variant(on),
            (None, Some(column), _) => match object.record.map(|record| record.cell(object.at + column)) {
                Some(Cell::Type(on)) => objects.variant(on),
                _ => None,
            },
            (None, None, 0) => None,
            (None, None, _) => Some(0),
        };
        let Some((variant, (_, outs))) = variant.and_then(|n| Some((n, objects.variants.get(n)?))) else {
            self.out.extend_from_slice(b"{}");
            return Ok(());
        };
        let around = self.mark;
        if let Some(marks) = &mut self.marks {
            self.mark = u32::try_from(marks.len()).unwrap_or(u32::MAX);
            let Object { record, at, whole, .. } = object;
            marks.push(Mark {
                record,
                at,
                whole,
                objects,
                variant: u32::try_from(variant).unwrap_or(u32::MAX),
                around,
            });
        }
        let outcome = self.members(object, outs);
        self.mark = around;
        outcome
    }

    fn members(&mut self, object: Object<'a>, outs: &'a [Out]) -> Outcome {
        // The brace that opens an object is its first member's.
        if outs.is_empty() {
            self.out.push(b'{');
        }
        let (cells, texts) =
            object.record.map(|record| (record.cells_from(object.at), record.texts())).unwrap_or_default();
        // In a variable of its own, so that where it ends is known without looking it up after every copy.
        let mut text = std::mem::take(&mut self.out);
        for out in outs {
            // All that was written is given up then, and nothing is written after this.
            if text.len() > self.bytes_max {
                break;
            }
            // Most members are values of the record itself.
            if let OutValue::Column(column) = out.value
                && let Some(cell) = cells.get(column as usize)
                && object.outcome(out.lane) == Withheld::Allow
            {
                match *cell {
                    Cell::Text(at) => {
                        if let Some(blocks) = leaf::blocks(texts, at) {
                            out.head.write_quoted(&mut text);
                            leaf::rest_of(&mut text, blocks, at);
                            continue;
                        }
                    }
                    Cell::Null if out.wrap.required() => {}
                    Cell::Null | Cell::Bool(_) | Cell::Int(_) => {
                        out.head.write(&mut text);
                        leaf::literal(&mut text, *cell);
                        continue;
                    }
                    _ => {}
                }
            }
            out.head.write(&mut text);
            self.out = text;
            self.member(object, out)?;
            text = std::mem::take(&mut self.out);
        }
        text.push(b'}');
        self.out = text;
        Ok(())
    }

    #[inline]
    fn member(&mut self, object: Object<'a>, out: &'a Out) -> Outcome {
        // Plans are shared by those for whom lanes mean the same. One that is settled is looked at again.
        if out.lane.is_some() && object.outcome(out.lane) != Withheld::Allow {
            let outcome = self.decided(object, out);
            if outcome != Withheld::Allow && (outcome != Withheld::Exists || self.exists(object, out)) {
                return match object.lost(out.lane) {
                    Some(lost) => self.lost(out, lost),
                    None => self.withheld(out, outcome),
                };
            }
        }
        match &out.value {
            OutValue::Typename(name) => {
                self.out.extend_from_slice(name);
                Ok(())
            }
            OutValue::Column(column) => match object.record.map(|record| (record, record.cell(object.at + column))) {
                Some((record, Cell::Text(text))) => {
                    leaf::text_of(&mut self.out, record, text);
                    Ok(())
                }
                Some((record, cell)) if cell != Cell::Null => self.value(record, cell, out),
                _ => self.null(out),
            },
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
            OutValue::Provenance(provenance) => {
                self.provenance(object, out, provenance);
                Ok(())
            }
            OutValue::Conflicts(conflicts) => self.below(out, |writer| writer.conflicts(object, out, conflicts)),
            OutValue::Page(node, part) => self.below(out, |writer| writer.page_part(object, out, *node, part)),
            OutValue::NodeId(on, columns) => {
                match object.record.and_then(|record| id(record, object.at, on, columns)) {
                    Some(id) => {
                        leaf::text(&mut self.out, &id);
                        Ok(())
                    }
                    None => self.null(out),
                }
            }
            OutValue::Withheld(outcome) => self.withheld(out, *outcome),
            OutValue::Nothing if out.wrap.is_list() => {
                self.out.extend_from_slice(b"[]");
                Ok(())
            }
            OutValue::Absent | OutValue::Nothing => self.null(out),
        }
    }

    /// Writes a member with its key on the path, and takes it back where it must become null.
    fn below(&mut self, out: &'a Out, write: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let point = self.point();
        let depth = self.path.len();
        self.path.push(Place::Key(&self.selection(out.selection).key));
        let outcome = write(self);
        self.path.truncate(depth);
        self.or_null(outcome, point, out.wrap.required())
    }

    /// A nulled value is written as null where it may be.
    pub(super) fn or_null(&mut self, outcome: Outcome, point: Point, required: bool) -> Outcome {
        if required {
            return outcome;
        }
        outcome.or_else(|Nulled| {
            self.take_back(point);
            self.out.extend_from_slice(b"null");
            Ok(())
        })
    }

    pub fn selection(&self, id: SelectionId) -> &'a Selection {
        self.tree.selection(id)
    }

    /// Coerced arguments of a selection, where it has any and they are good.
    pub fn arguments(&self, id: SelectionId) -> Option<&'a serde_json::Map<String, serde_json::Value>> {
        self.permitted.operation().arguments.get(id)?.as_ref().ok()
    }

    // Leaves.

    fn leaf(&mut self, object: Object<'a>, out: &'a Out, places: &[At]) -> Outcome {
        match object.believed(places.iter().copied()) {
            Some((_, record, cell)) => self.value(record, cell, out),
            None => match self.unasked(object, places.iter().copied()) {
                Some(error) => self.fail_member(out, error),
                None => self.null(out),
            },
        }
    }

    /// A cell that is not null.
    fn value(&mut self, record: &'a Disclosed, cell: Cell, out: &'a Out) -> Outcome {
        match (cell, &out.wrap) {
            (Cell::Invalid, _) => {
                let error = self.invalid(out);
                self.fail_member(out, error)
            }
            (Cell::List(span), Wrap::List { of, required }) => {
                let point = self.point();
                let depth = self.path.len();
                self.path.push(Place::Key(&self.selection(out.selection).key));
                let outcome = self.leaves(record, span, of, out);
                self.path.truncate(depth);
                self.or_null(outcome, point, *required)
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
            let point = self.point();
            self.or_null(outcome, point, of.required())?;
        }
        self.out.push(b']');
        Ok(())
    }

    // Lists.

    /// Writes `[…]`, each element with its index on the path.
    pub fn list<T>(
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
            let point = self.point();
            let depth = self.path.len();
            self.path.push(Place::Index(n));
            let outcome = write(self, element);
            self.path.truncate(depth);
            self.or_null(outcome, point, of.required())?;
        }
        self.out.push(b']');
        Ok(())
    }
}

/// The id of a node, where all of its key is there.
fn id(record: &Disclosed, at: u32, on: &str, columns: &[u32]) -> Option<String> {
    let part = |column: &u32| match record.cell(at + column) {
        Cell::Text(text) => Some(Cow::Borrowed(record.text(text))),
        Cell::Int(number) => Some(Cow::Owned(number.to_string())),
        Cell::Bool(truth) => Some(Cow::Owned(truth.to_string())),
        _ => None,
    };
    let key: Vec<Cow<'_, str>> = columns.iter().map(part).collect::<Option<_>>()?;
    Some(node_id(on, key.iter().map(|part| &**part)))
}
