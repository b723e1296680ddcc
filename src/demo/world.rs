//! World: everybody and everything that the demonstration knows, the same for the same seed, size and day.
//!
//! Built once, then only read: by `seed`, which writes the golden records, and by the agencies, which answer for the rest.

use super::arrests;
use super::chance::Chance;
use super::court::{self, Case, Courts, Now};
use super::custody::{self, Jail, Stay};
use super::people::{self, FULLCOURT, JMS_GALLATIN, JMS_YELLOWSTONE, Person};
use super::places::{GALLATIN, YELLOWSTONE};
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What happens, and, in a sequence of its own, who is registered twice: what happens draws by the day, the crosswalk must not.
const STREAM: u64 = 4;
const STREAM_REGISTRY: u64 = 5;
/// Where all clocks of this world hang.
pub const ZONE: &str = "America/Denver";
/// First numbers of each system, and the steps between them: numbers of one system must not pass for another's.
const YELLOWSTONE_FIRST: (u64, u64) = (100_003, 3);
const GALLATIN_FIRST: (u64, u64) = (1_207, 1);
const PARTY_FIRST: (u64, u64) = (5_000_011, 7);

#[derive(Debug)]
pub struct World {
    pub seed: u64,
    /// Midnight at the beginning of the day that the world was built for: all that has happened lies before it.
    pub moment: Timestamp,
    pub zone: TimeZone,
    pub people: Vec<Person>,
    pub yellowstone: Jail,
    pub gallatin: Jail,
    pub courts: Courts,
}

/// What is gathered person by person, before it is put in order.
#[derive(Debug, Default)]
struct Gathered {
    yellowstone: Vec<Stay>,
    gallatin: Vec<Stay>,
    cases: Vec<Case>,
    inmates_yellowstone: u64,
    inmates_gallatin: u64,
    parties: u64,
}

impl World {
    /// # Errors
    /// For no persons at all, and for days beyond the calendar.
    pub fn build(persons: u32, seed: u64, today: Date) -> Result<Self> {
        ensure!(persons > 0, "a world needs at least one person");
        let zone = TimeZone::get(ZONE).context("the time zone of Montana")?;
        let moment = today.to_zoned(zone.clone())?.timestamp();
        let now = Now { moment, zone: &zone };
        let mut gathered = Gathered::default();
        let mut people = Vec::with_capacity(usize::try_from(persons)?);
        for index in 0..u64::from(persons) {
            let mut person = people::person(seed, index)?;
            gathered.live(seed, index, &mut person, now)?;
            people.push(person);
        }
        let yellowstone = Jail::open(gathered.yellowstone, &zone, |year, sequence| {
            format!("{:02}-{sequence:05}", year.rem_euclid(100))
        });
        let gallatin = Jail::open(gathered.gallatin, &zone, |year, sequence| format!("{year}{sequence:06}"));
        let courts = Courts::open(gathered.cases, &zone);
        Ok(Self { seed, moment, zone, people, yellowstone, gallatin, courts })
    }

    /// Somebody with stays in both jails, one of them going on, and with cases and hearings to come.
    #[must_use]
    pub fn sample(&self) -> Option<&Person> {
        self.people.first()
    }
}

impl Gathered {
    /// Lets a person live through their arrests.
    fn live(&mut self, seed: u64, index: u64, person: &mut Person, now: Now) -> Result<()> {
        let mut chance = Chance::new(seed, STREAM, index);
        let mut registry = Chance::new(seed, STREAM_REGISTRY, index);
        let mut inmate_yellowstone = None;
        let mut inmate_gallatin = None;
        let mut party = None;
        for arrest in arrests::of(seed, index, person)? {
            match (arrest.county, arrest.held) {
                (YELLOWSTONE, Some(held)) => {
                    // one in sixteen who comes back is registered a second time
                    let again = index != 0 && inmate_yellowstone.is_some() && registry.permille(60);
                    let known = inmate_yellowstone.filter(|_| !again);
                    let inmate = known.unwrap_or_else(|| next(&mut self.inmates_yellowstone, YELLOWSTONE_FIRST));
                    if known.is_none() {
                        person.known_as.push((JMS_YELLOWSTONE, inmate.to_string()));
                    }
                    inmate_yellowstone = Some(inmate);
                    self.yellowstone.push(custody::stay(&mut chance, now.moment, inmate, &arrest, held)?);
                }
                (GALLATIN, Some(held)) => {
                    let inmate = *inmate_gallatin.get_or_insert_with(|| {
                        let inmate = next(&mut self.inmates_gallatin, GALLATIN_FIRST);
                        person.known_as.push((JMS_GALLATIN, gallatin_reference(inmate)));
                        inmate
                    });
                    self.gallatin.push(custody::stay(&mut chance, now.moment, inmate, &arrest, held)?);
                }
                _ => {}
            }
            if let Some(days) = arrest.filed_after {
                let party = *party.get_or_insert_with(|| {
                    let party = next(&mut self.parties, PARTY_FIRST);
                    person.known_as.push((FULLCOURT, party.to_string()));
                    party
                });
                self.cases.push(court::case(&mut chance, now, party, &arrest, days)?);
            }
        }
        Ok(())
    }
}

fn next(count: &mut u64, (first, step): (u64, u64)) -> u64 {
    let number = first + *count * step;
    *count += 1;
    number
}

/// How the jail in Gallatin writes its numbers for persons.
#[must_use]
pub fn gallatin_reference(inmate: u64) -> String {
    format!("G{inmate:07}")
}
