//! Orders: a person is forgotten while the gateway runs.
//!
//! One process writes a ledger, so the command leaves what it wants in the folder, and the gateway does it: `orders/NAME` holds the request,
//! `orders/NAME.done` what came of it. Who may write into the folder may read the keys and change the records as well, so nobody wins anything by it. A
//! request names the person in plain text for the moment that it stands there.

use super::keep::Ledger;
use super::log::Log;
use super::subjects::Subjects;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FOLDER: &str = "orders";
const DONE: &str = "done";
/// What is being written.
const BEGUN: &str = "new";
/// How often somebody looks for one.
const PAUSE: Duration = Duration::from_millis(250);
/// Bytes of a request.
const BYTES_MAX: u64 = 64 * 1024;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Id of the person, as records have it.
    pub person: String,
    /// Number of the court's order.
    pub order: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The key is destroyed; this record says so.
    Forgotten(u64),
    /// No record names this person.
    Unknown,
    /// Why it can't be told that the key is destroyed.
    Failed(String),
}

impl Order {
    /// Puts on record that a person is forgotten, and destroys their key. First the word that it is done: done without a word is worse than a
    /// word that is said twice.
    pub async fn carry_out(&self, log: &Log, instance: &str, subjects: &Subjects) -> Outcome {
        if !subjects.is_known(&self.person) {
            return Outcome::Unknown;
        }
        let at = format!("{:.6}", jiff::Timestamp::now());
        let record = json!({ "kind": "forgotten", "at": at, "instance": instance, "order": self.order });
        let receipt = match log.append(record.to_string().into_bytes()).await {
            Ok(receipt) => receipt,
            Err(why) => return Outcome::Failed(why.to_string()),
        };
        match subjects.forget(&self.person) {
            Ok(_) => Outcome::Forgotten(receipt.seq),
            Err(error) => Outcome::Failed(format!("the key may still be there: {}", error.kind())),
        }
    }

    /// Leaves it to the gateway that writes the ledger of a folder, and waits until it is done; `None` where nobody does it in time, and then
    /// nobody will. Blocks.
    ///
    /// # Errors
    /// Where the folder can't be used.
    pub fn submit(&self, folder: &Path, wait: Duration) -> io::Result<Option<Outcome>> {
        let folder = folder.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join(crate::seal::Series::begin().next());
        write(&path, &serde_json::to_vec(self)?)?;
        let end = Instant::now() + wait;
        loop {
            if let Ok(bytes) = fs::read(path.with_extension(DONE)) {
                _ = fs::remove_file(path.with_extension(DONE));
                return Ok(Some(serde_json::from_slice(&bytes)?));
            }
            if Instant::now() > end + wait {
                return Err(io::Error::other("it was begun, and nobody says what came of it"));
            }
            // Who takes it back before it is read has it not done.
            if Instant::now() > end && fs::rename(&path, path.with_extension(BEGUN)).is_ok() {
                _ = fs::remove_file(path.with_extension(BEGUN));
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Ledger {
    /// Carries out what is left in the folder of the ledger, until the ledger is closed. Where persons are not sealed there is nothing to do.
    pub async fn obey(self, folder: PathBuf) {
        let Some((log, instance, subjects)) = self.sealing() else { return };
        let folder = folder.join(FOLDER);
        while !log.is_closed() {
            tokio::time::sleep(PAUSE).await;
            for path in waiting(&folder) {
                let order = taken(&path);
                let outcome = match order {
                    Some(order) => order.carry_out(&log, &instance, &subjects).await,
                    None => Outcome::Failed("this is no order".to_owned()),
                };
                let done = serde_json::to_vec(&outcome).unwrap_or_default();
                // Whoever waits is told nothing, and asks again.
                _ = write(&path.with_extension(DONE), &done);
            }
        }
    }
}

/// Orders that nobody has taken yet.
fn waiting(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_none()).collect()
}

/// Takes one away, so that it is done once.
fn taken(path: &Path) -> Option<Order> {
    let taken = path.with_extension("taken");
    fs::rename(path, &taken).ok()?;
    let length = fs::metadata(&taken).map_or(u64::MAX, |known| known.len());
    let bytes = (length <= BYTES_MAX).then(|| fs::read(&taken).ok()).flatten();
    _ = fs::remove_file(&taken);
    serde_json::from_slice(&bytes?).ok()
}

/// A file that is there whole or not at all, for its owner alone.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let begun = path.with_extension(BEGUN);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&begun)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&begun, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
