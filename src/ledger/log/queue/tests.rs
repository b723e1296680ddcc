//! When what waits is written.

use super::*;
use tokio::sync::oneshot;

const HOUR: Duration = Duration::from_hours(1);

/// Where nobody loses patience.
fn sides() -> (Queue, Waiting) {
    let patience = Patience { soon: HOUR, later: HOUR };
    queue(Bounds { records: 100, bytes: 100_000_000, payload_max: 10_000_000, patience })
}

/// How many records the writer would be given now.
fn due(waiting: &mut Waiting) -> usize {
    let mut batch = Batch::default();
    assert!(waiting.take(Some(Duration::ZERO), &mut batch), "it is not closed");
    batch.len()
}

fn put(queue: &Queue) {
    queue.put(b"{}", When::Awaited(oneshot::channel().0)).unwrap();
}

#[test]
fn a_client_alone_waits_for_nobody() {
    let (queue, mut waiting) = sides();
    put(&queue);
    assert_eq!(due(&mut waiting), 1);
    let _expected = queue.expect();
    put(&queue);
    assert_eq!(due(&mut waiting), 1);
}

#[test]
fn three_of_four_are_written_together() {
    let (queue, mut waiting) = sides();
    let mut expected: Vec<Expected> = (0..4).map(|_| queue.expect()).collect();
    put(&queue);
    put(&queue);
    assert_eq!(due(&mut waiting), 0, "two more will come");
    put(&queue);
    assert_eq!(due(&mut waiting), 3);
    put(&queue);
    assert_eq!(due(&mut waiting), 0);
    // The others have gone.
    expected.truncate(1);
    assert_eq!(due(&mut waiting), 1);
}

#[test]
fn nobody_waits_longer_than_a_while() {
    let patience = Patience { soon: Duration::ZERO, later: HOUR };
    let (queue, mut waiting) = queue(Bounds { records: 100, bytes: 1_000, payload_max: 1_000, patience });
    let _expected: Vec<Expected> = (0..10).map(|_| queue.expect()).collect();
    queue.put(b"{}", When::Later).unwrap();
    assert_eq!(due(&mut waiting), 0);
    put(&queue);
    assert_eq!(due(&mut waiting), 2);
}

#[test]
fn what_nobody_waits_for_goes_with_the_next_that_somebody_does() {
    let (queue, mut waiting) = sides();
    queue.put(b"{}", When::Later).unwrap();
    assert_eq!(due(&mut waiting), 0);
    put(&queue);
    assert_eq!(due(&mut waiting), 2);
    // Nor does it fill the queue.
    (0..50).for_each(|_| queue.put(b"{}", When::Later).unwrap());
    assert_eq!(due(&mut waiting), 50);
}

#[test]
fn a_write_is_not_too_long() {
    let (queue, mut waiting) = sides();
    let _expected: Vec<Expected> = (0..10).map(|_| queue.expect()).collect();
    let long = vec![b'x'; WRITE_BYTES / 2];
    (0..3).for_each(|_| queue.put(&long, When::Later).unwrap());
    assert_eq!(due(&mut waiting), 2);
    assert_eq!(due(&mut waiting), 0);
}

#[test]
fn what_waits_is_still_written_when_it_is_closed() {
    let (queue, mut waiting) = sides();
    queue.put(b"{}", When::Later).unwrap();
    queue.close();
    assert_eq!(queue.put(b"{}", When::Later), Err(Unavailable::Closed));
    let mut batch = Batch::default();
    assert!(waiting.take(None, &mut batch));
    assert_eq!(batch.len(), 1);
    assert!(!waiting.take(None, &mut batch));
}

/// As a writer of its own sees it: woken, and not asked again.
fn woken(mut waiting: Waiting) -> std::thread::JoinHandle<usize> {
    let writer = std::thread::spawn(move || {
        let mut batch = Batch::default();
        waiting.take(None, &mut batch);
        batch.len()
    });
    std::thread::sleep(Duration::from_millis(20));
    writer
}

#[test]
fn the_writer_is_woken_when_those_who_wait_are_most() {
    for leaves in [false, true] {
        let (queue, waiting) = sides();
        let expected: Vec<Expected> = (0..2).map(|_| queue.expect()).collect();
        let writer = woken(waiting);
        put(&queue);
        if leaves {
            drop(expected);
        } else {
            put(&queue);
        }
        assert_eq!(writer.join().unwrap(), if leaves { 1 } else { 2 });
    }
}

#[tokio::test]
async fn whoever_waits_for_a_source_is_not_expected() {
    let (queue, mut waiting) = sides();
    let mut slow = queue.expect();
    let _quick = queue.expect();
    put(&queue);
    assert_eq!(due(&mut waiting), 0);
    let asking = slow.during(std::future::pending::<()>());
    assert!(tokio::time::timeout(Duration::from_millis(1), asking).await.is_err());
    assert_eq!(due(&mut waiting), 1);
    // Its source has answered.
    slow.during(async {}).await;
    put(&queue);
    assert_eq!(due(&mut waiting), 0);
    put(&queue);
    assert_eq!(due(&mut waiting), 2);
}

#[test]
fn a_queue_that_is_half_full_is_written() {
    let patience = Patience { soon: HOUR, later: HOUR };
    let (queue, mut waiting) = queue(Bounds { records: 100, bytes: 1_000, payload_max: 1_000, patience });
    queue.put(&[b'x'; 499], When::Later).unwrap();
    assert_eq!(due(&mut waiting), 0);
    queue.put(b"x", When::Soon).unwrap();
    assert_eq!(due(&mut waiting), 2);
}

#[test]
fn after_damage_nothing_that_waits_is_written() {
    let (queue, mut waiting) = sides();
    let (waiter, mut receipt) = oneshot::channel();
    let _expected: Vec<Expected> = (0..10).map(|_| queue.expect()).collect();
    queue.put(b"{}", When::Awaited(waiter)).unwrap();
    queue.standing().stop(Some(Unavailable::Damaged));
    assert_eq!(receipt.try_recv(), Ok(Err(Unavailable::Damaged)));
    assert_eq!(queue.put(b"{}", When::Soon), Err(Unavailable::Damaged));
    assert_eq!(due(&mut waiting), 0);
    queue.close();
    assert!(!waiting.take(None, &mut Batch::default()));
}
