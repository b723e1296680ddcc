//! Modes: whatever the cache does, the same persons are given the same, and nobody what is somebody else's.
//!
//! Off, local, shared with another gateway, and stale: all over the demonstration's agencies, under its policies. `HEADWATERS_SEALED=1000`
//! asks so often after a seal, `HEADWATERS_CANARIES=1000000` so often for what is one's own.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/house.rs"]
#[expect(dead_code, reason = "asked in process here")]
mod house;
#[path = "harness/redis.rs"]
#[expect(dead_code, reason = "it does not fail here")]
mod server;

use headwaters::caller::{Caller, Callers, Config, IssuerConfig};
use headwaters::demo::agencies::Mood;
use headwaters::demo::{self, Demo, issuer, personas::Persona};
use headwaters::gateway::{Arrival, Gateway, Purge};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::policy::Loopback;
use headwaters::request::Request;
use headwaters::source::{Environment, SharedCache};
use jiff::civil::date;
use serde_json::{Map, Value};
use server::Redis;
use sqlx::{Connection as _, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How records may have been had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Local,
    /// Another gateway has asked before.
    Shared,
    /// They are kept here, and the agencies are down.
    Stale,
    /// They are kept in common, and the agencies are down.
    SharedStale,
}

impl Mode {
    const ALL: [Self; 5] = [Self::Off, Self::Local, Self::Shared, Self::Stale, Self::SharedStale];

    const fn is_stale(self) -> bool {
        matches!(self, Self::Stale | Self::SharedStale)
    }

    const fn is_shared(self) -> bool {
        matches!(self, Self::Shared | Self::SharedStale)
    }
}

/// Agencies, persons who ask, and gateways of every mode.
struct Town {
    demo: Demo,
    issuer: issuer::Issuer,
    callers: Callers,
    personas: Vec<Persona>,
    redis: Redis,
    files: tempfile::TempDir,
}

impl Town {
    async fn open() -> Self {
        let files = tempfile::tempdir().unwrap();
        let store = files.path().join("golden.sqlite");
        let demo = demo::start_on(date(2026, 11, 22), 60, 1, &store, false).await.unwrap();
        let personas = demo::personas::all(&demo.sample).unwrap();
        let issuer = issuer::Issuer::start(personas.clone()).await.unwrap();
        let config = Config {
            issuers: vec![IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE)],
            public: true,
            ..Config::default()
        };
        let callers = Callers::open(config, Limits::default()).await;
        Self { demo, issuer, callers, personas, redis: Redis::start(), files }
    }

    async fn gateway(&self, mode: Mode) -> Gateway {
        let otherwise = Limits::default();
        let cache_bytes_max = if mode == Mode::Off { 0 } else { otherwise.cache_bytes_max };
        let limits = Limits { cache_bytes_max, ..otherwise };
        let world = house::world(&self.demo, Catalog::default().into(), &limits).await;
        if mode.is_shared() {
            let environment: Environment = self.demo.environment.iter().cloned().collect();
            let by = SharedCache { url: &self.redis.url(), secret: SECRET, wait_ms: 1_000 };
            world.sources.share_through(&world.graph, &environment, &limits, by).await.unwrap();
        }
        Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), limits)
    }

    /// A persona with what they state by default, or for another reason.
    async fn caller(&self, name: &str, reason: Option<&str>) -> Caller {
        let persona = self.personas.iter().find(|persona| persona.name == name).unwrap();
        let token = self.issuer.token(name).map(|token| format!("Bearer {token}"));
        let mut headers = vec![("purpose-of-use", persona.purposes[0].as_bytes())];
        headers.extend(token.as_ref().map(|token| ("authorization", token.as_bytes())));
        let reason = reason.or(persona.reason.as_deref());
        headers.extend(reason.map(|reason| ("purpose-reason", reason.as_bytes())));
        headers.extend(persona.case_reference.as_ref().map(|case| ("case-reference", case.as_bytes())));
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        self.callers.identify(&headers, &Map::new(), now).await.unwrap()
    }

    fn feel(&self, mood: Mood) {
        self.demo.agencies.all().iter().for_each(|agency| agency.feel(mood));
    }

    async fn store(&self, text: &'static str, key: &str) {
        let store = format!("sqlite:{}", self.files.path().join("golden.sqlite").display());
        let mut store = SqliteConnection::connect(&store).await.unwrap();
        sqlx::query(text).bind(key).execute(&mut store).await.unwrap();
    }

    async fn seal(&self, booking: &str) {
        self.store(
            "INSERT INTO closure (type, key, kind, ordered_on, order_ref) VALUES ('Booking', ?1, 'SEALED', '2026-11-22', 'DC-26-7')",
            booking,
        )
        .await;
    }

    async fn unseal(&self, booking: &str) {
        self.store("DELETE FROM closure WHERE type = 'Booking' AND key = ?1", booking).await;
    }

    /// A stay of the sample person: what it is known by, and its number.
    async fn booking(&self, gateway: &Gateway) -> (String, String) {
        let clerk = self.caller("booking-officer", None).await;
        let answer = self
            .ask(
                gateway,
                &clerk,
                "query Q($person: ID!) { person(id: $person) { bookings { facility number } } }",
                None,
            )
            .await;
        let booking = &answer["data"]["person"]["bookings"][0];
        let part = |name: &str| booking[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        (format!("{}\u{1f}{}", part("facility"), part("number")), part("number"))
    }

    async fn ask(&self, gateway: &Gateway, caller: &Caller, document: &str, max_age_s: Option<u32>) -> Value {
        let person = Value::from(self.demo.sample_person.as_str());
        let case = Value::from(self.demo.samples["case"].as_str());
        let mut variables = Map::new();
        for (name, value) in [("person", person), ("case", case)] {
            if document.contains(&format!("${name}:")) {
                variables.insert(name.to_owned(), value);
            }
        }
        let request = Request { document: document.to_owned(), variables, max_age_s, ..Request::default() };
        let bytes = match gateway.answer(&request, caller, Instant::now()).await {
            Ok(released) => released.bytes,
            Err(refusal) => refusal.to_json(),
        };
        serde_json::from_slice(&bytes).unwrap()
    }
}

