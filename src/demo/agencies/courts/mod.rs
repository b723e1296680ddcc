//! The courts' case management system: everything by POST, many numbers in one call, local times without a zone.

mod charges;
mod parts;

use super::answers::join;
use crate::demo::court::parties;
use crate::demo::court::{Case, Hearing, HearingKind, HearingStatus, Status};
use crate::demo::dirt::Writer;
use crate::demo::dirt::records::{self, statute};
use crate::demo::golden::link::shown_end;
use crate::demo::places::county_of;
use crate::demo::seed::tables::class_raw;
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use charges::{dispositions, sentences, sentences_by_id};
use jiff::Timestamp;
use parts::{bonds, orders, participants, representations};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Numbers that the system takes in one call.
const NUMBERS_MAX: usize = 100;

type Answer = Result<Json<Value>, StatusCode>;

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/cases/search", post(cases))
        .route("/hearings/search", post(hearings))
        .route("/bonds/search", post(bonds))
        .route("/orders/search", post(orders))
        .route("/participants/search", post(participants))
        .route("/representations/search", post(representations))
        .route("/dispositions/search", post(dispositions))
        .route("/sentences/search", post(sentences))
        .route("/hearings/find", post(hearings_by_id))
        .route("/sentences/find", post(sentences_by_id))
        .route("/youth/search", post(youth))
        .with_state(world)
}

/// By number or by defendant, one of both.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseSearch {
    case_numbers: Option<Vec<String>>,
    defendant_party_ids: Option<Vec<PartyId>>,
    /// `OPEN`, `INACTIVE`, `REOPENED`, `CLOSED`.
    status_group: Option<String>,
    /// Those that have not ended, or those that have.
    open: Option<bool>,
}

