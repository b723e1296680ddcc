//! Faults: every kind of source behind a proxy that spoils its answers in every way. What is asked of the others is there, what is asked
//! of this one is an error with its name, in time, and nothing of what came reaches anybody.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;
#[path = "harness/day.rs"]
#[expect(dead_code, reason = "benchmarks ask for everybody")]
mod day;
#[path = "harness/faults.rs"]
#[expect(dead_code, reason = "not every fault is for every test")]
mod faults;
#[path = "harness/gateway.rs"]
mod gateway;

use day::{Day, KINDS, errors};
use faults::{CANARY, Fault};
use serde_json::Value;
use std::time::Duration;

/// What a fault leads to: nothing, or an error of this code.
const FAULTS: [(Fault, Option<&str>); 23] = [
    (Fault::None, None),
    (Fault::Compressed, None),
    (Fault::Slow { ms: 50, jitter_ms: 100 }, None),
    (Fault::Slow { ms: 5_000, jitter_ms: 100 }, Some("SOURCE_TIMEOUT")),
    (Fault::BlackHole, Some("SOURCE_TIMEOUT")),
    (Fault::Reset, Some("SOURCE_UNAVAILABLE")),
    (Fault::Cut, Some("SOURCE_UNAVAILABLE")),
    (Fault::SlowClose { ms: 50 }, None),
    (Fault::SlowClose { ms: 5_000 }, Some("SOURCE_TIMEOUT")),
    (Fault::Narrow { bytes_s: 1_000_000 }, None),
    (Fault::Narrow { bytes_s: 20 }, Some("SOURCE_TIMEOUT")),
    (Fault::Status { status: 500, percent: 100 }, Some("SOURCE_UNAVAILABLE")),
    (Fault::Status { status: 429, percent: 100 }, Some("SOURCE_UNAVAILABLE")),
    (Fault::Garbage, Some("SOURCE_INVALID")),
    (Fault::Deep { levels: 100_000 }, Some("SOURCE_INVALID")),
    (Fault::Bomb { bytes: 1 << 30 }, Some("SOURCE_INVALID")),
    (Fault::Endless, Some("LIMIT")),
    (Fault::Long { bytes: 1 << 30 }, Some("LIMIT")),
    (Fault::WrongLength { by: 10 }, Some("SOURCE_UNAVAILABLE")),
    (Fault::WrongLength { by: -10 }, Some("SOURCE_INVALID")),
    (Fault::Redirect { to: "http://169.254.169.254/latest/meta-data/" }, Some("SOURCE_UNAVAILABLE")),
    (Fault::Redirect { to: "/inmates/bookings?ids=1" }, Some("SOURCE_UNAVAILABLE")),
    (Fault::Status { status: 404, percent: 0 }, None),
];

/// The records of an answer that are not this source's.
fn without(answer: &Value, source: &str) -> Vec<String> {
    let person = answer["data"]["person"].as_object().unwrap_or_else(|| panic!("no person: {answer}"));
    let mut left = vec![person["legalName"].to_string()];
    for list in ["bookings", "arrests", "supervisions"] {
        let records = person[list].as_array().into_iter().flatten();
        left.extend(records.filter(|record| record["provenance"][0]["source"] != source).map(ToString::to_string));
    }
    left
}

/// Memory of this process in KiB: now (`VmRSS`), or the most there was (`VmHWM`).
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse().unwrap()
}

async fn every_fault(source: &str) {
    let day = Day::start().await;
    let gateway = day.gateway().await;
    let (healthy, _) = day.ask(&gateway).await;
    let healthy: Value = serde_json::from_str(&healthy).unwrap();
    assert_eq!(healthy.get("errors"), None, "{healthy}");
    assert!(without(&healthy, source).len() < without(&healthy, "none").len(), "nothing of {source}: {healthy}");
    let proxy = day.proxy(source);
    let mut wrong = Vec::new();
    for (fault, expect) in FAULTS {
        let gateway = day.gateway().await;
        proxy.set(fault);
        let (text, took) = day.ask(&gateway).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        let errors = errors(&answer);
        let as_expected = match expect {
            None => errors.is_empty() && answer == healthy,
            Some(code) => !errors.is_empty() && errors.iter().all(|(said, of)| said == code && of == source),
        };
        let said = [CANARY, "127.0.0.1", "169.254", &proxy.port().to_string()];
        let leaks = said.iter().any(|word| text.contains(word));
        if !as_expected || leaks || without(&answer, source) != without(&healthy, source) {
            wrong.push(format!("{fault:?}: expected {expect:?}\n{text}"));
        }
        // The longest that a resolver file waits, and what a busy machine takes.
        if took > Duration::from_millis(1_500 + 1_000) {
            wrong.push(format!("{fault:?}: took {took:?}"));
        }
    }
    assert!(wrong.is_empty(), "{source}: {}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_by_get() {
    every_fault("yellowstone-jail").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_for_each_key() {
    every_fault("gallatin-jail").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_by_post() {
    every_fault("doj-history").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agencys_graphql() {
    every_fault("corrections").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_end_take_no_memory() {
    let day = Day::start().await;
    let gateway = day.gateway().await;
    day.ask(&gateway).await;
    for fault in [Fault::Bomb { bytes: 1 << 30 }, Fault::Endless, Fault::Long { bytes: 1 << 30 }] {
        for source in KINDS {
            let gateway = day.gateway().await;
            let before = memory("VmRSS");
            // From here on the most there was is counted anew.
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            day.proxy(source).set(fault);
            let (text, _) = day.ask(&gateway).await;
            day.proxy(source).set(Fault::None);
            assert_eq!(errors(&serde_json::from_str(&text).unwrap()).len(), 1, "{text}");
            let grown = memory("VmHWM").saturating_sub(before);
            println!("{source}, {fault:?}: {grown} KiB more");
            assert!(grown <= 64 * 1024, "{source}, {fault:?}: {grown} KiB more");
        }
    }
}
