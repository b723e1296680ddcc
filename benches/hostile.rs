//! Hostile: how long the gateway takes to refuse what is made to harm it, over real HTTP.

use crate::attacks;
use crate::socket::{Got, Server};
use headwaters::limits::Limits;
use serde_json::{Value, json};

/// Each is sent so often; the quickest counts, so that it is the refusal's time and not that of other work on the machine.
const TIMES: usize = 5;
/// From the first byte sent to the last byte of the refusal.
const MS_MAX: f64 = 10.0;

/// Prints `ms hostile_max_ms`, `ms hostile_open_max_ms` and, above each, the slowest.
///
/// # Panics
/// Where one is not refused for what it is, or, as it is configured, not in time.
pub async fn measure() {
    let documents = attacks::documents().into_iter();
    let documents =
        documents.map(|case| (case.name, json!({ "query": case.document }).to_string().into_bytes(), case.code));
    let all: Vec<_> = documents.chain(attacks::bodies()).collect();
    // As it is configured, where most are too long, and as if it took bodies of any length.
    let slowest = refuse("hostile_max_ms", &all, Limits::default()).await;
    assert!(slowest <= MS_MAX, "{slowest} ms is more than {MS_MAX}");
    refuse("hostile_open_max_ms", &all, Limits { request_bytes_max: 16 << 20, ..Limits::default() }).await;
}

async fn refuse(line: &str, all: &[(&str, Vec<u8>, &str)], limits: Limits) -> f64 {
    let bytes_max = limits.request_bytes_max;
    let server = Server::start(limits).await;
    server.still_answers().await;
    let mut times = Vec::new();
    for (name, body, code) in all {
        let expect = if body.len() > bytes_max { (413, "LIMIT") } else { (400, *code) };
        let mut took = f64::INFINITY;
        for _ in 0..TIMES {
            took = refused(name, &server.post(body.clone()).await, expect).min(took);
        }
        times.push((took, *name, body.len()));
    }
    server.still_answers().await;
    times.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
    println!("info {line}: requests of {} kinds, each refused {TIMES} times", times.len());
    for (ms, name, bytes) in times.iter().take(3) {
        println!("info {line}: {ms:.2} ms, {name}, {bytes} bytes of at most {bytes_max}");
    }
    let slowest = times.first().map_or(0.0, |(ms, ..)| *ms);
    println!("ms {line} {slowest:.2}");
    slowest
}

/// Milliseconds that it took.
fn refused(name: &str, got: &Got, expect: (u16, &str)) -> f64 {
    let code = got.body.pointer("/errors/0/extensions/code").and_then(Value::as_str).unwrap_or_default();
    assert!((got.status, code) == expect && got.body.get("data").is_none(), "{name}: {} {}", got.status, got.body);
    got.elapsed.as_secs_f64() * 1e3
}
