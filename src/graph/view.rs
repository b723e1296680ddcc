//! View: the graph as one audience may ever ask it.

use super::sdl::Sdl;
use std::sync::Arc;

/// Index into [`super::Graph::views`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct ViewId(pub u16);

/// Who asks: what neither introspection nor a validation message may reveal more than.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    pub name: Arc<str>,
    /// Values of `DataClass` that it may ever ask for; `None` for all.
    pub classes: Option<Vec<Arc<str>>>,
}

impl Audience {
    /// The first of every graph: no field is outside it.
    #[must_use]
    pub fn everything() -> Self {
        Self { name: Arc::from("everything"), classes: None }
    }
}

/// The public schema of one audience: without the gateway's own directives, and without fields outside the audience's classes.
#[derive(Debug)]
pub struct View {
    pub audience: Audience,
    pub sdl: Sdl,
}

impl View {
    /// The schema as text, as a client's tools want it.
    #[must_use]
    pub fn sdl_text(&self) -> String {
        self.sdl.schema.to_string()
    }
}
