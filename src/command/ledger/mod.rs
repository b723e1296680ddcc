//! `ledger`: looks at the records of what was disclosed, beside the gateway that writes them or without one.

mod archive;
mod export;
mod forget;
mod found;
mod progress;
mod prove;
mod reindex;
mod show;
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
    /// Print who asked for what, when and why
    Show(show::Arguments),
    /// Write operations as JSON Lines or CSV, for other programs
    Export(export::Arguments),
    /// Make the index by person and by record again
    Reindex(reindex::Arguments),
    /// Move old segments to another disk, where they stay a part of the ledger
    Archive(archive::Arguments),
    /// Destroy the key that a person's id is sealed with in the records, by order of a court
    Forget(forget::Arguments),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Verify(arguments) => verify::run(arguments),
        Command::Prove(arguments) => prove::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Reindex(arguments) => reindex::run(arguments),
        Command::Archive(arguments) => archive::run(arguments),
        Command::Forget(arguments) => forget::run(arguments),
    }
}
