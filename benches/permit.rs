//! Permit: what deciding costs. With rules on against everything for everybody, and each part by itself.

use crate::duel::median;
use crate::roster::{Roster, SCHEMA};
use crate::side::{self, Backing};
use headwaters::caller::Caller;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Graph, draw};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Asking, Folder, Loopback, Policies, Said, Scalar, Verb};
use headwaters::request::{self, Request};
use headwaters::source::Environment;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
const ROUND: Duration = Duration::from_millis(60);

/// The roster's schema, with facts of cases to decide by.
fn schema() -> String {
    SCHEMA
        .replace(
            "enum AgencyKind { COUNTY",
            "directive @facts(sealed: String, sort: String) on OBJECT\nenum AgencyKind { BOCC COUNTY",
        )
        .replace(
            "type Case @entity(key: \"number\", subject: \"person\")",
            "type Case @entity(key: \"number\", subject: \"person\") @facts(sealed: \"sealed\", sort: \"kind\")",
        )
}

/// So many policies: one permit, one row rule that every case passes, and others that concern somebody else or some other kind.
fn policies(graph: &Graph, number: usize) -> Policies {
    let mut rules = String::from(
        "@id(\"all\") @cite(\"x\") @review(\"x\") permit(principal, action == Action::\"disclose:PUB\", resource);\n\
         @id(\"sealed\") @cite(\"x\") @review(\"x\") forbid(principal, action, resource is Case) when { resource.sealed && resource.sort == \"NONE\" };\n",
    );
    for n in 2..number {
        _ = writeln!(
            rules,
            "@id(\"x{n}\") @cite(\"x\") @review(\"x\") permit(principal in AgencyKind::\"COUNTY\", action == Action::\"disclose:PUB\", resource is Case) \
             when {{ context.purpose == Purpose::\"C\" && principal in Role::\"r{n}\" && resource.sort == \"k{n}\" }};"
        );
    }
    let purposes = "[kind]\nBOCC = [\"C\"]\nCOUNTY = [\"C\"]\nCOURT = [\"C\"]\nDETENTION = [\"C\"]\n";
    let texts = [
        ("rules.cedar", rules.as_str()),
        ("classes.toml", "[class]\nPUB = { otherwise = \"HIDE\" }\n"),
        ("purposes.toml", purposes),
    ];
    Policies::load(graph, &Folder::of(texts.map(|(name, text)| (name.into(), text.to_owned()))).unwrap()).unwrap()
}

/// Prints `ratio policy_on`, `ns decision_warm`, `ns row_rule` and `us decision_cold`.
pub async fn measure(roster: &Roster) {
    let folder = tempfile::tempdir().unwrap();
    roster.write_files(folder.path());
    let resolvers = side::resolvers(&Backing::Memory, folder.path());
    let world = async |with_policies: bool| {
        let mut world: World = side::world(&schema(), &resolvers, Environment::default()).await;
        if with_policies {
            world.policies = policies(&world.graph, 100);
        }
        Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), Limits::default())
    };
    let (on, off) = (world(true).await, world(false).await);
    let (limits, caller) = (Limits::default(), Caller::developer());
    let request = request::read(&roster.asked_in_graphql(0), &limits).unwrap();
    let answers = [answer(&on, &request, &caller).await, answer(&off, &request, &caller).await];
    assert!(answers[0] == answers[1] && !answers[0].is_empty(), "both sides give the same bytes");
    let mut ratios = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // Neither is always the first.
        let (a, b) = if round.is_multiple_of(2) {
            let a = rate(&on, &request, &caller).await;
            (a, rate(&off, &request, &caller).await)
        } else {
            let b = rate(&off, &request, &caller).await;
            (rate(&on, &request, &caller).await, b)
        };
        ratios.push(a / b);
    }
    println!("ratio policy_on {:.3}", median(ratios.into_iter()));
    parts();
}

fn parts() {
    let graph = draw(&[("roster.graphql".into(), schema())]).unwrap();
    let policies = policies(&graph, 100);
    let asking = Asking { kind: "BOCC".into(), purpose: "C".into(), user: "u".into(), ..Asking::default() };
    let (case, resource) = policies.vocabulary.resource_named("Case").unwrap();
    let class = policies.vocabulary.class("PUB").unwrap();
    let warm =
        nanoseconds(1_000, || policies.book(black_box(&asking), 0).decide(&policies, case, Verb::Disclose, class));
    println!("ns decision_warm {warm:.0}");
    let lane = policies.book(&asking, 0).lane(&policies, case, &[class]);
    let facts: Vec<Said<'_>> = resource
        .facts
        .iter()
        .map(|word| match &*word.name {
            "closed" => Said::Many(Vec::new()),
            "sealed" => Said::One(Scalar::Truth(true)),
            "sort" => Said::One(Scalar::Text("CRIMINAL")),
            _ => Said::Nothing,
        })
        .collect();
    println!("ns row_rule {:.0}", nanoseconds(10_000, || lane.of(black_box(&facts))));
    let cold = nanoseconds(20, || policies.decide((case, Verb::Disclose, class), black_box(&asking), &[]));
    println!("us decision_cold {:.0}", cold / 1_000.0);
}

async fn answer(gateway: &Gateway, request: &Request, caller: &Caller) -> Vec<u8> {
    gateway.stages(request, caller, Instant::now()).await.unwrap().written.bytes
}

/// Requests a second, one after another.
async fn rate(gateway: &Gateway, request: &Request, caller: &Caller) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < ROUND {
        black_box(answer(gateway, request, caller).await);
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Of one run, the median of many batches.
fn nanoseconds<T>(batch: u32, mut run: impl FnMut() -> T) -> f64 {
    median((0..100).map(|_| {
        let start = Instant::now();
        for _ in 0..batch {
            black_box(run());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(batch)
    }))
}
