//! Fill: from the records of a ledger to the rows of an index.
//!
//! A thousand records a transaction, and three statements for them: SQLite is given the rows as one JSON text, since what costs is each
//! crossing into it. A record that is there already is passed over, so it does not matter if two fill.

use super::{ALLOWED, Failed, some};
use crate::ledger::log::Record;
use crate::ledger::read::{Operation, Recorded, read};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqlitePool;
use std::collections::BTreeSet;
use std::path::Path;

/// Records taken in at once.
const BATCH: usize = 1_000;

const ENTRIES: &str = "INSERT OR IGNORE INTO entry (ledger, seq, at, user, agency, purpose, outcome, head)
    SELECT ?2, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6 FROM json_each(?1) e";
const SHAPES: &str = "INSERT OR IGNORE INTO shape (text) SELECT value FROM json_each(?1)";
const DISCLOSED: &str = "INSERT OR IGNORE INTO disclosed (person, at, ledger, seq, n, type, key, shape)
    SELECT d.value ->> 0, d.value ->> 1, ?2, d.value ->> 2, d.value ->> 3, d.value ->> 4, d.value ->> 5,
        (SELECT id FROM shape WHERE text = d.value ->> 6)
    FROM json_each(?1) d";

/// Takes in what a ledger has and the index has not.
pub async fn folder(pool: &SqlitePool, folder: &Path, passed: &impl Fn(usize)) -> Result<(), Failed> {
    let Some(instance) = instance(folder).await? else { return Ok(()) };
    sqlx::query("INSERT OR IGNORE INTO ledger (instance, next) VALUES (?1, 1)").bind(&instance).execute(pool).await?;
    loop {
        let known = sqlx::query_as("SELECT id, next FROM ledger WHERE instance = ?1").bind(&instance);
        let (ledger, next): (i64, i64) = known.fetch_one(pool).await?;
        let (records, more) = read_some(folder, u64::try_from(next).unwrap_or(1)).await?;
        if records.is_empty() {
            return Ok(());
        }
        take(pool, ledger, &records).await?;
        for record in &records {
            passed(record.payload.len());
        }
        if !more {
            return Ok(());
        }
    }
}

async fn read_some(folder: &Path, from: u64) -> Result<(Vec<Record>, bool), Failed> {
    let folder = folder.to_owned();
    let read = tokio::task::spawn_blocking(move || some(&folder, from, BATCH)).await;
    Ok(read.unwrap_or_else(|_| Ok((Vec::new(), false)))?)
}

/// Whose ledger it is; `None` where nothing in it says so yet.
async fn instance(folder: &Path) -> Result<Option<String>, Failed> {
    let (records, _) = read_some(folder, 1).await?;
    let named = |record: &Record| {
        Some(serde_json::from_slice::<Value>(&record.payload).ok()?.get("instance")?.as_str()?.to_owned())
    };
    Ok(records.iter().find_map(named))
}

async fn take(pool: &SqlitePool, ledger: i64, records: &[Record]) -> Result<(), Failed> {
    let (mut entries, mut shapes, mut disclosed) = (Vec::new(), BTreeSet::new(), Vec::new());
    for record in records {
        // What is no operation disclosed nothing; what can't be read was written by another version.
        let Ok(Recorded::Operation(operation)) = read(&record.payload) else { continue };
        rows(record.seq, &operation, &mut shapes, &mut disclosed);
        let of = &*operation;
        entries.push(json!([record.seq, of.at, of.user, of.agency, of.purpose, of.outcome, head(&record.payload, of)]));
    }
    let next = records.last().map_or(1, |last| last.seq + 1);
    let shapes: Value = shapes.into_iter().collect();
    let mut transaction = pool.begin().await?;
    sqlx::query(ENTRIES).bind(Value::Array(entries).to_string()).bind(ledger).execute(&mut *transaction).await?;
    sqlx::query(SHAPES).bind(shapes.to_string()).execute(&mut *transaction).await?;
    sqlx::query(DISCLOSED).bind(Value::Array(disclosed).to_string()).bind(ledger).execute(&mut *transaction).await?;
    sqlx::query("UPDATE ledger SET next = max(next, ?2) WHERE id = ?1")
        .bind(ledger)
        .bind(i64::try_from(next).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

fn rows(seq: u64, operation: &Operation, shapes: &mut BTreeSet<String>, disclosed: &mut Vec<Value>) {
    let mut number = 0_u64;
    for shape in operation.disclosed.iter().filter(|shape| !shape.of.is_empty()) {
        let text = json!([shape.on, shape.source, shape.fields, shape.classes]).to_string();
        for one in operation.records(shape) {
            let (person, key) = (one.person.unwrap_or_default(), one.key.unwrap_or_default());
            disclosed.push(json!([person, operation.at, seq, number, shape.on, key, text]));
            number += 1;
        }
        shapes.insert(text);
    }
}

/// The entry without what stands in rows of its own, and whose records were given.
fn head(payload: &[u8], operation: &Operation) -> String {
    let mut members: Map<String, Value> = serde_json::from_slice(payload).unwrap_or_default();
    for name in ["persons", "disclosed", "kind"] {
        members.shift_remove(name);
    }
    let given = operation.disclosed.iter().filter(|shape| !shape.of.is_empty() && shape.fields.contains_key(ALLOWED));
    let given_by: BTreeSet<&str> = given.filter_map(|shape| shape.source.as_deref()).collect();
    members.insert("givenBy".to_owned(), given_by.into_iter().collect());
    Value::Object(members).to_string()
}
