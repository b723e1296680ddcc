//! Matrix: who may have what, for which purpose, of which record. What a governance board reads, and what changes between two sets of policies.

use super::asking::Asking;
use super::files::Tables;
use super::outcome::Outcome;
use super::policies::Policies;
use super::record;
use super::rule::Said;
use super::vocabulary::{ClassId, Resource};
use crate::graph::{FactKind, Graph, TypeId};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// States that a record can be in: what it is called, and what such a record says of itself, as far as its type has words for it.
const STATES: [(&str, &str); 8] = [
    (
        "another agency's, open",
        "owner=OTHER case=OTHER source=ORDINARY role=DEFENDANT restricted=GREEN subject=OTHER divisions=OTHER",
    ),
    (
        "one's own",
        "owner=OWN case=OWN court=OWN source=ORDINARY role=DEFENDANT restricted=GREEN subject=OWN counsel=OWN divisions=OWN charged=OWN held=OWN dockets=OWN consent=OWN",
    ),
    ("of a youth", "owner=OTHER case=OTHER source=ORDINARY role=DEFENDANT restricted=GREEN juvenile=true"),
    (
        "dismissed after deferral",
        "owner=OTHER case=OTHER source=ORDINARY role=DEFENDANT restricted=GREEN confidential=true",
    ),
    ("protected", "owner=OTHER case=OTHER source=ORDINARY role=DEFENDANT restricted=YELLOW protected=true"),
    ("restricted, or of a privileged source", "owner=OTHER case=OTHER source=PRIVILEGED role=VICTIM restricted=RED"),
    (
        "sealed",
        "owner=OWN case=OWN court=OWN source=ORDINARY role=DEFENDANT restricted=GREEN subject=OWN closed=SEALED",
    ),
    (
        "expunged",
        "owner=OWN case=OWN court=OWN source=ORDINARY role=DEFENDANT restricted=GREEN subject=OWN closed=EXPUNGED",
    ),
];

/// Outcomes by state, reader and class; each with how it stands for the types that have the class.
pub type Cells = BTreeMap<(usize, String, String), String>;

/// Every cell. `readers`: who is in the tables. `at`: seconds since 1970.
#[must_use]
pub fn cells(policies: &Policies, graph: &Graph, readers: &Tables, at: i64) -> Cells {
    let mut cells = Cells::new();
    for (name, asking) in &readers.personas {
        let (book, here) = (policies.book(asking, at), asking.case_here());
        for (n, (_, says)) in STATES.iter().enumerate() {
            for (class, id) in policies.vocabulary.classes.iter().zip((0_u8..).map(ClassId)) {
                let mut letters: Vec<char> = Vec::new();
                for (on, resource) in policies.vocabulary.resources.iter().filter(|(_, it)| it.classes.contains(&id)) {
                    let facts = facts(resource, (asking, here.as_deref()), says);
                    let own = own(policies, graph, *on);
                    let base = if own.is_empty() { Outcome::Allow } else { book.lane(policies, *on, &own).of(&facts) };
                    let outcome = match base {
                        Outcome::Hide => Outcome::Hide,
                        _ => book.lane(policies, *on, &[id]).of(&facts),
                    };
                    letters.extend(outcome.name().chars().next());
                }
                letters.sort_unstable();
                letters.dedup();
                if !letters.is_empty() {
                    let key = (n, format!("{name} ({}, {})", asking.kind, asking.purpose), class.to_string());
                    cells.insert(key, letters.into_iter().collect());
                }
            }
        }
    }
    cells
}

fn own(policies: &Policies, graph: &Graph, on: TypeId) -> Vec<ClassId> {
    let classes = graph.object(on).map(|object| object.classes.as_slice()).unwrap_or_default();
    classes.iter().filter_map(|class| policies.vocabulary.class(class)).collect()
}

/// What a record in this state says, in the words that its type has.
fn facts<'a>(resource: &Resource, (asking, here): (&'a Asking, Option<&'a str>), says: &'a str) -> Vec<Said<'a>> {
    let mut facts = record::facts(resource, "").unwrap_or_default();
    for (name, value) in says.split_whitespace().filter_map(|pair| pair.split_once('=')) {
        let Some(at) = resource.fact(name).map(usize::from) else { continue };
        let text = match (name, value) {
            ("owner" | "consent" | "court", "OWN") => Some(&*asking.agency),
            ("case" | "charged" | "held", "OWN") => asking.case_ref.as_deref(),
            ("dockets", "OWN") => here,
            ("divisions", "OWN") => asking.division.as_deref(),
            ("subject", "OWN") => asking.subject.as_deref(),
            ("counsel", "OWN") => asking.bar.as_deref(),
            _ => Some(value),
        };
        let kind = resource.facts.get(at).map_or(FactKind::Text, |word| word.kind);
        if let (Some(place), Some(text)) = (facts.get_mut(at), text) {
            *place = record::said(kind, text).unwrap_or_default();
        }
    }
    facts
}

/// The matrix as Markdown: a table for each state of a record.
#[must_use]
pub fn markdown(policies: &Policies, cells: &Cells) -> String {
    let mut out = String::from(HEAD);
    for (n, (state, _)) in STATES.iter().enumerate() {
        let of_state: Vec<_> = cells.iter().filter(|((own, ..), _)| *own == n).collect();
        let has = |class: &str| of_state.iter().any(|((.., own), _)| own == class);
        let classes: Vec<&str> =
            policies.vocabulary.classes.iter().map(|class| &**class).filter(|class| has(class)).collect();
        _ = writeln!(out, "\n## A record that is {state}\n\n| reader | {} |", classes.join(" | "));
        _ = writeln!(out, "|---|{}", "---|".repeat(classes.len()));
        let mut readers: Vec<&String> = of_state.iter().map(|((_, reader, _), _)| reader).collect();
        readers.dedup();
        for reader in readers {
            let row = classes.iter().map(|class| {
                let key = (n, reader.clone(), (*class).to_owned());
                cells.get(&key).map_or("", String::as_str).to_owned()
            });
            _ = writeln!(out, "| {reader} | {} |", row.collect::<Vec<_>>().join(" | "));
        }
    }
    out
}

/// The cells that differ, one a line.
#[must_use]
pub fn difference(old: &Cells, new: &Cells) -> String {
    let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let cell = |cells: &Cells, key: &(usize, String, String)| cells.get(key).cloned().unwrap_or_else(|| "–".to_owned());
    let line = |key: &(usize, String, String)| {
        let (before, after) = (cell(old, key), cell(new, key));
        let state = STATES.get(key.0).map_or("", |(state, _)| state);
        (before != after).then(|| format!("{}: {} of a record that is {state}: {before} → {after}\n", key.1, key.2))
    };
    keys.into_iter().filter_map(line).collect()
}

const HEAD: &str = "# Who may have what

Written by `headwaters policy matrix` from `schema/policy`; a test holds the two together. The readers are those of
`tests/permission/personas.toml`, each with the purpose that they state, a reason, and a case reference where they have one.

A: the value. E: that there is one, and whom to ask. C: that consent is needed. D: that one may not. H: nothing, as if it had never been.
Several letters: it differs by the type of record. Classes are explained in `schema/graph/classes.graphql`.
";
