//! Steady: that siblings are asked at the same time, and that memory stays what it is.

use crate::day::Day;
use crate::faults::Fault;
use crate::median;
use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::request::Request;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The store and one agency of 5 ms each, and all three.
const PARTS: [&str; 3] = ["arrests { mans }", "supervisions { category }", "bookings { number }"];

/// Prints `ratio cold`: the store and three agencies of 5 ms, over the slowest of the store and one of them. Nothing is kept.
pub async fn cold() {
    let day = Day::start().await;
    let gateway = day.gateway().await;
    for agency in ["doj-history", "corrections", "yellowstone-jail", "gallatin-jail"] {
        day.proxy(agency).set(Fault::Slow { ms: 5, jitter_ms: 0 });
    }
    let took = async |fields: &str| {
        let document = format!("query($id: ID!) {{ person(id: $id) {{ legalName {{ full }} {fields} }} }}");
        let variables = json!({ "id": day.sample_person() }).as_object().cloned().unwrap();
        let request = Request { document, variables, max_age_s: Some(0), ..Request::default() };
        let begun = Instant::now();
        let released = gateway.answer(&request, &Caller::developer(), begun).await.unwrap();
        assert_eq!(released.errors, 0);
        begun.elapsed().as_secs_f64()
    };
    let all = PARTS.join(" ");
    let (mut each, mut together) = ([const { Vec::new() }; 3], Vec::new());
    // Turn about, so that a machine that is busy for a while is so for all.
    for round in 0..110 {
        for (part, took_it) in PARTS.iter().zip(&mut each) {
            let took = took(part).await;
            if round >= 10 {
                took_it.push(took);
            }
        }
        let took = took(&all).await;
        if round >= 10 {
            together.push(took);
        }
    }
    let (slowest, together) = (each.into_iter().map(median).fold(0.0, f64::max), median(together));
    println!("info cold: {:.2} ms together, {:.2} the slowest by itself", together * 1e3, slowest * 1e3);
    println!("ratio cold {:.2}", together / slowest);
}

/// Clients of `growth`, and how many persons each asks for in one request.
const CLIENTS: usize = 16;
const PERSONS: usize = 5;

/// Asks for persons with what agencies know of them, for so long: how many requests. Some of it is kept, and some is not any more.
async fn load(day: &Arc<Day>, gateway: &Arc<Gateway>, time: Duration) -> usize {
    let until = Instant::now() + time;
    let clients = (0..CLIENTS).map(|client| {
        let (day, gateway) = (Arc::clone(day), Arc::clone(gateway));
        tokio::spawn(async move {
            let mut done = 0;
            while Instant::now() < until {
                let ids: Vec<&str> = day.persons().skip((client * 7 + done * PERSONS) % 190).take(PERSONS).collect();
                let of = |(n, id): (usize, &&str)| format!("p{n}: person(id: {id:?}) {{ ...P }}");
                let persons: Vec<String> = ids.iter().enumerate().map(of).collect();
                let document = format!(
                    "{{ {} }} fragment P on Person {{ legalName {{ full }} {} }}",
                    persons.join(" "),
                    PARTS.join(" ")
                );
                // Every tenth wants it from the agencies themselves.
                let max_age_s = done.is_multiple_of(10).then_some(0);
                let request = Request { document, max_age_s, ..Request::default() };
                gateway.answer(&request, &Caller::developer(), Instant::now()).await.unwrap();
                done += 1;
            }
            done
        })
    });
    let done = futures::future::join_all(clients.collect::<Vec<_>>()).await;
    done.into_iter().map(Result::unwrap).sum()
}

/// Prints `mib_min growth`: by how much resident memory grows a minute under load, after one of warm-up.
pub async fn growth(minutes: u32) {
    const MINUTE: Duration = Duration::from_mins(1);
    let day = Arc::new(Day::start().await);
    let gateway = Arc::new(day.gateway().await);
    load(&day, &gateway, MINUTE).await;
    let before = resident_mib();
    let requests = load(&day, &gateway, MINUTE * minutes).await;
    let after = resident_mib();
    println!(
        "info growth: {before:.1} MiB before, {after:.1} after {requests} requests in {minutes} min, agencies in the same process"
    );
    println!("mib_min growth {:.2}", (after - before) / f64::from(minutes));
}

/// Of this process.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    f64::from(kib.trim().trim_end_matches(" kB").parse::<u32>().unwrap()) / 1024.0
}
