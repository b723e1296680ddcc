//! Flight: one call that is under way, for all who wait for a key of it.
//!
//! It runs in a task of its own, so whoever leaves takes nothing from the others. When nobody is left who waits, it is cancelled.

use super::Answer;
use super::cache::Key;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Which keys are being fetched, and by whom.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<Key, Seat<Weak<Flight>>>>,
    numbers: AtomicU64,
}

/// A key's place in the answer of a flight.
#[derive(Debug, Clone)]
pub(super) struct Seat<F = Arc<Flight>> {
    pub flight: F,
    pub place: u32,
    number: u64,
}

/// Who else may wait for what a flight brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// Whoever wants one of its keys.
    Any,
    None,
}

/// What came of it; nothing where its task did not come to an end.
type Landed = Option<Arc<Answer>>;

pub(super) struct Flight {
    landing: Shared<BoxFuture<'static, Landed>>,
    task: AbortHandle,
    keys: Arc<[Key]>,
    number: u64,
    of: Arc<Flights>,
    counted: AtomicBool,
    probed: AtomicBool,
}

impl Flights {
    fn under_way(&self) -> MutexGuard<'_, HashMap<Key, Seat<Weak<Flight>>>> {
        // Whoever panicked left the map as it was: each change of it is one call.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flight that is fetching a key.
    pub fn find(&self, key: &Key) -> Option<Seat> {
        let under_way = self.under_way();
        let seat = under_way.get(key)?;
        Some(Seat { flight: seat.flight.upgrade()?, place: seat.place, number: seat.number })
    }

    /// Starts a call for these keys. `then` has the answer before anybody else, while its keys are still awaited here.
    pub fn start(
        self: &Arc<Self>,
        keys: &Arc<[Key]>,
        company: Company,
        call: impl Future<Output = Answer> + Send + 'static,
        then: impl FnOnce(&[Key], &Answer) + Send + 'static,
    ) -> Vec<Seat> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (flights, own) = (Arc::clone(self), Arc::clone(keys));
        // Held until the keys are there, so that a call which ends at once finds them.
        let mut under_way = self.under_way();
        let task = tokio::spawn(async move {
            let answer = call.await;
            then(&own, &answer);
            flights.forget(&own, number);
            Arc::new(answer)
        });
        let (abort, landing) = (task.abort_handle(), task.map(Result::ok).boxed().shared());
        let (of, counted, probed) = (Arc::clone(self), AtomicBool::new(false), AtomicBool::new(false));
        let flight = Arc::new(Flight { landing, task: abort, keys: Arc::clone(keys), number, of, counted, probed });
        let seat = |place| Seat { flight: Arc::clone(&flight), place, number };
        let seats: Vec<Seat> = (0..).take(keys.len()).map(seat).collect();
        for (key, seat) in keys.iter().zip(&seats).filter(|_| company == Company::Any) {
            let flight = Arc::downgrade(&seat.flight);
            under_way.insert(key.clone(), Seat { flight, place: seat.place, number });
        }
        seats
    }

    /// The keys of a flight are nobody's any more, but for those that a later one has taken over.
    fn forget(&self, keys: &[Key], number: u64) {
        let mut under_way = self.under_way();
        for key in keys {
            if under_way.get(key).is_some_and(|seat| seat.number == number) {
                under_way.remove(key);
            }
        }
    }
}

impl Seat {
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Flight {
    pub async fn landed(&self) -> Landed {
        self.landing.clone().await
    }

    /// As `landed`, of a source that fails again and again: the first who asks waits a moment, nobody else does. `None` where it is still
    /// under way; it stays so, for those who ask later.
    pub async fn probed(self: &Arc<Self>, patience: Duration) -> Option<Landed> {
        let is_first = !self.probed.swap(true, Ordering::Relaxed);
        let landed = timeout(if is_first { patience } else { Duration::ZERO }, self.landed()).await.ok();
        if landed.is_none() && is_first {
            let flight = Arc::clone(self);
            tokio::spawn(async move { flight.landed().await });
        }
        landed
    }

    /// Whether the calls of it stand in somebody's figures already.
    pub fn count(&self) -> bool {
        !self.counted.swap(true, Ordering::Relaxed)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.task.abort();
        self.of.forget(&self.keys, self.number);
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flight({} keys)", self.keys.len())
    }
}
