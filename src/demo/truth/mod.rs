//! Truth: what happened, apart from what anybody wrote down, and whether the stories answer it.
//!
//! The gateway never reads it. A check asks the stories about persons of the world and compares what they answer with what is so: with the
//! world as it was invented, before any error. Where the two differ, an error is declared for that very field of that very record, and the
//! difference is the one that such an error makes; any other is counted as unexplained. What an error makes of a value is said here once
//! more: nothing here asks the agencies or the golden records, so a mistake of theirs explains nothing.

mod charges;
mod custody;
mod findings;
pub mod forms;
pub mod labels;
mod person;

use super::chance::Chance;
pub use super::dirt::Error;
use super::world::World;
pub use findings::Findings;
use findings::{Expected, list, text};
use labels::Declared;
use serde_json::{Map, Value, json};

const STREAM: u64 = 121;

/// A question to one story about one person.
#[derive(Debug, Clone)]
pub struct Question {
    /// `a1`, as the story's file begins.
    pub story: &'static str,
    pub variables: Map<String, Value>,
    person: u32,
    about: About,
}

/// What the question starts from: places in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Case(u32),
    Stay(&'static str, u32),
    Arrest(u32),
    Name,
    Person,
}

/// What to ask about so many persons, drawn at random; about the cast in any case.
#[must_use]
pub fn questions(world: &World, persons: u32) -> Vec<Question> {
    let chance = &mut Chance::new(world.seed, STREAM, 0);
    let all = u32::try_from(world.people.len()).unwrap_or(u32::MAX);
    let cast = u32::try_from(super::cast::CAST.len()).unwrap_or(0).min(all);
    let mut chosen: Vec<u32> = (0..cast).collect();
    let rest = persons.min(all).saturating_sub(cast);
    let mut taken = std::collections::BTreeSet::new();
    while taken.len() < usize::try_from(rest).unwrap_or(0) {
        taken.insert(cast + u32::try_from(chance.below(u64::from(all - cast))).unwrap_or(0));
    }
    chosen.extend(taken);
    chosen.into_iter().flat_map(|person| of_person(world, person, chance)).collect()
}

/// One story by id; and one by case, booking, arrest and name, where the person has them.
fn of_person(world: &World, person: u32, chance: &mut Chance) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut ask = |story, about, variables: Value| {
        if let Value::Object(variables) = variables {
            questions.push(Question { story, variables, person, about });
        }
    };
    let Some(known) = world.person(person) else { return questions };
    ask("a5", About::Person, json!({ "id": known.id }));
    let places = world.arrests_of.get(&person).map(Vec::as_slice).unwrap_or_default();
    if !places.is_empty() {
        let place = *chance.pick(places);
        if let Some(arrest) = world.arrest(place) {
            if let Some(case) = arrest.case
                && let Some(found) = world.case(case)
            {
                ask("a1", About::Case(case), json!({ "case": found.number }));
            }
            if let Some((facility, at, stay)) = custody::stay_of(world, place) {
                ask(
                    "a2",
                    About::Stay(facility, at),
                    json!({ "booking": { "facility": facility, "number": stay.number } }),
                );
            }
            if let Some(mans) = arrest.mans {
                ask("a6", About::Arrest(place), json!({ "mans": mans.to_string() }));
            }
        }
    }
    let name = &known.name;
    ask("a3", About::Name, json!({ "who": { "surname": { "is": name.surname }, "given": { "is": name.given } } }));
    questions
}

/// Compares answers with the truth.
#[derive(Debug)]
pub struct Check<'a> {
    world: &'a World,
    declared: Declared,
    pub findings: Findings,
    /// Errors of answers, which are no differences but must not be.
    pub errors: Vec<String>,
}

impl<'a> Check<'a> {
    #[must_use]
    pub fn new(world: &'a World) -> Self {
        Self::with(world, Declared::of(world))
    }

    /// The same by other declarations.
    #[must_use]
    pub fn with(world: &'a World, declared: Declared) -> Self {
        Self { world, declared, findings: Findings::default(), errors: Vec::new() }
    }

    /// Compares one answer, `{"data": …}`.
    pub fn judge(&mut self, question: &Question, answer: &Value) {
        for error in list(answer, "/errors") {
            let code = text(error, "/extensions/code").unwrap_or_default();
            let path = error.get("path").map(Value::to_string).unwrap_or_default();
            // a value that its source garbled is an error of its own field, declared like the others
            if code != "SOURCE_INVALID" || !path.contains("releaseExpected") {
                self.errors.push(format!("{} {code} {path}", question.story));
            }
        }
        let data = answer.get("data").unwrap_or(&Value::Null);
        let person = question.person;
        match question.about {
            About::Case(case) => self.by_case(case, &data["case"]),
            About::Stay(facility, place) => self.by_stay((facility, place), &data["booking"]),
            About::Arrest(place) => self.by_arrest(place, &data["arrest"]),
            About::Person => self.by_person(person, &data["person"]),
            About::Name => self.by_name(person, &data["people"]),
        }
    }

    /// Whether a record leads to the golden record of whom it is about; to somebody else where a system has two under one number.
    fn leads_to(
        &mut self,
        what: &'static str,
        of: &str,
        person: u32,
        owner: Option<u32>,
        found: &Value,
    ) -> Option<u32> {
        let id = |person: u32| self.world.person(person).map(|person| person.id.clone());
        let expected = Expected::of(id(person));
        let expected = match owner {
            Some(owner) if owner != person => expected.or(id(owner), Error::Merged),
            _ => expected,
        };
        let found = text(found, "/id");
        self.findings.compare(what, of, &expected, found.as_ref());
        owner.or(Some(person)).filter(|_| found.is_some())
    }
}
