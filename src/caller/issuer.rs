//! Issuer: an identity provider's keys, kept fresh in the background.
//!
//! A task of its own asks for them: at the start, every few minutes, and at once when a token names a key that is not known, but never
//! more often than a pause allows. The last good set stands through an outage. A request waits for keys only where its token
//! names an unknown one, for a question that begins after it came: so a key is believed from the moment it is published, and
//! invented names of keys cost the provider one question a pause.

use super::config::IssuerConfig;
use super::fetch::{fetch, is_safe};
use super::keys::{self, Key, Keys};
use super::refuse::unauthenticated;
use super::token::Head;
use crate::error::Refusal;
use crate::limits::Limits;
use crate::observe::{self, Event};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

#[derive(Debug)]
pub(super) struct Issuer {
    pub config: IssuerConfig,
    known: watch::Receiver<Known>,
    wanted: Arc<Notify>,
    waiting: Semaphore,
    keeper: JoinHandle<()>,
}

/// What the keeper knows, and how often it has asked.
#[derive(Clone, Debug, Default)]
struct Known {
    keys: Arc<Keys>,
    begun: u64,
    finished: u64,
    /// The last question got no keys.
    failing: bool,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Issuer {
    /// Starts to keep an issuer's keys.
    pub fn open(config: IssuerConfig, limits: &Limits) -> Self {
        let (tell, known) = watch::channel(Known::default());
        let wanted = Arc::new(Notify::new());
        let keeper = tokio::spawn(keep(config.clone(), limits.clone(), Arc::clone(&wanted), tell));
        Self { config, known, wanted, waiting: Semaphore::new(limits.keys_waiting_max), keeper }
    }

    /// Returns once the keys were asked for, had or not.
    pub async fn asked(&self) {
        let mut known = self.known.clone();
        _ = known.wait_for(|known| known.finished > 0).await;
    }

    /// The keys of this moment.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.known.borrow().keys)
    }

    /// The key that a token names, with the number of its set; asks for it where it is unknown.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the issuer has no such key, or can't be asked.
    pub async fn key(&self, head: &Head, now: u64, limits: &Limits) -> Result<(Key, u64), Refusal> {
        let find = |keys: &Keys| {
            let fresh = now < keys.asked_at.saturating_add(limits.keys_kept_s);
            let key = fresh.then(|| keys.find(&head.key, head.algorithm).cloned()).flatten()?;
            Some((key, keys.number))
        };
        let (found, begun) = {
            let known = self.known.borrow();
            (find(&known.keys), known.begun)
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let hint = "if it is new, ask again in a moment";
        let Ok(_place) = self.waiting.try_acquire() else {
            return Err(unauthenticated("the token's key is not known, and too many wait for keys already", hint));
        };
        self.wanted.notify_one();
        let mut known = self.known.clone();
        // A question that was under way when the token came may have been answered before its key was published.
        let told = known.wait_for(|known| find(&known.keys).is_some() || known.finished > begun);
        let told = timeout(Duration::from_millis(limits.keys_wait_ms_max), told).await.ok().and_then(Result::ok);
        match told.map(|known| (find(&known.keys), known.failing)) {
            Some((Some(found), _)) => Ok(found),
            Some((None, false)) => Err(unauthenticated("the token's issuer has no such key", hint)),
            _ => Err(unauthenticated("the token's issuer could not be asked for its keys", hint)),
        }
    }
}

/// Asks for keys until the issuer is dropped.
async fn keep(config: IssuerConfig, limits: Limits, wanted: Arc<Notify>, tell: watch::Sender<Known>) {
    let pause = Duration::from_millis(limits.keys_pause_ms_min);
    let mut failures: u32 = 0;
    loop {
        let begun = Instant::now();
        tell.send_modify(|known| known.begun += 1);
        let asked = ask(&config, &limits).await;
        match &asked {
            Ok(keys) => observe::emit(&Event::KeysKnown { issuer: &config.url, keys: keys.len() }),
            Err(detail) => observe::emit(&Event::KeysNotKnown { issuer: &config.url, detail }),
        }
        failures = if asked.is_ok() { 0 } else { failures.saturating_add(1) };
        tell.send_modify(|known| {
            known.finished += 1;
            known.failing = asked.is_err();
            if let Ok(mut keys) = asked {
                keys.number = known.finished;
                known.keys = Arc::new(keys);
            }
        });
        let fresh = Duration::from_secs(limits.keys_fresh_s);
        let wait = if failures == 0 { fresh } else { fresh.min(pause * 2_u32.saturating_pow(failures.min(5))) };
        tokio::select! {
            () = sleep(wait) => {}
            () = wanted.notified() => {}
        }
        sleep_until(begun + pause).await;
    }
}

/// Discovery (OpenID Connect Discovery 1.0, section 4), then the key set it names.
async fn ask(config: &IssuerConfig, limits: &Limits) -> Result<Keys, &'static str> {
    #[derive(Deserialize)]
    struct Metadata {
        issuer: String,
        jwks_uri: String,
    }
    let asked_at = seconds_now();
    if !is_safe(&config.url) {
        return Err("the issuer's address is neither https nor of this machine");
    }
    let url = format!("{}/.well-known/openid-configuration", config.url.trim_end_matches('/'));
    let metadata: Metadata = serde_json::from_slice(&fetch(&url, limits).await?)
        .map_err(|_| "discovery names no `issuer` and `jwks_uri`")?;
    if metadata.issuer != *config.url {
        return Err("discovery names another issuer");
    }
    if !is_safe(&metadata.jwks_uri) {
        return Err("the key set's address is neither https nor of this machine");
    }
    let mut keys = keys::read(&fetch(&metadata.jwks_uri, limits).await?, &config.algorithms, limits)?;
    keys.asked_at = asked_at;
    Ok(keys)
}

fn seconds_now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
