//! Court: the cases of all courts, as things are. How the courts' own system words them is `agencies`' concern.

use super::arrests::{Arrest, DAY};
use super::chance::Chance;
use super::custody::before;
use super::names;
use super::places::{county_of, district_court, justice_court};
use super::statutes::Statute;
use anyhow::Result;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;

const STREAM_JUDGES: u64 = 3;
/// Minutes after the filing before anybody is given up on.
const MISSING_AFTER: i64 = 60 * DAY;

/// All courts: cases in order of filing, and ways to them.
#[derive(Debug, Default)]
pub struct Courts {
    pub cases: Vec<Case>,
    pub by_number: HashMap<String, usize>,
    /// By the courts' own number for a defendant.
    pub by_party: HashMap<u64, Vec<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub number: String,
    pub county: u8,
    /// In the district court; else in the justice court.
    pub felony: bool,
    pub party: u64,
    pub filed: Timestamp,
    pub status: Status,
    pub charges: Vec<Charge>,
    pub hearings: Vec<Hearing>,
    pub updated: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Open,
    Inactive,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    pub statute: &'static Statute,
    pub disposed: Option<(Disposition, Date)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Plea,
    Trial,
    Acquitted,
    Dismissed,
    Deferred,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    pub kind: HearingKind,
    pub at: Timestamp,
    pub room: u32,
    pub status: HearingStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HearingKind {
    InitialAppearance,
    Arraignment,
    Omnibus,
    ChangeOfPlea,
    Trial,
    Sentencing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HearingStatus {
    Scheduled,
    Held,
    Continued,
    Vacated,
}

/// The present, and where its clocks hang.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    pub moment: Timestamp,
    pub zone: &'a TimeZone,
}

/// The case that follows an arrest, still without its number. `days`: how long after the arrest it is filed.
pub fn case(chance: &mut Chance, now: Now, party: u64, arrest: &Arrest, days: i64) -> Result<Case> {
    let felony = arrest.felony();
    let arrested = before(now.moment, arrest.minutes_ago)?.to_zoned(now.zone.clone()).date();
    let filed = business(chance, now, arrested, days)?;
    let filed_on = filed.to_zoned(now.zone.clone()).date();
    let (low, high) = if felony { (90, 400) } else { (20, 200) };
    let ends_after = chance.between(low, high);
    let fate = fate(chance, felony);
    let mut hearings = hearings(chance, now, filed_on, ends_after, fate, felony)?;
    let end = hearings.iter().find(|hearing| ends(hearing.kind) && hearing.at < now.moment);
    let disposed_on = end.map(|hearing| hearing.at.to_zoned(now.zone.clone()).date());
    // a defendant who does not appear: nothing more is set until they are found
    let missing = chance.permille(50) && filed < before(now.moment, MISSING_AFTER)?;
    let status = match disposed_on {
        Some(_) if hearings.iter().all(|hearing| hearing.at < now.moment) => Status::Closed,
        None if missing => Status::Inactive,
        _ => Status::Open,
    };
    if status == Status::Inactive {
        hearings.retain(|hearing| hearing.at < now.moment);
    }
    let last_held = hearings.iter().map(|hearing| hearing.at).filter(|at| *at < now.moment).max();
    Ok(Case {
        number: String::new(),
        county: arrest.county,
        felony,
        party,
        filed,
        status,
        charges: charges(chance, &arrest.charges, fate, disposed_on),
        hearings,
        updated: last_held.unwrap_or(filed),
    })
}

/// Of cases that end, 22 % are dismissed and 3 % tried; three in ten felony pleas end in a deferred sentence.
fn fate(chance: &mut Chance, felony: bool) -> Disposition {
    match chance.below(1000) {
        0..=219 => Disposition::Dismissed,
        220..=239 => Disposition::Trial,
        240..=249 => Disposition::Acquitted,
        _ if felony && chance.permille(300) => Disposition::Deferred,
        _ => Disposition::Plea,
    }
}

/// The gravest charge ends as the case does; one in three of the others is dismissed along the way.
fn charges(chance: &mut Chance, filed: &[&'static Statute], fate: Disposition, on: Option<Date>) -> Vec<Charge> {
    let gravest = filed.iter().position(|statute| statute.felony).unwrap_or(0);
    let end = |(at, statute): (usize, &&'static Statute)| {
        let dropped = chance.permille(330) && at != gravest;
        let disposition = if dropped { Disposition::Dismissed } else { fate };
        Charge { statute, disposed: on.map(|on| (disposition, on)) }
    };
    filed.iter().enumerate().map(end).collect()
}

fn hearings(
    chance: &mut Chance,
    now: Now,
    filed: Date,
    ends_after: i64,
    fate: Disposition,
    felony: bool,
) -> Result<Vec<Hearing>> {
    let tried = matches!(fate, Disposition::Trial | Disposition::Acquitted | Disposition::Dismissed);
    let last = if tried { HearingKind::Trial } else { HearingKind::ChangeOfPlea };
    let mut days = vec![(HearingKind::InitialAppearance, 1), (HearingKind::Arraignment, 12)];
    if felony {
        days.push((HearingKind::Omnibus, ends_after / 2));
    }
    days.push((last, ends_after));
    if felony && !matches!(fate, Disposition::Dismissed | Disposition::Acquitted) {
        days.push((HearingKind::Sentencing, ends_after + 45));
    }
    let room = u32::try_from(chance.between(1, 4) * 100 + chance.between(1, 9))?;
    let mut hearings = Vec::with_capacity(days.len());
    for (kind, after) in days {
        let at = business(chance, now, filed, after)?;
        let status = match chance.below(100) {
            _ if at >= now.moment => HearingStatus::Scheduled,
            _ if kind == HearingKind::Trial && fate == Disposition::Dismissed => HearingStatus::Vacated,
            0..=9 if !ends(kind) => HearingStatus::Continued,
            _ => HearingStatus::Held,
        };
        hearings.push(Hearing { kind, at, room, status });
    }
    Ok(hearings)
}

/// The hearing after which the charges have ended.
const fn ends(kind: HearingKind) -> bool {
    matches!(kind, HearingKind::ChangeOfPlea | HearingKind::Trial)
}

/// A time in office hours, so many days later or on the Monday after.
fn business(chance: &mut Chance, now: Now, from: Date, days: i64) -> Result<Timestamp> {
    let day = from.checked_add(days.days())?;
    let day = match day.weekday() {
        Weekday::Saturday => day.checked_add(2.days())?,
        Weekday::Sunday => day.checked_add(1.days())?,
        _ => day,
    };
    let half_hour = chance.between(17, 31);
    let (hour, minute) = (i8::try_from(half_hour / 2)?, i8::try_from(half_hour % 2 * 30)?);
    Ok(day.at(hour, minute, 0, 0).to_zoned(now.zone.clone())?.timestamp())
}

impl Courts {
    /// Puts cases in order, numbers them by kind, county and year of filing, and finds them by it.
    pub fn open(mut cases: Vec<Case>, zone: &TimeZone) -> Self {
        cases.sort_by_key(|case| (case.filed, case.party));
        let mut courts = Self::default();
        let mut sequences: HashMap<(bool, u8, i16), u32> = HashMap::new();
        for (at, case) in cases.iter_mut().enumerate() {
            let year = case.filed.to_zoned(zone.clone()).year();
            let sequence = sequences.entry((case.felony, case.county, year)).or_default();
            *sequence += 1;
            let county = case.county;
            case.number = if case.felony {
                format!("DC-{county:02}-{year}-{sequence:07}-IN")
            } else {
                format!("CR-{county:02}-{year}-{sequence:07}")
            };
            courts.by_number.insert(case.number.clone(), at);
            courts.by_party.entry(case.party).or_default().push(at);
        }
        courts.cases = cases;
        courts
    }

    #[must_use]
    pub fn case(&self, number: &str) -> Option<&Case> {
        self.cases.get(*self.by_number.get(number)?)
    }

    #[must_use]
    pub fn cases_of(&self, party: u64) -> Vec<&Case> {
        let at = self.by_party.get(&party).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| self.cases.get(*at)).collect()
    }
}

impl Case {
    #[must_use]
    pub fn court(&self) -> String {
        let county = county_of(self.county);
        if self.felony { district_court(county) } else { justice_court(county) }
    }

    /// ORI of the court: county, 15 for district or 13 for justice courts, `J`.
    #[must_use]
    pub fn court_ori(&self) -> String {
        format!("MT0{:02}0{}J", self.county, if self.felony { 15 } else { 13 })
    }

    /// One judge a court, in this world.
    #[must_use]
    pub fn judge(&self, seed: u64) -> String {
        let court = u64::from(self.county) * 2 + u64::from(self.felony);
        let mut chance = Chance::new(seed, STREAM_JUDGES, court);
        let female = chance.permille(500);
        names::invent(&mut chance, female).full()
    }
}
