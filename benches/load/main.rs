//! Load: what becomes of the others when an agency fails, of agencies when everybody asks, and of memory in the long run.
//!
//! `cargo bench --bench load` prints every line, `cargo bench --bench load -- goodput` those named; benches/README.md says what each means. A
//! number among the names is for how many minutes `growth` looks at memory.

#![recursion_limit = "256"]
#![expect(clippy::print_stdout, reason = "its lines are what a benchmark is for")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that can't go on has nothing to say")]

#[path = "../../tests/harness/ask.rs"]
mod ask;
mod crowd;
#[path = "../../tests/harness/day.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod day;
mod failing;
#[path = "../../tests/harness/faults.rs"]
#[expect(dead_code, reason = "not every fault is for every benchmark")]
mod faults;
#[path = "../../tests/harness/gateway.rs"]
#[expect(clippy::panic, reason = "shared with the tests")]
mod gateway;
mod steady;

use mimalloc::MiMalloc;
use tokio::runtime::Builder;

/// As the program has it.
#[global_allocator]
static HEAP: MiMalloc = MiMalloc;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let minutes = named.iter().find_map(|argument| argument.parse().ok());
    let wanted =
        |line: &str| named.iter().all(|name| name.parse::<u32>().is_ok()) || named.iter().any(|name| name == line);
    let on_two = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if wanted("killed") {
        on_two.block_on(failing::killed());
    }
    if wanted("silent") {
        on_two.block_on(failing::silent());
    }
    if wanted("retries") {
        on_two.block_on(failing::retries());
    }
    if wanted("calls_for_10000") {
        on_two.block_on(crowd::identical(10_000));
    }
    if wanted("goodput") {
        on_two.block_on(crowd::overload());
    }
    if wanted("cold") {
        on_two.block_on(steady::cold());
    }
    if wanted("growth") {
        on_two.block_on(steady::growth(minutes.unwrap_or(1)));
    }
}

/// The middle one.
fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn number(of: u64) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}
