//! Purge: a table of the store that says how often copies of records had to end, by source; under the empty name, those of all.
//!
//! Rows are counted, not numbered: where one is committed before another that has a lower number, counting misses neither.

use super::statement::table as quoted;
use super::{Database, Reason, Store};
use futures::FutureExt as _;
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::time::Duration;
use tokio::time::Instant;

/// What Postgres tells whoever listens, when something is purged.
const CHANNEL: &str = "headwaters_purge";

impl Store {
    /// How often copies had to end, by source.
    pub(in crate::source) async fn purges(&self, table: &str) -> Result<Vec<(String, i64)>, Reason> {
        let text = format!("SELECT source, count(*) FROM {} GROUP BY source", quoted(table));
        let asked = async {
            match &self.database {
                Database::Sqlite(pool) => pool.counts(&text, Instant::now() + self.timeout).await,
                Database::Postgres(postgres) => {
                    let rows = sqlx::query_as(AssertSqlSafe(text)).fetch_all(&postgres.apart).await;
                    rows.map_err(|error| super::reason(&error))
                }
            }
        };
        // In a box: what sqlx does makes types that nobody wants to see again further up.
        tokio::time::timeout(self.timeout, asked.boxed()).await.map_err(|_| Reason::Timeout)?
    }

    /// Ends the copies of these sources, for all who read the table.
    pub(in crate::source) async fn purge(&self, table: &str, sources: &[&str]) -> Result<(), Reason> {
        let written = async {
            match &self.database {
                Database::Sqlite(pool) => {
                    // The pool only reads.
                    let mut writer = pool.writing().connect().await?;
                    let text = format!("INSERT INTO {} (source) SELECT value FROM json_each(?)", quoted(table));
                    let names = serde_json::Value::from(sources).to_string();
                    sqlx::query(AssertSqlSafe(text)).bind(names).execute(&mut writer).await?;
                    writer.close().await
                }
                Database::Postgres(postgres) => {
                    let text = format!("INSERT INTO {} (source) SELECT unnest($1::text[])", quoted(table));
                    let names: Vec<String> = sources.iter().map(|name| (*name).to_owned()).collect();
                    sqlx::query(AssertSqlSafe(text)).bind(names).execute(&postgres.pool).await.map(|_| ())
                }
            }
        };
        let written = tokio::time::timeout(self.timeout, written.boxed()).await.map_err(|_| Reason::Timeout)?;
        written.map_err(|error| super::reason(&error))
    }

    /// Whether others may keep copies of what this store says is purged.
    pub(in crate::source) const fn is_for_several(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Somebody who is told of purges; nobody where they must ask.
    pub(in crate::source) async fn listener(&self) -> Option<Listener> {
        let Database::Postgres(postgres) = &self.database else { return None };
        let mut listener = PgListener::connect_with(&postgres.pool).await.ok()?;
        listener.listen(CHANNEL).await.ok()?;
        Some(Listener(listener))
    }
}

pub(in crate::source) struct Listener(PgListener);

impl Listener {
    /// Waits until something is purged, at most so long; `None` where nobody tells it any more.
    pub(in crate::source) async fn told(mut self, pause: Duration) -> Option<Self> {
        match tokio::time::timeout(pause, self.0.recv()).await {
            Ok(Err(_)) => None,
            Ok(Ok(_)) | Err(_) => Some(self),
        }
    }
}
