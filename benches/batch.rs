//! Batch: how often an agency with a batch endpoint is called for a list of persons with their bookings.

use crate::side;
use axum::extract::State;
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
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

const SCHEMA: &str = r#"
enum AgencyKind { COUNTY DETENTION }
enum DataClass { PUB }
type Query @data(class: [PUB]) { persons: [Person!] }
type Person @entity(key: "id") @data(owner: COUNTY, class: [PUB]) {
  id: ID!
  bookings: [Booking!] @link(by: "person")
}
type Booking @entity(key: "number", subject: "person") @data(owner: DETENTION, class: [PUB]) {
  number: ID!
  person: Person @link
}
"#;

const JAIL: &str = r#"
title = "Jail"
kind  = "rest"
[reach]
base_url = "env:JAIL_URL"
[entity.Booking.by.person]
get     = "/bookings?persons={keys}"
records = "/bookings"
match   = "/person"
many    = true
[entity.Booking]
same = ["number", "person"]
"#;

/// Calls at the agency, over real HTTP.
pub async fn calls(persons: usize) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("persons.json");
    let records: Vec<Value> = (0..persons).map(|n| json!({ "id": format!("p{n}") })).collect();
    std::fs::write(&file, json!(records).to_string()).unwrap();
    let register = format!(
        "title = \"Register\"\nkind = \"file\"\ngolden = true\n[reach]\npath = \"{}\"\n\
         [entity.Person]\nsame = [\"id\"]\n[entity.Person.by.id]\nmatch = \"/id\"\n[entity.Person.find.persons]\n",
        file.display()
    );
    let heard = Arc::new(AtomicU32::new(0));
    let environment = [("JAIL_URL".to_owned(), agency(heard.clone()).await)].into_iter().collect();
    let resolvers = [(PathBuf::from("jail.toml"), JAIL.to_owned()), (folder.path().join("register.toml"), register)];
    let world = side::world(SCHEMA, &resolvers, environment).await;
    let gateway = Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), Limits::default());
    let request = Request { document: "{ persons { id bookings { number } } }".to_owned(), ..Request::default() };
    let written = gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap();
    let answer: Value = serde_json::from_slice(&written.bytes).unwrap();
    let shown = answer.pointer("/data/persons").and_then(Value::as_array).unwrap();
    let bookings = |person: &Value| person.get("bookings").and_then(Value::as_array).map(Vec::len);
    assert!(shown.len() == persons && shown.iter().all(|person| bookings(person) == Some(2)), "{answer}");
    heard.load(Ordering::SeqCst)
}

async fn agency(heard: Arc<AtomicU32>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/bookings", get(bookings)).with_state(heard);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// Two for each.
async fn bookings(State(heard): State<Arc<AtomicU32>>, uri: Uri) -> Json<Value> {
    heard.fetch_add(1, Ordering::SeqCst);
    let asked = uri.query().and_then(|query| query.strip_prefix("persons=")).unwrap_or_default().replace("%2C", ",");
    let two = |person: &str| [1, 2].map(|n| json!({ "number": format!("{person}-{n}"), "person": person }));
    let bookings: Vec<Value> = asked.split(',').flat_map(two).collect();
    Json(json!({ "bookings": bookings }))
}
