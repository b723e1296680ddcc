//! Ledger: how many records a second are on the disk, what waiting for one adds to an answer, and how fast a ledger is verified.

use futures::future::join_all;
use headwaters::ledger::log::{self, Log, Settings, Trust};
use headwaters::limits::Limits;
use std::path::Path;
use std::time::{Duration, Instant};

/// Clients at the same time.
const CLIENTS: [usize; 3] = [1, 16, 64];
const ROUND: Duration = Duration::from_secs(4);
/// Bytes of a record: a query of one person by a court, about.
const BYTES: usize = 700;
/// Records of the ledger that is verified.
const VERIFIED: u32 = 500_000;

/// Prints `records_s ledger_N`, `us ledger_N_p50` and `us ledger_N_p99` for each number of clients, and `records_s ledger_verify`.
pub async fn measure() {
    // where the program's own files are: a folder for temporary files may be memory
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).unwrap();
    println!("info ledger: {BYTES} bytes a record, on {}", device(folder.path()));
    for clients in CLIENTS {
        append(&folder.path().join(clients.to_string()), clients).await;
    }
    let kept = folder.path().join("verified");
    tokio::task::block_in_place(|| verify(&kept));
}

fn open(folder: &Path) -> Log {
    Log::open(Settings::new(folder.to_owned(), "bench".into(), &Limits::default())).unwrap().0
}

async fn append(folder: &Path, clients: usize) {
    let log = open(folder);
    let start = Instant::now();
    let client = |log: Log| async move {
        let mut waits = Vec::new();
        while start.elapsed() < ROUND {
            let asked = Instant::now();
            log.append(vec![b'x'; BYTES]).await.unwrap();
            waits.push(u32::try_from(asked.elapsed().as_micros()).unwrap());
        }
        waits
    };
    let tasks = (0..clients).map(|_| tokio::spawn(client(log.clone())));
    let mut waits: Vec<u32> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let elapsed = start.elapsed().as_secs_f64();
    waits.sort_unstable();
    let part = |of: usize| waits.get((waits.len() * of / 1000).min(waits.len() - 1)).copied().unwrap();
    println!("info ledger_{clients}: p99.9 {} us, longest {} us", part(999), part(1000));
    println!("us ledger_{clients}_p50 {}", part(500));
    println!("us ledger_{clients}_p99 {}", part(990));
    println!("records_s ledger_{clients} {:.0}", f64::from(u32::try_from(waits.len()).unwrap()) / elapsed);
}

fn verify(folder: &Path) {
    let log = open(folder);
    for _ in 0..VERIFIED {
        while log.append_later(&[b'x'; BYTES]).is_err() {
            std::thread::yield_now();
        }
    }
    log.close();
    let start = Instant::now();
    let checked = log::verify(folder, &Trust::default(), &|_| ()).unwrap();
    let elapsed = start.elapsed().as_secs_f64();
    assert!(checked.damages.is_empty() && checked.records == u64::from(VERIFIED));
    println!("info ledger_verify: {} segments, {} checkpoints, from memory", checked.segments, checked.checkpoints);
    println!("records_s ledger_verify {:.0}", f64::from(VERIFIED) / elapsed);
}

/// The device and the file system of a folder, by the longest of the mounts above it.
fn device(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let parts = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let above = parts.filter(|parts| parts.get(1).is_some_and(|at| folder.starts_with(at)));
    let nearest = above.max_by_key(|parts| parts.get(1).map_or(0, |at| at.len()));
    nearest.map_or_else(
        || "an unknown disk".into(),
        |parts| format!("{} ({})", parts.first().unwrap(), parts.get(2).unwrap()),
    )
}
