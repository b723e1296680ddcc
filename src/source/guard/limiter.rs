//! Limiter: how many calls to one source are under way, and how many wait.
//!
//! Never more than the source's file says, and fewer while the source has too much to do: additive increase, multiplicative decrease (Chiu
//! and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989), with the step of Netflix'
//! `concurrency-limits` (`AIMDLimit`): a tenth less for each call that was too much, one more for as many calls as are under way that went
//! well. What is too much, the source says (429, 503) or shows (no answer in time). Latency itself says little here: a call for fifty keys
//! takes longer than a call for one (`docs/decisions/0026`).

use super::Deadline;
use crate::source::Reason;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

const LESS: f64 = 0.9;

#[derive(Debug)]
pub(super) struct Limiter {
    permits: Semaphore,
    level: Mutex<Level>,
    places_max: usize,
    waiting: AtomicUsize,
    waiting_max: usize,
}

#[derive(Debug)]
struct Level {
    limit: f64,
    /// Permits that there are, taken or not. It falls behind the limit while calls are under way that are too many now.
    granted: usize,
    taken: usize,
}

/// One of the calls under way.
#[derive(Debug)]
pub(super) struct Place<'l> {
    limiter: &'l Limiter,
    permit: Option<SemaphorePermit<'l>>,
}

impl Limiter {
    pub(super) fn new(places_max: usize, waiting_max: usize) -> Self {
        let places_max = places_max.clamp(1, Semaphore::MAX_PERMITS);
        #[expect(clippy::cast_precision_loss, reason = "a few calls")]
        let level = Level { limit: places_max as f64, granted: places_max, taken: 0 };
        let (permits, level) = (Semaphore::new(places_max), Mutex::new(level));
        Self { permits, level, places_max, waiting: AtomicUsize::new(0), waiting_max }
    }

    pub(super) const fn places_max(&self) -> usize {
        self.places_max
    }

    /// In the order in which they came.
    pub(super) async fn place(&self, deadline: Deadline) -> Result<Place<'_>, Reason> {
        let permit = if let Ok(permit) = self.permits.try_acquire() {
            permit
        } else {
            let _waiting = self.wait().ok_or_else(|| Reason::Unavailable("too many calls wait for it".to_owned()))?;
            let permit = deadline.within(self.permits.acquire()).await.ok_or(Reason::Timeout)?;
            permit.map_err(|_| Reason::Unavailable("closed".to_owned()))?
        };
        self.level().taken += 1;
        Ok(Place { limiter: self, permit: Some(permit) })
    }

    fn wait(&self) -> Option<Waiting<'_>> {
        let waiting = Waiting(&self.waiting);
        (self.waiting.fetch_add(1, Ordering::Relaxed) < self.waiting_max).then_some(waiting)
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The limit as it stands.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.level().target()
    }
}

/// Counts for as long as it is held.
struct Waiting<'w>(&'w AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Level {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a few")]
    fn target(&self) -> usize {
        self.limit as usize
    }
}

impl Place<'_> {
    pub(super) fn went_well(&self) {
        let mut level = self.limiter.level();
        // Who does not use what there is does not need more.
        if level.taken * 2 < level.target() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few calls")]
        let most = self.limiter.places_max as f64;
        level.limit = (level.limit + level.limit.recip()).min(most);
        let more = level.target().saturating_sub(level.granted);
        level.granted += more;
        self.limiter.permits.add_permits(more);
    }

    pub(super) fn was_too_much(&self) {
        let mut level = self.limiter.level();
        level.limit = (level.limit * LESS).max(1.0);
        let less = level.granted.saturating_sub(level.target());
        // Those that are taken go when they come back.
        level.granted -= self.limiter.permits.forget_permits(less);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut level = self.limiter.level();
        level.taken = level.taken.saturating_sub(1);
        if level.granted > level.target() {
            level.granted -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}
