//! Purged: after a purge is acknowledged, nothing leaves that was made of a copy, at no gateway of the same store.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/postgres.rs"]
mod postgres;

use axum::extract::State;
use axum::http::StatusCode;
use headwaters::caller::Caller;
use headwaters::gateway::{Arrival, Gateway, NotPurged, Purge, World};
use headwaters::graph::{Audience, link};
use headwaters::ledger::{Ledger, Persons, Recorded, Settings, log, read};
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

const SCHEMA: &str = r#"
enum AgencyKind { BOCC DETENTION }
enum DataClass { PUB }
type Query { booking(number: ID!): Booking }
type Booking @entity(key: "number") @data(owner: DETENTION, ttl: 600, stale: 3600, class: [PUB]) {
  number: ID!
  state: String
}
"#;

const JAIL: &str = r#"
title = "County jail"
kind = "rest"
reach = { base_url = "env:JAIL_URL" }
[entity.Booking]
same = ["number", "state"]
[entity.Booking.by.number]
get = "/bookings/{key}"
absent = [404]
"#;

/// A store whose only use here is to say what was purged.
const STORE: &str = r#"
title = "Golden records"
kind = "sql"
golden = true
reach = { url = "env:STORE_URL", migrations = "MIGRATIONS" }
purges = { table = "purge" }
"#;

const QUERY: &str = "{ booking(number: \"26-1\") { number state } }";
const RECORD: &str = "IN_CUSTODY";

/// A jail with one booking, until a court has closed it.
#[derive(Default)]
struct Jail {
    closed: AtomicBool,
    down: AtomicBool,
    calls: AtomicUsize,
    /// Answers that may leave; `None`: all.
    let_go: Option<Semaphore>,
}

impl Jail {
    async fn serve(self: &Arc<Self>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }
}

/// What is answered is read first, as a slow server does.
async fn answer(State(jail): State<Arc<Jail>>) -> (StatusCode, String) {
    let known = !jail.closed.load(Ordering::SeqCst);
    jail.calls.fetch_add(1, Ordering::SeqCst);
    if let Some(let_go) = &jail.let_go {
        let_go.acquire().await.unwrap().forget();
    }
    if jail.down.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    if known {
        (StatusCode::OK, json!({ "number": "26-1", "state": RECORD }).to_string())
    } else {
        (StatusCode::NOT_FOUND, String::new())
    }
}

async fn open(jail: &str, store: Option<&str>, ledger: Option<&Path>) -> Arc<Gateway> {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/store");
    let schema = [(PathBuf::from("graph.graphql"), SCHEMA.to_owned())];
    let mut resolvers = vec![(PathBuf::from("jail.toml"), JAIL.to_owned())];
    let mut environment = vec![("JAIL_URL".to_owned(), jail.to_owned())];
    if let Some(store) = store {
        resolvers.push((PathBuf::from("golden.toml"), STORE.replace("MIGRATIONS", migrations.to_str().unwrap())));
        environment.push(("STORE_URL".to_owned(), store.to_owned()));
    }
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()])
        .unwrap_or_else(|problems| panic!("{problems}"));
    let environment: Environment = environment.into_iter().collect();
    let limits = Limits::default();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|e| panic!("{e}"));
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    let ledger = match ledger {
        Some(folder) => {
            Ledger::open(Settings::new(folder.to_owned(), "one".into(), &limits), Persons::Plain, &limits).unwrap().0
        }
        None => Ledger::none(&only),
    };
    Arc::new(Gateway::new(world, ledger, limits))
}

async fn ask(gateway: &Gateway) -> String {
    let request = Request { document: QUERY.to_owned(), ..Request::default() };
    let released = gateway.answer(&request, &Caller::developer(), Instant::now()).await;
    released.map_or_else(|refusal| panic!("{refusal:?}"), |released| String::from_utf8(released.bytes).unwrap())
}

async fn purge(gateway: &Gateway) -> u64 {
    let what = Purge::Record { of: "Booking".into(), key: "26-1".into() };
    let purged = gateway.purge(&Caller::developer(), &what, Arrival::now()).await.unwrap();
    assert_eq!(purged.len(), 1);
    assert_eq!(&*purged[0].source, "jail");
    purged[0].entries
}

