//! What is on the disk after a crash, and how a disk that fails is left and taken up again.

use super::*;
use crate::ledger::log::batch::Batch;
use crate::ledger::log::disk::{Disk, Place, Point};
use crate::ledger::log::hash::Hash;
use crate::ledger::log::segment;
use crate::ledger::log::walk::{Asked, walk};
use proptest::prelude::*;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;

const POINTS: [Point; 3] = [Point::BeforeWrite, Point::BeforeSync, Point::AfterSync];

#[tokio::test]
async fn what_was_acknowledged_is_there_wherever_the_process_dies() {
    for point in POINTS {
        let case = Case::new();
        let (log, _) = case.open();
        let acknowledged = append(&log, 0..100).await.len();
        case.break_it(Fault::Killed(point));
        let lost = append(&log, 100..110).await;
        assert_eq!(lost, [Err(Unavailable::Failing); 10], "{point:?}");
        log.close();

        case.break_it(None);
        let (log, opened) = case.open();
        let there = case.payloads();
        assert_eq!(there[..acknowledged], (0..100).map(payload).collect::<Vec<_>>(), "{point:?}");
        // a process that dies tears nothing; only what the kernel had not yet taken is missing
        assert_eq!(opened.torn, None);
        let written = if point == Point::BeforeWrite { 100..=100 } else { 101..=110 };
        assert!(written.contains(&there.len()), "{point:?}: {}", there.len());
        assert_eq!(append(&log, 0..1).await[0].unwrap().seq, opened.records + 1);
    }
}

