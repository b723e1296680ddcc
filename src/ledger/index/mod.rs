//! Index: who has seen whom, found without reading all of a ledger.
//!
//! Derived from the log and from nothing else: it is filled behind it, may be thrown away at any time, and is made again by
//! `headwaters ledger reindex`. It stands in a file of SQLite beside the ledger, or in the Postgres that the store is in, and answers the
//! same either way. One index may hold the ledgers of several instances. Reading it is not on record by itself; an operation that asks for
//! it is, like any other.

mod ask;
mod fill;
mod pool;
mod tables;

pub use ask::{Asked, Given, Head, Looked, Place, Seen, Stretch};

use super::log::{self, Broken};
use super::subjects::Subjects;
use fill::Places;
use pool::{Pool, on};
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
    pool: Pool,
    folders: Arc<[PathBuf]>,
    /// One fills it at a time.
    filling: Arc<Mutex<Places>>,
    /// How the ledgers name persons, where that is not by their ids.
    subjects: Option<Arc<Subjects>>,
}

/// Where an index stands.
#[derive(Clone, PartialEq, Eq)]
pub enum Home {
    File(PathBuf),
    /// The address of a database of Postgres, which may hold a password.
    Database(String),
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Database(_) => f.write_str("Database"),
        }
    }
}

/// Why an index can't be asked.
#[derive(Debug)]
pub enum Failed {
    Ledger(Broken),
    Index(sqlx::Error),
    /// What should lead to a database does not.
    Address,
    /// The program ends.
    Ended,
}

impl Index {
    /// Opens an index where it stands, or begins it there.
    ///
    /// # Errors
    /// As of [`Index::open`] and [`Index::connect`].
    pub async fn at(home: &Home, folders: &[PathBuf]) -> Result<Self, Failed> {
        match home {
            Home::File(file) => Self::open(file, folders).await,
            Home::Database(url) => Self::connect(url, folders).await,
        }
    }

    /// Opens an index in a file, or begins it.
    ///
    /// # Errors
    /// Where the file can't be used.
    pub async fn open(file: &Path, folders: &[PathBuf]) -> Result<Self, Failed> {
        Self::of(Pool::of_file(file).await?, folders).await
    }

    /// Opens an index in a database of Postgres, or begins it there, in a schema of its own. Several gateways may share one: each takes in its own
    /// ledger, and any of them tells of all.
    ///
    /// # Errors
    /// Where it is not reached, or its user may not make the schema.
    pub async fn connect(url: &str, folders: &[PathBuf]) -> Result<Self, Failed> {
        Self::of(Pool::of_database(url).await?, folders).await
    }

    async fn of(pool: Pool, folders: &[PathBuf]) -> Result<Self, Failed> {
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
        let mut places = self.filling.lock().await;
        for folder in &*self.folders {
            fill::folder(&self.pool, folder, &mut places, &passed).await?;
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

    /// Throws away what is there: all of a file; in a database, which others may share, what is of these ledgers.
    ///
    /// # Errors
    /// Where the index can't be written.
    pub async fn empty(&self) -> Result<(), Failed> {
        let mut places = self.filling.lock().await;
        places.clear();
        let Pool::Postgres(database) = &self.pool else { return tables::all_anew(&self.pool).await };
        let mut ledgers = Vec::new();
        for folder in &*self.folders {
            ledgers.extend(self.ledger(folder).await?.map(|(ledger, _)| ledger));
        }
        let mut transaction = database.begin().await?;
        for text in [
            "DELETE FROM disclosed WHERE ledger = ANY($1)",
            "DELETE FROM entry WHERE ledger = ANY($1)",
            "UPDATE ledger SET next = 1 WHERE id = ANY($1)",
        ] {
            sqlx::query(text).bind(&ledgers).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Records that were disclosed by these ledgers, each as often as it was.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn records(&self) -> Result<i64, Failed> {
        const COUNT: &str = "SELECT count(*) FROM disclosed WHERE ledger = $1";
        let mut all = 0;
        for folder in &*self.folders {
            if let Some((ledger, _)) = self.ledger(folder).await? {
                let count: i64 = on!(&self.pool, it => sqlx::query_scalar(COUNT).bind(ledger).fetch_one(it).await?);
                all += count;
            }
        }
        Ok(all)
    }

    /// The number of a ledger here, and of the first of its records that is not here; `None` where nothing of it is.
    async fn ledger(&self, folder: &Path) -> Result<Option<(i64, i64)>, Failed> {
        const KNOWN: &str = "SELECT id, next FROM ledger WHERE instance = $1";
        let Some(instance) = log::instance(folder)? else { return Ok(None) };
        Ok(on!(&self.pool, it => sqlx::query_as(KNOWN).bind(&*instance).fetch_optional(it).await?))
    }

    /// Ends the connections.
    pub async fn close(&self) {
        on!(&self.pool, it => it.close().await);
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
            Self::Address => f.write_str("the index can't be used: this is no address of a Postgres database"),
            Self::Ended => f.write_str("the index is not asked any more: the program ends"),
        }
    }
}

impl std::error::Error for Failed {}
