//! Precedents: what was judged before, in other answers, changes nothing that is decided.

use super::random::Chance;
use super::{GRAPH, asking, folder};
use crate::caller::Caller;
use crate::graph::{Constant, Convert, Graph, Locator, SourceId, TypeId, ViewId, draw};
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::policy::permit::permit_as;
use crate::policy::{Disclosed, Known, LaneId, Loss, Lost, Outcome, Permitted, Policies, admit};
use crate::record::{Cell, Column, Layout, Raw, Take, What};
use crate::request::Request;
use std::sync::Arc;

const DOCUMENT: &str = "{ people { id bookings { number state history } } }";
/// Facts of a booking.
const FACTS: [&str; 3] = ["isYouth", "facility", "tier"];
/// As the rules have it, others, and more than are looked through one by one.
const FACILITIES: [&str; 4] = ["MT0560000", "MT0010000", "", "a facility of more than two and thirty bytes"];

struct Deciding {
    graph: Graph,
    policies: Policies,
    documents: Documents,
    booking: TypeId,
}

impl Deciding {
    /// `facility`: what the field's type is.
    fn new(facility: &str) -> Self {
        let schema = format!("{}\nenum Facility {{ MT0560000 MT0010000 }}", GRAPH.trim_start());
        let schema = schema.replace("facility: String!", &format!("facility: {facility}!"));
        let graph = draw(&[("graph.graphql".into(), schema)]).unwrap_or_else(|problems| panic!("{problems}"));
        let policies = policies_without_closures(&graph);
        let booking = graph.type_named("Booking").unwrap();
        Self { graph, policies, documents: Documents::new(&Limits::default()), booking }
    }

    /// `number`: of decisions that know nothing of any others.
    fn permitted(&self, who: &str, number: usize) -> Permitted {
        let request = Request { document: format!("{DOCUMENT} # {number}"), ..Request::default() };
        let limits = Limits::default();
        let operation = operation::bind(&self.documents, &self.graph, ViewId::default(), &request, &limits).unwrap();
        permit_as(&self.policies, &self.graph, (&Caller::developer(), &asking(who)), operation, 0).unwrap()
    }

    fn layout(&self) -> Arc<Layout> {
        let column = |name: &&str| Column {
            what: What::Field(self.graph.field_named(self.booking, name).unwrap()),
            at: Locator::Constant(Constant::Null),
            take: Take::Value { convert: Arc::new(Convert::Text { from_number: true, trim: false }), list: false },
        };
        Arc::new(Layout { columns: FACTS.iter().map(column).collect() })
    }

    fn admit(&self, permitted: &Permitted, raw: &Raw, known: &Known) -> Disclosed {
        let starts: Vec<u32> = starts(raw).collect();
        admit(permitted, &self.graph, Some(self.booking), Arc::new(raw.clone()), &starts, known.clone())
    }
}

/// A rule that looks at closures would look at more than a record says by itself.
fn policies_without_closures(graph: &Graph) -> Policies {
    let (sealed, rest) = super::RULES.split_once("@id(\"youth\")").unwrap();
    assert!(sealed.contains("closed"));
    let folder = folder(&format!("@id(\"youth\"){rest}"), &[]);
    Policies::load(graph, &folder).unwrap_or_else(|problems| panic!("{problems}"))
}

fn starts(raw: &Raw) -> impl Iterator<Item = u32> {
    (0..).step_by(FACTS.len()).take(raw.cells.len() / FACTS.len())
}

/// An answer of some bookings.
fn answer(layout: &Arc<Layout>, chance: &mut Chance) -> Raw {
    let mut raw = Raw::empty(Arc::clone(layout), SourceId(0));
    let many = chance.below(3) == 0;
    for _ in 0..chance.below(40) {
        raw.cells.push(chance.one(&[Cell::Bool(true), Cell::Bool(false), Cell::Null, Cell::Invalid]));
        let facility = match chance.below(if many { 40 } else { 4 }) {
            n @ 0..4 => FACILITIES[n].to_owned(),
            n => format!("MT{n}"),
        };
        let facility = raw.push_text(&facility);
        raw.cells.push(facility);
        raw.cells.push(chance.one(&[Cell::Int(3), Cell::Null, Cell::Null, Cell::Null]));
    }
    raw
}

