//! Closed: what closes the records of an answer, looked up in our own registry before they are decided on.
//!
//! One statement a type and answer, whether or not a record came. It is read at every request and never kept, so a closure holds from the
//! moment that it is entered.

use super::Run;
use crate::graph::{KeyPart, TypeId};
use crate::policy::Closed;
use crate::record::{Cell, Keys, Layout, Raw, What};
use crate::source::{Answer, Fetch, Reason};
use std::borrow::Cow;
use std::collections::HashMap;

impl Run<'_> {
    /// What closes the records of an answer.
    ///
    /// # Errors
    /// Where the registry could not be asked.
    pub(super) async fn closed(&self, on: Option<TypeId>, answer: &Answer) -> Result<Closed, Reason> {
        let mut closed = Closed::default();
        let Some(declared) = on else { return Ok(closed) };
        let possible = self.world.graph.possible(declared);
        let none_came = answer.groups.at.is_empty() && answer.failed.is_empty();
        for (on, fetch) in self.plan.closures.iter().filter(|(on, _)| possible.contains(on)) {
            let mut records = self.keys_of(&answer.raw, *on, &answer.groups.at)?;
            if none_came {
                // What is not there is looked up like what is hidden: else the time that it takes would tell one from the other.
                records.insert(String::new(), Vec::new());
            }
            self.look_up(fetch, &records, &mut closed).await?;
            if none_came {
                break;
            }
        }
        Ok(closed)
    }

    /// The keys of the records of one type, each with the cells at which its records start.
    fn keys_of(&self, raw: &Raw, on: TypeId, starts: &[u32]) -> Result<HashMap<String, Vec<u32>>, Reason> {
        let layout = &*raw.layout;
        let type_column = layout.position(What::Type);
        let key = self.world.graph.object(on).map_or(&[][..], |object| &object.key);
        let mut records: HashMap<String, Vec<u32>> = HashMap::new();
        // A record without a key, of an object that is nowhere else, can't be entered there.
        if key.is_empty() {
            return Ok(records);
        }
        let columns: Option<Vec<u32>> = key.iter().map(|part| column(layout, *part)).collect();
        let columns = columns.ok_or_else(without_key)?;
        for at in starts {
            if type_column.is_some_and(|column| raw.cell(at + column) != Cell::Type(on)) {
                continue;
            }
            let parts = columns.iter().map(|column| match raw.cell(at + column) {
                Cell::Text(text) => Some(Cow::Borrowed(raw.text(text))),
                Cell::Int(number) => Some(Cow::Owned(number.to_string())),
                _ => None,
            });
            // The parts of a key stand in the registry with a space between them.
            let key = parts.collect::<Option<Vec<_>>>().ok_or_else(without_key)?.join(" ");
            records.entry(key).or_default().push(*at);
        }
        Ok(records)
    }

    async fn look_up(
        &self,
        fetch: &Fetch,
        records: &HashMap<String, Vec<u32>>,
        closed: &mut Closed,
    ) -> Result<(), Reason> {
        if records.is_empty() {
            return Ok(());
        }
        let all: Vec<(&String, &Vec<u32>)> = records.iter().collect();
        let keys = Keys { parts: 1, values: all.iter().map(|(key, _)| Cow::Borrowed(key.as_str())).collect() };
        let answer = self.ask(fetch, &keys, (None, None)).await;
        if let Some((_, reason)) = answer.failed.first() {
            return Err(reason.clone());
        }
        for (number, (_, starts)) in (0_u32..).zip(&all) {
            for at in answer.groups.of(number) {
                if let Cell::Text(kind) = answer.raw.cell(*at) {
                    starts.iter().for_each(|start| closed.add(*start, answer.raw.text(kind)));
                }
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
