//! `ledger export`: a ledger for other programs.

use super::found::Looking;
use crate::ledger::{Disclosed, One, Operation, Placed, Recorded};
use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    looking: Looking,
    /// JSON Lines: an operation a line, as it stands in the ledger. CSV: a line for each record that an operation disclosed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Write here instead of to the standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

const COLUMNS: &str = "time,instance,number,decision,outcome,code,user,provider,agency,agency_kind,purpose,reason,case_reference,\
    on_behalf_of,operation,type,key,person,source,fields,classes,withheld";

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut found = arguments.looking.find()?;
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| format!("`{}` can't be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    if arguments.format == Format::Csv {
        writeln!(out, "{COLUMNS}")?;
    }
    while let Some(placed) = found.records.next() {
        let placed = placed.map_err(|broken| anyhow!("{broken}"))?;
        found.progress.passed(placed.payload.len());
        let Recorded::Operation(operation) = &placed.recorded else { continue };
        if !found.fits(&placed, operation) {
            continue;
        }
        match arguments.format {
            Format::Jsonl => {
                let rest = placed.payload.strip_prefix(b"{").unwrap_or_default();
                write!(out, "{{\"seq\":{},", placed.seq)?;
                out.write_all(rest)?;
                out.write_all(b"\n")?;
            }
            Format::Csv => out.write_all(rows(&placed, operation).as_bytes())?,
        }
    }
    out.flush()?;
    found.progress.done();
    Ok(())
}

/// A line for each record; one for an operation that disclosed none.
fn rows(placed: &Placed, operation: &Operation) -> String {
    let head = head(placed, operation);
    let mut text = String::new();
    let with = operation.disclosed.iter().flat_map(|shape| operation.records(shape).map(move |one| (shape, one)));
    for (shape, one) in with {
        _ = writeln!(text, "{head},{}", tail(shape, one));
    }
    if text.is_empty() {
        _ = writeln!(text, "{head},,,,,,,");
    }
    text
}

fn head(placed: &Placed, operation: &Operation) -> String {
    let seq = placed.seq.to_string();
    let or_none = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let cells = [
        operation.at.clone(),
        operation.instance.clone(),
        seq,
        operation.decision.clone(),
        operation.outcome.clone(),
        or_none(&operation.code),
        or_none(&operation.user),
        or_none(&operation.provider),
        or_none(&operation.agency),
        or_none(&operation.agency_kind),
        or_none(&operation.purpose),
        or_none(&operation.reason),
        or_none(&operation.case_reference),
        or_none(&operation.on_behalf_of),
        or_none(&operation.operation),
    ];
    cells.map(|text| cell(&text)).join(",")
}

fn tail(shape: &Disclosed, one: One<'_>) -> String {
    let listed = |of: &std::collections::BTreeMap<String, Vec<String>>| {
        of.get("ALLOW").map(|all| all.join(" ")).unwrap_or_default()
    };
    let withheld = shape.fields.iter().filter(|(outcome, _)| *outcome != "ALLOW");
    let withheld = withheld.map(|(outcome, fields)| format!("{outcome}: {}", fields.join(" "))).collect::<Vec<_>>();
    let cells = [
        shape.on.as_str(),
        one.key.unwrap_or_default(),
        one.person.unwrap_or_default(),
        shape.source.as_deref().unwrap_or_default(),
        &listed(&shape.fields),
        &listed(&shape.classes),
        &withheld.join("; "),
    ];
    cells.map(cell).join(",")
}

/// RFC 4180. What a spreadsheet would take for a formula is none: an apostrophe stands before it.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(cell("DC-56-2026-12"), "DC-56-2026-12");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
