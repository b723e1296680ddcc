//! Load: policy files read and held against the schema of the graph, or everything that is wrong with them.

use super::Code;
use super::lift;
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::policy::asking::Reads;
use crate::policy::schema::TAKEN;
use crate::policy::vocabulary::{Verb, Vocabulary};
use cedar_policy::pst::{self, BinaryOp, Clause, Literal, Var};
use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

/// What a policy says of itself.
#[derive(Debug, Clone)]
pub struct Cited {
    pub id: Arc<str>,
    /// The statute, rule or decision that it stands on.
    pub cite: Arc<str>,
    /// When it is to be looked at again, `2027-07-01`.
    pub review: Arc<str>,
    /// What a reader must do with what is given, `@obligation`.
    pub obligation: Option<Arc<str>>,
    pub forbids: bool,
    /// The one kind of agency that it is about, where its head says so.
    pub kind: Option<Arc<str>>,
    /// The classes that its head names; `None` for all.
    pub classes: Option<Vec<Arc<str>>>,
    pub place: Place,
}

/// The policies of all files, held against a schema: the words that they may use.
///
/// # Errors
/// Every mistake in them.
pub fn load(words: &str, files: &[Arc<File>]) -> Result<Code, Problems> {
    let mut problems = Problems::default();
    let schema = cedar_schema(words, files, &mut problems);
    let mut set = PolicySet::new();
    let (mut cited, mut position) = (Vec::new(), HashMap::new());
    for file in files {
        let parsed = match PolicySet::from_str(&file.text) {
            Ok(parsed) => parsed,
            Err(errors) => {
                let found = errors.iter().map(|error| said(error, &error.to_string(), &Place::whole(file)));
                problems.0.extend(found);
                continue;
            }
        };
        for template in parsed.templates() {
            let message = format!("`{}` has slots, and nothing fills them", template.id());
            problems.push(Problem::error(&Place::whole(file), message).with_hint("write the policy out"));
        }
        for policy in in_order(&parsed) {
            let Some(about) = about(policy, file, &mut problems) else { continue };
            let id = PolicyId::new(&*about.id);
            let known: Option<&Cited> = position.get(&id).and_then(|at: &u16| cited.get(usize::from(*at)));
            if let Some(known) = known {
                let message = format!("`{}` is the id of another policy too", about.id);
                let hint = format!("it is taken in {}", known.place.line_name());
                problems.push(Problem::error(&about.place, message).with_hint(hint));
                continue;
            }
            if set.add(policy.new_id(id.clone())).is_ok() {
                position.insert(id, u16::try_from(cited.len()).unwrap_or(u16::MAX));
                cited.push(about);
            }
        }
    }
    let Some(schema) = schema else { return Err(problems.sorted()) };
    let mut reads = Reads::default();
    for policy in set.policies() {
        let place = position.get(policy.id()).and_then(|at| cited.get(usize::from(*at))).map(|it| it.place.clone());
        let place = place.unwrap_or_default();
        look_through(policy, &place, &mut reads, &mut problems);
        lift::check(policy, &place, &mut problems);
    }
    validate(&schema, &set, &cited, &position, &mut problems);
    if problems.errors() > 0 { Err(problems.sorted()) } else { Ok(Code { set, schema, cited, position, reads }) }
}

/// Types of the graph that have the name of something else that policies speak of.
pub fn taken(vocabulary: &Vocabulary, files: &[Arc<File>], problems: &mut Problems) {
    let place = files.first().map(Place::whole).unwrap_or_default();
    for resource in vocabulary.resources.values().filter(|resource| TAKEN.contains(&&*resource.name)) {
        let message = format!("the graph has a type `{}`, a word that stands for whoever asks", resource.name);
        problems.push(Problem::error(&place, message).with_hint("give the type another name"));
    }
}

fn cedar_schema(words: &str, files: &[Arc<File>], problems: &mut Problems) -> Option<Schema> {
    let place = files.first().map(Place::whole).unwrap_or_default();
    match Schema::from_cedarschema_str(words) {
        Ok((schema, _)) => Some(schema),
        Err(error) => {
            problems.push(Problem::error(&place, format!("the graph makes no schema for policies: {error}")));
            None
        }
    }
}

/// In the order in which they stand: Cedar numbers them so.
fn in_order(parsed: &PolicySet) -> Vec<&Policy> {
    let number = |policy: &Policy| policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(0);
    let mut all: Vec<&Policy> = parsed.policies().collect();
    all.sort_by_key(|policy| number(policy));
    all
}

