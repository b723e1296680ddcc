//! Entry: one operation as it is put on record. `docs/ledger.md` has a row for each member.
//!
//! Ids and names of fields, never values: not what a source gave, and not what a variable held. One JSON object, its members always all
//! there and always in this order.

use super::scopes::Scopes;
use super::text::short;
use crate::caller::Caller;
use crate::error::{Code, Refusal};
use crate::graph::Graph;
use crate::policy::{Permitted, Policies};
use crate::request::Request;
use crate::response::{Asked, Disclosures, Shape, Texts, Written};
use serde::Serialize;
use std::net::IpAddr;
use std::time::Duration;

/// What is known of an operation however it ended.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// `None`: it could not be read.
    pub request: Option<&'a Request>,
    /// `None`: nobody proved who they are.
    pub caller: Option<&'a Caller>,
    /// Of the client's end of the connection.
    pub address: Option<IpAddr>,
    /// Since it came.
    pub took: Duration,
}

/// What the stages made of an operation that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub graph: &'a Graph,
    pub policies: &'a Policies,
    pub permitted: &'a Permitted,
    pub written: &'a Written,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    Answered(Answer<'a>),
    Refused(&'a Refusal),
    /// The client went away while it was under way: nothing was disclosed.
    Left,
    /// Something was done about an emergency, or was refused.
    Acted(Acted<'a>),
}

/// What somebody did about an emergency, or would have.
#[derive(Debug, Clone, Copy)]
pub struct Acted<'a> {
    /// `break-glass open`
    pub what: &'a str,
    /// Of the emergency, where it is known: the rest of it stands in the journal of emergencies.
    pub id: Option<&'a str>,
    pub incident: Option<&'a str>,
    pub reason: Option<&'a str>,
    /// Why it was not done.
    pub refused: Option<Code>,
}

/// What only the ledger knows.
#[derive(Debug, Clone, Copy)]
pub struct Numbered<'a> {
    pub instance: &'a str,
    pub decision: &'a str,
    /// RFC 3339, in UTC.
    pub at: &'a str,
    /// Of the request's variables.
    pub variables: Option<&'a str>,
    /// Of the request's document.
    pub document: Option<&'a str>,
    /// How the persons of the answer are named, where that is not by their ids.
    pub persons: Option<&'a Texts>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    kind: &'static str,
    decision: &'a str,
    at: &'a str,
    instance: &'a str,
    outcome: &'static str,
    code: Option<&'static str>,
    user: Option<&'a str>,
    provider: Option<&'a str>,
    agency: Option<&'a str>,
    agency_kind: Option<&'static str>,
    roles: &'a [std::sync::Arc<str>],
    division: Option<&'a str>,
    token: Option<&'a str>,
    address: Option<IpAddr>,
    purpose: Option<&'static str>,
    reason: Option<&'a str>,
    case_reference: Option<&'a str>,
    on_behalf_of: Option<&'a str>,
    break_glass: Option<&'a str>,
    operation: Option<&'a str>,
    document: Option<&'a str>,
    variables: Option<&'a str>,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail<'a> {
    rules: &'a [std::sync::Arc<str>],
    policies: Option<&'a str>,
    errors: usize,
    bytes: usize,
    took_us: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    name: &'a str,
    agency: Option<&'a str>,
    status: &'static str,
    as_of: Option<&'a str>,
    retrieved_at: Option<String>,
}

