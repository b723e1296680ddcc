//! `explain`: how a query would be answered, without asking anybody.

use super::{Files, files, print};
use crate::caller::Caller;
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::plan;
use crate::policy::{self, Loopback, Policies};
use crate::request::Request;
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::io::Read as _;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    /// The query, a file with it (`@schema/stories/…`), or `-` for the standard input
    query: String,
    /// Variables as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    variables: String,
    /// The operation, where the document has several
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (graph, _) = files::load(&arguments.files)?;
    let request = Request {
        document: document(&arguments.query)?,
        operation_name: arguments.operation.clone(),
        variables: serde_json::from_str(&arguments.variables).context("`--variables` must be a JSON object")?,
        ..Request::default()
    };
    let limits = Limits::default();
    let caller = Caller::developer();
    let operation = operation::bind(&Documents::new(&limits), &graph, caller.view(), &request, &limits);
    let operation = operation.map_err(|refusal| refused(&refusal))?;
    // Nothing is fetched and nothing served.
    let only = Loopback::bind(0).context("this machine has no loopback address")?;
    let permitted =
        policy::permit(&Policies::everything(&only), &graph, &caller, operation, 0).map_err(|r| refused(&r))?;
    print(&plan::print(&graph, &plan::build(&graph, &permitted)));
    Ok(())
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
