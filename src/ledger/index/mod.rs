//! Index: who has seen whom, found without reading all of a ledger.
//!
//! Derived from the log and from nothing else: it is filled behind it, may be thrown away at any time, and is made again by
//! `headwaters ledger reindex`. One index may hold the ledgers of several instances. Reading it is not on record by itself; an operation
//! that asks for it is, like any other.

mod ask;
mod fill;
mod tables;

pub use ask::{Asked, Given, Head, Looked, Place, Seen};

use super::log::{self, Broken};
use super::subjects::Subjects;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The outcome of fields that were given.
const ALLOWED: &str = "ALLOW";

/// The file of a ledger's own index, in its folder.
pub const FILE: &str = "index.sqlite";

/// An index that is kept up with the ledgers of some folders.
#[derive(Debug, Clone)]
pub struct Index {
    pool: SqlitePool,
    folders: Arc<[PathBuf]>,
    /// One fills it at a time.
    filling: Arc<Mutex<()>>,
    /// How the ledgers name persons, where that is not by their ids.
    subjects: Option<Arc<Subjects>>,
}

/// Why an index can't be asked.
#[derive(Debug)]
pub enum Failed {
    Ledger(Broken),
    Index(sqlx::Error),
}

impl Index {
    /// Opens an index, or begins it.
    ///
    /// # Errors
    /// Where the file can't be used.
    pub async fn open(file: &Path, folders: &[PathBuf]) -> Result<Self, Failed> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What a power cut takes away is in the log.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(5))
            .pragma("temp_store", "memory")
            .pragma("mmap_size", "268435456");
        let options = sqlx::ConnectOptions::disable_statement_logging(options);
        let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false).connect_with(options).await?;
        tables::make(&pool).await?;
        Ok(Self { pool, folders: folders.into(), filling: Arc::default(), subjects: None })
    }

    /// The same, for a ledger that names persons so.
    #[must_use]
    pub fn naming(self, subjects: Option<Arc<Subjects>>) -> Self {
        Self { subjects, ..self }
    }

    /// How the ledger names a person; `None` for one whom it does not know.
    #[must_use]
    pub fn name_of(&self, person: &str) -> Option<String> {
        match &self.subjects {
            None => Some(person.to_owned()),
            Some(subjects) => subjects.is_known(person).then(|| subjects.seal(person).ok())?,
        }
    }

    /// Whom the ledger names so; `None` for somebody who was forgotten.
    #[must_use]
    pub fn person(&self, name: &str) -> Option<String> {
        match &self.subjects {
            None => Some(name.to_owned()),
            Some(subjects) => subjects.open(name),
        }
    }

    /// Takes in what the ledgers have and the index has not. `passed` is told of the bytes of each record.
    ///
    /// # Errors
    /// Where a ledger is damaged, up to there, or the index can't be written.
    pub async fn catch_up(&self, passed: impl Fn(usize)) -> Result<(), Failed> {
        let _alone = self.filling.lock().await;
        for folder in &*self.folders {
            fill::folder(&self.pool, folder, &passed).await?;
        }
        Ok(())
    }

    /// Takes in what is new every now and then, until nobody has the index any more: whoever then asks does not wait for long.
    pub async fn keep_up(self) {
        const PAUSE: Duration = Duration::from_secs(5);
        let Self { pool, folders, filling, subjects } = self;
        let still = Arc::downgrade(&filling);
        drop(filling);
        loop {
            tokio::time::sleep(PAUSE).await;
            let Some(filling) = still.upgrade() else { break };
            let index = Self { pool: pool.clone(), folders: Arc::clone(&folders), filling, subjects: subjects.clone() };
            // Whoever asks is told that it could not be.
            _ = index.catch_up(|_| ()).await;
        }
    }

    /// Throws away what is there.
    ///
    /// # Errors
    /// Where the index can't be written.
    pub async fn empty(&self) -> Result<(), Failed> {
        let _alone = self.filling.lock().await;
        Ok(tables::empty(&self.pool).await?)
    }

    /// Records that were disclosed, each as often as it was.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn records(&self) -> Result<i64, Failed> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM disclosed").fetch_one(&self.pool).await?)
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Index(error)
    }
}

impl From<Broken> for Failed {
    fn from(broken: Broken) -> Self {
        Self::Ledger(broken)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(broken) => write!(f, "{broken}"),
            Self::Index(error) => write!(f, "the index can't be used: {error}"),
        }
    }
}

impl std::error::Error for Failed {}

/// The records of a folder from one on, some at a time.
fn some(folder: &Path, from: u64, most: usize) -> Result<(Vec<log::Record>, bool), Broken> {
    let mut records = log::records_from(folder, from)?;
    let taken = records.by_ref().take(most).collect::<Result<Vec<_>, _>>()?;
    let more = taken.len() == most;
    Ok((taken, more))
}