/// The entry as bytes. `scopes`: those that were written before.
#[must_use]
pub fn write(scopes: &Scopes, numbered: &Numbered<'_>, occasion: &Occasion<'_>, ending: &Ending<'_>) -> Vec<u8> {
    let answer = ending.answer();
    let nothing = Disclosures::default();
    let told = answer.map_or(&nothing, |answer| &answer.written.disclosures);
    let persons = numbered.persons.unwrap_or(&told.persons);
    let shapes = answer.map_or(&[][..], |_| &told.shapes);
    let records = shapes.iter().map(|shape| shape.keys.bytes() + shape.keys.len() * RECORD_BYTES + SHAPE_BYTES);
    let room = HEAD_BYTES + persons.bytes() + persons.len() * RECORD_BYTES + records.sum::<usize>();
    let mut bytes = Vec::with_capacity(room);
    begin(&mut bytes, &head(numbered, occasion, ending));
    bytes.extend_from_slice(b",\"persons\":");
    persons.write(&mut bytes);
    bytes.extend_from_slice(b",\"disclosed\":[");
    for (nth, (answer, shape)) in
        answer.into_iter().flat_map(|answer| shapes.iter().map(move |it| (answer, it))).enumerate()
    {
        if nth > 0 {
            bytes.push(b',');
        }
        scopes.write(&mut bytes, answer.graph, &shape.scope);
        bytes.extend_from_slice(b",\"keys\":");
        match keys(answer.graph, shape) {
            Some(keys) => keys.write(&mut bytes),
            None => bytes.extend_from_slice(b"null"),
        }
        bytes.extend_from_slice(b",\"of\":");
        numbers(&mut bytes, &shape.of);
        bytes.push(b'}');
    }
    bytes.push(b']');
    let from = bytes.len();
    put(&mut bytes, &tail(occasion, ending));
    // Its brace opens nothing: the members go on.
    if let Some(brace) = bytes.get_mut(from) {
        *brace = b',';
    }
    bytes
}

impl<'a> Ending<'a> {
    const fn answer(&self) -> Option<&Answer<'a>> {
        match self {
            Ending::Answered(answer) => Some(answer),
            Ending::Refused(_) | Ending::Left | Ending::Acted(_) => None,
        }
    }

    const fn acted(&self) -> Option<&Acted<'a>> {
        if let Ending::Acted(acted) = self { Some(acted) } else { None }
    }
}

/// What stands before the records.
fn head<'a>(numbered: &Numbered<'a>, occasion: &Occasion<'a>, ending: &Ending<'a>) -> Head<'a> {
    let (answer, acted) = (ending.answer().copied(), ending.acted().copied());
    // In an emergency what it was opened for counts as stated.
    let caller = answer.map(|answer| answer.permitted.caller()).or(occasion.caller);
    let stated = caller.map(Caller::stated);
    let named = answer.and_then(|answer| answer.permitted.operation().tree.name.as_deref());
    let asked = occasion.request.and_then(|request| request.operation_name.as_deref());
    Head {
        kind: "operation",
        decision: numbered.decision,
        at: numbered.at,
        instance: numbered.instance,
        outcome: match ending {
            Ending::Answered(_) | Ending::Acted(Acted { refused: None, .. }) => "ANSWERED",
            Ending::Refused(_) | Ending::Acted(_) => "REFUSED",
            Ending::Left => "LEFT",
        },
        code: match ending {
            Ending::Refused(refusal) => Some(refusal.code().name()),
            Ending::Acted(acted) => acted.refused.map(Code::name),
            Ending::Answered(_) | Ending::Left => None,
        },
        user: caller.map(|caller| &**caller.name()),
        provider: caller.map(|caller| &**caller.provider()),
        agency: caller.and_then(|caller| Some(caller.agency()?.as_str())),
        agency_kind: caller.map(|caller| caller.agency_kind().name()),
        roles: caller.map_or(&[], |caller| caller.roles()),
        division: caller.and_then(|caller| caller.division().map(|it| &**it)),
        token: caller.and_then(|caller| caller.token().map(|it| &**it)),
        address: occasion.address,
        purpose: caller.and_then(|caller| Some(caller.purpose()?.name())),
        reason: acted.and_then(|acted| acted.reason).or(stated.and_then(|stated| stated.reason.as_deref())),
        case_reference: acted
            .and_then(|acted| acted.incident)
            .or(stated.and_then(|stated| stated.case_reference.as_deref())),
        on_behalf_of: stated.and_then(|stated| stated.on_behalf_of.as_deref()),
        break_glass: acted
            .and_then(|acted| acted.id)
            .or(stated.and_then(|stated| stated.break_glass.as_deref()))
            .map(short),
        operation: acted.map(|acted| acted.what).or(named).or(asked).map(short),
        document: numbered.document,
        variables: numbered.variables,
        sources: answer.map_or_else(Vec::new, |answer| {
            answer.written.disclosures.sources.iter().map(|one| source(answer.graph, one)).collect()
        }),
    }
}

