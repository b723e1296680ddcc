//! Visit: serde's side of `decode`. Of what nobody reads only the names of members are looked at: no member comes twice, anywhere.

use super::Reason;
use super::convert::Scalar;
use super::decode::{Decoded, Step};
use super::names::{Flaw, Names};
use super::page::Next;
use super::run::Run;
use super::trie::Node;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// One place of a record.
struct Visit<'v, 'a> {
    run: &'v mut Run<'a>,
    node: &'v Node,
    /// The record itself: it must be of a shape that holds columns.
    top: bool,
}

/// Ends the reading where something failed; the reason stands in the run.
fn go_on<E: Error>(run: &Run<'_>) -> Result<(), E> {
    if run.failure.is_some() { Err(E::custom("stopped")) } else { Ok(()) }
}

pub(super) fn stop<E: Error>(run: &mut Run<'_>, detail: &str) -> E {
    run.invalid(detail);
    E::custom("stopped")
}

pub(super) const TWICE: &str = "a member that comes twice";
pub(super) const DEEP: &str = "more levels than an answer may have";

/// A value that nobody reads.
pub(super) fn pass<E: Error>(run: &mut Run<'_>, value: &RawValue) -> Result<(), E> {
    run.names.once(value.get(), run.bounds.depth_max).map_err(|flaw| match flaw {
        Flaw::Twice => stop(run, TWICE),
        Flaw::Deep => stop(run, DEEP),
    })
}

/// The end of an object whose names begin here.
pub(super) fn end<E: Error>(run: &mut Run<'_>, names: usize) -> Result<(), E> {
    if run.names.close(names) { Ok(()) } else { Err(stop(run, TWICE)) }
}

impl Visit<'_, '_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        if self.top && scalar == Scalar::Null {
            self.run.absent = true;
        } else if self.top && !self.run.trie.top.of_scalar {
            return Err(stop(self.run, "a scalar where a record should be"));
        } else {
            self.run.scalar(self.node, scalar);
        }
        go_on(self.run)
    }
}

impl<'de> DeserializeSeed<'de> for Visit<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Visit<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(Scalar::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(Scalar::Int(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(Scalar::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(value))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(Scalar::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Visit { run, node, .. } = self;
        run.open(node, true);
        run.not_scalar(node);
        run.not_list(node);
        go_on(run)?;
        let mut seen = Seen::default();
        let mut hint = 0;
        let names = run.names.open();
        while let Some(found) = map.next_key_seed(Member { members: &node.members, hint, others: &mut run.names })? {
            let Some((at, (_, below))) = found.and_then(|at| Some((at, node.members.get(at)?))) else {
                pass(run, map.next_value()?)?;
                continue;
            };
            if !seen.insert(at) {
                return Err(stop(run, TWICE));
            }
            hint = at + 1;
            map.next_value_seed(Visit { run, node: below, top: false })?;
        }
        end(run, names)?;
        run.close(node);
        go_on(run)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Visit { run, node, top } = self;
        if top && node.elements.is_empty() {
            return Err(stop(run, "a list where a record should be"));
        }
        run.open(node, !node.elements.is_empty());
        run.not_scalar(node);
        go_on(run)?;
        let mut named = node.elements.iter().peekable();
        for index in 0_usize.. {
            let below = named.next_if(|(at, _)| *at == index).map(|(_, below)| below).or(node.each.as_deref());
            let more = match below {
                Some(node) => seq.next_element_seed(Visit { run, node, top: false })?.is_some(),
                None => match seq.next_element()? {
                    Some(value) => pass(run, value).map(|()| true)?,
                    None => false,
                },
            };
            if !more {
                break;
            }
        }
        for list in &node.lists {
            run.end_list(list.id, list.target);
        }
        run.close(node);
        go_on(run)
    }
}

/// The members seen of one object.
#[derive(Default)]
struct Seen {
    first: u64,
    others: Vec<usize>,
}

impl Seen {
    fn insert(&mut self, at: usize) -> bool {
        if at < 64 {
            let bit = 1 << at;
            let new = self.first & bit == 0;
            self.first |= bit;
            return new;
        }
        let new = !self.others.contains(&at);
        self.others.push(at);
        new
    }
}

/// Finds a member by name, beginning after the one found before: sources keep their order.
struct Member<'v> {
    members: &'v [(Arc<str>, Node)],
    hint: usize,
    others: &'v mut Names,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Member<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let is = |(_, (member, _)): &(usize, &(Arc<str>, Node))| **member == *name;
        let (before, after) = self.members.split_at(self.hint.min(self.members.len()));
        let found = (self.hint..).zip(after).find(is).or_else(|| before.iter().enumerate().find(is));
        if found.is_none() {
            self.others.add(name);
        }
        Ok(found.map(|(at, _)| at))
    }
}

