//! The jail in Gallatin County, with another vendor's system: one person a call, nested objects, seconds since 1970, and 404 for
//! somebody it does not know.

use super::answers::{Query, flag, join, page};
use crate::demo::arrests::{Arrest, DAY, before};
use crate::demo::custody::file::{Caution, EventKind, caution, file};
use crate::demo::custody::{HoldKind, State as CustodyState, Stay};
use crate::demo::dirt::Writer;
use crate::demo::dirt::records::{self, statute};
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::sync::Arc;

pub const ORI: &str = "MT0160000";
/// The only edition of its interface that the system still speaks.
const VERSION: &str = "2";

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/jails/{ori}/stays/{number}", get(stay))
        .route("/jails/{ori}/stays", get(roster))
        .route("/people/{reference}", get(person))
        .route("/people/{reference}/stays", get(stays))
        .route("/people/{reference}/custody", get(custody))
        .route("/people/{reference}/alerts", get(alerts))
        .layer(from_fn(versioned))
        .with_state(world)
}

/// 406 without `accept-version: 2`.
async fn versioned(request: Request, next: Next) -> Response {
    if request.headers().get("accept-version").is_some_and(|version| version == VERSION) {
        next.run(request).await
    } else {
        StatusCode::NOT_ACCEPTABLE.into_response()
    }
}

/// The stay itself; 404 for a number that it does not have, and for every other jail's.
async fn stay(
    State(world): State<Arc<World>>,
    Path((ori, number)): Path<(String, String)>,
) -> Result<Json<Value>, StatusCode> {
    let stay = world.gallatin.stay(&number).filter(|_| ori == ORI).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(written(&world, stay)))
}

/// `?size=20&from=2026000123`: `{"stays": […], "more": true}`, who is there, by number; everybody where no size is given.
async fn roster(
    State(world): State<Arc<World>>,
    Path(ori): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "", 0, &["size", "from"])?;
    if ori != ORI {
        return Err(StatusCode::NOT_FOUND);
    }
    let jail = &world.gallatin;
    let held = jail.held.iter().filter_map(|at| item(&jail.stays, *at));
    let (found, next) = page(held, query.argument("from"), query.number("size")?, |stay| &stay.number);
    let written: Vec<Value> = found.into_iter().map(|stay| written(&world, stay)).collect();
    Ok(Json(json!({ "stays": written, "more": next.is_some() })))
}

/// Who somebody is, as it stands in the register; 404 for somebody it does not know.
async fn person(State(world): State<Arc<World>>, Path(reference): Path<String>) -> Result<Json<Value>, StatusCode> {
    let mut written = subject(&world, of(&world, &reference)?.0);
    join(&mut written, json!({ "personRef": reference }));
    Ok(Json(written))
}

/// `?open=true`: `{"stays": […]}` of one person; 404 for somebody it does not know.
async fn stays(
    State(world): State<Arc<World>>,
    Path(reference): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "", 0, &["open"])?;
    let open = query.argument("open").map(flag).transpose()?;
    let there = |stay: &Stay| stay.shown(world.seed, world.late_since()).released.is_none();
    let stays = of(&world, &reference)?.1;
    let wanted = stays.into_iter().filter(|stay| open.is_none_or(|open| there(stay) == open));
    Ok(Json(json!({ "stays": wanted.map(|stay| written(&world, stay)).collect::<Vec<_>>() })))
}

/// The latest stay of one person, in short.
async fn custody(State(world): State<Arc<World>>, Path(reference): Path<String>) -> Result<Json<Value>, StatusCode> {
    let latest = of(&world, &reference)?.1.into_iter().max_by_key(|stay| stay.booked);
    Ok(Json(latest.map(|stay| in_short(&world, stay)).unwrap_or_default()))
}

/// `{"alerts": […]}` of one person.
async fn alerts(State(world): State<Arc<World>>, Path(reference): Path<String>) -> Result<Json<Value>, StatusCode> {
    let inmate = of(&world, &reference)?.0;
    let alert = caution(&world, inmate).map(|(code, since)| {
        let code = match code {
            Caution::Armed => "ARMED",
            Caution::Violent => "VIOLENT",
            Caution::Escape => "ESCAPE",
            Caution::Suicidal => "SUICIDE",
            Caution::Medical => "MEDICAL",
            Caution::Untranslated => "SEE-NOTE",
        };
        json!({ "alertId": format!("{reference}-1"), "personRef": reference, "type": code, "entered": spreadsheet(since) })
    });
    Ok(Json(json!({ "alerts": alert.into_iter().collect::<Vec<_>>() })))
}

/// The jail's number of a person, and their stays.
fn of<'a>(world: &'a World, reference: &str) -> Result<(u64, Vec<&'a Stay>), StatusCode> {
    let inmate = reference.strip_prefix('G').and_then(|digits| digits.parse().ok()).ok_or(StatusCode::NOT_FOUND)?;
    Ok((inmate, world.gallatin.stays_of(inmate).ok_or(StatusCode::NOT_FOUND)?))
}

