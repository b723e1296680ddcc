//! Admit: decides on the records of one answer, as they arrive and before their keys lead anywhere.
//!
//! What has to be decided record by record is known from the operation; here the facts of each record are looked at. Records that say the
//! same of themselves get the same verdict, which is worked out once. A record that is not judged where it should have been is hidden.

use super::decisions::{Decisions, FactFrom, Judged, LaneId};
use super::known::{Known, Loss, Lost, Subjects};
use super::outcome::Outcome;
use super::permit::Permitted;
use super::rule::{Said, Scalar};
use crate::graph::{Graph, SourceId, TypeId};
use crate::record::{Cell, Layout, Raw, Take, Text, What};
use std::collections::HashMap;
use std::sync::Arc;

/// Records that the caller may have, as far as the verdict on each goes. Only [`admit`] makes one.
#[derive(Debug, Clone)]
pub struct Disclosed {
    raw: Arc<Raw>,
    /// `None` where nothing depends on a record.
    verdicts: Option<Arc<Verdicts>>,
    /// `None` where they are nobody's, as far as anybody knows.
    subjects: Option<Arc<Subjects>>,
}

#[derive(Debug, Default)]
struct Verdicts {
    /// By first cell of a record or object: which profile it has, from 1. 0: it is not decided on.
    of: Vec<u16>,
    profiles: Vec<Profile>,
}

/// What becomes of records that say the same of themselves.
#[derive(Debug)]
struct Profile {
    hidden: bool,
    /// That there is such a record may be known, and nothing of it: by itself it is a pointer to whom to ask, in a list it is not there.
    pointer: bool,
    /// It is hidden since what it hangs on can't be read, or could not be found out: who is to blame.
    undecided: Option<Lost>,
    /// Those of its type.
    lanes: Box<[LaneId]>,
    /// By lane. Lanes of other types are hidden.
    outcomes: Box<[Outcome]>,
    /// Lanes that could not be decided, and are denied.
    lost: Box<[(LaneId, Lost)]>,
}

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
    let verdicts = decisions.judges().then(|| {
        let verdicts = Verdicts { of: vec![0; raw.cells.len()], profiles: Vec::new() };
        let (judged, ways) = (HashMap::new(), Vec::new());
        let mut admitting = Admitting { decisions, graph, raw: &raw, known: &known, verdicts, judged, ways };
        for at in starts {
            admitting.record(on, &raw.layout, *at, *at);
        }
        Arc::new(admitting.verdicts)
    });
    Disclosed { raw, verdicts, subjects: known.into_subjects().map(Arc::new) }
}

struct Admitting<'a> {
    decisions: &'a Decisions,
    graph: &'a Graph,
    raw: &'a Raw,
    known: &'a Known,
    verdicts: Verdicts,
    /// Profiles by what is said.
    judged: HashMap<Saying<'a>, u16>,
    ways: Vec<(Layouted, Arc<Way>)>,
}

/// What a record says: its type, its facts (`None` for a value that is none of its type), and what could not be found out.
type Saying<'a> = (TypeId, Vec<Option<Said<'a>>>, &'a [(u8, Lost)]);

/// A layout, by where it lies, and the type of the records in it.
type Layouted = (*const Layout, Option<TypeId>);

/// Where a layout has what is needed to decide on records of one type.
struct Way {
    /// For each fact that is looked at, the columns to go through: objects within the record, and the value. `None` where it has not all.
    facts: Vec<Option<Vec<u32>>>,
    /// Columns with objects that are decided on themselves, or hold such.
    within: Vec<(u32, TypeId, Arc<Layout>)>,
}

impl<'a> Admitting<'a> {
    /// Decides on the record or object that starts `at` a cell; `around`: the first cell of the record. Recursion is bounded by the depth of
    /// the layout.
    fn record(&mut self, declared: Option<TypeId>, layout: &Layout, at: u32, around: u32) {
        let column = layout.position(What::Type);
        let on = declared.and_then(|declared| match column.map(|column| self.raw.cell(at + column)) {
            Some(Cell::Type(on)) => Some(on),
            Some(_) => None,
            None => self.graph.object(declared).map(|_| declared),
        });
        let way = self.way(layout, on);
        if let Some((on, judged)) = on.and_then(|on| Some((on, self.decisions.judged(on)?))) {
            let facts = judged.facts.iter().zip(&way.facts).map(|(fact, path)| match (&fact.from, path) {
                // An object within a record is as open as that, and whose that is.
                (FactFrom::Closures, _) => Some(self.known.closures(at)),
                (FactFrom::Subject, _) => Some(self.known.subject(around)),
                (FactFrom::Elsewhere { many, .. }, _) => self.known.elsewhere(at, fact.position, *many),
                (FactFrom::Record(_), Some(path)) => self.said(path, at),
                (FactFrom::Record(_), None) => Some(Said::Nothing),
            });
            let key = (on, facts.collect::<Vec<_>>(), self.known.lost(at));
            let profile = match self.judged.get(&key) {
                Some(known) => *known,
                None => self.judge(judged, key),
            };
            if let Some(place) = self.verdicts.of.get_mut(at as usize) {
                *place = profile;
            }
        }
        for (column, declared, layout) in &way.within {
            self.within(self.raw.cell(at + column), *declared, layout, around);
        }
    }

