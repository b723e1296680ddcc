//! Path: where in the response the writer is, and the errors it leaves there.

use crate::error::{Code, Error, Step};
use crate::execute::{Failure, Missing};
use crate::graph::Graph;
use crate::policy::Lost;
use crate::source::Reason;
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
