//! Execute: runs a plan. The only stage with IO, through `source`.
//!
//! `run` gives `Results`: for each place of the plan the admitted records, or the reasons why there are none. It never fails:
//! the failure of a source is data. A fetch starts as soon as the fetches that it depends on have finished; nothing waits for a
//! sibling. All of it happens in the request's own task, so a client that leaves stops its own work and nobody else's.

mod ask;
mod behind;
mod closed;
mod distinct;
mod keys;
mod level;
mod pages;
mod trail;

pub use behind::Missing;
pub use level::{Completed, Failure, Item, Level, Translated};
pub use pages::Paged;

use crate::graph::{FieldId, Graph, TypeId};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::operation::{OperationKind, SelectionId};
use crate::plan::{FetchId, KeyColumns, KeysOf, Node, NodeId, Origin, Plan, Slot};
use crate::policy::{Decision, LaneId, Permitted};
use crate::seal::Seal;
use crate::source::{Answer, Reason, Sources};
use ask::{Asker, Question, Ticket, Wanting};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join, join_all, join3};
use level::Fed;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What a plan brought, by node.
#[derive(Debug)]
pub struct Results {
    levels: Vec<OnceLock<Level>>,
    /// For cursors.
    seal: Arc<Seal>,
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
    pub graph: &'a Arc<Graph>,
    pub sources: &'a Sources,
    pub limits: &'a Limits,
    pub seal: &'a Arc<Seal>,
    /// Seconds that records may be old, where the client wants them fresher than the graph does.
    pub age_max_s: Option<u32>,
}

/// Runs a plan until every fetch has an answer or the deadline is over.
pub async fn run(plan: &Plan, permitted: &Permitted, world: World<'_>, deadline: Instant) -> Results {
    let levels = plan.nodes.iter().map(|_| OnceLock::new()).collect();
    let run = Run { plan, permitted, world, deadline, results: Results { levels, seal: Arc::clone(world.seal) } };
    if permitted.operation().tree.kind == OperationKind::Mutation {
        run.one_by_one().await;
    } else {
        run.settle(vec![(NodeId(0), Level::root())]).await;
    }
    run.results
}

struct Run<'a> {
    plan: &'a Plan,
    permitted: &'a Permitted,
    world: World<'a>,
    deadline: Instant,
    results: Results,
}

impl<'p> Run<'p> {
    /// What is asked of the root, each with all that is below it before the next: what has an effect has it in the order in which it stands.
    /// Nothing is asked once for several.
    async fn one_by_one(&self) {
        let root = NodeId(0);
        let Some(level) = self.keep(root, Level::root()) else { return };
        for child in &self.plan.node(root).children {
            self.answer(vec![(*child, level)]).await;
        }
    }

    /// Answers nodes for the items above them, and then everything below them. They start from levels that are there at the same
    /// time, so what they have in common is asked for once.
    fn answer<'s>(&'s self, nodes: Vec<Below<'s>>) -> BoxFuture<'s, ()>
    where
        'p: 's,
    {
        async move {
            let (linked, apart) = self.spread(nodes);
            let mut questions = Vec::new();
            // Nodes that wait for the same answers have their records at the same time.
            let mut companies: Vec<Vec<Linked>> = Vec::new();
            for (id, parent) in linked {
                let node = self.plan.node(id);
                let lane = self.lane(node);
                let asker = |slot| Asker {
                    slot,
                    selection: node.selection,
                    holder: parent,
                    lane,
                    page: node.page.as_deref(),
                    field: node.field,
                };
                let slots = node.slots.iter().take(node.feeds);
                let tickets: Vec<Ticket> = slots.map(|slot| self.wish(&mut questions, asker(slot))).collect();
                let same = |company: &Vec<Linked>| {
                    company.first().is_some_and(|known| ask::questions(&known.tickets).eq(ask::questions(&tickets)))
                };
                let at = companies.iter().position(same);
                let linked = Linked { id, parents: parent.items.len(), tickets };
                match at.and_then(|at| companies.get_mut(at)) {
                    Some(company) => company.push(linked),
                    None => companies.push(vec![linked]),
                }
            }
            let questions = &questions;
            let companies = companies.into_iter();
            let places = companies.map(|company| {
                let waits = company.first().map(|linked| ask::questions(&linked.tickets).flatten().collect());
                (waits.unwrap_or_default(), self.arrived(questions, company))
            });
            let apart = join_all(apart.into_iter().map(|(id, level)| self.settle(vec![(id, level)])));
            join(self.ask_all(questions, places), apart).await;
        }
        .boxed()
    }

