//! Reach: `[reach]`, how to get to a source.
//!
//! Addresses and secrets are names of environment variables. Whoever writes one into the file by mistake must not see it again in
//! a build log: no problem of this block repeats a value or shows its line.

use super::Text;
use super::block::{Block, Reader};
use crate::graph::binding::{Care, HeaderValue, Login, Reach, SourceKind, Variable};
use crate::graph::problem::{Place, Problem};
use std::path::PathBuf;
use std::sync::Arc;

const TIMEOUT_MS: u64 = 2_000;
const CONCURRENCY_MAX: u32 = 8;
/// The longest between two probes of a source that fails.
const PROBE_MS_MAX: u32 = 30_000;

/// Words in a name that make its value a secret, in a header or anywhere else.
const SECRET_WORDS: [&str; 8] = ["authorization", "bearer", "cookie", "key", "token", "secret", "passw", "url"];

/// Whether a line assigns something that may be a secret and not the name of a variable.
pub(super) fn sounds_secret(line: &str) -> bool {
    let lower = line.to_lowercase();
    let known = ["keys_max", "keys_type", "key_type", "{key", "keys ="].iter().any(|word| lower.contains(word));
    !known && SECRET_WORDS.iter().any(|word| lower.contains(word))
}

pub(super) fn read(reader: &Reader, block: Option<Block<'_>>, kind: SourceKind) -> Reach {
    let plain = Reach { timeout_ms: TIMEOUT_MS, concurrency_max: CONCURRENCY_MAX, ..Reach::default() };
    let needed = match kind {
        SourceKind::Rest | SourceKind::Graphql | SourceKind::Subgraph => Some("base_url"),
        SourceKind::Sql => Some("url"),
        SourceKind::File => Some("path"),
        SourceKind::Native => None,
    };
    let Some(block) = block.map(Block::hiding_its_lines) else {
        if let Some(needed) = needed {
            let problem = Problem::error(&Place::whole(&reader.file), "the block `[reach]` is missing");
            reader.push(problem.with_hint(format!("it needs {}", example(needed))));
        }
        return plain;
    };
    if let Some(needed) = needed
        && block.lacks(needed)
        && !(needed == "url" && block.has("base_url"))
    {
        let problem = Problem::error(&block.place, format!("`{needed}` is missing here"));
        reader.push(problem.with_hint(format!("write {}", example(needed))));
    }
    let reach = keys(&block, kind, &plain);
    block.done();
    reach
}

fn example(key: &str) -> &'static str {
    match key {
        "path" => "`path = \"counties.json\"`, relative to this file",
        "url" => "`url = \"env:NAME\"`, with the name of an environment variable that holds the address",
        _ => "`base_url = \"env:NAME\"`, with the name of an environment variable that holds the address",
    }
}

fn keys(block: &Block<'_>, kind: SourceKind, plain: &Reach) -> Reach {
    let folder = block.reader.file.path.parent().map(PathBuf::from).unwrap_or_default();
    let relative = |text: Text| folder.join(&*text.value);
    let url = match kind {
        SourceKind::Sql => block.text("url").or_else(|| block.text("base_url")),
        SourceKind::Rest | SourceKind::Graphql | SourceKind::Subgraph => block.text("base_url"),
        SourceKind::Native | SourceKind::File => None,
    };
    let remote = matches!(kind, SourceKind::Rest | SourceKind::Graphql | SourceKind::Subgraph);
    let secret = |key| remote.then(|| block.text(key)).flatten().and_then(|text| variable(block, key, &text));
    let reach = Reach {
        url: url.and_then(|text| variable(block, if kind == SourceKind::Sql { "url" } else { "base_url" }, &text)),
        private: remote && block.flag("private"),
        bearer: secret("bearer"),
        login: remote.then(|| block.table("oauth")).flatten().and_then(|block| login(&block)),
        certificate: secret("certificate"),
        authority: secret("authority"),
        headers: if remote { headers(block) } else { Vec::new() },
        timeout_ms: block.number("timeout_ms").map_or(plain.timeout_ms, |(number, _)| u64::from(number)),
        concurrency_max: block.number("concurrency_max").map_or(plain.concurrency_max, |(number, _)| number),
        care: if remote { care(block) } else { Care::default() },
        migrations: (kind == SourceKind::Sql).then(|| block.text("migrations")).flatten().map(relative),
        path: (kind == SourceKind::File).then(|| block.text("path")).flatten().map(relative),
    };
    let named = |name: &str| reach.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
    let ways = [reach.bearer.is_some(), reach.login.is_some(), named("authorization")];
    if ways.iter().filter(|way| **way).count() > 1 {
        let message = "the `authorization` header is said more than once";
        let hint = "leave one of `bearer`, `[reach.oauth]` and the header `authorization`";
        block.push(Problem::error(&block.place, message).with_hint(hint));
    }
    reach
}

