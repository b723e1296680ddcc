//! Query: rows of a table, a field of a GraphQL source, entities of a subgraph.

use super::Cx;
use crate::graph::binding::{Access, Convert, Locator, Lookup, Mapping, RootField};
use crate::graph::link::convert::counted;
use crate::graph::link::keys;
use crate::graph::problem::{Problem, Problems};
use std::sync::Arc;

impl Cx<'_> {
    pub(super) fn lookup(&self, problems: &mut Problems) -> Option<Lookup> {
        let written = self.written;
        let table = written.table.as_ref().map(|table| Arc::clone(&table.value)).or_else(|| self.binding.table.clone());
        let Some(table) = table else {
            let name = &self.graph.type_of(self.binding.on).name;
            let problem = Problem::error(self.place(), "nothing says which table");
            problems.push(problem.with_hint(format!("write `table = \"…\"` in `[entity.{name}]`")));
            return None;
        };
        let columns = if written.columns.is_empty() {
            self.columns(problems)?
        } else {
            written.columns.iter().map(|column| Arc::clone(&column.value)).collect()
        };
        if columns.len() != self.parts {
            let message =
                format!("the key has {}, not {}", counted(self.parts, "part"), counted(columns.len(), "column"));
            problems.push(Problem::error(self.place(), message).with_hint("a column for each part of the key"));
            return None;
        }
        let mut order: Vec<Arc<str>> = written.order.iter().map(|column| Arc::clone(&column.value)).collect();
        let limit = written.limit.as_ref().map(|limit| Arc::clone(&limit.value));
        let mut limit_max = written.limit_max.as_ref().map(|(number, _)| *number);
        if self.users.iter().any(|id| self.graph.is_paged(*id)) {
            // Records that are alike in all else follow each other by their key.
            let key = self.key_columns_of_record(problems)?;
            order.extend(key.into_iter().filter(|column| !written.order.iter().any(|said| said.value == *column)));
            limit_max = None;
        }
        Some(Lookup { table, columns, order, limit, limit_max })
    }

    /// The columns that the binding's own fields name for the key.
    fn columns(&self, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
        if self.parts == 0 {
            return Some(Vec::new());
        }
        let (graph, on) = (self.graph, self.binding.on);
        let key = if self.is_key { keys::key(graph, on) } else { Vec::new() };
        let named: Vec<(Arc<str>, u8)> = if self.is_key {
            key.iter().map(|part| (Arc::clone(&graph.field(part.field).name), part.part.unwrap_or(0))).collect()
        } else {
            (0..self.parts)
                .map(|part| (Arc::clone(&self.written.name.value), u8::try_from(part).unwrap_or(u8::MAX)))
                .collect()
        };
        let found: Option<Vec<Arc<str>>> = named.iter().map(|(name, part)| self.column(name, *part)).collect();
        if found.is_none() || self.written.crosswalk.is_some() {
            let problem = Problem::error(self.place(), "nothing says which columns hold the key");
            problems.push(problem.with_hint("write `columns = [\"…\"]`"));
            return None;
        }
        found
    }

    pub(super) fn key_columns_of_record(&self, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
        let (graph, on) = (self.graph, self.binding.on);
        let key = keys::key(graph, on);
        let columns: Option<Vec<Arc<str>>> =
            key.iter().map(|part| self.column(&graph.field(part.field).name, part.part.unwrap_or(0))).collect();
        let found = columns.filter(|columns| !columns.is_empty());
        if found.is_none() {
            let message = format!("no column holds the key of `{}`, which is needed here", graph.type_of(on).name);
            problems.push(Problem::error(self.place(), message).with_hint("map the fields of the key to columns"));
        }
        found
    }

    fn column(&self, field: &str, part: u8) -> Option<Arc<str>> {
        let ids = self.graph.possible(self.binding.on);
        let id = ids.into_iter().find_map(|ty| self.graph.field_named(ty, field))?;
        let at = match self.binding.shape.mapping(id)? {
            Mapping::Value { at, .. } => at,
            // A column is compared as it stands.
            Mapping::Reference { parts, crosswalk: None, convert } if **convert == Convert::key() => {
                parts.get(usize::from(part))?
            }
            Mapping::Reference { .. } | Mapping::Object { .. } | Mapping::Objects { .. } => return None,
        };
        match at {
            Locator::Column(column) => Some(Arc::clone(column)),
            Locator::Pointer(_) | Locator::Constant(_) => None,
        }
    }

    pub(super) fn root_field(&self, problems: &mut Problems) -> Option<RootField> {
        let written = self.written;
        let Some(field) = &written.field else {
            let problem = Problem::error(self.place(), "nothing says which field of the source to ask");
            problems.push(problem.with_hint("`field = \"offenders\"`: a field of the source's own query type"));
            return None;
        };
        let batch = written.keys.is_some();
        let (keys, key_types) = match &written.keys {
            Some(keys) => (vec![Arc::clone(&keys.value)], written.keys_type.iter().collect::<Vec<_>>()),
            None => (written.key.iter().map(|key| Arc::clone(&key.value)).collect(), written.key_type.iter().collect()),
        };
        let wanted = if batch { 1 } else { self.parts };
        let problem = if batch && !written.key.is_empty() {
            Some("a call asks either for many keys, `keys`, or for one, `key`".to_owned())
        } else if batch && self.parts != 1 {
            Some(format!("`keys` takes keys of 1 part, this key has {}", self.parts))
        } else if keys.len() != wanted {
            Some(format!("the key has {}, `key` has {}", counted(wanted, "part"), counted(keys.len(), "part")))
        } else if key_types.len() != keys.len() {
            let word = if batch { "keys_type" } else { "key_type" };
            Some(format!("`{word}` is missing: the type of the argument in the source's own schema"))
        } else {
            None
        };
        if let Some(message) = problem {
            let hint = "`keys = \"ids\"` with `keys_type = \"[ID!]!\"`, or `key = \"id\"` with `key_type = \"ID!\"`";
            problems.push(Problem::error(self.place(), message).with_hint(hint));
            return None;
        }
        let key_types = key_types.into_iter().map(|text| Arc::clone(&text.value)).collect();
        let matches = if batch { self.matches(problems)? } else { self.matches_of_one(problems)? };
        let (records, one) = self.records(batch, problems)?;
        let limit = written.limit.as_ref().map(|limit| Arc::clone(&limit.value));
        let limit_max = written.limit_max.as_ref().map(|(number, _)| *number);
        let field = Arc::clone(&field.value);
        Some(RootField { field, keys, key_types, batch, records, one, matches, limit, limit_max })
    }

    pub(super) fn entities(&self, problems: &mut Problems) -> Option<Access> {
        let on = self.binding.on;
        let key = keys::key(self.graph, on);
        if !self.is_key || self.written.crosswalk.is_some() {
            let name = &self.graph.type_of(on).name;
            let problem = Problem::error(self.place(), "a federation subgraph is asked by the key of the type alone");
            problems.push(problem.with_hint(format!("`[entity.{name}.by.key]`")));
            return None;
        }
        if let Some(part) = key.iter().find(|part| part.part.is_some()) {
            let field = self.graph.coordinate(part.field);
            let message = format!("`{field}` is a record of its own: a subgraph can't be asked by it");
            problems.push(Problem::error(self.place(), message).with_hint("use a key of plain values"));
            return None;
        }
        Some(Access::Entities(key.iter().map(|part| Arc::clone(&self.graph.field(part.field).name)).collect()))
    }
}
