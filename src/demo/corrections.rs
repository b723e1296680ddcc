//! Corrections: who is supervised in the community, and who is in prison, following from what courts imposed.

use super::cast::{self, Role};
use super::chance::Chance;
use super::court::sentence::{Kind, Sentence};
use super::court::{Case, Disposition, Status as CaseStatus};
use super::names;
use super::places::county_of;
use super::world::item;
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;

const STREAM: u64 = 41;
const STREAM_OFFICERS: u64 = 42;
const STREAM_FILE: u64 = 43;
/// ORI of the department.
pub const ORI: &str = "MT025015C";
/// Officers of one county's office.
const OFFICERS: u8 = 6;

#[derive(Debug, Default)]
pub struct Corrections {
    pub supervisions: Vec<Supervision>,
    pub inmates: Vec<Inmate>,
    /// By the department's own number for a person, which is that of their golden place.
    pub supervisions_of: HashMap<u32, Vec<u32>>,
    pub inmates_of: HashMap<u32, Vec<u32>>,
    /// By federation id of the officer: those that have not ended, in the order of their ids.
    pub caseloads: HashMap<String, Vec<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    pub person: u32,
    /// Place of the case.
    pub case: u32,
    pub category: Category,
    pub status: Status,
    pub started: Date,
    /// When it is to end.
    pub ends: Date,
    pub ended: Option<Date>,
    pub county: u8,
    pub officer: u8,
    pub key: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Pretrial,
    Probation,
    Parole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Active,
    Absconder,
    Completed,
    CompletedEarly,
    Revoked,
    Canceled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inmate {
    pub person: u32,
    pub case: u32,
    pub admitted: Date,
    /// When the department expects to let the person go; then parole began.
    pub release: Date,
    pub out: bool,
}

impl Inmate {
    /// Men at Deer Lodge, women at Billings.
    #[must_use]
    pub const fn facility(female: bool) -> (&'static str, &'static str) {
        if female { ("MT056025C", "Montana Women's Prison") } else { ("MT039015C", "Montana State Prison") }
    }
}

/// What follows for corrections from one case.
pub fn follow(corrections: &mut Corrections, seed: u64, today: Date, (place, case): (u32, &Case)) -> Result<()> {
    let chance = &mut Chance::new(seed, STREAM, case.key);
    let officer = chance.few(OFFICERS);
    let pretrial = chance.permille(150) && cast::role_at(case.person).is_none();
    let supervision = |category, started: Date, ends: Date| Supervision {
        person: case.person,
        case: place,
        category,
        status: Status::Active,
        started,
        ends,
        ended: None,
        county: case.county,
        officer,
        key: case.key,
    };
    if !case.felony() {
        return Ok(());
    }
    let sentenced = case.charges.iter().find_map(|charge| charge.sentence.as_deref().zip(charge.ended));
    let Some((sentence, ended)) = sentenced else {
        let first = case.hearings.first().map(|hearing| hearing.at);
        if let Some(first) = first.filter(|_| pretrial && case.status == CaseStatus::Open) {
            let started = first.to_zoned(jiff::tz::TimeZone::UTC).date();
            if started < today {
                corrections.supervisions.push(supervision(
                    Category::Pretrial,
                    started,
                    started.checked_add(365.days())?,
                ));
            }
        }
        return Ok(());
    };
    if let (Some(_), Some(release)) = (sentence.prison(), sentence.parole_eligible()) {
        let out = release < today;
        corrections.inmates.push(Inmate { person: case.person, case: place, admitted: sentence.imposed, release, out });
        if out {
            let parole = supervision(Category::Parole, release, sentence.over);
            corrections.supervisions.push(ended_by(chance, parole, today, ended.how, sentence)?);
        }
    } else if sentence.components.iter().any(|one| matches!(one.kind, Kind::Suspended | Kind::Deferred)) {
        let probation = supervision(Category::Probation, sentence.imposed, sentence.over);
        corrections.supervisions.push(ended_by(chance, probation, today, ended.how, sentence)?);
    }
    Ok(())
}

/// How a supervision stands, and when it ended.
fn ended_by(
    chance: &mut Chance,
    mut one: Supervision,
    today: Date,
    how: Disposition,
    sentence: &Sentence,
) -> Result<Supervision> {
    let role = cast::role_at(one.person);
    let days = i64::from((one.ends - one.started).get_days()).max(2);
    let (early, absconded) = (chance.permille(80), chance.permille(60));
    let left = one.started.checked_add(chance.between(days / 2, days - 1).days())?;
    if role == Some(Role::Dead) {
        (one.status, one.ended) = (Status::Canceled, Some(Date::constant(2026, 5, 4)));
    } else if sentence.status == super::court::sentence::Status::Revoked {
        (one.status, one.ended) = (Status::Revoked, Some(one.started.max(left.min(today))));
    } else if how == Disposition::DeferredDismissed || one.ends <= today {
        (one.status, one.ended) = (Status::Completed, Some(one.ends.min(today)));
    } else if early && left < today && role.is_none() {
        (one.status, one.ended) = (Status::CompletedEarly, Some(left));
    } else if absconded && role.is_none() {
        one.status = Status::Absconder;
    }
    Ok(one)
}

impl Corrections {
    /// Finds everything by whom it is about.
    pub fn open(&mut self) {
        for (at, one) in (0..).zip(&self.supervisions) {
            self.supervisions_of.entry(one.person).or_default().push(at);
            if one.ended.is_none() {
                self.caseloads.entry(officer_id(one.county, one.officer)).or_default().push(at);
            }
        }
        for (at, one) in (0..).zip(&self.inmates) {
            self.inmates_of.entry(one.person).or_default().push(at);
        }
    }

