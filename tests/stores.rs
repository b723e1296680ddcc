//! Stores: the same graph over the same records, on SQLite and on Postgres, gives the same bytes.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/gateway.rs"]
mod gateway;
#[path = "harness/postgres.rs"]
mod postgres;

use ask::ask;
use headwaters::demo;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, load};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::policy::{Folder, Loopback, Policies};
use headwaters::source::Environment;
use headwaters::story;
use jiff::civil::date;
use postgres::Postgres;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use std::path::Path;

const GRAPH: &str = r#"
enum AgencyKind { BOCC } enum DataClass { PUB }
type Query {
  people(surname: String, active: Boolean, first: Int, system: String, number: String): [Person!]
  everybody(active: Boolean, first: Int = 2, after: String): PersonConnection
  byBirth(first: Int = 2, after: String): PersonConnection
  caseList(first: Int = 1, after: String): CaseConnection
  person(id: ID!): Person
  case(court: ID!, number: ID!): Case
  cases: [Case!]
}
type PersonConnection @data(class: [PUB]) { edges: [PersonEdge!]! nodes: [Person!]! pageInfo: PageInfo! }
type PersonEdge @data(class: [PUB]) { node: Person! cursor: String! }
type CaseConnection @data(class: [PUB]) { edges: [CaseEdge!]! nodes: [Case!]! pageInfo: PageInfo! }
type CaseEdge @data(class: [PUB]) { node: Case! cursor: String! }
enum Kind { JUVENILE ADULT OTHER }
type Person @entity(key: "id") @data(owner: BOCC, class: [PUB]) {
  id: ID! surname: String given: String kind: Kind born: Date seen: DateTime weight: Float fee: Money dues: Money visits: Int big: Float active: Boolean
  place: Place tags: [String!] cases: [Case!] @link charges: [Charge!] @link
  provenance(of: [String!]): [Provenance!]!
}
type Place @data(owner: BOCC, class: [PUB]) { city: String floor: Int }
type Case @entity(key: "court number") @data(owner: BOCC, class: [PUB]) { court: ID! number: ID! person: Person @link filed: Date charges: [Charge!] @link }
type Charge @entity(key: "case count") @data(owner: BOCC, class: [PUB]) { case: Case @link count: Int! person: Person @link bail: Float }
"#;

const RESOLVER: &str = r#"
title = "Store"
kind = "sql"
golden = true
reach = { url = "env:STORE_URL", migrations = "../store" }
crosswalk.Person = { table = "crosswalk", key = "person_id", system = "system", local = "local_id" }
[entity.Person]
table = "person"
same = ["id", "surname", "given", "weight", "visits", "big", "tags"]
as_of = { column = "seen", datetime = "rfc3339" }
[entity.Person.fields]
kind = { column = "kind", codes = { J = "JUVENILE", A = "ADULT" }, other = "OTHER" }
born = "born"
seen = { column = "seen", datetime = "rfc3339" }
active = "active"
fee = "weight"
dues = { column = "owed", cents = true }
place = { fields = { city = "city", floor = "floor" } }
[entity.Person.by.id]
[entity.Person.find.people]
args.surname = { column = "surname", prefix = true }
args.active = "active"
args.system = { column = "system", of = "crosswalk", key = "person_id" }
args.number = { column = "local_id", of = "crosswalk", key = "person_id" }
order = ["surname", "id"]
limit = "first"
limit_max = 5
[entity.Person.find.everybody]
args = { active = "active" }
order = ["surname", "given"]
[entity.Person.find.byBirth]
order = ["born", "visits", "active", "seen"]
[entity.Case]
table = "court_case"
fields = { court = "court", number = "number", person = "person_id", filed = "filed" }
[entity.Case.by.key]
[entity.Case.by.person]
columns = ["person_id"]
many = true
order = ["filed", "number"]
[entity.Case.find.caseList]
[entity.Case.find.cases]
order = ["court", "number"]
[entity.Charge]
table = "charge"
fields = { case = { column = ["court", "number"] }, count = "n", person = { column = "local_id", crosswalk = "COURT" }, bail = "bail" }
[entity.Charge.by.case]
columns = ["court", "number"]
many = true
order = ["n"]
[entity.Charge.by.person]
crosswalk = "COURT"
columns = ["local_id"]
many = true
order = ["court", "number", "n"]
"#;

