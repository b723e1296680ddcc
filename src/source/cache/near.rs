//! Near: what was found a moment ago, to be found again without asking whoever keeps it.
//!
//! A look-up in moka reads the clock, enters an epoch, notes the read and counts a holder. For each key of a question for many that is more
//! than the rest of the look. Here a question for many enters once, and what it finds it reads in place: between here and there nothing is
//! written that two cores share. What moka gives up is given up here too (`Near::forget`). The first find of an entry and a few of the
//! others are told to moka, which otherwise would take what is wanted most for what nobody wants; its own notes of reads are a sample too.

use super::{Kept, Key, Look};
use crate::graph::SourceId;
use foldhash::fast::RandomState;
use moka::Equivalent as _;
use std::cell::Cell;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::time::Instant;

/// A power of two. Each takes 48 bytes.
const SLOTS: usize = 1 << 15;
/// Of so many finds of a thread one is told to moka, beside the first of each entry.
const SAMPLE: u32 = 64;

thread_local! {
    /// Finds of this thread: a count that threads share would cost them more than all else that is done here.
    static FINDS: Cell<u32> = const { Cell::new(0) };
}

type Slots = Box<[Option<Slot>]>;

pub(super) struct Near {
    slots: RwLock<Slots>,
    hasher: RandomState,
}

struct Slot {
    key: Key,
    kept: Arc<Kept>,
    /// Since another entry last wanted its slot.
    is_found: AtomicBool,
}

/// What is near, while somebody looks through it. Whoever holds one must not ask moka for anything: it may want to give something up here.
pub(super) struct Reading<'a> {
    slots: RwLockReadGuard<'a, Slots>,
    hasher: &'a RandomState,
}

/// An entry that was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub kept: &'a Arc<Kept>,
    /// Whether whoever keeps it is to learn that it was found.
    pub is_told: bool,
}

/// The two places that a key may have: of two keys that both want one, mostly each finds a place.
fn places(hasher: &RandomState, look: Look<'_>) -> [usize; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
    let hash = hasher.hash_one(look) as usize;
    [hash % SLOTS, hash / SLOTS % SLOTS]
}

impl Near {
    pub(super) fn new() -> Self {
        let slots = std::iter::repeat_with(|| None).take(SLOTS).collect();
        Self { slots: RwLock::new(slots), hasher: RandomState::default() }
    }

    /// `None` while somebody writes: nobody waits here.
    pub(super) fn read(&self) -> Option<Reading<'_>> {
        let slots = match self.slots.try_read() {
            Ok(slots) => slots,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Reading { slots, hasher: &self.hasher })
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names an entry that is kept, unless entries of other keys have its places that were found since they were last wanted; whether
    /// it is named. Not now, while somebody reads or writes.
    pub(super) fn name(&self, look: Look<'_>, kept: &Arc<Kept>) -> bool {
        let Ok(mut slots) = self.slots.try_write() else { return false };
        let places = places(&self.hasher, look);
        let at = |place: usize| slots.get(place).and_then(Option::as_ref);
        let is_own = |place: &usize| at(*place).is_some_and(|slot| look.equivalent(&slot.key));
        let is_empty = |place: &usize| at(*place).is_none();
        let own = places.into_iter().find(is_own).or_else(|| places.into_iter().find(is_empty)).or_else(|| {
            // Of both, so that neither stays for good.
            let was_found =
                places.map(|place| at(place).is_some_and(|slot| slot.is_found.swap(false, Ordering::Relaxed)));
            places.into_iter().zip(was_found).find_map(|(place, was_found)| (!was_found).then_some(place))
        });
        let Some(slot) = own.and_then(|place| slots.get_mut(place)) else { return false };
        *slot = Some(Slot { key: look.key(), kept: Arc::clone(kept), is_found: AtomicBool::new(false) });
        true
    }

    /// What is kept for a key no more, or not as it was.
    pub(super) fn forget(&self, look: Look<'_>) {
        let mut slots = self.write();
        for place in places(&self.hasher, look) {
            if let Some(slot) =
                slots.get_mut(place).filter(|slot| slot.as_ref().is_some_and(|slot| look.equivalent(&slot.key)))
            {
                *slot = None;
            }
        }
    }

    pub(super) fn forget_source(&self, source: SourceId) {
        for slot in &mut *self.write() {
            if slot.as_ref().is_some_and(|slot| slot.key.source() == source) {
                *slot = None;
            }
        }
    }
}

