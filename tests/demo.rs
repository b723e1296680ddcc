//! Demo: the story of custody and cases, over the demonstration's own agencies, in good days and bad ones.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/gateway.rs"]
mod gateway;

use ask::ask;
use headwaters::demo::agencies::{Agency, Mood};
use headwaters::demo::{self, Demo};
use headwaters::gateway::Gateway;
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::source::Environment;
use jiff::civil::date;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

struct Day {
    demo: Demo,
    gateway: Gateway,
    story: String,
    _files: tempfile::TempDir,
}

impl Day {
    async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = tempfile::tempdir().unwrap();
        let demo = demo::start_on(date(2026, 11, 22), 60, 1, &files.path().join("golden.sqlite"), false).await.unwrap();
        let environment: Environment = demo.environment.iter().cloned().collect();
        let (graph, resolvers) = (root.join("schema/graph"), root.join("resolvers"));
        let gateway = gateway::open(&graph, &resolvers, &environment, &Limits::default(), Catalog::default()).await;
        let story = std::fs::read_to_string(root.join("schema/stories/custody-and-cases.graphql")).unwrap();
        Self { demo, gateway, story, _files: files }
    }

    async fn story(&self) -> Value {
        let variables: Map<String, Value> = json!({ "id": self.demo.sample_person }).as_object().unwrap().clone();
        serde_json::from_slice(&ask(&self.gateway, &self.story, variables).await).unwrap()
    }

    /// Calls to Yellowstone, Gallatin and the courts.
    fn calls(&self) -> [u64; 3] {
        let agencies = &self.demo.agencies;
        [agencies.yellowstone.calls(), agencies.gallatin.calls(), agencies.courts.calls()]
    }
}

/// Code, path and source of each error.
fn errors(answer: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = |path: &Value| path.as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
    let error = |error: &Value| {
        let extensions = &error["extensions"];
        (text(&extensions["code"]), steps(&error["path"]).replace('"', ""), text(&extensions["source"]))
    };
    answer["errors"].as_array().into_iter().flatten().map(error).collect()
}

fn error(code: &str, path: &str, source: &str) -> (String, String, String) {
    (code.to_owned(), path.to_owned(), source.to_owned())
}

fn facilities(answer: &Value) -> Vec<&str> {
    let bookings = answer["data"]["person"]["bookings"].as_array().unwrap();
    let mut all: Vec<&str> = bookings.iter().map(|booking| booking["facility"].as_str().unwrap()).collect();
    all.dedup();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_good_day_the_story_joins_all_four_sources() {
    let day = Day::start().await;
    let answer = day.story().await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let person = &answer["data"]["person"];
    assert_eq!(person["id"], day.demo.sample_person.as_str());
    assert!(person["legalName"]["full"].is_string() && person["names"].is_array(), "{person}");
    assert_eq!(facilities(&answer), ["MT0160000", "MT0560000"]);
    assert!(person["bookings"].as_array().unwrap().iter().any(|booking| booking["releasedAt"].is_null()), "{person}");
    let cases = person["cases"].as_array().unwrap();
    assert!(!cases.is_empty() && cases.iter().any(|case| !case["hearings"].as_array().unwrap().is_empty()), "{person}");
    for (record, source, mode) in [
        (&person["bookings"][0], "gallatin-jail", "LIVE"),
        (&cases[0], "state-courts", "LIVE"),
        (person, "golden", "GOLDEN"),
    ] {
        assert_eq!(record["provenance"][0]["source"], source);
        assert_eq!(record["provenance"][0]["mode"], mode);
        assert!(record["provenance"][0]["asOf"].is_string());
    }
    let statuses = json!([
        { "name": "gallatin-jail", "status": "OK" },
        { "name": "state-courts", "status": "OK" },
        { "name": "yellowstone-jail", "status": "OK" },
    ]);
    assert_eq!(answer["extensions"]["sources"], statuses);
}

/// Yellowstone takes all numbers of a person at once, Gallatin one a call, the courts one call for cases and one for hearings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_agency_is_asked_as_often_as_it_must_be() {
    let day = Day::start().await;
    day.story().await;
    let once = day.calls();
    let query = format!("{{ person(id: \"{}\") {{ id }} }}", day.demo.sample_person);
    ask(&day.gateway, &query, Map::new()).await;
    assert_eq!(day.calls(), once, "who asks for the id alone needs no agency");
    assert_eq!((once[0], once[2]), (1, 2));
    assert!((1..=2).contains(&once[1]), "{once:?}");
    day.story().await;
    assert_eq!(day.calls(), once.map(|calls| calls * 2));
}

async fn with(mood: Mood, of: impl Fn(&Demo) -> &Agency) -> (Value, Duration) {
    let day = Day::start().await;
    of(&day.demo).feel(mood);
    let started = Instant::now();
    let answer = day.story().await;
    (answer, started.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jail_that_fails_is_missed_by_name_and_the_other_stays() {
    for status in [500, 503, 404, 401, 302, 204] {
        let (answer, _) = with(Mood::Failing { status }, |demo| &demo.agencies.yellowstone).await;
        let expect = error("SOURCE_UNAVAILABLE", "person bookings", "yellowstone-jail");
        assert_eq!(errors(&answer), [expect], "{status}: {answer}");
        assert_eq!(facilities(&answer), ["MT0160000"], "{status}");
        assert!(answer["data"]["person"]["cases"].is_array(), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jail_that_is_slow_is_not_waited_for() {
    let (answer, elapsed) = with(Mood::Slow { delay_ms: 30_000 }, |demo| &demo.agencies.gallatin).await;
    let expect = error("SOURCE_TIMEOUT", "person bookings", "gallatin-jail");
    assert_eq!(errors(&answer), [expect], "{answer}");
    assert_eq!(facilities(&answer), ["MT0560000"]);
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn courts_that_talk_nonsense_spoil_nothing_but_cases() {
    let (answer, _) = with(Mood::Nonsense, |demo| &demo.agencies.courts).await;
    assert_eq!(errors(&answer), [error("SOURCE_INVALID", "person cases", "state-courts")], "{answer}");
    assert!(answer["data"]["person"]["cases"].is_null());
    assert_eq!(facilities(&answer), ["MT0160000", "MT0560000"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_agency_down_the_golden_record_stands() {
    let day = Day::start().await;
    let agencies = &day.demo.agencies;
    for agency in [&agencies.yellowstone, &agencies.gallatin, &agencies.courts] {
        agency.feel(Mood::Failing { status: 503 });
    }
    let answer = day.story().await;
    let person = &answer["data"]["person"];
    assert!(person["legalName"]["full"].is_string());
    assert!(person["bookings"].is_null() && person["cases"].is_null(), "{person}");
    let codes: Vec<String> = errors(&answer).into_iter().map(|(code, ..)| code).collect();
    assert!(codes.iter().all(|code| code == "SOURCE_UNAVAILABLE") && codes.len() == 2, "{answer}");
    // It gets better by itself.
    for agency in [&agencies.yellowstone, &agencies.gallatin, &agencies.courts] {
        agency.feel(Mood::Well);
    }
    assert_eq!(day.story().await.get("errors"), None);
}
