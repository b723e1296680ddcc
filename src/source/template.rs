//! Template: paths and bodies with what fills their holes.
//!
//! A key or an argument never becomes structure: everything but unreserved characters is percent-encoded, and what would make a
//! segment empty, `.` or `..` is not sent: no record stands there.

use super::Reason;
use crate::graph::binding::{Piece, Template};
use crate::graph::{AccessArgument, value_at};
use crate::record::Part;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What fills the holes of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) keys: &'a [&'a [Part<'a>]],
    pub(super) join: &'a str,
    pub(super) arguments: &'a Map<String, Value>,
    /// Arguments that are given, and what the source calls them.
    pub(super) given: &'a [&'a AccessArgument],
    /// Parameters that come once for each element of a list.
    pub(super) repeated: &'a [Arc<str>],
    pub(super) key_bytes_max: usize,
    /// By part of the key: a body has it as a number.
    pub(super) numbers: &'a [bool],
}

/// Why a call is not made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// The key, or what the client says, is nothing that an address can hold: there is no record.
    Nowhere,
    Wrong(Reason),
}

/// Whether an address can hold the key. An empty one would ask for all records, or for none in particular.
pub(super) fn has_address(key: &[Part<'_>], bytes_max: usize) -> bool {
    key.iter().all(|part| !part.is_empty() && part.len() <= bytes_max)
}

/// The path and query string of a call.
pub(super) fn path(template: &Template, filling: &Filling<'_>) -> Result<String, Unsent> {
    let mut path = Path::default();
    for piece in &template.0 {
        match piece {
            Piece::Text(text) => path.literal(text)?,
            Piece::Keys => {
                for (index, key) in filling.keys.iter().enumerate() {
                    if index > 0 {
                        path.text.push_str(filling.join);
                    }
                    path.fill(&key.join(","));
                }
            }
            Piece::Part(part) => match filling.keys.first().and_then(|key| key.get(usize::from(*part))) {
                Some(text) if has_address(std::slice::from_ref(text), filling.key_bytes_max) => path.fill(text),
                Some(_) => return Err(Unsent::Nowhere),
                None => return Err(wrong("a path with a part that the key does not have")),
            },
            Piece::Argument(name) => match argument(filling, name)? {
                Some(text) => path.fill(&text),
                None => path.absent(),
            },
        }
    }
    path.end_segment()?;
    path.end_parameter();
    for given in filling.given {
        for value in parameters(filling, given)? {
            path.parameter(&given.to, &value);
        }
    }
    if path.text.ends_with('?') {
        path.text.pop();
    }
    Ok(path.text)
}

/// A path with one parameter more.
pub(super) fn with_parameter(path: String, name: &str, value: &str) -> String {
    let mut path = Path { in_query: path.contains('?'), text: path, ..Path::default() };
    path.parameter(name, value);
    path.text
}

/// A whole number as JSON writes it: `7`, and neither `07` nor `+7`.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

fn wrong(detail: &str) -> Unsent {
    Unsent::Wrong(Reason::Invalid(detail.to_owned()))
}

#[derive(Default)]
struct Path {
    text: String,
    in_query: bool,
    /// Where the current segment or query parameter begins.
    start: usize,
    /// A hole in it has been filled.
    filled: bool,
    /// A hole in it was left empty, since its argument is not given.
    absent: bool,
}

impl Path {
    fn fill(&mut self, value: &str) {
        self.filled = true;
        let _ = write!(self.text, "{}", utf8_percent_encode(value, RESERVED));
    }

    const fn absent(&mut self) {
        self.absent = true;
    }

    fn literal(&mut self, text: &str) -> Result<(), Unsent> {
        for character in text.chars() {
            match character {
                '/' if !self.in_query => {
                    self.end_segment()?;
                    self.begin(character);
                }
                '?' if !self.in_query => {
                    self.end_segment()?;
                    self.in_query = true;
                    self.begin(character);
                }
                '&' if self.in_query => {
                    self.end_parameter();
                    let character = if self.text.ends_with('?') { None } else { Some(character) };
                    self.text.extend(character);
                    self.start = self.text.len();
                }
                _ => self.text.push(character),
            }
        }
        Ok(())
    }

    fn begin(&mut self, separator: char) {
        self.text.push(separator);
        self.start = self.text.len();
        (self.filled, self.absent) = (false, false);
    }

    /// A segment that a hole made empty or relative would lead elsewhere.
    fn end_segment(&self) -> Result<(), Unsent> {
        let segment = self.text.get(self.start..).unwrap_or_default();
        match segment {
            "" | "." | ".." if !self.in_query && self.absent => Err(wrong("a segment whose argument is not given")),
            "" | "." | ".." if !self.in_query && self.filled => Err(Unsent::Nowhere),
            _ => Ok(()),
        }
    }

    /// A parameter whose argument is not given is not sent.
    fn end_parameter(&mut self) {
        if self.in_query && self.absent && !self.filled {
            self.text.truncate(self.start);
            if self.text.ends_with('&') {
                self.text.pop();
            }
        }
        (self.filled, self.absent) = (false, false);
    }

    fn parameter(&mut self, name: &str, value: &str) {
        let separator = match self.text.chars().last() {
            Some('?' | '&') => "",
            _ if self.in_query => "&",
            _ => "?",
        };
        self.in_query = true;
        let (name, value) = (utf8_percent_encode(name, RESERVED), utf8_percent_encode(value, RESERVED));
        let _ = write!(self.text, "{separator}{name}={value}");
    }
}

/// An argument as text, where it is given.
fn argument<'a>(filling: &Filling<'a>, name: &str) -> Result<Option<Cow<'a, str>>, Unsent> {
    match value_at(filling.arguments, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => plain(value).map(Some).ok_or_else(|| wrong("an argument that no path can hold")),
    }
}

