//! Link: the connection to Redis, which is there or is not.
//!
//! Nobody waits for one to be made: a task of its own makes it. Where it fails or is slow a few times in a row it is given up, and after
//! a while, which doubles as long as nothing answers, the task tries again.

use crate::observe::{self, Event};
use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisResult};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

/// Failures in a row after which it is left alone.
const FAILURES_MAX: u32 = 3;
/// Until it is tried again.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// For a connection to be made, with TLS and a login.
const CONNECT_MAX: Duration = Duration::from_secs(2);

pub(super) struct Link {
    client: Client,
    /// Within this a first answer must come, or it is too slow to be of use.
    wait: Duration,
    connection: ArcSwapOption<MultiplexedConnection>,
    failures: AtomicU32,
    /// It was given up, or nobody needs it any more.
    over: Arc<Notify>,
}

/// Why there is nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// It is left alone.
    Away,
    Slow,
    Broken,
    /// It answers, and says no.
    Refused,
}

impl Failed {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Away => "AWAY",
            Self::Slow => "SLOW",
            Self::Broken => "BROKEN",
            Self::Refused => "REFUSED",
        }
    }
}

impl Link {
    /// It stands as soon as somebody answers there, which is awaited once. `None` where that is no address of a Redis.
    pub(super) async fn open(url: &str, wait: Duration) -> Option<Arc<Self>> {
        let client = Client::open(url).ok()?;
        // The program has several providers of TLS in it, and rustls takes none by itself. Who comes second finds the same one there.
        _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (connection, failures, over) = (ArcSwapOption::empty(), AtomicU32::new(0), Arc::new(Notify::new()));
        let link = Arc::new(Self { client, wait, connection, failures, over });
        let (tried, first) = oneshot::channel();
        tokio::spawn(keep(Arc::downgrade(&link), Arc::clone(&link.over), tried));
        _ = first.await;
        Some(link)
    }

    /// What keys hold, as far as something is there.
    pub(super) async fn values(&self, names: &[String], until: Instant) -> Result<Vec<Option<Vec<u8>>>, Failed> {
        let mut command = Cmd::new();
        command.arg("MGET").arg(names);
        let values: Vec<Option<Vec<u8>>> =
            self.ask(until, |mut redis| async move { command.query_async(&mut redis).await }).await?;
        // Answers stand for keys by their place alone.
        if values.len() == names.len() { Ok(values) } else { Err(self.failed(Failed::Broken)) }
    }

    /// Puts values there, each for so many milliseconds.
    pub(super) async fn put(&self, values: &[(String, Vec<u8>, u64)], until: Instant) -> Result<(), Failed> {
        let mut commands = Pipeline::with_capacity(values.len());
        for (name, value, lasts_ms) in values {
            commands.cmd("SET").arg(name).arg(value.as_slice()).arg("PX").arg(*lasts_ms).ignore();
        }
        self.ask(until, |mut redis| async move { commands.query_async(&mut redis).await }).await
    }

    async fn ask<T, F>(&self, until: Instant, call: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Failed>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let connection = self.connection.load_full().ok_or(Failed::Away)?;
        let answered = timeout_at(until, call(MultiplexedConnection::clone(&connection))).await;
        match answered {
            Ok(Ok(value)) => {
                self.failures.store(0, Ordering::Relaxed);
                Ok(value)
            }
            // It answers, and does not want: full, perhaps. What is there can be had.
            Ok(Err(error)) if error.code().is_some() => Err(Failed::Refused),
            Ok(Err(_)) => Err(self.failed(Failed::Broken)),
            Err(_) => Err(self.failed(Failed::Slow)),
        }
    }

    fn failed(&self, how: Failed) -> Failed {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX && self.connection.swap(None).is_some() {
            observe::emit(&Event::SharedCacheLeftAlone { reason: how.name() });
            self.over.notify_one();
        }
        how
    }

    /// Whether somebody answers there, in time.
    async fn connect(&self) -> Option<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(CONNECT_MAX);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = timeout(CONNECT_MAX, connecting).await.ok()?.ok()?;
        let mut ping = Cmd::new();
        ping.arg("PING");
        timeout(self.wait, ping.query_async::<String>(&mut connection)).await.ok()?.ok()?;
        Some(connection)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.over.notify_one();
    }
}

/// Makes the connection whenever it is not there, until the link is gone.
async fn keep(link: Weak<Link>, over: Arc<Notify>, tried: oneshot::Sender<()>) {
    let (mut pause, mut away, mut tried) = (PAUSE, false, Some(tried));
    while let Some(held) = link.upgrade() {
        let connection = held.connect().await;
        let is_there = connection.is_some();
        if let Some(connection) = connection {
            held.failures.store(0, Ordering::Relaxed);
            held.connection.store(Some(Arc::new(connection)));
            if away {
                observe::emit(&Event::SharedCacheBack);
            }
        } else if !away {
            observe::emit(&Event::SharedCacheLeftAlone { reason: Failed::Away.name() });
        }
        drop(held);
        tried.take().into_iter().for_each(|tried| _ = tried.send(()));
        if is_there {
            over.notified().await;
        }
        pause = if is_there { PAUSE } else { (pause * 2).min(PAUSE_MAX) };
        away = true;
        tokio::time::sleep(pause).await;
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("failures", &self.failures).finish_non_exhaustive()
    }
}
