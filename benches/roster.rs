//! Roster: the invented records that both sides answer from, and the query for fifty of them.

use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

pub const SCHEMA: &str = r#"
enum AgencyKind { COUNTY COURT DETENTION }
enum DataClass { PUB }
enum Sex { F M X }
enum CaseKind { CRIMINAL TRAFFIC JUVENILE }

type Query @data(class: [PUB]) {
  persons(ids: [ID!]!): [Person]
}

type Person @entity(key: "id") @data(owner: COUNTY, class: [PUB]) {
  id: ID!
  given: String!
  middle: String
  surname: String!
  suffix: String
  sex: Sex
  birthDate: Date!
  heightCm: Int
  weightKg: Int
  city: String
  phone: String
  veteran: Boolean!
  cases: [Case!] @link(by: "person")
  custody: Custody @link(by: "person")
}

type Case @entity(key: "number", subject: "person") @data(owner: COURT, class: [PUB]) {
  number: ID!
  person: Person @link
  court: String!
  kind: CaseKind!
  status: String!
  filed: Date!
  judge: String
  counts: Int!
  sealed: Boolean!
}

type Custody @entity(key: "booking", subject: "person") @data(owner: DETENTION, class: [PUB]) {
  booking: ID!
  person: Person @link
  facility: String!
  status: String!
  bookedAt: DateTime!
  cell: String
  bail: Float
}
"#;

/// 12 fields of a person, 8 of each of three cases, 6 of a custody: 42 leaves, 2,100 for fifty persons.
pub const QUERY: &str = "query Roster($ids: [ID!]!) {
  persons(ids: $ids) {
    id given middle surname suffix sex birthDate heightCm weightKg city phone veteran
    cases { number court kind status filed judge counts sealed }
    custody { booking facility status bookedAt cell bail }
  }
}";

/// The same text for both databases; the types are those that Postgres has, and SQLite takes any name for one.
const TABLES: &str = "
CREATE TABLE person (id text PRIMARY KEY, given text NOT NULL, middle text, surname text NOT NULL, suffix text, sex text,
    birth_date date NOT NULL, height_cm integer, weight_kg integer, city text, phone text, veteran boolean NOT NULL);
CREATE TABLE court_case (number text PRIMARY KEY, person text NOT NULL, court text NOT NULL, kind text NOT NULL,
    status text NOT NULL, filed date NOT NULL, judge text, counts integer NOT NULL, sealed boolean NOT NULL);
CREATE INDEX court_case_person ON court_case (person, number);
CREATE TABLE custody (booking text PRIMARY KEY, person text NOT NULL, facility text NOT NULL, status text NOT NULL,
    booked_at timestamptz NOT NULL, cell text, bail double precision);
CREATE INDEX custody_person ON custody (person);
";

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub id: String,
    pub given: String,
    pub middle: Option<String>,
    pub surname: String,
    pub suffix: Option<String>,
    pub sex: Option<String>,
    pub birth_date: String,
    pub height_cm: Option<i32>,
    pub weight_kg: Option<i32>,
    pub city: Option<String>,
    pub phone: Option<String>,
    pub veteran: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Case {
    pub number: String,
    pub person: String,
    pub court: String,
    pub kind: String,
    pub status: String,
    pub filed: String,
    pub judge: Option<String>,
    pub counts: i32,
    pub sealed: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Custody {
    pub booking: String,
    pub person: String,
    pub facility: String,
    pub status: String,
    pub booked_at: String,
    pub cell: Option<String>,
    pub bail: Option<f64>,
}

#[derive(Debug)]
pub struct Roster {
    pub persons: Vec<Person>,
    pub cases: Vec<Case>,
    pub custodies: Vec<Custody>,
}

impl Roster {
    pub fn invent(persons: usize) -> Self {
        Self {
            persons: (0..persons).map(person).collect(),
            cases: (0..persons).flat_map(|owner| (0..3).map(move |n| case(owner, n))).collect(),
            custodies: (0..persons).map(custody).collect(),
        }
    }

    /// The ids of fifty persons, from the `n`-th block of them.
    pub fn fifty(&self, n: usize) -> Vec<&str> {
        let blocks = self.persons.len() / 50;
        self.persons.iter().skip(n % blocks * 50).take(50).map(|person| person.id.as_str()).collect()
    }

    /// What the gateway is sent.
    pub fn asked_in_graphql(&self, n: usize) -> Vec<u8> {
        json!({ "query": QUERY, "variables": { "ids": self.fifty(n) } }).to_string().into_bytes()
    }

    /// What the handler by hand is sent.
    pub fn asked_by_hand(&self, n: usize) -> Vec<u8> {
        json!({ "ids": self.fifty(n) }).to_string().into_bytes()
    }

    /// Writes `persons.json`, `cases.json` and `custodies.json`.
    pub fn write_files(&self, folder: &Path) {
        let write = |name: &str, records: Value| std::fs::write(folder.join(name), records.to_string()).unwrap();
        write("persons.json", json!(self.persons));
        write("cases.json", json!(self.cases));
        write("custodies.json", json!(self.custodies));
    }

    /// Makes and fills the tables of a database.
    pub fn sql(&self) -> String {
        let mut sql = String::from(TABLES);
        insert(&mut sql, "person", &self.persons);
        insert(&mut sql, "court_case", &self.cases);
        insert(&mut sql, "custody", &self.custodies);
        sql.push_str("ANALYZE;");
        sql
    }
}

/// The columns of a table stand in the order of the fields.
fn insert(sql: &mut String, table: &str, records: &[impl Serialize]) {
    let literal = |value: &Value| match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    };
    for record in records {
        let Value::Object(members) = json!(record) else { continue };
        let values: Vec<String> = members.values().map(literal).collect();
        writeln!(sql, "INSERT INTO {table} VALUES ({});", values.join(", ")).unwrap();
    }
}