const DOCUMENTS: [&str; 5] = [
    "query Stays($person: ID!) { person(id: $person) { id birthDate
       bookings { facility number state bookedAt daysServed provenance { source mode retrievedAt } }
       custody { facilityName state } cautions { codeRaw since } } }",
    "query History($person: ID!) { person(id: $person) { legalName { full } identifiers { kind value }
       arrests { mans agencyName charges { sequence statuteRaw dispositionRaw } }
       supervisions { category status level officer { name phone } conditions { code text } } } }",
    "query Wanted($person: ID!) { person(id: $person) { warrants { number category bondAmount provenance { source mode } }
       protectionOrders { number conditions } registrations { provenance { source mode } } youthMatters { number offense } } }",
    "query Case($case: ID!) { case(ref: $case) { number status charges { count severity disposition }
       defendant { id bookings { number } cases { number status } } } }",
    "query Roster { roster(facility: \"MT0560000\", first: 20) { nodes { number state person { id legalName { full } } } } }",
];

const PERSONAS: [&str; 8] = [
    "clerk",
    "defender-intake",
    "booking-officer",
    "patrol-officer",
    "county-attorney",
    "probation-officer",
    "subject",
    "public",
];

/// The same without how and when it was had.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let said =
                members.iter().filter(|(name, _)| !["mode", "retrievedAt", "extensions"].contains(&name.as_str()));
            said.map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        Value::Array(values) => values.iter().map(plain).collect(),
        value => value.clone(),
    }
}

/// Where two answers differ though nothing says that a source could not be asked; none is given more.
fn differences(
    live: &Value,
    other: &Value,
    path: &mut Vec<Value>,
    excused: &dyn Fn(&[Value]) -> bool,
    found: &mut Vec<String>,
) {
    match (live, other) {
        (Value::Object(live), Value::Object(other)) if live.keys().eq(other.keys()) => {
            for (name, value) in live {
                path.push(name.as_str().into());
                differences(value, &other[name], path, excused, found);
                path.pop();
            }
        }
        (Value::Array(live), Value::Array(other)) if live.len() == other.len() => {
            for (number, (live, other)) in live.iter().zip(other).enumerate() {
                path.push(number.into());
                differences(live, other, path, excused, found);
                path.pop();
            }
        }
        (_, Value::Null) if excused(path) => {}
        // Of several sources of one list some may be down, which is said too.
        (Value::Array(live), Value::Array(other)) if excused(path) && other.iter().all(|one| live.contains(one)) => {}
        (live, other) if live == other => {}
        (live, other) => found.push(format!("{}: {live} and {other}", Value::from(path.clone()))),
    }
}

