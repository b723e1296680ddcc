//! A day of the demonstration: its agencies behind proxies that spoil, and gateways over them.

use crate::ask::ask;
use crate::faults::Proxy;
use crate::gateway;
use headwaters::demo::{self, Demo};
use headwaters::gateway::Gateway;
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::source::Environment;
use jiff::civil::date;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{Duration, Instant};

/// One source of each kind: keys together in a GET, one a GET, together in a POST, and GraphQL.
pub const KINDS: [&str; 4] = ["yellowstone-jail", "gallatin-jail", "doj-history", "corrections"];

/// Asks all of them, and the store.
pub const QUERY: &str = "query($id: ID!) { person(id: $id) {
    legalName { full }
    bookings { number facilityName provenance { source } }
    arrests { mans provenance { source } }
    supervisions { category provenance { source } }
} }";

pub struct Day {
    demo: Demo,
    proxies: Vec<(&'static str, Proxy)>,
    _files: tempfile::TempDir,
}

impl Day {
    pub async fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let store = files.path().join("golden.sqlite");
        let demo = demo::start_on(date(2026, 11, 22), 200, 1, &store, false).await.unwrap();
        let mut proxies = Vec::new();
        for name in KINDS {
            proxies.push((name, Proxy::before(&demo.agencies.named(name).unwrap().url()).await));
        }
        Self { demo, proxies, _files: files }
    }

    /// A gateway that knows nothing of what was before.
    pub async fn gateway(&self) -> Gateway {
        self.gateway_within(&Limits::default()).await
    }

    pub async fn gateway_within(&self, limits: &Limits) -> Gateway {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let name = |name: &str| format!("{}_URL", name.to_uppercase().replace('-', "_"));
        let spoiled = self.proxies.iter().map(|(agency, proxy)| (name(agency), proxy.url()));
        let environment: Environment = self.demo.environment.iter().cloned().chain(spoiled).collect();
        let (graph, resolvers) = (root.join("schema/graph"), root.join("resolvers"));
        gateway::open(&graph, &resolvers, &environment, limits, Catalog::default()).await
    }

    pub fn proxy(&self, agency: &str) -> &Proxy {
        &self.proxies.iter().find(|(name, _)| *name == agency).unwrap().1
    }

    pub fn sample_person(&self) -> &str {
        &self.demo.sample_person
    }

    /// Ids of everybody.
    pub fn persons(&self) -> impl Iterator<Item = &str> {
        self.demo.world.people.iter().map(|person| &*person.id)
    }

    /// The answer as text, and how long it took.
    pub async fn ask(&self, gateway: &Gateway) -> (String, Duration) {
        let id = ("id".to_owned(), Value::from(&*self.demo.sample_person));
        let variables: Map<String, Value> = std::iter::once(id).collect();
        let started = Instant::now();
        let answer = ask(gateway, QUERY, variables).await;
        (String::from_utf8(answer).unwrap(), started.elapsed())
    }
}

/// Code and source of each error.
pub fn errors(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().into_iter().flatten();
    errors.map(|error| (text(&error["extensions"]["code"]), text(&error["extensions"]["source"]))).collect()
}
