//! Arrests: what befell people, as it was.
//!
//! Whether something happened depends on the seed and the person alone; when it happened moves with the day.

use super::cast::{self, Fate, Role, Scripted};
use super::chance::Chance;
use super::people::Person;
use super::places::{busy_county, county_of, police_name, police_ori};
use super::statutes::{self, STATUTES, Statute};
use anyhow::Result;
use jiff::Timestamp;

const STREAM: u64 = 2;
/// In minutes, as all spans of time here.
pub const HOUR: i64 = 60;
pub const DAY: i64 = 24 * HOUR;
/// How far back the world remembers.
const YEARS: i64 = 5 * 365 * DAY;
/// By then charges are filed or never will be: at most three days, and a weekend.
const FILED_BY: i64 = 6 * DAY;
/// Arrests of one person, at the most: their numbers are made of the person's place and a count below it.
const ARRESTS_MAX: u64 = 8;

/// Minutes in jail, log-normal: 45 % are out within a day, 75 % within a week; nobody stays beyond a year.
const HELD: [(u32, i64); 10] = [
    (0, 20),
    (100, 90),
    (250, 380),
    (450, DAY),
    (600, 3_620),
    (750, 7 * DAY),
    (900, 44_000),
    (950, 106_000),
    (990, 365 * DAY),
    (1000, 365 * DAY),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrest {
    /// Place of the person.
    pub person: u32,
    pub at: Timestamp,
    pub county: u8,
    /// By the police of the county's seat; else by the sheriff.
    pub city: bool,
    pub badge: u16,
    /// Number in the Montana Arrest Numbering System: for each custodial or felony arrest.
    pub mans: Option<u64>,
    pub basis: Basis,
    /// Each charge's sequence is its place, from 1.
    pub charges: Vec<&'static Statute>,
    /// Minutes in jail; `None` for a citation.
    pub held: Option<i64>,
    /// Days until the county attorney files; `None` where the charges are declined, or not filed yet.
    pub filed_after: Option<i64>,
    /// How the case is to end, where that is not left to chance.
    pub fate: Option<Fate>,
    /// Place of its case.
    pub case: Option<u32>,
    /// The police's own number of the incident that it came of, where they are a source.
    pub incident: Option<String>,
}

/// `ndex:ArrestCategoryJABSCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    ProbableCause,
    Warrant,
    Fugitive,
}

impl Arrest {
    #[must_use]
    pub fn felony(&self) -> bool {
        self.charges.iter().any(|charge| charge.felony)
    }

    #[must_use]
    pub fn agency(&self) -> String {
        police_ori(self.county, self.city)
    }

    #[must_use]
    pub fn agency_name(&self) -> String {
        police_name(self.county, self.city)
    }

    #[must_use]
    pub fn place(&self) -> &'static str {
        county_of(self.county).seat
    }

    /// A number of its own for what is drawn about this arrest later, whatever else the world holds.
    #[must_use]
    pub fn key(&self) -> u64 {
        u64::from(self.person) << 40 ^ u64::try_from(self.at.as_second()).unwrap_or_default()
    }

    #[must_use]
    pub fn youth(&self) -> bool {
        cast::role_at(self.person) == Some(Role::Juvenile)
    }
}

/// So many minutes before a moment.
pub fn before(moment: Timestamp, minutes: i64) -> Result<Timestamp> {
    Ok(Timestamp::from_second(moment.as_second() - minutes * 60)?)
}

/// All arrests of a person, the oldest first: of those before today as of midnight, and of this morning.
pub fn of(seed: u64, index: u32, person: &Person, midnight: Timestamp) -> Result<Vec<Arrest>> {
    let mut chance = Chance::new(seed, STREAM, u64::from(index));
    let mut arrests = if let Some(role) = cast::role_at(index) {
        let scripted = cast::script(role);
        scripted.iter().map(|one| on_script(&mut chance, index, one, midnight)).collect::<Result<Vec<_>>>()?
    } else {
        let count = chance.weighed(&[(0, 25), (1, 45), (2, 18), (3, 8), (5, 4)], |one: &(u32, u32)| one.1).0;
        (0..count).map(|_| by_chance(&mut chance, index, person, midnight)).collect::<Result<Vec<_>>>()?
    };
    arrests.sort_by_key(|arrest| arrest.at);
    for (at, arrest) in (0..ARRESTS_MAX).zip(&mut arrests) {
        let registered = arrest.held.is_some() || arrest.felony();
        arrest.mans = registered.then(|| mans(u64::from(index) * ARRESTS_MAX + at));
    }
    Ok(arrests)
}

/// Ten digits; a permutation, so that no two arrests share one.
fn mans(place: u64) -> u64 {
    4_000_000_000 + place * 387_420_489 % 1_000_000_000
}

fn on_script(chance: &mut Chance, index: u32, scripted: &Scripted, midnight: Timestamp) -> Result<Arrest> {
    Ok(Arrest {
        person: index,
        at: before(midnight, scripted.minutes_ago)?,
        county: scripted.county,
        city: true,
        badge: badge(chance),
        mans: None,
        basis: Basis::ProbableCause,
        charges: scripted.sections.iter().map(|section| statutes::section(section)).collect(),
        held: Some(scripted.held),
        filed_after: scripted.filed_after,
        fate: Some(scripted.fate),
        case: None,
        incident: None,
    })
}

fn by_chance(chance: &mut Chance, index: u32, person: &Person, midnight: Timestamp) -> Result<Arrest> {
    let county = if chance.permille(800) { person.home } else { busy_county(chance) };
    let minutes_ago = chance.between(HOUR, YEARS);
    let charges = charges(chance);
    Ok(Arrest {
        person: index,
        at: before(midnight, minutes_ago)?,
        county,
        city: chance.permille(600),
        badge: badge(chance),
        mans: None,
        basis: match chance.below(100) {
            0..=77 => Basis::ProbableCause,
            78..=96 => Basis::Warrant,
            _ => Basis::Fugitive,
        },
        charges,
        held: chance.permille(800).then(|| chance.quantile(&HELD)),
        filed_after: filed_after(chance, minutes_ago),
        fate: None,
        case: None,
        incident: None,
    })
}

fn badge(chance: &mut Chance) -> u16 {
    1_000 + u16::from(chance.few(200)) * 7
}

/// Nine of ten arrests are referred; of these one in six is declined.
fn filed_after(chance: &mut Chance, minutes_ago: i64) -> Option<i64> {
    let filed = chance.permille(900) && !chance.permille(175);
    let days = chance.between(1, 3);
    (filed && minutes_ago >= FILED_BY).then_some(days)
}

fn charges(chance: &mut Chance) -> Vec<&'static Statute> {
    let count = chance.weighed(&[(1, 50), (2, 25), (3, 15), (4, 10)], |one: &(u32, u32)| one.1).0;
    let mut charges: Vec<&Statute> = Vec::new();
    for _ in 0..count {
        let charge = chance.weighed(&STATUTES, |statute| statute.weight);
        if !charges.contains(&charge) {
            charges.push(charge);
        }
    }
    charges
}
