//! Graph: what may be asked, and where each answer comes from.
//!
//! A `Graph` is determined by files alone: the SDL says what may be asked, who owns it, how fresh and how sensitive it is;
//! the resolver files say where it comes from. A `Graph` is linked: every name is an id, every field has at least one
//! binding, every link leads to keys that exist, every field has a data class. It never contacts a source.
//!
//! `sdl` reads the schema, `written` the resolver files as they stand, `link` makes the one graph of both, `problem` says
//! what is wrong with them, all at once, `diagram` shows the whole to people.

pub mod binding;
mod diagram;
pub mod fresh;
pub mod link;
mod own;
pub mod path;
pub mod problem;
pub mod sdl;
mod subject;
pub mod view;
mod written;

#[cfg(test)]
mod tests;

pub(crate) use written::{Text, block};

pub use binding::{
    Access, Argument as AccessArgument, Binding, By, Compare, Condition, Constant, Convert, Crosswalk, Discriminator,
    Endpoint, Find, Locator, Lookup, Mapping, Match, Method, NextPage, Piece, Pointer, Reach, Referrer, RootField,
    Shape, Source, SourceKind, Template, When,
};
pub use diagram::diagram;
pub use fresh::Freshness;
pub use link::{draw, draw_folder, load, load_texts};
pub use path::value_at;
pub use problem::{Place, Problem, Problems, Severity};
pub use view::{Audience, View, ViewId};

use std::collections::HashMap;
use std::sync::Arc;

/// A newtype for a position in a list.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $int);
        impl $name {
            #[must_use]
            pub const fn index(self) -> usize { self.0 as usize }
        }
    };
}
pub(crate) use id;

id!(
    /// A type of the graph: index into [`Graph::types`].
    TypeId(u32)
);
id!(
    /// A field of one object type: index into [`Graph::fields`].
    FieldId(u32)
);
id!(
    /// A source, one resolver file: index into [`Graph::sources`].
    SourceId(u16)
);
id!(
    /// What one source says about one type: index into [`Graph::bindings`].
    BindingId(u16)
);

/// The linked graph. Build one with [`link::load`].
#[derive(Debug)]
pub struct Graph {
    pub types: Vec<Type>,
    pub fields: Vec<Field>,
    pub sources: Vec<Source>,
    pub bindings: Vec<Binding>,
    pub crosswalks: Vec<Crosswalk>,
    /// The graph as each audience may ask it; the first is everything.
    pub views: Vec<View>,
    pub query: TypeId,
    /// The type of what has an effect, where there is any.
    pub mutation: Option<TypeId>,
    /// Changes whenever a file changes: the first eight bytes of a hash over all of them.
    pub epoch: u64,
    pub(crate) names: HashMap<Arc<str>, TypeId>,
}

/// A type of the graph.
#[derive(Debug)]
pub struct Type {
    pub name: Arc<str>,
    pub kind: Kind,
    pub place: Place,
}

#[derive(Debug)]
pub enum Kind {
    Scalar(Scalar),
    /// The names of its values.
    Enum(Vec<Arc<str>>),
    Object(Object),
    /// An interface or a union: the object types that it may be, in the order of the SDL.
    Abstract(Vec<TypeId>),
    /// An input object, its fields in the order of the SDL.
    Input(Vec<Argument>),
}

#[derive(Debug, Default)]
pub struct Object {
    pub fields: Vec<FieldId>,
    /// The parts of its key, flattened: a key field that is a link stands for the key of what it leads to.
    /// Empty for a type that is not an entity.
    pub key: Vec<KeyPart>,
    /// The type of the records that it is a page of, for a connection.
    pub page_of: Option<TypeId>,
    /// Whose record it is (`@entity(subject:)`): the fields to follow from here, each a link but the last of none.
    pub subject: Vec<FieldId>,
    /// What policies may know of a record of this type (`@facts`), in the order of the SDL.
    pub facts: Vec<Fact>,
    /// Values of `DataClass` of the type itself: what one learns from there being such a record.
    pub classes: Vec<Arc<str>>,
    /// It is no record, and says which one it speaks of (`@speaksOf`): what closes that closes it too.
    pub speaks_of: Option<SpeaksOf>,
}

/// Where an object names a record that is kept elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeaksOf {
    /// The name of its type.
    pub of: FieldId,
    /// The parts of its key, with a space between them.
    pub key: FieldId,
}

/// Something about a record that policies decide by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: Arc<str>,
    /// Links to follow to the record that says it: none where it is the record itself.
    pub via: Vec<Via>,
    /// The fields to follow from there, each an object within the record but the last, which is the value.
    pub path: Vec<FieldId>,
    /// The same to a second value of that record, which is written behind the first with `/` between. Empty mostly.
    pub with: Vec<FieldId>,
    pub kind: FactKind,
    /// A record that does not have it can't be decided on.
    pub required: bool,
    pub place: Place,
}

