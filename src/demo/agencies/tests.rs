//! Agencies answer over HTTP, each in its dialect.

use super::Agency;
use crate::demo::custody::Stay;
use crate::demo::systems::System;
use crate::demo::{Demo, cast, start_on};
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A demonstration, and the folder that its store lies in.
async fn demo() -> (Demo, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_on(date(2026, 11, 22), 3_000, 7, &folder.path().join("golden.db"), false).await.unwrap();
    (demo, folder)
}

fn named<'a>(demo: &'a Demo, name: &str) -> &'a Agency {
    demo.agencies.named(name).unwrap()
}

/// Status and body.
async fn ask(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let (status, body) = ask(request).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn get(demo: &Demo, name: &str, path: &str) -> reqwest::RequestBuilder {
    let agency = named(demo, name);
    reqwest::Client::new().get(agency.url() + path).bearer_auth(agency.token()).header("accept-version", "2")
}

fn post(demo: &Demo, name: &str, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let agency = named(demo, name);
    let request = reqwest::Client::new().post(agency.url() + path).bearer_auth(agency.token());
    request.header("content-type", "application/json").body(body.to_string())
}

fn list<'a>(answer: &'a Value, at: &str) -> &'a Vec<Value> {
    answer.pointer(at).and_then(Value::as_array).unwrap()
}

fn text<'a>(record: &'a Value, at: &str) -> &'a str {
    record.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("{at} in {record}"))
}

/// The numbers of fifty inmates of the system in Yellowstone, whoever they are.
fn yellowstone_ids(batch: u64) -> Vec<String> {
    (batch * 50..batch * 50 + 50).map(|nth| (100_003 + nth * 3).to_string()).collect()
}

#[tokio::test]
async fn yellowstone_takes_many_inmates_at_once() {
    let (demo, _folder) = demo().await;
    let path = format!("/inmates/bookings?ids={}", yellowstone_ids(0).join(","));
    let of = |path: String| get(&demo, "yellowstone-jail", &path);
    let all = json_of(of(path.clone())).await;
    let active = json_of(of(format!("{path}&active=true"))).await;
    let past = json_of(of(format!("{path}&active=false"))).await;
    let (all, active, past) = (list(&all, "/results"), list(&active, "/results"), list(&past, "/results"));
    assert!(all.len() >= 50 && !active.is_empty());
    assert_eq!(all.len(), active.len() + past.len());
    assert!(active.iter().all(|stay| stay["rel_dt"].is_null() || stay["rel_dt"] == "00/00/0000 00:00"));
    assert!(past.iter().all(|stay| DateTime::strptime("%m/%d/%Y %H:%M", text(stay, "/rel_dt")).is_ok()));
    // a comma is a comma, however it is written
    let encoded = json_of(of(path.replace(',', "%2C"))).await;
    assert_eq!(list(&encoded, "/results"), all);
    assert_eq!(json_of(of("/inmates/bookings?ids=1,x".into())).await, json!({ "results": [] }));
    for mistake in ["", "?ids=1&active=perhaps", "?who=1", &format!("?ids=1{}", ",1".repeat(50))] {
        assert_eq!(ask(of(format!("/inmates/bookings{mistake}"))).await.0, 400, "{mistake}");
    }
    let custody = json_of(of(path.replace("bookings", "custody"))).await;
    let inmates: HashSet<_> = list(&custody, "/results").iter().map(|one| one["inmate_id"].as_u64()).collect();
    assert_eq!(inmates.len(), list(&custody, "/results").len(), "one entry an inmate");
}

#[tokio::test]
async fn a_jail_answers_for_its_own_bookings_alone() {
    let (demo, _folder) = demo().await;
    let number = |stays: &[Stay]| stays[0].number.clone();
    let (there, here) = (number(&demo.world.yellowstone.stays), number(&demo.world.gallatin.stays));
    let booking = json_of(get(&demo, "yellowstone-jail", &format!("/facilities/MT0560000/bookings/{there}"))).await;
    assert_eq!(text(&booking, "/booking/booking_no"), there);
    let stay = json_of(get(&demo, "gallatin-jail", &format!("/jails/MT0160000/stays/{here}"))).await;
    assert_eq!(text(&stay, "/stayId"), here);
    for (jail, path) in [
        ("yellowstone-jail", format!("/facilities/MT0160000/bookings/{there}")),
        ("yellowstone-jail", "/facilities/MT0560000/bookings/none".into()),
        ("gallatin-jail", format!("/jails/MT0560000/stays/{here}")),
        ("gallatin-jail", "/people/G9999999/stays".into()),
        ("gallatin-jail", "/people/nobody/custody".into()),
    ] {
        assert_eq!(ask(get(&demo, jail, &path)).await.0, 404, "{path}");
    }
    let unversioned = reqwest::Client::new().get(named(&demo, "gallatin-jail").url() + "/people/G0000001/stays");
    assert_eq!(ask(unversioned.bearer_auth(named(&demo, "gallatin-jail").token())).await.0, 406);
}

