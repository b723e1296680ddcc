//! Retry: a read is tried again where that may help, within a budget for the whole source.
//!
//! Every call puts a part of a retry into the budget, 20 % of one unless the file says otherwise, and every retry takes one out; what is older
//! than ten seconds is gone (Finagle's `RetryBudget`, without its reserve: it would make more than that of few calls). So a source that fails
//! every call gets at most 1.2 times as many. Between two tries lies a random time ("full jitter": Brooker, "Exponential backoff and jitter",
//! 2015), so that those who failed together do not come back together.

use super::recent::Recent;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The first pause at most; the next ones double.
const PAUSE_MS: u64 = 25;
const DOUBLINGS_MAX: u32 = 4;

/// In hundredths of a retry.
#[derive(Debug)]
pub(super) struct Budget {
    percent: u64,
    kept: Mutex<Recent<u64>>,
}

impl Budget {
    pub(super) fn new(percent: u32) -> Self {
        Self { percent: percent.into(), kept: Mutex::new(Recent::new(Instant::now())) }
    }

    /// For one call.
    pub(super) fn deposit(&self, now: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.turn(now).fresh += self.percent;
    }

    /// Whether one retry may be.
    pub(super) fn withdraw(&self, now: Instant) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.turn(now);
        if kept.old.saturating_add(kept.fresh) < 100 {
            return false;
        }
        let old = kept.old.min(100);
        kept.old -= old;
        kept.fresh -= 100 - old;
        true
    }
}

/// How long to wait after so many retries.
pub(super) fn pause(retries: u32) -> Duration {
    let most = PAUSE_MS << retries.min(DOUBLINGS_MAX);
    Duration::from_millis(most).mul_f64(fraction())
}

/// A fifth more or less, so that gateways do not probe together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fraction())
}

/// From 0 up to 1, from the keys that the standard library draws for each hash map: nothing secret hangs on it.
fn fraction() -> f64 {
    let drawn = RandomState::new().build_hasher().finish() >> 32;
    u32::try_from(drawn).map_or(0.0, |drawn| f64::from(drawn) / 4_294_967_296.0)
}
