//! Explain: what the policies say of each field and argument of an operation, and which of them say it. No data is fetched for it.

use super::asking::Asking;
use super::book::Lacking;
use super::decisions::{Decision, Decisions, targets};
use super::outcome::{Lane, Outcome};
use super::permit;
use super::policies::Policies;
use super::vocabulary::ClassId;
use crate::error::Refusal;
use crate::graph::{FieldId, Graph, TypeId};
use crate::operation::{Operation, Selected, SetId};
use std::collections::BTreeSet;

/// What is said of one field or argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `Person.birthDate`; with the argument for one: `Query.people(where.birthDate)`.
    pub what: String,
    pub classes: Vec<String>,
    /// The outcome; `None` where each record decides.
    pub outcome: Option<Outcome>,
    /// The policies that had a part in it, by position: [`Policies::cited`].
    pub rules: Vec<u16>,
    /// Where each record decides: the facts of it that are looked at.
    pub facts: Vec<String>,
    /// What would have to be added for it to be had.
    pub lacking: Option<&'static str>,
}

/// Every field and argument of an operation, each once. `at`: seconds since 1970.
#[must_use]
pub fn explain(policies: &Policies, graph: &Graph, operation: &Operation, asking: &Asking, at: i64) -> Vec<Explained> {
    let decisions = policies.decisions(graph, asking, operation, at);
    let mut explaining = Explaining { policies, graph, asking, at, decisions: &decisions, all: Vec::new() };
    explaining.set(operation, operation.tree.root);
    for forbidden in &decisions.forbidden {
        let field = match operation.tree.selection(forbidden.selection).what {
            Selected::Field(field) => graph.coordinate(field),
            _ => continue,
        };
        let lane = policies.book(asking, at).filter(policies, forbidden.on, &[forbidden.class]);
        let what = format!("{field}({})", forbidden.argument);
        let lacking = forbidden.lacking.map(Lacking::name);
        explaining.add(what, (forbidden.on, &[forbidden.class]), Some(Outcome::Deny), &lane, lacking);
    }
    for (selection, _) in &operation.arguments.of {
        let Selected::Field(field) = operation.tree.selection(*selection).what else { continue };
        for (on, lane) in decisions.on_look(*selection) {
            let Some(lane) = decisions.lane(*lane).filter(|_| targets(graph, &graph.field(field).ty).contains(on))
            else {
                continue;
            };
            let classes: Vec<ClassId> = lane.ladders.iter().map(|ladder| ladder.class).collect();
            explaining.add(format!("{}(…)", graph.coordinate(field)), (*on, &classes), None, lane, None);
        }
    }
    explaining.all
}

/// Why all of it would be refused, whatever it asks for: the purpose that is stated, or that none is.
#[must_use]
pub fn refusal(policies: &Policies, operation: &Operation, asking: &Asking) -> Option<Refusal> {
    permit::served(policies, operation, asking).err()
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
    fn set(&mut self, operation: &Operation, set: SetId) {
        for (on, selections) in &operation.tree.set(set).variants {
            for id in selections {
                let selection = operation.tree.selection(*id);
                let Selected::Field(field) = selection.what else { continue };
                for field in std::iter::once(&field).chain(operation.arguments.named(*id).unwrap_or_default()) {
                    self.field(*on, *field);
                }
                if let (Some(below), false) = (selection.set, self.graph.tells(field)) {
                    self.set(operation, below);
                }
            }
        }
    }

    fn field(&mut self, on: TypeId, field: FieldId) {
        let classes = self.policies.classes_of(field);
        let (outcome, lane) = match self.decisions.on(field) {
            Decision::Allowed => (Some(Outcome::Allow), None),
            Decision::Settled(outcome, lane) => (Some(outcome), self.decisions.lane(lane)),
            Decision::Row(lane) => (None, self.decisions.lane(lane)),
        };
        // Where it is allowed without more, the policies that allow it are looked up.
        let own = self.policies.book(self.asking, self.at).lane(self.policies, on, classes);
        let lacking = self.decisions.told(field).lacking.map(Lacking::name);
        let lane = lane.cloned().unwrap_or(own);
        self.add(self.graph.coordinate(field), (on, classes), outcome, &lane, lacking);
    }

    fn add(
        &mut self,
        what: String,
        (on, classes): (TypeId, &[ClassId]),
        outcome: Option<Outcome>,
        lane: &Lane,
        lacking: Option<&'static str>,
    ) {
        let decided = lane.ladders.iter().flat_map(|ladder| {
            [&ladder.disclose, &ladder.exist].into_iter().flat_map(|decided| decided.because.iter().copied())
        });
        let rules: BTreeSet<u16> = decided.collect();
        let words = &self.policies.vocabulary;
        let classes = classes.iter().map(|class| words.class_name(*class).to_owned()).collect();
        let facts = words.resources.get(&on).filter(|_| outcome.is_none()).map(|resource| {
            let read = (0_u32..).zip(&resource.facts).filter(|(position, _)| lane.reads >> position & 1 == 1);
            read.map(|(_, word)| word.name.to_string()).collect()
        });
        let rules = rules.into_iter().collect();
        let explained = Explained { what, classes, outcome, rules, facts: facts.unwrap_or_default(), lacking };
        if !self.all.contains(&explained) {
            self.all.push(explained);
        }
    }
}

/// The explanation as lines of text.
#[must_use]
pub fn print(policies: &Policies, all: &[Explained]) -> String {
    let width = all.iter().map(|one| one.what.chars().count()).max().unwrap_or(0);
    let line = |one: &Explained| {
        let outcome = one.outcome.map_or("by record", Outcome::name);
        let classes = one.classes.join(" ");
        let rule = |at: &u16| policies.cited(*at).map(|cited| format!("      {}: {}\n", cited.id, cited.cite));
        let rules: Vec<String> = one.rules.iter().filter_map(rule).collect();
        let lacking = one.lacking.map(|lacking| format!("  lacking: {lacking}")).unwrap_or_default();
        format!("{:width$}  {outcome:9}  {classes}{lacking}\n{}", one.what, rules.concat())
    };
    all.iter().map(line).collect()
}
