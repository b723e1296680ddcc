//! Size: about how long an answer will be, so that it is not moved about while it grows.

use crate::execute::{Level, Results};
use crate::plan::{Node, NodeId, Objects, OutValue, Plan};

/// Bytes of a leaf with what stands around it, by guess.
const LEAF: usize = 16;
/// More is not taken at once: whoever guesses so much may be wrong.
const MOST: usize = 1 << 20;

/// Records, and objects within them that links start from.
#[must_use]
pub fn items(plan: &Plan, results: &Results) -> usize {
    levels(plan, results).map(|(_, level)| level.items.len()).sum()
}

fn levels<'a>(plan: &'a Plan, results: &'a Results) -> impl Iterator<Item = (&'a Node, &'a Level)> {
    plan.nodes.iter().zip(0..).filter_map(|(node, id)| Some((node, results.level(NodeId(id))?)))
}

#[must_use]
pub fn expected(plan: &Plan, results: &Results) -> usize {
    let sizes = levels(plan, results).map(|(node, level)| {
        let views = node.page.iter().flat_map(|page| page.views.iter().flatten());
        let objects = node.slots.iter().map(|slot| &slot.objects).chain(views);
        let object = objects.map(object).max().unwrap_or_default();
        level.items.len().saturating_mul(object)
    });
    sizes.fold(1024, usize::saturating_add).min(MOST)
}

/// The longest of the variants.
fn object(objects: &Objects) -> usize {
    let variants = objects.variants.iter().map(|(_, outs)| {
        let sizes = outs.iter().map(|out| {
            let value = match &out.value {
                OutValue::Embedded(candidates, _) => candidates.first().map_or(LEAF, |(_, inner)| object(inner)),
                _ => LEAF,
            };
            out.head.len() + value
        });
        sizes.sum::<usize>()
    });
    variants.max().unwrap_or_default()
}
