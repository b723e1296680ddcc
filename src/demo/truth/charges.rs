//! Charges as they were: from the arrest to how they ended.

use super::Check;
use super::custody::stay_of;
use super::findings::{Expected, list, text};
use crate::demo::arrests::Arrest;
use crate::demo::court::{Case, CaseKind, Charge, Disposition};
use crate::demo::dirt::Error;
use crate::demo::systems::System;
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

/// A section of the code, and nothing where somebody wrote words instead.
fn section(charge: &str, declared: Option<Error>) -> Expected {
    let expected = Expected::plain(charge);
    declared.map_or_else(|| expected.clone(), |error| expected.clone().or(None, error))
}

impl Check<'_> {
    /// How a charge ended, as class and day; nothing where the court has not entered it.
    fn ended(&self, case: &Case, (at, charge): (usize, &Charge)) -> (Expected, Expected) {
        let truth = Expected::of(charge.ended.map(|ended| class(ended.how).to_owned()));
        let on = Expected::of(charge.ended.map(|ended| ended.on.to_string()));
        match self.of_charge(case, ("disposition", at)) {
            Some(error) => (truth.or(None, error), on.or(None, error)),
            None => (truth, on),
        }
    }

    /// The declared error of a charge of a case.
    fn of_charge(&self, case: &Case, field: (&str, usize)) -> Option<Error> {
        self.declared.at_charge(System::FullCourt, &case.number, field)
    }

    /// There was a number, and the court's charges do not have it.
    fn lacks_number(&self, case: &Case) -> bool {
        self.declared.has(System::FullCourt, &case.number, Error::MansMissing)
    }

    /// Whether the arrest has not come in at the repository.
    fn is_late(&self, arrest: &Arrest) -> bool {
        arrest.mans.is_some_and(|mans| self.declared.has(System::MtDoj, &mans.to_string(), Error::Late))
    }

    /// A court's charge of that case and section which no arrest is tied to.
    fn alone(&self, entry: &Value, case: &Case, (at, charge): (usize, &Charge)) -> bool {
        let words = self.of_charge(case, ("statute", at)).is_some();
        let section = (!words).then(|| charge.statute.section.to_owned());
        text(entry, "/mans").is_none()
            && text(entry, "/caseNumber").as_ref() == Some(&case.number)
            && text(entry, "/statute/mca") == section
    }

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
            let expected = section(charge.statute.section, self.of_charge(case, ("statute", at)));
            self.findings.compare("statute", &case.number, &expected, text(entry, "/statute/mca").as_ref());
            let (class, _) = self.ended(case, (at, charge));
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
        let late = self.is_late(arrest);
        let expected = Expected::of(mans.clone());
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
            let mans = mans.as_deref().unwrap_or_default();
            let error = self.declared.at_charge(System::MtDoj, mans, ("statute", at));
            let expected = section(charge.section, error);
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
        let late = |arrest: &Arrest| self.is_late(arrest).then_some(Error::Late);
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
            // The repository knows of an end by the court's form, and by the number of the arrest on it.
            let unheard = [Error::NeverSent, Error::MansMissing];
            let unheard = unheard.into_iter().find(|why| self.declared.has(System::FullCourt, &case.number, *why));
            for (at, charge) in case.charges.iter().enumerate() {
                let there = Expected::of(charge.ended.is_some().then(|| "yes".to_owned()));
                let why = unheard.or_else(|| self.of_charge(case, ("disposition", at)));
                let expected = why.map_or_else(|| there.clone(), |why| there.clone().or(None, why));
                let shown = text(entry, &format!("/charges/{at}/dispositionRaw")).map(|_| "yes".to_owned());
                self.findings.compare("repository's end", &mans, &expected, shown.as_ref());
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
            let known = !self.is_late(arrest) || stay_of(world, *place).is_some();
            for at in 0..arrest.charges.len() {
                let filed = case.and_then(|case| Some((case, (at, case.charges.get(at)?))));
                let sequence = (at + 1).to_string();
                let by_number = mans.as_ref().and_then(|mans| {
                    take(&|entry| {
                        text(entry, "/mans").as_ref() == Some(mans)
                            && text(entry, "/sequence").as_ref() == Some(&sequence)
                    })
                });
                let entry = by_number.or_else(|| {
                    let (case, charge) = filed?;
                    take(&|entry| self.alone(entry, case, charge))
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
                self.lacks_number(case).then_some(Error::MansMissing)
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
        filed: Option<(&Case, (usize, &Charge))>,
        entry: Option<&Value>,
        missing: Option<Error>,
    ) {
        let world = self.world;
        let of = format!("{of}, {mans:?} {}", at + 1);
        if mans.is_none() && filed.is_none() {
            // a citation that was never filed: no system of this world has it
            return;
        }
        let found = entry.and_then(|entry| text(entry, "/caseNumber"));
        let mut expected = Expected::of(filed.map(|(case, _)| case.number.clone()));
        if let Some((case, _)) = filed {
            let merged = world.owner.get(&(System::FullCourt, case.party)) != Some(&person);
            if case.kind != CaseKind::Citation && self.lacks_number(case) {
                // tied to nothing, or to another case that lacks the number too
                let number = found.as_ref().and_then(|number| world.courts.case(number));
                let other = number.filter(|other| other.person == person && self.lacks_number(other));
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
            let (class, on) = self.ended(case, charge);
            self.findings.compare("disposition", &of, &class, text(entry, "/disposition/class").as_ref());
            self.findings.compare("disposed on", &of, &on, text(entry, "/disposition/on").as_ref());
        }
    }
}
