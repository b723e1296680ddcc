//! Near: what was found a moment ago, to be found again without asking whoever keeps it.
//!
//! A look-up in moka reads the clock, enters an epoch and notes the read. For each key of a question for many that is more than the rest of
//! the look. A slot here names the entry that was found last under a key that falls on it, and does not hold it: what moka has given up is
//! not here either. Of the finds in a slot a few are left to moka, which otherwise would take what is wanted most for what nobody wants;
//! its own notes of reads are a sample too.

use super::{Kept, Key};
use crate::graph::SourceId;
use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A power of two. Each takes about 100 bytes where there is something in it.
const SLOTS: usize = 1 << 15;
/// Of so many finds in a slot one is moka's.
const SAMPLE: u32 = 16;

pub(super) struct Near {
    slots: Box<[ArcSwapOption<Slot>]>,
    hasher: RandomState,
}

struct Slot {
    key: Key,
    kept: Weak<Kept>,
    finds: AtomicU32,
}

impl Slot {
    /// Whether it names this entry, or a newer one of the same key.
    fn is_as_new(&self, key: &Key, kept: &Kept) -> bool {
        self.key == *key && self.kept.upgrade().is_some_and(|known| known.asked_at >= kept.asked_at)
    }
}

impl Near {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| ArcSwapOption::empty()).collect(), hasher: RandomState::default() }
    }

    fn slot(&self, key: &Key) -> Option<&ArcSwapOption<Slot>> {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        self.slots.get(self.hasher.hash_one(key) as usize % SLOTS)
    }

    #[inline]
    pub(super) fn find(&self, key: &Key, now: Instant) -> Option<Arc<Kept>> {
        let slot = self.slot(key)?.load();
        let slot = slot.as_ref().filter(|slot| slot.key == *key)?;
        let is_ours = slot.finds.fetch_add(1, Ordering::Relaxed) % SAMPLE != SAMPLE - 1;
        slot.kept.upgrade().filter(|kept| is_ours && !kept.is_over(now))
    }

    /// Names an entry that is kept: unless a newer one is named, or one of another key that was found since its slot was last wanted.
    pub(super) fn name(&self, key: &Key, kept: &Arc<Kept>) {
        let Some(place) = self.slot(key) else { return };
        let stays = place.load().as_ref().is_some_and(|slot| {
            let is_found = || slot.kept.strong_count() > 0 && slot.finds.swap(0, Ordering::Relaxed) > 0;
            slot.is_as_new(key, kept) || slot.key != *key && is_found()
        });
        if stays {
            return;
        }
        let own = Arc::new(Slot { key: key.clone(), kept: Arc::downgrade(kept), finds: AtomicU32::new(0) });
        place.rcu(|named| match named {
            Some(slot) if slot.is_as_new(key, kept) => Some(Arc::clone(slot)),
            _ => Some(Arc::clone(&own)),
        });
    }

    pub(super) fn forget(&self, source: SourceId) {
        for place in &self.slots {
            if place.load().as_ref().is_some_and(|slot| slot.key.source() == source) {
                place.store(None);
            }
        }
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
    use std::borrow::Cow;
    use std::time::Duration;

    fn key(source: u16, text: &str) -> Key {
        let fields = Arc::new(Fields::of(&Layout::default()));
        let way = (BindingId(0), Entry::By(0));
        let arguments = "{}".into();
        let terms =
            Terms { source: SourceId(source), way, fields, arguments, identity: Identity::Service, epochs: (0, 0) };
        terms.keys(&ArcSwapOption::empty(), std::iter::once(Cow::Borrowed(text))).remove(0)
    }

    fn kept(asked_at: Instant) -> Arc<Kept> {
        let raw = Raw::empty(Arc::default(), SourceId(0));
        Arc::new(Kept::of_another(raw, vec![0], asked_at, Duration::from_mins(1)).unwrap())
    }

    #[test]
    fn what_was_named_is_found_while_it_is_kept_and_lasts() {
        let (near, now) = (Near::new(), Instant::now());
        let (a, b) = (key(0, "a"), key(1, "a"));
        let entry = kept(now);
        near.name(&a, &entry);
        assert!(near.find(&key(0, "a"), now).is_some_and(|found| Arc::ptr_eq(&found, &entry)));
        assert!(near.find(&b, now).is_none(), "another question");
        assert!(near.find(&a, now + Duration::from_mins(1)).is_none(), "it is over");
        drop(entry);
        assert!(near.find(&a, now).is_none(), "nobody keeps it");
    }

    #[test]
    fn the_newer_stays() {
        let (near, now) = (Near::new(), Instant::now());
        let (older, newer) = (kept(now), kept(now + Duration::from_millis(1)));
        for entry in [&newer, &older] {
            near.name(&key(0, "a"), entry);
        }
        assert!(near.find(&key(0, "a"), now).is_some_and(|found| Arc::ptr_eq(&found, &newer)));
    }

    #[test]
    fn a_source_is_forgotten_and_no_other() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        let keys = [key(0, "a"), key(1, "b")];
        keys.iter().for_each(|key| near.name(key, &entry));
        near.forget(SourceId(0));
        assert_eq!(keys.map(|key| near.find(&key, now).is_some()), [false, true]);
    }

    #[test]
    fn some_finds_are_left_to_who_keeps_it() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        near.name(&key(0, "a"), &entry);
        let found = (0..SAMPLE * 10).filter(|_| near.find(&key(0, "a"), now).is_some()).count();
        assert_eq!(found, 150);
    }
}
