//! Shared cache: gateways that keep records in common, in a real Redis that is told nothing, and that may fail as it likes.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/postgres.rs"]
mod postgres;
#[path = "harness/redis.rs"]
mod server;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use headwaters::caller::Caller;
use headwaters::gateway::{Arrival, Gateway, Purge, World};
use headwaters::graph::{Audience, link};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::observe::{self, Exporting, Exports};
use headwaters::policy::{Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, NotShared, SharedCache, Sources};
use redis::Commands;
use serde_json::{Value, json};
use server::Redis;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SCHEMA: &str = r#"
enum AgencyKind { BOCC DETENTION }
enum DataClass { PUB }
type Query { booking(number: ID!): Booking }
type Booking @entity(key: "number") @data(owner: DETENTION, ttl: 600, stale: 3600, class: [PUB]) {
  number: ID!
  name: String
  provenance(of: [String!]): [Provenance!]!
}
"#;

const JAIL: &str = r#"
agency = "MT0560000"
title = "County jail"
kind = "rest"
reach = { base_url = "env:JAIL_URL" }
[entity.Booking]
same = ["number", "name"]
[entity.Booking.by.number]
get = "/bookings/{key}"
absent = [404]
"#;

/// A store whose only use here is to say what was purged.
const STORE: &str = r#"
agency = "MTBOCC000"
title = "Golden records"
kind = "sql"
golden = true
reach = { url = "env:STORE_URL", migrations = "MIGRATIONS" }
purges = { table = "purge" }
"#;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const WAIT_MS: u64 = 200;
/// Stands in every number and every name of the jail.
const CANARY: &str = "QZX";

/// A jail that knows everybody, and counts how often it is asked.
#[derive(Default)]
struct Jail {
    down: AtomicBool,
    calls: AtomicUsize,
}

