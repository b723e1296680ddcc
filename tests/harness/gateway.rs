//! A gateway in process, over files like those of a real one.

use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, Graph, load};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::native::{Catalog, Native, Program};
use headwaters::policy::{Loopback, Policies};
use headwaters::source::{Environment, InProcess, Sources};
use std::path::Path;
use std::sync::Arc;

/// # Panics
/// With the problems, where there are any.
pub async fn open(
    graph: &Path,
    resolvers: &Path,
    environment: &Environment,
    limits: &Limits,
    catalog: Catalog,
) -> Gateway {
    let (graph, _) = load(graph, resolvers, &[Audience::everything()]).unwrap_or_else(|problems| panic!("{problems}"));
    let sources = sources(&graph, environment, limits, catalog).await;
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, limits);
    Gateway::new(world, Ledger::none(&only), limits.clone())
}

/// # Panics
/// With the problems, where there are any.
pub async fn sources(
    graph: &Graph,
    environment: &Environment,
    limits: &Limits,
    program: impl Into<Program>,
) -> Sources {
    let own: Arc<dyn InProcess> = Arc::new(Native::new(program));
    let sources = Sources::open(graph, environment, limits, Some(own)).await;
    sources.unwrap_or_else(|problems| panic!("{problems}"))
}
