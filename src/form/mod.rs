//! Form: an agency's form mapped onto the graph, as data that is checked when the graph is loaded.
//!
//! A `Form` says for each of its fields where in the graph the value stands, or who types it. Every path of it leads somewhere in the graph, with
//! arguments that fit; what does not is a problem like any other: file, line, column, hint. Files and nothing else: no source is contacted.

pub mod expand;
mod link;
mod path;
mod read;
#[cfg(test)]
mod tests;

pub use path::{Filter, Path, Step};

use crate::error::Code;
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::request::Request;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

/// One file of `schema/forms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it goes by, and what its file is called: `opd-application`.
    pub id: Arc<str>,
    pub title: Arc<str>,
    /// Whose form it is.
    pub owner: Arc<str>,
    pub version: Arc<str>,
    /// The purpose of use that filling it serves: what a page offers first.
    pub purpose: Arc<str>,
    pub note: Option<Arc<str>>,
    /// Of the IANA database: times are written as its clocks have them; in UTC without one.
    pub zone: Option<Arc<str>>,
    /// Values that say that something is not known: such a field is typed.
    pub unknown: Vec<Arc<str>>,
    pub targets: Vec<Target>,
    pub blocks: Vec<Block>,
}

/// What a form can be filled for: a root field of the graph that takes one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The root field: `booking`.
    pub name: Arc<str>,
    /// Its argument that holds the key, and that argument's type: `ref`, `BookingRef!`.
    pub argument: Arc<str>,
    pub argument_type: Arc<str>,
}

/// Fields that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub title: Arc<str>,
    pub note: Option<Arc<str>>,
    /// Whether its fields are columns, with a row for each element of a list.
    pub in_rows: bool,
    /// That list, from the root, by target; `None` for a target that does not lead there.
    pub rows: Vec<Option<Path>>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Unique within the form.
    pub id: Arc<str>,
    pub label: Arc<str>,
    pub kind: FieldKind,
    pub required: bool,
    /// Whoever fills the form looks at the value before it counts.
    pub confirm: bool,
    /// The graph's values and the form's own codes for them; empty: as the graph has them.
    pub codes: Vec<(Arc<str>, Arc<str>)>,
    pub from: From,
    pub pick: Pick,
    /// The leaf beside the value by which the elements of a list are put in order before one is picked.
    pub by: Option<Arc<str>>,
    pub agree: Agree,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// Somebody types it, always: it is not in the graph.
    Typed(Arc<str>),
    /// By target; `None` for a target that does not lead there.
    Graph(Vec<Option<Sought>>),
}

/// Paths to a value: from the root, or from the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    pub path: Path,
    /// Where the same fact stands once more: what differs there is a conflict.
    pub against: Vec<Path>,
}

/// What kind of value a form's field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Date,
    DateTime,
    Number,
    Money,
    YesNo,
    /// One of the form's own codes.
    Code,
}

/// Which of several values counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pick {
    /// All of them, each once.
    #[default]
    All,
    First,
    Last,
}

/// When another value says the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Agree {
    /// The same words, whatever their case and the blanks between them.
    #[default]
    Same,
    /// The year of the value stands in the other.
    Year,
}

/// Forms of one graph.
const FORMS_MAX: usize = 200;

impl FieldKind {
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Date, Self::DateTime, Self::Number, Self::Money, Self::YesNo, Self::Code];

    /// As forms write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Number => "number",
            Self::Money => "money",
            Self::YesNo => "yes-no",
            Self::Code => "code",
        }
    }
}

impl Form {
    /// All fields, in the order of the form.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.blocks.iter().flat_map(|block| &block.fields)
    }

    /// The place of a target among the form's.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<usize> {
        self.targets.iter().position(|target| *target.name == *name)
    }
}

/// Reads `*.toml` of a folder, in the order of the forms' ids. A folder that is not there has none.
///
/// # Errors
/// Every mistake in the files, and every file that can't be read.
pub fn load(folder: &FilePath, graph: &Graph) -> Result<Vec<Form>, Problems> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut problems = Problems::default();
    let mut texts = Vec::new();
    for path in entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml") && path.is_file()) {
        match std::fs::read_to_string(&path) {
            Ok(text) => texts.push((path, text)),
            Err(error) => {
                let file = Arc::new(File { path, text: String::new() });
                problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
            }
        }
    }
    match load_texts(texts, graph) {
        Ok(forms) if problems.is_empty() => Ok(forms),
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
pub fn load_texts(texts: Vec<(PathBuf, String)>, graph: &Graph) -> Result<Vec<Form>, Problems> {
    let mut problems = Problems::default();
    let mut forms = Vec::new();
    let (limits, mut linked) = (Limits::default(), 0);
    let documents = Documents::new(&limits);
    for (path, text) in texts {
        let file = Arc::new(File { path, text });
        let (written, found) = read::read(&file);
        // What could not be read may be what seems to be missing.
        let readable = found.is_empty();
        problems.0.extend(found.0);
        let written = written.filter(|_| readable);
        let form = written.and_then(|written| link::link(&file, &written, graph, &mut problems));
        if let Some(form) = &form {
            linked += 1;
            asked(&file, form, graph, (&documents, &limits), &mut problems);
        }
        forms.extend(form);
    }
    if linked > FORMS_MAX {
        problems.push(Problem::error(&Place::default(), format!("there are more than {FORMS_MAX} forms")));
    }
    forms.sort_by(|a, b| a.id.cmp(&b.id));
    if problems.is_empty() { Ok(forms) } else { Err(problems.sorted()) }
}

/// Whether the graph takes the arguments that the form's paths give.
fn asked(
    file: &Arc<File>,
    form: &Form,
    graph: &Graph,
    (documents, limits): (&Documents, &Limits),
    problems: &mut Problems,
) {
    let Some(everything) = graph.views.first() else { return };
    let mut told: Vec<String> = Vec::new();
    for target in 0..form.targets.len() {
        let document = expand::expand(graph, everything, form, target).document;
        let request = Request { document: document.clone(), ..Request::default() };
        let Err(refusal) = operation::bind(documents, graph, ViewId::default(), &request, limits) else { continue };
        // The key comes with a request; all else is said here.
        for error in refusal.errors().iter().filter(|error| error.code != Code::Variable) {
            let line = error.locations.first().and_then(|at| document.lines().nth(at.line.saturating_sub(1) as usize));
            let asked = line.unwrap_or_default().trim().trim_end_matches('{').trim_end();
            let asked = asked.rsplit_once(": ").filter(|(key, _)| !key.contains('(')).map_or(asked, |(_, asked)| asked);
            if !told.iter().any(|line| *line == *asked) {
                told.push(asked.to_owned());
                let place = file
                    .text
                    .find(asked)
                    .map_or_else(|| Place::whole(file), |start| Place::new(file, start..start + asked.len().max(1)));
                let hint = error.hint.as_deref().map(str::to_owned);
                problems.push(Problem::error(&place, error.message.clone()).with_hint_if(hint));
            }
        }
    }
}
