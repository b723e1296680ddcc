//! Guard: what stands between the gateway and one source that other people keep, a layer a file.
//!
//! A call waits for a place (`limiter`), asks whether the source is well (`breaker`), has its time (`deadline`), and may be tried again
//! (`retry`). None of them knows what is called, or how. A source that is down is asked again by a single call, for which
//! others don't wait (`PROBE_PATIENCE`).

mod breaker;
mod deadline;
mod limiter;
mod recent;
mod retry;
#[cfg(test)]
mod tests;

use self::breaker::{Breaker, Pass};
pub(super) use self::deadline::Deadline;
use self::limiter::{Limiter, Place};
use self::retry::Budget;
use super::Reason;
use crate::graph::binding::Reach;
use crate::limits::Limits;
use crate::observe::{self, Event};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::Instant as Now;

/// One for each source.
#[derive(Debug)]
pub(super) struct Guard {
    /// Of the source.
    name: Arc<str>,
    limiter: Limiter,
    breaker: Breaker,
    budget: Budget,
    retries_max: u32,
    timeout: Duration,
    margin: Duration,
}

/// A place among the calls under way to a source, with what is left of its time: for one call, or for the pages of one.
#[derive(Debug)]
pub(super) struct Turn<'g> {
    guard: &'g Guard,
    place: Place<'g>,
    deadline: Deadline,
}

/// A call that gave nothing, and what that says about the source.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) reason: Reason,
    pub(super) sign: Sign,
}

/// What a failure says about a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing: it was not asked.
    Unasked,
    /// It is well, and does not want this call.
    Well,
    /// It fails; again would be no better.
    Faulty,
    /// It could not be reached, or something between broke: again may be better.
    Broken,
    /// It has too much to do, or does not answer in time. `after`: when it wants to be asked again.
    Busy { after: Option<Duration> },
}

/// How long whoever sends the probe waits for it; nobody else does. One that comes back later is as good for those who ask then.
pub(super) const PROBE_PATIENCE: Duration = Duration::from_millis(250);
/// What they are told then.
pub(super) const PROBED: &str = "it failed too often, and has not answered the probe yet";

const BROKEN_OFF: &str = "it failed too often and is not asked until a probe succeeds";

impl Guard {
    pub(super) fn new(name: &Arc<str>, reach: &Reach, limits: &Limits) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            name: Arc::clone(name),
            limiter: Limiter::new(size(reach.concurrency_max), size(reach.care.queue_max)),
            breaker: Breaker::new(&reach.care),
            budget: Budget::new(reach.care.budget_percent),
            retries_max: reach.care.retries_max,
            timeout: Duration::from_millis(reach.timeout_ms.max(1)),
            margin: Duration::from_millis(limits.answer_margin_ms),
        }
    }

    fn tell_good(&self, pass: Pass<'_>) {
        if pass.good(Now::now()) {
            observe::emit(&Event::SourceBack { source: &self.name });
        }
    }

    fn tell_bad(&self, pass: Pass<'_>) {
        if pass.bad(Now::now()) {
            observe::emit(&Event::SourceLeftAlone { source: &self.name });
        }
    }

    /// Whether the source is asked as usual: it does not fail again and again, as far as is known.
    pub(super) fn is_well(&self) -> bool {
        self.breaker.is_closed()
    }

    /// The most calls that may be under way.
    pub(super) const fn places_max(&self) -> usize {
        self.limiter.places_max()
    }

    /// Waits until the source may be asked once more, as long as the request has time.
    pub(super) async fn turn(&self, request: Instant) -> Result<Turn<'_>, Reason> {
        // Who would be turned away does not wait for it.
        if self.breaker.is_open(Now::now()) {
            return Err(Reason::Unavailable(BROKEN_OFF.to_owned()));
        }
        let place = self.limiter.place(Deadline::of_request(request, self.margin)).await?;
        // The source's own time begins when it is asked, not while others wait for it.
        let deadline = Deadline::of_call(request, self.timeout, self.margin);
        Ok(Turn { guard: self, place, deadline })
    }
}

impl Turn<'_> {
    /// Calls, and again where that may help and is within the budget. `attempt` is told how much time it has.
    pub(super) async fn call<T, F>(&self, mut attempt: impl FnMut(Duration) -> F) -> Result<T, Reason>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        let Self { guard, place, deadline } = self;
        guard.budget.deposit(Now::now());
        let mut tried = 0;
        loop {
            let pass = guard.breaker.pass(Now::now()).ok_or_else(|| Reason::Unavailable(BROKEN_OFF.to_owned()))?;
            let failed = match deadline.within(attempt(deadline.left())).await {
                Some(Ok(value)) => {
                    guard.tell_good(pass);
                    place.went_well();
                    return Ok(value);
                }
                Some(Err(failed)) => failed,
                // A call that had little time says little about the source.
                None if !deadline.is_fair() => return Err(Reason::Timeout),
                None => Failed { reason: Reason::Timeout, sign: Sign::Busy { after: None } },
            };
            match failed.sign {
                Sign::Unasked => drop(pass),
                Sign::Well => guard.tell_good(pass),
                Sign::Faulty | Sign::Broken => guard.tell_bad(pass),
                Sign::Busy { .. } => {
                    guard.tell_bad(pass);
                    place.was_too_much();
                }
            }
            let pause = match failed.sign {
                Sign::Broken => retry::pause(tried),
                Sign::Busy { after: Some(after) } => after.max(retry::pause(tried)),
                Sign::Busy { after: None } if failed.reason != Reason::Timeout => retry::pause(tried),
                _ => return Err(failed.reason),
            };
            if tried >= guard.retries_max || pause >= deadline.left() || !guard.budget.withdraw(Now::now()) {
                return Err(failed.reason);
            }
            tried += 1;
            observe::emit(&Event::Retried { source: &guard.name });
            tokio::time::sleep(pause).await;
        }
    }
}
