//! Custody as it is: who is held where, and every stay.

use super::findings::{Expected, list, text};
use super::{Check, Question};
use crate::demo::corrections::Inmate;
use crate::demo::custody::{State, Stay};
use crate::demo::dirt::Error;
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const YELLOWSTONE: (&str, &str) = ("MT0560000", "Yellowstone County Detention Facility");
const GALLATIN: (&str, &str) = ("MT0160000", "Gallatin County Detention Center");

/// Both jails: system, ORI and name.
const JAILS: [(System, (&str, &str)); 2] = [(System::JmsYellowstone, YELLOWSTONE), (System::JmsGallatin, GALLATIN)];

/// The stay that followed an arrest: ORI of the jail, place and stay.
pub(super) fn stay_of(world: &World, arrest: u32) -> Option<(&'static str, u32, &Stay)> {
    JAILS.into_iter().find_map(|(system, (ori, _))| {
        let jail = world.jail(system);
        let place = *jail.by_arrest.get(&arrest)?;
        Some((ori, place, item(&jail.stays, place)?))
    })
}

fn system_of(ori: &str) -> System {
    if ori == GALLATIN.0 { System::JmsGallatin } else { System::JmsYellowstone }
}

/// An instant as the graph writes it; as a clock without zone tells it, where the source has one and that hour comes twice.
pub(super) fn instant(world: &World, at: Timestamp, by_clock: bool) -> Expected {
    let expected = Expected::plain(at.to_string());
    if !by_clock {
        return expected;
    }
    let civil = at.to_zoned(world.zone.clone()).datetime();
    let earlier = world.zone.to_ambiguous_zoned(civil).earlier().map(|zoned| zoned.timestamp().to_string());
    expected.or(earlier.ok(), Error::HourTwice)
}

/// The graph's word for where somebody is.
const fn in_words(state: State) -> &'static str {
    match state {
        State::Held => "IN_CUSTODY",
        State::AtCourt => "OUT_TO_COURT",
        State::WorkRelease => "WORK_RELEASE",
        State::Furlough => "INTERNAL_UNKNOWN",
        State::Released => "RELEASED",
        State::Transferred => "TRANSFERRED",
    }
}

