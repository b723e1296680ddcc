//! `ledger`: looks at the records of what was disclosed, beside the gateway that writes them or without one.

mod forget;
mod prove;
mod verify;

use super::print;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every record and every checkpoint, and say where a ledger is not what it was
    Verify(verify::Arguments),
    /// Print the proof that a record is in the ledger, for somebody who has only a checkpoint and the public key
    Prove(prove::Arguments),
    /// Destroy the key that a person's id is sealed with in the records, by order of a court
    Forget(forget::Arguments),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Verify(arguments) => verify::run(arguments),
        Command::Prove(arguments) => prove::run(arguments),
        Command::Forget(arguments) => forget::run(arguments),
    }
}
