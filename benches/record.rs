//! Record: what it costs that every answer is on record before it leaves.

use crate::duel::median;
use crate::roster::{Roster, SCHEMA};
use crate::side::{self, Backing};
use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::ledger::{Ledger, Persons, Settings};
use headwaters::limits::Limits;
use headwaters::policy::Loopback;
use headwaters::request::{self, Request};
use headwaters::source::Environment;
use serde_json::Value;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 80;
const ROUND: Duration = Duration::from_millis(100);
/// Requests in flight: while some wait for the disk, others are answered.
const CLIENTS: usize = 64;

/// Prints `ratio ledger_on` and, above it, what each side did by itself.
pub async fn measure(roster: &Roster) {
    let folder = tempfile::tempdir().unwrap();
    roster.write_files(folder.path());
    // Where the program's own files are: a folder for temporary files may be memory.
    let kept = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).unwrap();
    let resolvers = side::resolvers(&Backing::Memory, folder.path());
    let gateway = async |ledger: Ledger| {
        let world = side::world(SCHEMA, &resolvers, Environment::default()).await;
        Arc::new(Gateway::new(world, ledger, Limits::default()))
    };
    let limits = Limits::default();
    let settings = Settings::new(kept.path().to_owned(), "bench".into(), &limits);
    let on = gateway(Ledger::open(settings, Persons::Plain, &limits).unwrap().0).await;
    let off = gateway(Ledger::none(&Loopback::bind(0).unwrap())).await;
    let request = Arc::new(request::read(&roster.asked_in_graphql(0), &limits).unwrap());
    let data = async |gateway: &Gateway| {
        let answer: Value = serde_json::from_slice(&answer(gateway, &request).await).unwrap();
        answer.get("data").cloned()
    };
    assert!(data(&on).await == data(&off).await, "both sides give the same, but for the number of the decision");
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // Neither is always the first.
        let (a, b) = if round.is_multiple_of(2) {
            let a = rate(&on, &request).await;
            (a, rate(&off, &request).await)
        } else {
            let b = rate(&off, &request).await;
            (rate(&on, &request).await, b)
        };
        rounds.push((a, b));
    }
    on.ledger().close();
    println!("info ledger_on: with, requests/s {:.0}", median(rounds.iter().map(|(on, _)| *on)));
    println!("info ledger_on: without, requests/s {:.0}", median(rounds.iter().map(|(_, off)| *off)));
    println!("ratio ledger_on {:.3}", median(rounds.iter().map(|(on, off)| on / off)));
}

async fn answer(gateway: &Gateway, request: &Request) -> Vec<u8> {
    gateway.answer(request, &Caller::developer(), Instant::now()).await.unwrap().bytes
}

/// Requests a second.
async fn rate(gateway: &Arc<Gateway>, request: &Arc<Request>) -> f64 {
    let start = Instant::now();
    let client = |gateway: Arc<Gateway>, request: Arc<Request>| async move {
        let mut done = 0_u32;
        while start.elapsed() < ROUND {
            black_box(answer(&gateway, &request).await);
            done += 1;
        }
        done
    };
    let clients = (0..CLIENTS).map(|_| tokio::spawn(client(Arc::clone(gateway), Arc::clone(request))));
    let done = futures::future::join_all(clients).await;
    let done: u32 = done.into_iter().map(Result::unwrap).sum();
    f64::from(done) / start.elapsed().as_secs_f64()
}
