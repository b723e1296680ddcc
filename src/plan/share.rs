//! Share: one call for all that is asked of a source in one way at the same time.
//!
//! Nodes whose records are there at the same time are a company. What starts from them, and asks the same source the same
//! question, shares one fetch: types of an interface, links of different names, aliases. A fetch that is shared grows columns; those
//! that it had stay where they are, so what refers to them stays right.

use super::build::{Builder, Completions, Offer};
use super::{FetchId, KeyColumns, KeysOf, NodeId};
use crate::graph::{FieldId, LinkFeed, SourceId, TypeId};
use crate::operation::SetId;
use crate::record::Layout;
use crate::source::{Fetch, Way};
use std::sync::Arc;

/// A node while it is built.
pub(super) struct Member<'a> {
    pub node: NodeId,
    pub offers: Vec<Offer<'a>>,
    /// What is selected of its records: of a connection at several places.
    pub sets: Vec<SetId>,
    pub feeds: usize,
    /// Not yet among the offers.
    pub completions: Completions,
    /// It stands within completions of the company.
    pub late: bool,
}

/// Fetches that start from the records of a company, to share.
#[derive(Default)]
pub(super) struct Company {
    questions: Vec<Question>,
    completing: Vec<(Way, FetchId)>,
    /// By the type whose crosswalk it is, and whether it leads back.
    crosswalks: Vec<(TypeId, bool, FetchId)>,
}

struct Question {
    way: Way,
    given: Vec<Arc<str>>,
    asker: Asker,
    wait: Wait,
    fetch: FetchId,
}

/// A link, and the set that it is selected in.
pub(super) type Asker = (SetId, FieldId);

/// What keys wait for besides the records of their company.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    completions: bool,
    crosswalk: bool,
    back: bool,
}

impl Member<'_> {
    pub fn wait(&self, keys: &KeysOf) -> Wait {
        let KeysOf::Columns(KeyColumns { slots, through, .. }) = keys else {
            return Wait { completions: self.late, crosswalk: false, back: false };
        };
        let completions = self.late || slots.iter().skip(self.feeds).any(Option::is_some);
        let back = slots.iter().flatten().any(|slot| slot.back.is_some());
        Wait { completions, crosswalk: through.is_some(), back }
    }
}

impl Question {
    /// Whether it may be the same question. One link twice in one set has arguments that differ.
    fn may_be(&self, way: &Way, given: &[Arc<str>], asker: Asker) -> bool {
        self.way == *way && *self.given == *given && (given.is_empty() || self.asker != asker)
    }
}

impl Builder<'_> {
    /// The fetch of a feed, and its columns.
    pub fn shared(
        &mut self,
        company: &mut Company,
        feed: LinkFeed,
        given: Vec<Arc<str>>,
        (asker, wait): (Asker, Wait),
        layout: &Arc<Layout>,
    ) -> (FetchId, Arc<Layout>) {
        let graph = self.asked.graph;
        let way = Way::Binding(feed.binding, feed.entry);
        let known = company.questions.iter().find(|asked| asked.wait == wait && asked.may_be(&way, &given, asker));
        let fetch = if let Some(known) = known {
            self.widen(known.fetch, layout);
            known.fetch
        } else {
            let fetch = self.fetch(graph.binding(feed.binding).source, way.clone(), layout.clone(), given.clone());
            company.questions.push(Question { way, given, asker, wait, fetch });
            fetch
        };
        if let Some(fetch) = self.fetch_mut(fetch) {
            fetch.freshen(&graph.field(asker.1).data);
        }
        (fetch, self.plan.fetch(fetch).layout.clone())
    }

    /// The fetch of a completion.
    pub fn completing(&mut self, company: &mut Company, feed: LinkFeed, layout: &Arc<Layout>) -> FetchId {
        let way = Way::Binding(feed.binding, feed.entry);
        if let Some((_, fetch)) = company.completing.iter().find(|(known, _)| *known == way) {
            self.widen(*fetch, layout);
            return *fetch;
        }
        let fetch = self.fetch(self.asked.graph.binding(feed.binding).source, way.clone(), layout.clone(), Vec::new());
        company.completing.push((way, fetch));
        fetch
    }

    /// The look-up in the crosswalk of a type, one for all systems.
    pub fn crosswalk(
        &mut self,
        company: &mut Company,
        entity: TypeId,
        system: &Arc<str>,
        back: bool,
    ) -> Option<FetchId> {
        let known = company.crosswalks.iter().find(|(on, known, _)| *on == entity && *known == back);
        let id = if let Some((.., fetch)) = known {
            *fetch
        } else {
            let mut crosswalks = self.asked.graph.crosswalks.iter().enumerate();
            let (crosswalk, found) = crosswalks.find(|(_, crosswalk)| crosswalk.entity == entity)?;
            let way = Way::Crosswalk { crosswalk, systems: Vec::new(), back };
            let fetch = self.fetch(found.source, way, Arc::new(Layout::crosswalk()), Vec::new());
            company.crosswalks.push((entity, back, fetch));
            fetch
        };
        if let Some(Fetch { way: Way::Crosswalk { systems, .. }, .. }) = self.fetch_mut(id)
            && !systems.contains(system)
        {
            systems.push(system.clone());
        }
        Some(id)
    }

    fn fetch(&mut self, source: SourceId, way: Way, layout: Arc<Layout>, given: Vec<Arc<str>>) -> FetchId {
        self.push_fetch(Fetch::new(source, way, layout, given))
    }

    /// Nobody else has it while the plan is built.
    fn fetch_mut(&mut self, id: FetchId) -> Option<&mut Fetch> {
        self.plan.fetches.get_mut(id.index()).and_then(Arc::get_mut)
    }

    fn widen(&mut self, fetch: FetchId, layout: &Layout) {
        if let Some(fetch) = self.fetch_mut(fetch) {
            Arc::make_mut(&mut fetch.layout).widen(layout);
        }
    }
}
