//! Keep: an entry for each operation, on the disk before anything of the answer leaves.

use super::digest::Digests;
use super::entry::{self, Ending, Numbered, Occasion};
use super::log::{Broken, Log, Opened, Receipt, Settings, Unavailable};
use super::strangers::{Place, STRETCH, Strangers};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::policy::Loopback;
use crate::seal::Series;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// The dissemination ledger of a gateway. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Ledger(Keeping);

#[derive(Debug, Clone)]
enum Keeping {
    Kept(Arc<Kept>),
    /// Nothing is put on record.
    NotKept,
}

#[derive(Debug)]
struct Kept {
    log: Log,
    instance: Arc<str>,
    digests: Digests,
    strangers: Strangers,
    decisions: Series,
}

/// The entry of an answer that was handed to the client's connection.
#[derive(Serialize)]
struct Delivered<'a> {
    kind: &'static str,
    at: &'a str,
    instance: &'a str,
    of: u64,
    bytes: usize,
}

impl Ledger {
    /// Opens the ledger of a folder, or begins it.
    ///
    /// # Errors
    /// Where the folder can't be used, another process writes it, or it is not what it was, with the place.
    pub fn open(settings: Settings, limits: &Limits) -> Result<(Self, Opened), Broken> {
        let (folder, instance) = (settings.folder.clone(), settings.instance.clone());
        let (log, opened) = Log::open(settings)?;
        let digests = Digests::open(&folder.join("digests.key"))?;
        let strangers = Strangers::new(limits.strangers_s_max);
        let kept = Kept { log, instance, digests, strangers, decisions: Series::begin() };
        Ok((Self(Keeping::Kept(Arc::new(kept))), opened))
    }

    /// No ledger at all: for a gateway that nobody else can reach.
    #[must_use]
    pub const fn none(_only_on: &Loopback) -> Self {
        Self(Keeping::NotKept)
    }

    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self.0, Keeping::Kept(_))
    }

    /// Whether an answer could leave now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.0 {
            Keeping::Kept(kept) => kept.log.is_ready(),
            Keeping::NotKept => true,
        }
    }

    /// Puts an operation on record. When this resolves, it is; the receipt is for [`Ledger::delivered`].
    ///
    /// # Errors
    /// Where it can't be: then nothing of the answer may leave.
    pub async fn record(&self, occasion: &Occasion<'_>, ending: &Ending<'_>) -> Result<Option<Receipt>, Unavailable> {
        match &self.0 {
            Keeping::Kept(kept) => kept.log.append(kept.entry(occasion, ending)).await.map(Some),
            Keeping::NotKept => Ok(None),
        }
    }

    /// Puts on record that the client of an operation went away while it was under way. Nobody is there to wait for it.
    pub fn left(&self, occasion: &Occasion<'_>) {
        if let Keeping::Kept(kept) = &self.0 {
            // What can't be written now has disclosed nothing.
            _ = kept.log.append_later(kept.entry(occasion, &Ending::Left));
        }
    }

    /// Puts a refusal on record that somebody got who proved nothing: by itself, or among many. It discloses nothing, so it may leave even
    /// if it can't be written; how many they were is told when it can.
    pub async fn turned_away(&self, occasion: &Occasion<'_>, refusal: &Refusal) {
        let Keeping::Kept(kept) = &self.0 else { return };
        match kept.strangers.take(refusal.code(), Instant::now()) {
            Place::Own => {
                _ = kept.log.append(kept.entry(occasion, &Ending::Refused(refusal))).await;
            }
            Place::First => {
                let kept = Arc::clone(kept);
                tokio::spawn(async move {
                    tokio::time::sleep(STRETCH).await;
                    kept.tell_of_strangers();
                });
            }
            Place::Counted => {}
        }
    }

    /// Puts on record that an answer was handed to the client's connection. Nobody waits for it.
    pub fn delivered(&self, receipt: &Receipt, bytes: usize) {
        let Keeping::Kept(kept) = &self.0 else { return };
        let delivered = Delivered { kind: "delivered", at: &now(), instance: &kept.instance, of: receipt.seq, bytes };
        _ = kept.log.append_later(serde_json::to_vec(&delivered).unwrap_or_default());
    }

    /// Writes what waits, and ends the ledger. Blocks until that is done.
    pub fn close(&self) {
        if let Keeping::Kept(kept) = &self.0 {
            kept.tell_of_strangers();
            kept.log.close();
        }
    }
}

impl Kept {
    fn entry(&self, occasion: &Occasion<'_>, ending: &Ending<'_>) -> Vec<u8> {
        let variables = occasion.request.map(|request| &request.variables).filter(|variables| !variables.is_empty());
        let variables = variables.map(|it| self.digests.keyed(&serde_json::to_vec(it).unwrap_or_default()));
        let document = occasion.request.map(|request| Digests::document(&request.document));
        let numbered = Numbered {
            instance: &self.instance,
            decision: &self.decisions.next(),
            at: &instant(jiff::Timestamp::now().checked_sub(occasion.took).unwrap_or_default()),
            variables: variables.as_deref(),
            document: document.as_deref(),
        };
        entry::write(&numbered, occasion, ending)
    }

    fn tell_of_strangers(&self) {
        if let Some(entry) = self.strangers.told(&self.instance, &now()) {
            _ = self.log.append_later(entry);
        }
    }
}

fn now() -> String {
    instant(jiff::Timestamp::now())
}

/// RFC 3339 in UTC, to the microsecond: as a text it sorts as it is.
fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.6}")
}
