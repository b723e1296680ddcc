//! Sources: every connection of a graph, opened at the start and asked through one function.

use super::agency::{self, Entrance};
use super::client::{Client, Clients};
use super::decode::Bounds;
use super::environment::Environment;
use super::file::File;
use super::graphql::{self, Ask, Feed, Transport};
use super::shared::Shared;
use super::store::{Rows, Store};
use super::tier::{NotShared, SharedCache, Tier};
use super::{Answer, Call, Identity, InProcess, Reason, Way};
use crate::graph::{
    Access, AccessArgument, Binding, BindingId, Compare, Crosswalk, Entry, Graph, Problem, Problems, Source, SourceId,
    SourceKind,
};
use crate::limits::Limits;
use crate::record::Raw;
use futures::FutureExt;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Every source of one graph, by [`SourceId`].
#[derive(Debug)]
pub struct Sources {
    pub(super) reach: Arc<Reach>,
    pub(super) shared: Shared,
}

/// What it takes to ask sources, and nothing of what they said.
#[derive(Debug)]
pub(super) struct Reach {
    connections: Vec<Connection>,
    pub(super) bounds: Bounds,
}

#[derive(Debug)]
enum Connection {
    Store(Store),
    Agency(Box<Client>),
    Graphql(Transport),
    File(File),
}

/// The way into a source that a fetch takes.
pub(super) struct Found<'a> {
    binding: &'a Binding,
    id: BindingId,
    entry: Entry,
    access: &'a Access,
    pub(super) entrance: Entrance<'a>,
}

impl Sources {
    /// Opens every source, or says everything that is wrong with the environment, the files and the databases.
    /// Agencies are not asked: one that is down stops nobody.
    pub async fn open(
        graph: &Graph,
        environment: &Environment,
        limits: &Limits,
        native: Option<Arc<dyn InProcess>>,
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let clients = Clients::new().map_err(|_| Problems(vec![nowhere("the HTTP client can't be made")]))?;
        let mut connections = Vec::with_capacity(graph.sources.len());
        for (index, source) in (0_u16..).zip(&graph.sources) {
            let client = |problems: &mut Vec<Problem>| Client::open(&clients, source, environment, limits, problems);
            let connection = match source.kind {
                SourceKind::Rest => client(&mut problems).map(|client| Connection::Agency(Box::new(client))),
                SourceKind::Graphql | SourceKind::Subgraph => {
                    client(&mut problems).map(|client| Connection::Graphql(Transport::Http(Box::new(client))))
                }
                SourceKind::Native => in_process(source, native.as_ref(), &mut problems),
                SourceKind::Sql => {
                    let opened = Store::open(source, environment, limits).await;
                    opened.map_err(|problem| problems.push(*problem)).ok().map(Connection::Store)
                }
                SourceKind::File => {
                    File::open(graph, SourceId(index), limits, now(), &mut problems).map(Connection::File)
                }
            };
            connections.extend(connection);
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let reach = Arc::new(Reach { connections, bounds: Bounds::of(limits) });
        let shared = Shared::new(graph, limits);
        shared.purges.begin(&reach).await;
        Ok(Self { reach, shared })
    }

    /// What agencies say is kept in common with other gateways from now on. Whether they can be reached stops nobody.
    ///
    /// # Errors
    /// Where there can't be such a place for this graph.
    pub async fn share_through(
        &self,
        graph: &Graph,
        environment: &Environment,
        limits: &Limits,
        by: SharedCache<'_>,
    ) -> Result<(), NotShared> {
        let tier = Tier::open(graph, environment, limits, by).await?;
        // Once for all: whoever comes second changes nothing.
        _ = self.shared.tier.set(tier);
        Ok(())
    }

    /// Asks one source. Whatever goes wrong is in the answer.
    pub async fn fetch(&self, graph: &Arc<Graph>, call: Call<'_>) -> Answer {
        if self.reach.is_shared(&call) {
            // On the heap: what waits for many others is large, and its type deep.
            self.share(graph, call).boxed().await
        } else {
            self.reach.ask(graph, call).await
        }
    }

    /// What a database says of how it would answer this, a line a step; `None` for a source that is no database. Nothing is fetched:
    /// it is for those who keep the store, and for the tests that watch over its indexes.
    pub async fn explain(&self, graph: &Graph, call: Call<'_>) -> Option<Result<Vec<String>, Reason>> {
        self.reach.explain(graph, call).await
    }
}

impl Reach {
    pub(super) fn store(&self, id: SourceId) -> Option<&Store> {
        match self.connections.get(id.index()) {
            Some(Connection::Store(store)) => Some(store),
            _ => None,
        }
    }

