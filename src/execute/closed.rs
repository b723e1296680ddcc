//! Closed: what closes the records of an answer, looked up in our own registry before they are decided on.
//!
//! What closes somebody closes their records, however they were reached. One statement a type and answer, for the records and for whose they
//! are, whether or not a record came; one more for those of which only another source says whose they are. It is read at every request and
//! never kept, so a closure holds from the moment that it is entered.

use super::Run;
use super::trail::starts;
use crate::graph::{KeyPart, TypeId};
use crate::policy::Known;
use crate::record::{Cell, Keys, Layout, Raw, What};
use crate::source::{Answer, Fetch, Reason};
use indexmap::{IndexMap, IndexSet};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

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
        let keys = Keys { parts: 1, values: entered.keys().map(|key| Cow::Borrowed(key.as_str())).collect() };
        let answer = self.ask(fetch, &keys, (None, None)).await;
        if let Some((_, reason)) = answer.failed.first() {
            return Err(reason.clone());
        }
        for (number, by_type) in (0_u32..).zip(entered.values()) {
            for at in answer.groups.of(number) {
                let (Cell::Text(kind), Cell::Text(of)) = (answer.raw.cell(*at), answer.raw.cell(at + 1)) else {
                    continue;
                };
                let starts = by_type.get(answer.raw.text(of)).into_iter().flatten();
                starts.for_each(|start| known.close(*start, answer.raw.text(kind)));
            }
        }
        Ok(())
    }
}

fn column(layout: &Layout, part: KeyPart) -> Option<u32> {
    layout.position(part.part.map_or(What::Field(part.field), |n| What::Part(part.field, n)))
}

fn without_key() -> Reason {
    Reason::Invalid("a record without its key can't be looked up among what is closed".to_owned())
}
