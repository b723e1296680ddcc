//! Permission: the policies in `schema/policy` against the graph, the tables in `tests/permission`, and what is written down of both.
//!
//! `UPDATE_POLICY=1 cargo nextest run --test permission` writes the Cedar schema and the matrix anew; read what changed before committing it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use headwaters::graph::{Graph, draw_folder};
use headwaters::policy::{Asking, Folder, Policies, Tables, Vocabulary, acts_text, check, matrix, schema_text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A moment at which every agreement is in force.
const AT: i64 = 1_795_000_000;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `None` until the graph has the types that the policies speak of.
fn graph() -> Option<Graph> {
    let graph = draw_folder(&at("schema/graph")).unwrap_or_else(|problems| panic!("{problems}"));
    graph.type_named("Charge").is_some().then_some(graph)
}

fn policies(graph: &Graph) -> Policies {
    let folder = Folder::read(&at("schema/policy")).unwrap_or_else(|problems| panic!("{problems}"));
    Policies::load(graph, &folder).unwrap_or_else(|problems| panic!("{problems}"))
}

fn tables() -> Tables {
    Tables::read(&at("tests/permission")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn written(path: &str, text: &str) {
    if std::env::var_os("UPDATE_POLICY").is_some() {
        std::fs::write(at(path), text).unwrap();
    }
    let known = std::fs::read_to_string(at(path)).unwrap();
    assert!(known == text, "{path} is not what the graph and the policies make; write it anew with UPDATE_POLICY=1");
}

#[test]
fn every_row_of_the_tables_holds() {
    let Some(graph) = graph() else { return };
    let rows = check(&policies(&graph), &graph, &tables(), AT).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(rows >= 300, "{rows} rows");
}

/// Both sides, in every table: somebody gets it, somebody does not.
#[test]
fn every_table_has_both_sides() {
    let tables = tables();
    let files: BTreeSet<PathBuf> = tables.rows.iter().map(|row| row.place.file.path.clone()).collect();
    assert!(files.len() > 10);
    for file in files {
        let outcomes: BTreeSet<&str> =
            tables.rows.iter().filter(|row| row.place.file.path == file).map(|row| row.outcome.as_str()).collect();
        assert!(outcomes.contains("ALLOW") && outcomes.len() > 1, "{}: {outcomes:?}", file.display());
    }
}

#[test]
fn every_persona_stands_in_some_row() {
    let tables = tables();
    for name in tables.personas.keys() {
        let is = |who: &str| who.split_whitespace().next() == Some(name);
        assert!(tables.rows.iter().any(|row| is(&row.who)), "{name} stands nowhere");
    }
}

/// Whose disclosures nobody reads (R39), of them no copy tells either: the same askers stand in `guardrails.cedar` and in `purposes.toml`.
#[test]
fn who_leaves_no_trace_is_whose_disclosures_are_closed() {
    let Some(graph) = graph() else { return };
    let purposes = policies(&graph).purposes;
    let text = std::fs::read_to_string(at("schema/policy/guardrails.cedar")).unwrap();
    let rule = text.split("@id(\"R39-defense-and-judges\")").nth(1).unwrap().split("unless").next().unwrap();
    let quoted = |text: &str| -> Vec<String> { text.split('"').skip(1).step_by(2).map(str::to_owned).collect() };
    let (kinds, roles) = rule.split_once("readerRoles.containsAny(").unwrap();
    let kinds: Vec<_> = kinds.match_indices("readerKind == ").map(|(at, _)| quoted(&kinds[at..])[0].clone()).collect();
    let roles = quoted(roles);
    assert_eq!(kinds, ["DEFENSE", "COURT"]);
    assert!(roles.len() > 5, "{roles:?}");
    let asking = |kind: &str, role: Option<&str>, on_behalf_of: Option<&str>| Asking {
        kind: kind.into(),
        roles: role.into_iter().map(Into::into).collect(),
        on_behalf_of: on_behalf_of.map(Into::into),
        ..Asking::default()
    };
    assert!(purposes.is_untraced(&asking("DEFENSE", None, None)));
    assert!(purposes.is_untraced(&asking("COURT", None, Some("Judge Aldous"))));
    for role in &roles {
        assert!(purposes.is_untraced(&asking("COURT", Some(role), None)), "{role}");
    }
    for (kind, on_behalf_of) in [("COURT", None), ("PROSECUTION", Some("somebody")), ("LAW_ENFORCEMENT", None)] {
        assert!(!purposes.is_untraced(&asking(kind, Some("clerk"), on_behalf_of)), "{kind}");
    }
}

#[test]
fn the_schema_is_that_of_the_graph() {
    let Some(graph) = graph() else { return };
    let words = Vocabulary::of(&graph);
    written("schema/policy/headwaters.cedarschema", &schema_text(&words));
    written("schema/policy/break-glass.cedarschema", &acts_text(&words));
}

#[test]
fn the_matrix_is_that_of_the_policies() {
    let Some(graph) = graph() else { return };
    let policies = policies(&graph);
    let cells = matrix::cells(&policies, &graph, &tables(), AT);
    written("docs/access-matrix.md", &matrix::markdown(&policies, &cells));
    assert_eq!(matrix::difference(&cells, &cells), "");
}
