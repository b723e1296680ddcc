//! Forms: whom to fill them for, and whether what was filled in is so: identifiers, case numbers, courts and dates.

use super::custody::{instant, stay_of};
use crate::demo::court::Status;
use crate::demo::people;
use crate::demo::world::World;
use serde_json::Value;

/// Somebody in jail whose case is open.
#[derive(Debug, Clone)]
pub struct Subject {
    person: u32,
    /// Id of the golden record.
    pub id: String,
    pub facility: &'static str,
    pub booking: String,
    pub case: String,
}

/// So many of them, in the order of the world.
#[must_use]
pub fn subjects(world: &World, most: usize) -> Vec<Subject> {
    let all = u32::try_from(world.people.len()).unwrap_or(u32::MAX);
    let of = |person: u32| {
        let places = world.arrests_of.get(&person)?;
        let held = places.iter().rev().find_map(|place| {
            let (facility, _, stay) = stay_of(world, *place)?;
            world.released(*place).is_none().then_some((facility, stay.number.clone()))
        });
        let (facility, booking) = held?;
        let arrests = world.arrests_of(person);
        let mut cases = arrests.into_iter().filter_map(|arrest| world.case(arrest.case?));
        let case = cases.find(|case| case.status == Status::Open && case.person == person)?.number.clone();
        // A youth is nobody to most, and has no form here.
        let grown = world.person(person)?.birth.year() + 19 <= world.today.year();
        grown.then(|| Subject {
            person,
            id: world.person(person).map(|one| one.id.clone()).unwrap_or_default(),
            facility,
            booking,
            case,
        })
    };
    (0..all).filter_map(of).take(most).collect()
}

/// Values that stand in a filled form as good as they are, and are not so; and how many were looked at.
#[must_use]
pub fn wrong(world: &World, subject: &Subject, filled: &Value) -> (Vec<String>, usize) {
    let blocks = filled.get("blocks").and_then(Value::as_array).into_iter().flatten();
    let fields: Vec<&Value> = blocks.filter_map(|block| block.get("fields")?.as_array()).flatten().collect();
    let text = |field: &Value, at: &str| field.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let case_of_row = |row: Option<&Value>| {
        let is_case = |field: &&&Value| {
            field.get("row") == row && ["case-number", "prior-case"].contains(&text(field, "id").as_str())
        };
        fields.iter().find(is_case).map(|field| text(field, "value"))
    };
    let (mut wrong, mut looked) = (Vec::new(), 0);
    for field in fields.iter().filter(|field| text(field, "state") == "PREFILLED") {
        let (id, value) = (text(field, "id"), text(field, "value"));
        let case = case_of_row(field.get("row"));
        let Some(is_so) = is_so(world, subject, &id, &value, case.as_deref()) else { continue };
        looked += 1;
        if !is_so {
            wrong.push(format!("{id} of person {}: {value}", subject.person));
        }
    }
    (wrong, looked)
}

/// `None` for a field that is none of those that are looked at.
fn is_so(world: &World, subject: &Subject, id: &str, value: &str, case: Option<&str>) -> Option<bool> {
    let person = subject.person;
    let all = |truth: &str| value.split("; ").all(|one| one == truth);
    let found = || case.and_then(|number| world.courts.case(number));
    Some(match id {
        "sid" => all(&people::sid(person)),
        "fbi" => people::ucn(world.seed, person).is_some_and(|ucn| all(&ucn)),
        "doc" => all(&people::doc(person)),
        "licence" => all(&people::licence(person)),
        "birth-date" => world.person(person).is_some_and(|known| value == known.birth.to_string()),
        "booking-number" => value == subject.booking,
        "case-number" | "prior-case" => world.courts.case(value).is_some_and(|case| case.person == person),
        "court" | "prior-court" => found()?.court() == value,
        "disposed-on" => {
            let charges = &found()?.charges;
            charges.iter().any(|charge| charge.ended.is_some_and(|ended| ended.on.to_string() == value))
        }
        "next-hearing" => {
            let at: jiff::Timestamp = value.parse().ok()?;
            let known = &found()?.hearings;
            known.iter().any(|hearing| instant(world, hearing.at, true).fits(Some(&at.to_string())) > 0)
        }
        _ => return None,
    })
}
