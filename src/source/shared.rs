//! Shared: asks an agency so that nobody asks it twice for the same.
//!
//! First what is kept here and fresh enough, then what gateways keep in common (`tier`), then the calls that are under way, then calls of our
//! own, gathered with those of others. Where a call fails, records that are not too old stand in, marked as stale. A `Board` holds what is
//! known of each key meanwhile.

use super::board::Board;
use super::cache::{Asked, Cache, Key, Terms};
use super::flight::Flights;
use super::fresh::Lasting;
use super::gather::{Gather, How, Wanted};
use super::purges::Purges;
use super::sources::{Sources, found, now};
use super::tier::Tier;
use super::{Age, Answer, Call, Fetch, Identity, Reason, Way};
use crate::graph::{Graph, value_at};
use crate::limits::Limits;
use crate::observe;
use crate::record::{Keys, Raw};
use futures::FutureExt;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What requests have in common of what agencies said.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) cache: Arc<Cache>,
    pub(super) purges: Arc<Purges>,
    /// Empty where gateways keep nothing in common.
    pub(super) tier: Arc<OnceLock<Tier>>,
    flights: Arc<Flights>,
    gather: Gather,
    patience: Duration,
}

impl Shared {
    pub fn new(graph: &Graph, limits: &Limits) -> Self {
        let (cache, flights) = (Arc::new(Cache::new(limits)), Arc::new(Flights::default()));
        let (tier, purges) = (Arc::default(), Arc::new(Purges::new(graph, limits)));
        let gather = Gather::new(Arc::clone(&flights), Arc::clone(&cache), Arc::clone(&tier), limits.keys_max);
        Self { cache, purges, tier, flights, gather, patience: Duration::from_millis(limits.request_ms_max) }
    }
}

impl Sources {
    /// As `fetch`, of an agency.
    pub(super) async fn share(&self, graph: &Arc<Graph>, call: Call<'_>) -> Answer {
        let mut empty = Raw::empty(Arc::clone(&call.fetch.layout), call.fetch.source);
        empty.retrieved_at = now();
        let searching = call.keys.parts == 0;
        let count = if searching { 1 } else { call.keys.len() };
        let (Way::Binding(binding, entry), Some(found)) = (&call.fetch.way, found(graph, &call.fetch.way)) else {
            let reason = Reason::Invalid("no such way into the source".to_owned());
            return Answer::failed(empty, count, &reason);
        };
        if count == 0 {
            return Answer::failed(empty, 0, &Reason::Limit("no key"));
        }
        let kept = call.fetch.kept(graph);
        let epoch = self.shared.purges.epoch(call.fetch.source);
        // Where it is not known what was purged, nothing is kept and nothing that is kept is believed.
        let lasting = epoch.map_or(Lasting::NONE, |_| kept.lasting);
        let arguments = given(call.fetch, call.arguments);
        let terms = Terms {
            source: call.fetch.source,
            way: (*binding, *entry),
            fields: Arc::clone(&kept.fields),
            arguments: Value::Object(arguments.clone()).to_string().into(),
            identity: call.identity.clone(),
            epochs: (graph.epoch, epoch.unwrap_or(u64::MAX)),
        };
        let asked = terms.asked(&kept.terms);
        let mut board = Board::new(empty, count, &self.reach.bounds);
        let looked_at = Instant::now();
        self.look(&mut board, &asked, &call, (looked_at, lasting));
        if board.is_open() && !lasting.stale.is_zero() {
            self.look_behind(&mut board, &call, lasting).await;
        }
        if board.is_open() {
            let lasting = if call.untraced { Lasting::NONE } else { lasting };
            let how = self.how(graph, &call, arguments, (found.entrance.keys_max, lasting));
            let wanted = board.wanted(call.keys, looked_at, &Arc::new(how));
            let gather = &self.shared.gather;
            board.settle(if call.untraced { gather.depart_alone(&wanted) } else { gather.depart(wanted).await });
        }
        let is_well = self.reach.is_well(call.fetch.source);
        let landed = board.landed(call.deadline, is_well).await;
        let (calls, joined) = (board.calls(&landed), board.joined);
        Answer { calls, joined, ..board.answer(&landed, lasting) }
    }

    /// Finds what is kept, fresh or old, and what is under way.
    fn look(&self, board: &mut Board<'_>, asked: &Asked, call: &Call<'_>, (now, lasting): (Instant, Lasting)) {
        let texts: Vec<Cow<'_, str>> = match call.keys.parts {
            0 => vec![Cow::Borrowed("")],
            _ => call.keys.iter().map(Keys::joined).collect(),
        };
        let looks = || texts.iter().map(|text| asked.look(text));
        self.shared.cache.see(looks(), now, |number, kept| board.show(number, kept, (now, lasting, call.age)));
        for (number, look) in looks().enumerate() {
            if board.is_open_at(number) {
                let key = look.key();
                let flying = self.shared.flights.find(&key);
                board.miss(number, key, flying);
            }
        }
    }

    /// As [`Self::look`], among what gateways keep in common: only for what is not here.
    async fn look_behind(&self, board: &mut Board<'_>, call: &Call<'_>, lasting: Lasting) {
        let Some(tier) = self.shared.tier.get() else { return };
        let (numbers, keys): (Vec<usize>, Vec<&Key>) = board.open().unzip();
        let (cache, layout) = (&self.shared.cache, &call.fetch.layout);
        let found = tier.find(&keys, layout, |is_none| cache.lasts(lasting, is_none), call.deadline).await;
        keys.iter().zip(&found).for_each(|(key, kept)| kept.iter().for_each(|kept| cache.keep(key, kept)));
        let now = Instant::now();
        for (number, kept) in numbers.into_iter().zip(found) {
            if let Some(kept) = kept {
                board.show(number, &kept, (now, lasting, call.age));
            }
        }
    }

    fn how(
        &self,
        graph: &Arc<Graph>,
        call: &Call<'_>,
        arguments: Map<String, Value>,
        (keys_max, lasting): (usize, Lasting),
    ) -> How {
        let (reach, graph, fetch) = (Arc::clone(&self.reach), Arc::clone(graph), Arc::clone(call.fetch));
        let (parts, arguments, patience) = (call.keys.parts, Arc::new(arguments), self.shared.patience);
        let under_way = observe::current();
        let call = move |wanted: Vec<Wanted>| {
            let under_way = under_way.clone();
            let (reach, graph, fetch) = (Arc::clone(&reach), Arc::clone(&graph), Arc::clone(&fetch));
            let arguments = Arc::clone(&arguments);
            async move {
                let values = wanted.into_iter().flat_map(|wanted| wanted.parts).map(Cow::Owned).collect();
                let keys = Keys { parts, values };
                // The call is nobody's own: how long each waits is up to them.
                let deadline = Instant::now() + patience;
                let (identity, age) = (Identity::Service, Age::default());
                let call = Call {
                    fetch: &fetch,
                    keys: &keys,
                    arguments: &arguments,
                    identity,
                    deadline,
                    page: None,
                    age,
                    untraced: false,
                };
                observe::carried(under_way, reach.ask(&graph, call)).await
            }
            .boxed()
        };
        How { keys_max, lasting, call: Box::new(call) }
    }
}

/// The arguments that a fetch is given, and no other: what a source can't see makes no difference to what it says.
fn given(fetch: &Fetch, arguments: &Map<String, Value>) -> Map<String, Value> {
    let mut given = Map::new();
    for name in &fetch.given {
        let whole = name.split('.').next().unwrap_or(name);
        if let Some(value) = value_at(arguments, whole) {
            given.insert(whole.to_owned(), value.clone());
        }
    }
    given
}
