//! Operation: what the caller asks, checked against the graph.
//!
//! An `Operation` is valid: fragments are flattened, selections merged by response key, variables and arguments coerced, and
//! every name replaced by an id. It says nothing about whether the caller may have it; that is `policy`. No IO, no clock.
//!
//! It has two halves. The `Tree` is what the document says, the same for every request with this document, and kept.
//! Values of variables are this request's alone.

mod arguments;
mod bind;
mod coerce;
mod contested;
mod demands;
mod documents;
mod expand;
mod flatten;
mod frontend;
mod hints;
mod introspection;
mod lines;
mod print;
mod rules;
mod scalar;
mod scan;

#[cfg(test)]
mod tests;

pub use bind::bind;
pub use documents::Documents;
pub use print::print;

use crate::error::{Error, Location};
use crate::graph::{FieldId, TypeId, id};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request for data, ready to be permitted.
#[derive(Debug, Clone)]
pub struct Operation {
    pub tree: Arc<Tree>,
    /// Coerced arguments of the selections that have any, by `SelectionId`.
    pub arguments: Arguments,
    /// Answers to `__schema` and `__type` as JSON, by selection of the root. Where the arguments of `__type` are an error
    /// the answer is `null`.
    pub introspection: Vec<(SelectionId, Arc<str>)>,
}

/// What a document asks, apart from the values of its variables.
#[derive(Debug)]
pub struct Tree {
    /// Tells one tree from any other in this process: part of the plan's key, in place of the document's hash, the
    /// operation's name, the view and the values of `@skip` and `@include`.
    pub id: u64,
    pub kind: OperationKind,
    pub name: Option<Arc<str>>,
    /// The selections on the root type.
    pub root: SetId,
    pub sets: Vec<Set>,
    pub selections: Vec<Selection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

id!(
    /// Index into [`Tree::selections`].
    SelectionId(u32)
);
id!(
    /// Index into [`Tree::sets`].
    SetId(u32)
);

/// What is selected on a value of composite type, for each concrete type that it may have.
#[derive(Debug)]
pub struct Set {
    /// As declared: an object type, interface or union.
    pub on: TypeId,
    /// In the order of the graph. A type without selections has an empty list: the value is written as `{}`.
    pub variants: Vec<(TypeId, Vec<SelectionId>)>,
}

/// One response key of one concrete type, with everything that was merged into it.
#[derive(Debug)]
pub struct Selection {
    /// The response key: alias or name.
    pub key: Arc<str>,
    pub what: Selected,
    /// Selections below, for a composite type.
    pub set: Option<SetId>,
    /// Of every field merged into it, in document order.
    pub locations: Vec<Location>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selected {
    Field(FieldId),
    /// `__typename`.
    Typename,
    /// `__schema` or `__type`.
    Introspection,
}

/// The arguments of one selection by name, in the order of the schema.
pub type Coerced = Result<Map<String, Value>, Error>;

/// Coerced arguments of the selections that have any. Defaults are filled in; an argument not given has no entry.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// By selection, ascending. An error is a field error: the field is null, or what is around it.
    pub of: Vec<(SelectionId, Coerced)>,
    /// Which arguments and which of their input fields are present and not null, and which fields are named: part of the plan's key.
    pub shape: Vec<u8>,
    /// By selection of `conflicts`, ascending: the fields that its argument names, each once.
    pub named: Vec<(SelectionId, Vec<FieldId>)>,
}

impl Arguments {
    /// `None` for a selection whose field has no arguments.
    #[must_use]
    pub fn get(&self, id: SelectionId) -> Option<&Coerced> {
        let found = self.of.binary_search_by_key(&id, |(selection, _)| *selection).ok()?;
        self.of.get(found).map(|(_, arguments)| arguments)
    }

    /// The fields that an argument names; `None` where it names none.
    #[must_use]
    pub fn named(&self, id: SelectionId) -> Option<&[FieldId]> {
        let found = self.named.binary_search_by_key(&id, |(selection, _)| *selection).ok()?;
        self.named.get(found).map(|(_, fields)| fields.as_slice())
    }
}

impl Tree {
    /// How many bytes it takes, about, and a plan for it.
    #[must_use]
    pub fn weight(&self) -> u32 {
        const SELECTION: usize = 256;
        u32::try_from(self.selections.len().saturating_mul(SELECTION)).unwrap_or(u32::MAX)
    }

    #[must_use]
    pub fn selection(&self, id: SelectionId) -> &Selection {
        #[expect(clippy::indexing_slicing, reason = "ids are made by flatten and stay within their tree")]
        &self.selections[id.index()]
    }

    #[must_use]
    pub fn set(&self, id: SetId) -> &Set {
        #[expect(clippy::indexing_slicing, reason = "ids are made by flatten and stay within their tree")]
        &self.sets[id.index()]
    }

    /// The selections on a value of this concrete type.
    #[must_use]
    pub fn selections_on(&self, set: SetId, concrete: TypeId) -> &[SelectionId] {
        self.set(set).variants.iter().find(|(id, _)| *id == concrete).map_or(&[], |(_, selections)| selections)
    }
}
