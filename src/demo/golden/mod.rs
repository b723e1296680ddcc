//! Golden: what the golden-record store is to hold, made of what agencies recorded.
//!
//! Columns of a person hold values from ordinary sources only. What counsel, treatment and youth courts recorded stands in rows of its
//! own. Victim service providers are no source of anything here (34 U.S.C. 12291(b)(2)).

pub mod link;
pub mod metrics;

use super::agencies::{gallatin, yellowstone};
use super::cast::{self, Role};
use super::chance::Chance;
use super::corrections::supervision_id;
use super::names::Name;
use super::people::{self, Person};
use super::places::{STREETS, county_of};
use super::systems::System;
use super::world::{World, item};
use jiff::civil::Date;
use std::collections::BTreeMap;

const STREAM: u64 = 91;
/// The register of driver licences: an ordinary source, and no system of this world.
pub const LICENCES: &str = "MVD";
const COUNSEL: &str = "OPD_CASES";
const TREATMENT: &str = "TREATMENT_RECORDS";
/// The address confidentiality program of the department of justice (40-15-115 to 121 MCA): a government office.
const ADDRESS_PROGRAM: &str = "MTDOJ_ACP";

/// What kind of system recorded a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ordinary,
    Privileged,
    Treatment,
    Youth,
}

impl Kind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ordinary => "ORDINARY",
            Self::Privileged => "PRIVILEGED",
            Self::Treatment => "TREATMENT",
            Self::Youth => "YOUTH",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    pub usage: &'static str,
    pub name: Name,
    pub system: &'static str,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRow {
    pub street: &'static str,
    pub county: u8,
    pub since: Date,
    pub system: &'static str,
    pub kind: Kind,
    pub protected: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierRow {
    pub kind: &'static str,
    pub value: String,
    pub system: &'static str,
    pub source: Kind,
}

/// Names: the one on official papers, those of other times, and whatever systems wrote otherwise.
#[must_use]
pub fn names(world: &World, index: u32, person: &Person) -> Vec<NameRow> {
    let row = |usage, name, system, kind| NameRow { usage, name, system, kind };
    let knows = |system| world.number_of(index, system).is_some();
    let official = if knows(System::MtDoj) { System::MtDoj.name() } else { LICENCES };
    let mut rows = vec![row("OFFICIAL", person.name.clone(), official, Kind::Ordinary)];
    if let Some(former) = &person.former {
        rows.push(row("FORMER", former.clone(), LICENCES, Kind::Ordinary));
    }
    if let Some(preferred) = &person.preferred {
        rows.push(row("PREFERRED", preferred.clone(), LICENCES, Kind::Ordinary));
    }
    let systems = [System::JmsYellowstone, System::JmsGallatin, System::FullCourt, System::Omis, System::BillingsPd];
    for system in systems {
        for local in world.numbers_of(index, system) {
            let written = world.registered(system, local).map(|recorded| recorded.name);
            if let Some(written) = written.filter(|written| *written != person.name) {
                rows.push(row("ALIAS", written, system.name(), Kind::Ordinary));
            }
        }
    }
    if knows(System::YouthCourt) {
        let name = Name { middle: None, suffix: None, ..person.name.clone() };
        rows.push(row("ALIAS", name, System::YouthCourt.name(), Kind::Youth));
    }
    if client(world, index) {
        let name = Name { given: format!("{} J.", person.name.given), ..person.name.clone() };
        rows.push(row("ALIAS", name, COUNSEL, Kind::Privileged));
    }
    rows
}

/// Addresses, the latest last.
#[must_use]
pub fn addresses(world: &World, index: u32, person: &Person) -> Vec<AddressRow> {
    let chance = &mut Chance::new(world.seed, STREAM, u64::from(index));
    let mut rows = Vec::new();
    let mut row = |street, county, since, system, kind, protected| {
        rows.push(AddressRow { street, county, since, system, kind, protected });
    };
    let earlier = Date::constant(2017, 6, 1);
    if let Some(county) = person.earlier {
        row(chance.pick::<&str>(&STREETS), county, earlier, LICENCES, Kind::Ordinary, false);
    }
    let known = world.number_of(index, System::JmsYellowstone).is_some();
    let system = if known { System::JmsYellowstone.name() } else { LICENCES };
    row(person.street, person.home, person.since, system, Kind::Ordinary, person.protected);
    if person.protected {
        // their official address; the department forwards mail (40-15-117 MCA)
        row("Address confidentiality program, box 0", 25, person.since, ADDRESS_PROGRAM, Kind::Ordinary, false);
    }
    if client(world, index) {
        row(chance.pick::<&str>(&STREETS), person.home, Date::constant(2025, 9, 1), COUNSEL, Kind::Privileged, false);
    }
    let treated = matches!(cast::role_at(index), Some(Role::TreatedConsenting | Role::TreatedSilent));
    if treated || (world.number_of(index, System::Omis).is_some() && chance.permille(100)) {
        row(chance.pick::<&str>(&STREETS), person.home, Date::constant(2025, 8, 1), TREATMENT, Kind::Treatment, false);
    }
    rows
}

