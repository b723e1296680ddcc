//! `explainAccess`: what one would get oneself, for everybody; what others would, for auditors.

use crate::small::Small;
use serde_json::{Value, json};

const EXPLAIN: &str =
    "query($q: String!, $v: String, $as: PersonaInput) { explainAccess(query: $q, variables: $v, as: $as) {
    problems { code message hint line column }
    fields { what outcome classes lacking facts rules { id cite review obligation forbids } }
} }";

/// For a query without a persona: the same as the other, where policies take the argument away.
const OWN: &str = "query($q: String!) { explainAccess(query: $q) {
    problems { code message line column } fields { what outcome classes lacking facts rules { id } }
} }";

fn field<'a>(answer: &'a Value, what: &str) -> &'a Value {
    let fields = answer["data"]["explainAccess"]["fields"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    fields.iter().find(|field| field["what"] == what).unwrap_or_else(|| panic!("{what} in {answer:#}"))
}

#[tokio::test]
async fn one_is_told_what_one_would_get_and_why() {
    let small = Small::start().await;
    let token = small.token("nora", "COURT", "MT056015J", "clerk");
    let caller = small.caller(&token, &[("purpose-of-use", "C")]).await;
    let answer = small.ask(&caller, OWN, json!({ "q": "{ person(id: \"P-2\") { name born } }" })).await;
    assert_eq!(answer["data"]["explainAccess"]["problems"], json!([]));
    assert_eq!(
        *field(&answer, "Person.born"),
        json!({ "what": "Person.born", "outcome": "DENY", "classes": ["PII"], "lacking": "reason", "facts": [], "rules": [] }),
    );
    assert_eq!(field(&answer, "Person.name")["outcome"], "ALLOW");

    // With what was lacking.
    let caller = small.caller(&token, &[("purpose-of-use", "C"), ("purpose-reason", "sentencing")]).await;
    let answer = small.ask(&caller, OWN, json!({ "q": "{ person(id: \"P-2\") { born } }" })).await;
    let born = field(&answer, "Person.born");
    assert_eq!((&born["outcome"], &born["rules"]), (&json!("ALLOW"), &json!([{ "id": "courts" }])));
}

/// What `conflicts` is asked about is asked for; what the gateway tells of it is nothing that one may or may not have.
#[tokio::test]
async fn fields_that_are_named_are_explained_as_those_that_are_selected() {
    let small = Small::start().await;
    let caller = small.caller(&small.token("nora", "COURT", "MT056015J", "clerk"), &[("purpose-of-use", "C")]).await;
    let query =
        "{ person(id: \"P-2\") { name conflicts(of: [\"born\"]) { field claims { value provenance { source } } } } }";
    let answer = small.ask(&caller, OWN, json!({ "q": query })).await;
    let born = field(&answer, "Person.born");
    assert_eq!((&born["outcome"], &born["lacking"]), (&json!("DENY"), &json!("reason")));
    assert_eq!(field(&answer, "Person.conflicts")["outcome"], "ALLOW");
    let all = answer["data"]["explainAccess"]["fields"].as_array().unwrap();
    let told = all.iter().filter_map(|field| field["what"].as_str()).filter(|what| what.starts_with('C'));
    assert_eq!(told.count(), 0, "{answer:#}");
    let answer = small.ask(&caller, OWN, json!({ "q": query.replace("born", "borne") })).await;
    assert_eq!(
        answer["data"]["explainAccess"]["problems"][0]["message"], "`Person` has no field `borne`",
        "{answer:#}"
    );
}

#[tokio::test]
async fn what_each_record_decides_is_said_with_the_facts_that_it_is_decided_by() {
    let small = Small::start().await;
    let caller =
        small.caller(&small.token("cass", "PRETRIAL", "MT056017B", "case manager"), &[("purpose-of-use", "C")]).await;
    let answer = small.ask(&caller, OWN, json!({ "q": "{ person(id: \"P-2\") { name } }" })).await;
    let name = field(&answer, "Person.name");
    assert_eq!((&name["outcome"], &name["facts"]), (&json!("BY_RECORD"), &json!(["juvenile"])));
    assert_eq!(name["rules"], json!([{ "id": "youth" }, { "id": "public" }]));
}

#[tokio::test]
async fn an_auditor_is_told_what_others_would_get() {
    let small = Small::start().await;
    let auditor = small.token("ada", "BOCC", "MT025000X", "auditor");
    let auditor = small.caller(&auditor, &[("purpose-of-use", "AUDIT")]).await;
    let clerk = json!({ "kind": "COURT", "roles": ["clerk"], "purpose": "C", "reason": true });
    let query = "query($id: ID!) { person(id: $id) { born score } }";
    let asked = json!({ "q": query, "v": "{\"id\": \"P-1\"}", "as": clerk });
    let answer = small.ask(&auditor, EXPLAIN, asked).await;
    assert_eq!(answer["data"]["explainAccess"]["problems"], json!([]), "{answer:#}");
    let born = field(&answer, "Person.born");
    let rule =
        json!({ "id": "courts", "cite": "44-5-303 MCA", "review": "2027-02-01", "obligation": null, "forbids": false });
    assert_eq!((&born["outcome"], &born["rules"]), (&json!("ALLOW"), &json!([rule])));
    // Read in the whole graph: a court's own has no scores at all.
    assert_eq!(field(&answer, "Person.score")["outcome"], "DENY");

    let manager = json!({ "kind": "PRETRIAL", "purpose": "C" });
    let asked = json!({ "q": "{ person(id: \"P-1\") { score } }", "as": manager });
    let answer = small.ask_at(&auditor, EXPLAIN, asked, crate::small::END - 1).await;
    let rules = field(&answer, "Person.score")["rules"].as_array().unwrap();
    let scores = rules.iter().find(|rule| rule["id"] == "scores").unwrap();
    assert_eq!(scores["obligation"], "not to be passed on");
}

