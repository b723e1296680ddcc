//! Keep: an entry for each operation, on the disk before anything of the answer leaves.

use super::digest::Digests;
use super::entry::{self, Ending, Numbered, Occasion};
use super::log::{Broken, Expected, Log, Opened, Receipt, Settings, Unavailable};
use super::scopes::Scopes;
use super::strangers::{Place, STRETCH, Strangers};
use super::subjects::{self, Subjects};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::policy::Loopback;
use crate::response::Texts;
use crate::seal::Series;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// The dissemination ledger of a gateway. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Ledger(Keeping);

/// How persons are named in a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persons {
    /// By the ids of their golden records.
    #[default]
    Plain,
    /// By their ids sealed, each with a key of its own that can be destroyed (docs/ledger.md).
    Sealed,
}

#[derive(Debug, Clone)]
enum Keeping {
    Kept(Arc<Kept>),
    /// Nothing is put on record.
    NotKept,
}

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) log: Log,
    pub(super) instance: Arc<str>,
    digests: Digests,
    strangers: Strangers,
    decisions: Series,
    scopes: Scopes,
    /// Persons are named by these only, so that they can be forgotten.
    pub(super) subjects: Option<Arc<Subjects>>,
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
    /// Opens the ledger of a folder, or begins it. `persons`: how they are named in it.
    ///
    /// # Errors
    /// Where the folder can't be used, another process writes it, or it is not what it was, with the place.
    pub fn open(settings: Settings, persons: Persons, limits: &Limits) -> Result<(Self, Opened), Broken> {
        let (folder, instance) = (settings.folder.clone(), settings.instance.clone());
        let (log, opened) = Log::open(settings)?;
        let unusable = |error| Broken::Unusable { path: folder.join(subjects::FILE), error };
        let subjects = match persons {
            Persons::Plain => None,
            Persons::Sealed => Some(Arc::new(Subjects::of(&folder).map_err(unusable)?)),
        };
        let digests = Digests::open(&folder.join("digests.key"))?;
        let strangers = Strangers::new(limits.strangers_s_max);
        let kept =
            Kept { log, instance, digests, strangers, decisions: Series::begin(), scopes: Scopes::default(), subjects };
        Ok((Self(Keeping::Kept(Arc::new(kept))), opened))
    }

    /// No ledger at all: for a gateway that nobody else can reach.
    #[must_use]
    pub const fn none(_only_on: &Loopback) -> Self {
        Self(Keeping::NotKept)
    }

    /// How persons are named in it, where that is not by their ids.
    #[must_use]
    pub fn subjects(&self) -> Option<Arc<Subjects>> {
        match &self.0 {
            Keeping::Kept(kept) => kept.subjects.clone(),
            Keeping::NotKept => None,
        }
    }

    pub(super) const fn kept(&self) -> Option<&Arc<Kept>> {
        match &self.0 {
            Keeping::Kept(kept) => Some(kept),
            Keeping::NotKept => None,
        }
    }

    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self.0, Keeping::Kept(_))
    }

    /// The log, whose it is, and how it names persons; `None` where it names them by their ids.
    pub(super) fn sealing(&self) -> Option<(Log, Arc<str>, Arc<Subjects>)> {
        match &self.0 {
            Keeping::Kept(kept) => Some((kept.log.clone(), Arc::clone(&kept.instance), kept.subjects.clone()?)),
            Keeping::NotKept => None,
        }
    }

    /// A new id, for an operation that will be put on record; `None` where nothing is.
    #[must_use]
    pub fn decision(&self) -> Option<String> {
        match &self.0 {
            Keeping::Kept(kept) => Some(kept.decisions.next()),
            Keeping::NotKept => None,
        }
    }

    /// Whether an answer could leave now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.0 {
            Keeping::Kept(kept) => kept.log.is_ready(),
            Keeping::NotKept => true,
        }
    }

    /// Says that an operation is under way, whose record will be waited for: until what this gives is dropped.
    #[must_use]
    pub fn expect(&self) -> Option<Expected> {
        match &self.0 {
            Keeping::Kept(kept) => Some(kept.log.expect()),
            Keeping::NotKept => None,
        }
    }

    /// Puts an operation on record. When this resolves, it is; the receipt is for [`Ledger::delivered`].
    ///
    /// # Errors
    /// Where it can't be: then nothing of the answer may leave.
    pub async fn record(&self, occasion: &Occasion<'_>, ending: &Ending<'_>) -> Result<Option<Receipt>, Unavailable> {
        match &self.0 {
            Keeping::Kept(kept) => {
                let persons = kept.sealed(ending).await?;
                kept.log.append(kept.entry(occasion, ending, persons.as_ref())).await.map(Some)
            }
            Keeping::NotKept => Ok(None),
        }
    }

    /// Puts on record that the client of an operation went away while it was under way. Nobody is there to wait for it.
    pub fn left(&self, occasion: &Occasion<'_>) {
        if let Keeping::Kept(kept) = &self.0 {
            // What can't be written now has disclosed nothing.
            _ = kept.log.append_later(&kept.entry(occasion, &Ending::Left, None));
        }
    }

    /// Puts a refusal on record that somebody got who proved nothing: by itself, or among many. It discloses nothing, so it may leave even
    /// if it can't be written; how many they were is told when it can.
    pub async fn turned_away(&self, occasion: &Occasion<'_>, refusal: &Refusal) {
        let Keeping::Kept(kept) = &self.0 else { return };
        match kept.strangers.take(refusal.code(), Instant::now()) {
            Place::Own => {
                _ = kept.log.append(kept.entry(occasion, &Ending::Refused(refusal), None)).await;
            }
            Place::First => {
                let kept = Arc::clone(kept);
                tokio::spawn(async move {
                    loop {
                        tokio::time::sleep(STRETCH).await;
                        match kept.tell_of_strangers() {
                            // There is room again, or there is none before the ledger's end.
                            Err(Unavailable::Behind | Unavailable::NoSpace) => {}
                            Ok(()) | Err(_) => break,
                        }
                    }
                });
            }
            Place::Counted => {}
        }
    }

    /// Puts on record that an answer was handed to the client's connection. Nobody waits for it.
    pub fn delivered(&self, receipt: &Receipt, bytes: usize) {
        let Keeping::Kept(kept) = &self.0 else { return };
        let delivered = Delivered { kind: "delivered", at: &now(), instance: &kept.instance, of: receipt.seq, bytes };
        _ = kept.log.append_along(&serde_json::to_vec(&delivered).unwrap_or_default());
    }

    /// Writes what waits, and ends the ledger. Blocks until that is done.
    pub fn close(&self) {
        if let Keeping::Kept(kept) = &self.0 {
            // What can't be written at the end is lost.
            _ = kept.tell_of_strangers();
            kept.log.close();
        }
    }
}

