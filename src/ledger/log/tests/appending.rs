//! Records go in, and come out in order.

use super::*;
use crate::ledger::log::segment;
use crate::ledger::log::{Trust, records_from, verify};

#[tokio::test]
async fn what_was_appended_is_read_in_order() {
    let case = Case::new();
    let (log, opened) = case.open();
    assert_eq!(opened, Opened { records: 0, torn: None });
    for n in 0..3 {
        let receipt = log.append(payload(n).into_bytes()).await.unwrap();
        assert_eq!(receipt.seq, u64::from(n) + 1);
    }
    // readable beside its writer
    let records = case.records();
    assert_eq!(texts(records), [payload(0), payload(1), payload(2)]);
}

#[tokio::test]
async fn each_has_its_receipt_and_its_place() {
    let case = Case::new();
    let (log, _) = case.open();
    let mut receipts = Vec::new();
    for n in 0..10 {
        receipts.extend(append(&log, n * 100..(n + 1) * 100).await);
    }
    let records = case.records();
    assert_eq!(records.len(), 1000);
    for (n, receipt) in receipts.into_iter().enumerate() {
        let receipt = receipt.unwrap();
        let record = &records[usize::try_from(receipt.seq).unwrap() - 1];
        assert_eq!((record.seq, record.hash), (receipt.seq, receipt.hash));
        assert_eq!(record.payload, payload(u32::try_from(n).unwrap()).into_bytes());
    }
    assert!(segment::list(case.path()).unwrap().len() > 1, "a segment holds 64 KiB");
}

#[tokio::test]
async fn a_ledger_goes_on_where_it_ended() {
    let case = Case::new();
    for round in 0..5 {
        let (log, opened) = case.open();
        assert_eq!(opened, Opened { records: u64::from(round) * 200, torn: None });
        append(&log, round * 200..(round + 1) * 200).await;
        log.close();
        assert_eq!(log.append(vec![b'x']).await, Err(Unavailable::Closed));
        assert!(!log.is_ready());
    }
    assert_eq!(case.payloads(), (0..1000).map(payload).collect::<Vec<_>>());
    let from = |seq| records_from(case.path(), seq).unwrap().map(|record| record.unwrap().seq).collect::<Vec<_>>();
    assert_eq!(from(1).len(), 1000);
    assert_eq!(from(997), [997, 998, 999, 1000]);
    assert_eq!(from(1001), [0; 0]);
}

#[tokio::test]
async fn nobody_waits_for_what_is_appended_later() {
    let case = Case::new();
    let (log, _) = case.open();
    for n in 0..100 {
        log.append_later(payload(n).as_bytes()).unwrap();
    }
    drop(log);
    assert_eq!(case.payloads().len(), 100);
}

#[tokio::test]
async fn a_record_has_a_length() {
    let case = Case::new();
    let (log, _) = case.open_with(Settings { record_bytes_max: 100_000, ..case.settings() }).unwrap();
    assert_eq!(log.append(vec![]).await, Err(Unavailable::Length));
    assert_eq!(log.append(vec![b'x'; 100_001]).await, Err(Unavailable::Length));
    assert!(log.is_ready());
    // longer than a segment
    log.append(vec![b'x'; 100_000]).await.unwrap();
    log.append(vec![b'y'; 100_000]).await.unwrap();
    log.close();
    let (_, opened) = case.open();
    assert_eq!(opened, Opened { records: 2, torn: None });
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let case = Case::new();
    let (log, _) = case.open_with(Settings { queue_max: 8, ..case.settings() }).unwrap();
    // more than may wait: some are refused at once, and the others are written
    let outcomes = append(&log, 0..5_000).await;
    let refused = outcomes.iter().filter(|outcome| **outcome == Err(Unavailable::Behind)).count();
    let written = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(refused + written, 5_000);
    assert!(refused > 0 && written >= 8, "{refused} refused");
    until("it takes records again", || log.is_ready());
    assert_eq!(case.payloads().len(), written);

    let case = Case::new();
    let (log, _) = case.open_with(Settings { queue_bytes_max: 10, ..case.settings() }).unwrap();
    assert_eq!(log.append(vec![b'x'; 11]).await, Err(Unavailable::Behind));
}

/// Whoever reads meanwhile sees records up to some time, and never damage.
#[test]
fn it_is_read_and_verified_while_it_is_written() {
    let case = Case::new();
    let (log, _) = case.open();
    let writing = {
        let log = log.clone();
        std::thread::spawn(move || {
            for n in 0..20_000 {
                while log.append_later(payload(n).as_bytes()).is_err() {
                    std::thread::yield_now();
                }
            }
            log.close();
        })
    };
    let (mut seen, mut rounds) = (0, 0);
    while !writing.is_finished() {
        let checked = verify(case.path(), &Trust::default(), &|_| ()).unwrap();
        assert_eq!(checked.damages, []);
        let there = case.records().len();
        assert!(there >= seen);
        (seen, rounds) = (there, rounds + 1);
    }
    writing.join().unwrap();
    assert_eq!(case.records().len(), 20_000);
    assert!(rounds > 1);
}
