//! Header: the comment at the head of a story's file, read strictly.
//!
//! ```text
//! # A3. What a jail must know when it books somebody.
//! #
//! # Reader:    a booking officer at night (agency kind DETENTION)
//! # Purpose:   C
//! # Sources:   golden, warrants, state-courts
//! # Saves:     the calls to dispatch and court
//! # Variables: {"who": {"surname": {"startsWith": "$surname"}}}
//! ```
//!
//! A line that names no entry goes on with the one above. `Note` and `Variables` may be left out; nothing else may, and nothing may
//! stand twice or in another order.

use crate::graph::Graph;
use crate::graph::problem::{File, Place, Problem, Problems, did_you_mean};
use serde_json::{Map, Value};
use std::ops::Range;
use std::sync::Arc;

/// The entries, in their order, and whether one may be left out.
const ENTRIES: [(&str, bool); 6] =
    [("Reader", false), ("Purpose", false), ("Sources", false), ("Saves", false), ("Note", true), ("Variables", true)];

pub(super) struct Header {
    pub id: String,
    pub title: String,
    pub reader: String,
    pub purpose: String,
    pub sources: Vec<String>,
    pub saves: String,
    pub note: Option<String>,
    /// With their place.
    pub variables: (Map<String, Value>, Place),
}

/// An entry as it stands: its value, without the line breaks, and the bytes where it begins and ends.
struct Entry {
    text: String,
    span: Range<usize>,
}

/// `None` where something is wrong with it; what, is then in the problems.
pub(super) fn read(file: &Arc<File>, graph: &Graph, problems: &mut Problems) -> Option<Header> {
    let before = problems.0.len();
    let lines = comment(&file.text);
    let (id, title) = caption(file, lines.first(), problems)?;
    let mut entries = entries(file, lines.get(1..).unwrap_or_default(), problems);
    for (name, optional) in ENTRIES {
        if !optional && !entries.iter().any(|(known, _)| *known == name) {
            let message = format!("the header says nothing of `{name}`");
            problems.push(Problem::error(&whole(file, &lines), message).with_hint(format!("write `# {name}: …`")));
        }
    }
    let mut take = |name: &str| {
        let at = entries.iter().position(|(known, _)| *known == name)?;
        Some(entries.remove(at).1)
    };
    let mut text = |name: &str| take(name).map(|entry| entry.text);
    let (reader, purpose, saves, note) = (text("Reader"), text("Purpose"), text("Saves"), text("Note"));
    let sources = take("Sources").map(|entry| sources(file, &entry, graph, problems));
    let variables = match take("Variables") {
        Some(entry) => variables(file, &entry, problems),
        None => (Map::new(), Place::whole(file)),
    };
    if problems.0.len() > before {
        return None;
    }
    Some(Header { id, title, reader: reader?, purpose: purpose?, sources: sources?, saves: saves?, note, variables })
}

/// The lines of the comment at the head, without their `#`, each with the bytes where its text stands.
fn comment(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let Some(rest) = line.strip_prefix('#') else { break };
        let bare = rest.trim();
        let at = start + 1 + (rest.len() - rest.trim_start().len()).min(rest.trim_end().len());
        lines.push((bare, at..at + bare.len()));
        start += line.len();
    }
    lines
}

fn whole(file: &Arc<File>, lines: &[(&str, Range<usize>)]) -> Place {
    lines.first().map_or_else(|| Place::whole(file), |(_, span)| Place::new(file, span.clone()))
}

/// `A3. What a jail must know.`, with the id with which the file's name begins.
fn caption(
    file: &Arc<File>,
    first: Option<&(&str, Range<usize>)>,
    problems: &mut Problems,
) -> Option<(String, String)> {
    let hint = "the first line is `# A1. What it is about.`, and the file's name begins with `a1-`";
    let mut wrong = |place: &Place, message: String| {
        problems.push(Problem::error(place, message).with_hint(hint));
        None
    };
    let Some((line, span)) = first else {
        return wrong(&Place::whole(file), "the file does not begin with a header".to_owned());
    };
    let place = Place::new(file, span.clone());
    let is_id = |id: &str| {
        let digits = id.trim_start_matches(|c: char| c.is_ascii_uppercase());
        id.len() > digits.len() && !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit())
    };
    let Some((id, title)) = line.split_once(". ").filter(|(id, title)| is_id(id) && !title.is_empty()) else {
        return wrong(&place, "this is no title of a story".to_owned());
    };
    let id = id.to_lowercase();
    let stem = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if stem.split('-').next() != Some(&id) {
        return wrong(&place, format!("story `{id}` stands in a file of another name, `{stem}`"));
    }
    Some((id, title.trim_end_matches('.').to_owned()))
}

