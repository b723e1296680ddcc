//! Cast: the persons whom every world begins with, each with an id, a name and a life that do not change.
//!
//! The first has a little of everything, for the demonstration. The others stand for what rules are about: a sealed youth record, an
//! expunged case, a protected address. `docs/world.md` lists them.

use super::arrests::{DAY, HOUR};
use super::places::{GALLATIN, YELLOWSTONE};
use jiff::civil::Date;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Sample,
    SealedYouth,
    Expunged,
    DeferredFelony,
    DeferredMisdemeanor,
    RedIncident,
    VictimArrested,
    Petitioner,
    TierOne,
    TierTwo,
    TierThree,
    TreatedConsenting,
    TreatedSilent,
    Client,
    Codefendant,
    TribalMember,
    Mistaken,
    Dead,
    Witness,
    Juvenile,
    Unknown,
    Arrival,
}

#[derive(Debug)]
pub struct Part {
    pub role: Role,
    pub given: &'static str,
    pub surname: &'static str,
    pub female: bool,
    pub born: Date,
    pub home: u8,
    /// What the person stands for.
    pub stands_for: &'static str,
}

const fn part(
    role: Role,
    (given, surname, female): (&'static str, &'static str, bool),
    born: Date,
    stands_for: &'static str,
) -> Part {
    Part { role, given, surname, female, born, home: YELLOWSTONE, stands_for }
}

const fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

/// In the order of their places in every world.
#[rustfmt::skip]
pub const CAST: [Part; 22] = [
    part(Role::Sample, ("Elias", "Farbergard", false), day(1984, 3, 9), "stays in two jails, one going on; a closed case, one to come; probation; a warrant; an order of protection against him"),
    part(Role::SealedYouth, ("Soren", "Sealedale", false), day(2001, 5, 17), "youth court record sealed at 18, and an adult case that is pending"),
    part(Role::Expunged, ("Edna", "Expungeford", true), day(1990, 8, 2), "a misdemeanor that a court has expunged"),
    part(Role::DeferredFelony, ("Darrel", "Deferfell", false), day(1992, 1, 21), "a felony, sentence deferred, then dismissed: confidential"),
    part(Role::DeferredMisdemeanor, ("Dora", "Defermist", true), day(1995, 11, 30), "a misdemeanor, sentence deferred, then dismissed: confidential"),
    part(Role::RedIncident, ("Rufus", "Redinger", false), day(1988, 2, 14), "arrested out of an incident under investigation, RED, with an officer under cover"),
    part(Role::VictimArrested, ("Vera", "Victorsen", true), day(1993, 7, 7), "victim of a sexual offense, and arrested herself for something else"),
    part(Role::Petitioner, ("Pearl", "Protectahl", true), day(1987, 4, 25), "petitioner of an order of protection, address protected"),
    part(Role::TierOne, ("Thad", "Tierone", false), day(1979, 9, 3), "registered as a sexual offender, tier 1"),
    part(Role::TierTwo, ("Thad", "Tiertwo", false), day(1975, 12, 12), "registered as a sexual offender, tier 2"),
    part(Role::TierThree, ("Thad", "Tierthree", false), day(1971, 6, 19), "registered as a sexual offender, tier 3"),
    part(Role::TreatedConsenting, ("Sadie", "Sudyes", true), day(1991, 10, 10), "in treatment for substance use, with consent to tell the department of corrections"),
    part(Role::TreatedSilent, ("Silas", "Sudno", false), day(1989, 10, 11), "in treatment for substance use, without consent"),
    part(Role::Client, ("Otis", "Openclient", false), day(1996, 3, 28), "client of the public defender"),
    part(Role::Codefendant, ("Clint", "Conflictor", false), day(1994, 6, 6), "co-defendant of that client, with counsel of the conflict division"),
    part(Role::TribalMember, ("Tala", "Rides Upstream", true), day(1998, 9, 22), "member of the Crow Nation, arrested off the reservation"),
    part(Role::Mistaken, ("Wade", "Wrongley", false), day(1986, 5, 5), "arrested by mistake for somebody else; corrected (44-5-215 MCA)"),
    part(Role::Dead, ("Desmond", "Departon", false), day(1958, 1, 2), "died while on probation"),
    part(Role::Witness, ("Wilma", "Witnesseth", true), day(1982, 8, 18), "witness whose name is protected"),
    part(Role::Juvenile, ("June", "Juvenal", true), day(2010, 6, 15), "a youth in custody"),
    part(Role::Unknown, ("Una", "Unknowne", true), day(1969, 2, 27), "in the golden record, and known to no agency"),
    part(Role::Arrival, ("Arlo", "Arrivane", false), day(1997, 2, 11), "booked this morning; a case of last month is to come"),
];

/// Place of a role in every world.
#[must_use]
pub fn place(role: Role) -> u32 {
    let at = CAST.iter().position(|part| part.role == role).unwrap_or_default();
    u32::try_from(at).unwrap_or_default()
}

