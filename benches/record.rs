//! Record: what it costs that every answer is on record before it leaves, and what the bytes of such a record alone cost.

use crate::duel::median;
use crate::roster::{Roster, SCHEMA};
use crate::side::{self, Backing};
use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::ledger::log::{self, Log};
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

/// Prints `ratio ledger_on` and, above it, what each side did by itself. Between the two is a side written by hand, which answers without a
/// ledger, joins the keys that it knows beforehand to an entry, and waits for that: what it loses no ledger can save that names each record.
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
    let bytes = log::records(kept.path()).unwrap().next().unwrap().unwrap().payload.len();
    println!("info ledger_on: bytes of an entry {bytes}");
    let log = Log::open(Settings::new(kept.path().join("by hand"), "bench".into(), &limits)).unwrap().0;
    let (on, off) = (Side::Gateway(on), Side::Gateway(off));
    let by_hand = Side::ByHand(off.gateway(), log, Arc::new(ByHand::of(roster, bytes)));
    let sides = [&on, &by_hand, &off];
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // None is always the first.
        let mut rates = [0.0; 3];
        for turn in 0..sides.len() {
            let nth = (round + turn) % sides.len();
            rates[nth] = rate(sides[nth], &request).await;
        }
        rounds.push(rates);
    }
    on.gateway().ledger().close();
    let of = |figure: fn(&[f64; 3]) -> f64| median(rounds.iter().map(figure));
    println!("info ledger_on: with, requests/s {:.0}", of(|[on, ..]| *on));
    println!("info ledger_on: without, requests/s {:.0}", of(|[.., off]| *off));
    println!("info ledger_on: without, and a record by hand, requests/s {:.0}", of(|[_, by_hand, _]| *by_hand));
    println!("ratio ledger_by_hand {:.3}", of(|[_, by_hand, off]| by_hand / off));
    println!("ratio ledger_on {:.3}", of(|[on, _, off]| on / off));
}

#[derive(Clone)]
enum Side {
    Gateway(Arc<Gateway>),
    ByHand(Arc<Gateway>, Log, Arc<ByHand>),
}

impl Side {
    fn gateway(&self) -> Arc<Gateway> {
        match self {
            Self::Gateway(gateway) | Self::ByHand(gateway, ..) => Arc::clone(gateway),
        }
    }

    async fn answer(&self, request: &Request) -> Vec<u8> {
        match self {
            Self::Gateway(gateway) => answer(gateway, request).await,
            Self::ByHand(gateway, log, by_hand) => {
                let expected = log.expect();
                let bytes = answer(gateway, request).await;
                log.append(by_hand.entry()).await.unwrap();
                drop(expected);
                bytes
            }
        }
    }
}

/// An entry of the same records, written by hand.
struct ByHand {
    persons: Vec<String>,
    cases: Vec<String>,
    custodies: Vec<String>,
    /// As long as the gateway's.
    bytes: usize,
}

impl ByHand {
    fn of(roster: &Roster, bytes: usize) -> Self {
        let persons: Vec<String> = roster.fifty(0).into_iter().map(str::to_owned).collect();
        let cases = roster.cases.iter().filter(|case| persons.contains(&case.person));
        let custodies = roster.custodies.iter().filter(|custody| persons.contains(&custody.person));
        Self {
            cases: cases.map(|case| case.number.clone()).collect(),
            custodies: custodies.map(|custody| custody.booking.clone()).collect(),
            persons,
            bytes,
        }
    }

    fn entry(&self) -> Vec<u8> {
        let mut entry = Vec::with_capacity(self.bytes);
        for keys in [&self.persons, &self.cases, &self.custodies] {
            let each = keys.len() / self.persons.len();
            for (n, key) in keys.iter().enumerate() {
                entry.push(b'"');
                entry.extend_from_slice(key.as_bytes());
                entry.extend_from_slice(b"\",");
                serde_json::to_writer(&mut entry, &(n / each)).unwrap();
                entry.push(b',');
            }
        }
        entry.resize(self.bytes, b' ');
        entry
    }
}

async fn answer(gateway: &Gateway, request: &Request) -> Vec<u8> {
    gateway.answer(request, &Caller::developer(), Instant::now()).await.unwrap().bytes
}

/// Requests a second.
async fn rate(side: &Side, request: &Arc<Request>) -> f64 {
    let start = Instant::now();
    let client = |side: Side, request: Arc<Request>| async move {
        let mut done = 0_u32;
        while start.elapsed() < ROUND {
            black_box(side.answer(&request).await);
            done += 1;
        }
        done
    };
    let clients = (0..CLIENTS).map(|_| tokio::spawn(client(side.clone(), Arc::clone(request))));
    let done = futures::future::join_all(clients).await;
    let done: u32 = done.into_iter().map(Result::unwrap).sum();
    f64::from(done) / start.elapsed().as_secs_f64()
}
