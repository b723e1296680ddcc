//! Precedents: what records of one layout said of themselves before, and what came of it.
//!
//! They stand with the decisions that they were judged by, and go with them. Only what a record says by itself, in truths and values of enums, is
//! a precedent: no text of a record outlives it here. What others say of it, and what could not be found out, is judged each time.

use super::disclosed::Profiles;
use super::sayings::Seen;
use crate::graph::TypeId;
use crate::record::Layout;
use arc_swap::ArcSwap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Layouts for which there are precedents, of one operation: more are judged anew.
const LAYOUTS: usize = 16;
/// Bytes of all precedents of the process: where they are taken, what is new is judged anew.
const BYTES_MAX: usize = 64 << 20;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// What was judged before by the same decisions.
#[derive(Default)]
pub(super) struct Precedents {
    all: ArcSwap<Vec<Precedent>>,
    /// Its part of `TAKEN`.
    taken: AtomicUsize,
}

/// For records of one type and layout. The numbers in `seen` are those of `profiles`.
#[derive(Clone)]
pub(super) struct Precedent {
    pub(super) layout: Arc<Layout>,
    pub(super) on: TypeId,
    pub(super) seen: Arc<Seen>,
    pub(super) profiles: Arc<Profiles>,
}

impl Precedent {
    /// The same layout, and not one like it.
    fn is_for(&self, layout: &Arc<Layout>, on: TypeId) -> bool {
        Arc::ptr_eq(&self.layout, layout) && self.on == on
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.seen.bytes() + self.profiles.bytes()
    }
}

impl Precedents {
    pub(super) fn find(&self, layout: &Arc<Layout>, on: TypeId) -> Option<(Arc<Seen>, Arc<Profiles>)> {
        let all = self.all.load();
        let found = all.iter().find(|precedent| precedent.is_for(layout, on))?;
        Some((Arc::clone(&found.seen), Arc::clone(&found.profiles)))
    }

    /// Keeps one, unless there is one that says more. Of too many the first goes.
    pub(super) fn keep(&self, new: &Precedent) {
        if TAKEN.load(Ordering::Relaxed).saturating_add(new.bytes()) > BYTES_MAX {
            return;
        }
        self.all.rcu(|all| {
            let mut all = Vec::clone(all);
            match all.iter_mut().find(|precedent| precedent.is_for(&new.layout, new.on)) {
                Some(known) if known.seen.count() < new.seen.count() => *known = new.clone(),
                Some(_) => {}
                None => {
                    if all.len() == LAYOUTS {
                        all.remove(0);
                    }
                    all.push(new.clone());
                }
            }
            all
        });
        self.take(self.all.load().iter().map(Precedent::bytes).sum());
    }

    fn take(&self, bytes: usize) {
        let before = self.taken.swap(bytes, Ordering::Relaxed);
        TAKEN.fetch_add(bytes, Ordering::Relaxed);
        TAKEN.fetch_sub(before, Ordering::Relaxed);
    }
}

impl Drop for Precedents {
    fn drop(&mut self) {
        self.take(0);
    }
}

// What stands in records is never shown.
impl fmt::Debug for Precedents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Precedents")
    }
}
