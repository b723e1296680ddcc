//! Each layer by itself, by times that are passed in, and all of them around a source that does as it is told.

use super::*;
use crate::graph::binding::Care;
use std::sync::atomic::{AtomicU32, Ordering};

const SECOND: Duration = Duration::from_secs(1);

fn care() -> Care {
    Care { failures_max: 3, probe_ms: 1_000, ..Care::default() }
}

/// Calls one after another: `+` goes well, `-` fails, and what comes of it is whether they went out at all.
fn calls(breaker: &Breaker, now: Now, outcomes: &str) -> String {
    let call = |outcome| match (breaker.pass(now), outcome) {
        (None, _) => 'x',
        (Some(pass), '+') => {
            pass.good(now);
            '+'
        }
        (Some(pass), _) => {
            pass.bad(now);
            '-'
        }
    };
    outcomes.chars().map(call).collect()
}

#[tokio::test]
async fn a_breaker_opens_after_failures_in_a_row() {
    let (breaker, now) = (Breaker::new(&care()), Now::now());
    assert_eq!(calls(&breaker, now, "--+--+---+"), "--+--+---x");
    assert!(breaker.is_open(now) && !breaker.is_open(now + 2 * SECOND));
}

#[tokio::test]
async fn a_breaker_opens_where_too_few_calls_go_well() {
    let care = Care { failures_max: 100, ..care() };
    let (breaker, now) = (Breaker::new(&care), Now::now());
    // 9 of 19 say nothing yet; 9 of 20 are too few.
    assert_eq!(calls(&breaker, now, "+-+-+-+-+-+-+-+-+--"), "+-+-+-+-+-+-+-+-+--");
    assert!(!breaker.is_open(now));
    assert_eq!(calls(&breaker, now, "-+"), "-x");
    // As many, but half of them too long ago.
    let breaker = Breaker::new(&care);
    calls(&breaker, now, "--+--+--+--+");
    assert_eq!(calls(&breaker, now + 11 * SECOND, "--+--+--+--+"), "--+--+--+--+");
}

#[tokio::test]
async fn one_call_probes_and_the_pauses_double() {
    let (breaker, mut now) = (Breaker::new(&care()), Now::now());
    calls(&breaker, now, "---");
    // Each is a fifth more or less.
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        assert!(breaker.pass(now + SECOND * pause * 79 / 100).is_none(), "{pause}");
        now += SECOND * pause * 121 / 100;
        let probe = breaker.pass(now).unwrap();
        assert!(breaker.pass(now).is_none() && breaker.is_open(now), "only one probes");
        probe.bad(now);
    }
    now += SECOND * 40;
    drop(breaker.pass(now).unwrap());
    // A probe that was dropped was none: the next call is one.
    breaker.pass(Now::now().max(now)).unwrap().good(now);
    assert_eq!(calls(&breaker, now, "--+"), "--+");
}

#[tokio::test]
async fn what_was_asked_before_a_breaker_opened_says_nothing_later() {
    let (breaker, now) = (Breaker::new(&care()), Now::now());
    let (early, late) = (breaker.pass(now).unwrap(), breaker.pass(now).unwrap());
    calls(&breaker, now, "---");
    early.good(now);
    late.bad(now);
    assert!(breaker.is_open(now));
}

#[tokio::test]
async fn a_budget_is_a_fifth_of_the_calls() {
    let (budget, now) = (Budget::new(20), Now::now());
    assert!(!budget.withdraw(now));
    let mut retries = 0;
    for call in 0..1_000 {
        let now = now + Duration::from_millis(call);
        budget.deposit(now);
        retries += u32::from(budget.withdraw(now)) + u32::from(budget.withdraw(now));
    }
    assert_eq!(retries, 200);
    (0..500).for_each(|_| budget.deposit(now + 2 * SECOND));
    assert!(budget.withdraw(now + 8 * SECOND));
    assert!(!budget.withdraw(now + 30 * SECOND), "what is old is gone");
    let none = Budget::new(0);
    (0..500).for_each(|_| none.deposit(now));
    assert!(!none.withdraw(now));
}

#[test]
fn pauses_are_random_and_bounded() {
    let pauses: Vec<_> = (0..100).map(|_| retry::pause(2)).collect();
    assert!(pauses.iter().all(|pause| *pause < Duration::from_millis(100)));
    assert!(pauses.iter().any(|pause| *pause > Duration::from_millis(50)));
    assert!(pauses.iter().any(|pause| *pause < Duration::from_millis(50)));
    assert!(retry::pause(u32::MAX) < Duration::from_millis(400));
}

fn deadline(after: Duration) -> Deadline {
    Deadline::of_request(Instant::now() + after, Duration::ZERO)
}

#[tokio::test]
async fn a_limit_falls_by_tenths_and_rises_one_by_one() {
    let limiter = Limiter::new(10, 5);
    let mut places = Vec::new();
    for _ in 0..10 {
        places.push(limiter.place(deadline(SECOND)).await.unwrap());
    }
    for place in &places {
        place.was_too_much();
    }
    // 10 · 0.9¹⁰ is 3.48…
    assert_eq!(limiter.limit(), 3);
    places.truncate(3);
    assert!(limiter.place(deadline(Duration::from_millis(20))).await.is_err(), "three are under way");
    places.truncate(2);
    let place = limiter.place(deadline(SECOND)).await.unwrap();
    for _ in 0..4 {
        place.went_well();
    }
    assert_eq!(limiter.limit(), 4);
    (0..200).for_each(|_| place.went_well());
    assert_eq!(limiter.limit(), 7, "three need no more");
    for _ in 0..4 {
        places.push(limiter.place(deadline(SECOND)).await.unwrap());
    }
    (0..200).for_each(|_| places[0].went_well());
    assert_eq!(limiter.limit(), 10, "never more than the file says");
    (0..200).for_each(|_| places[0].was_too_much());
    assert_eq!(limiter.limit(), 1, "never none");
}

