//! Flatten: what a valid document asks of each concrete type, fragments and conditions resolved.
//!
//! This is CollectFields of the specification (6.3.2), done for every object type that a value may have, before there is
//! a value. Response keys stand in the order in which they first appear. The work is bounded by what `expand` has counted.

use super::expand::applies;
use super::frontend::{
    Definition, Field, FieldDefinition, Literal, Name, Node, OperationType, Parsed, Selection, SelectionSet,
};
use super::frontend::{DirectiveList, Schema};
use super::{OperationKind, Selected, SelectionId, Set, SetId, Tree};
use crate::error::{Code, Error, Refusal};
use crate::graph::{FieldId, Graph, Kind, TypeId};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A tree, and what coercing its arguments needs.
#[derive(Debug)]
pub(super) struct Flat {
    pub tree: Arc<Tree>,
    /// Ascending by selection.
    pub calls: Vec<Call>,
}

/// A selection whose field has arguments.
#[derive(Debug)]
pub(super) struct Call {
    pub selection: SelectionId,
    /// As the concrete type has it: an implementation may add arguments and differ in defaults.
    pub definition: Node<FieldDefinition>,
    /// The first of the fields merged; the others have the same arguments.
    pub field: Node<Field>,
}

/// `is_on` gives the value of a variable in `@skip` or `@include`.
///
/// # Errors
/// `INVALID` for fields that can't be merged after all, `INTERNAL` where the graph lacks what its own schema has.
pub(super) fn flatten(
    graph: &Graph,
    schema: &Schema,
    parsed: &Parsed,
    operation: &Definition,
    is_on: &dyn Fn(&Name) -> bool,
) -> Result<Flat, Refusal> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let root = graph.type_named(&operation.selection_set.ty).ok_or_else(|| missing(&operation.selection_set.ty))?;
    let mut flatten =
        Flatten { graph, schema, parsed, is_on, sets: Vec::new(), selections: Vec::new(), calls: Vec::new() };
    let root = flatten.set(root, &[&operation.selection_set])?;
    let Flatten { sets, selections, calls, .. } = flatten;
    let tree = Tree {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        kind: match operation.operation_type {
            OperationType::Query => OperationKind::Query,
            OperationType::Mutation => OperationKind::Mutation,
            OperationType::Subscription => OperationKind::Subscription,
        },
        name: operation.name.as_ref().map(|name| Arc::from(name.as_str())),
        root,
        sets,
        selections,
    };
    Ok(Flat { tree: Arc::new(tree), calls })
}

struct Flatten<'a> {
    graph: &'a Graph,
    schema: &'a Schema,
    parsed: &'a Parsed,
    is_on: &'a dyn Fn(&Name) -> bool,
    sets: Vec<Set>,
    selections: Vec<super::Selection>,
    calls: Vec<Call>,
}

type Grouped<'a> = IndexMap<&'a Name, Vec<&'a Node<Field>>>;