    /// Whether it does not fail again and again.
    pub(super) fn is_well(&self, id: SourceId) -> bool {
        match self.connections.get(id.index()) {
            Some(Connection::Agency(client) | Connection::Graphql(Transport::Http(client))) => client.is_well(),
            _ => true,
        }
    }

    /// Those that are asked over HTTP.
    pub(super) fn agencies(&self) -> Vec<SourceId> {
        let agency = |connection: &Connection| {
            matches!(connection, Connection::Agency(_) | Connection::Graphql(Transport::Http(_)))
        };
        let all = (0_u16..).map(SourceId).zip(&self.connections);
        all.filter(|(_, connection)| agency(connection)).map(|(id, _)| id).collect()
    }

    /// Whether what a source says to one may be given to another, who asks the same: agencies answer the gateway itself, page by page only
    /// whoever turns the pages.
    fn is_shared(&self, call: &Call<'_>) -> bool {
        let agency = matches!(
            self.connections.get(call.fetch.source.index()),
            Some(Connection::Agency(_) | Connection::Graphql(Transport::Http(_)))
        );
        agency && call.identity == Identity::Service && call.page.is_none()
    }

    pub(super) async fn ask(&self, graph: &Graph, call: Call<'_>) -> Answer {
        let fetch = call.fetch;
        let mut raw = Raw::empty(Arc::clone(&fetch.layout), fetch.source);
        raw.retrieved_at = now();
        let keys = if call.keys.parts == 0 { 1 } else { call.keys.len() };
        let nonsense = || {
            Answer::failed(
                Raw::empty(Arc::clone(&fetch.layout), fetch.source),
                keys,
                &Reason::Invalid("no such way into the source".to_owned()),
            )
        };
        if call.keys.parts > 0 && call.keys.is_empty() {
            return Answer::failed(raw, 0, &Reason::Limit("no key"));
        }
        let connection = self.connections.get(fetch.source.index());
        if let (Way::Crosswalk { crosswalk, systems, back }, Some(Connection::Store(store))) = (&fetch.way, connection)
        {
            let Some(crosswalk) = graph.crosswalks.get(*crosswalk) else { return nonsense() };
            let (argument, arguments) = of_systems(crosswalk, systems);
            let rows = Rows::crosswalk(crosswalk, *back, &fetch.layout, &argument);
            let call = Call { arguments: &arguments, ..call };
            return store.fetch(rows, &call, raw, &self.bounds).boxed().await;
        }
        let Some(found) = found(graph, &fetch.way) else { return nonsense() };
        // On the heap: what waits for a driver or a client is large, and whoever asks holds several of them and moves them.
        match (connection, found.access) {
            (Some(Connection::Agency(client)), Access::Rest(endpoint)) => {
                agency::fetch(client, endpoint, found.entrance, &call, raw, &self.bounds).boxed().await
            }
            (Some(Connection::Store(store)), Access::Sql(lookup)) => {
                let given = agency::given(found.entrance.arguments, &call);
                let rows = Rows::of(lookup, given, found.entrance.many);
                store.fetch(rows, &call, raw, &self.bounds).boxed().await
            }
            (Some(Connection::Graphql(transport)), Access::Graphql(_) | Access::Entities(_)) => {
                let Some(ask) = ask(&found) else { return nonsense() };
                let feed = Feed { binding: found.id, entry: found.entry };
                graphql::fetch(transport, graph, (ask, feed), found.entrance, &call, raw, &self.bounds).boxed().await
            }
            (Some(Connection::File(file)), Access::File(_)) => {
                file.fetch(found.id, found.entry, found.entrance.many, &call).unwrap_or_else(nonsense)
            }
            _ => nonsense(),
        }
    }

