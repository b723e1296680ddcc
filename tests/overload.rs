//! Overload: a source that fails while everybody asks, and more questions than can be answered. Timed, loosely; nothing else runs beside it.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/day.rs"]
mod day;
#[path = "harness/faults.rs"]
#[expect(dead_code, reason = "not every fault is for every test")]
mod faults;
#[path = "harness/gateway.rs"]
mod gateway;

use axum::Router;
use axum::routing::get;
use day::{Day, errors};
use faults::Fault;
use headwaters::caller::Callers;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::http::{self, Personas, Shared};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::source::{Environment, Sources};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const CLIENTS: usize = 4;
/// Probes of a source that fails, in the seconds that are looked at: after 1, 2 and 4 more. Whoever makes one waits for it.
const PROBES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks with several clients for so long: each answer, and how long it took.
async fn load(day: &Arc<Day>, gateway: &Arc<Gateway>, time: Duration) -> Vec<(String, Duration)> {
    let mut clients = JoinSet::new();
    let until = Instant::now() + time;
    for _ in 0..CLIENTS {
        let (day, gateway) = (Arc::clone(day), Arc::clone(gateway));
        clients.spawn(async move {
            let mut answers = Vec::new();
            while Instant::now() < until {
                answers.push(day.ask(&gateway).await);
            }
            answers
        });
    }
    clients.join_all().await.into_iter().flatten().collect()
}

/// Of all but the slowest `without`.
fn p99(answers: &[(String, Duration)], without: usize) -> Duration {
    let mut took: Vec<_> = answers.iter().map(|(_, took)| *took).collect();
    took.sort();
    took.truncate(took.len() - without);
    took[took.len() * 99 / 100]
}

/// The figures of a day on which one agency fails under load.
async fn a_day_with(fault: Fault) -> f64 {
    let day = Arc::new(Day::start().await);
    let gateway = Arc::new(day.gateway().await);
    load(&day, &gateway, PATIENCE / 2).await;
    let before = load(&day, &gateway, PATIENCE * 2).await;
    assert!(before.iter().all(|(text, _)| !text.contains("\"errors\"")), "all is well");
    let calls = day.proxy("doj-history").calls();
    day.proxy("doj-history").set(fault);
    let first = load(&day, &gateway, PATIENCE).await;
    let after = load(&day, &gateway, PATIENCE * 2).await;
    let calls = day.proxy("doj-history").calls() - calls;
    for (text, _) in first.iter().chain(&after) {
        let answer: Value = serde_json::from_str(text).unwrap();
        assert!(
            answer["data"]["person"]["legalName"].is_object() && answer["data"]["person"]["bookings"].is_array(),
            "{text}"
        );
        assert!(answer["data"]["person"]["arrests"].is_null(), "{text}");
        let errors = errors(&answer);
        let (code, source) = &errors[0];
        assert!(errors.len() == 1 && source == "doj-history" && code != "SOURCE_INVALID", "{text}");
    }
    let asked = first.len() + after.len();
    let (before, after) = (p99(&before, 0), p99(&after, PROBES));
    let ratio = after.as_secs_f64() / before.as_secs_f64();
    println!(
        "{fault:?}: {asked} requests, none failed, {calls} calls to the agency; p99 {after:?}, before {before:?}: {ratio:.2}"
    );
    assert!(calls < u64::try_from(asked / 4).unwrap(), "{calls} calls of {asked} requests");
    ratio
}

