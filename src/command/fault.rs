//! `demo fault`: tells an agency of a demonstration that runs in another terminal to fail, or to get well.

use super::print;
use crate::demo::control;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The agency: the name of its resolver file
    #[arg(value_name = "AGENCY")]
    agency: String,
    /// How it is to be
    #[arg(value_name = "MOOD", value_parser = ["down", "slow", "garbage", "up"])]
    mood: String,
    /// The store by which the demonstration was started
    #[arg(long, value_name = "FILE", default_value = "target/demo/golden.sqlite")]
    store: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let done = control::tell(&arguments.store, &arguments.agency, &arguments.mood)?;
    print(&format!("{done}\n"));
    Ok(())
}
