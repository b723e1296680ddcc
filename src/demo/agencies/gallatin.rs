//! The jail in Gallatin County, with another vendor's system: one person a call, nested objects, seconds since 1970, and 404 for
//! somebody it does not know.

use super::flag;
use crate::demo::custody::{HoldKind, State as CustodyState, Stay};
use crate::demo::world::{World, gallatin_reference};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub const ORI: &str = "MT0160000";
/// The only edition of its interface that the system still speaks.
const VERSION: &str = "2";

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/jails/{ori}/stays/{number}", get(stay))
        .route("/people/{reference}/stays", get(stays))
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
    Ok(Json(written(stay)))
}

/// `?open=true`: `{"stays": […]}` of one person; 404 for somebody it does not know.
async fn stays(
    State(world): State<Arc<World>>,
    Path(reference): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, StatusCode> {
    let query = query.unwrap_or_default();
    let mut open = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "open" => open = Some(flag(&value)?),
            _ => return Err(StatusCode::BAD_REQUEST),
        }
    }
    let inmate = reference.strip_prefix('G').and_then(|digits| digits.parse().ok()).ok_or(StatusCode::NOT_FOUND)?;
    let stays = world.gallatin.stays_of(inmate).ok_or(StatusCode::NOT_FOUND)?;
    let wanted = stays.into_iter().filter(|stay| open.is_none_or(|open| stay.active() == open));
    Ok(Json(json!({ "stays": wanted.map(written).collect::<Vec<_>>() })))
}

fn written(stay: &Stay) -> Value {
    let detainers = stay.holds.iter().map(|hold| {
        let kind = match hold.kind {
            HoldKind::Warrant => "WARRANT",
            HoldKind::Supervision => "PNP",
            HoldKind::OtherJurisdiction => "AGENCY",
            HoldKind::Federal => "FED",
        };
        json!({ "kind": kind, "from": hold.agency, "placed": hold.placed.as_second() })
    });
    let offenses = (1..).zip(&stay.charges).map(|(line, charge): (u32, _)| {
        let grade = if charge.felony { "FEL" } else { "MISD" };
        json!({ "line": line, "statute": charge.section, "text": charge.title, "grade": grade, "counts": 1 })
    });
    json!({
        "stayId": stay.number,
        "jail": { "ori": ORI, "label": "Gallatin County Detention Center" },
        "personRef": gallatin_reference(stay.inmate),
        "intake": stay.booked.as_second(),
        "out": stay.released.map(jiff::Timestamp::as_second),
        "broughtBy": stay.brought_by,
        "custody": { "code": code(stay.state), "since": stay.since.to_string() },
        "detainers": detainers.collect::<Vec<_>>(),
        "offenses": offenses.collect::<Vec<_>>(),
        "modified": stay.updated.as_millisecond(),
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