/// A machine that does something else for a moment makes a bad figure; the third is believed.
async fn at_most(most: f64, fault: Fault) {
    let mut figures = Vec::new();
    while figures.len() < 3 {
        figures.push(a_day_with(fault).await);
        if figures.last().is_some_and(|figure| *figure <= most) {
            return;
        }
    }
    panic!("{fault:?}: {figures:?}, more than {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_agency_refuses_under_load() {
    at_most(1.2, Fault::Reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_agency_goes_silent_under_load() {
    at_most(1.2, Fault::BlackHole).await;
}

/// Which of them come back is by chance, so the breaker mostly stays closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_are_at_most_a_fifth() {
    let day = Arc::new(Day::start().await);
    let gateway = Arc::new(day.gateway().await);
    day.proxy("corrections").set(Fault::Status { status: 502, percent: 30 });
    let calls = day.proxy("corrections").calls();
    let answers = load(&day, &gateway, PATIENCE).await;
    let calls = day.proxy("corrections").calls() - calls;
    let failed = answers.iter().filter(|(text, _)| text.contains("\"errors\"")).count();
    let share = f64::from(u32::try_from(calls).unwrap()) / f64::from(u32::try_from(answers.len()).unwrap());
    println!("{} requests, {failed} of them with an error; {share:.3} calls a request", answers.len());
    assert!(share <= 1.2, "{share}");
    assert!(share > 1.0 && failed * 100 < answers.len() * 30, "retries help: {failed} of {}", answers.len());
}

const SCHEMA: &str = r#"
type Query { stays: [Stay!] }
type Stay @entity(key: "no") @data(owner: BOCC, class: [PUB]) { no: ID! }
enum AgencyKind { BOCC }
enum DataClass { PUB }
"#;

const RESOLVER: &str = "title = \"Jail\"\nkind = \"rest\"\nreach = { base_url = \"env:JAIL_URL\", concurrency_max = 100 }\n\
    [entity.Stay]\nsame = [\"no\"]\n[entity.Stay.find.stays]\nget = \"/stays\"\n";

const TAKES: Duration = Duration::from_millis(40);

/// A gateway with four places before a jail that takes 40 ms: about a hundred answers a second.
async fn narrow() -> String {
    let jail = Router::new().route(
        "/stays",
        get(|| async {
            tokio::time::sleep(TAKES).await;
            "[{\"no\":\"7\"}]"
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, jail).await });
    let schema = [(PathBuf::from("stays.graphql"), SCHEMA.to_owned())];
    let resolvers = [(PathBuf::from("jail.toml"), RESOLVER.to_owned())];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap();
    let limits = Limits { operations_max: 4, operations_waiting_max: 8, ..Limits::default() };
    let environment: Environment = [("JAIL_URL", url)].into_iter().collect();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap();
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    let gateway = Gateway::new(world, Ledger::none(&only), limits.clone());
    let shared = Shared {
        gateway: Arc::new(gateway),
        callers: Arc::new(Callers::public(limits.clone())),
        tabs: "[]".into(),
        personas: Personas::default(),
    };
    let listener = only.into_listener();
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move {
        http::serve::serve(listener, http::router(shared), &limits, std::future::pending()).await.unwrap();
    });
    url
}

/// So many questions a second, whatever becomes of them, for two seconds: answers a second, and how long each refusal took.
async fn arrivals(url: &str, per_s: u32) -> (f64, Vec<Duration>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut asked = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_s);
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        ticks.tick().await;
        let call = client.post(url).header("content-type", "application/json").body(r#"{"query":"{ stays { no } }"}"#);
        let call = call.header("accept", "application/graphql-response+json");
        asked.spawn(async move {
            let begun = Instant::now();
            let response = call.send().await.unwrap();
            let status = response.status().as_u16();
            let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            let text = response.text().await.unwrap();
            match status {
                200 => assert!(text.starts_with(r#"{"data":{"stays":[{"no":"7"}]}"#), "{text}"),
                503 => assert!(text.contains("OVERLOADED") && retry_after.as_deref() == Some("1"), "{text}"),
                _ => unreachable!("{status}: {text}"),
            }
            (status, begun.elapsed())
        });
    }
    let outcomes = asked.join_all().await;
    let elapsed = started.elapsed().as_secs_f64();
    let refused = outcomes.iter().filter(|(status, _)| *status == 503).map(|(_, took)| *took).collect();
    let answered = u32::try_from(outcomes.iter().filter(|(status, _)| *status == 200).count()).unwrap();
    (f64::from(answered) / elapsed, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_times_overload() {
    let url = narrow().await;
    arrivals(&url, 20).await;
    let (peak, _) = arrivals(&url, 90).await;
    let (goodput, mut refused) = arrivals(&url, 500).await;
    refused.sort();
    let middle = refused[refused.len() / 2];
    println!("{peak:.0} answers a second at the peak, {goodput:.0} at five times overload; refused within {middle:?}");
    assert!(goodput >= 0.8 * peak, "{goodput} of {peak}");
    assert!(middle < Duration::from_millis(50), "{middle:?}");
}
