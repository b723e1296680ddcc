//! Purposes: which a kind of agency may state. Stating one is not having a right; it is what the rights are then decided by.

use super::parse;
use crate::graph::problem::{File, Place, Problem, Problems, did_you_mean};
use crate::policy::asking::Asking;
use crate::policy::schema::PURPOSES;
use crate::policy::vocabulary::Vocabulary;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;

/// By kind of agency; and whose questions leave no trace with others.
#[derive(Debug, Default)]
pub struct Purposes {
    may: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    untraced: Untraced,
}

/// Whose questions leave no trace with others: whoever is of one of these kinds of agency, asks on behalf of somebody from one of those, or
/// has one of these roles.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Untraced {
    kinds: Vec<Spanned<String>>,
    on_behalf_of: Vec<Spanned<String>>,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    untraced: Untraced,
    kind: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

impl Purposes {
    /// What this kind of agency may state, in the order of the file.
    #[must_use]
    pub fn of(&self, kind: &str) -> &[Arc<str>] {
        self.may.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Whether nobody else may learn, be it by the age of a copy, that this caller asked for something.
    #[must_use]
    pub fn is_untraced(&self, asking: &Asking) -> bool {
        let is_of = |kinds: &[Spanned<String>]| kinds.iter().any(|kind| **kind.get_ref() == *asking.kind);
        let has = |role: &String| asking.roles.iter().any(|own| **own == **role);
        let Untraced { kinds, on_behalf_of, roles } = &self.untraced;
        is_of(kinds) || asking.on_behalf_of.is_some() && is_of(on_behalf_of) || roles.iter().any(has)
    }

    pub(in crate::policy) fn read(vocabulary: &Vocabulary, file: &Arc<File>, problems: &mut Problems) -> Self {
        let Some(written) = parse::<Written>(file, problems) else { return Self::default() };
        let mut known = BTreeMap::new();
        let untraced = written.untraced.kinds.iter().chain(&written.untraced.on_behalf_of);
        for kind in untraced.chain(written.kind.keys()) {
            if !vocabulary.kinds.iter().any(|own| **own == *kind.get_ref().as_str()) {
                let message = format!("the graph has no kind of agency `{}`", kind.get_ref());
                let hint = did_you_mean(kind.get_ref(), vocabulary.kinds.iter().map(|kind| &**kind));
                problems.push(Problem::error(&Place::new(file, kind.span()), message).with_hint_if(hint));
            }
        }
        for (kind, purposes) in &written.kind {
            for purpose in purposes.iter().filter(|purpose| !PURPOSES.contains(&purpose.get_ref().as_str())) {
                let message = format!("`{}` is no purpose that is served", purpose.get_ref());
                let hint = format!("there are {}", PURPOSES.join(", "));
                problems.push(Problem::error(&Place::new(file, purpose.span()), message).with_hint(hint));
            }
            let purposes = purposes.iter().map(|purpose| purpose.get_ref().as_str().into());
            known.insert(Arc::from(kind.get_ref().as_str()), purposes.collect());
        }
        for kind in vocabulary.kinds.iter().filter(|kind| !known.contains_key(*kind)) {
            let message = format!("nothing is said of what `{kind}` may ask for");
            let hint = format!("write `{kind} = []` where it may ask for nothing");
            problems.push(Problem::error(&Place::whole(file), message).with_hint(hint));
        }
        Self { may: known, untraced: written.untraced }
    }
}
