//! Commands: what the program does, a file a command.

mod check;
mod demo;
mod explain;
mod fault;
mod files;
mod ledger;
mod policy;
mod savings;
mod schema;
mod serve;
mod token;
mod truth;

use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Headwaters: a federated GraphQL gateway for criminal-justice data.
///
/// One graph of people, cases and custody; each field is asked from the system that owns it.
/// Start with `headwaters demo`, and open the address that it prints.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a gateway with a synthetic world behind it, on this machine only
    Demo(demo::Arguments),
    /// Run a gateway for others
    Serve(serve::Arguments),
    /// Say everything that is wrong with a graph and its resolver files
    Check(check::Arguments),
    /// Print how a query would be answered: sources, keys, columns, what runs beside what
    Explain(explain::Arguments),
    /// Print the public schema
    Schema(schema::Arguments),
    /// Look at the policies: who may have what, and why
    Policy(policy::Arguments),
    /// Look at a ledger: the records of what was disclosed to whom
    Ledger(ledger::Arguments),
    /// Print a token for a person of the demonstration that runs
    Token(token::Arguments),
}

/// Where the files of a graph are.
#[derive(Debug, Clone, Args)]
struct Files {
    /// Folder with the schema files: what may be asked
    #[arg(long, value_name = "DIR", default_value = "schema/graph")]
    graph: PathBuf,
    /// Folder with the resolver files: where it comes from
    #[arg(long, value_name = "DIR", default_value = "resolvers")]
    resolvers: PathBuf,
    /// Folder with the policies: who may have it
    #[arg(long, value_name = "DIR", default_value = "schema/policy")]
    policies: PathBuf,
}

impl Files {
    /// The justice graph of the project, which the synthetic world stands behind: the same folders, however they are named.
    fn is_own(&self) -> bool {
        let is = |path: &Path, own: &str| matches!((path.canonicalize(), Path::new(own).canonicalize()), (Ok(path), Ok(own)) if path == own);
        is(&self.graph, "schema/graph") && is(&self.resolvers, "resolvers")
    }
}

/// Runs a command; its errors go to the standard error output.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Ledger(arguments) => ledger::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a command says what is wrong")]
            {
                eprintln!("{error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints to the standard output; a reader that has gone away is no error.
fn print(text: &str) {
    use std::io::Write as _;
    _ = std::io::stdout().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_same_however_it_is_named() {
        let files = |graph: &str, resolvers: &str| Files {
            graph: graph.into(),
            resolvers: resolvers.into(),
            policies: "schema/policy".into(),
        };
        let root = env!("CARGO_MANIFEST_DIR");
        assert!(files("schema/graph", "resolvers").is_own());
        assert!(files("./schema/../schema/graph/", &format!("{root}/resolvers")).is_own());
        assert!(!files("schema/graph", "docs").is_own());
        assert!(!files("no/such/folder", "resolvers").is_own());
    }
}
