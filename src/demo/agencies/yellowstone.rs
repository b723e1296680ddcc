//! The jail in Yellowstone County: many inmates in one call, short names, dates as clerks write them, local times without a zone.

use super::flag;
use crate::demo::custody::{HoldKind, State as CustodyState, Stay};
use crate::demo::world::World;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

pub const ORI: &str = "MT0560000";
/// Inmates that the system takes in one call.
const IDS_MAX: usize = 50;

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/facilities/{ori}/bookings/{number}", get(booking))
        .route("/inmates/bookings", get(bookings))
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

/// `?ids=1,2&active=true`: `{"results": […]}`, the stays of all of them in no particular order; nothing for unknown ids.
async fn bookings(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = query.unwrap_or_default();
    let (mut ids, mut active) = (Vec::new(), None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "ids" => ids.extend(value.split(',').map(str::to_owned)),
            "active" => active = Some(flag(&value)?),
            _ => return Err(StatusCode::BAD_REQUEST),
        }
    }
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut results = Vec::new();
    // the last asked for first: a caller has to match by inmate, not by place
    for id in ids.iter().rev() {
        let stays = id.parse().ok().and_then(|inmate| world.yellowstone.stays_of(inmate)).unwrap_or_default();
        let wanted = stays.into_iter().filter(|stay| active.is_none_or(|active| stay.active() == active));
        results.extend(wanted.map(|stay| written(&world, stay)));
    }
    Ok(Json(json!({ "results": results })))
}

fn written(world: &World, stay: &Stay) -> Value {
    let holds = stay.holds.iter().map(|hold| {
        let kind = match hold.kind {
            HoldKind::Warrant => "WA",
            HoldKind::Supervision => "PV",
            HoldKind::OtherJurisdiction => "OC",
            HoldKind::Federal => "FD",
        };
        json!({ "typ": kind, "agy": hold.agency, "dt": clock(world, hold.placed) })
    });
    let charges = (1..).zip(&stay.charges).map(|(sequence, charge): (u32, _)| {
        let level = if charge.felony { "F" } else { "M" };
        json!({ "seq": sequence, "mca": charge.section, "descr": charge.title.to_uppercase(), "lvl": level, "cnt": 1 })
    });
    json!({
        "booking_no": stay.number,
        "fac_ori": ORI,
        "inmate_id": stay.inmate,
        "book_dt": clock(world, stay.booked),
        "rel_dt": stay.released.map(|at| clock(world, at)),
        "stat_cd": code(stay.state),
        "stat_dt": clock(world, stay.since),
        "arr_agy": format!("{:<40}", stay.brought_by),
        "holds": holds.collect::<Vec<_>>(),
        "chgs": charges.collect::<Vec<_>>(),
        "upd_ts": stay.updated.to_string(),
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

fn clock(world: &World, at: Timestamp) -> String {
    at.to_zoned(world.zone.clone()).strftime("%m/%d/%Y %H:%M").to_string()
}
