//! Told: what can be said of resolver files although the schema is not whole, so that nobody corrects the one only to meet the other.
//!
//! Keys, links and ways in need a schema that holds. Where a plain value stands needs no more than its field. What might be wrong only
//! because of a mistake in the schema is not told.

use super::{Found, drafts, place_sources};
use crate::graph::problem::Problems;
use crate::graph::written::{self, Fields, Mapping};
use crate::graph::{FieldId, Graph, Role, TypeId};
use std::collections::HashSet;

/// `untyped`: fields of a type that is not there.
pub(super) fn tell(
    graph: &mut Graph,
    written: Vec<written::Source>,
    untyped: &HashSet<FieldId>,
    problems: &mut Problems,
) {
    let mut entities = place_sources(graph, written, problems);
    let sure = Sure { graph, untyped };
    // What belongs to an interface or a union, other definitions say.
    entities.retain(|(_, entity)| graph.type_named(&entity.on.value).is_none_or(|on| graph.object(on).is_some()));
    for (_, entity) in &mut entities {
        let Some(on) = graph.type_named(&entity.on.value) else { continue };
        entity.same.retain(|name| graph.field_named(on, &name.value).is_none_or(|id| sure.plain(id)));
        sure.keep(on, &mut entity.fields);
    }
    let mut found = Found { all_read: false, broken: HashSet::new(), other_roots: Vec::new() };
    drafts(graph, entities, &mut found, problems);
}

/// What a mistake elsewhere does not make wrong.
#[derive(Clone, Copy)]
struct Sure<'a> {
    graph: &'a Graph,
    untyped: &'a HashSet<FieldId>,
}

impl Sure<'_> {
    /// A field that is not there stays: it is told.
    fn keep(self, on: TypeId, fields: &mut Fields) {
        fields.retain_mut(|(name, mapping)| match self.graph.field_named(on, &name.value) {
            Some(id) => self.plain(id) || self.object(id, mapping),
            None => true,
        });
    }

    fn plain(self, id: FieldId) -> bool {
        matches!(self.graph.field(id).role, Role::Value | Role::Provenance) && !self.untyped.contains(&id)
    }

    /// An object that is mapped as one. Another may be a link whose `@link` has a slip.
    fn object(self, id: FieldId, mapping: &mut Mapping) -> bool {
        let field = self.graph.field(id);
        let (Role::Embedded, Some(fields)) = (&field.role, &mut mapping.fields) else { return false };
        self.keep(field.ty.named, fields);
        self.graph.object(field.ty.named).is_some()
    }
}
