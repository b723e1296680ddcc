//! Prove: that a record is in the ledger, to somebody who has nothing but a checkpoint and the public key.
//!
//! The path of a record has, to its left, the whole subtrees of all records before it: the tree as it was just then, which the record's
//! segment begins with. To its right it has what came until the checkpoint. So only these records are read.

use super::broken::Broken;
use super::checkpoint::{self, Checkpoint};
use super::hash::Hash;
use super::open::CHECKPOINTS;
use super::records::Records;
use super::tree::{self, Frontier};
use crate::limits::Limits;
use serde::Serialize;
use std::path::Path;

/// A proof. As JSON it is what docs/ledger.md tells how to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    pub record: Proved,
    /// The nodes beside the way from the record to the root, the nearest first.
    pub path: Vec<String>,
    pub checkpoint: Checkpoint,
}

/// The record that is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proved {
    pub seq: u64,
    /// Hash of the record before.
    pub previous: String,
    pub payload: String,
    pub hash: String,
}

/// Proves a record, to the first checkpoint that was made after it.
///
/// # Errors
/// Where there is no such record, or no checkpoint of it yet, or something on the way is damaged.
pub fn prove(folder: &Path, seq: u64) -> Result<Proof, Broken> {
    let refused = |what| Broken::Refused { what };
    if seq == 0 {
        return Err(refused("the first record is record 1".to_owned()));
    }
    let checkpoint = checkpoint_of(folder, seq)?;
    let size = checkpoint.size;
    let mut records = Records::open(folder, seq, Limits::default().ledger_record_bytes_max)?;
    let before = records.before().filter(|chain| chain.due() == seq).cloned();
    let (Some(before), Some(record)) = (before, records.next().transpose()?) else {
        return Err(refused(format!("there is no record {seq}")));
    };

    let mut left = before.tree.nodes().iter().rev().copied();
    let mut beside = Vec::new();
    for stretch in tree::path(seq - 1, size) {
        let node = if stretch.end < seq { left.next() } else { right(&mut records, stretch.end - stretch.start)? };
        beside.push(node.ok_or_else(|| refused(format!("there are less than {size} records")))?);
    }
    let root = tree::root_by(record.hash, seq - 1, size, &beside);
    if root.map(checkpoint::base64).as_ref() != Some(&checkpoint.root) {
        return Err(refused(format!(
            "the records up to {size} are not those of the checkpoint\n  hint: `headwaters ledger verify` says more"
        )));
    }
    let payload = String::from_utf8(record.payload).map_err(|_| refused(format!("record {seq} is no text")))?;
    Ok(Proof {
        record: Proved { seq, previous: before.last.to_string(), payload, hash: record.hash.to_string() },
        path: beside.iter().map(Hash::to_string).collect(),
        checkpoint,
    })
}

/// The first checkpoint of a tree that has the record.
fn checkpoint_of(folder: &Path, seq: u64) -> Result<Checkpoint, Broken> {
    let path = folder.join(CHECKPOINTS);
    let unusable = |error| Broken::Unusable { path: path.clone(), error };
    for line in checkpoint::lines(&path).map_err(unusable)? {
        match Checkpoint::read(&line.map_err(unusable)?) {
            Some(checkpoint) if checkpoint.size >= seq => return Ok(checkpoint),
            _ => {}
        }
    }
    let what = format!(
        "no checkpoint is of record {seq}\n  hint: one is made a second after a record, or when the gateway stops"
    );
    Err(Broken::Refused { what })
}

/// The root over the next records, so many; `None` where there are less.
fn right(records: &mut Records, count: u64) -> Result<Option<Hash>, Broken> {
    let mut tree = Frontier::default();
    while tree.size() < count {
        let Some(record) = records.next().transpose()? else { return Ok(None) };
        tree.push(record.hash);
    }
    Ok(Some(tree.root()))
}
