//! Build: from a permitted operation to a plan. Cannot fail: what can't be asked is written as absent.
//!
//! A node is built in four steps: which columns each of its bindings must bring, the fetches for them, the children that start
//! from its records, and at last how its records are written.

use super::believed::chosen;
use super::columns::{Asked, types_of};
use super::conflicts::claimants;
use super::keying::own_key;
use super::outs::Writing;
use super::share::{Company, Member};
use super::{FetchId, Node, NodeId, Objects, Origin, Plan, Slot};
use crate::graph::{
    AFTER, BindingId, Entry, FIRST, FieldId, Graph, Link, LinkFeed, LinkKeys, Mapping, Mode, Pages, Role, Shape,
    TypeId, value_at,
};
use crate::operation::{SelectionId, SetId};
use crate::policy::Permitted;
use crate::record::{Column, Layout, Needs, Take, What};
use crate::source::{Fetch, Way};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::sync::Arc;

/// The least set of fetches for what is permitted.
#[must_use]
pub fn build(graph: &Graph, permitted: &Permitted) -> Plan {
    build_with(graph, permitted, whose_decides(graph, permitted))
}

/// The same where it is written down whose records were given: that is found out of all of them, whatever the decisions need.
#[must_use]
pub fn build_recorded(graph: &Graph, permitted: &Permitted) -> Plan {
    build_with(graph, permitted, true)
}

fn whose_decides(graph: &Graph, permitted: &Permitted) -> bool {
    let decisions = permitted.decisions();
    let closes = graph.closures().is_some() && decisions.closable().next().is_some();
    closes || decisions.reads_subjects()
}

fn build_with(graph: &Graph, permitted: &Permitted, subjects: bool) -> Plan {
    let operation = permitted.operation();
    let arguments = &operation.arguments;
    let asked = Asked { graph, tree: &operation.tree, arguments, decisions: permitted.decisions() };
    let plan = Plan { whose_decides: whose_decides(graph, permitted), ..Plan::default() };
    let below = HashMap::default();
    let mut builder = Builder { asked, subjects, plan, below };
    builder.root(operation.tree.root);
    builder.closures();
    builder.plan
}

pub(super) struct Builder<'a> {
    pub asked: Asked<'a>,
    /// It is found out whose records are.
    pub subjects: bool,
    pub plan: Plan,
    /// The node that answers a selection on the records of a node.
    pub below: HashMap<(NodeId, SelectionId), NodeId>,
}

/// What the feeds' records lack, by the binding that completes them: the access by key, and the columns.
pub(super) type Completions = IndexMap<BindingId, (Entry, Needs)>;

/// One slot while its node is built: what its records offer, and where.
#[derive(Clone, Default)]
pub(super) struct Offer<'a> {
    pub binding: Option<BindingId>,
    pub shape: Option<&'a Shape>,
    pub layout: Arc<Layout>,
    /// The concrete types that its records may have.
    pub types: Vec<TypeId>,
    /// As of its slot.
    pub stands_in: bool,
}

/// Where a link is selected: in which set, and what is selected of its records.
struct Place {
    within: SetId,
    selection: SelectionId,
    field: FieldId,
    set: SetId,
}

impl<'a> Builder<'a> {
    fn root(&mut self, set: SetId) {
        let root = self.asked.tree.set(set).on;
        let offers = vec![Offer { types: vec![root], ..Offer::default() }];
        let slot = Slot::empty();
        let node = self.push(Origin::Root, None, None, vec![slot], 1);
        self.company(vec![Member {
            node,
            offers,
            sets: vec![set],
            feeds: 1,
            completions: IndexMap::new(),
            late: false,
        }]);
    }

