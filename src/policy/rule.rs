//! Rule: what remains of the policies for one type, verb and class once it is known who asks: a predicate over a record's facts.
//!
//! Closed and small, so that it takes nanoseconds a record. Its meaning is Cedar's: `&&`, `||` and `if` look no further than they must, and
//! a fact that a record should have and has not is a fault, never "no". A fault in any part denies.

use std::cmp::Ordering;
use std::sync::Arc;

/// The value of a fact of one record, or a part of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar<'a> {
    Truth(bool),
    Number(i64),
    Text(&'a str),
}

/// What a record says of one fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Said<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// It could not be found out.
    Lost,
    One(Scalar<'a>),
    /// Sorted, each once.
    Many(Vec<Scalar<'a>>),
    /// These, and maybe others that could not be found out. Sorted, each once.
    AtLeast(Vec<Scalar<'a>>),
}

/// The facts of one record, in the order of its type's words.
pub type Facts<'a> = [Said<'a>];

/// A part could not be worked out: a fact is missing, a number too great.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault;

/// An expression over the facts of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    Truth(bool),
    Number(i64),
    Text(Arc<str>),
    /// The fact at this position.
    Fact(u8),
    /// Whether the record says it.
    Has(u8),
    Set(Box<[Expr]>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    IsEmpty(Box<Expr>),
    Two(Operator, Box<(Expr, Expr)>),
    Like(Box<Expr>, Box<[Piece]>),
    If(Box<(Expr, Expr, Expr)>),
    /// Always a fault.
    Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    And,
    Or,
    Equal,
    Less,
    LessOrEqual,
    Plus,
    Minus,
    Times,
    Contains,
    ContainsAll,
    ContainsAny,
}

/// A piece of a pattern of `like`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Piece {
    Char(char),
    Any,
}

/// A value while an expression is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value<'a> {
    One(Scalar<'a>),
    Borrowed(&'a [Scalar<'a>]),
    /// Sorted, each once.
    Owned(Vec<Scalar<'a>>),
    /// There may be others. Sorted, each once.
    AtLeast(&'a [Scalar<'a>]),
}

impl<'a> Value<'a> {
    const fn truth(&self) -> Result<bool, Fault> {
        match self {
            Self::One(Scalar::Truth(truth)) => Ok(*truth),
            _ => Err(Fault),
        }
    }

    const fn number(&self) -> Result<i64, Fault> {
        match self {
            Self::One(Scalar::Number(number)) => Ok(*number),
            _ => Err(Fault),
        }
    }

    const fn text(&self) -> Result<&'a str, Fault> {
        match self {
            Self::One(Scalar::Text(text)) => Ok(text),
            _ => Err(Fault),
        }
    }

    fn set(&self) -> Result<&[Scalar<'a>], Fault> {
        match self {
            Self::Borrowed(all) => Ok(all),
            Self::Owned(all) => Ok(all),
            // What hangs on all of them is not known.
            Self::One(_) | Self::AtLeast(_) => Err(Fault),
        }
    }

    const fn of(truth: bool) -> Self {
        Self::One(Scalar::Truth(truth))
    }
}

impl Expr {
    /// # Errors
    /// Where a part could not be worked out, or it is no truth.
    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, Fault> {
        // The common shapes without a value in between.
        match self {
            Self::Truth(truth) => Ok(*truth),
            Self::Not(of) => of.holds(facts).map(|truth| !truth),
            Self::Two(Operator::And, of) => Ok(of.0.holds(facts)? && of.1.holds(facts)?),
            Self::Two(Operator::Or, of) => Ok(of.0.holds(facts)? || of.1.holds(facts)?),
            Self::Has(at) => match facts.get(usize::from(*at)) {
                Some(Said::Lost) => Err(Fault),
                said => Ok(!matches!(said, None | Some(Said::Nothing))),
            },
            _ => self.value(facts)?.truth(),
        }
    }