#[tokio::test]
async fn nobody_else_is_and_does_not_see_that_it_can_be_asked() {
    let small = Small::start().await;
    let persona = json!({ "kind": "COURT", "purpose": "C" });
    let asked = json!({ "q": "{ person(id: \"P-1\") { born } }", "as": persona });
    // Of the same kind of agency, but no auditor, or for another purpose.
    for (role, purpose) in [("steward", "AUDIT"), ("auditor", "C")] {
        let token = small.token("bea", "BOCC", "MT025000X", role);
        let caller = small.caller(&token, &[("purpose-of-use", purpose)]).await;
        let answer = small.ask(&caller, EXPLAIN, asked.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN_ARGUMENT", "{role} {purpose} {answer}");
        assert!(answer.get("data").is_none());
    }
    // Of another kind: for them there is no such argument.
    let token = small.token("nora", "COURT", "MT056015J", "clerk");
    let caller = small.caller(&token, &[("purpose-of-use", "C")]).await;
    let answer = small.ask(&caller, EXPLAIN, asked).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID", "{answer}");
}

/// What one would not find in one's own graph is no more found by asking for an explanation.
#[tokio::test]
async fn one_is_told_nothing_about_what_ones_graph_has_not() {
    let small = Small::start().await;
    let token = small.token("nora", "COURT", "MT056015J", "clerk");
    let caller = small.caller(&token, &[("purpose-of-use", "C")]).await;
    let explained = async |query: &str| small.ask(&caller, OWN, json!({ "q": query })).await;
    let hidden = explained("{ person(id: \"P-1\") { score } }").await.to_string();
    let absent = explained("{ person(id: \"P-1\") { scare } }").await.to_string();
    assert!(hidden.contains("INVALID"));
    assert_eq!(hidden.replace("score", "scare"), absent);
}

#[tokio::test]
async fn a_query_that_cant_be_asked_is_explained_by_what_is_wrong_with_it() {
    let small = Small::start().await;
    let caller = small.caller(&small.token("nora", "COURT", "MT056015J", "clerk"), &[("purpose-of-use", "C")]).await;
    for query in
        ["{ person(id: \"P-1\") { nme }", "{ person(id: \"P-1\") {\n  nme } }", "{ person { name } }", "mutation { x }"]
    {
        let answer = small.ask(&caller, OWN, json!({ "q": query })).await;
        let problem = answer["data"]["explainAccess"]["problems"][0].clone();
        let error = small.ask(&caller, query, json!({})).await["errors"][0].clone();
        assert_eq!(
            (&problem["code"], &problem["message"], &problem["line"], &problem["column"]),
            (
                &error["extensions"]["code"],
                &error["message"],
                &error["locations"][0]["line"],
                &error["locations"][0]["column"]
            ),
        );
        assert_eq!(answer["data"]["explainAccess"]["fields"], json!([]));
    }
}

#[tokio::test]
async fn a_purpose_that_would_be_refused_is_a_problem_too() {
    let small = Small::start().await;
    let auditor = small.token("ada", "BOCC", "MT025000X", "auditor");
    let auditor = small.caller(&auditor, &[("purpose-of-use", "AUDIT")]).await;
    for (purpose, code) in [(json!(null), "PURPOSE_REQUIRED"), (json!("AUDIT"), "PURPOSE_REFUSED")] {
        let persona = json!({ "kind": "COURT", "purpose": purpose });
        let asked = json!({ "q": "{ person(id: \"P-1\") { name } }", "as": persona });
        let answer = small.ask(&auditor, EXPLAIN, asked).await;
        assert_eq!(answer["data"]["explainAccess"]["problems"][0]["code"], code, "{answer}");
    }
    let asked =
        json!({ "q": "{ person(id: \"P-1\") { name } }", "v": "[1]", "as": { "kind": "COURT", "purpose": "C" } });
    let answer = small.ask(&auditor, EXPLAIN, asked).await;
    assert_eq!(answer["data"]["explainAccess"]["problems"][0]["code"], "BAD_REQUEST");
    let asked = json!({ "q": "{ person(id: \"P-1\") { name } }", "as": { "kind": "CURT", "purpose": "C" } });
    let answer = small.ask(&auditor, EXPLAIN, asked).await;
    assert_eq!(answer["data"]["explainAccess"]["problems"][0]["message"], "`as.kind` is no kind of agency");
}
