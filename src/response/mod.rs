//! Response: the answer as bytes.
//!
//! `write` walks the operation depth first, in document order, and writes JSON as it goes; there is no tree of values. A value
//! that must not be null and is takes what is around it back, up to the first place that may be null, as the specification
//! wants it (GraphQL October 2021, 6.4.4). It cannot fail, and it sees disclosed records only.

mod believed;
mod embedded;
mod leaf;
mod link;
mod object;
mod page;
mod path;
mod provenance;
mod size;
mod withheld;

use crate::error::{Code, Error};
use crate::execute::Results;
use crate::graph::{Graph, SourceId};
use crate::limits::Limits;
use crate::plan::{NodeId, Plan};
use crate::policy::Permitted;
use object::Writer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A response, ready to leave.
#[derive(Debug, Clone)]
pub struct Written {
    pub bytes: Vec<u8>,
    /// Field errors of it, the ones that are not listed too.
    pub errors: usize,
}

/// Puts the answer together.
#[must_use]
pub fn write(graph: &Graph, permitted: &Permitted, plan: &Plan, results: &Results, limits: &Limits) -> Written {
    let mut writer = Writer::new(graph, permitted, plan, results, limits);
    writer.out.extend_from_slice(b"{\"data\":");
    if writer.root().is_err() {
        writer.out.truncate(b"{\"data\":".len());
        writer.out.extend_from_slice(b"null");
    }
    let sources = sources(graph, plan, results, &writer.told_of);
    let (mut bytes, mut errors, mut count) = (writer.out, writer.errors, writer.errors_count);
    if bytes.len() > limits.response_bytes_max {
        let hint = "ask for fewer records or fields";
        let message = format!("the response is over {} bytes", limits.response_bytes_max);
        errors = vec![Error::new(Code::Limit, message).hint(hint)];
        count = 1;
        bytes = b"{\"data\":null".to_vec();
    }
    if !errors.is_empty() {
        append(&mut bytes, b",\"errors\":", &errors);
    }
    if !sources.is_empty() {
        append(&mut bytes, b",\"extensions\":", &Extensions { sources });
    }
    bytes.push(b'}');
    Written { bytes, errors: count }
}

fn append(bytes: &mut Vec<u8>, head: &[u8], value: &impl Serialize) {
    let length = bytes.len();
    bytes.extend_from_slice(head);
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.truncate(length);
    }
}

#[derive(Serialize)]
struct Extensions {
    sources: Vec<SourceStatus>,
}

/// How one source did, as the caller may know it.
#[derive(Serialize)]
struct SourceStatus {
    name: Arc<str>,
    status: &'static str,
}

/// One line for each source other than the golden store, in the order of the resolver files.
fn sources(graph: &Graph, plan: &Plan, results: &Results, told_of: &BTreeMap<SourceId, Code>) -> Vec<SourceStatus> {
    let mut status: BTreeMap<u16, &'static str> = BTreeMap::new();
    let asked = plan.nodes.iter().zip(0..).filter_map(|(node, n)| Some((node, results.level(NodeId(n))?)));
    for (node, level) in asked {
        for (number, slot) in node.slots.iter().enumerate() {
            if let Some(fetch) = slot.fetch.map(|id| plan.fetch(id))
                && level.records(number).is_some()
                && !graph.source(fetch.source).golden
            {
                status.entry(fetch.source.0).or_insert("OK");
            }
        }
        let completions = level.completed.iter().filter_map(OnceLock::get).flat_map(|completed| &completed.failures);
        for failure in level.failures.iter().chain(completions) {
            status.insert(failure.source.0, path::code(&failure.reason).name());
        }
    }
    // One that could not be asked for something else has said worse.
    for (source, code) in told_of {
        let known = status.entry(source.0).or_insert("OK");
        if *known == "OK" {
            *known = code.name();
        }
    }
    let named = |(id, status)| SourceStatus { name: graph.source(SourceId(id)).name.clone(), status };
    status.into_iter().map(named).collect()
}
