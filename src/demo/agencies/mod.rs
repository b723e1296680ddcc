//! Agencies: simulated systems that answer over real HTTP, each on a port of its own and in a dialect of its own.
//!
//! What they have in common stands here: a bearer token is asked for, calls are counted, and an agency can be in a bad mood.

mod answers;
pub mod corrections;
pub mod courts;
pub mod gallatin;
pub mod history;
pub mod police;
pub mod warrants;
pub mod yellowstone;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How an agency behaves, whatever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// It answers.
    #[default]
    Well,
    /// It answers after so many milliseconds.
    Slow { delay_ms: u64 },
    /// It gives this status and nothing else.
    Failing { status: u16 },
    /// It says that all is well, and then something that is no answer.
    Nonsense,
}

impl Mood {
    /// By the word for it: `up`, `down`, `slow`, `garbage`.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "up" => Some(Self::Well),
            "down" => Some(Self::Failing { status: 503 }),
            "slow" => Some(Self::Slow { delay_ms: SLOW_MS }),
            "garbage" => Some(Self::Nonsense),
            _ => None,
        }
    }
}

/// Longer than any resolver file waits.
const SLOW_MS: u64 = 5_000;

/// All agencies of a demonstration. They end when the last one who holds them is gone.
#[derive(Debug, Clone)]
pub struct Agencies(Arc<[Agency]>);

impl Agencies {
    #[must_use]
    pub fn new(all: Vec<Agency>) -> Self {
        Self(all.into())
    }

    #[must_use]
    pub fn all(&self) -> &[Agency] {
        &self.0
    }

    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Agency> {
        self.0.iter().find(|agency| agency.name == name)
    }
}

/// A running agency. It ends when this is dropped.
#[derive(Debug)]
pub struct Agency {
    pub name: &'static str,
    address: SocketAddr,
    path: &'static str,
    token: Arc<str>,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Desk {
    /// What the `authorization` header has to say.
    authorization: String,
    mood: ArcSwap<Mood>,
    calls: AtomicU64,
}

impl Agency {
    /// Serves these routes on a free port of the loopback interface.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn serve(name: &'static str, path: &'static str, token: &str, routes: Router) -> Result<Self> {
        let desk = Arc::new(Desk {
            authorization: format!("Bearer {token}"),
            mood: ArcSwap::default(),
            calls: AtomicU64::new(0),
        });
        let routes = routes.layer(from_fn_with_state(Arc::clone(&desk), attend));
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.with_context(|| format!("a port for {name}"))?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // serving ends with the task; an error of the listener ends the agency as a crash would
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(Self { name, address, path, token: token.into(), desk, task })
    }

    /// Where its interface begins.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn feel(&self, mood: Mood) {
        self.desk.mood.store(Arc::new(mood));
    }

    /// Calls since the start, refused ones too.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.desk.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Agency {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What happens to every call before its route sees it.
async fn attend(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    desk.calls.fetch_add(1, Ordering::Relaxed);
    let authorization = request.headers().get(header::AUTHORIZATION);
    if authorization.is_none_or(|given| given.as_bytes() != desk.authorization.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mood = **desk.mood.load();
    match mood {
        Mood::Well => next.run(request).await,
        Mood::Slow { delay_ms } => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            next.run(request).await
        }
        Mood::Failing { status } => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Mood::Nonsense => {
            ([(header::CONTENT_TYPE, "application/json")], "<html>We'll be back soon</html>").into_response()
        }
    }
}

#[cfg(test)]
mod tests;
