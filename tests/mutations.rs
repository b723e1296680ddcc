//! Mutations: what has an effect is for those whom policies let, one after another, and on record before and after.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/house.rs"]
#[expect(dead_code, reason = "asked in process here")]
mod house;

use futures::FutureExt;
use futures::future::BoxFuture;
use headwaters::caller::{Caller, Callers, Config, IssuerConfig};
use headwaters::demo::{self, Demo, issuer, personas::Persona};
use headwaters::gateway::{Arrival, Gateway, NotPurged, Own, Purge};
use headwaters::ledger::{Ledger, Persons, Settings, log};
use headwaters::limits::Limits;
use headwaters::native::{self, Catalog, Program, PurgedSource, Unwanted};
use headwaters::request::Request;
use headwaters::viewer::Viewer;
use jiff::civil::date;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A gateway on the justice graph as `serve` runs it, over the demonstration's agencies.
struct House {
    gateway: Arc<Gateway>,
    demo: Demo,
    issuer: issuer::Issuer,
    callers: Callers,
    personas: Vec<Persona>,
    ledger: PathBuf,
    _files: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        Self::with(None).await
    }

    /// `purge`: who ends copies, where that is not the gateway.
    async fn with(purge: Option<Arc<dyn native::Purge>>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let demo = demo::start_on(date(2026, 11, 22), 60, 1, &files.path().join("golden.sqlite"), false).await.unwrap();
        let mut personas = demo::personas::all(&demo.sample).unwrap();
        personas.push(supervisor_of_the_jail(&personas));
        let issuer = issuer::Issuer::start(personas.clone()).await.unwrap();
        let limits = Limits::default();
        let config = Config {
            issuers: vec![IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE)],
            public: true,
            ..Config::default()
        };
        let callers = Callers::open(config, limits.clone()).await;
        let folder = files.path().join("ledger");
        let (ledger, _) =
            Ledger::open(Settings::new(folder.clone(), "house-1".into(), &limits), Persons::Plain, &limits).unwrap();
        let own = Own::default();
        let purge = purge.unwrap_or_else(|| Arc::new(own.clone()));
        let program = Program { purge: Some(purge), ..Catalog::default().into() };
        let gateway = Arc::new(Gateway::new(house::world(&demo, program, &limits).await, ledger, limits));
        own.by(&gateway);
        Self { gateway, demo, issuer, callers, personas, ledger: folder, _files: files }
    }

    async fn caller(&self, name: &str) -> Caller {
        let persona = self.personas.iter().find(|persona| persona.name == name).unwrap();
        let token = self.issuer.token(name).map(|token| format!("Bearer {token}"));
        let mut headers = vec![("purpose-of-use", persona.purposes[0].as_bytes())];
        headers.extend(token.as_ref().map(|token| ("authorization", token.as_bytes())));
        headers.extend(persona.reason.as_ref().map(|reason| ("purpose-reason", reason.as_bytes())));
        headers.extend(persona.case_reference.as_ref().map(|case| ("case-reference", case.as_bytes())));
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        self.callers.identify(&headers, &Map::new(), now).await.unwrap()
    }

    async fn asked(&self, name: &str, document: &str) -> Value {
        let request = Request { document: document.to_owned(), ..Request::default() };
        self.answered(name, request).await
    }

    async fn answered(&self, name: &str, request: Request) -> Value {
        let caller = self.caller(name).await;
        let bytes = match self.gateway.answer(&request, &caller, Instant::now()).await {
            Ok(released) => released.bytes,
            Err(refusal) => refusal.to_json(),
        };
        serde_json::from_slice(&bytes).unwrap()
    }

    /// How the sample person's stays were had, by source.
    async fn modes(&self) -> Vec<(String, String)> {
        let id = &self.demo.sample_person;
        let document = format!("{{ person(id: \"{id}\") {{ bookings {{ provenance {{ source mode }} }} }} }}");
        let answer = self.asked("booking-officer", &document).await;
        let bookings = answer["data"]["person"]["bookings"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let of = |booking: &Value| (text(&booking["provenance"][0]["source"]), text(&booking["provenance"][0]["mode"]));
        let mut modes: Vec<_> = bookings.iter().map(of).collect();
        modes.sort_unstable();
        modes.dedup();
        modes
    }

    /// Every record of the ledger, once it is closed.
    fn lines(&self) -> Vec<Value> {
        self.gateway.ledger().close();
        let records = log::records(&self.ledger).unwrap();
        records.map(|record| serde_json::from_slice(&record.unwrap().payload).unwrap()).collect()
    }
}

