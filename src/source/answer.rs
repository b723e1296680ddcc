//! Answer: records gathered call by call, and grouped by key at the end.

use super::{Answer, Groups, Reason};
use crate::record::Raw;
use std::sync::Arc;

/// What has come in for one fetch so far.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) raw: Raw,
    /// Index of a key, and the first cell of a record for it.
    pub(super) found: Vec<(u32, u32)>,
    pub(super) failed: Vec<(u32, Reason)>,
    pub(super) calls: u32,
}

impl Gathered {
    pub(super) const fn new(raw: Raw) -> Self {
        Self { raw, found: Vec::new(), failed: Vec::new(), calls: 0 }
    }

    pub(super) fn fail(&mut self, keys: impl IntoIterator<Item = u32>, reason: &Reason) {
        self.failed.extend(keys.into_iter().map(|key| (key, reason.clone())));
    }

    /// The answer for so many keys (one for a `find`). `many`: several records may answer a key.
    pub(super) fn answer(mut self, keys: usize, many: bool) -> Answer {
        // Stable: the records of a key stay in the source's order.
        self.found.sort_by_key(|(key, _)| *key);
        if !many {
            let twice = self.found.windows(2).filter_map(|pair| match pair {
                [(a, _), (b, _)] if a == b => Some(*a),
                _ => None,
            });
            self.failed.extend(twice.map(|key| (key, Reason::Several)));
        }
        self.failed.sort_by_key(|(key, _)| *key);
        self.failed.dedup_by_key(|(key, _)| *key);
        let groups = self.groups(keys);
        Answer { calls: self.calls, ..Answer::of(Arc::new(self.raw), groups, self.failed) }
    }

    fn groups(&self, keys: usize) -> Groups {
        let mut groups = Groups { starts: Vec::with_capacity(keys + 1), at: Vec::with_capacity(self.found.len()) };
        let mut found = self.found.iter().peekable();
        let mut failed = self.failed.iter().peekable();
        for key in (0_u32..).take(keys) {
            groups.starts.push(u32::try_from(groups.at.len()).unwrap_or(u32::MAX));
            let failed = failed.next_if(|(at, _)| *at == key).is_some();
            while let Some((_, at)) = found.next_if(|(at, _)| *at <= key) {
                if !failed {
                    groups.at.push(*at);
                }
            }
        }
        groups.starts.push(u32::try_from(groups.at.len()).unwrap_or(u32::MAX));
        groups
    }
}

impl Answer {
    /// Nothing of it was kept, and no call made.
    pub(super) const fn of(raw: Arc<Raw>, groups: Groups, failed: Vec<(u32, Reason)>) -> Self {
        Self { raw, groups, failed, stale: Vec::new(), calls: 0, kept: 0, joined: 0 }
    }

    /// Why a key could not be asked for.
    #[must_use]
    pub fn reason(&self, key: u32) -> Option<&Reason> {
        let found = self.failed.binary_search_by_key(&key, |(failed, _)| *failed).ok()?;
        self.failed.get(found).map(|(_, reason)| reason)
    }

    /// Takes stale keys for failed ones after all: whoever asked has nothing of them.
    pub fn give_up(&mut self, has_something: impl Fn(&[u32]) -> bool) {
        for (key, reason) in std::mem::take(&mut self.stale) {
            if has_something(self.groups.of(key)) {
                self.stale.push((key, reason));
            } else if let Err(at) = self.failed.binary_search_by_key(&key, |(failed, _)| *failed) {
                self.failed.insert(at, (key, reason));
            }
        }
    }

    /// No key could be asked for.
    pub fn failed(raw: Raw, keys: usize, reason: &Reason) -> Self {
        let mut gathered = Gathered::new(raw);
        gathered.fail((0..).take(keys), reason);
        gathered.answer(keys, true)
    }
}

impl Groups {
    /// The first cells of the records of one key.
    #[must_use]
    pub fn of(&self, key: u32) -> &[u32] {
        let start = self.starts.get(key as usize).copied().unwrap_or_default();
        let end = self.starts.get(key as usize + 1).copied().unwrap_or(start);
        self.at.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Leaves so many records of the one group that a `find` has.
    pub fn keep(&mut self, records: usize) {
        self.at.truncate(records);
        if let Some(end) = self.starts.last_mut() {
            *end = u32::try_from(self.at.len()).unwrap_or(u32::MAX);
        }
    }
}
