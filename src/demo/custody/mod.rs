//! Custody: the stays of one jail, as things are. How the jail's own system words them is `agencies`' concern.

pub mod file;

use super::arrests::{Arrest, DAY, before};
use super::cast::{self, Role};
use super::chance::Chance;
use super::dirt::records;
use super::places::county_of;
use super::world::item;
use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// One jail: its stays by place, and ways to them.
#[derive(Debug, Default)]
pub struct Jail {
    pub stays: Vec<Stay>,
    pub by_number: HashMap<String, u32>,
    /// By the jail's own number for a person.
    pub by_inmate: HashMap<u64, Vec<u32>>,
    /// By the place of the arrest.
    pub by_arrest: HashMap<u32, u32>,
    /// Who is there by the jail's own word, in the order of booking numbers: the roster.
    pub held: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub number: String,
    pub inmate: u64,
    /// Place of whoever sits there.
    pub person: u32,
    /// Place of the arrest.
    pub arrest: u32,
    pub booked: Timestamp,
    pub released: Option<Timestamp>,
    pub state: State,
    pub since: Timestamp,
    pub holds: Vec<Hold>,
    /// When the jail last touched the record.
    pub updated: Timestamp,
    /// For what is drawn about the stay later.
    pub key: u64,
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

/// The stay that follows an arrest, still without its number.
pub fn stay(
    chance: &mut Chance,
    moment: Timestamp,
    inmate: u64,
    (place, arrest): (u32, &Arrest),
    held: i64,
) -> Result<Stay> {
    let booked = arrest.at;
    let ago = (moment.as_second() - booked.as_second()) / 60;
    let released = if held < ago { Some(before(booked, -held)?) } else { None };
    let (state, since) = match released {
        Some(at) if chance.permille(60) && cast::role_at(arrest.person).is_none() => (State::Transferred, at),
        Some(at) => (State::Released, at),
        None => now(chance, moment, booked, ago.min(held))?,
    };
    let held_now = cast::role_at(arrest.person).is_some() && released.is_none();
    let (state, since) = if held_now { (State::Held, booked) } else { (state, since) };
    Ok(Stay {
        number: String::new(),
        inmate,
        person: arrest.person,
        arrest: place,
        booked,
        released,
        state,
        since,
        holds: holds(chance, booked, released.is_none(), arrest)?,
        // the last count of heads for those who are there, the paperwork of the release for the others
        updated: match released {
            Some(at) => before(at, -chance.between(2, 45))?.min(moment),
            None => before(moment, chance.between(1, 30))?.max(booked),
        },
        key: arrest.key(),
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

fn holds(chance: &mut Chance, booked: Timestamp, active: bool, arrest: &Arrest) -> Result<Vec<Hold>> {
    let mut holds = Vec::new();
    if !chance.permille(if active { 250 } else { 60 }) {
        return Ok(holds);
    }
    let neighbour = county_of(if arrest.county == 56 { 16 } else { 56 });
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
    /// Gives each stay its number, `number(year, sequence)` in the order of booking, and finds it by that.
    pub fn open(
        mut stays: Vec<Stay>,
        zone: &TimeZone,
        held: impl Fn(&Stay) -> bool,
        number: impl Fn(i16, u32) -> String,
    ) -> Self {
        let mut order: Vec<u32> = (0..).take(stays.len()).collect();
        order.sort_by_key(|at| item(&stays, *at).map(|stay| (stay.booked, stay.inmate)));
        let mut jail = Self::default();
        let (mut year, mut sequence) = (0, 0);
        for at in order {
            let Some(stay) = usize::try_from(at).ok().and_then(|at| stays.get_mut(at)) else { continue };
            let booked_in = stay.booked.to_zoned(zone.clone()).year();
            (year, sequence) = if booked_in == year { (year, sequence + 1) } else { (booked_in, 1) };
            stay.number = number(year, sequence);
            jail.by_number.insert(stay.number.clone(), at);
            jail.by_inmate.entry(stay.inmate).or_default().push(at);
            jail.by_arrest.insert(stay.arrest, at);
            if held(stay) {
                jail.held.push(at);
            }
        }
        jail.held
            .sort_by(|a, b| item(&stays, *a).map(|stay| &stay.number).cmp(&item(&stays, *b).map(|stay| &stay.number)));
        jail.stays = stays;
        jail
    }

    #[must_use]
    pub fn stay(&self, number: &str) -> Option<&Stay> {
        item(&self.stays, *self.by_number.get(number)?)
    }

    /// `None` for somebody the jail does not know.
    #[must_use]
    pub fn stays_of(&self, inmate: u64) -> Option<Vec<&Stay>> {
        let at = self.by_inmate.get(&inmate)?;
        Some(at.iter().filter_map(|at| item(&self.stays, *at)).collect())
    }
}

/// A stay as the jail's own system shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub released: Option<Timestamp>,
    pub state: State,
    pub since: Timestamp,
}

impl Stay {
    /// Without a release that has not been entered yet.
    #[must_use]
    pub fn shown(&self, seed: u64, late_since: Timestamp) -> Shown {
        let late = self.released.is_some_and(|at| at > late_since) && records::booking(seed, self.key).late;
        if late {
            return Shown { released: None, state: State::Held, since: self.booked };
        }
        Shown { released: self.released, state: self.state, since: self.since }
    }

    #[must_use]
    pub const fn active(&self) -> bool {
        self.released.is_none()
    }

    #[must_use]
    pub fn youth(&self) -> bool {
        cast::role_at(self.person) == Some(Role::Juvenile)
    }

    #[must_use]
    pub fn mistaken(&self) -> bool {
        cast::role_at(self.person) == Some(Role::Mistaken)
    }
}
