//! Written: the resolver files as they stand, not yet held against the schema.
//!
//! `read` knows the keys that a file may have and the kinds of value that they take. It reports every mistake of a file at once
//! and gives what it could read. Whether a type, a field or a system exists is for `link` to say.

mod access;
pub(crate) mod block;
mod entity;
mod reach;

use super::binding::{Compare, Constant, Reach, SourceKind};
use super::problem::{File, Place, Problem, Problems};
use block::{Block, Reader};
use std::sync::Arc;

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub value: Arc<str>,
    pub place: Place,
}

/// One resolver file.
#[derive(Debug)]
pub(super) struct Source {
    pub name: Arc<str>,
    pub place: Place,
    pub title: Arc<str>,
    pub agency: Option<Arc<str>>,
    pub kind: SourceKind,
    pub golden: bool,
    pub reach: Reach,
    pub crosswalks: Vec<Crosswalk>,
    /// `[closures]`: the registry of what is closed, from a record's key to the kinds of its closures.
    pub closures: Option<Closures>,
    /// `[purges]`: the table that says how often copies of records had to end.
    pub purges: Option<Text>,
    pub entities: Vec<Entity>,
}

/// `[crosswalk.ENTITY]`
#[derive(Debug)]
pub(super) struct Crosswalk {
    pub entity: Text,
    pub table: Text,
    pub key: Text,
    pub system: Text,
    pub local: Text,
}

/// `[closures]`
#[derive(Debug)]
pub(super) struct Closures {
    pub table: Text,
    pub key: Text,
    /// Column with the type's name.
    pub of: Text,
    pub kind: Text,
}

/// `[entity.TYPE]`
#[derive(Debug)]
pub(super) struct Entity {
    pub on: Text,
    pub table: Option<Text>,
    pub extends: bool,
    pub same: Vec<Text>,
    pub as_of: Option<Mapping>,
    pub type_of: Option<TypeOf>,
    pub fields: Fields,
    pub freshness: Option<Freshness>,
    /// `[entity.TYPE.on.CONCRETE.fields]`
    pub on_concrete: Vec<(Text, Fields)>,
    pub by: Vec<Access>,
    pub find: Vec<Access>,
    /// Something in it could not be read, so it may lack what it seems to lack.
    pub broken: bool,
}

pub(super) type Fields = Vec<(Text, Mapping)>;

/// `freshness` of an entity: of its records, and of some of their fields.
#[derive(Debug)]
pub(super) struct Freshness {
    pub whole: Lasting,
    pub fields: Vec<(Text, Lasting)>,
}

/// Seconds, and where they stand.
#[derive(Debug)]
pub(super) struct Lasting {
    pub ttl: Option<(u32, Place)>,
    pub stale: Option<(u32, Place)>,
}

/// What stands to the right of a field's name.
#[derive(Debug)]
pub(super) struct Mapping {
    pub place: Place,
    /// `at` or `column`; several for a key of several parts, none where it is not said.
    pub at: Vec<Text>,
    pub is: Option<Constant>,
    pub date: Option<Text>,
    pub datetime: Option<Text>,
    pub zone: Option<Text>,
    pub codes: Option<Vec<(Text, Text)>>,
    pub other: Option<Text>,
    pub truth: Vec<Text>,
    pub empty: Vec<Text>,
    pub strip: Vec<Text>,
    pub cents: bool,
    pub find: Option<Text>,
    pub untrue: Vec<Text>,
    pub text: bool,
    pub trim: bool,
    pub crosswalk: Option<Text>,
    pub fields: Option<Fields>,
    pub on_concrete: Vec<(Text, Fields)>,
    pub each: bool,
    pub type_of: Option<TypeOf>,
    /// What is not said is in the graph's own form: the field is listed in `same`, or the source speaks GraphQL.
    pub graphs_form: bool,
    /// Every key that was said, to name one that doesn't fit.
    pub said: Vec<Text>,
}

/// `type = { at = "/kind", codes = { B = "Book" } }`
#[derive(Debug)]
pub(super) struct TypeOf {
    pub at: Text,
    pub codes: Option<Vec<(Text, Text)>>,
}

/// `[entity.TYPE.by.NAME]` or `[entity.TYPE.find.FIELD]`: whatever is said of any kind of source.
#[derive(Debug)]
pub(super) struct Access {
    pub name: Text,
    pub many: bool,
    pub crosswalk: Option<Text>,
    pub arguments: Vec<Argument>,
    pub when: Vec<(Text, Vec<Text>)>,
    pub keys_max: Option<(u32, Place)>,
    pub get: Option<Text>,
    pub post: Option<Text>,
    pub body: Option<(serde_json::Value, Place)>,
    pub join: Option<Text>,
    pub records: Option<Text>,
    pub record: Option<Text>,
    pub matches: Vec<Text>,
    /// `text` or `number`, for all parts of the key or one a part.
    pub keys_as: Vec<Text>,
    pub absent: Vec<u16>,
    /// Query parameters.
    pub repeated: Vec<Text>,
    pub pages: Option<NextPage>,
    pub table: Option<Text>,
    pub columns: Vec<Text>,
    pub order: Vec<Text>,
    pub limit: Option<Text>,
    pub limit_max: Option<(u32, Place)>,
    pub field: Option<Text>,
    pub keys: Option<Text>,
    pub keys_type: Option<Text>,
    pub key: Vec<Text>,
    pub key_type: Vec<Text>,
}

