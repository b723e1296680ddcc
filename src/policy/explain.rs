//! Explain: what the policies say of each field and argument of an operation, and which of them say it. No data is fetched for it.

use super::asking::Asking;
use super::book::Lacking;
use super::decisions::{Decision, Decisions, targets};
use super::outcome::{Lane, Outcome};
use super::policies::Policies;
use super::vocabulary::ClassId;
use crate::graph::{Graph, Role};
use crate::operation::{Operation, Selected, SetId, Tree};
use std::collections::BTreeSet;

/// What is said of one field or argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `Person.birthDate`; with the argument for one: `Query.people(where.birthDate)`.
    pub what: String,
    pub classes: Vec<String>,
    /// The outcome; `None` where each record decides.
    pub outcome: Option<Outcome>,
    /// Ids of the policies that had a part in it, with what they stand on.
    pub rules: Vec<(String, String)>,
    /// What would have to be added for it to be had.
    pub lacking: Option<&'static str>,
}

/// Every field and argument of an operation, each once. `at`: seconds since 1970.
#[must_use]
pub fn explain(policies: &Policies, graph: &Graph, operation: &Operation, asking: &Asking, at: i64) -> Vec<Explained> {
    let decisions = policies.decisions(graph, asking, operation, at);
    let mut explaining = Explaining { policies, graph, asking, at, decisions: &decisions, all: Vec::new() };
    explaining.set(&operation.tree, operation.tree.root);
    for forbidden in &decisions.forbidden {
        let field = match operation.tree.selection(forbidden.selection).what {
            Selected::Field(field) => graph.coordinate(field),
            _ => continue,
        };
        let lane = policies.book(asking, at).filter(policies, forbidden.on, &[forbidden.class]);
        let what = format!("{field}({})", forbidden.argument);
        explaining.add(
            what,
            &[forbidden.class],
            Some(Outcome::Deny),
            Some(&lane),
            forbidden.lacking.map(Lacking::name),
        );
    }
    for (selection, _) in &operation.arguments.of {
        let Selected::Field(field) = operation.tree.selection(*selection).what else { continue };
        for (on, lane) in decisions.on_look(*selection) {
            let Some(lane) = decisions.lane(*lane).filter(|_| targets(graph, &graph.field(field).ty).contains(on))
            else {
                continue;
            };
            let classes: Vec<ClassId> = lane.ladders.iter().map(|ladder| ladder.class).collect();
            explaining.add(format!("{}(…)", graph.coordinate(field)), &classes, None, Some(lane), None);
        }
    }
    explaining.all
}

struct Explaining<'a> {
    policies: &'a Policies,
    graph: &'a Graph,
    asking: &'a Asking,
    at: i64,
    decisions: &'a Decisions,
    all: Vec<Explained>,
}

impl Explaining<'_> {
    /// Recursion is bounded by the depth of the document.
    fn set(&mut self, tree: &Tree, set: SetId) {
        for (on, selections) in &tree.set(set).variants {
            for id in selections {
                let selection = tree.selection(*id);
                let Selected::Field(field) = selection.what else { continue };
                let classes = self.policies.classes_of(field);
                let (outcome, lane) = match self.decisions.on(field) {
                    Decision::Allowed => (Some(Outcome::Allow), None),
                    Decision::Settled(outcome, lane) => (Some(outcome), self.decisions.lane(lane)),
                    Decision::Row(lane) => (None, self.decisions.lane(lane)),
                };
                // Where it is allowed without more, the policies that allow it are looked up.
                let own = self.policies.book(self.asking, self.at).lane(self.policies, *on, classes);
                let lacking = self.decisions.told(field).lacking.map(Lacking::name);
                let lane = lane.cloned().unwrap_or(own);
                self.add(self.graph.coordinate(field), classes, outcome, Some(&lane), lacking);
                if let (Some(below), false) = (selection.set, matches!(self.graph.field(field).role, Role::Provenance))
                {
                    self.set(tree, below);
                }
            }
        }
    }

    fn add(
        &mut self,
        what: String,
        classes: &[ClassId],
        outcome: Option<Outcome>,
        lane: Option<&Lane>,
        lacking: Option<&'static str>,
    ) {
        let decided = lane.into_iter().flat_map(|lane| &lane.ladders).flat_map(|ladder| {
            [&ladder.disclose, &ladder.exist].into_iter().flat_map(|decided| decided.because.iter().copied())
        });
        let rules: BTreeSet<u16> = decided.collect();
        let rule = |at: u16| self.policies.cited(at).map(|cited| (cited.id.to_string(), cited.cite.to_string()));
        let classes = classes.iter().map(|class| self.policies.vocabulary.class_name(*class).to_owned()).collect();
        let rules = rules.into_iter().filter_map(rule).collect();
        let explained = Explained { what, classes, outcome, rules, lacking };
        if !self.all.contains(&explained) {
            self.all.push(explained);
        }
    }
}

/// The explanation as lines of text.
#[must_use]
pub fn print(all: &[Explained]) -> String {
    let width = all.iter().map(|one| one.what.chars().count()).max().unwrap_or(0);
    let line = |one: &Explained| {
        let outcome = one.outcome.map_or("by record", Outcome::name);
        let classes = one.classes.join(" ");
        let rules: Vec<String> = one.rules.iter().map(|(id, cite)| format!("      {id}: {cite}\n")).collect();
        let lacking = one.lacking.map(|lacking| format!("  lacking: {lacking}")).unwrap_or_default();
        format!("{:width$}  {outcome:9}  {classes}{lacking}\n{}", one.what, rules.concat())
    };
    all.iter().map(line).collect()
}
