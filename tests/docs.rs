//! Docs: what the documentation says that can be checked.
#![expect(clippy::unwrap_used, reason = "a page that can't be read fails the test")]

use headwaters::caller::{AgencyKind, ClaimNames, Ori, Purpose};
use headwaters::error::Code;
use headwaters::graph::problem::File;
use headwaters::graph::{self, Audience, link};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_code_has_a_row() {
    let readme = read("README.md");
    let rows: Vec<Vec<&str>> = readme
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 5)
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .filter(|cells: &Vec<&str>| cells[1].chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let names: Vec<&str> = rows.iter().map(|cells| cells[1]).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names, codes, "the rows of README.md, and the codes in their order");
    for (code, cells) in Code::ALL.iter().zip(&rows) {
        let status = if code.status() == 200 { String::from("field") } else { code.status().to_string() };
        assert_eq!(cells[2].trim_end_matches('*'), status, "the status of {}", code.name());
        assert!(!cells[3].is_empty() && !cells[4].is_empty(), "{} says when, and what to do", code.name());
    }
}

#[test]
fn the_architecture_is_short() {
    assert!(read("docs/architecture.md").lines().count() < 200);
}

#[test]
fn the_readme_has_both_commands() {
    let readme = read("README.md");
    assert!(readme.contains("cargo run --release -- demo"));
    assert!(readme.contains("tests/run"));
}

#[test]
fn every_variable_of_a_resolver_file_is_in_the_readme() {
    let readme = read("README.md");
    for entry in std::fs::read_dir(root().join("resolvers")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for name in text.split("\"env:").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(readme.contains(&format!("`{name}`")), "README.md says nothing of {name}");
        }
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut pages = Vec::new();
    walk(root(), &mut pages);
    assert!(pages.len() > 5);
    let mut wrong = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let elsewhere =
                target.contains("://") || target.starts_with("mailto:") || target.contains(char::is_whitespace);
            if !elsewhere && !path.is_empty() && !page.parent().unwrap().join(path).exists() {
                wrong.push(format!("{}: {target}", page.display()));
            }
            if let Some(heading) = target.strip_prefix('#')
                && !text.lines().any(|line| line.starts_with('#') && anchor(line) == heading)
            {
                wrong.push(format!("{}: no heading {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As forges name a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn walk(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" && !name.starts_with('.') {
            walk(&path, pages);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            pages.push(path);
        }
    }
}

/// The texts of a folder, with paths as a user names them.
fn texts(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    paths.sort();
    let text =
        |path: PathBuf| (Path::new(folder).join(path.file_name().unwrap()), std::fs::read_to_string(&path).unwrap());
    paths.into_iter().map(text).collect()
}

/// Blocks of a page in this language, without the indent of a list.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for line in page.lines() {
        let bare = line.trim_start();
        match (&mut open, bare.strip_prefix("```")) {
            (None, Some(words)) => open = Some((line.len() - bare.len(), words == language, String::new())),
            (Some(_), Some(_)) => {
                let (_, wanted, text) = open.take().unwrap();
                if wanted {
                    blocks.push(text);
                }
            }
            (Some((indent, _, text)), None) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// What `check` says of the project's graph with the new jail's file.
fn problems(jail: &str) -> String {
    let mut resolvers = texts("resolvers", "toml");
    resolvers.push((PathBuf::from("resolvers/missoula-jail.toml"), jail.to_owned()));
    match link::load_texts(&texts("schema/graph", "graphql"), &resolvers, &[Audience::everything()]) {
        Ok((graph, warnings)) => {
            assert!(graph.sources.iter().any(|source| &*source.name == "missoula-jail"));
            warnings.to_string()
        }
        Err(problems) => problems.to_string(),
    }
}

/// `headwaters schema --diagram > docs/graph.md`, or this test with `UPDATE_SPEC=1`.
#[test]
fn the_page_about_the_graph_is_that_of_the_graph() {
    let loaded = link::load_texts(&texts("schema/graph", "graphql"), &texts("resolvers", "toml"), &[]);
    let (graph, _) = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    let page = graph::diagram(&graph);
    if std::env::var_os("UPDATE_SPEC").is_some() {
        std::fs::write(root().join("docs/graph.md"), &page).unwrap();
    }
    let (here, kept) = (page.lines(), read("docs/graph.md"));
    let changed: Vec<String> = here
        .zip(kept.lines().chain(std::iter::repeat("")))
        .filter(|(made, kept)| made != kept)
        .map(|(made, kept)| format!("- {kept}\n+ {made}"))
        .take(5)
        .collect();
    assert!(changed.is_empty() && page == kept, "docs/graph.md is not that of the graph\n{}", changed.join("\n"));
}

#[test]
fn a_new_jail_joins_with_the_file_of_the_page() {
    let page = read("docs/resolvers.md");
    let jail = blocks(&page, "toml").remove(0);
    assert!(jail.lines().count() < 60, "a new agency is a file under 60 lines");
    let said = problems(&jail);
    assert!(!said.contains("missoula"), "{said}");
}

#[test]
fn the_configuration_of_the_page_is_good() {
    let text = blocks(&read("docs/callers.md"), "toml").remove(0);
    let file = File { path: PathBuf::from("headwaters.toml"), text };
    let config = headwaters::config::read(&Arc::new(file)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.callers.issuers.len(), 2);
    assert!(config.callers.public && config.callers.agencies.len() == 1);
}

/// The tables of purposes, of kinds by the ninth character, and of claims.
#[test]
fn the_page_of_callers_is_complete() {
    let page = read("docs/callers.md");
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for purpose in Purpose::ALL {
        assert!(rows.contains(&purpose.name()), "no row for the purpose {}", purpose.name());
    }
    for (name, claim) in [("user", ClaimNames::default().user), ("sworn", ClaimNames::default().sworn)] {
        assert!(page.contains(&format!("| `{name}` | `{claim}` |")), "{name}");
    }
    for (character, kind) in [('A', "PROSECUTION"), ('B', "PRETRIAL"), ('J', "COURT")] {
        let ori = Ori::new(&format!("MT056000{character}")).unwrap();
        assert_eq!(ori.kind().map(AgencyKind::name), Some(kind));
        assert!(page.contains(&format!("| `{character}` | `{kind}` |")), "{character}");
    }
}

#[test]
fn a_mistake_reads_as_on_the_page() {
    let page = read("docs/resolvers.md");
    let (jail, shown) = (blocks(&page, "toml").remove(0), blocks(&page, "text"));
    let mistakes = [("\nstate  ", "\nstatte "), ("\"env:MISSOULA_JAIL_KEY\"", "\"k-5511\"")];
    for ((right, wrong), expected) in mistakes.iter().zip(&shown) {
        let said = problems(&jail.replacen(right, wrong, 1));
        assert!(said.contains(expected.trim_end()), "the page says\n{expected}\nand check says\n{said}");
    }
}
