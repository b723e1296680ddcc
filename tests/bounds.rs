//! Bounds: what one client may take, over real sockets.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use headwaters::caller::{Caller, Callers};
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::http::{self, Personas, Shared};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SCHEMA: &str = r#"
type Query { people: [Person!] }
type Person @entity(key: "id") @data(owner: BOCC, class: [PUB]) { id: ID! name: String }
enum AgencyKind { BOCC }
enum DataClass { PUB }
"#;

const RESOLVER: &str = r#"
title = "Golden records"
kind = "file"
golden = true
reach = { path = "people.json" }
[entity.Person]
same = ["id", "name"]
[entity.Person.find.people]
"#;

const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway on these people, and the proof that it is this machine's.
async fn gateway(people: &Value, limits: &Limits) -> (Gateway, Loopback) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.json"), people.to_string()).unwrap();
    let schema = [(PathBuf::from("people.graphql"), SCHEMA.to_owned())];
    let resolvers = [(folder.path().join("golden.toml"), RESOLVER.to_owned())];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap();
    let sources = Sources::open(&graph, &Environment::default(), limits, None).await.unwrap();
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, limits);
    (Gateway::new(world, Ledger::none(&only), limits.clone()), only)
}

async fn serve(people: &Value, limits: Limits) -> SocketAddr {
    let (gateway, only) = gateway(people, &limits).await;
    let listener = only.into_listener();
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Shared {
        gateway: Arc::new(gateway),
        callers: Arc::new(Callers::public(limits.clone())),
        tabs: "[]".into(),
        personas: Personas::default(),
    };
    tokio::spawn(async move {
        http::serve::serve(listener, http::router(shared), &limits, std::future::pending()).await.unwrap();
    });
    address
}

fn one() -> Value {
    json!([{ "id": "p1", "name": "Ann" }])
}