fn in_short(world: &World, stay: &Stay) -> Value {
    let dirt = records::booking(world.seed, stay.key);
    let shown = stay.shown(world.seed, world.late_since());
    let expected = file(world, stay, shown).expected;
    json!({
        "stayId": stay.number,
        "jail": { "ori": ORI, "label": "Gallatin County Detention Center" },
        "personRef": System::JmsGallatin.written(stay.inmate),
        "custody": { "code": dirt.state.write(code(shown.state), "NOT-KNOWN"), "since": shown.since.to_string() },
        "expectedOut": expected.map(|day| if dirt.spreadsheet_date { spreadsheet(day) } else { day.to_string() }),
        "youth": stay.youth(),
        "modified": stay.updated.as_millisecond(),
    })
}

fn written(world: &World, stay: &Stay) -> Value {
    let dirt = records::booking(world.seed, stay.key);
    let shown = stay.shown(world.seed, world.late_since());
    let file = file(world, stay, shown);
    let arrest = world.arrest(stay.arrest);
    let detainers = stay.holds.iter().map(|hold| {
        let kind = match hold.kind {
            HoldKind::Warrant => "WARRANT",
            HoldKind::Supervision => "PNP",
            HoldKind::OtherJurisdiction => "AGENCY",
            HoldKind::Federal => "FED",
        };
        json!({ "kind": kind, "from": hold.agency, "placed": hold.placed.as_second() })
    });
    let moves = file.events.iter().map(|event| json!({ "what": event_code(event.kind), "when": event.at.as_second() }));
    let released = match shown.released {
        Some(_) if dirt.released_early => before(stay.booked, DAY).ok(),
        other => other,
    };
    let bail = file.bond.map(|(dollars, at)| json!({ "cents": dollars * 100, "text": format!("{dollars} dollars"), "taken": at.as_second() }));
    let mut record = in_short(world, stay);
    join(
        &mut record,
        json!({
            "subject": subject(world, stay.inmate),
            "intake": stay.booked.as_second(),
            "out": released.map(Timestamp::as_second),
            "outReason": file.reason.map(str::to_lowercase),
            "kind": dirt.category.write("CRIMINAL", "UNKNOWN"),
            "broughtBy": if dirt.unnamed { "N/A".to_owned() } else { arrest.map(Arrest::agency_name).unwrap_or_default() },
            "arrestNo": arrest.and_then(|arrest| arrest.mans),
            "daysHeld": file.days,
            "bunk": shown.released.is_none().then(|| json!({ "pod": file.unit, "room": file.cell.to_string(), "bunk": file.bed.to_string() })),
            "detainers": detainers.collect::<Vec<_>>(),
            "offenses": offenses(world, stay),
            "moves": moves.collect::<Vec<_>>(),
            "bail": bail.into_iter().collect::<Vec<_>>(),
        }),
    );
    record
}

fn offenses(world: &World, stay: &Stay) -> Vec<Value> {
    let Some(arrest) = world.arrest(stay.arrest) else { return Vec::new() };
    let offenses = arrest.charges.iter().enumerate().map(|(at, charge)| {
        let grade = if charge.felony { "FEL" } else { "MISD" };
        let statute = statute(world.seed, Writer::Jail, stay.key, at, charge).0;
        json!({ "line": at + 1, "arrestNo": arrest.mans, "statute": statute, "text": charge.title, "grade": grade, "counts": 1 })
    });
    offenses.collect()
}

fn subject(world: &World, inmate: u64) -> Value {
    let Some(recorded) = world.registered(System::JmsGallatin, inmate) else { return Value::Null };
    let year = recorded.birth.map_or_else(|| "unknown".to_owned(), |birth| birth.year().to_string());
    json!({
        "display": format!("{}, born {year}", recorded.name.full()),
        "first": recorded.name.given,
        "last": recorded.name.surname,
        "born": recorded.birth.map(|birth| birth.to_string()),
        "sex": recorded.sex,
        "race": recorded.race,
        "ssn": recorded.ssn,
        "stateId": recorded.sid,
    })
}

const fn code(state: CustodyState) -> &'static str {
    match state {
        CustodyState::Held => "HELD",
        CustodyState::AtCourt => "COURT",
        CustodyState::WorkRelease => "WKREL",
        CustodyState::Furlough => "FURL",
        CustodyState::Released => "OUT",
        CustodyState::Transferred => "XFER",
    }
}

const fn event_code(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Admitted => "IN",
        EventKind::OutForCourt => "TO-COURT",
        EventKind::Returned => "FROM-COURT",
        EventKind::Transferred => "HANDOVER",
        EventKind::ReleasedOnBond => "BAILED",
        EventKind::ReleasedTimeServed => "SERVED",
        EventKind::Released => "FREED",
    }
}

/// Days since 30 December 1899, as spreadsheets count them.
fn spreadsheet(day: Date) -> String {
    (day - Date::constant(1899, 12, 30)).get_days().to_string()
}