    async fn arrived(&self, questions: &[Question<'p>], company: Vec<Linked>) {
        let level = |Linked { id, parents, tickets }: Linked| {
            let feeds: Vec<Fed<'_>> = tickets.iter().map(|ticket| self.fed(questions, *ticket)).collect();
            let stands_in = |slot| self.plan.node(id).slot(slot).is_some_and(|slot| slot.stands_in);
            let node = self.plan.node(id);
            let looks = (self.looks(node.selection), self.lists(node.field));
            let level = Level::linked(parents, &feeds, looks, stands_in).only(self.node_type(id));
            (id, self.page(id, level))
        };
        self.settle(company.into_iter().map(level).collect()).await;
    }

    /// Links, those of embedded objects with those of the records around them: such objects are there as soon as the records are.
    /// Beside them the embedded objects that need a crosswalk first.
    fn spread<'s>(&'s self, mut nodes: Vec<Below<'s>>) -> (Vec<Below<'s>>, Vec<(NodeId, Level)>) {
        let (mut linked, mut apart) = (Vec::with_capacity(nodes.len()), Vec::new());
        let mut at = 0;
        while let Some((id, parent)) = nodes.get(at).copied() {
            at += 1;
            let node = self.plan.node(id);
            let Origin::Embedded { columns, .. } = &node.origin else {
                linked.push((id, parent));
                continue;
            };
            let level = Level::embedded(parent, columns, self.lane(node));
            if !node.crosswalks.is_empty() {
                apart.push((id, level));
            } else if let Some(level) = self.keep(id, level) {
                nodes.extend(node.children.iter().map(|child| (*child, level)));
            }
        }
        (linked, apart)
    }

    /// What each record above says about a node's field.
    fn lane(&self, node: &Node) -> Option<LaneId> {
        match node.field.map(|field| self.permitted.decisions().on(field)) {
            Some(Decision::Row(lane)) => Some(lane),
            _ => None,
        }
    }

    /// What records must fulfil that a selection looks for.
    fn looks(&self, selection: Option<SelectionId>) -> &[(TypeId, LaneId)] {
        selection.map_or(&[], |selection| self.permitted.decisions().on_look(selection))
    }

    /// Whether a field leads to a list of records, or to a page of one.
    fn lists(&self, field: Option<FieldId>) -> bool {
        let graph = self.world.graph;
        field.map(|field| &graph.field(field).ty).is_some_and(|ty| {
            ty.wrap.is_list() || graph.object(ty.named).is_some_and(|object| object.page_of.is_some())
        })
    }

    /// What came in at a node, unless that is nothing.
    fn keep(&self, id: NodeId, level: Level) -> Option<&Level> {
        let completions = self.plan.node(id).slots.len() - self.plan.node(id).feeds;
        let level = self.results.levels.get(id.index())?.get_or_init(|| level.awaiting(completions));
        (!level.items.is_empty()).then_some(level)
    }

