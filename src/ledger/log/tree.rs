//! Tree: the Merkle tree of RFC 6962 over the hashes of records, and proofs that a record is in it.
//!
//! What is kept of the tree are the roots of its whole subtrees, one for each bit of its size: enough to add the next record and to
//! say the root, whatever the size.

use super::hash::Hash;
use std::ops::Range;

/// The right edge of a tree: roots of its whole subtrees, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// `None` where a tree of that size has another number of whole subtrees.
    pub(super) fn of(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(nodes.len())).then_some(Self { size, nodes })
    }

    pub(super) fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Records in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a record by its hash.
    pub fn push(&mut self, record: Hash) {
        let mut node = Hash::leaf(record);
        // each bit that is carried joins two subtrees of one size
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = Hash::node(left, node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root of the tree as it is.
    pub fn root(&self) -> Hash {
        let nodes = self.nodes.iter().rev().copied();
        nodes.reduce(|right, left| Hash::node(left, right)).unwrap_or_else(|| Hash::of(b""))
    }
}

/// The stretches of a tree of `size` records whose roots prove the record at `index` (RFC 6962, 2.1.1), the nearest first.
pub(super) fn path(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    let mut whole = 0..size;
    while whole.end - whole.start > 1 {
        let middle = whole.start + split(whole.end - whole.start);
        let (here, there) = if index < middle {
            (whole.start..middle, middle..whole.end)
        } else {
            (middle..whole.end, whole.start..middle)
        };
        path.push(there);
        whole = here;
    }
    path.reverse();
    path
}

/// The largest power of two below `size`.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root that a record and the roots beside its path lead to; `None` where there are too many or too few of them.
pub fn root_by(record: Hash, index: u64, size: u64, beside: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let path = path(index, size);
    if path.len() != beside.len() {
        return None;
    }
    let joined = |node, (stretch, other): (&Range<u64>, &Hash)| {
        if stretch.start > index { Hash::node(node, *other) } else { Hash::node(*other, node) }
    };
    Some(path.iter().zip(beside).fold(Hash::leaf(record), joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, 2.1, word for word.
    fn by_definition(records: &[Hash]) -> Hash {
        match records {
            [] => Hash::of(b""),
            [one] => Hash::leaf(*one),
            many => {
                let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
                Hash::node(by_definition(left), by_definition(right))
            }
        }
    }

    fn records(count: u64) -> Vec<Hash> {
        (0..count).map(|n| Hash::of(&n.to_le_bytes())).collect()
    }

    #[test]
    fn the_root_is_that_of_the_definition() {
        let records = records(70);
        let mut tree = Frontier::default();
        assert_eq!(tree.root(), by_definition(&[]));
        for (n, record) in records.iter().enumerate() {
            tree.push(*record);
            assert_eq!(tree.root(), by_definition(&records[..=n]), "{n}");
            assert_eq!(Frontier::of(tree.size(), tree.nodes().to_vec()), Some(tree.clone()));
        }
    }

    #[test]
    fn every_record_is_proved_and_no_other() {
        for size in 1..40 {
            let records = records(size);
            let root = by_definition(&records);
            for index in 0..size {
                let range = |stretch: &Range<u64>| {
                    by_definition(
                        &records[usize::try_from(stretch.start).unwrap()..usize::try_from(stretch.end).unwrap()],
                    )
                };
                let beside: Vec<Hash> = path(index, size).iter().map(range).collect();
                let of = |index: u64| records[usize::try_from(index).unwrap()];
                assert_eq!(root_by(of(index), index, size, &beside), Some(root), "{index} of {size}");
                let other = (index + 1) % size;
                if other != index {
                    assert_ne!(root_by(of(other), index, size, &beside), Some(root));
                    assert_ne!(root_by(of(index), other, size, &beside), Some(root));
                }
            }
        }
        assert_eq!(root_by(Hash::of(b""), 1, 1, &[]), None);
    }

    #[test]
    fn a_root_has_as_many_subtrees_as_bits() {
        assert_eq!(Frontier::of(3, vec![Hash::of(b"")]), None);
    }
}
