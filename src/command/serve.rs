//! `serve`: a gateway for others.

use super::{Files, files};
use crate::config;
use anyhow::{anyhow, bail};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Who may vouch for callers, and where to listen
    #[arg(long, value_name = "FILE", default_value = "headwaters.toml")]
    config: PathBuf,
    /// Address to listen on, instead of the file's
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Checks the configuration, the graph and the resolver files, and refuses to run without an issuer, without an audience, and without
/// policies, which can't be written yet.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config).map_err(|problems| anyhow!("{problems}"))?;
    files::load(&arguments.files)?;
    bail!(
        "headwaters refuses to serve {} on {}: there are no policies, so nobody may have anything\n\
         hint: `headwaters demo` runs on this machine alone, where the one policy is everything",
        arguments.files.graph.display(),
        arguments.listen.unwrap_or(config.listen),
    )
}
