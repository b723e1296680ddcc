//! Arrival: when a request came. The one reading of the clock that counts for all that is decided about it.

use std::time::{Instant, SystemTime};

/// When a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// For deadlines.
    pub instant: Instant,
    /// Seconds since 1970: by it agreements and emergencies hold or do not.
    pub at: i64,
}

impl Arrival {
    #[must_use]
    pub fn now() -> Self {
        Instant::now().into()
    }
}

/// What came at that instant came at the second that the clock showed then.
impl From<Instant> for Arrival {
    fn from(instant: Instant) -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = now.saturating_sub(instant.elapsed());
        Self { instant, at: i64::try_from(at.as_secs()).unwrap_or(i64::MAX) }
    }
}
