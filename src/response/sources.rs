//! Sources: how each source did that an answer comes from.

use super::{SourceStatus, path};
use crate::error::Code;
use crate::execute::{Level, Results};
use crate::graph::{Graph, SourceId};
use crate::plan::{NodeId, Plan};
use crate::policy::Disclosed;
use crate::record::Had;
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
    /// How the records of it were had that may be shown, and when the first of them, where not all were asked for just now.
    pub kept: Option<(Had, i64)>,
}

/// Every source that was asked, in the order of the resolver files.
pub fn asked(plan: &Plan, results: &Results, told_of: &BTreeMap<SourceId, Code>) -> Vec<Asked> {
    let mut all: BTreeMap<u16, Asked> = BTreeMap::new();
    let new = |source: SourceId| Asked { source, failed: None, retrieved_at: None, as_of: None, kept: None };
    let levels = plan.nodes.iter().zip(0..).filter_map(|(node, n)| Some((node, results.level(NodeId(n))?)));
    for (node, level) in levels {
        for (number, slot) in node.slots.iter().enumerate() {
            if let (Some(fetch), Some(records)) = (slot.fetch.map(|id| plan.fetch(id)), level.records(number)) {
                let one = all.entry(fetch.source.0).or_insert_with(|| new(fetch.source));
                let at = records.retrieved_at();
                one.retrieved_at = Some(one.retrieved_at.map_or(at, |known| known.min(at)));
                if !records.is_fresh() {
                    one.kept = kept(level, number, records).into_iter().chain(one.kept).reduce(older);
                }
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

/// How the records of a slot were had: of those that may be shown, so that nobody learns from an age of records that they may not see.
fn kept(level: &Level, slot: usize, records: &Disclosed) -> Option<(Had, i64)> {
    let feeds = level.items.iter().filter(|item| item.slot as usize == slot).map(|item| item.around);
    let completed = level.completed(slot).into_iter().flat_map(|completed| {
        completed.at.iter().copied().flatten().chain(completed.further.iter().map(|(_, at)| *at))
    });
    let had = feeds.chain(completed.filter(|at| records.shows(*at))).map(|at| records.had(at));
    had.filter(|(had, _)| *had != Had::Asked).reduce(older)
}

fn older(a: (Had, i64), b: (Had, i64)) -> (Had, i64) {
    (a.0.max(b.0), a.1.min(b.1))
}

/// One line for each source other than the golden store, unless that failed. Also for those that there was nothing to ask: whoever is known
/// to a source and has nothing to show there must not be told from whoever is not known to it.
pub(super) fn shown<'a>(
    graph: &'a Graph,
    (plan, results): (&Plan, &Results),
    asked: &[Asked],
    now: i64,
) -> impl Iterator<Item = SourceStatus<'a>> {
    let reached = plan.nodes.iter().zip(0..).filter(|(_, n)| results.level(NodeId(*n)).is_some());
    let fetches = reached.flat_map(|(node, _)| &node.slots).filter_map(|slot| Some(plan.fetch(slot.fetch?).source));
    let mut all: BTreeMap<u16, (SourceId, Option<&Asked>)> = fetches.map(|source| (source.0, (source, None))).collect();
    all.extend(asked.iter().map(|one| (one.source.0, (one.source, Some(one)))));
    let shown = all.into_values().map(|(source, asked)| {
        let (failed, kept) = asked.map_or((None, None), |asked| (asked.failed, asked.kept));
        (source, failed, kept)
    });
    let shown = shown.filter(|(source, failed, _)| failed.is_some() || !graph.source(*source).golden);
    shown.map(move |(source, failed, kept)| SourceStatus {
        name: &graph.source(source).name,
        status: match (failed, kept) {
            (Some(code), _) => code.name(),
            (None, Some((Had::Stale, _))) => "STALE",
            (None, _) => "OK",
        },
        age: kept.map(|(_, at)| now.saturating_sub(at).max(0)),
    })
}
