//! Scopes: what was given of records and what was not, as it stands in entries. An operation that is asked again gives the same of other
//! records, so each is written once and copied from then on.

use crate::graph::{FieldId, Graph};
use crate::policy::Outcome;
use crate::response::Scope;
use foldhash::fast::RandomState;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

/// How many are kept, and how long one is at the most. An operation has a few, and audiences some more of each.
const KEPT_MAX: usize = 2_048;
const KEPT_BYTES_MAX: usize = 4_096;

/// Those that were written before.
#[derive(Debug, Default)]
pub struct Scopes(RwLock<HashMap<Scope, Kept, RandomState>>);

#[derive(Debug)]
struct Kept {
    /// Of its graph: another has other fields under the same numbers.
    epoch: u64,
    json: Box<[u8]>,
}

impl Scopes {
    /// Writes the first members of an object.
    pub fn write(&self, out: &mut Vec<u8>, graph: &Graph, scope: &Scope) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = known.get(scope).filter(|kept| kept.epoch == graph.epoch) {
            out.extend_from_slice(&kept.json);
            return;
        }
        drop(known);
        let mut json = serde_json::to_vec(&disclosed(graph, scope)).unwrap_or_default();
        // Members are added.
        json.pop();
        out.extend_from_slice(&json);
        if json.len() > KEPT_BYTES_MAX {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(scope.clone(), Kept { epoch: graph.epoch, json: json.into() });
    }
}

#[derive(serde::Serialize)]
struct Disclosed<'a> {
    #[serde(rename = "type")]
    on: &'a str,
    source: Option<&'a str>,
    fields: Outcomes<Vec<Cow<'a, str>>>,
    classes: Outcomes<BTreeSet<&'a str>>,
}

/// Something for each outcome that there is.
struct Outcomes<T>(Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for Outcomes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (outcome, value) in &self.0 {
            map.serialize_entry(outcome, value)?;
        }
        map.end()
    }
}

fn disclosed<'a>(graph: &'a Graph, scope: &'a Scope) -> Disclosed<'a> {
    // Of an object within the record with its type.
    let name = |field: &FieldId| {
        let known = graph.field(*field);
        if known.parent == scope.on { Cow::Borrowed(&*known.name) } else { Cow::Owned(graph.coordinate(*field)) }
    };
    let withheld = |wanted: Outcome| -> Vec<FieldId> {
        scope.withheld.iter().filter(|(_, outcome)| *outcome == wanted).map(|(field, _)| *field).collect()
    };
    let by_outcome = [
        (Outcome::Allow.name(), scope.given.clone()),
        (Outcome::Exists.name(), withheld(Outcome::Exists)),
        (Outcome::Consent.name(), withheld(Outcome::Consent)),
        (Outcome::Deny.name(), withheld(Outcome::Deny)),
        ("UNAVAILABLE", scope.lacking.clone()),
    ];
    let there = || by_outcome.iter().filter(|(_, fields)| !fields.is_empty());
    let classes = |field: &FieldId| graph.field(*field).data.classes.iter().map(|class| &**class);
    Disclosed {
        on: &graph.type_of(scope.on).name,
        source: scope.source.map(|source| &*graph.source(source).name),
        fields: Outcomes(there().map(|(outcome, fields)| (*outcome, fields.iter().map(name).collect())).collect()),
        classes: Outcomes(
            there().map(|(outcome, fields)| (*outcome, fields.iter().flat_map(classes).collect())).collect(),
        ),
    }
}
