//! Introspection: the answers to `__schema` and `__type`, within a bound.
//!
//! The introspection schema is made of lists of lists, so a short document may ask for a long answer. How long is
//! estimated from the averages of the schema before anything is written.

use super::SelectionId;
use super::coerce::Variables;
use super::documents::{Document, Documents, Prepared};
use super::flatten::Flat;
use super::frontend::{ExtendedType, Parsed, Schema, Selection, SelectionSet, introspect};
use crate::error::{Code, Error, Refusal};
use crate::graph::sdl::Sdl;
use crate::limits::Limits;
use std::sync::Arc;

/// One answer a root selection, as JSON.
pub(super) type Answers = Vec<(SelectionId, Arc<str>)>;

/// Answers that no variable can change are kept by their tree.
///
/// # Errors
/// `LIMIT` where lists nest too deep or the answer is estimated too long.
pub(super) fn answers(
    documents: &Documents,
    sdl: &Sdl,
    (document, operation): (&Document, &Prepared),
    flat: &Flat,
    variables: &Variables<'_>,
    limits: &Limits,
) -> Result<Answers, Refusal> {
    let tree = &flat.tree;
    let root = tree.set(tree.root).variants.iter().flat_map(|(_, selections)| selections);
    let mut asked = root.filter(|id| tree.selection(**id).what == super::Selected::Introspection).peekable();
    if asked.peek().is_none() {
        return Ok(Vec::new());
    }
    if let Some(known) = documents.answers.get(&tree.id) {
        return Ok(known);
    }
    let max = limits.introspection_values_max;
    if estimate(&sdl.schema, &document.parsed, &operation.definition.selection_set) > max {
        let message = format!("introspection asks for more than about {max} values");
        return Err(Error::new(Code::Limit, message).hint("ask for one type at a time, with `__type`").into());
    }
    let answers = introspect(&document.parsed, &operation.definition, sdl, variables)?;
    let of = |id: SelectionId| {
        let key = &*tree.selection(id).key;
        answers.iter().find(|(name, _)| name == key).map_or_else(|| "null".into(), |(_, json)| json.as_str().into())
    };
    let answers: Answers = asked.map(|id| (*id, of(*id))).collect();
    if operation.definition.variables.is_empty() {
        documents.answers.insert(tree.id, answers.clone());
    }
    Ok(answers)
}

/// How long the lists of a schema are, on average and at least one.
struct Lists {
    types: usize,
    fields: usize,
    arguments: usize,
    values: usize,
    directives: usize,
}

/// Values in the answer, about. Fragments are walked as often as they are spread: `expand` has counted that.
fn estimate(schema: &Schema, parsed: &Parsed, root: &SelectionSet) -> usize {
    let (mut composite, mut fields, mut arguments, mut enums, mut values) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    for ty in schema.types.values() {
        match ty {
            ExtendedType::Object(_) | ExtendedType::Interface(_) => {
                let of = match ty {
                    ExtendedType::Object(object) => &object.fields,
                    ExtendedType::Interface(interface) => &interface.fields,
                    _ => continue,
                };
                composite += 1;
                fields += of.len();
                arguments += of.values().map(|field| field.arguments.len()).sum::<usize>();
            }
            ExtendedType::InputObject(input) => {
                composite += 1;
                fields += input.fields.len();
            }
            ExtendedType::Enum(it) => {
                enums += 1;
                values += it.values.len();
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
    let mean = |sum: usize, of: usize| sum.div_ceil(of.max(1)).max(1);
    let lists = Lists {
        types: schema.types.len(),
        fields: mean(fields, composite),
        arguments: mean(arguments, fields),
        values: mean(values, enums),
        directives: schema.directive_definitions.len().max(1),
    };
    lists.below(parsed, root, false)
}

impl Lists {
    /// Recursion is bounded by the depth that `expand` allows.
    fn below(&self, parsed: &Parsed, set: &SelectionSet, within: bool) -> usize {
        let each = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => {
                let is_root = matches!(field.name.as_str(), "__schema" | "__type");
                if !within && !is_root {
                    return 0;
                }
                let times = match field.name.as_str() {
                    "types" => self.types,
                    "fields" | "inputFields" => self.fields,
                    "args" => self.arguments,
                    "enumValues" => self.values,
                    "directives" => self.directives,
                    _ => 1,
                };
                times.saturating_mul(self.below(parsed, &field.selection_set, true).saturating_add(1))
            }
            Selection::InlineFragment(inline) => self.below(parsed, &inline.selection_set, within),
            Selection::FragmentSpread(spread) => {
                let fragment = parsed.document.fragments.get(&spread.fragment_name);
                fragment.map_or(0, |fragment| self.below(parsed, &fragment.selection_set, within))
            }
        });
        each.fold(0, usize::saturating_add)
    }
}
