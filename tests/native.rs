//! Native: what the gateway itself knows, asked through the graph like any other source.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/gateway.rs"]
mod gateway;

use ask::ask;
use headwaters::limits::Limits;
use headwaters::native::{Catalog, Limit, Native, Source};
use headwaters::source::Environment;
use serde_json::{Map, Value, json};
use std::path::Path;

#[test]
fn the_file_of_the_graph_is_what_the_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/graph/gateway.graphql");
    let written = std::fs::read_to_string(&path).unwrap();
    let meant = Native::new(Catalog::default()).sdl();
    assert_eq!(written, meant, "write it with `headwaters schema --native > schema/graph/gateway.graphql`");
}

#[tokio::test]
async fn sources_viewer_and_gateway_are_answered_through_the_graph() {
    let answer =
        answer("{ sources { name title agency kind golden types } viewer { name } gateway { limits { name value } } }")
            .await;
    let expect = json!({
        "data": {
            "sources": [
                { "name": "golden", "title": "Store", "agency": null, "kind": "sql", "golden": true, "types": ["Person"] },
                { "name": "jail", "title": "Jail", "agency": "MT1", "kind": "rest", "golden": false, "types": [] },
            ],
            "viewer": { "name": "developer" },
            "gateway": { "limits": [{ "name": "keysMax", "value": 7 }] },
        },
        "extensions": { "sources": [{ "name": "gateway", "status": "OK" }] },
    });
    assert_eq!(answer, expect);
}

#[tokio::test]
async fn the_viewer_is_told_who_they_are_and_what_they_state() {
    let fields = "name provider agency employer kind roles division certifications subject purpose reason caseReference onBehalfOf";
    let answer = answer(&format!("{{ viewer {{ {fields} }} }}")).await;
    let expect = json!({
        "name": "developer", "provider": "headwaters", "agency": null, "employer": null, "kind": "BOCC", "roles": [],
        "division": null, "certifications": [], "subject": null, "purpose": "C", "reason": null, "caseReference": null,
        "onBehalfOf": null,
    });
    assert_eq!(answer["data"]["viewer"], expect);
}

#[tokio::test]
async fn it_says_its_version_and_its_type() {
    let answer = answer("{ gateway { __typename v: version } other: viewer { __typename } }").await;
    let version = env!("CARGO_PKG_VERSION");
    let expect = json!({ "gateway": { "__typename": "Gateway", "v": version }, "other": { "__typename": "Viewer" } });
    assert_eq!(answer["data"], expect);
}

const WORDS: &str = "
    type Query { person(id: ID!): Person }
    type Person @entity(key: \"id\") @data(class: [PUB]) { id: ID! }
    input BookingRef { facility: ID! number: ID! }
    enum AgencyKind { BOCC }
    enum DataClass { PUB AUDIT DISCLOSURE DISCLOSURE_MORE CONTROL COPIES }
    directive @facts(
      readerKind: String, readerAgency: String, readerUser: String, readerProvider: String, readerRoles: String,
      onBehalfOf: String, owners: String, owner: String, given: String, of: String, classes: String
    ) on OBJECT";

/// Whom disclosures are about.
const PEOPLE: &str = "
    title = \"People\"
    kind = \"file\"
    golden = true
    reach = { path = \"people.json\" }
    [entity.Person]
    same = [\"id\"]
    [entity.Person.by.id]
    match = \"/id\"";

/// The gateway's own file and its resolver, and nothing else.
async fn answer(query: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (graph, resolvers) = (folder.path().join("graph"), folder.path().join("resolvers"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir(&graph).unwrap();
    std::fs::create_dir(&resolvers).unwrap();
    std::fs::write(graph.join("words.graphql"), WORDS).unwrap();
    std::fs::write(resolvers.join("people.toml"), PEOPLE).unwrap();
    std::fs::write(resolvers.join("people.json"), "[]").unwrap();
    std::fs::copy(root.join("schema/graph/gateway.graphql"), graph.join("gateway.graphql")).unwrap();
    std::fs::copy(root.join("resolvers/gateway.toml"), resolvers.join("gateway.toml")).unwrap();
    let gateway = gateway::open(&graph, &resolvers, &Environment::default(), &Limits::default(), catalog()).await;
    serde_json::from_slice(&ask(&gateway, query, Map::new()).await).unwrap()
}

fn catalog() -> Catalog {
    let source = |name: &str, title: &str, agency: Option<&str>, kind: &str| Source {
        name: name.to_owned(),
        title: title.to_owned(),
        agency: agency.map(str::to_owned),
        kind: kind.to_owned(),
        golden: kind == "sql",
        types: if kind == "sql" { vec!["Person".to_owned()] } else { Vec::new() },
    };
    let sources = vec![source("golden", "Store", None, "sql"), source("jail", "Jail", Some("MT1"), "rest")];
    Catalog { sources, limits: vec![Limit { name: "keysMax".to_owned(), value: 7 }], forms: Vec::new() }
}
