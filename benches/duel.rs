//! Duel: two services that give the same bytes, called turn about in many short rounds.

use crate::hand;
use crate::roster::Roster;
use crate::side::{self, Backing};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use std::time::{Duration, Instant};
use tower::{Service as _, ServiceExt};

/// Rounds that count, and those before them that don't.
const ROUNDS: usize = 80;
const WARM_UP: usize = 8;
/// Of each side in a round.
const ROUND: Duration = Duration::from_millis(100);
/// Requests in flight.
const CLIENTS: usize = 8;
/// Bodies that are sent in turn, each for other persons.
const BODIES: usize = 20;

/// One side, and what it is sent.
#[derive(Clone)]
struct Side {
    routes: Router,
    path: &'static str,
    bodies: Vec<Bytes>,
}

/// Prints `ratio NAME` and, above it, what each side did by itself.
pub async fn fight(name: &str, roster: &Roster, backing: Backing) {
    let folder = tempfile::tempdir().unwrap();
    let url = side::lay_out(roster, &backing, folder.path()).await;
    let gateway = Side {
        routes: side::routes(&backing, folder.path(), url.as_deref()).await,
        path: "/graphql",
        bodies: (0..BODIES).map(|n| roster.asked_in_graphql(n).into()).collect(),
    };
    let hand = Side {
        routes: by_hand(roster, &backing, url.as_deref()).await,
        path: "/persons",
        bodies: (0..BODIES).map(|n| roster.asked_by_hand(n).into()).collect(),
    };
    let bytes = same_bytes(&gateway, &hand).await;

    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP + ROUNDS {
        // Neither is always the first.
        let (a, b) = if round.is_multiple_of(2) {
            let a = round_of(&gateway).await;
            (a, round_of(&hand).await)
        } else {
            let b = round_of(&hand).await;
            (round_of(&gateway).await, b)
        };
        if round >= WARM_UP {
            rounds.push((a, b));
        }
    }
    let ratio = median(rounds.iter().map(|(gateway, hand)| gateway / hand));
    println!("info {name}: bytes of an answer {bytes}");
    println!("info {name}: gateway, requests/s {:.0}", median(rounds.iter().map(|(gateway, _)| *gateway)));
    println!("info {name}: by hand, requests/s {:.0}", median(rounds.iter().map(|(_, hand)| *hand)));
    println!("ratio {name} {ratio:.2}");
}

async fn by_hand(roster: &Roster, backing: &Backing, url: Option<&str>) -> Router {
    match backing {
        Backing::Memory | Backing::Agency(_) => hand::memory::routes(roster),
        Backing::Sqlite => hand::sqlite::routes(url.unwrap_or_default()).await,
        Backing::Postgres(_) => hand::postgres::routes(url.unwrap_or_default()).await,
    }
}

/// Both must give the same, or the ratio says nothing.
async fn same_bytes(gateway: &Side, hand: &Side) -> usize {
    let mut length = 0;
    for n in 0..BODIES {
        let (a, b) = (gateway.clone().call(n).await, hand.clone().call(n).await);
        assert!(a == b, "the answers differ:\n{}\n{}", String::from_utf8_lossy(&a), String::from_utf8_lossy(&b));
        length = a.len();
    }
    length
}

/// Requests a second.
async fn round_of(side: &Side) -> f64 {
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let mut side = side.clone();
            tokio::spawn(async move {
                let mut done = 0_u32;
                for n in client.. {
                    assert!(!side.call(n).await.is_empty());
                    done += 1;
                    if start.elapsed() >= ROUND {
                        break;
                    }
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for client in clients {
        done += client.await.unwrap();
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

impl Side {
    async fn call(&mut self, n: usize) -> Bytes {
        let body = self.bodies.get(n % BODIES).cloned().unwrap_or_default();
        let request = Request::post(self.path).header(header::CONTENT_TYPE, "application/json");
        let routes = ServiceExt::<Request<Body>>::ready(&mut self.routes).await.unwrap();
        let response = routes.call(request.body(Body::from(body)).unwrap()).await.unwrap();
        let ok = response.status().is_success();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(ok, "{}", String::from_utf8_lossy(&bytes));
        bytes
    }
}

pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
