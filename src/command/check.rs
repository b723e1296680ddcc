//! `check`: everything that is wrong with a graph, its resolver files, stories and forms, with the place and a hint.

use super::{Files, files, print};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
}

/// Contacts nobody. Warnings (a list that leads to one call a key) don't fail.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (graph, warnings) = files::load(&arguments.files)?;
    if !warnings.0.is_empty() {
        print(&format!("{warnings}\n"));
    }
    let stories = files::stories(&arguments.files, &graph)?.len();
    let forms = files::forms(&arguments.files, &graph)?.len();
    let (types, sources) = (graph.types.len(), graph.sources.len());
    let stories = if stories > 0 { format!(", {stories} stories") } else { String::new() };
    let forms = if forms > 0 { format!(", {forms} forms") } else { String::new() };
    let fields = graph.fields.len();
    print(&format!("good: {types} types and {fields} fields from {sources} sources{stories}{forms}\n"));
    Ok(())
}
