//! Mistakes in the schema.

use super::{JAIL, SCHEMA, STORE, check, problems, schema_with};
use crate::graph::load_texts;

#[test]
fn a_syntax_error() {
    check(
        &schema_with("name: String", "name String"),
        r#"
        graph/a.graphql:2:67
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name String bookings: [Booking!] @link }
            |                                                                   ^^^^^^ syntax error: expected a type

        graph/a.graphql:2:74
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name String bookings: [Booking!] @link }
            |                                                                          ^^^^^^^^ syntax error: expected a type

        2 problems, nothing is served
        "#,
    );
}

#[test]
fn a_type_that_is_not() {
    check(
        &schema_with("state: State", "state: Stat"),
        r"
        graph/a.graphql:7:10
          7 |   state: Stat
            |          ^^^^ cannot find type `Stat` in this document
          hint: did you mean `State`?

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_directive_that_is_not() {
    check(
        &schema_with("bookedAt: DateTime", "bookedAt: DateTime @dta(ttl: 3)"),
        r"
        graph/a.graphql:6:22
          6 |   bookedAt: DateTime @dta(ttl: 3)
            |                      ^^^^^^^^^^^^ cannot find directive `@dta` in this document
          hint: did you mean `data`?

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_word_that_is_not() {
    check(
        &schema_with("@data(class: [PUB]) { id", "@data(class: [PUBLIC]) { id"),
        r#"
        graph/a.graphql:2:46
          2 | type Person @entity(key: "id") @data(class: [PUBLIC]) { id: ID! name: String bookings: [Booking!] @link }
            |                                              ^^^^^^ value `PUBLIC` does not exist on `DataClass`
          hint: it is one of PUB, SECRET

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_key_field_that_is_not() {
    check(
        &schema_with(r#"key: "number""#, r#"key: "numbr""#),
        r#"
        graph/a.graphql:3:27
          3 | type Booking @entity(key: "numbr", subject: "person") @data(class: [PUB]) {
            |                           ^^^^^^^ Booking has no field `numbr`
          hint: did you mean `number`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_key_that_is_a_list() {
    check(
        &schema_with(r#"key: "id""#, r#"key: "bookings""#),
        r#"
        graph/a.graphql:2:26
          2 | type Person @entity(key: "bookings") @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link }
            |                          ^^^^^^^^^^ `bookings` can't be in a key: it is a list

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn keys_in_a_circle() {
    check(
        &problems(
            "type Query { a(id: ID): A }\ntype A @entity(key: \"b\") @data(class: [PUB]) { b: B @link }\ntype B @entity(key: \"a\") @data(class: [PUB]) { a: A @link }",
            &[],
        ),
        r#"
        graph/a.graphql:2:21
          2 | type A @entity(key: "b") @data(class: [PUB]) { b: B @link }
            |                     ^^^ this key leads back to itself: A.b → B.a
          hint: use fields that hold a plain value

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_words() {
    check(
        &match load_texts(&[("graph/a.graphql".into(), "type Query { a: Int }".to_owned())], &[], &[]) {
            Ok(_) => String::new(),
            Err(problems) => problems.to_string(),
        },
        r"
        directives.graphql (built in):32:24
          32 | directive @data(owner: AgencyKind, mode: Mode, ttl: Int, stale: Int, class: [DataClass!]) on OBJECT | INTERFAC …
             |                        ^^^^^^^^^^ cannot find type `AgencyKind` in this document
          hint: every graph has its own: write `enum AgencyKind { … }` in one of its files

        directives.graphql (built in):32:78
          32 | directive @data(owner: AgencyKind, mode: Mode, ttl: Int, stale: Int, class: [DataClass!]) on OBJECT | INTERFAC …
             |                                                                              ^^^^^^^^^ cannot find type `DataClass` in this document
          hint: every graph has its own: write `enum DataClass { … }` in one of its files

        2 problems, nothing is served
        ",
    );
}

#[test]
fn own_directives_take_the_place_of_the_built_in() {
    check(
        &match load_texts(&[("graph/directives.graphql".into(), "type Query { a: Int @data }".to_owned())], &[], &[]) {
            Ok(_) => String::new(),
            Err(problems) => problems.to_string(),
        },
        r"
        graph/directives.graphql:1:21
          1 | type Query { a: Int @data }
            |                     ^^^^^ cannot find directive `@data` in this document

        1 problem, nothing is served
        ",
    );
}

#[test]
fn an_audience_that_may_ask_nothing() {
    check(
        &schema_with("class: [PUB]) { id: ID! name", "class: [SECRET]) { id: ID! name"),
        r"
        graph/a.graphql:1:6
          1 | type Query { person(id: ID!): Person }
            |      ^^^^^ the audience `public` is left with no valid schema: missing query root operation type in schema definition
          hint: give it classes of at least one field of `Query`

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_subject_that_is_not() {
    check(
        &schema_with(r#"subject: "person""#, r#"subject: "person.nme""#),
        r#"
        graph/a.graphql:3:46
          3 | type Booking @entity(key: "number", subject: "person.nme") @data(class: [PUB]) {
            |                                              ^^^^^^^^^^^^ Person has no field `nme`
          hint: did you mean `name`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_subject_that_is_a_value() {
    check(
        &schema_with(r#"subject: "person""#, r#"subject: "number""#),
        r#"
        graph/a.graphql:3:46
          3 | type Booking @entity(key: "number", subject: "number") @data(class: [PUB]) {
            |                                              ^^^^^^^^ `Booking.number` leads to no record
          hint: the subject is a way along links, `"person"` or `"case.person"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_field_without_a_class() {
    check(
        &schema_with(r#"@entity(key: "id") @data(class: [PUB])"#, r#"@entity(key: "id")"#),
        r#"
        graph/a.graphql:2:34
          2 | type Person @entity(key: "id") { id: ID! name: String bookings: [Booking!] @link }
            |                                  ^^ `Person.id` has no data class
          hint: write `@data(class: […])` on it, or on `Person` for all its fields

        graph/a.graphql:2:42
          2 | type Person @entity(key: "id") { id: ID! name: String bookings: [Booking!] @link }
            |                                          ^^^^ `Person.name` has no data class
          hint: write `@data(class: […])` on it, or on `Person` for all its fields

        graph/a.graphql:2:55
          2 | type Person @entity(key: "id") { id: ID! name: String bookings: [Booking!] @link }
            |                                                       ^^^^^^^^ `Person.bookings` has no data class
          hint: write `@data(class: […])` on it, or on `Person` for all its fields

        3 problems, nothing is served
        "#,
    );
}

#[test]
fn a_link_on_a_value() {
    check(
        &schema_with("name: String", "name: String @link"),
        r#"
        graph/a.graphql:2:75
          2 | type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name: String @link bookings: [Booking!] @link }
            |                                                                           ^^^^^ `name` has no record to lead to, `String` is a plain value
          hint: leave `@link` out

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn golden_and_no_store() {
    check(
        &schema_with("state: State", "state: State @data(mode: GOLDEN)"),
        r"
        graph/a.graphql:7:3
          7 |   state: State @data(mode: GOLDEN)
            |   ^^^^^ `Booking.state` is GOLDEN, and no golden source offers it
          hint: write `golden = true` in the store's file

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_parent_without_a_key() {
    check(
        &schema_with(r#"@entity(key: "id") @data"#, "@data"),
        r#"
        graph/a.graphql:1:14
          1 | type Query { person(id: ID!): Person }
            |              ^^^^^^ no source answers `Query.person`
          hint: write `[entity.Person.by.key]` in a resolver file, or `[entity.Person.find.person]` for a search

        graph/a.graphql:2:56
          2 | type Person @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link }
            |                                                        ^^^^^^^^ `Person` has no key to ask with for `Person.bookings`
          hint: write `@entity(key: "…")` on `Person`, or say in a resolver file where the key of the `Booking` stands: `bookings = …`

        resolvers/jail.toml:9:13
          9 | crosswalk = "JAIL"
            |             ^^^^^^ a crosswalk starts from a key of 1 part, the key of `Person` has 0 parts

        resolvers/jail.toml:15:1
          15 | person = { at = "/inmate", crosswalk = "JAIL" }
             | ^^^^^^ `Person` has no key that `Booking.person` could hold

        resolvers/store.toml:14:19
          14 | [entity.Person.by.id]
             |                   ^^ warning: nothing asks for `Person` by `id`

        4 problems and 1 warning, nothing is served
        "#,
    );
}

#[test]
fn a_type_twice() {
    check(
        &schema_with(
            "enum State {",
            "type Person { x: Int }
enum State {",
        ),
        r"
        graph/a.graphql:9:6
          9 | type Person { x: Int }
            |      ^^^^^^ the type `Person` is defined multiple times in the schema
          hint: remove or rename one of the definitions, or use `extend`

        1 problem, nothing is served
        ",
    );
}

/// Resolver files with a slip of their own, beside a schema with one.
fn both(from: &str, to: &str) -> String {
    assert!(SCHEMA.contains(from), "the schema has no `{from}`");
    let jail = JAIL.replace("bookedAt = {", "bokedAt = {").replace("IN_CUSTODY", "IN_CUSTDY");
    let store = STORE.replace(r#"same = ["id", "name"]"#, r#"same = ["id", "nam"]"#);
    let store = store.replace("[crosswalk.Person]", "[crosswalk.Persn]");
    problems(&SCHEMA.replace(from, to), &[("jail", jail.trim_start()), ("store", store.trim_start())])
}

const OF_THE_FILES: &str = r#"
        resolvers/jail.toml:16:1
          16 | bokedAt = { at = "/booked", datetime = "%m/%d/%Y %H:%M", zone = "America/Denver" }
             | ^^^^^^^ Booking has no field `bokedAt`
          hint: did you mean `bookedAt`?  (graph/a.graphql:6)

        resolvers/jail.toml:17:38
          17 | state = { at = "/st", codes = { IN = "IN_CUSTDY" }, other = "RELEASED" }
             |                                      ^^^^^^^^^^^ `State` has no value `IN_CUSTDY`
          hint: did you mean `IN_CUSTODY`?

        resolvers/store.toml:6:12
          6 | [crosswalk.Persn]
            |            ^^^^^ the graph has no object type `Persn`
          hint: did you mean `Person`?  (graph/a.graphql:2)

        resolvers/store.toml:13:15
          13 | same = ["id", "nam"]
             |               ^^^^^ Person has no field `nam`
          hint: did you mean `name`?  (graph/a.graphql:2)
"#;

#[test]
fn a_mistake_in_the_schema_hides_none_in_the_files() {
    let word = r#"
        graph/a.graphql:2:46
          2 | type Person @entity(key: "id") @data(class: [PUBLIC]) { id: ID! name: String bookings: [Booking!] @link }
            |                                              ^^^^^^ value `PUBLIC` does not exist on `DataClass`
          hint: it is one of PUB, SECRET
"#;
    let key = r#"
        graph/a.graphql:2:26
          2 | type Person @entity(key: "idd") @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link }
            |                          ^^^^^ Person has no field `idd`
          hint: did you mean `id`?
"#;
    let whole = |first: &str| format!("{first}{OF_THE_FILES}\n        5 problems, nothing is served\n");
    check(&both("@data(class: [PUB]) { id", "@data(class: [PUBLIC]) { id"), &whole(word));
    check(&both(r#"key: "id""#, r#"key: "idd""#), &whole(key));
}

#[test]
fn what_only_the_schema_makes_wrong_is_not_held_against_the_files() {
    // Each is the one problem there is.
    for (from, to) in [
        ("state: State", "state: Stat"),
        ("name: String bookings", "name: Strin bookings"),
        ("person: Person @link", "person: Person @lnk"),
        (r#"@entity(key: "id")"#, r#"@entty(key: "id")"#),
        (r#"key: "id""#, r#"key: "idd""#),
        (r#"key: "number""#, r#"key: "nummer""#),
    ] {
        let found = schema_with(from, to);
        assert!(found.ends_with("\n1 problem, nothing is served"), "{to}: {found}");
    }
}

/// The mistakes in the files of [`both`], beside a schema of which one more file can't be read whole.
fn beside(broken: &str) -> String {
    let jail = JAIL.replace("bookedAt = {", "bokedAt = {").replace("IN_CUSTODY", "IN_CUSTDY");
    let store = STORE.replace(r#"same = ["id", "name"]"#, r#"same = ["id", "nam"]"#);
    let store = store.replace("[crosswalk.Person]", "[crosswalk.Persn]");
    let schema = [
        ("graph/a.graphql".into(), SCHEMA.trim_start().to_owned()),
        ("graph/b.graphql".into(), broken.to_owned()),
        ("graph/words.graphql".into(), super::WORDS.to_owned()),
    ];
    let files = [("resolvers/jail.toml".into(), jail), ("resolvers/store.toml".into(), store)];
    match load_texts(&schema, &files, &[]) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_syntax_error_hides_no_mistake_about_what_stands_in_other_files() {
    let names = |found: &str| {
        let words = ["syntax error", "field `bokedAt`", "value `IN_CUSTDY`", "field `nam`", "type `Persn`"];
        words.into_iter().filter(|word| found.contains(word)).collect::<Vec<_>>()
    };
    let found = beside("type Court { name String }");
    assert_eq!(names(&found), ["syntax error", "field `bokedAt`", "value `IN_CUSTDY`", "field `nam`"], "{found}");
    // What the broken file may say of them is not held against the files.
    let found = beside("extend type Person { nam String }");
    assert_eq!(names(&found), ["syntax error", "field `bokedAt`", "value `IN_CUSTDY`"], "{found}");
    let found = beside("extend enum State { IN_CUSTDY ! }");
    assert_eq!(names(&found), ["syntax error", "field `bokedAt`", "field `nam`"], "{found}");
}
