//! Policies over a small graph: read, held against its words, and decided by.

mod bytes;
mod deciding;
mod loading;
mod oracle;
mod pages;
mod precedents;
mod random;

use super::files::Folder;
use super::policies::Policies;
use super::{Asking, Said, Scalar};
use crate::graph::{Graph, Problems, draw};
use std::path::PathBuf;

/// A person with bookings, charges and a report that is only known to be there.
pub(super) const GRAPH: &str = r#"
enum AgencyKind { COURT POLICE DEFENSE PUBLIC }
enum DataClass { PUB PII CHRI PSI SUD CONTROL }
directive @facts(juvenile: String, owner: String, counsel: String, tier: String) on OBJECT
type Query { person(id: ID!): Person people(born: String @data(class: [PII]), name: String @data(class: [PUB])): [Person!] }
type Person @entity(key: "id") @data(class: [PUB]) {
  id: ID! name: String birthDate: String @data(class: [PII]) birthYear: Int
  bookings: [Booking!] @link
  report: Report @link(by: "person") @data(class: [PSI])
}
type Booking @entity(key: "number", subject: "person") @facts(juvenile: "isYouth", owner: "facility", tier: "tier") @data(class: [PUB]) {
  number: ID! person: Person @link facility: String! state: String treatment: String @data(class: [SUD])
  history: String @data(class: [PUB, CHRI]) provenance(of: [String!]): [Provenance!]!
  isYouth: Boolean @data(class: [CONTROL]) tier: Int @data(class: [CONTROL])
}
type Report @entity(key: "person") @facts(counsel: "counsel") @data(class: [PSI]) {
  person: Person @link writtenOn: String counsel: [String!] @data(class: [CONTROL])
}
"#;

const CLASSES: &str = r#"
hides = ["expunged"]
[class]
PUB = { otherwise = "HIDE" }
PII = { otherwise = "DENY" }
CHRI = { otherwise = "HIDE" }
PSI = { otherwise = "DENY", contact = "the office that wrote it" }
SUD = { otherwise = "CONSENT", contact = "the program" }
CONTROL = { otherwise = "HIDE" }
[instead]
"Person.birthDate" = "birthYear"
"#;

const PURPOSES: &str = r#"
[kind]
COURT = ["C", "D"]
POLICE = ["C"]
DEFENSE = ["DEFENSE"]
PUBLIC = ["PUBLIC"]
"#;

const RULES: &str = r#"
@id("sealed") @cite("41-5-216 MCA") @review("2027-07-01")
forbid(principal, action, resource) when { resource.closed.contains("sealed") };

@id("youth") @cite("41-5-215 MCA") @review("2027-07-01")
forbid(principal, action, resource is Booking) when { resource.juvenile } unless { principal in AgencyKind::"COURT" };

@id("public") @cite("44-5-301 MCA") @review("2027-07-01")
permit(principal, action in [Action::"disclose:PUB", Action::"filter:PUB"], resource);

@id("courts") @cite("44-5-302 MCA") @review("2027-07-01")
permit(principal in AgencyKind::"COURT", action in [Action::"PII", Action::"CHRI", Action::"PSI"], resource)
when { context.purpose == Purpose::"C" };

@id("own-jail") @cite("44-5-302 MCA") @review("2027-07-01")
permit(principal in AgencyKind::"POLICE", action == Action::"disclose:CHRI", resource is Booking)
when { context.purpose == Purpose::"C" && resource.owner == principal.agency };

@id("counsel") @cite("46-18-113 MCA") @review("2027-07-01")
permit(principal in AgencyKind::"DEFENSE", action == Action::"disclose:PSI", resource is Report)
when { principal has bar && resource.counsel.contains(principal.bar) };

@id("report-exists") @cite("46-18-113 MCA") @review("2027-07-01")
permit(principal, action == Action::"exist:PSI", resource)
when { [Purpose::"C", Purpose::"DEFENSE"].contains(context.purpose) };
"#;

pub(super) fn graph() -> Graph {
    let schema = [(PathBuf::from("graph.graphql"), GRAPH.to_owned())];
    draw(&schema).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(super) fn folder(rules: &str, more: &[(&str, &str)]) -> Folder {
    let texts = [("guardrails.cedar", rules), ("classes.toml", CLASSES), ("purposes.toml", PURPOSES)];
    let texts = texts.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more);
    Folder::of(texts.map(|(name, text)| (PathBuf::from(name), text.trim_start().to_owned()))).unwrap()
}

pub(super) fn load(rules: &str, more: &[(&str, &str)]) -> Result<Policies, Problems> {
    Policies::load(&graph(), &folder(rules, more))
}

pub(super) fn policies() -> Policies {
    load(RULES, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// `kind purpose`.
pub(super) fn asking(text: &str) -> Asking {
    let (kind, purpose) = text.split_once(' ').unwrap();
    Asking {
        user: "someone".into(),
        agency: "MT0560000".into(),
        kind: kind.into(),
        purpose: purpose.into(),
        ..Asking::default()
    }
}

/// `closed=sealed,expunged juvenile=true owner=MT1`; what is not named is not said, but `closed`, which is empty then.
pub(super) fn facts<'a>(resource: &super::Resource, text: &'a str) -> Vec<Said<'a>> {
    let said: Vec<(&str, &str)> = text.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
    let value = |word: &super::Word| {
        use crate::graph::FactKind::{Number, Text, Texts, Truth};
        match (word.kind, said.iter().find(|(name, _)| **name == *word.name)) {
            (Texts, None) if &*word.name == "closed" => Said::Many(Vec::new()),
            (_, None) => Said::Nothing,
            (Truth, Some((_, said))) => Said::One(Scalar::Truth(*said == "true")),
            (Number, Some((_, said))) => Said::One(Scalar::Number(said.parse().unwrap())),
            (Text, Some((_, said))) => Said::One(Scalar::Text(said)),
            (Texts, Some((_, said))) => {
                let mut all: Vec<Scalar<'_>> =
                    said.split(',').filter(|one| !one.is_empty()).map(Scalar::Text).collect();
                all.sort_unstable();
                Said::Many(all)
            }
        }
    };
    resource.facts.iter().map(value).collect()
}
