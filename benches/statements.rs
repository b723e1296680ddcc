//! Statements: how many reach Postgres for the query of the duels, by the server's own log.

use crate::postgres::Postgres;
use crate::roster::Roster;
use crate::side::{self, Backing};
use axum::body::Body;
use axum::http::{Request, header};
use std::fs;
use tower::ServiceExt as _;

const REQUESTS: usize = 10;

/// Statements a request.
pub async fn count(roster: &Roster) -> usize {
    let server = Postgres::start();
    let backing = Backing::Postgres(server.url());
    let folder = tempfile::tempdir().unwrap();
    side::lay_out(roster, &backing, folder.path()).await;
    let url = format!("{}&options[log_statement]=all", server.url());
    let routes = side::routes(&backing, folder.path(), Some(&url)).await;
    let ask = |n: usize| {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let routes = routes.clone();
        let request = request.body(Body::from(roster.asked_in_graphql(n))).unwrap();
        async move { assert!(routes.oneshot(request).await.unwrap().status().is_success()) }
    };
    let executed =
        || fs::read_to_string(server.log()).unwrap().lines().filter(|line| line.contains("execute ")).count();
    // What the columns of each table are is asked for once.
    ask(0).await;
    let before = executed();
    for n in 0..REQUESTS {
        ask(n).await;
    }
    let after = executed();
    assert!(before > 0 && (after - before).is_multiple_of(REQUESTS), "{before} and {after}");
    (after - before) / REQUESTS
}
