//! Allocations: how often a request that is answered from memory asks for memory, and for how much: counts, which no other
//! work on the machine moves. A program of its own, so that counting slows no other figure.

#![expect(clippy::print_stdout, reason = "its lines are what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on has nothing to say")]

#[expect(dead_code, reason = "the other benchmark asks databases too")]
mod hand;
#[expect(dead_code, reason = "the other benchmark asks an agency too")]
mod remote;
mod roster;
#[expect(dead_code, reason = "the other benchmark asks databases too")]
mod side;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use roster::Roster;
use side::Backing;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use tower::ServiceExt as _;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Requests before those that count, and those.
const WARM_UP: usize = 100;
const COUNTED: usize = 100;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if !named.is_empty() && !named.iter().any(|name| name == "allocations") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let roster = Roster::invent(1_000);
        let folder = tempfile::tempdir().unwrap();
        side::lay_out(&roster, &Backing::Memory, folder.path()).await;
        let gateway = side::routes(&Backing::Memory, folder.path(), None).await;
        let hand = hand::memory::routes(&roster);
        let (by_hand, bytes_by_hand) = of_one(&hand, "/persons", |n| roster.asked_by_hand(n)).await;
        let (count, bytes) = of_one(&gateway, "/graphql", |n| roster.asked_in_graphql(n)).await;
        println!("info allocations: by hand {by_hand}, bytes {bytes_by_hand}");
        println!("info allocations: gateway, bytes {bytes}");
        println!("count allocations {count}");
    });
}

/// Allocations of a request, and their bytes, on average; a vector that grows counts again.
async fn of_one(routes: &Router, path: &str, body: impl Fn(usize) -> Vec<u8>) -> (usize, usize) {
    let ask = |body: Vec<u8>| {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let (routes, request) = (routes.clone(), request.body(Body::from(body)).unwrap());
        async move {
            let response = routes.oneshot(request).await.unwrap();
            assert!(response.status().is_success());
            axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
        }
    };
    for n in 0..WARM_UP {
        let answer: Bytes = ask(body(n)).await;
        assert!(!answer.is_empty());
    }
    let (mut count, mut bytes) = (0, 0);
    for n in 0..COUNTED {
        let body = body(n);
        let region = Region::new(HEAP);
        drop(ask(body).await);
        let change = region.change();
        count += change.allocations + change.reallocations;
        bytes += change.bytes_allocated;
    }
    (count / COUNTED, bytes / COUNTED)
}