    /// Completes the records of nodes and answers their children, each as soon as what it needs is there.
    async fn settle(&self, levels: Vec<(NodeId, Level)>) {
        let kept = levels.into_iter().filter_map(|(id, level)| Some((self.plan.node(id), self.keep(id, level)?)));
        let company: Vec<(&'p Node, &Level)> = kept.collect();
        let children = |wait: Wait| self.children(&company, wait);
        let alone = |(node, _): &(&Node, _)| node.crosswalks.is_empty() && node.slots.len() == node.feeds;
        if company.iter().all(alone) {
            return self.answer(children(Wait::Nothing)).await;
        }
        let company = &company;
        let translated: Shared<BoxFuture<'_, ()>> = self.translate(company).boxed().shared();
        let completed = self.complete(company, translated.clone());
        let crossed = async {
            translated.clone().await;
            self.answer(children(Wait::Crosswalk)).await;
        };
        let last = async {
            join(completed, translated.clone()).await;
            self.answer(children(Wait::Completions)).await;
        };
        join3(self.answer(children(Wait::Nothing)), crossed, last).await;
    }

    /// The children of nodes that wait for this.
    fn children<'s>(&self, company: &[(&'p Node, &'s Level)], wait: Wait) -> Vec<Below<'s>> {
        let mut children = Vec::new();
        for (node, level) in company {
            let waiting = node.children.iter().filter(|child| self.waits_for(node, **child) == wait);
            children.extend(waiting.map(|child| (*child, *level)));
        }
        children
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

    /// Asks the crosswalks of nodes for the numbers by which other systems know their records.
    async fn translate(&self, company: &[(&'p Node, &Level)]) {
        let mut wanted: Vec<(FetchId, Vec<(usize, Wanting<'_>)>)> = Vec::new();
        for (member, (node, level)) in company.iter().enumerate() {
            for translation in &node.crosswalks {
                let keyed = ask::keyed(&translation.keys, level, &[], |_| None);
                let asker = (member, (keyed, *level));
                match wanted.iter_mut().find(|(fetch, _)| *fetch == translation.fetch) {
                    Some((_, askers)) => askers.push(asker),
                    None => wanted.push((translation.fetch, vec![asker])),
                }
            }
        }
        let crossed = wanted.into_iter().map(|(fetch, askers)| async move {
            let (members, keyed): (Vec<usize>, Vec<_>) = askers.into_iter().unzip();
            let translated = self.cross(fetch, keyed).await;
            members.into_iter().zip(translated).map(|(member, translated)| ((member, fetch), translated)).collect()
        });
        let crossed: Vec<Vec<_>> = join_all(crossed).await;
        let mut crossed: HashMap<(usize, FetchId), Translated> = crossed.into_iter().flatten().collect();
        for (member, (node, level)) in company.iter().enumerate() {
            let translated = node.crosswalks.iter().filter_map(|one| crossed.remove(&(member, one.fetch)));
            // The future is made once a level, so nothing can be there before.
            let _ = level.translated.set(translated.collect());
        }
    }

    /// Asks for what the records of nodes lack. One that others may make needless waits for them.
    async fn complete(&self, company: &[(&'p Node, &Level)], translated: Shared<BoxFuture<'_, ()>>) {
        let slots = company.iter().flat_map(|(node, level)| {
            let slots = node.slots.iter().enumerate().skip(node.feeds);
            slots.map(move |(number, slot)| (number - node.feeds, slot, *level))
        });
        let mut pending: Vec<(usize, &'p Slot, &Level)> = slots.collect();
        while !pending.is_empty() {
            let (mut ready, rest): (Vec<_>, Vec<_>) = pending.iter().partition(|(_, slot, level)| level.can_tell(slot));
            pending = rest;
            if ready.is_empty() {
                ready.append(&mut pending);
            }
            let crosses = |slot: &Slot| matches!(&slot.keys, KeysOf::Columns(KeyColumns { through: Some(_), .. }));
            let (late, direct): (Vec<_>, Vec<_>) = ready.into_iter().partition(|(_, slot, _)| crosses(slot));
            join(self.completions(direct), async {
                if !late.is_empty() {
                    translated.clone().await;
                    self.completions(late).await;
                }
            })
            .await;
        }
    }

    async fn completions(&self, slots: Vec<(usize, &'p Slot, &Level)>) {
        let mut questions = Vec::new();
        let mut tickets = Vec::with_capacity(slots.len());
        for (number, slot, level) in slots {
            let asker = Asker { slot, selection: None, holder: level, lane: None, page: None, field: None };
            tickets.push((self.wish(&mut questions, asker), number, level));
        }
        let questions = &questions;
        let places = tickets.into_iter().map(|(ticket, number, level)| {
            let then = async move {
                let completed = Completed::new(level.items.len(), &self.fed(questions, ticket));
                let _ = level.completed.get(number).map(|place| place.set(completed));
            };
            (ask::questions(&[ticket]).flatten().collect(), then)
        });
        self.ask_all(questions, places).await;
    }
}

/// A node to answer, and the level that it starts from.
type Below<'s> = (NodeId, &'s Level);

/// A node of links that is being asked for.
struct Linked {
    id: NodeId,
    /// Items of the level above.
    parents: usize,
    tickets: Vec<Ticket>,
}

/// Tells what became of a fetch, and of what could not be asked the first reason.
fn tell(source: &str, keys: usize, answer: &Answer, elapsed: Duration) {
    let (calls, records) = (answer.calls, answer.groups.at.len());
    let (kept, joined, stale) = (answer.kept, answer.joined, answer.stale.len());
    observe::emit(&Event::Fetched { source, keys, calls, records, kept, joined, stale, elapsed });
    if let Some((_, first)) = answer.failed.first() {
        let (reason, detail) = match first {
            Reason::Timeout => ("timeout", ""),
            Reason::Unavailable(detail) => ("unavailable", detail.as_str()),
            Reason::Invalid(detail) => ("invalid", detail.as_str()),
            Reason::Several => ("several", ""),
            Reason::Limit(limit) => ("limit", *limit),
            Reason::Declined(_) => ("declined", ""),
        };
        observe::emit(&Event::FetchFailed { source, keys: answer.failed.len(), reason, detail });
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    Nothing,
    Crosswalk,
    Completions,
}
