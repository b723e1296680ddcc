//! Graphql: an agency's own GraphQL API, an Apollo Federation subgraph, or the gateway's own part of the graph.
//!
//! One path for all of them: a document out of the layout, variables out of keys and arguments, and the answer's `data`
//! read like any other JSON. Errors in an answer fail the keys whose records they point at, others the whole call.

use super::agency::{Batch, Entrance, batches, fail, given, may_match, place};
use super::answer::Gathered;
use super::client::{Client, Request};
use super::decode::{Bounds, Decoded, Decoder, Step};
use super::document::{self, Variable};
use super::{Answer, Call, Identity, InProcess, NotExecuted, Prepared, Reason};
use crate::graph::{BindingId, Entry, FieldId, Graph, Link, LinkFeed, Match, Role, RootField, TypeId, value_at};
use crate::record::Raw;
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How documents reach the source.
pub(super) enum Transport {
    Http(Box<Client>),
    InProcess { part: Arc<dyn InProcess>, timeout: Duration },
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask<'a> {
    Root(&'a RootField),
    /// Representations of the type by these fields.
    Entities(TypeId, &'a [Arc<str>]),
}

/// Who feeds whom: what the types of arguments are looked up by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) binding: BindingId,
    pub(super) entry: Entry,
}

impl Feed {
    /// Whether what is asked for is done, and not only told.
    fn has_effect(self, graph: &Graph) -> bool {
        let Entry::Find(find) = self.entry else { return false };
        let find = graph.binding(self.binding).find.get(usize::from(find));
        find.is_some_and(|find| Some(graph.field(find.field).parent) == graph.mutation)
    }
}

impl From<NotExecuted> for Reason {
    fn from(why: NotExecuted) -> Self {
        match why {
            NotExecuted::Beyond(limit) => Self::Limit(limit),
            NotExecuted::Declined(declined) => Self::Declined(declined),
        }
    }
}

pub(super) async fn fetch(
    transport: &Transport,
    graph: &Graph,
    (ask, feed): (Ask<'_>, Feed),
    entrance: Entrance<'_>,
    call: &Call<'_>,
    raw: Raw,
    bounds: &Bounds,
) -> Answer {
    let prepared = call.fetch.text.get_or_init(|| prepare(graph, ask, feed, entrance, call));
    let mut gathered = Gathered::new(raw);
    let searching = call.keys.parts == 0;
    let keys_max = if ask.is_batch() { entrance.keys_max } else { 1 };
    let batches =
        if searching { vec![Vec::new()] } else { batches(call, keys_max, None, |key| may_match(ask.matches(), key)) };
    gathered.calls = u32::try_from(batches.len()).unwrap_or(u32::MAX);
    let mut batches = batches.into_iter().map(|batch| async {
        let variables = variables(graph, ask, entrance, &batch, call);
        let answered = transport.send(&prepared.text, variables, call).await;
        (batch, answered)
    });
    let mut calls: FuturesUnordered<_> = batches.by_ref().take(transport.concurrency_max()).collect();
    while let Some((batch, body)) = calls.next().await {
        let read = body.and_then(|body| prepared.decoder.read(&body, &mut gathered.raw, bounds));
        let placed = read.and_then(|held| placed(&held, &prepared.decoder, ask, &batch, &mut gathered));
        if let Err(reason) = placed {
            fail(&batch, &reason, &mut gathered);
        }
        calls.extend(batches.next());
    }
    drop((calls, batches));
    let keys = if searching { 1 } else { call.keys.len() };
    gathered.answer(keys, entrance.many)
}

impl Ask<'_> {
    const fn is_batch(self) -> bool {
        match self {
            Self::Root(field) => field.batch,
            Self::Entities(..) => true,
        }
    }

    fn is_limited_by(self, argument: &str) -> bool {
        matches!(self, Self::Root(field) if field.limit.as_deref() == Some(argument))
    }

    /// From `data` to the records.
    fn path(self) -> Vec<Arc<str>> {
        match self {
            Self::Root(field) => std::iter::once(&field.field).chain(&field.records.0).cloned().collect(),
            Self::Entities(..) => vec!["_entities".into()],
        }
    }
}

fn prepare(graph: &Graph, ask: Ask<'_>, feed: Feed, entrance: Entrance<'_>, call: &Call<'_>) -> Prepared {
    let layout = &call.fetch.layout;
    let (text, one, matches) = match ask {
        Ask::Entities(on, _) => (document::entities(graph, on, layout), false, &[][..]),
        Ask::Root(field) => {
            let key = |(index, (argument, ty)): (usize, (&Arc<str>, &Arc<str>))| Variable {
                name: format!("k{index}"),
                ty: ty.to_string(),
                argument: Arc::clone(argument),
            };
            let mut variables: Vec<Variable> = Vec::new();
            if call.keys.parts > 0 {
                variables.extend(field.keys.iter().zip(&field.key_types).enumerate().map(key));
            }
            for (index, argument) in given(entrance.arguments, call).into_iter().enumerate() {
                let said = argument.ty.as_deref().map(str::to_owned);
                let ty = said.unwrap_or_else(|| argument_type(graph, feed, &argument.name));
                variables.push(Variable { name: format!("a{index}"), ty, argument: Arc::clone(&argument.to) });
            }
            let kind = if feed.has_effect(graph) { "mutation" } else { "query" };
            let at = (kind, &*field.field, &field.records);
            let text = document::root(graph, at, &variables, layout, &field.matches);
            (text, field.one, &*field.matches)
        }
    };
    Prepared { text: text.into(), decoder: Decoder::graphql(layout, matches, ask.path(), one) }
}

/// The type of an argument as the graph has it: that of a field which this way into the source feeds.
fn argument_type(graph: &Graph, feed: Feed, name: &str) -> String {
    let feed = LinkFeed { binding: feed.binding, entry: feed.entry };
    let is_fed = |role: &Role| matches!(role, Role::Link(Link { feeds, .. }) if feeds.contains(&feed));
    let fields = (0u32..).map(FieldId).take(graph.fields.len());
    let found = fields.filter(|id| is_fed(&graph.field(*id).role)).find_map(|id| graph.argument(id, name));
    found.map_or_else(|| "String!".to_owned(), |argument| document::given_type(graph, &argument.ty))
}

fn variables(graph: &Graph, ask: Ask<'_>, entrance: Entrance<'_>, batch: &Batch<'_>, call: &Call<'_>) -> Value {
    let mut variables = Map::new();
    match ask {
        Ask::Entities(on, fields) => {
            let name = &*graph.type_of(on).name;
            let representations = batch.iter().map(|(_, key)| {
                let parts = fields.iter().zip(*key);
                let parts = parts
                    .map(|(field, part)| (field.to_string(), scalar(part, document::is_int_field(graph, on, field))));
                Value::Object(std::iter::once(("__typename".to_owned(), json!(name))).chain(parts).collect())
            });
            variables.insert("representations".to_owned(), representations.collect());
        }
        Ask::Root(field) if ask.is_batch() => {
            let int = field.key_types.first().is_some_and(|ty| document::is_int(ty));
            let keys = batch.iter().map(|(_, key)| match key {
                [only] => scalar(only, int),
                parts => parts.iter().map(|part| scalar(part, int)).collect(),
            });
            variables.insert("k0".to_owned(), keys.collect());
        }
        Ask::Root(field) => {
            let parts = batch.first().map_or(&[][..], |(_, key)| *key);
            for (index, (part, ty)) in parts.iter().zip(&field.key_types).enumerate() {
                variables.insert(format!("k{index}"), scalar(part, document::is_int(ty)));
            }
        }
    }
    for (index, argument) in given(entrance.arguments, call).into_iter().enumerate() {
        let value = match call.page.filter(|_| ask.is_limited_by(&argument.name)) {
            // One more, so that it is known whether there are others.
            Some(cut) => Value::from(cut.first.saturating_add(1)),
            None => value_at(call.arguments, &argument.name).cloned().unwrap_or_default(),
        };
        variables.insert(format!("a{index}"), value);
    }
    Value::Object(variables)
}

fn scalar(part: &str, int: bool) -> Value {
    int.then(|| part.parse::<i64>().ok()).flatten().map_or_else(|| Value::from(part), Value::from)
}

/// Gives the records to their keys, and fails those that the source's errors point at.
fn placed(
    held: &Decoded,
    decoder: &Decoder,
    ask: Ask<'_>,
    batch: &Batch<'_>,
    gathered: &mut Gathered,
) -> Result<(), Reason> {
    let broken = || Reason::Unavailable("errors in the answer".to_owned());
    if held.null && !held.errors.is_empty() {
        return Err(broken());
    }
    let path = ask.path();
    let mut failed = Vec::new();
    for error in &held.errors {
        let (above, below) = error.split_at(path.len().min(error.len()));
        let same = above.len() == path.len()
            && above.iter().zip(&path).all(|(step, name)| *step == Step::Name(name.to_string()));
        match below.first() {
            Some(Step::Index(index)) if same => failed.push(*index),
            _ => return Err(broken()),
        }
    }
    match ask {
        Ask::Entities(..) => {
            if held.records.len() != batch.len() {
                return Err(Reason::Invalid("not one entity a representation".to_owned()));
            }
            for (index, (record, (key, _))) in held.records.iter().zip(batch).enumerate() {
                if failed.contains(&index) {
                    gathered.fail([*key], &broken());
                } else {
                    gathered.found.extend(record.map(|at| (*key, at)));
                }
            }
            Ok(())
        }
        Ask::Root(_) if failed.is_empty() => place(held, decoder, batch, ask.matches(), gathered),
        Ask::Root(_) => {
            // A record that is null for its error has no key any more: then nobody knows whose it was.
            let failed: Option<Vec<u32>> =
                failed.iter().map(|index| held.records.get(*index).copied().flatten()).collect();
            let failed = failed.filter(|_| ask.is_batch()).ok_or_else(broken)?;
            let before = gathered.found.len();
            place(held, decoder, batch, ask.matches(), gathered)?;
            let found = gathered.found.get(before..).unwrap_or_default();
            let keys: Vec<u32> = found.iter().filter(|(_, at)| failed.contains(at)).map(|(key, _)| *key).collect();
            gathered.fail(keys, &broken());
            Ok(())
        }
    }
}

impl<'a> Ask<'a> {
    const fn matches(self) -> &'a [Match] {
        match self {
            Self::Root(field) => field.matches.as_slice(),
            Self::Entities(..) => &[],
        }
    }
}

