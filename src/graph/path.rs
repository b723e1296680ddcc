//! Path: an argument of a field, or a field of an argument of an input type: `where.surname.startsWith`.

use super::{Argument, FieldId, Graph, Kind};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The value at a path in arguments; `None` where it is not there or null.
#[must_use]
pub fn value_at<'a>(arguments: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let first = arguments.get(steps.next()?)?;
    let found = steps.try_fold(first, |value, step| value.get(step))?;
    (!found.is_null()).then_some(found)
}

impl Graph {
    /// The argument, or the input field, at a path.
    #[must_use]
    pub fn argument(&self, field: FieldId, path: &str) -> Option<&Argument> {
        let mut steps = path.split('.');
        let named = |among: &'_ [Argument], name: &str| among.iter().position(|argument| *argument.name == *name);
        let arguments = &self.field(field).arguments;
        let first = arguments.get(named(arguments, steps.next()?)?)?;
        steps.try_fold(first, |argument, step| {
            let fields = self.input_fields(argument);
            fields.get(named(fields, step)?)
        })
    }

    /// The fields of an argument of an input type; none for any other, and for a list, whose elements have no path.
    #[must_use]
    pub fn input_fields(&self, argument: &Argument) -> &[Argument] {
        match &self.type_of(argument.ty.named).kind {
            Kind::Input(fields) if !argument.ty.wrap.is_list() => fields,
            _ => &[],
        }
    }

    /// Every path into an argument that ends at a plain value or at a list. An input type within itself is followed once.
    #[must_use]
    pub fn leaves(&self, argument: &Argument) -> Vec<Arc<str>> {
        const DEPTH_MAX: usize = 8;
        let mut leaves = Vec::new();
        let mut next = vec![(String::from(&*argument.name), argument, 0)];
        while let Some((path, argument, depth)) = next.pop() {
            let fields = self.input_fields(argument);
            if fields.is_empty() || depth > DEPTH_MAX {
                leaves.push(Arc::from(path));
                continue;
            }
            next.extend(fields.iter().rev().map(|field| (format!("{path}.{}", field.name), field, depth + 1)));
        }
        leaves
    }
}
