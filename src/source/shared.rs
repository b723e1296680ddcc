//! Shared: asks an agency so that nobody asks it twice for the same.
//!
//! First what is kept here and fresh enough, then what gateways keep in common (`tier`), then the calls that are under way, then calls of our own, gathered with those of others. Where
//! a call fails, records that are not too old stand in, marked as stale.

use super::assemble::{Draft, Lot, Piece};
use super::cache::{Asked, Cache, Kept, Key, Look, Terms};
use super::decode::Bounds;
use super::flight::{Flight, Flights, Seat};
use super::fresh::Lasting;
use super::gather::{Found, Gather, How, Wanted};
use super::guard::PROBE_PATIENCE;
use super::purges::Purges;
use super::sources::{Sources, found, now};
use super::tier::Tier;
use super::{Age, Answer, Call, Fetch, Identity, Reason, Way};
use crate::graph::{Graph, value_at};
use crate::limits::Limits;
use crate::observe;
use crate::record::{Had, Keys, Raw};
use futures::FutureExt;
use futures::future::join_all;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

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

/// What is known of each key so far.
struct Board<'a> {
    places: Vec<Place>,
    draft: Draft<'a>,
    /// What is kept of a key and too old for whoever asks: it may stand in.
    old: HashMap<usize, Arc<Kept>>,
    /// The keys that were not found here, by their place, ascending.
    missing: Vec<(usize, Key)>,
    flights: Vec<Arc<Flight>>,
    /// Where a flight stands there.
    numbers: HashMap<u64, usize>,
    /// Keys that somebody was fetching already.
    joined: u32,
}

const PROBED: &str = "it failed too often, and has not answered the probe yet";

