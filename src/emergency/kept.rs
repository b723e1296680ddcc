//! Kept: all emergencies that are known of. One thing is done after the other; a request only looks.

use super::journal::{self, Journal, Line, NotRead};
use super::{Emergency, Finding, Party, Refused, Review, SecondPerson, State, Terms};
use crate::error::{Code, Error, Refusal};
use crate::ledger::log::{Log, Settings};
use crate::limits::Limits;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// What somebody says who opens one.
#[derive(Debug, Clone)]
pub struct Ask {
    pub subject: Arc<str>,
    pub incident: Arc<str>,
    pub reason: Arc<str>,
}

/// All emergencies of one gateway.
#[derive(Debug)]
pub struct Emergencies {
    terms: Terms,
    /// Begins every id: another gateway's emergencies are others.
    instance: Arc<str>,
    pub(super) journal: Journal,
    known: RwLock<Known>,
    /// Held while something is done.
    doing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// By number: the later the greater.
    all: BTreeMap<u64, Arc<Emergency>>,
    /// How many there ever were.
    opened: u64,
}

impl Emergencies {
    /// None yet, and none is kept beyond the process.
    #[must_use]
    pub fn not_kept(terms: Terms) -> Self {
        Self::of(terms, "demo".into(), Journal::NotKept, Known::default())
    }

    /// Those of a folder, which is made where there is none.
    ///
    /// # Errors
    /// Where it can't be read whole.
    pub fn open(terms: Terms, settings: Settings) -> Result<Self, NotRead> {
        let (folder, instance) = (settings.folder.clone(), settings.instance.clone());
        let (log, _) = Log::open(settings).map_err(NotRead::Log)?;
        let mut known = Known::default();
        for line in journal::lines(&folder)? {
            known.take(line, terms.kept_max);
        }
        Ok(Self::of(terms, instance, Journal::Kept(log), known))
    }

    fn of(terms: Terms, instance: Arc<str>, journal: Journal, known: Known) -> Self {
        Self { terms, instance, journal, known: RwLock::new(known), doing: Mutex::default() }
    }

    /// Opens one. It stands at once, or waits for a second person.
    ///
    /// # Errors
    /// Where what is said does not fit, somebody has several already, or it can't be kept.
    pub async fn opened(
        self: &Arc<Self>,
        by: Party,
        ask: Ask,
        at: i64,
        limits: &Limits,
    ) -> Result<Arc<Emergency>, Refused> {
        let fits = |what, text: &str, max: usize| {
            let fits = !text.trim().is_empty() && text.len() <= max && !text.chars().any(char::is_control);
            if fits { Ok(()) } else { Err(Refused::Unfit(what, max)) }
        };
        fits("subject", &ask.subject, limits.key_bytes_max)?;
        fits("incident", &ask.incident, limits.reference_bytes_max)?;
        fits("reason", &ask.reason, limits.reason_bytes_max)?;
        let own = Arc::clone(self);
        self.done(move |known| {
            let mine = known.all.values().filter(|one| one.opener.is(&by));
            let active = mine.filter(|one| matches!(one.state(at), State::Stands | State::Waiting)).count();
            if active >= own.terms.own_max {
                return Err(Refused::Several);
            }
            if known.all.len() >= own.terms.kept_max && !known.all.values().any(|one| one.is_done_with(at)) {
                return Err(Refused::Full);
            }
            let begins = matches!(own.terms.second_person, SecondPerson::After);
            Ok(Line::Opened {
                id: format!("{}-{}", own.instance, known.opened + 1).into(),
                at,
                by,
                subject: ask.subject,
                incident: ask.incident,
                reason: ask.reason,
                approve_until: at + own.terms.approve_s,
                until: begins.then_some(at + own.terms.stands_s),
                review_due: begins.then_some(at + own.terms.review_s),
            })
        })
        .await
    }

    /// Approves one, which stands from then on.
    ///
    /// # Errors
    /// Where there is none of this id that waits, or it can't be kept.
    pub async fn approved(self: &Arc<Self>, id: &str, by: Party, at: i64) -> Result<Arc<Emergency>, Refused> {
        let (id, terms) = (Arc::<str>::from(id), self.terms.clone());
        self.done(move |known| match known.for_another(&id, &by)?.state(at) {
            State::Waiting => {
                let (until, review_due) = (at + terms.stands_s, at + terms.review_s);
                Ok(Line::Approved { id, at, by, until, review_due })
            }
            _ => Err(Refused::NotWaiting),
        })
        .await
    }

