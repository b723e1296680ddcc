//! Emergencies, over HTTP and in the requests that state one.

use crate::small::Small;
use headwaters::caller::Caller;
use headwaters::emergency::{Ask, Finding, Refused, SecondPerson};
use headwaters::gateway::{Arrival, Undone};
use serde_json::{Value, json};
use std::time::Instant;

const POLICE: &str = "MT0560100";

fn ask() -> Value {
    json!({ "subject": "P-2", "incident": "26-0048813", "reason": "a youth on the bridge" })
}

/// What patrol gets of two youths in the emergency of this id, at this second.
async fn names(small: &Small, id: Option<&str>, at: i64) -> Value {
    let token = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    let stated: Vec<(&str, &str)> =
        [("purpose-of-use", "C")].into_iter().chain(id.map(|id| ("break-glass", id))).collect();
    let caller = small.caller(&token, &stated).await;
    let query = "{ two: person(id: \"P-2\") { name } three: person(id: \"P-3\") { name } }";
    let answer = small.ask_at(&caller, query, json!({}), at).await;
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => json!([answer["data"]["two"]["name"], answer["data"]["three"]["name"]]),
    }
}

#[tokio::test]
async fn it_shows_the_records_of_its_person_for_thirty_minutes_and_of_nobody_else() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    let (status, opened) = small.http(Some(&patrol), "POST", "/break-glass", Some(ask())).await;
    assert_eq!((status, &opened["state"]), (201, &json!("STANDS")), "{opened}");
    let (id, now) = (opened["id"].as_str().unwrap(), Arrival::now().at);
    assert_eq!(names(&small, None, now).await, json!([null, null]));
    assert_eq!(names(&small, Some(id), now).await, json!(["Bo", null]));
    assert_eq!(names(&small, Some(id), now + 29 * 60).await, json!(["Bo", null]));
    // What it gave is kept nowhere.
    assert_eq!(names(&small, Some(id), now + 31 * 60).await, "PURPOSE_REFUSED");
    assert_eq!(names(&small, None, now).await, json!([null, null]));
}

/// A record that does not say itself whose it is: that is found out before it is decided on.
#[tokio::test]
async fn it_shows_what_belongs_to_its_person() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    small.http(Some(&patrol), "POST", "/break-glass", Some(ask())).await;
    let query = "{ one: stay(number: 1) { number person { name } } two: stay(number: 2) { number } }";
    let caller = small.caller(&patrol, &[("purpose-of-use", "C")]).await;
    assert_eq!(small.ask(&caller, query, json!({})).await["data"], json!({ "one": null, "two": null }));
    let caller = small.caller(&patrol, &[("purpose-of-use", "C"), ("break-glass", "demo-1")]).await;
    let answer = small.ask(&caller, query, json!({})).await;
    assert_eq!(
        answer["data"],
        json!({ "one": { "number": "1", "person": { "name": "Bo" } }, "two": null }),
        "{answer}"
    );
}

#[tokio::test]
async fn an_id_that_is_not_ones_own_is_refused_and_never_passed_over() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    let (_, opened) = small.http(Some(&patrol), "POST", "/break-glass", Some(ask())).await;
    let id = opened["id"].as_str().unwrap();
    let other = small.token("detective", "LAW_ENFORCEMENT", POLICE, "detective");
    let asked = json!({ "query": "{ __typename }" });
    for (token, stated) in [(&other, id), (&patrol, "demo-7"), (&patrol, "x")] {
        let headers =
            [("purpose-of-use", "C"), ("break-glass", stated), ("accept", "application/graphql-response+json")];
        let (status, body) = small.http_with(Some(token), &headers, ("POST", "/graphql", Some(asked.clone()))).await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (403, &json!("PURPOSE_REFUSED")), "{body}");
    }
    // In the request's extensions as in the header.
    let asked = json!({ "query": "{ __typename }", "extensions": { "purpose": { "code": "C", "breakGlass": "x" } } });
    let (_, body) = small.http_with(Some(&patrol), &[], ("POST", "/graphql", Some(asked))).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "PURPOSE_REFUSED");
}

