//! Recorded: exactly one record for each operation, however it ends, and no answer without one. Over real sockets where that matters.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ledger.rs"]
#[expect(dead_code, reason = "specs show one operation")]
mod ledger;
#[path = "harness/people.rs"]
#[expect(dead_code, reason = "the gateway is in this process")]
mod people;

use headwaters::caller::{Caller, Callers};
use headwaters::error::{Code, Refusal};
use headwaters::gateway::{Arrival, Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::http::{self, Personas, Shared};
use headwaters::ledger::index::{Index, Looked, Stretch};
use headwaters::ledger::{Ledger, Persons, Recorded, Settings, log, read};
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::Value;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Besides the people.
const VISITS: &str = "
extend type Query { visits: [Visit!] }
type Visit @entity(key: \"number\", subject: \"person\") @data(owner: BOCC, class: [PUB]) { number: ID! person: Person @link }
";
const DESK: &str = "
    title = \"Visitors' desk\"
    kind = \"rest\"
    reach = { base_url = \"env:DESK_URL\", timeout_ms = 5000 }
    [entity.Visit]
    fields = { number = \"/no\", person = \"/who\" }
    [entity.Visit.find.visits]
    get = \"/visits\"
";

struct House {
    gateway: Arc<Gateway>,
    folder: PathBuf,
    _files: tempfile::TempDir,
}

impl House {
    async fn open(limits: Limits, persons: Persons) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("people.json"), people::RECORDS).unwrap();
        let schema = [("people.graphql", people::SCHEMA), ("visits.graphql", VISITS)]
            .map(|(name, text)| (PathBuf::from(name), text.to_owned()));
        let resolvers = [("desk.toml", DESK), ("golden.toml", people::GOLDEN)]
            .map(|(name, text)| (files.path().join(name), text.to_owned()));
        let loaded = link::load_texts(&schema, &resolvers, &[Audience::everything()]);
        let (graph, _) = loaded.unwrap_or_else(|problems| panic!("{problems}"));
        // Nobody answers there, and nobody refuses.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        std::mem::forget(silent);
        let environment: Environment = [("DESK_URL".to_owned(), url)].into_iter().collect();
        let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap();
        let only = Loopback::bind(0).unwrap();
        let folder = files.path().join("ledger");
        let settings = Settings::new(folder.clone(), "house-1".into(), &limits);
        let (ledger, _) = Ledger::open(settings, persons, &limits).unwrap();
        let world = World::new(graph, Policies::everything(&only), sources, &limits);
        Self { gateway: Arc::new(Gateway::new(world, ledger, limits)), folder, _files: files }
    }

    async fn ask(&self, document: &str) -> Result<Vec<u8>, Refusal> {
        let request = Request { document: document.to_owned(), ..Request::default() };
        let released = self.gateway.answer(&request, &Caller::developer(), Instant::now()).await;
        released.map(|released| released.bytes)
    }

    async fn serve(&self) -> SocketAddr {
        let limits = self.gateway.limits().clone();
        let shared = Shared {
            gateway: Arc::clone(&self.gateway),
            callers: Arc::new(Callers::public(limits.clone())),
            tabs: "[]".into(),
            personas: Personas::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            http::serve::serve(listener, http::router(shared), &limits, std::future::pending()).await.unwrap();
        });
        address
    }
}

async fn http(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         accept: application/graphql-response+json, */*\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn records(folder: &Path) -> Vec<Recorded> {
    log::records(folder).unwrap().map(|record| read(&record.unwrap().payload).unwrap()).collect()
}

#[tokio::test]
async fn an_answer_over_http_is_on_record_and_so_is_that_it_left() {
    let house = House::open(Limits::default(), Persons::Plain).await;
    let address = house.serve().await;
    let answer = http(address, "POST /graphql", r#"{"query":"query One { person(id: \"p1\") { name } }"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Ann"), "{answer}");
    let refused = http(address, "POST /graphql", "no JSON").await;
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    house.gateway.ledger().close();

    let records = records(&house.folder);
    let [Recorded::Operation(one), rest @ ..] = &records[..] else { panic!("{records:?}") };
    assert_eq!(
        (one.operation.as_deref(), one.outcome.as_str(), one.persons.as_slice()),
        (Some("One"), "ANSWERED", &["p1".to_owned()][..])
    );
    assert_eq!((one.address.as_deref(), one.user.as_deref()), (Some("127.0.0.1"), Some("public")));
    assert!(one.document.as_ref().is_some_and(|digest| digest.len() == 64) && one.variables.is_none());
    let delivered = rest.iter().find_map(|record| match record {
        Recorded::Delivered(delivered) => Some((delivered.of, delivered.bytes)),
        _ => None,
    });
    assert_eq!(delivered, Some((1, one.bytes)));
    let refused = rest.iter().find_map(|record| match record {
        Recorded::Operation(operation) => {
            Some((operation.outcome.as_str(), operation.code.as_deref(), operation.user.as_deref()))
        }
        _ => None,
    });
    assert_eq!(refused, Some(("REFUSED", Some("BAD_REQUEST"), None)));
}

#[tokio::test]
async fn nothing_leaves_that_is_not_on_record() {
    let house = House::open(Limits::default(), Persons::Plain).await;
    let address = house.serve().await;
    assert!(http(address, "GET /health/ready", "").await.starts_with("HTTP/1.1 200"));
    house.gateway.ledger().close();

    assert_eq!(house.ask("{ person(id: \"p1\") { name } }").await.unwrap_err().code(), Code::LedgerUnavailable);
    let answer = http(address, "POST /graphql", r#"{"query":"{ person(id: \"p1\") { name } }"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("LEDGER_UNAVAILABLE"), "{answer}");
    assert!(!answer.contains("Ann"), "{answer}");
    assert!(http(address, "GET /health/ready", "").await.starts_with("HTTP/1.1 503"));
    assert!(http(address, "GET /health/live", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_answer_with_more_records_than_an_entry_may_have_is_not_given() {
    let limits = Limits { ledger_record_bytes_max: 1_500, ..Limits::default() };
    let house = House::open(limits, Persons::Plain).await;
    let many: Vec<String> = (0..800).map(|n| format!("a{n}: person(id: \"p1\") {{ id }}")).collect();
    assert_eq!(house.ask(&format!("{{ {} }}", many.join(" "))).await.unwrap_err().code(), Code::Limit);
    assert!(house.ask("{ person(id: \"p1\") { id } }").await.is_ok());
    house.gateway.ledger().close();
    let outcomes: Vec<_> = ledger::operations(&house.folder).iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, ["REFUSED", "ANSWERED"]);
}

#[tokio::test]
async fn who_goes_away_before_the_answer_is_on_record_too() {
    let house = House::open(Limits::default(), Persons::Plain).await;
    {
        let mut underway = pin!(house.ask("query Slow { visits { number } }"));
        // The desk is asked, and does not answer.
        assert!(underway.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    house.gateway.ledger().close();
    let operations = ledger::operations(&house.folder);
    assert_eq!(operations.len(), 1);
    assert_eq!((&operations[0]["outcome"], &operations[0]["user"]), (&"LEFT".into(), &"developer".into()));
    assert_eq!(operations[0]["disclosed"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn strangers_are_counted_and_fill_nothing() {
    let house = House::open(Limits { strangers_s_max: 5, ..Limits::default() }, Persons::Plain).await;
    let refusal = Refusal::new(Code::Unauthenticated, "the token has expired");
    for _ in 0..200 {
        house.gateway.turned_away(None, None, &refusal, Arrival::now()).await;
    }
    house.gateway.ledger().close();
    let (mut own, mut counted) = (0, 0);
    for record in records(&house.folder) {
        match record {
            Recorded::Operation(operation) => own += u64::from(operation.code.as_deref() == Some("UNAUTHENTICATED")),
            Recorded::RefusedMany(many) => counted += many.codes["UNAUTHENTICATED"],
            Recorded::Delivered(_) | Recorded::Other => {}
        }
    }
    assert_eq!(own + counted, 200);
    assert!(own < 100, "{own} have records of their own");
}

/// The latest operations of a person, by the index.
async fn seen(index: &Index, person: &str) -> Vec<(String, u64)> {
    index.catch_up(|_| ()).await.unwrap();
    let Some(name) = index.name_of(person) else { return Vec::new() };
    let seen = index.seen(&Looked::Person(&name), Stretch::default(), 100).await.unwrap();
    seen.into_iter().map(|seen| (seen.head.instance, seen.seq)).collect()
}

#[tokio::test]
async fn who_is_sealed_is_found_until_they_are_forgotten() {
    let house = House::open(Limits::default(), Persons::Sealed).await;
    house.ask("{ person(id: \"p1\") { name } }").await.unwrap();
    let subjects = house.gateway.ledger().subjects();
    let index = Index::open(&house.folder.join("index.sqlite"), std::slice::from_ref(&house.folder)).await.unwrap();
    let index = index.naming(subjects.clone());
    assert_eq!(seen(&index, "p1").await.len(), 1);
    let text = std::fs::read(house.folder.join("00000000000000000001.segment")).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("\"p1\""), "the id stands in the ledger");
    assert!(subjects.unwrap().forget("p1").unwrap());
    assert_eq!(seen(&index, "p1").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_runs_forgets_by_order() {
    let house = House::open(Limits::default(), Persons::Sealed).await;
    tokio::spawn(house.gateway.ledger().clone().obey(house.folder.clone()));
    house.ask("{ person(id: \"p1\") { name } }").await.unwrap();
    let subjects = house.gateway.ledger().subjects().unwrap();
    assert!(subjects.is_known("p1"));
    // It blocks one of the two threads; the gateway has the other.
    let forget = |person: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_headwaters"));
        command.args(["ledger", "forget", person]).arg(&house.folder).args(["--order", "DC-26-118"]);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (good, said) = forget("p1");
    assert!(good && said == "forgotten; record 2 says so, by order DC-26-118\n", "{said}");
    assert!(!subjects.is_known("p1"));
    let (good, said) = forget("p1");
    assert!(!good && said.contains("no record names this person"), "{said}");
    // Nothing is left of the orders.
    assert_eq!(std::fs::read_dir(house.folder.join("orders")).unwrap().count(), 0);
    // It goes on, and whoever comes again is another.
    house.ask("{ person(id: \"p1\") { name } }").await.unwrap();
    house.gateway.ledger().close();
    let persons: Vec<Value> =
        ledger::operations(&house.folder).iter().map(|operation| operation["persons"][0].clone()).collect();
    assert_ne!(persons[0], persons[1]);
}
