//! World: everybody and everything that the demonstration knows, the same for the same seed, size and day.
//!
//! Built once, then only read: by `golden` and `seed`, which make the golden records of it, by the agencies, which answer for the
//! rest, and by `truth`, which says what is so.

use super::arrests::{self, Arrest, DAY};
use super::cast::{self, Role};
use super::chance::Chance;
use super::corrections::{self, Corrections};
use super::court::{self, Case, Courts, Now};
use super::custody::{self, Jail, Stay};
use super::dirt::identity::{Recorded, recorded};
use super::dirt::records;
use super::people::{self, Person};
use super::places::{GALLATIN, YELLOWSTONE};
use super::systems::System;
use super::warrants::Warrants;
use super::youth::{self, Matter};
use anyhow::{Context, Result, ensure};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::collections::HashMap;

/// What happens, and, in a sequence of its own, who is registered twice: what happens draws by the day, the crosswalk must not.
const STREAM: u64 = 4;
const STREAM_REGISTRY: u64 = 5;
/// Where all clocks of this world hang.
pub const ZONE: &str = "America/Denver";
/// Of the day that a world is built for: when its moment is. Jails have booked the night's arrests, courts and offices are not open yet.
const HOUR: i8 = 7;

/// The last day whose world lies wholly in the past.
///
/// # Errors
/// Where the zone is not known.
pub fn today(now: &Zoned) -> Result<Date> {
    let there = now.in_tz(ZONE)?;
    Ok(if there.hour() < HOUR { there.date().yesterday()? } else { there.date() })
}

/// An element by a place that is kept in half the room.
#[must_use]
pub fn item<T>(list: &[T], place: u32) -> Option<&T> {
    list.get(usize::try_from(place).ok()?)
}

#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub today: Date,
    /// In the morning of the day that the world was built for: all that has happened lies before it.
    pub moment: Timestamp,
    pub zone: TimeZone,
    pub people: Vec<Person>,
    /// By whom persons are known, and under which numbers, in the order of `people`.
    pub known: Vec<Vec<(System, u64)>>,
    /// Whose number it is; where a system has two persons under one, that of the first.
    pub owner: HashMap<(System, u64), u32>,
    /// Persons whose records a system keeps under somebody else's number, by system.
    pub merged: HashMap<(System, u32), u64>,
    pub arrests: Vec<Arrest>,
    /// By MANS.
    pub by_mans: HashMap<u64, u32>,
    /// By the place of the person.
    pub arrests_of: HashMap<u32, Vec<u32>>,
    /// Places of arrests by the number of the police's incident.
    pub incidents: HashMap<String, u32>,
    pub yellowstone: Jail,
    pub gallatin: Jail,
    pub courts: Courts,
    pub corrections: Corrections,
    pub warrants: Warrants,
    pub youth: Vec<Matter>,
}

/// What is gathered person by person, before it is put in order.
#[derive(Debug, Default)]
struct Gathered {
    known: Vec<Vec<(System, u64)>>,
    owner: HashMap<(System, u64), u32>,
    merged: HashMap<(System, u32), u64>,
    counts: HashMap<System, u64>,
    /// The last number that a system gave out.
    last: HashMap<System, u64>,
    arrests: Vec<Arrest>,
    yellowstone: Vec<Stay>,
    gallatin: Vec<Stay>,
    cases: Vec<Case>,
    warrants: Warrants,
    corrections: Corrections,
    youth: Vec<Matter>,
}

impl World {
    /// # Errors
    /// For fewer persons than the cast has, and for days beyond the calendar.
    pub fn build(persons: u32, seed: u64, today: Date) -> Result<Self> {
        Self::build_with(persons, seed, today, |_| {})
    }

    /// The same, telling how many persons there are so far.
    ///
    /// # Errors
    /// As for [`World::build`].
    pub fn build_with(persons: u32, seed: u64, today: Date, progress: impl Fn(u64)) -> Result<Self> {
        let cast = u32::try_from(cast::CAST.len())?;
        ensure!(persons >= cast, "a world needs at least {cast} persons: those of its cast");
        let zone = TimeZone::get(ZONE).context("the time zone of Montana")?;
        let moment = today.at(HOUR, 0, 0, 0).to_zoned(zone.clone())?.timestamp();
        let now = Now { moment, zone: &zone };
        let mut gathered = Gathered::default();
        let mut people = Vec::with_capacity(usize::try_from(persons)?);
        for index in 0..persons {
            let person = people::person(seed, index)?;
            gathered.known.push(Vec::new());
            gathered.live(seed, index, &person, now)?;
            people.push(person);
            if index % 500 == 0 {
                progress(u64::from(index));
            }
        }
        gathered.warrants.cast(today, people.get(7).map(|person| person.name.full()).unwrap_or_default())?;
        gathered.register(seed, cast::place(Role::Sample), System::Cjin);
        gathered.corrections.open();
        number_incidents(&mut gathered.arrests, &zone);
        let late_since = arrests::before(moment, records::LATE_DAYS * DAY)?;
        let held = |stay: &Stay| stay.shown(seed, late_since).released.is_none();
        let yellowstone = Jail::open(gathered.yellowstone, &zone, held, |year, sequence| {
            format!("{:02}-{sequence:05}", year.rem_euclid(100))
        });
        let gallatin = Jail::open(gathered.gallatin, &zone, held, |year, sequence| format!("{year}{sequence:06}"));
        let mut world = Self {
            seed,
            today,
            moment,
            people,
            known: gathered.known,
            owner: gathered.owner,
            merged: gathered.merged,
            by_mans: HashMap::new(),
            arrests_of: HashMap::new(),
            incidents: HashMap::new(),
            arrests: gathered.arrests,
            yellowstone,
            gallatin,
            courts: Courts::open(gathered.cases, &zone),
            corrections: gathered.corrections,
            warrants: gathered.warrants,
            youth: gathered.youth,
            zone,
        };
        world.index();
        Ok(world)
    }

