//! Problems: what is wrong with the files of a graph, each with its place, all at once.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A stretch of a file. Cheap to clone; two places of one file share its text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub file: Arc<File>,
    /// Bytes. Empty at 0 for the file as a whole.
    pub span: Range<usize>,
}

#[derive(Debug, PartialEq, Eq, Default)]
pub struct File {
    /// As the user named its folder: `resolvers/yellowstone-jail.toml`.
    pub path: PathBuf,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is served.
    Error,
    /// Served, and worth a look: a list that leads to one call a key.
    Warning,
}

/// One mistake. `Display` is what the user reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub place: Place,
    /// Lower case, no final stop, names in backticks.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Everything wrong with a graph, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:?}", self.file.path.display(), self.span)
    }
}
