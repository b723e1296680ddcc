//! Pages that a store cuts: full of what may be shown, and the same bytes whatever else the store has.
//!
//! 300 cases; more with `PAGES_CASES=10000`.

use super::random::Chance;
use super::{asking, folder};
use crate::caller::Caller;
use crate::execute::{self, World};
use crate::graph::{Graph, load_texts};
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::plan;
use crate::policy::Policies;
use crate::policy::permit::permit_as;
use crate::request::Request;
use crate::response;
use crate::seal::Seal;
use crate::source::{Environment, Sources};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const GRAPH: &str = r#"
enum AgencyKind { COURT POLICE DEFENSE PUBLIC }
enum DataClass { PUB CONTROL }
directive @facts(juvenile: String) on OBJECT
type Query { stays(town: String!, first: Int, after: String): BookingConnection latest(town: String!, many: Int): [Booking!] stay(number: ID!): Booking }
type BookingConnection @data(class: [PUB]) { edges: [BookingEdge!]! nodes: [Booking!]! pageInfo: PageInfo! }
type BookingEdge @data(class: [PUB]) { node: Booking! cursor: String! }
type Booking @entity(key: "number") @facts(juvenile: "isYouth") @data(class: [PUB]) {
  number: ID! state: String isYouth: Boolean @data(class: [CONTROL])
}
"#;

const STORE: &str = r#"
title = "Stays"
kind = "sql"
reach = { url = "env:STORE_URL" }
[entity.Booking]
table = "booking"
same = ["number", "state"]
fields.isYouth = "is_youth"
[entity.Booking.by.number]
[entity.Booking.find.stays]
args = { town = "town" }
order = ["state"]
limit_max = 20
[entity.Booking.find.latest]
args = { town = "town" }
order = ["state", "number"]
limit = "many"
limit_max = 4
"#;

const RULES: &str = r#"
@id("youth") @cite("41-5-215 MCA") @review("2027-07-01")
forbid(principal, action, resource is Booking) when { resource.juvenile } unless { principal in AgencyKind::"COURT" };
@id("public") @cite("44-5-301 MCA") @review("2027-07-01")
permit(principal, action in [Action::"disclose:PUB", Action::"filter:PUB"], resource);
"#;

/// What a court has closed is looked up in the store too.
const REGISTRY: &str = r#"
[closures]
table = "closed"
key = "key"
type = "type"
kind = "kind"
"#;
const SEALED: &str = r#"
@id("sealed") @cite("41-5-216 MCA") @review("2027-07-01")
forbid(principal, action, resource) when { resource.closed.contains("sealed") };
"#;

const CLASSES: &str = "[class]\nPUB = { otherwise = \"HIDE\" }\nCONTROL = { otherwise = \"HIDE\" }\n";

/// A booking of a youth is hidden from all but courts.
#[derive(Debug, Clone)]
struct Stay {
    number: String,
    state: Option<String>,
    youth: bool,
}

struct Store {
    graph: Arc<Graph>,
    policies: Policies,
    sources: Sources,
    documents: Documents,
    limits: Limits,
    seal: Arc<Seal>,
    _files: tempfile::TempDir,
}

impl Store {
    async fn open(towns: &[Vec<Stay>], limits: Limits) -> Self {
        Self::with(towns, limits, ("", "")).await
    }

