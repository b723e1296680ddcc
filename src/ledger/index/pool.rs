//! Pool: connections to the database of an index. What is asked of either reads the same.

use super::Failed;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::borrow::Cow;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

/// The schema of an index in Postgres: the store's own tables are in another.
pub(super) const SCHEMA: &str = "headwaters_ledger";
const CONNECTIONS_MAX: u32 = 4;
const PAGE_BYTES: u32 = 16 * 1024;
/// How long one waits for another who writes, or for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// Milliseconds that a statement may take in Postgres.
const STATEMENT_MS_MAX: &str = "30000";
/// Bytes of a text that is looked up: the trees of Postgres take no more than 2,700 of a row.
const LOOKED_UP_BYTES_MAX: usize = 1_024;

#[derive(Debug, Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What stands for a parameter of a statement.
#[derive(Debug, Clone)]
pub(super) enum Bind<'b> {
    Text(Cow<'b, str>),
    Int(i64),
}

/// The same for either database: parameters are `$1` and so on in both.
macro_rules! on {
    ($pool:expr, $connections:ident => $asked:expr) => {
        match $pool {
            $crate::ledger::index::pool::Pool::Sqlite($connections) => $asked,
            $crate::ledger::index::pool::Pool::Postgres($connections) => $asked,
        }
    };
}
pub(super) use on;

impl Pool {
    pub(super) async fn of_file(file: &Path) -> Result<Self, Failed> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            // An operation's head is about 1.2 KB: in pages of 4 KB it would lie in two of them.
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            // What a power cut takes away is in the log.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(WAIT)
            .pragma("temp_store", "memory")
            .pragma("mmap_size", "268435456");
        let options = sqlx::ConnectOptions::disable_statement_logging(options);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS_MAX).test_before_acquire(false);
        Ok(Self::Sqlite(pool.connect_with(options).await?))
    }

    pub(super) async fn of_database(url: &str) -> Result<Self, Failed> {
        // Its text may hold a password, so it is in no message.
        let options = PgConnectOptions::from_str(url).map_err(|_| Failed::Address)?;
        let options = options
            .application_name("headwaters ledger")
            // Persons differ in how often they are seen. By the plan that serves everybody, whoever is seen most is looked through again for each
            // operation: 1,000 ms over ten million records, and not 20.
            .options([
                ("search_path", SCHEMA),
                ("statement_timeout", STATEMENT_MS_MAX),
                ("plan_cache_mode", "force_custom_plan"),
            ]);
        let options = sqlx::ConnectOptions::disable_statement_logging(options);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(WAIT);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }
}

impl<'b> Bind<'b> {
    /// A text that is looked up, as it stands in an index.
    pub(super) fn looked_up(text: &'b str) -> Self {
        Self::Text(looked_up(text))
    }
}

/// A text as an index has it: a longer one as its digest; Postgres takes no zero byte.
pub(super) fn looked_up(text: &str) -> Cow<'_, str> {
    if text.len() > LOOKED_UP_BYTES_MAX {
        Cow::Owned(format!("sha256:{}", crate::seal::digest([text.as_bytes()])))
    } else if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_key_is_an_index_can_hold_it() {
        assert_eq!(looked_up("MT0560000 26-0417"), "MT0560000 26-0417");
        assert_eq!(looked_up("a\0b"), "a\u{fffd}b");
        let long = "é".repeat(2_000);
        assert_eq!(looked_up(&long).len(), 71);
        assert_ne!(looked_up(&long), looked_up(&"e".repeat(4_000)));
    }
}
