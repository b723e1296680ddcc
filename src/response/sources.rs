//! Sources: how each source did that an answer comes from.

use super::{SourceStatus, path};
use crate::error::Code;
use crate::execute::Results;
use crate::graph::{Graph, SourceId};
use crate::plan::{NodeId, Plan};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How one source did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub source: SourceId,
    /// `None`: well.
    pub failed: Option<Code>,
    /// Seconds since 1970 at which it was asked first; `None` where it never answered.
    pub retrieved_at: Option<i64>,
    /// The source's own time of the oldest of its records that stand in the answer, where it says one.
    pub as_of: Option<String>,
}

/// Every source that was asked, in the order of the resolver files.
pub fn asked(plan: &Plan, results: &Results, told_of: &BTreeMap<SourceId, Code>) -> Vec<Asked> {
    let mut all: BTreeMap<u16, Asked> = BTreeMap::new();
    let new = |source: SourceId| Asked { source, failed: None, retrieved_at: None, as_of: None };
    let levels = plan.nodes.iter().zip(0..).filter_map(|(node, n)| Some((node, results.level(NodeId(n))?)));
    for (node, level) in levels {
        for (number, slot) in node.slots.iter().enumerate() {
            if let (Some(fetch), Some(records)) = (slot.fetch.map(|id| plan.fetch(id)), level.records(number)) {
                let one = all.entry(fetch.source.0).or_insert_with(|| new(fetch.source));
                let at = records.retrieved_at();
                one.retrieved_at = Some(one.retrieved_at.map_or(at, |known| known.min(at)));
            }
        }
        let completions = level.completed.iter().filter_map(OnceLock::get).flat_map(|completed| &completed.failures);
        for failure in level.failures.iter().chain(completions) {
            let one = all.entry(failure.source.0).or_insert_with(|| new(failure.source));
            one.failed = Some(path::code(&failure.reason));
        }
    }
    // One that could not be asked for something else has said worse.
    for (source, code) in told_of {
        let one = all.entry(source.0).or_insert_with(|| new(*source));
        one.failed = one.failed.or(Some(*code));
    }
    all.into_values().collect()
}

/// One line for each source other than the golden store, unless that failed. Also for those that there was nothing to ask: whoever is known
/// to a source and has nothing to show there must not be told from whoever is not known to it.
pub(super) fn shown<'a>(
    graph: &'a Graph,
    (plan, results): (&Plan, &Results),
    asked: &[Asked],
) -> impl Iterator<Item = SourceStatus<'a>> {
    let reached = plan.nodes.iter().zip(0..).filter(|(_, n)| results.level(NodeId(*n)).is_some());
    let fetches = reached.flat_map(|(node, _)| &node.slots).filter_map(|slot| Some(plan.fetch(slot.fetch?).source));
    let mut all: BTreeMap<u16, (SourceId, Option<Code>)> = fetches.map(|source| (source.0, (source, None))).collect();
    all.extend(asked.iter().map(|one| (one.source.0, (one.source, one.failed))));
    let shown = all.into_values().filter(|(source, failed)| failed.is_some() || !graph.source(*source).golden);
    shown.map(|(source, failed)| SourceStatus {
        name: &graph.source(source).name,
        status: failed.map_or("OK", Code::name),
    })
}
