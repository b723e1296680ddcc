//! Findings: what was compared, what was as it happened, what differs for which declared reason, and what differs for none.

use crate::demo::dirt::Error;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Unexplained differences that are shown in full.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Default)]
pub struct Findings {
    /// How often each kind of value was compared, and how often it was as it happened.
    pub compared: BTreeMap<&'static str, (u64, u64)>,
    pub explained: BTreeMap<(&'static str, Error), u64>,
    pub unexplained: Vec<String>,
}

/// A value as it happened, and as the source's declared error makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub truth: Option<String>,
    pub declared: Option<(Option<String>, Error)>,
}

impl Expected {
    #[must_use]
    pub fn plain(truth: impl Into<String>) -> Self {
        Self { truth: Some(truth.into()), declared: None }
    }

    #[must_use]
    pub const fn of(truth: Option<String>) -> Self {
        Self { truth, declared: None }
    }

    /// The same, but for an error that the source makes.
    #[must_use]
    pub fn or(self, shown: Option<String>, error: Error) -> Self {
        if shown == self.truth { self } else { Self { declared: Some((shown, error)), ..self } }
    }

    /// How well a value fits: 2 as it happened, 1 as declared.
    #[must_use]
    pub fn fits(&self, found: Option<&String>) -> u8 {
        if found == self.truth.as_ref() {
            2
        } else {
            u8::from(self.declared.as_ref().is_some_and(|(shown, _)| found == shown.as_ref()))
        }
    }
}

impl Findings {
    pub fn compare(&mut self, what: &'static str, of: &str, expected: &Expected, found: Option<&String>) {
        let counts = self.compared.entry(what).or_default();
        counts.0 += 1;
        match (expected.fits(found), &expected.declared) {
            (2, _) => counts.1 += 1,
            (1, Some((_, error))) => *self.explained.entry((what, *error)).or_default() += 1,
            _ => {
                let wanted = &expected.truth;
                self.unexplained
                    .push(format!("{what} of {of}: {found:?} where {wanted:?} is true, {:?}", expected.declared));
            }
        }
    }

    /// Records by number: those that are there, and a reason for each that is missing or should not be there.
    pub fn records(
        &mut self,
        what: &'static str,
        of: &str,
        expected: &[(String, Option<Error>)],
        found: &[String],
        extra: impl Fn(&str) -> Option<Error>,
    ) {
        let mut left: Vec<&String> = found.iter().collect();
        for (number, missing) in expected {
            let counts = self.compared.entry(what).or_default();
            counts.0 += 1;
            if let Some(at) = left.iter().position(|one| *one == number) {
                counts.1 += 1;
                left.remove(at);
            } else if let Some(error) = missing {
                *self.explained.entry((what, *error)).or_default() += 1;
            } else {
                self.unexplained.push(format!("{what} of {of}: {number} is missing"));
            }
        }
        for number in left {
            self.compared.entry(what).or_default().0 += 1;
            match extra(number) {
                Some(error) => *self.explained.entry((what, error)).or_default() += 1,
                None => self.unexplained.push(format!("{what} of {of}: {number} should not be there")),
            }
        }
    }

    /// The table that `headwaters demo truth` prints.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{:<26} {:>9} {:>9} {:>9}\n", "value", "compared", "as it was", "explained");
        for (what, (compared, same)) in &self.compared {
            let explained: u64 = self.explained.iter().filter(|((of, _), _)| of == what).map(|(_, count)| count).sum();
            let _ = writeln!(text, "{what:<26} {compared:>9} {same:>9} {explained:>9}");
        }
        let _ = writeln!(text, "\n{:<26} {:<38} {:>6}", "differs", "because of", "times");
        for ((what, error), count) in &self.explained {
            let _ = writeln!(text, "{what:<26} {:<38} {count:>6}", error.words());
        }
        for line in self.unexplained.iter().take(SHOWN_MAX) {
            let _ = writeln!(text, "unexplained: {line}");
        }
        let _ = writeln!(text, "\nunexplained differences: {}", self.unexplained.len());
        text
    }
}

/// Text of a plain value at a place; `None` where nothing is there.
#[must_use]
pub fn text(value: &Value, at: &str) -> Option<String> {
    match value.pointer(at)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The elements of a list at a place.
#[must_use]
pub fn list<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
