//! The `headwaters` program: arguments → command.

use clap::Parser;
use headwaters::command::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    headwaters::command::run(Arguments::parse())
}
