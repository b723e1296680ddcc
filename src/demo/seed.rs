//! Seed: writes the people of a world into a golden-record store.
//!
//! All in one transaction, with a line about which world it is at the end: a store holds a whole world or none. A store with records
//! that no demonstration wrote is never touched.

use super::people::Person;
use super::places::county_of;
use super::world::World;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Sqlite};
use std::path::Path;

/// Raise it whenever the same seed gives other golden records than before.
const EDITION: i64 = 1;
/// Persons a statement: the widest row has 12 columns, and SQLite takes 32,766 values.
const CHUNK: usize = 500;
/// The tables, children first.
const EMPTYING: [&str; 6] = [
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

/// Brings a SQLite file to the world's golden records: creates it, migrates it, and fills it unless it holds them already.
///
/// # Errors
/// Where the file can't be written, the migrations don't fit, or the store holds records of other origin.
pub async fn fill(store: &Path, migrations: &Path, world: &World, progress: bool) -> Result<Seeded> {
    let options = SqliteConnectOptions::new()
        .filename(store)
        .create_if_missing(true)
        // one transaction: after a power cut the file is made anew
        .synchronous(SqliteSynchronous::Off);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .with_context(|| format!("opening the store {}", store.display()))?;
    let migrator = Migrator::new(migrations)
        .await
        .with_context(|| format!("reading the migrations in {}", migrations.display()))?;
    migrator.run(&mut connection).await.context("migrating the store")?;
    let seeded = fill_open(&mut connection, world, progress).await?;
    connection.close().await?;
    Ok(seeded)
}

async fn fill_open(connection: &mut SqliteConnection, world: &World, progress: bool) -> Result<Seeded> {
    sqlx::query("CREATE TABLE IF NOT EXISTS demo_world (seed TEXT NOT NULL, persons INTEGER NOT NULL, edition INTEGER NOT NULL)")
        .execute(&mut *connection)
        .await?;
    let wanted = (world.seed.to_string(), i64::try_from(world.people.len())?, EDITION);
    let held: Option<(String, i64, i64)> =
        sqlx::query_as("SELECT seed, persons, edition FROM demo_world").fetch_optional(&mut *connection).await?;
    if held.as_ref() == Some(&wanted) {
        return Ok(Seeded::AlreadyThere);
    }
    let strangers: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM person)").fetch_one(&mut *connection).await?;
    if held.is_none() && strangers {
        bail!("the store holds records that no demonstration wrote; name another file");
    }
    let bar = bar(world.people.len() as u64, progress);
    let mut transaction = connection.begin().await?;
    for table in EMPTYING {
        sqlx::query(table).execute(&mut *transaction).await?;
    }
    for people in world.people.chunks(CHUNK) {
        insert(&mut transaction, people).await?;
        bar.inc(people.len() as u64);
    }
    sqlx::query("INSERT INTO demo_world (seed, persons, edition) VALUES (?, ?, ?)")
        .bind(wanted.0)
        .bind(wanted.1)
        .bind(wanted.2)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    // without figures about the tables SQLite may choose the wrong index
    sqlx::query("ANALYZE").execute(&mut *connection).await?;
    bar.finish_and_clear();
    Ok(Seeded::Filled)
}

fn bar(persons: u64, progress: bool) -> ProgressBar {
    if !progress {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("writing golden records {bar:40} {human_pos} of {human_len}, {eta} left");
    ProgressBar::new(persons).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn insert(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    insert_persons(connection, people).await?;
    insert_names(connection, people).await?;
    insert_addresses(connection, people).await?;
    insert_identifiers(connection, people).await?;
    insert_crosswalk(connection, people).await
}

async fn insert_persons(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO person (id, full_name, given, middle, surname, suffix, birth_date, birth_year, sex, city, phone, updated_at) ",
    );
    insert.push_values(people, |mut row, person| {
        row.push_bind(&person.id)
            .push_bind(person.name.full())
            .push_bind(&person.name.given)
            .push_bind(&person.name.middle)
            .push_bind(&person.name.surname)
            .push_bind(person.name.suffix)
            .push_bind(person.birth.to_string())
            .push_bind(i64::from(person.birth.year()))
            .push_bind(person.sex)
            .push_bind(person.city())
            .push_bind(&person.phone)
            .push_bind(person.updated.to_string());
    });
    insert.build().execute(connection).await.context("writing persons")?;
    Ok(())
}

/// Rows of the lists get ids from the person's: stable, and in the order of the list.
fn row_id(person: &Person, letter: char, at: usize) -> String {
    format!("{}-{letter}{at}", person.id)
}

async fn insert_names(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    let rows =
        people.iter().flat_map(|person| person.names.iter().enumerate().map(move |(at, name)| (person, at, name)));
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO person_name (id, person_id, use_code, full_name, given, middle, surname, suffix, system, class, recorded_at) ",
    );
    insert.push_values(rows, |mut row, (person, at, recorded)| {
        row.push_bind(row_id(person, 'n', at))
            .push_bind(&person.id)
            .push_bind(recorded.usage)
            .push_bind(recorded.name.full())
            .push_bind(&recorded.name.given)
            .push_bind(&recorded.name.middle)
            .push_bind(&recorded.name.surname)
            .push_bind(recorded.name.suffix)
            .push_bind(recorded.system)
            .push_bind(recorded.class)
            .push_bind(person.updated.to_string());
    });
    insert.build().execute(connection).await.context("writing names")?;
    Ok(())
}

async fn insert_addresses(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    let rows =
        people.iter().flat_map(|person| person.addresses.iter().enumerate().map(move |(at, one)| (person, at, one)));
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO address (id, person_id, street, city, state, zip, county, since, system, class, recorded_at) ",
    );
    insert.push_values(rows, |mut row, (person, at, address)| {
        let county = county_of(address.county);
        row.push_bind(row_id(person, 'a', at))
            .push_bind(&person.id)
            .push_bind(address.street)
            .push_bind(county.seat)
            .push_bind("MT")
            .push_bind(county.zip)
            .push_bind(county.name)
            .push_bind(address.since.to_string())
            .push_bind(address.system)
            .push_bind("PII_CONTACT")
            .push_bind(person.updated.to_string());
    });
    insert.build().execute(connection).await.context("writing addresses")?;
    Ok(())
}

async fn insert_identifiers(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    let mut rows = people
        .iter()
        .flat_map(|person| person.identifiers.iter().enumerate().map(move |(at, one)| (person, at, one)))
        .peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO person_identifier (id, person_id, kind, value, system, class, recorded_at) ",
    );
    insert.push_values(rows, |mut row, (person, at, identifier)| {
        row.push_bind(row_id(person, 'i', at))
            .push_bind(&person.id)
            .push_bind(identifier.kind)
            .push_bind(&identifier.value)
            .push_bind(identifier.system)
            .push_bind(identifier.class)
            .push_bind(person.updated.to_string());
    });
    insert.build().execute(connection).await.context("writing identifiers")?;
    Ok(())
}

async fn insert_crosswalk(connection: &mut SqliteConnection, people: &[Person]) -> Result<()> {
    let mut rows = people.iter().flat_map(|person| person.known_as.iter().map(move |known| (person, known))).peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO crosswalk (system, local_id, person_id) ");
    insert.push_values(rows, |mut row, (person, (system, local))| {
        row.push_bind(*system).push_bind(local).push_bind(&person.id);
    });
    insert.build().execute(connection).await.context("writing the crosswalk")?;
    Ok(())
}
