//! `explain`: how a query would be answered, without asking anybody.

use super::{Files, files, print};
use crate::caller::Caller;
use crate::graph::Graph;
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::plan;
use crate::policy::{self, Loopback, Policies};
use crate::request::Request;
use crate::story::Story;
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::io::Read as _;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// The query, a file with it (`@FILE`), or `-` for the standard input
    #[arg(required_unless_present = "story")]
    query: Option<String>,
    /// The query of a story, by its id: `a1`
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "operation"])]
    story: Option<String>,
    /// Variables as JSON; a story has its own
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
    /// The operation, where the document has several
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (graph, _) = files::load(&arguments.files)?;
    let request = request(arguments, &graph)?;
    let limits = Limits::default();
    let caller = Caller::developer();
    let operation = operation::bind(&Documents::new(&limits), &graph, caller.view(), &request, &limits);
    let operation = operation.map_err(|refusal| refused(&refusal))?;
    // Nothing is fetched and nothing served.
    let only = Loopback::bind(0).context("this machine has no loopback address")?;
    let permitted =
        policy::permit(&Policies::everything(&only), &graph, &caller, operation, 0).map_err(|r| refused(&r))?;
    print(&plan::print(&graph, &plan::build_recorded(&graph, &permitted)));
    Ok(())
}

fn request(arguments: &Arguments, graph: &Graph) -> anyhow::Result<Request> {
    let story = arguments.story.as_deref().map(|id| story(&arguments.files, graph, id)).transpose()?;
    let document = match (&story, &arguments.query) {
        (Some(story), _) => story.document.clone(),
        (None, query) => document(query.as_deref().unwrap_or_default())?,
    };
    let variables = match (&arguments.variables, &story) {
        (Some(json), _) => serde_json::from_str(json).context("`--variables` must be a JSON object")?,
        // Values change nothing about a plan: placeholders will do.
        (None, Some(story)) => story.variables(|_| None),
        (None, None) => serde_json::Map::new(),
    };
    Ok(Request { document, operation_name: arguments.operation.clone(), variables, ..Request::default() })
}

fn story(files: &Files, graph: &Graph, id: &str) -> anyhow::Result<Story> {
    let stories = files::stories(files, graph)?;
    let ids = stories.iter().map(|story| story.id.clone()).collect::<Vec<_>>().join(", ");
    let found = stories.into_iter().find(|story| story.id == id.to_lowercase());
    found.with_context(|| format!("there is no story `{id}`\nhint: the stories are {ids}"))
}

fn document(query: &str) -> anyhow::Result<String> {
    if query == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the standard input can't be read")?;
        return Ok(text);
    }
    match query.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("`{path}` can't be read")),
        None => Ok(query.to_owned()),
    }
}

fn refused(refusal: &crate::error::Refusal) -> anyhow::Error {
    let lines = refusal.errors().iter().map(|error| {
        let place = error.locations.first().map(|at| format!("{}:{}: ", at.line, at.column)).unwrap_or_default();
        let hint = error.hint.as_deref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        format!("{place}{} {}{hint}", error.code.name(), error.message)
    });
    anyhow!("{}", lines.collect::<Vec<_>>().join("\n"))
}
