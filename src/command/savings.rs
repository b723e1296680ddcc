//! `demo savings`: fills every form for people of the invented world, as the personas whose form it is, and tells how much of each was filled, whether it is
//! so, and what is missing while an agency is down.

use super::{Files, files, print};
use crate::caller::{Caller, Callers};
use crate::config;
use crate::demo::agencies::Mood;
use crate::demo::truth::forms::{self, Subject};
use crate::demo::{self, Demo, issuer::Issuer, personas};
use crate::gateway::{Gateway, World};
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::native::Native;
use crate::policy::Loopback;
use crate::source::{Environment, InProcess, Sources};
use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The forms, who fills them, and what for.
const FILLED: [(&str, &str, &str); 3] = [
    ("opd-application", "defender-intake", "booking"),
    ("booking-sheet", "booking-officer", "person"),
    ("psi-criminal-history", "judge", "case"),
];

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
    /// Persons in jail with an open case for whom each form is filled
    #[arg(long, value_name = "N", default_value_t = 100)]
    fill: usize,
    /// File of this world's golden-record store, another than the demonstration's
    #[arg(long, value_name = "FILE", default_value = "target/demo/savings.sqlite")]
    store: PathBuf,
}

/// What came of filling one form for many.
#[derive(Debug, Default)]
struct Tally {
    fields: u64,
    prefilled: u64,
    confirm: u64,
    unavailable: u64,
    looked: usize,
    wrong: Vec<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    crate::observe::start(None);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(table(arguments))
}

async fn table(arguments: &Arguments) -> anyhow::Result<()> {
    let demo = super::demo::start_world(arguments.persons, arguments.seed, &arguments.store).await?;
    let issuer = demo::issue(&demo.sample).await?;
    let callers = Callers::open(super::demo::believing(&issuer), Limits::default()).await;
    let all = forms::subjects(&demo.world, arguments.fill);
    ensure!(!all.is_empty(), "nobody is in jail with an open case: ask for more persons");
    let house = House { files: &arguments.files, demo: &demo, issuer: &issuer, callers: &callers };

    let mut text = format!("Each form filled for {} people in jail with an open case.\n\n", all.len());
    text.push_str("| form | fields | prefilled | to confirm | looked at | wrong |\n|---|---|---|---|---|---|\n");
    let mut wrong = Vec::new();
    for filled in FILLED {
        let tally = house.fill(filled, &all, None).await?;
        let Tally { fields, prefilled, confirm, looked, .. } = &tally;
        let share = |part: &u64| format!("{:.0} %", 100.0 * rate(*part, *fields));
        let (prefilled, confirm) = (share(prefilled), share(confirm));
        _ = writeln!(
            text,
            "| `{}` | {fields} | {prefilled} | {confirm} | {looked} | {} |",
            filled.0,
            tally.wrong.len()
        );
        wrong.extend(tally.wrong);
    }
    text.push_str("\nUnavailable while an agency is down:\n\n| form |");
    let agencies: Vec<&str> = demo.agencies.all().iter().map(|agency| agency.name).collect();
    for name in &agencies {
        _ = write!(text, " {name} |");
    }
    _ = writeln!(text, "\n|---|{}", "---|".repeat(agencies.len()));
    let few = all.get(..all.len().min(10)).unwrap_or_default();
    for filled in FILLED {
        _ = write!(text, "| `{}` |", filled.0);
        for name in &agencies {
            let tally = house.fill(filled, few, Some(name)).await?;
            _ = write!(text, " {:.0} % |", 100.0 * rate(tally.unavailable, tally.fields));
        }
        text.push('\n');
    }
    print(&text);
    ensure!(wrong.is_empty(), "{} values are not so, such as {}", wrong.len(), wrong.join(", "));
    Ok(())
}

/// The invented world, and who asks in it.
struct House<'a> {
    files: &'a Files,
    demo: &'a Demo,
    issuer: &'a Issuer,
    callers: &'a Callers,
}

impl House<'_> {
    /// A gateway of its own: what one has learned of agencies that are down, the next does not know.
    async fn gateway(&self) -> anyhow::Result<Gateway> {
        let (graph, policies) = files::load_with_policies(self.files)?;
        let forms = files::forms(self.files, &graph)?;
        let limits = Limits::default();
        let environment: Environment = config::variables().chain(self.demo.environment.iter().cloned()).collect();
        let native: Arc<dyn InProcess> = Arc::new(Native::new(files::catalog(&graph, &limits)));
        let sources = Sources::open(&graph, &environment, &limits, Some(native)).await.map_err(|p| anyhow!("{p}"))?;
        let only = Loopback::bind(0)?;
        let world = World::new(graph, policies, sources, &limits).with_forms(forms);
        Ok(Gateway::new(world, Ledger::none(&only), limits))
    }

    async fn fill(
        &self,
        (form, persona, target): (&str, &str, &str),
        subjects: &[Subject],
        down: Option<&str>,
    ) -> anyhow::Result<Tally> {
        let gateway = self.gateway().await?;
        let feel = |mood: Mood| {
            let agency = down.and_then(|name| self.demo.agencies.named(name));
            if let Some(agency) = agency {
                agency.feel(mood);
            }
        };
        feel(Mood::Failing { status: 503 });
        let mut tally = Tally::default();
        for subject in subjects {
            let booking = format!("{}/{}", subject.facility, subject.booking);
            let (key, reference) = match target {
                "booking" => (booking.as_str(), &subject.booking),
                "case" => (subject.case.as_str(), &subject.case),
                _ => (subject.id.as_str(), &subject.booking),
            };
            let caller = self.caller(persona, reference).await?;
            let world = gateway.world();
            let request =
                world.prefills.request(&world.graph, form, target, key).context("a form that can be filled")?;
            let answered = gateway.answer(&request, &caller, Instant::now()).await;
            let released = answered.map_err(|refusal| anyhow!("{}", String::from_utf8_lossy(&refusal.to_json())))?;
            let answer: Value = serde_json::from_slice(&released.bytes)?;
            let filled = answer.pointer("/data/prefill").context("a filled form")?;
            let count = |name: &str| filled.pointer(&format!("/summary/{name}")).and_then(Value::as_u64).unwrap_or(0);
            tally.fields += count("fields");
            tally.prefilled += count("prefilled");
            tally.confirm += count("confirm");
            tally.unavailable += count("unavailable");
            let (wrong, looked) = forms::wrong(&self.demo.world, subject, filled);
            tally.wrong.extend(wrong);
            tally.looked += looked;
        }
        feel(Mood::Well);
        Ok(tally)
    }

    /// A persona who states what they state by default, about this case or booking.
    async fn caller(&self, name: &str, reference: &str) -> anyhow::Result<Caller> {
        let all = personas::all(&self.demo.sample)?;
        let persona = all.into_iter().find(|persona| persona.name == name).context("a persona of that name")?;
        let token = format!("Bearer {}", self.issuer.token(name).context("a token")?);
        let purpose = persona.purposes.first().cloned().unwrap_or_default();
        let reason = persona.reason.unwrap_or_default();
        let headers = [
            ("authorization", token.as_bytes()),
            ("purpose-of-use", purpose.as_bytes()),
            ("purpose-reason", reason.as_bytes()),
            ("case-reference", reference.as_bytes()),
        ];
        let now = u64::try_from(crate::gateway::Arrival::now().at).unwrap_or_default();
        let caller = self.callers.identify(&headers, &Map::new(), now).await;
        caller.map_err(|refusal| anyhow!("{}", String::from_utf8_lossy(&refusal.to_json())))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of some thousand fields")]
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
