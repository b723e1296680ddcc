//! Print: an operation as a tree that a person can read.
//!
//! A line a selection, what is selected below it indented: `key: Type.field(arguments)`. Below a field of an interface or
//! union stands a line for each concrete type.

use super::{Operation, OperationKind, Selected, SelectionId, SetId};
use crate::graph::{Graph, Kind};
use std::fmt::Write;

#[must_use]
pub fn print(graph: &Graph, operation: &Operation) -> String {
    let tree = &operation.tree;
    let kind = match tree.kind {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
        OperationKind::Subscription => "subscription",
    };
    let name = tree.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let mut printer = Printer { graph, operation, text: format!("{kind}{name}\n") };
    printer.set(tree.root, 1);
    printer.text
}

struct Printer<'a> {
    graph: &'a Graph,
    operation: &'a Operation,
    text: String,
}

impl Printer<'_> {
    /// Recursion is bounded by the depth of the document.
    fn set(&mut self, set: SetId, depth: usize) {
        let set = self.operation.tree.set(set);
        let is_abstract = matches!(self.graph.type_of(set.on).kind, Kind::Abstract(_));
        for (concrete, selections) in &set.variants {
            if is_abstract {
                self.line(depth, &format!("on {}", self.graph.type_of(*concrete).name));
            }
            for selection in selections {
                self.selection(*selection, depth + usize::from(is_abstract));
            }
        }
    }

    fn selection(&mut self, id: SelectionId, depth: usize) {
        let selection = self.operation.tree.selection(id);
        let what = match selection.what {
            Selected::Field(field) => self.graph.coordinate(field),
            Selected::Typename => "__typename".to_owned(),
            Selected::Introspection => "introspection".to_owned(),
        };
        let arguments = self.arguments(id);
        self.line(depth, &format!("{}: {what}{arguments}", selection.key));
        if let Some(set) = selection.set {
            self.set(set, depth + 1);
        }
    }

    fn arguments(&self, id: SelectionId) -> String {
        match self.operation.arguments.get(id) {
            None => String::new(),
            Some(Ok(arguments)) if arguments.is_empty() => String::new(),
            Some(Ok(arguments)) => {
                let each = arguments.iter().map(|(name, value)| format!("{name}: {value}"));
                format!("({})", each.collect::<Vec<_>>().join(", "))
            }
            Some(Err(error)) => format!(" ! {}", error.message),
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a string can't fail.
        let _ = writeln!(self.text, "{:1$}{text}", "", depth * 2);
    }
}
