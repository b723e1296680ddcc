//! Execute: runs a plan. The only stage with IO, through `source`.
//!
//! `run` gives `Results`: for each place of the plan the admitted records, or the reasons why there are none. It never fails:
//! the failure of a source is data. A fetch starts as soon as the fetches that it depends on have finished; nothing waits for a
//! sibling. All of it happens in the request's own task, so a client that leaves stops its own work and nobody else's.

mod keys;
mod level;

pub use level::{Completed, Failure, Item, Level, Translated};

use crate::graph::{Graph, SourceKind};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::operation::SelectionId;
use crate::plan::{FetchId, KeyColumns, KeySlot, KeysOf, Node, NodeId, Origin, Plan, Slot};
use crate::policy::{Permitted, admit};
use crate::record::{Keys, Raw};
use crate::source::{Answer, Call, Fetch, Identity, Reason, Sources};
use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all, join3};
use keys::{Keyed, Keying};
use level::Fed;
use serde_json::Map;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What a plan brought, by node.
#[derive(Debug)]
pub struct Results {
    levels: Vec<OnceLock<Level>>,
}

impl Results {
    /// `None` for a node that was never reached: nothing above it has a record.
    #[must_use]
    pub fn level(&self, id: NodeId) -> Option<&Level> {
        self.levels.get(id.index())?.get()
    }
}

/// What a run is given besides the plan.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    pub graph: &'a Graph,
    pub sources: &'a Sources,
    pub limits: &'a Limits,
}

/// Runs a plan until every fetch has an answer or the deadline is over.
pub async fn run(plan: &Plan, permitted: &Permitted, world: World<'_>, deadline: Instant) -> Results {
    let levels = plan.nodes.iter().map(|_| OnceLock::new()).collect();
    let run = Run { plan, permitted, world, deadline, results: Results { levels } };
    run.settle(NodeId(0), Level::root()).await;
    run.results
}

struct Run<'a> {
    plan: &'a Plan,
    permitted: &'a Permitted,
    world: World<'a>,
    deadline: Instant,
    results: Results,
}