fn about(policy: &Policy, file: &Arc<File>, problems: &mut Problems) -> Option<Cited> {
    let number = policy.id().to_string().trim_start_matches("policy").parse::<usize>().map_or(1, |n| n + 1);
    let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
        let message = format!("policy {number} of the file has no `@id`");
        problems.push(Problem::error(&Place::whole(file), message).with_hint("write `@id(\"R04-courts\")` before it"));
        return None;
    };
    let place = match file.text.find(&format!("@id(\"{id}\")")) {
        Some(start) => Place::new(file, start..start + id.len() + 7),
        None => Place::whole(file),
    };
    let mut needed = |name: &str, example: &str| -> Arc<str> {
        let said = policy.annotation(name).unwrap_or_default();
        if said.is_empty() {
            let message = format!("`{id}` has no `@{name}`");
            problems.push(Problem::error(&place, message).with_hint(format!("write `@{name}(\"{example}\")`")));
        }
        said.into()
    };
    let (cite, review) = (needed("cite", "44-5-302 MCA"), needed("review", "2027-07-01"));
    let obligation = policy.annotation("obligation").map(Arc::from);
    let forbids = policy.effect() == Effect::Forbid;
    let (kind, classes) = (kind(policy), classes(policy));
    Some(Cited { id: id.into(), cite, review, obligation, forbids, kind, classes, place })
}

fn kind(policy: &Policy) -> Option<Arc<str>> {
    match policy.principal_constraint() {
        cedar_policy::PrincipalConstraint::In(of) | cedar_policy::PrincipalConstraint::IsIn(_, of)
            if of.type_name().to_string() == "AgencyKind" =>
        {
            let id: &str = of.id().as_ref();
            Some(id.into())
        }
        _ => None,
    }
}

fn classes(policy: &Policy) -> Option<Vec<Arc<str>>> {
    let actions = match policy.action_constraint() {
        cedar_policy::ActionConstraint::Any => return None,
        cedar_policy::ActionConstraint::In(all) => all,
        cedar_policy::ActionConstraint::Eq(one) => vec![one],
    };
    let class = |action: &cedar_policy::EntityUid| -> Option<Arc<str>> {
        let name: &str = action.id().as_ref();
        let is_verb = Verb::ALL.iter().any(|verb| verb.name() == name);
        (!is_verb).then(|| name.rsplit(':').next().unwrap_or(name).into())
    };
    actions.iter().map(class).collect()
}

fn validate(
    schema: &Schema,
    set: &PolicySet,
    cited: &[Cited],
    position: &HashMap<PolicyId, u16>,
    problems: &mut Problems,
) {
    let place = |id: &PolicyId| {
        let found = position.get(id).and_then(|at| cited.get(usize::from(*at)));
        found.map(|cited| cited.place.clone()).unwrap_or_default()
    };
    let result = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
    for error in result.validation_errors() {
        problems.push(said(error, &error.to_string(), &place(error.policy_id())));
    }
    // A policy that can never apply is a mistake of whoever wrote it, and a guardrail that guards nothing.
    for warning in result.validation_warnings() {
        problems.push(said(warning, &warning.to_string(), &place(warning.policy_id())));
    }
}

/// A diagnostic of Cedar's as a problem: at its own place within the file where it has one.
fn said(error: &dyn Diagnostic, message: &str, place: &Place) -> Problem {
    let label = error.labels().and_then(|mut labels| labels.next());
    let at = label.filter(|_| !place.file.text.is_empty()).map_or_else(
        || place.clone(),
        |label| Place::new(&place.file, label.offset()..label.offset() + label.len().max(1)),
    );
    Problem::error(&at, message.trim_end_matches('.')).with_hint_if(error.help().map(|help| help.to_string()))
}

/// What a policy reads of whoever asks, and that it asks a record for nothing but facts.
fn look_through(policy: &Policy, place: &Place, reads: &mut Reads, problems: &mut Problems) {
    let Ok(said) = policy.to_pst() else {
        let message = format!("`{}` can't be looked through", policy.id());
        return problems.push(Problem::error(place, message));
    };
    if let cedar_policy::ResourceConstraint::Eq(_) | cedar_policy::ResourceConstraint::In(_) =
        policy.resource_constraint()
    {
        let message = format!("`{}` names one record, and records are told by their facts only", policy.id());
        problems.push(Problem::error(place, message).with_hint("write `resource is TYPE`, and ask for its facts"));
    }
    match policy.principal_constraint() {
        cedar_policy::PrincipalConstraint::Any | cedar_policy::PrincipalConstraint::Is(_) => {}
        cedar_policy::PrincipalConstraint::Eq(_) => reads.user = true,
        cedar_policy::PrincipalConstraint::In(of) | cedar_policy::PrincipalConstraint::IsIn(_, of) => {
            named(&of.type_name().to_string(), of.id().as_ref(), reads);
        }
    }
    for clause in said.body().clauses() {
        let (Clause::When(condition) | Clause::Unless(condition)) = clause;
        walk(condition, reads, &mut |what| {
            let message = format!("`{}` asks for {what}, which no record can tell", policy.id());
            problems.push(Problem::error(place, message).with_hint("ask for facts: `resource.owner`"));
        });
    }
}

