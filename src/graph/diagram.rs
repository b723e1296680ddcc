//! Diagram: a linked graph as a page that people read, docs/graph.md: what leads to what, and for each field whose it is, how it is
//! had, how fresh and how sensitive. Made from the graph as it is served, so it can't say anything else.

use super::binding::{Mapping, Shape};
use super::{Entry, Field, FieldId, Graph, Kind, Link, LinkKeys, Mode, Role, SourceId, TypeId, Wrap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Links are followed through so many objects within a record.
const DEPTH_MAX: usize = 4;

/// The page, in Markdown with a Mermaid diagram.
#[must_use]
pub fn diagram(graph: &Graph) -> String {
    let mut text = String::from(
        "# The graph\n\n\
         Written by `headwaters schema --diagram`; a test holds it to the files. What each word means stands in the\n\
         [schema](../schema/graph), field by field.\n\n\
         ## What leads to what\n\n\
         Records that can be told apart, with their keys. An edge is a field that leads from one to the other, or through objects within\n\
         a record (`charges.statute`).\n\n\
         ```mermaid\nerDiagram\n",
    );
    entities(graph, &mut text);
    for edge in edges(graph) {
        _ = writeln!(text, "  {edge}");
    }
    text.push_str(
        "```\n\n## Field by field\n\n\
         *Mode*: G golden, L live, GL golden then live, LG live then golden. *Fresh*: seconds that a value may be kept, and shown while its\n\
         source can't be asked. *Source*: the resolver files that have it.\n",
    );
    let owners = owners(graph);
    let mut file = String::new();
    for (id, ty) in (0u32..).map(TypeId).zip(&graph.types) {
        let Kind::Object(object) = &ty.kind else { continue };
        let stands_in = ty.place.file.path.file_name().unwrap_or_default().to_string_lossy();
        if *stands_in == *"directives.graphql" {
            continue;
        }
        if *stands_in != *file {
            file = stands_in.into_owned();
            _ = write!(text, "\n### {}\n", file.trim_end_matches(".graphql"));
        }
        _ = write!(text, "\n#### {}\n\n", ty.name);
        if let Some(said) = graph.views.first().and_then(|view| view.sdl.description(&ty.name)) {
            _ = write!(text, "{}\n\n", said.trim());
        }
        text.push_str("| field | type | owner | mode | fresh | class | source |\n|---|---|---|---|---|---|---|\n");
        for field in &object.fields {
            text.push_str(&row(graph, id, *field, &owners));
        }
    }
    text
}

/// The entities, each with its key.
fn entities(graph: &Graph, text: &mut String) {
    for ty in &graph.types {
        let Kind::Object(object) = &ty.kind else { continue };
        if object.key.is_empty() {
            continue;
        }
        let mut key: Vec<String> = Vec::new();
        for field in object.key.iter().map(|part| graph.field(part.field)) {
            let part = format!("{} {} PK", graph.type_of(field.ty.named).name, field.name);
            if !key.contains(&part) {
                key.push(part);
            }
        }
        _ = writeln!(text, "  {} {{ {} }}", ty.name, key.join(" "));
    }
}

/// One end of an edge, as Mermaid writes it on the left.
#[derive(Clone, Copy)]
enum End {
    One,
    None,
    Many,
}

impl End {
    fn of(wrap: &Wrap, list: bool) -> Self {
        match (list || wrap.is_list(), wrap.required()) {
            (true, _) => Self::Many,
            (false, true) => Self::One,
            (false, false) => Self::None,
        }
    }

    const fn left(self) -> &'static str {
        match self {
            Self::One => "||",
            Self::None => "|o",
            Self::Many => "}o",
        }
    }

    const fn right(self) -> &'static str {
        match self {
            Self::One => "||",
            Self::None => "o|",
            Self::Many => "o{",
        }
    }
}

/// Every way from one entity to another, once: a link and the one that leads back are one edge.
fn edges(graph: &Graph) -> Vec<String> {
    let mut edges = Vec::new();
    let mut told: BTreeSet<FieldId> = BTreeSet::new();
    // Links that know their way back go first, so that what leads back is not told again.
    for back in [true, false] {
        for (id, ty) in (0u32..).map(TypeId).zip(&graph.types) {
            let Kind::Object(object) = &ty.kind else { continue };
            if object.key.is_empty() || graph.is_root(id) {
                continue;
            }
            for (path, list, field) in links(graph, id, DEPTH_MAX) {
                let Role::Link(link) = &graph.field(field).role else { continue };
                let paired = leads_back(graph, id, graph.field(field), link);
                if paired.is_some() != back || told.contains(&field) && path.is_empty() {
                    continue;
                }
                let right = End::of(&graph.field(field).ty.wrap, list);
                let left = paired.map_or(End::Many, |back| End::of(&graph.field(back).ty.wrap, false));
                told.extend(paired);
                told.extend(path.is_empty().then_some(field));
                let to = &graph.type_of(graph.field(field).ty.named).name;
                let name = &graph.field(field).name;
                edges.push(format!("{} {}--{} {to} : \"{path}{name}\"", ty.name, left.left(), right.right()));
            }
        }
    }
    edges.sort();
    edges
}

