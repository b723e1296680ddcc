//! Charges as they were: from the arrest to how they ended.

use super::Check;
use super::custody::stay_of;
use super::findings::{Expected, list, text};
use crate::demo::agencies::history::{known_end, reported};
use crate::demo::arrests::Arrest;
use crate::demo::court::{Case, CaseKind, Charge, Disposition};
use crate::demo::dirt::records::{self, statute};
use crate::demo::dirt::{Error, Writer};
use crate::demo::golden::link::shown_end;
use crate::demo::systems::System;
use crate::demo::world::World;
use serde_json::Value;

const fn class(how: Disposition) -> &'static str {
    match how {
        Disposition::Plea => "CONVICTED_BY_PLEA",
        Disposition::Trial => "CONVICTED_AT_TRIAL",
        Disposition::Acquitted => "ACQUITTED",
        Disposition::Dismissed => "DISMISSED",
        Disposition::Deferred => "DEFERRED_IMPOSITION",
        Disposition::DeferredDismissed => "DEFERRED_DISMISSED",
    }
}

/// The section, and nothing where somebody wrote words instead.
fn section(world: &World, writer: Writer, key: u64, (at, charge): (usize, &'static str)) -> Expected {
    let known = crate::demo::statutes::section(charge);
    let expected = Expected::plain(charge);
    match statute(world.seed, writer, key, at, known).1 {
        Some(error) => expected.or(None, error),
        None => expected,
    }
}

/// How a charge ended, as class and day; nothing where the court has not entered it.
fn ended(world: &World, case: &Case, charge: &Charge) -> (Expected, Expected) {
    let truth = Expected::of(charge.ended.map(|ended| class(ended.how).to_owned()));
    let on = Expected::of(charge.ended.map(|ended| ended.on.to_string()));
    if shown_end(world, case, charge).is_none() {
        return (truth.or(None, Error::Late), on.or(None, Error::Late));
    }
    (truth, on)
}

impl Check<'_> {
    /// A1: from a case to the defendant's history.
    pub(super) fn by_case(&mut self, place: u32, found: &Value) {
        let world = self.world;
        let Some(case) = world.case(place) else { return };
        self.findings.compare("case", &case.number, &Expected::plain(&case.number), text(found, "/number").as_ref());
        self.findings.compare(
            "court",
            &case.number,
            &Expected::plain(case.court()),
            text(found, "/court/name").as_ref(),
        );
        self.findings.compare(
            "judge",
            &case.number,
            &Expected::plain(case.judge(world.seed)),
            text(found, "/judge").as_ref(),
        );
        for (at, charge) in case.charges.iter().enumerate() {
            let entry = found.pointer(&format!("/charges/{at}")).unwrap_or(&Value::Null);
            let expected = section(world, Writer::Court, case.key, (at, charge.statute.section));
            self.findings.compare("statute", &case.number, &expected, text(entry, "/statute/mca").as_ref());
            let (class, _) = ended(world, case, charge);
            self.findings.compare("disposition", &case.number, &class, text(entry, "/disposition").as_ref());
        }
        let owner = world.owner.get(&(System::FullCourt, case.party)).copied();
        let Some(person) = self.leads_to("defendant", &case.number, case.person, owner, &found["defendant"]) else {
            return;
        };
        let defendant = &found["defendant"];
        self.identifiers(person, list(defendant, "/identifiers"));
        self.custody(person, list(defendant, "/custody"), true);
        self.bookings(person, list(defendant, "/bookings"), None);
        self.supervisions(person, list(defendant, "/supervisions"), false);
        self.youth(person, list(defendant, "/youthMatters"));
        self.arrests(person, list(defendant, "/arrests"));
        self.charges(person, list(defendant, "/charges"));
    }

    /// A6: from an arrest.
    pub(super) fn by_arrest(&mut self, place: u32, found: &Value) {
        let world = self.world;
        let Some(arrest) = world.arrest(place) else { return };
        let mans = arrest.mans.map(|mans| mans.to_string());
        let of = format!("MANS {mans:?}");
        let late = !reported(world, arrest);
        let expected = Expected::of(mans);
        let expected = if late { expected.or(None, Error::Late) } else { expected };
        self.findings.compare("arrest", &of, &expected, text(found, "/mans").as_ref());
        if late || found.is_null() {
            return;
        }
        self.findings.compare("arrested at", &of, &Expected::plain(arrest.at.to_string()), text(found, "/at").as_ref());
        self.findings.compare(
            "agency",
            &of,
            &Expected::plain(arrest.agency_name()),
            text(found, "/agencyName").as_ref(),
        );
        let incident = Expected::of(arrest.incident.clone());
        self.findings.compare("incident", &of, &incident, text(found, "/incident/number").as_ref());
        for (at, charge) in arrest.charges.iter().enumerate() {
            let entry = found.pointer(&format!("/charges/{at}")).unwrap_or(&Value::Null);
            let expected = section(world, Writer::Police, arrest.key(), (at, charge.section));
            self.findings.compare("statute", &of, &expected, text(entry, "/statute/mca").as_ref());
        }
        // fingerprints decide whose arrest it is
        let person = self.leads_to("arrest's person", &of, arrest.person, Some(arrest.person), &found["person"]);
        if let Some(person) = person {
            let numbers: Vec<String> =
                list(found, "/person/cases").iter().filter_map(|one| text(one, "/number")).collect();
            let own = Self::cases_of(world, person);
            for number in numbers.iter().filter(|number| !own.iter().any(|case| case.number == **number)) {
                let merged = world
                    .courts
                    .case(number)
                    .is_some_and(|case| world.owner.get(&(System::FullCourt, case.party)) == Some(&person));
                let expected = Expected::of(None);
                let expected = if merged { expected.or(Some(number.clone()), Error::Merged) } else { expected };
                self.findings.compare("open cases", &of, &expected, Some(number));
            }
        }
    }

    /// Arrests that have a number.
    fn arrests(&mut self, person: u32, found: &[Value]) {
        let world = self.world;
        let own: Vec<&Arrest> = world.arrests_of(person).into_iter().filter(|arrest| arrest.mans.is_some()).collect();
        let number = |arrest: &Arrest| arrest.mans.map(|mans| mans.to_string()).unwrap_or_default();
        let late = |arrest: &Arrest| (!reported(world, arrest)).then_some(Error::Late);
        let wanted: Vec<_> = own.iter().map(|arrest| (number(arrest), late(arrest))).collect();
        let numbers: Vec<String> = found.iter().filter_map(|entry| text(entry, "/mans")).collect();
        self.findings.records("arrests", &format!("person {person}"), &wanted, &numbers, |_| None);
        for arrest in own {
            let mans = number(arrest);
            let Some(entry) = found.iter().find(|entry| text(entry, "/mans").as_ref() == Some(&mans)) else { continue };
            self.findings.compare(
                "arrested at",
                &mans,
                &Expected::plain(arrest.at.to_string()),
                text(entry, "/at").as_ref(),
            );
            let Some(case) = arrest.case.and_then(|case| world.case(case)) else { continue };
            let dirt = records::case(world.seed, case.key);
            for (at, charge) in case.charges.iter().enumerate() {
                let there = charge.ended.is_some().then(|| "yes".to_owned());
                let known = known_end(world, case, at).map(|_| "yes".to_owned());
                let why = if dirt.never_sent {
                    Error::NeverSent
                } else if dirt.mans_missing {
                    Error::MansMissing
                } else {
                    Error::Late
                };
                let shown = text(entry, &format!("/charges/{at}/dispositionRaw")).map(|_| "yes".to_owned());
                self.findings.compare("repository's end", &mans, &Expected::of(there).or(known, why), shown.as_ref());
            }
        }
    }

    /// Charges, each once: tied by number, by marks, or not at all.
    fn charges(&mut self, person: u32, found: &[Value]) {
        let world = self.world;
        let of = format!("person {person}");
        let mut left: Vec<&Value> = found.iter().collect();
        let mut take = |fits: &dyn Fn(&Value) -> bool| {
            let at = left.iter().position(|entry| fits(entry))?;
            Some(left.remove(at))
        };
        for place in world.arrests_of.get(&person).map(Vec::as_slice).unwrap_or_default() {
            let Some(arrest) = world.arrest(*place) else { continue };
            let case = arrest.case.and_then(|case| world.case(case));
            let mans = arrest.mans.map(|mans| mans.to_string());
            let known = reported(world, arrest) || stay_of(world, *place).is_some();
            for at in 0..arrest.charges.len() {
                let filed = case.and_then(|case| Some((case, case.charges.get(at)?)));
                let sequence = (at + 1).to_string();
                let by_number = mans.as_ref().and_then(|mans| {
                    take(&|entry| {
                        text(entry, "/mans").as_ref() == Some(mans)
                            && text(entry, "/sequence").as_ref() == Some(&sequence)
                    })
                });
                let entry = by_number.or_else(|| {
                    let (case, charge) = filed?;
                    take(&|entry| alone(world, entry, case, (at, charge)))
                });
                let missing = if known { None } else { Some(Error::Late) };
                self.charge((&of, person), (mans.as_ref(), at), filed, entry, missing);
            }
        }
        for entry in left {
            // a court's charge that could not be tied, and stands beside the arrest's
            let number = text(entry, "/caseNumber");
            let case = number.as_ref().and_then(|number| world.courts.case(number));
            let error = case.and_then(|case| {
                if case.person != person {
                    return Some(Error::Merged);
                }
                lacks_number(world, case).then_some(Error::MansMissing)
            });
            let expected = Expected::of(None);
            let expected = error.map_or(expected.clone(), |error| expected.or(number.clone(), error));
            self.findings.compare("charge", &of, &expected, number.as_ref());
        }
    }

    /// One charge: its case, and how it ended.
    fn charge(
        &mut self,
        (of, person): (&str, u32),
        (mans, at): (Option<&String>, usize),
        filed: Option<(&Case, &Charge)>,
        entry: Option<&Value>,
        missing: Option<Error>,
    ) {
        let world = self.world;
        let of = format!("{of}, {mans:?} {}", at + 1);
        if mans.is_none() && filed.is_none() {
            // a citation that was never filed: no system of this world has it
            return;
        }
        let dirt = filed.map(|(case, _)| records::case(world.seed, case.key));
        let found = entry.and_then(|entry| text(entry, "/caseNumber"));
        let mut expected = Expected::of(filed.map(|(case, _)| case.number.clone()));
        if let Some((case, _)) = filed {
            let merged = world.owner.get(&(System::FullCourt, case.party)) != Some(&person);
            if dirt.is_some_and(|dirt| dirt.mans_missing && case.kind != CaseKind::Citation) {
                // tied to nothing, or to another case that lacks the number too
                let number = found.as_ref().and_then(|number| world.courts.case(number));
                let other = number.filter(|other| other.person == person && lacks_number(world, other));
                expected = expected.or(other.map(|other| other.number.clone()), Error::MansMissing);
            } else if merged && entry.is_none() {
                expected = expected.or(None, Error::Merged);
            }
        }
        if entry.is_none()
            && let Some(error) = missing
        {
            expected = expected.or(None, error);
        }
        let here = entry.is_some() || filed.is_some();
        if !here && missing.is_none() {
            self.findings.unexplained.push(format!("charge of {of} is missing"));
        }
        self.findings.compare("charge's case", &of, &expected, found.as_ref());
        if let (Some((case, charge)), Some(entry)) = (filed, entry)
            && found.as_ref() == Some(&case.number)
        {
            let (class, on) = ended(world, case, charge);
            self.findings.compare("disposition", &of, &class, text(entry, "/disposition/class").as_ref());
            self.findings.compare("disposed on", &of, &on, text(entry, "/disposition/on").as_ref());
        }
    }
}

/// There was a number, and the court's charges do not have it.
fn lacks_number(world: &World, case: &Case) -> bool {
    case.mans.is_some() && records::case(world.seed, case.key).mans_missing
}

/// A court's charge of that case and section which no arrest is tied to.
fn alone(world: &World, entry: &Value, case: &Case, (at, charge): (usize, &Charge)) -> bool {
    let words = statute(world.seed, Writer::Court, case.key, at, charge.statute).1.is_some();
    let section = (!words).then(|| charge.statute.section.to_owned());
    text(entry, "/mans").is_none()
        && text(entry, "/caseNumber").as_ref() == Some(&case.number)
        && text(entry, "/statute/mca") == section
}
