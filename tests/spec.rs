//! Spec: each `tests/spec/*.md` is a behaviour by example, with a graph, what its sources hold, a query and what comes of it.
//!
//! A document is read block by block; the first word after the language says what a block is:
//! `schema` (SDL; the words of `AgencyKind` and `DataClass` are given), `resolver NAME` (TOML), `answers NAME` (what that agency
//! answers, by method and path), `store` (SQL for SQLite), `file NAME` (beside the resolvers), `query`, `variables`, `extensions`,
//! `policy` (Cedar), `classes` and `purposes` (TOML) beside it, `emergencies` (Cedar) about who may open one, `emergency` (TOML) that the
//! caller opened before, as `demo-1`;
//! `caller` (TOML: claims of their token and what they state; a developer without one, the public without claims); and what is
//! expected: `plan`, `calls`, `response`, `ledger` (what is on record of it), `problems`. Agencies are real HTTP servers on loopback, at `NAME_URL`.
//! `UPDATE_SPEC=1 cargo nextest run --test spec` writes what came into the documents; read the difference before committing it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/agency.rs"]
mod agency;
#[path = "harness/document.rs"]
mod document;
#[expect(dead_code, reason = "other tests do more with an issuer")]
#[path = "harness/issuer.rs"]
mod issuer;
#[path = "harness/json.rs"]
mod json;
#[path = "harness/ledger.rs"]
mod ledger;

use agency::Agency;
use document::Document;
use headwaters::caller::{Caller, Callers, Config};
use headwaters::emergency::Ask;
use headwaters::error::Refusal;
use headwaters::gateway::{Arrival, Gateway, World};
use headwaters::graph::{Audience, Graph, Kind, Problems, link};
use headwaters::ledger::{Ledger, Persons, Settings};
use headwaters::limits::Limits;
use headwaters::plan;
use headwaters::policy::{Folder, Loopback, PURPOSES, Policies};
use headwaters::request::Request;
use headwaters::seal::Seal;
use headwaters::source::{Environment, Sources};
use std::collections::BTreeMap;
use std::path::Path;

/// What came of a document's query, by the name of the block that expects it.
type Came = Vec<(&'static str, String)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let update = std::env::var_os("UPDATE_SPEC").is_some();
    let mut wrong = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let document = Document::read(path);
        let came = run(&document).await;
        if update {
            document.write(&came);
        } else {
            wrong.extend(document.differences(&came));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn run(document: &Document) -> Came {
    let folder = tempfile::tempdir().unwrap();
    document.lay_out(folder.path());
    let (graphs, resolvers) = (folder.path().join("graph"), folder.path().join("resolvers"));
    let loaded = link::load(&graphs, &resolvers, &[Audience::everything()]);
    let (graph, _) = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => return vec![("problems", without(folder.path(), &problems.to_string()))],
    };
    let agencies = agencies(document).await;
    let store = format!("sqlite:{}", folder.path().join("store.sqlite").display());
    let environment: Environment = agencies
        .iter()
        .map(|agency| (agency.variable(), agency.url()))
        .chain([(String::from("STORE_URL"), store), (String::from("TOKEN"), String::from("secret"))])
        .collect();
    let limits = Limits { request_ms_max: 2_000, ..Limits::default() };
    let sources = match Sources::open(&graph, &environment, &limits, None).await {
        Ok(sources) => sources,
        Err(problems) => return vec![("problems", without(folder.path(), &problems.to_string()))],
    };
    let policies = match policies(document, &graph) {
        Ok(policies) => policies,
        Err(problems) => return vec![("problems", problems.to_string())],
    };
    let world = World::new(graph, policies, sources, &limits).sealed(Seal::of(&[7; 32]));
    let kept = folder.path().join("ledger");
    let (ledger, _) =
        Ledger::open(Settings::new(kept.clone(), "spec".into(), &limits), Persons::Plain, &limits).unwrap();
    let gateway = Gateway::new(world, ledger, limits);

    let request = request(document);
    let mut came = ask(&gateway, document, &request).await;
    came.push(("calls", calls(&agencies)));
    gateway.ledger().close();
    came.push(("ledger", json::fitting(&ledger::only_operation(&kept))));
    came
}

/// The plan and the answer; the operation is on record as it would be over HTTP.
async fn ask(gateway: &Gateway, document: &Document, request: &Request) -> Came {
    let caller = match caller(document, request).await {
        Ok(caller) => caller,
        Err(refusal) => {
            gateway.turned_away(Some(request), None, &refusal, Arrival::now()).await;
            return vec![("response", json::fitting(&refusal.to_json()))];
        }
    };
    open_emergency(document, gateway, &caller).await;
    let arrival = Arrival::now();
    let outcome = gateway.stages(request, &caller, arrival).await;
    let plan = outcome.as_ref().map(|answered| ("plan", plan::print(&answered.world.graph, &answered.plan)));
    let mut came: Came = plan.into_iter().collect();
    let bytes = match gateway.release(request, &caller, arrival, outcome).await {
        Ok(released) => released.bytes,
        Err(refusal) => refusal.to_json(),
    };
    came.push(("response", json::fitting(&ledger::without_decision(&bytes))));
    came
}

/// The rules of the `policy` block, with `classes` and `purposes`; without one everybody may have everything.
fn policies(document: &Document, graph: &Graph) -> Result<Policies, Problems> {
    let Some(rules) = document.block("policy") else { return Ok(Policies::everything(&Loopback::bind(0).unwrap())) };
    let kinds = graph.type_named("AgencyKind").map(|id| &graph.type_of(id).kind);
    let Some(Kind::Enum(kinds)) = kinds else { panic!("every graph has kinds of agencies") };
    let every: Vec<String> = kinds.iter().map(|kind| format!("{kind} = {PURPOSES:?}")).collect();
    let purposes = document.block("purposes").map_or_else(|| format!("[kind]\n{}", every.join("\n")), str::to_owned);
    let texts = [
        ("rules.cedar", Some(rules)),
        ("break-glass/rules.cedar", document.block("emergencies")),
        ("classes.toml", document.block("classes")),
        ("purposes.toml", Some(&*purposes)),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.into(), text?.to_owned())));
    Policies::load(graph, &Folder::of(texts)?)
}

