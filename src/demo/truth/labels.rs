//! Labels: every person's numbers, and every error that is declared, one a line, as JSON.
//!
//! Which record has which error stands in the table of `dirt` and nowhere else. What an error makes of a value is not asked of those who
//! make it (agencies, and the store of golden records): each says so for itself, and [`Check`](super::Check) holds them against this.

use crate::demo::custody::Jail;
use crate::demo::dirt::records::{self, statute};
use crate::demo::dirt::{Error, Writer};
use crate::demo::systems::System;
use crate::demo::world::World;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::collections::HashMap;
use std::io::{self, Write};

/// Seconds for which a record that is late is not yet entered: two weeks.
const LATE_S: i64 = 14 * 24 * 60 * 60;

/// An error that is declared for one field of one record of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub system: System,
    pub record: String,
    /// `disposition`, or `statute 2` for that of the second charge.
    pub field: String,
    pub error: Error,
}

/// The labels of a world, by where they are.
#[derive(Debug, Default)]
pub struct Declared(HashMap<(System, String), Vec<(String, Error)>>);

impl Declared {
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut all: HashMap<(System, String), Vec<(String, Error)>> = HashMap::new();
        for label in labels(world) {
            all.entry((label.system, label.record)).or_default().push((label.field, label.error));
        }
        Self(all)
    }

    /// The error of a field of a record.
    #[must_use]
    pub fn at(&self, system: System, record: &str, field: &str) -> Option<Error> {
        self.all(system, record).find(|(known, _)| known == field).map(|(_, error)| *error)
    }

    /// That of a charge of it.
    #[must_use]
    pub fn at_charge(&self, system: System, record: &str, (field, at): (&str, usize)) -> Option<Error> {
        self.at(system, record, &of_charge(field, at))
    }

    /// Whether the record has this error anywhere.
    #[must_use]
    pub fn has(&self, system: System, record: &str, error: Error) -> bool {
        self.all(system, record).any(|(_, known)| *known == error)
    }

    fn all(&self, system: System, record: &str) -> impl Iterator<Item = &(String, Error)> {
        self.0.get(&(system, record.to_owned())).into_iter().flatten()
    }
}

/// `statute 2`
fn of_charge(field: &str, at: usize) -> String {
    format!("{field} {}", at + 1)
}

/// Where the last days begin, of which a record that is late says nothing.
fn lately(world: &World) -> Timestamp {
    Timestamp::from_second(world.moment.as_second() - LATE_S).unwrap_or(world.moment)
}

fn last_day(world: &World) -> Date {
    world.date(lately(world))
}

/// Writes the labelled truth: `person` lines with all numbers, then `error` lines.
///
/// # Errors
/// Where it can't be written.
pub fn write(world: &World, to: &mut impl Write) -> io::Result<()> {
    for (index, (person, known)) in world.people.iter().zip(&world.known).enumerate() {
        let numbers: Vec<_> = known
            .iter()
            .map(|(system, local)| json!({ "system": system.name(), "number": system.written(*local) }))
            .collect();
        let arrests = world.arrests_of(u32::try_from(index).unwrap_or(u32::MAX));
        let events = arrests.iter().map(|arrest| {
            let case = arrest.case.and_then(|case| world.case(case)).map(|case| &case.number);
            json!({ "arrestedAt": arrest.at.to_string(), "mans": arrest.mans, "case": case, "incident": arrest.incident })
        });
        let line = json!({
            "person": person.id, "place": index, "name": person.name.full(), "birth": person.birth.to_string(),
            "numbers": numbers, "arrests": events.collect::<Vec<_>>(),
        });
        writeln!(to, "{line}")?;
    }
    for label in labels(world) {
        let line = json!({
            "system": label.system.name(), "record": label.record, "field": label.field, "error": label.error.words(),
        });
        writeln!(to, "{line}")?;
    }
    Ok(())
}

/// Every error that is declared.
#[must_use]
pub fn labels(world: &World) -> Vec<Label> {
    let mut labels = Vec::new();
    registered(world, &mut labels);
    jail(world, System::JmsYellowstone, &world.yellowstone, &mut labels);
    jail(world, System::JmsGallatin, &world.gallatin, &mut labels);
    cases(world, &mut labels);
    arrests(world, &mut labels);
    others(world, &mut labels);
    labels
}

/// Persons as systems registered them; those registered twice, and two under one number.
fn registered(world: &World, labels: &mut Vec<Label>) {
    for known in &world.known {
        for (at, (system, local)) in known.iter().enumerate() {
            let record = system.written(*local);
            let twice = known.iter().take(at).any(|earlier| earlier.0 == *system);
            let errors = world.registered(*system, *local).map(|recorded| recorded.errors).unwrap_or_default();
            let own = errors.into_iter();
            for (field, error) in own.chain(twice.then_some(("person", Error::Duplicate))) {
                labels.push(Label { system: *system, record: record.clone(), field: field.to_owned(), error });
            }
        }
    }
    let mut merged: Vec<_> = world.merged.iter().collect();
    merged.sort();
    for ((system, _), local) in merged {
        let record = system.written(*local);
        labels.push(Label { system: *system, record, field: "person".to_owned(), error: Error::Merged });
    }
}

