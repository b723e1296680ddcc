//! Catalog: what the gateway tells about itself.

use super::form::Form;
use async_graphql::SimpleObject;

/// What the gateway tells about itself.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub sources: Vec<Source>,
    pub limits: Vec<Limit>,
    pub forms: Vec<Form>,
}

/// A system that the gateway asks.
#[derive(Debug, Clone, SimpleObject)]
pub struct Source {
    /// Its name, as in provenance and errors.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// ORI of the agency that owns its records, where it has one.
    pub agency: Option<String>,
    /// How it is asked: rest, graphql, subgraph, native, sql or file.
    pub kind: String,
    /// The store of golden records.
    pub golden: bool,
    /// Names of the types that it has records of.
    pub types: Vec<String>,
}

/// A bound that the gateway puts on requests.
#[derive(Debug, Clone, SimpleObject)]
pub struct Limit {
    /// Its name, with its unit last.
    pub name: String,
    pub value: i32,
}

/// The gateway itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct Gateway {
    /// Its version, as in the changelog.
    version: String,
    /// What a request may not exceed.
    limits: Vec<Limit>,
}

impl Gateway {
    pub(super) fn of(catalog: &Catalog) -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), limits: catalog.limits.clone() }
    }
}