    /// A look-up in the registry of closures for each type that has to be looked up, where there is a registry.
    fn closures(&mut self) {
        let graph = self.asked.graph;
        let registry = graph.closures().and_then(|at| Some((at, graph.crosswalks.get(at)?.source)));
        let Some((crosswalk, source)) = registry else { return };
        let closable: IndexSet<TypeId> = self.asked.decisions.closable().collect();
        let within = closable.iter().flat_map(|on| graph.speaking(*on).map(|(_, within, _)| within));
        let all: IndexSet<TypeId> = closable.iter().copied().chain(within).collect();
        for on in all {
            // What closes somebody closes their records.
            let whose = graph.subject_of(on).filter(|whose| *whose != on);
            let systems = match graph.object(on).and_then(|object| object.speaks_of) {
                // Of whatever type they are.
                Some(_) => graph.with_keys().map(|ty| ty.name.clone()).collect(),
                None => [Some(on), whose].into_iter().flatten().map(|ty| graph.type_of(ty).name.clone()).collect(),
            };
            let way = Way::Crosswalk { crosswalk, systems, back: false };
            let fetch = Fetch::new(source, way, Arc::new(Layout::crosswalk()), Vec::new());
            self.plan.closures.push((on, Arc::new(fetch)));
        }
    }

    /// Everything below nodes whose records are there at the same time.
    fn company(&mut self, mut members: Vec<Member<'a>>) {
        let mut company = Company::default();
        for member in &mut members {
            let completions = std::mem::take(&mut member.completions);
            for (binding, (by, needs)) in &completions {
                self.complete(member, &mut company, *binding, *by, needs);
            }
            for slot in member.feeds..member.offers.len() {
                let (spared, claims) = (self.spared(member, slot), self.only_claims(member, slot));
                if let Some(slot) = self.node(member.node).slots.get_mut(slot) {
                    (slot.spared, slot.claims) = (spared, claims);
                }
            }
        }
        let mut below = Vec::new();
        let mut inner: Vec<Member<'a>> = Vec::new();
        for member in &members {
            self.children(member, &mut company, &mut inner, &mut below);
        }
        // Objects within the records are there as soon as these: what starts from them goes out with the rest.
        while let Some(member) = (!inner.is_empty()).then(|| inner.remove(0)) {
            self.children(&member, &mut company, &mut inner, &mut below);
        }
        for members in self.companies(below) {
            self.company(members);
        }
        for Member { node, offers, feeds, sets, .. } in members {
            self.write(node, &offers, feeds, &sets);
        }
    }

