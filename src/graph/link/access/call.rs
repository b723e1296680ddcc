//! Call: one call over HTTP, its holes, and how its answer is told apart.

use super::Cx;
use crate::graph::binding::{Convert, Endpoint, Locator, Mapping, Match, Method, Piece, Pointer};
use crate::graph::link::convert::counted;
use crate::graph::link::did_you_mean;
use crate::graph::link::keys;
use crate::graph::link::mappings::pointer;
use crate::graph::link::template;
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::written::Text;
use crate::graph::{AFTER, FIRST, TypeId};
use std::sync::Arc;

impl Cx<'_> {
    /// The call, and whether it asks for many keys at once.
    pub(super) fn endpoint(&self, problems: &mut Problems) -> Option<(Endpoint, bool)> {
        let written = self.written;
        let (method, text) = match (&written.get, &written.post) {
            (Some(get), None) => (Method::Get, get),
            (None, Some(post)) => (Method::Post, post),
            // Reported where it was read.
            _ => return None,
        };
        let path = template::path(text, problems)?;
        let body = written.body.as_ref();
        let in_body = body.map(|(body, _)| template::body_holes(body)).unwrap_or_default();
        let batch = path.0.contains(&Piece::Keys) || in_body.contains(&Piece::Keys);
        let before = problems.errors();
        self.check_holes(&path.0, &text.place, problems);
        if let Some((body, place)) = body {
            self.check_holes(&in_body, place, problems);
            self.check_holes(&template::each_holes(body), place, problems);
        }
        self.check_keys(&path.0, &in_body, batch, text, problems);
        let matches = match batch {
            true => self.matches(problems)?,
            false if problems.errors() > before => Vec::new(),
            false => self.matches_of_one(problems)?,
        };
        let (records, one) = self.records(batch, problems)?;
        let pages = self.next_page(&path, &records, one, problems);
        let repeated = self.repeated(problems);
        let absent = written.absent.clone();
        let join = written.join.as_ref().map_or_else(|| Arc::from(","), |join| Arc::clone(&join.value));
        let numbers = self.numbers(problems);
        let body = body.map(|(body, _)| body.clone());
        let endpoint = Endpoint { method, path, body, join, records, one, matches, numbers, absent, repeated, pages };
        (problems.errors() == before).then_some((endpoint, batch))
    }

    /// Every hole must be something that fills it.
    fn check_holes(&self, holes: &[Piece], place: &Place, problems: &mut Problems) {
        for hole in holes {
            match hole {
                Piece::Keys | Piece::Part(_) if self.parts == 0 => {
                    problems.push(Problem::error(place, "a search has no key, only the arguments of its field"));
                }
                Piece::Part(part) if usize::from(*part) >= self.parts => {
                    let message =
                        format!("the key has {}, there is no `{{{}}}`", counted(self.parts, "part"), part + 1);
                    problems.push(Problem::error(place, message));
                }
                Piece::Argument(name) if [FIRST, AFTER].contains(&&**name) && self.is_paged() => {
                    let message = format!("`{{{name}}}` is not for the source: the gateway cuts pages itself");
                    problems.push(Problem::error(place, message).with_hint("let the call give all records"));
                }
                Piece::Argument(name) if !self.is_argument_of_all(name) => {
                    problems.push(self.unknown(place, &format!("{{{name}}}"), name));
                }
                Piece::Text(_) | Piece::Keys | Piece::Part(_) | Piece::Argument(_) => {}
            }
        }
    }

    /// Parameters that come once for each element of a list.
    fn repeated(&self, problems: &mut Problems) -> Vec<Arc<str>> {
        let parameters = || self.written.arguments.iter().map(|argument| &*argument.to.value);
        for name in self.written.repeated.iter().filter(|name| !parameters().any(|known| *known == *name.value)) {
            let message = format!("`args` makes no parameter `{}` that could be repeated", name.value);
            let near = did_you_mean(&name.value, parameters());
            let hint = near.unwrap_or_else(|| "a hole in the path takes a list joined by commas".to_owned());
            problems.push(Problem::error(&name.place, message).with_hint(hint));
        }
        self.written.repeated.iter().map(|name| Arc::clone(&name.value)).collect()
    }

    fn is_paged(&self) -> bool {
        self.users.iter().any(|id| self.graph.is_paged(*id))
    }

    /// A call by key must name the whole key, once.
    fn check_keys(&self, path: &[Piece], body: &[Piece], batch: bool, text: &Text, problems: &mut Problems) {
        if self.parts == 0 {
            return;
        }
        let all = || path.iter().chain(body);
        let missing =
            (0..self.parts).find(|part| !all().any(|hole| matches!(hole, Piece::Part(n) if usize::from(*n) == *part)));
        if batch && all().any(|hole| matches!(hole, Piece::Part(_))) {
            problems
                .push(Problem::error(&text.place, "a call asks either for many keys, `{keys}`, or for one, `{key}`"));
        } else if batch && self.parts > 1 && path.contains(&Piece::Keys) {
            let message = format!("`{{keys}}` in a path stands for keys of 1 part, this key has {}", self.parts);
            let hint = "send them in the body of a `post`, or one a call with `{1}` and `{2}`";
            problems.push(Problem::error(&text.place, message).with_hint(hint));
        } else if !batch && let Some(part) = missing {
            let hole = if self.parts == 1 { "{key}".to_owned() } else { format!("{{{}}}", part + 1) };
            let message = format!("the call does not say which record: `{hole}` is missing");
            problems.push(Problem::error(&text.place, message).with_hint("`{keys}` asks for many at once"));
        }
        if !batch
            && let Some((number, place)) = &self.written.keys_max
            && *number > 1
        {
            let problem = Problem::error(place, "without `{keys}` one call asks for one key");
            problems.push(problem.with_hint("put `{keys}` into the path or the body, or leave `keys_max` out"));
        }
    }

    pub(super) fn matches(&self, problems: &mut Problems) -> Option<Vec<Match>> {
        let plain = |(part, at): (usize, Pointer)| match self.of_part(part).map(|known| known.convert) {
            // An instant or a fraction is written in many ways, and compared by what it is.
            Some(convert) if has_many_forms(&convert) => Match { at: Locator::Pointer(at), convert },
            _ => Match::plain(at),
        };
        self.pointers(problems).map(|pointers| pointers.into_iter().enumerate().map(plain).collect())
    }

    /// What `match` says.
    pub(super) fn pointers(&self, problems: &mut Problems) -> Option<Vec<Pointer>> {
        let written = &self.written.matches;
        if written.is_empty() {
            let problem =
                Problem::error(self.place(), "nothing says which record answers which key: `match` is missing");
            problems.push(problem.with_hint("`match = \"/place/of/the/key\"`, within a record"));
            return None;
        }
        if written.len() != self.parts {
            let message =
                format!("the key has {}, `match` has {}", counted(self.parts, "part"), counted(written.len(), "part"));
            problems.push(Problem::error(self.place(), message));
            return None;
        }
        written.iter().map(|at| pointer(at, problems)).collect()
    }

    /// A call for one key: what `match` says, else where the mapping has the fields that the key is of. Empty where neither is known:
    /// then every record of the answer counts, and `check` says so.
    pub(super) fn matches_of_one(&self, problems: &mut Problems) -> Option<Vec<Match>> {
        if !self.written.matches.is_empty() {
            return self.matches(problems);
        }
        let known = self.key_places();
        if known.is_none() && self.parts > 0 {
            let message = "nothing verifies that the records are those that were asked for";
            let hint =
                "say where in a record its key stands, `match = \"/place\"`; without it whatever comes is believed";
            problems.push(Problem::warning(self.place(), message).with_hint(hint));
        }
        Some(known.unwrap_or_default())
    }

    /// Where a record holds the key that it answers.
    fn key_places(&self) -> Option<Vec<Match>> {
        (0..self.parts).map(|part| self.of_part(part)).collect()
    }

    /// Where a record holds this part of the key.
    fn of_part(&self, part: usize) -> Option<Match> {
        if self.is_key && self.written.crosswalk.is_none() {
            let part = *keys::key(self.graph, self.binding.on).get(part)?;
            return self.key_place(&self.graph.field(part.field).name, part.part);
        }
        self.key_place(&self.written.name.value, u8::try_from(part).ok())
    }

    /// The same for all types of an abstract one.
    fn key_place(&self, field: &str, part: Option<u8>) -> Option<Match> {
        let place = |ty: TypeId| match self.binding.shape.mapping(self.graph.field_named(ty, field)?)? {
            Mapping::Value { at, convert } => Some(Match { at: at.clone(), convert: Arc::clone(convert) }),
            Mapping::Reference { parts, convert, crosswalk } => {
                let same_system = crosswalk.as_ref() == self.written.crosswalk.as_ref().map(|system| &system.value);
                let at = parts.get(usize::from(part?)).filter(|_| same_system)?;
                Some(Match { at: at.clone(), convert: Arc::clone(convert) })
            }
            _ => None,
        };
        let mut places = self.graph.possible(self.binding.on).into_iter().map(place);
        let first = places.next()??;
        places.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// Which parts of a key a body has as numbers.
    fn numbers(&self, problems: &mut Problems) -> Vec<bool> {
        let written = &self.written.keys_as;
        if let Some(first) = written.first()
            && self.written.body.is_none()
        {
            let problem = Problem::error(&first.place, "`keys_as` is for keys in the body of a `post`");
            problems.push(problem.with_hint("in an address a number is written like text; leave it out"));
        }
        if let Some(first) = written.first().filter(|_| written.len() > 1 && written.len() != self.parts) {
            let (key, said) = (counted(self.parts, "part"), counted(written.len(), "part"));
            problems.push(Problem::error(&first.place, format!("the key has {key}, `keys_as` has {said}")));
        }
        for other in written.iter().filter(|word| !["text", "number"].contains(&&*word.value)) {
            let problem =
                Problem::error(&other.place, format!("a key is sent as `text` or `number`, not as `{}`", other.value));
            problems.push(problem);
        }
        let numbers: Vec<bool> = written.iter().map(|word| &*word.value == "number").collect();
        match numbers.as_slice() {
            [all] => vec![*all; self.parts],
            _ => numbers,
        }
    }

    /// Where the records stand, and whether it is one and not a list.
    pub(super) fn records(&self, batch: bool, problems: &mut Problems) -> Option<(Pointer, bool)> {
        match (&self.written.records, &self.written.record) {
            (Some(records), None) => Some((pointer(records, problems)?, false)),
            (None, Some(record)) => Some((pointer(record, problems)?, true)),
            (None, None) => Some((Pointer::default(), self.parts > 0 && !batch && !self.written.many)),
            (Some(_), Some(record)) => {
                problems.push(Problem::error(&record.place, "either `records`, a list, or `record`, one of them"));
                None
            }
        }
    }
}

/// Whether one value can be written in several ways.
fn has_many_forms(convert: &Convert) -> bool {
    matches!(convert.bare(), Convert::DateTime { .. } | Convert::Float | Convert::Money { .. })
}
