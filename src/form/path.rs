//! Path: the way through the graph to a form's value: `person.names[use=ALIAS].full`, `row.hearings(upcoming: true).at`.
//!
//! Steps with a point between them. A step may have arguments, as a query writes them, and take of a list only the elements whose leaf has a
//! value: `[use=ALIAS]`.

use crate::graph::{FieldId, Place, Problem, Text};
use std::fmt;
use std::sync::Arc;

/// A way through the graph: each step a field of what the one before it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub field: FieldId,
    pub name: Arc<str>,
    /// As a query writes them, without the parentheses; empty where there are none.
    pub arguments: Arc<str>,
    /// Whether it leads to several.
    pub list: bool,
    pub filter: Option<Filter>,
}

/// Of a list only the elements of which this leaf has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub leaf: Arc<str>,
    pub value: Arc<str>,
}

/// A step as it is written, with its place.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub name: Text,
    /// Within the parentheses.
    pub arguments: Option<Text>,
    /// Within the brackets: leaf and value.
    pub filter: Option<(Text, Text)>,
}

/// The steps of a path, in their order; nothing where it is not one, and why.
pub(super) fn words(text: &Text) -> Result<Vec<Word>, Problem> {
    let wrong = |at: &Text, message: String| {
        let hint = "write `person.legalName.full`, `row.hearings(upcoming: true).at` or `person.names[use=ALIAS].full`";
        Err(Problem::error(&at.place, message).with_hint(hint))
    };
    let mut all = Vec::new();
    for part in parts(text) {
        let whole = &*part.value;
        let end = whole.find(['(', '[']).unwrap_or(whole.len());
        let name = part_of(&part, 0, end);
        if name.value.is_empty() || !name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return wrong(&part, format!("`{whole}` is no step of a path"));
        }
        let mut at = end;
        let mut bracket = |open: char, close: char| {
            let rest = whole.get(at..).filter(|rest| rest.starts_with(open))?;
            let length = rest.find(close)?;
            let within = part_of(&part, at + 1, at + length);
            at += length + 1;
            Some(within)
        };
        let arguments = bracket('(', ')');
        let filter = bracket('[', ']');
        if at != whole.len() {
            return wrong(&part, format!("`{whole}` is no step of a path"));
        }
        let filter = match filter {
            None => None,
            Some(filter) => match filter.value.find('=') {
                Some(at) => Some((part_of(&filter, 0, at), part_of(&filter, at + 1, filter.value.len()))),
                None => return wrong(&filter, format!("`[{}]` does not say which value", filter.value)),
            },
        };
        all.push(Word { name, arguments, filter });
    }
    Ok(all)
}

/// Cut at the points that stand in no parentheses or brackets.
fn parts(text: &Text) -> Vec<Text> {
    let (mut depth, mut start, mut all) = (0_usize, 0, Vec::new());
    for (at, c) in text.value.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                all.push(part_of(text, start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(part_of(text, start, text.value.len()));
    all
}

/// A part of a text, with the place of that part; the whole's where the file writes the text in another way than it is.
fn part_of(text: &Text, from: usize, to: usize) -> Text {
    let value = text.value.get(from..to).unwrap_or_default();
    let (file, span) = (&text.place.file, &text.place.span);
    // A text of TOML stands in quotes; a part of one that was cut already does not.
    let quoted = file.text.get(span.clone()).is_some_and(|written| written != &*text.value);
    let start = span.start + usize::from(quoted);
    let as_is = file.text.get(start..start + text.value.len()).is_some_and(|written| written == &*text.value);
    let place = if as_is { Place::new(file, start + from..start + to.max(from + 1)) } else { text.place.clone() };
    Text { value: value.into(), place }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            let point = if n > 0 { "." } else { "" };
            write!(f, "{point}{}", step.name)?;
            if !step.arguments.is_empty() {
                write!(f, "({})", step.arguments)?;
            }
            if let Some(Filter { leaf, value }) = &step.filter {
                write!(f, "[{leaf}={value}]")?;
            }
        }
        Ok(())
    }
}
