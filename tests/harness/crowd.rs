//! A crowd of 100,000 persons in a golden-record store, made by the database itself: enough of everything for a planner to choose as it
//! would in earnest. Nobody in it is anybody; the invented people are the demonstration's.

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::path::Path;

const PERSONS: u32 = 100_000;

/// `{n}` stands for a query that counts.
const ROWS: &[&str] = &[
    "INSERT INTO person (id, full_name, given, surname, birth_date, birth_year, sex, ssn_last4, city, updated_at)
     SELECT 'p' || i, 'A B', substr('ABCDEFGHIJKLMNOPRSTUVW', 1 + i % 22, 1) || substr('aeiou', 1 + i / 22 % 5, 1) || 'n' || i % 7,
            substr('BCDFGHKLMNPRSTVW', 1 + i % 16, 1) || substr('aeiou', 1 + i / 16 % 5, 1) || substr('mnrst', 1 + i / 80 % 5, 1) || i % 331,
            '1980-01-01', 1940 + i % 66, 'F', '0000', 'Billings', '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO person_name (id, person_id, use_code, full_name, system, system_kind, recorded_at)
     SELECT 'n' || i, 'p' || i, 'ALIAS', 'A C', 'JMS', 'ORDINARY', '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO address (id, person_id, city, since, system, system_kind, recorded_at)
     SELECT 'a' || i, 'p' || i, 'Billings', '2020-01-01', 'JMS', 'ORDINARY', '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO person_identifier (id, person_id, kind, value, system, system_kind, recorded_at)
     SELECT 'i' || i, 'p' || i, 'SID', 'MT' || i, 'CHRI', 'ORDINARY', '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO crosswalk (system, local_id, person_id) SELECT 'JMS', i, 'p' || i FROM {n}",
    "INSERT INTO crosswalk (system, local_id, person_id) SELECT 'FULLCOURT', i, 'p' || i FROM {n}",
    "INSERT INTO charge (id, person_id, mans, sequence, case_number, count, mca, severity, status, offense_on, outcome, updated_at)
     SELECT 'c' || i, 'p' || (i + 1) / 2, 'm' || i / 3, 1 + i % 3, 'd' || i, 1, '45-5-' || i % 60, 'FELONY', 'CONVICTED', '2020-01-01',
            CASE WHEN i % 3 > 0 THEN 'CONVICTED_BY_PLEA' END, '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO charge_stage (id, charge_id, kind, happened_on, linked_by, recorded_at)
     SELECT 's' || i, 'c' || i, 'ARREST', '2020-01-01', 'NUMBER', '2026-11-01T00:00:00Z' FROM {n}",
    "INSERT INTO statute (mca, short, severity, offense_type, updated_at)
     SELECT '45-5-' || i, 'An offense', 'FELONY', 'PERSON', '2026-11-01T00:00:00Z' FROM {n} WHERE i <= 500",
    "ANALYZE",
];

fn migrations(kind: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/store").join(kind)
}

/// # Panics
/// Where the file can't be written.
pub async fn sqlite(url: &str) {
    let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    Migrator::new(migrations("sqlite")).await.unwrap().run(&mut connection).await.unwrap();
    let count = format!(
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PERSONS}) SELECT i FROM n) AS n"
    );
    sqlx::raw_sql("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN").execute(&mut connection).await.unwrap();
    for row in ROWS {
        let text = row.replace("{n}", &count);
        let text = if row.starts_with("ANALYZE") { format!("COMMIT; {text}") } else { text };
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// # Panics
/// Where the server can't be asked.
pub async fn postgres(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    Migrator::new(migrations("postgres")).await.unwrap().run(&mut connection).await.unwrap();
    let count = format!("generate_series(1, {PERSONS}) AS n(i)");
    // Whoever references whom is as it must be; the server need not look it up a million times.
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut connection).await.unwrap();
    for row in ROWS {
        sqlx::raw_sql(AssertSqlSafe(row.replace("{n}", &count))).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}
