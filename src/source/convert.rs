//! Convert: the closed set of functions from a source's scalar to a cell.
//!
//! A `Ready` is a `Convert` with what it needs looked up once (time zones, codes). It never fails: a value of the wrong type
//! becomes `Cell::Invalid`. Empty text where the graph wants a number, a date or a code is a missing value, as legacy
//! systems write it.

mod money;

use crate::graph::{Convert, TypeId, When};
use crate::record::{Cell, Raw};
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A scalar as a source gives it: JSON and SQL alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// Wide enough for every integer that JSON or SQL gives whole.
    Int(i128),
    Float(f64),
    Text(&'a str),
    /// Of a database that has days and instants of its own.
    Date(Date),
    Instant(Timestamp),
}

/// A [`Convert`], ready for many values.
#[derive(Debug, Clone)]
pub(super) enum Ready {
    Text {
        from_number: bool,
        trim: bool,
    },
    Int,
    Float,
    Bool {
        truth: Vec<Arc<str>>,
        untrue: Vec<Arc<str>>,
        from_number: bool,
    },
    Codes {
        codes: HashMap<Arc<str>, Arc<str>>,
        other: Option<Arc<str>>,
    },
    Member(Vec<Arc<str>>),
    Date(Option<Arc<str>>),
    DateTime {
        when: When,
        zone: Option<TimeZone>,
    },
    SerialDate,
    Money {
        strip: Vec<Arc<str>>,
        cents: bool,
    },
    Find(Regex),
    Unless {
        empty: Vec<Arc<str>>,
        of: Box<Ready>,
    },
    Any,
    Type(Arc<[(Arc<str>, TypeId)]>),
    /// A time zone that nobody knows: no value can be right.
    Never,
}

impl Ready {
    /// `from_sql`: a database without booleans gives 0 and 1 for them.
    pub(super) fn of(convert: &Convert, from_sql: bool) -> Self {
        match convert {
            Convert::Text { from_number, trim } => Self::Text { from_number: *from_number, trim: *trim },
            Convert::Int => Self::Int,
            Convert::Float => Self::Float,
            Convert::Bool { truth, untrue } => {
                Self::Bool { truth: truth.clone(), untrue: untrue.clone(), from_number: from_sql }
            }
            Convert::Codes { codes, other } => Self::Codes { codes: codes.clone(), other: other.clone() },
            Convert::Member(names) => Self::Member(names.clone()),
            Convert::Date(format) => Self::Date(format.clone()),
            Convert::DateTime { when, zone } => match zone.as_deref().map(TimeZone::get).transpose() {
                Ok(zone) => Self::DateTime { when: when.clone(), zone },
                Err(_) => Self::Never,
            },
            Convert::SerialDate => Self::SerialDate,
            Convert::Money { strip, cents } => Self::Money { strip: strip.clone(), cents: *cents },
            Convert::Find(pattern) => Regex::new(pattern).map_or(Self::Never, Self::Find),
            Convert::Unless { empty, of } => {
                Self::Unless { empty: empty.clone(), of: Box::new(Self::of(of, from_sql)) }
            }
            Convert::Any => Self::Any,
        }
    }

    /// The cell for a value; its text goes to the end of the text of `raw`.
    #[inline]
    pub(super) fn cell(&self, scalar: Scalar<'_>, raw: &mut Raw) -> Cell {
        match (self, scalar) {
            (_, Scalar::Null) => Cell::Null,
            // Most are.
            (Self::Text { trim: false, .. }, Scalar::Text(text)) => raw.push_text(text),
            _ => self.converted(scalar, raw),
        }
    }

