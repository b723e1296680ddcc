//! `schema`: the public SDL, as introspection shows it, or the page docs/graph.md.

use super::{Files, files, print};
use crate::graph;
use crate::native::{Catalog, Native};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// The gateway's own part, as it stands in `schema/graph/gateway.graphql`
    #[arg(long)]
    native: bool,
    /// A page about the graph, in Markdown: what leads to what, and whose each field is
    #[arg(long, conflicts_with = "native")]
    diagram: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.native {
        print(&Native::new(Catalog::default()).sdl());
        return Ok(());
    }
    let (graph, _) = files::load(&arguments.files)?;
    if arguments.diagram {
        print(&graph::diagram(&graph));
        return Ok(());
    }
    if let Some(view) = graph.views.first() {
        print(&view.sdl_text());
    }
    Ok(())
}