    #[must_use]
    pub fn supervision(&self, id: &str) -> Option<(u32, &Supervision)> {
        let at = id.strip_prefix("SV")?.parse().ok()?;
        Some((at, item(&self.supervisions, at)?))
    }
}

/// Number of the supervision at a place.
#[must_use]
pub fn supervision_id(place: u32) -> String {
    format!("SV{place:07}")
}

/// Federation id of an officer.
#[must_use]
pub fn officer_id(county: u8, officer: u8) -> String {
    format!("pp-{county:02}-{officer}@corrections.example")
}

#[must_use]
pub fn officer_name(seed: u64, county: u8, officer: u8) -> String {
    let mut chance = Chance::new(seed, STREAM_OFFICERS, u64::from(county) * 100 + u64::from(officer));
    let female = chance.permille(450);
    names::invent(&mut chance, female).full()
}

/// What the file of a supervision holds besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub level: &'static str,
    pub conditions: Vec<(&'static str, &'static str)>,
    pub violations: Vec<Violation>,
    pub assessment: Option<(Date, &'static str, u8)>,
    pub treatment: Option<Treatment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub on: Date,
    pub kind: ViolationKind,
    pub response: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViolationKind {
    Technical,
    NewOffense,
    Absconded,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    pub program: &'static str,
    pub started: Date,
    pub ended: Option<Date>,
    pub outcome: Option<&'static str>,
    /// ORIs to which it may be disclosed.
    pub consent: Vec<&'static str>,
}

const CONDITIONS: [(&str, &str); 6] = [
    ("STD-01", "Report as directed"),
    ("STD-04", "No alcohol or drugs; submit to testing"),
    ("STD-07", "No weapons"),
    ("SPC-11", "No contact with the victim"),
    ("SPC-15", "Complete treatment as assessed"),
    ("SPC-22", "Pay restitution"),
];

/// Drawn from the supervision's own number when somebody asks.
pub fn file(seed: u64, today: Date, one: &Supervision) -> Result<File> {
    let chance = &mut Chance::new(seed, STREAM_FILE, one.key ^ u64::from(one.category == Category::Parole));
    let last = one.ended.unwrap_or(today);
    let days = i64::from((last - one.started).get_days()).max(1);
    let level = *chance.pick(&["ADMIN", "LOW", "MEDIUM", "HIGH"]);
    let conditions = CONDITIONS.into_iter().filter(|_| chance.permille(600)).collect();
    let mut violations = Vec::new();
    let count = chance.weighed(&[(0, 60), (1, 25), (2, 15)], |one: &(u32, u32)| one.1).0;
    for _ in 0..count {
        let on = one.started.checked_add(chance.between(0, days - 1).days())?;
        let (kind, response) = match chance.below(10) {
            0..=6 => (ViolationKind::Technical, "Sanction, 2 days in jail"),
            7..=8 => (ViolationKind::NewOffense, "Report of violation to the court"),
            _ => (ViolationKind::Absconded, "Warrant requested"),
        };
        violations.push(Violation { on, kind, response });
    }
    violations.sort_by_key(|violation| std::cmp::Reverse(violation.on));
    let assessed = one.started.checked_add(chance.between(5, 30).days())?;
    let score = chance.few(40);
    let risk = if score < 14 {
        "LOW"
    } else if score < 24 {
        "MODERATE"
    } else {
        "HIGH"
    };
    let role = cast::role_at(one.person);
    let treated = match role {
        Some(Role::TreatedConsenting | Role::TreatedSilent) => true,
        Some(_) => false,
        None => chance.permille(180),
    };
    let consents = match role {
        Some(Role::TreatedConsenting) => true,
        Some(_) => false,
        None => chance.permille(500),
    };
    let started = one.started.checked_add(20.days())?;
    let over = started.checked_add(180.days())?;
    let treatment = (treated && started < today).then(|| Treatment {
        program: "Outpatient treatment, level 2.1",
        started,
        ended: (over < today).then_some(over),
        outcome: (over < today).then_some("Completed"),
        consent: if consents { vec![ORI] } else { Vec::new() },
    });
    let assessment = (assessed < last).then_some((assessed, risk, score));
    Ok(File { level, conditions, violations, assessment, treatment })
}

/// Where to report.
#[must_use]
pub fn office(county: u8) -> String {
    format!("{} Probation and Parole", county_of(county).seat)
}
