//! Cache: records as sources gave them, for as long as the graph lets them be kept.
//!
//! It holds `Raw` alone, never a decision and never a response: every read is decided on anew. An entry answers one key, under terms
//! that are compared in full. What a source said to be none is an entry too, with a short life of its own.

mod key;
mod near;

pub(super) use key::{Asked, Fields, Key, Look, Terms};

use self::near::Near;
use super::fresh::Lasting;
use super::{Answer, Reason};
use crate::graph::SourceId;
use crate::limits::Limits;
use crate::record::Raw;
use foldhash::fast::RandomState;
use moka::Expiry;
use moka::sync::Cache as Entries;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records of all sources that may be kept.
#[derive(Debug)]
pub(super) struct Cache {
    /// `None` where nothing is kept.
    store: Option<Store>,
    absent_max: Duration,
}

#[derive(Debug)]
struct Store {
    entries: Entries<Key, Arc<Kept>, RandomState>,
    near: Arc<Near>,
}

/// What a source had for one key.
#[derive(Debug)]
pub(super) struct Kept {
    pub raw: Raw,
    /// The first cells of its records, in the source's order.
    pub starts: Vec<u32>,
    /// When the source was asked.
    pub asked_at: Instant,
    /// When its source gave it to this gateway; when it was asked, where another gateway did that.
    pub since: Instant,
    /// When it may not be shown any more, whatever is asked.
    until: Instant,
}

/// Bytes of an entry besides its records: what moka, the key and the structures around it take, about.
const ENTRY_BYTES: usize = 400;

impl Cache {
    pub fn new(limits: &Limits) -> Self {
        let store = (limits.cache_bytes_max > 0).then(|| Store::new(limits.cache_bytes_max));
        Self { store, absent_max: Duration::from_millis(limits.absent_kept_ms_max) }
    }

    /// What is there for a key, however old.
    pub fn find(&self, look: Look<'_>) -> Option<Arc<Kept>> {
        self.store.as_ref()?.entries.get(&look)
    }

    /// Shows what is there for each of these, however old, with its number, in no order. `now`: of this moment. Whoever is
    /// shown it must not ask the cache for anything meanwhile.
    pub fn see<'k>(&self, looks: impl Iterator<Item = Look<'k>>, now: Instant, show: impl FnMut(usize, &Arc<Kept>)) {
        if let Some(store) = &self.store {
            store.see(looks, now, show);
        }
    }

    /// What an answer has for each of its keys, but for those that could not be asked for.
    pub fn made(&self, keys: &[Key], answer: &Answer, asked_at: Instant, lasting: Lasting) -> Vec<(Key, Arc<Kept>)> {
        if lasting.stale.is_zero() {
            return Vec::new();
        }
        let mut all = Vec::with_capacity(keys.len());
        for (number, key) in (0_u32..).zip(keys) {
            if answer.reason(number).is_some() {
                continue;
            }
            let found = answer.groups.of(number);
            let lasts = self.lasts(lasting, found.is_empty());
            if lasts.is_zero() {
                continue;
            }
            let mut raw = Raw::empty(Arc::clone(&answer.raw.layout), answer.raw.source);
            raw.retrieved_at = answer.raw.retrieved_at;
            let starts: Vec<u32> = found.iter().map(|at| raw.add_copy(&answer.raw, *at)).collect();
            raw.cells.shrink_to_fit();
            raw.text.shrink_to_fit();
            let Some(until) = asked_at.checked_add(lasts) else { continue };
            let kept = Kept { raw, starts, asked_at, since: Instant::now(), until };
            all.push((key.clone(), Arc::new(kept)));
        }
        all
    }

    /// Keeps it, unless there is something newer.
    pub fn keep(&self, key: &Key, kept: &Arc<Kept>) {
        let Some(Store { entries, .. }) = &self.store else { return };
        if entries.get(key).is_none_or(|known| known.asked_at <= kept.asked_at) {
            entries.insert(key.clone(), Arc::clone(kept));
        }
    }

    /// From when its source was asked. "None" is never said on old knowledge.
    pub fn lasts(&self, lasting: Lasting, is_none: bool) -> Duration {
        if is_none { lasting.ttl.min(self.absent_max) } else { lasting.stale }
    }

    /// Whether anything stays.
    pub const fn is_kept(&self) -> bool {
        self.store.is_some()
    }

    /// Removes every entry of a source; how many there were.
    pub fn remove(&self, source: SourceId) -> u64 {
        let Some(Store { entries, near }) = &self.store else { return 0 };
        let mut removed = 0;
        for (key, _) in entries.iter().filter(|(key, _)| key.source() == source) {
            entries.invalidate(&*key);
            removed += 1;
        }
        near.forget_source(source);
        removed
    }
}

