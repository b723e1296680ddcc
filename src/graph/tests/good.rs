//! Graphs that link.

use super::courts::{COURTS, RESOLVERS};
use super::{JAIL, SCHEMA, STORE, WORDS, check, linked, load};
use crate::graph::link::print;
use std::path::PathBuf;

#[test]
fn a_person_with_bookings() {
    check(
        &linked(SCHEMA, &[("jail", JAIL), ("store", STORE)]),
        r#"
        Person  key id
        Booking  key number  subject person
        Booking @ jail
          number = /no text or number
          person -> /inmate of JAIL
          bookedAt = /booked Format("%m/%d/%Y %H:%M") America/Denver
          state = /st codes IN=IN_CUSTODY else RELEASED
          by number 50 a call  Get /bookings?numbers={keys} records at ``
          by person many of JAIL 50 a call  Get /inmates?ids={keys} records at ``
        Person @ store
          id = id text or number
          name = name text
          by id 1000 a call  person (id)
        Query.person: Person  arguments id <- Person @ store by id
        Person.bookings: [Booking!]  parent id <- Booking @ jail by person
        Booking.person: Person  reference 1 <- Person @ store by id
        "#,
    );
}

#[test]
fn compound_keys_interfaces_unions_and_objects_within_objects() {
    check(
        &print(&load(COURTS, &RESOLVERS).expect("a good graph").0),
        r#"
        Agency  key ori
        Case  key court#0 number
        Charge  key case#0 case#1 count  subject case
        Person  key id
        Firm  key id
        Agency @ agencies
          ori = /ori text or number
          name = /name text
          by key 1000 a call  file /ori
        Case @ court
          as of /meta/ts EpochMillis
          court -> /court
          number = /no text or number
          filed = /filed date %Y%m%d
          parties = /parties objects
            role = /role codes D=DEFENDANT else VICTIM
            party -> /party
            judges -> /judges
          events = /events objects
            type /kind H=Hearing R=Ruling
            Hearing.at = /at Rfc3339
            Ruling.at = /at Rfc3339
            Hearing.room = /room text
            Ruling.fine = /fine int
          by key 2 parts 50 a call  Post /cases/search {"refs":{"each":{"court":"{1}","no":"{2}"}}} records at `/cases`
          by number many 50 a call  Get /cases?no={keys} records at ``
        Charge @ court
          case -> /court /case
          count = /count text or number
          guilty = /guilty true if Y
          by key 3 parts 1 a call  Get /cases/{1}/{2}/charges/{3} record at ``
          by case 2 parts many 20 a call  Post /charges/search {"cases":"{keys}"} records at ``
        Party @ parties
          type /__typename Person=Person Firm=Firm
          Person.id = /id text or number
          Firm.id = /id text or number
          Person.born = /born date iso
          Firm.trade = "law" text
          by key 50 a call  parties(ids) records at ``
          find parties  search() records at `/hits`
        Person @ parties
          id = /id text or number
          born = /born date iso
          by key 1 a call  person(id) record at ``
        Agency @ ratings extends
          rating = /rating float
          by ori 50 a call  _entities(ori)
        Query.charge: Charge  arguments court number count <- Charge @ court by key
        Query.case: Case  arguments court number <- Case @ court by key
        Query.cases: [Case!]  arguments numbers (list) <- Case @ court by number
        Query.agency: Agency  arguments ori <- Agency @ agencies by key
        Query.agencies: [Agency!]  arguments ori (list) <- Agency @ agencies by key
        Query.party: Party  arguments id <- Party @ parties by key
        Query.parties: [Party!]  find <- Party @ parties find
        Case.court: Agency  reference 1 <- Agency @ agencies by key
        Case.charges: [Charge!]  parent court#0 number <- Charge @ court by case
        Charge.case: Case  reference 2 <- Case @ court by key
        CaseParty.party: Party  reference 1 <- Party @ parties by key
        CaseParty.judges: [Person!]  reference 1 <- Person @ parties by key
        "#,
    );
}

#[test]
fn a_list_that_is_asked_for_one_by_one_is_worth_a_look() {
    let (_, warnings) = load(COURTS, &RESOLVERS).expect("a good graph");
    check(
        &warnings.to_string(),
        r"
        resolvers/parties.toml:20:19
          20 | [entity.Person.by.key]
             |                   ^^^ warning: `CaseParty.judges` asks `parties` once a key, 8 at a time
          hint: a call that takes `{keys}` asks for many at once, if the source has one

        1 warning
        ",
    );
}

