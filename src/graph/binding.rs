//! Bindings: what one source says about one type, as meant. Made by `link` from the resolver files as written.

mod reach;

pub use reach::{Care, HeaderValue, Login, Reach, Variable};

use super::fresh::Freshness;
use super::{Entry, FieldId, Place, SourceId, TypeId};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// One resolver file.
#[derive(Debug)]
pub struct Source {
    /// The file's name without its ending: `yellowstone-jail`.
    pub name: Arc<str>,
    pub title: Arc<str>,
    /// ORI of the agency that owns the records, where it has one.
    pub agency: Option<Arc<str>>,
    pub kind: SourceKind,
    /// The golden-record store: what `GOLDEN` in a mode means.
    pub golden: bool,
    pub reach: Reach,
    /// The table of a store that says how often copies of records had to end.
    pub purges: Option<Arc<str>>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// JSON over HTTP.
    Rest,
    /// An agency's own GraphQL API.
    Graphql,
    /// An Apollo Federation subgraph, asked by `_entities`.
    Subgraph,
    /// The gateway's own part of the graph, in process.
    Native,
    /// SQLite or Postgres, by the scheme of its URL.
    Sql,
    /// Records in a JSON file, read once at start.
    File,
}

/// What one source says about one type.
#[derive(Debug)]
pub struct Binding {
    pub source: SourceId,
    /// The type, concrete or abstract.
    pub on: TypeId,
    /// This binding adds fields to records that other bindings bring, found by the type's key.
    /// Otherwise its records are its own: no other binding's.
    pub extends: bool,
    /// The table or view of a `sql` binding.
    pub table: Option<Arc<str>>,
    /// Fields of the type, or of every concrete type of an abstract one.
    pub shape: Shape,
    /// The source's own time of the record.
    pub as_of: Option<(Locator, Convert)>,
    /// How long its records may be kept, where that is less than the graph says.
    pub fresh: Freshness,
    pub by: Vec<By>,
    pub find: Vec<Find>,
    pub place: Place,
}

/// The fields of a record, or of an object within one.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The declared type: concrete, or abstract with a `discriminator`.
    pub on: TypeId,
    pub discriminator: Option<Discriminator>,
    /// By field id: those of the concrete type, or of all concrete types of an abstract one.
    pub fields: Vec<(FieldId, Mapping)>,
}

impl Binding {
    /// What one way in is asked with, and for which values only.
    #[must_use]
    pub fn given(&self, entry: Entry) -> (&[Argument], &[Condition]) {
        match entry {
            Entry::By(at) => self.by.get(usize::from(at)).map(|by| (&*by.arguments, &*by.conditions)),
            Entry::Find(at) => self.find.get(usize::from(at)).map(|find| (&*find.arguments, &*find.conditions)),
        }
        .unwrap_or_default()
    }
}

impl Shape {
    #[must_use]
    pub fn mapping(&self, field: FieldId) -> Option<&Mapping> {
        self.fields.iter().find(|(id, _)| *id == field).map(|(_, mapping)| mapping)
    }
}

/// Tells the concrete type of a record.
#[derive(Debug, Clone)]
pub struct Discriminator {
    pub at: Locator,
    /// The source's code → type.
    pub codes: Vec<(Arc<str>, TypeId)>,
}

/// Where a field's value stands in the source's record.
#[derive(Debug, Clone)]
pub enum Mapping {
    /// A leaf, or a list of leaves.
    Value { at: Locator, convert: Arc<Convert> },
    /// One object; absent where the value at `at` is null or missing.
    Object { at: Locator, shape: Arc<Shape> },
    /// A list of objects.
    Objects { at: Locator, shape: Arc<Shape> },
    /// The key, part by part, of the record that a link leads to. A single part may be a list of keys.
    Reference {
        parts: Vec<Locator>,
        /// From what stands there to a part of the key.
        convert: Arc<Convert>,
        /// The key is this system's own number: the store's crosswalk leads from it to the target's key.
        crosswalk: Option<Arc<str>>,
    },
}

/// A place in a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Locator {
    /// In JSON, relative to the record or to the object around it.
    Pointer(Pointer),
    /// A column of the binding's table.
    Column(Arc<str>),
    /// The same for every record.
    Constant(Constant),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
}

/// RFC 6901, unescaped; empty for the whole value. A step of digits is also an index into a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pointer(pub Vec<Arc<str>>);