/// A link on the way to a fact that another record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    pub field: FieldId,
    /// Its arguments, by name.
    pub given: Arc<serde_json::Map<String, serde_json::Value>>,
}

/// The type of a fact, as its field has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    Truth,
    Number,
    Text,
    /// Several texts, in no order.
    Texts,
}

/// One scalar of a key: a leaf field of the type, or the `part`-th scalar of the key that a link field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPart {
    pub field: FieldId,
    /// `None` where the field is a leaf itself.
    pub part: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    Id,
    /// A calendar date, `YYYY-MM-DD` (RFC 3339 full-date).
    Date,
    /// An instant, RFC 3339 in UTC with `Z`.
    DateTime,
    /// An amount in dollars and cents: digits, a point, two digits.
    Money,
    /// Any other scalar of the graph: passed on as the source gives it, if it is a string, number or boolean.
    Other,
}

/// A field of an object type.
#[derive(Debug)]
pub struct Field {
    pub parent: TypeId,
    pub name: Arc<str>,
    pub ty: Ty,
    pub arguments: Vec<Argument>,
    pub role: Role,
    pub data: Data,
    /// What a search must be given (`@search`).
    pub search: Option<Search>,
    pub place: Place,
}

/// What a search must be given, so that nobody leafs through its records.
#[derive(Debug, Clone)]
pub struct Search {
    /// Paths of arguments: all of one entry must be there.
    pub needs: Vec<Vec<Arc<str>>>,
    /// Letters that each of `beginnings` must have.
    pub prefix_min: u32,
    /// Paths that a source compares by prefix, or that are called `startsWith`.
    pub beginnings: Vec<Arc<str>>,
    pub place: Place,
}

/// A type with its wrappers: `[Booking!]` is `List { required: false, of: Named { required: true } }` of `Booking`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ty {
    pub named: TypeId,
    pub wrap: Wrap,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrap {
    Named { required: bool },
    List { required: bool, of: Box<Wrap> },
}

impl Wrap {
    #[must_use]
    pub const fn required(&self) -> bool {
        match self {
            Self::Named { required } | Self::List { required, .. } => *required,
        }
    }

    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::List { .. })
    }
}

/// An argument of a field, or a field of an input object.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Arc<str>,
    pub ty: Ty,
    pub has_default: bool,
    /// Values of `DataClass` that one learns by asking with it (`@data` on the argument); empty: those of the field.
    pub classes: Vec<Arc<str>>,
}

/// How a field gets its value.
#[derive(Debug)]
pub enum Role {
    /// A leaf, or a list of leaves, in the record of its parent.
    Value,
    /// An object, or a list of objects, in the record of its parent.
    Embedded,
    /// Records of another type, fetched.
    Link(Link),
    /// Where the parent's record came from: the gateway's own knowledge, no binding.
    Provenance,
    /// What sources say of the parent's record that differs: the gateway's own, no binding.
    Conflicts,
    /// A part of a connection: the gateway's own, no binding.
    Page(PagePart),
    /// `nodeId` of the interface `Node`: made of the type and the key of the parent's record, no binding.
    NodeId,
}

/// What a field of a connection, of its edges or of `PageInfo` is (Relay Cursor Connections).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePart {
    Edges,
    Nodes,
    Info,
    Node,
    Cursor,
    HasNext,
    HasPrevious,
    Start,
    End,
}

/// How records of the target type are reached from the field's parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub keys: LinkKeys,
    /// Every binding that can be asked, in the order of the resolver files.
    pub feeds: Vec<LinkFeed>,
    /// The records are given a page at a time.
    pub pages: Option<Pages>,
}

/// How a connection is cut into pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// Records of a page, at the most, and where the client does not say how many.
    pub first_max: u32,
    /// Its one source gives a page at a time, in this order of its own columns. Otherwise all records come, and the gateway cuts them, in
    /// the order of the key.
    pub pushed: Option<Vec<Arc<str>>>,
}

/// The argument of a connection that says how many records.
pub const FIRST: &str = "first";
/// The argument of a connection that says after which record.
pub const AFTER: &str = "after";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKeys {
    /// No keys: the arguments say what to look for (`find`).
    Find,
    /// The arguments of the field hold the key, in the order of the target's key; the flag: one argument, a list of keys.
    Arguments { names: Vec<Arc<str>>, list: bool },
    /// The key of the parent's own record.
    Parent(Vec<KeyPart>),
    /// The field's own mapping in the parent's record holds the key, in so many parts.
    Reference { parts: u8 },
    /// This argument of the field is a `nodeId`: it says the type and its key, so which feeds are asked is known at run time.
    Node { argument: Arc<str> },
}

/// One binding that feeds a link, and which of its accesses to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkFeed {
    pub binding: BindingId,
    pub entry: Entry,
}

