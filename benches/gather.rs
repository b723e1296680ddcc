//! Gather: keys of several requests go out in one call, by `dataloader` and by a map of one's own. What each costs, and how many calls it makes.

#![expect(clippy::print_stdout, reason = "its lines are what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on has nothing to say")]

use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use mimalloc::MiMalloc;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::yield_now;

#[global_allocator]
static HEAP: MiMalloc = MiMalloc;

/// As `ratio calls_saved` asks: clients at once, loads of each, keys of a load, and keys that there are.
const CLIENTS: u64 = 64;
const LOADS: u64 = 400;
const KEYS: u64 = 5;
const THERE_ARE: u64 = 200;
const ROUNDS: usize = 15;
/// How often whoever collects lets others go first: dataloader's own number.
const YIELDS: usize = 10;

/// Answers at once, and counts.
#[derive(Clone, Default)]
struct Source(Arc<AtomicU64>);

impl BatchFn<u64, u64> for Source {
    async fn load(&mut self, keys: &[u64]) -> HashMap<u64, u64> {
        self.0.fetch_add(1, Ordering::Relaxed);
        keys.iter().map(|key| (*key, key + 1)).collect()
    }
}

/// Keys, and who waits for all of a call.
#[derive(Default)]
struct Collected {
    keys: HashSet<u64>,
    waiting: Vec<oneshot::Sender<Arc<HashMap<u64, u64>>>>,
}

/// A map of one's own.
#[derive(Clone, Default)]
struct Own {
    collected: Arc<Mutex<Collected>>,
    source: Source,
}

impl Own {
    async fn load_many(&self, keys: &[u64]) -> HashMap<u64, u64> {
        let (sender, receiver) = oneshot::channel();
        let is_first = {
            let mut collected = self.collected.lock().unwrap();
            collected.keys.extend(keys);
            collected.waiting.push(sender);
            collected.waiting.len() == 1
        };
        if is_first {
            let mut own = self.clone();
            // In a task of its own: whoever was first may leave.
            tokio::spawn(async move {
                for _ in 0..YIELDS {
                    yield_now().await;
                }
                let Collected { keys, waiting } = std::mem::take(&mut *own.collected.lock().unwrap());
                let answer = Arc::new(own.source.load(&keys.into_iter().collect::<Vec<_>>()).await);
                for waiter in waiting {
                    _ = waiter.send(Arc::clone(&answer));
                }
            });
        }
        let all = receiver.await.unwrap();
        keys.iter().filter_map(|key| Some((*key, *all.get(key)?))).collect()
    }
}

/// Microseconds a load, with all clients at once.
async fn measure<F: Future<Output = HashMap<u64, u64>> + Send>(
    load: impl Fn(Vec<u64>) -> F + Clone + Send + 'static,
) -> f64 {
    let begun = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let load = load.clone();
        tokio::spawn(async move {
            for n in 0..LOADS {
                let keys: Vec<u64> = (0..KEYS).map(|key| (client * 31 + n * 17 + key * 13) % THERE_ARE).collect();
                let found = load(keys.clone()).await;
                assert!(keys.iter().all(|key| found.get(key) == Some(&(key + 1))));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(CLIENTS * LOADS).unwrap())
}

fn main() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (library, own) = (Source::default(), Own::default());
        let (mut by_library, mut by_own) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let loader = Loader::new(library.clone()).with_max_batch_size(10_000);
            by_library.push(
                measure(move |keys| {
                    let loader = loader.clone();
                    async move { loader.try_load_many(keys).await.unwrap() }
                })
                .await,
            );
            let map = own.clone();
            by_own.push(
                measure(move |keys| {
                    let map = map.clone();
                    async move { map.load_many(&keys).await }
                })
                .await,
            );
        }
        let rounds = u64::try_from(ROUNDS).unwrap();
        let calls = |source: &Source| source.0.load(Ordering::Relaxed) / rounds;
        let loads = CLIENTS * LOADS;
        println!(
            "info gather: calls for {loads} loads: {} by dataloader, {} by a map",
            calls(&library),
            calls(&own.source)
        );
        println!("us gather_map {:.2}", median(by_own));
        println!("us gather_dataloader {:.2}", median(by_library));
    });
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap()
}
