//! Told: what can be said of resolver files although the schema is not whole, so that nobody corrects the one only to meet the other.
//!
//! Keys, links and ways in need a schema that holds. Where a plain value stands needs no more than its field. What might be wrong only
//! because of a mistake in the schema is not told.

use super::{Found, drafts, place_sources};
use crate::graph::problem::{File, Problems};
use crate::graph::written::{self, Fields, Mapping};
use crate::graph::{FieldId, Graph, Role, TypeId};
use std::collections::HashSet;
use std::sync::Arc;

/// Of what the schema does not say all that it means to.
#[derive(Clone, Copy)]
pub(super) struct Unsure<'a> {
    /// Fields of a type that is not there.
    pub untyped: &'a HashSet<FieldId>,
    /// Files that could be read in part only.
    pub in_part: &'a [Arc<File>],
}

pub(super) fn tell(graph: &mut Graph, mut written: Vec<written::Source>, unsure: Unsure<'_>, problems: &mut Problems) {
    for source in &mut written {
        let may_be = |name: &str| unsure.in_part.is_empty() || graph.type_named(name).is_some();
        source.crosswalks.retain(|crosswalk| may_be(&crosswalk.entity.value));
    }
    let mut entities = place_sources(graph, written, problems);
    let sure = Sure { graph, unsure };
    entities.retain(|(_, entity)| match graph.type_named(&entity.on.value) {
        // What belongs to an interface or a union, other definitions say.
        Some(on) => graph.object(on).is_some() && sure.whole(on),
        None => unsure.in_part.is_empty(),
    });
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
    unsure: Unsure<'a>,
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
        let field = self.graph.field(id);
        matches!(field.role, Role::Value | Role::Provenance | Role::Conflicts)
            && !self.unsure.untyped.contains(&id)
            && self.whole(field.ty.named)
    }

    /// An object that is mapped as one. Another may be a link whose `@link` has a slip.
    fn object(self, id: FieldId, mapping: &mut Mapping) -> bool {
        let field = self.graph.field(id);
        let (Role::Embedded, Some(fields)) = (&field.role, &mut mapping.fields) else { return false };
        if !self.whole(field.ty.named) {
            return false;
        }
        self.keep(field.ty.named, fields);
        self.graph.object(field.ty.named).is_some()
    }

    /// Whether all is known that the schema says of a type: no file that could be read in part only defines or extends it.
    fn whole(self, on: TypeId) -> bool {
        let ty = self.graph.type_of(on);
        self.unsure.in_part.iter().all(|file| {
            let words = file.text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            let words: Vec<&str> = words.collect();
            let extends =
                words.windows(3).any(|three| matches!(three, ["extend", "type" | "enum", name] if **name == *ty.name));
            **file != *ty.place.file && !extends
        })
    }
}
