//! Tables: what an index looks like.
//!
//! `disclosed` is its own index by person and time: whoever is asked about, their disclosures lie beside each other, the latest last. A
//! second one leads from a record to those who had it. Texts are compared by their bytes, in Postgres too, whatever its language is.

use super::Failed;
use super::pool::{Pool, SCHEMA, on};
use sqlx::AssertSqlSafe;

/// Raise it whenever the tables change: an index of another edition is thrown away, and filled again.
const EDITION: i64 = 3;

/// `INT`, `TEXT` and `NUMBER` stand for what a database calls them.
const TABLES: [&str; 11] = [
    // Up to which record an instance's ledger is here.
    "CREATE TABLE ledger (id NUMBER, instance TEXT NOT NULL UNIQUE, next INT NOT NULL)",
    // An operation: what is asked for, where its record begins in its segment, and the rest of it as JSON, without persons and records.
    "CREATE TABLE entry (ledger INT NOT NULL, seq INT NOT NULL, at TEXT NOT NULL, decision TEXT NOT NULL, user_id TEXT, provider TEXT,
        agency TEXT, purpose TEXT, outcome TEXT NOT NULL, place INT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (ledger, seq)) ROWS",
    "CREATE INDEX entry_at ON entry (at, ledger, seq)",
    "CREATE INDEX entry_decision ON entry (decision)",
    "CREATE INDEX entry_user ON entry (user_id, at)",
    "CREATE INDEX entry_agency ON entry (agency, at)",
    // What was given of records, as JSON: few of these stand for many records. By its digest, however long it is.
    "CREATE TABLE shape (id NUMBER, digest TEXT NOT NULL UNIQUE, text TEXT NOT NULL)",
    "CREATE TABLE disclosed (person TEXT NOT NULL, at TEXT NOT NULL, ledger INT NOT NULL, seq INT NOT NULL, n INT NOT NULL,
        type TEXT NOT NULL, key TEXT NOT NULL, shape INT NOT NULL, PRIMARY KEY (person, at, ledger, seq, n)) ROWS",
    "CREATE INDEX disclosed_record ON disclosed (type, key, at)",
    "CREATE TABLE edition (number INT NOT NULL)",
    "INSERT INTO edition (number) VALUES (EDITION)",
];

const NAMES: [&str; 5] = ["ledger", "entry", "shape", "disclosed", "edition"];

/// One makes them at a time: the number is of nothing else in the database.
const ALONE: &str = "SELECT pg_advisory_xact_lock(7310294418)";

/// Makes the tables where they are not there, or others.
pub(super) async fn make(pool: &Pool) -> Result<(), Failed> {
    if edition(pool).await? == Some(EDITION) {
        return Ok(());
    }
    match pool {
        Pool::Sqlite(_) => all_anew(pool).await,
        Pool::Postgres(connections) => {
            let there: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
                .bind(SCHEMA)
                .fetch_one(connections)
                .await?;
            if !there {
                let text = format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}");
                sqlx::query(AssertSqlSafe(text)).execute(connections).await?;
            }
            all_anew(pool).await
        }
    }
}

/// `None` where there is no index.
async fn edition(pool: &Pool) -> Result<Option<i64>, Failed> {
    let there: bool = match pool {
        Pool::Sqlite(file) => {
            sqlx::query_scalar("SELECT count(*) > 0 FROM sqlite_master WHERE name = 'edition'").fetch_one(file).await?
        }
        Pool::Postgres(connections) => {
            let text = "SELECT to_regclass($1) IS NOT NULL";
            sqlx::query_scalar(text).bind(format!("{SCHEMA}.edition")).fetch_one(connections).await?
        }
    };
    if !there {
        return Ok(None);
    }
    Ok(on!(pool, it => sqlx::query_scalar("SELECT number FROM edition").fetch_optional(it).await?))
}

/// Throws away all that is there, of whatever edition, and makes the tables.
pub(super) async fn all_anew(pool: &Pool) -> Result<(), Failed> {
    let drops = NAMES.iter().map(|name| format!("DROP TABLE IF EXISTS {name}"));
    // Of an edition before them.
    match pool {
        Pool::Sqlite(file) => {
            let mut transaction = file.begin().await?;
            for text in drops.chain(TABLES.iter().map(|table| sqlite(table))) {
                sqlx::query(AssertSqlSafe(text)).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        }
        Pool::Postgres(connections) => {
            let mut transaction = connections.begin().await?;
            sqlx::query(ALONE).execute(&mut *transaction).await?;
            // Somebody else may have been quicker.
            let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                .bind(format!("{SCHEMA}.edition"))
                .fetch_one(&mut *transaction)
                .await?;
            let made: Option<i64> = if there {
                sqlx::query_scalar("SELECT number FROM edition").fetch_optional(&mut *transaction).await?
            } else {
                None
            };
            if made == Some(EDITION) {
                return Ok(());
            }
            for text in drops.chain(TABLES.iter().map(|table| postgres(table))) {
                sqlx::query(AssertSqlSafe(text)).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        }
    }
    Ok(())
}

fn sqlite(table: &str) -> String {
    let text = table.replace("id NUMBER", "id INTEGER PRIMARY KEY").replace(" INT ", " INTEGER ");
    text.replace(") ROWS", ") WITHOUT ROWID").replace("(EDITION)", &format!("({EDITION})"))
}

fn postgres(table: &str) -> String {
    let text = table.replace("id NUMBER", "id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    let text = text.replace(" INT ", " BIGINT ").replace(" TEXT", " TEXT COLLATE \"C\"");
    text.replace(") ROWS", ")").replace("(EDITION)", &format!("({EDITION})"))
}