fn post(query: &str, headers: &str) -> String {
    let body = json!({ "query": query }).to_string();
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\
         accept: application/graphql-response+json\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Everything that comes back.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

/// Sends the second part when there is an answer already, and reads only then.
async fn ask_in_two(address: SocketAddr, (first, second): (&str, &str)) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    timeout(PATIENCE, stream.peek(&mut [0])).await.unwrap().unwrap();
    stream.write_all(second.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_client_that_says_nothing_is_left() {
    let address = serve(&one(), Limits { client_ms_max: 200, ..Limits::default() }).await;
    for said in ["", "P", "POST /graphql HTTP/1.1\r\nhost: localhost\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the connection stays after {said:?}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_gives_its_place_back() {
    let people = json!([{ "id": "p1", "name": "x".repeat(8 << 20) }]);
    let limits = Limits { connections_max: 1, reading_ms_max: 200, ..Limits::default() };
    let address = serve(&people, limits).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let query = "{ people { a: name b: name c: name } }";
    silent.write_all(post(query, "host: localhost\r\n").as_bytes()).await.unwrap();
    let answer = ask(address, &post("{ people { id } }", "host: localhost\r\n")).await;
    assert!(answer.ends_with(r#"{"data":{"people":[{"id":"p1"}]}}"#), "{answer}");
}

/// Clients that send before they read: the plainest writes all whatever comes, and reads then; curl, fetch and reqwest have
/// each their own way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_too_much_reads_that_it_is_too_much() {
    let address = serve(&one(), Limits::default()).await;
    let url = format!("http://{address}/graphql");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.json");
    let body = json!({ "query": format!("{{ people {{ id }} }} #{}", "x".repeat(3 << 20)) }).to_string();
    std::fs::write(&file, &body).unwrap();
    let fetch = "const [file, url] = process.argv.slice(1);
        const headers = { 'content-type': 'application/json' };
        fetch(url, { method: 'POST', headers, body: require('fs').readFileSync(file) })
            .then(async (answer) => console.log(await answer.text(), answer.status));";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let plain = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..10 {
        let answer = ask_in_two(address, plain.split_at(300 << 10)).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("LIMIT"), "{answer}");
        let sent = client.post(&url).header("content-type", "application/json").body(body.clone()).send().await;
        let answer = sent.unwrap();
        assert_eq!(answer.status(), 413);
        assert!(answer.text().await.unwrap().contains("LIMIT"));
        for expect in ["expect:", "expect: 100-continue"] {
            let data = format!("@{}", file.display());
            let json = "content-type: application/json";
            let arguments =
                ["-sS", "--noproxy", "*", "-w", " %{http_code}", "-H", json, "-H", expect, "-d", &data, &url];
            let said = said_by("curl", &arguments).await;
            assert!(said.contains("LIMIT") && said.ends_with(" 413"), "{said}");
        }
    }
    let said = said_by("node", &["-e", fetch, &file.display().to_string(), &url]).await;
    assert!(said.contains("LIMIT") && said.trim_end().ends_with(" 413"), "{said}");
}

/// What a program writes, to both outputs.
async fn said_by(program: &'static str, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned()
}

#[tokio::test]
async fn pages_from_elsewhere_may_not_ask() {
    let address = serve(&one(), Limits::default()).await;
    let cases = [
        (format!("host: {address}\r\n"), 200),
        (format!("host: localhost:{}\r\n", address.port()), 200),
        (format!("host: {address}\r\norigin: http://{address}\r\n"), 200),
        (String::from("host: evil.example\r\n"), 421),
        (String::new(), 421),
        (format!("host: {address}\r\norigin: http://evil.example\r\n"), 403),
        (format!("host: {address}\r\norigin: null\r\n"), 403),
    ];
    for (headers, status) in cases {
        let answer = ask(address, &post("{ people { id } }", &headers)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers:?}: {answer}");
        assert_eq!(answer.contains("p1"), status == 200, "{headers:?}: {answer}");
    }
}

#[tokio::test]
async fn operations_over_the_bound_are_refused() {
    let address = serve(&one(), Limits { operations_max: 0, ..Limits::default() }).await;
    let answer = ask(address, &post("{ people { id } }", "host: localhost\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("OVERLOADED") && answer.contains("ask again"), "{answer}");
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");

    let address = serve(&one(), Limits { operations_max: 1, ..Limits::default() }).await;
    for _ in 0..3 {
        let answer = ask(address, &post("{ people { id } }", "host: localhost\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "each gives its place back: {answer}");
    }
}

#[tokio::test]
async fn errors_over_the_bound_are_counted() {
    let people: Vec<Value> = (0..1_000).map(|n| json!({ "id": n.to_string(), "name": [n] })).collect();
    let (gateway, _only) = gateway(&Value::Array(people), &Limits { errors_max: 7, ..Limits::default() }).await;
    let request = Request { document: "{ people { name } }".into(), ..Request::default() };
    let written = gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap();
    let answer: Value = serde_json::from_slice(&written.bytes).unwrap();
    assert_eq!(answer["errors"].as_array().unwrap().len(), 7);
    assert_eq!(answer["data"]["people"].as_array().unwrap().len(), 1_000);
    assert_eq!(written.errors, 1_000);
}

#[tokio::test]
async fn one_record_can_not_be_written_without_end() {
    let people = json!([{ "id": "p1", "name": "x".repeat(1 << 20) }]);
    let (gateway, _only) = gateway(&people, &Limits::default()).await;
    let mut document = String::from("{ people {");
    for n in 0..1_500 {
        write!(document, " a{n}: name").unwrap();
    }
    document.push_str(" } }");
    let request = Request { document, ..Request::default() };
    let written = gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap();
    let answer: Value = serde_json::from_slice(&written.bytes).unwrap();
    assert_eq!((&answer["data"], written.errors), (&Value::Null, 1));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT");
    // The most memory that this process ever had, where the system tells.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        let kib: u64 = most.trim().trim_end_matches("kB").trim().parse().unwrap();
        assert!(kib < 512 * 1024, "{kib} KiB");
    }
}