/// `pages = { next = "/next", as = "cursor", max = 20 }`
#[derive(Debug)]
pub(super) struct NextPage {
    pub next: Text,
    pub to: Text,
    pub max: Option<u32>,
}

/// `args = { active = "only_active" }`
#[derive(Debug)]
pub(super) struct Argument {
    pub name: Text,
    pub to: Text,
    pub compare: Compare,
    pub ty: Option<Text>,
    /// A table whose rows refer to the record, and their column that does.
    pub of: Option<(Text, Text)>,
}

/// What could be read of a file, if enough to speak of a source, and everything that is wrong with it.
pub(super) fn read(file: &Arc<File>) -> (Option<Source>, Problems) {
    block::read(Reader::new(file, block::RESOLVER), source)
}

fn source(reader: &Reader, root: &Block<'_>) -> Option<Source> {
    let file = &reader.file;
    let title = root.text("title");
    let agency = root.text("agency").map(|text| text.value);
    let kind = root.text("kind");
    let golden = root.flag("golden");
    let reach_block = root.table("reach");
    let crosswalk_blocks = root.tables("crosswalk");
    let closures_block = root.table("closures");
    let purges_block = root.table("purges");
    let entity_blocks = root.tables("entity");
    root.done();
    if root.lacks("title") {
        let problem = Problem::error(&Place::whole(file), "a resolver file needs a `title`");
        reader.push(problem.with_hint("write `title = \"…\"`: the name by which people know the system"));
    }
    let kind = kind_of(reader, root, kind)?;
    let reach = reach::read(reader, reach_block, kind);
    let crosswalks = crosswalk_blocks.into_iter().filter_map(|(name, block)| crosswalk(name, &block, kind)).collect();
    let closures = closures_block.and_then(|block| closures(&block, kind));
    let purges = purges_block.and_then(|block| purges(&block, kind));
    let entities = entity_blocks.into_iter().map(|(name, block)| entity::read(name, &block, kind)).collect();
    let name = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let title = title.map_or_else(|| Arc::from(""), |text| text.value);
    let place = Place::whole(file);
    let name = Arc::from(name);
    Some(Source { name, place, title, agency, kind, golden, reach, crosswalks, closures, purges, entities })
}

const KINDS: [(&str, SourceKind); 6] = [
    ("rest", SourceKind::Rest),
    ("graphql", SourceKind::Graphql),
    ("subgraph", SourceKind::Subgraph),
    ("native", SourceKind::Native),
    ("sql", SourceKind::Sql),
    ("file", SourceKind::File),
];

fn kind_of(reader: &Reader, root: &Block<'_>, written: Option<Text>) -> Option<SourceKind> {
    let known = KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
    let Some(written) = written else {
        if root.lacks("kind") {
            let problem = Problem::error(&Place::whole(&reader.file), "a resolver file needs a `kind`");
            reader.push(problem.with_hint(format!("one of {known}")));
        }
        return None;
    };
    let found = KINDS.iter().find(|(name, _)| **name == *written.value).map(|(_, kind)| *kind);
    if found.is_none() {
        let problem = Problem::error(&written.place, format!("no source is of kind `{}`", written.value));
        reader.push(problem.with_hint(format!("one of {known}")));
    }
    found
}

fn closures(block: &Block<'_>, kind: SourceKind) -> Option<Closures> {
    let (table, key, of, sort) =
        (block.needed("table"), block.needed("key"), block.needed("type"), block.needed("kind"));
    block.done();
    if let (Some(table), true) = (&table, kind != SourceKind::Sql) {
        block.push(Problem::error(&table.place, "only a source of kind `sql` can hold the registry of closures"));
        return None;
    }
    for column in [&key, &of, &sort].into_iter().flatten() {
        block.column(column);
    }
    Some(Closures { table: table?, key: key?, of: of?, kind: sort? })
}

fn purges(block: &Block<'_>, kind: SourceKind) -> Option<Text> {
    let table = block.needed("table");
    block.done();
    let table = table?;
    if kind != SourceKind::Sql {
        block.push(Problem::error(&table.place, "only a source of kind `sql` can say what was purged"));
        return None;
    }
    access::table(block, &table);
    Some(table)
}

fn crosswalk(entity: Text, block: &Block<'_>, kind: SourceKind) -> Option<Crosswalk> {
    let (table, key, system, local) =
        (block.needed("table"), block.needed("key"), block.needed("system"), block.needed("local"));
    block.done();
    if kind != SourceKind::Sql {
        let problem = Problem::error(&entity.place, "only a source of kind `sql` can hold a crosswalk");
        block.push(problem);
        return None;
    }
    for column in [&key, &system, &local].into_iter().flatten() {
        block.column(column);
    }
    Some(Crosswalk { entity, table: table?, key: key?, system: system?, local: local? })
}
