//! Deadline: until when one call may take: the source's own time, or what is left of the request's less what it takes to write the answer.

use std::time::{Duration, Instant};
use tokio::time::{Instant as Now, timeout_at};

#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Deadline {
    at: Now,
    /// What is left is at least half of the source's own time.
    fair: bool,
}

impl Deadline {
    /// For what comes before the call.
    pub(in crate::source) fn of_request(request: Instant, margin: Duration) -> Self {
        Self { at: Now::from_std(request.checked_sub(margin).unwrap_or(request)), fair: false }
    }

    /// For a call that goes out now.
    pub(in crate::source) fn of_call(request: Instant, timeout: Duration, margin: Duration) -> Self {
        let (now, request) = (Now::now(), Self::of_request(request, margin).at);
        Self { at: request.min(now + timeout), fair: request >= now + timeout / 2 }
    }

    pub(in crate::source) const fn at(self) -> Now {
        self.at
    }

    pub(in crate::source) fn left(self) -> Duration {
        self.at.saturating_duration_since(Now::now())
    }

    /// Whether a source that did not answer by then is to blame.
    pub(super) const fn is_fair(self) -> bool {
        self.fair
    }

    /// `None` where it took longer.
    pub(in crate::source) async fn within<T>(self, work: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.at, work).await.ok()
    }
}
