//! Scalar: input coercion of leaves, from JSON and from literals, as the specification (3.5) and graphql-js 16 have it.

use super::frontend::Literal;
use serde_json::{Number, Value};
use std::borrow::Cow;

/// The value of a variable as this scalar, or `None` where it is none. A scalar that we don't know takes anything.
pub(super) fn from_json<'v>(scalar: &str, value: &'v Value) -> Option<Cow<'v, Value>> {
    let as_it_stands = |good: bool| good.then_some(Cow::Borrowed(value));
    match scalar {
        "Int" => int(value).map(|int| Cow::Owned(int.into())),
        "Float" => value.as_f64().and_then(float).map(Cow::Owned),
        "String" => as_it_stands(value.is_string()),
        "Boolean" => as_it_stands(value.is_boolean()),
        "ID" => id(value),
        "Date" => as_it_stands(value.as_str().is_some_and(is_date)),
        "DateTime" => as_it_stands(value.as_str().is_some_and(is_date_time)),
        "Money" => as_it_stands(value.as_str().is_some_and(is_money)),
        _ => as_it_stands(true),
    }
}

/// The value of a literal that is neither a variable, a list nor an object.
pub(super) fn from_literal(scalar: &str, literal: &Literal) -> Option<Value> {
    match (scalar, literal) {
        ("Int", Literal::Int(text)) => text.try_to_i32().ok().map(Value::from),
        ("Float", Literal::Int(text)) => text.try_to_f64().ok().and_then(float),
        ("Float", Literal::Float(text)) => text.try_to_f64().ok().and_then(float),
        ("String" | "ID", Literal::String(text)) => Some(Value::from(text.as_str())),
        ("ID", Literal::Int(text)) => Some(Value::from(text.as_str())),
        ("Boolean", Literal::Boolean(value)) => Some(Value::from(*value)),
        ("Date", Literal::String(text)) => is_date(text).then(|| Value::from(text.as_str())),
        ("DateTime", Literal::String(text)) => is_date_time(text).then(|| Value::from(text.as_str())),
        ("Money", Literal::String(text)) => is_money(text).then(|| Value::from(text.as_str())),
        (scalar, _) if is_known(scalar) => None,
        (_, literal) => plain(literal),
    }
}

/// Whether the scalar takes some values only.
pub(super) fn is_known(scalar: &str) -> bool {
    matches!(scalar, "Int" | "Float" | "String" | "ID" | "Boolean" | "Date" | "DateTime" | "Money")
}

/// Whether a literal can be of this scalar: what validation asks of `Date`, `DateTime` and `Money`, which the compiler takes for
/// scalars that anything goes for.
pub(super) fn accepts(scalar: &str, literal: &Literal) -> bool {
    !matches!(scalar, "Date" | "DateTime" | "Money") || from_literal(scalar, literal).is_some()
}

/// `"x" is not a Date: expected YYYY-MM-DD`.
pub(super) fn expectation(scalar: &str, shown: &str) -> String {
    let expected = match scalar {
        "Int" => "expected a whole number of 32 bits",
        "Float" => "expected a number",
        "String" => "expected a string",
        "Boolean" => "expected true or false",
        "ID" => "expected a string or a whole number",
        "Date" => "expected a day of the calendar, YYYY-MM-DD",
        "DateTime" => "expected RFC 3339, as in 2024-05-01T09:30:00Z",
        "Money" => "expected dollars, a point and cents, as in 5000.00",
        _ => return format!("{shown} is not a value of `{scalar}`"),
    };
    format!("{shown} is not a value of `{scalar}`: {expected}")
}

/// What the client sent, in at most 100 characters.
pub(super) fn shown(value: &impl std::fmt::Display) -> String {
    const LENGTH_MAX: usize = 100;
    let text = value.to_string();
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A literal for a scalar that we don't know, without regard to its type; `None` for composite ones and variables.
pub(super) fn plain(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Null => Some(Value::Null),
        Literal::Enum(name) => Some(Value::from(name.as_str())),
        Literal::String(text) => Some(Value::from(text.as_str())),
        Literal::Boolean(value) => Some(Value::from(*value)),
        Literal::Int(text) => {
            text.as_str().parse::<i64>().ok().map(Value::from).or_else(|| text.try_to_f64().ok().and_then(float))
        }
        Literal::Float(text) => text.try_to_f64().ok().and_then(float),
        Literal::Variable(_) | Literal::List(_) | Literal::Object(_) => None,
    }
}

/// `1.0` and `1e3` are whole numbers too: JSON has one kind of number.
fn int(value: &Value) -> Option<i32> {
    match value.as_i64() {
        Some(whole) => i32::try_from(whole).ok(),
        None => value.as_f64().filter(|number| number.fract() == 0.0).and_then(|number| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be a whole number within the bounds of i32"
            )]
            (number >= f64::from(i32::MIN) && number <= f64::from(i32::MAX)).then_some(number as i32)
        }),
    }
}

fn float(number: f64) -> Option<Value> {
    Number::from_f64(number).map(Value::Number)
}

fn id(value: &Value) -> Option<Cow<'_, Value>> {
    let text = match value {
        Value::String(_) => return Some(Cow::Borrowed(value)),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        Value::Number(number) => {
            number.as_f64().filter(|number| number.fract() == 0.0).map(|number| format!("{number:.0}"))?
        }
        _ => return None,
    };
    Some(Cow::Owned(Value::from(text)))
}

/// RFC 3339 full-date.
pub(super) fn is_date(text: &str) -> bool {
    shaped(text.as_bytes(), b"dddd-dd-dd") && text.parse::<jiff::civil::Date>().is_ok()
}

/// Digits, a point, two digits; no zeros before them.
pub(super) fn is_money(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(dollars, cents)| {
        digits(dollars) && digits(cents) && cents.len() == 2 && (dollars == "0" || !dollars.starts_with('0'))
    })
}

/// RFC 3339 date-time, `T` and `Z` in capitals, with any offset and any fraction of a second.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some((clock, rest)) = time.split_at_checked(8) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    is_date(date)
        && shaped(clock.as_bytes(), b"dd:dd:dd")
        && within(clock, 0, 23)
        && within(clock, 3, 59)
        // A leap second is written as 60.
        && within(clock, 6, 60)
        && (zone == "Z"
            || zone.strip_prefix(['+', '-']).is_some_and(|offset| {
                shaped(offset.as_bytes(), b"dd:dd") && within(offset, 0, 23) && within(offset, 3, 59)
            }))
}

/// `d` in the pattern stands for a digit, anything else for itself.
fn shaped(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
}

fn within(text: &str, at: usize, max: u8) -> bool {
    text.get(at..at + 2).and_then(|two| two.parse::<u8>().ok()).is_some_and(|number| number <= max)
}