/// Somebody of the jail who may end copies of what it said.
fn supervisor_of_the_jail(personas: &[Persona]) -> Persona {
    let officer = personas.iter().find(|persona| persona.name == "booking-officer").unwrap().clone();
    let roles = vec!["supervisor".to_owned()];
    Persona {
        name: "jail-supervisor".into(),
        person: "Lena Ortiz".into(),
        roles,
        reason: Some("a release".into()),
        ..officer
    }
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

const JAIL: &str = "mutation { purge(source: \"yellowstone-jail\") { source entries } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_ends_the_copies_of_its_own() {
    let house = House::open().await;
    house.modes().await;
    let kept = house.modes().await;
    assert!(kept.len() == 2 && kept.iter().all(|(_, mode)| mode == "CACHED"), "{kept:?}");
    let answer = house.asked("jail-supervisor", JAIL).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let [purged] = answer["data"]["purge"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(purged["source"], "yellowstone-jail");
    assert!(purged["entries"].as_i64().unwrap() > 0, "{answer}");
    let modes: Vec<(String, String)> = house.modes().await;
    let expect = [("gallatin-jail", "CACHED"), ("yellowstone-jail", "LIVE")];
    assert_eq!(modes, expect.map(|(source, mode)| (source.to_owned(), mode.to_owned())));

    // On record before it is done, and after, as by `POST /admin/purge`; and that somebody asked for it, when they are answered.
    let steward = house.caller("steward").await;
    let what = Purge::Source("gallatin-jail".into());
    house.gateway.purge(&steward, &what, Arrival::now()).await.unwrap();
    let lines = house.lines();
    let told: Vec<(usize, &Value)> = lines.iter().enumerate().filter(|(_, line)| line["kind"] == "purge").collect();
    let [(_, intent), (done, outcome), (_, other), _] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&intent["done"], &outcome["done"]), (&json!(false), &json!(true)));
    assert_eq!(outcome["removed"][0], purged["entries"]);
    assert_eq!((&intent["user"], &intent["sources"]), (&json!("lena.ortiz"), &json!(["yellowstone-jail"])));
    let fields = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(intent), fields(other), "one way, whoever asks how");
    let operation = |line: &Value| line["kind"] == "operation" && line["user"] == "lena.ortiz";
    assert!(lines.iter().position(operation).is_some_and(|at| at > *done), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_is_told_so_and_nothing_is_done() {
    let house = House::open().await;
    house.modes().await;
    // Of a source of somebody else, the policies of copies decide, as for `POST /admin/purge`.
    let others = JAIL.replace("yellowstone-jail", "state-courts");
    let answer = house.asked("jail-supervisor", &others).await;
    assert_eq!((code(&answer), &answer["data"]["purge"]), ("FORBIDDEN", &Value::Null));
    let supervisor = house.caller("jail-supervisor").await;
    let done = house.gateway.purge(&supervisor, &Purge::Source("state-courts".into()), Arrival::now()).await;
    assert_eq!(done, Err(NotPurged::Forbidden));
    // Who has another role may not ask for it at all, which the gateway's own part is not even asked.
    let answer = house.asked("booking-officer", JAIL).await;
    assert_eq!((code(&answer), &answer["data"]["purge"]), ("FORBIDDEN", &Value::Null));
    let officer = house.caller("booking-officer").await;
    let done = house.gateway.purge(&officer, &Purge::Source("yellowstone-jail".into()), Arrival::now()).await;
    assert_eq!(done, Err(NotPurged::Forbidden));
    // Others don't know of such a thing.
    for persona in ["public", "reporter", "subject", "defender"] {
        assert_eq!(code(&house.asked(persona, JAIL).await), "INVALID", "{persona}");
    }
    assert!(house.modes().await.iter().all(|(_, mode)| mode == "CACHED"));
    assert!(!house.lines().iter().any(|line| line["kind"] == "purge"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_t_be_done_is_said() {
    let house = House::open().await;
    for (arguments, expect) in [
        ("source: \"prison\"", "BAD_REQUEST"),
        ("type: \"Prisoner\", key: \"1\"", "BAD_REQUEST"),
        ("type: \"Person\"", "BAD_REQUEST"),
        ("source: \"yellowstone-jail\", type: \"Person\", key: \"1\"", "BAD_REQUEST"),
    ] {
        let answer = house.asked("steward", &format!("mutation {{ purge({arguments}) {{ source }} }}")).await;
        assert_eq!((code(&answer), &answer["data"]["purge"]), (expect, &Value::Null), "{arguments}: {answer}");
    }
    // One that fails keeps the next from nothing.
    let both = "mutation { a: purge(source: \"prison\") { source } b: purge(source: \"yellowstone-jail\") { source } }";
    let answer = house.asked("steward", both).await;
    assert_eq!(answer["data"], json!({ "a": null, "b": [{ "source": "yellowstone-jail" }] }), "{answer}");
    let safe = Request { document: JAIL.to_owned(), safe: true, ..Request::default() };
    assert_eq!(code(&house.answered("steward", safe).await), "METHOD_NOT_ALLOWED");
    // Where nothing can be put on record, nothing is done.
    house.modes().await;
    house.gateway.ledger().close();
    assert_eq!(code(&house.asked("steward", JAIL).await), "LEDGER_UNAVAILABLE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_ever_ask_is_told_that_there_are_mutations() {
    let house = House::open().await;
    let document = "{ __schema { mutationType { name fields { name } } } __type(name: \"PurgedSource\") { name } }";
    for persona in ["booking-officer", "clerk", "steward", "patrol-officer"] {
        let answer = house.asked(persona, document).await;
        assert_eq!(answer["data"]["__schema"]["mutationType"]["fields"][0]["name"], "purge", "{persona}: {answer}");
    }
    for persona in ["public", "reporter", "subject", "defender", "legislator", "victim-advocate"] {
        let answer = house.asked(persona, document).await;
        assert_eq!(answer["data"]["__schema"]["mutationType"], Value::Null, "{persona}: {answer}");
        assert_eq!(answer["data"]["__type"], Value::Null, "{persona}: {answer}");
    }
}

/// Says when it begins and when it has ended, and takes its time.
#[derive(Default)]
struct Slow(Arc<Mutex<Vec<String>>>);

impl native::Purge for Slow {
    fn purge(
        &self,
        what: Unwanted,
        _: Arc<Viewer>,
    ) -> BoxFuture<'static, Result<Vec<PurgedSource>, native::NotPurged>> {
        let said = Arc::clone(&self.0);
        let name = match what {
            Unwanted::Source(name) => name,
            Unwanted::Record(of, key) => format!("{of} {key}"),
        };
        async move {
            said.lock().unwrap().push(format!("{name} begins"));
            tokio::time::sleep(Duration::from_millis(20)).await;
            said.lock().unwrap().push(format!("{name} ends"));
            Ok(vec![PurgedSource { source: name, entries: 0 }])
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_after_another_and_each_by_itself() {
    let slow = Slow::default();
    let said = Arc::clone(&slow.0);
    let house = House::with(Some(Arc::new(slow))).await;
    let document = "mutation {
        c: purge(source: \"c\") { ...F }
        a: purge(source: \"a\") { source }
        again: purge(source: \"c\") { source entries }
        b: purge(type: \"b\", key: \"1\") { source }
    } fragment F on PurgedSource { source }";
    let answer = house.asked("steward", document).await;
    let data = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(data.keys().collect::<Vec<_>>(), ["c", "a", "again", "b"]);
    let order = ["c", "a", "c", "b 1"];
    let expect: Vec<String> =
        order.iter().flat_map(|name| [format!("{name} begins"), format!("{name} ends")]).collect();
    assert_eq!(*said.lock().unwrap(), expect);
    // A query beside it does nothing.
    let request = Request {
        document: format!("{JAIL} query Q {{ __typename }}"),
        operation_name: Some("Q".into()),
        ..Request::default()
    };
    assert_eq!(code(&house.answered("steward", request).await), "INVALID", "an operation without a name among several");
    let request = Request {
        document: format!("{} query Q {{ viewer {{ name }} }}", JAIL.replace("mutation", "mutation M")),
        operation_name: Some("Q".into()),
        ..Request::default()
    };
    assert_eq!(house.answered("steward", request).await["data"]["viewer"]["name"], "imogen.trask");
    assert_eq!(said.lock().unwrap().len(), expect.len());
}