    fn index(&mut self) {
        for (at, arrest) in (0..).zip(&self.arrests) {
            self.arrests_of.entry(arrest.person).or_default().push(at);
            if let Some(mans) = arrest.mans {
                self.by_mans.insert(mans, at);
            }
            if let Some(number) = &arrest.incident {
                self.incidents.insert(number.clone(), at);
            }
        }
    }

    #[must_use]
    pub fn person(&self, place: u32) -> Option<&Person> {
        item(&self.people, place)
    }

    #[must_use]
    pub fn arrest(&self, place: u32) -> Option<&Arrest> {
        item(&self.arrests, place)
    }

    #[must_use]
    pub fn arrests_of(&self, person: u32) -> Vec<&Arrest> {
        let at = self.arrests_of.get(&person).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| self.arrest(*at)).collect()
    }

    #[must_use]
    pub fn case(&self, place: u32) -> Option<&Case> {
        item(&self.courts.cases, place)
    }

    /// The jails of this world.
    #[must_use]
    pub const fn jail(&self, system: System) -> &Jail {
        if matches!(system, System::JmsGallatin) { &self.gallatin } else { &self.yellowstone }
    }

    /// When whoever was arrested came out of jail, if they did.
    #[must_use]
    pub fn released(&self, arrest: u32) -> Option<Timestamp> {
        let arrest = self.arrest(arrest)?;
        arrests::before(arrest.at, -arrest.held?).ok().filter(|at| *at < self.moment)
    }

    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// A time as the clocks of this world show it.
    #[must_use]
    pub fn clock(&self, at: Timestamp, format: &str) -> String {
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    /// Where the records of the last days begin, which who is late has not yet entered.
    #[must_use]
    pub fn late_since(&self) -> Timestamp {
        arrests::before(self.moment, records::LATE_DAYS * DAY).unwrap_or(self.moment)
    }

    #[must_use]
    pub fn name_of(&self, person: u32) -> String {
        self.person(person).map(|person| person.name.full()).unwrap_or_default()
    }

    /// The first number under which a system knows a person.
    #[must_use]
    pub fn number_of(&self, person: u32, system: System) -> Option<u64> {
        item(&self.known, person)?.iter().find(|known| known.0 == system).map(|known| known.1)
    }

    /// All numbers under which a system knows a person.
    pub fn numbers_of(&self, person: u32, system: System) -> impl Iterator<Item = u64> {
        let known = item(&self.known, person).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter(move |known| known.0 == system).map(|known| known.1)
    }

    #[must_use]
    pub fn party_of(&self, person: u32) -> Option<u64> {
        self.number_of(person, System::FullCourt)
    }

    /// Whoever has a number in a system, as it registered them.
    #[must_use]
    pub fn registered(&self, system: System, local: u64) -> Option<Recorded> {
        let index = *self.owner.get(&(system, local))?;
        let person = self.person(index)?;
        let has_sid = self.number_of(index, System::MtDoj).is_some();
        Some(recorded(self.seed, system.writer(), (system as u64, local), (index, person), has_sid))
    }

    /// The name under which the courts know a party.
    #[must_use]
    pub fn party_name(&self, party: u64) -> String {
        self.registered(System::FullCourt, party).map(|recorded| recorded.name.full()).unwrap_or_default()
    }
}

/// Incidents of the police in Billings: numbered by year, in the order of the arrests.
fn number_incidents(arrests: &mut [Arrest], zone: &TimeZone) {
    let mut order: Vec<&mut Arrest> =
        arrests.iter_mut().filter(|arrest| arrest.county == YELLOWSTONE && arrest.city).collect();
    order.sort_by_key(|arrest| (arrest.at, arrest.person));
    let (mut year, mut sequence) = (0, 0);
    for arrest in order {
        let happened_in = arrest.at.to_zoned(zone.clone()).year();
        (year, sequence) = if happened_in == year { (year, sequence + 1) } else { (happened_in, 1) };
        arrest.incident = Some(format!("{:02}-{sequence:06}", year.rem_euclid(100)));
    }
}