    async fn explain(&self, graph: &Graph, call: Call<'_>) -> Option<Result<Vec<String>, Reason>> {
        let Some(Connection::Store(store)) = self.connections.get(call.fetch.source.index()) else { return None };
        if let Way::Crosswalk { crosswalk, systems, back } = &call.fetch.way {
            let crosswalk = graph.crosswalks.get(*crosswalk)?;
            let (argument, arguments) = of_systems(crosswalk, systems);
            let rows = Rows::crosswalk(crosswalk, *back, &call.fetch.layout, &argument);
            return Some(store.explain(&rows, &Call { arguments: &arguments, ..call }, &self.bounds).await);
        }
        let found = found(graph, &call.fetch.way)?;
        let Access::Sql(lookup) = found.access else { return None };
        let rows = Rows::of(lookup, agency::given(found.entrance.arguments, &call), found.entrance.many);
        Some(store.explain(&rows, &call, &self.bounds).await)
    }
}

/// The systems whose numbers are wanted, as an argument of the crosswalk's statement.
fn of_systems(crosswalk: &Crosswalk, systems: &[Arc<str>]) -> (AccessArgument, Map<String, Value>) {
    let argument = AccessArgument {
        name: "system".into(),
        to: Arc::clone(&crosswalk.system),
        compare: Compare::Is,
        ty: None,
        of: None,
    };
    let systems = systems.iter().map(|system| Value::from(&**system)).collect();
    (argument, std::iter::once(("system".to_owned(), systems)).collect())
}

fn ask<'a>(found: &Found<'a>) -> Option<Ask<'a>> {
    match found.access {
        Access::Graphql(field) => Some(Ask::Root(field)),
        Access::Entities(fields) => Some(Ask::Entities(found.binding.on, fields)),
        _ => None,
    }
}

pub(super) fn found<'a>(graph: &'a Graph, way: &Way) -> Option<Found<'a>> {
    let Way::Binding(id, entry) = way else { return None };
    let binding = graph.bindings.get(id.index())?;
    let (access, entrance) = match entry {
        Entry::By(by) => {
            let by = binding.by.get(usize::from(*by))?;
            let keys_max = usize::try_from(by.keys_max).unwrap_or(1);
            (&by.access, Entrance { many: by.many, keys_max, arguments: &by.arguments })
        }
        Entry::Find(find) => {
            let find = binding.find.get(usize::from(*find))?;
            let many = graph.field(find.field).ty.wrap.is_list() || graph.is_paged(find.field);
            (&find.access, Entrance { many, keys_max: 1, arguments: &find.arguments })
        }
    };
    Some(Found { binding, id: *id, entry: *entry, access, entrance })
}

fn in_process(source: &Source, native: Option<&Arc<dyn InProcess>>, problems: &mut Vec<Problem>) -> Option<Connection> {
    let Some(part) = native else {
        let message = format!("source `{}` is `native`, and this program has no part of its own", source.name);
        problems.push(Problem::error(&source.place, message));
        return None;
    };
    let timeout = Duration::from_millis(source.reach.timeout_ms.max(1));
    Some(Connection::Graphql(Transport::InProcess { part: Arc::clone(part), timeout }))
}

fn nowhere(message: impl Into<Cow<'static, str>>) -> Problem {
    let message = message.into().into_owned();
    Problem::error(&crate::graph::Place::default(), message)
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
