//! Callers: who is believed, over real HTTP issuers: good tokens, bad ones, keys that change, issuers that are down.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/gateway.rs"]
mod gateway;
#[path = "harness/issuer.rs"]
mod issuer;
#[expect(dead_code, reason = "other tests do more with a socket")]
#[path = "harness/socket.rs"]
mod socket;

#[path = "callers/bad_tokens.rs"]
mod bad_tokens;
#[path = "callers/good_tokens.rs"]
mod good_tokens;
#[path = "callers/key_sets.rs"]
mod key_sets;
#[path = "callers/personas.rs"]
mod personas;
#[path = "callers/purposes.rs"]
mod purposes;

use headwaters::caller::{Caller, Callers, Config, IssuerConfig};
use headwaters::error::Refusal;
use headwaters::limits::Limits;
use issuer::Issuer;
use serde_json::Map;

/// Asks for keys as often as a test wants.
fn quick() -> Limits {
    Limits { keys_pause_ms_min: 1, ..Limits::default() }
}

async fn callers(issuer: &Issuer) -> Callers {
    believing(issuer.config()).await
}

async fn believing(issuer: IssuerConfig) -> Callers {
    Callers::open(Config { issuers: vec![issuer], ..Config::default() }, quick()).await
}

async fn ask_at(callers: &Callers, token: &str, now: u64) -> Result<Caller, Refusal> {
    let value = format!("Bearer {token}");
    callers.identify(&[("authorization", value.as_bytes())], &Map::new(), now).await
}

async fn ask(callers: &Callers, token: &str) -> Result<Caller, Refusal> {
    ask_at(callers, token, issuer::now()).await
}

/// Code and message, for a look at what went wrong.
fn told(refusal: &Refusal) -> String {
    format!("{} {}", refusal.code().name(), refusal.errors()[0].message)
}
