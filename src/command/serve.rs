//! `serve`: a gateway for others.

use super::{Files, files};
use anyhow::bail;
use clap::Args;
use std::net::SocketAddr;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
}

/// Checks the graph, the resolver files and the stories, and refuses to run without policies, which can't be written yet.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (graph, _) = files::load(&arguments.files)?;
    files::stories(&arguments.files, &graph)?;
    bail!(
        "headwaters refuses to serve {} on {}: there are no policies, so nobody may have anything\n\
         hint: `headwaters demo` runs on this machine alone, where the one policy is everything",
        arguments.files.graph.display(),
        arguments.listen,
    )
}