#[tokio::test]
async fn policy_says_who_may_open_one() {
    let small = Small::start().await;
    let refused = async |token: Option<&str>, purpose: &str| {
        let headers = [("purpose-of-use", purpose)];
        let (status, body) = small.http_with(token, &headers, ("POST", "/break-glass", Some(ask()))).await;
        (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let clerk = small.token("nora", "COURT", "MT056015J", "clerk");
    assert_eq!(refused(Some(&clerk), "C").await, (403, "FORBIDDEN".to_owned()));
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    assert_eq!(refused(Some(&patrol), "D").await, (403, "FORBIDDEN".to_owned()));
    assert_eq!(refused(Some(&patrol), "J").await, (403, "PURPOSE_REFUSED".to_owned()));
    assert_eq!(refused(None, "C").await, (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(refused(Some("nonsense"), "C").await, (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(refused(Some(&patrol), "C").await, (201, String::new()));
}

#[tokio::test]
async fn it_takes_a_second_person_to_close_the_review() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "supervisor");
    let (_, opened) = small.http(Some(&patrol), "POST", "/break-glass", Some(ask())).await;
    let path = format!("/break-glass/{}/review", opened["id"].as_str().unwrap());
    let finding = json!({ "finding": "NOT_JUSTIFIED", "note": "the wrong person" });
    let review = async |token: &str, purpose: &str| {
        let headers = [("purpose-of-use", purpose)];
        small.http_with(Some(token), &headers, ("POST", &path, Some(finding.clone()))).await
    };
    // A supervisor, but of their own emergency; a supervisor of elsewhere; a colleague: the last two are not told that there is one.
    assert_eq!(review(&patrol, "C").await.0, 403);
    let elsewhere = small.token("chief", "LAW_ENFORCEMENT", "MT0160100", "supervisor");
    assert_eq!(review(&elsewhere, "C").await.0, 404);
    let colleague = small.token("detective", "LAW_ENFORCEMENT", POLICE, "detective");
    assert_eq!(review(&colleague, "C").await.0, 404);

    let sergeant = small.token("sergeant", "LAW_ENFORCEMENT", POLICE, "supervisor");
    let (status, body) = review(&sergeant, "C").await;
    assert_eq!((status, &body["state"], &body["review"]["by"]["user"]), (200, &json!("REVIEWED"), &json!("sergeant")));
    let auditor = small.token("ada", "BOCC", "MT025000X", "auditor");
    assert_eq!(review(&auditor, "AUDIT").await.0, 409);
}

/// Whoever leaves a review open opens no other, until somebody else has closed it. Colleagues do.
#[tokio::test]
async fn an_overdue_review_keeps_its_opener_from_opening_another() {
    const HOUR: i64 = 3_600;
    let small = Small::start().await;
    let of = async |user: &str, role: &str| {
        small.caller(&small.token(user, "LAW_ENFORCEMENT", POLICE, role), &[("purpose-of-use", "C")]).await
    };
    let (patrol, detective, sergeant) =
        (of("patrol", "patrol").await, of("detective", "detective").await, of("sergeant", "supervisor").await);
    let now = Arrival::now().at;
    let after = |hours: i64| Arrival { instant: Instant::now(), at: now + hours * HOUR };
    let open = async |who: &Caller, at: Arrival| {
        let ask = Ask { subject: "P-2".into(), incident: "26-0048813".into(), reason: "a youth on the bridge".into() };
        small.gateway.open_emergency(who, ask, at).await
    };
    let first = open(&patrol, after(0)).await.unwrap();
    open(&patrol, after(23)).await.unwrap();
    assert_eq!(open(&patrol, after(24)).await, Err(Undone::Refused(Refused::Overdue)));
    open(&detective, after(24)).await.unwrap();
    let closed = (Finding::Justified, "seen".into());
    small.gateway.review_emergency(&sergeant, &first.id, closed, after(25)).await.unwrap();
    // The second one's review is not due yet.
    open(&patrol, after(25)).await.unwrap();
    assert_eq!(open(&patrol, after(47)).await, Err(Undone::Refused(Refused::Overdue)));
}

#[tokio::test]
async fn each_sees_those_that_they_may_see() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    let other = small.token("deputy", "LAW_ENFORCEMENT", "MT0160100", "patrol");
    for token in [&patrol, &other] {
        assert_eq!(small.http(Some(token), "POST", "/break-glass", Some(ask())).await.0, 201);
    }
    let seen = async |token: &str, purpose: &str| {
        let headers = [("purpose-of-use", purpose)];
        let (_, body) = small.http_with(Some(token), &headers, ("GET", "/break-glass", None)).await;
        let all = body["emergencies"].as_array().unwrap_or_else(|| panic!("{body}"));
        all.iter().map(|one| one["openedBy"]["user"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&patrol, "C").await, ["patrol"]);
    assert_eq!(seen(&small.token("sergeant", "LAW_ENFORCEMENT", POLICE, "supervisor"), "C").await, ["patrol"]);
    assert_eq!(seen(&small.token("ada", "BOCC", "MT025000X", "auditor"), "AUDIT").await, ["deputy", "patrol"]);
    assert_eq!(seen(&small.token("nora", "COURT", "MT056015J", "clerk"), "C").await, Vec::<String>::new());
    assert_eq!(small.http(None, "GET", "/break-glass", None).await.0, 401);
}

#[tokio::test]
async fn a_gateway_can_ask_for_the_second_person_first_and_a_restart_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let id = {
        let small = Small::with(Some((folder.path(), SecondPerson::First))).await;
        let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "supervisor");
        let (status, opened) = small.http(Some(&patrol), "POST", "/break-glass", Some(ask())).await;
        assert_eq!((status, &opened["state"]), (201, &json!("WAITING")));
        let id = opened["id"].as_str().unwrap().to_owned();
        assert_eq!(names(&small, Some(&id), Arrival::now().at).await, "PURPOSE_REFUSED");
        let path = format!("/break-glass/{id}/approve");
        assert_eq!(small.http(Some(&patrol), "POST", &path, None).await.0, 403);
        let sergeant = small.token("sergeant", "LAW_ENFORCEMENT", POLICE, "supervisor");
        let (status, approved) = small.http(Some(&sergeant), "POST", &path, None).await;
        assert_eq!((status, &approved["state"]), (200, &json!("STANDS")), "{approved}");
        id
    };
    let small = Small::with(Some((folder.path(), SecondPerson::First))).await;
    assert_eq!(names(&small, Some(&id), Arrival::now().at).await, json!(["Bo", null]));
}

#[tokio::test]
async fn what_is_asked_badly_is_refused_with_what_to_do() {
    let small = Small::start().await;
    let patrol = small.token("patrol", "LAW_ENFORCEMENT", POLICE, "patrol");
    let post = async |path: &str, body: Option<Value>| small.http(Some(&patrol), "POST", path, body).await;
    for (body, says) in [
        (json!({ "subject": "P-2", "incident": "26-1" }), "missing field `reason`"),
        (json!({ "subject": "P-2", "incident": "26-1", "reason": "x", "minutes": 600 }), "unknown field `minutes`"),
        (
            json!({ "subject": "P-2", "incident": "", "reason": "x" }),
            "`incident` must be text of 1 to 200 bytes on one line",
        ),
        (json!([]), "invalid length 0"),
    ] {
        let (status, said) = post("/break-glass", Some(body)).await;
        let message = said["errors"][0]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(says), "{status} {message}");
    }
    assert_eq!(post("/break-glass/demo-9/approve", None).await.0, 404);
    let (status, said) = post("/break-glass/demo-9/review", Some(json!({ "finding": "FINE" }))).await;
    assert_eq!(status, 400, "{said}");
    for _ in 0..3 {
        assert_eq!(post("/break-glass", Some(ask())).await.0, 201);
    }
    assert_eq!(post("/break-glass", Some(ask())).await.0, 429);
}
