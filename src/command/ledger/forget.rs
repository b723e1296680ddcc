//! `ledger forget`: a person whose records a court has expunged.

use super::print;
use crate::ledger::log::{self, Log, Settings};
use crate::ledger::subjects::{FILE, Subjects};
use crate::limits::Limits;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;

/// Every record stays, and the chain stays whole; the records that name this person name nobody from then on. It can't be undone. Copies
/// of the file of keys must be destroyed too. That it was done is a record of the ledger, with the order and without the person. The
/// gateway that writes the ledger must be stopped.
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
    let settings = Settings { key: key.clone(), ..Settings::new(folder.clone(), instance.clone(), &limits) };
    // nobody else writes from here on
    let (log, _) = Log::open(settings).map_err(|broken| anyhow!("{broken}"))?;
    let subjects = Subjects::of(folder).with_context(|| format!("{}", folder.join(FILE).display()))?;
    if !subjects.is_known(person) {
        bail!("no record names this person");
    }
    // first the word that it is done: done without a word is worse than a word that is said twice
    let at = format!("{:.6}", Timestamp::now());
    let record = json!({ "kind": "forgotten", "at": at, "instance": instance, "order": order });
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("no runtime")?;
    let receipt = runtime.block_on(log.append(record.to_string().into_bytes())).map_err(|why| anyhow!("{why}"))?;
    subjects.forget(person).context("the key may still be there: try again")?;
    log.close();
    print(&format!("forgotten; record {} says so, by order {order}\n", receipt.seq));
    Ok(())
}
