//! Feeds: for each field that leads to another record, by what key, and which sources can be asked.

use super::{Found, convert, keys, mappings, nodes, pages, passed};
use crate::graph::binding::Mapping;
use crate::graph::problem::{Problem, Problems};
use crate::graph::sdl::Linked;
use crate::graph::{
    Argument, Binding, BindingId, Entry, Field, FieldId, Graph, Link, LinkFeed, LinkKeys, Role, TypeId,
};
use std::collections::HashSet;
use std::sync::Arc;

/// A field that leads to another record, before it is known who answers.
pub(super) struct Ask {
    pub field: FieldId,
    pub target: TypeId,
    /// The name of the `by`; `key` for the target's own key.
    pub by: Arc<str>,
    pub how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Find,
    Arguments,
    Parent,
    Reference,
    Node,
}

/// How each linked field asks. `finds` are the fields of the query type that some source answers as a search.
pub(super) fn asks(graph: &Graph, linked: &[Linked], bindings: &[&Binding], finds: &HashSet<Arc<str>>) -> Vec<Ask> {
    let mut mapped = Vec::new();
    for binding in bindings {
        mappings::all(&binding.shape, &mut mapped);
    }
    let references: HashSet<FieldId> = mapped
        .into_iter()
        .filter(|(_, mapping)| matches!(mapping, Mapping::Reference { .. }))
        .map(|(id, _)| id)
        .collect();
    let ask = |linked: &Linked| {
        let field = graph.field(linked.field);
        let target = graph.target(linked.field);
        let said = linked.by.as_ref().map(|(by, _)| Arc::clone(by));
        let (how, by) = if !graph.is_root(field.parent) {
            if references.contains(&linked.field) {
                (How::Reference, Arc::from("key"))
            } else {
                (How::Parent, said.unwrap_or_else(|| leads_back(graph, field)))
            }
        } else if finds.contains(&field.name) || graph.is_paged(linked.field) {
            (How::Find, Arc::clone(&field.name))
        } else if nodes::is_way_in(graph, field) {
            (How::Node, Arc::from("key"))
        } else {
            (How::Arguments, said.unwrap_or_else(|| Arc::from("key")))
        };
        let by = if keys::is_key(graph, target, &by) && !matches!(how, How::Find | How::Node) {
            Arc::from("key")
        } else {
            by
        };
        Ask { field: linked.field, target, by, how }
    };
    linked.iter().map(ask).collect()
}

/// The only field of the target that leads back to the parent, else the parent's name.
fn leads_back(graph: &Graph, field: &Field) -> Arc<str> {
    let fields = graph.possible(field.ty.named).into_iter().filter_map(|id| graph.object(id));
    let back = fields.flat_map(|object| &object.fields).map(|id| graph.field(*id));
    let mut names: Vec<&Arc<str>> = back.filter(|back| back.ty.named == field.parent).map(|back| &back.name).collect();
    names.dedup();
    if let [only] = names.as_slice() {
        return Arc::clone(only);
    }
    let mut name = graph.type_of(field.parent).name.to_string();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    Arc::from(name)
}

/// The asks that a `by` of this name on a binding of this type can answer.
pub(super) fn asks_of<'a>(graph: &Graph, asks: &'a [Ask], on: TypeId, by: &str) -> Vec<&'a Ask> {
    let fits = |ask: &&Ask| *ask.by == *by && !matches!(ask.how, How::Find | How::Node) && feeds(graph, ask.target, on);
    asks.iter().filter(fits).collect()
}

/// Whether records of a binding on one type are records of the other.
fn feeds(graph: &Graph, target: TypeId, on: TypeId) -> bool {
    target == on || (graph.object(target).is_none() && graph.possible(target).contains(&on))
}

pub(super) fn link(graph: &mut Graph, asks: &[Ask], found: &Found, problems: &mut Problems) {
    for ask in asks {
        let feeds = candidates(graph, ask);
        if feeds.is_empty() {
            if !excused(graph, ask, found) {
                problems.push(nobody(graph, ask));
            }
            continue;
        }
        let Some(keys) = link_keys(graph, ask, problems) else { continue };
        for feed in feeds.iter().filter(|feed| !found.broken.contains(&graph.binding(feed.binding).on)) {
            check(graph, ask, &keys, *feed, problems);
        }
        let pages = pages::of(graph, ask.field, &feeds, problems);
        if let Some(Role::Link(link)) = graph.fields.get_mut(ask.field.index()).map(|field| &mut field.role) {
            *link = Link { keys, feeds, pages };
        }
    }
}

