//! Near: what was found a moment ago, to be found again without asking whoever keeps it.
//!
//! A look-up in moka reads the clock, enters an epoch and notes the read. For each key of a question for many that is more than the rest of
//! the look. A slot here names the entry that was found last under a key that falls on it, and does not hold it: what moka has given up is
//! not here either. A few of the finds are left to moka, which otherwise would take what is wanted most for what nobody wants;
//! its own notes of reads are a sample too.

use super::{Kept, Key, Look};
use crate::graph::SourceId;
use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use moka::Equivalent as _;
use std::cell::Cell;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A power of two. Each takes about 100 bytes where there is something in it.
const SLOTS: usize = 1 << 15;
/// Of so many finds of a thread one is moka's.
const SAMPLE: u32 = 16;

thread_local! {
    /// Finds of this thread: a count that threads share would cost them more than all else that is done here.
    static FINDS: Cell<u32> = const { Cell::new(0) };
}

pub(super) struct Near {
    slots: Box<[ArcSwapOption<Slot>]>,
    hasher: RandomState,
}

struct Slot {
    key: Key,
    kept: Weak<Kept>,
    /// Since another entry last wanted its slot.
    is_found: AtomicBool,
}

impl Slot {
    /// Whether it names this entry, or a newer one of the same key.
    fn is_as_new(&self, look: Look<'_>, kept: &Kept) -> bool {
        look.equivalent(&self.key) && self.kept.upgrade().is_some_and(|known| known.asked_at >= kept.asked_at)
    }
}

impl Near {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| ArcSwapOption::empty()).collect(), hasher: RandomState::default() }
    }

    fn slot(&self, look: Look<'_>) -> Option<&ArcSwapOption<Slot>> {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        self.slots.get(self.hasher.hash_one(look) as usize % SLOTS)
    }

    #[inline]
    pub(super) fn find(&self, look: Look<'_>, now: Instant) -> Option<Arc<Kept>> {
        let slot = self.slot(look)?.load();
        let slot = slot.as_ref().filter(|slot| look.equivalent(&slot.key))?;
        let finds = FINDS.get().wrapping_add(1);
        FINDS.set(finds);
        if finds.is_multiple_of(SAMPLE) {
            return None;
        }
        let kept = slot.kept.upgrade().filter(|kept| !kept.is_over(now))?;
        // Written once, and then only read.
        if !slot.is_found.load(Ordering::Relaxed) {
            slot.is_found.store(true, Ordering::Relaxed);
        }
        Some(kept)
    }

    /// Names an entry that is kept: unless a newer one is named, or one of another key that was found since its slot was last wanted.
    pub(super) fn name(&self, look: Look<'_>, kept: &Arc<Kept>) {
        let Some(place) = self.slot(look) else { return };
        let stays = place.load().as_ref().is_some_and(|slot| {
            let is_wanted = || slot.kept.strong_count() > 0 && slot.is_found.swap(false, Ordering::Relaxed);
            slot.is_as_new(look, kept) || !look.equivalent(&slot.key) && is_wanted()
        });
        if stays {
            return;
        }
        let own = Arc::new(Slot { key: look.key(), kept: Arc::downgrade(kept), is_found: AtomicBool::new(false) });
        place.rcu(|named| match named {
            Some(slot) if slot.is_as_new(look, kept) => Some(Arc::clone(slot)),
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

    #[test]
    fn what_was_named_is_found_while_it_is_kept_and_lasts() {
        let (near, now) = (Near::new(), Instant::now());
        let (a, b) = (key(0, "a"), key(1, "a"));
        let entry = kept(now);
        near.name(a.look(), &entry);
        assert!(near.find(key(0, "a").look(), now).is_some_and(|found| Arc::ptr_eq(&found, &entry)));
        assert!(near.find(b.look(), now).is_none(), "another question");
        assert!(near.find(a.look(), now + Duration::from_mins(1)).is_none(), "it is over");
        drop(entry);
        assert!(near.find(a.look(), now).is_none(), "nobody keeps it");
    }

    #[test]
    fn the_newer_stays() {
        let (near, now) = (Near::new(), Instant::now());
        let (older, newer) = (kept(now), kept(now + Duration::from_millis(1)));
        for entry in [&newer, &older] {
            near.name(key(0, "a").look(), entry);
        }
        assert!(near.find(key(0, "a").look(), now).is_some_and(|found| Arc::ptr_eq(&found, &newer)));
    }

    #[test]
    fn a_source_is_forgotten_and_no_other() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        let keys = [key(0, "a"), key(1, "b")];
        for key in &keys {
            near.name(key.look(), &entry);
        }
        near.forget(SourceId(0));
        assert_eq!(keys.map(|key| near.find(key.look(), now).is_some()), [false, true]);
    }

    #[test]
    fn some_finds_are_left_to_who_keeps_it() {
        let (near, now) = (Near::new(), Instant::now());
        let entry = kept(now);
        near.name(key(0, "a").look(), &entry);
        let found = (0..SAMPLE * 10).filter(|_| near.find(key(0, "a").look(), now).is_some()).count();
        assert_eq!(found, 150);
    }
}
