//! Arrests: what befell a person, in minutes before the present moment.
//!
//! Whether something happened depends on the seed and the person alone; when it happened moves with the day. So the crosswalk in
//! the store stays true while jails and courts move on.

use super::chance::Chance;
use super::people::{self, Person};
use super::places::{GALLATIN, YELLOWSTONE};
use super::statutes::{STATUTES, Statute};
use anyhow::Result;

const STREAM: u64 = 2;
pub const HOUR: i64 = 60;
pub const DAY: i64 = 24 * HOUR;
/// How far back the world remembers.
const YEARS: i64 = 5 * 365 * DAY;
/// By then charges are filed or never will be: at most three days, and a weekend.
const FILED_BY: i64 = 6 * DAY;

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
    pub minutes_ago: i64,
    pub county: u8,
    pub charges: Vec<&'static Statute>,
    /// Minutes in jail; `None` for a citation.
    pub held: Option<i64>,
    /// Days until the county attorney files; `None` where the charges are declined, or not filed yet.
    pub filed_after: Option<i64>,
}

impl Arrest {
    #[must_use]
    pub fn felony(&self) -> bool {
        self.charges.iter().any(|charge| charge.felony)
    }
}

/// All arrests of a person, the oldest first.
pub fn of(seed: u64, index: u64, person: &Person) -> Result<Vec<Arrest>> {
    let mut chance = Chance::new(seed, STREAM, index);
    if index == 0 {
        return Ok(exemplary(&mut chance));
    }
    let count = chance.weighed(&[(0, 25), (1, 45), (2, 18), (3, 8), (5, 4)], |one: &(u32, u32)| one.1).0;
    let mut arrests = (0..count).map(|_| arrest(&mut chance, person)).collect::<Result<Vec<_>>>()?;
    arrests.sort_by_key(|arrest| -arrest.minutes_ago);
    Ok(arrests)
}

fn arrest(chance: &mut Chance, person: &Person) -> Result<Arrest> {
    let county = if chance.permille(800) { person.home } else { people::county_by_population(chance)? };
    let minutes_ago = chance.between(HOUR, YEARS);
    let charges = charges(chance);
    Ok(Arrest {
        minutes_ago,
        county,
        charges,
        held: chance.permille(800).then(|| chance.quantile(&HELD)),
        filed_after: filed_after(chance, minutes_ago),
    })
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

/// The first person has everything that a demonstration wants to show: a stay that ended in one jail, one that goes on in the other,
/// a case that is closed and one with hearings to come.
fn exemplary(chance: &mut Chance) -> Vec<Arrest> {
    let arrest =
        |minutes_ago, county, charges, held| Arrest { minutes_ago, county, charges, held, filed_after: Some(1) };
    let (first, second, third) = (felony(chance), charges(chance), felony(chance));
    vec![
        arrest(900 * DAY, GALLATIN, vec![first], Some(3 * DAY + 5 * HOUR)),
        arrest(500 * DAY, YELLOWSTONE, second, Some(9 * HOUR)),
        arrest(9 * DAY + 3 * HOUR, YELLOWSTONE, vec![third], Some(60 * DAY)),
    ]
}

fn felony(chance: &mut Chance) -> &'static Statute {
    chance.weighed(&STATUTES, |statute| if statute.felony { statute.weight } else { 0 })
}
