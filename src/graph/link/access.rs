//! Access: `by` and `find` resolved, the calls that a source understands.

use super::feeds::{Ask, How, asks_of};
use super::mappings::pointer;
use super::{convert::counted, did_you_mean, keys, template};
use crate::graph::binding::{
    Access, Argument, By, Endpoint, Find, Locator, Lookup, Mapping, Method, Piece, Pointer, RootField, Source,
    SourceKind,
};
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::written::{self, Text};
use crate::graph::{Binding, FieldId, Graph, Role, TypeId};
use std::sync::Arc;

/// Keys of one call, unless the file says otherwise.
const BATCH_KEYS_MAX: u32 = 50;
/// Keys of one statement or look-up: they go out as one bound value.
const LOCAL_KEYS_MAX: u32 = 1_000;

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
    let (access, keys_max) = cx.by_access(problems)?;
    Some(By {
        name: Arc::clone(&written.name.value),
        parts: u8::try_from(parts).unwrap_or(u8::MAX),
        many: written.many,
        crosswalk: written.crosswalk.as_ref().map(|system| Arc::clone(&system.value)),
        keys_max,
        arguments,
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
        Role::Embedded | Role::Provenance => None,
    });
    let of_ask = asks.first().map(|ask| ask.parent(graph).map_or(1, |parent| keys::key(graph, parent).len()));
    let Some(parts) = of_field.or(of_ask) else {
        let links = graph.possible(on).into_iter().filter_map(|id| graph.object(id)).flat_map(|object| &object.fields);
        let known = links.map(|id| &*graph.field(*id).name).chain(["key"]);
        let hint = did_you_mean(&name.value, known).unwrap_or_else(|| {
            format!("name the key field, or the field of `{ty}` that leads back: `[entity.{ty}.by.key]`")
        });
        problems.push(
            Problem::error(&name.place, format!("nothing asks for a `{ty}` by `{}`", name.value)).with_hint(hint),
        );
        return None;
    };
    if asks.is_empty() {
        problems.push(Problem::warning(&name.place, format!("nothing asks for a `{ty}` by `{}`", name.value)));
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
        let message = format!("a crosswalk starts from a key of 1 part, the key of `{name}` has another number");
        problems.push(Problem::error(&system.place, message));
    }
}

