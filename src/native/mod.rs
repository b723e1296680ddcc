//! Native: what the gateway itself knows, as a GraphQL schema of its own.
//!
//! Written with async-graphql and joined into the graph as one more GraphQL source, in process: the same plan, policy and
//! writer as for an agency's API. It knows nothing of justice, and of the gateway only what it is handed in a `Catalog`.

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema, SimpleObject, Variables};
use serde_json::Value;
use std::sync::Arc;

/// What the gateway tells about itself.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub sources: Vec<Source>,
    pub limits: Vec<Limit>,
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

/// Who asks, as the gateway understood it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Viewer {
    pub name: String,
}

/// The gateway itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct Gateway {
    /// Its version, as in the changelog.
    pub version: String,
    /// What a request may not exceed.
    pub limits: Vec<Limit>,
}

struct Asker(Option<Arc<str>>);

/// Root of the gateway's own part.
#[derive(Debug)]
pub struct Query(Catalog);

#[Object]
impl Query {
    /// Every system that the gateway asks, in the order of its files.
    async fn sources(&self) -> &[Source] {
        &self.0.sources
    }

    /// Who asks.
    async fn viewer(&self, context: &Context<'_>) -> Viewer {
        let name = context.data_opt::<Asker>().and_then(|asker| asker.0.as_deref());
        Viewer { name: name.unwrap_or("nobody").to_owned() }
    }

    /// The gateway's version and limits.
    async fn gateway(&self) -> Gateway {
        Gateway { version: env!("CARGO_PKG_VERSION").to_owned(), limits: self.0.limits.clone() }
    }
}

/// The gateway's own schema, ready to be asked.
#[derive(Clone)]
pub struct Native(Schema<Query, EmptyMutation, EmptySubscription>);

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Native")
    }
}

impl Native {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self(Schema::build(Query(catalog), EmptyMutation, EmptySubscription).finish())
    }

    /// Answers one document as `{"data": …}` in JSON.
    pub async fn answer(&self, document: &str, variables: Value, viewer: Option<Arc<str>>) -> Vec<u8> {
        let request =
            async_graphql::Request::new(document).variables(Variables::from_json(variables)).data(Asker(viewer));
        serde_json::to_vec(&self.0.execute(request).await).unwrap_or_default()
    }

    /// Its part of the graph, as it stands in `schema/graph/gateway.graphql`: async-graphql's SDL, its root as an extension and
    /// every type public.
    #[must_use]
    pub fn sdl(&self) -> String {
        let exported = self.0.sdl().replace('\t', "  ");
        let types = exported.split("\n\n").map(|part| part.trim_matches('\n'));
        let own = types.filter(|part| !part.is_empty() && !part.contains("schema {") && !part.contains("directive @"));
        let blocks: Vec<String> = std::iter::once(HEAD.to_owned()).chain(own.map(block)).collect();
        format!("{}\n", blocks.join("\n\n"))
    }
}

const HEAD: &str =
    "# What the gateway itself knows. Written by `headwaters schema --native`; a test holds the two together.";

/// One type: descriptions on one line, and none on an extension, which can't have one.
fn block(part: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = part.lines();
    while let Some(line) = rest.next() {
        if line.trim() == "\"\"\"" {
            let indent = line.trim_end().trim_end_matches('"');
            let words: Vec<&str> = rest.by_ref().map(str::trim).take_while(|line| *line != "\"\"\"").collect();
            lines.push(format!("{indent}\"{}\"", words.join(" ")));
        } else if line == "type Query {" {
            lines.clear();
            lines.push("extend type Query {".to_owned());
        } else if let Some(name) = line.strip_prefix("type ").and_then(|line| line.strip_suffix(" {")) {
            lines.push(format!("type {name} @data(class: [PUB]) {{"));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}
