//! Admit: decides on the records of one answer, as they arrive and before their keys lead anywhere.
//!
//! What has to be decided record by record is known from the operation; here the facts of each record are looked at. Records that say the
//! same of themselves get the same verdict, which is worked out once. A record that is not judged where it should have been is hidden.

use super::decisions::{Decisions, FactFrom, Judged, LaneId, Needed};
use super::disclosed::{Disclosed, Profile, Profiles, Verdicts};
use super::known::{Known, Loss, Lost};
use super::numbers::Numbers;
use super::outcome::Outcome;
use super::permit::Permitted;
use super::precedents::Precedent;
use super::rule::{Said, Scalar};
use super::sayings::{Saying, Sayings, Seen, Signature};
use crate::graph::{Graph, Kind, TypeId};
use crate::record::{Cell, Column, Layout, Raw, Take, What};
use std::rc::Rc;
use std::sync::Arc;

/// Decides on the records that start at these cells, and on the objects within them. `on`: their type as declared; `None` for records that
/// complete others, which are decided with those.
#[must_use]
pub fn admit(
    permitted: &Permitted,
    graph: &Graph,
    on: Option<TypeId>,
    raw: Arc<Raw>,
    starts: &[u32],
    known: Known,
) -> Disclosed {
    let decisions = permitted.decisions();
    let verdicts = matters(decisions, graph, &raw.layout, on).then(|| {
        let mut admitting = Admitting::new(decisions, graph, &raw, &known);
        admitting.records(on, starts);
        Arc::new(admitting.verdicts)
    });
    Disclosed { raw, verdicts, subjects: known.into_subjects().map(Arc::new) }
}

/// Whether records of this type as declared, or objects within them, are decided on.
fn matters(decisions: &Decisions, graph: &Graph, layout: &Layout, declared: Option<TypeId>) -> bool {
    let judged = |on: TypeId| decisions.judged(on).is_some();
    let some_judged = |declared: TypeId| match graph.object(declared) {
        Some(_) => judged(declared),
        None => graph.possible(declared).into_iter().any(judged),
    };
    let within = |column: &Column| match (&column.what, &column.take) {
        (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
            matters(decisions, graph, inner, Some(graph.field(*field).ty.named))
        }
        _ => false,
    };
    decisions.judges() && (declared.is_some_and(some_judged) || layout.columns.iter().any(within))
}

struct Admitting<'a> {
    decisions: &'a Decisions,
    graph: &'a Graph,
    raw: &'a Raw,
    known: &'a Known,
    verdicts: Verdicts,
    /// Those of records that are not known by a signature.
    sayings: Sayings<'a>,
    ways: Vec<(Formed, Rc<Way>)>,
    /// What is said in the facts of a type, one after another, and what its lanes come to: the room for it.
    said: Vec<Said<'a>>,
    unsaid: Vec<Option<Said<'a>>>,
    outcomes: Vec<Option<Outcome>>,
    /// Of the way of the same number; `None` where what is looked at stands elsewhere too.
    seen: Vec<Option<Arc<Seen>>>,
}

/// A fact that is looked at, and the columns to go through to it.
type Looked<'w> = (&'w Needed, Option<&'w [u32]>);

/// The type of a record, what has to be looked at in it, and the number of the way in which it has that.
type Judging<'j> = (TypeId, &'j Judged, usize);

/// A layout, by where it lies, and the type of the records in it.
type Formed = (*const Layout, Option<TypeId>);

/// A layout, and the column with the concrete type.
#[derive(Clone, Copy)]
struct Form<'a> {
    layout: &'a Layout,
    type_column: Option<u32>,
}

impl<'a> Form<'a> {
    fn of(layout: &'a Layout) -> Self {
        Self { layout, type_column: layout.position(What::Type) }
    }
}

/// Where a layout has what is needed to decide on records of one type.
struct Way {
    /// For each fact that is looked at, the columns to go through: objects within the record, and the value. `None` where it has not all.
    facts: Vec<Option<Vec<u32>>>,
    /// Columns with objects that are decided on themselves, or hold such.
    within: Vec<(u32, TypeId, Arc<Layout>)>,
}

