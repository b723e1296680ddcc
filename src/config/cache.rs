//! Cache: `[cache]`, where gateways keep in common what agencies said.

use crate::graph::Problem;
use crate::graph::block::Block;
use std::sync::Arc;

/// A Redis that several gateways have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// The variable that holds its address, and may hold a password.
    pub shared: Arc<str>,
    /// The variable that holds the secret that closes what is put there.
    pub key: Arc<str>,
    /// Milliseconds that a request waits for it.
    pub wait_ms: u64,
}

const WAIT_MS: u64 = 25;
/// Whoever waits longer had better ask the agency.
const WAIT_MS_MAX: u32 = 1_000;

/// Nothing where it is said that nothing is kept in common, or where something is wrong.
pub(super) fn read(block: &Block<'_>) -> Option<CacheConfig> {
    let shared = variable(block, "shared", "redis://…");
    let key = variable(block, "key", "a secret of 32 bytes or more: `openssl rand -hex 32`");
    let wait_ms = block.number("wait_ms").map_or(WAIT_MS, |(number, place)| {
        if !(1..=WAIT_MS_MAX).contains(&number) {
            let problem = Problem::error(&place, format!("`wait_ms` is a number from 1 to {WAIT_MS_MAX}"));
            block.push(problem.with_hint("milliseconds that a request waits for the shared cache: 25 in one building"));
        }
        number.into()
    });
    block.done();
    Some(CacheConfig { shared: shared?, key: key?, wait_ms })
}

fn variable(block: &Block<'_>, key: &'static str, holds: &str) -> Option<Arc<str>> {
    let text = block.needed(key)?;
    let name: Option<Arc<str>> = text.value.strip_prefix("env:").filter(|name| !name.is_empty()).map(Arc::from);
    if name.is_none() {
        let problem = Problem::error(&text.place, format!("`{key}` stands in a variable of the environment"));
        block.push(problem.with_hint(format!("write `{key} = \"env:NAME\"`; the variable holds {holds}")));
    }
    name
}