/// `DATE` and the like stand for what each database calls it.
const RECORDS: &str = r#"
CREATE TABLE person (id TEXT PRIMARY KEY, surname SORTED, given TEXT, kind TEXT, born DATE, seen INSTANT, weight FLOAT, visits INTEGER, big FLOAT, active BOOLEAN, city TEXT, floor INTEGER, tags TEXT, owed INTEGER);
INSERT INTO person VALUES
  ('p1', 'Hall', 'Ann', 'A', '1988-02-29', '2026-02-14T21:05:00Z', 70.5, 3, 1e21, TRUE, 'Billings', 0, '["a","b"]', 500050),
  ('p2', 'hale', NULL, 'J', NULL, '2026-02-14T21:05:00.5Z', 0.1, -2147483648, 123456789012, FALSE, NULL, NULL, NULL, 0),
  ('p3', 'Øster', 'B "q" \ / é 漢 😀', 'X', '0900-01-01', '1969-12-31T23:59:59Z', 100, 2147483647, 1e-7, NULL, 'Bozeman', NULL, '[]', NULL),
  ('p4', 'Ha%l', '', NULL, '9999-12-31', NULL, NULL, NULL, NULL, TRUE, '', 4, NULL, 7),
  ('p5', NULL, NULL, NULL, NULL, NULL, 3.5, 0, 2.5, FALSE, NULL, NULL, NULL, NULL),
  ('P1', 'Hall', 'Anna', 'A', '2000-12-31', '2026-07-04T12:00:00-06:00', 1.0, 1, 1, TRUE, NULL, 1, '["x"]', 100);
CREATE TABLE court_case (court TEXT, number TEXT, person_id TEXT, filed DATE, PRIMARY KEY (court, number));
INSERT INTO court_case VALUES ('A', '1', 'p1', '2025-01-02'), ('B', '1', 'p1', NULL), ('A', '10', 'p2', '2024-01-01'), ('A', '2', 'p9', '2024-02-02');
CREATE TABLE charge (court TEXT, number TEXT, n INTEGER, local_id INTEGER, bail FLOAT);
INSERT INTO charge VALUES ('A', '1', 2, 70, 1000), ('A', '1', 1, 71, 0.30000000000000004), ('B', '1', 1, 80, NULL), ('A', '10', 1, 99, 5);
CREATE TABLE crosswalk (person_id TEXT, system TEXT, local_id TEXT);
INSERT INTO crosswalk VALUES ('p1', 'COURT', '70'), ('p1', 'COURT', '71'), ('p2', 'COURT', '80'), ('p3', 'JAIL', '99');
"#;

const QUERIES: [&str; 16] = [
    "{ people { id fee dues } }",
    "{ people { id surname given kind born seen weight visits big active place { city floor } tags } }",
    "{ people(surname: \"ha\") { id surname } }",
    "{ people(surname: \"HA%\") { id } }",
    "{ people(surname: \"ø\") { id } a: people(surname: \"Ø\") { id } none: people(surname: \"\\\\\") { id } }",
    "{ people(active: true) { id } no: people(active: false) { id } all: people(active: null) { id } }",
    "{ people(first: 2) { id } none: people(first: 0) { id } most: people(first: 1000) { id } }",
    "{ a: person(id: \"p1\") { id surname } b: person(id: \"P1\") { id given } c: person(id: \"p1 \") { id } d: person(id: \"\") { id } }",
    "{ case(court: \"A\", number: \"1\") { filed person { given } } none: case(court: \"1\", number: \"A\") { filed } }",
    "{ cases { court number filed person { id place { city } } charges { count bail } } }",
    "{ people { id cases { court number charges { count person { id } } } } }",
    "{ people { id charges { count bail case { court number filed } } } }",
    "{ cases { charges { person { id surname } case { number } } } }",
    "{ people(first: 3) { provenance { source asOf mode fields } born } }",
    "{ people(system: \"JAIL\", number: \"99\") { id } none: people(system: \"COURT\", number: \"99\") { id } court: people(active: false, system: \"COURT\") { id } }",
    "{ case(court: \"A'; DROP TABLE person; --\", number: \"\\u0000\") { filed } people(surname: \"'\\\"\") { id } }",
];