/// Whether a link without a source follows from another mistake: a block that could not be read, a parent that nobody has.
fn excused(graph: &Graph, ask: &Ask, found: &Found) -> bool {
    let parent = graph.field(ask.field).parent;
    let mut near = graph.possible(ask.target).into_iter().chain([ask.target, parent]);
    let mut bound = graph.bindings.iter().map(|binding| binding.on);
    let no_parent =
        !graph.is_root(parent) && !super::check::embedded(graph, parent) && !bound.any(|on| feeds(graph, on, parent));
    !found.all_read || no_parent || near.any(|id| found.broken.contains(&id))
}

/// Bindings with a way in. One that only adds to others' records stands in where there is no other.
fn candidates(graph: &Graph, ask: &Ask) -> Vec<LinkFeed> {
    if ask.how == How::Node {
        return nodes::feeds(graph);
    }
    let entry = |binding: &Binding| -> Option<Entry> {
        let at = |at: usize| u16::try_from(at).ok();
        match ask.how {
            How::Find => binding.find.iter().position(|find| find.field == ask.field).and_then(at).map(Entry::Find),
            How::Arguments | How::Parent | How::Reference | How::Node => {
                let same =
                    |name: &str| *name == *ask.by || (&*ask.by == "key" && keys::is_key(graph, binding.on, name));
                binding.by.iter().position(|by| same(&by.name)).and_then(at).map(Entry::By)
            }
        }
    };
    // A source that has records of the whole interface has those of its types: they are not asked for twice.
    let twice = |binding: &Binding| {
        let same = |other: &&Binding| other.on == ask.target && other.source == binding.source;
        binding.on != ask.target && graph.bindings.iter().filter(same).any(|other| entry(other).is_some())
    };
    let all: Vec<(LinkFeed, bool)> = (0u16..)
        .zip(&graph.bindings)
        .filter(|(_, binding)| feeds(graph, ask.target, binding.on) && !twice(binding))
        .filter_map(|(at, binding)| {
            Some((LinkFeed { binding: BindingId(at), entry: entry(binding)? }, binding.extends))
        })
        .collect();
    let own: Vec<LinkFeed> = all.iter().filter(|(_, extends)| !extends).map(|(feed, _)| *feed).collect();
    if own.is_empty() { all.into_iter().map(|(feed, _)| feed).collect() } else { own }
}

fn nobody(graph: &Graph, ask: &Ask) -> Problem {
    let field = graph.field(ask.field);
    let target = &graph.type_of(ask.target).name;
    let by = format!("`[entity.{target}.by.{}]`", ask.by);
    let hint = match ask.how {
        How::Find | How::Arguments if field.arguments.is_empty() || graph.is_paged(ask.field) => {
            format!("write `[entity.{target}.find.{}]` in a resolver file", field.name)
        }
        How::Find | How::Arguments => {
            format!("write {by} in a resolver file, or `[entity.{target}.find.{}]` for a search", field.name)
        }
        How::Parent => {
            let parent = &graph.type_of(field.parent).name;
            let holds =
                format!("`{} = …` in `[entity.{parent}.fields]` where the record itself holds the key", field.name);
            if field.ty.wrap.is_list() {
                format!("write {by} in a resolver file, or {holds}")
            } else {
                format!("write {holds}, or {by} in a resolver file")
            }
        }
        How::Reference => format!("write {by} in a resolver file"),
        How::Node => "let a type with a key implement `Node`".to_owned(),
    };
    Problem::error(&field.place, format!("no source answers `{}`", graph.coordinate(ask.field))).with_hint(hint)
}

fn link_keys(graph: &Graph, ask: &Ask, problems: &mut Problems) -> Option<LinkKeys> {
    let field = graph.field(ask.field);
    match ask.how {
        How::Node => {
            let argument = field.arguments.first()?;
            Some(LinkKeys::Node { argument: Arc::clone(&argument.name) })
        }
        How::Find => Some(LinkKeys::Find),
        How::Arguments => arguments(graph, ask, problems),
        How::Reference => {
            let parts = keys::key(graph, ask.target).len();
            Some(LinkKeys::Reference { parts: u8::try_from(parts).unwrap_or(u8::MAX) })
        }
        How::Parent => {
            let key = keys::key(graph, field.parent);
            if key.is_empty() {
                let parent = &graph.type_of(field.parent).name;
                let message = format!("`{parent}` has no key to ask with for `{}`", graph.coordinate(ask.field));
                let hint = format!(
                    "write `@entity(key: \"…\")` on `{parent}`, or say in a resolver file where the key of the `{}` stands: `{} = …`",
                    graph.type_of(ask.target).name,
                    field.name
                );
                problems.push(Problem::error(&field.place, message).with_hint(hint));
                return None;
            }
            Some(LinkKeys::Parent(key))
        }
    }
}

