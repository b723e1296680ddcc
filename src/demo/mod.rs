//! Demo: an invented world, and the agencies of that world, to try the gateway with.
//!
//! `world` invents everybody from a seed. `seed` writes who they are into a golden-record store, `agencies` answer for the rest over
//! real HTTP, each in the dialect that its resolver file speaks of, and `issuer` vouches for the `personas` that one can be. Nobody here exists, and nothing here is read by the gateway
//! itself: it meets the demonstration only as a store and three web addresses.

pub mod agencies;
mod arrests;
mod chance;
mod court;
mod custody;
pub mod issuer;
mod names;
mod people;
pub mod personas;
mod places;
pub mod seed;
mod statutes;
pub mod world;

use agencies::{Agency, courts, gallatin, yellowstone};
use anyhow::{Context, Result};
use chance::Chance;
use issuer::Issuer;
use jiff::Zoned;
use jiff::civil::Date;
use people::{FULLCOURT, JMS_YELLOWSTONE, Person};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use personas::Sample;
use std::path::Path;
use std::sync::Arc;
use world::World;

const STREAM_TOKENS: u64 = 6;
/// Migrations of the store, from the folder in which the program's files lie.
const MIGRATIONS: &str = "schema/store/sqlite";

/// A running demonstration. The agencies end when it is dropped; the store stays.
#[derive(Debug)]
pub struct Demo {
    /// The variables that the resolver files name, and their values.
    pub environment: Vec<(String, String)>,
    /// Id of somebody with stays in two jails, one of them going on, and with cases and hearings to come.
    pub sample_person: String,
    /// The same person with a case and a stay of theirs.
    pub sample: Sample,
    pub agencies: Agencies,
}

#[derive(Debug)]
pub struct Agencies {
    pub yellowstone: Agency,
    pub gallatin: Agency,
    pub courts: Agency,
}

/// Starts a demonstration as of today. Call it from the folder with `schema`.
///
/// # Errors
/// Where the store can't be written or no port can be had.
pub async fn start(persons: u32, seed: u64, store: &Path, progress: bool) -> Result<Demo> {
    let today = Zoned::now().in_tz(world::ZONE)?.date();
    start_on(today, persons, seed, store, progress).await
}

/// The same, as of any day.
///
/// # Errors
/// As for [`start`].
pub async fn start_on(today: Date, persons: u32, seed: u64, store: &Path, progress: bool) -> Result<Demo> {
    let world = tokio::task::spawn_blocking(move || World::build(persons, seed, today)).await??;
    let world = Arc::new(world);
    seed::fill(store, Path::new(MIGRATIONS), &world, progress).await?;
    let person = world.sample().context("a world with a person")?;
    let (sample, sample_person) = (sample(&world, person), person.id.clone());
    let agencies = Agencies {
        yellowstone: Agency::serve("yellowstone-jail", &token(seed, 0), yellowstone::routes(Arc::clone(&world)))
            .await?,
        gallatin: Agency::serve("gallatin-jail", &token(seed, 1), gallatin::routes(Arc::clone(&world))).await?,
        courts: Agency::serve("state-courts", &token(seed, 2), courts::routes(world)).await?,
    };
    let mut environment = vec![("HEADWATERS_STORE_URL".to_owned(), sqlite_url(store))];
    for (prefix, agency) in [
        ("YELLOWSTONE_JAIL", &agencies.yellowstone),
        ("GALLATIN_JAIL", &agencies.gallatin),
        ("STATE_COURTS", &agencies.courts),
    ] {
        environment.push((format!("{prefix}_URL"), agency.url()));
        environment.push((format!("{prefix}_TOKEN"), agency.token().to_owned()));
    }
    Ok(Demo { environment, sample_person, sample, agencies })
}

/// Starts an identity provider for the personas, on this machine.
///
/// # Errors
/// Where no key can be made or no port can be had.
pub async fn issue(sample: &Sample) -> Result<Issuer> {
    Issuer::start(personas::all(sample)?).await
}

/// What the personas ask about: the person's latest case, and their latest stay in Yellowstone's jail.
fn sample(world: &World, person: &Person) -> Sample {
    let number = |system: &str| {
        let known = person.known_as.iter().find(|(name, _)| *name == system);
        known.and_then(|(_, number)| number.parse::<u64>().ok())
    };
    let case = number(FULLCOURT).and_then(|party| world.courts.cases_of(party).last().map(|case| case.number.clone()));
    let stays = number(JMS_YELLOWSTONE).and_then(|inmate| world.yellowstone.by_inmate.get(&inmate)?.last().copied());
    let booking = stays.and_then(|at| world.yellowstone.stays.get(at)).map(|stay| stay.number.clone());
    Sample { person: person.id.clone(), case: case.unwrap_or_default(), booking: booking.unwrap_or_default() }
}

/// Question marks and the like in a path are no part of the URL's structure.
fn sqlite_url(store: &Path) -> String {
    const STRUCTURE: AsciiSet = CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');
    format!("sqlite:{}", utf8_percent_encode(&store.to_string_lossy(), &STRUCTURE))
}

/// The same for the same seed, so that a demonstration can be repeated; it guards nothing but invented people on a loopback port.
fn token(seed: u64, agency: u64) -> String {
    let mut chance = Chance::new(seed, STREAM_TOKENS, agency);
    format!("demo-{:016x}{:016x}", chance.draw(), chance.draw())
}

#[cfg(test)]
mod tests;
