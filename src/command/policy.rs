//! `policy`: who may have what, and why. Nothing is fetched: policies are held against the graph as its schema draws it.

use super::print;
use crate::graph::{Graph, draw_folder};
use crate::policy::{self, Folder, Policies, Tables, Vocabulary};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::PathBuf;

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
    Schema,
    /// Run the permission tables of a folder
    Test {
        #[arg(value_name = "DIR", default_value = "tests/permission")]
        tables: PathBuf,
    },
    /// List the agreements, those that end first before the others
    Agreements,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let graph = draw_folder(&arguments.graph).map_err(|problems| anyhow!("{problems}"))?;
    match &arguments.command {
        Command::Schema => {
            print(&policy::schema_text(&Vocabulary::of(&graph)));
            Ok(())
        }
        Command::Test { tables } => {
            let policies = load(&graph, &arguments.policies)?;
            let tables = Tables::read(tables).map_err(|problems| anyhow!("{problems}"))?;
            let rows = policy::check(&policies, &graph, &tables, now()).map_err(|wrong| {
                anyhow!("{}\n{} of {} rows come out otherwise", told(&wrong), wrong.0.len(), tables.rows.len())
            })?;
            print(&format!("{rows} rows hold\n"));
            Ok(())
        }
        Command::Agreements => {
            print(&agreements(&load(&graph, &arguments.policies)?, now()));
            Ok(())
        }
    }
}

fn load(graph: &Graph, path: &std::path::Path) -> anyhow::Result<Policies> {
    let folder = Folder::read(path).map_err(|problems| anyhow!("{problems}"))?;
    Policies::load(graph, &folder).map_err(|problems| anyhow!("{problems}"))
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