    /// Closes the review of one. One that still stands ends with it.
    ///
    /// # Errors
    /// Where there is none of this id to review, or it can't be kept.
    pub async fn reviewed(
        self: &Arc<Self>,
        id: &str,
        by: Party,
        (finding, note): (Finding, Arc<str>),
        at: i64,
        limits: &Limits,
    ) -> Result<Arc<Emergency>, Refused> {
        if note.len() > limits.reason_bytes_max || note.chars().any(char::is_control) {
            return Err(Refused::Unfit("note", limits.reason_bytes_max));
        }
        let id = Arc::<str>::from(id);
        self.done(move |known| match known.for_another(&id, &by)?.state(at) {
            State::Stands | State::ReviewDue | State::ReviewOverdue => Ok(Line::Reviewed { id, at, by, finding, note }),
            State::Waiting | State::Lapsed => Err(Refused::NothingToReview),
            State::Reviewed => Err(Refused::Reviewed),
        })
        .await
    }

    /// Writes down what is to be done, and then does it. Whoever asked for it may leave meanwhile: what is begun is finished.
    async fn done(
        self: &Arc<Self>,
        make: impl FnOnce(&Known) -> Result<Line, Refused> + Send + 'static,
    ) -> Result<Arc<Emergency>, Refused> {
        let own = Arc::clone(self);
        let doing = tokio::spawn(async move {
            let _alone = own.doing.lock().await;
            let line = make(&own.known.read().unwrap_or_else(PoisonError::into_inner))?;
            own.journal.append(&line).await?;
            let mut known = own.known.write().unwrap_or_else(PoisonError::into_inner);
            known.take(line, own.terms.kept_max).ok_or(Refused::Unknown)
        });
        doing.await.unwrap_or(Err(Refused::NotKept))
    }

    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Emergency>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).find(id).cloned()
    }

    /// The latest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Emergency>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).all.values().rev().cloned().collect()
    }

    /// Whether the review of one of somebody's is overdue at this second.
    #[must_use]
    pub fn is_overdue(&self, of: &Party, at: i64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.all.values().any(|one| one.opener.is(of) && one.state(at) == State::ReviewOverdue)
    }

    /// The emergency of this id, if it stands at this second and is theirs. One refusal for all that is wrong: whether another has one is
    /// nobody's business.
    ///
    /// # Errors
    /// `PURPOSE_REFUSED`.
    pub fn standing(&self, id: &str, of: &Party, at: i64) -> Result<Arc<Emergency>, Refusal> {
        let found = self.find(id).filter(|one| one.opener.is(of) && one.state(at) == State::Stands);
        found.ok_or_else(|| {
            let error = Error::new(Code::PurposeRefused, "no emergency of yours stands under the id of `break-glass`");
            error
                .hint("open one by `POST /break-glass`, have it approved where that is asked, or leave the header out")
                .into()
        })
    }
}

impl Emergency {
    /// Nothing is to be done about it any more.
    fn is_done_with(&self, at: i64) -> bool {
        matches!(self.state(at), State::Reviewed | State::Lapsed)
    }
}

impl Known {
    fn find(&self, id: &str) -> Option<&Arc<Emergency>> {
        let number = id.rsplit_once('-')?.1.parse().ok()?;
        self.all.get(&number).filter(|one| *one.id == *id)
    }

    /// One that somebody else opened.
    fn for_another(&self, id: &str, by: &Party) -> Result<&Arc<Emergency>, Refused> {
        let found = self.find(id).ok_or(Refused::Unknown)?;
        if found.opener.may_be(by) { Err(Refused::SamePerson) } else { Ok(found) }
    }

    /// Does what a line says. `None` for a line about an emergency that is not known any more.
    fn take(&mut self, line: Line, kept_max: usize) -> Option<Arc<Emergency>> {
        match line {
            Line::Opened { id, at, by, subject, incident, reason, approve_until, until, review_due } => {
                self.opened += 1;
                let number = id.rsplit_once('-')?.1.parse().ok()?;
                let began_at = until.map(|_| at);
                let emergency = Arc::new(Emergency {
                    id,
                    opener: by,
                    subject,
                    incident,
                    reason,
                    opened_at: at,
                    began_at,
                    approved_by: None,
                    approve_until,
                    until,
                    review_due,
                    review: None,
                });
                if self.all.len() >= kept_max {
                    let oldest = self.all.iter().find(|(_, one)| one.is_done_with(at)).map(|(number, _)| *number);
                    oldest.and_then(|oldest| self.all.remove(&oldest));
                }
                self.all.insert(number, emergency.clone());
                Some(emergency)
            }
            Line::Approved { id, at, by, until, review_due } => self.change(&id, |one| {
                one.began_at = Some(at);
                one.approved_by = Some(by);
                (one.until, one.review_due) = (Some(until), Some(review_due));
            }),
            Line::Reviewed { id, at, by, finding, note } => self.change(&id, |one| {
                one.until = one.until.map(|until| until.min(at));
                one.review = Some(Review { by, at, finding, note });
            }),
            Line::Recovery {} => None,
        }
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Emergency)) -> Option<Arc<Emergency>> {
        let mut changed = Emergency::clone(self.find(id)?);
        change(&mut changed);
        let (number, changed) = (id.rsplit_once('-')?.1.parse().ok()?, Arc::new(changed));
        self.all.insert(number, Arc::clone(&changed));
        Some(changed)
    }
}
