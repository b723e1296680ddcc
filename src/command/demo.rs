//! `demo`: a gateway with a synthetic world behind it, on this machine only.

use super::{Files, fault, files, print, savings, truth};
use crate::caller::{self, Callers, IssuerConfig};
use crate::config;
use crate::demo::{self, issuer, personas::Sample};
use crate::gateway::{Gateway, Own, World};
use crate::http::{self, Personas, Shared};
use crate::ledger::{Persons, Settings};
use crate::limits::Limits;
use crate::observe::{self, Exporting, Exports};
use crate::policy::{Loopback, Policies};
use crate::source::{Environment, Sources};
use crate::story::Story;
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    files: Files,
    /// Persons in the synthetic world
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    persons: u32,
    /// The same seed gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Port to listen on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// File of the golden-record store, kept between runs
    #[arg(long, value_name = "FILE", default_value = "target/demo/golden.sqlite")]
    store: PathBuf,
    /// No simulated world: serve the graph from sources that run already, by the addresses in the environment
    #[arg(long)]
    bare: bool,
    /// OTLP address of a collector that is told traces, metrics and logs: http://127.0.0.1:4318
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell an agency of a running demonstration to fail, to be slow, to talk nonsense, or to get well
    Fault(fault::Arguments),
    /// Ask the stories about invented people, and hold the answers against what really happened
    Truth(truth::Arguments),
    /// Fill every form for invented people, and tell how much of each was filled, and whether it is so
    Savings(savings::Arguments),
}

pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    match &arguments.action {
        Some(Action::Fault(arguments)) => return fault::run(arguments),
        Some(Action::Truth(arguments)) => return truth::run(arguments),
        Some(Action::Savings(arguments)) => return savings::run(arguments),
        None => {}
    }
    let exporting =
        Exporting::start(&Exports { otlp: arguments.otlp.clone(), traced_percent: 100, instance: "demo".into() })?;
    observe::start(Some(&exporting));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let (graph, _) = files::load(&arguments.files)?;
    // Without facts there is nothing to decide by, and then everybody on this machine may have everything.
    let permitted = (!arguments.bare && files::has_facts(&graph)).then(|| files::load_with_policies(&arguments.files));
    let (graph, policies) = match permitted.transpose()? {
        Some((graph, policies)) => (graph, Some(policies)),
        None => (graph, None),
    };
    let stories = files::stories(&arguments.files, &graph)?;
    let forms = files::forms(&arguments.files, &graph)?;
    let limits = Limits::default();
    let own = arguments.files.is_own();
    let world = if arguments.bare || !own {
        None
    } else {
        Some(start_world(arguments.persons, arguments.seed, &arguments.store).await?)
    };
    let invented = world.iter().flat_map(|world| world.environment.iter().cloned());
    let environment: Environment = config::variables().chain(invented).collect();

    let only = Loopback::bind(arguments.port);
    let only = only.with_context(|| format!("port {} can't be had; try `--port 0`", arguments.port))?;
    let policies = policies.unwrap_or_else(|| Policies::everything(&only));
    let listener = only.into_listener();
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let folder = arguments.store.with_file_name("ledger");
    let ledger = files::ledger(Settings::new(folder.clone(), "demo".into(), &limits), Persons::Plain, &limits)?;
    let home = files::home(&config::IndexIn::Folder, &folder, &graph, &environment)?;
    let index = files::index(&home, &folder, &ledger).await?;
    let own = Own::default();
    let savings = files::savings(&folder)?;
    files::watch(&savings);
    let native = files::native(&graph, &limits, &own, (index, &savings), &forms);
    let sources = Sources::open(&graph, &environment, &limits, Some(native)).await.map_err(|p| anyhow!("{p}"))?;
    let tabs = tabs(&stories, world.as_ref());
    let gateway_world = World::new(graph, policies, sources, &limits).with_forms(forms);
    let gateway = Gateway::new(gateway_world, ledger.clone(), limits.clone()).with_savings(savings.clone());
    let gateway = Arc::new(gateway);
    own.by(&gateway);
    let nobody = Sample::default();
    let issuer = Arc::new(demo::issue(world.as_ref().map_or(&nobody, |world| &world.sample)).await?);
    let callers = Arc::new(Callers::open(believing(&issuer), limits.clone()).await);
    let personas = Personas::new(move || issuer.written());
    let shared = Shared { gateway, callers, tabs: tabs.into(), personas };
    if let Some(world) = &world {
        print(&welcome(world, address.port()));
    }
    print(&format!("listening on http://{address}\n"));
    let served = http::serve::serve(listener, http::router(shared), &limits, stop()).await;
    ledger.close();
    savings.write();
    Ok(served?)
}

/// The demonstration's own identity provider may vouch for anybody; without a token one is the public.
pub(super) fn believing(issuer: &issuer::Issuer) -> caller::Config {
    let issuer = IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE);
    caller::Config { issuers: vec![issuer], public: true, ..caller::Config::default() }
}

/// A world, with its store in that file, whose folder is made.
pub(super) async fn start_world(persons: u32, seed: u64, store: &Path) -> anyhow::Result<demo::Demo> {
    if let Some(folder) = store.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
    }
    demo::start(persons, seed, store, true).await
}

/// Over at an interrupt, or when the system asks the program to end.
pub(super) async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => _ = interrupt.await,
    }
}

/// The stories as tabs of GraphiQL, about people of the invented world where there is one.
fn tabs(stories: &[Story], world: Option<&demo::Demo>) -> String {
    let known = |name: &str| world?.samples.get(name).cloned();
    let tabs = stories.iter().map(|story| {
        let variables = serde_json::Value::Object(story.variables(known));
        serde_json::json!({
            "title": story.caption(),
            "query": story.document,
            "variables": format!("{variables:#}"),
        })
    });
    serde_json::Value::Array(tabs.collect()).to_string()
}

fn welcome(world: &demo::Demo, port: u16) -> String {
    let person = &world.sample_person;
    let samples: Vec<String> = world.samples.iter().map(|(name, value)| format!("  {name:<10} {value}")).collect();
    let samples = samples.join("\n");
    format!(
        "Everything here is invented. GraphiQL: http://127.0.0.1:{port}/\n\
         What to ask for, by the names that the stories use:\n{samples}\n\
         curl -s http://127.0.0.1:{port}/graphql -H 'content-type: application/json' \\\n  \
         -d '{{\"query\":\"{{ person(id: \\\"{person}\\\") {{ bookings {{ number }} cases {{ number }} }} }}\"}}'\n"
    )
}