/// What stands after them.
fn tail<'a>(occasion: &Occasion<'a>, ending: &Ending<'a>) -> Tail<'a> {
    let answer = ending.answer().copied();
    Tail {
        rules: answer.map_or(&[], |answer| answer.permitted.decisions().rules()),
        policies: answer.map(|answer| &**answer.policies.epoch()),
        errors: match ending.acted() {
            Some(acted) => usize::from(acted.refused.is_some()),
            None => answer.map_or(1, |answer| answer.written.errors),
        },
        bytes: answer.map_or(0, |answer| answer.written.bytes.len()),
        took_us: u64::try_from(occasion.took.as_micros()).unwrap_or(u64::MAX),
    }
}

/// Bytes of an entry but for its records, of what is said of some records alike, and of a record beside its key, about.
const HEAD_BYTES: usize = 1_500;
const SHAPE_BYTES: usize = 800;
const RECORD_BYTES: usize = 7;

fn put(out: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to a `Vec` cannot fail.
    _ = serde_json::to_writer(out, value);
}

/// An object to which members are added: without the brace that ends it.
fn begin(out: &mut Vec<u8>, value: &impl Serialize) {
    put(out, value);
    out.pop();
}

/// Numbers as a list; null for none. Mostly one is that of the record before.
fn numbers(out: &mut Vec<u8>, numbers: &[Option<u32>]) {
    out.push(b'[');
    let mut before: Option<(Option<u32>, Digits)> = None;
    for number in numbers {
        let digits = match before {
            Some((known, digits)) if known == *number => digits,
            _ => Digits::of(*number),
        };
        digits.write(out);
        before = Some((*number, digits));
    }
    if before.is_some() {
        out.pop();
    }
    out.push(b']');
}

/// A number with a comma after it.
#[derive(Clone, Copy)]
struct Digits {
    /// The first byte is the lowest.
    text: u128,
    len: usize,
}

impl Digits {
    fn of(number: Option<u32>) -> Self {
        let none = Self { text: 0, len: 0 };
        let Some(mut number) = number else { return none.after(b',').after(b'l').after(b'l').after(b'u').after(b'n') };
        let mut digits = none.after(b',');
        loop {
            digits = digits.after(b'0' + u8::try_from(number % 10).unwrap_or_default());
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    /// It, after this byte.
    const fn after(self, byte: u8) -> Self {
        Self { text: self.text << 8 | byte as u128, len: self.len + 1 }
    }

    /// A copy of a length known beforehand is no call; what it has after the number is taken back.
    fn write(self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.text.to_le_bytes());
        out.truncate(end);
    }
}

fn source<'a>(graph: &'a Graph, asked: &'a Asked) -> Source<'a> {
    let source = graph.source(asked.source);
    let instant = |at: i64| Some(jiff::Timestamp::from_second(at).ok()?.to_string());
    Source {
        name: &source.name,
        agency: source.agency.as_deref(),
        status: asked.failed.map_or("OK", Code::name),
        as_of: asked.as_of.as_deref(),
        retrieved_at: asked.retrieved_at.and_then(instant),
    }
}

/// The keys of the records; `None` where they have none, or where it is their person's id.
fn keys<'a>(graph: &Graph, shape: &'a Shape) -> Option<&'a Texts> {
    let is_person = graph.is_subject(shape.scope.on) && shape.of.iter().all(Option::is_some);
    (!is_person && !shape.keys.are_empty()).then_some(&shape.keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_numbers_is_json() {
        for all in [&[Some(0), Some(0), Some(10), None, None, Some(10), Some(u32::MAX)][..], &[None], &[]] {
            let mut out = Vec::new();
            numbers(&mut out, all);
            assert_eq!(serde_json::from_slice::<Vec<Option<u32>>>(&out).unwrap(), all);
        }
    }
}