/// What becomes of a source's scalar on its way to a cell: the closed set of functions.
#[derive(Debug, Clone, PartialEq)]
pub enum Convert {
    /// A JSON string. A number too where `from_number` (identifiers that a source types as numbers).
    Text { from_number: bool, trim: bool },
    /// A 32-bit integer, or text that is one.
    Int,
    /// A finite number, or text that is one.
    Float,
    /// `true` and `false`; where `truth` is not empty, text or numbers: these are true. Those in `untrue` are false, and where it is
    /// empty all others are.
    Bool { truth: Vec<Arc<str>>, untrue: Vec<Arc<str>> },
    /// A value of an enum, by the source's code. `other`: for codes not listed; without it they are invalid.
    Codes { codes: HashMap<Arc<str>, Arc<str>>, other: Option<Arc<str>> },
    /// A value of an enum that the source calls by the graph's own name.
    Member(Vec<Arc<str>>),
    /// `YYYY-MM-DD` out of text in this `strptime` format; `None` for ISO 8601.
    Date(Option<Arc<str>>),
    /// RFC 3339 UTC.
    DateTime { when: When, zone: Option<Arc<str>> },
    /// Days since the end of 1899, as spreadsheets count them.
    SerialDate,
    /// Dollars and cents: a number, or text that is one, with `$`, thousands apart, and these words after it. `cents`: a whole number of
    /// cents.
    Money { strip: Vec<Arc<str>>, cents: bool },
    /// What a regular expression finds in text (or a whole number): its first group, or all of it. Nothing where it finds nothing.
    Find(Arc<str>),
    /// These texts mean that there is no value; all others go through another function.
    Unless { empty: Vec<Arc<str>>, of: Box<Convert> },
    /// Any scalar, as it is.
    Any,
}

impl Convert {
    /// As it stands: text, or a whole number.
    #[must_use]
    pub const fn key() -> Self {
        Self::Text { from_number: true, trim: false }
    }

    /// The function itself, whatever means no value.
    #[must_use]
    pub const fn bare(&self) -> &Self {
        match self {
            Self::Unless { of, .. } => of.bare(),
            _ => self,
        }
    }
}

/// How a source writes an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    Rfc3339,
    EpochSeconds,
    EpochMillis,
    /// A `strptime` format; local to `zone` unless the format itself has an offset.
    Format(Arc<str>),
}

/// Fetch by key.
#[derive(Debug)]
pub struct By {
    pub name: Arc<str>,
    /// How many scalars a key has.
    pub parts: u8,
    /// Several records may answer one key.
    pub many: bool,
    /// The keys are this system's own numbers: the store's crosswalk leads to them.
    pub crosswalk: Option<Arc<str>>,
    /// Keys that go out in one call; 1 where the source has no batch.
    pub keys_max: u32,
    pub arguments: Vec<Argument>,
    pub conditions: Vec<Condition>,
    pub access: Access,
    pub place: Place,
}

/// Fetch by arguments: a search, or all.
#[derive(Debug)]
pub struct Find {
    /// The field of the query type that it answers.
    pub field: FieldId,
    pub arguments: Vec<Argument>,
    pub conditions: Vec<Condition>,
    pub access: Access,
    /// Records of a page at the most, of a connection.
    pub first_max: Option<u32>,
    pub place: Place,
}

/// A source answers only for some values: for others it is not asked.
#[derive(Debug, Clone)]
pub struct Condition {
    pub of: ConditionOf,
    pub values: Vec<Arc<str>>,
}

/// What a condition is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionOf {
    /// This part of the key, from 0.
    Part(u8),
    /// The argument, or the field of an argument, at this path. Where it is not given, the source is asked.
    Argument(Arc<str>),
}

/// An argument of the graph's field, and what the source calls it. One that is not given is not sent.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Or the path of a field of it.
    pub name: Arc<str>,
    /// Query parameter, column, or argument of the source's own field.
    pub to: Arc<str>,
    /// `sql` only.
    pub compare: Compare,
    /// `graphql` only: the type of the source's argument, as its own schema writes it; the graph's own where it is `None`.
    pub ty: Option<Arc<str>>,
    /// `sql` only: the column is one of rows that refer to the record. All arguments of the same rows speak of one row.
    pub of: Option<Referrer>,
}

/// Rows of another table that refer to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    pub table: Arc<str>,
    /// Their column with the record's key.
    pub key: Arc<str>,
    /// The record's own column with it.
    pub own: Arc<str>,
}

/// How a column has to compare with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// It is it, or one of them.
    #[default]
    Is,
    /// The same without regard to case (ASCII).
    AnyCase,
    /// It starts with it, without regard to case (ASCII).
    Prefix,
    /// It is it, or after it: numbers and days in their order, text by its bytes.
    AtLeast,
    /// It is it, or before it.
    AtMost,
}

/// How a source is asked.
#[derive(Debug)]
pub enum Access {
    Rest(Endpoint),
    Sql(Lookup),
    Graphql(RootField),
    /// Federation `_entities`: representations of the type by these field names.
    Entities(Vec<Arc<str>>),
    /// The records of a file whose values at these pointers are the key; none for all of them.
    File(Vec<Pointer>),
}

