//! `ledger show`: who asked for what, when and why.

use super::super::print;
use super::found::Looking;
use crate::ledger::{Operation, Placed, Recorded, Wanted};
use anyhow::anyhow;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    looking: Looking,
    /// Print each operation whole, a line of JSON each
    #[arg(long)]
    json: bool,
}

/// What operations are looked for.
#[derive(Debug, Args)]
pub(super) struct WantedArguments {
    /// Only where something of this person was disclosed: id of the golden record
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    /// Only of this agency: ORI of whoever asked
    #[arg(long, value_name = "ORI")]
    agency: Option<String>,
    /// Only of this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only of a user for whom this identity provider vouches
    #[arg(long, value_name = "URL")]
    provider: Option<String>,
    /// Only for this purpose
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// Only the one with this id, as it stands in `extensions` of an answer and on its copies
    #[arg(long, value_name = "ID")]
    decision: Option<String>,
    /// Only where this record was disclosed: its type, and the parts of its key with a space between them
    #[arg(long, value_names = ["TYPE", "KEY"], num_args = 2)]
    record: Option<Vec<String>>,
    /// Only from this time on, in UTC: 2026-11-28 or 2026-11-28T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

impl WantedArguments {
    /// Whether it may be a few of many.
    pub fn narrows(&self) -> bool {
        self.wanted() != Wanted::default()
    }

    pub fn wanted(&self) -> Wanted {
        Wanted {
            person: self.person.clone(),
            agency: self.agency.clone(),
            user: self.user.clone(),
            provider: self.provider.clone(),
            purpose: self.purpose.clone(),
            decision: self.decision.clone(),
            record: self.record.as_deref().and_then(|given| Some((given.first()?.clone(), given.get(1)?.clone()))),
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut found = arguments.looking.find()?;
    let mut shown = 0_u64;
    if !arguments.json {
        print(&line(["TIME", "NO", "USER", "AGENCY", "PURPOSE", "CASE", "OUTCOME", "PERSONS", "RECORDS", "OPERATION"]));
    }
    while let Some(placed) = found.records.next() {
        let placed = placed.map_err(|broken| anyhow!("{broken}"))?;
        found.progress.passed(placed.payload.len());
        let Recorded::Operation(operation) = &placed.recorded else { continue };
        if found.fits(&placed, operation) {
            shown += 1;
            found.progress.above(|| print(&if arguments.json { whole(&placed) } else { row(operation, placed.seq) }));
        }
    }
    found.progress.done();
    if !arguments.json {
        print(&format!("{shown} operations\n"));
    }
    Ok(())
}

/// As it stands in the ledger, with its number.
fn whole(placed: &Placed) -> String {
    let text = String::from_utf8_lossy(&placed.payload);
    let rest = text.strip_prefix('{').unwrap_or_default();
    format!("{{\"seq\":{},{rest}\n", placed.seq)
}

fn row(operation: &Operation, seq: u64) -> String {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let records: usize = operation.disclosed.iter().map(|shape| shape.of.len()).sum();
    let outcome = operation.code.as_deref().unwrap_or(&operation.outcome);
    line([
        operation.at.get(..19).unwrap_or(&operation.at),
        &seq.to_string(),
        &or_none(&operation.user),
        &or_none(&operation.agency),
        &or_none(&operation.purpose),
        &or_none(&operation.case_reference),
        outcome,
        &operation.persons.len().to_string(),
        &records.to_string(),
        &or_none(&operation.operation),
    ])
}

fn line(cells: [&str; 10]) -> String {
    const WIDTHS: [usize; 10] = [19, 8, 18, 9, 10, 18, 12, 7, 7, 0];
    // What callers wrote must not move the cursor of whoever reads it.
    let plain = |text: &str| -> String { text.chars().map(|c| if c.is_control() { '?' } else { c }).collect() };
    let cells = cells.iter().zip(WIDTHS).map(|(text, width)| format!("{:width$}", plain(text)));
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}