async fn over(url: &str, kind: &str) -> (Gateway, tempfile::TempDir) {
    let (folder, environment) = lay_out(url, kind, [GRAPH, RESOLVER, RECORDS]);
    let (limits, at) = (Limits::default(), |name: &str| folder.path().join(name));
    (gateway::open(&at("graph"), &at("resolvers"), &environment, &limits, Catalog::default()).await, folder)
}

/// Files of a graph over one store.
fn lay_out(url: &str, kind: &str, [graph, resolver, records]: [&str; 3]) -> (tempfile::TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for inner in ["graph".to_owned(), "resolvers".to_owned(), format!("store/{kind}")] {
        std::fs::create_dir_all(at(&inner)).unwrap();
    }
    let types = match kind {
        "sqlite" => [(" DATE", " TEXT"), ("INSTANT", "TEXT"), ("FLOAT", "REAL"), ("SORTED", "TEXT")],
        _ => {
            [("INSTANT", "TIMESTAMPTZ"), ("FLOAT", "DOUBLE PRECISION"), ("SORTED", "TEXT COLLATE \"C\""), ("\u{1}", "")]
        }
    };
    let sql = types.iter().fold(records.to_owned(), |sql, (from, to)| sql.replace(from, to));
    std::fs::write(at("graph/graph.graphql"), graph).unwrap();
    std::fs::write(at("resolvers/store.toml"), resolver).unwrap();
    std::fs::write(at(&format!("store/{kind}/0001_records.sql")), sql).unwrap();
    let url = if kind == "sqlite" { format!("sqlite:{}", at("store.sqlite").display()) } else { url.to_owned() };
    let environment: Environment = [("STORE_URL", url)].into_iter().collect();
    (folder, environment)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_give_the_same_bytes() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let (on_sqlite, _files) = over("", "sqlite").await;
    let (on_postgres, _more) = over(&postgres.url(), "postgres").await;
    let mut wrong = Vec::new();
    for query in QUERIES {
        let sqlite = text(ask(&on_sqlite, query, Map::new()).await);
        let postgres = text(ask(&on_postgres, query, Map::new()).await);
        if sqlite != postgres {
            wrong.push(format!("{query}\nsqlite:   {sqlite}\npostgres: {postgres}"));
        }
        if !sqlite.starts_with("{\"data\":{") || sqlite.contains("\"errors\"") {
            wrong.push(format!("{query}\nfailed: {sqlite}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let all = text(ask(&on_sqlite, QUERIES[1], Map::new()).await);
    let money = text(ask(&on_sqlite, QUERIES[0], Map::new()).await);
    assert!(
        money.contains(r#""fee":"70.50","dues":"5000.50""#) && money.contains(r#""fee":"0.10","dues":"0.00""#),
        "{money}"
    );
    assert!(all.contains(r#""born":"1988-02-29","seen":"2026-02-14T21:05:00Z","weight":70.5"#), "{all}");
    let by_number = text(ask(&on_sqlite, "{ people(system: \"JAIL\", number: \"99\") { id } }", Map::new()).await);
    assert_eq!(by_number, r#"{"data":{"people":[{"id":"p3"}]}}"#);
    tokio::task::spawn_blocking(move || drop(postgres)).await.unwrap();
}

const GOLDEN: [&str; 4] = [
    "query ($id: ID!) { person(id: $id) { nodeId id legalName { full given middle surname suffix } names { id use full given middle surname suffix system systemKind isYouth nodeId } birthDate birthYear deathDate sex genderIdentity races ethnicity tribalAffiliation language interpreterNeeded veteran ssn ssnLast4 physical { heightCm weightKg eyes hair } city phone addresses { id street city state zip county since system systemKind isProtected } identifiers { id kind value system systemKind } addressProtected provenance { source asOf mode } } }",
    "query ($id: ID!) { person(id: $id) { charges { id mans sequence caseNumber count statute { mca short severity ncic nibrs offenseType isViolent isSexOffense isDrug isDomesticViolence provenance { asOf } } description severity status offenseOn stages { id kind on agency record statute { mca } statuteRaw description severity isYouth isConfidential provenance { asOf } } isYouth isConfidential isConviction isPending } felonies: charges(severity: FELONY) { id } guilty: charges(outcome: CONVICTED_BY_PLEA) { id } } }",
    "{ linkage { agency agencyName dispositions linkedByNumber linkedByMarks unlinked unlinkedShare on } }",
    "query ($surname: String, $given: String) { people(where: { surname: { startsWith: $surname }, given: { startsWith: $given } }, first: 50) { nodes { id legalName { full } birthDate identifiers { value } } pageInfo { hasNextPage } } a: people(where: { surname: { is: $surname }, given: { startsWith: $given }, birthYear: 1980 }) { nodes { id } } }",
];

/// Every page, one after the other, as the ids of its records.
async fn pages(gateway: &Gateway, field: &str, first: usize, of_one: &str) -> Vec<Vec<String>> {
    let query = format!(
        "query ($first: Int, $after: String) {{ all: {field}(first: $first, after: $after) {{ nodes {{ id: {of_one} }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
    );
    let mut pages = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "first": first, "after": after }).as_object().unwrap().clone();
        let answer: Value = serde_json::from_slice(&ask(gateway, &query, variables).await).unwrap();
        let page = &answer["data"]["all"];
        let ids = page["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!pages.is_empty()));
        pages.push(ids.map(|node| node["id"].as_str().unwrap().to_owned()).collect());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return pages;
        }
        after = page["pageInfo"]["endCursor"].clone();
        assert!(after.is_string() && pages.len() < 20, "{answer}");
    }
}

/// Pages of any size hold every record once, in one order, whatever has no value, on both databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_every_record_once() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let (on_sqlite, _files) = over("", "sqlite").await;
    let (on_postgres, _more) = over(&postgres.url(), "postgres").await;
    for (field, of_one, count) in [("everybody", "id", 6), ("byBirth", "id", 6), ("caseList", "number", 4)] {
        let whole = pages(&on_sqlite, field, 50, of_one).await.concat();
        assert_eq!(whole.len(), count, "{field}");
        for first in 1..=count {
            let sqlite = pages(&on_sqlite, field, first, of_one).await;
            assert_eq!(sqlite, pages(&on_postgres, field, first, of_one).await, "{field} by {first}");
            assert!(sqlite.iter().rev().skip(1).all(|page| page.len() == first), "{field} by {first}: {sqlite:?}");
            assert_eq!(sqlite.concat(), whole, "{field} by {first}");
        }
    }
    tokio::task::spawn_blocking(move || drop(postgres)).await.unwrap();
}

/// The golden store of the demonstration, written to SQLite and carried over to Postgres row by row: each story, and what the stories
/// leave out, gets the same answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_golden_store_is_the_same_on_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("golden.sqlite");
    let demo = demo::start_on(date(2026, 11, 22), 400, 1, &file, false).await.unwrap();
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (graph, resolvers, limits) = (root.join("schema/graph"), root.join("resolvers"), Limits::default());
    let open = |url: Option<String>| {
        let changed = url.map(|url| ("HEADWATERS_STORE_URL".to_owned(), url));
        let environment: Environment = demo.environment.iter().cloned().chain(changed).collect();
        let (graph, resolvers, limits) = (&graph, &resolvers, &limits);
        async move { gateway::open(graph, resolvers, &environment, limits, Catalog::default()).await }
    };
    let on_sqlite = open(None).await;
    // Opening it applies the migrations of `schema/store/postgres`.
    let on_postgres = open(Some(postgres.url())).await;
    carry_over(&format!("sqlite:{}", file.display()), &postgres.url()).await;
    let stories = story::load(&root.join("schema/stories"), &on_sqlite.world().graph).unwrap();
    let known = |name: &str| demo.samples.get(name).cloned();
    let stories = stories.iter().map(|story| (story.document.clone(), story.variables(known)));
    let given = json!({ "id": demo.sample_person, "surname": demo.samples["surname"], "given": demo.samples["given"] });
    let person: Map<String, Value> = given.as_object().unwrap().clone();
    let golden = GOLDEN.iter().map(|query| ((*query).to_owned(), person.clone()));
    let (mut asked, mut wrong) = (0, Vec::new());
    for (query, variables) in stories.chain(golden) {
        let sqlite = comparable(&ask(&on_sqlite, &query, variables.clone()).await);
        let postgres = comparable(&ask(&on_postgres, &query, variables).await);
        if sqlite != postgres {
            wrong.push(format!("{query}\nsqlite:   {sqlite}\npostgres: {postgres}"));
        }
        assert!(sqlite.starts_with("{\"data\":{") && sqlite.len() > 200, "{query}\n{sqlite}");
        asked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(asked > GOLDEN.len() + 8);
    for gateway in [&on_sqlite, &on_postgres] {
        by_number(gateway, &demo.sample_person).await;
    }
    tokio::task::spawn_blocking(move || drop(postgres)).await.unwrap();
}

/// Every number of a person leads back to them, by either way.
async fn by_number(gateway: &Gateway, id: &str) {
    let ask = async |query: &str, variables: Value| -> Value {
        let bytes = ask(gateway, query, variables.as_object().unwrap().clone()).await;
        serde_json::from_slice(&bytes).unwrap()
    };
    let query = "query ($id: ID!) { person(id: $id) { identifiers { kind value } } }";
    let numbers = ask(query, json!({ "id": id })).await["data"]["person"]["identifiers"].take();
    assert!(!numbers.as_array().unwrap().is_empty());
    for number in numbers.as_array().unwrap() {
        let query = "query ($n: IdentifierInput!) { personBy(identifier: $n) { id } people(where: { identifier: $n }) { nodes { id } } }";
        let found = ask(query, json!({ "n": number })).await;
        let expect = json!({ "personBy": { "id": id }, "people": { "nodes": [{ "id": id }] } });
        assert_eq!(found["data"], expect, "{number} {found}");
    }
}

/// Bookings are known by the jail's own numbers of persons, notes by their booking.
const CLOSED: [&str; 3] = [
    r#"
enum AgencyKind { BOCC } enum DataClass { PUB }
type Query { people: [Person!] bookings: [Booking!] note(id: ID!): Note }
type Person @entity(key: "id") @data(class: [PUB]) { id: ID! bookings: [Booking!] @link }
type Booking @entity(key: "number", subject: "person") @data(class: [PUB]) { number: ID! person: Person @link notes: [Note!] @link }
type Note @entity(key: "id", subject: "booking.person") @data(class: [PUB]) { id: ID! booking: Booking @link text: String }
"#,
    r#"
title = "Store"
kind = "sql"
golden = true
reach = { url = "env:STORE_URL", migrations = "../store" }
closures = { table = "closed", key = "key", type = "type", kind = "kind" }
crosswalk.Person = { table = "crosswalk", key = "person", system = "system", local = "local" }
[entity.Person]
table = "person"
fields = { id = "id" }
[entity.Person.by.id]
[entity.Person.find.people]
order = ["id"]
[entity.Booking]
table = "booking"
fields = { number = "number", person = { column = "inmate", crosswalk = "JAIL" } }
[entity.Booking.by.number]
[entity.Booking.by.person]
crosswalk = "JAIL"
columns = ["inmate"]
many = true
[entity.Booking.find.bookings]
order = ["number"]
[entity.Note]
table = "note"
fields = { id = "id", booking = "booking", text = "words" }
[entity.Note.by.id]
[entity.Note.by.booking]
columns = ["booking"]
many = true
"#,
    r"
CREATE TABLE closed (kind TEXT, type TEXT, key TEXT);
INSERT INTO closed VALUES ('EXPUNGED', 'Person', 'p2'), ('SEALED', 'Booking', 'b3'), ('EXPUNGED', 'Person', 'b1'), ('SEALED', 'Note', 'p1');
CREATE TABLE person (id TEXT PRIMARY KEY);
INSERT INTO person VALUES ('p1'), ('p2');
CREATE TABLE crosswalk (person TEXT, system TEXT, local TEXT);
INSERT INTO crosswalk VALUES ('p1', 'JAIL', '71'), ('p2', 'JAIL', '72'), ('p2', 'COURT', '71');
CREATE TABLE booking (number TEXT PRIMARY KEY, inmate TEXT);
INSERT INTO booking VALUES ('b1', '71'), ('b2', '72'), ('b3', '71'), ('b4', '79'), ('b5', NULL);
CREATE TABLE note (id TEXT PRIMARY KEY, booking TEXT, words TEXT);
INSERT INTO note VALUES ('n1', 'b1', 'one'), ('n2', 'b2', 'two'), ('n3', 'b9', 'three');
",
];

const OPEN_TO_ALL: &str = r#"
@id("closed") @cite("46-18-1103 MCA") @review("2027-07-01")
forbid(principal, action, resource) when { resource.closed.containsAny(["SEALED", "EXPUNGED"]) };
@id("public") @cite("44-5-301 MCA") @review("2027-07-01")
permit(principal, action, resource);
"#;

/// However a record is come to, what closes a person closes it, and nothing else's key does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_closes_a_person_closes_their_records_on_both() {
    let server = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    for (kind, url) in [("sqlite", String::new()), ("postgres", server.url())] {
        let (folder, environment) = lay_out(&url, kind, CLOSED);
        let at = |name: &str| folder.path().join(name);
        let (graph, _) = load(&at("graph"), &at("resolvers"), &[Audience::everything()]).unwrap();
        let rules = [
            ("rules.cedar", OPEN_TO_ALL),
            ("classes.toml", "[class]\nPUB = { otherwise = \"HIDE\" }"),
            ("purposes.toml", "[kind]\nBOCC = [\"C\"]"),
        ];
        let rules = Folder::of(rules.map(|(name, text)| (name.into(), text.to_owned()))).unwrap();
        let policies = Policies::load(&graph, &rules).unwrap_or_else(|problems| panic!("{problems}"));
        let limits = Limits::default();
        let sources = gateway::sources(&graph, &environment, &limits, Catalog::default()).await;
        let world = World::new(graph, policies, sources, &limits);
        let gateway = Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), limits);
        let query = "{ people { id bookings { number notes { text } } } bookings { number notes { text } } \
            one: note(id: \"n1\") { text } two: note(id: \"n2\") { text } three: note(id: \"n3\") { text } }";
        let answer: Value = serde_json::from_slice(&ask(&gateway, query, Map::new()).await).unwrap();
        let first = json!({ "number": "b1", "notes": [{ "text": "one" }] });
        let nobodys = |number: &str| json!({ "number": number, "notes": [] });
        let expect = json!({
            "people": [{ "id": "p1", "bookings": [first] }],
            "bookings": [first, nobodys("b4"), nobodys("b5")],
            "one": { "text": "one" }, "two": null, "three": { "text": "three" },
        });
        assert_eq!(answer["data"], expect, "{kind}: {answer}");
        assert_eq!(answer.get("errors"), None, "{kind}");
    }
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

/// Without the moments at which sources were asked, of which the second is later, and without cursors, which are sealed.
fn comparable(answer: &[u8]) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                let varies = ["age", "retrievedAt", "cursor", "endCursor", "startCursor"];
                members.retain(|name, _| !varies.contains(&name.as_str()));
                members.values_mut().for_each(walk);
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    walk(&mut answer);
    answer.to_string()
}

/// Tables of the golden store, those that others refer to first.
const TABLES: [&str; 11] = [
    "person",
    "person_name",
    "address",
    "person_identifier",
    "crosswalk",
    "statute",
    "charge",
    "charge_stage",
    "closure",
    "linkage",
    "metric",
];

async fn carry_over(from: &str, to: &str) {
    let mut from = SqliteConnection::connect(from).await.unwrap();
    let mut to = PgConnection::connect(to).await.unwrap();
    for table in TABLES {
        // Every value as text, which the other side makes a value of its column of: 1 is true there, and a list has braces.
        let quoted = "CASE WHEN name = 'races' THEN 'quote(replace(replace(races, ''['', ''{''), '']'', ''}''))' \
             WHEN type = 'REAL' THEN 'quote(printf(''%!.17g'', ' || name || '))' \
             ELSE 'quote('''' || ' || name || ')' END";
        let columns = format!(
            "SELECT group_concat(name, ', ') AS names, group_concat({quoted}, ' || '','' || ') AS quoted FROM pragma_table_info('{table}')"
        );
        let columns = sqlx::query(AssertSqlSafe(columns)).fetch_one(&mut from).await.unwrap();
        let (names, quoted): (String, String) = (columns.get("names"), columns.get("quoted"));
        let rows = format!("SELECT group_concat('(' || {quoted} || ')', ',') FROM {table}");
        let rows: Option<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut from).await.unwrap();
        let Some(rows) = rows else { continue };
        let insert = format!("INSERT INTO {table} ({names}) VALUES {rows}");
        sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut to).await.unwrap();
    }
}

