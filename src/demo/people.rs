//! People: who they are. What happens to them is `arrests`' concern and what comes after; how agencies write it down, `dirt`'s.
//!
//! Depends on the seed and the person's place alone, never on the day: ids that somebody has noted stay true.

use super::cast::{self, Role};
use super::chance::Chance;
use super::names::{self, Name};
use super::places::{COUNTIES, NATIONS, STREETS, YELLOWSTONE, county_of};
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;

const STREAM: u64 = 1;
const STREAM_KIN: u64 = 21;
/// 2026-01-01T00:00:00Z: no golden record is younger.
const RECORDED_LAST: i64 = 1_767_225_600;
const DAY_S: i64 = 86_400;

/// NIBRS race codes by their share, of a thousand who are arrested: one in five is American Indian, three times their share of people.
const RACES: [(&str, u32); 6] = [("W", 760), ("I", 190), ("B", 25), ("A", 10), ("P", 3), ("U", 12)];
/// Inverse of the step of state numbers, and of the department's, modulo a million.
const SID_INVERSE: u64 = 17_679;
const DOC_INVERSE: u64 = 225_617;
const EYES: [&str; 5] = ["BRO", "BLU", "GRN", "HAZ", "GRY"];
const HAIR: [&str; 6] = ["BRO", "BLK", "BLN", "RED", "GRY", "BAL"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Id of the golden record.
    pub id: String,
    pub name: Name,
    pub former: Option<Name>,
    /// What the person wants to be called.
    pub preferred: Option<Name>,
    /// `j:PersonSexCode`.
    pub sex: &'static str,
    pub gender_identity: Option<&'static str>,
    pub birth: Date,
    pub died: Option<Date>,
    /// Number of the county, 1 to 56.
    pub home: u8,
    pub street: &'static str,
    pub since: Date,
    /// Where they lived before.
    pub earlier: Option<u8>,
    pub phone: Option<u8>,
    pub race: &'static str,
    pub hispanic: Option<bool>,
    pub nation: Option<&'static str>,
    pub language: &'static str,
    pub interpreter: bool,
    pub veteran: bool,
    pub has_ssn: bool,
    pub has_licence: bool,
    pub height_cm: u8,
    pub weight_kg: u8,
    pub eyes: &'static str,
    pub hair: &'static str,
    /// Address is not to be told (40-15-117 MCA).
    pub protected: bool,
    pub updated: Timestamp,
}

/// The person at a place of the list. One in a hundred has a twin, a parent or a child at the place before.
pub fn person(seed: u64, index: u32) -> Result<Person> {
    let mut person = alone(seed, index)?;
    if let Some(part) = cast::part_at(index) {
        person.play(index, part);
        return Ok(person);
    }
    let mut kin = Chance::new(seed, STREAM_KIN, u64::from(index));
    if kin.permille(10) && cast::part_at(index - 1).is_none() {
        let other = alone(seed, index - 1)?;
        (person.home, person.street, person.since) = (other.home, other.street, other.since);
        person.name.surname.clone_from(&other.name.surname);
        if kin.permille(400) {
            person.birth = other.birth;
        } else if person.sex == "M" && other.sex == "M" {
            // father and son of one name; told apart by a suffix, where somebody writes it
            person.name.given.clone_from(&other.name.given);
            person.name.suffix = Some("Jr");
        }
    }
    Ok(person)
}

fn alone(seed: u64, index: u32) -> Result<Person> {
    let mut chance = Chance::new(seed, STREAM, u64::from(index));
    let chance = &mut chance;
    let female = chance.permille(280);
    let sex = match chance.below(1000) {
        0..=2 => "X",
        3..=9 => "U",
        _ if female => "F",
        _ => "M",
    };
    let name = names::invent(chance, female);
    let home = county_by_population(chance)?;
    let recorded = RECORDED_LAST - chance.between(0, 90 * DAY_S);
    let birth = birth(chance)?;
    let race = chance.weighed(&RACES, |race| race.1).0;
    let hispanic = name.surname.contains('ñ') || chance.permille(30);
    let language = match chance.below(1000) {
        0..=12 => "spa",
        13..=17 => "cro",
        18..=19 => "bla",
        20 => "vie",
        _ => "eng",
    };
    let changed = chance.permille(4);
    Ok(Person {
        id: golden_id(chance),
        former: (female && chance.permille(200)).then(|| Name { surname: names::surname(chance), ..name.clone() }),
        preferred: changed.then(|| Name { given: names::chosen(chance, !female), middle: None, ..name.clone() }),
        sex,
        gender_identity: changed.then_some(if female { "man" } else { "woman" }),
        birth,
        died: None,
        home,
        street: chance.pick::<&str>(&STREETS),
        since: Date::new(i16::try_from(chance.between(2020, 2025))?, i8::try_from(chance.between(1, 12))?, 1)?,
        earlier: if chance.permille(250) { Some(county_by_population(chance)?) } else { None },
        phone: chance.permille(700).then(|| chance.few(100)),
        race,
        hispanic: (!chance.permille(150)).then_some(hispanic),
        nation: (race == "I" && chance.permille(700)).then(|| nation(chance, home)),
        language,
        interpreter: language != "eng" && chance.permille(600),
        veteran: chance.permille(90),
        has_ssn: chance.permille(900),
        has_licence: chance.permille(850),
        height_cm: u8::try_from(chance.between(150, 195))?,
        weight_kg: u8::try_from(chance.between(48, 130))?,
        eyes: chance.pick::<&str>(&EYES),
        hair: chance.pick::<&str>(&HAIR),
        protected: chance.permille(3),
        updated: Timestamp::from_second(recorded)?,
        name,
    })
}

