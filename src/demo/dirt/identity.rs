//! A person as one system registered them.

use super::{Error, Writer};
use crate::demo::chance::Chance;
use crate::demo::names::{self, Name};
use crate::demo::people::{self, Person};
use jiff::civil::Date;

const STREAM: u64 = 71;

/// A person as one system registered them under one of its numbers, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub name: Name,
    pub birth: Option<Date>,
    pub sex: &'static str,
    pub race: Option<&'static str>,
    pub ssn: Option<String>,
    pub sid: Option<String>,
    pub errors: Vec<(&'static str, Error)>,
}

/// `system` and `local`: whose register, and the number in it.
#[must_use]
pub fn recorded(
    seed: u64,
    writer: Writer,
    (system, local): (u64, u64),
    (index, person): (u32, &Person),
    has_sid: bool,
) -> Recorded {
    let chance = &mut Chance::new(seed, STREAM + system, local);
    let mut errors = Vec::new();
    let name = name(chance, writer, person, &mut errors);
    let birth = birth(chance, writer, person.birth, &mut errors);
    let rates = writer.rates();
    let race = if chance.permyriad(rates.race_missing) {
        errors.push(("race", Error::RaceMissing));
        None
    } else if chance.permyriad(rates.conflict) {
        errors.push(("race", Error::RaceConflict));
        Some(if person.race == "W" { "U" } else { "W" })
    } else {
        Some(person.race)
    };
    let sex = if chance.permyriad(rates.conflict / 4) {
        errors.push(("sex", Error::SexConflict));
        if person.sex == "M" { "F" } else { "M" }
    } else {
        person.sex
    };
    let (missing, digit) = (chance.permyriad(rates.ssn_missing), chance.permyriad(rates.ssn_digit));
    let ssn = person
        .has_ssn
        .then(|| people::ssn(index))
        .filter(|_| !missing)
        .map(|ssn| if digit { wrong_digit(chance, &ssn) } else { ssn });
    if person.has_ssn && missing {
        errors.push(("ssn", Error::SsnMissing));
    } else if person.has_ssn && digit {
        errors.push(("ssn", Error::SsnDigit));
    }
    let lost = chance.permyriad(rates.sid_missing);
    if has_sid && lost {
        errors.push(("sid", Error::SidMissing));
    }
    Recorded { name, birth, sex, race, ssn, sid: (has_sid && !lost).then(|| people::sid(index)), errors }
}

fn name(chance: &mut Chance, writer: Writer, person: &Person, errors: &mut Vec<(&'static str, Error)>) -> Name {
    let rates = writer.rates();
    let mut name = person.name.clone();
    if chance.permyriad(rates.nickname)
        && let Some(short) = names::short(&name.given)
    {
        short.clone_into(&mut name.given);
        errors.push(("name", Error::Nickname));
    }
    if chance.permyriad(rates.typo) {
        let part = if chance.permille(500) { &mut name.given } else { &mut name.surname };
        *part = typo(chance, part);
        errors.push(("name", Error::NameTypo));
    }
    if chance.permyriad(rates.drift) {
        let drifted = names::drifted(chance, &name);
        name = drifted;
        errors.push(("name", Error::NameDrift));
    }
    if chance.permyriad(rates.swapped) {
        std::mem::swap(&mut name.given, &mut name.surname);
        errors.push(("name", Error::NameSwapped));
    }
    if !name.surname.is_ascii() && chance.permille(400) {
        name.surname = garbled(&name.surname);
        errors.push(("name", Error::NameGarbled));
    }
    name
}

/// One letter doubled, lost, or swapped with the next.
fn typo(chance: &mut Chance, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = usize::try_from(chance.below(letters.len().saturating_sub(1).max(1) as u64)).unwrap_or(0);
    match chance.below(3) {
        0 => {
            if let Some(letter) = letters.get(at).copied() {
                letters.insert(at, letter);
            }
        }
        1 if letters.len() > 2 => {
            letters.remove(at);
        }
        _ if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.push('e'),
    }
    let changed: String = letters.into_iter().collect();
    // two equal letters were swapped
    if changed == text { format!("{changed}e") } else { changed }
}

/// UTF-8 read as Windows-1252: `Muñoz` becomes `MuÃ±oz`.
fn garbled(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn birth(chance: &mut Chance, writer: Writer, birth: Date, errors: &mut Vec<(&'static str, Error)>) -> Option<Date> {
    let rates = writer.rates();
    if chance.permyriad(rates.birth_missing) {
        errors.push(("birth", Error::BirthMissing));
        // some systems must have a date, and get this one
        return chance.permille(300).then(|| Date::constant(1900, 1, 1));
    }
    if chance.permyriad(rates.birth_wrong) {
        let swapped = Date::new(birth.year(), birth.day(), birth.month()).ok().filter(|day| *day != birth);
        if let Some(swapped) = swapped {
            errors.push(("birth", Error::BirthSwapped));
            return Some(swapped);
        }
        errors.push(("birth", Error::BirthDigit));
        return Date::new(birth.year() - 1, birth.month(), birth.day()).ok();
    }
    Some(birth)
}

fn wrong_digit(chance: &mut Chance, number: &str) -> String {
    let last = number.chars().last().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
    let other = (last + 1 + u32::from(chance.few(8))) % 10;
    let kept = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    format!("{kept}{other}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_garbled_as_they_are_in_life() {
        assert_eq!(garbled("Muñoz"), "MuÃ±oz");
    }

    #[test]
    fn an_error_is_always_one() {
        for index in 0..2_000 {
            let mut chance = Chance::new(1, 2, index);
            assert_ne!(typo(&mut chance, "Hanne"), "Hanne");
            assert_ne!(wrong_digit(&mut chance, "900-12-3456"), "900-12-3456");
        }
    }

    /// What is labelled is wrong, and what is not labelled is right.
    #[test]
    fn labels_tell_the_truth() {
        let mut found = 0;
        for index in 40..3_000 {
            let person = people::person(3, index).unwrap();
            let recorded = recorded(3, Writer::Court, (1, u64::from(index)), (index, &person), true);
            let wrong = |field| recorded.errors.iter().any(|(at, _)| *at == field);
            assert_eq!(recorded.name != person.name, wrong("name"), "{:?} {:?}", person.name, recorded);
            assert_eq!(recorded.birth != Some(person.birth), wrong("birth"));
            assert_eq!(recorded.race != Some(person.race), wrong("race"));
            assert_eq!(recorded.sid.is_none(), wrong("sid"));
            found += recorded.errors.len();
        }
        assert!(found > 3_000, "{found}");
    }
}
