//! `policy`: who may have what, and why. Nothing is fetched: policies are held against the graph as its schema draws it.

use super::print;
use crate::graph::{Graph, ViewId, draw_folder};
use crate::limits::Limits;
use crate::operation::{self, Documents, Operation};
use crate::policy::{self, Folder, Policies, Tables, Vocabulary, explain, matrix};
use crate::request::Request;
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder with the schema files
    #[arg(long, value_name = "DIR", default_value = "schema/graph", global = true)]
    graph: PathBuf,
    /// Folder with the policies
    #[arg(long, value_name = "DIR", default_value = "schema/policy", global = true)]
    policies: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the words that policies may use, as a Cedar schema
    Schema {
        /// Those about an emergency instead, for the folder `break-glass`
        #[arg(long)]
        emergency: bool,
    },
    /// Run the permission tables of a folder
    Test {
        #[arg(value_name = "DIR", default_value = "tests/permission")]
        tables: PathBuf,
    },
    /// Say for each field and argument of a query what somebody gets, and by which rules
    Explain {
        /// The query; `@FILE` reads it from a file
        query: String,
        /// Who asks: a persona of the tables, or a kind of agency, and what is different: `clerk purpose=D`, `COURT role=judge purpose=C`
        #[arg(long = "as", value_name = "WHO")]
        who: String,
        /// Values of variables, as JSON
        #[arg(long, value_name = "JSON", default_value = "{}")]
        variables: String,
        /// Folder with the personas
        #[arg(long, value_name = "DIR", default_value = "tests/permission")]
        tables: PathBuf,
    },
    /// Print who may have what, for a governance board
    Matrix {
        /// Folder with the personas
        #[arg(long, value_name = "DIR", default_value = "tests/permission")]
        tables: PathBuf,
    },
    /// Print what changes between two folders of policies
    Diff {
        old: PathBuf,
        new: PathBuf,
        /// Folder with the personas
        #[arg(long, value_name = "DIR", default_value = "tests/permission")]
        tables: PathBuf,
    },
    /// List the agreements, those that end first before the others
    Agreements,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let graph = draw_folder(&arguments.graph).map_err(|problems| anyhow!("{problems}"))?;
    match &arguments.command {
        Command::Schema { emergency } => {
            let words = Vocabulary::of(&graph);
            print(&if *emergency { policy::acts_text(&words) } else { policy::schema_text(&words) });
            Ok(())
        }
        Command::Test { tables } => {
            let policies = load(&graph, &arguments.policies)?;
            let tables = read(tables)?;
            let rows = policy::check(&policies, &graph, &tables, now()).map_err(|wrong| {
                anyhow!("{}\n{} of {} rows come out otherwise", told(&wrong), wrong.0.len(), tables.rows.len())
            })?;
            print(&format!("{rows} rows hold\n"));
            Ok(())
        }
        Command::Explain { query, who, variables, tables } => {
            let policies = load(&graph, &arguments.policies)?;
            let asking = read(tables)?.who(who).map_err(|wrong| anyhow!("{wrong}"))?;
            let operation = bind(&graph, query, variables)?;
            print(&explain::print(&policies, &explain::explain(&policies, &graph, &operation, &asking, now())));
            Ok(())
        }
        Command::Matrix { tables } => {
            let policies = load(&graph, &arguments.policies)?;
            print(&matrix::markdown(&policies, &matrix::cells(&policies, &graph, &read(tables)?, now())));
            Ok(())
        }
        Command::Diff { old, new, tables } => {
            let (old, new, tables) = (load(&graph, old)?, load(&graph, new)?, read(tables)?);
            let cells = |policies| matrix::cells(policies, &graph, &tables, now());
            let difference = matrix::difference(&cells(&old), &cells(&new));
            print(if difference.is_empty() { "no cell changes\n" } else { &difference });
            Ok(())
        }
        Command::Agreements => {
            print(&agreements(&load(&graph, &arguments.policies)?, now()));
            Ok(())
        }
    }
}

fn load(graph: &Graph, path: &Path) -> anyhow::Result<Policies> {
    let folder = Folder::read(path).map_err(|problems| anyhow!("{problems}"))?;
    Policies::load(graph, &folder).map_err(|problems| anyhow!("{problems}"))
}

fn read(tables: &Path) -> anyhow::Result<Tables> {
    Tables::read(tables).map_err(|problems| anyhow!("{problems}"))
}

fn bind(graph: &Graph, query: &str, variables: &str) -> anyhow::Result<Operation> {
    let document = match query.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("`{path}` can't be read"))?,
        None => query.to_owned(),
    };
    let variables = serde_json::from_str(variables).context("`--variables` must be a JSON object")?;
    let request = Request { document, variables, ..Request::default() };
    let limits = Limits::default();
    let operation = operation::bind(&Documents::new(&limits), graph, ViewId::default(), &request, &limits);
    let told = |refusal: crate::error::Refusal| {
        let messages: Vec<&str> = refusal.errors().iter().map(|error| error.message.as_str()).collect();
        anyhow!("{}", messages.join("\n"))
    };
    operation.map_err(told)
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

fn told(problems: &crate::graph::Problems) -> String {
    problems.0.iter().fold(String::new(), |mut out, problem| {
        _ = writeln!(out, "{problem}\n");
        out
    })
}

fn agreements(policies: &Policies, now: i64) -> String {
    let mut all: Vec<_> = policies.agreements.all.iter().collect();
    all.sort_by_key(|one| one.until);
    let day = |at: i64| Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default();
    all.into_iter().fold(String::new(), |mut out, one| {
        let state = match now {
            now if now < one.from => "not yet in force".to_owned(),
            now if now >= one.until => "ended".to_owned(),
            now => format!("in force, ends in {} days", (one.until - now) / 86_400),
        };
        let purposes: Vec<&str> = one.purposes.iter().map(|purpose| &**purpose).collect();
        _ = writeln!(out, "{}: {}", one.id, one.title);
        _ = writeln!(out, "  {} to {}, for {}", one.owner, one.reader, purposes.join(", "));
        _ = writeln!(out, "  {} to {}: {state}", day(one.from), day(one.until));
        out
    })
}
