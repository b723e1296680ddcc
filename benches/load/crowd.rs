//! Crowd: very many ask for the same, and more ask than can be answered.

use crate::day::Day;
use crate::faults::Fault;
use crate::number;
use axum::Router;
use axum::routing::get;
use headwaters::caller::{Caller, Callers};
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::http::{self, Personas, Shared};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Prints `count calls_for_10000`: calls to an agency for so many requests at once for the same records, none of them kept before.
pub async fn identical(requests: usize) {
    let day = Day::start().await;
    let limits = Limits { operations_max: requests, ..Limits::default() };
    let gateway = Arc::new(day.gateway_within(&limits).await);
    // So late that all have asked by then.
    day.proxy("doj-history").set(Fault::Slow { ms: 1_000, jitter_ms: 0 });
    let document = "query($id: ID!) { person(id: $id) { arrests { mans } } }";
    let variables = json!({ "id": day.sample_person() }).as_object().cloned().unwrap();
    let request = Arc::new(Request { document: document.to_owned(), variables, ..Request::default() });
    let mut clients = JoinSet::new();
    for _ in 0..requests {
        let (gateway, request) = (Arc::clone(&gateway), Arc::clone(&request));
        clients
            .spawn(async move { gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap().errors });
    }
    let errors: usize = clients.join_all().await.into_iter().sum();
    assert_eq!(errors, 0);
    println!("count calls_for_{requests} {}", day.proxy("doj-history").calls());
}

const SCHEMA: &str = r#"
type Query { stays: [Stay!] }
type Stay @entity(key: "no") @data(owner: BOCC, class: [PUB]) { no: ID! }
enum AgencyKind { BOCC }
enum DataClass { PUB }
"#;

const RESOLVER: &str = "title = \"Jail\"\nkind = \"rest\"\nreach = { base_url = \"env:JAIL_URL\", concurrency_max = 100 }\n\
    [entity.Stay]\nsame = [\"no\"]\n[entity.Stay.find.stays]\nget = \"/stays\"\nargs = {}\n";

/// How long the jail takes, how many may be asked for at once, and how long arrivals last.
const TAKES: Duration = Duration::from_millis(40);
const PLACES: usize = 4;
const STRETCH: Duration = Duration::from_secs(4);

/// A gateway with a few places before a jail that takes its time: a hundred answers a second, whatever the processor can do.
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
    let resolvers = [(PathBuf::from("jail.toml"), RESOLVER.replace("args = {}\n", ""))];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap();
    let limits = Limits { operations_max: PLACES, operations_waiting_max: 2 * PLACES, ..Limits::default() };
    let environment: Environment = [("JAIL_URL", url)].into_iter().collect();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap();
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    let shared = Shared {
        gateway: Arc::new(Gateway::new(world, Ledger::none(&only), limits.clone())),
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

/// So many questions a second, whatever becomes of them: answers a second, and how long each refusal took.
async fn arrivals(url: &str, per_s: u32) -> (f64, Vec<Duration>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut asked = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_s);
    let started = Instant::now();
    while started.elapsed() < STRETCH {
        ticks.tick().await;
        let body = r#"{"query":"{ stays { no } }","extensions":{"maxAge":0}}"#;
        let call = client.post(url).header("content-type", "application/json").body(body);
        let call = call.header("accept", "application/graphql-response+json");
        asked.spawn(async move {
            let begun = Instant::now();
            let response = call.send().await.unwrap();
            let status = response.status().as_u16();
            let later = response.headers().contains_key("retry-after");
            let text = response.text().await.unwrap();
            match status {
                200 => assert!(text.starts_with(r#"{"data":{"stays":[{"no":"7"}]}"#), "{text}"),
                503 => assert!(text.contains("OVERLOADED") && later, "{text}"),
                _ => unreachable!("{status}: {text}"),
            }
            (status, begun.elapsed())
        });
    }
    let outcomes = asked.join_all().await;
    let elapsed = started.elapsed().as_secs_f64();
    let refused = outcomes.iter().filter(|(status, _)| *status == 503).map(|(_, took)| *took).collect();
    let answered = outcomes.iter().filter(|(status, _)| *status == 200).count();
    (number(answered as u64) / elapsed, refused)
}

/// Prints `ratio goodput`: answers a second at five times what can be answered, over the most that can be; and how long refusals take.
pub async fn overload() {
    let url = narrow().await;
    arrivals(&url, 20).await;
    let (peak, _) = arrivals(&url, 95).await;
    let (goodput, mut refused) = arrivals(&url, 500).await;
    refused.sort();
    let part = |of: usize| refused[refused.len() * of / 100].as_secs_f64() * 1e3;
    println!("info goodput: {peak:.0} answers a second at the peak, {goodput:.0} of 500; {} refused", refused.len());
    println!("ms refused_p50 {:.1}", part(50));
    println!("ms refused_p99 {:.1}", part(99));
    println!("ratio goodput {:.2}", goodput / peak);
}
