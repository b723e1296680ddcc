//! Problems: what is wrong with the files of a graph, each with its place, all at once.
//!
//! A problem shows the line that it is about, except where that line may hold a secret: then it shows that it does not.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Characters of a source line that are shown; of a longer one, the stretch around the mistake.
const LINE_CHARS_MAX: usize = 110;

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
    /// The line may hold a secret, so it is never shown.
    pub secret: bool,
}

impl Problem {
    #[must_use]
    pub fn error(place: &Place, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity: Severity::Error, place: place.clone(), message, hint: None, secret: false }
    }

    #[must_use]
    pub fn warning(place: &Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds a hint where there is one to give.
    #[must_use]
    pub fn with_hint_if(self, hint: Option<String>) -> Self {
        if hint.is_some() { Self { hint, ..self } } else { self }
    }

    #[must_use]
    pub fn hiding_its_line(self) -> Self {
        Self { secret: true, ..self }
    }
}

impl Place {
    #[must_use]
    pub fn new(file: &Arc<File>, span: Range<usize>) -> Self {
        Self { file: Arc::clone(file), span }
    }

    /// The file as a whole.
    #[must_use]
    pub fn whole(file: &Arc<File>) -> Self {
        Self::new(file, 0..0)
    }

    /// `schema/graph/custody.graphql:12`, for hints.
    #[must_use]
    pub fn line_name(&self) -> String {
        format!("{}:{}", self.file.path.display(), self.line_number())
    }

    /// From 1.
    #[must_use]
    pub fn line_number(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// From 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        let before = self.before();
        before.rsplit('\n').next().unwrap_or(before).chars().count() + 1
    }

    pub(super) fn is_whole_file(&self) -> bool {
        self.span == (0..0)
    }

    /// The text up to the span; up to the character around it where the span starts within one.
    fn before(&self) -> &str {
        let mut end = self.span.start.min(self.file.text.len());
        while !self.file.text.is_char_boundary(end) {
            end -= 1;
        }
        self.file.text.get(..end).unwrap_or_default()
    }

    fn line(&self) -> &str {
        let start = self.before().rfind('\n').map_or(0, |at| at + 1);
        self.file.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// Characters of the span that lie on its first line, at least one.
    fn width(&self) -> usize {
        let text = self.file.text.get(self.span.clone()).unwrap_or_default();
        text.lines().next().unwrap_or_default().trim_end().chars().count().max(1)
    }
}

/// Everything wrong with a graph, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// In the order of files and lines, each once, and no line of a secret shown by another problem on the same line.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| {
            (&a.place.file.path, a.place.span.start, a.place.span.end, &a.message).cmp(&(
                &b.place.file.path,
                b.place.span.start,
                b.place.span.end,
                &b.message,
            ))
        });
        self.0.dedup();
        let secret: Vec<(PathBuf, usize)> =
            self.0.iter().filter(|problem| problem.secret).map(|problem| line_id(&problem.place)).collect();
        for problem in &mut self.0 {
            problem.secret = problem.secret || secret.contains(&line_id(&problem.place));
        }
        self
    }
}

fn line_id(place: &Place) -> (PathBuf, usize) {
    (place.file.path.clone(), place.line_number())
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:?}", self.file.path.display(), self.span)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message, .. } = self;
        let warning = if self.severity == Severity::Warning { "warning: " } else { "" };
        if place.is_whole_file() {
            write!(f, "{}\n  {warning}{message}", place.file.path.display())?;
        } else {
            let (number, column) = (place.line_number(), place.column());
            let gutter = " ".repeat(number.to_string().len());
            writeln!(f, "{}:{number}:{column}", place.file.path.display())?;
            if self.secret {
                writeln!(f, "  {number} | (not shown, it may hold a secret)")?;
                write!(f, "  {gutter} | {warning}{message}")?;
            } else {
                let (line, from, width) = excerpt(place.line(), column - 1, place.width());
                writeln!(f, "  {number} | {line}")?;
                write!(f, "  {gutter} | {}{} {warning}{message}", " ".repeat(from), "^".repeat(width))?;
            }
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The part of a line to show, where the span starts in it, and how wide it is: all of it, or a window around the span.
fn excerpt(line: &str, from: usize, width: usize) -> (String, usize, usize) {
    let chars: Vec<char> = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.len() <= LINE_CHARS_MAX {
        return (chars.into_iter().collect(), from, width);
    }
    let start = if from + width.min(LINE_CHARS_MAX / 2) <= LINE_CHARS_MAX { 0 } else { from.saturating_sub(20) };
    let shown: String = chars.iter().skip(start).take(LINE_CHARS_MAX).collect();
    let more = if chars.len() > start + LINE_CHARS_MAX { " …" } else { "" };
    let (less, indent) = if start > 0 { ("… ", 2) } else { ("", 0) };
    let from = from - start;
    (format!("{less}{shown}{more}"), from + indent, width.min(LINE_CHARS_MAX.saturating_sub(from)).max(1))
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}\n")?;
        }
        let (errors, warnings) = (self.errors(), self.0.len() - self.errors());
        match (errors, warnings) {
            (0, 0) => f.write_str("no problems"),
            (0, _) => write!(f, "{}", counted(warnings, "warning")),
            (_, 0) => write!(f, "{}, nothing is served", counted(errors, "problem")),
            _ => write!(f, "{} and {}, nothing is served", counted(errors, "problem"), counted(warnings, "warning")),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl std::error::Error for Problems {}

/// `` did you mean `state`? `` where one of the candidates is near enough to be a slip of the keys.
#[must_use]
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, candidates).map(|name| format!("did you mean `{name}`?"))
}

/// The candidate nearest to what was written, if any is near.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A distance is no less than the difference in length, which is quickly found: what was written may be of any length.
    let length = written.chars().count();
    let comparable = |name: &&str| name.chars().count().abs_diff(length) <= length.min(name.chars().count()) / 3 + 1;
    candidates
        .into_iter()
        .filter(comparable)
        .map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().min(written.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