    /// The same with more in its file and more rules.
    async fn with(towns: &[Vec<Stay>], limits: Limits, (more, rules): (&str, &str)) -> Self {
        let files_at = tempfile::tempdir().unwrap();
        let url = fill(&files_at.path().join("stays.sqlite"), towns).await;
        let files = [(
            "stays.toml".into(),
            STORE.trim_start().replace("[entity.Booking]\n", &format!("{more}[entity.Booking]\n")),
        )];
        let schema = [("graph.graphql".into(), GRAPH.trim_start().to_owned())];
        let (graph, _) = load_texts(&schema, &files, &[]).unwrap_or_else(|problems| panic!("{problems}"));
        let policies = Policies::load(&graph, &folder(&format!("{RULES}{rules}"), &[("classes.toml", CLASSES)]))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let environment: Environment = [("STORE_URL".to_owned(), url)].into_iter().collect();
        let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|e| panic!("{e}"));
        let (documents, seal) = (Documents::new(&limits), Arc::new(Seal::of(&[7; 32])));
        Self { graph: Arc::new(graph), policies, sources, documents, limits, seal, _files: files_at }
    }

    async fn ask(&self, who: &str, document: &str, variables: Value) -> (Value, Vec<u8>) {
        let variables = variables.as_object().unwrap().clone();
        let request = Request { document: document.to_owned(), variables, ..Request::default() };
        let (caller, view) = (Caller::developer(), crate::graph::ViewId::default());
        let operation = operation::bind(&self.documents, &self.graph, view, &request, &self.limits).unwrap();
        let asking = asking(who);
        let permitted = permit_as(&self.policies, &self.graph, (&caller, &asking), operation, 0).unwrap();
        let plan = plan::build(&self.graph, &permitted);
        let world = World {
            graph: &self.graph,
            sources: &self.sources,
            limits: &self.limits,
            seal: &self.seal,
            age_max_s: None,
        };
        let results = execute::run(&plan, &permitted, world, Instant::now() + Duration::from_secs(10)).await;
        let bytes = response::write(&self.graph, &permitted, &plan, &results, &self.limits, None).bytes;
        (serde_json::from_slice(&bytes).unwrap(), bytes)
    }

    /// Every page of a town, from the first to the last: what is on them, and their bytes.
    async fn pages(&self, who: &str, town: usize, first: usize) -> (Vec<Vec<String>>, Vec<u8>) {
        let document =
            "query($town: String!, $first: Int, $after: String) { stays(town: $town, first: $first, after: $after) {
            nodes { number } edges { cursor node { number state } } pageInfo { hasNextPage startCursor endCursor } } }";
        let (mut pages, mut all, mut after) = (Vec::new(), Vec::new(), Value::Null);
        loop {
            let variables = json!({ "town": town.to_string(), "first": first, "after": after });
            let (answer, bytes) = self.ask(who, document, variables).await;
            all.extend(bytes);
            let page = &answer["data"]["stays"];
            pages.push(numbers(&page["nodes"]));
            if page["pageInfo"]["hasNextPage"] != json!(true) {
                assert_eq!(page["pageInfo"]["hasNextPage"], json!(false), "{answer}");
                return (pages, all);
            }
            after = page["pageInfo"]["endCursor"].clone();
            assert!(after.is_string(), "{answer}");
        }
    }
}

fn numbers(records: &Value) -> Vec<String> {
    records.as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap().to_owned()).collect()
}

async fn fill(path: &Path, towns: &[Vec<Stay>]) -> String {
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    let mut script = String::from(
        "CREATE TABLE booking (number TEXT PRIMARY KEY, state TEXT, is_youth INTEGER, town TEXT);
         CREATE TABLE closed (type TEXT, key TEXT, kind TEXT);
         INSERT INTO closed VALUES ('Booking', '0-00001', 'sealed'); BEGIN;",
    );
    for (town, stays) in towns.iter().enumerate() {
        for stay in stays {
            let state = stay.state.as_ref().map_or_else(|| "NULL".to_owned(), |state| format!("'{state}'"));
            let (number, youth) = (&stay.number, u8::from(stay.youth));
            _ = writeln!(script, "INSERT INTO booking VALUES ('{town}-{number}', {state}, {youth}, '{town}');");
        }
    }
    script.push_str("COMMIT;");
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
    url
}

fn stay(chance: &mut Chance, n: usize) -> Stay {
    let state = (chance.below(5) > 0).then(|| format!("s{}", chance.below(4)));
    Stay { number: format!("{n:03}"), state, youth: chance.below(2) == 0 }
}

/// The same for those who may not see youths: others hidden, elsewhere, as many as it happens.
fn changed(stays: &[Stay], chance: &mut Chance) -> Vec<Stay> {
    let seen = stays.iter().filter(|stay| !stay.youth).cloned();
    let hidden = (0..chance.below(12)).map(|n| Stay { youth: true, number: format!("h{n}"), ..stay(chance, n) });
    let hidden: Vec<Stay> = hidden.collect();
    seen.chain(hidden).collect()
}

/// Those who may be seen, in the order of the list.
fn expected(town: usize, stays: &[Stay], youths: bool) -> Vec<String> {
    let mut seen: Vec<&Stay> = stays.iter().filter(|stay| youths || !stay.youth).collect();
    seen.sort_by(|one, other| (&one.state, &one.number).cmp(&(&other.state, &other.number)));
    seen.into_iter().map(|stay| format!("{town}-{}", stay.number)).collect()
}