impl<'a> Flatten<'a> {
    /// A set stands before the sets below it.
    fn set(&mut self, on: TypeId, written: &[&'a SelectionSet]) -> Result<SetId, Refusal> {
        let id = SetId(index(self.sets.len()));
        self.sets.push(Set { on, variants: Vec::new() });
        let mut variants = Vec::new();
        for concrete in self.graph.possible(on) {
            let mut grouped = Grouped::new();
            let mut visited = HashSet::new();
            for set in written {
                self.collect(concrete, set, &mut visited, &mut grouped);
            }
            let selections: Result<Vec<_>, _> =
                grouped.into_iter().map(|(key, fields)| self.selection(concrete, key, &fields)).collect();
            variants.push((concrete, selections?));
        }
        if let Some(set) = self.sets.get_mut(id.index()) {
            set.variants = variants;
        }
        Ok(id)
    }

    fn collect(
        &self,
        concrete: TypeId,
        set: &'a SelectionSet,
        visited: &mut HashSet<&'a Name>,
        grouped: &mut Grouped<'a>,
    ) {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => grouped.entry(field.response_key()).or_default().push(field),
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if condition.is_none_or(|condition| applies(self.graph, condition, concrete)) {
                        self.collect(concrete, &inline.selection_set, visited, grouped);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if !visited.insert(&spread.fragment_name) {
                        continue;
                    }
                    let fragment = self.parsed.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|it| applies(self.graph, it.type_condition(), concrete)) {
                        self.collect(concrete, &fragment.selection_set, visited, grouped);
                    }
                }
            }
        }
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        let says = |name: &str, value: bool| {
            directives.get(name).and_then(|directive| directive.specified_argument_by_name("if")).is_some_and(
                |literal| match &**literal {
                    Literal::Boolean(literal) => *literal == value,
                    Literal::Variable(name) => (self.is_on)(name) == value,
                    _ => false,
                },
            )
        };
        !says("skip", true) && !says("include", false)
    }

    fn selection(&mut self, concrete: TypeId, key: &Name, fields: &[&'a Node<Field>]) -> Result<SelectionId, Refusal> {
        let Some((first, others)) = fields.split_first() else { return Err(missing(key)) };
        if let Some(other) = others.iter().find(|other| !same_arguments(first, other)) {
            return Err(self.conflict(key, other));
        }
        let id = SelectionId(index(self.selections.len()));
        let what = self.selected(concrete, &first.name)?;
        let type_name = &*self.graph.type_of(concrete).name;
        let definition = self.schema.type_field(type_name, &first.name).map_or(&first.definition, |found| &found.node);
        let has_arguments = !definition.arguments.is_empty();
        if has_arguments {
            self.calls.push(Call { selection: id, definition: definition.clone(), field: (*first).clone() });
        }
        let name = match what {
            Selected::Field(field) if first.alias.is_none() => self.graph.field(field).name.clone(),
            _ => Arc::from(key.as_str()),
        };
        self.selections.push(super::Selection {
            key: name,
            what,
            set: None,
            locations: fields.iter().filter_map(|field| self.parsed.location(field.location())).collect(),
        });
        if let Some(below) = self.composite(what) {
            let written: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
            let set = self.set(below, &written)?;
            if let Some(selection) = self.selections.get_mut(id.index()) {
                selection.set = Some(set);
            }
        }
        Ok(id)
    }

    fn selected(&self, concrete: TypeId, name: &Name) -> Result<Selected, Refusal> {
        match name.as_str() {
            "__typename" => Ok(Selected::Typename),
            "__schema" | "__type" => Ok(Selected::Introspection),
            name => self.graph.field_named(concrete, name).map(Selected::Field).ok_or_else(|| missing(name)),
        }
    }

    fn composite(&self, what: Selected) -> Option<TypeId> {
        let of = |field: FieldId| self.graph.field(field).ty.named;
        match what {
            Selected::Field(field) => {
                Some(of(field)).filter(|ty| matches!(self.graph.type_of(*ty).kind, Kind::Object(_) | Kind::Abstract(_)))
            }
            Selected::Typename | Selected::Introspection => None,
        }
    }

    fn conflict(&self, key: &Name, other: &Node<Field>) -> Refusal {
        let message = format!("fields with the response key `{key}` have different arguments");
        let error = Error::new(Code::Invalid, message).hint("give one of them an alias");
        match self.parsed.location(other.location()) {
            Some(location) => error.at(location).into(),
            None => error.into(),
        }
    }
}

/// The compiler takes two lists for the same if one is the beginning of the other.
fn same_arguments(one: &Field, other: &Field) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|argument| {
            let found = other.arguments.iter().find(|found| found.name == argument.name);
            found.is_some_and(|found| same(&argument.value, &found.value))
        })
}

fn same(one: &Literal, other: &Literal) -> bool {
    match (one, other) {
        (Literal::List(one), Literal::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Literal::Object(one), Literal::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.iter().any(|(other, found)| name == other && same(value, found)))
        }
        (one, other) => one == other,
    }
}

/// Far below the range of `u32`: `expand` has counted.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn missing(name: &str) -> Refusal {
    Refusal::new(Code::Internal, format!("`{name}` is in the schema but not in the graph"))
}
