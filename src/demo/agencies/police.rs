//! The police in Billings: incidents, many in one call; times with an offset that does not know of summer.

use crate::demo::arrests::{Arrest, DAY, HOUR, before};
use crate::demo::cast::{self, Role};
use crate::demo::chance::Chance;
use crate::demo::world::World;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use jiff::tz::{TimeZone, offset};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub const ORI: &str = "MT0560100";
const NUMBERS_MAX: usize = 25;
const STREAM: u64 = 111;

pub fn routes(world: Arc<World>) -> Router {
    Router::new().route("/incidents/search", post(incidents)).with_state(world)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    incidents: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    ori: String,
    no: String,
}

/// `{"incidents": [{"ori": "MT0560100", "no": "26-000001"}]}`: the incidents among them that it has, in no particular order.
async fn incidents(State(world): State<Arc<World>>, Json(search): Json<Search>) -> Result<Json<Value>, StatusCode> {
    if search.incidents.is_empty() || search.incidents.len() > NUMBERS_MAX {
        return Err(StatusCode::BAD_REQUEST);
    }
    let found = search.incidents.iter().rev().filter(|one| one.ori == ORI).filter_map(|one| {
        let arrest = world.arrest(*world.incidents.get(&one.no)?)?;
        Some(written(&world, &one.no, arrest))
    });
    Ok(Json(json!({ "incidents": found.collect::<Vec<_>>() })))
}

/// As the police's own system shows it.
#[must_use]
pub fn status(world: &World, arrest: &Arrest) -> &'static str {
    let role = cast::role_at(arrest.person);
    let chance = &mut Chance::new(world.seed, STREAM, arrest.key());
    match chance.below(100) {
        _ if role == Some(Role::RedIncident) => "OPN",
        _ if role == Some(Role::Mistaken) => "UNF",
        0..=1 => "PEND",
        2..=3 => "",
        _ if before(world.moment, 60 * DAY).is_ok_and(|since| arrest.at > since) => "ACT",
        _ => "CBA",
    }
}

fn written(world: &World, number: &str, arrest: &Arrest) -> Value {
    let red = cast::role_at(arrest.person) == Some(Role::RedIncident);
    let status = status(world, arrest);
    let open = matches!(status, "OPN" | "ACT" | "PEND");
    let reported = before(arrest.at, HOUR).unwrap_or(arrest.at);
    // mountain standard time, summer and winter
    let local = reported.to_zoned(TimeZone::fixed(offset(-7)));
    let offenses = arrest.charges.iter().map(|charge| json!({ "nibrs": charge.nibrs, "att": "C", "loc": "20" }));
    let narrative = if red {
        "Controlled buy by an officer under cover; identity of the officer not to be told."
    } else {
        "Officers were sent, spoke with those present, and made an arrest."
    };
    json!({
        "no": number,
        "ori": ORI,
        "rpt_dt": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "blk": format!("{}00 block, Billings", arrest.badge % 30 + 1),
        "st": status,
        "diss": if red { "R" } else if open { "Y" } else { "G" },
        "open": i32::from(open),
        "offs": offenses.collect::<Vec<_>>(),
        "narr": narrative,
        "juv": i32::from(arrest.youth()),
        "upd": arrest.at.as_second(),
    })
}
