//! Samples: what to ask for in this world, by the names that the stories use: a person, a booking, a case.

use super::cast::{self, Role};
use super::corrections::{Category, officer_id};
use super::custody::Stay;
use super::world::{World, item};
use anyhow::{Context, Result};
use jiff::ToSpan;
use std::collections::BTreeMap;

/// The names for which there is a sample.
pub const NAMES: [&str; 11] =
    ["person", "surname", "given", "facility", "number", "case", "mans", "officer", "from", "to", "arrival"];

/// A sample for each of [`NAMES`], all about the first of the cast where one can be; `arrival` is the number of this morning's stay.
///
/// # Errors
/// Where the world has no cast.
pub fn samples(world: &World) -> Result<BTreeMap<&'static str, String>> {
    let place = cast::place(Role::Sample);
    let person = world.person(place).context("a world with a person")?;
    let arrests = world.arrests_of(place);
    let latest = arrests.last().context("somebody who was arrested")?;
    let stay = in_jail(world, place)?;
    let case = latest.case.and_then(|case| world.case(case)).context("somebody with a case")?;
    let supervised = world.corrections.supervisions_of.get(&place).into_iter().flatten();
    let supervised = supervised.filter_map(|at| item(&world.corrections.supervisions, *at));
    let probation = supervised.filter(|one| one.category == Category::Probation).find(|one| one.ended.is_none());
    let probation = probation.context("somebody on probation")?;
    let last = world.today.first_of_month().checked_sub(1.month())?;
    let values = [
        person.id.clone(),
        person.name.surname.clone(),
        person.name.given.clone(),
        "MT0560000".to_owned(),
        stay.number.clone(),
        case.number.clone(),
        latest.mans.map(|mans| mans.to_string()).unwrap_or_default(),
        officer_id(probation.county, probation.officer),
        last.checked_sub(5.months())?.strftime("%Y-%m").to_string(),
        last.strftime("%Y-%m").to_string(),
        in_jail(world, cast::place(Role::Arrival))?.number.clone(),
    ];
    Ok(NAMES.into_iter().zip(values).collect())
}

/// The stay of somebody of the cast that goes on.
fn in_jail(world: &World, place: u32) -> Result<&Stay> {
    let mut held = world.yellowstone.held.iter().filter_map(|at| item(&world.yellowstone.stays, *at));
    held.find(|stay| stay.person == place).context("somebody in jail")
}
