//! Tier: records that several gateways keep in common, in a Redis that is told nothing.
//!
//! It stands behind `cache`, and gives what that would: a group of records under terms that are compared in full. What is written there is
//! encrypted, and bound to the name under which it lies; the name is an HMAC of everything that was asked. Whatever it does not give in time,
//! or gives otherwise than it was put there, is not there.

mod bytes;
mod link;

use self::bytes::Had;
use self::link::{Failed, Link};
use super::cache::{Kept, Key, Terms};
use super::environment::Environment;
use crate::graph::binding::{HeaderValue, Variable};
use crate::graph::{Graph, Source};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::record::{Layout, Raw};
use crate::seal::Secret;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// Keys of one question to it. With the bytes of a value, that bounds what comes at once.
const KEYS_AT_ONCE: usize = 100;
/// Milliseconds that what is put there may take: nobody waits for it.
const PUT_MS_MAX: u64 = 1_000;
/// Answers of sources that are being put there at once; further ones are not.
const PUTS_MAX: usize = 32;
/// Begins every name, so that whoever keeps the Redis sees whose it is.
const PREFIX: &str = "headwaters:";
/// Milliseconds by which clocks of two gateways may differ.
const CLOCKS_MS_MAX: i64 = 1_000;

/// How the tier is reached.
#[derive(Debug, Clone, Copy)]
pub struct SharedCache<'a> {
    /// `redis://`, `rediss://` or `redis+unix://`.
    pub url: &'a str,
    /// What all gateways have in common that use it.
    pub secret: &'a str,
    /// Milliseconds that a request waits for it.
    pub wait_ms: u64,
}

/// Why there can't be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotShared {
    /// That is no address of a Redis.
    Address,
    /// The secret is shorter than [`SharedCache::SECRET_MIN`] bytes.
    Secret,
    /// No store says what was purged, so nobody could know it of the others.
    Purges,
}

impl SharedCache<'_> {
    pub const SECRET_MIN: usize = Secret::LENGTH_MIN;
}

#[derive(Debug)]
pub(super) struct Tier {
    link: Arc<Link>,
    secret: Arc<Secret>,
    wait: Duration,
    value_bytes_max: usize,
    /// Of each source: who it is, as far as the environment says so.
    origins: Vec<Box<str>>,
    puts: Arc<Semaphore>,
}

impl Tier {
    pub async fn open(
        graph: &Graph,
        environment: &Environment,
        limits: &Limits,
        by: SharedCache<'_>,
    ) -> Result<Self, NotShared> {
        let secret = Secret::of(by.secret).ok_or(NotShared::Secret)?;
        let said_by = graph.sources.iter().find(|source| source.purges.is_some()).ok_or(NotShared::Purges)?;
        let origins = graph.sources.iter().map(|source| origin(&secret, [said_by, source], environment)).collect();
        let wait = Duration::from_millis(by.wait_ms);
        let link = Link::open(by.url, wait).await.ok_or(NotShared::Address)?;
        let (secret, puts) = (Arc::new(secret), Arc::new(Semaphore::new(PUTS_MAX)));
        Ok(Self { link, secret, wait, value_bytes_max: limits.shared_value_bytes_max, origins, puts })
    }

