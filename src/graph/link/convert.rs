//! Convert: the function between a source's scalar and the graph's, out of a closed set, and whether it fits the type.

use crate::graph::binding::{Constant, Convert, When};
use crate::graph::problem::{Problem, Problems, nearest};
use crate::graph::written::{Mapping, Text};
use crate::graph::{FieldId, Graph, Kind, Scalar, Ty, Wrap};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// The words of a mapping and what each is for.
const WORDS: [(&str, &str); 18] = [
    ("date", "`Date`"),
    ("datetime", "`DateTime`"),
    ("zone", "`DateTime`"),
    ("codes", "enums"),
    ("other", "enums"),
    ("truth", "`Boolean`"),
    ("untrue", "`Boolean`"),
    ("text", "`ID` and `String`"),
    ("trim", "`ID` and `String`"),
    ("empty", "plain values and links"),
    ("strip", "`Money`"),
    ("cents", "`Money`"),
    ("find", "`ID`, `String` and links"),
    ("crosswalk", "fields that lead to a record (`@link`)"),
    ("fields", "objects"),
    ("each", "lists of objects"),
    ("type", "interfaces and unions"),
    ("on", "interfaces and unions"),
];

/// The function for a leaf field; none with a problem.
pub(super) fn convert(graph: &Graph, id: FieldId, written: &Mapping, problems: &mut Problems) -> Option<Convert> {
    let before = problems.0.len();
    let field = graph.field(id);
    let kind = &graph.type_of(field.ty.named).kind;
    let fitting: &[&str] = match kind {
        _ if written.is.is_some() => &[],
        Kind::Enum(_) => &["empty", "codes", "other"],
        Kind::Scalar(Scalar::Id | Scalar::String) => &["empty", "text", "trim", "find"],
        Kind::Scalar(Scalar::Boolean) => &["empty", "truth", "untrue"],
        Kind::Scalar(Scalar::Date) => &["empty", "date"],
        Kind::Scalar(Scalar::DateTime) => &["empty", "datetime", "zone"],
        Kind::Scalar(Scalar::Money) => &["empty", "strip", "cents"],
        _ => &["empty"],
    };
    only(graph, id, written, fitting, problems);
    if let Some(is) = &written.is {
        constant(graph, id, written, is, problems);
    }
    let convert = match kind {
        Kind::Enum(members) => enumeration(graph, id, members, written, problems),
        Kind::Scalar(Scalar::Int) => Convert::Int,
        Kind::Scalar(Scalar::Float) => Convert::Float,
        Kind::Scalar(Scalar::Boolean) => boolean(written, problems),
        Kind::Scalar(Scalar::Money) => {
            let strip = written.strip.iter().map(|word| Arc::clone(&word.value)).collect();
            Convert::Money { strip, cents: written.cents }
        }
        Kind::Scalar(Scalar::Id | Scalar::String) if written.find.is_some() => finding(written, problems)?,
        Kind::Scalar(Scalar::Id) => Convert::Text { from_number: true, trim: written.trim },
        Kind::Scalar(Scalar::String) => Convert::Text { from_number: written.text, trim: written.trim },
        Kind::Scalar(Scalar::Date) if written.date.as_ref().is_some_and(|form| &*form.value == "excel") => {
            Convert::SerialDate
        }
        Kind::Scalar(Scalar::Date) => Convert::Date(date(written, problems)),
        Kind::Scalar(Scalar::DateTime) if written.is.is_some() => Convert::DateTime { when: When::Rfc3339, zone: None },
        Kind::Scalar(Scalar::DateTime) => instant(written, problems)?,
        _ => Convert::Any,
    };
    (problems.0.len() == before).then(|| unless(written, convert))
}

/// What a source writes for "no value" is none, whatever the function would make of it.
fn unless(written: &Mapping, of: Convert) -> Convert {
    if written.empty.is_empty() {
        return of;
    }
    let empty = written.empty.iter().map(|text| Arc::from(text.value.trim())).collect();
    Convert::Unless { empty, of: Box::new(of) }
}

/// The function for each part of a key that a record holds.
pub(super) fn key(written: &Mapping, problems: &mut Problems) -> Option<Convert> {
    let of = match &written.find {
        Some(_) => finding(written, problems)?,
        None => Convert::Text { from_number: true, trim: written.trim },
    };
    Some(unless(written, of))
}

