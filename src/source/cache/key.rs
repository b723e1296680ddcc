//! Key: under what records are kept and shared. Compared in full, never by a hash alone: nobody gets what another question brought.

use crate::graph::{BindingId, Entry, SourceId};
use crate::record::{Layout, Take, What};
use crate::source::Identity;
use arc_swap::ArcSwapOption;
use foldhash::fast::FixedState;
use moka::Equivalent;
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

/// Terms, ready to look for keys under them.
#[derive(Debug)]
pub struct Asked {
    terms: Arc<Terms>,
    hash: u64,
}

/// A key that is looked for: nothing is copied, and nothing counted that other requests count too.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    terms: &'a Arc<Terms>,
    text: &'a str,
    hash: u64,
}

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
    pub fn asked(self, last: &ArcSwapOption<Self>) -> Asked {
        let hash = self.hash();
        let terms = last.load_full().filter(|last| **last == self).unwrap_or_else(|| {
            let terms = Arc::new(self);
            last.store(Some(Arc::clone(&terms)));
            terms
        });
        Asked { terms, hash }
    }
}

impl Asked {
    pub const fn look<'a>(&'a self, text: &'a str) -> Look<'a> {
        Look { terms: &self.terms, text, hash: self.hash }
    }
}

impl Look<'_> {
    pub fn key(self) -> Key {
        Key { terms: Arc::clone(self.terms), text: self.text.into(), hash: self.hash }
    }
}

impl Hash for Look<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
        self.text.hash(state);
    }
}

impl Equivalent<Key> for Look<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.hash == key.hash
            && *self.text == *key.text
            && (Arc::ptr_eq(self.terms, &key.terms) || *self.terms == key.terms)
    }
}

impl Key {
    pub const fn look(&self) -> Look<'_> {
        Look { terms: &self.terms, text: &self.text, hash: self.hash }
    }

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
        self.look().hash(state);
    }
}