fn jail(world: &World, system: System, jail: &Jail, labels: &mut Vec<Label>) {
    for stay in &jail.stays {
        let dirt = records::booking(world.seed, stay.key);
        let mut label = |field: &str, error| {
            labels.push(Label { system, record: stay.number.clone(), field: field.to_owned(), error });
        };
        if dirt.late && stay.released.is_some_and(|at| at > lately(world)) {
            label("released", Error::Late);
        } else if dirt.released_early && stay.released.is_some() {
            label("released", Error::ReleasedBeforeBooked);
        }
        if let Some(error) = dirt.state.error() {
            label("state", error);
        }
        if let Some(error) = dirt.category.error() {
            label("category", error);
        }
        if dirt.zero_date && stay.released.is_none() && system == System::JmsYellowstone {
            label("released", Error::DateZero);
        }
        if dirt.unnamed {
            label("arresting agency", Error::NotAvailable);
        }
        if dirt.spreadsheet_date && stay.released.is_none() && system == System::JmsGallatin {
            label("release expected", Error::DateSpreadsheet);
        }
        let charges = world.arrest(stay.arrest).map(|arrest| arrest.charges.as_slice()).unwrap_or_default();
        for (at, charge) in charges.iter().enumerate() {
            if let Some(error) = statute(world.seed, Writer::Jail, stay.key, at, charge).1 {
                label(&of_charge("statute", at), error);
            }
        }
    }
}

fn cases(world: &World, labels: &mut Vec<Label>) {
    for case in &world.courts.cases {
        let dirt = records::case(world.seed, case.key);
        let ended = case.charges.iter().any(|charge| charge.ended.is_some());
        let mut label = |field: &str, error| {
            let (system, record) = (System::FullCourt, case.number.clone());
            labels.push(Label { system, record, field: field.to_owned(), error });
        };
        if dirt.mans_missing && case.mans.is_some() {
            label("mans", Error::MansMissing);
        }
        if dirt.never_sent && ended {
            label("disposition", Error::NeverSent);
        }
        if let Some(error) = dirt.status.error() {
            label("status", error);
        }
        if dirt.money_text {
            label("bond", Error::MoneyText);
        }
        for (at, charge) in case.charges.iter().enumerate() {
            if dirt.late && charge.ended.is_some_and(|ended| ended.on > last_day(world)) {
                label(&of_charge("disposition", at), Error::Late);
            }
            if let Some(error) = statute(world.seed, Writer::Court, case.key, at, charge.statute).1 {
                label(&of_charge("statute", at), error);
            }
        }
    }
}

fn arrests(world: &World, labels: &mut Vec<Label>) {
    for arrest in world.arrests.iter().filter(|arrest| arrest.mans.is_some()) {
        let dirt = records::arrest(world.seed, arrest.key());
        let record = arrest.mans.map(|mans| mans.to_string()).unwrap_or_default();
        let mut label = |field: &str, error| {
            let (system, record) = (System::MtDoj, record.clone());
            labels.push(Label { system, record, field: field.to_owned(), error });
        };
        if dirt.late && arrest.at > lately(world) {
            label("arrest", Error::Late);
        }
        if let Some(error) = dirt.category.error() {
            label("category", error);
        }
        for (at, charge) in arrest.charges.iter().enumerate() {
            if let Some(error) = statute(world.seed, Writer::Police, arrest.key(), at, charge).1 {
                label(&of_charge("statute", at), error);
            }
        }
    }
}

/// Supervisions and warrants.
fn others(world: &World, labels: &mut Vec<Label>) {
    for (place, one) in (0..).zip(&world.corrections.supervisions) {
        let record = crate::demo::corrections::supervision_id(place);
        let dirt = records::supervision(world.seed, one.key);
        let late = dirt.late && one.ended.is_some_and(|day| day > last_day(world));
        let errors = [dirt.status.error().map(|error| ("status", error)), late.then_some(("end", Error::Late))];
        for (field, error) in errors.into_iter().flatten() {
            labels.push(Label { system: System::Omis, record: record.clone(), field: field.to_owned(), error });
        }
    }
    for warrant in &world.warrants.all {
        if let Some(error) = records::warrant(world.seed, warrant.key).error() {
            let record = warrant.number.clone();
            labels.push(Label { system: System::Cjin, record, field: "status".to_owned(), error });
        }
    }
}
