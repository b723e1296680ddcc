//! Agreements: what an owner has agreed with a reader, for which purposes, from when until when. A grant that asks for an agreement's id holds
//! while the agreement is in force, to the second.

use super::parse;
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::policy::asking::Asking;
use crate::policy::schema::PURPOSES;
use crate::policy::vocabulary::Vocabulary;
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

/// One agreement.
#[derive(Debug, Clone)]
pub struct Agreement {
    pub id: Arc<str>,
    pub title: Arc<str>,
    /// ORI or kind of the agency whose records it is about.
    pub owner: Arc<str>,
    /// ORI or kind of the agency that may read under it.
    pub reader: Arc<str>,
    pub purposes: Vec<Arc<str>>,
    /// Seconds since 1970 from which it is in force.
    pub from: i64,
    /// Seconds since 1970 from which it is not any more.
    pub until: i64,
    pub place: Place,
}

/// All of them, and the moments at which what is in force changes.
#[derive(Debug, Default)]
pub struct Agreements {
    pub all: Vec<Agreement>,
    /// Ascending, each once.
    moments: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    title: String,
    owner: String,
    reader: Spanned<String>,
    purposes: Vec<Spanned<String>>,
    from: Spanned<String>,
    until: Spanned<String>,
}

impl Agreements {
    #[must_use]
    pub fn new(all: Vec<Agreement>) -> Self {
        let mut moments: Vec<i64> = all.iter().flat_map(|one| [one.from, one.until]).collect();
        moments.sort_unstable();
        moments.dedup();
        Self { all, moments }
    }

    /// Which stretch of time a moment lies in: what is in force is the same all through it.
    #[must_use]
    pub fn stretch(&self, at: i64) -> usize {
        self.moments.partition_point(|moment| *moment <= at)
    }

    /// When that stretch ends, in seconds since 1970; `None` for the last.
    #[must_use]
    pub fn valid_until(&self, at: i64) -> Option<i64> {
        self.moments.get(self.stretch(at)).copied()
    }

    /// Ids of those in force for a reader and purpose, sorted.
    #[must_use]
    pub fn in_force(&self, asking: &Asking, at: i64) -> Vec<Arc<str>> {
        let reader = |one: &&Agreement| one.reader == asking.agency || one.reader == asking.kind;
        let purpose = |one: &&Agreement| one.purposes.contains(&asking.purpose);
        let now = |one: &&Agreement| one.from <= at && at < one.until;
        let mut ids: Vec<Arc<str>> =
            self.all.iter().filter(reader).filter(purpose).filter(now).map(|one| one.id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    pub(in crate::policy) fn read(vocabulary: &Vocabulary, files: &[Arc<File>], problems: &mut Problems) -> Self {
        let mut all: Vec<Agreement> = Vec::new();
        for file in files {
            let Some(written) = parse::<Written>(file, problems) else { continue };
            let at = |span| Place::new(file, span);
            if let Some(known) = all.iter().find(|one| *one.id == **written.id.get_ref()) {
                let message = format!("`{}` is the id of another agreement too", written.id.get_ref());
                let hint = format!("it is taken in {}", known.place.line_name());
                problems.push(Problem::error(&at(written.id.span()), message).with_hint(hint));
            }
            let reader = written.reader.get_ref();
            if !reader.contains(|c: char| c.is_ascii_digit()) && !vocabulary.kinds.iter().any(|kind| **kind == **reader)
            {
                let message = format!("`{reader}` is neither an ORI nor a kind of agency");
                problems.push(Problem::error(&at(written.reader.span()), message));
            }
            for purpose in written.purposes.iter().filter(|purpose| !PURPOSES.contains(&purpose.get_ref().as_str())) {
                let message = format!("`{}` is no purpose that is served", purpose.get_ref());
                let hint = format!("there are {}", PURPOSES.join(", "));
                problems.push(Problem::error(&at(purpose.span()), message).with_hint(hint));
            }
            let mut moment = |said: &Spanned<String>| {
                if let Ok(moment) = said.get_ref().parse::<Timestamp>() {
                    return moment.as_second();
                }
                let message = format!("`{}` is no instant", said.get_ref());
                let hint = "write `2026-07-01T00:00:00-06:00`: with hour and offset, since it counts to the second";
                problems.push(Problem::error(&at(said.span()), message).with_hint(hint));
                0
            };
            let (from, until) = (moment(&written.from), moment(&written.until));
            if until < from {
                let problem = Problem::error(&at(written.until.span()), "it would end before it begins");
                problems.push(problem);
            }
            let text = |text: &str| Arc::<str>::from(text);
            all.push(Agreement {
                id: text(written.id.get_ref()),
                title: text(&written.title),
                owner: text(&written.owner),
                reader: text(reader),
                purposes: written.purposes.iter().map(|purpose| text(purpose.get_ref())).collect(),
                from,
                until,
                place: at(written.id.span()),
            });
        }
        Self::new(all)
    }
}
