//! The jail in Yellowstone County: many inmates in one call, short names, dates as clerks write them, local times without a zone.

use super::answers::{Query, flag, join, money, page};
use crate::demo::arrests::{Arrest, DAY, before};
use crate::demo::custody::file::{Caution, EventKind, caution, file};
use crate::demo::custody::{HoldKind, State as CustodyState, Stay};
use crate::demo::dirt::Writer;
use crate::demo::dirt::records::{self, statute};
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::sync::Arc;

pub const ORI: &str = "MT0560000";
/// Inmates that the system takes in one call.
const IDS_MAX: usize = 50;
const NO_DATE: &str = "00/00/0000";
const NO_TIME: &str = "00/00/0000 00:00";

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/facilities/{ori}/bookings/{number}", get(booking))
        .route("/facilities/{ori}/bookings", get(numbered))
        .route("/facilities/{ori}/roster", get(roster))
        .route("/inmates", get(inmates))
        .route("/inmates/bookings", get(bookings))
        .route("/inmates/custody", get(custody))
        .route("/inmates/cautions", get(cautions))
        .with_state(world)
}

/// `{"booking": {…}}`; 404 for a number that it does not have, and for every other jail's.
async fn booking(
    State(world): State<Arc<World>>,
    Path((ori, number)): Path<(String, String)>,
) -> Result<Json<Value>, StatusCode> {
    let stay = world.yellowstone.stay(&number).filter(|_| ori == ORI).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({ "booking": written(&world, stay) })))
}

/// `?nos=26-00001,26-00002`: `{"results": […]}`, in no particular order.
async fn numbered(
    State(world): State<Arc<World>>,
    Path(ori): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "nos", IDS_MAX, &[])?;
    let known = query.keys.iter().rev().filter_map(|number| world.yellowstone.stay(number)).filter(|_| ori == ORI);
    Ok(Json(json!({ "results": known.map(|stay| written(&world, stay)).collect::<Vec<_>>() })))
}

/// `?limit=20&after=26-00123`: who is there, in the order of booking numbers; everybody where no limit is given. `next` is
/// null on the last page.
async fn roster(
    State(world): State<Arc<World>>,
    Path(ori): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "", 0, &["limit", "after"])?;
    if ori != ORI {
        return Err(StatusCode::NOT_FOUND);
    }
    let jail = &world.yellowstone;
    let held = jail.held.iter().filter_map(|at| item(&jail.stays, *at));
    let limit = query.number("limit")?;
    let (stays, next) = page(held, query.argument("after"), limit, |stay| &stay.number);
    Ok(Json(
        json!({ "results": stays.into_iter().map(|stay| written(&world, stay)).collect::<Vec<_>>(), "next": next }),
    ))
}

/// `?ids=1,2&active=true`: `{"results": […]}`, the stays of all of them in no particular order; nothing for unknown ids.
async fn bookings(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "ids", IDS_MAX, &["active"])?;
    let active = query.argument("active").map(flag).transpose()?;
    let mut results = Vec::new();
    // the last asked for first: a caller has to match by inmate, not by place
    for stays in query.keys.iter().rev().filter_map(|id| world.yellowstone.stays_of(id.parse().ok()?)) {
        let there = |stay: &Stay| stay.shown(world.seed, world.late_since()).released.is_none();
        let wanted = stays.into_iter().filter(|stay| active.is_none_or(|active| there(stay) == active));
        results.extend(wanted.map(|stay| written(&world, stay)));
    }
    Ok(Json(json!({ "results": results })))
}

/// `?ids=1,2`: who they are, as it stands in the register.
async fn inmates(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "ids", IDS_MAX, &[])?;
    let known = query.keys.iter().rev().filter_map(|id| id.parse().ok());
    let known = known.filter(|id| world.owner.contains_key(&(System::JmsYellowstone, *id)));
    let written = known.map(|id| {
        let mut written = inmate(&world, id);
        join(&mut written, json!({ "inmate_id": id }));
        written
    });
    Ok(Json(json!({ "results": written.collect::<Vec<_>>() })))
}

/// `?ids=1,2`: the latest stay of each, in short.
async fn custody(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "ids", IDS_MAX, &[])?;
    let inmates = query.keys.iter().rev().filter_map(|id| world.yellowstone.stays_of(id.parse().ok()?));
    let latest = inmates.filter_map(|stays| stays.into_iter().max_by_key(|stay| stay.booked));
    Ok(Json(json!({ "results": latest.map(|stay| in_short(&world, stay)).collect::<Vec<_>>() })))
}

/// `?ids=1,2`: what officers should know.
async fn cautions(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = Query::read(query.as_deref(), "ids", IDS_MAX, &[])?;
    let known = query.keys.iter().rev().filter_map(|id| id.parse().ok());
    let known = known.filter(|inmate| world.owner.contains_key(&(System::JmsYellowstone, *inmate)));
    let written = known.filter_map(|inmate: u64| {
        let (code, since) = caution(&world, inmate)?;
        let code = match code {
            Caution::Armed => "AD",
            Caution::Violent => "VT",
            Caution::Escape => "ER",
            Caution::Suicidal => "SU",
            Caution::Medical => "MC",
            Caution::Untranslated => "K9",
        };
        Some(json!({ "id": format!("C{inmate}"), "inmate_id": inmate, "cd": code, "dt": day(since) }))
    });
    Ok(Json(json!({ "results": written.collect::<Vec<_>>() })))
}

