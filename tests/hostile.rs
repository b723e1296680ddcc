//! Hostile: what a client can send to harm the gateway, over a real socket. Each is refused for what it is, soon, and the gateway
//! answers the next request.
//!
//! The times are printed (`--no-capture`); the bound on them is loose, and only there to notice what grows with a power of the input.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by a panic"
)]

#[path = "harness/attacks.rs"]
mod attacks;
#[path = "harness/gateway.rs"]
mod gateway;
#[path = "harness/socket.rs"]
mod socket;

use headwaters::limits::Limits;
use proptest::prelude::*;
use serde_json::{Value, json};
use socket::{Got, Server};
use std::time::{Duration, Instant};

/// In a debug build, with other tests beside it.
const TIME_MAX: Duration = Duration::from_secs(2);

/// Bodies may be long, so that the bound on bytes does not hide what comes after it.
fn roomy() -> Limits {
    Limits { request_bytes_max: 16 << 20, ..Limits::default() }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const TEXT: (&str, &str) = ("content-type", "text/plain");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const MULTI: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");
const LATIN: (&str, &str) = ("content-type", "application/json; charset=latin1");

/// Name, method, path, headers and body; the status and the code that are meant.
type Sent<'a> = (&'a str, &'a str, String, Vec<(&'a str, &'a str)>, &'a str, u16, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_refused_for_what_they_are() {
    let server = Server::start(roomy()).await;
    let mut wrong = Vec::new();
    for case in attacks::documents() {
        let body = json!({ "query": case.document }).to_string();
        wrong.extend(told(case.name, &server.post(body).await, 400, case.code));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.still_answers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_refused_for_what_they_are() {
    let server = Server::start(roomy()).await;
    let mut wrong = Vec::new();
    for (name, body, code) in attacks::bodies() {
        wrong.extend(told(name, &server.post(body).await, 400, code));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.still_answers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_refused_with_the_status_that_http_wants() {
    let server = Server::start(Limits::default()).await;
    let good = json!({ "query": "{ __typename }" }).to_string();
    let long = "a".repeat(300_000);
    let requests: Vec<Sent<'_>> = vec![
        ("a body that is too long", "POST", "/graphql".to_owned(), vec![JSON], &long, 413, "LIMIT"),
        ("plain text", "POST", "/graphql".to_owned(), vec![TEXT], &good, 415, "BAD_REQUEST"),
        ("a form", "POST", "/graphql".to_owned(), vec![FORM], "query=%7B__typename%7D", 415, "BAD_REQUEST"),
        ("a form in parts", "POST", "/graphql".to_owned(), vec![MULTI], "--x--", 415, "BAD_REQUEST"),
        ("another character set", "POST", "/graphql".to_owned(), vec![LATIN], &good, 415, "BAD_REQUEST"),
        ("no content type", "POST", "/graphql".to_owned(), vec![], &good, 415, "BAD_REQUEST"),
        ("PUT", "PUT", "/graphql".to_owned(), vec![JSON], &good, 405, "BAD_REQUEST"),
        ("DELETE", "DELETE", "/graphql".to_owned(), vec![], "", 405, "BAD_REQUEST"),
        ("GET without a query", "GET", "/graphql".to_owned(), vec![], "", 400, "BAD_REQUEST"),
        ("GET of a mutation", "GET", "/graphql?query=mutation%7Ba%7D".to_owned(), vec![], "", 400, "INVALID"),
        (
            "GET, twice the query",
            "GET",
            "/graphql?query=%7Ba%7D&query=%7Bb%7D".to_owned(),
            vec![],
            "",
            400,
            "BAD_REQUEST",
        ),
        ("GET, no UTF-8", "GET", "/graphql?query=%7Ba%7D%FF".to_owned(), vec![], "", 400, "BAD_REQUEST"),
        ("GET, half an escape", "GET", "/graphql?query=%7Ba%7D%".to_owned(), vec![], "", 400, "PARSE"),
        (
            "GET, variables that are no JSON",
            "GET",
            "/graphql?query=%7B__typename%7D&variables=x".to_owned(),
            vec![],
            "",
            400,
            "BAD_REQUEST",
        ),
        (
            "GET, variables that are deep",
            "GET",
            format!("/graphql?query=%7B__typename%7D&variables={}", "%5B".repeat(5_000)),
            vec![],
            "",
            400,
            "LIMIT",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, method, path, headers, body, status, code) in requests {
        let got = server.send(method, &path, &headers, body.as_bytes().to_vec()).await;
        wrong.extend(told(name, &got, status, code));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let html = server.send("POST", "/graphql", &[JSON, ("accept", "text/html")], good.into_bytes()).await;
    assert_eq!(html.status, 406);
    server.still_answers().await;
}

/// Under `application/json` what is well-formed HTTP is 200, whatever became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_older_media_type_says_200() {
    let server = Server::start(Limits::default()).await;
    for (query, status) in [("{", 200), ("{ nobody }", 200), ("query($v: ID!) { __typename @skip(if: $v) }", 200)] {
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let got = server.send("POST", "/graphql", &headers, json!({ "query": query }).to_string().into_bytes()).await;
        assert_eq!(got.status, status, "{query}");
        assert!(got.body.get("data").is_none(), "{query}");
    }
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    assert_eq!(server.send("POST", "/graphql", &headers, b"{".to_vec()).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_dawdles_is_let_go() {
    let server = Server::start(Limits { client_ms_max: 150, ..Limits::default() }).await;
    let started = Instant::now();
    let drips =
        server.drip("POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\nx-c: d\r\n", Duration::from_millis(20));
    let silent = server.drip("", Duration::ZERO);
    let head =
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"";
    let body = server.drip(head, Duration::ZERO);
    let (drips, silent, body) = tokio::join!(drips, silent, body);
    println!("let go after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(drips.is_empty() || drips.starts_with("HTTP/1.1 408"), "{drips}");
    assert!(silent.is_empty() || silent.starts_with("HTTP/1.1 408"), "{silent}");
    assert!(body.starts_with("HTTP/1.1 408") && body.contains("\"LIMIT\""), "{body}");
    server.still_answers().await;
}

#[test]
fn no_bytes_make_the_gateway_fail() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(Limits::default()));
    let words = "[\\x00-\\x7f]{0,40}|[{}()\\[\\]:$@!|&=.\"a-c \\n#,\\\\0-9-]{0,60}|(\\{|\\}|a|\\.\\.\\.|on|query|fragment|\"|\\(|:|\\$b| ){0,30}";
    let member = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), words.prop_map(Value::from)];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        words.prop_map(String::into_bytes),
        words.prop_map(|query| json!({ "query": query }).to_string().into_bytes()),
        (words, member.clone(), member).prop_map(|(query, variables, name)| {
            json!({ "query": query, "variables": { "b": variables }, "operationName": name }).to_string().into_bytes()
        }),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 300, ..ProptestConfig::default() });
    let ran = runner.run(&(body, any::<bool>()), |(body, post)| {
        let got = if post {
            runtime.block_on(server.post(body))
        } else {
            let query = percent_encoding::percent_encode(&body, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/graphql?query={query}&variables={query}");
            runtime.block_on(server.send("GET", &path, &[], Vec::new()))
        };
        prop_assert!(got.status < 500, "{}: {}", got.status, got.body);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(server.still_answers());
}

/// What is wrong with an answer, if anything.
fn told(name: &str, got: &Got, status: u16, code: &str) -> Option<String> {
    let found = got.body.pointer("/errors/0/extensions/code").and_then(Value::as_str).unwrap_or("none");
    println!("{:>10.3} ms  {name}: {} {found}", got.elapsed.as_secs_f64() * 1_000.0, got.status);
    let as_meant = (got.status, found) == (status, code) && got.body.get("data").is_none() && got.challenge.is_none();
    let message = got.body.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
    if !as_meant {
        return Some(format!("{name}: {} {found} ({message}), not {status} {code}", got.status));
    }
    (got.elapsed > TIME_MAX).then(|| format!("{name}: took {:?}", got.elapsed))
}