/// Who stands at a place of the list of persons.
#[must_use]
pub fn part_at(index: u32) -> Option<&'static Part> {
    CAST.get(usize::try_from(index).ok()?)
}

#[must_use]
pub fn role_at(index: u32) -> Option<Role> {
    part_at(index).map(|part| part.role)
}

/// Id of the golden record of a place of the cast.
#[must_use]
pub fn golden_id(index: u32) -> String {
    format!("00000000-0000-4000-8000-{:012}", index + 1)
}

/// How a case is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Plea,
    Trial,
    Acquitted,
    Dismissed,
    /// Sentence deferred; revoked later, or dismissed when the time is over.
    Deferred {
        revoked: bool,
    },
}

/// An arrest of somebody of the cast.
#[derive(Debug, Clone, Copy)]
pub struct Scripted {
    /// Before midnight, at the beginning of the world's day.
    pub minutes_ago: i64,
    pub county: u8,
    pub sections: &'static [&'static str],
    /// Minutes in jail.
    pub held: i64,
    /// Days until it is filed.
    pub filed_after: Option<i64>,
    pub fate: Fate,
}

const fn scripted(days_ago: i64, sections: &'static [&'static str], held: i64, fate: Fate) -> Scripted {
    Scripted { minutes_ago: days_ago * DAY + 3 * HOUR, county: YELLOWSTONE, sections, held, filed_after: Some(1), fate }
}

const fn unfiled(days_ago: i64, sections: &'static [&'static str], held: i64) -> Scripted {
    Scripted { filed_after: None, ..scripted(days_ago, sections, held, Fate::Dismissed) }
}

/// The arrests of somebody of the cast, the oldest first.
#[must_use]
pub fn script(role: Role) -> Vec<Scripted> {
    let kept = Fate::Deferred { revoked: false };
    let long = 60 * DAY;
    match role {
        Role::Sample => vec![
            Scripted { county: GALLATIN, ..scripted(900, &["45-9-102", "45-10-103"], 3 * DAY + 5 * HOUR, Fate::Plea) },
            scripted(500, &["45-6-301"], 9 * HOUR, Fate::Plea),
            scripted(9, &["45-6-204", "45-7-302"], long, Fate::Plea),
        ],
        Role::SealedYouth => vec![scripted(20, &["45-6-204"], long, Fate::Plea)],
        Role::Expunged => vec![scripted(1_200, &["45-6-301"], 6 * HOUR, Fate::Plea)],
        Role::DeferredFelony => vec![scripted(1_500, &["45-9-102"], DAY, kept)],
        Role::DeferredMisdemeanor => vec![scripted(1_100, &["45-8-101"], 5 * HOUR, kept)],
        Role::RedIncident => vec![scripted(12, &["45-9-101"], long, Fate::Trial)],
        Role::VictimArrested => vec![scripted(300, &["45-7-302"], 4 * HOUR, Fate::Plea)],
        Role::TierOne => vec![scripted(1_400, &["45-5-502"], 20 * DAY, Fate::Plea)],
        Role::TierTwo => vec![scripted(1_600, &["45-5-503"], 90 * DAY, Fate::Trial)],
        Role::TierThree => vec![scripted(1_700, &["45-5-503", "45-5-202"], 120 * DAY, Fate::Trial)],
        Role::TreatedConsenting | Role::TreatedSilent => vec![scripted(700, &["45-9-102"], 2 * DAY, Fate::Plea)],
        Role::Client => vec![scripted(15, &["45-6-204"], long, Fate::Plea)],
        Role::Codefendant => vec![scripted(15, &["45-6-204", "45-6-101"], long, Fate::Plea)],
        Role::TribalMember => vec![scripted(40, &["61-8-1002"], 7 * HOUR, Fate::Plea)],
        Role::Mistaken => vec![unfiled(200, &["45-6-301"], 6 * HOUR)],
        Role::Dead => vec![scripted(900, &["45-9-103"], 3 * DAY, Fate::Plea)],
        Role::Juvenile => vec![unfiled(5, &["45-6-301"], long)],
        Role::Arrival => vec![
            scripted(30, &["45-6-301"], 9 * HOUR, Fate::Plea),
            Scripted { minutes_ago: -(4 * HOUR + 10), ..unfiled(0, &["45-8-101"], long) },
        ],
        Role::Petitioner | Role::Witness | Role::Unknown => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn everybody_has_a_place_and_a_name_of_their_own() {
        for (at, part) in (0..).zip(&CAST) {
            assert_eq!(place(part.role), at);
            assert_eq!(role_at(at), Some(part.role));
        }
        let names: HashSet<_> = CAST.iter().map(|part| (part.given, part.surname)).collect();
        assert_eq!(names.len(), CAST.len());
    }

    #[test]
    fn sections_of_the_script_are_in_the_table() {
        let parts = CAST.iter().flat_map(|part| script(part.role));
        for section in parts.flat_map(|scripted| scripted.sections.iter()) {
            assert_eq!(super::super::statutes::section(section).section, *section);
        }
    }
}