impl Check<'_> {
    /// Where somebody is, and what the jail's own code leads to.
    fn state(&self, system: System, stay: &Stay) -> Expected {
        let expected = Expected::plain(in_words(stay.state));
        let shown = |word: &str, error| expected.clone().or(Some(word.to_owned()), error);
        match self.declared.at(system, &stay.number, "state") {
            Some(error @ Error::CodeBlank) => shown("PRESENT_WITHOUT_INFO", error),
            Some(error @ Error::CodeSaysUnknown) => shown("EXTERNAL_UNKNOWN", error),
            Some(error) => shown("INTERNAL_UNKNOWN", error),
            None if self.is_unreleased(system, stay) => shown("IN_CUSTODY", Error::Late),
            None if system == System::JmsYellowstone && stay.state == State::AtCourt => {
                shown("IN_CUSTODY", Error::CodeCoarse)
            }
            None if system == System::JmsYellowstone && stay.state == State::Transferred => {
                shown("RELEASED", Error::CodeCoarse)
            }
            None => expected,
        }
    }

    /// Whether the jail has not entered the release yet.
    fn is_unreleased(&self, system: System, stay: &Stay) -> bool {
        self.declared.at(system, &stay.number, "released") == Some(Error::Late)
    }

    /// Since when somebody is where they are; since they came, where what happened since is not entered yet.
    fn since(&self, system: System, stay: &Stay) -> Expected {
        let by_clock = system == System::JmsYellowstone;
        let expected = instant(self.world, stay.since, by_clock);
        if self.is_unreleased(system, stay) {
            expected.or(Some(stay.booked.to_string()), Error::Late)
        } else {
            expected
        }
    }

    /// A2: from the booking to everything else.
    pub(super) fn by_stay(&mut self, (ori, place): (&str, u32), booking: &Value) {
        let system = system_of(ori);
        let Some(stay) = item(&self.world.jail(system).stays, place) else { return };
        let of = format!("{ori} {}", stay.number);
        self.findings.compare("booking", &of, &Expected::plain(&stay.number), text(booking, "/number").as_ref());
        self.findings.compare("custody", &of, &self.state(system, stay), text(booking, "/state").as_ref());
        let booked = instant(self.world, stay.booked, system == System::JmsYellowstone);
        self.findings.compare("booked at", &of, &booked, text(booking, "/bookedAt").as_ref());
        let owner = self.world.owner.get(&(system, stay.inmate)).copied();
        let person = self.leads_to("booking's person", &of, stay.person, owner, &booking["person"]);
        if let Some(person) = person {
            self.custody(person, list(booking, "/person/custody"), false);
            self.open_cases(person, &booking["person"]);
        }
    }

    /// Where a person is by each facility that knows them, an entry a number.
    pub(super) fn custody(&mut self, person: u32, found: &[Value], since: bool) {
        let world = self.world;
        let mut wanted: Vec<(&'static str, Expected, Expected)> = Vec::new();
        for (system, (_, name)) in JAILS {
            for inmate in world.numbers_of(person, system) {
                let stays = world.jail(system).stays_of(inmate).unwrap_or_default();
                let own = stays.iter().filter(|stay| stay.person == person).max_by_key(|stay| stay.booked);
                let shown = stays.iter().max_by_key(|stay| stay.booked);
                let (Some(own), Some(shown)) = (own, shown) else { continue };
                let (mut state, mut since) = (self.state(system, own), self.since(system, own));
                if own.number != shown.number {
                    // another person under the same number came later
                    state.declared = Some((self.state(system, shown).truth, Error::Merged));
                    since.declared = Some((self.since(system, shown).truth, Error::Merged));
                }
                wanted.push((name, state, since));
            }
        }
        for place in world.corrections.inmates_of.get(&person).into_iter().flatten() {
            let Some(inmate) = item(&world.corrections.inmates, *place) else { continue };
            let female = world.person(person).is_some_and(|person| person.sex == "F");
            let (status, day) = if inmate.out { ("RELEASED", inmate.release) } else { ("IN_CUSTODY", inmate.admitted) };
            wanted.push((
                Inmate::facility(female).1,
                Expected::plain(status),
                Expected::plain(format!("{day}T19:00:00Z")),
            ));
        }
        self.match_custody(person, wanted, found, since);
    }

    /// Each expected entry takes the one that fits it best.
    fn match_custody(
        &mut self,
        person: u32,
        wanted: Vec<(&'static str, Expected, Expected)>,
        found: &[Value],
        since: bool,
    ) {
        let of = format!("person {person}");
        let mut left: Vec<&Value> = found.iter().collect();
        for (name, state, at) in wanted {
            let fit = |entry: &Value| {
                let there = text(entry, "/facilityName").as_deref() == Some(name);
                let (word, time) = (text(entry, "/state"), text(entry, "/since"));
                if there { 1 + state.fits(word.as_ref()) + if since { at.fits(time.as_ref()) } else { 0 } } else { 0 }
            };
            let best = (0..left.len()).filter(|place| left.get(*place).is_some_and(|one| fit(one) > 0));
            let best = best.max_by_key(|place| left.get(*place).map(|one| fit(one)));
            let entry = best.map_or(&Value::Null, |place| left.remove(place));
            self.findings.compare("custody", &of, &state, text(entry, "/state").as_ref());
            if since {
                self.findings.compare("custody since", &of, &at, text(entry, "/since").as_ref());
            }
        }
        if !left.is_empty() {
            self.findings.unexplained.push(format!("custody of {of}: {left:?} should not be there"));
        }
    }

    /// Stays, all of them or those that have not ended.
    pub(super) fn bookings(&mut self, person: u32, found: &[Value], active: Option<bool>) {
        let world = self.world;
        let of = format!("person {person}");
        let places = world.arrests_of.get(&person).map(Vec::as_slice).unwrap_or_default();
        let own: Vec<_> = places.iter().filter_map(|place| stay_of(world, *place)).collect();
        let merged = |ori: &str, stay: &Stay| world.owner.get(&(system_of(ori), stay.inmate)) != Some(&person);
        let wanted = own.iter().filter(|(_, _, stay)| active.is_none_or(|active| stay.active() == active));
        let wanted: Vec<_> = wanted
            .map(|(ori, _, stay)| (format!("{ori} {}", stay.number), merged(ori, stay).then_some(Error::Merged)))
            .collect();
        let name = |entry: &Value| {
            let facility = text(entry, "/facilityName");
            let jail = JAILS.into_iter().find(|(_, (_, name))| facility.as_deref() == Some(name));
            format!("{} {}", jail.map_or("?", |(_, (ori, _))| ori), text(entry, "/number").unwrap_or_default())
        };
        let numbers: Vec<String> = found.iter().map(name).collect();
        self.findings.records("bookings", &of, &wanted, &numbers, |number| {
            let (ori, number) = number.split_once(' ')?;
            let stay = world.jail(system_of(ori)).stay(number)?;
            let late = self.declared.at(system_of(ori), &stay.number, "released") == Some(Error::Late);
            if stay.person == person { late.then_some(Error::Late) } else { Some(Error::Merged) }
        });
        if active.is_some() {
            return;
        }
        for (ori, _, stay) in own {
            let number = format!("{ori} {}", stay.number);
            let Some(entry) = found.iter().find(|entry| name(entry) == number) else { continue };
            let by_clock = ori == YELLOWSTONE.0;
            self.findings.compare(
                "booked at",
                &number,
                &instant(world, stay.booked, by_clock),
                text(entry, "/bookedAt").as_ref(),
            );
            let released = self.released(system_of(ori), stay);
            self.findings.compare("released at", &number, &released, text(entry, "/releasedAt").as_ref());
        }
    }

    fn released(&self, system: System, stay: &Stay) -> Expected {
        let (world, by_clock) = (self.world, system == System::JmsYellowstone);
        let Some(at) = stay.released else { return Expected::of(None) };
        let expected = instant(world, at, by_clock);
        match self.declared.at(system, &stay.number, "released") {
            Some(error @ Error::Late) => expected.or(None, error),
            // a day before the booking
            Some(error @ Error::ReleasedBeforeBooked) => {
                let at = stay.booked.checked_sub(SignedDuration::from_hours(24)).ok();
                let written = at.map(|at| instant(world, at, by_clock));
                let written = written.and_then(|at| at.declared.map_or(at.truth, |one| one.0));
                Expected { truth: expected.truth, declared: Some((written, error)) }
            }
            _ => expected,
        }
    }
}

impl Question {
    /// For messages.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} about person {}", self.story, self.person)
    }
}
