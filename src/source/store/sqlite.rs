//! Sqlite: statements run against one file, or against memory.

use super::{Bind, Reason, migrator, reason};
use crate::graph::Source;
use sqlx::query::Query;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Row};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A pool for reading; migrations are applied before.
pub(super) async fn open(url: &str, source: &Source) -> Result<SqlitePool, String> {
    let memory = url.contains(":memory:") || url.contains("mode=memory");
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| "is not the URL of a database".to_owned())?
        .create_if_missing(source.reach.migrations.is_some())
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(500)
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "268435456");
    let options = sqlx::ConnectOptions::disable_statement_logging(options);
    if memory {
        // Every connection to memory is a database of its own: so there is one, for good.
        let pool = SqlitePoolOptions::new().max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await.map_err(|_| unreachable())?;
        migrate(&pool, source).await?;
        return Ok(pool);
    }
    if source.reach.migrations.is_some() {
        let writer = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(writer).await.map_err(|_| unreachable())?;
        migrate(&pool, source).await?;
        pool.close().await;
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(source.reach.concurrency_max.max(1))
        .acquire_timeout(Duration::from_millis(source.reach.timeout_ms.max(1)))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    let pool = pool.connect_with(options.pragma("query_only", "on")).await;
    pool.map_err(|_| unreachable())
}

fn unreachable() -> String {
    "leads to no database that can be opened".to_owned()
}

async fn migrate(pool: &SqlitePool, source: &Source) -> Result<(), String> {
    let Some(migrations) = migrator(source, "sqlite").await? else { return Ok(()) };
    migrations.run(pool).await.map_err(|error| format!("leads to a database that can't be migrated: {error}"))
}

/// The one JSON list of rows.
pub(super) async fn run(pool: &SqlitePool, text: Arc<str>, binds: Vec<Bind>) -> Result<Vec<u8>, Reason> {
    let row = query(text, binds).fetch_one(pool).await.map_err(|error| reason(&error))?;
    row.try_get_unchecked::<Vec<u8>, _>(0).map_err(|error| reason(&error))
}

/// The steps of the plan that SQLite makes for these values.
pub(super) async fn explain(pool: &SqlitePool, text: &str, binds: Vec<Bind>) -> Result<Vec<String>, Reason> {
    let text = Arc::from(format!("EXPLAIN QUERY PLAN {text}"));
    let rows = query(text, binds).fetch_all(pool).await.map_err(|error| reason(&error))?;
    rows.iter().map(|row| row.try_get("detail").map_err(|error| reason(&error))).collect()
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