impl Run<'_> {
    /// Answers a node for the items above it, and then everything below it.
    fn node<'s>(&'s self, id: NodeId, parent: &'s Level) -> BoxFuture<'s, ()> {
        async move {
            let node = self.plan.node(id);
            let level = match &node.origin {
                Origin::Root => Level::root(),
                Origin::Embedded { columns, .. } => Level::embedded(parent, columns),
                Origin::Linked { .. } => {
                    let feeds = node.slots.iter().take(node.feeds).map(|slot| self.feed(node, slot, parent));
                    Level::linked(parent.items.len(), join_all(feeds).await)
                }
            };
            self.settle(id, level).await;
        }
        .boxed()
    }

    /// Completes the records of a node and answers its children, each as soon as what it needs is there.
    async fn settle(&self, id: NodeId, level: Level) {
        let node = self.plan.node(id);
        let Some(place) = self.results.levels.get(id.index()) else { return };
        let level = place.get_or_init(|| level);
        if level.items.is_empty() {
            return;
        }
        if node.crosswalks.is_empty() && node.slots.len() == node.feeds {
            join_all(node.children.iter().map(|child| self.node(*child, level))).await;
            return;
        }
        let translated = self.translate(node, level).shared();
        let completed = self.complete(node, level, translated.clone()).shared();
        let (now, later): (Vec<NodeId>, Vec<NodeId>) =
            node.children.iter().partition(|child| self.waits_for(node, **child) == Wait::Nothing);
        let (crossed, last): (Vec<NodeId>, Vec<NodeId>) =
            later.into_iter().partition(|child| self.waits_for(node, *child) == Wait::Crosswalk);
        let children = |ids: Vec<NodeId>| join_all(ids.into_iter().map(|child| self.node(child, level)));
        join3(children(now), async { join(translated.clone(), async {}).then(|_| children(crossed)).await }, async {
            join(completed.clone(), translated.clone()).then(|_| children(last)).await
        })
        .await;
    }

    fn waits_for(&self, node: &Node, child: NodeId) -> Wait {
        let child = self.plan.node(child);
        let late = |columns: &KeyColumns| columns.slots.iter().skip(node.feeds).any(Option::is_some);
        if let Origin::Embedded { columns, .. } = &child.origin {
            let late = columns.iter().skip(node.feeds).any(Option::is_some);
            return if late { Wait::Completions } else { Wait::Nothing };
        }
        let columns = child.slots.iter().take(child.feeds).filter_map(|slot| match &slot.keys {
            KeysOf::Columns(columns) => Some(columns),
            _ => None,
        });
        columns.fold(Wait::Nothing, |wait, columns| {
            let this = match columns {
                columns if late(columns) => Wait::Completions,
                columns if columns.through.is_some() => Wait::Crosswalk,
                _ => Wait::Nothing,
            };
            wait.max(this)
        })
    }

    /// Asks the crosswalks of a node for the numbers by which other systems know its records.
    async fn translate(&self, node: &Node, level: &Level) {
        let translations = node.crosswalks.iter().map(|translation| async {
            let keyed = self.keyed(&translation.keys, level).await;
            self.cross(translation.fetch, keyed).await
        });
        let translated = join_all(translations).await;
        // The future is made once a level, so nothing can be there before.
        let _ = level.translated.set(translated);
    }

    async fn complete(&self, node: &Node, level: &Level, translated: impl Future<Output = ()> + Clone) {
        let completions = node.slots.iter().skip(node.feeds).map(|slot| {
            let translated = translated.clone();
            async move {
                if matches!(&slot.keys, KeysOf::Columns(KeyColumns { through: Some(_), .. })) {
                    translated.await;
                }
                let fed = self.fed(slot, None, level).await;
                Completed::new(level.items.len(), fed)
            }
        });
        let _ = level.completed.set(join_all(completions).await);
    }

    /// The answer of one feed for all items of the level above.
    async fn feed(&self, node: &Node, slot: &Slot, parent: &Level) -> Fed {
        self.fed(slot, node.selection, parent).await
    }

    async fn fed(&self, slot: &Slot, selection: Option<SelectionId>, holder: &Level) -> Fed {
        let Some(fetch) = slot.fetch.map(|id| self.plan.fetch(id)) else { return Fed::default() };
        if selection.is_some_and(|id| matches!(self.permitted.operation().arguments.get(id), Some(Err(_)))) {
            return Fed::default();
        }
        let keyed = match &slot.keys {
            KeysOf::None => Keyed::find(holder.items.len()),
            KeysOf::Arguments(names) => self.argument_keys(names, selection),
            KeysOf::Columns(columns) => self.keyed(columns, holder).await,
        };
        let find = matches!(slot.keys, KeysOf::None);
        let mut fed = Fed { held: keyed.held, source: Some(fetch.source), ..Fed::default() };
        if find || !keyed.keys.is_empty() {
            let answer = self.ask(fetch, &keyed.keys, selection).await;
            fed.take(answer, |raw| admit(self.permitted, raw));
        }
        fed
    }

    fn argument_keys(&self, names: &[Arc<str>], selection: Option<SelectionId>) -> Keyed<'_> {
        let arguments = selection.and_then(|id| self.permitted.operation().arguments.get(id));
        let Some(Ok(arguments)) = arguments else { return Keyed::find(0) };
        Keyed::of_arguments(names, arguments)
    }

    async fn ask(&self, fetch: &Fetch, keys: &Keys<'_>, selection: Option<SelectionId>) -> Answer {
        if keys.len() > self.world.limits.keys_max {
            let nothing = Raw::empty(fetch.layout.clone(), fetch.source);
            return Answer::failed(nothing, keys.len(), &Reason::Limit("keys_max"));
        }
        let none = Map::new();
        let arguments = match selection.and_then(|id| self.permitted.operation().arguments.get(id)) {
            Some(Ok(arguments)) => arguments,
            _ => &none,
        };
        // The gateway's own part answers about who asks; every other source is asked by the gateway itself.
        let identity = match self.world.graph.source(fetch.source).kind {
            SourceKind::Native => Identity::OnBehalf(self.permitted.caller().name().clone()),
            _ => Identity::Service,
        };
        let call = Call { fetch, keys, arguments, identity, deadline: self.deadline };
        let start = Instant::now();
        let answer = self.world.sources.fetch(self.world.graph, call).await;
        tell(&self.world.graph.source(fetch.source).name, keys.len(), &answer, start.elapsed());
        answer
    }

    /// Takes keys through a crosswalk.
    async fn cross(&self, fetch: FetchId, keyed: Keyed<'_>) -> Translated {
        let fetch = self.plan.fetch(fetch);
        let answer = if keyed.keys.is_empty() {
            None
        } else {
            let answer = self.ask(fetch, &keyed.keys, None).await;
            let records = admit(self.permitted, Arc::clone(&answer.raw));
            Some((answer, records))
        };
        Translated { held: keyed.held, answer, source: fetch.source }
    }

    /// The keys that the items of a level hold.
    async fn keyed<'l>(&self, columns: &KeyColumns, holder: &'l Level) -> Keyed<'l> {
        if let Some((position, system)) = &columns.through {
            return holder
                .translated
                .get()
                .and_then(|all| all.get(*position))
                .map(|translated| translated.toward(system, holder.items.len()))
                .unwrap_or_default();
        }
        let mut keying = Keying::new(columns.parts, holder.items.len());
        let mut slots: Vec<(usize, &KeySlot)> =
            columns.slots.iter().enumerate().filter_map(|(slot, held)| Some((slot, held.as_ref()?))).collect();
        slots.sort_by_key(|(_, held)| held.rank);
        for (slot, held) in slots {
            match held.back {
                None => keying.collect(holder, slot, columns.on, &held.columns),
                Some(back) => {
                    let mut local = Keying::new(held.columns.len(), holder.items.len());
                    local.collect(holder, slot, columns.on, &held.columns);
                    keying.absorb(&self.cross(back, local.finish()).await);
                }
            }
        }
        keying.finish()
    }
}

/// Tells what became of a fetch, and of what could not be asked the first reason.
fn tell(source: &str, keys: usize, answer: &Answer, elapsed: Duration) {
    let (calls, records) = (answer.calls, answer.groups.at.len());
    observe::emit(&Event::Fetched { source, keys, calls, records, elapsed });
    if let Some((_, first)) = answer.failed.first() {
        let (reason, detail) = match first {
            Reason::Timeout => ("timeout", ""),
            Reason::Unavailable(detail) => ("unavailable", detail.as_str()),
            Reason::Invalid(detail) => ("invalid", detail.as_str()),
            Reason::Limit(limit) => ("limit", *limit),
        };
        observe::emit(&Event::FetchFailed { source, keys: answer.failed.len(), reason, detail });
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    Nothing,
    Crosswalk,
    Completions,
}
