//! Documents, and GraphQL answers of every kind.

use super::*;
use crate::graph::Match;
use crate::graph::{
    Access, AccessArgument, BindingId, By, Compare, Convert, Entry, Find, Graph, Locator, Place, Reach, RootField,
    SourceKind, TypeId,
};
use crate::limits::Limits;
use crate::record::{Column, Keys, Layout, Take, What};
use crate::source::{Age, Call, Environment, Executed, Fetch, Identity, InProcess, Sources, Way};
use crate::viewer::Viewer;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn root(batch: bool) -> RootField {
    RootField {
        limit: None,
        limit_max: None,
        field: "offenders".into(),
        keys: vec![if batch { "ids" } else { "id" }.into()],
        key_types: vec![if batch { "[ID!]!" } else { "Int!" }.into()],
        records: if batch { pointer("/nodes") } else { pointer("") },
        one: !batch,
        batch,
        matches: if batch { vec![Match::plain(pointer("/id"))] } else { vec![] },
    }
}

fn graph_with(kind: SourceKind, access: Access) -> Arc<Graph> {
    let arguments = vec![AccessArgument {
        name: "active".into(),
        to: "onlyActive".into(),
        compare: Compare::Is,
        ty: None,
        of: None,
    }];
    let find = RootField { keys: vec![], key_types: vec![], ..root(false) };
    let find = Access::Graphql(RootField { one: false, ..find });
    graph(kind, Reach::default(), |mut binding| {
        binding.by.push(By {
            name: "number".into(),
            parts: 1,
            many: false,
            crosswalk: None,
            keys_max: 50,
            arguments: arguments.clone(),
            access,
            conditions: Vec::new(),
            place: Place::default(),
        });
        binding.find.push(Find {
            field: BOOKINGS,
            arguments,
            access: find,
            first_max: None,
            conditions: Vec::new(),
            place: Place::default(),
        });
        binding
    })
}

fn columns() -> Vec<Column> {
    vec![column(What::Field(NUMBER), "/id", text()), column(What::Field(COUNT), "/stays/0/count", Convert::Int)]
}

fn by(given: &[&str]) -> Arc<Fetch> {
    fetch(Way::Binding(BindingId(0), Entry::By(0)), columns(), given)
}

/// Asks for a, b and c, and checks what comes of this answer.
async fn check(access: impl Fn() -> Access, answer: &'static str, expect: &str) {
    let agency = Agency::serve(move |_| (200, answer.to_owned())).await;
    let graph = graph_with(SourceKind::Graphql, access());
    let sources = open(&graph, &agency.url, &Limits::default()).await;
    let shown = ask(&sources, &graph, &by(&[]), &keys(&["a", "b", "c"]), &json!({})).await;
    assert_eq!(shown, expect, "{answer}");
}

