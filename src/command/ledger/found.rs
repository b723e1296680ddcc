//! Found: the records that `show` and `export` are asked for, by the index where it serves, else by reading all.

use super::progress::Progress;
use super::show::WantedArguments;
use crate::config;
use crate::ledger::index::{FILE, Home, Index};
use crate::ledger::subjects::{self, Subjects};
use crate::ledger::{Merged, Operation, Placed, Wanted};
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::path::{Path, PathBuf};

/// Of so many records the index is asked for one at the most: more are read quicker in their order.
const FEW: u64 = 8;

#[derive(Debug, Args)]
pub(super) struct Looking {
    /// Folders of ledgers; of several the records come by time
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,
    #[command(flatten)]
    wanted: WantedArguments,
    /// Where the index is: a file, or `env:NAME` for a variable with the address of a Postgres database; by default `index.sqlite` in the first
    /// folder
    #[arg(long, value_name = "FILE")]
    index: Option<String>,
    /// Read every record, and ask no index: it is derived, and whoever can change it can leave something out
    #[arg(long)]
    scan: bool,
}

/// What was asked for, and what fits it.
pub(super) struct Found {
    pub records: Merged,
    pub progress: Progress,
    /// By folder: each names persons in its own way.
    wanted: Vec<Option<Wanted>>,
}

impl Found {
    pub(super) fn fits(&self, placed: &Placed, operation: &Operation) -> bool {
        self.wanted.get(placed.ledger).and_then(Option::as_ref).is_some_and(|wanted| wanted.fits(operation))
    }
}

impl Looking {
    pub(super) fn find(&self) -> anyhow::Result<Found> {
        let wanted = self.folders.iter().map(|folder| named(folder, self.wanted.wanted()));
        let wanted: Vec<Option<Wanted>> = wanted.collect::<anyhow::Result<_>>()?;
        let places = if self.scan || !self.wanted.narrows() { None } else { self.places(&wanted) };
        let (records, progress) = match places {
            Some(places) => (Merged::picked(&self.folders, places), Progress::none()),
            None => (Merged::open(&self.folders), Progress::over(&self.folders)),
        };
        Ok(Found { records: records.map_err(|broken| anyhow!("{broken}"))?, progress, wanted })
    }

    /// Where the records stand, where an index says it, and they are few; an index that can't be asked is none.
    fn places(&self, wanted: &[Option<Wanted>]) -> Option<Vec<Vec<(u64, u64)>>> {
        let home = home(self.index.as_deref(), &self.folders).ok()?;
        if matches!(&home, Home::File(file) if !file.exists()) {
            return None;
        }
        // Whom a ledger does not know nobody has seen there.
        let nobody = || Wanted { decision: Some(String::new()), ..Wanted::default() };
        let wanted: Vec<Wanted> = wanted.iter().map(|wanted| wanted.clone().unwrap_or_else(nobody)).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().ok()?;
        let found = runtime.block_on(async {
            let index = Index::at(&home, &self.folders).await?;
            index.catch_up(|_| ()).await?;
            let places = index.places(&wanted).await;
            index.close().await;
            places
        });
        let found = found.ok()?;
        let picked: u64 = found.iter().map(|(places, _)| places.len() as u64).sum();
        let there: u64 = found.iter().map(|(_, there)| there).sum();
        (picked.saturating_mul(FEW) <= there).then(|| found.into_iter().map(|(places, _)| places).collect())
    }
}

/// What is looked for in one ledger, with the person as that names them; `None` where it names nobody so.
fn named(folder: &Path, wanted: Wanted) -> anyhow::Result<Option<Wanted>> {
    let file = folder.join(subjects::FILE);
    let Some(person) = wanted.person.as_ref().filter(|person| !person.starts_with(subjects::MARK) && file.exists())
    else {
        return Ok(Some(wanted));
    };
    let subjects = Subjects::of(folder).with_context(|| format!("{}", file.display()))?;
    if !subjects.is_known(person) {
        return Ok(None);
    }
    let person = subjects.seal(person).map_err(|why| anyhow!("{why}"))?;
    Ok(Some(Wanted { person: Some(person), ..wanted }))
}

/// Where an index stands: as it was given, or beside the first of the ledgers.
pub(super) fn home(given: Option<&str>, folders: &[PathBuf]) -> anyhow::Result<Home> {
    let Some(given) = given else {
        return Ok(Home::File(folders.first().map(|folder| folder.join(FILE)).unwrap_or_default()));
    };
    let Some(variable) = given.strip_prefix("env:") else { return Ok(Home::File(given.into())) };
    let found = config::variables().find(|(name, _)| name == variable);
    let (_, url) = found.with_context(|| format!("the environment has no variable `{variable}`"))?;
    Ok(Home::Database(url))
}
