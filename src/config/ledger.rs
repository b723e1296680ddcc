//! Ledger: `[ledger]`, where disclosures are put on record.

use crate::graph::block::Block;
use crate::graph::{Problem, Text};
use crate::ledger::{Persons, Settings, Witness};
use crate::limits::Limits;
use std::path::PathBuf;
use std::sync::Arc;

/// The ledger that a gateway keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    pub folder: PathBuf,
    /// What this gateway is called in it.
    pub instance: Arc<str>,
    /// The file of the key that signs checkpoints; in the folder where it is left out.
    pub key: Option<PathBuf>,
    /// The second place that has the checkpoints.
    pub witness: Option<Witness>,
    /// How persons are named in it.
    pub persons: Persons,
}

impl LedgerConfig {
    #[must_use]
    pub fn settings(&self, limits: &Limits) -> Settings {
        let settings = Settings::new(self.folder.clone(), Arc::clone(&self.instance), limits);
        Settings { key: self.key.clone(), witness: self.witness.clone(), ..settings }
    }
}

pub(super) fn read(block: &Block<'_>) -> Option<LedgerConfig> {
    let folder = block.needed("folder");
    let instance = block.needed("instance").filter(|text| is_name(block, text));
    let key = block.text("key").map(|text| PathBuf::from(&*text.value));
    let witness = block.text("witness").and_then(|text| match Witness::read(&text.value) {
        Ok(witness) => Some(witness),
        Err(wrong) => {
            block.push(
                Problem::error(&text.place, wrong)
                    .with_hint("best a place that whoever keeps the ledger can't write to"),
            );
            None
        }
    });
    let persons = if block.flag("sealed_persons") { Persons::Sealed } else { Persons::Plain };
    block.done();
    Some(LedgerConfig { persons, folder: PathBuf::from(&*folder?.value), instance: instance?.value, key, witness })
}

/// It becomes a part of every record.
fn is_name(block: &Block<'_>, text: &Text) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=64).contains(&text.value.len()) && text.value.bytes().all(plain);
    if !good {
        let problem = Problem::error(&text.place, format!("`{}` is no name of an instance", text.value));
        block.push(
            problem.with_hint("1 to 64 letters, digits, `-`, `_` and `.`, another for each gateway: `gateway-1`"),
        );
    }
    good
}