/// Now and then there is nothing.
fn sometimes<T>(n: usize, every: usize, value: T) -> Option<T> {
    (!n.is_multiple_of(every)).then_some(value)
}

fn one_of(n: usize, words: &[&str]) -> String {
    words.get(n % words.len()).copied().unwrap_or_default().to_owned()
}

fn person(n: usize) -> Person {
    let small = i32::try_from(n % 50).unwrap();
    Person {
        id: format!("p-{n:06}"),
        given: one_of(n, &["Alma", "Ben", "Clara", "Dmitri", "Eileen", "Faisal", "Grace"]),
        middle: sometimes(n, 3, one_of(n, &["Jane", "Lee", "Marie", "Ray"])),
        surname: one_of(n, &["Adams", "Begaye", "Castillo", "Dahl", "O'Brien", "Ngũgĩ", "Yellowtail", "Żuraw"]),
        suffix: sometimes(n + 1, 2, "Jr.".to_owned()),
        sex: sometimes(n, 11, one_of(n, &["F", "M", "X"])),
        birth_date: format!("{}-{:02}-{:02}", 1950 + n % 50, n % 12 + 1, n % 28 + 1),
        height_cm: sometimes(n, 7, 150 + small),
        weight_kg: sometimes(n, 5, 50 + small),
        city: sometimes(n, 13, one_of(n, &["Billings", "Bozeman", "Great Falls", "Havre", "Helena", "Miles City"])),
        phone: sometimes(n, 4, format!("+1 406 555 {:04}", n % 10_000)),
        veteran: n.is_multiple_of(9),
    }
}

fn case(owner: usize, n: usize) -> Case {
    let n = owner * 3 + n;
    Case {
        number: format!("DC-56-2024-{n:06}"),
        person: format!("p-{owner:06}"),
        court: one_of(
            n,
            &["Yellowstone County District Court", "Gallatin County Justice Court", "Billings Municipal Court"],
        ),
        kind: one_of(n, &["CRIMINAL", "TRAFFIC", "JUVENILE"]),
        status: one_of(n, &["Open", "Awaiting sentence", "Dismissed with prejudice", "Closed"]),
        filed: format!("{}-{:02}-{:02}", 2010 + n % 15, n % 12 + 1, n % 28 + 1),
        judge: sometimes(n, 6, one_of(n, &["Hon. R. Whitcomb", "Hon. A. \"Sunny\" Ruiz", "Hon. T. Lund"])),
        counts: i32::try_from(n % 5 + 1).unwrap(),
        sealed: n.is_multiple_of(17),
    }
}

fn custody(owner: usize) -> Custody {
    Custody {
        booking: format!("B{owner:08}"),
        person: format!("p-{owner:06}"),
        facility: one_of(owner, &["Yellowstone County Detention Facility", "Gallatin County Detention Center"]),
        status: one_of(owner, &["In custody", "Released on bond", "Transferred"]),
        booked_at: format!("2025-{:02}-{:02}T{:02}:30:00Z", owner % 12 + 1, owner % 28 + 1, owner % 24),
        cell: sometimes(owner, 3, format!("{}-{}", one_of(owner, &["A", "B", "C"]), owner % 60)),
        bail: sometimes(owner, 4, f64::from(i32::try_from(owner % 200).unwrap()) * 250.0 + 0.5),
    }
}
