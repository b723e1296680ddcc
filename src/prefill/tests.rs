//! An answer and a way in, values out.

use super::walk::{Failures, Picking, Spot, text, walk};
use crate::form::expand::{Way, WayStep};
use crate::form::{Filter, Pick, Step};
use crate::graph::FieldId;
use serde_json::{Value, json};

/// `cases[] hearings[status=SET] at`: a list is marked by brackets.
fn way(written: &str) -> Way {
    let step = |word: &str| {
        let (name, within) = word.split_once('[').map_or((word, None), |(name, rest)| (name, rest.strip_suffix(']')));
        let filter = within.and_then(|within| within.split_once('='));
        let filter = filter.map(|(leaf, value)| Filter { leaf: leaf.into(), value: value.into() });
        let step = Step { field: FieldId(0), name: name.into(), arguments: "".into(), list: within.is_some(), filter };
        WayStep { step, key: name.into() }
    };
    written.split(' ').map(step).collect()
}

/// The values, where each record came from, and whether some may be missing.
fn found(answer: &Value, written: &str, pick: Pick, by: Option<&str>) -> (Vec<String>, Vec<String>, bool) {
    let (way, failures) = (way(written), Failures::of(answer));
    let root = Spot { value: &answer["data"], path: Vec::new(), record: None };
    let found = walk(&root, &way, &failures, Picking { pick, by });
    let values = found.spots.iter().filter_map(|spot| text(spot.value)).collect();
    let records = found.spots.iter().filter_map(|spot| spot.record);
    let records = records.map(|(provenance, name)| format!("{name} of {}", provenance[0]["source"].as_str().unwrap()));
    (values, records.collect(), found.lacking)
}

fn error(code: &str, path: &Value) -> Value {
    json!({ "message": "", "path": path, "extensions": { "code": code } })
}

#[test]
fn a_value_comes_from_the_nearest_record() {
    let answer = json!({ "data": { "person": {
        "provenance": [{ "source": "golden" }],
        "name": { "full": "A" },
        "cases": [
            { "provenance": [{ "source": "courts" }], "court": { "name": "First" } },
            { "provenance": [{ "source": "courts" }], "court": { "name": "Second" } },
        ],
    } } });
    assert_eq!(
        found(&answer, "person name full", Pick::All, None),
        (vec!["A".to_owned()], vec!["name of golden".to_owned()], false)
    );
    let (values, records, lacking) = found(&answer, "person cases[] court name", Pick::All, None);
    assert_eq!((values, lacking), (vec!["First".to_owned(), "Second".to_owned()], false));
    assert_eq!(records, ["court of courts", "court of courts"]);
}

#[test]
fn of_a_list_one_is_picked_by_what_stands_beside_it() {
    let at = |at: Value, street: &str| json!({ "since": at, "street": street });
    let answer = json!({ "data": { "addresses": [
        at(json!("2024-05-01"), "old"), at(json!("2026-01-01"), "new"), at(Value::Null, "undated"),
    ] } });
    let picked = |pick, by| found(&answer, "addresses[] street", pick, by).0;
    assert_eq!(picked(Pick::Last, Some("since")), ["new"]);
    assert_eq!(picked(Pick::First, Some("since")), ["old"]);
    assert_eq!(picked(Pick::Last, None), ["undated"]);
    assert_eq!(picked(Pick::All, None), ["old", "new", "undated"]);
}

#[test]
fn only_elements_with_a_value_are_taken() {
    let answer = json!({ "data": { "names": [{ "use": "ALIAS", "full": "A" }, { "use": "FORMER", "full": "B" }] } });
    assert_eq!(found(&answer, "names[use=ALIAS] full", Pick::All, None).0, ["A"]);
}

#[test]
fn what_could_not_be_asked_is_told_from_what_is_not_there() {
    let lacking = |answer: &Value, written: &str| found(answer, written, Pick::All, None).2;
    let nothing = json!({ "data": { "person": { "cases": null, "phone": null } } });
    assert!(!lacking(&nothing, "person cases[] number") && !lacking(&nothing, "person phone"));
    let down = |code: &str, path: Value| json!({ "data": { "person": { "cases": null, "phone": null } }, "errors": [error(code, &path)] });
    assert!(lacking(&down("SOURCE_TIMEOUT", json!(["person", "cases"])), "person cases[] number"));
    // The error is deeper than the null: it has taken what is around it along.
    assert!(lacking(&down("SOURCE_INVALID", json!(["person", "cases", 0, "number"])), "person cases[] number"));
    assert!(!lacking(&down("SOURCE_TIMEOUT", json!(["person", "cases"])), "person phone"));
    // What may not be had looks like what is not there.
    for code in ["FORBIDDEN", "EXISTS_ELSEWHERE", "CONSENT_NEEDED"] {
        assert!(!lacking(&down(code, json!(["person", "phone"])), "person phone"), "{code}");
    }
}

#[test]
fn a_list_may_have_lost_elements() {
    let answer = json!({ "data": { "bookings": [{ "number": "1" }] }, "errors": [error("SOURCE_TIMEOUT", &json!(["bookings"]))] });
    assert_eq!(found(&answer, "bookings[] number", Pick::All, None), (vec!["1".to_owned()], Vec::new(), true));
    let of_another = json!({ "data": { "bookings": [{ "number": "1", "judge": null }] },
        "errors": [error("SOURCE_TIMEOUT", &json!(["bookings", 0, "judge"]))] });
    assert!(!found(&of_another, "bookings[] number", Pick::All, None).2);
}