#[tokio::test]
async fn a_queue_is_bounded_in_length_and_time() {
    let limiter = Arc::new(Limiter::new(1, 2));
    let place = limiter.place(deadline(SECOND)).await.unwrap();
    let wait = |after| {
        let limiter = Arc::clone(&limiter);
        tokio::spawn(async move { limiter.place(deadline(after)).await.map(drop) })
    };
    let short = wait(Duration::from_millis(50));
    let long = wait(10 * SECOND);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let refused = limiter.place(deadline(SECOND)).await.map(drop);
    assert_eq!(refused, Err(Reason::Unavailable("too many calls wait for it".to_owned())));
    assert_eq!(short.await.unwrap(), Err(Reason::Timeout));
    drop(place);
    assert_eq!(long.await.unwrap(), Ok(()));
    let left = wait(SECOND);
    left.abort();
    _ = left.await;
    assert!(limiter.place(deadline(SECOND)).await.is_ok(), "who leaves the queue gives the place back");
}

fn guard(care: Care, timeout_ms: u64) -> Guard {
    let reach = Reach { timeout_ms, concurrency_max: 4, care, ..Reach::default() };
    Guard::new(&"jail".into(), &reach, &Limits { answer_margin_ms: 50, ..Limits::default() })
}

/// Calls once; the source does what this says of each try.
async fn call(
    guard: &Guard,
    request: Duration,
    tries: &AtomicU32,
    says: impl Fn(u32) -> Result<u32, Failed>,
) -> Result<u32, Reason> {
    let turn = guard.turn(Instant::now() + request).await?;
    turn.call(|_| {
        let said = says(tries.fetch_add(1, Ordering::Relaxed));
        std::future::ready(said)
    })
    .await
}

fn fails(sign: Sign) -> Result<u32, Failed> {
    Err(Failed { reason: Reason::Unavailable("no".to_owned()), sign })
}

#[tokio::test]
async fn what_may_help_is_tried_again() {
    let again = [Sign::Broken, Sign::Busy { after: None }, Sign::Busy { after: Some(Duration::ZERO) }];
    let not_again = [Sign::Unasked, Sign::Well, Sign::Faulty, Sign::Busy { after: Some(60 * SECOND) }];
    for (signs, expect, tried) in
        [(&again[..], Ok(7), 2), (&not_again[..], Err(Reason::Unavailable("no".to_owned())), 1)]
    {
        for sign in signs {
            let (guard, tries) = (guard(Care { budget_percent: 100, ..Care::default() }, 1_000), AtomicU32::new(0));
            let came = call(&guard, SECOND, &tries, |nth| if nth == 0 { fails(*sign) } else { Ok(7) }).await;
            assert_eq!((&came, tries.into_inner()), (&expect, tried), "{sign:?}");
        }
    }
    let (guard, tries) =
        (guard(Care { budget_percent: 100, retries_max: 0, ..Care::default() }, 1_000), AtomicU32::new(0));
    assert!(call(&guard, SECOND, &tries, |_| fails(Sign::Broken)).await.is_err());
    assert_eq!(tries.into_inner(), 1);
}

#[tokio::test]
async fn a_source_that_fails_every_call_gets_a_fifth_more_of_them() {
    let patient = Care { failures_max: u32::MAX, good_percent_min: 0, ..Care::default() };
    let (guard, tries) = (guard(patient, 1_000), AtomicU32::new(0));
    for _ in 0..100 {
        assert!(call(&guard, SECOND, &tries, |_| fails(Sign::Broken)).await.is_err());
    }
    assert_eq!(tries.into_inner(), 120);
}

#[tokio::test]
async fn an_open_breaker_turns_away_at_once() {
    let (guard, tries) = (guard(Care::default(), 1_000), AtomicU32::new(0));
    for _ in 0..100 {
        assert!(call(&guard, SECOND, &tries, |_| fails(Sign::Faulty)).await.is_err());
    }
    assert_eq!(tries.into_inner(), 5);
}

#[tokio::test]
async fn a_call_has_the_least_of_what_is_left() {
    let guard = guard(Care { failures_max: 1, ..Care::default() }, 200);
    let left = async |request: u64| {
        let turn = guard.turn(Instant::now() + Duration::from_millis(request)).await.unwrap();
        turn.call(|left| std::future::ready(Ok(left))).await.unwrap()
    };
    assert!(left(10_000).await <= Duration::from_millis(200));
    assert!(left(10_000).await > Duration::from_millis(150));
    // Of the request's 120 ms 50 are for the answer.
    assert!(left(120).await <= Duration::from_millis(70));
    // A call that had little time says nothing about the source; one that had enough does.
    for (request, opens) in [(120, false), (10_000, true)] {
        let turn = guard.turn(Instant::now() + Duration::from_millis(request)).await.unwrap();
        let never = turn.call(|_| std::future::pending::<Result<(), Failed>>()).await;
        assert_eq!(never, Err(Reason::Timeout));
        assert_eq!(guard.breaker.is_open(Now::now()), opens);
    }
}
