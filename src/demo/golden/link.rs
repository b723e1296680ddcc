//! Link: charges, each once, out of what agencies recorded of them.
//!
//! The number of the arrest and the charge's place in it tie records together. A court's charge without that number is tied by other
//! marks: the person, the section and the date, where exactly one charge fits. Else it stays alone, and is counted as such.

use crate::demo::arrests::Arrest;
use crate::demo::court::{Case, CaseKind, Charge, Disposition, Plea};
use crate::demo::dirt::records::{self, statute};
use crate::demo::dirt::{Error, Writer};
use crate::demo::people::Person;
use crate::demo::statutes::Statute;
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use jiff::civil::Date;

/// Days from an arrest to the filing within which both may be of one charge.
const FILED_WITHIN_DAYS: i32 = 30;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldenCharge {
    pub mans: Option<u64>,
    pub sequence: Option<usize>,
    pub case_number: Option<String>,
    pub count: Option<usize>,
    pub statute: &'static Statute,
    /// False where no agency wrote the section so that it can be told.
    pub section_known: bool,
    pub offense_on: Date,
    pub status: &'static str,
    pub outcome: Option<Outcome>,
    pub stages: Vec<Stage>,
    pub is_sealed: bool,
    pub is_youth: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub how: Disposition,
    pub plea: Plea,
    pub on: Date,
    pub court: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub kind: &'static str,
    pub on: Date,
    pub agency: String,
    pub record: String,
    pub statute_raw: String,
    pub section: Option<&'static str>,
    pub linked_by: Tie,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    Number,
    Marks,
    None,
}

impl Tie {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number => "NUMBER",
            Self::Marks => "MARKS",
            Self::None => "NONE",
        }
    }
}

/// A disposition that a court reported, and how it was tied to an arrest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    pub court_ori: String,
    pub court: String,
    pub tie: Tie,
}

/// The charges of one golden record, in the order of their arrests; and the dispositions among them.
#[must_use]
pub fn charges(world: &World, index: u32, person: &Person) -> (Vec<GoldenCharge>, Vec<Reported>) {
    let mut charges = Vec::new();
    let mut reported = Vec::new();
    for place in world.arrests_of.get(&index).map(Vec::as_slice).unwrap_or_default() {
        if let Some(arrest) = world.arrest(*place).filter(|arrest| arrest.mans.is_some()) {
            arrested(world, (*place, arrest), &mut charges);
            let case = arrest.case.and_then(|case| world.case(case));
            if let Some(case) = case.filter(|case| !records::case(world.seed, case.key).mans_missing) {
                for (at, charge) in case.charges.iter().enumerate() {
                    let known = charges
                        .iter()
                        .position(|one: &GoldenCharge| one.mans == arrest.mans && one.sequence == Some(at + 1));
                    file(world, case, (at, charge), known.map(|at| (at, Tie::Number)), &mut charges, &mut reported);
                }
            }
        }
    }
    for party in world.numbers_of(index, System::FullCourt) {
        for case in world.courts.cases_of(party) {
            if case.mans.is_some() && !records::case(world.seed, case.key).mans_missing {
                continue;
            }
            for (at, charge) in case.charges.iter().enumerate() {
                let fits = by_marks(world, case, (at, charge), &charges);
                file(world, case, (at, charge), fits.map(|at| (at, Tie::Marks)), &mut charges, &mut reported);
            }
        }
    }
    for charge in &mut charges {
        charge.stages.sort_by_key(|stage| stage.on);
    }
    debug_assert!(!person.id.is_empty());
    (charges, reported)
}

/// What the repository and the jail know of an arrest.
fn arrested(world: &World, (place, arrest): (u32, &Arrest), charges: &mut Vec<GoldenCharge>) {
    let on = world.date(arrest.at);
    let mans = arrest.mans.map(|mans| mans.to_string()).unwrap_or_default();
    let reported = !(records::arrest(world.seed, arrest.key()).late && arrest.at > world.late_since());
    let stay = [("MT0560000", &world.yellowstone), ("MT0160000", &world.gallatin)]
        .into_iter()
        .find_map(|(ori, jail)| Some((ori, item(&jail.stays, *jail.by_arrest.get(&place)?)?)));
    for (at, section) in arrest.charges.iter().enumerate() {
        let mut stages = Vec::new();
        if reported {
            let (raw, wrong) = statute(world.seed, Writer::Police, arrest.key(), at, section);
            stages.push(stage("ARREST", on, (arrest.agency(), mans.clone()), raw, (section, wrong), Tie::Number));
        }
        if let Some((ori, stay)) = stay {
            let (raw, wrong) = statute(world.seed, Writer::Jail, stay.key, at, section);
            let record = (ori.to_owned(), stay.number.clone());
            stages.push(stage("ARREST", world.date(stay.booked), record, raw, (section, wrong), Tie::Number));
        }
        if stages.is_empty() {
            continue;
        }
        charges.push(GoldenCharge {
            mans: arrest.mans,
            sequence: Some(at + 1),
            case_number: None,
            count: None,
            statute: section,
            section_known: stages.iter().any(|stage| stage.section.is_some()),
            offense_on: on,
            status: if arrest.filed_after.is_none() && cast_mistaken(arrest) { "DROPPED" } else { "ARRESTED" },
            outcome: None,
            stages,
            is_sealed: false,
            is_youth: arrest.youth(),
        });
    }
}

