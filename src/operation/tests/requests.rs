use super::{SDL, bound, check, graph, request, told};
use crate::error::Code;
use crate::graph::ViewId;
use crate::limits::Limits;
use crate::operation::{Documents, Operation, OperationKind, bind};
use crate::request::Request;
use serde_json::{Value, json};

fn named(document: &str, name: Option<&str>, safe: bool) -> Result<Operation, (Code, String, Option<String>)> {
    let limits = Limits::default();
    let request = Request { operation_name: name.map(str::to_owned), safe, ..request(document, &Value::Null) };
    bind(&Documents::new(&limits), &graph(SDL), ViewId(0), &request, &limits).map_err(|refusal| {
        let first = &refusal.errors()[0];
        (first.code, first.message.clone(), first.hint.as_deref().map(str::to_owned))
    })
}

#[test]
fn an_operation_is_chosen_by_name() {
    let two = "query A { __typename } query B { cat { name } }";
    let hint = Some("`operationName` may be A, B".to_owned());
    assert_eq!(named(two, Some("B"), false).unwrap().tree.name.as_deref(), Some("B"));
    assert_eq!(named("query A { __typename }", None, false).unwrap().tree.name.as_deref(), Some("A"));
    let several = "the document has several operations and the request names none".to_owned();
    assert_eq!(named(two, None, false).unwrap_err(), (Code::BadRequest, several, hint.clone()));
    let unknown = "there is no operation `C` in the document".to_owned();
    assert_eq!(named(two, Some("C"), false).unwrap_err(), (Code::BadRequest, unknown, hint));
    let unknown = "there is no operation `` in the document".to_owned();
    assert_eq!(named("{ __typename }", Some(""), false).unwrap_err(), (Code::BadRequest, unknown, None));
}

#[test]
fn only_a_query_is_safe() {
    let mutation = "mutation { feed { name } }";
    assert!(named("{ __typename }", None, true).is_ok());
    assert_eq!(named(mutation, None, false).unwrap().tree.kind, OperationKind::Mutation);
    assert_eq!(named(mutation, None, true).unwrap_err().0, Code::MethodNotAllowed);
    let both = "query A { __typename } mutation B { feed { name } }";
    assert!(named(both, Some("A"), true).is_ok());
    assert_eq!(named(both, Some("B"), true).unwrap_err().0, Code::MethodNotAllowed);
}

/// Nor is it told whether there are any for others.
#[test]
fn who_may_never_ask_for_a_mutation_is_served_none() {
    let limits = Limits::default();
    let request = request("mutation { feed { name } }", &Value::Null);
    let graph = graph("type Query { name: String }");
    let refusal = bind(&Documents::new(&limits), &graph, ViewId(0), &request, &limits).unwrap_err();
    assert_eq!(refusal.errors()[0].code, Code::Invalid);
}

#[test]
fn subscriptions_are_not_served() {
    check("subscription { barked { name } }", &Value::Null, "INVALID subscriptions are not served");
}

#[test]
fn introspection_is_answered_apart() {
    let operation = bound(
        r#"query($n: String!) { s: __schema { queryType { name } } __typename t: __type(name: $n) { kind name fields { name } } u: __type(name: "None") { name } }"#,
        &json!({"n": "Stone"}),
    )
    .unwrap();
    let answers: Vec<_> = operation.introspection.iter().map(|(id, json)| (id.0, &**json)).collect();
    assert_eq!(
        answers,
        [
            (0, r#"{"queryType":{"name":"Query"}}"#),
            (2, r#"{"kind":"OBJECT","name":"Stone","fields":[{"name":"weight"}]}"#),
            (3, "null"),
        ]
    );
    check(
        "{ s: __schema { queryType { name } } t: __type(name: \"Cat\") { name } __typename }",
        &Value::Null,
        "
        query
          s: introspection
          t: introspection(name: \"Cat\")
          __typename: __typename",
    );
}

#[test]
fn introspection_follows_conditions_and_merging() {
    let operation = bound(
        "{ __schema { queryType { name } } ...F __schema @skip(if: true) { types { name } } } fragment F on Query { __schema { queryType { kind } } }",
        &Value::Null,
    )
    .unwrap();
    assert_eq!(&*operation.introspection[0].1, r#"{"queryType":{"name":"Query","kind":"OBJECT"}}"#);
}

#[test]
fn introspection_of_ours_is_limited_in_depth() {
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(bound(deep, &Value::Null).unwrap_err().code(), Code::Limit);
}

#[test]
fn the_whole_introspection_query_is_answered() {
    let operation = bound(include_str!("introspection.graphql"), &Value::Null).unwrap();
    let answer: Value = serde_json::from_str(&operation.introspection[0].1).unwrap();
    let names = answer["types"].as_array().unwrap().iter().filter_map(|ty| ty["name"].as_str());
    assert!(names.clone().any(|name| name == "Filter"));
    assert!(names.clone().any(|name| name == "__Type"));
}

#[test]
fn documents_and_trees_are_kept() {
    let (limits, graph) = (Limits::default(), graph(SDL));
    let documents = Documents::new(&limits);
    let id = |document: &str, variables: Value| {
        bind(&documents, &graph, ViewId(0), &request(document, &variables), &limits).unwrap().tree.id
    };
    let document = "query($a: Boolean!, $b: Boolean = false) { x: __typename @skip(if: $a) leaf(boolean: $b) }";
    let first = id(document, json!({"a": true}));
    assert_eq!(id(document, json!({"a": true, "b": true})), first);
    assert_ne!(id(document, json!({"a": false})), first);
    assert_ne!(id(&format!("{document} "), json!({"a": true})), first);
}

#[test]
fn invalid_documents_are_not_kept() {
    let (limits, graph) = (Limits::default(), graph(SDL));
    let documents = Documents::new(&limits);
    for _ in 0..2 {
        let refusal = bind(&documents, &graph, ViewId(0), &request("{ no }", &Value::Null), &limits).unwrap_err();
        assert_eq!(told(&refusal), "INVALID 1:3 type `Query` does not have a field `no`");
    }
}

#[test]
fn a_view_of_another_graph_is_no_panic() {
    let limits = Limits::default();
    let refused = bind(&Documents::new(&limits), &graph(SDL), ViewId(9), &request("{ a }", &Value::Null), &limits);
    assert_eq!(refused.unwrap_err().code(), Code::Internal);
}
