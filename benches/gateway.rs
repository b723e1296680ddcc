//! Gateway: what the gateway costs, beside what one would write by hand. `benches/README.md` says what each line means.
//!
//! `cargo bench` prints every line, `cargo bench -- memory calls_for_50` those named. The figure is the last word of its line. A number among the
//! names is how many records `disclosures_of_person` is over.

#![expect(clippy::print_stdout, reason = "its lines are what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on has nothing to say")]

#[path = "../tests/harness/attacks.rs"]
mod attacks;
mod batch;
mod cores;
mod duel;
#[path = "../tests/harness/gateway.rs"]
#[expect(clippy::panic, reason = "shared with the tests")]
mod gateway;
mod hand;
mod hidden;
mod hostile;
mod kept;
mod ledger;
mod permit;
#[path = "../tests/harness/postgres.rs"]
#[expect(clippy::expect_used, reason = "shared with the tests")]
mod postgres;
mod record;
mod remote;
mod roster;
mod seen;
mod side;
#[path = "../tests/harness/socket.rs"]
#[expect(dead_code, clippy::indexing_slicing, reason = "shared with the tests")]
mod socket;
mod start;
mod statements;

use mimalloc::MiMalloc;
use postgres::Postgres;
use roster::Roster;
use side::Backing;
use std::sync::Arc;

/// As the program has it, for both sides.
#[global_allocator]
static HEAP: MiMalloc = MiMalloc;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |line: &str| named.is_empty() || named.iter().any(|name| name == line);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let roster = Arc::new(Roster::invent(1_000));
    runtime.block_on(async {
        if wanted("memory") {
            duel::fight("memory", &roster, Backing::Memory).await;
        }
        if wanted("sqlite") {
            duel::fight("sqlite", &roster, Backing::Sqlite).await;
        }
        if wanted("postgres") {
            let server = Postgres::start();
            duel::fight("postgres", &roster, Backing::Postgres(server.url())).await;
        }
        if wanted("warm") {
            let url = remote::serve(&roster).await;
            duel::fight("warm", &roster, Backing::Agency(url)).await;
        }
        if wanted("calls_saved") {
            remote::calls_saved(&roster).await;
        }
        if wanted("calls_for_50") {
            println!("count calls_for_50 {}", batch::calls(50).await);
        }
        if wanted("statements_for_50") {
            println!("count statements_for_50 {}", statements::count(&roster).await);
        }
        if wanted("hostile_max_ms") {
            hostile::measure().await;
        }
        if wanted("plan_cache_hit") {
            kept::measure(&roster).await;
        }
        if wanted("hidden_or_absent") {
            hidden::measure().await;
        }
        if wanted("ledger") {
            ledger::measure().await;
        }
        if wanted("policy") {
            permit::measure(&roster).await;
        }
        if wanted("ledger_on") {
            record::measure(&roster).await;
        }
        if wanted("disclosures_of_person") {
            let records = named.iter().find_map(|argument| argument.parse().ok());
            seen::measure(records.unwrap_or(10_000_000)).await;
        }
        if wanted("disclosures_of_person_postgres") {
            let records = named.iter().find_map(|argument| argument.parse().ok());
            seen::measure_there(records.unwrap_or(10_000_000)).await;
        }
        if wanted("start_100000") {
            start::measure(100_000).await;
        }
    });
    drop(runtime);
    if wanted("cores") {
        cores::measure(&roster);
    }
}
