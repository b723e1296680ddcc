//! Condition: `when`, for which values a source is asked at all.

use super::Cx;
use crate::graph::binding::{Condition, ConditionOf};
use crate::graph::link::{did_you_mean, keys};
use crate::graph::problem::{Problem, Problems};
use crate::graph::written::Text;
use std::sync::Arc;

impl Cx<'_> {
    pub(super) fn conditions(&self, problems: &mut Problems) -> Vec<Condition> {
        let condition = |(name, values): &(Text, Vec<Text>)| {
            let of = self.condition_of(name, problems)?;
            if values.is_empty() {
                problems.push(Problem::error(&name.place, "no value at all: the source would never be asked"));
            }
            Some(Condition { of, values: values.iter().map(|value| Arc::clone(&value.value)).collect() })
        };
        self.written.when.iter().filter_map(condition).collect()
    }

    /// A part of the key by its name, else an argument by its path.
    fn condition_of(&self, name: &Text, problems: &mut Problems) -> Option<ConditionOf> {
        let parts = self.part_names();
        if let Some(part) = parts.iter().position(|part| *part == name.value) {
            return u8::try_from(part).ok().map(ConditionOf::Part);
        }
        if self.names_an_argument(&name.value) {
            return Some(ConditionOf::Argument(Arc::clone(&name.value)));
        }
        let arguments = self.users.iter().flat_map(|id| &self.graph.field(*id).arguments);
        let paths: Vec<Arc<str>> = arguments.flat_map(|argument| self.graph.leaves(argument)).collect();
        let known = parts.iter().chain(&paths).map(|name| &**name);
        let message = format!("`{}` is neither a part of the key here nor an argument", name.value);
        problems.push(Problem::error(&name.place, message).with_hint_if(did_you_mean(&name.value, known)));
        None
    }

    /// What the parts of the key are called, where this is a way in by key.
    fn part_names(&self) -> Vec<Arc<str>> {
        if self.parts == 0 || self.written.crosswalk.is_some() {
            return Vec::new();
        }
        if !self.is_key {
            return if self.parts == 1 { vec![Arc::clone(&self.written.name.value)] } else { Vec::new() };
        }
        keys::key(self.graph, self.binding.on).iter().map(|part| keys::part_name(self.graph, *part)).collect()
    }
}