    /// What is there for each of these keys, all of the same terms, as far as it comes in time.
    pub async fn find(
        &self,
        keys: &[&Key],
        layout: &Arc<Layout>,
        lasts: impl Fn(bool) -> Duration,
        deadline: Instant,
    ) -> Vec<Option<Arc<Kept>>> {
        let started = Instant::now();
        let until = deadline.min(started + self.wait).into();
        let Some(first) = keys.first() else { return Vec::new() };
        let terms = self.terms(first.terms());
        let mut all = Vec::with_capacity(keys.len());
        let (mut failed, mut spoiled) = (None, 0);
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let names: Vec<String> = keys.iter().map(|key| self.name(&terms, key)).collect();
            match self.link.values(&names, until).await {
                Ok(values) => {
                    let raw = || Raw::empty(Arc::clone(layout), first.source());
                    let values = keys.iter().zip(&names).zip(values);
                    for ((key, name), value) in values {
                        let read = value.map(|value| self.read(&terms, key, name, &value, raw()));
                        spoiled += usize::from(read.as_ref().is_some_and(Option::is_none));
                        all.push(read.flatten().and_then(|had| kept(had, &lasts)).map(Arc::new));
                    }
                }
                Err(why) => {
                    failed = Some(why.name());
                    break;
                }
            }
        }
        let found = all.iter().filter(|kept| kept.is_some()).count();
        all.resize(keys.len(), None);
        observe::emit(&Event::SharedCacheAsked {
            keys: keys.len(),
            found,
            spoiled,
            failed,
            elapsed: started.elapsed(),
        });
        all
    }

    /// What was put there under this name for this key; `None` for anything else.
    fn read(&self, terms: &[u8], key: &Key, name: &str, value: &[u8], empty: Raw) -> Option<Had> {
        if value.len() > self.value_bytes_max + CLOSED_BYTES {
            return None;
        }
        let content = self.secret.open(name, value)?;
        bytes::read(&content, terms, key.text(), empty)
    }

    /// Puts there what a source had, and waits for nothing.
    pub fn keep(&self, kept: Vec<(Key, Arc<Kept>)>) {
        // What there is no room for is not put there.
        let Ok(permit) = Arc::clone(&self.puts).try_acquire_owned() else { return };
        let Some((first, _)) = kept.first() else { return };
        let (terms, link, secret) = (self.terms(first.terms()), Arc::clone(&self.link), Arc::clone(&self.secret));
        let bytes_max = self.value_bytes_max;
        tokio::spawn(async move {
            let _permit = permit;
            let until = tokio::time::Instant::now() + Duration::from_millis(PUT_MS_MAX);
            for some in kept.chunks(KEYS_AT_ONCE) {
                let values = some.iter().filter_map(|(key, kept)| closed(&secret, &terms, key, kept, bytes_max));
                let values: Vec<_> = values.collect();
                let failed = if values.is_empty() { None } else { link.put(&values, until).await.err() };
                let (put, failed) = (values.len(), failed.map(Failed::name));
                observe::emit(&Event::SharedCachePut { keys: some.len(), put, failed });
                if failed.is_some() {
                    return;
                }
            }
        });
    }

    fn terms(&self, terms: &Terms) -> Vec<u8> {
        let origin = self.origins.get(terms.source.index()).map_or("", |origin| origin);
        bytes::of_terms(terms, origin.as_bytes())
    }

    fn name(&self, terms: &[u8], key: &Key) -> String {
        name(&self.secret, terms, key)
    }
}

/// Bytes of a nonce and a tag.
const CLOSED_BYTES: usize = 12 + 16;

fn name(secret: &Secret, terms: &[u8], key: &Key) -> String {
    format!("{PREFIX}{}", secret.name(&[terms, key.text().as_bytes()]))
}

/// What is put there for a key, and for how many milliseconds; `None` where it is too long or over already.
fn closed(secret: &Secret, terms: &[u8], key: &Key, kept: &Kept, bytes_max: usize) -> Option<(String, Vec<u8>, u64)> {
    let age = kept.asked_at.elapsed();
    let lasts_ms = u64::try_from(kept.left(Instant::now()).as_millis()).ok().filter(|left| *left > 0)?;
    let asked_at_ms = now_ms().checked_sub(i64::try_from(age.as_millis()).ok()?)?;
    let content = bytes::of_records(terms, key.text(), &kept.raw, &kept.starts, asked_at_ms);
    if content.len() > bytes_max {
        return None;
    }
    let name = name(secret, terms, key);
    Some((name.clone(), secret.close(&name, content)?, lasts_ms))
}

/// As it would stand in the cache here; `None` where it is over, or says that it comes from later than now.
fn kept(had: Had, lasts: impl Fn(bool) -> Duration) -> Option<Kept> {
    let age_ms = now_ms().checked_sub(had.asked_at_ms).filter(|age| *age >= -CLOCKS_MS_MAX)?;
    let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or_default());
    let lasts = lasts(had.starts.is_empty());
    Kept::of_another(had.raw, had.starts, Instant::now().checked_sub(age)?, lasts)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Who a source is, and who says what is purged of it: what the environment holds under all names in their files. Who asks another one, or as
/// somebody else, is told something else.
fn origin(secret: &Secret, of: [&Source; 2], environment: &Environment) -> Box<str> {
    let variables = of.iter().flat_map(|source| variables(source));
    let said = variables.flat_map(|variable| [&*variable.name, environment.value(&variable.name).unwrap_or_default()]);
    let parts: Vec<&[u8]> = said.map(str::as_bytes).collect();
    secret.name(&parts).into()
}

fn variables(source: &Source) -> impl Iterator<Item = &Variable> {
    let reach = &source.reach;
    let single = [&reach.url, &reach.bearer, &reach.certificate, &reach.authority];
    let login = reach.login.iter().flat_map(|login| [&login.token_url, &login.client_id, &login.client_secret]);
    let headers = reach.headers.iter().filter_map(|(_, value)| match value {
        HeaderValue::Variable(variable) => Some(variable),
        HeaderValue::Literal(_) => None,
    });
    single.into_iter().flatten().chain(login).chain(headers)
}