impl Jail {
    async fn serve(self: &Arc<Self>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn answer(State(jail): State<Arc<Jail>>, uri: Uri) -> (StatusCode, String) {
    jail.calls.fetch_add(1, Ordering::SeqCst);
    let number = uri.path().rsplit('/').next().unwrap().to_owned();
    if jail.down.load(Ordering::SeqCst) {
        (StatusCode::SERVICE_UNAVAILABLE, String::new())
    } else if number.contains("NOBODY") {
        (StatusCode::NOT_FOUND, String::new())
    } else {
        (StatusCode::OK, json!({ "number": number, "name": format!("{CANARY} of {number}") }).to_string())
    }
}

/// Where gateways of a test are at home.
struct Place {
    jail: Arc<Jail>,
    jail_url: String,
    store: String,
    redis: Redis,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let (jail, folder) = (Arc::new(Jail::default()), tempfile::tempdir().unwrap());
        let store = format!("sqlite:{}", folder.path().join("store.sqlite").display());
        Self { jail_url: jail.serve().await, jail, store, redis: Redis::start(), folder }
    }

    async fn gateway(&self) -> Gateway {
        self.open(SCHEMA, SECRET, Limits::default()).await
    }

    async fn open(&self, schema: &str, secret: &str, limits: Limits) -> Gateway {
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/store");
        let schema = [(PathBuf::from("graph.graphql"), schema.to_owned())];
        let store = STORE.replace("MIGRATIONS", migrations.to_str().unwrap());
        let resolvers = [(PathBuf::from("jail.toml"), JAIL.to_owned()), (PathBuf::from("golden.toml"), store)];
        let environment = [("JAIL_URL", self.jail_url.as_str()), ("STORE_URL", &self.store)];
        let environment: Environment = environment.into_iter().collect();
        let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()])
            .unwrap_or_else(|problems| panic!("{problems}"));
        let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|e| panic!("{e}"));
        let by = SharedCache { url: &self.redis.url(), secret, wait_ms: WAIT_MS };
        sources.share_through(&graph, &environment, &limits, by).await.unwrap();
        let only = Loopback::bind(0).unwrap();
        let world = World::new(graph, Policies::everything(&only), sources, &limits);
        Gateway::new(world, Ledger::none(&only), limits)
    }

    /// Waits until so many keys are there; their names.
    fn names(&self, count: usize) -> Vec<String> {
        let (mut redis, started) = (self.redis.connect(), Instant::now());
        loop {
            let mut names: Vec<String> = redis.keys("*").unwrap();
            names.sort_unstable();
            if names.len() == count {
                return names;
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{} keys", names.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

async fn ask(gateway: &Gateway, number: &str) -> Value {
    let document =
        format!("{{ booking(number: \"{number}\") {{ number name provenance {{ mode source retrievedAt }} }} }}");
    let request = Request { document, ..Request::default() };
    let released = gateway.answer(&request, &Caller::developer(), Instant::now()).await;
    let released = released.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    serde_json::from_slice(&released.bytes).unwrap()
}

fn mode(answer: &Value) -> &str {
    answer.pointer("/data/booking/provenance/0/mode").and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}"))
}

fn name(answer: &Value) -> &str {
    answer.pointer("/data/booking/name").and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_was_told_another_knows() {
    let place = Place::new().await;
    let (one, other) = (place.gateway().await, place.gateway().await);
    let first = ask(&one, "QZX-1").await;
    assert_eq!((mode(&first), name(&first)), ("LIVE", "QZX of QZX-1"));
    place.names(1);
    // So that a time which is made anew would be another one.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for _ in 0..2 {
        let again = ask(&other, "QZX-1").await;
        assert_eq!((mode(&again), name(&again)), ("CACHED", "QZX of QZX-1"));
        let at = "/data/booking/provenance/0/retrievedAt";
        assert_eq!(again.pointer(at), first.pointer(at));
    }
    assert_eq!(place.jail.calls(), 1);
    // That there is nobody is known too, and not for long.
    assert_eq!(ask(&one, "NOBODY").await["data"]["booking"], Value::Null);
    let names = place.names(2);
    assert_eq!(ask(&other, "NOBODY").await["data"]["booking"], Value::Null);
    assert_eq!(place.jail.calls(), 2);
    let mut redis = place.redis.connect();
    let mut left: Vec<i64> = names.iter().map(|name| redis.pttl(name).unwrap()).collect();
    left.sort_unstable();
    assert!((1..=5_000).contains(&left[0]) && (3_500_000..=3_600_000).contains(&left[1]), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_old_stands_in_for_a_jail_that_is_down_elsewhere_too() {
    let place = Place::new().await;
    // Fresh for no time at all, and believed for an hour where the jail is down.
    let schema = SCHEMA.replace("ttl: 600", "ttl: 0");
    let (one, other) =
        (place.open(&schema, SECRET, Limits::default()).await, place.open(&schema, SECRET, Limits::default()).await);
    assert_eq!(mode(&ask(&one, "QZX-1").await), "LIVE");
    place.names(1);
    assert_eq!(mode(&ask(&other, "QZX-1").await), "LIVE");
    place.jail.down.store(true, Ordering::SeqCst);
    let third = place.open(&schema, SECRET, Limits::default()).await;
    assert_eq!(mode(&ask(&third, "QZX-1").await), "STALE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_seen_in_it() {
    let place = Place::new().await;
    let gateway = place.gateway().await;
    for number in 0..20 {
        ask(&gateway, &format!("QZX-{number}")).await;
    }
    let mut redis = place.redis.connect();
    for name in place.names(20) {
        let digits = name.strip_prefix("headwaters:").unwrap();
        assert!(digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        let value: Vec<u8> = redis.get(&name).unwrap();
        for clear in [CANARY.as_bytes(), b"Booking", b"name", b"number", b"127.0.0.1"] {
            assert!(!value.windows(clear.len()).any(|window| window == clear));
        }
        let left: i64 = redis.pttl(&name).unwrap();
        assert!(left > 0, "it ends by itself");
    }
}

/// Whatever is changed of a value, moved elsewhere, or closed with something else, the jail is asked, and answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_what_was_put_there_is_not_there() {
    let place = Place::new().await;
    let one = place.gateway().await;
    ask(&one, "QZX-1").await;
    let first = place.names(1).remove(0);
    ask(&one, "QZX-2").await;
    let second = place.names(2).into_iter().find(|name| *name != first).unwrap();
    let mut redis = place.redis.connect();
    let value: Vec<u8> = redis.get(&first).unwrap();
    let put = |redis: &mut redis::Connection, value: &[u8]| redis.set::<_, _, ()>(&second, value).unwrap();
    let spoiled = |at: usize| {
        let mut value: Vec<u8> = value.clone();
        value[at] ^= 1;
        value
    };
    let long = vec![0; Limits::default().shared_value_bytes_max * 2];
    let bad =
        [value.clone(), spoiled(0), spoiled(value.len() / 2), spoiled(value.len() - 1), vec![], long, b"x".to_vec()];
    for value in bad {
        put(&mut redis, &value);
        let put_there = value;
        let (other, calls) = (place.gateway().await, place.jail.calls());
        let answer = ask(&other, "QZX-2").await;
        assert_eq!((mode(&answer), name(&answer)), ("LIVE", "QZX of QZX-2"));
        assert_eq!(place.jail.calls(), calls + 1);
        // What the jail said is put there behind the answer.
        let started = Instant::now();
        while redis.get::<_, Vec<u8>>(&second).unwrap() == put_there {
            assert!(started.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    // Nor is something else than a value.
    let _: () = redis::cmd("DEL").arg(&second).query(&mut redis).unwrap();
    let _: () = redis.rpush(&second, "x").unwrap();
    assert_eq!(mode(&ask(&place.gateway().await, "QZX-2").await), "LIVE");
    assert_eq!(mode(&ask(&place.gateway().await, "QZX-1").await), "CACHED", "that is what was put there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_another_secret_or_graph_or_address_has_nothing_in_common() {
    let mut place = Place::new().await;
    ask(&place.gateway().await, "QZX-1").await;
    place.names(1);
    let secret = SECRET.to_uppercase();
    assert_eq!(mode(&ask(&place.open(SCHEMA, &secret, Limits::default()).await, "QZX-1").await), "LIVE");
    place.names(2);
    let other = format!("{SCHEMA}\n# Another graph.\n");
    assert_eq!(mode(&ask(&place.open(&other, SECRET, Limits::default()).await, "QZX-1").await), "LIVE");
    place.names(3);
    place.jail_url = place.jail.serve().await;
    assert_eq!(mode(&ask(&place.gateway().await, "QZX-1").await), "LIVE");
    place.names(4);
    place.store = format!("sqlite:{}", place.folder.path().join("another.sqlite").display());
    assert_eq!(mode(&ask(&place.gateway().await, "QZX-1").await), "LIVE");
    place.names(5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_values_stay_at_home() {
    let place = Place::new().await;
    let limits = Limits { shared_value_bytes_max: 100, ..Limits::default() };
    let gateway = place.open(SCHEMA, SECRET, limits).await;
    assert_eq!(mode(&ask(&gateway, "QZX-1").await), "LIVE");
    assert_eq!(mode(&ask(&gateway, "QZX-1").await), "CACHED");
    place.names(0);
}

/// It is killed, comes back empty, and stands still: nobody gets an error of it, and nobody waits for it longer than was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_it_answers_go_on() {
    let mut place = Place::new().await;
    let (one, other) = (place.gateway().await, place.gateway().await);
    assert_eq!(mode(&ask(&one, "QZX-0").await), "LIVE");
    place.names(1);
    place.redis.kill();
    for number in 1..20 {
        for gateway in [&one, &other] {
            let (answer, started) = (ask(gateway, &format!("QZX-{number}")).await, Instant::now());
            assert_eq!(mode(&answer), "LIVE");
            assert!(started.elapsed() < Duration::from_millis(WAIT_MS + 1_000));
        }
    }
    place.redis.start_again();
    until_common(&one, &other).await;

    // It takes what it is sent and says nothing.
    let _: () = redis::cmd("CLIENT").arg("PAUSE").arg(60_000).query(&mut place.redis.connect()).unwrap();
    let started = Instant::now();
    for number in 20..40 {
        assert_eq!(mode(&ask(&one, &format!("QZX-{number}")).await), "LIVE");
    }
    // Twenty that waited would have taken four seconds: after three it was left alone.
    assert!(started.elapsed() < Duration::from_millis(10 * WAIT_MS), "{:?}", started.elapsed());
    place.redis.start_again();
    until_common(&one, &other).await;
}

/// By what it gave, and whether it is left alone: names of no key and no value.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_of_it_is_counted() {
    let exports = Exports { otlp: None, traced_percent: 0, instance: "counted".into() };
    let _exporting = Exporting::start(&exports).unwrap();
    let mut place = Place::new().await;
    let (one, other) = (place.gateway().await, place.gateway().await);
    ask(&one, "QZX-1").await;
    place.names(1);
    assert_eq!(mode(&ask(&other, "QZX-1").await), "CACHED");
    let counted = |line: &str| observe::exposition().unwrap().lines().any(|known| known == line);
    for line in [
        r#"headwaters_shared_cache_keys_total{outcome="ABSENT"} 1"#,
        r#"headwaters_shared_cache_keys_total{outcome="FOUND"} 1"#,
        r#"headwaters_shared_cache_put_total{outcome="PUT"} 1"#,
        "headwaters_shared_cache_duration_seconds_count 2",
    ] {
        assert!(counted(line), "{line} is not in\n{}", observe::exposition().unwrap());
    }
    place.redis.kill();
    for number in 2..8 {
        ask(&one, &format!("QZX-{number}")).await;
    }
    assert!(counted("headwaters_shared_cache_left_alone 1"), "{}", observe::exposition().unwrap());
    place.redis.start_again();
    until_common(&one, &other).await;
    assert!(counted("headwaters_shared_cache_left_alone 0"), "{}", observe::exposition().unwrap());
    assert!(!observe::exposition().unwrap().contains("QZX"));
}

/// Until what one is told is known to the other.
async fn until_common(one: &Gateway, other: &Gateway) {
    let started = Instant::now();
    for number in 1_000.. {
        let number = format!("QZX-{number}-{}", started.elapsed().as_nanos());
        ask(one, &number).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if mode(&ask(other, &number).await) == "CACHED" {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it is still left alone");
    }
}

/// As soon as a purge at one gateway is acknowledged, no gateway finds what was put there before, though it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_is_one_of_all() {
    let mut place = Place::new().await;
    let postgres = postgres::Postgres::start();
    place.store = postgres.url();
    let (one, other) = (place.gateway().await, place.gateway().await);
    assert_eq!(mode(&ask(&one, "QZX-1").await), "LIVE");
    place.names(1);
    assert_eq!(mode(&ask(&other, "QZX-1").await), "CACHED");
    let what = Purge::Source("jail".into());
    one.purge(&Caller::developer(), &what, Arrival::now()).await.unwrap();
    place.jail.down.store(true, Ordering::SeqCst);
    place.names(1);
    // Nor a gateway that starts after it, and not as something old either.
    let third = place.gateway().await;
    for gateway in [&one, &other, &third] {
        let answer = ask(gateway, "QZX-1").await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "SOURCE_UNAVAILABLE", "{answer}");
    }
    place.jail.down.store(false, Ordering::SeqCst);
    let started = Instant::now();
    while ask(&third, "QZX-1").await["errors"] != Value::Null {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    place.names(2);
    assert_eq!(mode(&ask(&place.gateway().await, "QZX-1").await), "CACHED", "what was put there since is found");
}

#[tokio::test]
async fn where_nobody_says_what_was_purged_nothing_is_kept_in_common() {
    let schema = [(PathBuf::from("graph.graphql"), SCHEMA.to_owned())];
    let resolvers = [(PathBuf::from("jail.toml"), JAIL.to_owned())];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap();
    let environment: Environment = [("JAIL_URL", "http://127.0.0.1:9")].into_iter().collect();
    let limits = Limits::default();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap();
    let share = async |url: &str, secret: &str| {
        sources.share_through(&graph, &environment, &limits, SharedCache { url, secret, wait_ms: 1 }).await
    };
    assert_eq!(share("redis://127.0.0.1:9", SECRET).await, Err(NotShared::Purges));
    assert_eq!(share("redis://127.0.0.1:9", "short").await, Err(NotShared::Secret));
}
