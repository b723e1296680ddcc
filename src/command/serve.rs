//! `serve`: a gateway for others.

use super::demo::stop;
use super::{Files, files, print};
use crate::caller::Callers;
use crate::config::{self, Config};
use crate::emergency::{Emergencies, Terms};
use crate::gateway::{Gateway, Own, Rate, World};
use crate::http::{self, Personas, Shared};
use crate::ledger::log::Settings;
use crate::limits::Limits;
use crate::observe::{self, Exporting};
use crate::source::{Environment, Sources};
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Who may vouch for callers, and where to listen
    #[arg(long, value_name = "FILE", default_value = "headwaters.toml")]
    config: PathBuf,
    /// Address to listen on, instead of the file's
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Serves the graph under its policies. Refuses to run without an issuer, without an audience, without policies, and without a ledger.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config).map_err(|problems| anyhow!("{problems}"))?;
    // Before there is a runtime, and until after it: what carries it all away waits for threads of its own.
    let exporting = Exporting::start(&config.exports)?;
    observe::start(Some(&exporting));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(serve(arguments, config))
}

async fn serve(arguments: &Arguments, config: Config) -> anyhow::Result<()> {
    let (graph, policies) = files::load_with_policies(&arguments.files)?;
    files::stories(&arguments.files, &graph)?;
    let forms = files::forms(&arguments.files, &graph)?;
    let limits = Limits::default();
    let environment: Environment = config::variables().collect();
    let settings = config.ledger.settings(&limits, |name| environment.value(name).map(str::to_owned));
    let settings = settings.map_err(|name| {
        anyhow!("`witness_bearer` in `[ledger]`: the environment has no token in `{name}`\nhint: set {name} before the start")
    })?;
    let ledger = files::ledger(settings, config.ledger.persons, &limits)?;
    let home = files::home(&config.ledger.index, &config.ledger.folder, &graph, &environment)?;
    let index = files::index(&home, &config.ledger.folder, &ledger).await?;
    tokio::spawn(ledger.clone().obey(config.ledger.folder.clone()));
    let own = Own::default();
    let savings = files::savings(&config.ledger.folder)?;
    files::watch(&savings);
    let native = files::native(&graph, &limits, &own, (index, &savings), &forms);
    let sources = Sources::open(&graph, &environment, &limits, Some(native)).await.map_err(|p| anyhow!("{p}"))?;
    if let Some(cache) = &config.cache {
        files::share(&sources, &graph, &environment, &limits, cache).await?;
    }
    let config::BreakGlass { second_person, folder, instance } = config.break_glass;
    let (terms, kept) = (Terms::new(second_person, &limits), Settings::new(folder, instance, &limits));
    let emergencies = Emergencies::open(terms, kept).map_err(|why| anyhow!("emergencies can't be kept: {why}"))?;
    let world = World::new(graph, policies, sources, &limits).with_forms(forms);
    let gateway = Gateway::new(world, ledger.clone(), limits.clone()).with_savings(savings.clone());
    let rate = Rate {
        address_m_max: config.public.address_m_max.unwrap_or(limits.public_address_m_max),
        all_s_max: config.public.all_s_max.unwrap_or(limits.public_all_s_max),
        addresses_kept: limits.public_addresses_kept,
    };
    let gateway = Arc::new(gateway.with_emergencies(emergencies).with_rates(rate));
    own.by(&gateway);
    let callers = Arc::new(Callers::open(config.callers, limits.clone()).await);
    let shared = Shared { gateway, callers, tabs: "[]".into(), personas: Personas::default() };
    let address = arguments.listen.unwrap_or(config.listen);
    let listener = TcpListener::bind(address).await.with_context(|| format!("{address} can't be listened on"))?;
    print(&format!("listening on http://{}\n", listener.local_addr()?));
    let served = http::serve::serve(listener, http::router(shared), &limits, stop()).await;
    ledger.close();
    savings.write();
    Ok(served?)
}
