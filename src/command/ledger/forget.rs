//! `ledger forget`: a person whose records a court has expunged.

use super::print;
use crate::ledger::log::{self, Broken, Log, Settings};
use crate::ledger::subjects::{FILE, Subjects};
use crate::ledger::{Order, Outcome};
use crate::limits::Limits;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// How long a gateway that runs has for it.
const WAIT: Duration = Duration::from_secs(5);

/// Every record stays, and the chain stays whole; the records that name this person name nobody from then on. It can't be undone. Copies
/// of the file of keys must be destroyed too. That it was done is a record of the ledger, with the order and without the person. Where a
/// gateway writes the ledger, that does it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Id of the person, as records have it
    #[arg(value_name = "PERSON")]
    person: String,
    /// Folder of the ledger
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Number of the order
    #[arg(long, value_name = "NO")]
    order: String,
    /// The key that signs checkpoints, where it is not in the folder
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { person, folder, order, key } = arguments;
    let instance = log::instance(folder).map_err(|broken| anyhow!("{broken}"))?;
    let instance = instance.with_context(|| format!("{}: there is no ledger", folder.display()))?;
    if !folder.join(FILE).exists() {
        bail!(
            "{}: ids of persons are not sealed in this ledger\n  hint: docs/ledger.md says what that means",
            folder.display()
        );
    }
    let limits = Limits::default();
    if order.trim().is_empty() || order.len() > limits.reference_bytes_max {
        bail!("an order has a number of at most {} bytes", limits.reference_bytes_max);
    }
    let order = Order { person: person.clone(), order: order.clone() };
    let settings = Settings { key: key.clone(), ..Settings::new(folder.clone(), instance.clone(), &limits) };
    let outcome = match Log::open(settings) {
        // nobody else writes from here on
        Ok((log, _)) => {
            let subjects = Subjects::of(folder).with_context(|| format!("{}", folder.join(FILE).display()))?;
            let runtime = tokio::runtime::Builder::new_current_thread().build().context("no runtime")?;
            let outcome = runtime.block_on(order.carry_out(&log, &instance, &subjects));
            log.close();
            outcome
        }
        Err(Broken::InUse { .. }) => order.submit(folder, WAIT)?.with_context(|| {
            format!(
                "{}: the process that writes this ledger does not do it\n  hint: stop the gateway, and try again",
                folder.display()
            )
        })?,
        Err(broken) => bail!("{broken}"),
    };
    match outcome {
        Outcome::Forgotten(seq) => print(&format!("forgotten; record {seq} says so, by order {}\n", order.order)),
        Outcome::Unknown => bail!("no record names this person"),
        Outcome::Failed(why) => bail!("{why}\n  hint: try again"),
    }
    Ok(())
}
