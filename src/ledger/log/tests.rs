//! What the log does, by example.

mod appending;
mod archiving;
mod crashes;
mod damage;
mod opening;
mod proving;
mod witnesses;

use super::disk::{Fault, Faults};
use super::{Broken, Log, Opened, Receipt, Record, Settings, Unavailable, open, records};
use crate::limits::Limits;
use futures::future::join_all;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with a ledger, and what breaks its disk.
struct Case {
    folder: TempDir,
    faults: Faults,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), faults: Faults::default() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn settings(&self) -> Settings {
        let limits = Limits::default();
        Settings { segment_bytes: 64 * 1024, ..Settings::new(self.path().into(), "gw-1".into(), &limits) }
    }

    fn open(&self) -> (Log, Opened) {
        self.open_with(self.settings()).unwrap()
    }

    fn open_with(&self, settings: Settings) -> Result<(Log, Opened), Broken> {
        open::open(settings, self.faults.clone())
    }

    fn break_it(&self, fault: impl Into<Option<Fault>>) {
        *self.faults.0.lock().unwrap() = fault.into();
    }

    /// Every record, read to the end without an error.
    fn records(&self) -> Vec<Record> {
        records(self.path()).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Payloads that are not the ledger's own.
    fn payloads(&self) -> Vec<String> {
        texts(self.records()).into_iter().filter(|text| !text.contains(r#""kind":"recovery""#)).collect()
    }

    /// The ledger's own.
    fn recoveries(&self) -> Vec<String> {
        texts(self.records()).into_iter().filter(|text| text.contains(r#""kind":"recovery""#)).collect()
    }
}

fn texts(records: Vec<Record>) -> Vec<String> {
    records.into_iter().map(|record| String::from_utf8(record.payload).unwrap()).collect()
}

/// Appends `{"n":…}` for each number, all at the same time.
async fn append(log: &Log, numbers: std::ops::Range<u32>) -> Vec<Result<Receipt, Unavailable>> {
    join_all(numbers.map(|n| log.append(payload(n).into_bytes()))).await
}

fn payload(n: u32) -> String {
    format!(r#"{{"n":{n},"padding":"{}"}}"#, "x".repeat(usize::try_from(n % 300).unwrap()))
}

/// Looks until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::yield_now();
    }
}