impl Reading<'_> {
    #[inline]
    pub(super) fn find(&self, look: Look<'_>, now: Instant) -> Option<Found<'_>> {
        let at = |place: usize| self.slots.get(place)?.as_ref().filter(|slot| look.equivalent(&slot.key));
        let [first, second] = places(self.hasher, look);
        let slot = at(first).or_else(|| at(second)).filter(|slot| !slot.kept.is_over(now))?;
        let finds = FINDS.get().wrapping_add(1);
        FINDS.set(finds);
        // Written once, and then only read.
        let is_first = !slot.is_found.load(Ordering::Relaxed);
        if is_first {
            slot.is_found.store(true, Ordering::Relaxed);
        }
        Some(Found { kept: &slot.kept, is_told: is_first || finds.is_multiple_of(SAMPLE) })
    }
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Near")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fields, Terms};
    use super::*;
    use crate::graph::{BindingId, Entry};
    use crate::record::{Layout, Raw};
    use crate::source::Identity;
    use arc_swap::ArcSwapOption;
    use std::time::Duration;

    fn key(source: u16, text: &str) -> Key {
        let fields = Arc::new(Fields::of(&Layout::default()));
        let way = (BindingId(0), Entry::By(0));
        let arguments = "{}".into();
        let terms =
            Terms { source: SourceId(source), way, fields, arguments, identity: Identity::Service, epochs: (0, 0) };
        terms.asked(&ArcSwapOption::empty()).look(text).key()
    }

    fn kept(asked_at: Instant) -> Arc<Kept> {
        let raw = Raw::empty(Arc::default(), SourceId(0));
        Arc::new(Kept::of_another(raw, vec![0], asked_at, Duration::from_mins(1)).unwrap())
    }

    /// The entry that is found, if any.
    fn found(near: &Near, key: &Key, now: Instant) -> Option<Arc<Kept>> {
        near.read().unwrap().find(key.look(), now).map(|found| Arc::clone(found.kept))
    }

    #[test]
    fn what_was_named_is_found_until_it_is_over_or_given_up() {
        let (near, now) = (Near::new(), Instant::now());
        let (a, b) = (key(0, "a"), key(1, "a"));
        let entry = kept(now);
        assert!(near.name(a.look(), &entry));
        assert!(found(&near, &key(0, "a"), now).is_some_and(|found| Arc::ptr_eq(&found, &entry)));
        assert!(found(&near, &b, now).is_none(), "another question");
        assert!(found(&near, &a, now + Duration::from_mins(1)).is_none(), "it is over");
        near.forget(a.look());
        assert!(found(&near, &a, now).is_none(), "it was given up");
        assert_eq!(Arc::strong_count(&entry), 1, "and nobody holds it");
    }

    #[test]
    fn what_is_named_last_is_what_a_key_has() {
        let (near, now) = (Near::new(), Instant::now());
        let (older, newer) = (kept(now), kept(now + Duration::from_millis(1)));
        for entry in [&older, &newer] {
            near.name(key(0, "a").look(), entry);
        }
        assert!(found(&near, &key(0, "a"), now).is_some_and(|found| Arc::ptr_eq(&found, &newer)));
        assert_eq!(Arc::strong_count(&older), 1);
    }

    #[test]
    fn a_source_is_forgotten_and_no_other() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        let keys = [key(0, "a"), key(1, "b")];
        for key in &keys {
            near.name(key.look(), &entry);
        }
        near.forget_source(SourceId(0));
        assert_eq!(keys.map(|key| found(&near, &key, now).is_some()), [false, true]);
    }

    #[test]
    fn nearly_all_of_thousands_have_a_place_and_keep_it() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        let keys: Vec<Key> = (0..3_000).map(|n| key(0, &n.to_string())).collect();
        let all_found = || keys.iter().filter(|key| found(&near, key, now).is_some()).count();
        for key in &keys {
            near.name(key.look(), &entry);
        }
        let first = all_found();
        assert!(first > 2_900, "{first}");
        for key in &keys {
            near.name(key.look(), &entry);
        }
        assert!(all_found() >= first);
    }

    #[test]
    fn nobody_waits_for_somebody_else() {
        let (near, now) = (Near::new(), Instant::now());
        let (a, entry) = (key(0, "a"), kept(now));
        let reading = near.read().unwrap();
        assert!(!near.name(a.look(), &entry), "somebody reads");
        assert!(near.read().is_some(), "so may others");
        drop(reading);
        let writing = near.write();
        assert!(near.read().is_none() && !near.name(a.look(), &entry), "somebody writes");
        drop(writing);
        assert!(near.name(a.look(), &entry));
    }

    #[test]
    fn some_finds_are_told_to_who_keeps_it() {
        let (near, now) = (Near::new(), Instant::now());
        near.name(key(0, "a").look(), &kept(now));
        let reading = near.read().unwrap();
        let told = |_: &u32| reading.find(key(0, "a").look(), now).unwrap().is_told;
        assert!(told(&0), "the first");
        assert_eq!((0..SAMPLE * 10).filter(told).count(), 10);
    }
}
