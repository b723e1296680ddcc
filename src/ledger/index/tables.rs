//! Tables: what an index looks like.
//!
//! `disclosed` is its own covering index by person and time: whoever is asked about, their disclosures lie beside each other, the latest
//! last. A second one leads from a record to those who had it.

use sqlx::sqlite::SqlitePool;

/// Raise it whenever the tables change: an index of another edition is thrown away, and filled again.
const EDITION: i64 = 2;

const TABLES: [&str; 8] = [
    // Up to which record an instance's ledger is here.
    "CREATE TABLE ledger (id INTEGER PRIMARY KEY, instance TEXT NOT NULL UNIQUE, next INTEGER NOT NULL)",
    // An operation: what is asked for, and the rest of it as JSON, without persons and records.
    "CREATE TABLE entry (ledger INTEGER NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, user TEXT, agency TEXT, purpose TEXT,
        outcome TEXT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (ledger, seq)) WITHOUT ROWID",
    "CREATE INDEX entry_at ON entry (at, ledger, seq)",
    "CREATE INDEX entry_user ON entry (user, at)",
    "CREATE INDEX entry_agency ON entry (agency, at)",
    // What was given of records, as JSON: few of these stand for many records.
    "CREATE TABLE shape (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    "CREATE TABLE disclosed (person TEXT NOT NULL, at TEXT NOT NULL, ledger INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
        type TEXT NOT NULL, key TEXT NOT NULL, shape INTEGER NOT NULL, PRIMARY KEY (person, at, ledger, seq, n)) WITHOUT ROWID",
    "CREATE INDEX disclosed_record ON disclosed (type, key, at)",
];

const NAMES: [&str; 4] = ["ledger", "entry", "shape", "disclosed"];

/// Makes the tables where they are not there, or others.
pub async fn make(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let edition: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await?;
    if edition == EDITION {
        return Ok(());
    }
    empty(pool).await
}

/// Throws away all that is there.
pub async fn empty(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for name in NAMES {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TABLE IF EXISTS {name}"))).execute(&mut *transaction).await?;
    }
    for table in TABLES {
        sqlx::query(table).execute(&mut *transaction).await?;
    }
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {EDITION}"))).execute(&mut *transaction).await?;
    transaction.commit().await
}
