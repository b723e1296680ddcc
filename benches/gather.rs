//! Gather: keys that many want within a moment, by the `dataloader` crate and by a map of one's own, turn about.
//!
//! Both give whoever asks a shared future of a call that has just started; a call takes 2 ms. What differs is who waits how long, and how
//! many calls there are.

use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const CLIENTS: u64 = 64;
/// Keys that a client wants at once, of so many.
const KEYS: u64 = 10;
const OF: u64 = 200;
const CALL: Duration = Duration::from_millis(2);
const ROUND: Duration = Duration::from_millis(500);
const ROUNDS: usize = 6;

type Call = Shared<BoxFuture<'static, ()>>;

/// Calls, and keys that went out with them.
#[derive(Default)]
struct Counted {
    calls: AtomicU64,
    keys: AtomicU64,
}

impl Counted {
    fn call(&self, keys: usize) -> Call {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.keys.fetch_add(keys as u64, Ordering::Relaxed);
        let task = tokio::spawn(tokio::time::sleep(CALL));
        task.map(|_| ()).boxed().shared()
    }
}

struct Batch(Arc<Counted>);

impl BatchFn<u64, Call> for Batch {
    async fn load(&mut self, keys: &[u64]) -> HashMap<u64, Call> {
        let call = self.0.call(keys.len());
        keys.iter().map(|key| (*key, call.clone())).collect()
    }
}

/// Whoever is the first begins a moment; a task ends it, and starts the call.
#[derive(Default)]
struct Own(Mutex<Vec<(u64, oneshot::Sender<Call>)>>);

impl Own {
    async fn load(self: Arc<Self>, counted: Arc<Counted>, keys: Vec<u64>) -> Vec<Call> {
        let (first, waiting) = {
            let mut pending = self.0.lock().unwrap();
            let first = pending.is_empty();
            let seats = keys.into_iter().map(|key| {
                let (send, receive) = oneshot::channel();
                pending.push((key, send));
                receive
            });
            (first, seats.collect::<Vec<_>>())
        };
        if first {
            let own = Arc::clone(&self);
            tokio::spawn(async move {
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                let pending = std::mem::take(&mut *own.0.lock().unwrap());
                let mut distinct: Vec<u64> = pending.iter().map(|(key, _)| *key).collect();
                distinct.sort_unstable();
                distinct.dedup();
                let call = counted.call(distinct.len());
                for (_, send) in pending {
                    _ = send.send(call.clone());
                }
            });
        }
        join_all(waiting).await.into_iter().map(Result::unwrap).collect()
    }
}

enum By {
    Crate(Loader<u64, Call, Batch>),
    Own(Arc<Own>),
}

/// Prints what each did.
pub async fn measure() {
    let mut done = [(0, 0, 0, Vec::new()), (0, 0, 0, Vec::new())];
    for _ in 0..ROUNDS {
        for (which, sum) in done.iter_mut().enumerate() {
            let counted = Arc::new(Counted::default());
            let loader = Loader::new(Batch(Arc::clone(&counted))).with_max_batch_size(10_000);
            let by = if which == 0 { By::Crate(loader) } else { By::Own(Arc::default()) };
            let mut took = round(Arc::new(by), &counted).await;
            sum.0 += took.len();
            sum.1 += counted.calls.load(Ordering::Relaxed);
            sum.2 += counted.keys.load(Ordering::Relaxed);
            sum.3.append(&mut took);
        }
    }
    for (name, (loads, calls, keys, mut took)) in ["dataloader", "own map"].into_iter().zip(done) {
        took.sort_unstable();
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).map_or(0, Duration::as_micros);
        println!(
            "info gather by {name}: {loads} loads of {KEYS} keys, {:.1} loads a call, {:.1} keys a call, p50 {} us, p99 {} us",
            loads as f64 / calls as f64,
            keys as f64 / calls as f64,
            at(0.5),
            at(0.99),
        );
    }
}

/// How long each load took.
async fn round(by: Arc<By>, counted: &Arc<Counted>) -> Vec<Duration> {
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let (by, counted) = (Arc::clone(&by), Arc::clone(counted));
        tokio::spawn(async move {
            let mut took = Vec::new();
            let mut draw = client;
            while start.elapsed() < ROUND {
                let keys: Vec<u64> = (0..KEYS).map(|_| next(&mut draw) % OF).collect();
                let begun = Instant::now();
                let calls: Vec<Call> = match &*by {
                    By::Crate(loader) => {
                        let loader = loader.clone();
                        let loading = tokio::spawn(async move { loader.try_load_many(keys).await.unwrap() });
                        loading.await.unwrap().into_values().collect()
                    }
                    By::Own(own) => Arc::clone(own).load(Arc::clone(&counted), keys).await,
                };
                join_all(calls).await;
                took.push(begun.elapsed());
            }
            took
        })
    });
    let clients = join_all(clients.collect::<Vec<_>>()).await;
    clients.into_iter().flat_map(Result::unwrap).collect()
}

/// Of a linear congruential generator (Knuth's MMIX): the same draws for both.
fn next(draw: &mut u64) -> u64 {
    *draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *draw >> 33
}
