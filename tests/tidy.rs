//! Tidy: what must not happen to the code, checked.
//!
//! The import table and the homes of foreign crates are those of `docs/architecture.md`.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which of our modules each module may import. A module may always import itself.
const IMPORTS: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("graph", &[]),
    ("record", &["graph"]),
    ("error", &["graph"]),
    ("emergency", &["error", "ledger", "limits"]),
    ("observe", &[]),
    ("seal", &[]),
    ("viewer", &[]),
    ("request", &["error", "limits"]),
    ("caller", &["error", "graph", "limits", "observe", "viewer"]),
    ("operation", &["graph", "request", "error", "limits"]),
    ("story", &["graph", "operation", "request", "error", "limits"]),
    ("form", &["graph", "operation", "request", "error", "limits"]),
    ("prefill", &["error", "form", "graph", "operation", "policy", "request", "response"]),
    ("policy", &["graph", "record", "operation", "caller", "error", "seal", "viewer"]),
    ("source", &["graph", "record", "observe", "limits", "seal", "viewer"]),
    ("plan", &["graph", "record", "operation", "policy", "source"]),
    ("execute", &["graph", "plan", "policy", "record", "source", "operation", "observe", "limits", "seal"]),
    ("response", &["graph", "record", "operation", "policy", "plan", "execute", "source", "error", "limits"]),
    ("ledger", &["caller", "error", "graph", "limits", "observe", "policy", "request", "response", "seal", "viewer"]),
    ("native", &["error", "viewer"]),
    (
        "gateway",
        &[
            "caller",
            "emergency",
            "error",
            "execute",
            "form",
            "graph",
            "ledger",
            "limits",
            "observe",
            "operation",
            "plan",
            "policy",
            "prefill",
            "request",
            "response",
            "seal",
            "source",
            "native",
            "viewer",
        ],
    ),
    ("http", &["gateway", "ledger", "request", "caller", "emergency", "error", "limits", "observe", "prefill"]),
    ("config", &["caller", "emergency", "graph", "ledger", "limits", "observe", "source"]),
    ("demo", &[]),
    (
        "command",
        &[
            "caller",
            "config",
            "demo",
            "emergency",
            "error",
            "form",
            "gateway",
            "graph",
            "http",
            "ledger",
            "limits",
            "native",
            "observe",
            "operation",
            "plan",
            "policy",
            "request",
            "source",
            "story",
        ],
    ),
];

/// Where each foreign crate may be named: prefixes of paths below `src`.
const HOMES: &[(&str, &[&str])] = &[
    ("apollo_compiler", &["operation/", "graph/sdl"]),
    ("async_graphql", &["native/", "demo/agencies/corrections"]),
    ("axum", &["http/", "demo/"]),
    ("hyper", &["http/"]),
    ("hyper_util", &["http/"]),
    ("tower", &["http/"]),
    ("sqlx", &["source/store", "demo/seed", "ledger/index"]),
    ("flate2", &["source/client/body"]),
    ("reqwest", &["source/client", "caller/fetch", "ledger/log/witness"]),
    ("jsonwebtoken", &["caller/token", "caller/keys", "demo/issuer"]),
    ("base64", &["caller/keys", "ledger/log", "record/node", "seal", "source/client/login"]),
    ("aws_lc_rs", &["demo/issuer", "ledger/digest", "ledger/log", "ledger/subjects", "seal"]),
    ("crc32c", &["ledger/log"]),
    ("moka", &["gateway.rs", "operation/documents.rs", "caller/identify", "policy/policies", "source/cache"]),
    ("dataloader", &["source/gather"]),
    ("redis", &["source/tier/link"]),
    ("rustls", &["source/tier/link"]),
    ("cedar_policy", &["policy/cedar"]),
    ("miette", &["policy/cedar"]),
    ("pdf_writer", &["http/prefill/pdf"]),
    ("memchr", &["operation/", "request.rs"]),
    ("tracing", &["observe/log"]),
    ("tracing_subscriber", &["observe/log"]),
    ("opentelemetry", &["observe/"]),
    ("opentelemetry_sdk", &["observe/"]),
    ("opentelemetry_otlp", &["observe/exports"]),
    ("opentelemetry_prometheus", &["observe/exports"]),
    ("opentelemetry_appender_tracing", &["observe/log"]),
    ("prometheus", &["observe/exports", "observe/metrics"]),
    ("clap", &["command/", "main.rs"]),
    ("indicatif", &["command/ledger", "demo/"]),
    ("regex", &["source/convert", "graph/link/convert"]),
    ("toml", &["graph/written", "demo/personas", "policy/files"]),
];

/// Lines a file may have before its tests. Clippy's `too_many_lines` holds functions.
const LINES_MAX: usize = 500;

struct Source {
    path: String,
    /// Without its tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap().to_owned();
        Source { path: path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), code }
    };
    paths.iter().map(read).filter(|source| !is_test(&source.path)).collect()
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
}

/// Code lines without comments.
fn lines(code: &str) -> impl Iterator<Item = &str> {
    code.lines().map(|line| line.split("//").next().unwrap_or_default())
}

fn module(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn modules_point_one_way() {
    let table: BTreeMap<&str, &[&str]> = IMPORTS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let own = module(&source.path);
        if ["lib", "main"].contains(&own) {
            continue;
        }
        let Some(allowed) = table.get(own) else {
            wrong.push(format!("{}: `{own}` is not in the import table", source.path));
            continue;
        };
        for line in lines(&source.code) {
            for rest in line.split("crate::").skip(1) {
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !name.is_empty() && name != own && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}: `{own}` must not import `{name}`", source.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn foreign_crates_stay_at_home() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, homes) in HOMES {
            let path = format!("{name}::");
            let named = lines(&source.code).any(|line| {
                line.match_indices(&path).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
                })
            });
            if named && !homes.iter().any(|home| source.path.starts_with(home)) {
                wrong.push(format!("{}: `{name}` lives in {}", source.path, homes.join(", ")));
            }
        }
        let reads = source.path.starts_with("config");
        if lines(&source.code).any(|line| line.contains("env::var")) && !reads {
            wrong.push(format!("{}: the environment is read in config", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for source in sources() {
        let count = source.code.lines().count();
        if count > LINES_MAX {
            wrong.push(format!("{}: {count} lines, at most {LINES_MAX}", source.path));
        }
        if !source.code.starts_with("//!") {
            wrong.push(format!("{}: starts with a `//!` that says what it promises", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_starts_in_a_few_lines() {
    let main = sources().into_iter().find(|source| source.path == "main.rs").unwrap();
    assert!(main.code.lines().count() < 80);
}

#[test]
fn the_stages_stay_one_short_function() {
    let gateway = sources().into_iter().find(|source| source.path == "gateway.rs").unwrap();
    let stages = gateway.code.split("pub async fn stages").nth(1).unwrap();
    let length = stages.lines().take_while(|line| *line != "    }").count();
    assert!(length < 60, "`stages` has {length} lines");
}

/// The truth about the invented world says for itself what an error makes of a value: it would be no check if those who err told it.
#[test]
fn the_truth_asks_nobody_who_errs() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("demo/truth")) {
        let is_table = source.path.ends_with("labels.rs");
        for word in ["agencies", "golden", ".shown(", "records::", "identity::"] {
            let may_be = is_table && word == "records::";
            if !may_be && lines(&source.code).any(|line| line.contains(word)) {
                wrong.push(format!("{}: names `{word}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
