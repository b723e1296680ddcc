//! `demo truth`: asks the stories about people of the invented world, and holds the answers against what really happened there.

use super::{Files, files, print};
use crate::caller::Caller;
use crate::config;
use crate::demo::truth::{Check, labels, questions};
use crate::demo::{self, Demo};
use crate::gateway::{Gateway, World};
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::native::Native;
use crate::policy::{Loopback, Policies};
use crate::request::Request;
use crate::source::{Environment, InProcess, Sources};
use crate::story::Story;
use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use futures::StreamExt;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Questions under way at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Persons in the synthetic world
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    persons: u32,
    /// The same seed gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Persons to ask about, drawn at random; the cast is among them
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    ask: u32,
    /// File of this world's golden-record store, another than the demonstration's
    #[arg(long, value_name = "FILE", default_value = "target/demo/truth.sqlite")]
    store: PathBuf,
    /// Write the labelled truth here: persons, their numbers, and every error that was put in, a line of JSON each
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    crate::observe::start(None);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(check(arguments))
}

async fn check(arguments: &Arguments) -> anyhow::Result<()> {
    let (graph, _) = files::load(&arguments.files)?;
    let stories = files::stories(&arguments.files, &graph)?;
    let demo = super::demo::start_world(arguments.persons, arguments.seed, &arguments.store).await?;
    if let Some(path) = &arguments.labels {
        let file = std::fs::File::create(path).with_context(|| format!("`{}` can't be written", path.display()))?;
        let mut file = std::io::BufWriter::new(file);
        labels::write(&demo.world, &mut file)?;
        file.flush()?;
    }
    let limits = Limits::default();
    let environment: Environment = config::variables().chain(demo.environment.iter().cloned()).collect();
    let native: Arc<dyn InProcess> = Arc::new(Native::new(files::catalog(&graph, &limits)));
    let sources = Sources::open(&graph, &environment, &limits, Some(native)).await.map_err(|p| anyhow!("{p}"))?;
    let only = Loopback::bind(0)?;
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    let gateway = Gateway::new(world, Ledger::none(&only), limits);
    let check = ask(&gateway, &stories, &demo, arguments.ask).await?;
    print(&check.findings.table());
    ensure!(check.findings.unexplained.is_empty(), "the stories do not answer what is so");
    ensure!(check.errors.is_empty(), "{} errors, such as {}", check.errors.len(), check.errors.join(", "));
    Ok(())
}

/// Asks all questions and judges the answers in their order.
async fn ask<'a>(gateway: &Gateway, stories: &[Story], demo: &'a Demo, persons: u32) -> anyhow::Result<Check<'a>> {
    let caller = Caller::developer();
    let all = questions(&demo.world, persons);
    let bar = demo::seed::bar("asking the stories", all.len() as u64, true);
    let answers = futures::stream::iter(all).map(|question| {
        let document = stories.iter().find(|story| story.id == question.story).map(|story| story.document.clone());
        let request = Request {
            document: document.unwrap_or_default(),
            variables: question.variables.clone(),
            ..Request::default()
        };
        let caller = &caller;
        async move {
            let bytes = match gateway.answer(&request, caller, Instant::now()).await {
                Ok(written) => written.bytes,
                Err(refusal) => refusal.to_json(),
            };
            (question, bytes)
        }
    });
    let mut answers = answers.buffered(AT_ONCE);
    let mut check = Check::new(&demo.world);
    while let Some((question, bytes)) = answers.next().await {
        check.judge(&question, &serde_json::from_slice(&bytes)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(check)
}
