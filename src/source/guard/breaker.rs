//! Breaker: a source that fails again and again is left alone, and probed by one call at a time.
//!
//! It opens after so many failures in a row, or where of the last ten seconds' calls, if there were enough of them, too few were answered.
//! Then one call in a while is let through, and the while doubles as long as they fail: Linkerd's "failure accrual" and its probation.
//! What counts as a failure, 5xx and 429 too, `Sign` says.

use super::recent::Recent;
use super::retry::jittered;
use crate::graph::binding::Care;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Calls in the last ten seconds before their share says anything.
const CALLS_MIN: u32 = 20;
/// The longest between two probes.
const PAUSE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Breaker {
    failures_max: u32,
    good_percent_min: u32,
    /// Until the first probe.
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed {
        in_a_row: u32,
        counts: Recent<Counts>,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// A probe is under way.
    Probing {
        pause: Duration,
    },
}

#[derive(Debug, Default)]
struct Counts {
    good: u32,
    all: u32,
}

/// Leave to call once. It must be told what came of it; one that is dropped was no call.
#[derive(Debug)]
pub(super) struct Pass<'b> {
    breaker: &'b Breaker,
    probe: bool,
}

impl State {
    fn closed(now: Instant) -> Self {
        Self::Closed { in_a_row: 0, counts: Recent::new(now) }
    }
}

impl Breaker {
    pub(super) fn new(care: &Care) -> Self {
        Self {
            failures_max: care.failures_max.max(1),
            good_percent_min: care.good_percent_min,
            pause: Duration::from_millis(care.probe_ms.max(1)).min(PAUSE_MAX),
            state: Mutex::new(State::closed(Instant::now())),
        }
    }

    /// Whether a call would be turned away now.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        match &*self.state() {
            State::Closed { .. } => false,
            State::Open { until, .. } => *until > now,
            State::Probing { .. } => true,
        }
    }

    /// Whether nothing speaks against the source.
    pub(super) fn is_closed(&self) -> bool {
        matches!(&*self.state(), State::Closed { .. })
    }

    pub(super) fn pass(&self, now: Instant) -> Option<Pass<'_>> {
        let mut state = self.state();
        match &*state {
            State::Closed { .. } => Some(Pass { breaker: self, probe: false }),
            State::Open { until, pause } if *until <= now => {
                *state = State::Probing { pause: *pause };
                Some(Pass { breaker: self, probe: true })
            }
            State::Open { .. } | State::Probing { .. } => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(now: Instant, pause: Duration) -> State {
        State::Open { until: now + jittered(pause), pause }
    }
}

impl Pass<'_> {
    /// Whether this closed the breaker.
    pub(super) fn good(mut self, now: Instant) -> bool {
        let mut state = self.breaker.state();
        let probe = std::mem::take(&mut self.probe);
        if probe {
            *state = State::closed(now);
        } else if let State::Closed { in_a_row, counts } = &mut *state {
            *in_a_row = 0;
            let fresh = &mut counts.turn(now).fresh;
            (fresh.good, fresh.all) = (fresh.good.saturating_add(1), fresh.all.saturating_add(1));
        }
        probe
    }

    /// Whether this opened the breaker.
    pub(super) fn bad(mut self, now: Instant) -> bool {
        let breaker = self.breaker;
        let mut state = breaker.state();
        let probe = std::mem::take(&mut self.probe);
        match &mut *state {
            State::Probing { pause } if probe => *state = Breaker::open(now, (*pause * 2).min(PAUSE_MAX)),
            State::Closed { in_a_row, counts } => {
                *in_a_row = in_a_row.saturating_add(1);
                let counts = counts.turn(now);
                counts.fresh.all = counts.fresh.all.saturating_add(1);
                let all = counts.fresh.all.saturating_add(counts.old.all);
                let good = counts.fresh.good.saturating_add(counts.old.good);
                let too_few =
                    all >= CALLS_MIN && u64::from(good) * 100 < u64::from(all) * u64::from(breaker.good_percent_min);
                if *in_a_row >= breaker.failures_max || too_few {
                    *state = Breaker::open(now, breaker.pause);
                    return true;
                }
            }
            // Of a call that went out before.
            State::Open { .. } | State::Probing { .. } => {}
        }
        false
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            let mut state = self.breaker.state();
            if let State::Probing { pause } = *state {
                // The next one probes.
                *state = State::Open { until: Instant::now(), pause };
            }
        }
    }
}
