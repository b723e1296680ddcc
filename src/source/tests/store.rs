//! The same questions to SQLite and to Postgres.

use super::*;
use crate::graph::binding::Crosswalk;
use crate::graph::{
    Access, AccessArgument, BindingId, By, Compare, Convert, Entry, Find, Graph, Lookup, Place, Reach, SourceId,
    SourceKind, When,
};
use crate::limits::Limits;
use crate::record::{Column, Keys, Layout, Take, What};
use crate::source::{Environment, Sources, Way};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../../../tests/harness/postgres.rs"]
mod postgres;

const ROWS: &str = "
INSERT INTO booking (no, person, count, surname, active, weight, born, seen, \"first\", photo) VALUES
 ('a', 1, 10, 'Smith', true, 1.5, '1990-01-02', '2024-01-02T03:04:05Z', 'x', NULL),
 ('b', 1, 20, 'smythe', false, NULL, NULL, '2024-01-02T03:04:05.120Z', NULL, NULL),
 ('it''s \"b\"', 2, NULL, 'O''Brien', NULL, 2, '2000-02-29', NULL, NULL, NULL),
 ('ä%_', 3, 5, '50%_a', true, 0.1, NULL, NULL, NULL, NULL);
INSERT INTO twin VALUES ('o2', 'z', 'b'), ('o1', 'y', 'B'), ('o1', 'x', 'ä'), ('o2', 'w', NULL), ('o1', 'v', NULL), ('o1', 'u', 'a'), ('o1', 't', 'a');
INSERT INTO crosswalk VALUES ('p1', 'JMS', '7'), ('p1', 'CMS', 'c7'), ('p1', 'JMS', '8'), ('p2', 'JMS', '9'), ('p3', 'XYZ', '1');
";

fn migrations(folder: &Path) {
    let of = |kind: &str, integer: &str, real: &str, date: &str, instant: &str, (bytes, one): (&str, &str)| {
        let photo = &format!(
            "UPDATE booking SET photo = {one} WHERE no = 'b'; UPDATE booking SET flag = CASE no WHEN 'b' THEN 1 ELSE 0 END;"
        );
        let table = format!(
            "CREATE TABLE booking (no TEXT PRIMARY KEY, person {integer}, count {integer}, surname TEXT, active BOOLEAN, \
             weight {real}, born {date}, seen {instant}, \"first\" TEXT, photo {bytes}, flag {integer});
             CREATE TABLE twin (owner TEXT, no TEXT, rank TEXT);
             CREATE TABLE crosswalk (entity TEXT, system TEXT, local TEXT);"
        );
        std::fs::create_dir_all(folder.join(kind)).unwrap();
        std::fs::write(folder.join(kind).join("1_booking.sql"), table + ROWS + photo).unwrap();
    };
    of("sqlite", "INTEGER", "REAL", "TEXT", "TEXT", ("BLOB", "x'01'"));
    of("postgres", "INT4", "FLOAT8", "DATE", "TIMESTAMPTZ", ("BYTEA", "'\\x01'"));
}

fn arguments() -> Vec<AccessArgument> {
    let argument = |name: &str, to: &str, compare| AccessArgument {
        name: name.into(),
        to: to.into(),
        compare,
        ty: None,
        of: None,
    };
    vec![
        argument("state", "surname", Compare::Prefix),
        argument("count", "count", Compare::Is),
        argument("active", "active", Compare::Is),
        argument("born", "born", Compare::Is),
        argument("flag", "flag", Compare::Is),
        argument("named", "surname", Compare::AnyCase),
        argument("from", "born", Compare::AtLeast),
        argument("to", "born", Compare::AtMost),
        argument("least", "count", Compare::AtLeast),
        argument("last", "no", Compare::AtMost),
    ]
}

fn graph_of(folder: &Path) -> Arc<Graph> {
    let names = |columns: &[&str]| columns.iter().map(|column| Arc::from(*column)).collect::<Vec<Arc<str>>>();
    let by = |columns: &[&str], many| By {
        name: "number".into(),
        parts: u8::try_from(columns.len()).unwrap(),
        many,
        crosswalk: None,
        keys_max: 10_000,
        arguments: vec![AccessArgument {
            name: "active".into(),
            to: "active".into(),
            compare: Compare::Is,
            ty: None,
            of: None,
        }],
        access: Access::Sql(Lookup {
            table: "booking".into(),
            columns: names(columns),
            order: names(&["count", "no"]),
            limit: None,
            limit_max: None,
        }),
        conditions: Vec::new(),
        place: Place::default(),
    };
    let find = Find {
        field: BOOKINGS,
        arguments: arguments(),
        access: Access::Sql(Lookup {
            table: "booking".into(),
            columns: vec![],
            order: names(&["surname"]),
            limit: Some("first".into()),
            limit_max: Some(3),
        }),
        first_max: None,
        conditions: Vec::new(),
        place: Place::default(),
    };
    let reach = Reach { migrations: Some(folder.to_path_buf()), ..Reach::default() };
    let mut graph = graph(SourceKind::Sql, reach, |mut binding| {
        let twins = |order: &[&str]| {
            let (table, columns) = ("twin".into(), names(&["owner"]));
            let lookup = Lookup { table, columns, order: names(order), limit: None, limit_max: None };
            By { access: Access::Sql(lookup), arguments: Vec::new(), ..by(&["owner"], true) }
        };
        binding.by = vec![by(&["no"], false), by(&["person"], true), by(&["no", "person"], false)];
        binding.by.extend([twins(&["rank", "no"]), twins(&["no"])]);
        binding.find = vec![find];
        binding
    });
    Arc::get_mut(&mut graph).unwrap().crosswalks.push(Crosswalk {
        source: SourceId(0),
        entity: BOOKING,
        table: "crosswalk".into(),
        key: "entity".into(),
        system: "system".into(),
        local: "local".into(),
    });
    graph
}

fn columns() -> Vec<Column> {
    let column = |at, convert| column(What::Field(STATE), at, convert);
    let embedded = Layout { columns: vec![column("first", text()), column("photo", text())] };
    vec![
        column("no", text()),
        column("count", Convert::Int),
        column("active", Convert::Bool { truth: vec![], untrue: vec![] }),
        column("weight", Convert::Float),
        column("born", Convert::Date(None)),
        column("seen", Convert::DateTime { when: When::Rfc3339, zone: None }),
        Column { take: Take::Object(Arc::new(embedded)), ..column("no", text()) },
        column("person", text()),
    ]
}

/// One database with its sources.
struct Open {
    name: &'static str,
    graph: Arc<Graph>,
    sources: Sources,
}

impl Open {
    async fn check(&self, entry: Entry, columns: Vec<Column>, asked: &Keys<'_>, arguments: &Value, expect: &str) {
        let given: Vec<&str> = arguments.as_object().unwrap().keys().map(String::as_str).collect();
        let fetch = fetch(Way::Binding(BindingId(0), entry), columns, &given);
        for _ in 0..2 {
            let shown = ask(&self.sources, &self.graph, &fetch, asked, arguments).await;
            assert_eq!(shown, expect, "{}: {:?}", self.name, fetch.text);
        }
    }
}

async fn by_key(open: &Open) {
    let a = "('a' 10 true 1.5 '1990-01-02' '2024-01-02T03:04:05Z' ('x' -) '1')";
    let b = "('b' 20 false - - '2024-01-02T03:04:05.12Z' (- !) '1')";
    let quoted = "('it's \"b\"' - - 2.0 '2000-02-29' - - '2')";
    let none = json!({});
    open.check(Entry::By(0), columns(), &keys(&["b", "zz", "a"]), &none, &format!("[{b}] [] [{a}]")).await;
    open.check(
        Entry::By(0),
        columns(),
        &keys(&["it's \"b\"", "'; DROP TABLE booking; --", "\0"]),
        &none,
        &format!("[{quoted}] [] []"),
    )
    .await;
    open.check(Entry::By(0), columns(), &keys(&["a", "b"]), &json!({"active": false}), &format!("[] [{b}]")).await;
    let no = || columns().into_iter().take(1).collect::<Vec<_>>();
    open.check(
        Entry::By(1),
        no(),
        &keys(&["3", "x", "1", "99999999999999999999"]),
        &none,
        "[('ä%_')] [] [('a') ('b')] []",
    )
    .await;
    let others = ["01", " 1", "1.0", "+1", "3"];
    open.check(Entry::By(1), no(), &keys(&others), &none, "[] [] [] [] [('ä%_')]").await;
    open.check(Entry::By(2), no(), &keys(&["a|01", "b|1"]), &none, "[] [('b')]").await;
    open.check(Entry::By(2), no(), &keys(&["a|1", "a|2", "b|1", "b|x"]), &none, "[('a')] [] [('b')] []").await;
    let invalid = vec![column(What::Field(STATE), "surname", Convert::Int)];
    open.check(Entry::By(0), invalid, &keys(&["a"]), &none, "[(!)]").await;
    let many: Vec<String> = (0..5_000).map(|index| format!("k{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    open.check(Entry::By(0), no(), &keys(&many), &none, &vec!["[]"; 5_000].join(" ")).await;
}

/// Whoever puts them in order, the database or we: by bytes, nulls first, whichever columns are read and however.
async fn in_order(open: &Open) {
    let asked = keys(&["o2", "nobody", "o1"]);
    let of = |names: &[&str], trim: bool| {
        let text = || Convert::Text { from_number: false, trim };
        names.iter().map(|name| column(What::Field(STATE), name, text())).collect::<Vec<_>>()
    };
    let none = json!({});
    let by_rank = "[(- 'w') ('b' 'z')] [] [(- 'v') ('B' 'y') ('a' 't') ('a' 'u') ('ä' 'x')]";
    open.check(Entry::By(3), of(&["rank", "no"], false), &asked, &none, by_rank).await;
    open.check(Entry::By(3), of(&["rank", "no"], true), &asked, &none, by_rank).await;
    open.check(Entry::By(3), of(&["no"], false), &asked, &none, "[('w') ('z')] [] [('v') ('y') ('t') ('u') ('x')]")
        .await;
    open.check(
        Entry::By(4),
        of(&["no", "owner"], false),
        &asked,
        &none,
        "[('w' 'o2') ('z' 'o2')] [] [('t' 'o1') ('u' 'o1') ('v' 'o1') ('x' 'o1') ('y' 'o1')]",
    )
    .await;
    open.check(
        Entry::By(4),
        of(&["owner", "no"], false),
        &keys(&["o1", "o2"]),
        &none,
        "[('o1' 't') ('o1' 'u') ('o1' 'v') ('o1' 'x') ('o1' 'y')] [('o2' 'w') ('o2' 'z')]",
    )
    .await;
}

async fn by_arguments(open: &Open) {
    let no = || columns().into_iter().take(1).collect::<Vec<_>>();
    let search = async |arguments: Value, expect: &str| {
        open.check(Entry::Find(0), no(), &Keys::default(), &arguments, expect).await;
    };
    search(json!({"state": "SM"}), "[('a') ('b')]").await;
    search(json!({"state": "SM", "first": 1}), "[('a')]").await;
    search(json!({"state": "50%_"}), "[('ä%_')]").await;
    search(json!({"state": "%"}), "[]").await;
    search(json!({"state": "O'B"}), "[('it's \"b\"')]").await;
    search(json!({}), "[('ä%_') ('it's \"b\"') ('a')]").await;
    search(json!({"first": 2}), "[('ä%_') ('it's \"b\"')]").await;
    search(json!({"first": 0}), "[]").await;
    search(json!({"first": -1}), "Invalid(\"a negative limit\")").await;
    search(json!({"first": 9_999_999}), "[('ä%_') ('it's \"b\"') ('a')]").await;
    search(json!({"count": [10, 20]}), "[('a') ('b')]").await;
    search(json!({"count": 5}), "[('ä%_')]").await;
    search(json!({"count": []}), "[]").await;
    search(json!({"active": true, "state": "s"}), "[('a')]").await;
    search(json!({"flag": true}), "[('b')]").await;
    search(json!({"born": "1990-01-02"}), "[('a')]").await;
    search(json!({"born": "nonsense"}), "[]").await;
    search(json!({"named": "SMYTHE"}), "[('b')]").await;
    search(json!({"named": ["o'brien", "smith"]}), "[('it's \"b\"') ('a')]").await;
    search(json!({"named": "smyth_"}), "[]").await;
    search(json!({"from": "1990-01-02"}), "[('it's \"b\"') ('a')]").await;
    search(json!({"from": "1990-01-03"}), "[('it's \"b\"')]").await;
    search(json!({"from": "1990-01-01", "to": "1990-01-02"}), "[('a')]").await;
    search(json!({"to": "1989-12-31"}), "[]").await;
    search(json!({"least": 10}), "[('a') ('b')]").await;
    search(json!({"last": "b"}), "[('a') ('b')]").await;
}

async fn across_systems(open: &Open) {
    let columns = || vec![column(What::Match(0), "", text()), column(What::Match(1), "", text())];
    let check = async |systems: &[&str], back, asked: &Keys<'_>, expect: &str| {
        let systems = systems.iter().map(|system| Arc::from(*system)).collect();
        let fetch = fetch(Way::Crosswalk { crosswalk: 0, systems, back }, columns(), &[]);
        let shown = ask(&open.sources, &open.graph, &fetch, asked, &json!({})).await;
        assert_eq!(shown, expect, "{}: {:?}", open.name, fetch.text);
    };
    check(
        &["JMS", "CMS"],
        false,
        &keys(&["p2", "p1", "p9"]),
        "[('9' 'JMS')] [('7' 'JMS') ('8' 'JMS') ('c7' 'CMS')] []",
    )
    .await;
    check(&["CMS"], false, &keys(&["p2", "p1"]), "[] [('c7' 'CMS')]").await;
    check(&["JMS"], true, &keys(&["9", "7", "c7"]), "[('p2' 'JMS')] [('p1' 'JMS')] []").await;
}

async fn beyond_the_limits(open: &Open, url: &str) {
    let limits = Limits { records_max: 1, ..Limits::default() };
    let sources = super::open(&open.graph, url, &limits).await;
    let few = Open { sources, graph: graph_of(Path::new("")), name: open.name };
    let no = || columns().into_iter().take(1).collect::<Vec<_>>();
    few.check(Entry::By(1), no(), &keys(&["1"]), &json!({}), "Limit(\"records of an answer\")").await;
    few.check(Entry::By(1), no(), &keys(&["3"]), &json!({}), "[('ä%_')]").await;
    let unknown = vec![column(What::Field(STATE), "nowhere", text())];
    let fetch = fetch(Way::Binding(BindingId(0), Entry::By(0)), unknown, &[]);
    let shown = ask(&few.sources, &few.graph, &fetch, &keys(&["a"]), &json!({})).await;
    assert!(shown.starts_with("Unavailable(\"database error"), "{shown}");
}

async fn all(name: &'static str, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    migrations(folder.path());
    let graph = graph_of(folder.path());
    let sources = open(&graph, url, &Limits::default()).await;
    let open = Open { name, graph, sources };
    by_key(&open).await;
    in_order(&open).await;
    by_arguments(&open).await;
    across_systems(&open).await;
    beyond_the_limits(&open, url).await;
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    all("sqlite", &format!("sqlite:{}", folder.path().join("store.db").display())).await;
}

#[tokio::test]
async fn sqlite_in_memory() {
    all("memory", "sqlite::memory:").await;
}

#[tokio::test]
async fn postgres() {
    let server = tokio::task::spawn_blocking(postgres::Postgres::start).await.unwrap();
    all("postgres", &server.url()).await;
}

#[tokio::test]
async fn a_database_that_is_down_fails_its_fetches_only() {
    let mut graph = graph_of(Path::new(""));
    let reach = &mut Arc::get_mut(&mut graph).unwrap().sources[0].reach;
    (reach.migrations, reach.timeout_ms) = (None, 200);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres:///postgres?host={}&user=postgres", folder.path().display());
    let url = format!("{url}&password=hunter2");
    let sources = open(&graph, &url, &Limits::default()).await;
    assert!(!format!("{sources:?}").contains("hunter2"));
    let fetch = fetch(Way::Binding(BindingId(0), Entry::By(0)), columns(), &[]);
    let deadline = Instant::now() + Duration::from_secs(2);
    let shown = ask_until(&sources, &graph, &fetch, &keys(&["a"]), &json!({}), deadline).await;
    assert!(shown.starts_with("Unavailable") || shown == "Timeout", "{shown}");
}

#[tokio::test]
async fn urls_and_migrations_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let message = async |url: &str| {
        let environment: Environment = [("URL", url)].into_iter().collect();
        let graph = graph_of(folder.path());
        let problems = Sources::open(&graph, &environment, &Limits::default(), None).await.unwrap_err();
        assert_eq!(problems.0.len(), 1);
        problems.0[0].message.clone()
    };
    assert_eq!(message("mysql://x").await, "the value of `URL` is no URL of a database that is known here");
    assert_eq!(
        message("sqlite:/nowhere/at/all.db").await,
        "the value of `URL` leads to no database that can be opened"
    );
    assert!(message("sqlite::memory:").await.starts_with("the value of `URL` needs the migrations in"));
}
