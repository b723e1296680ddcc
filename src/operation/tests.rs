//! Text in, printed tree out. The graph is made from SDL by hand: names, types and fields, no sources.

mod coercion;
mod flattening;
mod hostile;
mod requests;
mod validation;

use super::frontend::{ExtendedType, Schema, Type as Written};
use super::{Documents, Operation, bind, print};
use crate::error::Refusal;
use crate::graph::sdl::Sdl;
use crate::graph::{
    Argument, Audience, Data, Field, FieldId, Graph, Kind, Object, Place, Role, Scalar, Ty, Type, TypeId, View, ViewId,
    Wrap,
};
use crate::limits::Limits;
use crate::request::Request;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

const SDL: &str = include_str!("tests/schema.graphql");

pub(super) fn graph(sdl: &str) -> Graph {
    let schema = Schema::parse_and_validate(sdl, "test.graphql").unwrap();
    let ours = schema.types.iter().filter(|(name, _)| !name.starts_with("__"));
    let names: HashMap<Arc<str>, TypeId> =
        ours.clone().zip(0..).map(|((name, _), id)| (name.as_str().into(), TypeId(id))).collect();
    let implementers = schema.implementers_map();
    let (mut types, mut fields) = (Vec::new(), Vec::new());
    for ((name, ty), parent) in ours.zip(0..) {
        let kind = match ty {
            ExtendedType::Scalar(_) => Kind::Scalar(Scalar::Other),
            ExtendedType::Enum(it) => Kind::Enum(it.values.keys().map(|name| name.as_str().into()).collect()),
            ExtendedType::InputObject(_) => Kind::Input(Vec::new()),
            ExtendedType::Union(it) => Kind::Abstract(it.members.iter().map(|name| names[name.as_str()]).collect()),
            ExtendedType::Interface(_) => {
                let mut possible: Vec<_> = implementers[name].objects.iter().map(|name| names[name.as_str()]).collect();
                possible.sort();
                Kind::Abstract(possible)
            }
            ExtendedType::Object(it) => {
                let first = fields.len();
                fields.extend(it.fields.values().map(|field| {
                    Field {
                        parent: TypeId(parent),
                        name: field.name.as_str().into(),
                        ty: ty_of(&names, &field.ty),
                        arguments: field
                            .arguments
                            .iter()
                            .map(|argument| Argument {
                                name: argument.name.as_str().into(),
                                ty: ty_of(&names, &argument.ty),
                                has_default: argument.default_value.is_some(),
                                classes: Vec::new(),
                            })
                            .collect(),
                        role: Role::Value,
                        data: Data::default(),
                        search: None,
                        place: Place::default(),
                    }
                }));
                let fields = (first..fields.len()).map(|id| FieldId(id.try_into().unwrap())).collect();
                Kind::Object(Object { fields, ..Object::default() })
            }
        };
        types.push(Type { name: name.as_str().into(), kind, place: Place::default() });
    }
    let query = names["Query"];
    let implementers = schema.implementers_map();
    let audience = Audience { name: "all".into(), classes: None };
    let views = vec![View { audience, sdl: Sdl { schema, implementers } }];
    let (sources, bindings, crosswalks) = (Vec::new(), Vec::new(), Vec::new());
    Graph { types, fields, sources, bindings, crosswalks, views, query, mutation: None, epoch: 1, names }
}

fn ty_of(names: &HashMap<Arc<str>, TypeId>, ty: &Written) -> Ty {
    fn wrap(ty: &Written) -> Wrap {
        match ty {
            Written::Named(_) | Written::NonNullNamed(_) => Wrap::Named { required: ty.is_non_null() },
            Written::List(of) | Written::NonNullList(of) => {
                Wrap::List { required: ty.is_non_null(), of: Box::new(wrap(of)) }
            }
        }
    }
    Ty { named: names[ty.inner_named_type().as_str()], wrap: wrap(ty) }
}

fn request(document: &str, variables: &Value) -> Request {
    let variables = variables.as_object().cloned().unwrap_or_default();
    Request { document: document.to_owned(), variables, ..Request::default() }
}

fn bound(document: &str, variables: &Value) -> Result<Operation, Refusal> {
    let limits = Limits::default();
    bind(&Documents::new(&limits), &graph(SDL), ViewId(0), &request(document, variables), &limits)
}

/// Every error of a refusal: `CODE line:column message`.
fn told(refusal: &Refusal) -> String {
    let lines = refusal.errors().iter().map(|error| {
        let mut words = vec![error.code.name().to_owned()];
        words.extend(error.locations.iter().map(|place| format!("{}:{}", place.line, place.column)));
        words.push(error.message.clone());
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Binds and prints, or tells the refusal. Indentation of `expect` beyond its first line's does not count.
#[track_caller]
fn check(document: &str, variables: &Value, expect: &str) {
    let graph = graph(SDL);
    let found = match bound(document, variables) {
        Ok(operation) => print(&graph, &operation),
        Err(refusal) => told(&refusal),
    };
    assert_eq!(found.trim_end(), outdented(expect), "{document}");
}

fn outdented(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let indent = lines.first().map_or(0, |line| line.len() - line.trim_start().len());
    lines.iter().map(|line| line.get(indent..).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}
