//! Hidden: whether the time that it takes tells a record that is hidden from one that was never there.

use crate::duel::median;
use headwaters::caller::Caller;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, load_texts};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Folder, Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::path::Path;
use std::time::Instant;

const LOOK_UPS: usize = 10_000;
/// Looked up before, and not counted.
const BEFORE: usize = 500;
/// By so much the medians may differ: microseconds, or as a part of the lesser.
const US_MAX: f64 = 50.0;
const PART_MAX: f64 = 0.02;

const SCHEMA: &str = r#"
enum AgencyKind { BOCC }
enum DataClass { PUB CONTROL }
directive @facts(juvenile: String) on OBJECT
type Query { booking(number: ID!): Booking }
type Booking @entity(key: "number") @facts(juvenile: "isYouth") @data(class: [PUB]) {
  number: ID! facility: String bookedOn: String state: String isYouth: Boolean @data(class: [CONTROL])
}
"#;
const RESOLVER: &str = r#"
title = "Bookings"
kind = "sql"
reach = { url = "env:STORE_URL" }
closures = { table = "closed", key = "key", type = "type", kind = "kind" }
[entity.Booking]
table = "booking"
same = ["number", "facility", "state"]
fields.bookedOn = "booked_on"
fields.isYouth = "is_youth"
[entity.Booking.by.number]
"#;
const RULES: &str = r#"
@id("sealed") @cite("x") @review("x") forbid(principal, action, resource) when { resource.closed.contains("SEALED") };
@id("youth") @cite("x") @review("x") forbid(principal, action, resource is Booking) when { resource.juvenile };
@id("public") @cite("x") @review("x") permit(principal, action == Action::"disclose:PUB", resource);
"#;
const CLASSES: &str = "[class]\nPUB = { otherwise = \"HIDE\" }\nCONTROL = { otherwise = \"HIDE\" }\n";

/// Prints `us hidden_or_absent`: by how much the medians of look-ups by id differ, of records that are hidden (half of them sealed, half by
/// what they say of themselves) and of records that are not there.
///
/// # Panics
/// Where they differ by more than 50 µs and by more than 2 %, or where a record is shown.
pub async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(folder.path()).await;
    let (mut hidden, mut absent) = (Vec::with_capacity(LOOK_UPS), Vec::with_capacity(LOOK_UPS));
    for n in 0..BEFORE + LOOK_UPS {
        // Turn about, and neither is always the first.
        let both = if n.is_multiple_of(2) { [true, false] } else { [false, true] };
        for is_hidden in both {
            let took = look_up(&gateway, &format!("{}{:05}", if is_hidden { "h" } else { "a" }, n % 1_000)).await;
            if n >= BEFORE {
                if is_hidden { hidden.push(took) } else { absent.push(took) }
            }
        }
    }
    let (hidden, absent) = (median(hidden.into_iter()), median(absent.into_iter()));
    let apart = (hidden - absent).abs();
    println!("info hidden_or_absent: hidden {hidden:.1} us, absent {absent:.1} us, medians of {LOOK_UPS}");
    println!("us hidden_or_absent {apart:.1}");
    assert!(apart <= US_MAX.max(PART_MAX * hidden.min(absent)), "the time tells them apart");
}

/// Microseconds.
async fn look_up(gateway: &Gateway, number: &str) -> f64 {
    let request = Request {
        document: "query($number: ID!) { booking(number: $number) { number facility bookedOn state } }".to_owned(),
        variables: json!({ "number": number }).as_object().unwrap().clone(),
        ..Request::default()
    };
    let start = Instant::now();
    let written = gateway.stages(&request, &Caller::developer(), start).await.unwrap().written;
    let took = start.elapsed().as_secs_f64() * 1e6;
    assert!(written.bytes.starts_with(b"{\"data\":{\"booking\":null}"), "{number} is hidden or absent");
    took
}

async fn gateway(folder: &Path) -> Gateway {
    let url = format!("sqlite:{}", folder.join("bookings.sqlite").display());
    let rows = (0..1_000).map(|n| format!("('h{n:05}', 'MT0560000', '2026-01-01', 'IN', {})", n % 2));
    let closed = (0..1_000).step_by(2).map(|n| format!("('Booking', 'h{n:05}', 'SEALED')"));
    let script = format!(
        "CREATE TABLE booking (number TEXT PRIMARY KEY, facility TEXT, booked_on TEXT, state TEXT, is_youth INTEGER);
         CREATE TABLE closed (type TEXT, key TEXT, kind TEXT, PRIMARY KEY (key, type, kind));
         INSERT INTO booking VALUES {}; INSERT INTO closed VALUES {};",
        rows.collect::<Vec<_>>().join(", "),
        closed.collect::<Vec<_>>().join(", ")
    );
    let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();

    let limits = Limits::default();
    let schema = [("bookings.graphql".into(), SCHEMA.to_owned())];
    let files = [("bookings.toml".into(), RESOLVER.trim_start().to_owned())];
    let (graph, _) = load_texts(&schema, &files, &[Audience::everything()]).unwrap();
    let texts = [("rules.cedar", RULES), ("classes.toml", CLASSES), ("purposes.toml", "[kind]\nBOCC = [\"C\"]\n")];
    let policies =
        Policies::load(&graph, &Folder::of(texts.map(|(name, text)| (name.into(), text.to_owned()))).unwrap()).unwrap();
    let environment: Environment = [("STORE_URL".to_owned(), url)].into_iter().collect();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap();
    let ledger = Ledger::none(&Loopback::bind(0).unwrap());
    Gateway::new(World::new(graph, policies, sources, &limits), ledger, limits)
}
