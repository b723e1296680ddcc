//! Whole: requests for all of a form, filled or not, for those who do not speak GraphQL.

use super::{FIELD, Prefills};
use crate::form::Target;
use crate::graph::{Argument, Graph, Kind, TypeId};
use crate::request::Request;
use serde_json::{Map, Value};

/// Between the parts of a key, as addresses have them: `MT0560000/26-00417`.
const BETWEEN: char = '/';

impl Prefills {
    /// The request for a form filled for one thing, all of it. `None` where the graph fills no forms, or none for such a thing.
    #[must_use]
    pub fn request(&self, graph: &Graph, form: &str, target: &str, key: &str) -> Option<Request> {
        let field = graph.field(self.field?);
        let argument =
            field.arguments.iter().find(|argument| *argument.name == *target && *argument.name != *"form")?;
        let ty = &graph.type_of(argument.ty.named).name;
        let document = format!(
            "query Prefill($form: ID!, $key: {ty}) {{ {FIELD}(form: $form, {target}: $key) {{ {} }} }}",
            all_of(graph, field.ty.named)
        );
        let mut variables = Map::new();
        variables.insert("form".to_owned(), Value::from(form));
        variables.insert("key".to_owned(), key_of(graph, argument, key)?);
        Some(Request { document, variables, ..Request::default() })
    }

    /// The request for all forms as they are.
    #[must_use]
    pub fn list(&self, graph: &Graph) -> Option<Request> {
        let field = graph.field(graph.field_named(graph.query, "forms")?);
        let document = format!("query Forms {{ forms {{ {} }} }}", all_of(graph, field.ty.named));
        Some(Request { document, ..Request::default() })
    }

    /// What a form can be filled for; nothing for a form that there is not.
    pub fn targets(&self, form: &str) -> impl Iterator<Item = &Target> {
        self.form(form).into_iter().flat_map(|form| &form.targets)
    }
}

/// A key as an argument takes it: a text, or an object of as many parts as it needs.
fn key_of(graph: &Graph, argument: &Argument, key: &str) -> Option<Value> {
    let Kind::Input(parts) = &graph.type_of(argument.ty.named).kind else { return Some(Value::from(key)) };
    let said: Vec<&str> = key.splitn(parts.len(), BETWEEN).collect();
    if said.len() != parts.len() {
        return None;
    }
    let object = parts.iter().zip(said).map(|(part, said)| (part.name.to_string(), Value::from(said)));
    Some(Value::Object(object.collect()))
}

/// Every field of a type, and of the types within it. The graph describes forms by types that do not contain themselves.
fn all_of(graph: &Graph, of: TypeId) -> String {
    let fields = graph.object(of).map(|object| object.fields.as_slice()).unwrap_or_default();
    let written = fields.iter().map(|field| {
        let field = graph.field(*field);
        match graph.type_of(field.ty.named).kind {
            Kind::Object(_) => format!("{} {{ {} }}", field.name, all_of(graph, field.ty.named)),
            _ => field.name.to_string(),
        }
    });
    written.collect::<Vec<_>>().join(" ")
}
