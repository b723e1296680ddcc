//! Arguments that a source could not get as they are meant, and fields that nobody could fill.

use super::courts::courts_with;
use super::{JAIL, SCHEMA, STORE, problems, schema_with};

/// What is wrong, without where.
#[track_caller]
fn says(found: &str, expect: &str) {
    assert!(
        found.contains(expect) && found.contains("\n1 problem, nothing is served"),
        "found:\n{found}\nexpected: {expect}"
    );
}

/// A search for bookings and one for persons, with these arguments.
fn searches(bookings: &str, jail: &str, people: &str, store: &str) -> String {
    let fields = format!("person(id: ID!): Person bookings({bookings}): [Booking!] people({people}): [Person!] ");
    let schema = SCHEMA.replace("person(id: ID!): Person ", &fields) + "input Filter { surname: String }";
    let jail = format!("{JAIL}[entity.Booking.find.bookings]\n{jail}");
    let mut store = format!("{STORE}[entity.Person.find.people]\n{store}");
    store = store.replace(
        "same = [\"id\", \"name\"]",
        "same = [\"id\", \"name\"]\nfields = { state = { column = \"st\", codes = { IN = \"IN_CUSTODY\" } } }",
    );
    let schema = schema.replace("name: String", "name: String state: State");
    problems(&schema, &[("jail", jail.trim_start()), ("store", store.trim_start())])
}

fn of_rest(arguments: &str, jail: &str) -> String {
    searches(arguments, jail, "id: ID", "args = { id = \"id\" }")
}

fn of_sql(arguments: &str, store: &str) -> String {
    searches("n: Int", "get = \"/b?n={n}\"", arguments, store)
}

#[test]
fn an_object_goes_only_into_a_body() {
    assert_eq!(of_rest("f: Filter", "post = \"/b\"\nbody = { f = \"{f}\" }"), "no problems");
    let expect = "`Query.bookings` has an argument `f` that can't be passed on so: an object goes only into a body";
    says(&of_rest("f: Filter", "get = \"/b\"\nargs = { f = \"filter\" }"), expect);
    says(&of_rest("f: [Filter!]", "get = \"/b?f={f}\""), expect);
}

#[test]
fn what_no_column_can_be_compared_with() {
    let why = |what: &str| format!("`Query.people` has an argument `x` that can't be passed on so: {what}");
    says(&of_sql("x: Filter", "args = { x = \"name\" }"), &why("no column holds an object"));
    let prefix = "args = { x = { column = \"name\", prefix = true } }";
    assert_eq!(of_sql("x: String", prefix), "no problems");
    says(&of_sql("x: [String!]", prefix), &why("`prefix` takes one text"));
    let bound = "args = { x = { column = \"name\", at_least = true } }";
    assert_eq!(of_sql("x: String", bound), "no problems");
    says(&of_sql("x: [String!]", bound), &why("a bound is one value"));
    let both = "args = { x = { column = \"name\", at_least = true, prefix = true } }";
    says(&of_sql("x: String", both), "`prefix` and `at_least` can't both be");
    says(&of_sql("x: String", "limit = \"x\""), &why("`limit` is a number"));
    assert_eq!(of_sql("x: Int", "limit = \"x\""), "no problems");
    says(&of_sql("x: State", "args = { x = \"st\" }"), &why("`codes` are not turned back for arguments"));
    assert_eq!(of_sql("x: State", "args = { x = \"plain\" }"), "no problems");
    assert_eq!(of_sql("x: String", "args = { x = \"st\" }"), "no problems");
}

#[test]
fn holes_of_every_key() {
    let each = "{ court = \"{1}\", no = \"{2}\" }";
    says(&courts_with(each, "{ court = \"{1}\", no = \"{2}\", x = \"{typo}\" }"), "`{typo}` is no argument of");
    says(&courts_with(each, "{ court = \"{1}\", no = [\"{3}\"] }"), "the key has 2 parts, there is no `{3}`");
}

#[test]
fn fields_that_nobody_can_fill() {
    says(
        &schema_with("state: State\n", "state: [[State]]\n"),
        "`Booking.state` is a list of lists, and no source can fill it",
    );
    let own = "state: State hold: Hold }\ntype Hold @data(class: [PUB]) { at: String provenance(of: [String!]): [Provenance!]! }\n";
    let schema = SCHEMA.replace("state: State\n}\n", own);
    let jail = format!("{JAIL}hold = {{ at = \"/h\", fields = {{ at = \"/at\" }} }}\n");
    let found = problems(&schema, &[("jail", jail.trim_start()), ("store", STORE.trim_start())]);
    says(&found, "`Hold` is no record of its own, so it has no provenance");
    says(
        &schema_with("enum State", "extend type Provenance { hash: String }\nenum State"),
        "`Provenance.hash` is nothing that the gateway knows",
    );
    says(
        &schema_with("enum State", "extend type Claim { weight: Float }\nenum State"),
        "`Claim.weight` is nothing that the gateway knows",
    );
}

#[test]
fn conflicts_are_of_records_that_several_sources_know() {
    let schema = SCHEMA.replace("state: State\n}\n", "state: State conflicts(of: [String!]): [Conflict!]\n}\n");
    let found = problems(&schema, &[("jail", JAIL.trim_start()), ("store", STORE.trim_start())]);
    let tells = |found: &str, expect: &str| assert!(found.contains(expect), "found:\n{found}\nexpected: {expect}");
    tells(&found, "warning: no field of `Booking` is known to two sources, so there are never conflicts");
    let found = problems(&schema.replace("conflicts(of: [String!])", "conflicts"), &[("jail", JAIL.trim_start())]);
    tells(&found, "`conflicts` takes `of`, and nothing else");
    let mapped = format!("{JAIL}conflicts = \"/disputed\"\n");
    let found = problems(&schema, &[("jail", mapped.trim_start()), ("store", STORE.trim_start())]);
    tells(&found, "`Booking.conflicts` is the gateway's own knowledge");
    let own = "state: State hold: Hold }\ntype Hold @data(class: [PUB]) { at: String conflicts(of: [String!]): [Conflict!] }\n";
    let jail = format!("{JAIL}hold = {{ at = \"/h\", fields = {{ at = \"/at\" }} }}\n");
    let found = problems(
        &SCHEMA.replace("state: State\n}\n", own),
        &[("jail", jail.trim_start()), ("store", STORE.trim_start())],
    );
    tells(&found, "`Hold` is no record of its own, so it has no conflicts");
}

#[test]
fn what_has_an_effect_says_who_may() {
    let of = |ty: &str| schema_with("enum State", &format!("type {ty} {{ book(n: Int): Booking }}\nenum State"));
    says(&of("Mutation"), "`Mutation.book` has no data class");
    says(&of("Subscription"), "queries and mutations are served, not `Subscription`");
}

#[test]
fn a_parameter_that_is_never_sent_is_not_repeated() {
    let found = super::jail_with("match = \"/no\"", "match = \"/no\"\nrepeated = [\"kind\"]");
    super::check(
        &found,
        r#"
        resolvers/jail.toml:8:13
          8 | repeated = ["kind"]
            |             ^^^^^^ `args` makes no parameter `kind` that could be repeated
          hint: a hole in the path takes a list joined by commas

        1 problem, nothing is served
        "#,
    );
}
