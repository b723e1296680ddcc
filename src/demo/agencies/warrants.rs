//! The state's warrant service: one person a call, and 404 where it has nothing.

use super::answers::{Query, flag, money};
use crate::demo::dirt::records;
use crate::demo::places::{county_of, court_ori, district_court, justice_court};
use crate::demo::systems::System;
use crate::demo::warrants::{Kind, ProtectionOrder, Status, Warrant};
use crate::demo::world::{World, item};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Json<Value>, StatusCode>;

pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/warrants/{number}", get(warrant))
        .route("/orders/{number}", get(order))
        .route("/persons/{number}/warrants", get(warrants))
        .route("/persons/{number}/orders", get(orders))
        .with_state(world)
}

async fn warrant(State(world): State<Arc<World>>, Path(number): Path<String>) -> Answer {
    let at = world.warrants.by_number.get(&number).ok_or(StatusCode::NOT_FOUND)?;
    let warrant = item(&world.warrants.all, *at).ok_or(StatusCode::NOT_FOUND)?;
    let local = world.number_of(warrant.person, System::Cjin).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(warrant_written(&world, local, warrant)))
}

async fn order(State(world): State<Arc<World>>, Path(number): Path<String>) -> Answer {
    let at = world.warrants.order_by_number.get(&number).ok_or(StatusCode::NOT_FOUND)?;
    let order = item(&world.warrants.orders, *at).ok_or(StatusCode::NOT_FOUND)?;
    let local = world.number_of(order.person, System::Cjin).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(order_written(&world, local, order)))
}

/// `?status=ACTIVE`: a list, or 404 where there is none.
async fn warrants(State(world): State<Arc<World>>, Path(number): Path<u64>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::read(query.as_deref(), "", 0, &["status"])?;
    let person = world.owner.get(&(System::Cjin, number)).ok_or(StatusCode::NOT_FOUND)?;
    let wanted = query.argument("status");
    let found = world.warrants.warrants_of(*person).into_iter();
    let found = found.filter(|warrant| wanted.is_none_or(|wanted| group(warrant.status) == wanted));
    some(found.map(|warrant| warrant_written(&world, number, warrant)).collect())
}

/// `?inForce=true`: a list, or 404 where there is none.
async fn orders(State(world): State<Arc<World>>, Path(number): Path<u64>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::read(query.as_deref(), "", 0, &["inForce"])?;
    let wanted = query.argument("inForce").map(flag).transpose()?;
    let person = world.owner.get(&(System::Cjin, number)).ok_or(StatusCode::NOT_FOUND)?;
    let found = world.warrants.orders_of(*person).into_iter();
    let found = found.filter(|order| wanted.is_none_or(|wanted| order.active == wanted));
    some(found.map(|order| order_written(&world, number, order)).collect())
}

fn some(found: Vec<Value>) -> Answer {
    if found.is_empty() { Err(StatusCode::NOT_FOUND) } else { Ok(Json(Value::Array(found))) }
}

fn warrant_written(world: &World, local: u64, warrant: &Warrant) -> Value {
    let case = warrant.case.and_then(|case| world.case(case));
    let county = county_of(warrant.county);
    let court = if warrant.felony { district_court(county) } else { justice_court(county) };
    let status = match warrant.status {
        Status::Active => "ACT",
        Status::Served => "SVD",
        Status::Recalled => "RCL",
    };
    let kind = match warrant.kind {
        Kind::Felony => "FEL",
        Kind::Misdemeanor => "MISD",
        Kind::Bench => "BENCH",
        Kind::Probation => "PV",
    };
    json!({
        "warrant_number": warrant.number,
        "person_number": local,
        "category": kind,
        "status": records::warrant(world.seed, warrant.key).write(status, "UNK"),
        "issued": warrant.issued.strftime("%d-%b-%Y").to_string(),
        "court": court,
        "case_number": case.map(|case| &case.number),
        "bond": warrant.amount.map(|dollars| money(dollars, warrant.key.is_multiple_of(2))),
        "extradition": if warrant.felony { "FULL" } else { "IN-STATE PICK UP ONLY" },
        "served": warrant.status == Status::Served,
        "entered": format!("{}T12:00:00Z", warrant.issued),
    })
}

fn order_written(world: &World, local: u64, order: &ProtectionOrder) -> Value {
    json!({
        "order_number": order.number,
        "respondent_number": local,
        "type": if order.permanent { "PERM" } else { "TEMP" },
        "court": district_court(county_of(order.county)),
        "cti": court_ori(order.county, true),
        "issued": order.issued.strftime("%d-%b-%Y").to_string(),
        "expires": order.expires.map_or_else(|| "N/A".to_owned(), |day| day.strftime("%d-%b-%Y").to_string()),
        "in_force": order.active,
        "conditions": ["No contact", "Stay 1,500 feet away"],
        "firearms": if order.brady { "Y" } else { "N" },
        "petitioner": {
            "name": order.petitioner,
            "address": if order.protected { "Address confidentiality program, Helena" } else { county_of(order.county).seat },
        },
        "protected": order.protected,
        "entered": format!("{}T12:00:00Z", order.issued),
        "state": if world.today < order.issued { "FUTURE" } else { "ENTERED" },
    })
}

const fn group(status: Status) -> &'static str {
    match status {
        Status::Active => "ACTIVE",
        Status::Served => "SERVED",
        Status::Recalled => "RECALLED",
    }
}