fn cast_mistaken(arrest: &Arrest) -> bool {
    use crate::demo::cast::{Role, role_at};
    role_at(arrest.person) == Some(Role::Mistaken)
}

fn stage(
    kind: &'static str,
    on: Date,
    (agency, record): (String, String),
    statute_raw: String,
    (section, wrong): (&'static Statute, Option<Error>),
    linked_by: Tie,
) -> Stage {
    let section = wrong.is_none().then_some(section.section);
    Stage { kind, on, agency, record, statute_raw, section, linked_by }
}

/// The one charge that has no case yet, of the same section, from an arrest shortly before the filing.
fn by_marks(world: &World, case: &Case, (at, charge): (usize, &Charge), charges: &[GoldenCharge]) -> Option<usize> {
    let (_, wrong) = statute(world.seed, Writer::Court, case.key, at, charge.statute);
    // a citation comes of no arrest
    if wrong.is_some() || case.kind == CaseKind::Citation {
        return None;
    }
    let filed = world.date(case.filed);
    let mut fits = charges.iter().enumerate().filter(|(_, one)| {
        let days = (filed - one.offense_on).get_days();
        one.case_number.is_none()
            && one.mans.is_some()
            && one.section_known
            && one.statute == charge.statute
            && (0..=FILED_WITHIN_DAYS).contains(&days)
    });
    let first = fits.next()?.0;
    fits.next().is_none().then_some(first)
}

/// Puts a court's charge where it belongs, or on its own.
fn file(
    world: &World,
    case: &Case,
    (at, charge): (usize, &Charge),
    known: Option<(usize, Tie)>,
    charges: &mut Vec<GoldenCharge>,
    reported: &mut Vec<Reported>,
) {
    let tie = known.map_or(Tie::None, |known| known.1);
    let place = known.map_or_else(
        || {
            charges.push(GoldenCharge {
                mans: None,
                sequence: None,
                case_number: None,
                count: None,
                statute: charge.statute,
                section_known: false,
                offense_on: world.date(case.filed),
                status: "PENDING",
                outcome: None,
                stages: Vec::new(),
                is_sealed: false,
                is_youth: false,
            });
            charges.len() - 1
        },
        |known| known.0,
    );
    let Some(golden) = charges.get_mut(place) else { return };
    let dirt = records::case(world.seed, case.key);
    let (raw, wrong) = statute(world.seed, Writer::Court, case.key, at, charge.statute);
    let record = || (case.court_ori(), case.number.clone());
    let section = (charge.statute, wrong);
    golden.stages.push(stage("FILED", world.date(case.filed), record(), raw.clone(), section, tie));
    golden.section_known |= wrong.is_none();
    golden.case_number = Some(case.number.clone());
    golden.count = Some(at + 1);
    golden.is_sealed = case.sealed();
    golden.status = "PENDING";
    // what the court shows of the last days is not here before it is entered there
    let ended = shown_end(world, case, charge).filter(|_| !dirt.never_sent);
    if let Some(ended) = ended {
        golden.stages.push(stage("DISPOSED", ended.on, record(), raw, section, tie));
        golden.status = match ended.how {
            Disposition::Plea | Disposition::Trial => "CONVICTED",
            Disposition::Acquitted => "ACQUITTED",
            Disposition::Dismissed | Disposition::DeferredDismissed => "DROPPED",
            Disposition::Deferred => "DEFERRED",
        };
        golden.outcome = Some(Outcome { how: ended.how, plea: ended.plea, on: ended.on, court: case.court() });
        if case.kind != CaseKind::Citation {
            reported.push(Reported { court_ori: case.court_ori(), court: case.court(), tie });
        }
    }
}

/// How a charge ended, by the court's own system: nothing where it has not been entered yet.
#[must_use]
pub fn shown_end(world: &World, case: &Case, charge: &Charge) -> Option<crate::demo::court::Ended> {
    let ended = charge.ended?;
    let late = records::case(world.seed, case.key).late && ended.on > world.date(world.late_since());
    (!late).then_some(ended)
}
