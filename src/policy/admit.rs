//! Admit: decides on the records of one answer, as they arrive and before their keys lead anywhere.
//!
//! What has to be decided record by record is known from the operation; here the facts of each record are looked at. Records that say the
//! same of themselves get the same verdict, which is worked out once. A record that is not judged where it should have been is hidden.

use super::decisions::{Decisions, FactFrom, Judged, LaneId, Needed};
use super::known::{Known, Loss, Lost, Subjects};
use super::numbers::Numbers;
use super::outcome::Outcome;
use super::permit::Permitted;
use super::rule::{Said, Scalar};
use crate::graph::{Graph, SourceId, TypeId};
use crate::record::{Cell, Column, Had, Layout, Raw, Take, Text, What};
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use std::rc::Rc;
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
    /// The profiles of records and objects. Not of what is not decided on.
    of: Numbers,
    profiles: Vec<Profile>,
    /// Some profile hides.
    hide: bool,
    /// Some profile hides, or is a pointer.
    thin: bool,
    /// Some profile is undecided.
    undecided: bool,
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

/// What was decided on one record, or object within one.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a>(&'a Profile);

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
        admitting.verdicts.of = Numbers::around(starts, raw.layout.width());
        let form = Form::of(&raw.layout);
        for at in starts {
            admitting.record(on, form, *at, *at);
        }
        Arc::new(admitting.verdicts)
    });
    Disclosed { raw, verdicts, subjects: known.into_subjects().map(Arc::new) }
}

/// Whether records of this type as declared, or objects within them, are decided on.
fn matters(decisions: &Decisions, graph: &Graph, layout: &Layout, declared: Option<TypeId>) -> bool {
    let judged = |on: TypeId| decisions.judged(on).is_some();
    let within = |column: &Column| match (&column.what, &column.take) {
        (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
            matters(decisions, graph, inner, Some(graph.field(*field).ty.named))
        }
        _ => false,
    };
    decisions.judges()
        && (declared.is_some_and(|on| graph.possible(on).into_iter().any(judged)) || layout.columns.iter().any(within))
}

/// How many sayings are looked through one by one.
const FEW: usize = 8;

struct Admitting<'a> {
    decisions: &'a Decisions,
    graph: &'a Graph,
    raw: &'a Raw,
    known: &'a Known,
    verdicts: Verdicts,
    /// What was said so far: each has the profile of the same number.
    sayings: IndexSet<Saying<'a>, RandomState>,
    ways: Vec<(Formed, Rc<Way>)>,
}

/// What a record says: its type, its facts (`None` for a value that is none of its type), and what could not be found out.
#[derive(PartialEq, Eq, Hash)]
struct Saying<'a> {
    on: TypeId,
    facts: Vec<Option<Said<'a>>>,
    lost: &'a [(u8, Lost)],
}

