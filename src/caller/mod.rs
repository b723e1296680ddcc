//! Caller: who asks.
//!
//! Until callers prove who they are, there is one: the developer of a demonstration, on this machine alone.

use crate::graph::ViewId;
use std::sync::Arc;

/// Who asks, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    name: Arc<str>,
    view: ViewId,
}

impl Caller {
    /// The developer who runs a demonstration.
    #[must_use]
    pub fn developer() -> Self {
        Self { name: "developer".into(), view: ViewId::default() }
    }

    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The graph as this caller's audience may ever ask it.
    #[must_use]
    pub const fn view(&self) -> ViewId {
        self.view
    }
}
