//! Link: the one graph out of schema and resolver files, or everything that is wrong with them.
//!
//! After `load` every name is an id, every field has a source, every link leads to keys that exist, and every argument is understood
//! by whoever is asked with it. It reads files and nothing else: no source is contacted, no variable of the environment read.
//!
//! A mistake is reported once: what a block that could not be read seems to lack is not held against it.

mod access;
mod check;
mod convert;
mod facts;
mod feeds;
mod fresh;
mod keys;
mod mappings;
mod nodes;
mod pages;
mod passed;
mod print;
mod search;
mod sound;
mod speaks;
mod template;
mod told;

pub use print::print;

use super::problem::{File, Place, Problem, Problems, did_you_mean};
use super::sdl::Schema;
use super::view::{Audience, View};
use super::{Binding, Crosswalk, FieldId, Graph, Source, SourceId, TypeId, sdl, written};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads `*.graphql` of one folder and `*.toml` of the other, each in the order of their names, and links them.
///
/// Gives the graph with its warnings.
///
/// # Errors
/// Every mistake in the files, and every file that can't be read.
pub fn load(graph: &Path, resolvers: &Path, audiences: &[Audience]) -> Result<(Graph, Problems), Problems> {
    let mut problems = Problems::default();
    let graph = folder(graph, "graphql", &mut problems);
    let resolvers = folder(resolvers, "toml", &mut problems);
    if !problems.is_empty() {
        return Err(problems.sorted());
    }
    load_texts(&graph, &resolvers, audiences)
}

/// The same from texts, each with the path that its problems name.
///
/// # Errors
/// Every mistake in the texts.
pub fn load_texts(
    graph: &[(PathBuf, String)],
    resolvers: &[(PathBuf, String)],
    audiences: &[Audience],
) -> Result<(Graph, Problems), Problems> {
    let epoch = epoch(graph.iter().chain(resolvers));
    let schema_files = with_directives(files(graph));
    let mut problems = Problems::default();
    let mut sources = Vec::new();
    let mut all_read = true;
    for file in files(resolvers) {
        let (source, found) = written::read(&file);
        all_read = all_read && (found.is_empty() || source.as_ref().is_some_and(|source| source.kept_apart(&found)));
        sources.extend(source);
        problems.0.extend(found.0);
    }
    let schema = match sdl::parse(&schema_files) {
        Ok(schema) => schema,
        Err(broken) => {
            problems.0.extend(broken.problems.0);
            let mut declared = sdl::read(&broken.partial, &schema_files);
            let mut graph = declared.graph(epoch);
            let unsure = told::Unsure { untyped: &declared.untyped, in_part: &broken.in_part };
            told::tell(&mut graph, sources, unsure, &mut problems);
            return Err(problems.sorted());
        }
    };
    let (mut graph, drawn) = draw_schema(&schema, &schema_files, epoch, &mut problems);
    if !drawn.whole {
        // Without its keys, every link of the graph would be wrong.
        let unsure = told::Unsure { untyped: &drawn.untyped, in_part: &[] };
        told::tell(&mut graph, sources, unsure, &mut problems);
        return Err(problems.sorted());
    }
    let found = Found { all_read, broken: HashSet::new(), other_roots: drawn.other_roots };
    let linked = drawn.linked;
    let found = bind(&mut graph, sources, &linked, found, &mut problems);
    check::check(&graph, &linked, &found, &mut problems);
    sound::check(&graph, &found, &mut problems);
    facts::check(&graph, &found, &mut problems);
    for audience in std::iter::once(&Audience::everything()).chain(audiences) {
        match sdl::public(&schema, &graph.types, &graph.fields, audience) {
            Ok(sdl) => graph.views.push(View { audience: audience.clone(), sdl }),
            Err(problem) => problems.push(problem),
        }
    }
    let problems = problems.sorted();
    if problems.errors() > 0 { Err(problems) } else { Ok((graph, problems)) }
}

/// The graph as the SDL alone draws it: what may be asked, with classes and facts, and no source of any of it. What is known without
/// sources can be worked with: policies, their tables and the schema.
///
/// # Errors
/// Every mistake in the texts.
pub fn draw(graph: &[(PathBuf, String)]) -> Result<Graph, Problems> {
    let files = with_directives(files(graph));
    let mut problems = Problems::default();
    let schema = sdl::parse(&files).map_err(|broken| broken.problems.sorted())?;
    let (mut graph, drawn) = draw_schema(&schema, &files, epoch(graph.iter()), &mut problems);
    match sdl::public(&schema, &graph.types, &graph.fields, &Audience::everything()) {
        Ok(sdl) => graph.views.push(View { audience: Audience::everything(), sdl }),
        Err(problem) => problems.push(problem),
    }
    if drawn.whole && problems.errors() == 0 { Ok(graph) } else { Err(problems.sorted()) }
}

