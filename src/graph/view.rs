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

/// The public schema of one audience: without the gateway's own directives, and without fields outside the audience's classes.
#[derive(Debug)]
pub struct View {
    pub audience: Audience,
    pub sdl: Sdl,
}