/// Some of those with a case, whom the public defender knows under more than the court does.
fn client(world: &World, index: u32) -> bool {
    let cast = matches!(cast::role_at(index), Some(Role::Client | Role::Codefendant));
    let chance = &mut Chance::new(world.seed, STREAM + 1, u64::from(index));
    cast || (world.party_of(index).is_some() && cast::role_at(index).is_none() && chance.permille(40))
}

#[must_use]
pub fn identifiers(world: &World, index: u32, person: &Person) -> Vec<IdentifierRow> {
    let row = |kind, value, system| IdentifierRow { kind, value, system, source: Kind::Ordinary };
    let mut rows = Vec::new();
    if world.number_of(index, System::MtDoj).is_some() {
        let system = System::MtDoj.name();
        rows.push(row("SID", people::sid(index), system));
        rows.extend(people::ucn(world.seed, index).map(|ucn| row("FBI", ucn, system)));
    }
    if world.number_of(index, System::Omis).is_some() {
        rows.push(row("DOC", people::doc(index), System::Omis.name()));
    }
    if person.has_licence {
        rows.push(row("OLN", people::licence(index), LICENCES));
    }
    rows
}

/// Town of the latest address that an ordinary source has and that may be told.
#[must_use]
pub fn city(rows: &[AddressRow]) -> Option<&'static str> {
    let told = rows.iter().filter(|row| row.kind == Kind::Ordinary && !row.protected);
    told.max_by_key(|row| row.since).map(|row| county_of(row.county).seat)
}

/// A record that is closed: sealed, expunged, consent withdrawn, confidential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    pub kind: &'static str,
    pub of: &'static str,
    /// Parts joined by a unit separator.
    pub key: String,
    pub ordered: Date,
    pub order: String,
}

/// Everything that courts have closed: with a case all that came of it, the arrest, the stay in jail, supervision, warrants (46-18-204,
/// 46-18-1103 MCA).
#[must_use]
pub fn closures(world: &World) -> Vec<Closure> {
    let mut rows = Vec::new();
    for matter in world.youth.iter().filter(|matter| matter.sealed) {
        let person = world.person(matter.person);
        let ordered = person.and_then(|person| person.birth.checked_add(jiff::Span::new().years(18)).ok());
        rows.push(Closure {
            kind: "SEALED",
            of: "YouthMatter",
            key: matter.number.clone(),
            ordered: ordered.unwrap_or(matter.filed),
            order: matter.number.clone(),
        });
    }
    let mut closed = BTreeMap::new();
    for (place, case) in (0_u32..).zip(&world.courts.cases) {
        let kind = if case.sealed() {
            "EXPUNGED"
        } else if case.confidential() {
            "CONFIDENTIAL"
        } else {
            continue;
        };
        let ordered = case.charges.iter().filter_map(|charge| charge.ended).map(|ended| ended.on).max();
        let ordered = ordered.unwrap_or(world.today);
        let row = |of, key| Closure { kind, of, key, ordered, order: case.number.clone() };
        rows.push(row("CourtCase", case.number.clone()));
        let mans = world.arrest(case.arrest).and_then(|arrest| arrest.mans).or(case.mans);
        rows.extend(mans.map(|mans| row("Arrest", mans.to_string())));
        for (ori, jail) in [(yellowstone::ORI, &world.yellowstone), (gallatin::ORI, &world.gallatin)] {
            let stay = jail.by_arrest.get(&case.arrest).and_then(|at| item(&jail.stays, *at));
            let key = stay.map(|stay| format!("{ori}\u{1f}{}", stay.number));
            rows.extend(key.into_iter().flat_map(|key| ["Booking", "CustodyState"].map(|of| row(of, key.clone()))));
        }
        closed.insert(place, (kind, ordered, &case.number));
    }
    let row = |of, case: &u32, key: String| {
        let (kind, ordered, order) = closed.get(case)?;
        Some(Closure { kind, of, key, ordered: *ordered, order: (*order).clone() })
    };
    let supervisions = (0_u32..).zip(&world.corrections.supervisions);
    rows.extend(supervisions.filter_map(|(at, one)| row("Supervision", &one.case, supervision_id(at))));
    let warrants = world.warrants.all.iter();
    rows.extend(warrants.filter_map(|one| row("Warrant", one.case.as_ref()?, one.number.clone())));
    rows
}
