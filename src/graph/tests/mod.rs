//! Graphs and resolver files as text, linked or refused.

mod arguments;
mod courts;
mod facts;
mod good;
mod kinds;
mod links;
mod mappings;
mod rendering;
mod schema;
mod views;

use super::link::print;
use super::view::Audience;
use super::{Graph, Problems, load_texts};
use std::path::PathBuf;

/// What every graph defines.
const WORDS: &str = "enum AgencyKind { COURT DETENTION }\nenum DataClass { PUB SECRET }\n";

/// A schema that is right, and small: a person with bookings.
const SCHEMA: &str = r#"
type Query { person(id: ID!): Person }
type Person @entity(key: "id") @data(class: [PUB]) { id: ID! name: String bookings: [Booking!] @link }
type Booking @entity(key: "number", subject: "person") @data(class: [PUB]) {
  number: ID!
  person: Person @link
  bookedAt: DateTime
  state: State
}
enum State { IN_CUSTODY RELEASED }
"#;

/// Its store.
const STORE: &str = r#"
title = "Store"
kind = "sql"
golden = true
[reach]
url = "env:STORE_URL"
[crosswalk.Person]
table = "crosswalk"
key = "person_id"
system = "system"
local = "local_id"
[entity.Person]
table = "person"
same = ["id", "name"]
[entity.Person.by.id]
"#;

/// A jail that is right.
const JAIL: &str = r#"
title = "Jail"
kind = "rest"
[reach]
base_url = "env:JAIL_URL"
[entity.Booking.by.number]
get = "/bookings?numbers={keys}"
match = "/no"
[entity.Booking.by.person]
crosswalk = "JAIL"
get = "/inmates?ids={keys}"
match = "/inmate"
many = true
[entity.Booking.fields]
number = "/no"
person = { at = "/inmate", crosswalk = "JAIL" }
bookedAt = { at = "/booked", datetime = "%m/%d/%Y %H:%M", zone = "America/Denver" }
state = { at = "/st", codes = { IN = "IN_CUSTODY" }, other = "RELEASED" }
"#;

fn load(schema: &str, resolvers: &[(&str, &str)]) -> Result<(Graph, Problems), Problems> {
    let file = |(name, text): &(&str, &str)| (PathBuf::from(format!("resolvers/{name}.toml")), (*text).to_owned());
    let resolvers: Vec<_> = resolvers.iter().map(file).collect();
    let schema = [
        (PathBuf::from("graph/a.graphql"), schema.trim_start().to_owned()),
        (PathBuf::from("graph/words.graphql"), WORDS.to_owned()),
    ];
    load_texts(&schema, &resolvers, &[Audience { name: "public".into(), classes: Some(vec!["PUB".into()]) }])
}

/// The linked graph as text, or its problems; warnings below a graph.
fn linked(schema: &str, resolvers: &[(&str, &str)]) -> String {
    match load(schema, resolvers) {
        Ok((graph, warnings)) if warnings.is_empty() => print(&graph),
        Ok((graph, warnings)) => format!("{}\n{warnings}", print(&graph)),
        Err(problems) => problems.to_string(),
    }
}

/// The problems, or the warnings, of the small schema with one thing in the jail's file put in place of another.
fn jail_with(from: &str, to: &str) -> String {
    assert!(JAIL.contains(from), "the jail's file has no `{from}`");
    problems(SCHEMA, &[("jail", JAIL.replace(from, to).trim_start()), ("store", STORE.trim_start())])
}

fn store_with(from: &str, to: &str) -> String {
    assert!(STORE.contains(from), "the store's file has no `{from}`");
    problems(SCHEMA, &[("jail", JAIL.trim_start()), ("store", STORE.replace(from, to).trim_start())])
}

fn schema_with(from: &str, to: &str) -> String {
    assert!(SCHEMA.contains(from), "the schema has no `{from}`");
    problems(&SCHEMA.replace(from, to), &[("jail", JAIL.trim_start()), ("store", STORE.trim_start())])
}

fn problems(schema: &str, resolvers: &[(&str, &str)]) -> String {
    match load(schema, resolvers) {
        Ok((_, warnings)) => warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

#[track_caller]
fn check(found: &str, expect: &str) {
    let expect: Vec<&str> = expect.trim_matches('\n').lines().collect();
    let indent = expect.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len());
    let indent = indent.min().unwrap_or(0);
    let expect: Vec<&str> = expect.iter().map(|line| line.get(indent..).unwrap_or_default()).collect();
    let found: Vec<&str> = found.trim_end().lines().map(str::trim_end).collect();
    let (found, expect) = (found.join("\n"), expect.join("\n"));
    assert!(found == expect.trim_end(), "found:\n{found}\nexpected:\n{expect}");
}