    fn value<'a>(&'a self, facts: &'a Facts<'_>) -> Result<Value<'a>, Fault> {
        match self {
            Self::Truth(_) | Self::Not(_) | Self::Has(_) | Self::Two(Operator::And | Operator::Or, _) => {
                self.holds(facts).map(Value::of)
            }
            Self::Number(number) => Ok(Value::One(Scalar::Number(*number))),
            Self::Text(text) => Ok(Value::One(Scalar::Text(text))),
            Self::Fact(at) => match facts.get(usize::from(*at)) {
                None | Some(Said::Nothing | Said::Lost) => Err(Fault),
                Some(Said::One(one)) => Ok(Value::One(*one)),
                Some(Said::Many(all)) => Ok(Value::Borrowed(all)),
                Some(Said::AtLeast(all)) => Ok(Value::AtLeast(all)),
            },
            Self::Set(of) => {
                let one = |expr: &'a Self| match expr.value(facts)? {
                    Value::One(one) => Ok(one),
                    Value::Borrowed(_) | Value::Owned(_) | Value::AtLeast(_) => Err(Fault),
                };
                let mut all = of.iter().map(one).collect::<Result<Vec<_>, Fault>>()?;
                all.sort_unstable();
                all.dedup();
                Ok(Value::Owned(all))
            }
            Self::Negative(of) => {
                of.value(facts)?.number()?.checked_neg().map(|number| Value::One(Scalar::Number(number))).ok_or(Fault)
            }
            Self::IsEmpty(of) => match of.value(facts)? {
                Value::AtLeast([_, ..]) => Ok(Value::of(false)),
                of => Ok(Value::of(of.set()?.is_empty())),
            },
            Self::Two(operator, of) => two(*operator, &of.0.value(facts)?, &of.1.value(facts)?),
            Self::Like(of, pattern) => Ok(Value::of(like(of.value(facts)?.text()?, pattern))),
            Self::If(of) => {
                let (test, yes, no) = &**of;
                if test.holds(facts)? { yes.value(facts) } else { no.value(facts) }
            }
            Self::Fault => Err(Fault),
        }
    }

    /// Whether it may fail for a record that says all that it should: a number may become too great.
    #[must_use]
    pub fn may_fail(&self) -> bool {
        match self {
            Self::Truth(_) | Self::Number(_) | Self::Text(_) | Self::Fact(_) | Self::Has(_) => false,
            Self::Set(of) => of.iter().any(Self::may_fail),
            Self::Not(of) | Self::IsEmpty(of) | Self::Like(of, _) => of.may_fail(),
            Self::Two(Operator::Plus | Operator::Minus | Operator::Times, _) | Self::Negative(_) | Self::Fault => true,
            Self::Two(_, of) => of.0.may_fail() || of.1.may_fail(),
            Self::If(of) => of.0.may_fail() || of.1.may_fail() || of.2.may_fail(),
        }
    }

    /// Calls back with the position of each fact that it may look at.
    pub fn facts(&self, seen: &mut impl FnMut(u8)) {
        match self {
            Self::Fact(at) | Self::Has(at) => seen(*at),
            Self::Truth(_) | Self::Number(_) | Self::Text(_) | Self::Fault => {}
            Self::Set(of) => of.iter().for_each(|expr| expr.facts(seen)),
            Self::Not(of) | Self::Negative(of) | Self::IsEmpty(of) | Self::Like(of, _) => of.facts(seen),
            Self::Two(_, of) => {
                of.0.facts(seen);
                of.1.facts(seen);
            }
            Self::If(of) => {
                of.0.facts(seen);
                of.1.facts(seen);
                of.2.facts(seen);
            }
        }
    }
}