/// Links of a type and of the objects within its records: the way there, and whether it leads through a list.
fn links(graph: &Graph, on: TypeId, depth: usize) -> Vec<(String, bool, FieldId)> {
    let mut all = Vec::new();
    for id in graph.object(on).map(|object| object.fields.as_slice()).unwrap_or_default() {
        let field = graph.field(*id);
        match &field.role {
            Role::Link(_) if graph.object(field.ty.named).is_some_and(|target| !target.key.is_empty()) => {
                all.push((String::new(), false, *id));
            }
            Role::Embedded if depth > 0 => {
                for inner in graph.possible(field.ty.named) {
                    let below = links(graph, inner, depth - 1).into_iter();
                    all.extend(below.map(|(path, list, id)| {
                        (format!("{}.{path}", field.name), list || field.ty.wrap.is_list(), id)
                    }));
                }
            }
            _ => {}
        }
    }
    all
}

/// The field of the target by which its records are found: the same way, walked back.
fn leads_back(graph: &Graph, from: TypeId, field: &Field, link: &Link) -> Option<FieldId> {
    let feed = link.feeds.first().filter(|_| matches!(link.keys, LinkKeys::Parent(_)))?;
    let Entry::By(at) = feed.entry else { return None };
    let name = &graph.binding(feed.binding).by.get(usize::from(at))?.name;
    let back = graph.field_named(field.ty.named, name)?;
    let leads = matches!(graph.field(back).role, Role::Link(_)) && graph.field(back).ty.named == from;
    leads.then_some(back)
}

/// Which sources have each field.
fn owners(graph: &Graph) -> BTreeMap<FieldId, BTreeSet<SourceId>> {
    let mut owners: BTreeMap<FieldId, BTreeSet<SourceId>> = BTreeMap::new();
    for binding in &graph.bindings {
        let mut shapes: Vec<&Shape> = vec![&binding.shape];
        while let Some(shape) = shapes.pop() {
            for (field, mapping) in &shape.fields {
                owners.entry(*field).or_default().insert(binding.source);
                if let Mapping::Object { shape, .. } | Mapping::Objects { shape, .. } = mapping {
                    shapes.push(shape);
                }
            }
        }
    }
    for (at, field) in (0u32..).map(FieldId).zip(&graph.fields) {
        if let Role::Link(link) = &field.role {
            let feeds = link.feeds.iter().map(|feed| graph.binding(feed.binding).source);
            owners.insert(at, feeds.collect());
        }
    }
    owners
}

fn row(graph: &Graph, on: TypeId, id: FieldId, owners: &BTreeMap<FieldId, BTreeSet<SourceId>>) -> String {
    let field = graph.field(id);
    let data = &field.data;
    let words = |words: &[std::sync::Arc<str>]| words.iter().map(|word| &**word).collect::<Vec<_>>().join(" ");
    let seconds = |seconds: Option<u32>| seconds.map_or_else(|| "–".to_owned(), |seconds| seconds.to_string());
    let arguments: Vec<&str> = field.arguments.iter().map(|argument| &*argument.name).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let sources = owners.get(&id).into_iter().flatten().map(|id| &*graph.source(*id).name).collect::<Vec<_>>();
    let sources = if sources.is_empty() { "the gateway".to_owned() } else { sources.join(", ") };
    let fresh = match (data.ttl, data.stale) {
        (None, None) => "–".to_owned(),
        (ttl, stale) => format!("{} / {}", seconds(ttl), seconds(stale)),
    };
    let classes = if graph.is_root(on) && data.classes.is_empty() { "–".to_owned() } else { words(&data.classes) };
    format!(
        "| `{}{arguments}` | `{}` | {} | {} | {fresh} | {} | {sources} |\n",
        field.name,
        written(graph, field),
        data.owner.as_deref().unwrap_or("–"),
        mode(data.mode),
        if classes.is_empty() { "–" } else { &classes },
    )
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Any => "–",
        Mode::Golden => "G",
        Mode::Live => "L",
        Mode::GoldenThenLive => "GL",
        Mode::LiveThenGolden => "LG",
    }
}

/// The type as the schema writes it.
fn written(graph: &Graph, field: &Field) -> String {
    fn wrapped(wrap: &Wrap, name: &str) -> String {
        let end = if wrap.required() { "!" } else { "" };
        match wrap {
            Wrap::Named { .. } => format!("{name}{end}"),
            Wrap::List { of, .. } => format!("[{}]{end}", wrapped(of, name)),
        }
    }
    wrapped(&field.ty.wrap, &graph.type_of(field.ty.named).name)
}