/// What belongs to cases.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfCases {
    case_numbers: Vec<String>,
    upcoming: Option<bool>,
    kind: Option<String>,
    role: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HearingIds {
    hearing_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct YouthSearch {
    youth_ids: Vec<String>,
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
    if numbers.is_empty() || numbers.len() > NUMBERS_MAX { Err(StatusCode::BAD_REQUEST) } else { Ok(()) }
}

/// `{"cases": […]}`; nothing for what it does not know.
async fn cases(State(world): State<Arc<World>>, Json(search): Json<CaseSearch>) -> Answer {
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
    let wanted = search.status_group.as_deref();
    let fits = |case: &&Case| {
        let status = shown_status(&world, case);
        wanted.is_none_or(|wanted| group(status) == wanted)
            && search.open.is_none_or(|open| (status != Status::Closed) == open)
    };
    let written: Vec<Value> = found.into_iter().filter(fits).map(|case| case_written(&world, case)).collect();
    Ok(Json(json!({ "cases": written })))
}

impl OfCases {
    /// What each of the cases has, in a list of that name.
    fn answer(&self, world: &World, name: &str, of: impl Fn(&Case) -> Vec<Value>) -> Answer {
        few(&self.case_numbers)?;
        let cases = self.case_numbers.iter().filter_map(|number| world.courts.case(number));
        Ok(Json(json!({ name: cases.flat_map(of).collect::<Vec<_>>() })))
    }
}

/// `{"hearings": […]}` of all these cases.
async fn hearings(State(world): State<Arc<World>>, Json(search): Json<OfCases>) -> Answer {
    search.answer(&world, "hearings", |case| {
        let hearings = (1..).zip(&case.hearings);
        let wanted =
            hearings.filter(|(_, one)| search.upcoming.is_none_or(|upcoming| (one.at >= world.moment) == upcoming));
        wanted.map(|(sequence, hearing)| hearing_written(&world, case, sequence, hearing)).collect()
    })
}

/// `{"hearingIds": ["DC-56-2026-0000104-IN/1"]}`.
async fn hearings_by_id(State(world): State<Arc<World>>, Json(search): Json<HearingIds>) -> Answer {
    few(&search.hearing_ids)?;
    let written = search.hearing_ids.iter().filter_map(|id| {
        let (number, sequence) = id.rsplit_once('/')?;
        let sequence: u32 = sequence.parse().ok()?;
        let case = world.courts.case(number)?;
        let hearing = item(&case.hearings, sequence.checked_sub(1)?)?;
        Some(hearing_written(&world, case, sequence, hearing))
    });
    Ok(Json(json!({ "hearings": written.collect::<Vec<_>>() })))
}

/// `{"youthIds": ["Y70001"]}`: matters before the youth courts.
async fn youth(State(world): State<Arc<World>>, Json(search): Json<YouthSearch>) -> Answer {
    few(&search.youth_ids)?;
    let written = search.youth_ids.iter().filter_map(|id| {
        let number = id.strip_prefix('Y')?.parse().ok()?;
        let person = world.owner.get(&(System::YouthCourt, number))?;
        let place = world.youth.binary_search_by_key(person, |matter| matter.person).ok()?;
        let matter = world.youth.get(place)?;
        Some(json!({
            "petition": matter.number,
            "youthId": id,
            "courtName": matter.court,
            "filed": matter.filed.to_string(),
            "offense": matter.offense,
            "outcome": matter.outcome,
            "closed": matter.closed.map(|day| day.to_string()),
            "assessment": matter.level,
            "sealed": matter.sealed,
            "lastModified": format!("{}T08:00:00", matter.closed.unwrap_or(matter.filed)),
        }))
    });
    Ok(Json(json!({ "matters": written.collect::<Vec<_>>() })))
}

/// What every record of a case says about itself.
fn flags(world: &World, case: &Case) -> Value {
    json!({
        "caseNumber": case.number,
        "youth": false,
        "sealed": case.sealed(),
        "confidential": case.confidential(),
        "lastModified": clock(world, case.updated),
    })
}

fn case_written(world: &World, case: &Case) -> Value {
    let dirt = records::case(world.seed, case.key);
    let status = shown_status(world, case);
    let code = match status {
        Status::Open => "OPN",
        Status::Inactive => "INA",
        Status::Reopened => "REO",
        Status::Closed => "CLS",
    };
    let mans = case.mans.filter(|_| !dirt.mans_missing).map(|mans| mans.to_string());
    let charges = case.charges.iter().enumerate().map(|(at, charge)| {
        let ended = shown_end(world, case, charge);
        json!({
            "count": at + 1,
            "trackingNo": mans,
            "trackingSeq": mans.as_ref().map(|_| at + 1),
            "statute": statute(world.seed, Writer::Court, case.key, at, charge.statute).0,
            "text": charge.statute.title,
            "level": if charge.statute.felony { "FEL" } else { "MIS" },
            "disposition": ended.map(|ended| class_raw(ended.how)),
            "disposed": ended.map(|ended| ended.on.to_string()),
        })
    });
    let mut counsel = parties::representations(world, case);
    counsel.retain(|one| one.withdrawn.is_none());
    let divisions: Vec<&str> = counsel.iter().filter_map(|one| Some(one.division?.code())).collect();
    let bars = counsel.iter().filter_map(|one| one.bar_number.as_deref());
    let mut written = flags(world, case);
    join(
        &mut written,
        json!({
            "court": { "ori": case.court_ori(), "name": case.court(), "county": county_of(case.county).name },
            "type": if case.felony() { "Criminal" } else if case.number.starts_with("TK") { "Citation" } else { "Criminal, limited jurisdiction" },
            "judge": case.judge(world.seed),
            "status": dirt.status.write(code, "UNK"),
            "open": status != Status::Closed,
            "filed": clock(world, case.filed),
            "defendantPartyId": case.party,
            "defendant": party(world, case.party),
            "counselBarNos": bars.collect::<Vec<_>>(),
            "counselDivisions": divisions,
            "charges": charges.collect::<Vec<_>>(),
        }),
    );
    written
}

/// The register's entry of a party.
fn party(world: &World, party: u64) -> Value {
    let Some(recorded) = world.registered(System::FullCourt, party) else { return Value::Null };
    json!({
        "first": recorded.name.given,
        "middle": recorded.name.middle,
        "last": recorded.name.surname,
        "suffix": recorded.name.suffix,
        "dob": recorded.birth.map(|birth| birth.to_string()),
        "sex": recorded.sex,
        "race": recorded.race,
        "ssn": recorded.ssn,
        "stateId": recorded.sid,
    })
}

/// As the system shows it: open where the end has not been entered.
#[must_use]
pub fn shown_status(world: &World, case: &Case) -> Status {
    let hidden = case.charges.iter().any(|charge| charge.ended.is_some() && shown_end(world, case, charge).is_none());
    if hidden && matches!(case.status, Status::Closed | Status::Reopened) { Status::Open } else { case.status }
}

const fn group(status: Status) -> &'static str {
    match status {
        Status::Open => "OPEN",
        Status::Inactive => "INACTIVE",
        Status::Reopened => "REOPENED",
        Status::Closed => "CLOSED",
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
        HearingKind::Revocation => "REV",
    };
    let status = match hearing.status {
        HearingStatus::Scheduled => "SET",
        HearingStatus::Held => "HLD",
        HearingStatus::Continued => "CON",
        HearingStatus::Vacated => "VAC",
    };
    let mut written = flags(world, case);
    join(
        &mut written,
        json!({
            "hearingId": format!("{}/{sequence}", case.number),
            "type": kind,
            "start": clock(world, hearing.at),
            "room": hearing.room.to_string(),
            "status": status,
        }),
    );
    written
}

fn clock(world: &World, at: Timestamp) -> String {
    world.clock(at, "%Y-%m-%dT%H:%M:%S")
}
