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
#[derive(Debug, Serialize)]
struct Many<'a> {
    kind: &'static str,
    at: &'a str,
    instance: &'a str,
    count: u64,
    codes: &'a BTreeMap<&'static str, u64>,
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
        // One who comes too often would have a record each time, which is what is to be kept from them.
        if code != Code::RateLimited && counted.own < self.own_max {
            counted.own += 1;
            return Place::Own;
        }
        let place = if counted.more.is_empty() { Place::First } else { Place::Counted };
        *counted.more.entry(code.name()).or_default() += 1;
        place
    }

    /// Gives the entry of those that were counted since the last one to whoever writes it, if there are any. They are forgotten once it is
    /// written: where it could not be, they are told of with those that follow, and it is said that they are left.
    ///
    /// # Errors
    /// What the writer says.
    pub fn tell<E>(&self, instance: &str, at: &str, write: impl FnOnce(Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let codes = &counted.more;
        let count: u64 = codes.values().sum();
        if count == 0 {
            return Ok(());
        }
        let many = Many { kind: "refused-many", at, instance, count, codes };
        write(serde_json::to_vec(&many).unwrap_or_default())?;
        counted.more.clear();
        Ok(())
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
        assert_eq!(
            told(&strangers).unwrap(),
            r#"{"kind":"refused-many","at":"2026-11-28T12:00:01Z","instance":"gateway-1","count":3,"codes":{"PARSE":2,"UNAUTHENTICATED":1}}"#
        );
        assert_eq!(told(&strangers), None);
        assert_eq!(at(2_000, Code::Parse), Place::Own);
    }

    #[test]
    fn who_comes_too_often_is_counted_and_has_no_entry() {
        let strangers = Strangers::new(2);
        let now = Instant::now();
        assert_eq!(strangers.take(Code::RateLimited, now), Place::First);
        assert_eq!(strangers.take(Code::RateLimited, now), Place::Counted);
        assert!(told(&strangers).unwrap().contains(r#""codes":{"RATE_LIMITED":2}"#));
    }

    #[test]
    fn those_that_could_not_be_told_of_are_told_of_later() {
        let strangers = Strangers::new(0);
        let now = Instant::now();
        assert_eq!(strangers.take(Code::Parse, now), Place::First);
        assert_eq!(
            strangers.tell("gateway-1", "2026-11-28T12:00:01Z", |_| Err("the disk is full")),
            Err("the disk is full")
        );
        assert_eq!(strangers.take(Code::Parse, now), Place::Counted);
        assert!(told(&strangers).unwrap().contains(r#""count":2"#));
        assert_eq!(strangers.take(Code::Parse, now), Place::First);
    }

    fn told(strangers: &Strangers) -> Option<String> {
        let mut told = None;
        let write = |entry| {
            told = String::from_utf8(entry).ok();
            Ok::<(), ()>(())
        };
        strangers.tell("gateway-1", "2026-11-28T12:00:01Z", write).unwrap();
        told
    }
}
