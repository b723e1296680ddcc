//! Access: `by` and `find` resolved, the calls that a source understands.

mod call;
mod condition;
mod pages;
mod query;

use super::feeds::{Ask, How, asks_of};
use super::{convert::counted, did_you_mean, keys};
use crate::graph::binding::{Access, Argument, By, Find, Referrer, Source, SourceKind};
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::written::{self, Text};
use crate::graph::{AFTER, Binding, FIRST, FieldId, Graph, Role, TypeId};
use std::sync::Arc;

/// Keys of one call, unless the file says otherwise.
const BATCH_KEYS_MAX: u32 = 50;
/// Keys of one statement or look-up: they go out as one bound value.
const LOCAL_KEYS_MAX: u32 = 1_000;

/// Pages of one call, unless the file says otherwise.
const PAGES_MAX: u32 = 100;

/// What the pieces of an access have to fit.
struct Cx<'a> {
    graph: &'a Graph,
    binding: &'a Binding,
    source: &'a Source,
    written: &'a written::Access,
    /// The fields that can lead here.
    users: Vec<FieldId>,
    /// Scalars of a key, none for a search.
    parts: usize,
    is_key: bool,
}

pub(super) fn link(
    graph: &Graph,
    asks: &[Ask],
    binding: &mut Binding,
    entity: &written::Entity,
    problems: &mut Problems,
) {
    let by: Vec<By> = entity.by.iter().filter_map(|written| by(graph, asks, binding, written, problems)).collect();
    let find: Vec<Find> = entity.find.iter().filter_map(|written| find(graph, binding, written, problems)).collect();
    let mut by_key = by.iter().filter(|by| keys::is_key(graph, binding.on, &by.name));
    if let (Some(_), Some(second)) = (by_key.next(), by_key.next()) {
        let name = &graph.type_of(binding.on).name;
        let message = format!("there is another way to find `{name}` by its key here");
        problems.push(Problem::error(&second.place, message).with_hint("keep one of them"));
    }
    binding.by = by;
    binding.find = find;
}

fn by(
    graph: &Graph,
    asks: &[Ask],
    binding: &Binding,
    written: &written::Access,
    problems: &mut Problems,
) -> Option<By> {
    let on = binding.on;
    let is_key = keys::is_key(graph, on, &written.name.value);
    let asks = asks_of(graph, asks, on, if is_key { "key" } else { &written.name.value });
    let parts = parts(graph, on, written, &asks, is_key, problems)?;
    if let Some(system) = &written.crosswalk {
        let starts: Vec<TypeId> =
            if is_key { vec![on] } else { asks.iter().filter_map(|ask| ask.parent(graph)).collect() };
        for start in starts {
            crosswalk(graph, system, start, problems);
        }
    }
    let users: Vec<FieldId> = asks.iter().map(|ask| ask.field).collect();
    let cx = Cx { graph, binding, source: graph.source(binding.source), written, users, parts, is_key };
    let arguments = cx.arguments(problems);
    let conditions = cx.conditions(problems);
    let (access, keys_max) = cx.by_access(problems)?;
    Some(By {
        name: Arc::clone(&written.name.value),
        parts: u8::try_from(parts).unwrap_or(u8::MAX),
        many: written.many,
        crosswalk: written.crosswalk.as_ref().map(|system| Arc::clone(&system.value)),
        keys_max,
        arguments,
        conditions,
        access,
        place: written.name.place.clone(),
    })
}

/// How many scalars a key has. What a `by` is named after says it.
fn parts(
    graph: &Graph,
    on: TypeId,
    written: &written::Access,
    asks: &[&Ask],
    is_key: bool,
    problems: &mut Problems,
) -> Option<usize> {
    let (ty, name) = (&graph.type_of(on).name, &written.name);
    if is_key {
        let key = keys::key(graph, on);
        if key.is_empty() {
            let problem = Problem::error(&name.place, format!("`{ty}` has no key"));
            problems.push(problem.with_hint(format!("write `@entity(key: \"…\")` on `{ty}` in the schema")));
            return None;
        }
        return Some(if written.crosswalk.is_some() { 1 } else { key.len() });
    }
    let named = graph.possible(on).into_iter().find_map(|id| graph.field_named(id, &name.value));
    let of_field = named.and_then(|id| match &graph.field(id).role {
        Role::Value => Some(1),
        Role::Link(_) => Some(keys::key(graph, graph.field(id).ty.named).len()).filter(|parts| *parts > 0),
        Role::Embedded | Role::Provenance | Role::Conflicts | Role::NodeId | Role::Page(_) => None,
    });
    let of_ask = asks.first().map(|ask| ask.parent(graph).map_or(1, |parent| keys::key(graph, parent).len()));
    let Some(parts) = of_field.or(of_ask) else {
        let links = graph.possible(on).into_iter().filter_map(|id| graph.object(id)).flat_map(|object| &object.fields);
        let known = links.map(|id| &*graph.field(*id).name).chain(["key"]);
        let hint = did_you_mean(&name.value, known).unwrap_or_else(|| {
            format!("name the key field, or the field of `{ty}` that leads back: `[entity.{ty}.by.key]`")
        });
        problems
            .push(Problem::error(&name.place, format!("nothing asks for `{ty}` by `{}`", name.value)).with_hint(hint));
        return None;
    };
    if asks.is_empty() {
        problems.push(Problem::warning(&name.place, format!("nothing asks for `{ty}` by `{}`", name.value)));
    }
    Some(if written.crosswalk.is_some() { 1 } else { parts })
}

