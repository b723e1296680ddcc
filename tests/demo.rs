//! Demo: the stories over the demonstration's own agencies, in good days and bad ones, and held against what really happened.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/gateway.rs"]
mod gateway;

use ask::ask;
use headwaters::demo::agencies::Mood;
use headwaters::demo::systems::System;
use headwaters::demo::truth::labels::Declared;
use headwaters::demo::truth::{Check, Error, questions};
use headwaters::demo::{self, Demo};
use headwaters::gateway::Gateway;
use headwaters::graph::{Audience, load};
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::source::Environment;
use headwaters::story::{self, Story};
use jiff::civil::date;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

struct Day {
    demo: Demo,
    gateway: Gateway,
    stories: Vec<Story>,
    _files: tempfile::TempDir,
}

impl Day {
    async fn start(persons: u32) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = tempfile::tempdir().unwrap();
        let store = files.path().join("golden.sqlite");
        let demo = demo::start_on(date(2026, 11, 22), persons, 1, &store, false).await.unwrap();
        let environment: Environment = demo.environment.iter().cloned().collect();
        let (graph, resolvers) = (root.join("schema/graph"), root.join("resolvers"));
        // What an agency does now is what counts here.
        let limits = Limits { cache_bytes_max: 0, ..Limits::default() };
        let gateway = gateway::open(&graph, &resolvers, &environment, &limits, Catalog::default()).await;
        let (graph, _) =
            load(&graph, &resolvers, &[Audience::everything()]).unwrap_or_else(|problems| panic!("{problems}"));
        let stories = story::load(&root.join("schema/stories"), &graph).unwrap_or_else(|problems| panic!("{problems}"));
        Self { demo, gateway, stories, _files: files }
    }

    /// A story about the sample of this world.
    async fn story(&self, id: &str) -> Value {
        let story = self.stories.iter().find(|story| story.id == id).unwrap();
        let variables = story.variables(|name| self.demo.samples.get(name).cloned());
        self.ask(id, variables).await
    }

    async fn ask(&self, id: &str, variables: Map<String, Value>) -> Value {
        let story = self.stories.iter().find(|story| story.id == id).unwrap();
        serde_json::from_slice(&ask(&self.gateway, &story.document, variables).await).unwrap()
    }

    /// Calls to each agency since the start.
    fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.demo.agencies.all().iter().map(|agency| (agency.name, agency.calls())).collect()
    }

    /// The calls that a story makes.
    async fn calls_of(&self, id: &str) -> BTreeMap<&'static str, u64> {
        let before = self.calls();
        self.story(id).await;
        self.calls().into_iter().map(|(name, calls)| (name, calls - before[name])).collect()
    }

    fn feel(&self, agency: &str, mood: Mood) {
        self.demo.agencies.named(agency).unwrap().feel(mood);
    }
}

/// Code, path and source of each error.
fn errors(answer: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = |path: &Value| path.as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
    let error = |error: &Value| {
        let extensions = &error["extensions"];
        (text(&extensions["code"]), steps(&error["path"]).replace('"', ""), text(&extensions["source"]))
    };
    answer["errors"].as_array().into_iter().flatten().map(error).collect()
}

fn list<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value.pointer(at).and_then(Value::as_array).unwrap_or_else(|| panic!("no list at {at}: {value}"))
}