    fn within(&mut self, cell: Cell, declared: TypeId, layout: &Layout, around: u32) {
        match cell {
            Cell::Object(at) => self.record(Some(declared), layout, at, around),
            Cell::List(span) => {
                (span.start..span.start + span.len)
                    .for_each(|n| self.within(self.raw.cell(n), declared, layout, around));
            }
            _ => {}
        }
    }

    fn way(&mut self, layout: &Layout, on: Option<TypeId>) -> Arc<Way> {
        let key = (std::ptr::from_ref(layout), on);
        if let Some((_, known)) = self.ways.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let judged = on.and_then(|on| self.decisions.judged(on));
        let path = |from: &FactFrom| match from {
            FactFrom::Record(path) => layout.path(path),
            FactFrom::Closures | FactFrom::Subject | FactFrom::Elsewhere { .. } => None,
        };
        let facts = judged.map(|judged| judged.facts.iter().map(|fact| path(&fact.from)).collect());
        let columns = (0_u32..).zip(&layout.columns).filter_map(|(at, column)| match (&column.what, &column.take) {
            (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
                let declared = self.graph.field(*field).ty.named;
                self.matters(inner, declared).then(|| (at, declared, inner.clone()))
            }
            _ => None,
        });
        let way = Arc::new(Way { facts: facts.unwrap_or_default(), within: columns.collect() });
        self.ways.push((key, way.clone()));
        way
    }

    /// Whether objects of this type, or objects within them, are decided on.
    fn matters(&self, layout: &Layout, declared: TypeId) -> bool {
        let judged = |on: TypeId| self.decisions.judged(on).is_some();
        self.graph.possible(declared).into_iter().any(judged)
            || layout.columns.iter().any(|column| match (&column.what, &column.take) {
                (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
                    self.matters(inner, self.graph.field(*field).ty.named)
                }
                _ => false,
            })
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

    fn judge(&mut self, judged: &Judged, key: Saying<'a>) -> u16 {
        let mut facts = vec![Said::Nothing; judged.words];
        for (fact, said) in judged.facts.iter().zip(&key.1) {
            if let Some(place) = facts.get_mut(usize::from(fact.position)) {
                *place = said.clone().unwrap_or(Said::Lost);
            }
        }
        let broken = key.1.iter().any(Option::is_none);
        let mut outcomes = vec![Outcome::Hide; self.decisions.lanes.len()];
        let mut lost = Vec::new();
        for id in &judged.lanes {
            if let (Some(place), Some(lane)) = (outcomes.get_mut(id.index()), self.decisions.lane(*id)) {
                let unknown = key.2.iter().find(|(position, _)| lane.reads >> position & 1 == 1);
                *place = match unknown {
                    _ if broken => lane.in_spite_of_loss(&facts).unwrap_or(Outcome::Deny),
                    Some((_, unknown)) => lane.in_spite_of_loss(&facts).unwrap_or_else(|| {
                        lost.push((*id, *unknown));
                        Outcome::Deny
                    }),
                    None => lane.of(&facts),
                };
            }
        }
        let hides = |id: &LaneId| outcomes.get(id.index()) == Some(&Outcome::Hide);
        // That consent is needed is said where records of the type are asked for, whether or not there is one: never of one that is there.
        let consent = |id: LaneId| outcomes.get(id.index()) == Some(&Outcome::Consent);
        let hidden = judged.never || judged.hides.iter().any(hides) || judged.own.is_some_and(consent);
        // What is hidden whatever the value had said stays as if it had never been.
        let invalid = broken.then_some(Lost { source: self.raw.source, how: Loss::Invalid });
        let hangs = lost.iter().find(|(lane, _)| self.decisions.hides_by(key.0, *lane)).map(|(_, lost)| *lost);
        let undecided = invalid.or(hangs).filter(|_| !hidden);
        let exists = |id: LaneId| outcomes.get(id.index()) == Some(&Outcome::Exists);
        self.verdicts.profiles.push(Profile {
            hidden: hidden || undecided.is_some(),
            pointer: judged.pointer || judged.own.is_some_and(exists),
            undecided,
            lanes: judged.lanes.as_slice().into(),
            outcomes: outcomes.into(),
            lost: lost.into(),
        });
        // More ways to be than fit are not told apart: they are decided as the last that does.
        let number = u16::try_from(self.verdicts.profiles.len()).unwrap_or(u16::MAX);
        self.judged.insert(key, number);
        number
    }
}

impl Verdicts {
    fn profile(&self, at: u32) -> Option<&Profile> {
        let number = self.of.get(at as usize).copied().unwrap_or_default();
        self.profiles.get(usize::from(number).checked_sub(1)?)
    }
}

impl Disclosed {
    /// May the caller know of the record, or the object, that starts at this cell?
    #[must_use]
    #[inline]
    pub fn shows(&self, at: u32) -> bool {
        let hidden = |verdicts: &Arc<Verdicts>| verdicts.profile(at).is_some_and(|profile| profile.hidden);
        !self.verdicts.as_ref().is_some_and(hidden)
    }

