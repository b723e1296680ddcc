//! Agencies answer over HTTP, and their answers hold what the resolver files look for.

use super::Mood;
use crate::demo::{Agencies, Demo, start_on};
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A demonstration, and the folder that its store lies in.
async fn demo() -> (Demo, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_on(date(2026, 11, 22), 4_000, 7, &folder.path().join("golden.db"), false).await.unwrap();
    (demo, folder)
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

fn yellowstone(agencies: &Agencies, path: &str) -> reqwest::RequestBuilder {
    let agency = &agencies.yellowstone;
    reqwest::Client::new().get(agency.url() + path).bearer_auth(agency.token())
}

fn gallatin(agencies: &Agencies, path: &str) -> reqwest::RequestBuilder {
    let agency = &agencies.gallatin;
    reqwest::Client::new().get(agency.url() + path).bearer_auth(agency.token()).header("accept-version", "2")
}

fn courts(agencies: &Agencies, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let agency = &agencies.courts;
    let request = reqwest::Client::new().post(agency.url() + path).bearer_auth(agency.token());
    request.header("content-type", "application/json").body(body.to_string())
}

fn list<'a>(answer: &'a Value, at: &str) -> &'a Vec<Value> {
    answer.pointer(at).and_then(Value::as_array).unwrap()
}

fn text<'a>(record: &'a Value, at: &str) -> &'a str {
    record.pointer(at).and_then(Value::as_str).unwrap()
}

/// The numbers of fifty inmates of this system, whoever they are.
fn yellowstone_ids(batch: u64) -> Vec<String> {
    (batch * 50..batch * 50 + 50).map(|nth| (100_003 + nth * 3).to_string()).collect()
}

#[tokio::test]
async fn yellowstone_takes_many_inmates_at_once() {
    let (demo, _folder) = demo().await;
    let path = format!("/inmates/bookings?ids={}", yellowstone_ids(0).join(","));
    let all = json_of(yellowstone(&demo.agencies, &path)).await;
    let active = json_of(yellowstone(&demo.agencies, &format!("{path}&active=true"))).await;
    let past = json_of(yellowstone(&demo.agencies, &format!("{path}&active=false"))).await;
    let (all, active, past) = (list(&all, "/results"), list(&active, "/results"), list(&past, "/results"));
    assert!(all.len() >= 50 && !active.is_empty());
    assert_eq!(all.len(), active.len() + past.len());
    assert!(active.iter().all(|stay| stay["rel_dt"].is_null() && stay["stat_cd"] != "REL"));
    assert!(past.iter().all(|stay| stay["rel_dt"].is_string() && stay["stat_cd"] == "REL"));
    // a comma is a comma, however it is written
    let encoded = json_of(yellowstone(&demo.agencies, &path.replace(',', "%2C"))).await;
    assert_eq!(list(&encoded, "/results"), all);
    assert_eq!(json_of(yellowstone(&demo.agencies, "/inmates/bookings?ids=1,x")).await, json!({ "results": [] }));
    for mistake in ["", "?ids=1&active=perhaps", "?who=1", &format!("?ids=1{}", ",1".repeat(50))] {
        assert_eq!(ask(yellowstone(&demo.agencies, &format!("/inmates/bookings{mistake}"))).await.0, 400, "{mistake}");
    }
}

#[tokio::test]
async fn a_jail_answers_for_its_own_bookings_alone() {
    let (demo, _folder) = demo().await;
    let found = json_of(yellowstone(&demo.agencies, "/inmates/bookings?ids=100003")).await;
    let number = text(&list(&found, "/results")[0], "/booking_no");
    let one = json_of(yellowstone(&demo.agencies, &format!("/facilities/MT0560000/bookings/{number}"))).await;
    assert_eq!(one["booking"], list(&found, "/results")[0]);
    assert_eq!(ask(yellowstone(&demo.agencies, &format!("/facilities/MT0160000/bookings/{number}"))).await.0, 404);
    assert_eq!(ask(yellowstone(&demo.agencies, "/facilities/MT0560000/bookings/none")).await.0, 404);

    let found = json_of(gallatin(&demo.agencies, "/people/G0001207/stays")).await;
    let number = text(&list(&found, "/stays")[0], "/stayId");
    let one = json_of(gallatin(&demo.agencies, &format!("/jails/MT0160000/stays/{number}"))).await;
    assert_eq!(one, list(&found, "/stays")[0]);
    assert_eq!(ask(gallatin(&demo.agencies, &format!("/jails/MT0560000/stays/{number}"))).await.0, 404);
}

