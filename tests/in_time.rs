//! In time: a database that does not come to an end is not left running when nobody waits any more, and serves the next one at once.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/postgres.rs"]
mod postgres;

use ask::ask;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::source::{Environment, Sources};
use postgres::Postgres;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const SCHEMA: &str = r#"
type Query { endless: [Endless!] quick: [Quick!] }
type Endless @entity(key: "no") @data(owner: BOCC, class: [PUB]) { no: ID! }
type Quick @entity(key: "no") @data(owner: BOCC, class: [PUB]) { no: ID! }
enum AgencyKind { BOCC }
enum DataClass { PUB }
"#;

/// One connection, so that whoever comes next needs the same.
const RESOLVER: &str = r#"
title = "Store"
kind = "sql"
golden = true
reach = { url = "env:STORE_URL", timeout_ms = TIMEOUT, concurrency_max = 1 }
[entity.Endless]
table = "endless"
same = ["no"]
[entity.Endless.find.endless]
[entity.Quick]
table = "quick"
same = ["no"]
[entity.Quick.find.quick]
"#;

async fn gateway(url: &str, timeout_ms: u64, request_ms_max: u64) -> Gateway {
    let schema = [(PathBuf::from("store.graphql"), SCHEMA.to_owned())];
    let resolvers = [(PathBuf::from("store.toml"), RESOLVER.replace("TIMEOUT", &timeout_ms.to_string()))];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap_or_else(|p| panic!("{p}"));
    let limits = Limits { request_ms_max, ..Limits::default() };
    let environment: Environment = [("STORE_URL", url)].into_iter().collect();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|p| panic!("{p}"));
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    Gateway::new(world, Ledger::none(&only), limits)
}

/// The endless one fails in time, and then the quick one is there at once.
async fn check(gateway: &Gateway, within: Duration) {
    let asked = Instant::now();
    let answer: Value = serde_json::from_slice(&ask(gateway, "{ endless { no } }", Map::new()).await).unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "SOURCE_TIMEOUT", "{answer}");
    assert!(asked.elapsed() < within, "{:?}", asked.elapsed());
    let asked = Instant::now();
    let answer = String::from_utf8(ask(gateway, "{ quick { no } }", Map::new()).await).unwrap();
    assert_eq!(answer, r#"{"data":{"quick":[{"no":"1"}]}}"#);
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
}

/// Milliseconds that this process has used of the processors.
fn busy_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    // In hundredths of a second.
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("store.sqlite").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let views = "CREATE VIEW quick AS SELECT '1' AS no;
        CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT CAST(count(*) AS TEXT) AS no FROM c";
    sqlx::raw_sql(AssertSqlSafe(views)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    // By the source's own time, and by the request's.
    for (timeout_ms, request_ms) in [(200, 10_000), (10_000, 400)] {
        let gateway = gateway(&url, timeout_ms, request_ms).await;
        check(&gateway, Duration::from_secs(1)).await;
        let busy = busy_ms();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(busy_ms() - busy < 250, "something still runs: {} of 500 ms", busy_ms() - busy);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_told_how_long_it_has() {
    let server = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let views = "CREATE VIEW quick AS SELECT '1'::text AS no;
        CREATE VIEW endless AS SELECT pg_sleep(60)::text AS no";
    sqlx::raw_sql(AssertSqlSafe(views)).execute(&mut connection).await.unwrap();
    for (timeout_ms, request_ms) in [(200, 10_000), (10_000, 400)] {
        let gateway = gateway(&server.url(), timeout_ms, request_ms).await;
        check(&gateway, Duration::from_secs(1)).await;
        let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%endless%'";
        let (running,): (i64,) = sqlx::query_as(running).fetch_one(&mut connection).await.unwrap();
        assert_eq!(running, 0, "the server has ended it");
    }
}