    /// May it stand in a list? One of which may be known only that there is such a record may not.
    #[must_use]
    #[inline]
    pub fn lists(&self, at: u32) -> bool {
        let out =
            |verdicts: &Arc<Verdicts>| verdicts.profile(at).is_some_and(|profile| profile.hidden || profile.pointer);
        !self.verdicts.as_ref().is_some_and(out)
    }

    /// Whether the record is hidden whatever may still be found out about it.
    #[must_use]
    pub fn is_gone(&self, at: u32) -> bool {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.is_some_and(|profile| profile.hidden && profile.undecided.is_none())
    }

    /// Whether all of it is decided, whatever facts that are lost had said.
    #[must_use]
    pub fn is_settled(&self, at: u32) -> bool {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.is_none_or(|profile| profile.undecided.is_none() && (profile.hidden || profile.lost.is_empty()))
    }

    /// Where the record, or the object, that starts at this cell is hidden since what it hangs on can't be read, or could not be found
    /// out: who is to blame.
    #[must_use]
    pub fn undecided(&self, at: u32) -> Option<Lost> {
        self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at)).and_then(|profile| profile.undecided)
    }

    /// What a lane comes to for the record that starts at this cell.
    #[must_use]
    #[inline]
    pub fn outcome(&self, at: u32, lane: LaneId) -> Outcome {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.and_then(|profile| profile.outcomes.get(lane.index())).copied().unwrap_or(Outcome::Hide)
    }

    /// A number that records of this answer have in common of which the same was decided.
    #[must_use]
    #[inline]
    pub fn alike(&self, at: u32) -> u16 {
        self.verdicts.as_ref().and_then(|verdicts| verdicts.of.get(at as usize).copied()).unwrap_or_default()
    }

    /// Who could not be asked for what a lane decides by, for the record that starts at this cell.
    #[must_use]
    pub fn lost(&self, at: u32, lane: LaneId) -> Option<Lost> {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at))?;
        profile.lost.iter().find(|(lost, _)| *lost == lane).map(|(_, lost)| *lost)
    }

    /// May the record be found by what these lanes decide on? Those of other types say nothing about it.
    #[must_use]
    pub fn is_found(&self, at: u32, lanes: impl IntoIterator<Item = LaneId>) -> bool {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.is_some_and(|profile| {
            let own = lanes.into_iter().filter(|lane| profile.lanes.contains(lane));
            own.into_iter().all(|lane| profile.outcomes.get(lane.index()) == Some(&Outcome::Allow))
        })
    }

    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.raw.cell(at)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.raw.text(text)
    }

    /// A text and all that lies after it, which is no part of it: to copy by blocks.
    #[must_use]
    #[inline]
    pub fn text_from(&self, text: Text) -> &[u8] {
        self.raw.text.as_bytes().get(text.start as usize..).unwrap_or_default()
    }

    /// Ids of those whose the record is that starts at this cell: one, or more where several golden records claim the number under which
    /// its source has it. None where it is nobody's, nobody knows, or nobody needed to.
    pub fn subjects(&self, at: u32) -> impl Iterator<Item = &Arc<str>> {
        self.subjects.iter().flat_map(move |subjects| subjects.of(at))
    }

    #[must_use]
    pub fn source(&self) -> SourceId {
        self.raw.source
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.raw.layout
    }

    /// Seconds since 1970 at which the source was asked.
    #[must_use]
    pub fn retrieved_at(&self) -> i64 {
        self.raw.retrieved_at
    }
}