impl<'a> Admitting<'a> {
    fn new(decisions: &'a Decisions, graph: &'a Graph, raw: &'a Raw, known: &'a Known) -> Self {
        let profiles = Arc::new(Profiles::of_lanes(decisions.lanes.len()));
        let (verdicts, sayings) = (Verdicts { of: Numbers::default(), profiles }, Sayings::default());
        Self {
            decisions,
            graph,
            raw,
            known,
            verdicts,
            sayings,
            ways: Vec::new(),
            said: Vec::new(),
            unsaid: Vec::new(),
            outcomes: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Decides on the records that start at these cells.
    fn records(&mut self, declared: Option<TypeId>, starts: &[u32]) {
        let raw = self.raw;
        let form = Form::of(&raw.layout);
        // Of one type, and nothing within them is decided on: most records are, and what is the same for all is found once.
        let on = declared.filter(|on| form.type_column.is_none() && self.graph.object(*on).is_some());
        let decided = on.and_then(|on| Some((on, self.decisions.judged(on)?)));
        if let Some((on, judged)) = decided
            && let Some((seen, profiles)) = self.decisions.precedents.find(&raw.layout, on)
        {
            self.verdicts = Verdicts { of: Numbers::around(starts, form.layout.width(), true), profiles };
            return self.alike((on, judged), seen, starts);
        }
        let number = self.way(form.layout, on);
        let alone = self.ways.get(number).is_some_and(|(_, way)| way.within.is_empty());
        self.verdicts.of = Numbers::around(starts, form.layout.width(), alone);
        let Some((on, judged)) = decided.filter(|_| alone) else {
            for at in starts {
                self.record(declared, form, *at, *at);
            }
            return;
        };
        if let Some(seen) = self.seen.get_mut(number).and_then(Option::take) {
            return self.alike((on, judged), seen, starts);
        }
        for at in starts {
            let profile = self.said_before((on, judged, number), (*at, *at));
            self.verdicts.of.insert(*at, profile);
        }
    }

    /// As `record`, of many that are all of this type, have nothing within them that is decided on, and say all by themselves.
    fn alike(&mut self, (on, judged): (TypeId, &Judged), mut seen: Arc<Seen>, starts: &[u32]) {
        let before = seen.count();
        let has_all = self.known.has_all();
        let signatures = seen.signatures(self.raw, starts);
        // In loops of their own, each with little to keep in mind.
        let mut profiles = Vec::with_capacity(starts.len());
        for (at, signature) in starts.iter().zip(signatures) {
            let known = if has_all { seen.number(signature) } else { None };
            profiles.push(known.unwrap_or_else(|| self.profile((on, judged), *at, (&mut seen, signature))));
        }
        self.verdicts.of.insert_all(starts.iter().copied().zip(profiles));
        // Profiles of what was not told by a signature alone are of this answer.
        if seen.count() > before && self.sayings.is_empty() && judged.facts.iter().all(|fact| self.is_code(fact)) {
            let (layout, profiles) = (Arc::clone(&self.raw.layout), Arc::clone(&self.verdicts.profiles));
            self.decisions.precedents.keep(&Precedent { layout, on, seen, profiles });
        }
    }

    /// Whether a fact is a truth or a value of an enum: other texts may be numbers of cases or of persons, and are forgotten with the answer.
    fn is_code(&self, fact: &Needed) -> bool {
        let FactFrom::Record(path) = &fact.from else { return false };
        let named = path.last().map(|field| self.graph.type_of(self.graph.field(*field).ty.named));
        named.is_some_and(|ty| matches!(ty.kind, Kind::Enum(_)) || &*ty.name == "Boolean")
    }

    /// The number of the profile of a record that is a whole one.
    #[inline(never)]
    fn profile(&mut self, (on, judged): (TypeId, &Judged), at: u32, by: (&mut Arc<Seen>, Signature)) -> u32 {
        let number = self.way(&self.raw.layout, Some(on));
        self.profile_by((on, judged, number), (at, at), by)
    }

    /// Decides on the record or object that starts `at` a cell; `around`: the first cell of the record. Recursion is bounded by the depth of
    /// the layout.
    fn record(&mut self, declared: Option<TypeId>, form: Form<'_>, at: u32, around: u32) {
        let on = declared.and_then(|declared| match form.type_column.map(|column| self.raw.cell(at + column)) {
            Some(Cell::Type(on)) => Some(on),
            Some(_) => None,
            None => self.graph.object(declared).map(|_| declared),
        });
        let number = self.way(form.layout, on);
        if let Some((on, judged)) = on.and_then(|on| Some((on, self.decisions.judged(on)?))) {
            let profile = match self.seen.get_mut(number).and_then(Option::take) {
                Some(mut seen) => {
                    let signature = seen.signature(self.raw, at);
                    let profile = self.profile_by((on, judged, number), (at, around), (&mut seen, signature));
                    if let Some(place) = self.seen.get_mut(number) {
                        *place = Some(seen);
                    }
                    profile
                }
                None => self.said_before((on, judged, number), (at, around)),
            };
            self.verdicts.of.insert(at, profile);
        }
        let way = self.ways.get(number).map(|(_, way)| way).filter(|way| !way.within.is_empty());
        let Some(way) = way.map(Rc::clone) else { return };
        for (column, declared, layout) in &way.within {
            self.within(self.raw.cell(at + column), *declared, Form::of(layout), around);
        }
    }

    /// The number of the profile of a record, by what it says. Mostly others have said the same: where all that is known of it is its
    /// signature, that is found at once.
    fn profile_by(
        &mut self,
        of: Judging<'_>,
        places: (u32, u32),
        (seen, signature): (&mut Arc<Seen>, Signature),
    ) -> u32 {
        let told = signature.is_some() && self.known.lost(places.0).is_empty();
        if let Some(number) = if told { seen.number(signature) } else { None } {
            return number;
        }
        if !told || !seen.has_room(signature) {
            return self.said_before(of, places);
        }
        let number = self.judge_unsaid(of, places);
        Arc::make_mut(seen).remember(signature, number);
        number
    }

    /// The same, with everything that it says written down.
    #[inline(never)]
    fn said_before(&mut self, of: Judging<'_>, places: (u32, u32)) -> u32 {
        let saying = Saying { on: of.0, facts: self.facts(of, places).collect(), lost: self.known.lost(places.0) };
        if let Some(number) = self.sayings.number(&saying) {
            return number;
        }
        let number = self.judge(of, saying.facts.iter().cloned(), saying.lost);
        self.sayings.add(saying, number);
        number
    }

    /// The number of the profile of a record, of which nothing is written down.
    #[inline(never)]
    fn judge_unsaid(&mut self, of: Judging<'_>, places: (u32, u32)) -> u32 {
        let mut facts = std::mem::take(&mut self.unsaid);
        facts.clear();
        facts.extend(self.facts(of, places));
        let number = self.judge(of, facts.drain(..), self.known.lost(places.0));
        self.unsaid = facts;
        number
    }

    /// What a record says of the facts that are looked at.
    fn facts(&self, (_, judged, way): Judging<'_>, places: (u32, u32)) -> impl Iterator<Item = Option<Said<'a>>> {
        let paths = self.ways.get(way).map_or(&[][..], |(_, way)| &way.facts);
        judged.facts.iter().zip(paths).map(move |(fact, path)| self.fact((fact, path.as_deref()), places))
    }

    /// What the record that starts `at` a cell says of a fact; `None` for a value that is none of its type.
    fn fact(&self, (fact, path): Looked<'_>, (at, around): (u32, u32)) -> Option<Said<'a>> {
        match (&fact.from, path) {
            // An object within a record is as open as that, and whose that is.
            (FactFrom::Closures, _) => Some(self.known.closures(at)),
            (FactFrom::Subject, _) => Some(self.known.subject(around)),
            (FactFrom::Elsewhere { many, .. }, _) => self.known.elsewhere(at, fact.position, *many),
            (FactFrom::Record(_), Some(path)) => self.said(path, at),
            (FactFrom::Record(_), None) => Some(Said::Nothing),
        }
    }

    fn within(&mut self, cell: Cell, declared: TypeId, form: Form<'_>, around: u32) {
        match cell {
            Cell::Object(at) => self.record(Some(declared), form, at, around),
            Cell::List(span) => {
                (span.start..span.start + span.len).for_each(|n| self.within(self.raw.cell(n), declared, form, around));
            }
            _ => {}
        }
    }

    /// Its number.
    #[inline]
    fn way(&mut self, layout: &Layout, on: Option<TypeId>) -> usize {
        let key = (std::ptr::from_ref(layout), on);
        let known = self.ways.iter().position(|(known, _)| *known == key);
        known.unwrap_or_else(|| self.new_way(layout, on))
    }

    fn new_way(&mut self, layout: &Layout, on: Option<TypeId>) -> usize {
        let judged = on.and_then(|on| self.decisions.judged(on));
        let path = |from: &FactFrom| match from {
            FactFrom::Record(path) => layout.path(path),
            FactFrom::Closures | FactFrom::Subject | FactFrom::Elsewhere { .. } => None,
        };
        let facts: Option<Vec<_>> = judged.map(|judged| judged.facts.iter().map(|fact| path(&fact.from)).collect());
        let facts = facts.unwrap_or_default();
        let columns = (0_u32..).zip(&layout.columns).filter_map(|(at, column)| match (&column.what, &column.take) {
            (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
                let declared = self.graph.field(*field).ty.named;
                let matters = matters(self.decisions, self.graph, inner, Some(declared));
                matters.then(|| (at, declared, inner.clone()))
            }
            _ => None,
        });
        let plain = facts.iter().map(|path| match path.as_deref() {
            Some([column]) => Some(*column),
            _ => None,
        });
        self.seen.push(plain.collect::<Option<_>>().and_then(Seen::of).map(Arc::new));
        let way = Way { facts, within: columns.collect() };
        self.ways.push(((std::ptr::from_ref(layout), on), Rc::new(way)));
        self.ways.len() - 1
    }

    /// `None` for a value that is none of its type.
    fn said(&self, path: &[u32], at: u32) -> Option<Said<'a>> {
        let (first, rest) = path.split_first()?;
        match (self.raw.cell(at + first), rest) {
            (Cell::Null, _) => Some(Said::Nothing),
            (Cell::Object(at), [_, ..]) => self.said(rest, at),
            (Cell::List(span), []) => {
                let cells = (span.start..span.start + span.len).map(|n| self.scalar(self.raw.cell(n)));
                let mut all = cells.collect::<Option<Vec<_>>>()?;
                all.sort_unstable();
                all.dedup();
                Some(Said::Many(all))
            }
            (cell, []) => self.scalar(cell).map(Said::One),
            _ => None,
        }
    }

    fn scalar(&self, cell: Cell) -> Option<Scalar<'a>> {
        match cell {
            Cell::Bool(truth) => Some(Scalar::Truth(truth)),
            Cell::Int(number) => Some(Scalar::Number(number)),
            Cell::Text(text) => Some(Scalar::Text(self.raw.text(text))),
            _ => None,
        }
    }

    /// The number of the profile. `says`: of the facts that are looked at; `None` for a value that is none of its type.
    fn judge(
        &mut self,
        (on, judged, _): Judging<'_>,
        says: impl Iterator<Item = Option<Said<'a>>>,
        unknown: &[(u8, Lost)],
    ) -> u32 {
        let (mut facts, mut outcomes) = (std::mem::take(&mut self.said), std::mem::take(&mut self.outcomes));
        facts.clear();
        facts.resize(judged.words, Said::Nothing);
        outcomes.clear();
        outcomes.resize(self.decisions.lanes.len(), None);
        let mut broken = false;
        for (fact, said) in judged.facts.iter().zip(says) {
            broken |= said.is_none();
            if let Some(place) = facts.get_mut(usize::from(fact.position)) {
                *place = said.unwrap_or(Said::Lost);
            }
        }
        let mut lost = Vec::new();
        for id in &judged.lanes {
            if let (Some(place), Some(lane)) = (outcomes.get_mut(id.index()), self.decisions.lane(*id)) {
                let unknown = unknown.iter().find(|(position, _)| lane.reads >> position & 1 == 1);
                *place = Some(match unknown {
                    _ if broken => lane.in_spite_of_loss(&facts).unwrap_or(Outcome::Deny),
                    Some((_, unknown)) => lane.in_spite_of_loss(&facts).unwrap_or_else(|| {
                        lost.push((*id, *unknown));
                        Outcome::Deny
                    }),
                    None => lane.of(&facts),
                });
            }
        }
        let comes_to = |id: LaneId, outcome| {
            // A lane of which nothing is known hides.
            outcomes.get(id.index()).copied().flatten().unwrap_or(Outcome::Hide) == outcome
        };
        let hides = |id: &LaneId| comes_to(*id, Outcome::Hide);
        // That consent is needed is said where records of the type are asked for, whether or not there is one: never of one that is there.
        let consent = |id: LaneId| comes_to(id, Outcome::Consent);
        let hidden = judged.never || judged.hides.iter().any(hides) || judged.own.is_some_and(consent);
        // What is hidden whatever the value had said stays as if it had never been.
        let invalid = broken.then_some(Lost { source: self.raw.source, how: Loss::Invalid });
        let hangs = lost.iter().find(|(lane, _)| self.decisions.hides_by(on, *lane)).map(|(_, lost)| *lost);
        let undecided = invalid.or(hangs).filter(|_| !hidden);
        let exists = |id: LaneId| comes_to(id, Outcome::Exists);
        let profile = Profile {
            hidden: hidden || undecided.is_some(),
            pointer: judged.pointer || judged.own.is_some_and(exists),
            undecided,
            lost: lost.into(),
        };
        let number = Arc::make_mut(&mut self.verdicts.profiles).add(profile, &outcomes);
        (self.said, self.outcomes) = (facts, outcomes);
        number
    }
}
