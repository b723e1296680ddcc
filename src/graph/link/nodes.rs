//! Nodes: records with an id that is unique in the whole graph, and the way back to them.
//!
//! `nodeId` is made of the type and its key, so whoever implements `Node` must have a key and a source that can be asked by it.

use super::{Found, keys};
use crate::graph::problem::{Problem, Problems};
use crate::graph::{BindingId, Entry, Field, FieldId, Graph, LinkFeed, Role, Scalar, TypeId};
use crate::graph::{Kind, Wrap};

/// Whether a field of the query type is `node(id: ID!): Node`, whatever its names.
pub(super) fn is_way_in(graph: &Graph, field: &Field) -> bool {
    let is_id = |ty: TypeId| matches!(graph.type_of(ty).kind, Kind::Scalar(Scalar::Id));
    let [argument] = field.arguments.as_slice() else { return false };
    &*graph.type_of(field.ty.named).name == "Node"
        && !field.ty.wrap.is_list()
        && is_id(argument.ty.named)
        && argument.ty.wrap == (Wrap::Named { required: true })
}

/// Every way to a record by its type and key.
pub(super) fn feeds(graph: &Graph) -> Vec<LinkFeed> {
    let all = (0u16..).map(BindingId).take(graph.bindings.len());
    let feeds = all.filter_map(|binding| Some(LinkFeed { binding, entry: own_way(graph, binding)? }));
    feeds.filter(|feed| !graph.node_types(*feed).is_empty()).collect()
}

/// The way to a source's own records by the key of their type. A number of another system is no such key.
fn own_way(graph: &Graph, id: BindingId) -> Option<Entry> {
    let binding = graph.binding(id);
    let entry = graph.by_key(id).filter(|_| !binding.extends)?;
    let Entry::By(by) = entry else { return None };
    binding.by.get(usize::from(by)).is_some_and(|by| by.crosswalk.is_none()).then_some(entry)
}

impl Graph {
    /// The types whose nodes a feed is asked for: those of an interface where its source has no block for the type alone.
    #[must_use]
    pub fn node_types(&self, feed: LinkFeed) -> Vec<TypeId> {
        let binding = self.binding(feed.binding);
        let alone = |ty: TypeId| {
            let mut all = (0u16..).map(BindingId).take(self.bindings.len());
            all.any(|id| {
                let other = self.binding(id);
                other.on == ty && other.source == binding.source && own_way(self, id).is_some()
            })
        };
        let mut types = self.possible(binding.on);
        types.retain(|ty| self.is_node(*ty) && (*ty == binding.on || !alone(*ty)));
        types
    }

    fn is_node(&self, ty: TypeId) -> bool {
        let fields = self.object(ty).map(|object| object.fields.as_slice()).unwrap_or_default();
        fields.iter().any(|id| matches!(self.field(*id).role, Role::NodeId))
    }
}

/// Every node can be found again.
pub(super) fn check(graph: &Graph, found: &Found, problems: &mut Problems) {
    let feeds = feeds(graph);
    for id in (0u32..).map(FieldId).take(graph.fields.len()) {
        let field = graph.field(id);
        if !matches!(field.role, Role::NodeId) || found.broken.contains(&field.parent) {
            continue;
        }
        let name = &graph.type_of(field.parent).name;
        if keys::key(graph, field.parent).is_empty() {
            let message = format!("`{name}` implements `Node` and has no key to make an id of");
            let hint = format!("write `@entity(key: \"…\")` on `{name}`");
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        } else if !feeds.iter().any(|feed| graph.node_types(*feed).contains(&field.parent)) {
            let message = format!("`{name}` implements `Node`, and no source can be asked for it by its key");
            let hint = format!("write `[entity.{name}.by.key]` in a resolver file, or take `Node` off `{name}`");
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        }
    }
}
