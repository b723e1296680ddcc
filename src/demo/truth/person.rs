//! A person as they are: numbers, open cases, supervision, warrants.

use super::Check;
use super::custody::instant;
use super::findings::{Expected, list, text};
use crate::demo::corrections::{Category, Supervision, office, supervision_id};
use crate::demo::court::{Case, Status};
use crate::demo::dirt::Error;
use crate::demo::people;
use crate::demo::systems::System;
use crate::demo::warrants::Status as WarrantStatus;
use crate::demo::world::{World, item};
use serde_json::Value;

impl Check<'_> {
    /// A5: a person by id.
    pub(super) fn by_person(&mut self, person: u32, found: &Value) {
        let world = self.world;
        let name = Expected::of(world.person(person).map(|person| person.name.full()));
        self.findings.compare("name", &format!("person {person}"), &name, text(found, "/legalName/full").as_ref());
        self.custody(person, list(found, "/custody"), true);
        self.bookings(person, list(found, "/bookings"), Some(true));
        self.open_cases(person, found);
        self.supervisions(person, list(found, "/supervisions"), true);
    }

    /// A3: a person by name, among those who have it.
    pub(super) fn by_name(&mut self, person: u32, found: &Value) {
        let world = self.world;
        let id = world.person(person).map(|person| person.id.clone());
        let node = list(found, "/nodes").iter().find(|node| text(node, "/id") == id);
        let more = text(found, "/pageInfo/hasNextPage").as_deref() == Some("true");
        let Some(node) = node else {
            if !more {
                self.findings.unexplained.push(format!("person {person} is not found by name"));
            }
            return;
        };
        self.identifiers(person, list(node, "/identifiers"));
        self.bookings(person, list(node, "/bookings"), Some(true));
        let number = |at: &'static str| move |one: &Value| text(one, at).unwrap_or_default();
        let of = format!("person {person}");
        let active = world.warrants.warrants_of(person);
        let active = active.into_iter().filter(|one| one.status == WarrantStatus::Active);
        let active: Vec<_> = active.map(|one| (one.number.clone(), None)).collect();
        let warrants: Vec<String> = list(node, "/warrants").iter().map(number("/number")).collect();
        self.findings.records("active warrants", &of, &active, &warrants, |_| None);
        let orders = world.warrants.orders_of(person).into_iter().filter(|one| one.active);
        let orders: Vec<_> = orders.map(|one| (one.number.clone(), None)).collect();
        let found: Vec<String> = list(node, "/protectionOrders").iter().map(number("/number")).collect();
        self.findings.records("orders of protection", &of, &orders, &found, |_| None);
    }

    /// Numbers under which agencies know the person.
    pub(super) fn identifiers(&mut self, person: u32, found: &[Value]) {
        let world = self.world;
        let mut wanted = Vec::new();
        if world.arrests_of(person).iter().any(|arrest| arrest.mans.is_some()) {
            wanted.push(format!("SID {}", people::sid(person)));
            wanted.extend(people::ucn(world.seed, person).map(|ucn| format!("FBI {ucn}")));
        }
        let corrections = &world.corrections;
        if corrections.supervisions_of.contains_key(&person) || corrections.inmates_of.contains_key(&person) {
            wanted.push(format!("DOC {}", people::doc(person)));
        }
        if world.person(person).is_some_and(|person| person.has_licence) {
            wanted.push(format!("OLN {}", people::licence(person)));
        }
        let wanted: Vec<_> = wanted.into_iter().map(|number| (number, None)).collect();
        let written = |one: &Value| {
            format!("{} {}", text(one, "/kind").unwrap_or_default(), text(one, "/value").unwrap_or_default())
        };
        let found: Vec<String> = found.iter().map(written).collect();
        self.findings.records("identifiers", &format!("person {person}"), &wanted, &found, |_| None);
    }

    /// Cases of which a person is the defendant.
    pub(super) fn cases_of(world: &World, person: u32) -> Vec<&Case> {
        world.arrests_of(person).into_iter().filter_map(|arrest| world.case(arrest.case?)).collect()
    }

    /// Cases that are open; with their courts and hearings.
    pub(super) fn open_cases(&mut self, person: u32, found: &Value) {
        let world = self.world;
        let of = format!("person {person}");
        let own: Vec<&Case> = Self::cases_of(world, person);
        let merged = |case: &Case| world.owner.get(&(System::FullCourt, case.party)) != Some(&person);
        let wanted = own.iter().filter(|case| case.status == Status::Open);
        let wanted: Vec<_> = wanted.map(|case| (case.number.clone(), merged(case).then_some(Error::Merged))).collect();
        // A court that has not entered how a charge ended has the case for an open one.
        let still_open = |case: &Case| {
            matches!(case.status, Status::Closed | Status::Reopened)
                && self.declared.has(System::FullCourt, &case.number, Error::Late)
        };
        let entries = list(found, "/cases");
        let numbers: Vec<String> = entries.iter().filter_map(|entry| text(entry, "/number")).collect();
        self.findings.records("open cases", &of, &wanted, &numbers, |number| {
            let case = world.courts.case(number)?;
            if case.person != person {
                return Some(Error::Merged);
            }
            still_open(case).then_some(Error::Late)
        });
        for entry in entries {
            let case = text(entry, "/number").and_then(|number| world.courts.case(&number));
            let Some(case) = case else { continue };
            self.findings.compare(
                "court",
                &case.number,
                &Expected::plain(case.court()),
                text(entry, "/court/name").as_ref(),
            );
            self.hearings(case, list(entry, "/hearings"));
        }
    }

    /// The stories ask for those to come.
    fn hearings(&mut self, case: &Case, found: &[Value]) {
        let world = self.world;
        let coming = case.hearings.iter().filter(|hearing| hearing.at >= world.moment);
        let wanted: Vec<_> =
            coming.filter_map(|hearing| Some((instant(world, hearing.at, true).truth?, None))).collect();
        let found: Vec<String> = found.iter().filter_map(|entry| text(entry, "/at")).collect();
        self.findings.records("hearings to come", &case.number, &wanted, &found, |_| None);
    }

    /// Supervisions, by what and where; all of them or those that have not ended.
    pub(super) fn supervisions(&mut self, person: u32, found: &[Value], active: bool) {
        let world = self.world;
        let of = format!("person {person}");
        let places = world.corrections.supervisions_of.get(&person).into_iter().flatten();
        let all = &world.corrections.supervisions;
        let own: Vec<(u32, &Supervision)> = places.filter_map(|place| Some((*place, item(all, *place)?))).collect();
        let late = |place: u32| self.declared.has(System::Omis, &supervision_id(place), Error::Late);
        let category = |one: &Supervision| match one.category {
            Category::Pretrial => "PRETRIAL",
            Category::Probation => "PROBATION",
            Category::Parole => "PAROLE",
        };
        let key = |one: &Supervision| {
            if active {
                format!("{} {}", category(one), office(one.county))
            } else {
                format!("{} {}", category(one), one.started)
            }
        };
        let wanted = own.iter().filter(|(_, one)| !active || one.ended.is_none());
        let wanted: Vec<_> = wanted.map(|(_, one)| (key(one), None)).collect();
        let second = if active { "/office" } else { "/startedOn" };
        let written = |one: &Value| {
            format!("{} {}", text(one, "/category").unwrap_or_default(), text(one, second).unwrap_or_default())
        };
        let found: Vec<String> = found.iter().map(written).collect();
        let what = if active { "active supervisions" } else { "supervisions" };
        self.findings.records(what, &of, &wanted, &found, |extra| {
            own.iter().any(|(place, one)| key(one) == extra && late(*place)).then_some(Error::Late)
        });
    }

    /// Matters before youth courts.
    pub(super) fn youth(&mut self, person: u32, found: &[Value]) {
        let matters = self.world.youth.iter().filter(|matter| matter.person == person);
        let wanted: Vec<_> = matters.map(|matter| (matter.number.clone(), None)).collect();
        let found: Vec<String> = found.iter().filter_map(|entry| text(entry, "/number")).collect();
        self.findings.records("youth matters", &format!("person {person}"), &wanted, &found, |_| None);
    }
}
