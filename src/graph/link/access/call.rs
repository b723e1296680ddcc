//! Call: one call over HTTP, its holes, and how its answer is told apart.

use super::Cx;
use crate::graph::binding::{Convert, Endpoint, Locator, Mapping, Method, Piece, Pointer};
use crate::graph::link::convert::counted;
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
        let before = problems.0.len();
        self.check_holes(&path.0, &text.place, problems);
        if let Some((body, place)) = body {
            self.check_holes(&in_body, place, problems);
            self.check_holes(&template::each_holes(body), place, problems);
        }
        self.check_keys(&path.0, &in_body, batch, text, problems);
        let matches = match batch {
            true => self.matches(problems)?,
            false if problems.0.len() > before => Vec::new(),
            false => self.matches_of_one(problems)?,
        };
        let (records, one) = self.records(batch, problems)?;
        let single = self.parts > 0 && !batch;
        let none = written.none.clone().unwrap_or_else(|| if single { vec![404] } else { Vec::new() });
        let join = written.join.as_ref().map_or_else(|| Arc::from(","), |join| Arc::clone(&join.value));
        let body = body.map(|(body, _)| body.clone());
        let endpoint = Endpoint { method, path, body, join, records, one, matches, none };
        (problems.0.len() == before).then_some((endpoint, batch))
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

    pub(super) fn matches(&self, problems: &mut Problems) -> Option<Vec<Pointer>> {
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

    /// A call for one key: what `match` says, else where the key fields of the type stand. Empty where neither is known:
    /// then every record of the answer counts.
    pub(super) fn matches_of_one(&self, problems: &mut Problems) -> Option<Vec<Pointer>> {
        if self.written.matches.is_empty() {
            Some(self.key_places().unwrap_or_default())
        } else {
            self.matches(problems)
        }
    }

    /// Where a record holds the key of its type, if it stands there as it is.
    fn key_places(&self) -> Option<Vec<Pointer>> {
        if !self.is_key || self.written.crosswalk.is_some() {
            return None;
        }
        let key = keys::key(self.graph, self.binding.on);
        key.iter().map(|part| self.key_place(&self.graph.field(part.field).name, part.part)).collect()
    }

    /// The same for all types of an abstract one.
    fn key_place(&self, field: &str, part: Option<u8>) -> Option<Pointer> {
        let place = |ty: TypeId| match self.binding.shape.mapping(self.graph.field_named(ty, field)?)? {
            Mapping::Value { at: Locator::Pointer(at), convert } => {
                let plain = matches!(**convert, Convert::Text { trim: false, .. } | Convert::Int | Convert::Any);
                plain.then_some(at)
            }
            Mapping::Reference { parts, crosswalk: None } => match parts.get(usize::from(part?))? {
                Locator::Pointer(at) => Some(at),
                Locator::Column(_) | Locator::Constant(_) => None,
            },
            _ => None,
        };
        let mut places = self.graph.possible(self.binding.on).into_iter().map(place);
        let first = places.next()??;
        places.all(|other| other == Some(first)).then(|| first.clone())
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
