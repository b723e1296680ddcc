//! Kept: what it costs to find a plan that is kept already.

use crate::duel::median;
use crate::roster::{Roster, SCHEMA};
use crate::side::{self, Backing};
use headwaters::caller::Caller;
use headwaters::limits::Limits;
use headwaters::operation::{self, Documents};
use headwaters::policy;
use headwaters::request::{self, Request};
use headwaters::source::Environment;
use std::hint::black_box;
use std::time::Instant;

const BATCHES: usize = 200;
const BATCH: u32 = 1_000;

/// Prints `ns plan_cache_hit` and, above it, the stages before the fetches as a whole.
pub async fn measure(roster: &Roster) {
    let folder = tempfile::tempdir().unwrap();
    roster.write_files(folder.path());
    let resolvers = side::resolvers(&Backing::Memory, folder.path());
    let world = side::world(SCHEMA, &resolvers, Environment::default()).await;
    let (limits, caller) = (Limits::default(), Caller::developer());
    let body = roster.asked_in_graphql(0);
    let request = request::read(&body, &limits).unwrap();
    let documents = Documents::new(&limits);
    let bind = |request: &Request| operation::bind(&documents, &world.graph, caller.view(), request, &limits).unwrap();
    let permit = |request: &Request| policy::permit(&world.policies, &world.graph, &caller, bind(request), 0).unwrap();
    let permitted = permit(&request);

    let read = nanoseconds(|| request::read(black_box(&body), &limits));
    let whole = nanoseconds(|| world.plan(&permit(black_box(&request)), true));
    let one = Request { document: "{ __typename }".to_owned(), ..Request::default() };
    let least = nanoseconds(|| world.plan(&permit(black_box(&one)), true));
    println!("info plan_cache_hit: reading a body with 50 ids, ns {read:.0}");
    println!("info plan_cache_hit: bind, permit and plan with 50 ids, ns {whole:.0}");
    println!("info plan_cache_hit: bind, permit and plan of `{{ __typename }}`, ns {least:.0}");
    println!("ns plan_cache_hit {:.0}", nanoseconds(|| world.plan(black_box(&permitted), true)));
}

/// Of one run, the median of many batches.
fn nanoseconds<T>(mut run: impl FnMut() -> T) -> f64 {
    median((0..BATCHES).map(|_| {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(run());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
    }))
}
