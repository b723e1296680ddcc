//! Seed: writes the people of a world into a golden-record store.
//!
//! All in one transaction, with a line about which world it is at the end: a store holds a whole world or none. A store with records
//! that no demonstration wrote is never touched.

mod rows;
pub mod tables;

use super::world::{World, item};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::io::ErrorKind;
use std::path::Path;
use tables::Tables;

/// Raise it whenever the same seed gives other golden records than before.
const EDITION: i64 = 4;
/// Persons between two looks at what can be written.
const CHUNK: usize = 200;
/// Pages that SQLite keeps while it writes, in KiB, negative by its own rule.
const CACHE: &str = "-200000";
/// The tables, children first.
const EMPTYING: [&str; 12] = [
    "DELETE FROM metric",
    "DELETE FROM linkage",
    "DELETE FROM closure",
    "DELETE FROM charge_stage",
    "DELETE FROM charge",
    "DELETE FROM statute",
    "DELETE FROM crosswalk",
    "DELETE FROM person_identifier",
    "DELETE FROM address",
    "DELETE FROM person_name",
    "DELETE FROM person",
    "DELETE FROM demo_world",
];

/// Whether the store was filled, or held this world already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeded {
    Filled,
    AlreadyThere,
}

/// Brings a SQLite file to the world's golden records: creates it, migrates it, and fills it unless it holds them already. A store of an
/// earlier demonstration whose tables were others is made anew.
///
/// # Errors
/// Where the file can't be written, the migrations don't fit, or the store holds records of other origin.
pub async fn fill(store: &Path, migrations: &Path, world: &World, progress: bool) -> Result<Seeded> {
    let options = SqliteConnectOptions::new()
        .filename(store)
        .create_if_missing(true)
        // one transaction: after a power cut the file is made anew
        .synchronous(SqliteSynchronous::Off)
        // children come after their parents, in one transaction, from one world
        .foreign_keys(false)
        .pragma("cache_size", CACHE)
        // figures about large tables take their time
        .disable_statement_logging();
    let open = async || {
        let opened = SqliteConnection::connect_with(&options).await;
        opened.with_context(|| format!("opening the store {}", store.display()))
    };
    let mut connection = open().await?;
    let migrator = Migrator::new(migrations)
        .await
        .with_context(|| format!("reading the migrations in {}", migrations.display()))?;
    let mut migrated = migrator.run(&mut connection).await;
    if matches!(migrated, Err(MigrateError::VersionMismatch(_))) && is_ours(&mut connection).await? {
        connection.close().await?;
        remove(store)?;
        connection = open().await?;
        migrated = migrator.run(&mut connection).await;
    }
    migrated.context("migrating the store")?;
    let seeded = fill_open(&mut connection, world, progress).await?;
    connection.close().await?;
    Ok(seeded)
}

/// Whether a demonstration wrote it.
async fn is_ours(connection: &mut SqliteConnection) -> Result<bool> {
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'demo_world')";
    Ok(sqlx::query_scalar(known).fetch_one(connection).await?)
}

/// The file, and those that SQLite keeps beside it.
fn remove(store: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut path = store.as_os_str().to_owned();
        path.push(ending);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", Path::new(&path).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn fill_open(connection: &mut SqliteConnection, world: &World, progress: bool) -> Result<Seeded> {
    sqlx::query("CREATE TABLE IF NOT EXISTS demo_world (seed TEXT NOT NULL, persons INTEGER NOT NULL, day TEXT NOT NULL, edition INTEGER NOT NULL)")
        .execute(&mut *connection)
        .await?;
    let wanted = (world.seed.to_string(), i64::try_from(world.people.len())?, world.today.to_string(), EDITION);
    let held: Option<(String, i64, String, i64)> =
        sqlx::query_as("SELECT seed, persons, day, edition FROM demo_world").fetch_optional(&mut *connection).await?;
    if held.as_ref() == Some(&wanted) {
        return Ok(Seeded::AlreadyThere);
    }
    let strangers: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM person)").fetch_one(&mut *connection).await?;
    if held.is_none() && strangers {
        bail!("the store holds records that no demonstration wrote; name another file");
    }
    let bar = bar("writing golden records", world.people.len() as u64, progress);
    let mut transaction = connection.begin().await?;
    for table in EMPTYING {
        sqlx::query(table).execute(&mut *transaction).await?;
    }
    let mut tables = Tables::new(world);
    for places in by_id(world).chunks(CHUNK) {
        for place in places {
            if let Some(person) = item(&world.people, *place) {
                tables.push(world, *place, person);
            }
        }
        tables.write(&mut transaction, false).await?;
        bar.inc(places.len() as u64);
    }
    tables.push_others(world)?;
    tables.write(&mut transaction, true).await?;
    sqlx::query("INSERT INTO demo_world (seed, persons, day, edition) VALUES (?, ?, ?, ?)")
        .bind(wanted.0)
        .bind(wanted.1)
        .bind(wanted.2)
        .bind(wanted.3)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    // without figures about the tables SQLite may choose the wrong index
    sqlx::query("ANALYZE").execute(&mut *connection).await?;
    bar.finish_and_clear();
    Ok(Seeded::Filled)
}

/// In the order of the ids: SQLite appends where it would search its place.
fn by_id(world: &World) -> Vec<u32> {
    let mut places: Vec<u32> = (0..).take(world.people.len()).collect();
    places.sort_by_key(|place| item(&world.people, *place).map(|person| &person.id));
    places
}

/// A bar that says what is being done, or none.
pub fn bar(what: &'static str, persons: u64, progress: bool) -> ProgressBar {
    if !progress {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:23} {bar:40} {human_pos} of {human_len}, {eta} left");
    ProgressBar::new(persons).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}
