//! Pages: connections, recognised by their shape (Relay Cursor Connections), and how each is cut into pages.

use super::convert::type_text;
use crate::graph::binding::Access;
use crate::graph::problem::{Problem, Problems};
use crate::graph::{
    AFTER, Entry, FIRST, Field, FieldId, Graph, Kind, LinkFeed, PagePart, Pages, Role, Scalar, TypeId, Wrap,
};

/// Records of a page where no resolver file says how many.
const FIRST_MAX: u32 = 100;

/// Says of each type `…Connection`, of its edges and of `PageInfo` what their fields are.
pub(super) fn link(graph: &mut Graph, problems: &mut Problems) {
    let ids = (0u32..).map(TypeId).take(graph.types.len());
    let connections: Vec<TypeId> =
        ids.filter(|id| graph.object(*id).is_some() && graph.type_of(*id).name.ends_with("Connection")).collect();
    for id in connections {
        let Some((of, parts)) = connection(graph, id, problems) else { continue };
        for (field, part) in parts {
            if let Some(field) = graph.fields.get_mut(field.index()) {
                field.role = Role::Page(part);
            }
        }
        if let Some(Kind::Object(object)) = graph.types.get_mut(id.index()).map(|ty| &mut ty.kind) {
            object.page_of = Some(of);
        }
    }
    if let Some(info) = graph.type_named("PageInfo") {
        let parts = parts(graph, info, &INFO);
        for (field, part) in parts.into_iter().flatten() {
            if let Some(field) = graph.fields.get_mut(field.index()) {
                field.role = Role::Page(part);
            }
        }
    }
    for id in (0u32..).map(FieldId).take(graph.fields.len()) {
        way_in(graph, id, problems);
    }
}

type Parts = Vec<(FieldId, PagePart)>;

const CONNECTION: [(&str, PagePart); 3] =
    [("edges", PagePart::Edges), ("nodes", PagePart::Nodes), ("pageInfo", PagePart::Info)];
const EDGE: [(&str, PagePart); 2] = [("node", PagePart::Node), ("cursor", PagePart::Cursor)];
const INFO: [(&str, PagePart); 4] = [
    ("hasNextPage", PagePart::HasNext),
    ("hasPreviousPage", PagePart::HasPrevious),
    ("startCursor", PagePart::Start),
    ("endCursor", PagePart::End),
];

/// The type of its records, and what each of its fields and those of its edges is.
fn connection(graph: &Graph, id: TypeId, problems: &mut Problems) -> Option<(TypeId, Parts)> {
    let found = shape(graph, id);
    if found.is_none() {
        let ty = graph.type_of(id);
        let message = format!("`{}` is called a connection and is none", ty.name);
        let record = ty.name.strip_suffix("Connection").filter(|name| !name.is_empty()).unwrap_or("Record");
        let hint = format!(
            "`type {} {{ edges: [{record}Edge!]! nodes: [{record}!]! pageInfo: PageInfo! }}` with \
             `type {record}Edge {{ node: {record}! cursor: String! }}` and nothing more; `nodes` may be left out",
            ty.name
        );
        problems.push(Problem::error(&ty.place, message).with_hint(hint));
    }
    found
}

fn shape(graph: &Graph, id: TypeId) -> Option<(TypeId, Parts)> {
    let mut parts = parts(graph, id, &CONNECTION)?;
    let named = |part: PagePart, parts: &Parts| parts.iter().find(|(_, known)| *known == part).map(|(id, _)| *id);
    let edges = graph.field(named(PagePart::Edges, &parts)?);
    let info = graph.field(named(PagePart::Info, &parts)?);
    let edge = self::parts(graph, edges.ty.named, &EDGE)?;
    let node = graph.field(named(PagePart::Node, &edge)?);
    let cursor = graph.field(named(PagePart::Cursor, &edge)?);
    let nodes = named(PagePart::Nodes, &parts).map(|id| graph.field(id));
    let is_list = |field: &Field| matches!(&field.ty.wrap, Wrap::List { of, .. } if !of.is_list());
    let fits = is_list(edges)
        && nodes.is_none_or(|nodes| is_list(nodes) && nodes.ty.named == node.ty.named)
        && !node.ty.wrap.is_list()
        && !graph.possible(node.ty.named).is_empty()
        && type_text(graph, &cursor.ty).trim_end_matches('!') == "String"
        && type_text(graph, &info.ty).trim_end_matches('!') == "PageInfo";
    let of = node.ty.named;
    parts.extend(edge);
    fits.then_some((of, parts))
}

