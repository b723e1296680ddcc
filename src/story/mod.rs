//! Story: what somebody of an agency asks in their daily work, as a query that is checked when the graph is loaded.
//!
//! A `Story` has a header that a person reads (who asks, for what purpose, of which sources) and one operation that is valid in the
//! graph with the variables of the header. What the graph can't answer is a problem like any other: file, line, column, hint. Files
//! and nothing else: no source is contacted.

mod header;
#[cfg(test)]
mod tests;

use crate::error::{Error, Refusal};
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::request::Request;
use header::Header;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file of the stories, read and checked.
#[derive(Debug)]
pub struct Story {
    /// What it goes by: `a1`. The file's name begins with it.
    pub id: String,
    pub title: String,
    /// Who asks, and of which kind of agency.
    pub reader: String,
    pub purpose: String,
    /// Every source that the query can ask, by the names of their resolver files.
    pub sources: Vec<String>,
    /// What the reader need not do any more.
    pub saves: String,
    /// What else there is to know.
    pub note: Option<String>,
    /// The whole file: a header is a comment to GraphQL.
    pub document: String,
    /// As they stand in the header, with their placeholders.
    variables: Map<String, Value>,
}

impl Story {
    /// `A1. Offender history at sentencing`.
    #[must_use]
    pub fn caption(&self) -> String {
        format!("{}. {}", self.id.to_uppercase(), self.title)
    }

    /// The variables of the header. A text that is nothing but `$name` is a placeholder: it gives way to what is known by that name,
    /// and stays where nothing is.
    pub fn variables(&self, known: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
        self.variables.iter().map(|(name, value)| (name.clone(), filled(value, &known))).collect()
    }

    /// `a2` before `a10`.
    fn rank(&self) -> (&str, u32) {
        let (letters, digits) = self.id.split_at(self.id.find(|c: char| c.is_ascii_digit()).unwrap_or(self.id.len()));
        (letters, digits.parse().unwrap_or(0))
    }
}

fn filled(value: &Value, known: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix('$');
            Value::String(name.and_then(known).unwrap_or_else(|| text.clone()))
        }
        Value::Array(all) => all.iter().map(|one| filled(one, known)).collect(),
        Value::Object(all) => Value::Object(all.iter().map(|(name, one)| (name.clone(), filled(one, known))).collect()),
        other => other.clone(),
    }
}

/// Reads `*.graphql` of a folder, in the order of the stories' ids. A folder that is not there has none.
///
/// # Errors
/// Every mistake in the files, and every file that can't be read.
pub fn load(folder: &Path, graph: &Graph) -> Result<Vec<Story>, Problems> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut problems = Problems::default();
    let mut texts = Vec::new();
    for path in entries.filter(|path| path.extension().is_some_and(|ending| ending == "graphql") && path.is_file()) {
        match std::fs::read_to_string(&path) {
            Ok(text) => texts.push((path, text)),
            Err(error) => {
                let file = Arc::new(File { path, text: String::new() });
                problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
            }
        }
    }
    let stories = load_texts(texts, graph);
    match stories {
        Ok(stories) if problems.is_empty() => Ok(stories),
        Ok(_) => Err(problems.sorted()),
        Err(found) => {
            problems.0.extend(found.0);
            Err(problems.sorted())
        }
    }
}

/// The same from texts, each with the path that its problems name.
///
/// # Errors
/// Every mistake in the texts.
pub fn load_texts(texts: Vec<(PathBuf, String)>, graph: &Graph) -> Result<Vec<Story>, Problems> {
    let limits = Limits::default();
    let documents = Documents::new(&limits);
    let mut problems = Problems::default();
    let mut stories: Vec<Story> = Vec::new();
    for (path, text) in texts {
        let file = Arc::new(File { path, text });
        let Some(header) = header::read(&file, graph, &mut problems) else { continue };
        check(&file, &header, graph, &documents, &limits, &mut problems);
        if let Some(other) = stories.iter().find(|story| story.id == header.id) {
            let message = format!("there is a story `{}` already: {}", other.id, other.title);
            problems.push(Problem::error(&Place::whole(&file), message));
        }
        let Header { id, title, reader, purpose, sources, saves, note, variables } = header;
        let (document, variables) = (file.text.clone(), variables.0);
        stories.push(Story { id, title, reader, purpose, sources, saves, note, document, variables });
    }
    stories.sort_by(|a, b| a.rank().cmp(&b.rank()));
    if problems.is_empty() { Ok(stories) } else { Err(problems.sorted()) }
}

/// Whether the graph can answer it, with these variables.
fn check(
    file: &Arc<File>,
    header: &Header,
    graph: &Graph,
    documents: &Documents,
    limits: &Limits,
    problems: &mut Problems,
) {
    let (variables, place) = &header.variables;
    for name in variables.keys() {
        let named = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if !body(&file.text).split(&format!("${name}")).skip(1).any(named) {
            let message = format!("the query has no variable `${name}`");
            problems.push(Problem::error(place, message).with_hint("give the variables that it has, and no others"));
        }
    }
    let request = Request { document: file.text.clone(), variables: variables.clone(), ..Request::default() };
    if let Err(refusal) = operation::bind(documents, graph, ViewId::default(), &request, limits) {
        refused(file, place, &refusal, problems);
    }
}

/// The file without its comments at full line.
fn body(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

fn refused(file: &Arc<File>, variables: &Place, refusal: &Refusal, problems: &mut Problems) {
    for error in refusal.errors() {
        let place = match place(file, error) {
            Some(place) => place,
            // What is wrong with a variable's value has no place in the document.
            None if error.code == crate::error::Code::Variable => variables.clone(),
            None => Place::whole(file),
        };
        problems
            .push(Problem::error(&place, error.message.clone()).with_hint_if(error.hint.as_deref().map(str::to_owned)));
    }
}

/// Where the error points: lines and columns count from one, columns in characters.
fn place(file: &Arc<File>, error: &Error) -> Option<Place> {
    let at = error.locations.first()?;
    let start: usize = file.text.split_inclusive('\n').take(at.line.saturating_sub(1) as usize).map(str::len).sum();
    // After the last line end there is a line too, with nothing in it.
    let line = file.text.get(start..)?.lines().next().unwrap_or_default();
    let column = line.char_indices().nth(at.column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    let rest = line.get(column..).unwrap_or_default();
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()).max(1);
    Some(Place::new(file, start + column..(start + column + name).min(file.text.len())))
}