/// The same from the `*.graphql` of a folder.
///
/// # Errors
/// Every mistake in the files, and every file that can't be read.
pub fn draw_folder(path: &Path) -> Result<Graph, Problems> {
    let mut problems = Problems::default();
    let texts = folder(path, "graphql", &mut problems);
    if problems.is_empty() { draw(&texts) } else { Err(problems.sorted()) }
}

/// What the schema says besides the graph.
struct Drawn {
    /// Keys and facts are what they say.
    whole: bool,
    untyped: HashSet<FieldId>,
    other_roots: Vec<TypeId>,
    linked: Vec<sdl::Linked>,
}

fn draw_schema(schema: &Schema, files: &[Arc<File>], epoch: u64, problems: &mut Problems) -> (Graph, Drawn) {
    let mut declared = sdl::read(schema, files);
    let mut graph = declared.graph(epoch);
    let sdl::Declared { other_roots, entities, facts, spoken, linked, untyped, problems: found, .. } = declared;
    problems.0.extend(found.0);
    let before = problems.errors();
    pages::link(&mut graph, problems);
    keys::link(&mut graph, &entities, problems);
    facts::link(&mut graph, &facts, problems);
    speaks::link(&mut graph, &spoken, problems);
    (graph, Drawn { whole: problems.errors() == before, untyped, other_roots, linked })
}

/// What is known of the files beside the graph itself.
struct Found {
    /// Every block of every file could be read, but for the entities in `broken`.
    all_read: bool,
    /// Types about which some block has a mistake.
    broken: HashSet<TypeId>,
    other_roots: Vec<TypeId>,
}

impl written::Source {
    /// Whether all mistakes of the file lie in its entities, so that nothing else can be missing on their account.
    fn kept_apart(&self, found: &Problems) -> bool {
        let first = self.entities.iter().map(|entity| entity.on.place.span.start).min();
        let broken = self.entities.iter().any(|entity| entity.broken);
        broken && first.is_some_and(|first| found.0.iter().all(|problem| problem.place.span.start >= first))
    }
}

/// Sources, bindings and feeds. The keys that a block may have depend on the fields that lead to it, so mappings come first.
fn bind(
    graph: &mut Graph,
    written: Vec<written::Source>,
    linked: &[sdl::Linked],
    mut found: Found,
    problems: &mut Problems,
) -> Found {
    let entities = place_sources(graph, written, problems);
    let finds: HashSet<Arc<str>> =
        entities.iter().flat_map(|(_, entity)| entity.find.iter().map(|find| Arc::clone(&find.name.value))).collect();
    let drafts = drafts(graph, entities, &mut found, problems);
    let bindings: Vec<&Binding> = drafts.iter().map(|(binding, _)| binding).collect();
    let asks = feeds::asks(graph, linked, &bindings, &finds);
    for (mut binding, entity) in drafts {
        let before = problems.errors();
        access::link(graph, &asks, &mut binding, &entity, problems);
        if problems.errors() > before {
            found.broken.insert(binding.on);
        }
        graph.bindings.push(binding);
    }
    feeds::link(graph, &asks, &found, problems);
    search::link(graph, problems);
    found
}

/// Puts the sources into the graph and gives their entities.
fn place_sources(
    graph: &mut Graph,
    written: Vec<written::Source>,
    problems: &mut Problems,
) -> Vec<(SourceId, written::Entity)> {
    let mut entities = Vec::new();
    for source in written {
        let id = SourceId(u16::try_from(graph.sources.len()).unwrap_or(u16::MAX));
        entities.extend(source.entities.into_iter().map(|entity| (id, entity)));
        let written::Source { name, title, agency, kind, golden, reach, place, .. } = source;
        let purges = source.purges.map(|table| table.value);
        graph.sources.push(Source { name, title, agency, kind, golden, reach, purges, place });
        if let Some(closures) = source.closures {
            let (table, key) = (closures.table.value, closures.key.value);
            let (system, local) = (closures.of.value, closures.kind.value);
            graph.crosswalks.push(Crosswalk { source: id, entity: Crosswalk::CLOSURES, table, key, system, local });
        }
        for crosswalk in source.crosswalks {
            if let Some(entity) = type_named(graph, &crosswalk.entity, problems) {
                let (table, key) = (crosswalk.table.value, crosswalk.key.value);
                let (system, local) = (crosswalk.system.value, crosswalk.local.value);
                graph.crosswalks.push(Crosswalk { source: id, entity, table, key, system, local });
            }
        }
    }
    entities
}

