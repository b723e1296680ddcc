//! Sqlite: statements run against one file, or against memory.
//!
//! A statement runs in a thread of its connection, and would go on there after everybody has stopped waiting. So each connection has a time at
//! which whatever runs in it is interrupted; this is why the connections are kept here and not in sqlx's pool, which gives them no such thing.

use super::{Bind, Reason, migrator, reason};
use crate::graph::Source;
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::query::Query;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Row};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Steps of SQLite's machine between two looks at the clock: some tenths of a millisecond.
const STEPS: i32 = 4_000;

/// Connections for reading.
#[derive(Debug)]
pub(super) struct Pool {
    options: SqliteConnectOptions,
    places: Semaphore,
    idle: Mutex<Vec<Held>>,
    /// For what must be known however many wait: what was purged.
    apart: tokio::sync::Mutex<Option<Held>>,
    /// A database that is gone when its connection is.
    memory: bool,
}

#[derive(Debug)]
struct Held {
    connection: SqliteConnection,
    until: Until,
}

/// When what runs is interrupted: microseconds since [`Until::base`].
#[derive(Debug, Clone)]
struct Until(Arc<AtomicU64>);

/// A connection in use. What still runs in it when this is dropped is interrupted.
struct Using<'p> {
    pool: &'p Pool,
    held: Option<Held>,
    running: bool,
    _place: SemaphorePermit<'p>,
}

/// Migrations are applied before.
pub(super) async fn open(url: &str, source: &Source) -> Result<Pool, String> {
    let memory = url.contains(":memory:") || url.contains("mode=memory");
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| "is not the URL of a database".to_owned())?
        .create_if_missing(source.reach.migrations.is_some())
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(500)
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "268435456");
    let options = sqlx::ConnectOptions::disable_statement_logging(options);
    let connections = if memory { 1 } else { usize::try_from(source.reach.concurrency_max.max(1)).unwrap_or(1) };
    let mut first = options.clone();
    if source.reach.migrations.is_some() && !memory {
        first = first.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    }
    // Every connection to memory is a database of its own: so there is one, for good, and it is not for reading only.
    let options = if memory { options } else { options.pragma("query_only", "on") };
    let pool = Pool {
        options,
        places: Semaphore::new(connections),
        idle: Mutex::default(),
        apart: tokio::sync::Mutex::default(),
        memory,
    };
    let mut held = Held::connect(&first).await.map_err(|_| unreachable())?;
    migrate(&mut held.connection, source).await?;
    if memory {
        pool.put(held);
    } else {
        _ = held.connection.close().await;
        let held = Held::connect(&pool.options).await.map_err(|_| unreachable())?;
        pool.put(held);
    }
    Ok(pool)
}

fn unreachable() -> String {
    "leads to no database that can be opened".to_owned()
}

async fn migrate(connection: &mut SqliteConnection, source: &Source) -> Result<(), String> {
    let Some(migrations) = migrator(source, "sqlite").await? else { return Ok(()) };
    migrations.run(connection).await.map_err(|error| format!("leads to a database that can't be migrated: {error}"))
}

/// The one JSON list of rows.
pub(super) async fn run(pool: &Pool, text: Arc<str>, binds: Vec<Bind>, until: Instant) -> Result<Vec<u8>, Reason> {
    let rows = pool.rows(query(text, binds), until).await?;
    let row = rows.first().ok_or_else(|| Reason::Invalid("no row".to_owned()))?;
    row.try_get_unchecked::<Vec<u8>, _>(0).map_err(|error| reason(&error))
}

/// The steps of the plan that SQLite makes for these values.
pub(super) async fn explain(pool: &Pool, text: &str, binds: Vec<Bind>, until: Instant) -> Result<Vec<String>, Reason> {
    let text = Arc::from(format!("EXPLAIN QUERY PLAN {text}"));
    let rows = pool.rows(query(text, binds), until).await?;
    rows.iter().map(|row| row.try_get("detail").map_err(|error| reason(&error))).collect()
}

impl Pool {
    /// Rows of a name and a number. Without waiting for those who read records.
    pub(super) async fn counts(&self, text: &str, until: Instant) -> Result<Vec<(String, i64)>, Reason> {
        let query = query(text.into(), Vec::new());
        let rows = if self.memory { self.rows(query, until).await? } else { self.rows_apart(query, until).await? };
        let row = |row: &SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(|of| row(of).map_err(|error: sqlx::Error| reason(&error))).collect()
    }