    fn converted(&self, scalar: Scalar<'_>, raw: &mut Raw) -> Cell {
        let found = match self {
            Self::Unless { empty, of } if !means_none(scalar, empty) => return of.cell(scalar, raw),
            Self::Unless { .. } => Some(Cell::Null),
            Self::Find(pattern) => text(scalar, true, false).map(|text| match found_in(pattern, &text) {
                Some(found) => raw.push_text(found),
                None => Cell::Null,
            }),
            Self::Text { from_number, trim } => text(scalar, *from_number, *trim).map(|text| raw.push_text(&text)),
            Self::Any => any(scalar, raw),
            Self::Bool { truth, untrue, from_number } => boolean(scalar, truth, untrue, *from_number),
            _ if matches!(scalar, Scalar::Text(text) if text.trim().is_empty()) && !self.lists_empty() => {
                Some(Cell::Null)
            }
            Self::Int => int(scalar).map(Cell::Int),
            Self::Float => float(scalar).map(Cell::Float),
            Self::Codes { codes, other } => code(scalar, codes, other.as_ref()).map(|name| raw.push_text(name)),
            Self::Member(names) => member(scalar, names).map(|name| raw.push_text(name)),
            Self::Date(format) => date(scalar, format.as_deref()).map(|date| match (format, scalar) {
                // As the graph writes it already.
                (None, Scalar::Text(text)) if is_full_date(text) => raw.push_text(text),
                _ => push_date(date, raw),
            }),
            Self::SerialDate => money::serial_date(scalar).map(|date| push_date(date, raw)),
            Self::Money { strip, cents } => money::money(scalar, strip, *cents).map(|money| raw.push_text(&money)),
            Self::DateTime { when, zone } => instant(scalar, when, zone.as_ref()).map(|at| raw.push_shown(&at)),
            Self::Type(codes) => concrete(scalar, codes).map(Cell::Type),
            Self::Never => None,
        };
        found.unwrap_or(Cell::Invalid)
    }

    /// Whether empty text is a code of its own, and not a missing value.
    fn lists_empty(&self) -> bool {
        match self {
            Self::Codes { codes, other } => other.is_some() || codes.contains_key(""),
            Self::Type(_) => true,
            _ => false,
        }
    }
}

/// Whether a source writes this where it has no value.
fn means_none(scalar: Scalar<'_>, empty: &[Arc<str>]) -> bool {
    written(scalar).is_some_and(|text| empty.iter().any(|none| **none == *text.trim()))
}

/// The first group of a pattern where it has one, else all that it matches.
fn found_in<'t>(pattern: &Regex, text: &'t str) -> Option<&'t str> {
    let found = pattern.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|found| found.as_str()).filter(|found| !found.is_empty())
}