/// What stands behind the name of a parameter, each time that it comes. An empty list is said, too: left out, it would ask for all.
fn parameters<'a>(filling: &Filling<'a>, given: &AccessArgument) -> Result<Vec<Cow<'a, str>>, Unsent> {
    match value_at(filling.arguments, &given.name) {
        Some(Value::Array(values)) if filling.repeated.contains(&given.to) => {
            let texts: Option<Vec<_>> = values.iter().filter(|value| !value.is_null()).map(plain).collect();
            let texts = texts.ok_or_else(|| wrong("an argument that no path can hold"))?;
            Ok(if texts.is_empty() { vec![Cow::Borrowed("")] } else { texts })
        }
        _ => Ok(argument(filling, &given.name)?.into_iter().collect()),
    }
}

/// A value as text; a list is joined by commas, without its nulls. Nothing where there is an object in it.
fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().filter(|value| !value.is_null()).map(plain).collect();
            Some(Cow::Owned(texts?.join(",")))
        }
    }
}

/// The body of a call. A member whose argument is not given is left out.
pub(super) fn body(template: &Value, filling: &Filling<'_>) -> Value {
    fill(template, filling, filling.keys.first().copied()).unwrap_or(Value::Null)
}

fn fill(template: &Value, filling: &Filling<'_>, key: Option<&[Part<'_>]>) -> Option<Value> {
    match template {
        Value::String(text) => hole(text).map_or_else(|| Some(template.clone()), |name| value(name, filling, key)),
        Value::Array(values) => Some(values.iter().filter_map(|value| fill(value, filling, key)).collect()),
        Value::Object(members) => {
            // A list of objects, one a key.
            if let (1, Some(each)) = (members.len(), members.get("each")) {
                return Some(filling.keys.iter().filter_map(|key| fill(each, filling, Some(key))).collect());
            }
            let filled = members.iter().filter_map(|(name, value)| Some((name.clone(), fill(value, filling, key)?)));
            Some(Value::Object(filled.collect()))
        }
        _ => Some(template.clone()),
    }
}

/// `name` of `{name}`.
fn hole(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.is_empty() && !name.contains(['{', '}', '"']))
}