/// A crosswalk that nobody keeps leads nowhere.
pub(super) fn crosswalk(graph: &Graph, system: &Text, entity: TypeId, problems: &mut Problems) {
    let name = &graph.type_of(entity).name;
    let possible = graph.possible(entity);
    let kept = |id: &TypeId| graph.crosswalks.iter().any(|crosswalk| crosswalk.entity == *id);
    if !kept(&entity) && !possible.iter().any(kept) {
        let message = format!("no source keeps a crosswalk of `{name}` to `{}`", system.value);
        let hint =
            format!("write `[crosswalk.{name}]` in the file of the store that knows the numbers of other systems");
        problems.push(Problem::error(&system.place, message).with_hint(hint));
    } else if keys::key(graph, entity).len() != 1 {
        let parts = counted(keys::key(graph, entity).len(), "part");
        let message = format!("a crosswalk starts from a key of 1 part, the key of `{name}` has {parts}");
        problems.push(Problem::error(&system.place, message));
    }
}

fn find(graph: &Graph, binding: &Binding, written: &written::Access, problems: &mut Problems) -> Option<Find> {
    let name = &written.name;
    let Some(field) = graph.root_field(&name.value) else {
        problems.push(super::no_field(graph, graph.query, name));
        return None;
    };
    let source = graph.source(binding.source);
    if Some(graph.field(field).parent) == graph.mutation && source.kind != SourceKind::Native {
        let message = format!("`{}` has an effect, and `{}` is only asked", graph.coordinate(field), source.name);
        let hint = "only the gateway's own part (`kind = \"native\"`) takes mutations";
        problems.push(Problem::error(&name.place, message).with_hint(hint));
        return None;
    }
    let target = graph.target(field);
    if target != binding.on && !graph.possible(target).contains(&binding.on) {
        let (ty, on) = (&graph.type_of(target).name, &graph.type_of(binding.on).name);
        let message = format!("`{}` gives `{ty}`, not `{on}`", graph.coordinate(field));
        problems.push(Problem::error(&name.place, message).with_hint(format!("`[entity.{ty}.find.{}]`", name.value)));
        return None;
    }
    let cx = Cx { graph, binding, source, written, users: vec![field], parts: 0, is_key: false };
    let arguments = cx.arguments(problems);
    let conditions = cx.conditions(problems);
    cx.page_words(field, problems);
    let access = cx.find_access(problems)?;
    let (first_max, place) = (written.limit_max.as_ref().map(|(number, _)| *number), name.place.clone());
    Some(Find { field, arguments, conditions, access, first_max, place })
}