impl Kept {
    /// The persons of an answer as they are named here; `None` where that is by their ids.
    async fn sealed(&self, ending: &Ending<'_>) -> Result<Option<Texts>, Unavailable> {
        let (Some(subjects), Ending::Answered(answer)) = (&self.subjects, ending) else { return Ok(None) };
        let (subjects, persons) = (Arc::clone(subjects), answer.written.disclosures.persons.read());
        // The key of somebody new is on the disk before their name is.
        let sealed = tokio::task::spawn_blocking(move || subjects.seal_all(&persons));
        let sealed = sealed.await.map_err(|_| Unavailable::Failing)??;
        if sealed.len() != answer.written.disclosures.persons.len() {
            return Err(Unavailable::Failing);
        }
        let mut texts = Texts::default();
        for person in &sealed {
            texts.push(person);
        }
        Ok(Some(texts))
    }

    fn entry(&self, occasion: &Occasion<'_>, ending: &Ending<'_>, persons: Option<&Texts>) -> Vec<u8> {
        let variables = occasion.request.map(|request| &request.variables).filter(|variables| !variables.is_empty());
        let variables = variables.map(|it| self.digests.keyed(&serde_json::to_vec(it).unwrap_or_default()));
        let document = occasion.request.map(|request| Digests::document(&request.document));
        // An answer has its id in it.
        let given = match ending {
            Ending::Answered(answer) => answer.written.decision.clone(),
            Ending::Refused(_) | Ending::Left | Ending::Acted(_) => None,
        };
        let decision = given.unwrap_or_else(|| self.decisions.next());
        let numbered = Numbered {
            instance: &self.instance,
            decision: &decision,
            at: &instant(jiff::Timestamp::now().checked_sub(occasion.took).unwrap_or_default()),
            variables: variables.as_deref(),
            document: document.as_deref(),
            persons,
        };
        entry::write(&self.scopes, &numbered, occasion, ending)
    }

    fn tell_of_strangers(&self) -> Result<(), Unavailable> {
        self.strangers.tell(&self.instance, &now(), |entry| self.log.append_later(&entry))
    }
}

pub(super) fn now() -> String {
    instant(jiff::Timestamp::now())
}

/// RFC 3339 in UTC, to the microsecond: as a text it sorts as it is.
fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.6}")
}