fn named(ty: &str, id: &str, reads: &mut Reads) {
    match ty {
        "Role" if !reads.roles.iter().any(|role| **role == *id) => reads.roles.push(id.into()),
        "Agency" => reads.agency = true,
        "User" => reads.user = true,
        _ => {}
    }
}

fn walk(expr: &pst::Expr, reads: &mut Reads, wrong: &mut impl FnMut(&str)) {
    match expr {
        pst::Expr::GetAttr { expr, attr } if matches!(**expr, pst::Expr::Var(_)) => of_variable(expr, attr, reads),
        pst::Expr::HasAttr { expr, attrs } if matches!(**expr, pst::Expr::Var(_)) => {
            of_variable(expr, &attrs.head, reads);
        }
        pst::Expr::Literal(Literal::EntityUID(uid)) => named(&uid.ty.to_string(), &uid.eid, reads),
        pst::Expr::Var(Var::Resource) => wrong("the record itself"),
        pst::Expr::Var(Var::Context) => *reads = Reads::all(std::mem::take(&mut reads.roles)),
        pst::Expr::Literal(_) | pst::Expr::Slot(_) | pst::Expr::Var(_) => {}
        pst::Expr::UnaryOp { expr, .. }
        | pst::Expr::GetAttr { expr, .. }
        | pst::Expr::HasAttr { expr, .. }
        | pst::Expr::Like { expr, .. } => walk(expr, reads, wrong),
        // Who asks may be in something; a record is in nothing.
        pst::Expr::BinaryOp { op: BinaryOp::In, left, right } => {
            if matches!(**left, pst::Expr::Var(Var::Resource)) {
                wrong("what it is in");
            } else {
                walk(left, reads, wrong);
            }
            walk(right, reads, wrong);
        }
        pst::Expr::BinaryOp { op, left, right } => {
            let whole = |expr: &pst::Expr| matches!(expr, pst::Expr::Var(Var::Principal));
            if matches!(op, BinaryOp::Eq | BinaryOp::NotEq) && (whole(left) || whole(right)) {
                reads.user = true;
            }
            walk(left, reads, wrong);
            walk(right, reads, wrong);
        }
        pst::Expr::Is { expr, in_expr, .. } => {
            if !matches!(**expr, pst::Expr::Var(Var::Resource)) || in_expr.is_some() {
                walk(expr, reads, wrong);
            }
            if let Some(of) = in_expr {
                walk(of, reads, wrong);
            }
        }
        pst::Expr::IfThenElse { cond, then_expr, else_expr } => {
            for expr in [cond, then_expr, else_expr] {
                walk(expr, reads, wrong);
            }
        }
        pst::Expr::Set(all) => all.iter().for_each(|expr| walk(expr, reads, wrong)),
        pst::Expr::Record(all) => all.values().for_each(|expr| walk(expr, reads, wrong)),
        _ => wrong("something new"),
    }
}

fn of_variable(variable: &pst::Expr, attribute: &str, reads: &mut Reads) {
    match (variable, attribute) {
        (pst::Expr::Var(Var::Principal), "id") => reads.user = true,
        (pst::Expr::Var(Var::Principal), "provider") => reads.provider = true,
        (pst::Expr::Var(Var::Principal), "agency") => reads.agency = true,
        (pst::Expr::Var(Var::Principal), "division") => reads.division = true,
        (pst::Expr::Var(Var::Principal), "bar") => reads.bar = true,
        (pst::Expr::Var(Var::Principal), "certifications") => reads.certifications = true,
        (pst::Expr::Var(Var::Principal), "sworn") => reads.sworn = true,
        (pst::Expr::Var(Var::Principal), "subject") => reads.subject = true,
        (pst::Expr::Var(Var::Context), "reason") => reads.reason = true,
        (pst::Expr::Var(Var::Context), "caseRef") => reads.case_ref = true,
        (pst::Expr::Var(Var::Context), "caseHere") => (reads.case_ref, reads.agency) = (true, true),
        (pst::Expr::Var(Var::Context), "onBehalfOf") => reads.on_behalf_of = true,
        (pst::Expr::Var(Var::Context), "breakGlass") => reads.break_glass = true,
        (pst::Expr::Var(Var::Resource), "closed") => reads.closures = true,
        // The purpose and the agreements are always part of a decision.
        _ => {}
    }
}