impl Gathered {
    /// Lets a person live through their arrests and what came of them.
    fn live(&mut self, seed: u64, index: u32, person: &Person, now: Now) -> Result<()> {
        let mut chance = Chance::new(seed, STREAM, u64::from(index));
        let today = now.date(now.moment);
        if let Some(matter) = youth::matter(seed, index, person, today)? {
            self.register(seed, index, System::YouthCourt);
            self.youth.push(matter);
        }
        for arrest in arrests::of(seed, index, person, today.to_zoned(now.zone.clone())?.timestamp())? {
            self.follow(seed, &mut chance, now, arrest)?;
        }
        if let Some(Role::Witness | Role::Petitioner) = cast::role_at(index) {
            self.register(seed, index, System::FullCourt);
        }
        let (warrants, orders) = (&self.warrants.by_person, &self.warrants.orders_by_person);
        if warrants.contains_key(&index) || orders.contains_key(&index) {
            self.register(seed, index, System::Cjin);
        }
        Ok(())
    }

    /// What follows from one arrest.
    fn follow(&mut self, seed: u64, chance: &mut Chance, now: Now, mut arrest: Arrest) -> Result<()> {
        let index = arrest.person;
        let place = u32::try_from(self.arrests.len())?;
        let on = now.date(arrest.at);
        if arrest.mans.is_some() {
            self.register(seed, index, System::MtDoj);
        }
        if arrest.county == YELLOWSTONE && arrest.city {
            self.register(seed, index, System::BillingsPd);
        }
        if arrest.felony() {
            self.register(seed, index, System::Cjin);
        }
        let jail = match arrest.county {
            YELLOWSTONE => Some(System::JmsYellowstone),
            GALLATIN => Some(System::JmsGallatin),
            _ => None,
        };
        if let (Some(jail), Some(held)) = (jail, arrest.held) {
            let inmate = self.register(seed, index, jail);
            let stay = custody::stay(chance, now.moment, inmate, (place, &arrest), held)?;
            if jail == System::JmsYellowstone { self.yellowstone.push(stay) } else { self.gallatin.push(stay) }
        }
        self.warrants.served(seed, &arrest, on)?;
        self.warrants.protection(seed, now.date(now.moment), &arrest, on)?;
        if let Some(days) = arrest.filed_after {
            let party = self.register(seed, index, System::FullCourt);
            let case_place = u32::try_from(self.cases.len())?;
            let case = court::case(chance, now, party, (place, &arrest), days)?;
            arrest.case = Some(case_place);
            self.beyond(seed, now, (case_place, &case))?;
            self.cases.push(case);
        }
        self.arrests.push(arrest);
        Ok(())
    }

    /// What follows from one case.
    fn beyond(&mut self, seed: u64, now: Now, (place, case): (u32, &Case)) -> Result<()> {
        let today = now.date(now.moment);
        let last = now.date(case.updated);
        self.warrants.of_case(seed, today, (place, case), last)?;
        let (before, inside) = (self.corrections.supervisions.len(), self.corrections.inmates.len());
        corrections::follow(&mut self.corrections, seed, today, (place, case))?;
        let new: Vec<_> = self.corrections.supervisions.iter().skip(before).cloned().collect();
        if !new.is_empty() || self.corrections.inmates.len() > inside {
            self.register(seed, case.person, System::Omis);
        }
        for one in new {
            self.warrants.absconded(seed, today, &one)?;
        }
        Ok(())
    }

    /// The number under which a system knows somebody: the one that they have, a second one for some who come back, somebody
    /// else's for a few.
    fn register(&mut self, seed: u64, index: u32, system: System) -> u64 {
        if matches!(system, System::Omis | System::MtDoj) {
            self.know(index, system, u64::from(index));
            return u64::from(index);
        }
        if let Some(number) = self.merged.get(&(system, index)) {
            return *number;
        }
        let known = item(&self.known, index).map(Vec::as_slice).unwrap_or_default();
        let numbers: Vec<u64> = known.iter().filter(|known| known.0 == system).map(|known| known.1).collect();
        let rates = system.writer().rates();
        let turn = u64::from(index) * 16 + numbers.len() as u64;
        let chance = &mut Chance::new(seed, STREAM_REGISTRY + ((system as u64) << 8), turn);
        let ordinary = cast::part_at(index).is_none() && system != System::Cjin && system != System::YouthCourt;
        match (numbers.last(), self.last.get(&system)) {
            (Some(number), _) if !(ordinary && numbers.len() < 3 && chance.permyriad(rates.duplicate)) => {
                return *number;
            }
            (None, Some(other)) if ordinary && *other > 0 && chance.permyriad(rates.merged) => {
                self.merged.insert((system, index), *other);
                return *other;
            }
            _ => {}
        }
        let (first, step) = system.numbers();
        let count = self.counts.entry(system).or_default();
        let number = first + *count * step;
        *count += 1;
        self.know(index, system, number);
        // nobody is taken for one of the cast
        self.last.insert(system, if ordinary { number } else { 0 });
        number
    }

    fn know(&mut self, index: u32, system: System, number: u64) {
        let known = usize::try_from(index).ok().and_then(|at| self.known.get_mut(at));
        if let Some(known) = known.filter(|known| !known.contains(&(system, number))) {
            known.push((system, number));
            self.owner.insert((system, number), index);
        }
    }
}