/// That of the county's own lands, where it has some.
fn nation(chance: &mut Chance, home: u8) -> &'static str {
    let near = NATIONS.iter().find(|nation| nation.counties.contains(&home));
    near.filter(|_| chance.permille(800)).unwrap_or_else(|| chance.pick(&NATIONS)).name
}

/// Like a random UUID (RFC 9562, version 4).
fn golden_id(chance: &mut Chance) -> String {
    let (high, low) = (chance.draw(), chance.draw());
    // the cast's ids begin with zeros
    let (first, second, third) = ((high >> 32) | 0x1000_0000, (high >> 16) & 0xffff, high & 0x0fff);
    let (fourth, fifth) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{fifth:012x}")
}

/// Grown up at every event of this world, which reaches back five years.
fn birth(chance: &mut Chance) -> Result<Date> {
    let year = i16::try_from(2001 - chance.quantile(&[(0, 0), (250, 8), (500, 16), (750, 26), (1000, 55)]))?;
    Ok(Date::new(year, i8::try_from(chance.between(1, 12))?, i8::try_from(chance.between(1, 28))?)?)
}

fn county_by_population(chance: &mut Chance) -> Result<u8> {
    let chosen = chance.weighed(&COUNTIES, |county| county.hundreds);
    let at = COUNTIES.iter().position(|county| county == chosen).context("a county of the list")?;
    Ok(u8::try_from(at + 1)?)
}

/// A permutation of the numbers below a million; worlds above that repeat with more digits.
fn spread(index: u32, prime: u64) -> u64 {
    let index = u64::from(index);
    let (round, place) = (index / 1_000_000, index % 1_000_000);
    round * 1_000_000 + place * prime % 1_000_000
}

/// State identification number, by fingerprints: whoever was arrested in custody or for a felony has one.
#[must_use]
pub fn sid(index: u32) -> String {
    format!("MT00{:06}", spread(index, 7_919))
}

/// The place of the person whose state number it would be; worlds above a million are looked through no further.
#[must_use]
pub fn place_of_sid(sid: &str) -> Option<u32> {
    let number: u64 = sid.strip_prefix("MT00")?.parse().ok()?;
    let (round, place) = (number / 1_000_000, number % 1_000_000);
    u32::try_from(round * 1_000_000 + place * SID_INVERSE % 1_000_000).ok()
}

/// The place of the person whose number of the department of corrections it would be.
#[must_use]
pub fn place_of_doc(doc: &str) -> Option<u32> {
    let number: u64 = doc.strip_prefix('3')?.parse().ok()?;
    let (round, place) = (number / 1_000_000, number % 1_000_000);
    u32::try_from(round * 1_000_000 + place * DOC_INVERSE % 1_000_000).ok()
}

/// Universal control number of the FBI; two in three of those with a state number have one.
#[must_use]
pub fn ucn(seed: u64, index: u32) -> Option<String> {
    let mut chance = Chance::new(seed, STREAM_KIN + 1, u64::from(index));
    let letters: String = (0..2).map(|_| char::from(*chance.pick(b"ABCDEFHJKLMNPRTVWX"))).collect();
    let digit = chance.below(10);
    chance.permille(700).then(|| format!("{:06}{letters}{digit}", spread(index, 104_729)))
}

/// Number of the department of corrections.
#[must_use]
pub fn doc(index: u32) -> String {
    format!("3{:06}", spread(index, 611_953))
}

/// Driver licence.
#[must_use]
pub fn licence(index: u32) -> String {
    format!("0{:06}4107{:02}", spread(index, 350_377), index % 97)
}

/// A social security number that is never issued: it begins with 9.
#[must_use]
pub fn ssn(index: u32) -> String {
    let number = u64::from(index) * 7_654_321 % 100_000_000;
    format!("9{:02}-{:02}-{:04}", number / 1_000_000, number / 10_000 % 100, number % 10_000)
}

impl Person {
    /// Town of the latest address.
    #[must_use]
    pub fn city(&self) -> &'static str {
        county_of(self.home).seat
    }

    /// Full phone number, from the range that is kept for fiction.
    #[must_use]
    pub fn telephone(&self) -> Option<String> {
        self.phone.map(|line| format!("406-555-01{line:02}"))
    }

    /// Takes the place of somebody of the cast.
    fn play(&mut self, index: u32, part: &cast::Part) {
        self.id = cast::golden_id(index);
        self.name = Name { given: part.given.to_owned(), surname: part.surname.to_owned(), ..Name::default() };
        self.former = None;
        self.preferred = None;
        self.gender_identity = None;
        self.sex = if part.female { "F" } else { "M" };
        self.birth = part.born;
        self.home = part.home;
        self.race = if part.role == Role::TribalMember { "I" } else { "W" };
        self.nation = (part.role == Role::TribalMember).then_some(NATIONS[1].name);
        self.language = "eng";
        self.interpreter = false;
        self.has_ssn = true;
        self.has_licence = part.role != Role::Juvenile;
        self.phone = Some(u8::try_from(index).unwrap_or_default());
        self.protected = part.role == Role::Petitioner;
        self.died = (part.role == Role::Dead).then(|| Date::constant(2026, 5, 4));
        self.earlier = (part.role == Role::Sample).then_some(16);
        debug_assert_eq!(part.home, YELLOWSTONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_places() {
        for place in [0, 1, 2, 777, 99_999, 999_999] {
            assert_eq!(place_of_sid(&sid(place)), Some(place));
            assert_eq!(place_of_doc(&doc(place)), Some(place));
        }
        assert_eq!(place_of_sid("MT0X"), None);
    }
}