/// A store with everything that SQL may say, and the gateway's own part.
#[test]
fn searches_in_a_store_and_the_gateways_own_part() {
    let schema = r#"
type Query { people(name: String, first: Int): [Person!] me: Me }
type Person @entity(key: "id") @data(class: [PUB]) { id: ID! home: Home readers: [Me!] @link }
type Home @data(class: [PUB]) { city: String since: DateTime }
type Me @entity(key: "name") @data(class: [PUB]) { name: String at: DateTime }
"#;
    let store = r#"
title = "Store"
kind = "sql"
[reach]
url = "env:STORE_URL"
migrations = "../schema/store"
[entity.Person]
table = "golden.person"
[entity.Person.fields]
id = "person_id"
home = { column = "city", fields = { city = "city", since = { column = "since", datetime = "epoch_s" } } }
[entity.Person.find.people]
args = { name = { column = "surname", prefix = true } }
order = ["surname", "person_id"]
limit = "first"
limit_max = 50
"#;
    let native = r#"
title = "Headwaters"
kind = "native"
[entity.Me]
same = ["name", "at"]
[entity.Me.by.name]
[entity.Me.by.person]
field = "readersOf"
keys = "persons"
keys_type = "[ID!]!"
match = "/person"
many = true
[entity.Me.find.me]
field = "me"
record = ""
"#;
    check(
        &linked(schema, &[("native", native), ("store", store)]),
        r"
        Person  key id
        Me  key name
        Me @ native
          name = /name text
          at = /at Rfc3339
          by name 50 a call  _entities(name)
          by person many 50 a call  readersOf(persons) records at ``
          find me  me() record at ``
        Person @ store
          id = person_id text or number
          home = city object
            city = city text
            since = since EpochSeconds
          find people  golden.person () order surname person_id
        Query.people: [Person!]  find <- Person @ store find
        Query.me: Me  find <- Me @ native find
        Person.readers: [Me!]  parent id <- Me @ native by person
        ",
    );
    let (graph, _) = load(schema, &[("native", native), ("store", store)]).expect("a good graph");
    let migrations = graph.sources.iter().find_map(|source| source.reach.migrations.clone());
    assert_eq!(migrations, Some(PathBuf::from("resolvers/../schema/store")));
}

#[test]
fn files_are_read_in_the_order_of_their_names_and_change_the_epoch() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    file("graph.graphql", SCHEMA);
    file("words.graphql", WORDS);
    file("store.toml", STORE);
    file("jail.toml", JAIL);
    file("notes.txt", "not read");
    let load = || crate::graph::load(folder.path(), folder.path(), &[]).expect("a good graph").0;
    let graph = load();
    let names: Vec<&str> = graph.sources.iter().map(|source| &*source.name).collect();
    assert_eq!(names, ["jail", "store"]);
    assert_eq!(graph.epoch, load().epoch);
    file("jail.toml", &JAIL.replace("\"Jail\"", "\"Other\""));
    assert_ne!(graph.epoch, load().epoch);
}

#[test]
fn folders_that_are_empty_or_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let problems = crate::graph::load(&folder.path().join("none"), folder.path(), &[]).expect_err("nothing to read");
    assert_eq!(problems.errors(), 2);
    assert!(problems.to_string().contains("there is no `*.toml` in it"), "{problems}");
}

#[test]
fn the_page_about_a_graph() {
    let sdl = r#"
enum AgencyKind { COURT }
enum DataClass { PUB PII }
type Query { person(id: ID!): Person }
"A person."
type Person @entity(key: "id") @data(owner: COURT, mode: GOLDEN, ttl: 60, class: [PUB]) {
  id: ID!
  born: String @data(class: [PII], stale: 9)
  cases(open: Boolean): [Case!] @link @data(mode: LIVE_THEN_GOLDEN)
  judge: Person @link
}
type Case @entity(key: "person number") @data(owner: COURT, class: [PUB]) { person: Person! @link number: ID! charges: [Charge!]! }
type Charge @data(class: [PUB]) { by: Person @link }
"#;
    let store = r#"
title = "Store"
kind = "sql"
golden = true
reach = { url = "env:STORE" }
[entity.Person]
table = "person"
fields = { id = "id", born = "born", judge = "judge_id" }
[entity.Person.by.id]
"#;
    let courts = r#"
title = "Courts"
kind = "rest"
reach = { base_url = "env:COURTS" }
[entity.Case]
fields = { person = "/person", number = "/no", charges = { at = "/charges", each = true, fields = { by = "/by" } } }
[entity.Case.by.person]
get = "/cases?of={keys}&open={open}"
match = "/person"
many = true
"#;
    let text = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
    let resolvers = [text("resolvers/courts.toml", courts), text("resolvers/store.toml", store)];
    let loaded = crate::graph::load_texts(&[text("graph/all.graphql", sdl)], &resolvers, &[]);
    let page = crate::graph::diagram(&loaded.unwrap_or_else(|problems| panic!("{problems}")).0);
    for line in [
        "  Person { ID id PK }",
        "  Case { Person person PK ID number PK }",
        // A case has one person, who has any number of cases: one edge, not two.
        "  Person ||--o{ Case : \"cases\"",
        "  Person }o--o| Person : \"judge\"",
        "  Case }o--o{ Person : \"charges.by\"",
        "### all",
        "#### Person\n\nA person.",
        "| `born` | `String` | COURT | G | 60 / 9 | PII | store |",
        "| `cases(open)` | `[Case!]` | COURT | LG | 60 / – | PUB | courts |",
        "| `person(id)` | `Person` | – | – | – | – | store |",
        "| `by` | `Person` | – | – | – | PUB | store |",
    ] {
        assert!(page.contains(&format!("{line}\n")), "{line}\n\n{page}");
    }
    assert!(!page.contains("Case }o--|| Person : \"person\""), "{page}");
}