    /// Nodes that wait for the same calls have their records at the same time.
    fn companies(&self, members: Vec<Member<'a>>) -> Vec<Vec<Member<'a>>> {
        let mut companies: IndexMap<Vec<Option<FetchId>>, Vec<Member<'a>>> = IndexMap::new();
        for member in members {
            let calls = self.plan.node(member.node).slots.iter().map(|slot| slot.fetch).collect();
            companies.entry(calls).or_default().push(member);
        }
        companies.into_values().collect()
    }

    fn push(
        &mut self,
        origin: Origin,
        selection: Option<SelectionId>,
        field: Option<FieldId>,
        slots: Vec<Slot>,
        feeds: usize,
    ) -> NodeId {
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        let (crosswalks, children) = (Vec::new(), Vec::new());
        self.plan.nodes.push(Node { origin, selection, field, slots, feeds, crosswalks, children, page: None });
        id
    }

    pub fn node(&mut self, id: NodeId) -> &mut Node {
        #[expect(clippy::indexing_slicing, reason = "ids are made by push")]
        &mut self.plan.nodes[id.index()]
    }

    pub fn push_fetch(&mut self, fetch: Fetch) -> FetchId {
        let id = FetchId(u32::try_from(self.plan.fetches.len()).unwrap_or(u32::MAX));
        self.plan.fetches.push(Arc::new(fetch));
        id
    }

    /// The nodes that start from the records of a node: links into `below`, embedded objects that have links below into `inner`.
    fn children(
        &mut self,
        parent: &Member<'a>,
        company: &mut Company,
        inner: &mut Vec<Member<'a>>,
        below: &mut Vec<Member<'a>>,
    ) {
        let asked = self.asked;
        let variants = |set: SetId| asked.tree.set(set).variants.iter().map(move |variant| (set, variant));
        for (within, (on, selections)) in parent.sets.iter().copied().flat_map(variants) {
            if !parent.offers.iter().any(|offer| offer.types.contains(on)) {
                continue;
            }
            for id in selections {
                let selection = asked.tree.selection(*id);
                let crate::operation::Selected::Field(field) = selection.what else { continue };
                let Some(set) = selection.set else { continue };
                if !asked.is_needed(field) || asked.hides_all(set) {
                    continue;
                }
                let (child, into) = match &asked.graph.field(field).role {
                    Role::Link(link) => {
                        let place = Place { within, selection: *id, field, set };
                        (self.linked(parent, company, place, link), &mut *below)
                    }
                    Role::Embedded if self.has_links(set) => {
                        (Some(self.embedded(parent, *id, field, set)), &mut *inner)
                    }
                    _ => continue,
                };
                if let Some(child) = child {
                    self.below.insert((parent.node, *id), child.node);
                    self.node(parent.node).children.push(child.node);
                    into.push(child);
                }
            }
        }
    }

    fn has_links(&self, set: SetId) -> bool {
        let asked = self.asked;
        asked.tree.set(set).variants.iter().any(|(on, _)| {
            asked.fields(set, *on).any(|(field, below)| match &asked.graph.field(field).role {
                Role::Link(_) => true,
                Role::Embedded => below.is_some_and(|below| self.has_links(below)),
                _ => false,
            })
        })
    }

    fn embedded(&mut self, parent: &Member<'a>, selection: SelectionId, field: FieldId, set: SetId) -> Member<'a> {
        let mut columns = Vec::new();
        let mut inner = Vec::new();
        for offer in &parent.offers {
            let position = offer.layout.position(What::Field(field));
            let found = position.and_then(|at| offer.layout.columns.get(at as usize));
            let (shape, layout) = match (offer.shape.and_then(|shape| shape.mapping(field)), found) {
                (
                    Some(Mapping::Object { shape, .. } | Mapping::Objects { shape, .. }),
                    Some(Column { take: Take::Object(layout) | Take::Objects(layout), .. }),
                ) => (Some(&**shape), layout.clone()),
                _ => (None, Arc::default()),
            };
            columns.push(position.filter(|_| shape.is_some()));
            let types = shape.map(|shape| self.asked.graph.possible(shape.on)).unwrap_or_default();
            inner.push(Offer { binding: offer.binding, shape, layout, types, stands_in: offer.stands_in });
        }
        let slots = inner.iter().map(|_| Slot::empty()).collect();
        let feeds = inner.len();
        let late = parent.late || columns.iter().skip(parent.feeds).any(Option::is_some);
        let origin = Origin::Embedded { parent: parent.node, columns };
        let node = self.push(origin, Some(selection), Some(field), slots, feeds);
        Member { node, offers: inner, sets: vec![set], feeds, completions: IndexMap::new(), late }
    }

    fn linked(
        &mut self,
        parent: &Member<'a>,
        company: &mut Company,
        Place { within, selection, field, set }: Place,
        link: &Link,
    ) -> Option<Member<'a>> {
        let sets = if link.pages.is_some() { self.asked.page_sets(set) } else { vec![set] };
        let wanted = |feed: &LinkFeed| link.pages.is_some() || self.wanted(set, feed.binding);
        let mut feeds: Vec<LinkFeed> = link.feeds.iter().copied().filter(wanted).collect();
        let golden = |feed: &LinkFeed| self.asked.graph.source(self.asked.graph.binding(feed.binding).source).golden;
        let stands_in = self.asked.graph.field(field).data.mode == Mode::LiveThenGolden && !feeds.iter().all(golden);
        if stands_in {
            feeds.sort_by_key(golden);
        }
        let completions = self.completions(&sets, &feeds);
        let mut offers = Vec::new();
        let mut slots = Vec::new();
        for feed in &feeds {
            let mut offer = self.feed_offer((field, *feed), &sets, link.pages.as_ref());
            let keys = self.keys_of_feed(parent, company, *feed, link, field)?;
            let given = self.given(selection, field, link, *feed);
            let wait = parent.wait(&keys);
            let (fetch, layout) = self.shared(company, *feed, given, ((within, field), wait), &offer.layout);
            offer.layout = layout;
            offer.stands_in = stands_in && golden(feed);
            self.behind(fetch, field, *feed, &offer);
            slots.push(Slot { fetch: Some(fetch), keys, stands_in: offer.stands_in, ..Slot::empty() });
            offers.push(offer);
        }
        let feeds = slots.len();
        let node = self.push(Origin::Linked { parent: parent.node }, Some(selection), Some(field), slots, feeds);
        if let Some(pages) = &link.pages {
            self.node(node).page = Some(Box::new(self.page(node, pages, &offers, set, &sets)));
        }
        Some(Member { node, offers, sets, feeds, completions, late: false })
    }

    /// Does anything selected concern a type that this binding's records may have?
    fn wanted(&self, set: SetId, binding: BindingId) -> bool {
        let types = types_of(self.asked.graph, self.asked.graph.binding(binding));
        self.asked.tree.set(set).variants.iter().any(|(on, _)| types.contains(on))
    }

    /// What the feeds' records lack, by the binding that completes them: the access by key, and the columns.
    fn completions(&self, sets: &[SetId], feeds: &[LinkFeed]) -> Completions {
        let graph = self.asked.graph;
        let mut completions = Completions::new();
        for feed in feeds {
            for on in types_of(graph, graph.binding(feed.binding)) {
                for (field, below) in sets.iter().flat_map(|set| self.asked.fields(*set, on)) {
                    for chosen in chosen(graph, feed.binding, field) {
                        let Some(by) = (chosen != feed.binding).then(|| graph.by_key(chosen)).flatten() else {
                            continue;
                        };
                        let (_, needs) = completions.entry(chosen).or_insert_with(|| (by, Needs::default()));
                        self.asked.gather_field(needs, &graph.binding(chosen).shape, field, below);
                    }
                }
                for field in self.asked.contested(sets, on) {
                    for other in claimants(graph, feed.binding, field).into_iter().filter(|id| *id != feed.binding) {
                        let Some(by) = graph.by_key(other) else { continue };
                        let (_, needs) = completions.entry(other).or_insert_with(|| (by, Needs::default()));
                        needs.add(What::Field(field));
                        needs.add(What::AsOf);
                    }
                }
            }
        }
        completions.retain(|_, (_, needs)| !needs.is_empty());
        for (id, (_, needs)) in &mut completions {
            let provenance = |(field, _): (FieldId, _)| matches!(graph.field(field).role, Role::Provenance);
            if sets.iter().flat_map(|set| self.asked.fields(*set, graph.binding(*id).on)).any(provenance) {
                needs.add(What::AsOf);
            }
        }
        completions
    }

    fn feed_offer(&self, feed: (FieldId, LinkFeed), sets: &[SetId], pages: Option<&Pages>) -> Offer<'a> {
        let graph = self.asked.graph;
        let id = feed.1.binding;
        let binding = graph.binding(id);
        let types = types_of(graph, binding);
        let mut needs = Needs::default();
        for on in &types {
            self.asked.gather_facts(&mut needs, *on);
            self.gather_behind(&mut needs, binding, feed, *on);
            for (field, below) in sets.iter().flat_map(|set| self.asked.fields(*set, *on)) {
                let own = matches!(&graph.field(field).role, Role::Provenance | Role::NodeId)
                    || matches!(&graph.field(field).role, Role::Link(link) if matches!(link.keys, LinkKeys::Parent(_)))
                    || chosen(graph, id, field).contains(&id);
                if own {
                    self.asked.gather_field(&mut needs, &binding.shape, field, below);
                }
            }
            for field in self.asked.contested(sets, *on) {
                if claimants(graph, id, field).contains(&id) {
                    needs.add(What::Field(field));
                }
            }
            // Whatever is asked of a record, the ledger says which it was, and how old.
            needs.add_key(graph, *on);
        }
        needs.add(What::AsOf);
        let order = pages.and_then(|pages| pages.pushed.as_deref()).unwrap_or_default();
        let layout = Arc::new(Layout::of(graph, binding, &needs).ordered(order));
        Offer { binding: Some(id), shape: Some(&binding.shape), layout, types, stands_in: false }
    }