impl Store {
    fn new(bytes_max: u64) -> Self {
        let near = Arc::new(Near::new());
        let weigh = |key: &Key, kept: &Arc<Kept>| u32::try_from(kept.bytes() + key.bytes()).unwrap_or(u32::MAX);
        let entries = Entries::builder().max_capacity(bytes_max).weigher(weigh).expire_after(Lasts);
        let given_up = Arc::clone(&near);
        let entries = entries.eviction_listener(move |key, _, _| given_up.forget(key.look()));
        Self { entries: entries.build_with_hasher(RandomState::default()), near }
    }

    fn see<'k>(&self, looks: impl Iterator<Item = Look<'k>>, now: Instant, mut show: impl FnMut(usize, &Arc<Kept>)) {
        let (mut told, mut further) = (Vec::new(), Vec::new());
        let reading = self.near.read();
        for (number, look) in looks.enumerate() {
            if let Some(found) = reading.as_ref().and_then(|reading| reading.find(look, now)) {
                show(number, found.kept);
                told.extend(found.is_told.then_some(look));
            } else {
                further.push((number, look));
            }
        }
        drop(reading);
        for look in told {
            self.entries.get(&look);
        }
        for (number, look) in further {
            if let Some(kept) = self.entries.get(&look) {
                show(number, &kept);
                self.name(look, &kept);
            }
        }
    }

    /// What was given up, or was replaced, while it was being named, nobody would forget there.
    fn name(&self, look: Look<'_>, kept: &Arc<Kept>) {
        let is_kept = || self.entries.get(&look).is_some_and(|known| Arc::ptr_eq(&known, kept));
        if self.near.name(look, kept) && !is_kept() {
            self.near.forget(look);
        }
    }
}

impl Kept {
    /// What another gateway was given, where that is not over.
    pub fn of_another(raw: Raw, starts: Vec<u32>, asked_at: Instant, lasts: Duration) -> Option<Self> {
        let until = asked_at.checked_add(lasts)?;
        (Instant::now() < until).then_some(Self { raw, starts, asked_at, since: asked_at, until })
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }

    /// For how long it may still be shown at all.
    pub fn left(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }

    fn bytes(&self) -> usize {
        self.raw.bytes() + self.starts.capacity() * size_of::<u32>() + ENTRY_BYTES
    }

    /// Whether it may be shown as if its source had been asked.
    pub fn is_fresh(&self, now: Instant, lasting: Lasting, max_s: Option<u32>) -> bool {
        let asked = max_s.map_or(lasting.ttl, |max| lasting.ttl.min(Duration::from_secs(max.into())));
        // What is older than the clock can tell is as old as the clock.
        !asked.is_zero() && now.checked_sub(asked).is_none_or(|oldest| self.asked_at > oldest)
    }

    /// Whether it may be shown where its source can't be asked, for this reason.
    pub fn stands_in(&self, lasting: Lasting, reason: &Reason) -> bool {
        let down = matches!(reason, Reason::Timeout | Reason::Unavailable(_) | Reason::Invalid(_));
        down && !self.starts.is_empty() && self.asked_at.elapsed() < lasting.stale
    }
}

/// An entry lasts from when its source was asked.
struct Lasts;

impl Expiry<Key, Arc<Kept>> for Lasts {
    fn expire_after_create(&self, _: &Key, kept: &Arc<Kept>, at: Instant) -> Option<Duration> {
        Some(kept.left(at))
    }

    fn expire_after_update(&self, key: &Key, kept: &Arc<Kept>, at: Instant, _: Option<Duration>) -> Option<Duration> {
        self.expire_after_create(key, kept, at)
    }
}
