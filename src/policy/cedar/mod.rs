//! Cedar: policies read, held against the schema, and evaluated. With its parts the only place that knows the crate, whose partial
//! evaluation is experimental and therefore pinned.
//!
//! `load` gives policies that Cedar's strict validation accepts, or every mistake in them. `decide` evaluates them once for a type, verb and
//! class, whatever the record. `authorize` evaluates them for one record in full: what `decide` and its rules must agree with.

mod act;
mod lift;
mod load;
mod request;
mod residual;

pub use load::{Cited, load, taken};

use super::asking::{Asking, Reads};
use super::rule::{Facts, Rule};
use super::vocabulary::{ClassId, Resource, Verb, Vocabulary};
use crate::graph::TypeId;
use cedar_policy::{Authorizer, Decision as Answer, Effect, PolicyId, PolicySet, Schema, TpeResponse};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Policies that are valid, ready to be evaluated.
pub struct Code {
    set: PolicySet,
    schema: Schema,
    /// In the order of files and lines.
    pub cited: Vec<Cited>,
    position: HashMap<PolicyId, u16>,
    pub reads: Reads,
}

/// What the policies say for one type, verb and class, whatever the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    Denied,
    /// It depends on the record.
    Row(Arc<Rule>),
}

/// A decision with the policies that made it, by position.
#[derive(Debug, Clone)]
pub struct Decided {
    pub decision: Decision,
    pub because: Vec<u16>,
    /// Some policy could not be evaluated, so it is denied: its position, and why.
    pub fault: Option<String>,
}

impl Decided {
    fn denied(fault: Option<String>) -> Self {
        Self { decision: Decision::Denied, because: Vec::new(), fault }
    }
}

impl Code {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cited.is_empty()
    }

    /// Decides for every record of a type at once. `agreements`: ids in force.
    #[must_use]
    pub fn decide(
        &self,
        vocabulary: &Vocabulary,
        (on, verb, class): (TypeId, Verb, ClassId),
        asking: &Asking,
        agreements: &[Arc<str>],
    ) -> Decided {
        let Some(resource) = vocabulary.resources.get(&on).filter(|resource| resource.classes.contains(&class)) else {
            return Decided::denied(None);
        };
        let parts =
            request::partial(&self.schema, &resource.name, verb, vocabulary.class_name(class), asking, agreements);
        let (request, entities) = match parts {
            Ok(parts) => parts,
            Err(fault) => return Decided::denied(Some(fault)),
        };
        let answer = match self.set.tpe(&request, &entities, &self.schema) {
            Ok(answer) => answer,
            Err(fault) => return Decided::denied(Some(fault.to_string())),
        };
        // Cedar passes over a policy that fails, a forbid too. Here it denies.
        if let Some(id) = answer.error_forbids().chain(answer.error_permits()).next() {
            return Decided::denied(Some(format!("`{id}` could not be evaluated")));
        }
        let positions = |ids: &mut dyn Iterator<Item = &PolicyId>| {
            let mut found: Vec<u16> = ids.filter_map(|id| self.position.get(id).copied()).collect();
            found.sort_unstable();
            found
        };
        if answer.decision() == Some(Answer::Deny) {
            let because = positions(&mut answer.true_forbids());
            return Decided { decision: Decision::Denied, because, fault: None };
        }
        let granted = positions(&mut answer.true_permits());
        match self.rest(resource, &answer, !granted.is_empty()) {
            Err(fault) => Decided::denied(Some(fault)),
            Ok(rule) => {
                let mut because = granted;
                because.extend(rule.permits.iter().chain(&rule.forbids).map(|(at, _)| *at));
                because.sort_unstable();
                let settled = rule.granted && rule.permits.is_empty() && rule.forbids.is_empty();
                let decision = if settled { Decision::Allowed } else { Decision::Row(Arc::new(rule)) };
                Decided { decision, because, fault: None }
            }
        }
    }

    /// What is left of the policies. Where a permit holds whatever the record says, another matters only if it may fail: that denies.
    fn rest(&self, resource: &Resource, answer: &TpeResponse<'_>, granted: bool) -> Result<Rule, String> {
        let (mut permits, mut forbids) = (Vec::new(), Vec::new());
        for policy in answer.residual_policies() {
            let at = self.position.get(policy.id()).copied().unwrap_or(u16::MAX);
            let expr = residual::expr(&policy, resource)?;
            match policy.effect() {
                Effect::Forbid => forbids.push((at, expr)),
                Effect::Permit if !granted || expr.may_fail() => permits.push((at, expr)),
                Effect::Permit => {}
            }
        }
        permits.sort_by_key(|(at, _)| *at);
        forbids.sort_by_key(|(at, _)| *at);
        Ok(Rule::new(granted, permits, forbids))
    }

    /// Decides for one record, by Cedar's own evaluation of every policy. An error of any policy denies.
    ///
    /// # Errors
    /// Where the record can't be put to Cedar: it lacks a fact that its type must have.
    pub fn authorize(
        &self,
        vocabulary: &Vocabulary,
        (on, verb, class): (TypeId, Verb, ClassId),
        asking: &Asking,
        agreements: &[Arc<str>],
        facts: &Facts<'_>,
    ) -> Result<bool, String> {
        let resource = vocabulary.resources.get(&on).ok_or("no such type")?;
        let class = vocabulary.class_name(class);
        let (request, entities) = request::concrete(&self.schema, resource, verb, class, asking, agreements, facts)?;
        let answer = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let failed = answer.diagnostics().errors().next().is_some();
        Ok(answer.decision() == Answer::Allow && !failed)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({} policies)", self.cited.len())
    }
}
