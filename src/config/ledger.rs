//! Ledger: `[ledger]`, where disclosures are put on record.

use crate::graph::block::Block;
use crate::graph::{Problem, Text};
use crate::ledger::{Bearer, Persons, Settings, Witness};
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
    /// The variable that holds what lets in there.
    pub witness_bearer: Option<Arc<str>>,
    /// How persons are named in it.
    pub persons: Persons,
    /// Where its index is.
    pub index: IndexIn,
}

/// Where the index of a ledger is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IndexIn {
    /// In the golden-record store, where that is Postgres; else in the folder.
    #[default]
    Store,
    /// In a file of SQLite in the ledger's folder.
    Folder,
    /// In the Postgres database whose address this variable holds.
    Variable(Arc<str>),
}

impl LedgerConfig {
    /// `value`: of a variable of the environment.
    ///
    /// # Errors
    /// The name of a variable that is not there, or can't be a token.
    pub fn settings(&self, limits: &Limits, value: impl Fn(&str) -> Option<String>) -> Result<Settings, Arc<str>> {
        let settings = Settings::new(self.folder.clone(), Arc::clone(&self.instance), limits);
        let witness = match (self.witness.clone(), &self.witness_bearer) {
            (Some(witness), Some(name)) => {
                Some(witness.with(value(name).and_then(Bearer::new).ok_or_else(|| Arc::clone(name))?))
            }
            (witness, _) => witness,
        };
        Ok(Settings { key: self.key.clone(), witness, ..settings })
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
    let witness_bearer = block.text("witness_bearer").and_then(|text| {
        let name: Option<Arc<str>> = text.value.strip_prefix("env:").filter(|name| !name.is_empty()).map(Arc::from);
        let problem = match (&name, &witness) {
            (None, _) => Some("a token stands in a variable of the environment"),
            (Some(_), Some(Witness::Http(..))) => None,
            (Some(_), _) => Some("only a witness that is a server takes a token"),
        };
        if let Some(problem) = problem {
            block.push(
                Problem::error(&text.place, problem)
                    .with_hint("write `witness_bearer = \"env:NAME\"` beside a `witness` of https"),
            );
        }
        name
    });
    let persons = if block.flag("sealed_persons") { Persons::Sealed } else { Persons::Plain };
    let index = block.text("index").map_or_else(IndexIn::default, |text| match &*text.value {
        "store" => IndexIn::Store,
        "folder" => IndexIn::Folder,
        other => {
            if let Some(name) = other.strip_prefix("env:").filter(|name| !name.is_empty()) {
                IndexIn::Variable(name.into())
            } else {
                let problem = Problem::error(
                    &text.place,
                    "an index is in the `store`, in the `folder`, or where `env:NAME` leads",
                );
                block.push(problem.with_hint(
                    "an address of a database may hold a password: name a variable, `env:LEDGER_INDEX_URL`",
                ));
                IndexIn::default()
            }
        }
    });
    block.done();
    Some(LedgerConfig {
        persons,
        index,
        witness_bearer,
        folder: PathBuf::from(&*folder?.value),
        instance: instance?.value,
        key,
        witness,
    })
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