    /// Names of the arguments that a fetch is given besides its key, and the paths within them that the source is given.
    fn given(&self, selection: SelectionId, field: FieldId, link: &Link, feed: LinkFeed) -> Vec<Arc<str>> {
        let graph = self.asked.graph;
        let keys: &[Arc<str>] = match &link.keys {
            LinkKeys::Arguments { names, .. } => names,
            LinkKeys::Node { argument } => std::slice::from_ref(argument),
            _ => &[],
        };
        let Some(Ok(arguments)) = self.asked.arguments.get(selection) else { return Vec::new() };
        // What the gateway cuts itself is one question, whichever page is wanted.
        let cut_here = link.pages.as_ref().is_some_and(|pages| pages.pushed.is_none());
        let ours = |name: &str| cut_here && [FIRST, AFTER].contains(&name);
        let all_key = |name: &str| {
            let leaves = graph.argument(field, name).map(|argument| graph.leaves(argument)).unwrap_or_default();
            leaves.iter().all(|leaf| keys.contains(leaf))
        };
        let whole = arguments.iter().filter(|(name, value)| !value.is_null() && !all_key(name) && !ours(name));
        let mut given: Vec<Arc<str>> = whole.map(|(name, _)| name.as_str().into()).collect();
        let (passed, _) = graph.binding(feed.binding).given(feed.entry);
        let within = passed.iter().map(|argument| &argument.name).filter(|name| name.contains('.'));
        given.extend(within.filter(|path| value_at(arguments, path).is_some()).cloned());
        given
    }