/// A fact that is looked at, and the columns to go through to it.
type Looked<'w> = (&'w Needed, Option<&'w [u32]>);

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
        let (verdicts, sayings) = (Verdicts::default(), IndexSet::default());
        Self { decisions, graph, raw, known, verdicts, sayings, ways: Vec::new() }
    }

    /// Decides on the record or object that starts `at` a cell; `around`: the first cell of the record. Recursion is bounded by the depth of
    /// the layout.
    fn record(&mut self, declared: Option<TypeId>, form: Form<'_>, at: u32, around: u32) {
        let on = declared.and_then(|declared| match form.type_column.map(|column| self.raw.cell(at + column)) {
            Some(Cell::Type(on)) => Some(on),
            Some(_) => None,
            None => self.graph.object(declared).map(|_| declared),
        });
        let way = self.way(form.layout, on);
        if let Some((on, judged)) = on.and_then(|on| Some((on, self.decisions.judged(on)?))) {
            let profile = self.profile(on, judged, &way, (at, around));
            self.verdicts.of.insert(at, profile);
        }
        for (column, declared, layout) in &way.within {
            self.within(self.raw.cell(at + column), *declared, Form::of(layout), around);
        }
    }

    /// The number of the profile of a record, by what it says.
    fn profile(&mut self, on: TypeId, judged: &Judged, way: &Way, (at, around): (u32, u32)) -> u32 {
        let lost = self.known.lost(at);
        let facts = || judged.facts.iter().zip(&way.facts).map(|(fact, path)| (fact, path.as_deref()));
        // Mostly there are few, and to compare is quicker than to write down and to hash.
        let same = |known: &Saying<'_>| {
            let mut all = facts().zip(&known.facts);
            (known.on, known.lost) == (on, lost)
                && all.all(|(looked, said)| self.says(looked, (at, around), said.as_ref()))
        };
        let few = self.sayings.iter().take(FEW).position(same);
        let number = few.unwrap_or_else(|| {
            let facts = facts().map(|looked| self.fact(looked, (at, around))).collect();
            let saying = Saying { on, facts, lost };
            self.sayings.get_index_of(&saying).unwrap_or_else(|| self.judge(judged, saying))
        });
        u32::try_from(number).unwrap_or(u32::MAX)
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

    /// Whether it says this.
    fn says(&self, looked: Looked<'_>, (at, around): (u32, u32), said: Option<&Said<'_>>) -> bool {
        // What most facts are is not written down to be compared.
        if let (FactFrom::Record(_), Some([column])) = (&looked.0.from, looked.1) {
            match (self.raw.cell(at + column), said) {
                (Cell::Null, said) => return matches!(said, Some(Said::Nothing)),
                (Cell::Bool(truth), Some(Said::One(Scalar::Truth(known)))) => return truth == *known,
                (Cell::Int(number), Some(Said::One(Scalar::Number(known)))) => return number == *known,
                (Cell::Text(text), Some(Said::One(Scalar::Text(known)))) => return self.raw.text(text) == *known,
                _ => {}
            }
        }
        self.fact(looked, (at, around)).as_ref() == said
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

    fn way(&mut self, layout: &Layout, on: Option<TypeId>) -> Rc<Way> {
        let key = (std::ptr::from_ref(layout), on);
        if let Some((_, known)) = self.ways.iter().find(|(known, _)| *known == key) {
            return Rc::clone(known);
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
                let matters = matters(self.decisions, self.graph, inner, Some(declared));
                matters.then(|| (at, declared, inner.clone()))
            }
            _ => None,
        });
        let way = Rc::new(Way { facts: facts.unwrap_or_default(), within: columns.collect() });
        self.ways.push((key, Rc::clone(&way)));
        way
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

    fn judge(&mut self, judged: &Judged, says: Saying<'a>) -> usize {
        let mut facts = vec![Said::Nothing; judged.words];
        for (fact, said) in judged.facts.iter().zip(&says.facts) {
            if let Some(place) = facts.get_mut(usize::from(fact.position)) {
                *place = said.clone().unwrap_or(Said::Lost);
            }
        }
        let broken = says.facts.iter().any(Option::is_none);
        let mut outcomes = vec![Outcome::Hide; self.decisions.lanes.len()];
        let mut lost = Vec::new();
        for id in &judged.lanes {
            if let (Some(place), Some(lane)) = (outcomes.get_mut(id.index()), self.decisions.lane(*id)) {
                let unknown = says.lost.iter().find(|(position, _)| lane.reads >> position & 1 == 1);
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
        let hangs = lost.iter().find(|(lane, _)| self.decisions.hides_by(says.on, *lane)).map(|(_, lost)| *lost);
        let undecided = invalid.or(hangs).filter(|_| !hidden);
        let exists = |id: LaneId| outcomes.get(id.index()) == Some(&Outcome::Exists);
        self.verdicts.add(Profile {
            hidden: hidden || undecided.is_some(),
            pointer: judged.pointer || judged.own.is_some_and(exists),
            undecided,
            lanes: judged.lanes.as_slice().into(),
            outcomes: outcomes.into(),
            lost: lost.into(),
        });
        self.sayings.insert_full(says).0
    }
}

impl Verdicts {
    fn add(&mut self, profile: Profile) {
        self.hide |= profile.hidden;
        self.thin |= profile.hidden || profile.pointer;
        self.undecided |= profile.undecided.is_some();
        self.profiles.push(profile);
    }

    fn profile(&self, at: u32) -> Option<&Profile> {
        self.profiles.get(self.of.get(at)? as usize)
    }
}

impl Verdict<'_> {
    /// What a lane comes to.
    #[must_use]
    #[inline]
    pub fn outcome(self, lane: LaneId) -> Outcome {
        self.0.outcomes.get(lane.index()).copied().unwrap_or(Outcome::Hide)
    }

    /// Who could not be asked for what a lane decides by.
    #[must_use]
    pub fn lost(self, lane: LaneId) -> Option<Lost> {
        self.0.lost.iter().find(|(lost, _)| *lost == lane).map(|(_, lost)| *lost)
    }
}

