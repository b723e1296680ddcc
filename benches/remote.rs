//! Remote: a roster as an agency serves it over HTTP, many keys a call; and how many calls of 64 clients it is spared.

use crate::roster::{Roster, SCHEMA};
use crate::side;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::Loopback;
use headwaters::request::Request;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path as File, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Golden, so that an answer says no more of its sources than that of the handler by hand.
const RESOLVER: &str = r#"
title  = "Agency"
kind   = "rest"
golden = true

[reach]
base_url = "env:STORE_URL"

[entity.Person]
same = ["id", "given", "middle", "surname", "suffix", "sex", "birthDate", "heightCm", "weightKg", "city", "phone", "veteran"]
[entity.Person.by.id]
get      = "/persons?ids={keys}"
keys_max = 50
match    = "/id"

[entity.Case]
same = ["number", "person", "court", "kind", "status", "filed", "judge", "counts", "sealed"]
[entity.Case.by.person]
get      = "/cases?ids={keys}"
keys_max = 50
match    = "/person"
many     = true

[entity.Custody]
same = ["booking", "person", "facility", "status", "cell", "bail"]
[entity.Custody.fields]
bookedAt = { at = "/bookedAt", datetime = "rfc3339" }
[entity.Custody.by.person]
get      = "/custodies?ids={keys}"
keys_max = 50
match    = "/person"
"#;

/// Clients of `calls_saved`, requests of each, and how many of the first persons each asks for.
const CLIENTS: usize = 64;
const REQUESTS: usize = 20;
const KEYS: usize = 5;
const PERSONS: u64 = 200;

/// The graph of the roster, whose records may be kept for an hour.
pub fn kept_schema() -> String {
    ["COUNTY", "COURT", "DETENTION"].iter().fold(SCHEMA.to_owned(), |schema, owner| {
        schema.replace(&format!("owner: {owner},"), &format!("owner: {owner}, ttl: 3600, stale: 3600,"))
    })
}

pub fn resolver(folder: &File) -> (PathBuf, String) {
    (folder.join("agency.toml"), RESOLVER.to_owned())
}

struct Agency {
    /// By kind, and by the person.
    records: HashMap<(&'static str, String), Vec<Value>>,
    calls: AtomicU64,
    delay: Duration,
}

/// The address of an agency with these records, and what it counts.
async fn serve_counting(roster: &Roster, delay: Duration) -> (String, Arc<Agency>) {
    let mut records: HashMap<(&'static str, String), Vec<Value>> = HashMap::new();
    for person in &roster.persons {
        records.entry(("persons", person.id.clone())).or_default().push(json!(person));
    }
    for case in &roster.cases {
        records.entry(("cases", case.person.clone())).or_default().push(json!(case));
    }
    for custody in &roster.custodies {
        records.entry(("custodies", custody.person.clone())).or_default().push(json!(custody));
    }
    let agency = Arc::new(Agency { records, calls: AtomicU64::new(0), delay });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/{kind}", get(answer)).with_state(Arc::clone(&agency));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (format!("http://{address}"), agency)
}

pub async fn serve(roster: &Roster) -> String {
    serve_counting(roster, Duration::ZERO).await.0
}

async fn answer(State(agency): State<Arc<Agency>>, Path(kind): Path<String>, uri: Uri) -> Json<Value> {
    agency.calls.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(agency.delay).await;
    let kind = ["persons", "cases", "custodies"].into_iter().find(|known| *known == kind).unwrap();
    let asked = uri.query().and_then(|query| query.strip_prefix("ids=")).unwrap_or_default().replace("%2C", ",");
    let of = |id: &str| agency.records.get(&(kind, id.to_owned())).cloned().unwrap_or_default();
    Json(asked.split(',').flat_map(of).collect())
}

/// Prints `ratio calls_saved`: calls of 64 clients who share nothing, over those of 64 clients of one gateway. Nothing is kept.
pub async fn calls_saved(roster: &Roster) {
    let folder = tempfile::tempdir().unwrap();
    let mut counted = [0.0; 3];
    for (which, (apart, schema)) in
        [(true, SCHEMA.to_owned()), (false, SCHEMA.to_owned()), (false, kept_schema())].into_iter().enumerate()
    {
        let (url, agency) = serve_counting(roster, Duration::from_millis(5)).await;
        let mut gateways: Vec<Arc<Gateway>> = Vec::new();
        for _ in 0..if apart { CLIENTS } else { 1 } {
            let environment = [("STORE_URL".to_owned(), url.clone())].into_iter().collect();
            let world = side::world(&schema, &[resolver(folder.path())], environment).await;
            let gateway = Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), Limits::default());
            gateways.push(Arc::new(gateway));
        }
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let gateway = Arc::clone(gateways.get(client % gateways.len()).unwrap());
                tokio::spawn(ask_on(gateway, client as u64))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        counted[which] = u32::try_from(agency.calls.load(Ordering::Relaxed)).map_or(f64::NAN, f64::from);
    }
    let [apart, shared, kept] = counted;
    println!("info calls_saved: {apart} calls apart, {shared} shared, {kept} where records are kept too");
    println!("ratio calls_saved {:.1}", apart / shared);
}

async fn ask_on(gateway: Arc<Gateway>, mut draw: u64) {
    let document = "query($ids: [ID!]!) { persons(ids: $ids) { id surname cases { number status } } }";
    for _ in 0..REQUESTS {
        let ids = (0..KEYS).map(|_| format!("p-{:06}", next(&mut draw) % PERSONS));
        let variables = json!({ "ids": ids.collect::<Vec<_>>() }).as_object().cloned().unwrap();
        let request = Request { document: document.to_owned(), variables, ..Request::default() };
        let released = gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap();
        assert_eq!(released.errors, 0, "{}", String::from_utf8_lossy(&released.bytes));
    }
}

/// Of a linear congruential generator (Knuth's MMIX).
fn next(draw: &mut u64) -> u64 {
    *draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *draw >> 33
}
