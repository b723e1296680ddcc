//! An agency on loopback, as it should be and as it should not.

use super::*;
use crate::graph::Match;
use crate::graph::binding::{HeaderValue, Piece};
use crate::graph::{
    Access, AccessArgument, BindingId, By, Compare, Convert, Endpoint, Entry, Find, Graph, Method, Place, Pointer,
    Reach, SourceKind, Template,
};
use crate::limits::Limits;
use crate::record::{Keys, What};
use crate::source::{Environment, Fetch, Sources, Way};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn endpoint(path: &[Piece]) -> Endpoint {
    Endpoint {
        method: Method::Get,
        path: Template(path.to_vec()),
        body: None,
        join: ",".into(),
        records: pointer("/bookings"),
        one: false,
        matches: vec![Match::plain(pointer("/no"))],
        numbers: vec![],
        absent: vec![],
        repeated: vec![],
        pages: None,
    }
}

pub(super) fn batch() -> Endpoint {
    endpoint(&[Piece::Text("/bookings?numbers=".into()), Piece::Keys])
}

pub(super) fn single() -> Endpoint {
    let one = Pointer::default();
    Endpoint {
        records: one,
        one: true,
        matches: vec![],
        numbers: vec![],
        absent: vec![404],
        ..endpoint(&[Piece::Text("/booking/".into()), Piece::Part(0)])
    }
}

pub(super) fn graph_by(endpoint: Endpoint, keys_max: u32, many: bool) -> Arc<Graph> {
    let active =
        AccessArgument { name: "active".into(), to: "only_active".into(), compare: Compare::Is, ty: None, of: None };
    graph(SourceKind::Rest, Reach::default(), |mut binding| {
        binding.by.push(By {
            name: "number".into(),
            parts: 1,
            many,
            crosswalk: None,
            keys_max,
            arguments: vec![active],
            access: Access::Rest(endpoint),
            conditions: Vec::new(),
            place: Place::default(),
        });
        binding
    })
}

pub(super) fn by() -> Arc<Fetch> {
    by_given(&[])
}

pub(super) fn by_given(given: &[&str]) -> Arc<Fetch> {
    let columns = vec![column(What::Field(NUMBER), "/no", text()), column(What::Field(COUNT), "/n", Convert::Int)];
    fetch(Way::Binding(BindingId(0), Entry::By(0)), columns, given)
}

pub(super) async fn check(graph: &Arc<Graph>, agency: &Agency, asked: &[&str], expect: &str) {
    let sources = open(graph, &agency.url, &Limits::default()).await;
    let shown = ask(&sources, graph, &by(), &keys(asked), &json!({})).await;
    assert_eq!(shown, expect);
}

pub(super) async fn says(answer: &'static str) -> Agency {
    Agency::serve(move |_| (200, answer.to_owned())).await
}

