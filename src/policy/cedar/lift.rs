//! Lift: what an emergency may change. A policy that looks at `context.breakGlass` must say so, and may do so for the records of one person only.
//!
//! A guardrail is lifted by an `unless` of its own, a grant is given by its `when`; both ask that the record's subject be the person for whom
//! the emergency was opened. Whatever else a policy would do with an emergency is refused when it is read.

use crate::graph::problem::{Place, Problem, Problems};
use cedar_policy::pst::{self, BinaryOp, Clause, UnaryOp, Var};
use cedar_policy::{Effect, Policy};

/// What must be said by policies that an emergency changes.
const BY: &str = "break-glass";

/// Everything that is wrong with what a policy does in an emergency.
pub fn check(policy: &Policy, place: &Place, problems: &mut Problems) {
    let (own, other) = match policy.effect() {
        Effect::Forbid => ("lifted_by", "granted_by"),
        Effect::Permit => ("granted_by", "lifted_by"),
    };
    let mut wrong = |message: String, hint: &str| problems.push(Problem::error(place, message).with_hint(hint));
    let id = policy.id();
    if policy.annotation(other).is_some() {
        wrong(format!("`{id}` says `@{other}`"), "a guardrail is `@lifted_by`, a grant `@granted_by`");
    }
    let says = policy.annotation(own);
    if let Some(says) = says.filter(|says| *says != BY) {
        wrong(format!("`{id}` says `@{own}(\"{says}\")`"), "there is `break-glass` and nothing else");
    }
    let Ok(said) = policy.to_pst() else { return };
    let mut all = Vec::new();
    for clause in said.body().clauses() {
        match clause {
            Clause::When(condition) => conjuncts(condition, &mut all),
            Clause::Unless(condition) => all.push(Part::Not(condition)),
        }
    }
    let reading: Vec<&Part<'_>> = all.iter().filter(|part| reads(part.expr())).collect();
    match (says, reading.as_slice()) {
        (None, []) => {}
        (None, _) => {
            let message = format!("`{id}` looks at `context.breakGlass` and does not say so");
            wrong(message, &format!("write `@{own}(\"{BY}\")` before it"));
        }
        (Some(_), []) => wrong(format!("`{id}` says `@{own}`, and looks at no `context.breakGlass`"), FORM),
        (Some(_), parts) => {
            let holds = match policy.effect() {
                Effect::Forbid => matches!(parts, [Part::Not(condition)] if is_of_the_person(condition)),
                Effect::Permit => parts.iter().any(|part| matches!(part, Part::Is(expr) if is_same(expr))),
            };
            if !holds {
                wrong(format!("`{id}` does more in an emergency than it may"), FORM);
            }
        }
    }
}

const FORM: &str = "ask in one `unless` of a guardrail, or in the `when` of a grant: \
    `context has breakGlass && resource has subject && resource.subject == context.breakGlass`, and what else must be so";

/// One of the conditions that must all be so.
enum Part<'p> {
    Is(&'p pst::Expr),
    Not(&'p pst::Expr),
}

impl<'p> Part<'p> {
    const fn expr(&self) -> &'p pst::Expr {
        match self {
            Self::Is(expr) | Self::Not(expr) => expr,
        }
    }
}

/// Recursion is bounded by Cedar's own parser.
fn conjuncts<'p>(expr: &'p pst::Expr, all: &mut Vec<Part<'p>>) {
    match expr {
        pst::Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            conjuncts(left, all);
            conjuncts(right, all);
        }
        pst::Expr::UnaryOp { op: UnaryOp::Not, expr } => all.push(Part::Not(expr)),
        other => all.push(Part::Is(other)),
    }
}

/// Whether a condition can only hold for the records of the emergency's person.
fn is_of_the_person(condition: &pst::Expr) -> bool {
    let mut all = Vec::new();
    conjuncts(condition, &mut all);
    all.iter().any(|part| matches!(part, Part::Is(expr) if is_same(expr)))
}

/// `resource.subject == context.breakGlass`
fn is_same(expr: &pst::Expr) -> bool {
    let pst::Expr::BinaryOp { op: BinaryOp::Eq, left, right } = expr else { return false };
    let is = |expr: &pst::Expr, of: Var, name: &str| matches!(expr, pst::Expr::GetAttr { expr, attr } if *attr == *name && matches!(&**expr, pst::Expr::Var(var) if *var == of));
    let pair =
        |one: &pst::Expr, other: &pst::Expr| is(one, Var::Resource, "subject") && is(other, Var::Context, "breakGlass");
    pair(left, right) || pair(right, left)
}

/// Whether an expression looks at the emergency.
fn reads(expr: &pst::Expr) -> bool {
    let is_context = |expr: &pst::Expr| matches!(expr, pst::Expr::Var(Var::Context));
    match expr {
        pst::Expr::GetAttr { expr, attr } if is_context(expr) => *attr == *"breakGlass",
        pst::Expr::HasAttr { expr, attrs } if is_context(expr) => attrs.head == *"breakGlass",
        pst::Expr::UnaryOp { expr, .. }
        | pst::Expr::GetAttr { expr, .. }
        | pst::Expr::HasAttr { expr, .. }
        | pst::Expr::Like { expr, .. } => reads(expr),
        pst::Expr::BinaryOp { left, right, .. } => reads(left) || reads(right),
        pst::Expr::Is { expr, in_expr, .. } => reads(expr) || in_expr.as_ref().is_some_and(|expr| reads(expr)),
        pst::Expr::IfThenElse { cond, then_expr, else_expr } => {
            [cond, then_expr, else_expr].into_iter().any(|expr| reads(expr))
        }
        pst::Expr::Set(all) => all.iter().any(|expr| reads(expr)),
        pst::Expr::Record(all) => all.values().any(|expr| reads(expr)),
        // The whole of what is said with a request, the emergency in it.
        pst::Expr::Var(Var::Context) => true,
        _ => false,
    }
}
