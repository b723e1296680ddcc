//! Board: what is known of each key of a question, while it is looked for here and there, and the answer that comes of it.

use super::assemble::{Draft, Lot, Piece};
use super::cache::{Kept, Key};
use super::decode::Bounds;
use super::flight::{Flight, Seat};
use super::fresh::Lasting;
use super::gather::{Found, How, Wanted};
use super::guard::{PROBE_PATIENCE, PROBED};
use super::{Age, Answer, Reason};
use crate::record::{Had, Keys, Raw};
use futures::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout_at;

/// What is known of each key so far.
pub(super) struct Board<'a> {
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
    pub(super) joined: u32,
}

enum Place {
    Open,
    /// In the draft, unless that is full.
    Had(Result<Lot, Reason>),
    /// The number of a flight, and the place there.
    Seat(usize, u32),
}

impl<'a> Board<'a> {
    /// `empty` has the layout of the answer.
    pub(super) fn new(empty: Raw, keys: usize, bounds: &'a Bounds) -> Self {
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
    pub(super) fn show(&mut self, number: usize, kept: &Arc<Kept>, (now, lasting, age): (Instant, Lasting, Age)) {
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

    /// A key that is not kept here: somebody is fetching it, or nobody is.
    pub(super) fn miss(&mut self, number: usize, key: Key, flying: Option<Seat>) {
        match flying {
            Some(seat) => {
                self.joined += 1;
                self.seat(number, seat);
            }
            None => self.missing.push((number, key)),
        }
    }

    pub(super) fn open(&self) -> impl Iterator<Item = (usize, &Key)> {
        let missing = self.missing.iter().map(|(number, key)| (*number, key));
        missing.filter(|(number, _)| matches!(self.places.get(*number), Some(Place::Open)))
    }

    pub(super) fn wanted(&self, keys: &Keys<'_>, looked_at: Instant, how: &Arc<How>) -> Vec<Wanted> {
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

    pub(super) fn settle(&mut self, mut found: HashMap<Key, Found>) {
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
    pub(super) async fn landed(&self, deadline: Instant, is_well: bool) -> Vec<Result<Arc<Answer>, Reason>> {
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

    pub(super) fn answer(self, landed: &[Result<Arc<Answer>, Reason>], lasting: Lasting) -> Answer {
        if let Some(whole) = self.whole(landed) {
            return Answer { calls: 0, ..Answer::clone(whole) };
        }
        let Self { places, mut draft, old, .. } = self;
        let mut pieces = Vec::with_capacity(places.len());
        for (number, place) in places.into_iter().enumerate() {
            // What could not be had may be stood in for; for what the answer has no room for, nothing does.
            let found = match place {
                Place::Had(lot) => Ok(lot),
                Place::Open => Err(Reason::Unavailable("it was not asked".to_owned())),
                Place::Seat(flight, place) => match landed.get(flight) {
                    Some(Ok(answer)) => {
                        answer.reason(place).cloned().map_or_else(|| Ok(draft.land(answer, place)), Err)
                    }
                    Some(Err(reason)) => Err(reason.clone()),
                    None => Err(Reason::Timeout),
                },
            };
            pieces.push(match found {
                Ok(lot) => lot.map_or_else(Piece::Failed, Piece::Had),
                Err(reason) => match old.get(&number).filter(|old| old.stands_in(lasting, &reason)) {
                    Some(old) => {
                        draft.take(old, Had::Stale).map_or_else(Piece::Failed, |lot| Piece::Stale(lot, reason))
                    }
                    None => Piece::Failed(reason),
                },
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
    pub(super) fn calls(&self, landed: &[Result<Arc<Answer>, Reason>]) -> u32 {
        let landed = self.flights.iter().zip(landed);
        let own = landed.filter_map(|(flight, landed)| landed.as_ref().ok().filter(|_| flight.count()));
        own.map(|answer| answer.calls).sum()
    }

    pub(super) fn is_open(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Open))
    }

    pub(super) fn is_open_at(&self, number: usize) -> bool {
        matches!(self.places.get(number), Some(Place::Open))
    }
}
