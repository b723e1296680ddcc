//! What a ledger is opened with, and what it is not opened after.

use super::*;
use crate::ledger::log::{Damage, Flaw, What, Witness, segment};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// A ledger of three segments and more, closed.
async fn kept() -> Case {
    let case = Case::new();
    let (log, _) = case.open();
    for n in 0..9 {
        append(&log, n * 100..(n + 1) * 100).await;
    }
    log.close();
    case
}

fn damage(case: &Case) -> Damage {
    match case.open_with(case.settings()) {
        Err(Broken::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_process_writes() {
    let case = Case::new();
    let (log, _) = case.open();
    let told = case.open_with(case.settings()).unwrap_err().to_string();
    assert!(told.contains("another process writes this ledger"), "{told}");
    drop(log);
    case.open();
}

#[tokio::test]
async fn a_damaged_segment_is_not_opened() {
    let case = kept().await;
    let mut segments = segment::list(case.path()).unwrap();
    segments.pop();
    assert!(segments.len() > 1);
    for segment in &segments {
        let good = fs::read(&segment.path).unwrap();
        let mut bad = good.clone();
        bad[5_000] ^= 1;
        fs::write(&segment.path, &bad).unwrap();
        let damage = damage(&case);
        assert_eq!(damage.file, segment.path);
        assert!(damage.at > 4_000 && damage.at <= 5_000 && damage.seq >= segment.first, "{damage:?}");
        // The byte may be one of a record's length.
        assert!(matches!(damage.what, What::Record(Flaw::Checksum | Flaw::Length)), "{damage:?}");
        fs::write(&segment.path, &good).unwrap();
    }
    case.open();
}

/// No checkpoint helps here: the ledger died within its first second.
#[tokio::test]
async fn damage_before_the_last_write_is_no_unfinished_write() {
    let case = Case::new();
    let (log, _) = case.open();
    let mut ends = vec![4096];
    let path = segment::list(case.path()).unwrap().remove(0).path;
    for n in 0..4 {
        log.append(payload(n).into_bytes()).await.unwrap();
        ends.push(fs::read(&path).unwrap().iter().rposition(|byte| *byte != 0).unwrap() + 1);
    }
    log.close();
    fs::remove_file(case.path().join("checkpoints")).unwrap();
    let good = fs::read(&path).unwrap();
    for (n, write) in ends.windows(2).enumerate().take(3) {
        let mut lost = good.clone();
        lost[write[0]..write[1]].fill(0);
        let mut changed = good.clone();
        changed[write[1] - 1] ^= 1;
        for bad in [lost, changed] {
            fs::write(&path, bad).unwrap();
            let damage = damage(&case);
            assert_eq!((damage.at, damage.seq), (write[0] as u64, n as u64 + 1), "{damage}");
        }
    }
    let mut torn = good.clone();
    torn[ends[4] - 1] ^= 1;
    fs::write(&path, torn).unwrap();
    let torn = case.open().1.torn.unwrap();
    assert_eq!((torn.offset, torn.bytes), (ends[3] as u64, (ends[4] - ends[3]) as u64));
}

#[tokio::test]
async fn a_tail_that_a_checkpoint_speaks_of_is_not_cut() {
    let case = kept().await;
    let last = segment::list(case.path()).unwrap().pop().unwrap();
    let good = fs::read(&last.path).unwrap();
    let end = good.iter().rposition(|byte| *byte != 0).unwrap();
    fs::write(&last.path, &good[..end]).unwrap();
    let found = damage(&case);
    assert_eq!((&found.file, found.seq, &found.what), (&last.path, 900, &What::Vouched { size: 900 }));
    // cut where a record ends, as a crash never does
    fs::write(&last.path, &good[..usize::try_from(found.at).unwrap()]).unwrap();
    let found = damage(&case);
    assert!(found.to_string().contains("the checkpoint is of 900 records, and 899 are there"), "{found}");
}

#[tokio::test]
async fn a_past_that_was_written_anew_is_not_opened() {
    let case = kept().await;
    let other = Case::new();
    let (log, _) = other.open();
    append(&log, 1..901).await;
    log.close();
    // every checksum and hash is right, and the records are others
    for segment in segment::list(case.path()).unwrap() {
        fs::remove_file(segment.path).unwrap();
    }
    for segment in segment::list(other.path()).unwrap() {
        fs::copy(&segment.path, case.path().join(segment.path.file_name().unwrap())).unwrap();
    }
    assert_eq!(damage(&case).what, What::Root { good: 0 });
    fs::remove_file(case.path().join("checkpoints")).unwrap();
    fs::copy(other.path().join("checkpoints"), case.path().join("checkpoints")).unwrap();
    assert_eq!(damage(&case).what, What::Signature);
}

#[tokio::test]
async fn an_instance_has_one_ledger() {
    let case = kept().await;
    let told = case.open_with(Settings { instance: "gw-2".into(), ..case.settings() }).unwrap_err().to_string();
    assert!(told.contains("this is no checkpoint of this ledger"), "{told}");
    fs::remove_file(case.path().join("checkpoints")).unwrap();
    let told = case.open_with(Settings { instance: "gw-2".into(), ..case.settings() }).unwrap_err().to_string();
    assert!(told.contains("belongs to the instance `gw-1`"), "{told}");
    let told = case.open_with(Settings { instance: "../x".into(), ..case.settings() }).unwrap_err().to_string();
    assert!(told.contains("an instance is called by"), "{told}");
}

#[tokio::test]
async fn a_witness_remembers_what_was_taken_away() {
    let (case, second) = (Case::new(), tempfile::tempdir().unwrap());
    let witness = second.path().join("copy");
    let settings = Settings { witness: Some(Witness::File(witness.clone())), ..case.settings() };
    let (log, _) = case.open_with(settings.clone()).unwrap();
    append(&log, 0..10).await;
    log.close();
    assert_eq!(fs::read(&witness).unwrap(), fs::read(case.path().join("checkpoints")).unwrap());
    // the ledger as it was before, whole in itself
    for segment in segment::list(case.path()).unwrap() {
        fs::remove_file(segment.path).unwrap();
    }
    fs::remove_file(case.path().join("checkpoints")).unwrap();
    let told = case.open_with(settings).unwrap_err().to_string();
    assert!(told.contains("the checkpoint is of 10 records, and 0 are there"), "{told}");
}

/// Of a long ledger the end is read at once.
fn long(case: &Case) -> Settings {
    Settings { start_bytes_max: 0, ..case.settings() }
}

#[tokio::test]
async fn a_long_ledger_is_opened_by_its_end_and_goes_on() {
    let case = kept().await;
    let (log, opened) = case.open_with(long(&case)).unwrap();
    assert_eq!((opened.records, opened.torn), (900, None));
    assert_eq!(append(&log, 900..901).await[0].unwrap().seq, 901);
    log.close();
    // The chain and the tree are those that a start which reads all has.
    let checked = crate::ledger::log::verify(case.path(), &crate::ledger::log::Trust::default(), &|_| ()).unwrap();
    assert_eq!((checked.records, checked.damages), (901, vec![]));
    assert_eq!(case.open().1.records, 901);
}

#[tokio::test]
async fn damage_before_the_end_of_a_long_ledger_stops_it_soon() {
    let case = kept().await;
    let segments = segment::list(case.path()).unwrap();
    let (last, before) = segments.split_last().unwrap();
    assert!(before.len() > 1);
    for segment in before {
        let good = fs::read(&segment.path).unwrap();
        let mut bad = good.clone();
        bad[5_000] ^= 1;
        fs::write(&segment.path, &bad).unwrap();
        let (log, _) = case.open_with(long(&case)).unwrap();
        until("it is not stopped", || !log.is_ready());
        assert_eq!(append(&log, 0..1).await, [Err(Unavailable::Damaged)]);
        log.close();
        fs::write(&segment.path, &good).unwrap();
    }
    // One that is gone, the first of all too; and one of other records.
    for segment in before {
        let (gone, good) = (segment.path.with_extension("gone"), &segment.path);
        fs::rename(good, &gone).unwrap();
        let (log, _) = case.open_with(long(&case)).unwrap();
        until("it is not stopped", || !log.is_ready());
        log.close();
        fs::rename(&gone, good).unwrap();
    }
    // What the last checkpoint speaks of is read at once.
    let good = fs::read(&last.path).unwrap();
    let mut bad = good.clone();
    bad[5_000] ^= 1;
    fs::write(&last.path, &bad).unwrap();
    let damage = match case.open_with(long(&case)) {
        Err(Broken::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    };
    // In the last write it looks like the tail that a crash leaves, and the checkpoint says that it was whole. How much was written at once is
    // the disk's affair: before the last write it is damage by itself.
    assert_eq!(damage.file, last.path);
    assert!(matches!(damage.what, What::Vouched { size: 900 } | What::Record(Flaw::Checksum)), "{:?}", damage.what);
    fs::write(&last.path, &good).unwrap();
    case.open_with(long(&case)).unwrap();
}

#[tokio::test]
async fn the_key_is_its_owners() {
    let case = kept().await;
    let key = case.path().join("checkpoint-key.pem");
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(case.path().join("checkpoint-keys.pem")).unwrap().starts_with("-----BEGIN PUBLIC KEY"));
    // another key: what the old one signed is still believed
    fs::remove_file(&key).unwrap();
    let (log, _) = case.open();
    append(&log, 0..1).await;
    log.close();
    let keys = fs::read_to_string(case.path().join("checkpoint-keys.pem")).unwrap();
    assert_eq!(keys.matches("BEGIN").count(), 2);
    case.open().0.close();

    // a key that is kept elsewhere
    let (case, elsewhere) = (Case::new(), tempfile::tempdir().unwrap());
    let key = elsewhere.path().join("gw-1.pem");
    let open = |case: &Case| case.open_with(Settings { key: Some(key.clone()), ..case.settings() });
    drop(open(&case).unwrap());
    assert!(key.exists() && !case.path().join("checkpoint-key.pem").exists());

    fs::write(&key, "what is this").unwrap();
    let told = open(&case).unwrap_err().to_string();
    assert!(told.contains("this is no Ed25519 key"), "{told}");
    let mut mode = fs::metadata(&key).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o644);
    fs::set_permissions(&key, mode).unwrap();
    let told = open(&case).unwrap_err().to_string();
    assert!(told.contains("everybody may read this key"), "{told}");
}

#[tokio::test]
async fn what_a_crash_left_of_a_line_or_a_segment_is_no_damage() {
    let case = kept().await;
    let path = case.path().join("checkpoints");
    let lines = fs::read(&path).unwrap();
    fs::write(&path, [&lines[..], b"{\"origin\":\"head"].concat()).unwrap();
    fs::write(case.path().join("00000000000000000901.segment.new"), "HWLED").unwrap();
    let (log, opened) = case.open();
    assert_eq!(opened.records, 900);
    append(&log, 0..1).await;
    log.close();
    let after = fs::read(&path).unwrap();
    assert!(after.starts_with(&lines) && after.len() > lines.len());
    assert_eq!(
        String::from_utf8(after).unwrap().matches("\n{").count(),
        String::from_utf8(lines).unwrap().lines().count()
    );
    assert_eq!(case.open().1.records, 901);
}