/// Source, mode and time of the first provenance of a record.
fn provenance(record: &Value) -> (&str, &str, bool) {
    let first = &record["provenance"][0];
    (first["source"].as_str().unwrap(), first["mode"].as_str().unwrap(), first["asOf"].is_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_the_history_of_an_offender() {
    let day = Day::start(200).await;
    let answer = day.story("a1").await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let case = &answer["data"]["case"];
    assert_eq!(case["number"], day.demo.samples["case"].as_str());
    assert!(case["court"]["name"].as_str().unwrap().contains("Yellowstone County"));
    let person = &case["defendant"];
    assert_eq!(person["id"], day.demo.sample_person.as_str());
    let kinds: Vec<&Value> = list(person, "/identifiers").iter().map(|one| &one["kind"]).collect();
    assert!(kinds.contains(&&"SID".into()) && kinds.contains(&&"DOC".into()), "{person}");
    // three arrests, each with its booking and its case, tied by number and sequence
    assert_eq!(list(person, "/arrests").len(), 3);
    assert_eq!(list(person, "/bookings").len(), 3);
    let ended: Vec<&Value> = list(person, "/charges").iter().filter(|one| !one["disposition"].is_null()).collect();
    assert!(ended.len() >= 3, "{person}");
    for charge in ended {
        assert_eq!(provenance(&charge["disposition"]), ("state-courts", "LIVE", true));
        let kinds: Vec<&Value> = list(charge, "/stages").iter().map(|stage| &stage["kind"]).collect();
        assert!(kinds.contains(&&"FILED".into()), "{charge}");
    }
    let sentences = list(person, "/charges").iter().filter_map(|one| one["disposition"]["sentences"][0].as_object());
    assert!(sentences.count() >= 1);
    assert_eq!(list(person, "/supervisions").len(), 1);
    let jails: Vec<_> = list(person, "/custody").iter().map(provenance).collect();
    assert!(jails.contains(&("yellowstone-jail", "LIVE", true)) && jails.contains(&("gallatin-jail", "LIVE", true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_the_application_for_counsel_fills_itself() {
    let day = Day::start(200).await;
    let answer = day.story("a2").await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let booking = &answer["data"]["booking"];
    assert_eq!(booking["state"], "IN_CUSTODY");
    assert_eq!(provenance(booking), ("yellowstone-jail", "LIVE", true));
    assert!(list(booking, "/charges").iter().any(|charge| charge["statuteRaw"].as_str().unwrap().contains("45-6-204")));
    let person = &booking["person"];
    assert_eq!(person["legalName"]["full"], "Elias Farbergard");
    assert!(person["phone"].as_str().unwrap().starts_with("406-555-01"));
    let case = list(person, "/cases").iter().find(|case| case["number"] == day.demo.samples["case"].as_str()).unwrap();
    assert!(list(case, "/hearings").iter().all(|hearing| hearing["at"].as_str().unwrap() > "2026-11-22"));
    assert_eq!(list(case, "/participants").len(), 1);
    assert_eq!(case["representations"][0]["kind"], "PUBLIC");
    assert_eq!(case["bonds"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_what_a_jail_must_know() {
    let day = Day::start(200).await;
    let answer = day.story("a3").await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let people = list(&answer, "/data/people/nodes");
    let person = people.iter().find(|one| one["id"] == day.demo.sample_person.as_str()).unwrap();
    let warrants = list(person, "/warrants");
    assert_eq!((warrants.len(), &warrants[0]["category"]), (1, &"BENCH_WARRANT".into()));
    assert_eq!(warrants[0]["bondAmount"], "500.00");
    assert_eq!(provenance(&warrants[0]), ("warrants", "LIVE", true));
    assert_eq!(person["protectionOrders"][0]["brady"], true);
    assert_eq!(person["bookings"][0]["state"], "IN_CUSTODY");
    assert!(person["supervisions"][0]["officer"]["name"].is_string());
}

/// One call a source and level, however many keys; Gallatin's jail and the warrant service have nothing but calls for one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_agency_is_asked_once_a_key_that_can_be_asked_for_many() {
    let day = Day::start(3_000).await;
    for story in &day.stories {
        for (agency, calls) in day.calls_of(&story.id).await {
            // levels at which a story meets an agency: cases, hearings, bonds, orders, parties, counsel …
            let levels = match agency {
                "gallatin-jail" | "warrants" => continue,
                "state-courts" => 8,
                "corrections" => 7,
                _ => 3,
            };
            assert!(calls <= levels, "{}: {calls} calls to {agency}", story.id);
        }
    }
    let roster = list(&day.story("a8").await, "/data/roster/nodes").len();
    assert!(roster > 5, "{roster} are there");
    let calls = day.calls_of("a8").await;
    assert_eq!((calls["yellowstone-jail"], calls["gallatin-jail"]), (1, 0));
    let caseload = list(&day.story("a4").await, "/data/caseload/nodes").len();
    assert!(caseload > 3, "{caseload} on the caseload");
}

/// Whatever one agency does, the others' records are there, and an error says whose are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_agency_can_fail_without_the_others() {
    let day = Day::start(200).await;
    for (agency, mood, code) in [
        ("yellowstone-jail", Mood::Failing { status: 500 }, "SOURCE_UNAVAILABLE"),
        ("gallatin-jail", Mood::Nonsense, "SOURCE_INVALID"),
        ("corrections", Mood::Nonsense, "SOURCE_INVALID"),
        ("doj-history", Mood::Failing { status: 503 }, "SOURCE_UNAVAILABLE"),
    ] {
        day.feel(agency, mood);
        let answer = day.story("a1").await;
        let errors = errors(&answer);
        assert!(
            !errors.is_empty() && errors.iter().all(|error| error.0 == code && error.2 == agency),
            "{agency}: {errors:?}"
        );
        assert_eq!(answer["data"]["case"]["defendant"]["legalName"]["full"], "Elias Farbergard");
        day.feel(agency, Mood::Well);
    }
    assert_eq!(day.story("a1").await.get("errors"), None, "it gets better by itself");
}

/// Where the courts are down, the golden record says how charges ended; where the warrant service is, nobody says "none".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_never_none() {
    let day = Day::start(200).await;
    day.feel("state-courts", Mood::Failing { status: 503 });
    let variables = serde_json::json!({ "id": day.demo.sample_person });
    let query = "query($id: ID!) { person(id: $id) { charges { disposition { class provenance { source mode } } } } }";
    let answer = ask(&day.gateway, query, variables.as_object().unwrap().clone()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let ended =
        list(&answer, "/data/person/charges").iter().filter_map(|one| one["disposition"]["provenance"][0].as_object());
    let modes: Vec<(&Value, &Value)> = ended.map(|one| (&one["source"], &one["mode"])).collect();
    assert!(modes.len() >= 3 && modes.iter().all(|one| *one == (&"golden".into(), &"FALLBACK".into())), "{answer}");
    day.feel("state-courts", Mood::Well);

    day.feel("warrants", Mood::Failing { status: 404 });
    let known = day.story("a3").await;
    day.feel("warrants", Mood::Slow { delay_ms: 30_000 });
    let started = Instant::now();
    let slow = day.story("a3").await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(errors(&slow).iter().any(|error| error.0 == "SOURCE_TIMEOUT" && error.2 == "warrants"));
    let sample = |answer: &Value| {
        let nodes = list(answer, "/data/people/nodes");
        nodes.iter().find(|one| one["id"] == day.demo.sample_person.as_str()).unwrap().clone()
    };
    assert!(sample(&slow)["warrants"].is_null());
    // 404 is this service's word for none
    assert_eq!(sample(&known)["warrants"], Value::Array(Vec::new()));
}

/// What the stories answer about a thousand persons is what happened, or an error that the source has declared in that record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stories_answer_what_is_so() {
    let day = Day::start(4_000).await;
    let mut check = Check::new(&day.demo.world);
    let mut nothing_declared = Check::with(&day.demo.world, Declared::default());
    for question in questions(&day.demo.world, 1_000) {
        let answer = day.ask(question.story, question.variables.clone()).await;
        check.judge(&question, &answer);
        nothing_declared.judge(&question, &answer);
    }
    assert!(check.errors.is_empty(), "{:?}", check.errors);
    let table = check.findings.table();
    assert!(check.findings.unexplained.is_empty(), "{table}");
    for what in
        ["identifiers", "open cases", "court", "disposed on", "custody", "booked at", "arrested at", "hearings to come"]
    {
        let (compared, same) = check.findings.compared[what];
        assert!(compared > 50 && same * 10 >= compared * 9, "{what}: {same} of {compared}\n{table}");
    }
    // The same answers, with no error declared: every one that was explained so is found.
    let labelled = |error: &Error| !matches!(error, Error::Merged | Error::HourTwice | Error::CodeCoarse);
    let explained = |check: &Check<'_>| -> u64 {
        check.findings.explained.iter().filter(|((_, error), _)| labelled(error)).map(|(_, count)| count).sum()
    };
    let (declared, found) = (explained(&check), nothing_declared.findings.unexplained.len() as u64);
    assert!(declared > 100 && found >= declared, "{found} of {declared} found\n{table}");
    assert_eq!(explained(&nothing_declared), 0, "{}", nothing_declared.findings.table());
}

/// What each agency says of who somebody is, held against the golden record: what is declared to differ does, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_what_agencies_have_written_otherwise() {
    const QUERY: &str = "query($id: ID!) { person(id: $id) { birthDate sex races
        conflicts { field rule claims { value chosen provenance { source mode } } } } }";
    let day = Day::start(1_500).await;
    let world = &day.demo.world;
    let systems = [
        ("corrections", System::Omis),
        ("doj-history", System::MtDoj),
        ("gallatin-jail", System::JmsGallatin),
        ("yellowstone-jail", System::JmsYellowstone),
    ];
    let (mut found, mut without) = (BTreeMap::new(), 0);
    for (place, person) in (0_u32..).zip(&world.people).filter(|(place, _)| !world.arrests_of(*place).is_empty()) {
        let mut wanted: BTreeMap<&str, Vec<(Value, &str)>> = BTreeMap::new();
        let own = [
            ("birthDate", Value::from(person.birth.to_string())),
            ("sex", person.sex.into()),
            ("races", vec![person.race].into()),
        ];
        for (field, value) in own {
            let mut claims = vec![(value.clone(), "golden")];
            for (source, system) in systems {
                let registered = world.numbers_of(place, system).filter_map(|local| world.registered(system, local));
                claims.extend(registered.filter_map(|one| {
                    let said = match field {
                        "birthDate" => Value::from(one.birth.filter(|day| day.year() != 1900)?.to_string()),
                        "sex" => one.sex.into(),
                        // The jails give it as they write it, which is no list; who writes "unknown" says nothing.
                        _ if source.ends_with("jail") => return None,
                        _ => vec![one.race.filter(|race| *race != "U")?].into(),
                    };
                    Some((said, source))
                }));
            }
            if claims.iter().any(|(said, _)| *said != value) {
                wanted.insert(field, claims);
            }
        }
        let variables = serde_json::json!({ "id": person.id });
        let answer = ask(&day.gateway, QUERY, variables.as_object().unwrap().clone()).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
        let mut told: BTreeMap<&str, Vec<(Value, &str)>> = BTreeMap::new();
        for conflict in list(&answer, "/data/person/conflicts") {
            assert_eq!(conflict["rule"], "GOLDEN");
            let claims = list(conflict, "/claims");
            assert!(claims.iter().all(|claim| claim["chosen"] == (claim["provenance"]["source"] == "golden")));
            let claims =
                claims.iter().map(|claim| (claim["value"].clone(), claim["provenance"]["source"].as_str().unwrap()));
            told.insert(conflict["field"].as_str().unwrap(), claims.collect());
        }
        let sorted =
            |claims: &mut Vec<(Value, &str)>| claims.sort_by_key(|(value, source)| format!("{source} {value}"));
        wanted.values_mut().for_each(sorted);
        told.values_mut().for_each(sorted);
        assert_eq!(told, wanted, "{}", person.id);
        for field in told.keys() {
            *found.entry((*field).to_owned()).or_insert(0) += 1;
        }
        without += u32::from(told.is_empty());
    }
    assert!(
        ["birthDate", "sex", "races"].iter().all(|field| found.get(*field).is_some_and(|count| *count > 0)),
        "{found:?}"
    );
    assert!(found["birthDate"] > 5 && without > 100, "{found:?}, {without} without");
}

/// Nobody but the store is asked who somebody is, unless conflicts are asked for; and then those who know the field. Who can't be asked is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_asked_for_where_they_are_asked_for() {
    let day = Day::start(200).await;
    let of = async |fields: &str| {
        let before = day.calls();
        let query = format!("query($id: ID!) {{ person(id: $id) {{ {fields} }} }}");
        let variables = serde_json::json!({ "id": day.demo.sample_person });
        let answer = ask(&day.gateway, &query, variables.as_object().unwrap().clone()).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let calls = day.calls().into_iter().map(|(name, calls)| (name, calls - before[name]));
        let asked: Vec<&str> = calls.filter(|(_, calls)| *calls > 0).map(|(name, _)| name).collect();
        (answer, asked)
    };
    assert_eq!(of("birthDate sex races city").await.1, [""; 0]);
    assert_eq!(of("birthDate conflicts(of: [\"city\"]) { field }").await.1, [""; 0]);
    let (answer, asked) = of("birthDate conflicts(of: [\"races\"]) { field }").await;
    assert_eq!(
        (answer["data"]["person"]["conflicts"].clone(), asked),
        (serde_json::json!([]), vec!["corrections", "doj-history"])
    );
    let (answer, asked) = of("sex conflicts { field }").await;
    assert_eq!(answer["data"]["person"]["conflicts"], serde_json::json!([]), "{answer}");
    assert_eq!(asked, ["corrections", "doj-history", "gallatin-jail", "yellowstone-jail"]);

    day.feel("gallatin-jail", Mood::Failing { status: 503 });
    let (answer, _) = of("sex conflicts { field }").await;
    assert_eq!(answer["data"]["person"], serde_json::json!({ "sex": "M", "conflicts": null }));
    let unasked = ("SOURCE_UNAVAILABLE".to_owned(), "person conflicts".to_owned(), "gallatin-jail".to_owned());
    assert_eq!(errors(&answer), [unasked]);
}

/// The check finds what is wrong: each of these is one slip of a mapping or of an agency.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_answer_does_not_pass() {
    let day = Day::start(200).await;
    let all = questions(&day.demo.world, 21);
    let wrong = async |story: &str, spoil: &dyn Fn(&mut Value)| {
        let question = all.iter().find(|question| question.story == story).unwrap();
        let mut answer = day.ask(story, question.variables.clone()).await;
        let judged = |answer: &Value| {
            let mut check = Check::new(&day.demo.world);
            check.judge(question, answer);
            check.findings.unexplained.len()
        };
        assert_eq!(judged(&answer), 0);
        spoil(&mut answer);
        judged(&answer)
    };
    let at =
        |path: &'static str, value: Value| move |answer: &mut Value| *answer.pointer_mut(path).unwrap() = value.clone();
    assert_eq!(wrong("a1", &at("/data/case/court/name", "Another court".into())).await, 1);
    assert_eq!(wrong("a1", &at("/data/case/defendant/identifiers/0/value", "MT00".into())).await, 2);
    assert_eq!(wrong("a1", &at("/data/case/defendant/bookings/0/bookedAt", "2026-01-01T00:00:00Z".into())).await, 1);
    assert_eq!(wrong("a1", &at("/data/case/defendant/custody/0/state", "ESCAPED".into())).await, 1);
    assert!(wrong("a1", &at("/data/case/defendant/charges", Value::Array(Vec::new()))).await >= 3);
    assert_eq!(wrong("a5", &at("/data/person/cases", Value::Array(Vec::new()))).await, 1);
    assert_eq!(wrong("a3", &at("/data/people/nodes", Value::Array(Vec::new()))).await, 1);
    assert_eq!(wrong("a6", &at("/data/arrest/person/id", "somebody".into())).await, 1);
}