#[derive(Debug)]
pub struct Endpoint {
    pub method: Method,
    pub path: Template,
    /// POST body: strings `"{keys}"` stand for the list of keys, `"{name}"` for an argument or a part of the key.
    pub body: Option<Value>,
    /// What stands between keys in the path.
    pub join: Arc<str>,
    /// Where the records stand in the answer.
    pub records: Pointer,
    /// The answer holds one record there, not a list.
    pub one: bool,
    /// Where in a record each part of the key stands that it answers. Empty where one key goes out at a time and its records
    /// do not say.
    pub matches: Vec<Match>,
    /// By part of the key: a body has it as a number.
    pub numbers: Vec<bool>,
    /// Statuses that mean "there is none".
    pub absent: Vec<u16>,
    /// Query parameters of arguments that come once for each element of a list.
    pub repeated: Vec<Arc<str>>,
    /// An answer is one page of several.
    pub pages: Option<NextPage>,
}

/// How an answer leads to the page after it.
#[derive(Debug, Clone)]
pub struct NextPage {
    /// Where the answer has the token of the next page. The last page has none: null, empty, or not there.
    pub at: Pointer,
    /// What takes the token: a query parameter, or a member of the body.
    pub to: Arc<str>,
    /// Pages of one call; one with more is no answer.
    pub max: u32,
}

/// Where a record has one part of the key that it answers, and how the source's value becomes the graph's.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// A constant where all records of the source have the same.
    pub at: Locator,
    pub convert: Arc<Convert>,
}

impl Match {
    /// As it stands: text or a whole number.
    #[must_use]
    pub fn plain(at: Pointer) -> Self {
        Self { at: Locator::Pointer(at), convert: Arc::new(Convert::key()) }
    }

    /// Whether a key with this part may have records at all.
    #[must_use]
    pub fn may_be(&self, part: &str) -> bool {
        match &self.at {
            Locator::Constant(Constant::Text(text)) => **text == *part,
            Locator::Constant(Constant::Int(int)) => int.to_string() == part,
            Locator::Constant(Constant::Bool(bool)) => bool.to_string() == part,
            Locator::Constant(Constant::Null) => false,
            Locator::Pointer(_) | Locator::Column(_) => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A path with its query string: literal text and holes. What fills a hole is percent-encoded and never becomes structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(Arc<str>),
    /// All keys of a batch, joined.
    Keys,
    /// One part of the one key, counted from 0: `{key}` and `{1}` are part 0.
    Part(u8),
    /// An argument.
    Argument(Arc<str>),
}

/// Rows of a table or view.
#[derive(Debug)]
pub struct Lookup {
    /// The binding's table or view, or this access' own.
    pub table: Arc<str>,
    /// Columns that hold the key, part by part; empty for a search.
    pub columns: Vec<Arc<str>>,
    pub order: Vec<Arc<str>>,
    /// The argument that says how many rows at the most.
    pub limit: Option<Arc<str>>,
    pub limit_max: Option<u32>,
}

impl Lookup {
    /// How many rows are wanted at the most; `None` where nothing says so, or says what can't be.
    #[must_use]
    pub fn most(&self, arguments: &Map<String, Value>) -> Option<usize> {
        most(self.limit.as_deref(), self.limit_max, arguments)
    }
}

fn most(limit: Option<&str>, limit_max: Option<u32>, arguments: &Map<String, Value>) -> Option<usize> {
    let asked = limit.and_then(|name| arguments.get(name)).and_then(Value::as_i64);
    let asked = asked.map(usize::try_from).transpose().ok()?;
    let most = limit_max.and_then(|most| usize::try_from(most).ok());
    asked.into_iter().chain(most).min()
}

/// A field of a GraphQL source's own query type.
#[derive(Debug)]
pub struct RootField {
    pub field: Arc<str>,
    /// Its argument for each part of the key; with several keys in one call, the one argument that takes the list.
    pub keys: Vec<Arc<str>>,
    /// Type of that argument, as the source's schema writes it: `[ID!]!`.
    pub key_types: Vec<Arc<str>>,
    /// That argument takes many keys.
    pub batch: bool,
    /// Where the records stand below the field.
    pub records: Pointer,
    pub one: bool,
    pub matches: Vec<Match>,
    /// The argument that says how many records at the most; it is passed on like the others.
    pub limit: Option<Arc<str>>,
    pub limit_max: Option<u32>,
}

impl RootField {
    /// How many records are wanted at the most; `None` where nothing says so, or says what can't be.
    #[must_use]
    pub fn most(&self, arguments: &Map<String, Value>) -> Option<usize> {
        most(Some(self.limit.as_deref()?), self.limit_max, arguments)
    }
}

/// Which table of which store leads from an entity's key to the numbers of the systems that know it.
#[derive(Debug)]
pub struct Crosswalk {
    pub source: SourceId,
    pub entity: TypeId,
    pub table: Arc<str>,
    /// Column with the entity's key.
    pub key: Arc<str>,
    /// Column with the name of the system.
    pub system: Arc<str>,
    /// Column with that system's own number.
    pub local: Arc<str>,
}

impl Crosswalk {
    /// The registry of closures is one more: from the key of a record of any type, by the type's name in place of the system's, to
    /// the kinds of its closures.
    pub const CLOSURES: TypeId = TypeId(u32::MAX);
}
