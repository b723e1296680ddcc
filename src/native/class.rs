//! Class: how sensitive parts of the gateway's own part are, where that is not public. Written into its SDL, for the policies to decide by.

// The directive stands for the one that the graph's own files define; a function is how async-graphql wants it written.

use async_graphql::{Enum, TypeDirective};

/// Those of the graph's classes that are needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum DataClass {
    /// Who has asked for what, and what others would get.
    Audit,
}

#[TypeDirective(location = "ArgumentDefinition", location = "FieldDefinition")]
pub(super) fn data(class: Vec<DataClass>) {}