/// 64 clients ask on and on; a court closes the record, and its copies are purged. `PURGED_ANSWERS=100000` for as many answers afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_record_leaves_after_its_purge() {
    let (jail, folder) = (Arc::new(Jail::default()), tempfile::tempdir().unwrap());
    let gateway = open(&jail.serve().await, None, Some(folder.path())).await;
    let answers = std::env::var("PURGED_ANSWERS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000_usize);
    let (acknowledged, before, after) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients = (0..64).map(|_| {
        let (gateway, acknowledged) = (Arc::clone(&gateway), Arc::clone(&acknowledged));
        let (before, after) = (Arc::clone(&before), Arc::clone(&after));
        tokio::spawn(async move {
            while after.load(Ordering::SeqCst) < answers {
                let purged = acknowledged.load(Ordering::SeqCst);
                let shown = ask(&gateway).await.contains(RECORD);
                assert!(!(purged && shown), "shown after the purge was acknowledged");
                let count = if purged { &after } else { &before };
                count.fetch_add(usize::from(purged || shown), Ordering::SeqCst);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    while before.load(Ordering::SeqCst) < 500 {
        tokio::task::yield_now().await;
    }
    jail.closed.store(true, Ordering::SeqCst);
    assert_eq!(purge(&gateway).await, 1);
    acknowledged.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(jail.calls.load(Ordering::SeqCst) < 500, "it was a cache that answered");
    gateway.ledger().close();
    let payloads: Vec<Vec<u8>> = log::records(folder.path()).unwrap().map(|record| record.unwrap().payload).collect();
    // Whoever reads the ledger is not stopped by them.
    assert!(payloads.iter().any(|payload| matches!(read(payload).unwrap(), Recorded::Other)));
    let lines: Vec<Value> = payloads.iter().map(|payload| serde_json::from_slice(payload).unwrap()).collect();
    let purges: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "purge").collect();
    assert_eq!(purges.len(), 2);
    assert_eq!((&purges[0]["done"], &purges[1]["done"]), (&json!(false), &json!(true)));
    assert_eq!(
        (&purges[1]["type"], &purges[1]["key"], &purges[1]["removed"]),
        (&json!("Booking"), &json!("26-1"), &json!([1]))
    );
}

/// What an agency said before is not shown by whoever waited for it while it was purged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_under_way_is_made_anew() {
    let jail = Arc::new(Jail { let_go: Some(Semaphore::new(0)), ..Jail::default() });
    let gateway = open(&jail.serve().await, None, None).await;
    let asking = tokio::spawn({
        let gateway = Arc::clone(&gateway);
        async move { ask(&gateway).await }
    });
    while jail.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    jail.closed.store(true, Ordering::SeqCst);
    purge(&gateway).await;
    jail.let_go.as_ref().unwrap().add_permits(10);
    assert!(!asking.await.unwrap().contains(RECORD));
    assert_eq!(jail.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_purged_does_not_stand_in_for_a_jail_that_is_down() {
    let jail = Arc::new(Jail::default());
    let gateway = open(&jail.serve().await, None, None).await;
    assert!(ask(&gateway).await.contains(RECORD));
    jail.down.store(true, Ordering::SeqCst);
    assert!(ask(&gateway).await.contains(RECORD), "it is kept");
    purge(&gateway).await;
    assert!(ask(&gateway).await.contains("SOURCE_UNAVAILABLE"));
}

#[tokio::test]
async fn what_is_nowhere_is_not_purged() {
    let gateway = open("http://127.0.0.1:9", None, None).await;
    for what in [Purge::Source("prison".into()), Purge::Record { of: "Prisoner".into(), key: "1".into() }] {
        let done = gateway.purge(&Caller::developer(), &what, Arrival::now()).await;
        assert_eq!(done, Err(NotPurged::Unknown));
    }
}

/// Asks until the jail is asked anew; how long that took.
async fn until_asked_anew(gateway: &Gateway, jail: &Jail) -> Duration {
    let (started, calls) = (Instant::now(), jail.calls.load(Ordering::SeqCst));
    while jail.calls.load(Ordering::SeqCst) == calls {
        ask(gateway).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_of_a_store_knows() {
    let (jail, server) = (Arc::new(Jail::default()), postgres::Postgres::start());
    let url = jail.serve().await;
    let (one, other) = (open(&url, Some(&server.url()), None).await, open(&url, Some(&server.url()), None).await);
    for gateway in [&one, &other] {
        assert!(ask(gateway).await.contains(RECORD));
    }
    let calls = jail.calls.load(Ordering::SeqCst);
    assert!(ask(&other).await.contains(RECORD));
    assert_eq!(jail.calls.load(Ordering::SeqCst), calls, "it is kept");
    jail.closed.store(true, Ordering::SeqCst);
    purge(&one).await;
    // Acknowledged: so at the other too, from now on.
    assert!(!ask(&other).await.contains(RECORD));
    assert!(!ask(&one).await.contains(RECORD));

    // A closure is a purge, whoever enters it.
    jail.closed.store(false, Ordering::SeqCst);
    purge(&one).await;
    assert!(ask(&other).await.contains(RECORD));
    let entered = "INSERT INTO closure (kind, type, key, ordered_on, order_ref) VALUES ('SEALED', 'Booking', '26-1', '2026-11-28', 'DC-1')";
    let pool = sqlx::PgPool::connect(&server.url()).await.unwrap();
    sqlx::query(entered).execute(&pool).await.unwrap();
    assert!(until_asked_anew(&other, &jail).await < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_in_a_file_is_a_purge() {
    let (jail, folder) = (Arc::new(Jail::default()), tempfile::tempdir().unwrap());
    let store = format!("sqlite:{}", folder.path().join("store.sqlite").display());
    let gateway = open(&jail.serve().await, Some(&store), None).await;
    assert!(ask(&gateway).await.contains(RECORD));
    assert!(ask(&gateway).await.contains(RECORD));
    assert_eq!(jail.calls.load(Ordering::SeqCst), 1);
    assert_eq!(purge(&gateway).await, 1);
    assert!(ask(&gateway).await.contains(RECORD));
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&store).await.unwrap();
    let entered = "INSERT INTO closure (kind, type, key, ordered_on, order_ref) VALUES ('SEALED', 'Booking', '26-1', '2026-11-28', 'DC-1')";
    sqlx::query(entered).execute(&mut connection).await.unwrap();
    assert!(until_asked_anew(&gateway, &jail).await < Duration::from_secs(1));
}
