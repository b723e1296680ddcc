//! Custody: the stays of one jail, as things are. How the jail's own system words them is `agencies`' concern.

use super::arrests::{Arrest, DAY};
use super::chance::Chance;
use super::places::county_of;
use super::statutes::Statute;
use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// One jail: its stays in order of booking, and ways to them.
#[derive(Debug, Default)]
pub struct Jail {
    pub stays: Vec<Stay>,
    pub by_number: HashMap<String, usize>,
    /// By the jail's own number for a person.
    pub by_inmate: HashMap<u64, Vec<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub number: String,
    pub inmate: u64,
    pub booked: Timestamp,
    pub released: Option<Timestamp>,
    pub state: State,
    pub since: Timestamp,
    pub brought_by: String,
    pub holds: Vec<Hold>,
    pub charges: Vec<&'static Statute>,
    /// When the jail last touched the record.
    pub updated: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Held,
    AtCourt,
    WorkRelease,
    /// A code that nobody has translated.
    Furlough,
    Released,
    Transferred,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub kind: HoldKind,
    pub agency: String,
    pub placed: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldKind {
    Warrant,
    Supervision,
    OtherJurisdiction,
    Federal,
}

/// So many minutes before a moment.
pub fn before(moment: Timestamp, minutes: i64) -> Result<Timestamp> {
    Ok(Timestamp::from_second(moment.as_second() - minutes * 60)?)
}

/// The stay that follows an arrest, still without its number.
pub fn stay(chance: &mut Chance, moment: Timestamp, inmate: u64, arrest: &Arrest, held: i64) -> Result<Stay> {
    let booked = before(moment, arrest.minutes_ago)?;
    let here = arrest.minutes_ago.min(held);
    let released = if held < arrest.minutes_ago { Some(before(moment, arrest.minutes_ago - held)?) } else { None };
    let (state, since) = match released {
        Some(at) if chance.permille(60) => (State::Transferred, at),
        Some(at) => (State::Released, at),
        None => now(chance, moment, booked, here)?,
    };
    let county = county_of(arrest.county);
    let brought_by = if chance.permille(600) {
        format!("{} Police Department", county.seat)
    } else {
        format!("{} County Sheriff", county.name)
    };
    Ok(Stay {
        number: String::new(),
        inmate,
        booked,
        released,
        state,
        since,
        brought_by,
        holds: holds(chance, booked, released.is_none(), arrest.county)?,
        charges: arrest.charges.clone(),
        // the last count of heads for those who are there, the paperwork of the release for the others
        updated: match released {
            Some(at) => before(at, -chance.between(2, 45))?.min(moment),
            None => before(moment, chance.between(1, 30))?.max(booked),
        },
    })
}

/// Where somebody is who has not been released.
fn now(chance: &mut Chance, moment: Timestamp, booked: Timestamp, here: i64) -> Result<(State, Timestamp)> {
    let state = match chance.below(100) {
        0..=3 => State::AtCourt,
        4..=11 if here > 7 * DAY => State::WorkRelease,
        12 => State::Furlough,
        _ => return Ok((State::Held, booked)),
    };
    Ok((state, before(moment, chance.between(1, here.clamp(1, DAY)))?))
}

fn holds(chance: &mut Chance, booked: Timestamp, active: bool, county: u8) -> Result<Vec<Hold>> {
    let mut holds = Vec::new();
    if !chance.permille(if active { 250 } else { 60 }) {
        return Ok(holds);
    }
    let neighbour = county_of(if county == 56 { 16 } else { 56 });
    let (kind, agency) = match chance.below(10) {
        0..=3 => (HoldKind::Warrant, format!("{} County Justice Court", neighbour.name)),
        4..=6 => (HoldKind::Supervision, "Montana Probation and Parole".to_owned()),
        7..=8 => (HoldKind::OtherJurisdiction, format!("{} County Sheriff", neighbour.name)),
        _ => (HoldKind::Federal, "United States Marshals Service".to_owned()),
    };
    holds.push(Hold { kind, agency, placed: before(booked, -chance.between(0, 15))? });
    Ok(holds)
}

impl Jail {
    /// Puts stays in order, gives each its number, `number(year, sequence)`, and finds them by it.
    pub fn open(mut stays: Vec<Stay>, zone: &TimeZone, number: impl Fn(i16, u32) -> String) -> Self {
        stays.sort_by_key(|stay| (stay.booked, stay.inmate));
        let mut jail = Self::default();
        let (mut year, mut sequence) = (0, 0);
        for (at, stay) in stays.iter_mut().enumerate() {
            let booked_in = stay.booked.to_zoned(zone.clone()).year();
            (year, sequence) = if booked_in == year { (year, sequence + 1) } else { (booked_in, 1) };
            stay.number = number(year, sequence);
            jail.by_number.insert(stay.number.clone(), at);
            jail.by_inmate.entry(stay.inmate).or_default().push(at);
        }
        jail.stays = stays;
        jail
    }

    #[must_use]
    pub fn stay(&self, number: &str) -> Option<&Stay> {
        self.stays.get(*self.by_number.get(number)?)
    }

    /// `None` for somebody the jail does not know.
    #[must_use]
    pub fn stays_of(&self, inmate: u64) -> Option<Vec<&Stay>> {
        let at = self.by_inmate.get(&inmate)?;
        Some(at.iter().filter_map(|at| self.stays.get(*at)).collect())
    }
}

impl Stay {
    #[must_use]
    pub const fn active(&self) -> bool {
        self.released.is_none()
    }
}
