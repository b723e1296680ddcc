//! Document: the GraphQL text of a fetch, out of the pointers of its layout.
//!
//! `/name/last` becomes `name { last }`. Where the layout tells concrete types apart by `__typename`, the fields of each
//! stand in a fragment on it. A document depends on the fetch alone, so it is written once.

use crate::graph::Match;
use crate::graph::{Graph, Kind, Locator, Pointer, Ty, TypeId, Wrap};
use crate::record::{Layout, Take, What};
use std::fmt::Write;
use std::sync::Arc;

/// A variable of a document: its name without `$`, its type as the source writes it, the argument that takes it.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) argument: Arc<str>,
}

/// What is selected of one object.
#[derive(Debug, Default)]
struct Selection {
    fields: Vec<(Arc<str>, Selection)>,
    fragments: Vec<(Arc<str>, Selection)>,
    /// A leaf of the source's schema as far as the mapping knows.
    scalar: bool,
}

/// `query ($ids: [ID!]!) { field(ids: $ids) { … } }`, or a mutation; `records` stand below the field.
pub(super) fn root(
    graph: &Graph,
    (kind, field, records): (&str, &str, &Pointer),
    variables: &[Variable],
    layout: &Layout,
    matches: &[Match],
) -> String {
    let mut selection = Selection::default();
    let at = selection.below(&records.0);
    at.take(graph, layout);
    for known in matches {
        if let Locator::Pointer(pointer) = &known.at {
            at.leaf(&pointer.0);
        }
    }
    at.close();
    let mut text = String::from(kind);
    list(&mut text, variables.iter().map(|it| format!("${}: {}", it.name, it.ty)));
    let _ = write!(text, " {{ {field}");
    list(&mut text, variables.iter().map(|it| format!("{}: ${}", it.argument, it.name)));
    selection.write(&mut text);
    text.push_str(" }");
    text
}

/// Federation's `_entities`, for representations of one type.
pub(super) fn entities(graph: &Graph, on: TypeId, layout: &Layout) -> String {
    let mut selection = Selection::default();
    selection.take(graph, layout);
    selection.close();
    let mut text =
        String::from("query($representations: [_Any!]!) { _entities(representations: $representations) { ... on ");
    text.push_str(&graph.type_of(on).name);
    selection.write(&mut text);
    text.push_str(" } }");
    text
}

/// A type of the graph as a GraphQL document writes it; required, since what is not given is not sent.
pub(super) fn given_type(graph: &Graph, ty: &Ty) -> String {
    fn wrapped(name: &str, wrap: &Wrap) -> String {
        let (text, required) = match wrap {
            Wrap::Named { required } => (name.to_owned(), *required),
            Wrap::List { required, of } => (format!("[{}]", wrapped(name, of)), *required),
        };
        if required { text + "!" } else { text }
    }
    let written = wrapped(&graph.type_of(ty.named).name, &ty.wrap);
    if written.ends_with('!') { written } else { written + "!" }
}

/// Whether keys of this type are numbers in JSON.
pub(super) fn is_int(ty: &str) -> bool {
    ty.trim_matches(['[', ']', '!']) == "Int"
}

/// Whether a key field of the graph is a number.
pub(super) fn is_int_field(graph: &Graph, on: TypeId, name: &str) -> bool {
    let found = graph.field_named(on, name).map(|field| &graph.type_of(graph.field(field).ty.named).kind);
    matches!(found, Some(Kind::Scalar(crate::graph::Scalar::Int)))
}

fn list(text: &mut String, items: impl Iterator<Item = String>) {
    let items: Vec<_> = items.collect();
    if !items.is_empty() {
        let _ = write!(text, "({})", items.join(", "));
    }
}

impl Selection {
    fn take(&mut self, graph: &Graph, layout: &Layout) {
        let typename = |at: &Locator| matches!(at, Locator::Pointer(pointer) if matches!(&*pointer.0, [step] if **step == *"__typename"));
        let codes = layout.columns.iter().find_map(|column| match &column.take {
            Take::Type(codes) if typename(&column.at) => Some(Arc::clone(codes)),
            _ => None,
        });
        for column in &layout.columns {
            let Locator::Pointer(pointer) = &column.at else {
                // An object at a constant is the object around it.
                if let Take::Object(inner) = &column.take {
                    self.take(graph, inner);
                }
                continue;
            };
            let parent = match column.what {
                What::Field(field) | What::Part(field, _) => Some(graph.field(field).parent),
                What::Match(_) | What::Type | What::AsOf | What::Order(_) => None,
            };
            let on = codes.iter().flat_map(|codes| codes.iter()).find(|(_, id)| Some(*id) == parent);
            let at = match on {
                Some((name, _)) => entry(&mut self.fragments, name),
                None => &mut *self,
            };
            match &column.take {
                Take::Value { .. } | Take::Type(_) => at.leaf(&pointer.0),
                Take::Object(inner) | Take::Objects(inner) => {
                    let below = at.below(&pointer.0);
                    below.take(graph, inner);
                    below.close();
                }
            }
        }
    }

    fn leaf(&mut self, path: &[Arc<str>]) {
        self.below(path).scalar = true;
    }

    /// Something must be selected of an object.
    fn close(&mut self) {
        if self.fields.is_empty() && self.fragments.is_empty() && !self.scalar {
            self.leaf(&["__typename".into()]);
        }
    }

    /// Lists are no step in GraphQL, so an index is none either.
    fn below(&mut self, path: &[Arc<str>]) -> &mut Self {
        match path.split_first() {
            None => self,
            Some((step, rest)) if step.bytes().all(|byte| byte.is_ascii_digit()) => self.below(rest),
            Some((step, rest)) => entry(&mut self.fields, step).below(rest),
        }
    }

    fn write(&self, text: &mut String) {
        if self.fields.is_empty() && self.fragments.is_empty() {
            return;
        }
        text.push_str(" {");
        for (name, below) in &self.fields {
            let _ = write!(text, " {name}");
            below.write(text);
        }
        for (name, below) in &self.fragments {
            let _ = write!(text, " ... on {name}");
            below.write(text);
        }
        text.push_str(" }");
    }
}

fn entry<'s>(entries: &'s mut Vec<(Arc<str>, Selection)>, name: &Arc<str>) -> &'s mut Selection {
    let at = entries.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        entries.push((Arc::clone(name), Selection::default()));
        entries.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "found or made in the lines above")]
    &mut entries[at].1
}