/// A regular expression that finds something, and is not beyond measure.
fn finding(written: &Mapping, problems: &mut Problems) -> Option<Convert> {
    let find = written.find.as_ref()?;
    if regex::Regex::new(&find.value).is_ok() {
        return Some(Convert::Find(Arc::clone(&find.value)));
    }
    let problem = Problem::error(&find.place, "this is not a regular expression");
    problems.push(problem.with_hint(
        "for example `find = '^\\d{1,2}-\\d{1,3}-\\d{3,4}'`, in single quotes; where it has a group, that is what is wanted",
    ));
    None
}

/// Reports the words that don't fit the field.
pub(super) fn only(graph: &Graph, id: FieldId, written: &Mapping, fitting: &[&str], problems: &mut Problems) {
    for said in &written.said {
        let Some((word, what_for)) = WORDS.iter().find(|(word, _)| **word == *said.value) else { continue };
        if !fitting.contains(word) {
            let (coordinate, ty) = (graph.coordinate(id), type_text(graph, &graph.field(id).ty));
            let (message, hint) = if written.is.is_some() {
                (format!("`{coordinate}` is always the same here, `{word}` has nothing to do"), None)
            } else {
                let message = format!("`{word}` does not fit `{coordinate}`, which is `{ty}`");
                (message, Some(format!("`{word}` is for {what_for}")))
            };
            problems.push(Problem::error(&said.place, message).with_hint_if(hint));
        }
    }
    let where_and_is = written.is.is_some() && !written.at.is_empty();
    if where_and_is {
        let message = format!("`{}` is either always the same or stands somewhere", graph.coordinate(id));
        problems.push(Problem::error(&written.place, message).with_hint("leave out `is` or the place"));
    }
}