impl Cx<'_> {
    fn by_access(&self, problems: &mut Problems) -> Option<(Access, u32)> {
        let keys_max = |plain| self.written.keys_max.as_ref().map_or(plain, |(number, _)| *number);
        match self.source.kind {
            SourceKind::Rest => {
                let (endpoint, batch) = self.endpoint(problems)?;
                Some((Access::Rest(endpoint), if batch { keys_max(BATCH_KEYS_MAX) } else { 1 }))
            }
            SourceKind::Sql => Some((Access::Sql(self.lookup(problems)?), keys_max(LOCAL_KEYS_MAX))),
            SourceKind::File => {
                let matches = self.pointers(problems)?;
                Some((Access::File(matches), keys_max(LOCAL_KEYS_MAX)))
            }
            SourceKind::Subgraph => Some((self.entities(problems)?, keys_max(BATCH_KEYS_MAX))),
            SourceKind::Native if self.written.field.is_none() => {
                Some((self.entities(problems)?, keys_max(BATCH_KEYS_MAX)))
            }
            SourceKind::Graphql | SourceKind::Native => {
                let batch = self.written.keys.is_some();
                Some((Access::Graphql(self.root_field(problems)?), if batch { keys_max(BATCH_KEYS_MAX) } else { 1 }))
            }
        }
    }

    fn find_access(&self, problems: &mut Problems) -> Option<Access> {
        match self.source.kind {
            SourceKind::Rest => self.endpoint(problems).map(|(endpoint, _)| Access::Rest(endpoint)),
            SourceKind::Sql => self.lookup(problems).map(Access::Sql),
            SourceKind::File => Some(Access::File(Vec::new())),
            SourceKind::Graphql | SourceKind::Native | SourceKind::Subgraph => {
                self.root_field(problems).map(Access::Graphql)
            }
        }
    }

    /// The gateway cuts pages itself: nobody else may know of them.
    fn page_words(&self, field: FieldId, problems: &mut Problems) {
        let written = self.written;
        if !self.graph.is_paged(field) {
            let cut = self.source.kind == SourceKind::Sql || written.limit.is_some();
            if let Some((_, place)) = written.limit_max.as_ref().filter(|_| !cut) {
                let message = format!("`{}` is no connection, nothing is cut", self.graph.coordinate(field));
                problems.push(Problem::error(place, message).with_hint("leave `limit_max` out"));
            }
            return;
        }
        if let Some(limit) = &written.limit {
            let problem = Problem::error(&limit.place, "the gateway cuts pages itself");
            problems.push(problem.with_hint("leave `limit` out; `limit_max` says how many a page may have"));
        }
        let pages = |argument: &&written::Argument| [FIRST, AFTER].contains(&&*argument.name.value);
        if let Some(argument) = written.arguments.iter().find(pages) {
            let message = format!("`{}` is not for the source: the gateway cuts pages itself", argument.name.value);
            problems.push(Problem::error(&argument.name.place, message).with_hint("leave it out"));
        }
    }

    fn place(&self) -> &Place {
        &self.written.name.place
    }

    fn has(&self, field: FieldId, argument: &str) -> bool {
        self.graph.argument(field, argument).is_some()
    }

    fn names_an_argument(&self, name: &str) -> bool {
        self.users.iter().any(|id| self.has(*id, name))
    }

    /// A hole must be filled whichever field the call serves.
    fn is_argument_of_all(&self, name: &str) -> bool {
        !self.users.is_empty() && self.users.iter().all(|id| self.has(*id, name))
    }

    fn unknown(&self, place: &Place, written: &str, bare: &str) -> Problem {
        let arguments = self.users.iter().flat_map(|id| &self.graph.field(*id).arguments);
        let paths: Vec<_> = arguments
            .flat_map(|argument| std::iter::once(argument.name.clone()).chain(self.graph.leaves(argument)))
            .collect();
        let known = paths.iter().map(|path| &**path).chain(["keys", "key"].into_iter().take(self.parts * 2));
        let users: Vec<String> = self
            .users
            .iter()
            .filter(|id| !self.has(**id, bare))
            .map(|id| format!("`{}`", self.graph.coordinate(*id)))
            .collect();
        let of = if users.is_empty() { "any field".to_owned() } else { users.join(" or ") };
        Problem::error(place, format!("`{written}` is no argument of {of}")).with_hint_if(did_you_mean(bare, known))
    }

    fn arguments(&self, problems: &mut Problems) -> Vec<Argument> {
        for argument in &self.written.arguments {
            if !self.users.is_empty() && !self.names_an_argument(&argument.name.value) {
                problems.push(self.unknown(&argument.name.place, &argument.name.value, &argument.name.value));
            }
        }
        let limit = self.written.limit.as_ref();
        if let Some(limit) = limit.filter(|limit| !self.names_an_argument(&limit.value)) {
            problems.push(self.unknown(&limit.place, &limit.value, &limit.value));
        }
        let mut own = None;
        let mut of = |written: &(Text, Text)| {
            let own = own.get_or_insert_with(|| self.key_columns_of_record(problems).unwrap_or_default());
            let (table, key) = (Arc::clone(&written.0.value), Arc::clone(&written.1.value));
            match own.as_slice() {
                [own] => Some(Referrer { table, key, own: Arc::clone(own) }),
                [] => None,
                _ => {
                    let message = format!("rows of `{table}` refer by one column, and the key here has several");
                    problems.push(Problem::error(&written.0.place, message).with_hint("a view can join the tables"));
                    None
                }
            }
        };
        let argument = |argument: &written::Argument| Argument {
            of: argument.of.as_ref().and_then(&mut of),
            name: Arc::clone(&argument.name.value),
            to: Arc::clone(&argument.to.value),
            compare: argument.compare,
            ty: argument.ty.as_ref().map(|ty| Arc::clone(&ty.value)),
        };
        self.written.arguments.iter().map(argument).collect()
    }
}

impl Ask {
    /// The type whose key is asked with, where it is the parent's or that of a field which leads to it.
    fn parent(&self, graph: &Graph) -> Option<TypeId> {
        match self.how {
            How::Parent => Some(graph.field(self.field).parent),
            How::Arguments => {
                let ids = graph.possible(self.target);
                let leads = ids.into_iter().find_map(|ty| graph.field_named(ty, &self.by))?;
                matches!(graph.field(leads).role, Role::Link(_)).then(|| graph.field(leads).ty.named)
            }
            How::Find | How::Reference | How::Node => None,
        }
    }
}
