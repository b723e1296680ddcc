//! Recent: what happened in about the last ten seconds, in two halves: what is older than the older half is forgotten.

use std::time::Duration;
use tokio::time::Instant;

const HALF: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Recent<T> {
    since: Instant,
    pub(super) fresh: T,
    pub(super) old: T,
}

impl<T: Default> Recent<T> {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, fresh: T::default(), old: T::default() }
    }

    /// Forgets what is too old by now.
    pub(super) fn turn(&mut self, now: Instant) -> &mut Self {
        let age = now.saturating_duration_since(self.since);
        if age >= HALF {
            let fresh = std::mem::take(&mut self.fresh);
            self.old = if age < 2 * HALF { fresh } else { T::default() };
            self.since = now;
        }
        self
    }
}
