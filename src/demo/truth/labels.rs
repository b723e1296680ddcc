//! Labels: every person's numbers, and every error that was put in, one a line, as JSON.

use super::super::dirt::Error;
use super::super::dirt::Writer;
use super::super::dirt::records::{self, statute};
use crate::demo::custody::Jail;
use crate::demo::systems::System;
use crate::demo::world::World;
use serde_json::json;
use std::io::{self, Write};

/// An error that was put into one field of one record of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub system: &'static str,
    pub record: String,
    pub field: &'static str,
    pub error: Error,
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
            "system": label.system, "record": label.record, "field": label.field, "error": label.error.words(),
        });
        writeln!(to, "{line}")?;
    }
    Ok(())
}

/// Every error that was put in.
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
                labels.push(Label { system: system.name(), record: record.clone(), field, error });
            }
        }
    }
    let mut merged: Vec<_> = world.merged.iter().collect();
    merged.sort();
    for ((system, _), local) in merged {
        let record = system.written(*local);
        labels.push(Label { system: system.name(), record, field: "person", error: Error::Merged });
    }
}

fn jail(world: &World, system: System, jail: &Jail, labels: &mut Vec<Label>) {
    for stay in &jail.stays {
        let dirt = records::booking(world.seed, stay.key);
        let mut label = |field, error| {
            labels.push(Label { system: system.name(), record: stay.number.clone(), field, error });
        };
        if stay.shown(world.seed, world.late_since()).released != stay.released {
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
                label("statute", error);
            }
        }
    }
}

fn cases(world: &World, labels: &mut Vec<Label>) {
    for case in &world.courts.cases {
        let dirt = records::case(world.seed, case.key);
        let ended = case.charges.iter().any(|charge| charge.ended.is_some());
        let mut label = |field, error| {
            labels.push(Label { system: System::FullCourt.name(), record: case.number.clone(), field, error });
        };
        if dirt.mans_missing && case.mans.is_some() {
            label("mans", Error::MansMissing);
        }
        if dirt.never_sent && ended {
            label("disposition", Error::NeverSent);
        }
        let shown = |charge| super::super::golden::link::shown_end(world, case, charge).is_some();
        if case.charges.iter().any(|charge| charge.ended.is_some() && !shown(charge)) {
            label("disposition", Error::Late);
        }
        if let Some(error) = dirt.status.error() {
            label("status", error);
        }
        if dirt.money_text {
            label("bond", Error::MoneyText);
        }
        for (at, charge) in case.charges.iter().enumerate() {
            if let Some(error) = statute(world.seed, Writer::Court, case.key, at, charge.statute).1 {
                label("statute", error);
            }
        }
    }
}

fn arrests(world: &World, labels: &mut Vec<Label>) {
    for arrest in world.arrests.iter().filter(|arrest| arrest.mans.is_some()) {
        let dirt = records::arrest(world.seed, arrest.key());
        let record = arrest.mans.map(|mans| mans.to_string()).unwrap_or_default();
        let mut label = |field, error| {
            labels.push(Label { system: System::MtDoj.name(), record: record.clone(), field, error });
        };
        if dirt.late && arrest.at > world.late_since() {
            label("arrest", Error::Late);
        }
        if let Some(error) = dirt.category.error() {
            label("category", error);
        }
        for (at, charge) in arrest.charges.iter().enumerate() {
            if let Some(error) = statute(world.seed, Writer::Police, arrest.key(), at, charge).1 {
                label("statute", error);
            }
        }
    }
}

/// Supervisions and warrants.
fn others(world: &World, labels: &mut Vec<Label>) {
    for (place, one) in (0..).zip(&world.corrections.supervisions) {
        let record = crate::demo::corrections::supervision_id(place);
        let dirt = records::supervision(world.seed, one.key);
        let late = crate::demo::agencies::corrections::shown_end(world, one) != one.ended;
        let errors = [dirt.status.error().map(|error| ("status", error)), late.then_some(("end", Error::Late))];
        for (field, error) in errors.into_iter().flatten() {
            labels.push(Label { system: System::Omis.name(), record: record.clone(), field, error });
        }
    }
    for warrant in &world.warrants.all {
        if let Some(error) = records::warrant(world.seed, warrant.key).error() {
            let record = warrant.number.clone();
            labels.push(Label { system: System::Cjin.name(), record, field: "status", error });
        }
    }
}
