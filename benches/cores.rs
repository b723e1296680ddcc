//! Cores: what a second one brings.

use crate::duel::median;
use crate::roster::Roster;
use crate::side::{self, Backing};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tower::ServiceExt as _;

const ROUNDS: usize = 41;
const ROUND: Duration = Duration::from_millis(200);
const CLIENTS: usize = 16;

/// Prints `ratio cores`: requests a second on two cores over those on one, of the query of `ratio memory`.
pub fn measure(roster: &Arc<Roster>) {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] =
        [1, 2].map(|workers| Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap());
    let routes = two.block_on(async {
        side::lay_out(roster, &Backing::Memory, folder.path()).await;
        side::routes(&Backing::Memory, folder.path(), None).await
    });
    let ratio = |_| two.block_on(rate(&routes, roster)) / one.block_on(rate(&routes, roster));
    println!("ratio cores {:.2}", median((0..ROUNDS).map(ratio)));
}

/// Requests a second.
async fn rate(routes: &Router, roster: &Arc<Roster>) -> f64 {
    let start = Instant::now();
    let client = |client: usize, routes: Router, roster: Arc<Roster>| async move {
        let mut done = 0;
        while start.elapsed() < ROUND {
            let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
            let request = request.body(Body::from(roster.asked_in_graphql(client + done))).unwrap();
            let response = routes.clone().oneshot(request).await.unwrap();
            axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            done += 1;
        }
        done
    };
    let clients = (0..CLIENTS).map(|n| tokio::spawn(client(n, routes.clone(), Arc::clone(roster))));
    let done = futures::future::join_all(clients.collect::<Vec<_>>()).await;
    let done: usize = done.into_iter().map(Result::unwrap).sum();
    f64::from(u32::try_from(done).unwrap()) / start.elapsed().as_secs_f64()
}
