//! Demo: an invented world, and the agencies of that world, to try the gateway with.
//!
//! `world` invents everybody from a seed. `seed` writes who they are into a golden-record store, `agencies` answer for the rest over
//! real HTTP, each in the dialect that its resolver file speaks of, and `issuer` vouches for the `personas` that one can be. Nobody here
//! exists, and nothing here is read by the gateway itself: it meets the demonstration only as a store and web addresses. `truth` knows
//! what really happened, and what is wrong with what was written down; nobody else reads it.

pub mod agencies;
mod arrests;
pub mod cast;
mod chance;
pub mod control;
mod corrections;
mod court;
mod custody;
mod dirt;
mod golden;
pub mod issuer;
mod names;
mod people;
pub mod personas;
mod places;
pub mod samples;
pub mod seed;
mod statutes;
pub mod systems;
pub mod truth;

mod warrants;
pub mod world;
mod youth;

use agencies::{
    Agencies, Agency, corrections as prisons, courts, gallatin, history, police, warrants as wanted, yellowstone,
};
use anyhow::Result;
use chance::Chance;
use control::Control;
use issuer::Issuer;
use jiff::Zoned;
use jiff::civil::Date;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use personas::Sample;
use std::collections::BTreeMap;
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
    /// What the placeholders of the stories stand for in this world: `person`, `case` … (`schema/stories/README.md`).
    pub samples: BTreeMap<&'static str, String>,
    /// The same person with a case and a stay of theirs.
    pub sample: Sample,
    pub agencies: Agencies,
    /// Where the agencies can be told to fail.
    pub control: Control,
    pub world: Arc<World>,
}

/// Starts a demonstration as of today. Call it from the folder with `schema`.
///
/// # Errors
/// Where the store can't be written or no port can be had.
pub async fn start(persons: u32, seed: u64, store: &Path, progress: bool) -> Result<Demo> {
    let today = world::today(&Zoned::now())?;
    start_on(today, persons, seed, store, progress).await
}

/// The same, as of any day.
///
/// # Errors
/// As for [`start`].
pub async fn start_on(today: Date, persons: u32, seed: u64, store: &Path, progress: bool) -> Result<Demo> {
    let bar = seed::bar("inventing persons", u64::from(persons), progress);
    let inventing = bar.clone();
    let build = move || World::build_with(persons, seed, today, |so_far| inventing.set_position(so_far));
    let world = Arc::new(tokio::task::spawn_blocking(build).await??);
    bar.finish_and_clear();
    seed::fill(store, Path::new(MIGRATIONS), &world, progress).await?;
    let samples = samples::samples(&world)?;
    let agencies = serve(&world).await?;
    let mut environment = vec![("HEADWATERS_STORE_URL".to_owned(), sqlite_url(store))];
    for agency in agencies.all() {
        let prefix = agency.name.to_uppercase().replace('-', "_");
        environment.push((format!("{prefix}_URL"), agency.url()));
        environment.push((format!("{prefix}_TOKEN"), agency.token().to_owned()));
    }
    let control = Control::open(&agencies, store).await?;
    let known = |name: &str| samples.get(name).cloned().unwrap_or_default();
    let sample = Sample { person: known("person"), case: known("case"), booking: known("number") };
    let sample_person = sample.person.clone();
    Ok(Demo { environment, sample_person, samples, sample, agencies, control, world })
}

/// Each on a port of its own.
async fn serve(world: &Arc<World>) -> Result<Agencies> {
    let routes = [
        ("yellowstone-jail", "", yellowstone::routes(Arc::clone(world))),
        ("gallatin-jail", "", gallatin::routes(Arc::clone(world))),
        ("state-courts", "", courts::routes(Arc::clone(world))),
        ("corrections", "/graphql", prisons::routes(Arc::clone(world))),
        ("doj-history", "", history::routes(Arc::clone(world))),
        ("warrants", "", wanted::routes(Arc::clone(world))),
        ("billings-police", "", police::routes(Arc::clone(world))),
    ];
    let mut all = Vec::with_capacity(routes.len());
    for (place, (name, path, routes)) in (0..).zip(routes) {
        all.push(Agency::serve(name, path, &token(world.seed, place), routes).await?);
    }
    Ok(Agencies::new(all))
}

/// Starts an identity provider for the personas, on this machine.
///
/// # Errors
/// Where no key can be made or no port can be had.
pub async fn issue(sample: &Sample) -> Result<Issuer> {
    Issuer::start(personas::all(sample)?).await
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
