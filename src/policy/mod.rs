//! Policy: may this caller have this?
//!
//! Acts twice: `permit` on the operation, before anything is fetched, and `admit` on each record as it arrives, before its keys
//! feed a further fetch. Only `permit` makes a `Permitted`, which is all that a plan can be built from; only `admit` makes a
//! `Disclosed`, which is all that a response can be written from.
//!
//! There is one policy so far, everything, and only a gateway on a loopback address can have it.

use crate::caller::Caller;
use crate::error::Refusal;
use crate::graph::{FieldId, SourceId};
use crate::operation::Operation;
use crate::record::{Cell, Layout, Raw, Text};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

/// The rules in force.
#[derive(Debug)]
pub struct Policies {
    /// The same for everybody, until there are rules to decide by.
    decisions: Arc<Decisions>,
}

/// A listener that can be reached from this machine only: proof that it is so.
#[derive(Debug)]
pub struct Loopback(TcpListener);

impl Loopback {
    /// Listens on this machine; port 0 for any that is free.
    ///
    /// # Errors
    /// Where the port can't be had.
    pub fn bind(port: u16) -> io::Result<Self> {
        Ok(Self(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?))
    }

    /// The listener, to serve on.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.0
    }
}

impl Policies {
    /// Everybody may have everything: for a demonstration, which nobody else can reach.
    #[must_use]
    pub fn everything(_only_on: &Loopback) -> Self {
        Self { decisions: Arc::new(Decisions { id: 0 }) }
    }
}

/// What may be done about one field, for every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
}

/// The decisions on an operation, shared by all callers for whom they are the same.
#[derive(Debug)]
pub struct Decisions {
    id: u64,
}

impl Decisions {
    /// Tells one set of decisions from any other: part of the plan's key.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    #[must_use]
    pub const fn on(&self, _field: FieldId) -> Decision {
        Decision::Allowed
    }
}

/// An operation with a decision for every field and argument that it asks.
#[derive(Debug)]
pub struct Permitted {
    caller: Caller,
    operation: Operation,
    decisions: Arc<Decisions>,
}

impl Permitted {
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    #[must_use]
    pub const fn decisions(&self) -> &Arc<Decisions> {
        &self.decisions
    }
}

/// Decides on an operation, before anything is fetched.
///
/// # Errors
/// `FORBIDDEN_ARGUMENT` or `PURPOSE_REQUIRED`; a field that is denied is no refusal.
pub fn permit(policies: &Policies, caller: &Caller, operation: Operation) -> Result<Permitted, Refusal> {
    Ok(Permitted { caller: caller.clone(), operation, decisions: Arc::clone(&policies.decisions) })
}

/// Records that the caller may have.
#[derive(Debug, Clone)]
pub struct Disclosed(Arc<Raw>);

/// Decides on the records of one answer.
#[must_use]
pub fn admit(_permitted: &Permitted, raw: Arc<Raw>) -> Disclosed {
    Disclosed(raw)
}

impl Disclosed {
    /// May the caller know of the record that starts at this cell?
    #[must_use]
    pub const fn shows(&self, _at: u32) -> bool {
        true
    }

    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.0.cell(at)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.0.text(text)
    }

    /// A text and all that lies after it, which is no part of it: to copy by blocks.
    #[must_use]
    #[inline]
    pub fn text_from(&self, text: Text) -> &[u8] {
        self.0.text.as_bytes().get(text.start as usize..).unwrap_or_default()
    }

    #[must_use]
    pub fn source(&self) -> SourceId {
        self.0.source
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Seconds since 1970 at which the source was asked.
    #[must_use]
    pub fn retrieved_at(&self) -> i64 {
        self.0.retrieved_at
    }
}