/// Opens what the `emergency` block says for the caller: `demo-1`.
async fn open_emergency(document: &Document, gateway: &Gateway, caller: &Caller) {
    let Some(text) = document.block("emergency") else { return };
    let said: BTreeMap<String, String> = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let text = |name: &str| said[name].as_str().into();
    let ask = Ask { subject: text("subject"), incident: text("incident"), reason: text("reason") };
    gateway.open_emergency(caller, ask, Arrival::now()).await.unwrap();
}

/// What the `caller` block says: `headers`, and `claims` of a token that a real issuer signs.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    claims: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Whoever asks, identified as over HTTP.
async fn caller(document: &Document, request: &Request) -> Result<Caller, Refusal> {
    let Some(text) = document.block("caller") else { return Ok(Caller::developer()) };
    let asking: Asking = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let key = issuer::Signer::es256("k");
    let issuer = issuer::Issuer::start(&[&key]).await;
    let config = Config { issuers: vec![issuer.config()], public: true, ..Config::default() };
    let callers = Callers::open(config, Limits::default()).await;
    let mut headers = asking.headers;
    if let Some(given) = asking.claims {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().extend(given);
        headers.insert("authorization".to_owned(), format!("Bearer {}", key.token(&claims)));
    }
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    callers.identify(&headers, &request.extensions, issuer::now()).await
}

/// Paths as a reader of the document knows them.
fn without(folder: &Path, text: &str) -> String {
    text.replace(&format!("{}/", folder.display()), "")
}

async fn agencies(document: &Document) -> Vec<Agency> {
    let mut agencies = Vec::new();
    for (name, answers) in document.named("answers") {
        agencies.push(Agency::start(name, serde_json::from_str(answers).unwrap()).await);
    }
    agencies
}

fn request(document: &Document) -> Request {
    let variables = document.block("variables").map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    let extensions = document.block("extensions").map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    Request { document: document.block("query").unwrap().to_owned(), variables, extensions, ..Request::default() }
}

/// Every call, in the order of sources and then of text: calls to two agencies go out at the same time.
fn calls(agencies: &[Agency]) -> String {
    let lines = agencies.iter().flat_map(|agency| {
        let mut calls = agency.calls();
        calls.sort();
        calls.into_iter().map(|call| format!("{}: {call}\n", agency.name))
    });
    lines.collect()
}
