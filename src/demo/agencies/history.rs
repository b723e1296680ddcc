//! The state's criminal history repository: arrests by state number or by arrest number, and registered offenders; long answers in
//! pages, each with a cursor to the next.

use crate::demo::arrests::{Arrest, Basis};
use crate::demo::cast::{self, Role};
use crate::demo::court::{Case, Disposition};
use crate::demo::dirt::Writer;
use crate::demo::dirt::records::{self, statute};
use crate::demo::golden::link::shown_end;
use crate::demo::people;
use crate::demo::places::county_of;
use crate::demo::statutes::Kind as Offense;
use crate::demo::systems::System;
use crate::demo::world::World;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Numbers that the repository takes in one call, and records that it gives in one answer.
const NUMBERS_MAX: usize = 100;
const PAGE: usize = 25;
const NO_DATE: &str = "00000000";

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/v2/subjects", post(subjects))
        .route("/v2/arrests", post(arrests))
        .route("/v2/offenders", post(offenders))
        .with_state(world)
}

/// `{"sids": […]}` or `{"mans": […]}`, and the cursor that the answer before gave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    sids: Option<Vec<String>>,
    mans: Option<Vec<String>>,
    cursor: Option<String>,
}

/// `{"items": […], "cursor": "25"}`; the cursor is null on the last page.
async fn arrests(State(world): State<Arc<World>>, Json(search): Json<Search>) -> Result<Json<Value>, StatusCode> {
    let found: Vec<(u32, &Arrest)> = match (&search.sids, &search.mans) {
        (Some(sids), None) => {
            few(sids)?;
            let places =
                sids.iter().filter_map(|sid| subject(&world, sid)).filter_map(|person| world.arrests_of.get(&person));
            places.flatten().filter_map(|place| Some((*place, world.arrest(*place)?))).collect()
        }
        (None, Some(mans)) => {
            few(mans)?;
            let places = mans.iter().filter_map(|mans| world.by_mans.get(&mans.parse().ok()?));
            places.filter_map(|place| Some((*place, world.arrest(*place)?))).collect()
        }
        _ => return Err(StatusCode::BAD_REQUEST),
    };
    let known: Vec<Value> = found
        .into_iter()
        .filter(|(_, arrest)| arrest.mans.is_some() && reported(&world, arrest))
        .map(|(_, arrest)| written(&world, arrest))
        .collect();
    paged(known, search.cursor.as_deref())
}

/// Who they are, as the fingerprint cards say.
async fn subjects(State(world): State<Arc<World>>, Json(search): Json<Search>) -> Result<Json<Value>, StatusCode> {
    let (Some(sids), None) = (&search.sids, &search.mans) else { return Err(StatusCode::BAD_REQUEST) };
    few(sids)?;
    let known = sids.iter().filter_map(|sid| {
        let recorded = world.registered(System::MtDoj, u64::from(subject(&world, sid)?))?;
        let born = recorded.birth.map_or_else(|| NO_DATE.to_owned(), |birth| birth.strftime("%Y%m%d").to_string());
        Some(json!({ "sid": sid, "born": born, "sex": recorded.sex, "races": recorded.race.map(|race| [race]) }))
    });
    paged(known.collect(), search.cursor.as_deref())
}

async fn offenders(State(world): State<Arc<World>>, Json(search): Json<Search>) -> Result<Json<Value>, StatusCode> {
    let (Some(sids), None) = (&search.sids, &search.mans) else { return Err(StatusCode::BAD_REQUEST) };
    few(sids)?;
    let known = sids.iter().filter_map(|sid| subject(&world, sid)).filter_map(|person| registration(&world, person));
    paged(known.collect(), search.cursor.as_deref())
}

fn few<T>(numbers: &[T]) -> Result<(), StatusCode> {
    if numbers.is_empty() || numbers.len() > NUMBERS_MAX { Err(StatusCode::BAD_REQUEST) } else { Ok(()) }
}

fn paged(all: Vec<Value>, cursor: Option<&str>) -> Result<Json<Value>, StatusCode> {
    let from: usize = cursor.map_or(Ok(0), str::parse).map_err(|_| StatusCode::BAD_REQUEST)?;
    let more = all.len() > from + PAGE;
    let items: Vec<Value> = all.into_iter().skip(from).take(PAGE).collect();
    Ok(Json(json!({ "items": items, "cursor": more.then(|| (from + PAGE).to_string()) })))
}

/// Place of the person whose number it is.
fn subject(world: &World, sid: &str) -> Option<u32> {
    // numbers are a permutation of places, so the place is looked for among those who have one
    let place = people::place_of_sid(sid)?;
    world.number_of(place, System::MtDoj).map(|_| place)
}