impl Disclosed {
    /// What was decided on the record, or the object, that starts at this cell; `None` where nothing depends on it.
    #[must_use]
    #[inline]
    pub fn verdict(&self, at: u32) -> Option<Verdict<'_>> {
        self.verdicts.as_ref()?.profile(at).map(Verdict)
    }

    /// May the caller know of the record, or the object, that starts at this cell?
    #[must_use]
    #[inline]
    pub fn shows(&self, at: u32) -> bool {
        let verdicts = self.verdicts.as_ref().filter(|verdicts| verdicts.hide);
        !verdicts.and_then(|verdicts| verdicts.profile(at)).is_some_and(|profile| profile.hidden)
    }

    /// May it stand in a list? One of which may be known only that there is such a record may not.
    #[must_use]
    #[inline]
    pub fn lists(&self, at: u32) -> bool {
        let verdicts = self.verdicts.as_ref().filter(|verdicts| verdicts.thin);
        let profile = verdicts.and_then(|verdicts| verdicts.profile(at));
        !profile.is_some_and(|profile| profile.hidden || profile.pointer)
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
        self.verdicts.as_ref().filter(|verdicts| verdicts.undecided)?.profile(at)?.undecided
    }

    /// Whether there is any such record or object.
    #[must_use]
    pub fn has_undecided(&self) -> bool {
        self.verdicts.as_ref().is_some_and(|verdicts| verdicts.undecided)
    }

    /// What a lane comes to for the record that starts at this cell.
    #[must_use]
    #[inline]
    pub fn outcome(&self, at: u32, lane: LaneId) -> Outcome {
        self.verdict(at).map_or(Outcome::Hide, |verdict| verdict.outcome(lane))
    }

    /// A number that records of this answer have in common of which the same was decided.
    #[must_use]
    #[inline]
    pub fn alike(&self, at: u32) -> u32 {
        let number = self.verdicts.as_ref().and_then(|verdicts| verdicts.of.get(at));
        number.map_or(0, |number| number.saturating_add(1))
    }

    /// May the record be found by what these lanes decide on? Those of other types say nothing about it.
    #[must_use]
    pub fn is_found(&self, at: u32, lanes: impl IntoIterator<Item = LaneId>) -> bool {
        self.verdict(at).is_some_and(|Verdict(profile)| {
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

    /// The cells of the record that starts at this one, and all that lie after them.
    #[must_use]
    #[inline]
    pub fn cells_from(&self, at: u32) -> &[Cell] {
        self.raw.cells.get(at as usize..).unwrap_or_default()
    }

    /// The texts of all records: to copy by blocks.
    #[must_use]
    #[inline]
    pub fn texts(&self) -> &[u8] {
        self.raw.text.as_bytes()
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

    /// How the record that starts at this cell was had, and the seconds since 1970 at which its source was asked.
    #[must_use]
    pub fn had(&self, at: u32) -> (Had, i64) {
        self.raw.had(at)
    }

    /// Whether all records were asked for just now.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.raw.stretches.iter().all(|stretch| stretch.had == Had::Asked)
    }

    /// Seconds since 1970 at which the source was asked for the first of them.
    #[must_use]
    pub fn retrieved_at(&self) -> i64 {
        self.raw.stretches.iter().map(|stretch| stretch.retrieved_at).min().unwrap_or(self.raw.retrieved_at)
    }
}
