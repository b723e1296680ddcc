//! Fill: from the records of a ledger to the rows of an index.
//!
//! A thousand records a transaction, and a few statements for them: SQLite is given the rows as one JSON text, since what costs is each
//! crossing into it, and Postgres as arrays. A record that is there already is passed over, so it does not matter if two fill.

use super::pool::{Pool, looked_up, on};
use super::{ALLOWED, Failed};
use crate::ledger::log::{self, Broken, Record, Records};
use crate::ledger::read::{Operation, Recorded, read};
use serde_json::{Map, Value, json};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Records taken in at once.
const BATCH: usize = 1_000;

/// How far ledgers were read, by their folders: who reads on need not find the place again.
pub(super) type Places = HashMap<PathBuf, log::Bookmark>;

/// Rows of some records.
#[derive(Default)]
struct Rows {
    entries: Vec<Entry>,
    /// By digest.
    shapes: BTreeMap<String, String>,
    disclosed: Vec<Disclosed>,
}

struct Entry {
    seq: i64,
    /// Where its record begins in its segment, in bytes.
    place: i64,
    operation: Box<Operation>,
    head: String,
}

struct Disclosed {
    person: String,
    at: String,
    seq: i64,
    n: i64,
    on: String,
    key: String,
    /// Digest of its shape.
    shape: String,
}

/// Takes in what a ledger has and the index has not.
pub(super) async fn folder(
    pool: &Pool,
    folder: &Path,
    places: &mut Places,
    passed: &impl Fn(usize),
) -> Result<(), Failed> {
    let Some(instance) = instance(folder).await? else { return Ok(()) };
    let (ledger, next) = begin(pool, &instance).await?;
    let mut from = u64::try_from(next).unwrap_or(1);
    let mut reading = open(folder, from, places.remove(folder)).await?;
    loop {
        let (back, records) = batch(reading).await?;
        reading = back;
        let Some(last) = records.last() else { break };
        from = last.seq + 1;
        take(pool, ledger, &records).await?;
        for record in &records {
            passed(record.payload.len());
        }
        if records.len() < BATCH {
            break;
        }
    }
    if let Some(place) = reading.bookmark().filter(|place| place.due() == from) {
        places.insert(folder.to_owned(), place);
    }
    Ok(())
}

/// The ledger's number in this index, and the first record that it has not.
async fn begin(pool: &Pool, instance: &str) -> Result<(i64, i64), Failed> {
    const BEGUN: &str = "INSERT INTO ledger (instance, next) VALUES ($1, 1) ON CONFLICT DO NOTHING";
    const KNOWN: &str = "SELECT id, next FROM ledger WHERE instance = $1";
    let known: Option<(i64, i64)> = on!(pool, it => sqlx::query_as(KNOWN).bind(instance).fetch_optional(it).await?);
    if let Some(known) = known {
        return Ok(known);
    }
    on!(pool, it => { sqlx::query(BEGUN).bind(instance).execute(it).await?; });
    Ok(on!(pool, it => sqlx::query_as(KNOWN).bind(instance).fetch_one(it).await?))
}

async fn open(folder: &Path, from: u64, place: Option<log::Bookmark>) -> Result<Records, Failed> {
    let folder = folder.to_owned();
    let place = place.filter(|place| place.due() == from);
    blocking(move || match place {
        Some(place) => log::records_after(&folder, place),
        None => log::records_from(&folder, from),
    })
    .await
}

async fn batch(mut records: Records) -> Result<(Records, Vec<Record>), Failed> {
    blocking(move || {
        let taken = records.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
        Ok((records, taken))
    })
    .await
}

/// Whose ledger it is; `None` where there is none yet.
async fn instance(folder: &Path) -> Result<Option<std::sync::Arc<str>>, Failed> {
    let folder = folder.to_owned();
    blocking(move || log::instance(&folder)).await
}

async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, Broken> + Send + 'static) -> Result<T, Failed> {
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Failed::Ended)?;
    Ok(read?)
}

async fn take(pool: &Pool, ledger: i64, records: &[Record]) -> Result<(), Failed> {
    let mut rows = Rows::default();
    for record in records {
        // What is no operation disclosed nothing; what can't be read was written by another version.
        let Ok(Recorded::Operation(operation)) = read(&record.payload) else { continue };
        rows.add(record, operation);
    }
    let next = records.last().map_or(1, |last| i64::try_from(last.seq + 1).unwrap_or(i64::MAX));
    match pool {
        Pool::Sqlite(file) => rows.into_file(file, ledger, next).await?,
        Pool::Postgres(database) => rows.into_database(database, ledger, next).await?,
    }
    Ok(())
}

const UP_TO: &str = "UPDATE ledger SET next = $2 WHERE id = $1 AND next < $2";

impl Rows {
    fn add(&mut self, record: &Record, operation: Box<Operation>) {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (seq, place) = (number(record.seq), number(record.offset));
        let mut n = 0;
        for shape in operation.disclosed.iter().filter(|shape| !shape.of.is_empty()) {
            let text = json!([shape.on, shape.source, shape.fields, shape.classes]).to_string();
            let digest = crate::seal::digest([text.as_bytes()]);
            for one in operation.records(shape) {
                self.disclosed.push(Disclosed {
                    person: looked_up(one.person.unwrap_or_default()).into_owned(),
                    at: looked_up(&operation.at).into_owned(),
                    seq,
                    n,
                    on: looked_up(&shape.on).into_owned(),
                    key: looked_up(one.key.unwrap_or_default()).into_owned(),
                    shape: digest.clone(),
                });
                n += 1;
            }
            self.shapes.entry(digest).or_insert(text);
        }
        let head = head(&record.payload, &operation);
        self.entries.push(Entry { seq, place, operation, head });
    }

