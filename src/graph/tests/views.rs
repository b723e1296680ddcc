//! The schema as each audience may ask it.

use super::{JAIL, STORE, check, load};

const GRAPH: &str = r#"
interface Named { name: String nick: String }
union Thing = Person | Vault
type Query {
  person(id: ID!): Person
  people(name: String, ssn: String @data(class: [SECRET])): [Person!]
  bySsn(ssn: ID! @data(class: [SECRET])): Person
  thing(id: ID!): Thing
  vault(id: ID!): Vault
}
type Person implements Named @entity(key: "id") @data(class: [PUB]) {
  id: ID! name: String
  nick: String @data(class: [SECRET])
  file: File @data(class: [SECRET])
  locks: [Lock!]
  kind: AgencyKind
  provenance(of: [String!]): [Provenance!]!
}
type File @data(class: [PUB]) { text: Paper }
enum Paper { A4 }
type Lock @data(class: [SECRET]) { code: String }
type Vault @entity(key: "id") @data(class: [SECRET]) { id: ID! locks: [Lock!] }
"#;

const PEOPLE: &str = r#"
title = "People"
kind = "rest"
[reach]
base_url = "env:PEOPLE_URL"
[entity.Person]
same = ["id", "name", "nick", "kind"]
[entity.Person.fields]
file = { at = "/file", fields = { text = "/text" } }
locks = { at = "/locks", each = true, fields = { code = "/code" } }
[entity.Person.by.id]
get = "/people/{key}"
[entity.Person.find.people]
get = "/people"
args = { name = "name", ssn = "ssn" }
[entity.Person.find.bySsn]
get = "/people?ssn={ssn}"
[entity.Vault]
same = ["id"]
[entity.Vault.fields]
locks = { at = "/locks", each = true, fields = { code = "/code" } }
[entity.Vault.by.id]
get = "/vaults/{key}"
"#;

/// The types of the graph, without those of GraphQL itself.
fn sdl(view: usize) -> String {
    let (graph, _) = load(GRAPH, &[("people", PEOPLE)]).expect("a good graph");
    let text = graph.views[view].sdl_text();
    let wanted = |block: &&str| !block.contains("Provenance {") && !block.contains("ProvenanceMode {");
    text.split("\n\n").filter(wanted).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_but_the_gateways_own_directives() {
    check(
        &sdl(0),
        r#"
        interface Named {
          name: String
          nick: String
        }
        union Thing = Person | Vault
        type Query {
          person(id: ID!): Person
          people(name: String, ssn: String): [Person!]
          bySsn(ssn: ID!): Person
          thing(id: ID!): Thing
          vault(id: ID!): Vault
        }
        type Person implements Named {
          id: ID!
          name: String
          nick: String
          file: File
          locks: [Lock!]
          kind: AgencyKind
          provenance(of: [String!]): [Provenance!]!
        }
        type File {
          text: Paper
        }
        enum Paper {
          A4
        }
        type Lock {
          code: String
        }
        type Vault {
          id: ID!
          locks: [Lock!]
        }
        enum AgencyKind {
          COURT
          DETENTION
        }
        """An instant, `2026-02-14T21:05:00Z`: RFC 3339, always in UTC."""
        scalar DateTime
        "#,
    );
}

#[test]
fn no_field_argument_or_type_of_another_class() {
    check(
        &sdl(1),
        r#"
        interface Named {
          name: String
        }
        union Thing = Person
        type Query {
          person(id: ID!): Person
          people(name: String): [Person!]
          thing(id: ID!): Thing
        }
        type Person implements Named {
          id: ID!
          name: String
          kind: AgencyKind
          provenance(of: [String!]): [Provenance!]!
        }
        enum AgencyKind {
          COURT
          DETENTION
        }
        """An instant, `2026-02-14T21:05:00Z`: RFC 3339, always in UTC."""
        scalar DateTime
        "#,
    );
}

#[test]
fn the_first_view_is_everything() {
    let (graph, _) = load(super::SCHEMA, &[("jail", JAIL), ("store", STORE)]).expect("a good graph");
    let names: Vec<&str> = graph.views.iter().map(|view| &*view.audience.name).collect();
    assert_eq!(names, ["everything", "public"]);
}

#[test]
fn nothing_of_the_hidden_is_left_in_the_schema() {
    let (graph, _) = load(GRAPH, &[("people", PEOPLE)]).expect("a good graph");
    let debug = format!("{:?}", graph.views[1].sdl);
    for hidden in ["nick", "ssn", "bySsn", "Vault", "Lock", "Paper", "SECRET", "DataClass"] {
        assert!(!debug.contains(hidden), "`{hidden}` is still there");
    }
}

const SEARCH: &str = r#"
type Query @data(class: [PUB]) { people(where: Search, by: Key, page: Page): [Person!] }
type Person @entity(key: "id") @data(class: [PUB]) { id: ID! }
input Search { name: String number: ID @data(class: [SECRET]) inner: Inner }
input Inner { code: ID! @data(class: [SECRET]) note: String }
input Key { kind: String @data(class: [SECRET]) }
input Page { first: Int! = 3 @data(class: [SECRET]) last: Int }
"#;

/// A field of an input type that an audience may not ask with is not there for it; where it must be given, its type is not.
#[test]
fn input_fields_of_other_classes() {
    let people = r#"
title = "People"
kind = "rest"
[reach]
base_url = "env:PEOPLE_URL"
[entity.Person]
same = ["id"]
[entity.Person.find.people]
post = "/people"
body = { where = "{where}", by = "{by}", page = "{page}" }
"#;
    let (graph, _) = load(SEARCH, &[("people", people)]).expect("a good graph");
    let blocks = |view: usize| {
        let text = graph.views[view].sdl_text();
        let wanted = |block: &&str| ["type Query", "input "].iter().any(|start| block.starts_with(start));
        text.split("\n\n").filter(wanted).map(|block| block.trim().to_owned()).collect::<Vec<_>>().join("\n")
    };
    check(
        &blocks(1),
        r"
        type Query {
          people(where: Search, page: Page): [Person!]
        }
        input Search {
          name: String
        }
        input Page {
          last: Int
        }
        ",
    );
    assert!(blocks(0).contains("number: ID") && !blocks(0).contains("@data"), "{}", blocks(0));
}
