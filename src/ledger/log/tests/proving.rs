//! A proof convinces somebody who has nothing else of the ledger.

use super::*;
use crate::ledger::log::hash::Hash;
use crate::ledger::log::{Checkpoint, Proof, prove, tree};

/// A ledger with a checkpoint at 300 records and one at 420.
async fn ledger() -> Case {
    let case = Case::new();
    for numbers in [0..300, 300..420] {
        let (log, _) = case.open_with(Settings { checkpoint_ms: 100_000, ..case.settings() }).unwrap();
        append(&log, numbers).await;
        log.close();
    }
    case
}

/// By the proof alone.
fn holds(proof: &Proof) -> bool {
    let hash = |text: &String| Hash::read(text).unwrap();
    let record = &proof.record;
    let payload = Hash::of(record.payload.as_bytes());
    let bytes = [&record.seq.to_le_bytes(), &hash(&record.previous).0[..], &payload.0].concat();
    let path: Vec<Hash> = proof.path.iter().map(hash).collect();
    let root = tree::root_by(Hash::of(&bytes), record.seq - 1, proof.checkpoint.size, &path);
    root.is_some() && root == proof.checkpoint.root()
}

#[tokio::test]
async fn every_record_is_proved_to_the_checkpoint_after_it() {
    let case = ledger().await;
    for seq in 1..=420 {
        let proof = prove(case.path(), seq).unwrap();
        assert_eq!(proof.record.payload, payload(u32::try_from(seq).unwrap() - 1));
        assert_eq!(proof.checkpoint.size, if seq <= 300 { 300 } else { 420 });
        assert!(holds(&proof), "{seq}");
        let mut other = proof.clone();
        other.record.payload = payload(9_999);
        assert!(!holds(&other));
        other = proof;
        other.record.seq = if seq == 1 { 2 } else { seq - 1 };
        assert!(!holds(&other));
    }
}

#[tokio::test]
async fn what_can_t_be_proved_is_told() {
    let case = ledger().await;
    let told = |seq| prove(case.path(), seq).unwrap_err().to_string();
    assert!(told(0).contains("the first record is record 1"));
    assert!(told(421).contains("no checkpoint is of record 421"));
    let path = case.path().join("checkpoints");
    let text = std::fs::read_to_string(&path).unwrap();
    let last = text.lines().last().unwrap();
    let mut wrong: Checkpoint = serde_json::from_str(last).unwrap();
    wrong.size = 500;
    std::fs::write(&path, wrong.line()).unwrap();
    assert!(told(421).contains("there is no record 421"));
    assert!(told(420).contains("there are less than 500 records"));
    wrong.size = 410;
    std::fs::write(&path, wrong.line()).unwrap();
    assert!(told(7).contains("the records up to 410 are not those of the checkpoint"));
}
