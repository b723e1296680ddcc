//! Savings: how many fields of forms nobody had to type, by form, agency and month. No person is in it, and no day.
//!
//! Counted in memory, and kept in a file that is written anew a moment after a count. A file that can't be written loses counts, and nothing else.

use crate::native::{Saving, Savings as Told, SavingsBy};
use crate::observe::{self, Event};
use crate::prefill::Prefilled;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between a count and the file.
const MOMENT: Duration = Duration::from_millis(500);
/// Entries that are kept: of the oldest months those beyond are forgotten.
const ENTRIES_MAX: usize = 100_000;

/// The counters. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub struct Savings(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    counts: Mutex<Counts>,
    /// `None`: in memory only.
    file: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Counts {
    of: BTreeMap<Of, Count>,
    /// Whether somebody is about to write the file.
    due: bool,
}

/// Month first: so the oldest come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Of {
    month: String,
    form: String,
    /// ORI; empty for nobody's.
    agency: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    forms: u64,
    fields: u64,
    prefilled: u64,
    confirm: u64,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    of: Of,
    #[serde(flatten)]
    count: Count,
}

/// What one form has saved an agency, or all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// Forms that were filled.
    pub forms: u64,
    /// Fields that nobody had to type.
    pub saved: u64,
}

impl Savings {
    /// Those of a file, which need not be there.
    ///
    /// # Errors
    /// Where it is there and can't be read, or is something else.
    pub fn open(file: &Path) -> std::io::Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut of = BTreeMap::new();
        for line in text.lines().take(ENTRIES_MAX) {
            let Line { of: key, count } = serde_json::from_str(line).map_err(std::io::Error::other)?;
            of.insert(key, count);
        }
        let counts = Mutex::new(Counts { of, due: false });
        Ok(Self(Arc::new(Kept { counts, file: Some(file.to_owned()) })))
    }

    /// Counts a form that was filled for somebody of an agency. `at`: seconds since 1970.
    pub fn count(&self, prefilled: &Prefilled, agency: Option<&str>, at: i64) {
        let month = jiff::Timestamp::from_second(at).unwrap_or_default().strftime("%Y-%m").to_string();
        let of = Of { month, form: prefilled.form.to_string(), agency: agency.unwrap_or_default().to_owned() };
        let summary = &prefilled.summary;
        let due = {
            let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.of.entry(of).or_default();
            count.add(&Count {
                forms: 1,
                fields: summary.fields.into(),
                prefilled: summary.prefilled.into(),
                confirm: summary.confirm.into(),
            });
            while counts.of.len() > ENTRIES_MAX {
                counts.of.pop_first();
            }
            self.0.file.is_some() && !std::mem::replace(&mut counts.due, true)
        };
        if due {
            let own = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(MOMENT).await;
                _ = tokio::task::spawn_blocking(move || own.write()).await;
            });
        }
    }

    /// Puts the counts into their file.
    pub fn write(&self) {
        let Some(file) = &self.0.file else { return };
        let text = {
            let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.due = false;
            let lines = counts.of.iter().map(|(of, count)| Line { of: of.clone(), count: *count });
            lines.map(|line| serde_json::to_string(&line).unwrap_or_default() + "\n").collect::<String>()
        };
        let beside = file.with_extension("new");
        if let Err(error) = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file)) {
            observe::emit(&Event::SavingsNotKept { detail: &error.to_string() });
        }
    }

    /// Of one form: since it was counted first, by everybody.
    #[must_use]
    pub fn of_form(&self, form: &str) -> Figure {
        self.figures().into_iter().filter(|(of, _, _)| of == form).fold(Figure::default(), |all, (_, _, figure)| {
            Figure { forms: all.forms + figure.forms, saved: all.saved + figure.saved }
        })
    }

    /// By form and agency, over all months: for metrics.
    #[must_use]
    pub fn figures(&self) -> Vec<(String, String, Figure)> {
        let counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: BTreeMap<(String, String), Figure> = BTreeMap::new();
        for (of, count) in &counts.of {
            let figure = all.entry((of.form.clone(), of.agency.clone())).or_default();
            figure.forms += count.forms;
            figure.saved += count.prefilled + count.confirm;
        }
        all.into_iter().map(|((form, agency), figure)| (form, agency, figure)).collect()
    }
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.forms += other.forms;
        self.fields += other.fields;
        self.prefilled += other.prefilled;
        self.confirm += other.confirm;
    }
}

impl Told for Savings {
    fn savings(&self, from: &str, to: &str, by: SavingsBy) -> Vec<Saving> {
        let counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: BTreeMap<&str, Count> = BTreeMap::new();
        for (of, count) in counts.of.iter().filter(|(of, _)| *from <= *of.month && *of.month <= *to) {
            let name = match by {
                SavingsBy::Form => &of.form,
                SavingsBy::Agency => &of.agency,
                SavingsBy::Month => &of.month,
            };
            all.entry(name).or_default().add(count);
        }
        let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
        let saving = |(of, count): (&str, Count)| Saving {
            of: of.to_owned(),
            forms: number(count.forms),
            fields: number(count.fields),
            prefilled: number(count.prefilled),
            confirm: number(count.confirm),
            saved: number(count.prefilled + count.confirm),
        };
        all.into_iter().map(saving).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefill::Summary;

    fn filled(form: &str, prefilled: u32) -> Prefilled {
        let summary = Summary { fields: 46, prefilled, confirm: 4, to_type: 42 - prefilled, ..Summary::default() };
        Prefilled { form: form.into(), summary }
    }

    const NOVEMBER: i64 = 1_795_000_000;
    const DECEMBER: i64 = 1_797_000_000;

    #[tokio::test]
    async fn they_are_put_together_by_form_agency_and_month() {
        let savings = Savings::default();
        savings.count(&filled("a", 20), Some("MT1"), NOVEMBER);
        savings.count(&filled("a", 10), Some("MT2"), DECEMBER);
        savings.count(&filled("b", 30), Some("MT1"), DECEMBER);
        let told = |from: &str, to: &str, by| {
            let all = savings.savings(from, to, by);
            all.into_iter().map(|one| (one.of, one.forms, one.fields, one.saved)).collect::<Vec<_>>()
        };
        let text = |of: &str| of.to_owned();
        assert_eq!(told("2026-11", "2026-12", SavingsBy::Form), [(text("a"), 2, 92, 38), (text("b"), 1, 46, 34)]);
        assert_eq!(told("2026-12", "2026-12", SavingsBy::Agency), [(text("MT1"), 1, 46, 34), (text("MT2"), 1, 46, 14)]);
        assert_eq!(told("", "9", SavingsBy::Month), [(text("2026-11"), 1, 46, 24), (text("2026-12"), 2, 92, 48)]);
        assert_eq!(savings.of_form("a"), Figure { forms: 2, saved: 38 });
    }

    #[tokio::test]
    async fn they_outlast_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("savings.jsonl");
        let savings = Savings::open(&file).unwrap();
        savings.count(&filled("a", 20), Some("MT1"), NOVEMBER);
        savings.write();
        let text = std::fs::read_to_string(&file).unwrap();
        let line = r#"{"month":"2026-11","form":"a","agency":"MT1","forms":1,"fields":46,"prefilled":20,"confirm":4}"#;
        assert_eq!(text.trim_end(), line, "counts, and nothing about anybody");
        let again = Savings::open(&file).unwrap();
        assert_eq!(again.of_form("a"), Figure { forms: 1, saved: 24 });
        std::fs::write(&file, "nonsense\n").unwrap();
        assert!(Savings::open(&file).is_err());
    }
}