#[tokio::test]
async fn pages_are_full_and_tell_of_nothing_else() {
    let cases: usize = std::env::var("PAGES_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let chance = &mut Chance::new(11);
    let towns: Vec<Vec<Stay>> = (0..cases).map(|_| (0..chance.below(14)).map(|n| stay(chance, n)).collect()).collect();
    let others: Vec<Vec<Stay>> = towns.iter().map(|stays| changed(stays, chance)).collect();
    let one = Store::open(&towns, Limits::default()).await;
    let other = Store::open(&others, Limits::default()).await;
    let latest = "query($town: String!, $many: Int) { latest(town: $town, many: $many) { number } }";
    for (town, stays) in towns.iter().enumerate() {
        let first = 1 + chance.below(5);
        let (pages, bytes) = one.pages("POLICE C", town, first).await;
        let wanted = expected(town, stays, false);
        let cut: Vec<Vec<String>> = wanted.chunks(first).map(<[_]>::to_vec).collect();
        assert_eq!(pages, if cut.is_empty() { vec![Vec::new()] } else { cut }, "{first} of {stays:?}");
        let (same, same_bytes) = other.pages("POLICE C", town, first).await;
        assert!(same == pages && same_bytes == bytes, "{stays:?}\n{:?}", others[town]);
        // The other side: a court sees them all, page by page.
        let (all, _) = one.pages("COURT C", town, first).await;
        assert_eq!(all.concat(), expected(town, stays, true));

        let variables = json!({ "town": town.to_string(), "many": first });
        let (list, bytes) = one.ask("POLICE C", latest, variables.clone()).await;
        let few: Vec<String> = wanted.iter().take(first.min(4)).cloned().collect();
        assert_eq!(numbers(&list["data"]["latest"]), few, "{stays:?}");
        assert_eq!(other.ask("POLICE C", latest, variables).await.1, bytes);
    }
}

/// So many stays in a town, of which these are of youths.
fn town(stays: usize, youth: impl Fn(usize) -> bool) -> Vec<Stay> {
    (0..stays).map(|n| Stay { number: format!("{n:05}"), state: None, youth: youth(n) }).collect()
}

/// Lines of the log about statements.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Statements since it was last asked.
    fn statements(&self) -> usize {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(text).unwrap().lines().filter(|line| line.contains(" fetched ")).count()
    }
}

#[tokio::test]
async fn one_more_statement_where_something_was_hidden() {
    let log = Log::default();
    let to = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
    let _listening = tracing::subscriber::set_default(subscriber.with_writer(move || to.clone()).finish());
    let towns = [town(30, |_| false), town(30, |n| n == 1), town(30, |n| n % 3 > 0), town(5, |n| n > 2)];
    let store = Store::open(&towns, Limits::default()).await;
    let asked = async |who: &str, town: usize| {
        let document = "query($town: String!) { stays(town: $town, first: 5) { nodes { number } } }";
        let (answer, _) = store.ask(who, document, json!({ "town": town.to_string() })).await;
        (numbers(&answer["data"]["stays"]["nodes"]).len(), log.statements())
    };
    assert_eq!(asked("POLICE C", 0).await, (5, 1), "nothing is hidden");
    assert_eq!(asked("POLICE C", 1).await, (5, 2), "one of the first six");
    assert_eq!(asked("POLICE C", 2).await, (5, 2), "two of three");
    assert_eq!(asked("POLICE C", 3).await, (3, 1), "there are no more");
    assert_eq!(asked("COURT C", 2).await, (5, 1), "nothing is hidden from a court");
}

/// Whether a record is hidden or was never there can't be told by what is asked for it either.
#[tokio::test]
async fn hidden_and_absent_ask_the_same() {
    let log = Log::default();
    let to = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
    let _listening = tracing::subscriber::set_default(subscriber.with_writer(move || to.clone()).finish());
    let store = Store::with(&[town(4, |n| n == 2)], Limits::default(), (REGISTRY, SEALED)).await;
    let mut seen = Vec::new();
    for number in ["0-00000", "0-00001", "0-00002", "0-00009"] {
        let document = "query($number: ID!) { stay(number: $number) { number } }";
        let (answer, bytes) = store.ask("POLICE C", document, json!({ "number": number })).await;
        seen.push((answer["data"]["stay"]["number"] == number, bytes.len(), log.statements()));
    }
    assert!(seen[0].0, "{seen:?}");
    let none = (false, seen[3].1, seen[0].2);
    assert_eq!(seen[1..], [none; 3], "sealed, a youth's, and absent: {seen:?}");
}

/// A page that can't be filled within the bound is an error, never a short page.
#[tokio::test]
async fn a_page_among_too_many_that_are_hidden_is_refused() {
    let limits = Limits { page_rows_max: 40, ..Limits::default() };
    let store = Store::open(&[town(50, |n| n > 1), town(50, |n| n != 39), town(40, |n| n > 1)], limits).await;
    let page = async |town: usize, first: usize| {
        let document = "query($town: String!, $first: Int) { stays(town: $town, first: $first) { nodes { number } pageInfo { hasNextPage } } }";
        store.ask("POLICE C", document, json!({ "town": town.to_string(), "first": first })).await.0
    };
    let refused = page(0, 2).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "LIMIT", "{refused}");
    assert!(refused["data"]["stays"].is_null());
    let one = json!({ "nodes": [{ "number": "0-00000" }], "pageInfo": { "hasNextPage": true } });
    assert_eq!(page(0, 1).await["data"]["stays"], one);
    let two =
        json!({ "nodes": [{ "number": "2-00000" }, { "number": "2-00001" }], "pageInfo": { "hasNextPage": false } });
    assert_eq!(page(2, 2).await["data"]["stays"], two);
}