/// Which arguments of a field of the query type hold the key.
fn arguments(graph: &Graph, ask: &Ask, problems: &mut Problems) -> Option<LinkKeys> {
    let field = graph.field(ask.field);
    let wanted: Vec<Arc<str>> = if &*ask.by == "key" {
        keys::key(graph, ask.target).iter().map(|part| keys::part_name(graph, *part)).collect()
    } else {
        vec![Arc::clone(&ask.by)]
    };
    let paths = key_paths(graph, field, &wanted);
    let found: Option<Vec<&Argument>> =
        paths.as_ref().and_then(|paths| paths.iter().map(|path| graph.argument(ask.field, path)).collect());
    let distinct = wanted.iter().collect::<HashSet<_>>().len() == wanted.len();
    let Some(found) = found.filter(|found| !found.is_empty() && distinct) else {
        let (coordinate, target) = (graph.coordinate(ask.field), &graph.type_of(ask.target).name);
        let message = format!("`{coordinate}` has no argument for the key of `{target}`, `{}`", wanted.join(" "));
        let hint = format!("`[entity.{target}.find.{}]` answers it as a search", field.name);
        problems.push(Problem::error(&field.place, message).with_hint(hint));
        return None;
    };
    let list = found.iter().any(|argument| argument.ty.wrap.is_list());
    if list && found.len() > 1 {
        let message = format!("`{}` can't take lists for a key of several parts", graph.coordinate(ask.field));
        problems.push(Problem::error(&field.place, message));
        return None;
    }
    if list && !field.ty.wrap.is_list() {
        let message = format!("`{}` takes many keys and gives one record", graph.coordinate(ask.field));
        problems.push(Problem::error(&field.place, message));
    }
    Some(LinkKeys::Arguments { names: paths.unwrap_or_default(), list })
}

/// The arguments that hold the parts of a key: each of its name, one of any name for a key of one part, or the fields of one
/// argument of an input type.
fn key_paths(graph: &Graph, field: &Field, wanted: &[Arc<str>]) -> Option<Vec<Arc<str>>> {
    let among = |arguments: &[Argument], name: &Arc<str>| arguments.iter().any(|argument| argument.name == *name);
    if wanted.iter().all(|name| among(&field.arguments, name)) {
        return Some(wanted.to_vec());
    }
    let mut inputs = field.arguments.iter().filter(|argument| !graph.input_fields(argument).is_empty());
    let whole = inputs.find(|input| wanted.iter().all(|name| among(graph.input_fields(input), name)));
    match (whole, wanted, field.arguments.as_slice()) {
        (Some(whole), ..) => Some(wanted.iter().map(|name| Arc::from(format!("{}.{name}", whole.name))).collect()),
        (None, [_], [only]) => Some(vec![Arc::clone(&only.name)]),
        _ => None,
    }
}

/// Whether the source's way in fits the field: its key, its arguments, one record or many.
fn check(graph: &Graph, ask: &Ask, keys: &LinkKeys, feed: LinkFeed, problems: &mut Problems) {
    if ask.how == How::Node {
        return;
    }
    let binding = graph.binding(feed.binding);
    let field = graph.field(ask.field);
    let coordinate = graph.coordinate(ask.field);
    let (arguments, access, place) = match feed.entry {
        Entry::By(at) => {
            let Some(by) = binding.by.get(usize::from(at)) else { return };
            let parts = match keys {
                LinkKeys::Find | LinkKeys::Node { .. } => 0,
                LinkKeys::Arguments { names, .. } => names.len(),
                LinkKeys::Parent(key) => key.len(),
                LinkKeys::Reference { parts } => usize::from(*parts),
            };
            if by.crosswalk.is_none() && usize::from(by.parts) != parts {
                let asked = convert::counted(parts, "part");
                let taken = convert::counted(usize::from(by.parts), "part");
                let message = format!("`{coordinate}` asks with a key of {asked}, this takes one of {taken}");
                problems.push(Problem::error(&by.place, message));
            }
            if ask.how == How::Parent && field.ty.wrap.is_list() && !by.many {
                let message = format!("`{coordinate}` is a list, and this gives one record a key");
                problems.push(Problem::error(&by.place, message).with_hint("write `many = true`"));
            }
            (&by.arguments, &by.access, &by.place)
        }
        Entry::Find(at) => {
            let Some(find) = binding.find.get(usize::from(at)) else { return };
            (&find.arguments, &find.access, &find.place)
        }
    };
    passed::check(graph, ask.field, keys, (feed.binding, access, arguments), place, problems);
}
