//! Mistakes in how records lead to each other.

use super::{JAIL, SCHEMA, STORE, check, jail_with, load, problems, schema_with, store_with};
use crate::graph::Locator;
use crate::graph::{Access, By};
use std::sync::Arc;

#[test]
fn no_source_for_a_link() {
    check(
        &jail_with("[entity.Booking.by.person]", "[entity.Booking.by.persn]"),
        r"
        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.persn]
            |                    ^^^^^ nothing asks for `Booking` by `persn`
          hint: did you mean `person`?

        1 problem, nothing is served
        ",
    );
}

#[test]
fn nobody_has_bookings() {
    check(
        &problems(SCHEMA, &[("store", STORE.trim_start())]),
        r#"
        graph/a.graphql:2:75
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link }
            |                                                                           ^^^^^^^^ no source answers `Person.bookings`
          hint: write `[entity.Booking.by.person]` in a resolver file, or `bookings = …` in `[entity.Person.fields]` where the record itself holds the key

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_batch_without_match() {
    check(
        &jail_with(
            r#"match = "/no"
"#,
            "",
        ),
        r#"
        resolvers/jail.toml:5:20
          5 | [entity.Booking.by.number]
            |                    ^^^^^^ nothing says which record answers which key: `match` is missing
          hint: `match = "/place/of/the/key"`, within a record

        1 problem, nothing is served
        "#,
    );
}

fn place(at: &Locator) -> Vec<Arc<str>> {
    match at {
        Locator::Pointer(at) => at.0.clone(),
        other => panic!("{other:?}"),
    }
}

/// Where the records of the jail's ways in hold their keys.
fn matches_with(from: &str, to: &str) -> String {
    assert!(JAIL.contains(from), "the jail's file has no `{from}`");
    let (graph, _) = load(SCHEMA, &[("jail", &JAIL.replace(from, to)), ("store", STORE)]).unwrap();
    let binding = graph.bindings.iter().find(|binding| graph.type_of(binding.on).name.as_ref() == "Booking").unwrap();
    let matches = |by: &By| match &by.access {
        Access::Rest(endpoint) => {
            format!("{} {:?}", by.name, endpoint.matches.iter().map(|known| place(&known.at)).collect::<Vec<_>>())
        }
        _ => String::new(),
    };
    binding.by.iter().map(matches).collect::<Vec<_>>().join(", ")
}

#[test]
fn calls_for_one_key_are_verified() {
    let (batch, one) = ("get = \"/bookings?numbers={keys}\"\nmatch = \"/no\"", "get = \"/bookings/{key}\"");
    let other = "person [[\"inmate\"]]";
    assert_eq!(matches_with(batch, one), format!("number [[\"no\"]], {other}"));
    let said = format!("{one}\nmatch = \"/other\"");
    assert_eq!(matches_with(batch, &said), format!("number [[\"other\"]], {other}"));
    let trimmed = JAIL.replace("number = \"/no\"", "number = { at = \"/no\", trim = true }");
    assert_eq!(matches_with(JAIL, &trimmed.replace(batch, one)), format!("number [[\"no\"]], {other}"));
    let (batch, one) = ("{keys}\"\nmatch = \"/inmate\"", "{key}\"");
    assert_eq!(matches_with(batch, one), "number [[\"no\"]], person [[\"inmate\"]]");
    assert_eq!(matches_with(batch, &format!("{one}\nmatch = \"/inmate\"")), "number [[\"no\"]], person [[\"inmate\"]]");
}

#[test]
fn match_of_too_many_parts() {
    check(
        &jail_with(r#"match = "/no""#, r#"match = ["/court", "/no"]"#),
        r"
        resolvers/jail.toml:5:20
          5 | [entity.Booking.by.number]
            |                    ^^^^^^ the key has 1 part, `match` has 2 parts

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_call_that_names_no_key() {
    check(
        &jail_with("/bookings?numbers={keys}", "/bookings"),
        r#"
        resolvers/jail.toml:6:7
          6 | get = "/bookings"
            |       ^^^^^^^^^^^ the call does not say which record: `{key}` is missing
          hint: `{keys}` asks for many at once

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn keys_max_without_keys() {
    check(
        &jail_with(
            r#"get = "/bookings?numbers={keys}"
match = "/no""#,
            r#"get = "/bookings/{key}"
keys_max = 5"#,
        ),
        r"
        resolvers/jail.toml:7:12
          7 | keys_max = 5
            |            ^ without `{keys}` one call asks for one key
          hint: put `{keys}` into the path or the body, or leave `keys_max` out

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_part_that_the_key_has_not() {
    check(
        &jail_with("/bookings?numbers={keys}", "/bookings/{key}/{2}"),
        r#"
        resolvers/jail.toml:6:7
          6 | get = "/bookings/{key}/{2}"
            |       ^^^^^^^^^^^^^^^^^^^^^ the key has 1 part, there is no `{2}`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn an_unknown_hole() {
    check(
        &jail_with("/inmates?ids={keys}", "/inmates?ids={keys}&active={activ}"),
        r#"
        resolvers/jail.toml:10:7
          10 | get = "/inmates?ids={keys}&active={activ}"
             |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `{activ}` is no argument of `Person.bookings`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn an_open_hole() {
    check(
        &jail_with("/inmates?ids={keys}", "/inmates?ids={keys"),
        r#"
        resolvers/jail.toml:10:7
          10 | get = "/inmates?ids={keys"
             |       ^^^^^^^^^^^^^^^^^^^^ a `{` without its `}`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_path_below_nothing() {
    check(
        &jail_with("/inmates?ids={keys}", "inmates?ids={keys}"),
        r#"
        resolvers/jail.toml:10:7
          10 | get = "inmates?ids={keys}"
             |       ^^^^^^^^^^^^^^^^^^^^ a path starts with `/`, below the source's `base_url`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn an_argument_that_no_field_has() {
    check(
        &jail_with(
            "many = true",
            r#"many = true
args = { active = "only_active" }"#,
        ),
        r#"
        resolvers/jail.toml:13:10
          13 | args = { active = "only_active" }
             |          ^^^^^^ `active` is no argument of `Person.bookings`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn get_and_post() {
    check(
        &jail_with(
            r#"get = "/inmates"#,
            r#"post = "/x"
get = "/inmates"#,
        ),
        r#"
        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.person]
            |                    ^^^^^^ either `get` or `post` must say what to call
          hint: `get = "/bookings?numbers={keys}"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_list_and_one_record_a_key() {
    check(
        &jail_with(
            "many = true
",
            "",
        ),
        r"
        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.person]
            |                    ^^^^^^ `Person.bookings` is a list, and this gives one record a key
          hint: write `many = true`

        1 problem, nothing is served
        ",
    );
}

#[test]
fn one_call_a_key() {
    check(
        &jail_with(
            r#"get = "/inmates?ids={keys}"
match = "/inmate""#,
            r#"get = "/inmates/{key}""#,
        ),
        r"
        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.person]
            |                    ^^^^^^ warning: `Person.bookings` asks `jail` once a key, 8 at a time
          hint: a call that takes `{keys}` asks for many at once, if the source has one

        1 warning
        ",
    );
}

#[test]
fn an_argument_that_is_not_passed_on() {
    check(
        &schema_with("bookings: [Booking!]", "bookings(active: Boolean): [Booking!]"),
        r#"
        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.person]
            |                    ^^^^^^ `Person.bookings` has an argument `active` that is not passed on here
          hint: `args = { active = "…" }`; an argument is never left out without a word

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn an_argument_of_a_plain_field() {
    check(
        &schema_with("name: String", "name(upper: Boolean): String"),
        r#"
        graph/a.graphql:2:62
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name(upper: Boolean): String bookings: [Booking!] …
            |                                                              ^^^^ `Person.name` stands in its record, nobody understands `upper`
          hint: only fields that lead to a record (`@link`) take arguments

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_crosswalk_that_nobody_keeps() {
    check(
        &store_with(
            r#"[crosswalk.Person]
table = "crosswalk"
key = "person_id"
system = "system"
local = "local_id"
"#,
            "",
        ),
        r#"
        resolvers/jail.toml:9:13
          9 | crosswalk = "JAIL"
            |             ^^^^^^ no source keeps a crosswalk of `Person` to `JAIL`
          hint: write `[crosswalk.Person]` in the file of the store that knows the numbers of other systems

        resolvers/jail.toml:15:40
          15 | person = { at = "/inmate", crosswalk = "JAIL" }
             |                                        ^^^^^^ no source keeps a crosswalk of `Person` to `JAIL`
          hint: write `[crosswalk.Person]` in the file of the store that knows the numbers of other systems

        2 problems, nothing is served
        "#,
    );
}

#[test]
fn no_table() {
    check(
        &store_with(
            r#"table = "person"
"#,
            "",
        ),
        r#"
        resolvers/store.toml:13:19
          13 | [entity.Person.by.id]
             |                   ^^ nothing says which table
          hint: write `table = "…"` in `[entity.Person]`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_columns() {
    check(
        &store_with(
            "[entity.Person.by.id]",
            r#"[entity.Person.by.id]
columns = ["a", "b"]"#,
        ),
        r"
        resolvers/store.toml:14:19
          14 | [entity.Person.by.id]
             |                   ^^ the key has 1 part, not 2 columns
          hint: a column for each part of the key

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_field_that_no_source_offers() {
    check(
        &jail_with(r#"state = { at = "/st", codes = { IN = "IN_CUSTODY" }, other = "RELEASED" }"#, ""),
        r"
        graph/a.graphql:7:3
          7 |   state: State
            |   ^^^^^ no source offers `Booking.state`
          hint: write `state = …` in `[entity.Booking.fields]` of resolvers/jail.toml, or of another source

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_record_without_its_key() {
    check(
        &jail_with(
            r#"number = "/no"
"#,
            "",
        ),
        r"
        graph/a.graphql:4:3
          4 |   number: ID!
            |   ^^^^^^ no source offers `Booking.number`
          hint: write `number = …` in `[entity.Booking.fields]` of resolvers/jail.toml, or of another source

        resolvers/jail.toml:5:9
          5 | [entity.Booking.by.number]
            |         ^^^^^^^ `Booking.number` is in the key, and this source does not say where it stands
          hint: write `number = …` in `[entity.Booking.fields]`

        2 problems, nothing is served
        ",
    );
}

#[test]
fn a_search_that_nobody_answers() {
    check(
        &schema_with(
            "person(id: ID!): Person }",
            "person(id: ID!): Person people(name: String, city: String): [Person!] }",
        ),
        r"
        graph/a.graphql:1:38
          1 | type Query { person(id: ID!): Person people(name: String, city: String): [Person!] }
            |                                      ^^^^^^ `Query.people` has no argument for the key of `Person`, `id`
          hint: `[entity.Person.find.people]` answers it as a search

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_search_for_another_type() {
    check(
        &store_with(
            "[entity.Person.by.id]",
            "[entity.Person.by.id]
[entity.Person.find.persn]",
        ),
        r"
        resolvers/store.toml:15:21
          15 | [entity.Person.find.persn]
             |                     ^^^^^ Query has no field `persn`
          hint: did you mean `person`?  (graph/a.graphql:1)

        1 problem, nothing is served
        ",
    );
}

#[test]
fn nothing_leads_here() {
    check(
        &schema_with("bookings: [Booking!] @link", r#"bookings: [Booking!] @link(by: "inmate")"#),
        r#"
        graph/a.graphql:2:75
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link(by: "inma …
            |                                                                           ^^^^^^^^ no source answers `Person.bookings`
          hint: write `[entity.Booking.by.inmate]` in a resolver file, or `bookings = …` in `[entity.Person.fields]` where the record itself holds the key

        resolvers/jail.toml:8:20
          8 | [entity.Booking.by.person]
            |                    ^^^^^^ warning: nothing asks for `Booking` by `person`

        1 problem and 1 warning, nothing is served
        "#,
    );
}

const CLIENTS: &str = r#"title = "Probation"
kind = "rest"
reach = { base_url = "env:CLIENTS" }
[entity.Person]
extends = true
fields = { name = "/name" }
[entity.Person.by.id]
get = "/clients?ids={keys}"
match = "/id"
"#;

#[test]
fn completions_that_are_asked_for_one_by_one() {
    let schema = SCHEMA.replace("person(id: ID!): Person", "person(id: ID!): Person people(ids: [ID!]!): [Person!]");
    let with = |clients: &str| {
        problems(&schema, &[("clients", clients), ("jail", JAIL.trim_start()), ("store", STORE.trim_start())])
    };
    check(&with(CLIENTS), "no problems");
    check(
        &with(&CLIENTS.replace("?ids={keys}", "/{key}")),
        r"
        resolvers/clients.toml:7:19
          7 | [entity.Person.by.id]
            |                   ^^ warning: `Person.name` asks `clients` once a key, 8 at a time
          hint: a call that takes `{keys}` asks for many at once, if the source has one

        1 warning
        ",
    );
    let subgraph = CLIENTS.replace("\"rest\"", "\"subgraph\"");
    let subgraph = subgraph.replace("get = \"/clients?ids={keys}\"\nmatch = \"/id\"", "keys_max = 1");
    check(
        &with(&subgraph),
        r"
        resolvers/clients.toml:7:19
          7 | [entity.Person.by.id]
            |                   ^^ warning: `Person.name` asks `clients` once a key, 8 at a time
          hint: `_entities` takes many keys at once: leave `keys_max` out

        1 warning
        ",
    );
}
