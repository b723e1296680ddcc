//! Path: where in the response the writer is, and the errors it leaves there.

use crate::error::{Code, Error, Step};
use crate::execute::{Failure, Missing};
use crate::graph::Graph;
use crate::policy::Lost;
use crate::source::{Declined, Reason};
use std::sync::Arc;

/// One step, borrowed until an error needs it.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    Key(&'a Arc<str>),
    Index(usize),
}

/// The path, to keep.
#[must_use]
pub fn steps(path: &[Place<'_>]) -> Vec<Step> {
    let own = |place: &Place<'_>| match place {
        Place::Key(key) => Step::Key(Arc::clone(key)),
        Place::Index(index) => Step::Index(*index),
    };
    path.iter().map(own).collect()
}

#[must_use]
pub const fn code(reason: &Reason) -> Code {
    match reason {
        Reason::Timeout => Code::SourceTimeout,
        Reason::Unavailable(_) => Code::SourceUnavailable,
        Reason::Invalid(_) | Reason::Several => Code::SourceInvalid,
        Reason::Limit(_) => Code::Limit,
        Reason::Declined(why) => declined(*why),
    }
}

/// The code of why the gateway did not do what it was asked to.
#[must_use]
pub const fn declined(why: Declined) -> Code {
    match why {
        Declined::Forbidden => Code::Forbidden,
        Declined::Unknown | Declined::Unclear => Code::BadRequest,
        Declined::NotRecorded => Code::LedgerUnavailable,
        Declined::NotTold => Code::SourceUnavailable,
    }
}

/// Why the gateway did not do what it was asked to, and what next.
#[must_use]
pub const fn told(declined: Declined) -> (&'static str, &'static str) {
    match declined {
        Declined::Forbidden => {
            ("you may not end copies of this", "policy says who may: an owner its own, with a purpose and a reason")
        }
        Declined::Unknown => (
            "there is no source or type of that name",
            "sources are named as in `extensions.sources`, types as in the schema",
        ),
        Declined::Unclear => {
            ("it names nothing, or two things", "name a `source`, or a record by its `type` and `key`")
        }
        Declined::NotRecorded => {
            ("it could not be put on record, so it is not certain that anything was removed", "ask again in a moment")
        }
        Declined::NotTold => {
            ("the store could not be told, so other gateways may keep what they have", "ask again in a moment")
        }
    }
}

/// The error for a source that could not be asked. Its detail stays with the gateway.
#[must_use]
pub fn failed(graph: &Graph, failure: &Failure) -> Error {
    let source = graph.source(failure.source);
    let title = &source.title;
    let (message, hint) = match &failure.reason {
        Reason::Timeout => {
            (format!("{title} did not answer in time"), "ask again later; this does not mean that there is none")
        }
        Reason::Unavailable(_) => {
            (format!("{title} could not be asked"), "ask again later; this does not mean that there is none")
        }
        Reason::Invalid(_) => (
            format!("{title} gave an answer that can't be used"),
            "tell whoever keeps that source; this does not mean that there is none",
        ),
        Reason::Several => (
            format!("several records of {title} claim to be the one"),
            "somebody who keeps that source must look which of them is; none is shown",
        ),
        Reason::Limit(limit) => {
            (format!("more than `{limit}` allows was to be asked of {title}"), "ask for fewer records")
        }
        Reason::Declined(declined) => {
            let (message, hint) = told(*declined);
            (message.to_owned(), hint)
        }
    };
    let mut error = Error::new(code(&failure.reason), message).hint(hint);
    error.source = Some(source.name.clone());
    error
}

/// The error for a source that could not be asked for what a value is decided by.
#[must_use]
pub fn lost(graph: &Graph, lost: Lost) -> Error {
    let Missing { source, reason } = lost.into();
    failed(graph, &Failure { parent: 0, source, reason })
}
