//! A gateway on the justice graph as `serve` runs it, over the demonstration's agencies, behind a real socket.

use headwaters::caller::{Callers, Config, IssuerConfig};
use headwaters::demo::{self, Demo, issuer, personas::Persona};
use headwaters::form;
use headwaters::gateway::{Gateway, Savings, World, told_form};
use headwaters::graph::{draw_folder, link};
use headwaters::http::{Personas, Shared, router, serve};
use headwaters::ledger::{Ledger, Persons, Settings};
use headwaters::limits::Limits;
use headwaters::native::{Catalog, Native, Program};
use headwaters::policy::{Folder, Policies};
use headwaters::source::{Environment, InProcess, Sources};
use jiff::civil::date;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct House {
    pub demo: Demo,
    pub personas: Vec<Persona>,
    pub issuer: Arc<issuer::Issuer>,
    /// Of the ledger.
    pub folder: PathBuf,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub client: reqwest::Client,
    _files: tempfile::TempDir,
}

impl House {
    /// # Panics
    /// Where something can't be started.
    pub async fn open(count: u32) -> Self {
        let files = tempfile::tempdir().unwrap();
        let store = files.path().join("golden.sqlite");
        let demo = demo::start_on(date(2026, 11, 22), count, 1, &store, false).await.unwrap();
        let personas = demo::personas::all(&demo.sample).unwrap();
        let issuer = Arc::new(issuer::Issuer::start(personas.clone()).await.unwrap());
        let limits = Limits::default();
        let config = Config {
            issuers: vec![IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE)],
            public: true,
            ..Config::default()
        };
        let callers = Arc::new(Callers::open(config, limits.clone()).await);
        let folder = files.path().join("ledger");
        let settings = Settings::new(folder.clone(), "house-1".into(), &limits);
        let (ledger, _) = Ledger::open(settings, Persons::Plain, &limits).unwrap();
        let savings = Savings::default();
        let told = Program { savings: Some(Arc::new(savings.clone())), ..Catalog::default().into() };
        let world = world(&demo, told, &limits).await;
        let gateway = Arc::new(Gateway::new(world, ledger, limits.clone()).with_savings(savings));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let vouching = Arc::clone(&issuer);
        let shared =
            Shared { gateway, callers, tabs: "[]".into(), personas: Personas::new(move || vouching.written()) };
        tokio::spawn(async move {
            serve::serve(listener, router(shared), &limits, std::future::pending()).await.unwrap();
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { demo, personas, issuer, folder, url, client, _files: files }
    }

    /// The headers of a persona who states what they state by default.
    pub fn headers(&self, name: &str) -> reqwest::header::HeaderMap {
        let persona = self.personas.iter().find(|persona| persona.name == name).unwrap();
        let mut headers = reqwest::header::HeaderMap::new();
        let mut put = |name: &'static str, value: String| _ = headers.insert(name, value.parse().unwrap());
        if let Some(token) = self.issuer.token(name) {
            put("authorization", format!("Bearer {token}"));
        }
        put("purpose-of-use", persona.purposes[0].clone());
        persona.reason.iter().for_each(|reason| put("purpose-reason", reason.clone()));
        persona.case_reference.iter().for_each(|case| put("case-reference", case.clone()));
        headers
    }
}

/// The world of the demonstration, under the policies.
///
/// # Panics
/// Where something of it can't be loaded.
pub async fn world(demo: &Demo, program: Program, limits: &Limits) -> World {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let drawn = draw_folder(&root.join("schema/graph")).unwrap_or_else(|problems| panic!("{problems}"));
    let rules = Folder::read(&root.join("schema/policy")).unwrap_or_else(|problems| panic!("{problems}"));
    let policies = Policies::load(&drawn, &rules).unwrap_or_else(|problems| panic!("{problems}"));
    let loaded = link::load(&root.join("schema/graph"), &root.join("resolvers"), &policies.audiences());
    let (graph, _) = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    let forms = form::load(&root.join("schema/forms"), &graph).unwrap_or_else(|problems| panic!("{problems}"));
    let environment: Environment = demo.environment.iter().cloned().collect();
    let catalog = Catalog { forms: forms.iter().map(told_form).collect(), ..Catalog::default() };
    let native: Arc<dyn InProcess> = Arc::new(Native::new(Program { catalog, ..program }));
    let sources = Sources::open(&graph, &environment, limits, Some(native)).await;
    World::new(graph, policies, sources.unwrap_or_else(|problems| panic!("{problems}")), limits).with_forms(forms)
}