    async fn into_file(self, file: &SqlitePool, ledger: i64, next: i64) -> Result<(), sqlx::Error> {
        const ENTRIES: &str = "INSERT OR IGNORE INTO entry
                (ledger, seq, place, at, decision, user_id, provider, agency, purpose, outcome, head)
            SELECT $2, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6,
                e.value ->> 7, e.value ->> 8, e.value ->> 9 FROM json_each($1) e";
        const SHAPES: &str =
            "INSERT OR IGNORE INTO shape (digest, text) SELECT e.value ->> 0, e.value ->> 1 FROM json_each($1) e";
        const DISCLOSED: &str = "INSERT OR IGNORE INTO disclosed (person, at, ledger, seq, n, type, key, shape)
            SELECT d.value ->> 0, d.value ->> 1, $2, d.value ->> 2, d.value ->> 3, d.value ->> 4, d.value ->> 5,
                (SELECT id FROM shape WHERE digest = d.value ->> 6)
            FROM json_each($1) d";
        let entries: Value = self.entries.iter().map(Entry::listed).collect();
        let shapes: Value = self.shapes.iter().map(|(digest, text)| json!([digest, text])).collect();
        let disclosed: Value = self.disclosed.iter().map(Disclosed::listed).collect();
        let mut transaction = file.begin().await?;
        sqlx::query(ENTRIES).bind(entries.to_string()).bind(ledger).execute(&mut *transaction).await?;
        sqlx::query(SHAPES).bind(shapes.to_string()).execute(&mut *transaction).await?;
        sqlx::query(DISCLOSED).bind(disclosed.to_string()).bind(ledger).execute(&mut *transaction).await?;
        sqlx::query(UP_TO).bind(ledger).bind(next).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    async fn into_database(self, database: &PgPool, ledger: i64, next: i64) -> Result<(), sqlx::Error> {
        const ENTRIES: &str = "INSERT INTO entry
                (ledger, seq, place, at, decision, user_id, provider, agency, purpose, outcome, head)
            SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[])
            ON CONFLICT DO NOTHING";
        // The numbers that a conflict would use up are spared.
        const SHAPES: &str = "INSERT INTO shape (digest, text)
            SELECT u.digest, u.text FROM unnest($1::text[], $2::text[]) u(digest, text)
            WHERE NOT EXISTS (SELECT 1 FROM shape s WHERE s.digest = u.digest) ORDER BY u.digest ON CONFLICT DO NOTHING";
        const DISCLOSED: &str = "INSERT INTO disclosed (person, at, ledger, seq, n, type, key, shape)
            SELECT u.person, u.at, $1, u.seq, u.n, u.type, u.key, s.id
            FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[])
                u(person, at, seq, n, type, key, shape)
            JOIN shape s ON s.digest = u.shape ON CONFLICT DO NOTHING";
        // Before the others and by themselves: nobody waits for long for another who gives the same.
        let shapes: (Vec<&String>, Vec<&String>) = self.shapes.iter().unzip();
        sqlx::query(SHAPES).bind(shapes.0).bind(shapes.1).execute(database).await?;
        let mut transaction = database.begin().await?;
        let mut entries = sqlx::query(ENTRIES).bind(ledger);
        entries = entries.bind(self.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>());
        entries = entries.bind(self.entries.iter().map(|entry| entry.place).collect::<Vec<_>>());
        for column in 0..COLUMNS {
            let texts = self.entries.iter().map(|entry| entry.columns().into_iter().nth(column).flatten());
            entries = entries.bind(texts.collect::<Vec<Option<String>>>());
        }
        entries.execute(&mut *transaction).await?;
        let text = |of: fn(&Disclosed) -> &String| self.disclosed.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Disclosed) -> i64| self.disclosed.iter().map(of).collect::<Vec<_>>();
        sqlx::query(DISCLOSED)
            .bind(ledger)
            .bind(text(|one| &one.person))
            .bind(text(|one| &one.at))
            .bind(number(|one| one.seq))
            .bind(number(|one| one.n))
            .bind(text(|one| &one.on))
            .bind(text(|one| &one.key))
            .bind(text(|one| &one.shape))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(UP_TO).bind(ledger).bind(next).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

const COLUMNS: usize = 8;

impl Entry {
    /// `at`, `decision`, `user_id`, `provider`, `agency`, `purpose`, `outcome`, `head`.
    fn columns(&self) -> [Option<String>; COLUMNS] {
        let of = &*self.operation;
        let one = |text: &String| Some(looked_up(text).into_owned());
        let text = |text: &Option<String>| text.as_ref().and_then(one);
        [
            one(&of.at),
            one(&of.decision),
            text(&of.user),
            text(&of.provider),
            text(&of.agency),
            text(&of.purpose),
            one(&of.outcome),
            Some(self.head.clone()),
        ]
    }

    fn listed(&self) -> Value {
        let numbers = [json!(self.seq), json!(self.place)];
        numbers.into_iter().chain(self.columns().into_iter().map(Value::from)).collect()
    }
}

impl Disclosed {
    fn listed(&self) -> Value {
        json!([self.person, self.at, self.seq, self.n, self.on, self.key, self.shape])
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
