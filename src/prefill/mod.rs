//! Prefill: a form, filled from what others have already entered.
//!
//! A request for `prefill` expands, before it is bound, into the one query that the form asks for (`form::expand`): it is planned in one go, permitted
//! field by field, and one entry of the ledger. `asked` reads from the request which form it is for, `fill` makes the filled form of the answer, and
//! `select` writes of it what the request selects. Whoever may not read a field gets it to type: never an error, and never a hint.

mod asked;
mod fill;
mod filled;
mod select;
#[cfg(test)]
mod tests;
mod walk;
mod whole;

pub use filled::{FilledBlock, FilledField, FilledForm, Origin, Other, State, Summary};

use crate::error::Refusal;
use crate::form::Form;
use crate::form::expand::{Expansion, KEY, expand};
use crate::graph::{FieldId, Graph, ViewId};
use crate::operation::{Operation, SelectionId, Tree};
use crate::policy::Permitted;
use crate::request::Request;
use crate::response::Written;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The root field.
const FIELD: &str = "prefill";

/// The forms of a graph, each with its query for every target and every audience.
#[derive(Debug, Default)]
pub struct Prefills {
    /// `None` for a graph without the root field.
    field: Option<FieldId>,
    forms: Vec<Form>,
    /// By form, target and view.
    expansions: Vec<Vec<Vec<Expansion>>>,
}

/// A request for a filled form, expanded.
#[derive(Debug)]
pub struct Filling<'a> {
    form: &'a Form,
    expansion: &'a Expansion,
    target: usize,
    key: Value,
    /// What the request selects of the filled form.
    tree: Arc<Tree>,
    selection: SelectionId,
}

/// How much of a form was filled, for whom it counts; no person in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefilled {
    pub form: Arc<str>,
    pub summary: Summary,
}

impl Prefills {
    #[must_use]
    pub fn new(forms: Vec<Form>, graph: &Graph) -> Self {
        let of_target = |form: &Form, target: usize| {
            graph.views.iter().map(|view| expand(graph, view, form, target)).collect::<Vec<_>>()
        };
        let of_form = |form: &Form| (0..form.targets.len()).map(|target| of_target(form, target)).collect();
        let expansions = forms.iter().map(of_form).collect();
        Self { field: graph.field_named(graph.query, FIELD), forms, expansions }
    }

    #[must_use]
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    #[must_use]
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|form| *form.id == *id)
    }

    /// What an operation asks to be filled; `None` where it asks for something else.
    ///
    /// # Errors
    /// `INVALID` where `prefill` is not the only root field, or says no form, or not one thing that it is filled for.
    pub fn asked(&self, graph: &Graph, view: ViewId, operation: &Operation) -> Result<Option<Filling<'_>>, Refusal> {
        asked::asked(self, graph, view, operation)
    }

    fn expansion(&self, form: usize, target: usize, view: ViewId) -> Option<&Expansion> {
        self.expansions.get(form)?.get(target)?.get(usize::from(view.0))
    }
}

impl Filling<'_> {
    /// The request for all that the form asks for, in place of the one that asked for the form.
    #[must_use]
    pub fn request(&self) -> Request {
        let mut variables = Map::new();
        if self.expansion.asks {
            variables.insert(KEY.to_owned(), self.key.clone());
        }
        Request { document: self.expansion.document.clone(), variables, safe: true, ..Request::default() }
    }

    /// The filled form in place of the answer, as far as the request selects it.
    #[must_use]
    pub fn filled(
        &self,
        graph: &Graph,
        permitted: &Permitted,
        written: Written,
        at: i64,
    ) -> (Written, Option<Prefilled>) {
        let answer: Value = serde_json::from_slice(&written.bytes).unwrap_or_default();
        let filled = fill::fill(self, graph, permitted, &answer, at);
        let prefilled = Prefilled { form: Arc::clone(&self.form.id), summary: filled.summary };
        let (bytes, errors) = select::write(self, graph, &filled, &answer);
        (Written { bytes, errors, ..written }, Some(prefilled))
    }
}