fn errors(answer: &Value) -> &[Value] {
    answer["errors"].as_array().map_or(&[], Vec::as_slice)
}

/// Codes that say that a source could not be asked.
fn is_down(error: &Value) -> bool {
    matches!(error["extensions"]["code"].as_str(), Some("SOURCE_UNAVAILABLE" | "SOURCE_TIMEOUT" | "SOURCE_INVALID"))
}

fn compare(what: &str, live: &Value, other: &Value, stale: bool) {
    let down: Vec<&Vec<Value>> = errors(other)
        .iter()
        .filter(|error| stale && is_down(error))
        .filter_map(|error| error["path"].as_array())
        .collect();
    let excused = |path: &[Value]| down.iter().any(|down| down.starts_with(path) || path.starts_with(down));
    let mut found = Vec::new();
    differences(&plain(&live["data"]), &plain(&other["data"]), &mut Vec::new(), &excused, &mut found);
    assert!(found.is_empty(), "{what}:\n{}\n{live}\n{other}", found.join("\n"));
    let codes = |answer: &Value, all: bool| {
        let said = errors(answer).iter().filter(|error| all || !is_down(error));
        let mut codes: Vec<String> = said
            .filter(|error| error["path"].as_array().is_none_or(|path| all || !excused(path)))
            .map(|error| format!("{} {}", error["path"], error["extensions"]["code"]))
            .collect();
        codes.sort_unstable();
        codes
    };
    assert_eq!(codes(live, !stale), codes(other, !stale), "{what}");
}

/// How often a word stands as how a record was had.
fn count(answer: &Value, mode: &str) -> usize {
    answer.to_string().matches(&format!("\"mode\":\"{mode}\"")).count()
}