fn entries(file: &Arc<File>, lines: &[(&str, Range<usize>)], problems: &mut Problems) -> Vec<(&'static str, Entry)> {
    let mut entries: Vec<(&'static str, Entry)> = Vec::new();
    let mut wrong = |span: &Range<usize>, message: String, hint: Option<String>| {
        problems.push(Problem::error(&Place::new(file, span.clone()), message).with_hint_if(hint));
    };
    let names = || ENTRIES.iter().map(|(name, _)| *name);
    let rank = |name: &str| names().position(|known| known == name);
    for (line, span) in lines.iter().filter(|(line, _)| !line.is_empty()) {
        let Some((word, value)) = line.split_once(':').filter(|(word, _)| is_word(word)) else {
            match entries.last_mut() {
                Some((_, entry)) => {
                    entry.text = format!("{} {line}", entry.text);
                    entry.span.end = span.end;
                }
                None => wrong(span, "this belongs to no entry of the header".to_owned(), None),
            }
            continue;
        };
        let at = span.start..span.start + word.len();
        let Some(known) = names().find(|known| *known == word) else {
            let hint = did_you_mean(word, names())
                .unwrap_or_else(|| format!("a header has {}", names().collect::<Vec<_>>().join(", ")));
            wrong(&at, format!("a header has no `{word}`"), Some(hint));
            continue;
        };
        if entries.iter().any(|(other, _)| *other == known) {
            wrong(&at, format!("`{known}` stands here for the second time"), None);
        } else if entries.iter().any(|(other, _)| rank(other) > rank(known)) {
            let order = names().collect::<Vec<_>>().join(", ");
            wrong(&at, format!("`{known}` comes too late"), Some(format!("the order is {order}")));
        } else if value.trim().is_empty() {
            wrong(&at, format!("`{known}` says nothing"), None);
        }
        let start = span.start + line.len() - value.trim_start().len();
        entries.push((known, Entry { text: value.trim().to_owned(), span: start..span.end }));
    }
    entries
}

/// One capitalized word names an entry; anything else before a colon is part of a sentence.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|c| c.is_ascii_alphabetic())
}

/// Names of resolver files, with commas between them, each once.
fn sources(file: &Arc<File>, entry: &Entry, graph: &Graph, problems: &mut Problems) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in entry.text.split(',').map(str::trim) {
        let written = file.text.get(entry.span.clone()).unwrap_or_default();
        let at = entry.span.start + written.find(name).unwrap_or_default();
        let place = Place::new(file, at..at + name.len().max(1));
        let known = || graph.sources.iter().map(|source| &*source.name);
        if !known().any(|known| known == name) {
            let hint = did_you_mean(name, known())
                .unwrap_or_else(|| format!("the sources are {}", known().collect::<Vec<_>>().join(", ")));
            problems.push(Problem::error(&place, format!("there is no source `{name}`")).with_hint(hint));
        } else if all.iter().any(|known| known == name) {
            problems.push(Problem::error(&place, format!("`{name}` is named twice")));
        }
        all.push(name.to_owned());
    }
    all
}

fn variables(file: &Arc<File>, entry: &Entry, problems: &mut Problems) -> (Map<String, Value>, Place) {
    let place = Place::new(file, entry.span.clone());
    let read = serde_json::from_str(&entry.text);
    let variables = read.unwrap_or_else(|error| {
        let message = format!("`Variables` is no JSON object: {error}");
        problems.push(Problem::error(&place, message).with_hint("for example {\"id\": \"$person\"}"));
        Map::new()
    });
    (variables, place)
}