/// The figure that the README gives, of the demonstration's own world.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_of_dispositions_that_are_not_tied_is_that_of_the_readme() {
    let folder = tempfile::tempdir().unwrap();
    let demo =
        demo::start_on(date(2026, 11, 22), 10_000, 1, &folder.path().join("golden.sqlite"), false).await.unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let environment: Environment = demo.environment.iter().cloned().collect();
    let (graph, resolvers, limits) = (root.join("schema/graph"), root.join("resolvers"), Limits::default());
    let gateway = gateway::open(&graph, &resolvers, &environment, &limits, Catalog::default()).await;
    let query = "{ linkage { agency dispositions linkedByNumber linkedByMarks unlinked unlinkedShare } }";
    let answer: Value = serde_json::from_slice(&ask(&gateway, query, Map::new()).await).unwrap();
    let all = answer["data"]["linkage"].as_array().unwrap();
    let total = all.iter().find(|one| one["agency"].is_null()).unwrap();
    let of = |one: &Value, name: &str| one[name].as_u64().unwrap();
    let [dispositions, number, marks, none] =
        ["dispositions", "linkedByNumber", "linkedByMarks", "unlinked"].map(|name| of(total, name));
    assert_eq!(number + marks + none, dispositions);
    let summed: u64 = all.iter().filter(|one| !one["agency"].is_null()).map(|one| of(one, "dispositions")).sum();
    assert_eq!(summed, dispositions, "the courts together");
    #[expect(clippy::cast_precision_loss, reason = "counts of a small world")]
    let share = |part: u64| format!("{:.1} %", 100.0 * part as f64 / dispositions as f64);
    let thousands = format!("{},{:03}", dispositions / 1_000, dispositions % 1_000);
    let row = format!("| {thousands} | {} | {} | {} |", share(number), share(marks), share(none));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains(&row), "README.md: What is tied together\n{row}");
}
