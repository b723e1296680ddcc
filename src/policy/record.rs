//! Record: what a record says of itself, written down for a test or an explanation: `owner=MT0560000 juvenile=true closed=sealed`.
//!
//! A flag that is not mentioned is false and a list is empty; a text is not said. `?` says that the record does not say it.

use super::rule::{Said, Scalar};
use super::vocabulary::{Resource, Word};
use crate::graph::FactKind;

/// The facts of a record of this type.
///
/// # Errors
/// For a fact that the type does not have, or a value that it can't have.
pub fn facts<'a>(resource: &Resource, text: &'a str) -> Result<Vec<Said<'a>>, String> {
    let mut facts: Vec<Said<'a>> = resource.facts.iter().map(unsaid).collect();
    for pair in text.split_whitespace() {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `fact=value`"))?;
        let at = resource.fact(name).ok_or_else(|| format!("a {} says nothing of `{name}`", resource.name))?;
        let at = usize::from(at);
        let kind = resource.facts.get(at).map_or(FactKind::Text, |word| word.kind);
        if let Some(place) = facts.get_mut(at) {
            *place = said(kind, value).ok_or_else(|| format!("`{value}` is no value of `{name}`"))?;
        }
    }
    Ok(facts)
}

fn unsaid<'a>(word: &Word) -> Said<'a> {
    match word.kind {
        FactKind::Truth => Said::One(Scalar::Truth(false)),
        FactKind::Texts => Said::Many(Vec::new()),
        FactKind::Number | FactKind::Text => Said::Nothing,
    }
}

pub fn said(kind: FactKind, value: &str) -> Option<Said<'_>> {
    if value == "?" {
        return Some(Said::Nothing);
    }
    Some(match kind {
        FactKind::Truth => Said::One(Scalar::Truth(value.parse().ok()?)),
        FactKind::Number => Said::One(Scalar::Number(value.parse().ok()?)),
        FactKind::Text => Said::One(Scalar::Text(value)),
        FactKind::Texts => {
            let mut all: Vec<Scalar<'_>> = value.split(',').filter(|one| !one.is_empty()).map(Scalar::Text).collect();
            all.sort_unstable();
            all.dedup();
            Said::Many(all)
        }
    })
}