fn in_short(world: &World, stay: &Stay) -> Value {
    let dirt = records::booking(world.seed, stay.key);
    let shown = stay.shown(world.seed, world.late_since());
    json!({
        "booking_no": stay.number,
        "fac_ori": ORI,
        "inmate_id": stay.inmate,
        "stat_cd": dirt.state.write(code(shown.state), "UNK"),
        "stat_dt": clock(world, shown.since),
        "rel_exp": file(world, stay, shown).expected.map_or_else(|| NO_DATE.to_owned(), day),
        "juv": if stay.youth() { "Y" } else { "N" },
        "upd_ts": stay.updated.to_string(),
    })
}

fn written(world: &World, stay: &Stay) -> Value {
    let dirt = records::booking(world.seed, stay.key);
    let shown = stay.shown(world.seed, world.late_since());
    let file = file(world, stay, shown);
    let arrest = world.arrest(stay.arrest);
    let released = match shown.released {
        Some(_) if dirt.released_early => before(stay.booked, DAY).ok().map(|at| clock(world, at)),
        Some(at) => Some(clock(world, at)),
        None if dirt.zero_date => Some(NO_TIME.to_owned()),
        None => None,
    };
    let agency = if dirt.unnamed { "N/A".to_owned() } else { arrest.map(Arrest::agency_name).unwrap_or_default() };
    let bonds = file
        .bond
        .iter()
        .map(|(dollars, at)| json!({ "amt": money(*dollars, dirt.money_text), "dt": clock(world, *at) }));
    let mut record = in_short(world, stay);
    let full = json!({
        "inmate": inmate(world, stay.inmate),
        "book_dt": clock(world, stay.booked),
        "rel_dt": released,
        "rel_rsn": file.reason,
        "cat_cd": dirt.category.write("C ", "U"),
        "arr_agy": format!("{agency:<40}"),
        "mans": arrest.and_then(|arrest| arrest.mans).map(|mans| mans.to_string()),
        "days": file.days,
        "hous": shown.released.is_none().then(|| json!({ "unit": file.unit, "cell": format!("{:02}", file.cell), "bed": file.bed.to_string() })),
        "holds": stay.holds.iter().map(|hold| json!({ "typ": hold_code(hold.kind), "agy": hold.agency, "dt": clock(world, hold.placed) })).collect::<Vec<_>>(),
        "chgs": charges(world, stay),
        "evts": file.events.iter().map(|event| json!({ "typ": event_code(event.kind), "dt": clock(world, event.at), "rsn": null })).collect::<Vec<_>>(),
        "bonds": bonds.collect::<Vec<_>>(),
    });
    join(&mut record, full);
    record
}

fn charges(world: &World, stay: &Stay) -> Vec<Value> {
    let Some(arrest) = world.arrest(stay.arrest) else { return Vec::new() };
    let charges = arrest.charges.iter().enumerate().map(|(at, charge)| {
        json!({
            "seq": at + 1,
            "mans": arrest.mans.map(|mans| mans.to_string()),
            "mca": statute(world.seed, Writer::Jail, stay.key, at, charge).0,
            "descr": charge.title.to_uppercase(),
            "lvl": if charge.felony { "F" } else { "M" },
            "cnt": 1,
        })
    });
    charges.collect()
}

/// As it stands in the register: surname first, in capitals.
fn inmate(world: &World, inmate: u64) -> Value {
    let Some(recorded) = world.registered(System::JmsYellowstone, inmate) else { return Value::Null };
    let name = &recorded.name;
    let written =
        format!("{}, {} {}", name.surname, name.given, name.middle.as_deref().unwrap_or_default()).to_uppercase();
    let year = recorded.birth.map_or_else(|| "????".to_owned(), |birth| birth.year().to_string());
    json!({
        "nm": written.trim_end(),
        "label": format!("{} ({year})", written.trim_end()),
        "dob": recorded.birth.map_or_else(|| NO_DATE.to_owned(), day),
        "sex": recorded.sex,
        "race": recorded.race.unwrap_or(""),
        "ssn": recorded.ssn.unwrap_or_default(),
        "sid": recorded.sid.unwrap_or_default(),
    })
}

/// This system has no words for somebody who is out to court (still `IN`) or was handed over (`REL` too).
const fn code(state: CustodyState) -> &'static str {
    match state {
        CustodyState::Held | CustodyState::AtCourt => "IN",
        CustodyState::WorkRelease => "WR",
        CustodyState::Furlough => "FUR",
        CustodyState::Released | CustodyState::Transferred => "REL",
    }
}

const fn hold_code(kind: HoldKind) -> &'static str {
    match kind {
        HoldKind::Warrant => "WA",
        HoldKind::Supervision => "PV",
        HoldKind::OtherJurisdiction => "OC",
        HoldKind::Federal => "FD",
    }
}

const fn event_code(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Admitted => "INTAKE",
        EventKind::OutForCourt => "CRT-OUT",
        EventKind::Returned => "CRT-IN",
        EventKind::Transferred => "XFR",
        EventKind::ReleasedOnBond => "REL-BND",
        EventKind::ReleasedTimeServed => "REL-TS",
        EventKind::Released => "REL",
    }
}

fn day(day: Date) -> String {
    day.strftime("%m/%d/%Y").to_string()
}

fn clock(world: &World, at: Timestamp) -> String {
    world.clock(at, "%m/%d/%Y %H:%M")
}
