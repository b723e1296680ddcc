//! Key: under what records are kept and shared. Compared in full, never by a hash alone: nobody gets what another question brought.

use crate::graph::{BindingId, Entry, SourceId};
use crate::record::{Layout, Take, What};
use crate::source::Identity;
use arc_swap::ArcSwapOption;
use foldhash::fast::FixedState;
use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// What is asked of a source, apart from the key.
#[derive(Debug, PartialEq, Eq)]
pub struct Terms {
    pub source: SourceId,
    /// Which says the entity too.
    pub way: (BindingId, Entry),
    pub fields: Arc<Fields>,
    /// The arguments that the source is given, as JSON.
    pub arguments: Box<str>,
    pub identity: Identity,
    /// Of the graph, and of what was purged.
    pub epochs: (u64, u64),
}

/// The columns that are wanted of each record, in their order.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Fields(Box<[(What, Option<Fields>)]>);

/// One key under its terms; that of a search is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    terms: Arc<Terms>,
    /// Parts joined so that no other key of as many parts has the same text.
    text: Box<str>,
    hash: u64,
}

impl Fields {
    pub fn columns(&self) -> &[(What, Option<Self>)] {
        &self.0
    }

    /// Recursion is bounded by the depth of the layout.
    pub fn of(layout: &Layout) -> Self {
        let below = |take: &Take| match take {
            Take::Object(layout) | Take::Objects(layout) => Some(Self::of(layout)),
            Take::Value { .. } | Take::Type(_) => None,
        };
        Self(layout.columns.iter().map(|column| (column.what, below(&column.take))).collect())
    }
}

impl Terms {
    /// To make keys of: what is the same for all of them is hashed once.
    fn hash(&self) -> u64 {
        FixedState::default().hash_one((
            self.source,
            self.way,
            &self.fields,
            &self.arguments,
            &self.identity,
            self.epochs,
        ))
    }

    /// `last`: where the terms are that were used last. Keys of one and the same terms are quick to compare.
    pub fn keys<'k>(self, last: &ArcSwapOption<Self>, texts: impl Iterator<Item = Cow<'k, str>>) -> Vec<Key> {
        let hash = self.hash();
        let terms = last.load_full().filter(|last| **last == self).unwrap_or_else(|| {
            let terms = Arc::new(self);
            last.store(Some(Arc::clone(&terms)));
            terms
        });
        let key = |text: Cow<'_, str>| Key { terms: Arc::clone(&terms), text: text.into(), hash };
        texts.map(key).collect()
    }
}

impl Key {
    pub fn source(&self) -> SourceId {
        self.terms.source
    }

    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn bytes(&self) -> usize {
        self.text.len() + self.terms.arguments.len()
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
        self.text.hash(state);
    }
}