/// `[reach.oauth]`
fn login(block: &Block<'_>) -> Option<Login> {
    let of = |key| block.needed(key).and_then(|text| variable(block, key, &text));
    let (token_url, client_id, client_secret) = (of("token_url"), of("client_id"), of("client_secret"));
    let scope = block.text("scope");
    block.done();
    Some(Login {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        scope: scope.map(|text| text.value),
    })
}

/// `queue_max`, `[reach.retry]` and `[reach.breaker]`
fn care(block: &Block<'_>) -> Care {
    let mut care = Care::default();
    let number = |block: &Block<'_>, key, into: &mut u32| {
        if let Some((number, _)) = block.number(key) {
            *into = number;
        }
    };
    number(block, "queue_max", &mut care.queue_max);
    if let Some(block) = block.table("retry") {
        bounded(&block, "times_max", 10, &mut care.retries_max);
        bounded(&block, "budget_percent", 100, &mut care.budget_percent);
        block.done();
    }
    if let Some(block) = block.table("breaker") {
        number(&block, "failures_max", &mut care.failures_max);
        bounded(&block, "good_percent_min", 100, &mut care.good_percent_min);
        let mut probe_ms = u32::try_from(care.probe_ms).unwrap_or(u32::MAX);
        bounded(&block, "probe_ms", PROBE_MS_MAX, &mut probe_ms);
        care.probe_ms = probe_ms.into();
        block.done();
    }
    care
}

/// From 0 up to so many.
fn bounded(block: &Block<'_>, key: &'static str, most: u32, into: &mut u32) {
    match block.count(key) {
        Some((number, place)) if number > most => {
            block.push(Problem::error(&place, format!("`{key}` may be {most} at the most")));
        }
        Some((number, _)) => *into = number,
        None => {}
    }
}

/// `env:NAME`, or a problem that does not repeat what stands there instead.
fn variable(block: &Block<'_>, what: &str, text: &Text) -> Option<Variable> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let name = text.value.strip_prefix("env:");
    let name = name.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(plain));
    if name.is_none() {
        let message = format!("`{what}` must be the name of an environment variable");
        block.push(Problem::error(&text.place, message).with_hint(
            "write `\"env:NAME\"`, NAME in capitals, and give the value to the program in that variable; \
             a secret that was in a file should be replaced",
        ));
    }
    name.map(|name| Variable { name: Arc::from(name), place: text.place.clone() })
}

fn headers(block: &Block<'_>) -> Vec<(Arc<str>, HeaderValue)> {
    let mut headers = Vec::new();
    for (name, value) in block.pairs("headers").unwrap_or_default() {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.value.is_empty() || !name.value.chars().all(token) {
            block.push(Problem::error(&name.place, format!("`{}` is not the name of a header", name.value)));
            continue;
        }
        let secret = SECRET_WORDS.iter().any(|word| name.value.to_lowercase().contains(word));
        let value = if secret || value.value.starts_with("env:") {
            variable(block, &name.value, &value).map(HeaderValue::Variable)
        } else if value.value.chars().all(|c| c == '\t' || (' '..='~').contains(&c)) {
            Some(HeaderValue::Literal(value.value))
        } else {
            block.push(Problem::error(&value.place, format!("the header `{}` can't hold this text", name.value)));
            None
        };
        headers.extend(value.map(|value| (name.value, value)));
    }
    headers
}
