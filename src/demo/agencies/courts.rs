//! The courts' case management system: everything by POST, many numbers in one call, local times without a zone.

use crate::demo::court::{Case, Disposition, Hearing, HearingKind, HearingStatus, Status};
use crate::demo::places::county_of;
use crate::demo::world::World;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Numbers that the system takes in one call.
const NUMBERS_MAX: usize = 100;

pub fn routes(world: Arc<World>) -> Router {
    Router::new().route("/cases/search", post(cases)).route("/hearings/search", post(hearings)).with_state(world)
}

/// By number or by defendant, one of both.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseSearch {
    case_numbers: Option<Vec<String>>,
    defendant_party_ids: Option<Vec<PartyId>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HearingSearch {
    case_numbers: Vec<String>,
}

/// A number, or text that is one: clients of this system do both.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PartyId {
    Number(u64),
    Text(String),
}

impl PartyId {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

fn few<T>(numbers: &[T]) -> Result<(), StatusCode> {
    if numbers.len() > NUMBERS_MAX { Err(StatusCode::BAD_REQUEST) } else { Ok(()) }
}

/// `{"cases": […]}`; nothing for what it does not know.
async fn cases(State(world): State<Arc<World>>, Json(search): Json<CaseSearch>) -> Result<Json<Value>, StatusCode> {
    let found: Vec<&Case> = match (&search.case_numbers, &search.defendant_party_ids) {
        (Some(numbers), None) => {
            few(numbers)?;
            numbers.iter().filter_map(|number| world.courts.case(number)).collect()
        }
        (None, Some(parties)) => {
            few(parties)?;
            parties.iter().filter_map(PartyId::number).flat_map(|party| world.courts.cases_of(party)).collect()
        }
        _ => return Err(StatusCode::BAD_REQUEST),
    };
    let written: Vec<Value> = found.into_iter().map(|case| case_written(&world, case)).collect();
    Ok(Json(json!({ "cases": written })))
}

/// `{"hearings": […]}` of all these cases.
async fn hearings(
    State(world): State<Arc<World>>,
    Json(search): Json<HearingSearch>,
) -> Result<Json<Value>, StatusCode> {
    few(&search.case_numbers)?;
    let cases = search.case_numbers.iter().filter_map(|number| world.courts.case(number));
    let written: Vec<Value> = cases
        .flat_map(|case| (1..).zip(&case.hearings).map(move |(sequence, hearing)| (case, sequence, hearing)))
        .map(|(case, sequence, hearing)| hearing_written(&world, case, sequence, hearing))
        .collect();
    Ok(Json(json!({ "hearings": written })))
}

fn case_written(world: &World, case: &Case) -> Value {
    let status = match case.status {
        Status::Open => "OPN",
        Status::Inactive => "INA",
        Status::Closed => "CLS",
    };
    let charges = (1..).zip(&case.charges).map(|(count, charge): (u32, _)| {
        json!({
            "count": count,
            "statute": charge.statute.section,
            "text": charge.statute.title,
            "level": if charge.statute.felony { "FEL" } else { "MIS" },
            "disposition": charge.disposed.map(|(how, _)| disposition(how)),
            "disposed": charge.disposed.map(|(_, on)| on.to_string()),
        })
    });
    json!({
        "caseNumber": case.number,
        "court": { "ori": case.court_ori(), "name": case.court(), "county": county_of(case.county).name },
        "judge": case.judge(world.seed),
        "status": status,
        "filed": clock(world, case.filed),
        "defendantPartyId": case.party,
        "charges": charges.collect::<Vec<_>>(),
        "lastModified": clock(world, case.updated),
    })
}

const fn disposition(how: Disposition) -> &'static str {
    match how {
        Disposition::Plea => "GP",
        Disposition::Trial => "GT",
        Disposition::Acquitted => "NG",
        Disposition::Dismissed => "DIS",
        Disposition::Deferred => "DEF",
    }
}

fn hearing_written(world: &World, case: &Case, sequence: u32, hearing: &Hearing) -> Value {
    let kind = match hearing.kind {
        HearingKind::InitialAppearance => "IA",
        HearingKind::Arraignment => "ARR",
        HearingKind::Omnibus => "OMN",
        HearingKind::ChangeOfPlea => "COP",
        HearingKind::Trial => "TRL",
        HearingKind::Sentencing => "SEN",
    };
    let status = match hearing.status {
        HearingStatus::Scheduled => "SET",
        HearingStatus::Held => "HLD",
        HearingStatus::Continued => "CON",
        HearingStatus::Vacated => "VAC",
    };
    json!({
        "hearingId": format!("{}/{sequence}", case.number),
        "caseNumber": case.number,
        "type": kind,
        "start": clock(world, hearing.at),
        "room": hearing.room.to_string(),
        "status": status,
        "lastModified": clock(world, case.updated),
    })
}

fn clock(world: &World, at: Timestamp) -> String {
    at.to_zoned(world.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
