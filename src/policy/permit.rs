//! Permit: decides on an operation, before anything is fetched.

use super::asking::Asking;
use super::decisions::{Decisions, Forbidden};
use super::policies::Policies;
use crate::caller::Caller;
use crate::error::{Code, Error, Refusal};
use crate::graph::Graph;
use crate::operation::{Operation, Selected};
use std::sync::Arc;

/// An operation with a decision for every field and argument that it asks. Only [`permit`] makes one.
#[derive(Debug)]
pub struct Permitted {
    caller: Caller,
    operation: Operation,
    decisions: Arc<Decisions>,
    at: i64,
    untraced: bool,
}

impl Permitted {
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    #[must_use]
    pub const fn decisions(&self) -> &Arc<Decisions> {
        &self.decisions
    }

    /// Whether nobody else may learn, be it by the age of a copy, that its caller asked.
    #[must_use]
    pub const fn is_untraced(&self) -> bool {
        self.untraced
    }

    /// Seconds since 1970 at which the request came: what it was decided for.
    #[must_use]
    pub const fn at(&self) -> i64 {
        self.at
    }
}

/// Decides on an operation. `at`: seconds since 1970 at which the request came.
///
/// # Errors
/// `FORBIDDEN_ARGUMENT`, `PURPOSE_REQUIRED` or `PURPOSE_REFUSED`; a field that is denied is no refusal.
pub fn permit(
    policies: &Policies,
    graph: &Graph,
    caller: &Caller,
    operation: Operation,
    at: i64,
) -> Result<Permitted, Refusal> {
    permit_as(policies, graph, (caller, &Asking::of(caller)), operation, at)
}

/// The same for whoever asks like this.
pub(super) fn permit_as(
    policies: &Policies,
    graph: &Graph,
    (caller, asking): (&Caller, &Asking),
    operation: Operation,
    at: i64,
) -> Result<Permitted, Refusal> {
    served(policies, &operation, asking)?;
    emergency(caller)?;
    let decisions = policies.decisions(graph, asking, &operation, at);
    let errors = decisions.forbidden.iter().map(|forbidden| forbidden_error(policies, graph, &operation, forbidden));
    if let Some(refusal) = Refusal::of(errors.collect()) {
        return Err(refusal);
    }
    let untraced = policies.purposes.is_untraced(asking);
    Ok(Permitted { caller: caller.clone(), operation, decisions, at, untraced })
}

/// Whether anything is served for the purpose that is stated.
pub(super) fn served(policies: &Policies, operation: &Operation, asking: &Asking) -> Result<(), Refusal> {
    if policies.is_open() || !asks_for_data(operation) { Ok(()) } else { purpose(policies, asking) }
}

/// An emergency that somebody states and nobody has looked up is never passed over.
fn emergency(caller: &Caller) -> Result<(), Refusal> {
    match &caller.stated().break_glass {
        Some(_) if caller.emergency().is_none() => {
            let error = Error::new(Code::PurposeRefused, "no emergency can be opened here");
            Err(error.hint("leave out the header `break-glass`").into())
        }
        _ => Ok(()),
    }
}

/// Anything but what the schema says, and names of types.
fn asks_for_data(operation: &Operation) -> bool {
    let tree = &operation.tree;
    let of_root = tree.set(tree.root).variants.iter().flat_map(|(_, selections)| selections);
    of_root.into_iter().any(|id| matches!(tree.selection(*id).what, Selected::Field(_)))
}

fn purpose(policies: &Policies, asking: &Asking) -> Result<(), Refusal> {
    let may = policies.purposes.of(&asking.kind);
    let listed = may.join(", ");
    if asking.purpose.is_empty() {
        let hint = match may {
            [] => "no purpose is served to your kind of agency".to_owned(),
            _ => format!("send the header `purpose-of-use`; you may state {listed}"),
        };
        return Err(Error::new(Code::PurposeRequired, "the request states no purpose of use").hint(hint).into());
    }
    if !may.contains(&asking.purpose) {
        let message = format!("the purpose `{}` is not served to your kind of agency", asking.purpose);
        let hint = if may.is_empty() { "none is".to_owned() } else { format!("you may state {listed}") };
        return Err(Error::new(Code::PurposeRefused, message).hint(hint).into());
    }
    Ok(())
}

fn forbidden_error(policies: &Policies, graph: &Graph, operation: &Operation, forbidden: &Forbidden) -> Error {
    let selection = operation.tree.selection(forbidden.selection);
    let class = policies.vocabulary.class_name(forbidden.class);
    let name = &graph.type_of(forbidden.on).name;
    let message = format!("`{}` looks for {name} by {class}, and you may not look by that", forbidden.argument);
    let mut error = Error::new(Code::ForbiddenArgument, message).hint(match forbidden.lacking {
        Some(lacking) => format!("leave it out, or ask with another {}", lacking.name()),
        None => "leave it out".to_owned(),
    });
    error.locations.clone_from(&selection.locations);
    error
}
