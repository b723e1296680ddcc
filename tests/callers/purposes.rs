//! What a request states: in headers, in `extensions`, or in both alike.

use super::told;
use headwaters::caller::{Caller, Callers, Purpose};
use headwaters::error::Refusal;
use headwaters::limits::Limits;
use serde_json::{Value, json};

async fn stated(headers: &[(&str, &str)], extensions: Value) -> Result<Caller, Refusal> {
    let callers = Callers::public(Limits::default());
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    callers.identify(&headers, extensions.as_object().unwrap(), 0).await
}

async fn check(headers: &[(&str, &str)], extensions: Value, expect: &str) {
    let came = match stated(headers, extensions.clone()).await {
        Ok(caller) => {
            let stated = caller.stated();
            let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("-").to_owned();
            let purpose = caller.purpose().map_or("-", Purpose::name);
            let (reason, case) = (text(&stated.reason), text(&stated.case_reference));
            format!("{purpose} {reason} {case} {}", text(&stated.on_behalf_of))
        }
        Err(refusal) => told(&refusal),
    };
    assert_eq!(came, expect, "{headers:?} {extensions}");
}

#[tokio::test]
async fn headers_and_extensions_say_the_same_thing() {
    let all = [
        ("purpose-of-use", "C"),
        ("purpose-reason", "sentencing"),
        ("case-reference", "DC-56-2026-0000104-IN"),
        ("on-behalf-of", "Judge Voss"),
    ];
    let same = json!({ "purpose": {
        "code": "C", "reason": "sentencing", "caseReference": "DC-56-2026-0000104-IN", "onBehalfOf": "Judge Voss",
    } });
    let expect = "C sentencing DC-56-2026-0000104-IN Judge Voss";
    check(&all, json!({}), expect).await;
    check(&[], same.clone(), expect).await;
    check(&all, same.clone(), expect).await;
    check(
        &all[..2],
        json!({ "purpose": { "caseReference": "DC-56-2026-0000104-IN", "onBehalfOf": "Judge Voss" } }),
        expect,
    )
    .await;
    check(&[("purpose-of-use", " C "), ("purpose-reason", "  ")], json!({ "other": 1 }), "C - - -").await;
    check(&[("purpose-of-use", "C"), ("purpose-reason", "prénom à vérifier")], json!({}), "C prénom à vérifier - -")
        .await;
    check(&[], json!({ "purpose": null }), "PUBLIC - - -").await;
}

#[tokio::test]
async fn the_public_asks_for_public_purposes_unless_it_says_otherwise() {
    check(&[], json!({}), "PUBLIC - - -").await;
    check(&[("purpose-of-use", "PUBLIC")], json!({}), "PUBLIC - - -").await;
    // Whether it may is for the policies to say.
    check(&[("purpose-of-use", "STATISTICS")], json!({}), "STATISTICS - - -").await;
}

#[tokio::test]
async fn every_purpose_that_is_served_can_be_stated() {
    for purpose in Purpose::ALL {
        check(&[("purpose-of-use", purpose.name())], json!({}), &format!("{} - - -", purpose.name())).await;
    }
}

#[tokio::test]
async fn purposes_that_are_not_served_are_refused_by_their_rule() {
    for name in ["J", "I", "F", "H", "S", "X", "c", "Criminal", "C,D", "*", "PURPOSE"] {
        check(&[("purpose-of-use", name)], json!({}), &format!("PURPOSE_REFUSED the purpose `{name}` is not served"))
            .await;
        let member = json!({ "purpose": { "code": name } });
        check(&[], member, &format!("PURPOSE_REFUSED the purpose `{name}` is not served")).await;
    }
    let refusal = stated(&[("purpose-of-use", "J")], json!({})).await.unwrap_err();
    let hint = refusal.errors()[0].hint.clone().unwrap().into_string();
    assert!(hint.contains("R28") && hint.contains("28 CFR 20") && hint.contains("STATISTICS"), "{hint}");
}

#[tokio::test]
async fn what_can_not_be_read_is_a_bad_request() {
    let differ = "BAD_REQUEST the header `purpose-of-use` and `extensions.purpose.code` differ";
    check(&[("purpose-of-use", "C")], json!({ "purpose": { "code": "D" } }), differ).await;
    let twice = "BAD_REQUEST the header `purpose-of-use` stands twice";
    check(&[("purpose-of-use", "C"), ("purpose-of-use", "C")], json!({}), twice).await;
    check(&[], json!({ "purpose": "C" }), "BAD_REQUEST `extensions.purpose` is not an object").await;
    check(&[], json!({ "purpose": { "code": 1 } }), "BAD_REQUEST `extensions.purpose.code` is not a string").await;
    check(&[], json!({ "purpose": { "cod": "C" } }), "BAD_REQUEST `extensions.purpose` has no member `cod`").await;
    let control = "BAD_REQUEST `extensions.purpose.reason` holds a control character";
    check(&[], json!({ "purpose": { "reason": "a\u{0}b" } }), control).await;
    check(&[], json!({ "purpose": { "reason": "a\nb" } }), control).await;
}

#[tokio::test]
async fn what_is_stated_is_short() {
    let limits = Limits::default();
    let (reason, reference) = ("r".repeat(limits.reason_bytes_max), "r".repeat(limits.reference_bytes_max));
    check(&[("purpose-reason", &reason)], json!({}), &format!("PUBLIC {reason} - -")).await;
    let long = format!("{reason}r");
    check(&[("purpose-reason", &long)], json!({}), "LIMIT `purpose-reason` is longer than 1000 bytes").await;
    let long = format!("{reference}r");
    check(&[("case-reference", &long)], json!({}), "LIMIT `case-reference` is longer than 200 bytes").await;
    check(&[("on-behalf-of", &long)], json!({}), "LIMIT `on-behalf-of` is longer than 200 bytes").await;
    check(&[("purpose-of-use", &long)], json!({}), "LIMIT `purpose-of-use` is longer than 200 bytes").await;
}

#[tokio::test]
async fn debug_shows_no_reason() {
    let caller = stated(&[("purpose-reason", "about Elias"), ("case-reference", "DC-7")], json!({})).await.unwrap();
    let shown = format!("{caller:?}");
    assert!(!shown.contains("Elias") && !shown.contains("DC-7"), "{shown}");
}
