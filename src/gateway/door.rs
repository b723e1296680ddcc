//! Door: how many operations are under way, how many more wait for a place, and for how long.
//!
//! Whoever finds the queue full is told at once: an answer that would come too late helps nobody, and the time it takes is that of those who
//! still can be answered.

use crate::error::{Code, Error, Refusal};
use crate::limits::Limits;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

#[derive(Debug)]
pub(super) struct Door {
    /// One for each operation that may be under way.
    places: Semaphore,
    /// One for each that may wait.
    queue: Semaphore,
    wait: Duration,
}

impl Door {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            places: Semaphore::new(limits.operations_max),
            queue: Semaphore::new(limits.operations_waiting_max),
            wait: Duration::from_millis(limits.operations_wait_ms_max),
        }
    }

    /// A place, in the order in which they came.
    ///
    /// # Errors
    /// `OVERLOADED` where there is none, and none in time.
    pub(super) async fn enter(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waiting = self.queue.try_acquire().map_err(|_| overloaded())?;
        match timeout(self.wait, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(overloaded()),
        }
    }
}

pub(super) fn overloaded() -> Refusal {
    Error::new(Code::Overloaded, "the gateway has as many operations under way as it may")
        .hint("ask again in a moment; `retry-after` says when")
        .into()
}