/// What is decided on one record.
#[derive(Debug, PartialEq)]
struct Told {
    shows: bool,
    lists: bool,
    undecided: Option<Lost>,
    lanes: Vec<Outcome>,
}

fn told(records: &Disclosed, raw: &Raw, lanes: usize) -> Vec<Told> {
    let lane = |at: u32, lane: LaneId| {
        let outcome = records.outcome(at, lane);
        assert_eq!(records.allowed(at).has(lane), outcome == Outcome::Allow);
        outcome
    };
    let one = |at: u32| Told {
        shows: records.shows(at),
        lists: records.lists(at),
        undecided: records.undecided(at),
        lanes: (0..).take(lanes).map(|number| lane(at, LaneId(number))).collect(),
    };
    starts(raw).map(one).collect()
}

#[test]
fn what_was_judged_in_other_answers_changes_nothing() {
    let (mut decided, mut hidden) = (0, 0);
    let (deciding, mut number) = (Deciding::new("Facility"), 0);
    let mut anew = |who: &str| {
        number += 1;
        deciding.permitted(who, number)
    };
    for seed in 1..150 {
        let chance = &mut Chance::new(seed);
        let who = chance.one(&["POLICE C", "PUBLIC PUBLIC", "COURT C"]);
        let permitted = anew(who);
        let lanes = permitted.decisions().lanes.len();
        let layouts = [deciding.layout(), deciding.layout()];
        for _ in 0..12 {
            let raw = answer(&chance.one(&[&layouts[0], &layouts[1]]).clone(), chance);
            let raw = if chance.below(2) == 0 { raw.condensed() } else { raw };
            let mut known = Known::default();
            if chance.below(4) == 0 {
                let lost = Lost { source: SourceId(0), how: Loss::Timeout };
                for at in starts(&raw).filter(|_| chance.below(5) == 0) {
                    known.lose(at, 2, lost);
                }
            }
            let expected = told(&deciding.admit(&anew(who), &raw, &known), &raw, lanes);
            let found = told(&deciding.admit(&permitted, &raw, &known), &raw, lanes);
            assert_eq!(found, expected, "seed {seed}, {who}");
            decided += found.len();
            hidden += found.iter().filter(|told| !told.shows).count();
        }
    }
    assert!(decided > 10_000 && hidden > 1_000 && hidden < decided - 1_000, "{hidden} of {decided} hidden");
}

/// Bookings of youths and others, in two facilities.
fn six(layout: &Arc<Layout>) -> Raw {
    let mut raw = Raw::empty(Arc::clone(layout), SourceId(0));
    for n in 0..6 {
        raw.cells.push(Cell::Bool(n % 2 == 0));
        let facility = raw.push_text(FACILITIES[n / 2 % 2]);
        raw.cells.extend([facility, Cell::Null]);
    }
    raw
}

#[test]
fn no_text_but_codes_is_kept() {
    let deciding = Deciding::new("String");
    let (permitted, layout) = (deciding.permitted("POLICE C", 0), deciding.layout());
    deciding.admit(&permitted, &six(&layout), &Known::default());
    assert!(permitted.decisions().precedents.find(&layout, deciding.booking).is_none());
}

#[test]
fn what_was_judged_before_is_not_judged_again() {
    let deciding = Deciding::new("Facility");
    let permitted = deciding.permitted("POLICE C", 0);
    let layout = deciding.layout();
    let raw = six(&layout);
    let precedents = &permitted.decisions().precedents;
    assert!(precedents.find(&layout, deciding.booking).is_none());
    deciding.admit(&permitted, &raw, &Known::default());
    let (seen, profiles) = precedents.find(&layout, deciding.booking).unwrap();
    assert_eq!(seen.count(), 4);
    deciding.admit(&permitted, &raw, &Known::default());
    let (again, same) = precedents.find(&layout, deciding.booking).unwrap();
    assert!(Arc::ptr_eq(&seen, &again) && Arc::ptr_eq(&profiles, &same));
    // Of another layout nothing is known, however like it is.
    assert!(precedents.find(&deciding.layout(), deciding.booking).is_none());
    assert_eq!(format!("{precedents:?}"), "Precedents");
}
