//! Postgres: three statements with `= ANY($1)`.

use super::{Answer, Case, Custody, Person, Question, answer};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, query_as};
use std::str::FromStr as _;

/// The pool is as large as the gateway's, and as little is asked of a connection before its use.
pub async fn routes(url: &str) -> Router {
    let options = PgConnectOptions::from_str(url).unwrap().disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(8).test_before_acquire(false).connect_with(options);
    Router::new().route("/persons", post(persons)).with_state(pool.await.unwrap())
}

async fn persons(
    State(pool): State<PgPool>,
    Json(question): Json<Question>,
) -> Result<Json<Answer<Person>>, StatusCode> {
    let ids = &question.ids;
    let persons = query_as::<_, Person>(
        "SELECT id, given, middle, surname, suffix, sex, birth_date::text, height_cm, weight_kg, city, phone, veteran
         FROM person WHERE id = ANY($1)",
    );
    let cases = query_as::<_, Case>(
        "SELECT person, number, court, kind, status, filed::text, judge, counts, sealed
         FROM court_case WHERE person = ANY($1) ORDER BY person, number",
    );
    let custodies = query_as::<_, Custody>(
        "SELECT person, booking, facility, status,
             to_char(booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS booked_at, cell, bail
         FROM custody WHERE person = ANY($1)",
    );
    let (persons, cases, custodies) = tokio::try_join!(
        persons.bind(ids).fetch_all(&pool),
        cases.bind(ids).fetch_all(&pool),
        custodies.bind(ids).fetch_all(&pool),
    )
    .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(answer(ids, persons, cases, custodies)))
}
