//! Closed: what closes the records of an answer, looked up in our own registry before they are decided on.
//!
//! What closes somebody closes their records, however they were reached. One statement a type and answer, for the records and for whose they
//! are, whether or not a record came; one more for those of which only another source says whose they are. It is read at every request and
//! never kept, so a closure holds from the moment that it is entered.

use super::Run;
use super::trail::starts;
use crate::graph::{KeyPart, TypeId};
use crate::policy::Known;
use crate::record::{Cell, Keys, Layout, Raw, Take, What};
use crate::source::{Answer, Fetch, Reason};
use indexmap::{IndexMap, IndexSet};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Ways to take a text apart into the parts of a key that are looked up. One that has more is of no record.
const SPLITS_MAX: usize = 64;

/// The first cells of the records that a key of the registry is about, by the name of the type that it is of there.
type Entered = IndexMap<String, HashMap<Arc<str>, Vec<u32>>>;

impl Run<'_> {
    /// Adds what closes the records of an answer to what is known of them.
    ///
    /// # Errors
    /// Where the registry could not be asked.
    pub(super) async fn closed(&self, on: Option<TypeId>, answer: &Answer, known: &mut Known) -> Result<(), Reason> {
        let Some(declared) = on.filter(|_| !self.plan.closures.is_empty()) else { return Ok(()) };
        let graph = self.world.graph;
        let possible = graph.possible(declared);
        let none_came = answer.groups.at.is_empty() && answer.failed.is_empty();
        for (on, fetch) in self.plan.closures.iter().filter(|(on, _)| possible.contains(on)) {
            let mut entered = Entered::new();
            let starts = starts(answer, *on);
            self.add_keys(&answer.raw, *on, &starts, &mut entered)?;
            self.add_subjects(*on, &starts, known, &mut entered);
            if none_came {
                // What is not there is looked up like what is hidden: else the time that it takes would tell one from the other.
                entered.entry(String::new()).or_default();
            }
            self.look_up(fetch, &entered, known).await?;
            if none_came {
                break;
            }
        }
        for (within, fetch) in &self.plan.closures {
            if possible.iter().any(|on| graph.speaking(*on).any(|(_, ty, _)| ty == *within)) {
                self.spoken_of(*within, fetch, answer, known).await?;
            }
        }
        Ok(())
    }

    /// What closes the records that objects within the records of an answer speak of closes those objects, and a record that speaks of
    /// nothing open.
    async fn spoken_of(
        &self,
        within: TypeId,
        fetch: &Arc<Fetch>,
        answer: &Answer,
        known: &mut Known,
    ) -> Result<(), Reason> {
        let graph = self.world.graph;
        let Some(named) = graph.object(within).and_then(|object| object.speaks_of) else { return Ok(()) };
        let raw = &answer.raw;
        let (mut entered, mut by_record) = (Entered::new(), Vec::new());
        for start in &answer.groups.at {
            let mut objects = Vec::new();
            for (column, object) in (0_u32..).zip(&raw.layout.columns) {
                let (What::Field(field), Take::Object(layout) | Take::Objects(layout)) = (&object.what, &object.take)
                else {
                    continue;
                };
                if graph.field(*field).ty.named == within {
                    let columns = layout.position(What::Field(named.of)).zip(layout.position(What::Field(named.key)));
                    let (of, key) = columns.ok_or_else(without_key)?;
                    starts_within(raw, raw.cell(start + column), &mut |at| objects.push((at, of, key)));
                }
            }
            for (at, of, key) in &objects {
                self.enter(raw, (*at, at + of, at + key), &mut entered)?;
            }
            by_record.push((*start, objects));
        }
        self.look_up(fetch, &entered, known).await?;
        for (start, objects) in by_record.iter().filter(|(_, objects)| !objects.is_empty()) {
            let kinds = objects.iter().map(|(at, ..)| known.closed(*at).map(str::to_owned).collect::<Vec<_>>());
            let kinds: Vec<Vec<String>> = kinds.collect();
            if kinds.iter().all(|kinds| !kinds.is_empty()) {
                kinds.iter().flatten().for_each(|kind| known.close(*start, kind));
            }
        }
        Ok(())
    }

    /// The key that an object which begins at a cell speaks of: each way in which its text may be the parts of one.
    fn enter(&self, raw: &Raw, (at, of, key): (u32, u32, u32), entered: &mut Entered) -> Result<(), Reason> {
        let text = |at: u32| match raw.cell(at) {
            Cell::Text(text) => Ok(Some(raw.text(text))),
            Cell::Null => Ok(None),
            _ => Err(without_key()),
        };
        // What nobody could name can't be entered there.
        let (Some(of), Some(key)) = (text(of)?, text(key)?.filter(|key| !key.is_empty())) else { return Ok(()) };
        let graph = self.world.graph;
        let parts = graph.type_named(of).and_then(|id| graph.object(id)).map_or(1, |object| object.key.len().max(1));
        let splits = splits(key, parts).ok_or(Reason::Limit("key_splits_max"))?;
        for key in splits {
            entered.entry(key).or_default().entry(of.into()).or_default().push(at);
        }
        Ok(())
    }

    /// Adds what closes those whose some records are, where that was found out later than the rest.
    ///
    /// # Errors
    /// Where the registry could not be asked.
    pub(super) async fn closed_by(
        &self,
        on: Option<TypeId>,
        answer: &Answer,
        late: &IndexSet<u32>,
        known: &mut Known,
    ) -> Result<(), Reason> {
        let Some(declared) = on.filter(|_| !late.is_empty()) else { return Ok(()) };
        let possible = self.world.graph.possible(declared);
        for (on, fetch) in self.plan.closures.iter().filter(|(on, _)| possible.contains(on)) {
            let mut entered = Entered::new();
            let starts = starts(answer, *on).intersection(late).copied().collect();
            self.add_subjects(*on, &starts, known, &mut entered);
            self.look_up(fetch, &entered, known).await?;
        }
        Ok(())
    }

    /// Those whose the records of one type are.
    fn add_subjects(&self, on: TypeId, starts: &IndexSet<u32>, known: &Known, entered: &mut Entered) {
        let graph = self.world.graph;
        let Some(whose) = graph.subject_of(on).filter(|whose| *whose != on) else { return };
        let name = &graph.type_of(whose).name;
        for at in starts {
            for id in known.subjects().of(*at) {
                entered.entry(id.to_string()).or_default().entry(name.clone()).or_default().push(*at);
            }
        }
    }

    /// The keys of the records of one type.
    fn add_keys(&self, raw: &Raw, on: TypeId, starts: &IndexSet<u32>, entered: &mut Entered) -> Result<(), Reason> {
        let ty = self.world.graph.type_of(on);
        let key = self.world.graph.object(on).map_or(&[][..], |object| &object.key);
        // A record without a key, of an object that is nowhere else, can't be entered there.
        if key.is_empty() {
            return Ok(());
        }
        let columns: Option<Vec<u32>> = key.iter().map(|part| column(&raw.layout, *part)).collect();
        let columns = columns.ok_or_else(without_key)?;
        for at in starts {
            let parts = columns.iter().map(|column| match raw.cell(at + column) {
                Cell::Text(text) => Some(Cow::Borrowed(raw.text(text))),
                Cell::Int(number) => Some(Cow::Owned(number.to_string())),
                _ => None,
            });
            // As the parts of a key stand in the registry: with a unit separator between them.
            let key = parts.collect::<Option<Vec<_>>>().ok_or_else(without_key)?.join("\u{1f}");
            entered.entry(key).or_default().entry(ty.name.clone()).or_default().push(*at);
        }
        Ok(())
    }

    async fn look_up(&self, fetch: &Arc<Fetch>, entered: &Entered, known: &mut Known) -> Result<(), Reason> {
        if entered.is_empty() {
            return Ok(());
        }
        let all: Vec<_> = entered.iter().collect();
        for some in all.chunks(self.world.limits.keys_max.max(1)) {
            let keys = Keys { parts: 1, values: some.iter().map(|(key, _)| Cow::Borrowed(key.as_str())).collect() };
            let answer = self.ask(fetch, &keys, (None, None)).await;
            if let Some((_, reason)) = answer.failed.first() {
                return Err(reason.clone());
            }
            for (number, (_, by_type)) in (0_u32..).zip(some) {
                for at in answer.groups.of(number) {
                    let (Cell::Text(kind), Cell::Text(of)) = (answer.raw.cell(*at), answer.raw.cell(at + 1)) else {
                        continue;
                    };
                    let starts = by_type.get(answer.raw.text(of)).into_iter().flatten();
                    starts.for_each(|start| known.close(*start, answer.raw.text(kind)));
                }
            }
        }
        Ok(())
    }
}