#[tokio::test]
async fn a_batch_by_a_list() {
    let access = || Access::Graphql(root(true));
    let lost = "Unavailable(\"errors in the answer\")";
    let all = format!("{lost} {lost} {lost}");
    check(
        access,
        r#"{"data":{"offenders":{"nodes":[{"id":"c","stays":[{"count":3}]},null,{"id":"a"}]}}}"#,
        "[('a' -)] [] [('c' 3)]",
    )
    .await;
    let partial = r#"{"data":{"offenders":{"nodes":[{"id":"c"},{"id":"a"}]}},"errors":[{"path":["offenders","nodes",1,"stays"]}]}"#;
    check(access, partial, &format!("{lost} [] [('c' -)]")).await;
    let unknown = r#"{"data":{"offenders":{"nodes":[null,{"id":"a"}]}},"errors":[{"path":["offenders","nodes",0]}]}"#;
    check(access, unknown, &all).await;
    check(access, r#"{"data":{"offenders":{"nodes":[]}},"errors":[{"message":"odd"}]}"#, &all).await;
    check(access, r#"{"data":{"offenders":null},"errors":[{"path":["offenders"]}]}"#, &all).await;
    check(access, r#"{"errors":[{"message":"no"}]}"#, &all).await;
}

#[tokio::test]
async fn one_call_a_key_verified() {
    let access = || Access::Graphql(RootField { matches: vec![Match::plain(pointer("/id"))], ..root(false) });
    let unasked = "Invalid(\"a record that nobody asked for\")";
    check(access, r#"{"data":{"offenders":{"id":"b"}}}"#, &format!("{unasked} [('b' -)] {unasked}")).await;
}

#[tokio::test]
async fn entities_by_representation() {
    let access = || Access::Entities(vec!["number".into()]);
    let lost = "Unavailable(\"errors in the answer\")";
    check(access, r#"{"data":{"_entities":[{"id":"a"},null,{"id":"c"}]}}"#, "[('a' -)] [] [('c' -)]").await;
    let partial = r#"{"data":{"_entities":[{"id":"a"},null,{"id":"c"}]},"errors":[{"path":["_entities",1]}]}"#;
    check(access, partial, &format!("[('a' -)] {lost} [('c' -)]")).await;
    let short = "Invalid(\"not one entity a representation\")";
    check(access, r#"{"data":{"_entities":[]}}"#, &format!("{short} {short} {short}")).await;
}

#[tokio::test]
async fn documents() {
    let agency = Agency::serve(|_| (200, r#"{"data":null,"errors":[{}]}"#.to_owned())).await;
    let sent = async |access, way: Entry, asked: &Keys| {
        let graph = graph_with(SourceKind::Graphql, access);
        let sources = open(&graph, &agency.url, &Limits::default()).await;
        let fetch = fetch(Way::Binding(BindingId(0), way), columns(), &["active"]);
        ask(&sources, &graph, &fetch, asked, &json!({"active": true})).await;
        let line = agency.asked.lock().unwrap().pop().unwrap();
        let body: Value = serde_json::from_str(line.strip_prefix("POST /api/ ").unwrap()).unwrap();
        format!("{} {}", body["query"].as_str().unwrap(), body["variables"])
    };
    assert_eq!(
        sent(Access::Graphql(root(true)), Entry::By(0), &keys(&["1\"", "2"])).await,
        "query($k0: [ID!]!, $a0: Boolean!) { offenders(ids: $k0, onlyActive: $a0) { nodes { id stays { count } } } } \
         {\"k0\":[\"1\\\"\",\"2\"],\"a0\":true}"
    );
    assert_eq!(
        sent(Access::Graphql(root(false)), Entry::By(0), &keys(&["1"])).await,
        "query($k0: Int!, $a0: Boolean!) { offenders(id: $k0, onlyActive: $a0) { id stays { count } } } {\"k0\":1,\"a0\":true}"
    );
    assert_eq!(
        sent(Access::Graphql(root(false)), Entry::Find(0), &Keys::default()).await,
        "query($a0: Boolean!) { offenders(onlyActive: $a0) { id stays { count } } } {\"a0\":true}"
    );
    assert_eq!(
        sent(Access::Entities(vec!["count".into()]), Entry::By(0), &keys(&["7"])).await,
        "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Booking { id stays { count } } } } \
         {\"representations\":[{\"__typename\":\"Booking\",\"count\":7}],\"a0\":true}"
    );
}

#[test]
fn fields_of_concrete_types_stand_in_fragments() {
    let graph = graph_with(SourceKind::Graphql, Access::Graphql(root(false)));
    let codes: [(Arc<str>, TypeId); 1] = [("Offender".into(), BOOKING)];
    let kind =
        Column { what: What::Type, at: Locator::Pointer(pointer("/__typename")), take: Take::Type(Arc::new(codes)) };
    let inner = Layout { columns: vec![kind.clone(), column(What::Field(STATE), "/a/b", text())] };
    let object = Column { what: What::AsOf, at: Locator::Pointer(pointer("/o")), take: Take::Object(Arc::new(inner)) };
    let empty = Column { what: What::AsOf, at: Locator::Pointer(pointer("/e")), take: Take::Objects(Arc::default()) };
    let layout = Layout { columns: vec![kind, column(What::Field(STATE), "/state", text()), object, empty] };
    let text = crate::source::document::root(&graph, ("query", "f", &pointer("")), &[], &layout, &[]);
    assert_eq!(
        text,
        "query { f { __typename o { __typename ... on Offender { a { b } } } e { __typename } ... on Offender { state } } }"
    );
}

struct Part;

impl InProcess for Part {
    fn execute(&self, document: &str, variables: Value, viewer: Option<Arc<Viewer>>) -> BoxFuture<'static, Executed> {
        assert!(document.contains("_entities"));
        let representations = variables["representations"].as_array().unwrap().len();
        let user = viewer.map(|viewer| viewer.user.to_string());
        let entities: Vec<_> = (0..representations).map(|_| json!({"id": user})).collect();
        let slow = user.as_deref() == Some("slow");
        Box::pin(async move {
            if slow {
                std::future::pending::<()>().await;
            }
            Ok(json!({"data": {"_entities": entities}}).to_string().into_bytes())
        })
    }
}

#[tokio::test]
async fn the_gateways_own_part_answers_on_behalf_of_the_caller() {
    let graph = graph_with(SourceKind::Native, Access::Entities(vec!["number".into()]));
    let sources =
        Sources::open(&graph, &Environment::default(), &Limits::default(), Some(Arc::new(Part))).await.unwrap();
    let check = async |user: &str, deadline_ms: u64, expect: &str| {
        let viewer = Viewer { user: user.into(), ..Viewer::default() };
        let call = Call {
            fetch: &by(&[]),
            keys: &keys(&["a"]),
            arguments: &serde_json::Map::new(),
            identity: Identity::OnBehalf(Arc::new(viewer)),
            page: None,
            age: Age::default(),
            untraced: false,
            deadline: Instant::now() + Duration::from_millis(deadline_ms),
        };
        assert_eq!(shown(&sources.fetch(&graph, call).await), expect);
    };
    check("clerk", 20_000, "[('clerk' -)]").await;
    check("slow", 50, "Timeout").await;
}

#[tokio::test]
async fn a_native_source_needs_a_part() {
    let graph = graph_with(SourceKind::Native, Access::Entities(vec!["number".into()]));
    let problems = Sources::open(&graph, &Environment::default(), &Limits::default(), None).await.unwrap_err();
    assert_eq!(problems.0.len(), 1);
}
