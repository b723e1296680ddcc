//! A graph with all that a graph may have: keys of several parts, an interface, a union, objects within objects, every kind of source
//! but `sql` and `native`.

pub(super) const COURTS: &str = r#"
type Query {
  charge(court: ID!, number: ID!, count: ID!): Charge
  case(court: ID!, number: ID!): Case
  cases(numbers: [ID!]!): [Case!] @link(by: "number")
  agency(ori: ID!): Agency
  agencies(ori: [ID!]!): [Agency!]
  party(id: ID!): Party
  parties(name: String, first: Int): [Party!]
}
interface Sourced { id: ID! provenance(of: [String!]): [Provenance!]! }
union Party = Person | Firm
type Agency @entity(key: "ori") @data(owner: COURT, class: [PUB]) {
  ori: ID!
  name: String
  rating: Float @data(ttl: 5)
}
type Case @entity(key: "court number") @data(class: [PUB]) {
  court: Agency @link
  number: ID!
  filed: Date
  charges: [Charge!] @link
  parties: [CaseParty!]
  events: [Event!]
}
type Charge @entity(key: "case count", subject: "case") @data(class: [PUB]) { case: Case @link count: ID! guilty: Boolean }
type CaseParty @data(class: [PUB]) { role: Role party: Party @link judges: [Person!] @link }
enum Role { DEFENDANT VICTIM }
interface Event { at: DateTime }
type Hearing implements Event @data(class: [PUB]) { at: DateTime room: String }
type Ruling implements Event @data(class: [PUB]) { at: DateTime fine: Int }
type Person implements Sourced @entity(key: "id") @data(class: [PUB]) { id: ID! born: Date provenance(of: [String!]): [Provenance!]! }
type Firm implements Sourced @entity(key: "id") @data(class: [PUB]) { id: ID! trade: String provenance(of: [String!]): [Provenance!]! }
"#;

const AGENCIES: &str = r#"
title = "Agencies"
kind = "file"
[reach]
path = "agencies.json"
[entity.Agency]
same = ["ori", "name"]
[entity.Agency.by.key]
match = "/ori"
"#;

const RATINGS: &str = r#"
title = "Ratings"
kind = "subgraph"
[reach]
base_url = "env:RATINGS_URL"
bearer = "env:RATINGS_TOKEN"
[entity.Agency]
extends = true
same = ["rating"]
[entity.Agency.by.ori]
"#;

const COURT: &str = r#"
title = "Courts"
agency = "MT0010000"
kind = "rest"
[reach]
base_url = "env:COURT_URL"
headers = { accept-version = "2", x-api-key = "env:COURT_KEY" }
[entity.Case]
as_of = { at = "/meta/ts", datetime = "epoch_ms" }
[entity.Case.by.key]
post = "/cases/search"
body = { refs = { each = { court = "{1}", no = "{2}" } } }
records = "/cases"
match = ["/court", "/no"]
[entity.Case.by.number]
get = "/cases?no={keys}"
match = "/no"
many = true
[entity.Case.fields]
court = "/court"
number = "/no"
filed = { at = "/filed", date = "%Y%m%d" }
parties = { at = "/parties", each = true, fields = { role = { at = "/role", codes = { D = "DEFENDANT" }, other = "VICTIM" }, party = "/party", judges = "/judges" } }
[entity.Case.fields.events]
at = "/events"
each = true
type = { at = "/kind", codes = { H = "Hearing", R = "Ruling" } }
fields = { at = { at = "/at", datetime = "rfc3339" } }
on.Hearing.fields = { room = { at = "/room", trim = true } }
on.Ruling.fields = { fine = "/fine" }
[entity.Charge.by.key]
get = "/cases/{1}/{2}/charges/{3}"
absent = [404, 410]
[entity.Charge.by.case]
post = "/charges/search"
body = { cases = "{keys}" }
keys_max = 20
match = ["/court", "/case"]
many = true
[entity.Charge.fields]
case = { at = ["/court", "/case"] }
count = { at = "/count", text = true }
guilty = { at = "/guilty", truth = ["Y"] }
"#;

const PARTIES: &str = r#"
title = "Parties"
kind = "graphql"
[reach]
base_url = "env:PARTIES_URL"
[entity.Party]
type = { at = "/__typename" }
fields = { id = "/id" }
on.Person.fields = { born = "/born" }
on.Firm.fields = { trade = { is = "law" } }
[entity.Party.by.key]
field = "parties"
keys = "ids"
keys_type = "[ID!]!"
match = "/id"
[entity.Party.find.parties]
field = "search"
records = "/hits"
args = { name = "text", first = "limit" }
[entity.Person.by.key]
field = "person"
key = "id"
key_type = "ID!"
[entity.Person.fields]
id = "/id"
born = "/born"
"#;

pub(super) const RESOLVERS: [(&str, &str); 4] =
    [("agencies", AGENCIES), ("court", COURT), ("parties", PARTIES), ("ratings", RATINGS)];

/// The problems of that graph with one thing in its files put in place of another.
pub(super) fn courts_with(from: &str, to: &str) -> String {
    let texts: Vec<(&str, String)> =
        RESOLVERS.iter().map(|(name, text)| (*name, text.replace(from, to).trim_start().to_owned())).collect();
    assert!(RESOLVERS.iter().any(|(_, text)| text.contains(from)), "no file has `{from}`");
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    match super::load(COURTS, &texts) {
        Ok(_) => "no problems".to_owned(),
        Err(mut problems) => {
            problems.0.retain(|problem| problem.severity == crate::graph::Severity::Error);
            problems.to_string()
        }
    }
}