/// The bindings without their accesses.
fn drafts(
    graph: &Graph,
    entities: Vec<(SourceId, written::Entity)>,
    found: &mut Found,
    problems: &mut Problems,
) -> Vec<(Binding, written::Entity)> {
    let mut drafts = Vec::new();
    for (source, entity) in entities {
        let before = problems.errors();
        let Some(on) = type_named(graph, &entity.on, problems) else {
            found.all_read = false;
            continue;
        };
        let binding = mappings::binding(graph, source, on, &entity, problems);
        if entity.broken || problems.errors() > before {
            found.broken.insert(on);
        }
        drafts.extend(binding.map(|binding| (binding, entity)));
    }
    drafts
}

/// The object type, interface or union of this name.
fn type_named(graph: &Graph, name: &written::Text, problems: &mut Problems) -> Option<TypeId> {
    let composite = |id: &TypeId| !graph.possible(*id).is_empty() && !graph.is_root(*id);
    let found = graph.type_named(&name.value).filter(composite);
    if found.is_none() {
        let names = graph.names.iter().filter(|(_, id)| composite(id)).map(|(name, _)| &**name);
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        let problem = Problem::error(&name.place, format!("the graph has no object type `{}`", name.value));
        let hint = if graph.type_named(&name.value) == Some(graph.query) {
            Some("a field of the query type is answered by `[entity.TYPE.find.FIELD]` or by a key".to_owned())
        } else {
            super::problem::nearest(&name.value, names).map(|near| {
                let at = graph.type_named(near).map(|id| graph.type_of(id).place.line_name()).unwrap_or_default();
                format!("did you mean `{near}`?  ({at})")
            })
        };
        problems.push(problem.with_hint_if(hint));
    }
    found
}

/// `Booking has no field …` with the field that was probably meant.
fn no_field(graph: &Graph, on: TypeId, name: &written::Text) -> Problem {
    let ty = graph.type_of(on);
    let fields = graph.possible(on).into_iter().filter_map(|id| graph.object(id)).flat_map(|object| &object.fields);
    let near = super::problem::nearest(&name.value, fields.clone().map(|id| &*graph.field(*id).name));
    let at =
        fields.clone().find(|id| near == Some(&*graph.field(**id).name)).map(|id| graph.field(*id).place.line_name());
    let hint = match (near, at) {
        (Some(near), Some(at)) => format!("did you mean `{near}`?  ({at})"),
        _ => format!("`{}` is defined in {}", ty.name, ty.place.line_name()),
    };
    Problem::error(&name.place, format!("{} has no field `{}`", ty.name, name.value)).with_hint(hint)
}

fn files(texts: &[(PathBuf, String)]) -> Vec<Arc<File>> {
    texts.iter().map(|(path, text)| Arc::new(File { path: path.clone(), text: text.clone() })).collect()
}

/// The gateway's own definitions, unless the graph brings them.
fn with_directives(mut files: Vec<Arc<File>>) -> Vec<Arc<File>> {
    if !files.iter().any(|file| file.path.file_name().is_some_and(|name| name == "directives.graphql")) {
        let path = PathBuf::from("directives.graphql (built in)");
        files.push(Arc::new(File { path, text: sdl::DIRECTIVES.to_owned() }));
    }
    files
}

fn epoch<'a>(texts: impl Iterator<Item = &'a (PathBuf, String)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, text) in texts {
        (path.file_name(), text).hash(&mut hasher);
    }
    hasher.finish()
}

/// The files of a folder with this ending, in the order of their names.
fn folder(folder: &Path, ending: &str, problems: &mut Problems) -> Vec<(PathBuf, String)> {
    let mut failed = |path: &Path, error: &dyn std::fmt::Display| {
        let file = Arc::new(File { path: path.to_owned(), text: String::new() });
        problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
    };
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(error) => {
            failed(folder, &error);
            return Vec::new();
        }
    };
    paths.retain(|path| path.extension().is_some_and(|found| found == ending) && path.is_file());
    paths.sort();
    if paths.is_empty() {
        failed(folder, &format_args!("there is no `*.{ending}` in it"));
    }
    let mut files = Vec::new();
    for path in paths {
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push((path, text)),
            Err(error) => failed(&path, &error),
        }
    }
    files
}