/// Whoever is there is on the roster, a page at a time or all at once.
#[tokio::test]
async fn rosters_can_be_leafed_through() {
    let (demo, _folder) = demo().await;
    let whole = json_of(get(&demo, "yellowstone-jail", "/facilities/MT0560000/roster")).await;
    let whole: Vec<&str> = list(&whole, "/results").iter().map(|stay| text(stay, "/booking_no")).collect();
    assert!(whole.len() > 5 && whole.is_sorted());
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            json_of(get(&demo, "yellowstone-jail", &format!("/facilities/MT0560000/roster?limit=4{after}"))).await;
        pages.extend(list(&page, "/results").iter().map(|stay| text(stay, "/booking_no").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, whole);
    let page = json_of(get(&demo, "gallatin-jail", "/jails/MT0160000/stays?size=1")).await;
    assert_eq!(list(&page, "/stays").len(), 1);
}

#[tokio::test]
async fn courts_are_asked_for_many_cases_and_their_parts() {
    let (demo, _folder) = demo().await;
    let numbers: Vec<&String> = demo.world.courts.cases.iter().map(|case| &case.number).take(100).collect();
    let found = json_of(post(&demo, "state-courts", "/cases/search", &json!({ "caseNumbers": numbers }))).await;
    assert_eq!(list(&found, "/cases").len(), 100);
    for case in list(&found, "/cases") {
        assert!(DateTime::strptime("%Y-%m-%dT%H:%M:%S", text(case, "/filed")).is_ok());
        assert!(!list(case, "/charges").is_empty());
    }
    let parties: Vec<Value> = list(&found, "/cases").iter().map(|case| case["defendantPartyId"].clone()).collect();
    let as_text: Vec<String> = parties.iter().map(Value::to_string).collect();
    let by = |ids: Value| post(&demo, "state-courts", "/cases/search", &json!({ "defendantPartyIds": ids }));
    assert_eq!(json_of(by(json!(parties))).await, json_of(by(json!(as_text))).await, "numbers or text, all the same");
    for (path, name) in [
        ("/hearings/search", "/hearings"),
        ("/bonds/search", "/bonds"),
        ("/orders/search", "/orders"),
        ("/participants/search", "/participants"),
        ("/representations/search", "/representations"),
    ] {
        let answer = json_of(post(&demo, "state-courts", path, &json!({ "caseNumbers": numbers }))).await;
        assert!(list(&answer, name).len() > 20, "{path}");
    }
    let closed =
        demo.world.courts.cases.iter().find(|case| case.charges.iter().any(|one| one.sentence.is_some())).unwrap();
    let at = closed.charges.iter().position(|one| one.sentence.is_some()).unwrap() + 1;
    let charges = json!({ "charges": [{ "caseNumber": closed.number, "count": at.to_string() }, { "caseNumber": "none", "count": 1 }] });
    let ended = json_of(post(&demo, "state-courts", "/dispositions/search", &charges)).await;
    assert_eq!(ended["dispositions"][0]["count"], at);
    let sentence = json_of(post(&demo, "state-courts", "/sentences/search", &charges)).await;
    let id = text(&sentence, "/sentences/0/sentenceId");
    let again = json_of(post(&demo, "state-courts", "/sentences/find", &json!({ "sentenceIds": [id, "x"] }))).await;
    assert_eq!(again["sentences"], sentence["sentences"]);
    for mistake in [json!({}), json!({ "caseNumbers": [] }), json!({ "caseNumbers": vec!["x"; 101] })] {
        assert_eq!(ask(post(&demo, "state-courts", "/cases/search", &mistake)).await.0, 400, "{mistake}");
    }
}

#[tokio::test]
async fn corrections_speak_graphql() {
    let (demo, _folder) = demo().await;
    let world = &demo.world;
    let sample = crate::demo::people::doc(cast::place(cast::Role::Sample));
    let query = "query($ids: [String!]!) { supervisions(docIds: $ids, active: true) { supervisionId docId category officer { federationId } } }";
    let body = json!({ "query": query, "variables": { "ids": [sample, "3999999", "x"] } });
    let answer = json_of(post(&demo, "corrections", "", &body)).await;
    let found = list(&answer, "/data/supervisions");
    assert!(found.iter().any(|one| one["category"] == "PROB" && one["docId"] == sample.as_str()), "{answer}");
    let officer = text(found.first().unwrap(), "/officer/federationId");
    let query = "query($who: String!, $after: String) { caseload(officer: $who, limit: 1, after: $after) { items { supervisionId } next } }";
    let page =
        json_of(post(&demo, "corrections", "", &json!({ "query": query, "variables": { "who": officer } }))).await;
    assert_eq!(list(&page, "/data/caseload/items").len(), 1);
    assert_eq!(page["data"]["caseload"]["next"].is_string(), world.corrections.caseloads[officer].len() > 1);
    let report =
        world.courts.cases.iter().find(|case| crate::demo::court::parties::report(world, case).is_some()).unwrap();
    let query = "query($cases: [String!]!) { presentenceReports(caseNumbers: $cases) { caseNumber ordered } }";
    let answer =
        json_of(post(&demo, "corrections", "", &json!({ "query": query, "variables": { "cases": [report.number] } })))
            .await;
    assert_eq!(text(&answer, "/data/presentenceReports/0/caseNumber"), report.number);
}

/// All arrests of many, page after page, and each once.
#[tokio::test]
async fn the_repository_answers_in_pages() {
    let (demo, _folder) = demo().await;
    let sids: Vec<String> = demo
        .world
        .arrests
        .iter()
        .filter(|one| one.mans.is_some())
        .take(80)
        .map(|one| crate::demo::people::sid(one.person))
        .collect();
    let (mut found, mut cursor, mut calls) = (Vec::new(), Value::Null, 0);
    loop {
        let page = json_of(post(&demo, "doj-history", "/v2/arrests", &json!({ "sids": sids, "cursor": cursor }))).await;
        found.extend(list(&page, "/items").iter().map(|one| text(one, "/mans").to_owned()));
        calls += 1;
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert!(calls > 2);
    let one = found.first().unwrap();
    let alone = json_of(post(&demo, "doj-history", "/v2/arrests", &json!({ "mans": [one, "1"] }))).await;
    assert_eq!(list(&alone, "/items").len(), 1);
    let tier = crate::demo::people::sid(cast::place(cast::Role::TierThree));
    let offender = json_of(post(&demo, "doj-history", "/v2/offenders", &json!({ "sids": [tier] }))).await;
    assert_eq!(offender["items"][0]["level"], 3);
}

#[tokio::test]
async fn the_warrant_service_has_nothing_or_says_404() {
    let (demo, _folder) = demo().await;
    let world = &demo.world;
    let number = |person| world.number_of(person, System::Cjin).unwrap();
    let sample = number(cast::place(cast::Role::Sample));
    let active = json_of(get(&demo, "warrants", &format!("/persons/{sample}/warrants?status=ACTIVE"))).await;
    assert_eq!(list(&active, "").len(), 1);
    let orders = json_of(get(&demo, "warrants", &format!("/persons/{sample}/orders?inForce=true"))).await;
    assert_eq!(text(&orders, "/0/petitioner/name"), world.name_of(cast::place(cast::Role::Petitioner)));
    let again = json_of(get(&demo, "warrants", &format!("/orders/{}", text(&orders, "/0/order_number")))).await;
    assert_eq!(again, orders[0]);
    let quiet = number(cast::place(cast::Role::SealedYouth));
    for none in [format!("/persons/{quiet}/warrants"), format!("/persons/{quiet}/orders"), "/warrants/W-1".into()] {
        assert_eq!(ask(get(&demo, "warrants", &none)).await.0, 404, "{none}");
    }
}

#[tokio::test]
async fn the_police_answer_for_many_incidents() {
    let (demo, _folder) = demo().await;
    let red = demo.world.arrests_of(cast::place(cast::Role::RedIncident))[0].incident.clone().unwrap();
    let other = demo.world.arrests_of(cast::place(cast::Role::Dead))[0].incident.clone().unwrap();
    let wanted = [red.as_str(), &other, "none"].map(|no| json!({ "ori": "MT0560100", "no": no }));
    let answer = json_of(post(&demo, "billings-police", "/incidents/search", &json!({ "incidents": wanted }))).await;
    let found = list(&answer, "/incidents");
    assert_eq!(found.len(), 2);
    let of = |number: &str| found.iter().find(|one| one["no"] == number).unwrap();
    assert_eq!((text(of(&red), "/diss"), &of(&red)["open"]), ("R", &json!(1)));
    assert_eq!((text(of(&other), "/diss"), &of(&other)["open"]), ("G", &json!(0)));
}

#[tokio::test]
async fn nobody_is_answered_without_the_token() {
    let (demo, _folder) = demo().await;
    for agency in demo.agencies.all() {
        let stranger = reqwest::Client::new().get(agency.url());
        assert_eq!(ask(stranger).await.0, 401, "{}", agency.name);
        assert_eq!(ask(reqwest::Client::new().get(agency.url()).bearer_auth("demo-1")).await.0, 401);
    }
}
