//! The `headwaters` program: arguments → command.

use clap::Parser;
use headwaters::command::Arguments;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Answers are many small allocations that live as long as a request: [decision 39](../docs/decisions/0039-mimalloc.md).
#[global_allocator]
static HEAP: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    headwaters::command::run(Arguments::parse())
}
