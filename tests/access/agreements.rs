//! An agreement ends to the second, whatever is kept of what was decided before.

use crate::small::{END, Small};
use headwaters::caller::Caller;
use headwaters::gateway::Arrival;
use headwaters::request::Request;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const QUERY: &str = "{ person(id: \"P-1\") { name score } }";

async fn score(small: &Small, caller: &Caller, at: i64) -> Value {
    let answer = small.ask_at(caller, QUERY, json!({}), at).await;
    assert_eq!(answer["data"]["person"]["name"], "Ann", "{answer}");
    let denied = answer["errors"][0]["extensions"]["code"].clone();
    if denied.is_null() { answer["data"]["person"]["score"].clone() } else { denied }
}

async fn manager(small: &Small) -> Caller {
    let token = small.token("cass", "PRETRIAL", "MT056017B", "case manager");
    small.caller(&token, &[("purpose-of-use", "C")]).await
}

/// The same query of the same person, over and over: plans, decisions and what they were made from are all kept by then.
#[tokio::test]
async fn it_gives_until_the_second_of_its_end_and_not_in_it() {
    let small = Small::start().await;
    let caller = manager(&small).await;
    for _ in 0..3 {
        assert_eq!(score(&small, &caller, END - 1).await, 3);
        assert_eq!(score(&small, &caller, END).await, "FORBIDDEN");
    }
    assert_eq!(score(&small, &caller, END + 86_400).await, "FORBIDDEN");
}

/// What counts is when a request came, not when it is answered: one that waited is decided as it would have been then, and no later
/// one is.
#[tokio::test]
async fn a_request_is_decided_for_the_second_in_which_it_came() {
    let small = Small::start().await;
    let caller = manager(&small).await;
    let request = Request { document: QUERY.to_owned(), ..Request::default() };
    let long_ago = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
    let arrival = Arrival { instant: long_ago, at: END - 1 };
    let answered = small.gateway.stages(&request, &caller, arrival).await.unwrap();
    assert_eq!(answered.permitted.at(), END - 1);
    assert_eq!(answered.permitted.decisions().valid_until, Some(END));
    let answer: Value = serde_json::from_slice(&answered.written.bytes).unwrap();
    assert_eq!(answer["data"]["person"]["score"], 3);
}

/// The second is taken from the instant in which a request came.
#[test]
fn an_instant_that_has_passed_is_a_second_that_has_passed() {
    let now = Arrival::now();
    let then: Arrival = now.instant.checked_sub(Duration::from_secs(100)).unwrap().into();
    assert!((99..=101).contains(&(now.at - then.at)), "{now:?} {then:?}");
}
