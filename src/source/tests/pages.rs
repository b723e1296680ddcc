//! An agency that answers page by page, as it should and as it should not.

use super::agency::{batch, by, check, graph_by, says, single};
use super::*;
use crate::graph::binding::Piece;
use crate::graph::{Endpoint, Match, Method, NextPage, Template};
use serde_json::json;

fn paged(endpoint: Endpoint) -> Endpoint {
    Endpoint { pages: Some(NextPage { at: pointer("/next"), to: "from page".into(), max: 4 }), ..endpoint }
}

fn page(records: &str, next: &str) -> (u16, String) {
    (200, format!("{{\"bookings\":[{records}],\"next\":{next}}}"))
}

/// One call for `a` and `b`, whose second page is `second`.
async fn check_second(second: (u16, &str), expect: &str) {
    let second = (second.0, second.1.to_owned());
    let agency = Agency::serve(move |line| match line {
        _ if line.contains("page=") => second.clone(),
        _ => page(r#"{"no":"a","n":1}"#, r#""2""#),
    })
    .await;
    let graph = graph_by(paged(batch()), 50, true);
    check(&graph, &agency, &["a", "b"], expect).await;
}

#[tokio::test]
async fn pages_are_one_answer() {
    let agency = Agency::serve(|line| match line.rsplit("from%20page=").next().unwrap() {
        "x%2F%26y%3D" => page(r#"{"no":"a","n":2}"#, r#""z""#),
        "z" => page("", "3"),
        "3" => page(r#"{"no":"b","n":3},{"no":"a","n":4}"#, "null"),
        line if line.contains("=a,b") => page(r#"{"no":"a","n":1}"#, r#""x/&y=""#),
        _ => page(r#"{"no":"c","n":9}"#, r#""""#),
    })
    .await;
    let graph = graph_by(paged(batch()), 2, true);
    check(&graph, &agency, &["a", "b", "c", "d"], "[('a' 1) ('a' 2) ('a' 4)] [('b' 3)] [('c' 9)] []").await;
    let of_first = "GET /api/bookings?numbers=a,b";
    let mut asked = ["", "&from%20page=x%2F%26y%3D", "&from%20page=z", "&from%20page=3"]
        .map(|page| format!("{of_first}{page}"))
        .to_vec();
    asked.push("GET /api/bookings?numbers=c,d".into());
    asked.sort();
    assert_eq!(agency.asked(), asked);
}

#[tokio::test]
async fn calls_are_counted_page_by_page() {
    let agency = Agency::serve(|line| if line.contains("page=") { page("", "null") } else { page("", "1") }).await;
    let graph = graph_by(paged(batch()), 50, true);
    let sources = open(&graph, &agency.url, &Limits::default()).await;
    let (fetch, keys) = (by(), keys(&["a"]));
    let deadline = Instant::now() + Duration::from_secs(20);
    let arguments = serde_json::Map::new();
    let call = Call {
        fetch: &fetch,
        keys: &keys,
        arguments: &arguments,
        identity: Identity::Service,
        deadline,
        page: None,
        age: Age::default(),
        untraced: false,
    };
    assert_eq!(sources.fetch(&graph, call).await.calls, 2);
}

#[tokio::test]
async fn a_token_goes_into_the_body_as_it_came() {
    let agency = Agency::serve(|line| match line {
        _ if line.contains(r#""from page":"2""#) => page(r#"{"no":"a","n":2}"#, "3"),
        _ if line.contains(r#""from page":3"#) => page(r#"{"no":"a","n":3}"#, "null"),
        _ => page(r#"{"no":"a","n":1}"#, r#""2""#),
    })
    .await;
    let post = Endpoint {
        method: Method::Post,
        body: Some(json!({"refs": "{keys}"})),
        path: Template(vec![Piece::Text("/search".into())]),
        ..batch()
    };
    let graph = graph_by(paged(post), 50, true);
    check(&graph, &agency, &["a", "b"], "[('a' 1) ('a' 2) ('a' 3)] []").await;
    assert_eq!(
        agency.asked(),
        [
            r#"POST /api/search {"refs":["a","b"],"from page":"2"}"#,
            r#"POST /api/search {"refs":["a","b"],"from page":3}"#,
            r#"POST /api/search {"refs":["a","b"]}"#,
        ]
    );
}

#[tokio::test]
async fn one_call_a_key_page_by_page() {
    let agency = Agency::serve(|line| match line {
        "GET /api/booking/a" => page(r#"{"no":"a","n":1}"#, r#""2""#),
        "GET /api/booking/a?from%20page=2" => page(r#"{"no":"a","n":2}"#, "null"),
        _ => (404, String::new()),
    })
    .await;
    let many =
        Endpoint { one: false, records: pointer("/bookings"), matches: vec![Match::plain(pointer("/no"))], ..single() };
    check(&graph_by(paged(many), 1, true), &agency, &["a", "b"], "[('a' 1) ('a' 2)] []").await;
}

#[tokio::test]
async fn a_page_that_fails_fails_the_call() {
    let all = |reason: &str| format!("{reason} {reason}");
    let invalid = |detail: &str| all(&format!("Invalid({detail:?})"));
    check_second((500, ""), &all("Unavailable(\"status 500\")")).await;
    check_second((404, ""), &all("Unavailable(\"status 404\")")).await;
    check_second((200, "<html>"), &invalid("the answer is not JSON at line 1 column 1")).await;
    check_second((200, r#"{"bookings":[{"no":"c"}]}"#), &invalid("a record that nobody asked for")).await;
    check_second((200, r#"{"next":null}"#), &invalid("no member where the records should be")).await;
    check_second((200, r#"{"bookings":[{"no":"b"}]}"#), "[('a' 1)] [('b' -)]").await;
}

#[tokio::test]
async fn a_next_page_that_is_absent_is_no_end() {
    let agency = Agency::serve(|line| match line {
        _ if line.contains("page=") => (404, String::new()),
        _ if line.contains("=a,b") => page(r#"{"no":"a","n":1}"#, r#""2""#),
        _ => (404, String::new()),
    })
    .await;
    let graph = graph_by(paged(Endpoint { absent: vec![404], ..batch() }), 2, true);
    let lost = "Invalid(\"a next page that is not there\")";
    check(&graph, &agency, &["a", "b", "c"], &format!("{lost} {lost} []")).await;
}

#[tokio::test]
async fn pages_without_end() {
    // A circle of two pages for the first call; for the second a next page for ever.
    let agency = Agency::serve(|line| match line.rsplit_once("page=").map(|(_, token)| token) {
        None if line.contains("=a,b") => page("", r#""1""#),
        Some("1") => page(r#"{"no":"a"}"#, r#""2""#),
        Some("2") => page("", r#""1""#),
        other => page("", &(other.map_or(10, |token| token.parse::<u64>().unwrap()) + 1).to_string()),
    })
    .await;
    let graph = graph_by(paged(batch()), 2, true);
    let again = "Invalid(\"a next page that was there before\")";
    check(&graph, &agency, &["a", "b", "c"], &format!("{again} {again} Limit(\"pages of an answer\")")).await;
    assert_eq!(agency.asked().len(), 3 + 4, "no page more than there may be");
}

#[tokio::test]
async fn as_many_pages_as_there_may_be() {
    let agency = Agency::serve(|line| match line.rsplit_once("page=").map(|(_, token)| token) {
        None => page(r#"{"no":"a","n":1}"#, "2"),
        Some("4") => page(r#"{"no":"a","n":4}"#, "null"),
        Some(token) => page("", &(token.parse::<u64>().unwrap() + 1).to_string()),
    })
    .await;
    check(&graph_by(paged(batch()), 2, true), &agency, &["a"], "[('a' 1) ('a' 4)]").await;
}

#[tokio::test]
async fn limits_of_one_answer_are_those_of_all_its_pages() {
    let records = r#"{"no":"a","n":1},{"no":"a","n":2}"#;
    let agency = Agency::serve(move |line| page(records, if line.contains("page=") { "null" } else { "2" })).await;
    let graph = graph_by(paged(batch()), 2, true);
    let whole = "[('a' 1) ('a' 2) ('a' 1) ('a' 2)]";
    let bytes = page(records, "2").1.len() + page(records, "null").1.len();
    for (limits, expect) in [
        (Limits { records_max: 4, answer_bytes_max: bytes, cells_max: 12, ..Limits::default() }, whole),
        (Limits { records_max: 3, ..Limits::default() }, "Limit(\"records of an answer\")"),
        (Limits { answer_bytes_max: bytes - 1, ..Limits::default() }, "Limit(\"bytes of an answer\")"),
        (Limits { cells_max: 11, ..Limits::default() }, "Limit(\"cells of an answer\")"),
    ] {
        let sources = open(&graph, &agency.url, &limits).await;
        assert_eq!(ask(&sources, &graph, &by(), &keys(&["a"]), &json!({})).await, expect);
    }
}

#[tokio::test]
async fn one_deadline_for_all_pages() {
    let agency = Agency::serve(|_| page(r#"{"no":"a","n":1}"#, r#""slow""#)).await;
    let mut graph = graph_by(paged(batch()), 2, true);
    Arc::get_mut(&mut graph).unwrap().sources[0].reach.timeout_ms = 100;
    check(&graph, &agency, &["a"], "Timeout").await;
    assert_eq!(agency.asked().len(), 2);
}

#[tokio::test]
async fn where_the_token_stands() {
    let nested = NextPage { at: pointer("/page/links/next"), to: "from".into(), max: 4 };
    let endpoint = Endpoint { records: pointer("/page/items"), pages: Some(nested), ..batch() };
    let graph = graph_by(endpoint, 50, true);
    let second = r#"{"page":{"items":[]}}"#;
    let good = |first: &'static str| async move {
        Agency::serve(move |line| (200, if line.contains("from=7") { second } else { first }.to_owned())).await
    };
    for (first, calls) in [
        (r#"{"page":{"items":[{"no":"a"}],"links":{"next":"7","last":"9"}}}"#, 2),
        (r#"{"x":1,"page":{"links":{"next":7,"last":{"next":8}},"items":[{"no":"a"}]},"next":8}"#, 2),
        (r#"{"page":{"links":{"next":null},"items":[{"no":"a"}]}}"#, 1),
        (r#"{"page":{"links":{"next":""},"items":[{"no":"a"}]}}"#, 1),
        (r#"{"page":{"links":{},"items":[{"no":"a"}]}}"#, 1),
        (r#"{"page":{"links":null,"items":[{"no":"a"}]}}"#, 1),
        (r#"{"page":{"items":[{"no":"a"}]}}"#, 1),
    ] {
        let agency = good(first).await;
        check(&graph, &agency, &["a"], "[('a' -)]").await;
        assert_eq!(agency.asked().len(), calls, "{first}");
    }
    let no_token = "what should lead to the next page is neither text nor a whole number";
    let twice = "a member that comes twice";
    for (first, expect) in [
        (r#"{"page":{"links":{"next":true},"items":[]}}"#, no_token),
        (r#"{"page":{"links":{"next":-1},"items":[]}}"#, no_token),
        (r#"{"page":{"links":{"next":1.5},"items":[]}}"#, no_token),
        (r#"{"page":{"links":{"next":["7"]},"items":[]}}"#, no_token),
        (r#"{"page":{"links":{"next":{"href":"7"}},"items":[]}}"#, no_token),
        (r#"{"page":{"links":["7"],"items":[]}}"#, no_token),
        (r#"{"page":{"links":"","items":[]}}"#, no_token),
        (r#"{"page":{"links":{"next":"7","next":null},"items":[]}}"#, twice),
        (r#"{"page":{"links":{"next":null},"items":[],"links":{"next":"7"}}}"#, twice),
        (r#"{"page":{"links":{"a":1,"a":1},"items":[]}}"#, twice),
    ] {
        check(&graph, &says(first).await, &["a"], &format!("Invalid({expect:?})")).await;
    }
    let limits = Limits { page_token_bytes_max: 3, ..Limits::default() };
    let long = says(r#"{"page":{"links":{"next":"1234"},"items":[]}}"#).await;
    let sources = open(&graph, &long.url, &limits).await;
    let shown = ask(&sources, &graph, &by(), &keys(&["a"]), &json!({})).await;
    assert_eq!(shown, "Limit(\"bytes of a next page's token\")");
}