fn constant(graph: &Graph, id: FieldId, written: &Mapping, is: &Constant, problems: &mut Problems) {
    let field = graph.field(id);
    let fits = match (&graph.type_of(field.ty.named).kind, is) {
        (Kind::Enum(members), Constant::Text(text)) => members.contains(text),
        (Kind::Scalar(Scalar::Id), Constant::Int(_) | Constant::Text(_))
        | (Kind::Scalar(Scalar::String), Constant::Text(_))
        | (Kind::Scalar(Scalar::Float), Constant::Int(_))
        | (Kind::Scalar(Scalar::Boolean), Constant::Bool(_))
        | (Kind::Scalar(Scalar::Other), _) => true,
        (Kind::Scalar(Scalar::Int), Constant::Int(number)) => i32::try_from(*number).is_ok(),
        (Kind::Scalar(Scalar::Date), Constant::Text(text)) => text.parse::<jiff::civil::Date>().is_ok(),
        (Kind::Scalar(Scalar::Money), Constant::Text(text)) => is_money(text),
        (Kind::Scalar(Scalar::DateTime), Constant::Text(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        _ => false,
    };
    if !fits || field.ty.wrap.is_list() {
        let ty = type_text(graph, &field.ty);
        let message = format!("this is no value of `{}`, which is `{ty}`", graph.coordinate(id));
        problems.push(Problem::error(&written.place, message));
    }
}

/// Digits, a point, two digits.
fn is_money(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(dollars, cents)| digits(dollars) && digits(cents) && cents.len() == 2)
}

fn boolean(written: &Mapping, problems: &mut Problems) -> Convert {
    let texts = |texts: &[Text]| texts.iter().map(|text| Arc::clone(&text.value)).collect::<Vec<_>>();
    for text in &written.untrue {
        let problem = if written.truth.is_empty() {
            let problem = Problem::error(&text.place, "`untrue` says what is false besides what `truth` says is true");
            problem.with_hint("write `truth = [\"Y\"]` too")
        } else if written.truth.iter().any(|other| other.value == text.value) {
            Problem::error(&text.place, format!("`{}` can't be both true and false", text.value))
        } else {
            continue;
        };
        problems.push(problem);
    }
    Convert::Bool { truth: texts(&written.truth), untrue: texts(&written.untrue) }
}

fn enumeration(
    graph: &Graph,
    id: FieldId,
    members: &[Arc<str>],
    written: &Mapping,
    problems: &mut Problems,
) -> Convert {
    let ty = &graph.type_of(graph.field(id).ty.named).name;
    let mut member = |value: &Text| {
        if !members.contains(&value.value) {
            let hint = nearest(&value.value, members.iter().map(|name| &**name));
            let hint = hint.map_or_else(
                || format!("it is one of {}", members.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            let message = format!("`{ty}` has no value `{}`", value.value);
            problems.push(Problem::error(&value.place, message).with_hint(hint));
        }
        Arc::clone(&value.value)
    };
    let Some(codes) = &written.codes else {
        if let Some(other) = &written.other {
            let problem = Problem::error(&other.place, "`other` is for codes that `codes` does not list");
            problems.push(problem.with_hint("write `codes = { CODE = \"VALUE\" }`"));
        }
        return Convert::Member(members.to_vec());
    };
    let codes = codes.iter().map(|(code, value)| (Arc::clone(&code.value), member(value))).collect();
    let other = written.other.as_ref().map(member);
    Convert::Codes { codes, other }
}

fn date(written: &Mapping, problems: &mut Problems) -> Option<Arc<str>> {
    let format = written.date.as_ref().filter(|format| &*format.value != "iso")?;
    if !round_trip(&format.value, |read| read.to_date().is_ok()) {
        let problem = Problem::error(&format.place, format!("`{}` is not the format of a date", format.value));
        problems.push(problem.with_hint("`iso`, `excel`, or a format in the manner of strptime: `%m/%d/%Y`"));
    }
    Some(Arc::clone(&format.value))
}

/// The function for a point in time.
pub(super) fn instant(written: &Mapping, problems: &mut Problems) -> Option<Convert> {
    let Some(said) = &written.datetime else {
        if written.graphs_form {
            return Some(Convert::DateTime { when: When::Rfc3339, zone: None });
        }
        let problem = Problem::error(&written.place, "the source's way to write a point in time must be said");
        problems.push(problem.with_hint(
            "`datetime = \"rfc3339\"`, `\"epoch_s\"`, `\"epoch_ms\"`, or a format with a zone: \
             `datetime = \"%m/%d/%Y %H:%M\", zone = \"America/Denver\"`",
        ));
        return None;
    };
    let when = match &*said.value {
        "rfc3339" => When::Rfc3339,
        "epoch_s" => When::EpochSeconds,
        "epoch_ms" => When::EpochMillis,
        format => When::Format(Arc::from(format)),
    };
    let before = problems.0.len();
    if let When::Format(format) = &when {
        if !round_trip(format, |read| read.to_datetime().is_ok() || read.to_timestamp().is_ok()) {
            let problem = Problem::error(&said.place, format!("`{format}` is not the format of a date and time"));
            problems.push(problem.with_hint("`rfc3339`, `epoch_s`, `epoch_ms` or a format: `%m/%d/%Y %H:%M`"));
        } else if !has_offset(format) && written.zone.is_none() {
            let problem =
                Problem::error(&said.place, format!("`{format}` says no offset from UTC, so a `zone` must say it"));
            problems.push(problem.with_hint("`zone = \"America/Denver\"`"));
        }
    }
    if let Some(zone) = &written.zone {
        let has_own = !matches!(&when, When::Format(format) if !has_offset(format));
        if has_own {
            let problem = Problem::error(&zone.place, format!("`{}` needs no `zone`, it has its own", said.value));
            problems.push(problem.with_hint("leave `zone` out"));
        } else if TimeZone::get(&zone.value).is_err() {
            let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let hint = super::did_you_mean(&zone.value, known.iter().map(String::as_str));
            let problem = Problem::error(&zone.place, format!("there is no time zone `{}`", zone.value));
            problems.push(problem.with_hint_if(hint));
        }
    }
    let zone = written.zone.as_ref().map(|zone| Arc::clone(&zone.value));
    (problems.0.len() == before).then_some(Convert::DateTime { when, zone })
}

/// Whether text in this format can be written, read, and says what is wanted.
fn round_trip(format: &str, says: impl Fn(&BrokenDownTime) -> bool) -> bool {
    let sample = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let text = jiff::fmt::strtime::format(format, &sample);
    text.is_ok_and(|text| BrokenDownTime::parse(format, text).is_ok_and(|read| says(&read)))
}

fn has_offset(format: &str) -> bool {
    ["%z", "%:z", "%::z", "%Q", "%:Q", "%s"].iter().any(|word| format.contains(word))
}

/// A type as the schema writes it: `[Booking!]!`.
pub(super) fn type_text(graph: &Graph, ty: &Ty) -> String {
    fn wrapped(name: &str, wrap: &Wrap) -> String {
        let mark = if wrap.required() { "!" } else { "" };
        match wrap {
            Wrap::Named { .. } => format!("{name}{mark}"),
            Wrap::List { of, .. } => format!("[{}]{mark}", wrapped(name, of)),
        }
    }
    wrapped(&graph.type_of(ty.named).name, &ty.wrap)
}

/// `1 part`, `2 parts`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
