//! Hand: what a good engineer would write in an afternoon for this one question, instead of a gateway.
//!
//! The same structs for the three: read as rows, written as JSON, members in the order in which the query names them.

pub mod memory;
pub mod postgres;
pub mod sqlite;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::collections::HashMap;

#[derive(Debug, Deserialize)]
struct Question {
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Answer<P> {
    data: Persons<P>,
}

#[derive(Serialize)]
struct Persons<P> {
    persons: Vec<P>,
}

#[derive(Serialize, FromRow)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    given: String,
    middle: Option<String>,
    surname: String,
    suffix: Option<String>,
    sex: Option<String>,
    birth_date: String,
    height_cm: Option<i32>,
    weight_kg: Option<i32>,
    city: Option<String>,
    phone: Option<String>,
    veteran: bool,
    #[sqlx(skip)]
    cases: Vec<Case>,
    #[sqlx(skip)]
    custody: Option<Custody>,
}

#[derive(Serialize, FromRow)]
struct Case {
    #[serde(skip)]
    person: String,
    number: String,
    court: String,
    kind: String,
    status: String,
    filed: String,
    judge: Option<String>,
    counts: i32,
    sealed: bool,
}

#[derive(Serialize, FromRow)]
#[serde(rename_all = "camelCase")]
struct Custody {
    #[serde(skip)]
    person: String,
    booking: String,
    facility: String,
    status: String,
    booked_at: String,
    cell: Option<String>,
    bail: Option<f64>,
}

/// Persons in the order of the question, each with what is theirs.
fn answer(ids: &[String], persons: Vec<Person>, cases: Vec<Case>, custodies: Vec<Custody>) -> Answer<Person> {
    let mut persons: HashMap<String, Person> = persons.into_iter().map(|person| (person.id.clone(), person)).collect();
    for case in cases {
        if let Some(person) = persons.get_mut(&case.person) {
            person.cases.push(case);
        }
    }
    for custody in custodies {
        if let Some(person) = persons.get_mut(&custody.person) {
            person.custody = Some(custody);
        }
    }
    Answer { data: Persons { persons: ids.iter().filter_map(|id| persons.remove(id)).collect() } }
}