#[tokio::test]
async fn gallatin_answers_one_person_a_call() {
    let (demo, _folder) = demo().await;
    let all = json_of(gallatin(&demo.agencies, "/people/G0001207/stays")).await;
    assert!(
        list(&all, "/stays")
            .iter()
            .all(|stay| stay["out"].is_i64() && stay["custody"]["code"] == "OUT" || stay["custody"]["code"] == "XFER")
    );
    assert_eq!(json_of(gallatin(&demo.agencies, "/people/G0001207/stays?open=true")).await, json!({ "stays": [] }));
    for unknown in ["G9999999", "1207", "G"] {
        assert_eq!(ask(gallatin(&demo.agencies, &format!("/people/{unknown}/stays"))).await.0, 404, "{unknown}");
    }
    let agency = &demo.agencies.gallatin;
    let unversioned = reqwest::Client::new().get(agency.url() + "/people/G0001207/stays").bearer_auth(agency.token());
    assert_eq!(ask(unversioned).await.0, 406);
}

#[tokio::test]
async fn the_courts_find_cases_by_number_and_by_party_and_hearings_by_case() {
    let (demo, _folder) = demo().await;
    let by_party =
        json_of(courts(&demo.agencies, "/cases/search", &json!({ "defendantPartyIds": ["5000011", 5_000_018] }))).await;
    let cases = list(&by_party, "/cases");
    assert_eq!(cases.iter().filter(|case| case["defendantPartyId"] == 5_000_011).count(), 3);
    assert!(cases.iter().any(|case| case["defendantPartyId"] == 5_000_018));
    let numbers: Vec<_> = cases.iter().map(|case| text(case, "/caseNumber")).chain(["DC-56-1900-0000001-IN"]).collect();
    let by_number = json_of(courts(&demo.agencies, "/cases/search", &json!({ "caseNumbers": numbers }))).await;
    assert_eq!(&by_party, &by_number);
    let hearings = json_of(courts(&demo.agencies, "/hearings/search", &json!({ "caseNumbers": numbers }))).await;
    let hearings = list(&hearings, "/hearings");
    assert!(hearings.iter().any(|hearing| hearing["status"] == "SET"));
    let ids: HashSet<_> = hearings.iter().map(|hearing| text(hearing, "/hearingId")).collect();
    assert_eq!(ids.len(), hearings.len());
    assert!(hearings.iter().all(|hearing| numbers.contains(&text(hearing, "/caseNumber"))));

    assert_eq!(ask(courts(&demo.agencies, "/cases/search", &json!({}))).await.0, 400);
    let many = vec!["DC"; 101];
    assert_eq!(ask(courts(&demo.agencies, "/hearings/search", &json!({ "caseNumbers": many }))).await.0, 400);
}

#[tokio::test]
async fn nothing_without_the_token_and_moods_are_felt() {
    let (demo, _folder) = demo().await;
    let agency = &demo.agencies.courts;
    let call = || courts(&demo.agencies, "/hearings/search", &json!({ "caseNumbers": [] }));
    let before = agency.calls();
    assert_eq!(ask(reqwest::Client::new().post(agency.url() + "/hearings/search")).await.0, 401);
    assert_eq!(ask(reqwest::Client::new().post(agency.url() + "/hearings/search").bearer_auth("x")).await.0, 401);
    agency.feel(Mood::Failing { status: 503 });
    assert_eq!(ask(call()).await.0, 503);
    agency.feel(Mood::Nonsense);
    let (status, body) = ask(call()).await;
    assert!(status == 200 && serde_json::from_str::<Value>(&body).is_err());
    agency.feel(Mood::Slow { delay_ms: 150 });
    let asked = std::time::Instant::now();
    assert_eq!(ask(call()).await.0, 200);
    assert!(asked.elapsed().as_millis() >= 150);
    agency.feel(Mood::Well);
    assert_eq!(ask(call()).await.0, 200);
    assert_eq!(agency.calls() - before, 6);
}

