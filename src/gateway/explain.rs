//! Explain: what somebody would get for a query, by the policies in force when it is asked. It goes as far as `permit` and stops there.

use super::{Own, World};
use crate::error::{Code, Error, Refusal};
use crate::graph::ViewId;
use crate::limits::Limits;
use crate::native::{Explain, ExplainedField, Explanation, Persona, PolicyRule, QueryProblem, Question};
use crate::operation::{self, Operation};
use crate::policy::explain::{self, Explained};
use crate::policy::{Asking, Outcome, Policies};
use crate::request::Request;
use crate::viewer::Viewer;
use serde_json::Value;
use std::sync::Arc;

impl Explain for Own {
    fn explain(&self, question: Question, viewer: &Viewer) -> Explanation {
        let gateway = self.gateway();
        gateway.map_or_else(Explanation::default, |gateway| of(&gateway.world(), gateway.limits(), question, viewer))
    }
}

/// One's own query is read in the graph that one knows; somebody else's in all of it, for whoever may ask as others sees that already.
fn of(world: &World, limits: &Limits, question: Question, viewer: &Viewer) -> Explanation {
    if let Some(refusal) = question.persona.as_ref().and_then(|persona| unknown(world, persona)) {
        return Explanation { problems: problems(&refusal), fields: Vec::new() };
    }
    let (asking, view) = match &question.persona {
        Some(persona) => (asked_as(persona), ViewId::default()),
        None => (Asking::of_viewer(viewer), world.view_of(viewer.kind.as_deref().unwrap_or_default())),
    };
    let operation = match bind(world, limits, view, question) {
        Ok(operation) => operation,
        Err(refusal) => return Explanation { problems: problems(&refusal), fields: Vec::new() },
    };
    let policies = &world.policies;
    let refusal = explain::refusal(policies, &operation, &asking);
    let explained = explain::explain(policies, &world.graph, &operation, &asking, viewer.asked_at);
    let fields = explained.into_iter().map(|one| field(policies, one)).collect();
    Explanation { problems: refusal.iter().flat_map(problems).collect(), fields }
}

/// Nobody is of a kind of agency that there is not.
fn unknown(world: &World, persona: &Persona) -> Option<Refusal> {
    let kinds = &world.policies.vocabulary.kinds;
    if kinds.is_empty() || kinds.iter().any(|kind| **kind == *persona.kind) {
        return None;
    }
    let error = Error::new(Code::BadRequest, "`as.kind` is no kind of agency");
    Some(error.hint(format!("one of {}", kinds.join(", "))).into())
}

fn bind(world: &World, limits: &Limits, view: ViewId, question: Question) -> Result<Operation, Refusal> {
    let variables = match question.variables.as_deref().map(serde_json::from_str) {
        None | Some(Ok(Value::Null)) => serde_json::Map::new(),
        Some(Ok(Value::Object(variables))) => variables,
        Some(_) => {
            let error = Error::new(Code::BadRequest, "`variables` is not a JSON object");
            return Err(error.hint("write it as text, `\"{\\\"id\\\": \\\"7\\\"}\"`").into());
        }
    };
    let request = Request { document: question.query, variables, ..Request::default() };
    let bind = |request: &Request| operation::bind(&world.documents, &world.graph, view, request, limits);
    let operation = bind(&request)?;
    // A form is explained by all that it asks for.
    match world.prefills.asked(&world.graph, view, &operation)? {
        Some(filling) => bind(&filling.request()),
        None => Ok(operation),
    }
}

fn asked_as(persona: &Persona) -> Asking {
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    let mut roles: Vec<Arc<str>> = persona.roles.iter().map(|role| role.as_str().into()).collect();
    roles.sort_unstable();
    Asking {
        agency: text(&persona.agency).unwrap_or_default(),
        kind: persona.kind.as_str().into(),
        roles: roles.into(),
        division: text(&persona.division),
        purpose: text(&persona.purpose).unwrap_or_default(),
        reason: persona.reason,
        case_ref: text(&persona.case_ref),
        ..Asking::default()
    }
}

fn problems(refusal: &Refusal) -> Vec<QueryProblem> {
    let problem = |error: &Error| QueryProblem {
        code: error.code.name().to_owned(),
        message: error.message.clone(),
        hint: error.hint.as_deref().map(str::to_owned),
        line: error.locations.first().map(|place| place.line),
        column: error.locations.first().map(|place| place.column),
    };
    refusal.errors().iter().map(problem).collect()
}

fn field(policies: &Policies, explained: Explained) -> ExplainedField {
    let rule = |at: &u16| {
        let cited = policies.cited(*at)?;
        Some(PolicyRule {
            id: cited.id.to_string(),
            cite: cited.cite.to_string(),
            review: cited.review.to_string(),
            obligation: cited.obligation.as_deref().map(str::to_owned),
            forbids: cited.forbids,
        })
    };
    ExplainedField {
        outcome: explained.outcome.map_or("BY_RECORD", Outcome::name).to_owned(),
        rules: explained.rules.iter().filter_map(rule).collect(),
        what: explained.what,
        classes: explained.classes,
        facts: explained.facts,
        lacking: explained.lacking.map(str::to_owned),
    }
}