impl Transport {
    const fn concurrency_max(&self) -> usize {
        match self {
            Self::Http(client) => client.concurrency_max(),
            Self::InProcess { .. } => usize::MAX,
        }
    }

    async fn send(&self, document: &str, variables: Value, call: &Call<'_>) -> Result<Vec<u8>, Reason> {
        match self {
            Self::Http(client) => {
                let body = json!({ "query": document, "variables": variables }).to_string().into_bytes();
                let request = Request { path: "", body: Some(body), post: true, absent: &[] };
                let answered = client.turn(call.deadline).await?.call(request).await?;
                answered.ok_or_else(|| Reason::Unavailable("no answer".to_owned()))
            }
            Self::InProcess { part, timeout } => {
                let viewer = match &call.identity {
                    Identity::Service => None,
                    Identity::OnBehalf(viewer) => Some(Arc::clone(viewer)),
                };
                let deadline =
                    tokio::time::Instant::from_std(call.deadline).min(tokio::time::Instant::now() + *timeout);
                let answering = part.execute(document, variables, viewer);
                tokio::time::timeout_at(deadline, answering).await.map_err(|_| Reason::Timeout)?.map_err(Reason::from)
            }
        }
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http(client) => client.fmt(f),
            Self::InProcess { .. } => f.write_str("InProcess"),
        }
    }
}
