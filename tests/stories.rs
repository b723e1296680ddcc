//! Stories: each asks the sources that its header names, and the golden-record store without leafing through a big table.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/crowd.rs"]
mod crowd;
#[path = "harness/gateway.rs"]
#[expect(dead_code, reason = "the store is asked here, no gateway")]
mod gateway;
#[path = "harness/postgres.rs"]
mod postgres;

use headwaters::caller::Caller;
use headwaters::graph::binding::{HeaderValue, Mapping};
use headwaters::graph::{Audience, Entry, Graph, SourceKind, link};
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::operation::{self, Documents};
use headwaters::plan::{self, Plan};
use headwaters::policy::{self, Loopback, Permitted, Policies};
use headwaters::record::Keys;
use headwaters::request::Request;
use headwaters::source::{Age, Call, Cut, Environment, Fetch, Identity, Sources, Way};
use headwaters::story::{self, Story};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Tables of so few rows that a planner may as well read them from end to end.
const SMALL: [&str; 3] = ["linkage", "metric", "statute"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn load() -> (Graph, Vec<Story>) {
    let loaded = link::load(&root().join("schema/graph"), &root().join("resolvers"), &[Audience::everything()]);
    let (graph, _) = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    let stories = story::load(&root().join("schema/stories"), &graph);
    let stories = stories.unwrap_or_else(|problems| panic!("{problems}"));
    (graph, stories)
}

/// What there is in the crowd of `harness/crowd.rs`.
fn sample(name: &str) -> Option<String> {
    let value = match name {
        "surname" => "Bam",
        "given" => "Do",
        "person" => "p17",
        "from" => "2026-01",
        "to" => "2026-06",
        _ => return None,
    };
    Some(value.to_owned())
}

fn permitted(graph: &Graph, story: &Story) -> Permitted {
    let limits = Limits::default();
    let caller = Caller::developer();
    let variables = story.variables(sample);
    let request = Request { document: story.document.clone(), variables, ..Request::default() };
    let operation = operation::bind(&Documents::new(&limits), graph, caller.view(), &request, &limits);
    let only = Loopback::bind(0).unwrap();
    policy::permit(&Policies::everything(&only), graph, &caller, operation.unwrap(), 0).unwrap()
}

/// What is closed for a person closes all of their records, so each source must say whose they are.
#[test]
fn every_source_says_whose_its_records_are() {
    let (graph, _) = load();
    let mut counted = 0;
    for binding in graph.bindings.iter().filter(|binding| !binding.extends) {
        for on in graph.possible(binding.on) {
            let Some(first) = graph.object(on).and_then(|object| object.subject.first()) else { continue };
            let says = matches!(binding.shape.mapping(*first), Some(Mapping::Reference { .. }));
            let (source, name) = (&graph.source(binding.source).name, &graph.type_of(on).name);
            assert!(says, "{source} does not say `{}` of a {name}", graph.field(*first).name);
            counted += 1;
        }
    }
    assert!(counted > 25, "{counted}");
}

#[test]
fn there_are_the_stories_of_the_design() {
    let ids: Vec<String> = load().1.into_iter().map(|story| story.id).collect();
    assert_eq!(ids, ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a10"]);
}

#[test]
fn a_story_asks_the_sources_that_it_names() {
    let (graph, stories) = load();
    let mut wrong = Vec::new();
    for story in &stories {
        let plan = plan::build(&graph, &permitted(&graph, story));
        let asked: BTreeSet<&str> = plan.fetches.iter().map(|fetch| &*graph.source(fetch.source).name).collect();
        let named: BTreeSet<&str> = story.sources.iter().map(String::as_str).collect();
        let says = |what: &str, sources: Vec<&&str>| {
            let sources: Vec<&str> = sources.into_iter().copied().collect();
            (!sources.is_empty()).then(|| format!("{}: {what} {}", story.id, sources.join(", ")))
        };
        wrong.extend(says("asks and does not name", asked.difference(&named).collect()));
        wrong.extend(says("names and does not ask", named.difference(&asked).collect()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing that asks one thing after the other: the stories are what the gateway must be quick at.
#[test]
fn the_store_is_asked_in_one_statement_a_place() {
    let (graph, stories) = load();
    for story in &stories {
        let text = plan::print(&graph, &plan::build(&graph, &permitted(&graph, story)));
        let golden = text.lines().filter(|line| line.contains(" golden: "));
        for line in golden {
            assert!(line.contains("one statement"), "{}: {line}", story.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_finds_all_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("crowd.sqlite").display());
    crowd::sqlite(&url).await;
    indexed(&url, |line, table| {
        // The keys, and the rows that were found already, are read from end to end; nothing else may be.
        let harmless = ["SCAN k VIRTUAL TABLE", "SCAN json_each VIRTUAL TABLE", "SCAN (subquery-"];
        line.starts_with("SCAN") && !SMALL.contains(&table) && !harmless.iter().any(|start| line.starts_with(start))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_finds_all_by_an_index() {
    let server = tokio::task::spawn_blocking(postgres::Postgres::start).await.unwrap();
    crowd::postgres(&server.url()).await;
    indexed(&server.url(), |line, _| {
        let scanned = line.split("Seq Scan on ").nth(1);
        scanned.is_some_and(|rest| !SMALL.contains(&rest.split(' ').next().unwrap()))
    })
    .await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

/// Every statement of every story, as the database would answer it.
async fn indexed(url: &str, scans: impl Fn(&str, &str) -> bool) {
    let (graph, stories) = load();
    let environment = environment(&graph, url);
    let sources = gateway::sources(&graph, &environment, &Limits::default(), Catalog::default()).await;
    let mut wrong = Vec::new();
    let mut statements = 0;
    for story in &stories {
        let permitted = permitted(&graph, story);
        // The first page, and one after it.
        for after in [None, Some(vec!["bam1".into(), "don1".into(), "p17".into()])] {
            let plan = plan::build(&graph, &permitted);
            for (fetch, lines) in explained(&graph, &sources, &permitted, &plan, after.as_ref()).await {
                statements += 1;
                let table = table(&graph, fetch);
                if lines.iter().any(|line| scans(line.trim(), &table)) {
                    let text = fetch.text.get().unwrap();
                    wrong.push(format!("{}: {table}\n{text}\n{}", story.id, lines.join("\n")));
                }
            }
        }
    }
    assert!(statements > 20, "{statements} statements");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The store, and an address for every agency: none of them is asked.
fn environment(graph: &Graph, store: &str) -> Environment {
    let reaches = graph.sources.iter().flat_map(|source| {
        let url = if source.kind == SourceKind::Sql { store } else { "http://127.0.0.1:9" };
        let reach = &source.reach;
        let headers = reach.headers.iter().filter_map(|(_, value)| match value {
            HeaderValue::Variable(variable) => Some((variable, "none")),
            HeaderValue::Literal(_) => None,
        });
        let url = reach.url.iter().map(move |variable| (variable, url));
        url.chain(reach.bearer.iter().map(|variable| (variable, "none"))).chain(headers)
    });
    reaches.map(|(variable, value)| (variable.name.to_string(), value.to_owned())).collect()
}

async fn explained<'p>(
    graph: &Graph,
    sources: &Sources,
    permitted: &Permitted,
    plan: &'p Plan,
    after: Option<&Vec<Value>>,
) -> Vec<(&'p Fetch, Vec<String>)> {
    let mut all = Vec::new();
    let nothing = Map::new();
    for (at, fetch) in plan.fetches.iter().enumerate() {
        if graph.source(fetch.source).kind != SourceKind::Sql {
            continue;
        }
        let asks = |slot: &plan::Slot| slot.fetch.is_some_and(|id| id.index() == at);
        let node = plan.nodes.iter().find(|node| node.slots.iter().any(asks));
        let given = node.and_then(|node| permitted.operation().arguments.get(node.selection?));
        let arguments = given.map_or(&nothing, |given| given.as_ref().unwrap());
        let keys = keys(parts(graph, fetch));
        let deadline = Instant::now() + Duration::from_secs(30);
        let cut = Cut { first: 10, after: after.cloned() };
        let page = node.filter(|node| node.page.is_some()).map(|_| &cut);
        if after.is_some() && page.is_none() {
            continue;
        }
        let call = Call {
            fetch,
            keys: &keys,
            arguments,
            identity: Identity::Service,
            deadline,
            page,
            age: Age::default(),
            untraced: false,
        };
        let lines = sources.explain(graph, call).await.unwrap();
        all.push((&**fetch, lines.unwrap_or_else(|reason| panic!("{reason:?}"))));
    }
    all
}

/// Fifty, a page of people.
fn keys(parts: usize) -> Keys<'static> {
    let mut keys = Keys::new(parts);
    let key = |n: usize| (0..parts).map(move |part| if part == 0 { format!("p{n}") } else { "1".to_owned() });
    keys.values = (1..=50).flat_map(key).map(Into::into).collect();
    keys
}

fn parts(graph: &Graph, fetch: &Fetch) -> usize {
    match fetch.way {
        Way::Crosswalk { .. } => 1,
        Way::Binding(binding, Entry::By(by)) => usize::from(graph.binding(binding).by[usize::from(by)].parts),
        Way::Binding(_, Entry::Find(_)) => 0,
    }
}

fn table(graph: &Graph, fetch: &Fetch) -> String {
    match &fetch.way {
        Way::Crosswalk { crosswalk, .. } => graph.crosswalks[*crosswalk].table.to_string(),
        Way::Binding(binding, _) => graph.binding(*binding).table.as_deref().unwrap_or_default().to_owned(),
    }
}

#[test]
fn the_readme_of_the_stories_knows_every_placeholder() {
    let (_, stories) = load();
    let readme = std::fs::read_to_string(Path::new(&root()).join("schema/stories/README.md")).unwrap();
    let named: BTreeSet<String> = stories.iter().flat_map(placeholders).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(readme.contains(&format!("`${name}`")), "schema/stories/README.md says nothing of `${name}`");
    }
}

fn placeholders(story: &Story) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    story.variables(|name| {
        names.borrow_mut().push(name.to_owned());
        None
    });
    names.into_inner()
}
