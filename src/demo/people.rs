//! People: what the golden record holds about each.
//!
//! Depends on the seed and the person's place alone, never on the day: a store that was filled last month still fits.

use super::chance::Chance;
use super::names::{self, Name};
use super::places::{COUNTIES, GALLATIN, STREETS, YELLOWSTONE, county_of};
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;

/// Systems by the names that the crosswalk and the resolver files call them.
pub const JMS_YELLOWSTONE: &str = "JMS_YELLOWSTONE";
pub const JMS_GALLATIN: &str = "JMS_GALLATIN";
pub const FULLCOURT: &str = "FULLCOURT";
const LICENCES: &str = "MVD";
const STATE_REPOSITORY: &str = "MTDOJ";
const CORRECTIONS: &str = "OMIS";

const STREAM: u64 = 1;
/// 2026-01-01T00:00:00Z: no golden record is younger.
const RECORDED_LAST: i64 = 1_767_225_600;
const DAY_S: i64 = 86_400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Id of the golden record.
    pub id: String,
    pub name: Name,
    /// `j:PersonSexCode`.
    pub sex: &'static str,
    pub birth: Date,
    /// Number of the county, 1 to 56.
    pub home: u8,
    pub phone: Option<String>,
    pub names: Vec<RecordedName>,
    pub addresses: Vec<Address>,
    pub identifiers: Vec<Identifier>,
    /// Numbers under which systems know the person: the crosswalk.
    pub known_as: Vec<(&'static str, String)>,
    pub updated: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedName {
    pub usage: &'static str,
    pub name: Name,
    pub system: &'static str,
    pub class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub street: &'static str,
    pub county: u8,
    pub since: Date,
    pub system: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    pub kind: &'static str,
    pub value: String,
    pub system: &'static str,
    pub class: &'static str,
}

/// The person at a place of the list.
pub fn person(seed: u64, index: u64) -> Result<Person> {
    let mut chance = Chance::new(seed, STREAM, index);
    let female = index != 0 && chance.permille(280);
    let sex = match chance.below(1000) {
        0..=2 => "X",
        3..=9 => "U",
        _ if female => "F",
        _ => "M",
    };
    let name = names::invent(&mut chance, female);
    let home = home(&mut chance, index)?;
    let recorded = RECORDED_LAST - chance.between(0, 90 * DAY_S);
    Ok(Person {
        id: golden_id(&mut chance),
        sex,
        birth: birth(&mut chance)?,
        home,
        phone: chance.permille(700).then(|| format!("406-555-01{:02}", chance.below(100))),
        names: recorded_names(&mut chance, &name, female),
        addresses: addresses(&mut chance, home)?,
        identifiers: identifiers(&mut chance, index),
        known_as: Vec::new(),
        updated: Timestamp::from_second(recorded)?,
        name,
    })
}

/// Like a random UUID (RFC 9562, version 4).
fn golden_id(chance: &mut Chance) -> String {
    let (high, low) = (chance.draw(), chance.draw());
    let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, high & 0x0fff);
    let (fourth, fifth) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{fifth:012x}")
}

/// Grown up at every event of this world, which reaches back five years.
fn birth(chance: &mut Chance) -> Result<Date> {
    let year = i16::try_from(2001 - chance.quantile(&[(0, 0), (250, 8), (500, 16), (750, 26), (1000, 55)]))?;
    Ok(Date::new(year, i8::try_from(chance.between(1, 12))?, i8::try_from(chance.between(1, 28))?)?)
}

/// The first person lives where the first jail is: see `arrests`.
fn home(chance: &mut Chance, index: u64) -> Result<u8> {
    if index == 0 {
        return Ok(YELLOWSTONE);
    }
    county_by_population(chance)
}

pub fn county_by_population(chance: &mut Chance) -> Result<u8> {
    let chosen = chance.weighed(&COUNTIES, |county| county.hundreds);
    let at = COUNTIES.iter().position(|county| county == chosen).context("a county of the list")?;
    Ok(u8::try_from(at + 1)?)
}

fn recorded_names(chance: &mut Chance, name: &Name, female: bool) -> Vec<RecordedName> {
    let official = RecordedName { usage: "OFFICIAL", name: name.clone(), system: STATE_REPOSITORY, class: "PUB" };
    let mut names = vec![official];
    if female && chance.permille(200) {
        let former = Name { surname: names::surname(chance), ..name.clone() };
        names.push(RecordedName { usage: "FORMER", name: former, system: LICENCES, class: "CJI_C" });
    }
    if chance.permille(250) {
        let system = *chance.pick(&[LICENCES, STATE_REPOSITORY]);
        names.push(RecordedName { usage: "ALIAS", name: names::drifted(chance, name), system, class: "CJI_C" });
    }
    names
}

fn addresses(chance: &mut Chance, home: u8) -> Result<Vec<Address>> {
    let mut addresses = Vec::new();
    if chance.permille(250) {
        let county = if home == YELLOWSTONE { GALLATIN } else { YELLOWSTONE };
        addresses.push(address(chance, county, 2015, 2019)?);
    }
    addresses.push(address(chance, home, 2020, 2025)?);
    Ok(addresses)
}

fn address(chance: &mut Chance, county: u8, first_year: i64, last_year: i64) -> Result<Address> {
    let (year, month) = (chance.between(first_year, last_year), chance.between(1, 12));
    Ok(Address {
        street: chance.pick::<&str>(&STREETS),
        county,
        since: Date::new(i16::try_from(year)?, i8::try_from(month)?, 1)?,
        system: chance.pick::<&str>(&[LICENCES, STATE_REPOSITORY]),
    })
}

/// Shapes after those of the issuers. Numbers are a permutation of the person's place, so that no two persons share one.
fn identifiers(chance: &mut Chance, index: u64) -> Vec<Identifier> {
    let mut identifiers = Vec::new();
    if index == 0 || chance.permille(600) {
        let number = spread(index, 7_919);
        identifiers.push(Identifier {
            kind: "SID",
            value: format!("MT00{number:06}"),
            system: STATE_REPOSITORY,
            class: "CHRI_C",
        });
        if chance.permille(700) {
            let number = spread(index, 104_729);
            let letters: String = (0..2).map(|_| char::from(*chance.pick(b"ABCDEFHJKLMNPRTVWX"))).collect();
            let value = format!("{number:06}{letters}{}", chance.below(10));
            identifiers.push(Identifier { kind: "FBI", value, system: STATE_REPOSITORY, class: "CHRI_C" });
        }
    }
    if chance.permille(200) {
        let number = spread(index, 611_953);
        identifiers.push(Identifier { kind: "DOC", value: format!("3{number:06}"), system: CORRECTIONS, class: "PUB" });
    }
    identifiers
}

/// A permutation of the numbers below a million; worlds above that repeat with more digits.
fn spread(index: u64, prime: u64) -> u64 {
    let (round, place) = (index / 1_000_000, index % 1_000_000);
    round * 1_000_000 + place * prime % 1_000_000
}

impl Person {
    /// Town of the latest address.
    #[must_use]
    pub fn city(&self) -> &'static str {
        county_of(self.home).seat
    }
}