fn find(graph: &Graph, binding: &Binding, written: &written::Access, problems: &mut Problems) -> Option<Find> {
    let name = &written.name;
    let Some(field) = graph.field_named(graph.query, &name.value) else {
        problems.push(super::no_field(graph, graph.query, name));
        return None;
    };
    let target = graph.field(field).ty.named;
    if target != binding.on && !graph.possible(target).contains(&binding.on) {
        let (ty, on) = (&graph.type_of(target).name, &graph.type_of(binding.on).name);
        let message = format!("`{}` gives `{ty}`, not `{on}`", graph.coordinate(field));
        problems.push(Problem::error(&name.place, message).with_hint(format!("`[entity.{ty}.find.{}]`", name.value)));
        return None;
    }
    let source = graph.source(binding.source);
    let cx = Cx { graph, binding, source, written, users: vec![field], parts: 0, is_key: false };
    let arguments = cx.arguments(problems);
    let access = cx.find_access(problems)?;
    Some(Find { field, arguments, access, place: name.place.clone() })
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
                let matches = self.matches(problems)?;
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

    fn place(&self) -> &Place {
        &self.written.name.place
    }

    fn names_an_argument(&self, name: &str) -> bool {
        let has = |id: &FieldId| self.graph.field(*id).arguments.iter().any(|argument| &*argument.name == name);
        self.users.iter().any(has)
    }

    fn unknown(&self, place: &Place, written: &str, bare: &str) -> Problem {
        let arguments = self.users.iter().flat_map(|id| &self.graph.field(*id).arguments);
        let known = arguments.map(|argument| &*argument.name).chain(["keys", "key"].into_iter().take(self.parts * 2));
        let users: Vec<String> = self.users.iter().map(|id| format!("`{}`", self.graph.coordinate(*id))).collect();
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
        let argument = |argument: &written::Argument| Argument {
            name: Arc::clone(&argument.name.value),
            to: Arc::clone(&argument.to.value),
            prefix: argument.prefix,
        };
        self.written.arguments.iter().map(argument).collect()
    }

    /// The call, and whether it asks for many keys at once.
    fn endpoint(&self, problems: &mut Problems) -> Option<(Endpoint, bool)> {
        let written = self.written;
        let (method, text) = match (&written.get, &written.post) {
            (Some(get), None) => (Method::Get, get),
            (None, Some(post)) => (Method::Post, post),
            // Reported where it was read.
            _ => return None,
        };
        let path = template::path(text, problems)?;
        let body = written.body.as_ref();
        let in_body = body.map(|(body, _)| template::body_holes(body)).unwrap_or_default();
        let batch = path.0.contains(&Piece::Keys) || in_body.contains(&Piece::Keys);
        let before = problems.0.len();
        self.check_holes(&path.0, &text.place, problems);
        if let Some((_, place)) = body {
            self.check_holes(&in_body, place, problems);
        }
        self.check_keys(&path.0, &in_body, batch, text, problems);
        let matches = if batch { self.matches(problems)? } else { self.no_matches(problems) };
        let (records, one) = self.records(batch, problems)?;
        let single = self.parts > 0 && !batch;
        let none = written.none.clone().unwrap_or_else(|| if single { vec![404] } else { Vec::new() });
        let join = written.join.as_ref().map_or_else(|| Arc::from(","), |join| Arc::clone(&join.value));
        let body = body.map(|(body, _)| body.clone());
        let endpoint = Endpoint { method, path, body, join, records, one, matches, none };
        (problems.0.len() == before).then_some((endpoint, batch))
    }

    /// Every hole must be something that fills it.
    fn check_holes(&self, holes: &[Piece], place: &Place, problems: &mut Problems) {
        for hole in holes {
            match hole {
                Piece::Keys | Piece::Part(_) if self.parts == 0 => {
                    problems.push(Problem::error(place, "a search has no key, only the arguments of its field"));
                }
                Piece::Part(part) if usize::from(*part) >= self.parts => {
                    let message =
                        format!("the key has {}, there is no `{{{}}}`", counted(self.parts, "part"), part + 1);
                    problems.push(Problem::error(place, message));
                }
                Piece::Argument(name) if !self.names_an_argument(name) => {
                    problems.push(self.unknown(place, &format!("{{{name}}}"), name));
                }
                Piece::Text(_) | Piece::Keys | Piece::Part(_) | Piece::Argument(_) => {}
            }
        }
    }

    /// A call by key must name the whole key, once.
    fn check_keys(&self, path: &[Piece], body: &[Piece], batch: bool, text: &Text, problems: &mut Problems) {
        if self.parts == 0 {
            return;
        }
        let all = || path.iter().chain(body);
        let missing =
            (0..self.parts).find(|part| !all().any(|hole| matches!(hole, Piece::Part(n) if usize::from(*n) == *part)));
        if batch && all().any(|hole| matches!(hole, Piece::Part(_))) {
            problems
                .push(Problem::error(&text.place, "a call asks either for many keys, `{keys}`, or for one, `{key}`"));
        } else if batch && self.parts > 1 && path.contains(&Piece::Keys) {
            let message = format!("`{{keys}}` in a path stands for keys of 1 part, this key has {}", self.parts);
            let hint = "send them in the body of a `post`, or one a call with `{1}` and `{2}`";
            problems.push(Problem::error(&text.place, message).with_hint(hint));
        } else if !batch && let Some(part) = missing {
            let hole = if self.parts == 1 { "{key}".to_owned() } else { format!("{{{}}}", part + 1) };
            let message = format!("the call does not say which record: `{hole}` is missing");
            problems.push(Problem::error(&text.place, message).with_hint("`{keys}` asks for many at once"));
        }
        if !batch
            && let Some((number, place)) = &self.written.keys_max
            && *number > 1
        {
            let problem = Problem::error(place, "without `{keys}` one call asks for one key");
            problems.push(problem.with_hint("put `{keys}` into the path or the body, or leave `keys_max` out"));
        }
    }

    fn matches(&self, problems: &mut Problems) -> Option<Vec<Pointer>> {
        let written = &self.written.matches;
        if written.is_empty() {
            let problem =
                Problem::error(self.place(), "nothing says which record answers which key: `match` is missing");
            problems.push(problem.with_hint("`match = \"/place/of/the/key\"`, within a record"));
            return None;
        }
        if written.len() != self.parts {
            let message =
                format!("the key has {}, `match` has {}", counted(self.parts, "part"), counted(written.len(), "part"));
            problems.push(Problem::error(self.place(), message));
            return None;
        }
        written.iter().map(|at| pointer(at, problems)).collect()
    }

    fn no_matches(&self, problems: &mut Problems) -> Vec<Pointer> {
        if let Some(first) = self.written.matches.first() {
            let problem = Problem::error(&first.place, "a call for one key needs no `match`");
            problems.push(problem.with_hint("leave it out"));
        }
        Vec::new()
    }

    /// Where the records stand, and whether it is one and not a list.
    fn records(&self, batch: bool, problems: &mut Problems) -> Option<(Pointer, bool)> {
        match (&self.written.records, &self.written.record) {
            (Some(records), None) => Some((pointer(records, problems)?, false)),
            (None, Some(record)) => Some((pointer(record, problems)?, true)),
            (None, None) => Some((Pointer::default(), self.parts > 0 && !batch && !self.written.many)),
            (Some(_), Some(record)) => {
                problems.push(Problem::error(&record.place, "either `records`, a list, or `record`, one of them"));
                None
            }
        }
    }

    fn lookup(&self, problems: &mut Problems) -> Option<Lookup> {
        let written = self.written;
        let table = written.table.as_ref().map(|table| Arc::clone(&table.value)).or_else(|| self.binding.table.clone());
        let Some(table) = table else {
            let name = &self.graph.type_of(self.binding.on).name;
            let problem = Problem::error(self.place(), "nothing says which table");
            problems.push(problem.with_hint(format!("write `table = \"…\"` in `[entity.{name}]`")));
            return None;
        };
        let columns = if written.columns.is_empty() {
            self.columns(problems)?
        } else {
            written.columns.iter().map(|column| Arc::clone(&column.value)).collect()
        };
        if columns.len() != self.parts {
            let message =
                format!("the key has {}, not {}", counted(self.parts, "part"), counted(columns.len(), "column"));
            problems.push(Problem::error(self.place(), message).with_hint("a column for each part of the key"));
            return None;
        }
        let order = written.order.iter().map(|column| Arc::clone(&column.value)).collect();
        let limit = written.limit.as_ref().map(|limit| Arc::clone(&limit.value));
        Some(Lookup { table, columns, order, limit, limit_max: written.limit_max })
    }

    /// The columns that the binding's own fields name for the key.
    fn columns(&self, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
        if self.parts == 0 {
            return Some(Vec::new());
        }
        let (graph, on) = (self.graph, self.binding.on);
        let key = if self.is_key { keys::key(graph, on) } else { Vec::new() };
        let named: Vec<(Arc<str>, u8)> = if self.is_key {
            key.iter().map(|part| (Arc::clone(&graph.field(part.field).name), part.part.unwrap_or(0))).collect()
        } else {
            (0..self.parts)
                .map(|part| (Arc::clone(&self.written.name.value), u8::try_from(part).unwrap_or(u8::MAX)))
                .collect()
        };
        let found: Option<Vec<Arc<str>>> = named.iter().map(|(name, part)| self.column(name, *part)).collect();
        if found.is_none() || self.written.crosswalk.is_some() {
            let problem = Problem::error(self.place(), "nothing says which columns hold the key");
            problems.push(problem.with_hint("write `columns = [\"…\"]`"));
            return None;
        }
        found
    }

    fn column(&self, field: &str, part: u8) -> Option<Arc<str>> {
        let ids = self.graph.possible(self.binding.on);
        let id = ids.into_iter().find_map(|ty| self.graph.field_named(ty, field))?;
        let at = match self.binding.shape.mapping(id)? {
            Mapping::Value { at, .. } => at,
            Mapping::Reference { parts, crosswalk: None } => parts.get(usize::from(part))?,
            Mapping::Reference { .. } | Mapping::Object { .. } | Mapping::Objects { .. } => return None,
        };
        match at {
            Locator::Column(column) => Some(Arc::clone(column)),
            Locator::Pointer(_) | Locator::Constant(_) => None,
        }
    }

    fn root_field(&self, problems: &mut Problems) -> Option<RootField> {
        let written = self.written;
        let Some(field) = &written.field else {
            let problem = Problem::error(self.place(), "nothing says which field of the source to ask");
            problems.push(problem.with_hint("`field = \"offenders\"`: a field of the source's own query type"));
            return None;
        };
        let batch = written.keys.is_some();
        let (keys, key_types) = match &written.keys {
            Some(keys) => (vec![Arc::clone(&keys.value)], written.keys_type.iter().collect::<Vec<_>>()),
            None => (written.key.iter().map(|key| Arc::clone(&key.value)).collect(), written.key_type.iter().collect()),
        };
        let wanted = if batch { 1 } else { self.parts };
        let problem = if batch && !written.key.is_empty() {
            Some("a call asks either for many keys, `keys`, or for one, `key`".to_owned())
        } else if batch && self.parts != 1 {
            Some(format!("`keys` takes keys of 1 part, this key has {}", self.parts))
        } else if keys.len() != wanted {
            Some(format!("the key has {}, `key` has {}", counted(wanted, "part"), counted(keys.len(), "part")))
        } else if key_types.len() != keys.len() {
            let word = if batch { "keys_type" } else { "key_type" };
            Some(format!("`{word}` is missing: the type of the argument in the source's own schema"))
        } else {
            None
        };
        if let Some(message) = problem {
            let hint = "`keys = \"ids\"` with `keys_type = \"[ID!]!\"`, or `key = \"id\"` with `key_type = \"ID!\"`";
            problems.push(Problem::error(self.place(), message).with_hint(hint));
            return None;
        }
        let key_types = key_types.into_iter().map(|text| Arc::clone(&text.value)).collect();
        let matches = if batch { self.matches(problems)? } else { self.no_matches(problems) };
        let (records, one) = self.records(batch, problems)?;
        Some(RootField { field: Arc::clone(&field.value), keys, key_types, records, one, matches })
    }

    fn entities(&self, problems: &mut Problems) -> Option<Access> {
        let on = self.binding.on;
        let key = keys::key(self.graph, on);
        if !self.is_key || self.written.crosswalk.is_some() {
            let name = &self.graph.type_of(on).name;
            let problem = Problem::error(self.place(), "a federation subgraph is asked by the key of the type alone");
            problems.push(problem.with_hint(format!("`[entity.{name}.by.key]`")));
            return None;
        }
        if let Some(part) = key.iter().find(|part| part.part.is_some()) {
            let field = self.graph.coordinate(part.field);
            let message = format!("`{field}` is a record of its own: a subgraph can't be asked by it");
            problems.push(Problem::error(self.place(), message).with_hint("use a key of plain values"));
            return None;
        }
        Some(Access::Entities(key.iter().map(|part| Arc::clone(&self.graph.field(part.field).name)).collect()))
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
            How::Find | How::Reference => None,
        }
    }
}
