//! Failing: one of six agencies fails while clients ask for records of all of them. Nothing is kept, so that each request needs each.

use crate::day::{Day, errors};
use crate::faults::Fault;
use crate::number;
use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::request::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CLIENTS: usize = 16;
/// How long clients ask before anything is measured, and in each stretch that is.
const WARM_UP: Duration = Duration::from_secs(2);
const STRETCH: Duration = Duration::from_secs(8);
/// When the gateway should have got over it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The one that fails.
const AGENCY: &str = "doj-history";

/// Asks the store and six agencies.
const QUERY: &str = "query($id: ID!) { person(id: $id) {
    legalName { full }
    bookings { number facilityName }
    arrests { mans }
    supervisions { category }
    cases { number hearings { type } }
    warrants { number }
} }";

/// An answer, and how long it took.
struct Came {
    text: String,
    took: Duration,
}

/// A day, a gateway on it, and persons of whom the agency that will fail knows something.
struct Scene {
    day: Day,
    gateway: Gateway,
    persons: Vec<String>,
}

impl Scene {
    async fn open() -> Arc<Self> {
        let day = Day::start().await;
        let gateway = day.gateway().await;
        let all: Vec<String> = day.persons().map(str::to_owned).collect();
        let mut scene = Self { day, gateway, persons: Vec::new() };
        for id in all {
            let came = scene.ask(&id).await;
            let answer: Value = serde_json::from_str(&came.text).unwrap();
            if answer["data"]["person"]["arrests"].as_array().is_some_and(|arrests| !arrests.is_empty()) {
                scene.persons.push(id);
            }
        }
        Arc::new(scene)
    }

    /// An answer from the sources themselves.
    async fn ask(&self, id: &str) -> Came {
        let variables = json!({ "id": id }).as_object().cloned().unwrap();
        let request = Request { document: QUERY.to_owned(), variables, max_age_s: Some(0), ..Request::default() };
        let begun = Instant::now();
        let released = self.gateway.answer(&request, &Caller::developer(), begun).await.unwrap();
        Came { text: String::from_utf8(released.bytes).unwrap(), took: begun.elapsed() }
    }

    /// What clients get who ask for so long, each for one person after another.
    async fn load(self: &Arc<Self>, time: Duration) -> Vec<Came> {
        let (mut clients, until) = (JoinSet::new(), Instant::now() + time);
        for client in 0..CLIENTS {
            let scene = Arc::clone(self);
            clients.spawn(async move {
                let mut came = Vec::new();
                while Instant::now() < until {
                    let person = &scene.persons[(client * 11 + came.len()) % scene.persons.len()];
                    came.push(scene.ask(person).await);
                }
                came
            });
        }
        clients.join_all().await.into_iter().flatten().collect()
    }
}

fn p99(came: &[Came]) -> f64 {
    let mut took: Vec<_> = came.iter().map(|one| one.took).collect();
    took.sort();
    took[took.len() * 99 / 100].as_secs_f64()
}

/// Whether an answer has everything but what the agency that fails would say now, and says so: older records of it stand in, or none.
fn is_whole_but_for_it(came: &Came) -> bool {
    let answer: Value = serde_json::from_str(&came.text).unwrap();
    let person = &answer["data"]["person"];
    let others = ["bookings", "supervisions", "cases", "warrants"];
    let errors = errors(&answer);
    let mut sources = answer["extensions"]["sources"].as_array().into_iter().flatten();
    let is_stale = sources.any(|source| source["name"] == AGENCY && source["status"] == "STALE");
    let is_told =
        errors.iter().all(|(code, source)| source == AGENCY && code != "SOURCE_INVALID") && !errors.is_empty();
    person["legalName"].is_object()
        && others.iter().all(|field| person[field].is_array())
        && (person["arrests"].is_null() && is_told || person["arrests"].is_array() && is_stale && errors.is_empty())
}

/// Nobody listens where the agency was.
pub async fn killed() {
    failing("killed", Fault::Reset).await;
}

/// The agency takes calls and never answers.
pub async fn silent() {
    failing("silent", Fault::BlackHole).await;
}

/// Prints `count NAME_failed` and `ratio NAME_p99`.
async fn failing(name: &str, fault: Fault) {
    let scene = Scene::open().await;
    let day = &scene.day;
    scene.load(WARM_UP).await;
    let before = scene.load(STRETCH).await;
    assert!(before.iter().all(|came| !came.text.contains("\"errors\"")), "all is well before");
    let calls = day.proxy(AGENCY).calls();
    day.proxy(AGENCY).set(fault);
    let at_first = scene.load(PATIENCE).await;
    let after = scene.load(STRETCH).await;
    let calls = day.proxy(AGENCY).calls() - calls;
    let failed = at_first.iter().chain(&after).filter(|came| !is_whole_but_for_it(came)).count();
    if let Some(wrong) = at_first.iter().chain(&after).find(|came| !is_whole_but_for_it(came)) {
        println!("info {name}: one of those that failed: {}", wrong.text);
    }
    let asked = at_first.len() + after.len();
    println!("info {name}: {asked} requests while it fails ({} in as long before), {calls} calls to it", before.len());
    println!("info {name}: p99 {:.1} ms before, {:.1} after", p99(&before) * 1e3, p99(&after) * 1e3);
    println!("count {name}_failed {failed}");
    println!("ratio {name}_p99 {:.2}", p99(&after) / p99(&before));
}

/// Prints `ratio retries`: calls a request to an agency that fails every call, over those to it while it is well.
pub async fn retries() {
    let scene = Scene::open().await;
    let mut a_request = [0.0; 2];
    for (which, fault) in [Fault::None, Fault::Status { status: 502, percent: 100 }].into_iter().enumerate() {
        scene.load(WARM_UP).await;
        scene.day.proxy(AGENCY).set(fault);
        let calls = scene.day.proxy(AGENCY).calls();
        let came = scene.load(STRETCH).await;
        let calls = scene.day.proxy(AGENCY).calls() - calls;
        println!("info retries: {fault:?}: {calls} calls for {} requests", came.len());
        a_request[which] = number(calls) / number(came.len() as u64);
    }
    println!("ratio retries {:.2}", a_request[1] / a_request[0]);
}