/// The way from the top of an answer to its records, and the records.
pub(super) struct Place<'v, 'a> {
    pub(super) run: &'v mut Run<'a>,
    pub(super) path: &'v [Arc<str>],
    /// The way from here to the token of the next page, where it passes here.
    pub(super) next: Option<&'v [Arc<str>]>,
    pub(super) one: bool,
    pub(super) into: &'v mut Decoded,
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() && self.one {
            let record = Record(self.run).deserialize(deserializer)?;
            self.into.null = record.is_none();
            self.into.records.extend(record);
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

/// One record: its first cell, or nothing for null.
struct Record<'v, 'a>(&'v mut Run<'a>);

impl<'de> DeserializeSeed<'de> for Record<'_, '_> {
    type Value = Option<Option<u32>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let run = self.0;
        let cells = run.raw.cells.len();
        let at = run.begin();
        go_on(run)?;
        let trie = run.trie;
        Visit { run, node: &trie.root, top: true }.deserialize(deserializer)?;
        if run.absent {
            run.raw.cells.truncate(cells);
            return Ok(None);
        }
        run.end();
        go_on(run)?;
        Ok(Some(Some(at)))
    }
}

impl<'de> Visitor<'de> for Place<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.into.null = true;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.path.split_first() else {
            return Err(stop(self.run, "an object where the list of records should be"));
        };
        let next = self.next.and_then(<[_]>::split_first);
        let steps = [Some(&**step), next.map(|(step, _)| &**step)];
        let (mut found, mut turned) = (false, false);
        let names = self.run.names.open();
        while let Some([to_records, to_next]) = map.next_key_seed(Is(steps, &mut self.run.names))? {
            let next = next.filter(|_| to_next).map(|(_, rest)| rest);
            if (to_records && found) || (to_next && turned) {
                return Err(stop(self.run, TWICE));
            }
            (found, turned) = (found || to_records, turned || to_next);
            match next {
                _ if to_records => {
                    let Place { run, into, one, .. } = &mut self;
                    map.next_value_seed(Place { run, path: rest, next, one: *one, into })?;
                }
                Some(path) => map.next_value_seed(Next { run: self.run, path, into: &mut self.into.next })?,
                None => pass(self.run, map.next_value()?)?,
            }
        }
        end(self.run, names)?;
        if found { Ok(()) } else { Err(stop(self.run, "no member where the records should be")) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            return Err(stop(self.run, "a list above the place of the records"));
        }
        while let Some(record) = seq.next_element_seed(Record(self.run))? {
            if self.into.records.len() >= self.run.bounds.records_max {
                self.run.fail(Reason::Limit("records of an answer"));
            }
            go_on(self.run)?;
            self.into.records.push(record.flatten());
        }
        Ok(())
    }
}

/// Which of these names a member has; where any other goes.
pub(super) struct Is<'v, const N: usize>(pub(super) [Option<&'v str>; N], pub(super) &'v mut Names);

impl<'de, const N: usize> DeserializeSeed<'de> for Is<'_, N> {
    type Value = [bool; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for Is<'_, N> {
    type Value = [bool; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let is = self.0.map(|step| step == Some(name));
        if !is.contains(&true) {
            self.1.add(name);
        }
        Ok(is)
    }
}

/// `{"data": …, "errors": […]}`, in any order.
pub(super) struct Envelope<'v, 'a>(pub(super) Place<'v, 'a>);

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    path: Option<Vec<Step>>,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GraphQL answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Place { run, path, next, one, into } = self.0;
        let (mut data, mut errors) = (false, false);
        let names = run.names.open();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let twice = match &*name {
                "data" => std::mem::replace(&mut data, true),
                "errors" => std::mem::replace(&mut errors, true),
                _ => {
                    run.names.add(&name);
                    pass(run, map.next_value()?)?;
                    continue;
                }
            };
            if twice {
                return Err(stop(run, TWICE));
            }
            if *name == *"data" {
                map.next_value_seed(Place { run: &mut *run, path, next, one, into: &mut *into })?;
            } else {
                let faults = map.next_value::<Option<Vec<Fault>>>()?.unwrap_or_default();
                into.errors = faults.into_iter().map(|fault| fault.path.unwrap_or_default()).collect();
            }
        }
        end(run, names)?;
        match (data, into.errors.is_empty()) {
            (true, _) => Ok(()),
            // A request that the source refused has errors and no data.
            (false, false) => {
                into.null = true;
                Ok(())
            }
            (false, true) => Err(stop(run, "no data in a GraphQL answer")),
        }
    }
}
