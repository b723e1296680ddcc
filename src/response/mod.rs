//! Response: the answer as bytes.
//!
//! `write` walks the operation depth first, in document order, and writes JSON as it goes; there is no tree of values. A value
//! that must not be null and is takes what is around it back, up to the first place that may be null, as the specification
//! wants it (GraphQL October 2021, 6.4.4). It cannot fail, and it sees disclosed records only.

mod believed;
mod conflicts;
mod disclosures;
mod embedded;
mod fail;
mod leaf;
mod link;
mod mark;
mod object;
mod page;
mod path;
mod provenance;
mod size;
mod sources;
mod texts;
mod withheld;

pub use disclosures::{Disclosures, Scope, Shape};
pub use path::{declined, told};
pub use sources::Asked;
pub use texts::Texts;

use crate::error::{Code, Error};
use crate::execute::Results;
use crate::graph::Graph;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::policy::Permitted;
use object::Writer;
use serde::Serialize;

/// A response, ready to leave.
#[derive(Debug, Clone)]
pub struct Written {
    pub bytes: Vec<u8>,
    /// Field errors of it, the ones that are not listed too.
    pub errors: usize,
    /// What stands in it: for the ledger. Empty where that is not wanted.
    pub disclosures: Disclosures,
    /// The id under which it goes on record, as it stands in `extensions`: copies can be led back to it (44-5-305 MCA).
    pub decision: Option<String>,
}

/// Puts the answer together. `decision`: the id under which it goes on record; then it is also told what stands in the answer.
#[must_use]
pub fn write(
    graph: &Graph,
    permitted: &Permitted,
    plan: &Plan,
    results: &Results,
    limits: &Limits,
    decision: Option<String>,
) -> Written {
    let mut writer = Writer::new(graph, permitted, plan, results, limits, decision.is_some());
    let start = writer.point();
    writer.out.extend_from_slice(b"{\"data\":");
    if writer.root().is_err() {
        writer.take_back(start);
        writer.out.extend_from_slice(b"{\"data\":null");
    }
    if writer.out.len() > limits.response_bytes_max {
        let hint = "ask for fewer records or fields";
        let message = format!("the response is over {} bytes", limits.response_bytes_max);
        writer.errors = vec![Error::new(Code::Limit, message).hint(hint)];
        writer.errors_count = 1;
        writer.take_back(start);
        writer.out.extend_from_slice(b"{\"data\":null");
    }
    let asked = sources::asked(plan, results, &writer.told_of);
    let disclosures = writer.marks.as_ref().map(|marks| disclosures::of(&writer, marks, &asked)).unwrap_or_default();
    let (mut bytes, errors, count) = (writer.out, writer.errors, writer.errors_count);
    if !errors.is_empty() {
        append(&mut bytes, b",\"errors\":", &errors);
    }
    let sources: Vec<SourceStatus<'_>> = sources::shown(graph, (plan, results), &asked, permitted.at()).collect();
    if !sources.is_empty() || decision.is_some() {
        append(&mut bytes, b",\"extensions\":", &Extensions { decision: decision.as_deref(), sources });
    }
    bytes.push(b'}');
    Written { bytes, errors: count, disclosures, decision }
}

fn append(bytes: &mut Vec<u8>, head: &[u8], value: &impl Serialize) {
    let length = bytes.len();
    bytes.extend_from_slice(head);
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.truncate(length);
    }
}

#[derive(Serialize)]
struct Extensions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceStatus<'a>>,
}

/// How one source did, as the caller may know it: `OK` says that nothing went wrong there, `STALE` that it could not be asked and records
/// stand in that are older than they should be.
#[derive(Serialize)]
struct SourceStatus<'a> {
    name: &'a str,
    status: &'static str,
    /// Seconds since the source was asked for the oldest of its records here; left out where all were asked for just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<i64>,
}