fn value(name: &str, filling: &Filling<'_>, key: Option<&[Part<'_>]>) -> Option<Value> {
    let scalar = |part: usize, text: &Part<'_>| {
        let number = filling.numbers.get(part).filter(|number| **number).and_then(|_| whole_number(text));
        number.map_or_else(|| Value::String(text.to_string()), Value::from)
    };
    match name {
        "keys" => Some(
            filling
                .keys
                .iter()
                .map(|key| match key {
                    [only] => scalar(0, only),
                    parts => parts.iter().enumerate().map(|(part, text)| scalar(part, text)).collect(),
                })
                .collect(),
        ),
        "key" => key?.first().map(|text| scalar(0, text)),
        _ => match name.parse::<usize>() {
            Ok(part) => {
                let part = part.checked_sub(1)?;
                key?.get(part).map(|text| scalar(part, text))
            }
            Err(_) => value_at(filling.arguments, name).cloned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Compare;
    use serde_json::json;

    fn template(text: &str) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, (hole, after))) = rest.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?)))
        {
            pieces.push(Piece::Text(before.into()));
            pieces.push(match hole {
                "keys" => Piece::Keys,
                "key" => Piece::Part(0),
                _ => hole.parse::<u8>().map_or_else(|_| Piece::Argument(hole.into()), |part| Piece::Part(part - 1)),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.into()));
        Template(pieces)
    }

    /// Keys: parts stand apart by `|`.
    fn check(text: &str, keys: &[&str], arguments: &Value, expect: &str) {
        check_repeated(text, keys, arguments, &[], expect);
    }

    fn check_repeated(text: &str, keys: &[&str], arguments: &Value, repeated: &[Arc<str>], expect: &str) {
        let keys: Vec<Vec<Part<'_>>> = keys.iter().map(|key| key.split('|').map(Into::into).collect()).collect();
        let keys: Vec<&[Part<'_>]> = keys.iter().map(Vec::as_slice).collect();
        let extra = AccessArgument {
            name: "active".into(),
            to: "only active".into(),
            compare: Compare::Is,
            ty: None,
            of: None,
        };
        let filling = Filling {
            keys: &keys,
            join: ",",
            arguments: arguments.as_object().unwrap(),
            given: &[&extra],
            repeated,
            key_bytes_max: 20,
            numbers: &[],
        };
        let shown = path(&template(text), &filling).unwrap_or_else(|unsent| format!("{unsent:?}"));
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn keys_never_become_structure() {
        let refused = "Nowhere";
        let none = json!({});
        check("/b/{key}", &["a/b?c=d&e#f"], &none, "/b/a%2Fb%3Fc%3Dd%26e%23f");
        check("/b/{key}", &["../x"], &none, "/b/..%2Fx");
        check("/b/{key}", &["%2e%2e"], &none, "/b/%252e%252e");
        check("/b/{key}", &[".."], &none, refused);
        check("/b/{key}/c", &["."], &none, refused);
        check("/b/.{key}", &["."], &none, refused);
        check("/b/{key}", &[""], &none, refused);
        check("/b/{key}?x=1", &[""], &none, refused);
        check("/b/{1}/{2}", &["a|é"], &none, "/b/a/%C3%A9");
        check("/b/{3}", &["a|b"], &none, "Wrong(Invalid(\"a path with a part that the key does not have\"))");
        check("/b?id={key}", &[""], &none, refused);
        check("/b?id={key}", &["."], &none, "/b?id=.");
        check("/b/{key}", &["01234567890123456789"], &none, "/b/01234567890123456789");
        check("/b/{key}", &["01234567890123456789a"], &none, refused);
        check("/b?ids={keys}", &["1", "2&x", "\"3\""], &none, "/b?ids=1,2%26x,%223%22");
    }

    #[test]
    fn arguments() {
        check("/b?q={q}&n={n}", &[], &json!({"q": "a b", "n": 3}), "/b?q=a%20b&n=3");
        check("/b?q={q}&n={n}", &[], &json!({"n": 3}), "/b?n=3");
        check("/b?q={q}&n={n}", &[], &json!({"q": "x"}), "/b?q=x");
        check("/b?q={q}", &[], &json!({"active": true}), "/b?only%20active=true");
        check("/b", &[], &json!({"active": ["a", "b"]}), "/b?only%20active=a%2Cb");
        check("/b?k=1", &[], &json!({"active": false}), "/b?k=1&only%20active=false");
        check("/b?q={q}", &[], &json!({"q": {"a": 1}}), "Wrong(Invalid(\"an argument that no path can hold\"))");
        check("/b", &[], &json!({"active": [{}]}), "Wrong(Invalid(\"an argument that no path can hold\"))");
        check("/b", &[], &json!({"active": ["a", null, 2]}), "/b?only%20active=a%2C2");
        check("/b/{q}", &[], &json!({}), "Wrong(Invalid(\"a segment whose argument is not given\"))");
        check("/b/{q}", &[], &json!({"q": ".."}), "Nowhere");
    }

    #[test]
    fn repeated_parameters() {
        let check = |arguments: Value, expect: &str| {
            check_repeated("/b?k=1", &[], &arguments, &["only active".into()], expect);
        };
        check(json!({"active": ["a,b", null, "c&d"]}), "/b?k=1&only%20active=a%2Cb&only%20active=c%26d");
        check(json!({"active": [1]}), "/b?k=1&only%20active=1");
        check(json!({"active": []}), "/b?k=1&only%20active=");
        check(json!({"active": "a"}), "/b?k=1&only%20active=a");
        check(json!({"active": null}), "/b?k=1");
        check(json!({"active": [{}]}), "Wrong(Invalid(\"an argument that no path can hold\"))");
    }

    #[test]
    fn bodies() {
        let keys: [Vec<Part<'_>>; 2] = [vec!["a".into(), "1".into()], vec!["b\"".into(), "2".into()]];
        let keys: Vec<&[Part<'_>]> = keys.iter().map(Vec::as_slice).collect();
        let arguments = json!({"active": true, "gone": null});
        let filling = Filling {
            keys: &keys,
            join: ",",
            arguments: arguments.as_object().unwrap(),
            given: &[],
            repeated: &[],
            key_bytes_max: 20,
            numbers: &[],
        };
        let of = |template: Value| body(&template, &filling).to_string();
        assert_eq!(of(json!({"refs": "{keys}", "n": 1})), r#"{"refs":[["a","1"],["b\"","2"]],"n":1}"#);
        assert_eq!(
            of(json!({"refs": {"each": {"court": "{1}", "no": "{2}"}}, "active": "{active}", "gone": "{gone}"})),
            r#"{"refs":[{"court":"a","no":"1"},{"court":"b\"","no":"2"}],"active":true}"#
        );
        assert_eq!(of(json!({"court": "{key}", "text": "a {key}"})), r#"{"court":"a","text":"a {key}"}"#);
        let filling = Filling { numbers: &[false, true], ..filling };
        let of = |template: Value| body(&template, &filling).to_string();
        assert_eq!(of(json!({"refs": "{keys}"})), r#"{"refs":[["a",1],["b\"",2]]}"#);
        assert_eq!(of(json!({"each": {"no": "{2}"}})), r#"[{"no":1},{"no":2}]"#);
    }
}