/// What each field of a type is, if it has no others, and none with arguments or a link.
fn parts(graph: &Graph, id: TypeId, known: &[(&str, PagePart)]) -> Option<Parts> {
    let part = |id: &FieldId| {
        let field = graph.field(*id);
        let plain = field.arguments.is_empty() && matches!(field.role, Role::Embedded | Role::Value | Role::Page(_));
        let found = known.iter().find(|(name, _)| *name == &*field.name && plain);
        found.map(|(_, part)| (*id, *part))
    };
    graph.object(id)?.fields.iter().map(part).collect()
}

/// Only a field of the query type leads to a connection, and it takes `first` and `after`.
fn way_in(graph: &Graph, id: FieldId, problems: &mut Problems) {
    if !graph.is_paged(id) {
        return;
    }
    let (field, coordinate) = (graph.field(id), graph.coordinate(id));
    if field.parent != graph.query {
        let message = format!("`{coordinate}` gives pages, and only a field of the query type can");
        problems.push(Problem::error(&field.place, message).with_hint("let it give a list"));
        return;
    }
    if field.ty.wrap.is_list() {
        let message = format!("`{coordinate}` is a list of connections");
        problems.push(Problem::error(&field.place, message).with_hint("a connection is a list already"));
    }
    let has = |name: &str, kind: Scalar| {
        field.arguments.iter().any(|argument| {
            let of_kind = matches!(graph.type_of(argument.ty.named).kind, Kind::Scalar(found) if found == kind);
            &*argument.name == name && of_kind && !argument.ty.wrap.is_list()
        })
    };
    if !has(FIRST, Scalar::Int) || !has(AFTER, Scalar::String) {
        let message = format!("`{coordinate}` gives pages, and nobody can ask for the next");
        problems.push(Problem::error(&field.place, message).with_hint("it takes `first: Int` and `after: String`"));
    }
}

/// How a field is cut into pages, once it is known who answers it.
pub(super) fn of(graph: &Graph, id: FieldId, feeds: &[LinkFeed], problems: &mut Problems) -> Option<Pages> {
    if !graph.is_paged(id) {
        return None;
    }
    let finds: Vec<_> = feeds
        .iter()
        .filter_map(|feed| match feed.entry {
            Entry::Find(at) => graph.binding(feed.binding).find.get(usize::from(at)),
            Entry::By(_) => None,
        })
        .collect();
    let first_max = finds.iter().filter_map(|find| find.first_max).min().unwrap_or(FIRST_MAX);
    let pushed = match finds.as_slice() {
        [find] => match &find.access {
            Access::Sql(lookup) => Some(lookup.order.clone()),
            _ => None,
        },
        _ => None,
    };
    let target = graph.target(id);
    if super::keys::key(graph, target).is_empty() {
        let message = format!("a page ends at a key, and `{}` has none", graph.type_of(target).name);
        problems.push(Problem::error(&graph.field(id).place, message).with_hint("write `@entity(key: \"…\")` on it"));
    }
    if pushed.is_none() {
        ordered_by_key(graph, id, &finds, problems);
    }
    Some(Pages { first_max, pushed })
}

/// Records of several sources have one order, that of the key.
fn ordered_by_key(graph: &Graph, id: FieldId, finds: &[&crate::graph::Find], problems: &mut Problems) {
    let parts = super::keys::key(graph, graph.target(id)).len();
    for find in finds {
        if matches!(&find.access, Access::Sql(lookup) if lookup.order.len() > parts) {
            let coordinate = graph.coordinate(id);
            let message = format!("several sources answer `{coordinate}`, so it is in the order of the key");
            problems.push(Problem::error(&find.place, message).with_hint("leave `order` out"));
        }
    }
}