/// Writes 50 records at once behind those that are there, and dies before they are synced. Gives the file, where the write begins and ends.
fn unsynced(case: &Case) -> (File, u64, u64) {
    let Settings { folder, instance, segment_bytes, record_bytes_max, .. } = case.settings();
    let walked = walk(&folder, &Asked { payload_max: record_bytes_max, sizes: &[], read: &|_| () }).unwrap();
    let ((segment, begin), mut chain) = (walked.last.unwrap(), walked.chain);
    let file = OpenOptions::new().write(true).open(&segment.path).unwrap();
    let place = Place { folder, instance: instance.to_string(), segment_bytes, faults: case.faults.clone() };
    let mut disk = Disk::open(place, segment, begin).unwrap();
    let mut batch = Batch::default();
    for payload in (7..57).map(payload) {
        batch.add(payload.as_bytes(), Hash::of(payload.as_bytes()), None);
    }
    let frames = batch.place(&mut chain);
    case.break_it(Fault::Killed(Point::BeforeSync));
    disk.append(frames).unwrap_err();
    case.break_it(None);
    (file, begin, begin + frames.len() as u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A power cut: of a write that was not synced any sectors are on the disk, and the others are what they were.
    #[test]
    fn a_write_that_lost_any_of_its_sectors_is_cut(lost in proptest::collection::vec(any::<bool>(), 64), sector in 9..13_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let case = Case::new();
        let (log, _) = case.open();
        runtime.block_on(append(&log, 0..7));
        log.close();
        let (file, begin, end) = unsynced(&case);
        let size = 1_u64 << sector;
        for (n, _) in lost.iter().enumerate().filter(|(_, lost)| **lost) {
            let start = (begin / size + n as u64) * size;
            let (start, until) = (start.max(begin), (start + size).min(end));
            if start < until {
                file.write_all_at(&vec![0; usize::try_from(until - start).unwrap()], start).unwrap();
            }
        }

        let (log, opened) = case.open();
        let there = case.payloads();
        prop_assert!((7..=57).contains(&there.len()));
        prop_assert_eq!(&there[..], &(0..57).map(payload).collect::<Vec<_>>()[..there.len()]);
        let recoveries = case.recoveries();
        if let Some(torn) = opened.torn {
            prop_assert!(there.len() < 57);
            let told = format!(r#""offset":{},"bytes":{}"#, torn.offset, torn.bytes);
            prop_assert!(recoveries.len() == 1 && recoveries[0].contains(&told), "{:?}", recoveries);
        } else {
            prop_assert_eq!(recoveries.len(), 0);
        }
        prop_assert!(runtime.block_on(append(&log, 0..1))[0].is_ok());
        log.close();
        prop_assert_eq!(case.open().1.torn, None);
    }
}

#[tokio::test]
async fn a_disk_that_fails_is_left_and_taken_up_again() {
    for (fault, why) in [
        (Fault::NoSpace, Unavailable::NoSpace),
        (Fault::Written, Unavailable::Failing),
        (Fault::Synced, Unavailable::Failing),
    ] {
        let case = Case::new();
        let (log, _) = case.open();
        append(&log, 0..100).await;
        case.break_it(fault);
        assert_eq!(append(&log, 100..103).await, [Err(why); 3], "{fault:?}");
        assert!(!log.is_ready());
        // at once, while it is known
        assert_eq!(log.append_later(payload(0).as_bytes()), Err(why));
        assert_eq!(case.payloads().len().min(100), 100, "what was acknowledged is there");

        case.break_it(None);
        until("it comes back by itself", || log.is_ready());
        let receipts = append(&log, 103..106).await;
        // what was refused is not there: its bytes were cut, though the disk may have had them
        let expected: Vec<_> = (0..100).chain(103..106).map(payload).collect();
        assert_eq!(case.payloads(), expected, "{fault:?}");
        assert_eq!(receipts[0].unwrap().seq, 102);
        let recoveries = case.recoveries();
        assert!(recoveries.len() == 1 && recoveries[0].contains(&why.to_string()), "{recoveries:?}");
        log.close();
        assert_eq!(case.open().1, Opened { records: 104, torn: None });
    }
}

/// A page whose write failed may be dropped, with what was acknowledged in it.
#[tokio::test]
async fn the_block_of_the_last_record_is_written_again() {
    for count in [1, 3, 40] {
        let case = Case::new();
        let (log, _) = case.open();
        append(&log, 0..count).await;
        let asked = Asked { payload_max: case.settings().record_bytes_max, sizes: &[], read: &|_| () };
        let (segment, end) = walk(case.path(), &asked).unwrap().last.unwrap();
        case.break_it(Fault::Synced);
        assert!(append(&log, 100..101).await[0].is_err());
        let file = OpenOptions::new().write(true).open(&segment.path).unwrap();
        let lost = end % 4096;
        file.write_all_at(&vec![0; usize::try_from(lost).unwrap()], end - lost).unwrap();
        assert!(records(case.path()).unwrap().any(|record| record.is_err()));

        case.break_it(None);
        until("it comes back by itself", || log.is_ready());
        assert_eq!(case.payloads(), (0..count).map(payload).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn it_may_fail_in_the_very_first_write_of_a_segment() {
    for fault in [Fault::NoSpace, Fault::Written, Fault::Synced] {
        let case = Case::new();
        let (log, _) = case.open();
        case.break_it(fault);
        assert!(append(&log, 0..1).await[0].is_err());
        case.break_it(None);
        until("it comes back by itself", || log.is_ready());
        append(&log, 1..2).await;
        log.close();
        assert_eq!(case.payloads(), [payload(1)], "{fault:?}");
        assert_eq!(case.open().1, Opened { records: 2, torn: None });
    }
}

#[tokio::test]
async fn it_may_fail_where_a_segment_begins() {
    let case = Case::new();
    let (log, _) = case.open_with(Settings { segment_bytes: 6_000, ..case.settings() }).unwrap();
    let mut expected = Vec::new();
    for n in 0..60 {
        case.break_it((n % 3 == 0).then_some(Fault::NoSpace));
        let outcome = append(&log, n..n + 1).await[0];
        case.break_it(None);
        until("it comes back by itself", || log.is_ready());
        if outcome.is_ok() {
            expected.push(payload(n));
        }
    }
    log.close();
    assert!(segment::list(case.path()).unwrap().len() > 5);
    assert_eq!(case.payloads(), expected);
    assert_eq!(expected.len(), 40);
    assert_eq!(case.open().1.records, 60);
}

#[test]
fn a_disk_that_stays_broken_does_not_keep_the_program() {
    let case = Case::new();
    let (log, _) = case.open();
    case.break_it(Fault::NoSpace);
    log.append_later(payload(0).as_bytes()).unwrap();
    drop(log);
    case.break_it(None);
    assert_eq!(case.open().1.records, 0);
}
