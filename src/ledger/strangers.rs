//! Strangers: requests that are refused to somebody who proved nothing. Anybody can send them without end, so only so many a second have
//! entries of their own; of the others an entry a second says how many there were, and why they were refused.

use crate::error::Code;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The stretch of time for which they are counted together.
pub const STRETCH: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Strangers {
    own_max: u32,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    /// When the stretch began.
    since: Instant,
    /// Entries of their own in it.
    own: u32,
    /// By code: those without one, which nobody has told of yet.
    more: BTreeMap<&'static str, u64>,
}

/// What becomes of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has an entry of its own.
    Own,
    /// It is counted.
    Counted,
    /// It is counted, as the first: somebody has to tell of it and of those that follow.
    First,
}

/// The entry of those who have none of their own.
#[derive(Serialize)]
struct Many<'a> {
    kind: &'static str,
    at: &'a str,
    instance: &'a str,
    count: u64,
    codes: BTreeMap<&'static str, u64>,
}

impl Strangers {
    #[must_use]
    pub fn new(own_max: u32) -> Self {
        let counted = Counted { since: Instant::now(), own: 0, more: BTreeMap::new() };
        Self { own_max, counted: Mutex::new(counted) }
    }

    pub fn take(&self, code: Code, now: Instant) -> Place {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(counted.since) >= STRETCH {
            (counted.since, counted.own) = (now, 0);
        }
        if counted.own < self.own_max {
            counted.own += 1;
            return Place::Own;
        }
        let place = if counted.more.is_empty() { Place::First } else { Place::Counted };
        *counted.more.entry(code.name()).or_default() += 1;
        place
    }

    /// The entry of those that were counted since the last one; `None` where there are none.
    pub fn told(&self, instance: &str, at: &str) -> Option<Vec<u8>> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let codes = std::mem::take(&mut counted.more);
        drop(counted);
        let count = codes.values().sum();
        (count > 0)
            .then(|| serde_json::to_vec(&Many { kind: "refused-many", at, instance, count, codes }).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_second_have_entries_of_their_own() {
        let strangers = Strangers::new(2);
        let start = Instant::now();
        let at = |ms: u64, code| strangers.take(code, start + Duration::from_millis(ms));
        assert_eq!(at(0, Code::Parse), Place::Own);
        assert_eq!(at(10, Code::Unauthenticated), Place::Own);
        assert_eq!(at(20, Code::Parse), Place::First);
        assert_eq!(at(30, Code::Unauthenticated), Place::Counted);
        assert_eq!(at(40, Code::Parse), Place::Counted);
        let entry = strangers.told("gateway-1", "2026-11-28T12:00:01Z").unwrap();
        assert_eq!(
            String::from_utf8(entry).unwrap(),
            r#"{"kind":"refused-many","at":"2026-11-28T12:00:01Z","instance":"gateway-1","count":3,"codes":{"PARSE":2,"UNAUTHENTICATED":1}}"#
        );
        assert_eq!(strangers.told("gateway-1", "2026-11-28T12:00:01Z"), None);
        assert_eq!(at(2_000, Code::Parse), Place::Own);
    }
}