    async fn rows_apart(
        &self,
        query: Query<'static, Sqlite, SqliteArguments>,
        until: Instant,
    ) -> Result<Vec<SqliteRow>, Reason> {
        let mut apart = self.apart.lock().await;
        // Put back when it is at rest: one that was left half-way is closed.
        let mut held = match apart.take() {
            Some(held) => held,
            None => Held::connect(&self.options).await.map_err(|error| reason(&error))?,
        };
        held.until.set(until);
        let rows = query.fetch_all(&mut held.connection).await.map_err(|error| reason(&error))?;
        *apart = Some(held);
        Ok(rows)
    }

    /// How to connect to the same database to write to it.
    pub(super) fn writing(&self) -> SqliteConnectOptions {
        self.options.clone().pragma("query_only", "off")
    }

    /// In a box: what sqlx does with its threads makes types that nobody wants to see again further up.
    fn rows(
        &self,
        query: Query<'static, Sqlite, SqliteArguments>,
        until: Instant,
    ) -> BoxFuture<'_, Result<Vec<SqliteRow>, Reason>> {
        async move {
            let mut using = self.take().await?;
            let Some(held) = &mut using.held else { return Ok(Vec::new()) };
            held.until.set(until);
            using.running = true;
            let rows = query.fetch_all(&mut held.connection).await;
            using.running = false;
            rows.map_err(|error| reason(&error))
        }
        .boxed()
    }

    async fn take(&self) -> Result<Using<'_>, Reason> {
        let place = self.places.acquire().await.map_err(|_| Reason::Unavailable("closed".to_owned()))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let held = match idle {
            Some(held) => held,
            None => Held::connect(&self.options).await.map_err(|error| reason(&error))?,
        };
        Ok(Using { pool: self, held: Some(held), running: false, _place: place })
    }

    fn put(&self, held: Held) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(held);
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        if self.running {
            held.until.now();
        }
        // One that is left in the middle of a statement is not used again.
        if !self.running || self.pool.memory {
            self.pool.put(held);
        }
    }
}

impl Held {
    async fn connect(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = SqliteConnection::connect_with(options).await?;
        let until = Until(Arc::new(AtomicU64::new(u64::MAX)));
        let ends = until.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !ends.is_over());
        Ok(Self { connection, until })
    }
}

impl Until {
    fn base() -> Instant {
        static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);
        *BASE
    }

    fn set(&self, at: Instant) {
        self.0.store(micros(at), Ordering::Relaxed);
    }

    fn now(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        micros(Instant::now()) >= self.0.load(Ordering::Relaxed)
    }
}

fn micros(at: Instant) -> u64 {
    u64::try_from(at.saturating_duration_since(Until::base()).as_micros()).unwrap_or(u64::MAX)
}

fn query(text: Arc<str>, binds: Vec<Bind>) -> Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(AssertSqlSafe(text));
    for bind in binds {
        query = match bind {
            Bind::Text(text) => query.bind(text),
            Bind::Int(int) => query.bind(int),
            Bind::Float(float) => query.bind(float),
            // Lists are given to SQLite as JSON text.
            Bind::Texts(_) | Bind::Ints(_) => query.bind(None::<String>),
        };
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::ConnectOptions as _;

    /// Else a crowd of readers would make it unknown what was purged, and nothing that is kept could be believed: more calls for a crowd.
    #[tokio::test]
    async fn what_was_purged_is_read_however_many_wait() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("store.sqlite").display());
        let options = SqliteConnectOptions::from_str(&url).unwrap();
        let mut writer = options.connect().await.unwrap();
        let made = "CREATE TABLE purge (source TEXT); INSERT INTO purge VALUES ('jail'), ('jail')";
        sqlx::raw_sql(made).execute(&mut writer).await.unwrap();
        let (places, idle, apart) = (Semaphore::new(0), Mutex::default(), tokio::sync::Mutex::default());
        let pool = Pool { options, places, idle, apart, memory: false };
        for _ in 0..2 {
            let counts = pool.counts("SELECT source, count(*) FROM purge", Instant::now() + Duration::from_secs(5));
            let counts = tokio::time::timeout(Duration::from_secs(5), counts).await.unwrap().unwrap();
            assert_eq!(counts, [("jail".to_owned(), 2)]);
        }
    }
}