/// Each question of every persona in every mode, against what the agencies say themselves.
async fn same_for_all(town: &Town, gateways: &[(Mode, Gateway)], documents: &[&'static str], round: &str) {
    let (mut kept, mut stale, mut given) = (0, 0, 0);
    let mut asked = Vec::new();
    for document in documents {
        for persona in PERSONAS {
            let caller = town.caller(persona, None).await;
            let live = town.ask(&gateways[0].1, &caller, document, None).await;
            assert!(!errors(&live).iter().any(is_down), "{live}");
            given += usize::from(live["data"].is_object());
            for (mode, gateway) in gateways.iter().filter(|(mode, _)| !matches!(mode, Mode::Off | Mode::SharedStale)) {
                // What was asked for a while ago is kept, what is asked for now is from then on.
                for _ in 0..if *mode == Mode::Local { 2 } else { 1 } {
                    let answer = town.ask(gateway, &caller, document, None).await;
                    kept += count(&answer, "CACHED");
                    compare(&format!("{round}, {mode:?}, {persona}, {document}"), &live, &answer, false);
                }
            }
            asked.push((document, persona, caller, live));
        }
    }
    town.feel(Mood::Failing { status: 503 });
    for (document, persona, caller, live) in &asked {
        for (mode, gateway) in gateways.iter().filter(|(mode, _)| mode.is_stale()) {
            let answer = town.ask(gateway, caller, document, Some(0)).await;
            stale += count(&answer, "STALE");
            compare(&format!("{round}, {mode:?}, {persona}, {document}"), live, &answer, true);
        }
    }
    town.feel(Mood::Well);
    assert!(given >= asked.len() / 2 && kept > 20 && stale > 20, "{round}: {given} given, {kept} kept, {stale} stale");
}

/// Those of the modes in which the agencies are down begin anew, since they leave them alone by now.
async fn begun_anew(town: &Town, gateways: &mut [(Mode, Gateway)]) {
    for (mode, gateway) in gateways.iter_mut().filter(|(mode, _)| mode.is_stale()) {
        *gateway = town.gateway(*mode).await;
    }
}

async fn gateways(town: &Town) -> Vec<(Mode, Gateway)> {
    let mut all = Vec::new();
    for mode in Mode::ALL {
        all.push((mode, town.gateway(mode).await));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_questions_give_the_same() {
    let town = Town::open().await;
    let (mut all, caller) = (gateways(&town).await, town.caller("booking-officer", None).await);
    same_for_all(&town, &all, &DOCUMENTS, "at first").await;
    let some = [DOCUMENTS[0], DOCUMENTS[3]];

    // Sealed: at once, everywhere, and for a gateway that has kept nothing yet.
    let (key, number) = town.booking(&all[0].1).await;
    let shown = town.ask(&all[1].1, &caller, DOCUMENTS[0], None).await;
    assert!(shown.to_string().contains(&number), "{shown}");
    town.seal(&key).await;
    for (mode, gateway) in &all {
        let answer = town.ask(gateway, &caller, DOCUMENTS[0], None).await;
        assert!(!answer.to_string().contains(&number), "{mode:?}: {answer}");
    }
    begun_anew(&town, &mut all).await;
    same_for_all(&town, &all, &some, "sealed").await;

    town.unseal(&key).await;
    let steward = town.caller("steward", None).await;
    let what = Purge::Record { of: "Person".into(), key: town.demo.sample_person.as_str().into() };
    all[2].1.purge(&steward, &what, Arrival::now()).await.unwrap();
    begun_anew(&town, &mut all).await;
    same_for_all(&town, &all, &some, "purged").await;
    let shown = town.ask(&all[1].1, &caller, DOCUMENTS[0], None).await;
    assert!(shown.to_string().contains(&number), "{shown}");
}

fn wanted(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// 64 clients ask on and on in every mode; a court seals a record. Nobody who asks after that is shown it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_record_is_shown_after_its_seal() {
    let (town, asks) = (Arc::new(Town::open().await), wanted("HEADWATERS_SEALED", 128));
    let document = "query Q($person: ID!) { person(id: $person) { bookings { number state } } }";
    for mode in Mode::ALL {
        let gateway = Arc::new(town.gateway(mode).await);
        let (key, number) = town.booking(&gateway).await;
        let caller = Arc::new(town.caller("booking-officer", None).await);
        assert!(town.ask(&gateway, &caller, document, None).await.to_string().contains(&number));
        let max_age_s = mode.is_stale().then_some(0);
        if mode.is_stale() {
            town.feel(Mood::Failing { status: 503 });
        }
        let (sealed, before, after) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let clients = (0..64).map(|_| {
            let (town, gateway, caller, number) =
                (Arc::clone(&town), Arc::clone(&gateway), Arc::clone(&caller), number.clone());
            let (sealed, before, after) = (Arc::clone(&sealed), Arc::clone(&before), Arc::clone(&after));
            tokio::spawn(async move {
                while after.load(Ordering::SeqCst) < asks {
                    let was_sealed = sealed.load(Ordering::SeqCst) > 0;
                    let answer = town.ask(&gateway, &caller, document, max_age_s).await.to_string();
                    let shown = answer.contains(&number);
                    assert!(!(was_sealed && shown), "{mode:?}: shown after the seal: {answer}");
                    let count = if was_sealed { &after } else { &before };
                    count.fetch_add(usize::from(was_sealed || shown), Ordering::SeqCst);
                }
            })
        });
        let clients: Vec<_> = clients.collect();
        let started = Instant::now();
        while before.load(Ordering::SeqCst) < 64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(started.elapsed() < Duration::from_mins(1), "{mode:?}: it is not shown before");
        }
        town.seal(&key).await;
        sealed.store(1, Ordering::SeqCst);
        for client in clients {
            client.await.unwrap();
        }
        town.feel(Mood::Well);
        town.unseal(&key).await;
    }
}

/// Many at once ask for the same people, and each for what the gateway knows of themselves, which no two have in common.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_what_is_somebody_elses() {
    const CLIENTS: usize = 64;
    let (town, asks) = (Arc::new(Town::open().await), wanted("HEADWATERS_CANARIES", 2_000));
    // Through two gateways that keep records in common.
    let gateways = [Arc::new(town.gateway(Mode::Shared).await), Arc::new(town.gateway(Mode::Shared).await)];
    let roster = town.ask(&gateways[0], &town.caller("clerk", None).await, DOCUMENTS[4], None).await;
    let nodes = roster["data"]["roster"]["nodes"].as_array().unwrap();
    let mut persons: Vec<String> =
        nodes.iter().filter_map(|node| Some(node["person"]["id"].as_str()?.to_owned())).collect();
    persons.push(town.demo.sample_person.clone());
    assert!(persons.len() > 5, "{roster}");
    let persons = Arc::new(persons);
    // All who are shown somebody.
    let mut proved = Vec::new();
    for persona in town.personas.iter().filter(|persona| town.issuer.token(&persona.name).is_some()) {
        let caller = town.caller(&persona.name, None).await;
        let answer =
            town.ask(&gateways[1], &caller, "query Q($person: ID!) { person(id: $person) { id } }", None).await;
        if answer["data"]["person"]["id"].is_string() {
            proved.push(persona.name.clone());
        }
    }
    assert!(proved.len() > 8, "{proved:?}");
    let (asked, found) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        let canary = format!("CANARY-{client:03}");
        let caller = town.caller(&proved[client % proved.len()], Some(&canary)).await;
        let (gateway, persons) = (Arc::clone(&gateways[client % 2]), Arc::clone(&persons));
        let (asked, found, town) = (Arc::clone(&asked), Arc::clone(&found), Arc::clone(&town));
        clients.push(tokio::spawn(async move {
            for number in client.. {
                if asked.fetch_add(1, Ordering::SeqCst) >= asks {
                    return;
                }
                let (one, other) = (&persons[number % persons.len()], &persons[(number * 7 + 1) % persons.len()]);
                let of = "{ id bookings { number } }";
                let document = format!(
                    "{{ a: viewer {{ name reason }} one: person(id: \"{one}\") {of} other: person(id: \"{other}\") {of} b: viewer {{ reason }} }}"
                );
                // Now and then nobody's copy will do, so that calls are shared.
                let answer = town.ask(&gateway, &caller, &document, (number % 3 == 0).then_some(0)).await;
                let said = answer.to_string();
                assert_eq!(answer["data"]["a"]["reason"], canary.as_str(), "{answer}");
                assert_eq!(answer["data"]["b"]["reason"], canary.as_str(), "{answer}");
                assert_eq!(said.matches("CANARY-").count(), said.matches(&canary).count(), "{answer}");
                for (alias, id) in [("one", one), ("other", other)] {
                    let person = &answer["data"][alias];
                    assert!(person.is_null() || person["id"] == id.as_str(), "{answer}");
                    found.fetch_add(usize::from(person.is_object()), Ordering::SeqCst);
                }
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    assert!(found.load(Ordering::SeqCst) > asks / 4, "hardly anything was asked of agencies");
}

/// R39. The age of a copy would tell the other side that counsel had looked, and when. What others leave, counsel may read.
#[tokio::test]
async fn no_copy_tells_what_counsel_looked_up() {
    let town = Town::open().await;
    let document = "query Q($person: ID!) { person(id: $person) { arrests { agencyName provenance { mode } } } }";
    let (counsel, prosecutor) =
        (town.caller("defender-intake", None).await, town.caller("county-attorney", None).await);
    for mode in [Mode::Local, Mode::Shared] {
        let (here, there) = (town.gateway(mode).await, town.gateway(mode).await);
        // What a gateway has in common with another one is looked up at the other.
        let other = if mode.is_shared() { &there } else { &here };
        let mut modes = Vec::new();
        for (gateway, caller) in
            [(&here, &counsel), (other, &prosecutor), (&here, &prosecutor), (&here, &counsel), (other, &counsel)]
        {
            let answer = town.ask(gateway, caller, document, None).await;
            let said = &answer["data"]["person"]["arrests"][0]["provenance"][0]["mode"];
            modes.push(said.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
            // What is put into the shared cache is there a moment later.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(modes, ["LIVE", "LIVE", "CACHED", "CACHED", "CACHED"], "{mode:?}");
    }
}