/// The first cells of the objects in a field. Recursion is bounded by the depth of its lists.
fn starts_within(raw: &Raw, cell: Cell, found: &mut impl FnMut(u32)) {
    match cell {
        Cell::Object(at) => found(at),
        Cell::List(span) => (span.start..span.start + span.len).for_each(|n| starts_within(raw, raw.cell(n), found)),
        _ => {}
    }
}

/// A text as so many parts, in every way in which spaces may stand between them or in them: as keys stand in the registry. `None` where
/// there are too many.
fn splits(text: &str, parts: usize) -> Option<Vec<String>> {
    let words: Vec<&str> = text.split(' ').collect();
    // By the parts that are there so far, what is made of the words so far.
    let mut made: Vec<(usize, String)> = vec![(1, words.first().copied().unwrap_or_default().to_owned())];
    for word in words.iter().skip(1) {
        let mut next = Vec::with_capacity(made.len() * 2);
        for (count, begun) in made {
            if count < parts {
                next.push((count + 1, format!("{begun}\u{1f}{word}")));
            }
            next.push((count, format!("{begun} {word}")));
        }
        made = next;
        if made.len() > SPLITS_MAX {
            return None;
        }
    }
    // A text with fewer parts than there should be is looked up as it is.
    let whole: Vec<String> = made.iter().filter(|(count, _)| *count == parts).map(|(_, key)| key.clone()).collect();
    Some(if whole.is_empty() { made.into_iter().map(|(_, key)| key).collect() } else { whole })
}

fn column(layout: &Layout, part: KeyPart) -> Option<u32> {
    layout.position(part.part.map_or(What::Field(part.field), |n| What::Part(part.field, n)))
}

fn without_key() -> Reason {
    Reason::Invalid("a record without its key can't be looked up among what is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::splits;

    #[test]
    fn a_key_is_looked_up_however_it_may_be_meant() {
        let split = |text: &str, parts: usize| splits(text, parts).map(|all| all.join("; ").replace('\u{1f}', "|"));
        assert_eq!(split("DC-1", 1).unwrap(), "DC-1");
        assert_eq!(split("DC 1", 1).unwrap(), "DC 1");
        assert_eq!(split("MT0560000 26-0417", 2).unwrap(), "MT0560000|26-0417");
        assert_eq!(split("MT 05 26", 2).unwrap(), "MT|05 26; MT 05|26");
        assert_eq!(split("a b c", 3).unwrap(), "a|b|c");
        assert_eq!(split("alone", 2).unwrap(), "alone");
        assert_eq!(split(&"a ".repeat(100), 1).unwrap().len(), 200);
        assert_eq!(split(&"a ".repeat(100), 3), None);
    }
}
