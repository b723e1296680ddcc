//! Request: the body of a GraphQL-over-HTTP request, within the limits of size.
//!
//! It is well-formed JSON of the right members; the document in it is still text. No IO, no clock. Nesting is counted over
//! the bytes before anything is parsed, so no reader ever recurses deeper than the limit.

use crate::error::{Code, Error, Refusal};
use crate::limits::Limits;
use memchr::memchr2;
use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// What a client sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    pub document: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
    /// Sent by `GET`: only a query may run.
    pub safe: bool,
    /// Seconds that records may be old, where the client wants them fresher than the graph does.
    pub max_age_s: Option<u32>,
}

const HINT: &str = "send an object with `query` and, where needed, `operationName`, `variables` and `extensions`";

/// Reads the JSON body of a `POST`. A member that is `null` counts as absent; members that the specification does not name
/// are ignored.
///
/// # Errors
/// `LIMIT` for a body too long or nested too deep, `BAD_REQUEST` for anything else that is not one request.
pub fn read(body: &[u8], limits: &Limits) -> Result<Request, Refusal> {
    bounded(body, "the body", limits)?;
    match serde_json::from_slice(body) {
        Ok(Once(members)) => from_members(members),
        Err(_) => Err(no_object(body)),
    }
}

/// Reads the query string of a `GET`, without the question mark. `variables` and `extensions` are JSON; an empty
/// parameter counts as absent.
///
/// # Errors
/// As [`read`].
pub fn read_query_string(query: &str, limits: &Limits) -> Result<Request, Refusal> {
    within(query.len(), "the query string", limits)?;
    let mut members = Map::new();
    for pair in query.split('&') {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        let known = match name.as_str() {
            "query" | "operationName" => false,
            "variables" | "extensions" => true,
            _ => continue,
        };
        let text = decoded(text)?;
        if text.is_empty() {
            continue;
        }
        let value = if known { json(text.as_bytes(), &format!("`{name}`"), limits)? } else { Value::String(text) };
        if members.contains_key(&name) {
            return Err(bad(format!("parameter `{name}` stands twice in the query string")));
        }
        members.insert(name, value);
    }
    from_members(members).map(|request| Request { safe: true, ..request })
}

/// The members of an object in which none comes twice: whoever else reads it, a firewall or a log, may believe the other one.
struct Once(Map<String, Value>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Once;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("twice"));
                    }
                }
                Ok(Once(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Why a body is no object with each member once.
fn no_object(body: &[u8]) -> Refusal {
    match serde_json::from_slice(body) {
        Ok(Value::Object(_)) => bad("a member stands twice in the body"),
        Ok(Value::Array(_)) => bad("the body is a list: batches are not served"),
        Ok(_) => bad("the body is not an object"),
        Err(error) => no_json("the body", &error),
    }
}

fn from_members(mut members: Map<String, Value>) -> Result<Request, Refusal> {
    let document = text(&mut members, "query")?.ok_or_else(|| bad("there is no `query`"))?;
    let extensions = object(&mut members, "extensions")?;
    Ok(Request {
        document,
        operation_name: text(&mut members, "operationName")?,
        variables: object(&mut members, "variables")?,
        max_age_s: max_age(&extensions)?,
        extensions,
        safe: false,
    })
}

/// `extensions: { "maxAge": 10 }`
fn max_age(extensions: &Map<String, Value>) -> Result<Option<u32>, Refusal> {
    let Some(said) = extensions.get("maxAge").filter(|said| !said.is_null()) else { return Ok(None) };
    let seconds = said.as_u64().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
    let wrong = || {
        Error::new(Code::BadRequest, "`maxAge` in `extensions` is no number of seconds")
            .hint("a whole number, 0 for records that every source is asked for now")
    };
    seconds.map(Some).ok_or_else(|| wrong().into())
}

impl Request {
    /// With what a `Cache-Control` header asks for: the strictest counts. Directives that say nothing about age, and ages that are no
    /// number, are passed over, as RFC 9111 wants it (5.2).
    #[must_use]
    pub fn with_cache_control(mut self, header: &str) -> Self {
        for directive in header.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" | "no-store" => Some(0),
                "max-age" => value.trim().trim_matches('"').parse::<u64>().ok(),
                _ => None,
            };
            let seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
            self.max_age_s = self.max_age_s.into_iter().chain(seconds).min();
        }
        self
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match members.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("`{name}` is not a string"))),
    }
}

fn object(members: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    match members.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(bad(format!("`{name}` is not an object"))),
    }
}

fn json(bytes: &[u8], what: &str, limits: &Limits) -> Result<Value, Refusal> {
    bounded(bytes, what, limits)?;
    serde_json::from_slice(bytes).map_err(|error| no_json(what, &error))
}

fn no_json(what: &str, error: &serde_json::Error) -> Refusal {
    bad(format!("{what} is not JSON, at line {} column {}", error.line(), error.column()))
}

/// Neither too long nor nested too deep.
fn bounded(bytes: &[u8], what: &str, limits: &Limits) -> Result<(), Refusal> {
    within(bytes.len(), what, limits)?;
    if deeper_than(bytes, limits.variables_depth_max) {
        let max = limits.variables_depth_max;
        return Err(Refusal::new(Code::Limit, format!("{what} is nested deeper than {max}")));
    }
    Ok(())
}

fn within(length: usize, what: &str, limits: &Limits) -> Result<(), Refusal> {
    let max = limits.request_bytes_max;
    if length <= max {
        return Ok(());
    }
    Err(Error::new(Code::Limit, format!("{what} is longer than {max} bytes"))
        .hint("send long lists of values in several requests")
        .into())
}

/// Whether lists and objects in this JSON nest deeper than `max`. Brackets in strings do not count.
fn deeper_than(bytes: &[u8], max: usize) -> bool {
    let (mut depth, mut rest) = (0_usize, bytes);
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'"' => rest = after_string(after),
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// What follows the string that these bytes are in.
fn after_string(mut bytes: &[u8]) -> &[u8] {
    loop {
        match bytes {
            [] | [b'\\'] => return &[],
            [b'"', rest @ ..] => return rest,
            [b'\\', _, rest @ ..] => bytes = rest,
            _ => {
                let plain = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                bytes = bytes.get(plain..).unwrap_or_default();
            }
        }
    }
}

fn decoded(text: &str) -> Result<String, Refusal> {
    // A form writes a space as `+`; a literal plus arrives as `%2B`.
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| bad("the query string is not UTF-8"))
}

fn bad(message: impl Into<String>) -> Refusal {
    Error::new(Code::BadRequest, message).hint(HINT).into()
}

#[cfg(test)]
mod tests;