enum Place {
    Open,
    /// In the draft, unless that is full.
    Had(Result<Lot, Reason>),
    /// The number of a flight, and the place there.
    Seat(usize, u32),
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
                self.look_out(board, number, look);
            }
        }
    }

    /// Whether somebody is fetching a key.
    fn look_out(&self, board: &mut Board<'_>, number: usize, look: Look<'_>) {
        let key = look.key();
        match self.shared.flights.find(&key) {
            Some(seat) => {
                board.joined += 1;
                board.seat(number, seat);
            }
            None => board.missing.push((number, key)),
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

impl<'a> Board<'a> {
    /// `empty` has the layout of the answer.
    fn new(empty: Raw, keys: usize, bounds: &'a Bounds) -> Self {
        Self {
            places: std::iter::repeat_with(|| Place::Open).take(keys).collect(),
            draft: Draft::new(empty, keys, bounds),
            old: HashMap::new(),
            missing: Vec::new(),
            flights: Vec::new(),
            numbers: HashMap::new(),
            joined: 0,
        }
    }

    /// What is kept of a key: for the answer where it is fresh, and else to stand in, where that is wanted.
    fn show(&mut self, number: usize, kept: &Arc<Kept>, (now, lasting, age): (Instant, Lasting, Age)) {
        if kept.is_fresh(now, lasting, age.max_s) {
            self.take(number, kept);
        } else if age.stale && self.old.get(&number).is_none_or(|old| old.asked_at < kept.asked_at) {
            self.old.insert(number, Arc::clone(kept));
        }
    }

    fn take(&mut self, number: usize, kept: &Kept) {
        let lot = self.draft.take(kept, Had::Kept);
        self.place(number, Place::Had(lot));
    }

    fn place(&mut self, number: usize, place: Place) {
        if let Some(open) = self.places.get_mut(number) {
            *open = place;
        }
    }

    fn seat(&mut self, number: usize, seat: Seat) {
        let (place, flights) = (seat.place, &mut self.flights);
        let flight = *self.numbers.entry(seat.number()).or_insert_with(|| {
            flights.push(seat.flight);
            flights.len() - 1
        });
        self.place(number, Place::Seat(flight, place));
    }

    fn open(&self) -> impl Iterator<Item = (usize, &Key)> {
        let missing = self.missing.iter().map(|(number, key)| (*number, key));
        missing.filter(|(number, _)| matches!(self.places.get(*number), Some(Place::Open)))
    }

    fn wanted(&self, keys: &Keys<'_>, looked_at: Instant, how: &Arc<How>) -> Vec<Wanted> {
        let wanted = self.open().map(|(number, key)| {
            let parts = keys.values.iter().skip(number * keys.parts).take(keys.parts);
            Wanted {
                key: key.clone(),
                parts: parts.map(ToString::to_string).collect(),
                order: u32::try_from(number).unwrap_or(u32::MAX),
                looked_at,
                how: Arc::clone(how),
            }
        });
        wanted.collect()
    }

    fn settle(&mut self, mut found: HashMap<Key, Found>) {
        let open: Vec<(usize, Option<Found>)> = self.open().map(|(number, key)| (number, found.remove(key))).collect();
        for (number, found) in open {
            match found {
                Some(Found::Flying(seat)) => self.seat(number, seat),
                Some(Found::Kept(kept)) => self.take(number, &kept),
                None => {}
            }
        }
    }

    /// What came of each flight, as far as there is time to wait for it.
    async fn landed(&self, deadline: Instant, is_well: bool) -> Vec<Result<Arc<Answer>, Reason>> {
        let deadline = tokio::time::Instant::from_std(deadline);
        let landings = self.flights.iter().map(|flight| async move {
            let landed = if is_well {
                timeout_at(deadline, flight.landed()).await.map_err(|_| Reason::Timeout)?
            } else {
                let probed = timeout_at(deadline, flight.probed(PROBE_PATIENCE)).await.map_err(|_| Reason::Timeout)?;
                probed.ok_or_else(|| Reason::Unavailable(PROBED.to_owned()))?
            };
            landed.ok_or_else(|| Reason::Unavailable("the call did not come to an end".to_owned()))
        });
        join_all(landings).await
    }

    fn answer(self, landed: &[Result<Arc<Answer>, Reason>], lasting: Lasting) -> Answer {
        if let Some(whole) = self.whole(landed) {
            return Answer { calls: 0, ..Answer::clone(whole) };
        }
        let Self { places, mut draft, old, .. } = self;
        let had = |lot: Result<Lot, Reason>| lot.map_or_else(Piece::Failed, Piece::Had);
        let mut pieces = Vec::with_capacity(places.len());
        for (number, place) in places.into_iter().enumerate() {
            let reason = match place {
                Place::Had(lot) => {
                    pieces.push(had(lot));
                    continue;
                }
                Place::Open => Reason::Unavailable("it was not asked".to_owned()),
                Place::Seat(flight, place) => match landed.get(flight) {
                    Some(Ok(answer)) => match answer.reason(place) {
                        Some(reason) => reason.clone(),
                        None => {
                            pieces.push(had(draft.land(answer, place)));
                            continue;
                        }
                    },
                    Some(Err(reason)) => reason.clone(),
                    None => Reason::Timeout,
                },
            };
            let old = old.get(&number).filter(|old| old.stands_in(lasting, &reason));
            pieces.push(match old.map(|old| draft.take(old, Had::Stale)) {
                Some(Ok(lot)) => Piece::Stale(lot, reason),
                Some(Err(full)) => Piece::Failed(full),
                None => Piece::Failed(reason),
            });
        }
        draft.finish(pieces)
    }

    /// The one flight that brought just this.
    fn whole<'l>(&self, landed: &'l [Result<Arc<Answer>, Reason>]) -> Option<&'l Answer> {
        let [Ok(only)] = landed else { return None };
        let same = |(number, place): (u32, &Place)| matches!(place, Place::Seat(0, key) if *key == number);
        let is_as_long = only.failed.is_empty() && only.groups.starts.len() == self.places.len() + 1;
        let whole = is_as_long && (0_u32..).zip(&self.places).all(same);
        whole.then_some(&**only)
    }

    /// Calls that stand in nobody's figures yet.
    fn calls(&self, landed: &[Result<Arc<Answer>, Reason>]) -> u32 {
        let landed = self.flights.iter().zip(landed);
        let own = landed.filter_map(|(flight, landed)| landed.as_ref().ok().filter(|_| flight.count()));
        own.map(|answer| answer.calls).sum()
    }

    fn is_open(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Open))
    }

    fn is_open_at(&self, number: usize) -> bool {
        matches!(self.places.get(number), Some(Place::Open))
    }
}
