//! Expand: how many selections an operation has, without writing them out.
//!
//! Fragments that spread others twice are valid and double at each step, so a document of 900 bytes can stand for
//! millions of selections. Each fragment is counted once and remembered, and counting stops at the limit, so it costs no
//! more than the limit itself. Counted are fields, spreads and inline fragments, merged or not: never fewer than there are.

use super::frontend::{
    Definition, Name, Parsed, Selection, SelectionSet, WrittenDefinition, WrittenDocument, WrittenSelection,
};
use super::lines::Lines;
use crate::error::{Code, Error};
use crate::graph::{Graph, TypeId};
use crate::limits::Limits;
use std::collections::{HashMap, HashSet};

#[derive(Clone, Copy)]
enum Over {
    Count,
    Depth,
}

impl Over {
    fn error(self, limits: &Limits) -> Error {
        match self {
            Self::Count => {
                let max = limits.selections_max;
                let message = format!("the document has more than {max} selections after its fragments are expanded");
                Error::new(Code::Limit, message).hint("ask for less in one document")
            }
            Self::Depth => {
                let max = limits.document_depth_max;
                let message = format!("selections are nested deeper than {max} after fragments are expanded");
                Error::new(Code::Limit, message)
            }
        }
    }
}

/// Bounds the whole document before it is validated, without types: all operations together, and the depth of each.
/// Validation walks every fragment for every operation, so this bounds its time too.
///
/// # Errors
/// `LIMIT`.
pub(super) fn check_written(document: &WrittenDocument, lines: &Lines, limits: &Limits) -> Result<(), Error> {
    let mut written = Written { fragments: HashMap::new(), known: HashMap::new(), limits };
    for definition in &document.definitions {
        if let WrittenDefinition::FragmentDefinition(fragment) = definition {
            written.fragments.entry(&fragment.name).or_insert(&fragment.selection_set);
        }
    }
    let mut count = 0_usize;
    for definition in &document.definitions {
        let (WrittenDefinition::OperationDefinition(_) | WrittenDefinition::FragmentDefinition(_)) = definition else {
            continue;
        };
        let counted = match definition {
            WrittenDefinition::OperationDefinition(operation) => written.list(&operation.selection_set, 1),
            // Only for its depth: a fragment that nothing spreads is invalid, but must be walked to say so.
            WrittenDefinition::FragmentDefinition(fragment) => {
                written.spread(&fragment.name, 1).map(|size| Size { count: 0, ..size })
            }
            _ => continue,
        };
        let over = match counted {
            Ok(size) => {
                count += size.count;
                (count > limits.selections_max).then_some(Over::Count)
            }
            Err(over) => Some(over),
        };
        if let Some(over) = over {
            let error = over.error(limits);
            return Err(match definition.location() {
                Some(span) => error.at(lines.location(span.offset())),
                None => error,
            });
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Size {
    count: usize,
    /// Selection sets on top of each other.
    height: usize,
}

struct Written<'a> {
    fragments: HashMap<&'a Name, &'a Vec<WrittenSelection>>,
    /// `None` while a fragment is being counted: one that spreads itself is left for validation to report.
    known: HashMap<&'a Name, Option<Size>>,
    limits: &'a Limits,
}

impl<'a> Written<'a> {
    /// `depth` counts the sets around this one and itself.
    fn list(&mut self, list: &'a [WrittenSelection], depth: usize) -> Result<Size, Over> {
        if depth > self.limits.document_depth_max {
            return Err(Over::Depth);
        }
        let mut size = Size { count: 0, height: 1 };
        for selection in list {
            let below = match selection {
                WrittenSelection::Field(field) if field.selection_set.is_empty() => Size::default(),
                WrittenSelection::Field(field) => self.list(&field.selection_set, depth + 1)?,
                WrittenSelection::InlineFragment(inline) => self.list(&inline.selection_set, depth + 1)?,
                WrittenSelection::FragmentSpread(spread) => self.spread(&spread.fragment_name, depth + 1)?,
            };
            size.count += 1 + below.count;
            size.height = size.height.max(1 + below.height);
            if size.count > self.limits.selections_max {
                return Err(Over::Count);
            }
        }
        Ok(size)
    }

    fn spread(&mut self, name: &'a Name, depth: usize) -> Result<Size, Over> {
        let size = if let Some(size) = self.known.get(name) {
            size.unwrap_or_default()
        } else {
            let Some(list) = self.fragments.get(name).copied() else { return Ok(Size::default()) };
            self.known.insert(name, None);
            let size = self.list(list, depth)?;
            self.known.insert(name, Some(size));
            size
        };
        if (depth + size.height).saturating_sub(1) > self.limits.document_depth_max {
            return Err(Over::Depth);
        }
        Ok(size)
    }
}

/// Bounds one operation of a valid document as `flatten` will walk it: once a concrete type.
///
/// # Errors
/// `LIMIT`.
pub(super) fn check(graph: &Graph, parsed: &Parsed, operation: &Definition, limits: &Limits) -> Result<(), Error> {
    let Some(root) = graph.type_named(&operation.selection_set.ty) else { return Ok(()) };
    let mut typed = Typed { graph, parsed, known: HashMap::new(), max: limits.selections_max };
    typed.set(&operation.selection_set, root).map(drop).map_err(|over| over.error(limits))
}

struct Typed<'a> {
    graph: &'a Graph,
    parsed: &'a Parsed,
    /// By the set's address in the document, which does not move, and the concrete type.
    known: HashMap<(*const SelectionSet, TypeId), usize>,
    max: usize,
}

impl<'a> Typed<'a> {
    fn set(&mut self, set: &'a SelectionSet, concrete: TypeId) -> Result<usize, Over> {
        let key = (std::ptr::from_ref(set), concrete);
        if let Some(count) = self.known.get(&key) {
            return Ok(*count);
        }
        let count = self.list(set, concrete, &mut HashSet::new())?;
        self.known.insert(key, count);
        Ok(count)
    }

    fn list(
        &mut self,
        set: &'a SelectionSet,
        concrete: TypeId,
        visited: &mut HashSet<&'a Name>,
    ) -> Result<usize, Over> {
        let mut count = 0_usize;
        for selection in &set.selections {
            count += 1 + match selection {
                Selection::Field(field) => self.field(&field.selection_set, concrete, &field.name)?,
                Selection::InlineFragment(inline) => match &inline.type_condition {
                    Some(condition) if !applies(self.graph, condition, concrete) => 0,
                    _ => self.list(&inline.selection_set, concrete, visited)?,
                },
                Selection::FragmentSpread(spread) => match self.parsed.document.fragments.get(&spread.fragment_name) {
                    Some(fragment)
                        if visited.insert(&spread.fragment_name)
                            && applies(self.graph, fragment.type_condition(), concrete) =>
                    {
                        self.list(&fragment.selection_set, concrete, visited)?
                    }
                    _ => 0,
                },
            };
            if count > self.max {
                return Err(Over::Count);
            }
        }
        Ok(count)
    }

    fn field(&mut self, set: &'a SelectionSet, concrete: TypeId, name: &str) -> Result<usize, Over> {
        let Some(field) = self.graph.field_named(concrete, name).filter(|_| !set.selections.is_empty()) else {
            return Ok(0);
        };
        let mut count = 0_usize;
        for possible in self.graph.possible(self.graph.field(field).ty.named) {
            count = count.saturating_add(self.set(set, possible)?);
            if count > self.max {
                return Err(Over::Count);
            }
        }
        Ok(count)
    }
}

/// Whether a fragment on this type applies to a value of that object type (`DoesFragmentTypeApply` of the specification).
pub(super) fn applies(graph: &Graph, condition: &str, concrete: TypeId) -> bool {
    graph.type_named(condition).is_some_and(|condition| {
        condition == concrete || {
            match &graph.type_of(condition).kind {
                crate::graph::Kind::Abstract(possible) => possible.contains(&concrete),
                _ => false,
            }
        }
    })
}
