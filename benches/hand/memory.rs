//! Memory: structs in maps by their keys, borrowed by the answer.

use super::{Answer, Persons, Question};
use crate::roster::{self, Roster};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

struct Records {
    persons: HashMap<String, roster::Person>,
    cases: HashMap<String, Vec<Case>>,
    custodies: HashMap<String, Custody>,
}

#[derive(Serialize)]
struct Case {
    number: String,
    court: String,
    kind: String,
    status: String,
    filed: String,
    judge: Option<String>,
    counts: i32,
    sealed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Custody {
    booking: String,
    facility: String,
    status: String,
    booked_at: String,
    cell: Option<String>,
    bail: Option<f64>,
}

/// Written out: `#[serde(flatten)]` would write a person through a map, which is slower.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    id: &'a str,
    given: &'a str,
    middle: Option<&'a str>,
    surname: &'a str,
    suffix: Option<&'a str>,
    sex: Option<&'a str>,
    birth_date: &'a str,
    height_cm: Option<i32>,
    weight_kg: Option<i32>,
    city: Option<&'a str>,
    phone: Option<&'a str>,
    veteran: bool,
    cases: &'a [Case],
    custody: Option<&'a Custody>,
}

pub fn routes(roster: &Roster) -> Router {
    let mut cases: HashMap<String, Vec<Case>> = HashMap::new();
    for case in roster.cases.iter().cloned() {
        let roster::Case { number, person, court, kind, status, filed, judge, counts, sealed } = case;
        let case = Case { number, court, kind, status, filed, judge, counts, sealed };
        cases.entry(person).or_default().push(case);
    }
    let custodies = roster.custodies.iter().cloned().map(|custody| {
        let roster::Custody { booking, person, facility, status, booked_at, cell, bail } = custody;
        (person, Custody { booking, facility, status, booked_at, cell, bail })
    });
    let records = Records {
        persons: roster.persons.iter().map(|person| (person.id.clone(), person.clone())).collect(),
        cases,
        custodies: custodies.collect(),
    };
    Router::new().route("/persons", post(persons)).with_state(Arc::new(records))
}

async fn persons(State(records): State<Arc<Records>>, Json(question): Json<Question>) -> Response {
    let person = |id: &String| {
        let person = records.persons.get(id)?;
        Some(Person {
            id: &person.id,
            given: &person.given,
            middle: person.middle.as_deref(),
            surname: &person.surname,
            suffix: person.suffix.as_deref(),
            sex: person.sex.as_deref(),
            birth_date: &person.birth_date,
            height_cm: person.height_cm,
            weight_kg: person.weight_kg,
            city: person.city.as_deref(),
            phone: person.phone.as_deref(),
            veteran: person.veteran,
            cases: records.cases.get(id).map(Vec::as_slice).unwrap_or_default(),
            custody: records.custodies.get(id),
        })
    };
    let persons = question.ids.iter().filter_map(person).collect();
    Json(Answer { data: Persons { persons } }).into_response()
}