/// A scalar as text: what codes and truths are compared with.
fn written(scalar: Scalar<'_>) -> Option<Cow<'_, str>> {
    match scalar {
        Scalar::Text(text) => Some(Cow::Borrowed(text)),
        Scalar::Int(int) => Some(Cow::Owned(int.to_string())),
        Scalar::Bool(bool) => Some(Cow::Borrowed(if bool { "true" } else { "false" })),
        Scalar::Date(date) => Some(Cow::Owned(date.to_string())),
        // In microseconds, as databases have it.
        Scalar::Instant(at) => Some(Cow::Owned(format!("{at:.6}"))),
        Scalar::Float(_) | Scalar::Null => None,
    }
}

fn text(scalar: Scalar<'_>, from_number: bool, trim: bool) -> Option<Cow<'_, str>> {
    match scalar {
        Scalar::Text(text) => Some(Cow::Borrowed(if trim { text.trim() } else { text })),
        // A number with a fraction, or too large to be given whole, is no identifier.
        Scalar::Int(int) if from_number => Some(Cow::Owned(int.to_string())),
        Scalar::Date(_) | Scalar::Instant(_) => written(scalar),
        _ => None,
    }
}

fn any(scalar: Scalar<'_>, raw: &mut Raw) -> Option<Cell> {
    match scalar {
        Scalar::Text(text) => Some(raw.push_text(text)),
        Scalar::Date(_) | Scalar::Instant(_) => written(scalar).map(|text| raw.push_text(&text)),
        Scalar::Bool(bool) => Some(Cell::Bool(bool)),
        Scalar::Int(int) => i64::try_from(int).ok().map(Cell::Int),
        Scalar::Float(float) => float.is_finite().then_some(Cell::Float(float)),
        Scalar::Null => Some(Cell::Null),
    }
}

fn boolean(scalar: Scalar<'_>, truth: &[Arc<str>], untrue: &[Arc<str>], from_number: bool) -> Option<Cell> {
    match scalar {
        Scalar::Bool(bool) => Some(Cell::Bool(bool)),
        Scalar::Int(int @ (0 | 1)) if truth.is_empty() && from_number => Some(Cell::Bool(int == 1)),
        _ if truth.is_empty() => None,
        _ => {
            let written = written(scalar)?;
            let written = written.trim();
            let is_in = |texts: &[Arc<str>]| texts.iter().any(|text| **text == *written);
            let truth = is_in(truth);
            (truth || untrue.is_empty() || is_in(untrue)).then_some(Cell::Bool(truth))
        }
    }
}

/// The GraphQL specification's `Int`: 32 bits.
fn int(scalar: Scalar<'_>) -> Option<i64> {
    let int = match scalar {
        Scalar::Int(int) => i32::try_from(int).ok()?,
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
        Scalar::Float(float) if float.fract() == 0.0 && float.abs() <= f64::from(i32::MAX) => float as i32,
        Scalar::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(i64::from(int))
}

fn float(scalar: Scalar<'_>) -> Option<f64> {
    let float = match scalar {
        Scalar::Float(float) => float,
        #[expect(clippy::cast_precision_loss, reason = "a `Float` of the graph has 53 bits")]
        Scalar::Int(int) => int as f64,
        Scalar::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    float.is_finite().then_some(float)
}

fn code<'a>(
    scalar: Scalar<'_>,
    codes: &'a HashMap<Arc<str>, Arc<str>>,
    other: Option<&'a Arc<str>>,
) -> Option<&'a str> {
    let written = written(scalar)?;
    // Columns of fixed width are padded.
    let found = codes.get(&*written).or_else(|| codes.get(written.trim()));
    found.or(other).map(|name| &**name)
}

fn member<'a>(scalar: Scalar<'_>, names: &'a [Arc<str>]) -> Option<&'a str> {
    let Scalar::Text(text) = scalar else { return None };
    names.iter().find(|name| ***name == *text).map(|name| &**name)
}

fn concrete(scalar: Scalar<'_>, codes: &[(Arc<str>, TypeId)]) -> Option<TypeId> {
    let written = written(scalar)?;
    codes.iter().find(|(code, _)| **code == *written).map(|(_, id)| *id)
}

/// `2026-02-14`, by its form.
fn is_full_date(text: &str) -> bool {
    let hyphen = |at: usize| matches!(at, 4 | 7);
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if hyphen(at) { byte == b'-' } else { byte.is_ascii_digit() })
}

fn date(scalar: Scalar<'_>, format: Option<&str>) -> Option<Date> {
    let date = match (format, scalar) {
        (None, Scalar::Date(date)) => date,
        (None, Scalar::Text(text)) => text.trim().parse().ok()?,
        (None, _) => return None,
        // A number too, by `%Y%m%d`.
        (Some(format), _) => BrokenDownTime::parse(format, written(scalar)?.trim()).ok()?.to_date().ok()?,
    };
    (date.year() >= 0).then_some(date)
}

/// As jiff shows it, digit by digit: databases give many days, and to format one takes longer than to read the rest of its row.
fn push_date(date: Date, raw: &mut Raw) -> Cell {
    let Ok(year) = u16::try_from(date.year()) else { return raw.push_shown(&date) };
    let digit = |number: u16| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let two = |number: i8| {
        let number = u16::from(number.unsigned_abs());
        [digit(number / 10), digit(number)]
    };
    let ([m, o], [d, y]) = (two(date.month()), two(date.day()));
    let text = [digit(year / 1_000), digit(year / 100), digit(year / 10), digit(year), b'-', m, o, b'-', d, y];
    std::str::from_utf8(&text).map_or(Cell::Invalid, |text| raw.push_text(text))
}

fn instant(scalar: Scalar<'_>, when: &When, zone: Option<&TimeZone>) -> Option<Timestamp> {
    let at = match (when, scalar) {
        (When::Rfc3339, Scalar::Instant(at)) => at,
        (When::Rfc3339, Scalar::Date(date)) => local(date.into(), zone)?,
        (When::Rfc3339, Scalar::Text(text)) => {
            let text = text.trim();
            text.parse::<Timestamp>().ok().or_else(|| local(text.parse().ok()?, zone))?
        }
        (When::EpochSeconds, _) => epoch(scalar, 1_000_000_000)?,
        (When::EpochMillis, _) => epoch(scalar, 1_000_000)?,
        (When::Format(format), _) => {
            let text = written(scalar)?;
            let parsed = BrokenDownTime::parse(format.as_bytes(), text.trim().as_bytes()).ok()?;
            parsed.to_timestamp().ok().or_else(|| local(parsed.to_datetime().ok()?, zone))?
        }
        _ => return None,
    };
    // RFC 3339 has years of four digits.
    (at >= Timestamp::constant(-62_167_219_200, 0)).then_some(at)
}

/// Time in a gap or a fold of the zone: jiff's `compatible`, the later offset's time in a gap, the earlier instant in a fold.
fn local(at: DateTime, zone: Option<&TimeZone>) -> Option<Timestamp> {
    zone?.to_timestamp(at).ok()
}

fn epoch(scalar: Scalar<'_>, unit_ns: i128) -> Option<Timestamp> {
    match scalar {
        Scalar::Int(int) => Timestamp::from_nanosecond(int.checked_mul(unit_ns)?).ok(),
        Scalar::Float(float) => {
            #[expect(clippy::cast_precision_loss, reason = "a billion is exact")]
            let duration = SignedDuration::try_from_secs_f64(float * (unit_ns as f64 / 1e9)).ok()?;
            Timestamp::from_duration(duration).ok()
        }
        Scalar::Text(text) => {
            let text = text.trim();
            match text.parse() {
                Ok(int) => epoch(Scalar::Int(int), unit_ns),
                Err(_) => epoch(Scalar::Float(text.parse().ok()?), unit_ns),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::SourceId;

    /// The value as JSON, the function, and what comes of it.
    fn check(convert: &Convert, json: &str, expect: &str) {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let scalar = match &value {
            serde_json::Value::Null => Scalar::Null,
            serde_json::Value::Bool(bool) => Scalar::Bool(*bool),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Scalar::Int(int.into()),
                (_, Some(int)) => Scalar::Int(int.into()),
                _ => Scalar::Float(number.as_f64().unwrap()),
            },
            serde_json::Value::String(text) => Scalar::Text(text),
            _ => unreachable!(),
        };
        let mut raw = Raw::empty(Arc::default(), SourceId(0));
        let shown = match Ready::of(convert, false).cell(scalar, &mut raw) {
            Cell::Text(span) => format!("\"{}\"", raw.text(span)),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expect, "{convert:?} of {json}");
    }

    #[test]
    fn text() {
        let plain = Convert::Text { from_number: false, trim: false };
        check(&plain, r#"" a ""#, "\" a \"");
        check(&plain, r#""""#, "\"\"");
        check(&plain, "1", "Invalid");
        check(&plain, "null", "Null");
        let number = Convert::Text { from_number: true, trim: true };
        check(&number, r#"" a ""#, "\"a\"");
        check(&number, "18446744073709551615", "\"18446744073709551615\"");
        check(&number, "1.5", "Invalid");
        check(&number, "true", "Invalid");
    }

    #[test]
    fn days_are_shown_as_jiff_shows_them() {
        for date in [Date::MAX, Date::constant(0, 1, 1), Date::constant(987, 10, 9), Date::constant(2026, 11, 30)] {
            let mut raw = Raw::empty(Arc::default(), SourceId(0));
            assert!(matches!(push_date(date, &mut raw), Cell::Text(_)));
            assert_eq!(raw.text, date.to_string());
        }
    }

    #[test]
    fn numbers() {
        check(&Convert::Int, "2147483647", "Int(2147483647)");
        check(&Convert::Int, "2147483648", "Invalid");
        check(&Convert::Int, "3.0", "Int(3)");
        check(&Convert::Int, "3.5", "Invalid");
        check(&Convert::Int, r#"" -7 ""#, "Int(-7)");
        check(&Convert::Int, r#""seven""#, "Invalid");
        check(&Convert::Int, r#""""#, "Null");
        check(&Convert::Int, "true", "Invalid");
        check(&Convert::Float, "1", "Float(1.0)");
        check(&Convert::Float, r#""2.5""#, "Float(2.5)");
        check(&Convert::Float, r#""NaN""#, "Invalid");
    }

    #[test]
    fn booleans() {
        let plain = Convert::Bool { truth: vec![], untrue: vec![] };
        check(&plain, "true", "Bool(true)");
        check(&plain, "1", "Invalid");
        check(&plain, r#""true""#, "Invalid");
        let truth = Convert::Bool { truth: vec!["Y".into(), "1".into()], untrue: vec![] };
        check(&truth, r#""Y""#, "Bool(true)");
        check(&truth, "1", "Bool(true)");
        check(&truth, r#""N""#, "Bool(false)");
        check(&truth, r#""""#, "Bool(false)");
        check(&truth, "1.5", "Invalid");
        let strict = Convert::Bool { truth: vec!["Y".into()], untrue: vec!["N".into(), "0".into()] };
        check(&strict, r#""Y""#, "Bool(true)");
        check(&strict, r#"" N ""#, "Bool(false)");
        check(&strict, "0", "Bool(false)");
        check(&strict, "false", "Bool(false)");
        check(&strict, r#""U""#, "Invalid");
        check(&strict, r#""""#, "Invalid");
        check(&strict, "null", "Null");
    }

    #[test]
    fn codes() {
        let codes: HashMap<Arc<str>, Arc<str>> =
            [("IN".into(), "IN_CUSTODY".into()), ("1".into(), "ONE".into())].into();
        let closed = Convert::Codes { codes: codes.clone(), other: None };
        check(&closed, r#""IN""#, "\"IN_CUSTODY\"");
        check(&closed, r#""IN  ""#, "\"IN_CUSTODY\"");
        check(&closed, "1", "\"ONE\"");
        check(&closed, r#""OUT""#, "Invalid");
        check(&closed, r#""""#, "Null");
        let open = Convert::Codes { codes, other: Some("OTHER".into()) };
        check(&open, r#""OUT""#, "\"OTHER\"");
        let member = Convert::Member(vec!["A".into()]);
        check(&member, r#""A""#, "\"A\"");
        check(&member, r#""a""#, "Invalid");
    }

    #[test]
    fn dates() {
        check(&Convert::Date(None), r#""1990-01-02""#, "\"1990-01-02\"");
        check(&Convert::Date(None), r#""1990-02-30""#, "Invalid");
        check(&Convert::Date(None), "19900102", "Invalid");
        check(&Convert::Date(Some("%m/%d/%Y".into())), r#""02/03/1990""#, "\"1990-02-03\"");
        check(&Convert::Date(Some("%m/%d/%Y".into())), r#""13/03/1990""#, "Invalid");
        check(&Convert::Date(Some("%Y%m%d".into())), "19900203", "\"1990-02-03\"");
        check(&Convert::Date(Some("%m/%d/%Y".into())), r#""""#, "Null");
    }

    #[test]
    fn instants() {
        let of = |when, zone: Option<&str>| Convert::DateTime { when, zone: zone.map(Into::into) };
        let rfc = of(When::Rfc3339, None);
        check(&rfc, r#""2024-01-02T03:04:05-07:00""#, "\"2024-01-02T10:04:05Z\"");
        check(&rfc, r#""2024-01-02T03:04:05.120Z""#, "\"2024-01-02T03:04:05.12Z\"");
        check(&rfc, r#""2024-01-02T03:04:05""#, "Invalid");
        check(&rfc, "17", "Invalid");
        check(&of(When::EpochSeconds, None), "0", "\"1970-01-01T00:00:00Z\"");
        check(&of(When::EpochSeconds, None), "1.5", "\"1970-01-01T00:00:01.5Z\"");
        check(&of(When::EpochSeconds, None), r#""60""#, "\"1970-01-01T00:01:00Z\"");
        check(&of(When::EpochSeconds, None), "1e300", "Invalid");
        check(&of(When::EpochMillis, None), "1500", "\"1970-01-01T00:00:01.5Z\"");
        check(&of(When::EpochMillis, None), "-9223372036854775808", "Invalid");
        let denver = of(When::Format("%m/%d/%Y %H:%M".into()), Some("America/Denver"));
        check(&denver, r#""07/04/2024 12:00""#, "\"2024-07-04T18:00:00Z\"");
        // A gap: the clock went from 02:00 to 03:00.
        check(&denver, r#""03/10/2024 02:30""#, "\"2024-03-10T09:30:00Z\"");
        // A fold: 01:30 came twice.
        check(&denver, r#""11/03/2024 01:30""#, "\"2024-11-03T07:30:00Z\"");
        check(&denver, r#""07/04/2024""#, "Invalid");
        check(
            &of(When::Format("%Y-%m-%d %H:%M %z".into()), None),
            r#""2024-01-02 03:04 +0100""#,
            "\"2024-01-02T02:04:00Z\"",
        );
        check(&of(When::Rfc3339, Some("Nowhere/At_All")), r#""2024-01-02T03:04:05Z""#, "Invalid");
    }

    /// Those of a database, as any field may want them.
    #[test]
    fn days_and_instants_of_a_database() {
        let check = |convert: &Convert, scalar: Scalar<'_>, expect: &str| {
            let mut raw = Raw::empty(Arc::default(), SourceId(0));
            let shown = match Ready::of(convert, true).cell(scalar, &mut raw) {
                Cell::Text(span) => raw.text(span).to_owned(),
                other => format!("{other:?}"),
            };
            assert_eq!(shown, expect, "{convert:?} of {scalar:?}");
        };
        let day = Scalar::Date(Date::constant(2024, 2, 29));
        let at = Scalar::Instant("2024-01-02T03:04:05.12Z".parse().unwrap());
        let of = |when, zone: Option<&str>| Convert::DateTime { when, zone: zone.map(Into::into) };
        let text = Convert::Text { from_number: false, trim: false };
        check(&Convert::Date(None), day, "2024-02-29");
        check(&Convert::Date(None), Scalar::Date(Date::constant(-43, 3, 15)), "Invalid");
        check(&Convert::Date(None), at, "Invalid");
        check(&Convert::Date(Some("%Y-%m-%d".into())), day, "2024-02-29");
        check(&of(When::Rfc3339, None), at, "2024-01-02T03:04:05.12Z");
        check(&of(When::Rfc3339, None), day, "Invalid");
        check(&of(When::Rfc3339, Some("America/Denver")), day, "2024-02-29T07:00:00Z");
        check(&of(When::EpochSeconds, None), at, "Invalid");
        check(&of(When::Format("%Y-%m-%dT%H:%M:%S%.fZ".into()), Some("UTC")), at, "2024-01-02T03:04:05.12Z");
        check(&text, day, "2024-02-29");
        check(&text, at, "2024-01-02T03:04:05.120000Z");
        check(&Convert::Any, at, "2024-01-02T03:04:05.120000Z");
        check(&Convert::Int, day, "Invalid");
        check(&Convert::Codes { codes: [("2024-02-29".into(), "LEAP".into())].into(), other: None }, day, "LEAP");
    }

    #[test]
    fn anything() {
        check(&Convert::Any, "1.5", "Float(1.5)");
        check(&Convert::Any, r#""x""#, "\"x\"");
        check(&Convert::Any, "18446744073709551615", "Invalid");
    }
}