    /// Adds a completion to a node: the records of another binding for the same keys.
    fn complete(&mut self, member: &mut Member<'a>, company: &mut Company, id: BindingId, by: Entry, needs: &Needs) {
        let graph = self.asked.graph;
        let binding = graph.binding(id);
        let layout = Arc::new(Layout::of(graph, binding, needs));
        let slots = member.offers.iter().take(member.feeds).map(|offer| own_key(graph, offer, binding.on)).collect();
        let system = match by {
            Entry::By(by) => binding.by.get(usize::from(by)).and_then(|by| by.crosswalk.clone()),
            Entry::Find(_) => None,
        };
        // Under a number that several golden records claim, it is not known whose the values are.
        let alone = system.as_ref().and_then(|system| self.crosswalk(company, binding.on, system, true));
        let keys = self.key_columns(member.node, company, binding.on, slots, system);
        let fetch = self.completing(company, LinkFeed { binding: id, entry: by }, &layout);
        let layout = self.plan.fetch(fetch).layout.clone();
        self.node(member.node).slots.push(Slot { fetch: Some(fetch), keys, alone, ..Slot::empty() });
        member.offers.push(Offer {
            binding: Some(id),
            shape: Some(&binding.shape),
            layout,
            types: vec![binding.on],
            stands_in: false,
        });
    }

    /// Fills in how the records of each feed are written: of a connection wherever they are selected.
    fn write(&mut self, node: NodeId, offers: &[Offer<'a>], feeds: usize, sets: &[SetId]) {
        let writing = Writing { asked: self.asked, below: &self.below, page: None };
        let view = |set: &SetId| -> Vec<Objects> {
            (0..feeds).map(|slot| writing.objects(node, offers, slot, feeds, *set)).collect()
        };
        let mut views: Vec<Vec<Objects>> = sets.iter().map(view).collect();
        let node = self.node(node);
        if let Some(page) = &mut node.page {
            page.views = views;
            return;
        }
        for (slot, objects) in node.slots.iter_mut().zip(views.pop().unwrap_or_default()) {
            slot.objects = objects;
        }
    }
}
