//! Asked: which form an operation wants filled, and for whom.

use super::{FIELD, Filling, Prefills};
use crate::error::{Code, Error, Refusal};
use crate::graph::problem::did_you_mean;
use crate::graph::{Graph, ViewId};
use crate::operation::{Operation, Selected, Selection, SelectionId};
use serde_json::Value;
use std::sync::Arc;

/// The argument that says which form.
const FORM: &str = "form";

pub(super) fn asked<'a>(
    prefills: &'a Prefills,
    graph: &Graph,
    view: ViewId,
    operation: &Operation,
) -> Result<Option<Filling<'a>>, Refusal> {
    let tree = &operation.tree;
    let Some(field) = prefills.field.filter(|_| !prefills.forms.is_empty()) else { return Ok(None) };
    let of_root: Vec<SelectionId> = tree.selections_on(tree.root, graph.query).to_vec();
    let is_prefill = |id: &SelectionId| tree.selection(*id).what == Selected::Field(field);
    let Some(selection) = of_root.iter().copied().find(is_prefill) else { return Ok(None) };
    let wanted = tree.selection(selection);
    let other = of_root.iter().find(|id| **id != selection && tree.selection(**id).what != Selected::Typename);
    if let Some(other) = other {
        let message = format!("`{FIELD}` is asked for alone: nothing may stand beside it");
        return Err(at(tree.selection(*other), message).hint("ask for the rest in another operation").into());
    }
    let arguments = match operation.arguments.get(selection) {
        Some(Ok(arguments)) => arguments,
        Some(Err(error)) => return Err(error.clone().into()),
        None => return Err(at(wanted, format!("`{FIELD}` says no form")).into()),
    };
    let id = arguments.get(FORM).and_then(Value::as_str).unwrap_or_default();
    let Some(place) = prefills.forms.iter().position(|form| *form.id == *id) else {
        let known = || prefills.forms.iter().map(|form| &*form.id);
        let hint = did_you_mean(id, known());
        let hint = hint.unwrap_or_else(|| format!("there are {}", known().collect::<Vec<_>>().join(", ")));
        return Err(at(wanted, "there is no such form").hint(hint).into());
    };
    let form = prefills.forms.get(place).ok_or_else(|| Refusal::new(Code::Internal, "the form is gone"))?;
    let given: Vec<(&String, &Value)> =
        arguments.iter().filter(|(name, value)| *name != FORM && !value.is_null()).collect();
    let targets = || form.targets.iter().map(|target| format!("`{}`", target.name)).collect::<Vec<_>>().join(", ");
    let [(name, key)] = given.as_slice() else {
        let message = format!("a form is filled for one thing, and {} are given", given.len());
        return Err(at(wanted, message).hint(format!("give one of {}", targets())).into());
    };
    let Some(target) = form.target(name) else {
        let message = format!("the form `{}` can't be filled for a `{name}`", form.id);
        return Err(at(wanted, message).hint(format!("give one of {}", targets())).into());
    };
    let expansion = prefills.expansion(place, target, view);
    let expansion = expansion.ok_or_else(|| Refusal::new(Code::Internal, "there is no such view of the graph"))?;
    let (tree, key) = (Arc::clone(tree), (*key).clone());
    Ok(Some(Filling { form, expansion, target, key, tree, selection }))
}

fn at(selection: &Selection, message: impl Into<String>) -> Error {
    let error = Error::new(Code::Invalid, message);
    match selection.locations.first() {
        Some(place) => error.at(*place),
        None => error,
    }
}