/// One way into a binding: index into [`Binding::by`] or [`Binding::find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    By(u16),
    Find(u16),
}

/// What the SDL says about the data of a field: `@data` on the field, over `@data` on its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// A value of the graph's `AgencyKind`: who owns it.
    pub owner: Option<Arc<str>>,
    pub mode: Mode,
    /// Seconds a value may be served from a cache.
    pub ttl: Option<u32>,
    /// Seconds a value may be served while its source can't be asked.
    pub stale: Option<u32>,
    /// Values of the graph's `DataClass`. Never empty in a linked graph.
    pub classes: Vec<Arc<str>>,
}

/// Which binding answers a field that several offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The source that brought the record; where it has not the field, the first that adds it.
    #[default]
    Any,
    Golden,
    Live,
    GoldenThenLive,
    LiveThenGolden,
}

impl Graph {
    /// Whether operations begin at this type.
    #[must_use]
    pub fn is_root(&self, ty: TypeId) -> bool {
        ty == self.query || Some(ty) == self.mutation
    }

    /// A field that operations begin with.
    #[must_use]
    pub fn root_field(&self, name: &str) -> Option<FieldId> {
        let roots = [Some(self.query), self.mutation];
        roots.into_iter().flatten().find_map(|root| self.field_named(root, name))
    }

    #[must_use]
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.names.get(name).copied()
    }

    /// # Panics
    /// Never with an id of this graph; ids are made by `link` alone. The same holds for the look-ups below.
    #[must_use]
    pub fn type_of(&self, id: TypeId) -> &Type {
        #[expect(clippy::indexing_slicing, reason = "ids are made by link and stay within the graph that made them")]
        &self.types[id.index()]
    }

    #[must_use]
    pub fn field(&self, id: FieldId) -> &Field {
        #[expect(clippy::indexing_slicing, reason = "ids are made by link and stay within the graph that made them")]
        &self.fields[id.index()]
    }

    #[must_use]
    pub fn source(&self, id: SourceId) -> &Source {
        #[expect(clippy::indexing_slicing, reason = "ids are made by link and stay within the graph that made them")]
        &self.sources[id.index()]
    }

    #[must_use]
    pub fn binding(&self, id: BindingId) -> &Binding {
        #[expect(clippy::indexing_slicing, reason = "ids are made by link and stay within the graph that made them")]
        &self.bindings[id.index()]
    }

    /// The object half of a type, `None` for any other kind.
    #[must_use]
    pub fn object(&self, id: TypeId) -> Option<&Object> {
        match &self.type_of(id).kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    #[must_use]
    pub fn field_named(&self, of: TypeId, name: &str) -> Option<FieldId> {
        self.object(of)?.fields.iter().copied().find(|id| &*self.field(*id).name == name)
    }

    /// The type of the records that a field leads to: of a connection those that it is a page of.
    #[must_use]
    pub fn target(&self, id: FieldId) -> TypeId {
        let named = self.field(id).ty.named;
        self.object(named).and_then(|object| object.page_of).unwrap_or(named)
    }

    /// Whether a field gives its records a page at a time.
    #[must_use]
    pub fn is_paged(&self, id: FieldId) -> bool {
        self.object(self.field(id).ty.named).is_some_and(|object| object.page_of.is_some())
    }

    /// The concrete types that a value of this type may have: itself for an object type.
    #[must_use]
    pub fn possible(&self, id: TypeId) -> Vec<TypeId> {
        match &self.type_of(id).kind {
            Kind::Object(_) => vec![id],
            Kind::Abstract(possible) => possible.clone(),
            _ => Vec::new(),
        }
    }

    /// The types whose records can be told apart.
    pub fn with_keys(&self) -> impl Iterator<Item = &Type> {
        let has_key = |ty: &&Type| matches!(&ty.kind, Kind::Object(object) if !object.key.is_empty());
        self.types.iter().filter(has_key)
    }

    /// The objects within records of a type that speak of other records: the field, their type, and where they name them.
    pub fn speaking(&self, on: TypeId) -> impl Iterator<Item = (FieldId, TypeId, SpeaksOf)> {
        let fields = self.object(on).map_or(&[][..], |object| &object.fields).iter();
        fields.filter_map(|id| {
            let field = self.field(*id);
            let within = matches!(field.role, Role::Embedded).then_some(field.ty.named)?;
            Some((*id, within, self.object(within)?.speaks_of?))
        })
    }

    /// Where the registry of closures is: index into [`Graph::crosswalks`].
    #[must_use]
    pub fn closures(&self) -> Option<usize> {
        self.crosswalks.iter().position(|crosswalk| crosswalk.entity == Crosswalk::CLOSURES)
    }

    /// `Booking.state`, for messages and plans.
    #[must_use]
    pub fn coordinate(&self, id: FieldId) -> String {
        let field = self.field(id);
        format!("{}.{}", self.type_of(field.parent).name, field.name)
    }
}
