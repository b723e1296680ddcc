//! Residual: what Cedar leaves of a policy when the record is not known, as an expression of ours.
//!
//! Only facts can be left, and literals. Whatever else there is could not be answered by a record, so it is an error, and that denies.

use crate::policy::rule::{Expr, Operator, Piece};
use crate::policy::vocabulary::Resource;
use cedar_policy::Policy;
use cedar_policy::pst::{self, BinaryOp, Clause, Literal, PatternElem, UnaryOp, Var};
use std::sync::Arc;

/// The condition of a residual policy.
pub fn expr(policy: &Policy, resource: &Resource) -> Result<Expr, String> {
    let said = policy.to_pst().map_err(|e| format!("`{}`: {e}", policy.id()))?;
    let mut all = Expr::Truth(true);
    for clause in said.body().clauses() {
        let one = match clause {
            Clause::When(condition) => of(condition, resource),
            Clause::Unless(condition) => of(condition, resource).map(|expr| Expr::Not(Box::new(expr))),
        };
        let one = one.map_err(|why| format!("`{}` {why}", policy.id()))?;
        all = if all == Expr::Truth(true) { one } else { two(Operator::And, all, one) };
    }
    Ok(all)
}

fn two(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Two(operator, Box::new((left, right)))
}

fn of(expr: &pst::Expr, resource: &Resource) -> Result<Expr, String> {
    let sub = |expr: &Arc<pst::Expr>| of(expr, resource).map(Box::new);
    let is_resource = |expr: &pst::Expr| matches!(expr, pst::Expr::Var(Var::Resource));
    Ok(match expr {
        pst::Expr::Literal(Literal::Bool(truth)) => Expr::Truth(*truth),
        pst::Expr::Literal(Literal::Long(number)) => Expr::Number(*number),
        pst::Expr::Literal(Literal::String(text)) => Expr::Text(text.as_str().into()),
        pst::Expr::GetAttr { expr, attr } if is_resource(expr) => {
            Expr::Fact(resource.fact(attr).ok_or_else(|| format!("asks for `{attr}`, which is no fact"))?)
        }
        pst::Expr::HasAttr { expr, attrs } if is_resource(expr) && attrs.tail.is_empty() => {
            let word = |at: u8| resource.facts.get(usize::from(at));
            match resource.fact(&attrs.head) {
                None => Expr::Truth(false),
                // What must be said counts as said: one that asks for it then meets a record that does not, and denies.
                Some(at) if word(at).is_some_and(|word| word.required) => Expr::Truth(true),
                Some(at) => Expr::Has(at),
            }
        }
        pst::Expr::Is { expr, entity_type, in_expr: None } if is_resource(expr) => {
            Expr::Truth(entity_type.to_string() == *resource.name)
        }
        pst::Expr::UnaryOp { op: UnaryOp::Not, expr } => Expr::Not(sub(expr)?),
        pst::Expr::UnaryOp { op: UnaryOp::Neg, expr } => Expr::Negative(sub(expr)?),
        pst::Expr::UnaryOp { op: UnaryOp::IsEmpty, expr } => Expr::IsEmpty(sub(expr)?),
        pst::Expr::BinaryOp { op, left, right } => binary(*op, of(left, resource)?, of(right, resource)?)?,
        pst::Expr::Like { expr, pattern } => {
            let piece = |piece: &PatternElem| match piece {
                PatternElem::Char(c) => Piece::Char(*c),
                PatternElem::Wildcard => Piece::Any,
            };
            Expr::Like(sub(expr)?, pattern.iter().map(piece).collect())
        }
        pst::Expr::IfThenElse { cond, then_expr, else_expr } => {
            Expr::If(Box::new((of(cond, resource)?, of(then_expr, resource)?, of(else_expr, resource)?)))
        }
        pst::Expr::Set(all) => Expr::Set(all.iter().map(|expr| of(expr, resource)).collect::<Result<_, _>>()?),
        pst::Expr::ResidualError => Expr::Fault,
        other => return Err(format!("asks what no record can tell: `{other}`")),
    })
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Result<Expr, String> {
    let not = |expr| Expr::Not(Box::new(expr));
    Ok(match op {
        BinaryOp::And => two(Operator::And, left, right),
        BinaryOp::Or => two(Operator::Or, left, right),
        BinaryOp::Eq => two(Operator::Equal, left, right),
        BinaryOp::NotEq => not(two(Operator::Equal, left, right)),
        BinaryOp::Less => two(Operator::Less, left, right),
        BinaryOp::LessEq => two(Operator::LessOrEqual, left, right),
        // As Cedar itself: no less or equal, so a fault on either side is one here.
        BinaryOp::Greater => not(two(Operator::LessOrEqual, left, right)),
        BinaryOp::GreaterEq => not(two(Operator::Less, left, right)),
        BinaryOp::Add => two(Operator::Plus, left, right),
        BinaryOp::Sub => two(Operator::Minus, left, right),
        BinaryOp::Mul => two(Operator::Times, left, right),
        BinaryOp::Contains => two(Operator::Contains, left, right),
        BinaryOp::ContainsAll => two(Operator::ContainsAll, left, right),
        BinaryOp::ContainsAny => two(Operator::ContainsAny, left, right),
        other => return Err(format!("uses `{other:?}` on a record, which no rule can")),
    })
}
