//! Gather: what several requests want of one source within a moment goes out in one call.
//!
//! `dataloader` collects the keys; what it calls must return at once, since it holds its lock meanwhile. So it is given flights that have
//! just started, and whoever asked waits for those by itself. A loader lives for a while only: it never forgets a key
//! (`docs/decisions/0030`).

use super::Answer;
use super::cache::{Cache, Kept, Key, Terms};
use super::flight::{Company, Flights, Seat};
use super::fresh::Lasting;
use super::tier::Tier;
use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// Keys after which a loader is given up for a new one. What it holds on to by then is less than 1 MiB.
const KEYS_A_LOADER: usize = 1_000;

/// Where keys are gathered.
pub(super) struct Gather {
    departures: Departures,
    keys_max: usize,
    loader: Mutex<Loading>,
}

/// The loader of the moment.
struct Loading {
    loader: Loader<Wanted, Found, Departures>,
    /// That it was given.
    keys: usize,
}

/// A key that nobody was fetching a moment ago.
#[derive(Clone)]
pub(super) struct Wanted {
    pub key: Key,
    /// As the source is asked for it; none of a search.
    pub parts: Vec<String>,
    /// Among those of its request.
    pub order: u32,
    /// When its request looked for it among what is kept.
    pub looked_at: Instant,
    pub how: Arc<How>,
}

/// How keys of the same terms are asked for.
pub(super) struct How {
    pub keys_max: usize,
    pub lasting: Lasting,
    pub call: Box<dyn Fn(Vec<Wanted>) -> BoxFuture<'static, Answer> + Send + Sync>,
}

/// What there is for a key after all.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Flying(Seat),
    Kept(Arc<Kept>),
}

/// What becomes of gathered keys.
#[derive(Clone)]
struct Departures {
    flights: Arc<Flights>,
    cache: Arc<Cache>,
    tier: Arc<OnceLock<Tier>>,
}

impl Gather {
    /// `keys_max`: keys that are gathered at the most, however many there are within a moment.
    pub fn new(flights: Arc<Flights>, cache: Arc<Cache>, tier: Arc<OnceLock<Tier>>, keys_max: usize) -> Self {
        let departures = Departures { flights, cache, tier };
        let loader = Mutex::new(Loading::new(&departures, keys_max));
        Self { departures, keys_max, loader }
    }

    /// Where each of these keys is to be had. In a task of its own: a load that is dropped half-way would keep its keys in the loader for good.
    pub async fn depart(&self, wanted: Vec<Wanted>) -> HashMap<Key, Found> {
        let loader = self.loader(wanted.len());
        let loading = tokio::spawn(async move { loader.try_load_many(wanted).await.unwrap_or_default() });
        let found = loading.await.unwrap_or_default();
        found.into_iter().map(|(wanted, found)| (wanted.key, found)).collect()
    }

    /// The same for keys of which nobody else may learn that somebody wants them: no other request waits with this one.
    pub fn depart_alone(&self, wanted: &[Wanted]) -> HashMap<Key, Found> {
        let wanted: Vec<&Wanted> = wanted.iter().collect();
        let keys_max = wanted.first().map_or(1, |wanted| wanted.how.keys_max.max(1));
        let mut all = HashMap::with_capacity(wanted.len());
        for batch in wanted.chunks(keys_max) {
            let seats = self.departures.start(batch, Company::None);
            all.extend(batch.iter().zip(seats).map(|(wanted, seat)| (wanted.key.clone(), Found::Flying(seat))));
        }
        all
    }

    /// For so many keys. Who still waits for keys of the one before does so there.
    fn loader(&self, keys: usize) -> Loader<Wanted, Found, Departures> {
        let mut loading = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        if loading.keys >= KEYS_A_LOADER {
            *loading = Loading::new(&self.departures, self.keys_max);
        }
        loading.keys += keys;
        loading.loader.clone()
    }
}

impl Loading {
    fn new(departures: &Departures, keys_max: usize) -> Self {
        Self { loader: Loader::new(departures.clone()).with_max_batch_size(keys_max.max(1)), keys: 0 }
    }
}

impl BatchFn<Wanted, Found> for Departures {
    async fn load(&mut self, keys: &[Wanted]) -> HashMap<Wanted, Found> {
        let mut all = HashMap::with_capacity(keys.len());
        let mut groups: Vec<(&Arc<Terms>, Vec<&Wanted>)> = Vec::new();
        for wanted in keys {
            if let Some(found) = self.meanwhile(wanted) {
                all.insert(wanted.clone(), found);
                continue;
            }
            let terms = wanted.key.terms();
            match groups.iter_mut().find(|(known, _)| *known == terms) {
                Some((_, group)) => group.push(wanted),
                None => groups.push((terms, vec![wanted])),
            }
        }
        for (_, mut group) in groups {
            // The loader knows no order.
            group.sort_by_key(|wanted| (wanted.looked_at, wanted.order));
            let keys_max = group.first().map_or(1, |wanted| wanted.how.keys_max.max(1));
            for batch in group.chunks(keys_max) {
                let seats = self.start(batch, Company::Any);
                all.extend(batch.iter().zip(seats).map(|(wanted, seat)| ((*wanted).clone(), Found::Flying(seat))));
            }
        }
        all
    }
}

impl Departures {
    /// Somebody may have started to fetch the key, or have it already, since its request looked for it.
    fn meanwhile(&self, wanted: &Wanted) -> Option<Found> {
        if let Some(seat) = self.flights.find(&wanted.key) {
            return Some(Found::Flying(seat));
        }
        let kept = self.cache.find(wanted.key.look()).filter(|kept| kept.since >= wanted.looked_at)?;
        Some(Found::Kept(kept))
    }

    fn start(&self, batch: &[&Wanted], company: Company) -> Vec<Seat> {
        let Some(first) = batch.first() else { return Vec::new() };
        let (how, cache, asked_at) = (Arc::clone(&first.how), Arc::clone(&self.cache), Instant::now());
        let keys: Arc<[Key]> = batch.iter().map(|wanted| wanted.key.clone()).collect();
        let call = (how.call)(batch.iter().map(|wanted| (*wanted).clone()).collect());
        let lasting = how.lasting;
        let tier = Arc::clone(&self.tier);
        self.flights.start(&keys, company, call, move |keys, answer| {
            if !cache.is_kept() && tier.get().is_none() {
                return;
            }
            let made = cache.made(keys, answer, asked_at, lasting);
            for (key, kept) in &made {
                cache.keep(key, kept);
            }
            if let Some(tier) = tier.get() {
                tier.keep(made);
            }
        })
    }
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Wanted {}

impl Hash for Wanted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

// The loader wants it for its errors; a key is a value, and never shown.
impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wanted")
    }
}

impl fmt::Debug for Gather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gather")
    }
}