/// Whether the agency's report has come in.
#[must_use]
pub fn reported(world: &World, arrest: &Arrest) -> bool {
    !(records::arrest(world.seed, arrest.key()).late && arrest.at > world.late_since())
}

fn written(world: &World, arrest: &Arrest) -> Value {
    let dirt = records::arrest(world.seed, arrest.key());
    let case = arrest.case.and_then(|case| world.case(case));
    let counts = arrest.charges.iter().enumerate().map(|(at, charge)| {
        let ended = case.and_then(|case| known_end(world, case, at));
        json!({
            "seq": format!("{:03}", at + 1),
            "statute": statute(world.seed, Writer::Police, arrest.key(), at, charge).0,
            "literal": charge.title.to_uppercase(),
            "level": if charge.felony { "F" } else { "M" },
            "disposition": ended.map(|(how, _)| how),
            "dispositionDate": ended.map_or_else(|| NO_DATE.to_owned(), |(_, on)| on.strftime("%Y%m%d").to_string()),
        })
    });
    let category = if arrest.held.is_some() { "T   " } else { "S   " };
    let basis = match arrest.basis {
        Basis::ProbableCause => "PC",
        Basis::Warrant => "WA",
        Basis::Fugitive => "FU",
    };
    json!({
        "mans": arrest.mans.map(|mans| mans.to_string()),
        "sid": people::sid(arrest.person),
        "arrestedAt": arrest.at.to_string(),
        "place": arrest.place(),
        "agency": { "ori": arrest.agency(), "name": arrest.agency_name() },
        "category": dirt.category.write(category, "U"),
        "basis": basis,
        "officer": arrest.badge.to_string(),
        "incident": arrest.incident,
        "counts": counts.collect::<Vec<_>>(),
        "youth": if arrest.youth() { "Y" } else { "N" },
        "posted": arrest.at.to_string(),
    })
}

/// How a charge ended, in the repository's words, where the court's form came in with the number of the arrest.
#[must_use]
pub fn known_end(world: &World, case: &Case, place: usize) -> Option<(&'static str, Date)> {
    let dirt = records::case(world.seed, case.key);
    if dirt.never_sent || dirt.mans_missing {
        return None;
    }
    let ended = shown_end(world, case, case.charges.get(place)?)?;
    let words = match ended.how {
        Disposition::Plea => "CONVICTED - PLEA",
        Disposition::Trial => "CONVICTED - TRIAL",
        Disposition::Acquitted => "ACQUITTED",
        Disposition::Dismissed => "DISMISSED",
        Disposition::Deferred => "DEFERRED IMP OF SENTENCE",
        Disposition::DeferredDismissed => "DISMISSED 46-18-204",
    };
    Some((words, ended.on))
}

/// The entry in the register of sexual and violent offenders, after a conviction for what leads there.
fn registration(world: &World, person: u32) -> Option<Value> {
    let arrests = world.arrests_of(person);
    let cases = arrests.iter().filter_map(|arrest| world.case(arrest.case?));
    let mut convicted = cases.flat_map(|case| case.charges.iter()).filter_map(|charge| {
        let ended = charge.ended.filter(|ended| ended.how.conviction())?;
        Some((charge.statute, ended.on))
    });
    let (statute, on) = convicted.find(|(statute, _)| statute.kind == Offense::Sex || statute.section == "45-5-202")?;
    let tier = match cast::role_at(person) {
        Some(Role::TierOne) => 1,
        Some(Role::TierTwo) => 2,
        Some(Role::TierThree) => 3,
        _ => person % 3 + 1,
    };
    let lives = world.person(person)?;
    let sex = statute.kind == Offense::Sex;
    Some(json!({
        "registration": format!("SVOR-{:06}", person),
        "sid": people::sid(person),
        "category": if sex { "SEX" } else { "VIO" },
        "level": sex.then_some(tier),
        "since": on.strftime("%Y%m%d").to_string(),
        "city": county_of(lives.home).seat,
        "street": lives.street,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_comes_in_pages() {
        let all: Vec<Value> = (0..60).map(Value::from).collect();
        let page = |cursor: Option<&str>| paged(all.clone(), cursor).unwrap().0;
        assert_eq!(page(None)["items"].as_array().unwrap().len(), 25);
        assert_eq!(page(None)["cursor"], "25");
        assert_eq!(page(Some("50"))["items"].as_array().unwrap().len(), 10);
        assert!(page(Some("50"))["cursor"].is_null());
        assert!(paged(all.clone(), Some("x")).is_err());
    }
}