#[tokio::test]
async fn a_batch_is_matched_by_key() {
    let agency = says(r#"{"bookings":[{"no":"c","n":3},{"no":"a","n":1},{"no":"a","n":2}]}"#).await;
    check(&graph_by(batch(), 50, true), &agency, &["a", "b", "c"], "[('a' 1) ('a' 2)] [] [('c' 3)]").await;
    assert_eq!(agency.asked(), ["GET /api/bookings?numbers=a,b,c"]);
    let twice = "Several [] [('c' 3)]";
    check(&graph_by(batch(), 50, false), &agency, &["a", "b", "c"], twice).await;
    let unasked = "Invalid(\"a record that nobody asked for\")";
    check(&graph_by(batch(), 50, true), &agency, &["a", "b"], &format!("{unasked} {unasked}")).await;
    let numbers = says(r#"{"bookings":[{"no":7,"n":1}]}"#).await;
    check(&graph_by(batch(), 50, true), &numbers, &["7"], "[('7' 1)]").await;
    let keyless = says(r#"{"bookings":[{"n":1}]}"#).await;
    let expect = "Invalid(\"a record without the key that it answers\")";
    check(&graph_by(batch(), 50, true), &keyless, &["7"], expect).await;
}

#[tokio::test]
async fn a_chunk_that_fails_fails_its_own_keys() {
    let agency = Agency::serve(|line| match line {
        _ if line.contains("=a,b") => (200, r#"{"bookings":[{"no":"b","n":2}]}"#.into()),
        _ if line.contains("=c,d") => (500, "{}".into()),
        _ => (200, "<html>sorry</html>".into()),
    })
    .await;
    let broken = "Unavailable(\"status 500\")";
    let html = "Invalid(\"the answer is not JSON at line 1 column 1\")";
    check(
        &graph_by(batch(), 2, false),
        &agency,
        &["a", "b", "c", "d", "e"],
        &format!("[] [('b' 2)] {broken} {broken} {html}"),
    )
    .await;
}

#[tokio::test]
async fn one_call_a_key() {
    let agency = Agency::serve(|line| match line {
        "GET /api/booking/a" => (200, r#"{"no":"a","n":1}"#.into()),
        "GET /api/booking/b" => (404, "no such booking".into()),
        "GET /api/booking/c" => (200, "null".into()),
        "GET /api/booking/..%2Fx%3Fy" => (200, r#"{"no":"odd","n":4}"#.into()),
        "GET /api/booking/m" => (302, String::new()),
        _ => (418, "teapot".into()),
    })
    .await;
    let expect = "[('a' 1)] [] [] [('odd' 4)] Unavailable(\"status 302\") [] Unavailable(\"status 418\")";
    check(&graph_by(single(), 1, false), &agency, &["a", "b", "c", "../x?y", "m", "..", "t"], expect).await;
    assert!(!agency.asked().iter().any(|line| line.contains("elsewhere")));
}

#[tokio::test]
async fn one_call_a_key_verified() {
    let agency = Agency::serve(|line| match line {
        "GET /api/booking/a" | "GET /api/booking/b" => (200, r#"{"no":"a","n":1}"#.into()),
        "GET /api/booking/7" => (200, r#"{"no":7,"n":1}"#.into()),
        _ => (200, r#"{"n":1}"#.into()),
    })
    .await;
    let verified = Endpoint { matches: vec![Match::plain(pointer("/no"))], ..single() };
    let expect = "[('a' 1)] Invalid(\"a record that nobody asked for\") [('7' 1)] Invalid(\"a record without the key that it answers\")";
    check(&graph_by(verified, 1, false), &agency, &["a", "b", "7", "d"], expect).await;
    let all = says(r#"[{"no":"a","n":1},{"no":"b","n":2}]"#).await;
    let verified = Endpoint { matches: vec![Match::plain(pointer("/no"))], one: false, ..single() };
    check(&graph_by(verified, 1, true), &all, &["a"], "Invalid(\"a record that nobody asked for\")").await;
}

#[tokio::test]
async fn hostile_keys_go_through_safely() {
    // A key that holds the comma between keys goes alone, so that an agency which reads it as two spoils no other answer.
    let agency = Agency::serve(|line| match line {
        _ if line.ends_with("=x%2Cy") => (200, r#"{"bookings":[{"no":"x","n":9}]}"#.into()),
        _ => (200, r#"{"bookings":[{"no":"a&b=c\"'","n":1}]}"#.into()),
    })
    .await;
    let expect = "[('a&b=c\"'' 1)] Invalid(\"a record that nobody asked for\") []";
    check(&graph_by(batch(), 50, false), &agency, &["a&b=c\"'", "x,y", "é\0"], expect).await;
    let mut asked = agency.asked();
    asked.sort();
    assert_eq!(asked, ["GET /api/bookings?numbers=a%26b%3Dc%22%27,%C3%A9%00", "GET /api/bookings?numbers=x%2Cy"]);
}

#[tokio::test]
async fn batches_by_post() {
    let body = json!({"refs": "{keys}", "active": "{active}"});
    let post = Endpoint { method: Method::Post, body: Some(body), ..endpoint(&[Piece::Text("/search".into())]) };
    let agency = says(r#"{"bookings":[{"no":"a","n":1}]}"#).await;
    let graph = graph_by(post, 50, false);
    let sources = open(&graph, &agency.url, &Limits::default()).await;
    let fetch = by_given(&["active"]);
    let shown = ask(&sources, &graph, &fetch, &keys(&["a", "b\""]), &json!({"active": true})).await;
    assert_eq!(shown, "[('a' 1)] []");
    assert_eq!(agency.asked(), [r#"POST /api/search?only_active=true {"refs":["a","b\""],"active":true}"#]);
}

#[tokio::test]
async fn a_search_by_arguments() {
    let path = [Piece::Text("/search?q=".into()), Piece::Argument("state".into())];
    let endpoint = Endpoint { matches: vec![], ..endpoint(&path) };
    let active =
        AccessArgument { name: "active".into(), to: "only_active".into(), compare: Compare::Is, ty: None, of: None };
    let graph = graph(SourceKind::Rest, Reach::default(), |mut binding| {
        let access = Access::Rest(endpoint);
        binding.find.push(Find {
            field: BOOKINGS,
            arguments: vec![active],
            access,
            first_max: None,
            conditions: Vec::new(),
            place: Place::default(),
        });
        binding
    });
    let agency = Agency::serve(|line| match line {
        _ if line.contains("bad") => (503, String::new()),
        _ => (200, r#"{"bookings":[{"no":"a"},{"no":"b"}]}"#.into()),
    })
    .await;
    let sources = open(&graph, &agency.url, &Limits::default()).await;
    let find = fetch(Way::Binding(BindingId(0), Entry::Find(0)), by().layout.columns.clone(), &["active", "state"]);
    let search = async |arguments: Value| ask(&sources, &graph, &find, &Keys::default(), &arguments).await;
    assert_eq!(search(json!({"state": "x y&z", "active": false})).await, "[('a' -) ('b' -)]");
    assert_eq!(search(json!({"state": "bad", "active": true})).await, "Unavailable(\"status 503\")");
    assert_eq!(
        agency.asked(),
        ["GET /api/search?q=bad&only_active=true", "GET /api/search?q=x%20y%26z&only_active=false",]
    );
}

#[tokio::test]
async fn too_slow_too_large_or_gone() {
    let large = Agency::serve(|_| (200, format!("{{\"bookings\":[],\"z\":\"{}\"}}", "x".repeat(1 << 20)))).await;
    let graph = graph_by(batch(), 50, false);
    let limits = Limits { answer_bytes_max: 1 << 20, ..Limits::default() };
    let sources = open(&graph, &large.url, &limits).await;
    let shown = ask(&sources, &graph, &by(), &keys(&["a"]), &json!({})).await;
    assert_eq!(shown, "Limit(\"bytes of an answer\")");
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(100);
    let shown = ask_until(&sources, &graph, &by(), &keys(&["slow"]), &json!({}), deadline).await;
    assert_eq!(shown, "Timeout");
    assert!(begun.elapsed() < Duration::from_secs(5), "the deadline of the request holds");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let sources = open(&graph, &gone, &limits).await;
    let shown = ask(&sources, &graph, &by(), &keys(&["a"]), &json!({})).await;
    assert_eq!(shown, "Unavailable(\"no connection\")");
}

#[tokio::test]
async fn no_keys_no_call() {
    let agency = says("{}").await;
    let graph = graph_by(batch(), 50, false);
    let sources = open(&graph, &agency.url, &Limits::default()).await;
    assert_eq!(ask(&sources, &graph, &by(), &Keys::new(1), &json!({})).await, "");
    assert!(agency.asked().is_empty());
}

#[tokio::test]
async fn every_mistake_of_the_environment_at_once() {
    let headers = vec![
        ("x-api-key".into(), HeaderValue::Variable(variable("KEY"))),
        ("bad name".into(), HeaderValue::Literal("x".into())),
    ];
    let reach = Reach { bearer: Some(variable("TOKEN")), headers, ..Reach::default() };
    let graph = graph(SourceKind::Rest, reach, |binding| binding);
    let check = async |url: &str, expect: &[&str]| {
        let environment: Environment = [("URL", url), ("TOKEN", "hunter2\n")].into_iter().collect();
        let problems = Sources::open(&graph, &environment, &Limits::default(), None).await.unwrap_err();
        let messages: Vec<_> = problems.0.iter().map(|problem| &*problem.message).collect();
        assert_eq!(messages, expect);
    };
    let rest = [
        "the value of `TOKEN` holds characters that a header can't have",
        "the environment has no variable `KEY`",
        "`bad name` is no name of a header",
    ];
    let all = |first: &'static str| [&[first][..], &rest].concat();
    check("", &all("the environment has no variable `URL`")).await;
    check("ftp://x", &all("the value of `URL` is not an address of http or https")).await;
    check("nonsense", &all("the value of `URL` is not a URL")).await;
    check("https://user:pw@x", &all("the value of `URL` holds more than scheme, host, port and path")).await;
    for never in
        ["http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]", "http://0.0.0.0", "http://2852039166"]
    {
        check(never, &all("the value of `URL` is an address that is no agency's")).await;
    }
    check("https://x", &rest).await;
}

#[tokio::test]
async fn a_connection_that_is_cut() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"bookings\":[").await.unwrap();
        }
    });
    let graph = graph_by(batch(), 50, false);
    let sources = open(&graph, &url, &Limits::default()).await;
    let shown = ask(&sources, &graph, &by(), &keys(&["a"]), &json!({})).await;
    assert_eq!(shown, "Unavailable(\"the connection broke\")");
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let headers = vec![("x-api-key".into(), HeaderValue::Variable(variable("KEY")))];
    let reach = Reach { bearer: Some(variable("TOKEN")), headers, ..Reach::default() };
    let graph = graph(SourceKind::Rest, reach, |binding| binding);
    let variables = [("URL", "http://localhost"), ("TOKEN", "hunter2"), ("KEY", "hunter3")];
    let environment: Environment = variables.into_iter().collect();
    let sources = Sources::open(&graph, &environment, &Limits::default(), None).await.unwrap();
    assert!(!format!("{sources:?}{environment:?}").contains("hunter"));
}

proptest::proptest! {
    /// Whatever a key holds, the path that is sent has the segments of the template and no more.
    #[test]
    fn any_key_is_one_segment(key in ".*") {
        use crate::source::template::{Filling, path};
        let parts = [std::borrow::Cow::Borrowed(&*key)];
        let filling = Filling { keys: &[&parts], join: ",", arguments: &serde_json::Map::new(), given: &[], repeated: &[], key_bytes_max: 1_000, numbers: &[] };
        let template = Template(vec![Piece::Text("/a/".into()), Piece::Part(0), Piece::Text("/b".into())]);
        if let Ok(path) = path(&template, &filling) {
            let url = reqwest::Url::parse(&format!("http://host{path}")).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            proptest::prop_assert_eq!(segments.len(), 3);
            proptest::prop_assert_eq!((segments[0], segments[2], url.query(), url.fragment()), ("a", "b", None, None));
            let read = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
            proptest::prop_assert_eq!(&*read, &*key);
        }
    }
}