fn two<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Fault> {
    let number = |worked: Option<i64>| worked.map(|number| Value::One(Scalar::Number(number))).ok_or(Fault);
    Ok(match operator {
        Operator::And => Value::of(left.truth()? && right.truth()?),
        Operator::Or => Value::of(left.truth()? || right.truth()?),
        Operator::Equal => Value::of(equal(left, right)?),
        Operator::Less => Value::of(left.number()?.cmp(&right.number()?) == Ordering::Less),
        Operator::LessOrEqual => Value::of(left.number()? <= right.number()?),
        Operator::Plus => number(left.number()?.checked_add(right.number()?))?,
        Operator::Minus => number(left.number()?.checked_sub(right.number()?))?,
        Operator::Times => number(left.number()?.checked_mul(right.number()?))?,
        Operator::Contains => match (left, right) {
            (Value::AtLeast(some), Value::One(one)) if some.contains(one) => Value::of(true),
            (left, Value::One(one)) => Value::of(left.set()?.contains(one)),
            // A set of sets is nothing that a fact could be.
            _ => Value::of(false),
        },
        Operator::ContainsAll => match (left, right) {
            (Value::AtLeast(some), right) if right.set()?.iter().all(|one| some.contains(one)) => Value::of(true),
            (left, right) => {
                let all = left.set()?;
                Value::of(right.set()?.iter().all(|one| all.contains(one)))
            }
        },
        Operator::ContainsAny => match (left, right) {
            (Value::AtLeast(some), other) | (other, Value::AtLeast(some))
                if other.set()?.iter().any(|one| some.contains(one)) =>
            {
                Value::of(true)
            }
            (left, right) => {
                let all = left.set()?;
                Value::of(right.set()?.iter().any(|one| all.contains(one)))
            }
        },
    })
}

fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Fault> {
    match (left, right) {
        (Value::One(left), Value::One(right)) => Ok(left == right),
        (Value::AtLeast(_), _) | (_, Value::AtLeast(_)) => Err(Fault),
        // Both are sorted.
        _ => Ok(matches!((left.set(), right.set()), (Ok(left), Ok(right)) if left == right)),
    }
}

/// Wildcards by going back to the last one only: linear but for repeats, and never recursive.
fn like(text: &str, pattern: &[Piece]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut piece) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match (pattern.get(piece), text.get(at)) {
            (Some(Piece::Any), _) => {
                back = Some((piece, at));
                piece += 1;
            }
            (Some(Piece::Char(want)), Some(have)) if want == have => {
                piece += 1;
                at += 1;
            }
            _ => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                piece = star + 1;
                at = from + 1;
            }
        }
    }
    pattern.iter().skip(piece).all(|piece| *piece == Piece::Any)
}

/// All that is left to ask of a record: some permit must hold and no forbid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Rule {
    /// A permit holds whatever the record says.
    pub granted: bool,
    /// Each with the position of its policy.
    pub permits: Vec<(u16, Expr)>,
    pub forbids: Vec<(u16, Expr)>,
    /// Facts that it may look at: a bit a position.
    pub reads: u64,
}

impl Rule {
    #[must_use]
    pub fn new(granted: bool, permits: Vec<(u16, Expr)>, forbids: Vec<(u16, Expr)>) -> Self {
        let mut reads = 0_u64;
        for (_, expr) in permits.iter().chain(&forbids) {
            expr.facts(&mut |at| reads |= 1_u64.checked_shl(u32::from(at)).unwrap_or_default());
        }
        Self { granted, permits, forbids, reads }
    }

    /// # Errors
    /// Where any part could not be worked out: then it is denied.
    pub fn allows(&self, facts: &Facts<'_>) -> Result<bool, Fault> {
        // All are worked out, as Cedar does: a fault anywhere denies, whatever the order.
        let mut forbidden = false;
        for (_, expr) in &self.forbids {
            forbidden |= expr.holds(facts)?;
        }
        let mut granted = self.granted;
        for (_, expr) in &self.permits {
            granted |= expr.holds(facts)?;
        }
        Ok(granted && !forbidden)
    }

    /// The same for a record of which some facts could not be found out, where none of them could change it. What is forbidden by what is
    /// known stays so, and what no permit can grant any more stays denied: whatever else came out, a fault too, would deny.
    #[must_use]
    pub fn known(&self, facts: &Facts<'_>) -> Option<bool> {
        let forbidden = self.forbids.iter().any(|(_, expr)| expr.holds(facts) == Ok(true));
        let granted = self.granted || self.permits.iter().any(|(_, expr)| expr.holds(facts) != Ok(false));
        if forbidden || !granted { Some(false) } else { self.allows(facts).ok() }
    }
}