/// What the resolver files look for, in what the agencies answer.
#[tokio::test]
async fn the_resolver_files_speak_each_dialect() {
    let (demo, _folder) = demo().await;
    let mut stays = Vec::new();
    for batch in 0..6 {
        let path = format!("/inmates/bookings?ids={}", yellowstone_ids(batch).join(","));
        let answer = json_of(yellowstone(&demo.agencies, &path)).await;
        stays.extend(list(&answer, "/results").iter().cloned());
    }
    fits("yellowstone-jail", "Booking", &stays);

    let mut stays = Vec::new();
    for nth in 1_207..1_500 {
        let (status, body) = ask(gallatin(&demo.agencies, &format!("/people/G{nth:07}/stays"))).await;
        if status == 200 {
            let answer: Value = serde_json::from_str(&body).unwrap();
            stays.extend(list(&answer, "/stays").iter().cloned());
        }
    }
    fits("gallatin-jail", "Booking", &stays);

    let parties: Vec<u64> = (0..100).map(|nth| 5_000_011 + nth * 7).collect();
    let cases = json_of(courts(&demo.agencies, "/cases/search", &json!({ "defendantPartyIds": parties }))).await;
    fits("state-courts", "CourtCase", list(&cases, "/cases"));
    let numbers: Vec<_> = list(&cases, "/cases").iter().map(|case| text(case, "/caseNumber")).take(100).collect();
    let hearings = json_of(courts(&demo.agencies, "/hearings/search", &json!({ "caseNumbers": numbers }))).await;
    fits("state-courts", "Hearing", list(&hearings, "/hearings"));
}

fn fits(file: &str, entity: &str, records: &[Value]) {
    let written: toml::Table = std::fs::read_to_string(format!("resolvers/{file}.toml")).unwrap().parse().unwrap();
    let entity = &written["entity"][entity];
    fields_fit(entity["fields"].as_table().unwrap(), records);
    value_fits("asOf", &entity["as_of"], records);
    for by in entity["by"].as_table().unwrap().values() {
        if let Some(at) = by.get("match") {
            value_fits("match", at, records);
        }
    }
}

fn fields_fit(fields: &toml::Table, records: &[Value]) {
    assert!(!records.is_empty(), "nothing to hold these against: {fields:?}");
    for (name, mapping) in fields {
        let Some(inner) = mapping.get("fields") else {
            value_fits(name, mapping, records);
            continue;
        };
        let at = mapping["at"].as_str().unwrap();
        let found = records.iter().map(|record| record.pointer(at).unwrap());
        let inside: Vec<Value> = match mapping.get("each") {
            Some(_) => found.flat_map(|list| list.as_array().unwrap().clone()).collect(),
            None => found.cloned().collect(),
        };
        fields_fit(inner.as_table().unwrap(), &inside);
    }
}

/// Every record has the place, some record a value there, and every value is one that the mapping can take.
fn value_fits(name: &str, mapping: &toml::Value, records: &[Value]) {
    let Some(at) = mapping.as_str().or_else(|| mapping.get("at").map(|at| at.as_str().unwrap())) else {
        assert!(mapping.get("is").is_some(), "{name}");
        return;
    };
    let values: Vec<_> =
        records.iter().map(|record| record.pointer(at).unwrap_or_else(|| panic!("{name}: {record}"))).collect();
    let values: Vec<_> = values.into_iter().filter(|value| !value.is_null()).collect();
    assert!(!values.is_empty(), "{name}: never a value");
    for value in values {
        if let Some(codes) = mapping.get("codes") {
            let known = codes.get(value.as_str().unwrap()).is_some() || mapping.get("other").is_some();
            assert!(known, "{name}: {value} has no meaning");
        }
        match mapping.get("datetime").and_then(toml::Value::as_str) {
            Some("epoch_s" | "epoch_ms") => assert!(value.is_i64(), "{name}: {value}"),
            Some("rfc3339") => assert!(value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{name}: {value}"),
            Some(format) => {
                assert!(mapping.get("zone").is_some());
                assert!(DateTime::strptime(format, value.as_str().unwrap()).is_ok(), "{name}: {value}");
            }
            None => assert!(value.is_string() || value.is_number(), "{name}: {value}"),
        }
    }
}
