//! Sqlite: three statements, all ids in one bind.

use super::{Answer, Case, Custody, Person, Question, answer};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, query_as};
use std::str::FromStr as _;

/// The pool is as large as the gateway's, and as little is asked of a connection before its use.
pub async fn routes(url: &str) -> Router {
    let options = SqliteConnectOptions::from_str(url).unwrap().disable_statement_logging();
    let options = options.pragma("mmap_size", "268435456");
    let pool = SqlitePoolOptions::new().max_connections(8).test_before_acquire(false).connect_with(options);
    Router::new().route("/persons", post(persons)).with_state(pool.await.unwrap())
}

async fn persons(
    State(pool): State<SqlitePool>,
    Json(question): Json<Question>,
) -> Result<Json<Answer<Person>>, StatusCode> {
    let ids = serde_json::to_string(&question.ids).map_err(|_| StatusCode::BAD_REQUEST)?;
    let persons = query_as::<_, Person>(
        "SELECT id, given, middle, surname, suffix, sex, birth_date, height_cm, weight_kg, city, phone, veteran
         FROM person WHERE id IN (SELECT value FROM json_each(?))",
    );
    let cases = query_as::<_, Case>(
        "SELECT person, number, court, kind, status, filed, judge, counts, sealed
         FROM court_case WHERE person IN (SELECT value FROM json_each(?)) ORDER BY person, number",
    );
    let custodies = query_as::<_, Custody>(
        "SELECT person, booking, facility, status, booked_at, cell, bail
         FROM custody WHERE person IN (SELECT value FROM json_each(?))",
    );
    let (persons, cases, custodies) = tokio::try_join!(
        persons.bind(&ids).fetch_all(&pool),
        cases.bind(&ids).fetch_all(&pool),
        custodies.bind(&ids).fetch_all(&pool),
    )
    .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(answer(&question.ids, persons, cases, custodies)))
}
