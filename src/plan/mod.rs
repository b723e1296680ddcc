//! Plan: the least set of fetches that answers a permitted operation, and how the answer is put together from them.
//!
//! A `Plan` holds no value of a caller: it serves every request with the same tree, decisions and shape of arguments. It is a
//! tree of `Node`s, one for each place of the operation where records come in; a node's fetches wait for its parent's, and for
//! nothing else. No IO, no clock.

mod behind;
mod believed;
mod build;
mod columns;
mod conflicts;
mod keying;
mod outs;
mod pages;
mod print;
mod share;
mod spare;

pub use behind::{Behind, KeyAt, Leg, Named, SubjectBy, Trail};
pub use build::{build, build_recorded};
pub use print::print;

use crate::graph::{FieldId, SourceId, TypeId, Wrap, id};
use crate::operation::SelectionId;
use crate::policy::{LaneId, Outcome};
use crate::source::Fetch;
use std::collections::HashMap;
use std::sync::Arc;

id!(
    /// Index into [`Plan::nodes`]; a parent's is less than its children's.
    NodeId(u32)
);
id!(
    /// Index into [`Plan::fetches`].
    FetchId(u32)
);

#[derive(Debug, Default)]
pub struct Plan {
    /// The first is the root: one item, no record.
    pub nodes: Vec<Node>,
    pub fetches: Vec<Arc<Fetch>>,
    /// By type: the look-up of what closes its records, before they are decided on.
    pub closures: Vec<(TypeId, Arc<Fetch>)>,
    /// By the fetch of a feed: what has to be known of its records before they are decided on, and does not stand in them.
    pub behind: HashMap<FetchId, Vec<Behind>>,
    /// Whose records are decides what may be seen of them: of which that can't be found out, those are not shown.
    pub whose_decides: bool,
}

/// A place of the operation where records come in.
#[derive(Debug)]
pub struct Node {
    pub origin: Origin,
    /// The selection that it answers; `None` for the root.
    pub selection: Option<SelectionId>,
    pub field: Option<FieldId>,
    /// Where its records come from: first each feed, then each completion. Columns of children refer to slots.
    pub slots: Vec<Slot>,
    /// How many of the slots are feeds.
    pub feeds: usize,
    /// Fetches of the store's crosswalk, each one for all children and completions that need it.
    pub crosswalks: Vec<Translation>,
    pub children: Vec<NodeId>,
    /// Its records are given a page at a time.
    pub page: Option<Box<Page>>,
}

/// How the records of a node are cut into a page, and how it is written.
#[derive(Debug)]
pub struct Page {
    pub first_max: u32,
    /// The source gives a page, and one record more where there is one.
    pub pushed: bool,
    /// By slot: the columns that the records are in the order of.
    pub order: Vec<Vec<u32>>,
    /// The connection itself.
    pub objects: Objects,
    /// How the records are written wherever they are selected, each by slot.
    pub views: Vec<Vec<Objects>>,
}

#[derive(Debug)]
pub enum Origin {
    Root,
    /// Fetched for the items of the parent.
    Linked {
        parent: NodeId,
    },
    /// Objects within the parent's records, by slot of the parent: the column that holds them. Slots are the parent's own.
    Embedded {
        parent: NodeId,
        columns: Vec<Option<u32>>,
    },
}

/// Records of one binding at one node.
#[derive(Debug)]
pub struct Slot {
    /// `None` at the root and for embedded objects. Slots of several nodes may share one: they are asked for in one call where
    /// their keys are known at the same time.
    pub fetch: Option<FetchId>,
    pub keys: KeysOf,
    /// Of a feed: its records count only where a source that is believed before it could not be asked.
    pub stands_in: bool,
    /// Of a completion, by feed: what makes it needless.
    pub spared: Vec<Spared>,
    /// Of a completion: it is there for `conflicts` alone, and shown by no field itself.
    pub claims: bool,
    /// Of a completion through a crosswalk: the look-up that leads back from its numbers. What a source has under a number that several
    /// golden records have is said of none of them.
    pub alone: Option<FetchId>,
    /// How its records are written. Empty for a completion: its columns are written by the feeds' objects.
    pub objects: Objects,
}

/// When a completion has nothing to add to a record of one feed: all it could give is there already, from a source that is believed
/// before it.
#[derive(Debug)]
pub enum Spared {
    Never,
    /// Each of these fields has a value at one of its places: a slot, and a column of its records. And by none of these pairs of lanes
    /// the record gives both, `conflicts` and a field that it is about.
    Where(Vec<Vec<(usize, u32)>>, Vec<(Option<LaneId>, Option<LaneId>)>),
}

/// Where the keys of a fetch come from.
#[derive(Debug, Default)]
pub enum KeysOf {
    /// It needs none.
    #[default]
    None,
    /// Arguments of the node's selection.
    Arguments(Vec<Arc<str>>),
    /// An argument of the node's selection that says the type and its key: asked for these types only.
    NodeId { argument: Arc<str>, of: Vec<Arc<str>>, parts: usize },
    /// Columns of the records above: the parent's for a feed, the node's own feeds' for a completion.
    Columns(KeyColumns),
}

#[derive(Debug, PartialEq, Eq)]
pub struct KeyColumns {
    /// The concrete type whose records have the key.
    pub on: TypeId,
    /// By slot of the node that holds the keys: a column a part.
    pub slots: Vec<Option<KeySlot>>,
    pub parts: usize,
    /// Through this crosswalk of the node that holds the keys (by position), to the numbers of this system.
    pub through: Option<(usize, Arc<str>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySlot {
    /// The slot that is believed first has the lowest; the others count where it has no key.
    pub rank: usize,
    pub columns: Vec<u32>,
    /// The column holds this system's own number: the crosswalk leads back to the key.
    pub back: Option<(FetchId, Arc<str>)>,
}

/// A fetch of the crosswalk, and the key of the node's own records that it starts from.
#[derive(Debug)]
pub struct Translation {
    pub fetch: FetchId,
    pub keys: KeyColumns,
}

/// How an object is written: for each concrete type, what stands in it.
#[derive(Debug, Default)]
pub struct Objects {
    /// Column with the concrete type; without it there is one type.
    pub type_column: Option<u32>,
    pub variants: Vec<(TypeId, Vec<Out>)>,
    /// By variant: the columns with the key of its records; none for what has no key of its own.
    pub keys: Vec<Box<[u32]>>,
}

/// One member of a written object.
#[derive(Debug)]
pub struct Out {
    pub selection: SelectionId,
    /// The response key as JSON with its colon, after the brace or comma before it.
    pub head: Head,
    pub wrap: Wrap,
    pub value: OutValue,
    /// Where each record decides whether it is written.
    pub lane: Option<LaneId>,
}

/// A short text that is written often: in whole blocks, since a copy of a length known beforehand is no call.
#[derive(Debug)]
pub struct Head {
    first: [u8; Head::BLOCK],
    rest: Box<[[u8; Head::BLOCK]]>,
    len: usize,
}

#[derive(Debug)]
pub enum OutValue {
    /// The name of the concrete type, as JSON.
    Typename(Box<[u8]>),
    /// By selection, from the operation.
    Introspection,
    /// A column of the object's own, which nothing else could give.
    Column(u32),
    /// Candidates in order: the first that has a value.
    Leaf(Vec<At>),
    /// Objects within the record, candidates in order, and the node that they make up if links start from them.
    Embedded(Vec<(At, Objects)>, Option<NodeId>),
    Link(NodeId),
    /// What the gateway knows of the record itself.
    Provenance(Box<ProvenanceOut>),
    /// What sources say of the record that differs.
    Conflicts(Box<ConflictsOut>),
    /// The id of a node: the name of its type, and the columns with its key.
    NodeId(Arc<str>, Vec<u32>),
    /// A part of a connection whose records are at this node.
    Page(NodeId, PageOut),
    /// No source of this record has it.
    Absent,
    /// Not given, whatever the record: not fetched.
    Withheld(Outcome),
    /// There is nothing that may be known of: what a source has that says so.
    Nothing,
}

/// How a part of a connection is written.
#[derive(Debug)]
pub enum PageOut {
    Edges(Box<Objects>),
    Info(Box<Objects>),
    /// The records, by the number of a view.
    Nodes(usize),
    /// The record of an edge.
    Node(usize),
    Cursor,
    HasNext,
    HasPrevious,
    Start,
    End,
}

/// How `provenance` is written: the members asked for, and the bindings that the record came from.
#[derive(Debug)]
pub struct ProvenanceOut {
    /// The record stands in for one of a source that could not be asked.
    pub stands_in: bool,
    pub members: Vec<(Box<[u8]>, Member)>,
    pub of: Vec<Origins>,
    /// Names of the fields asked for, and where each may stand.
    /// Where each record decides whether its source is named, by what lane.
    pub fields: Vec<(Arc<str>, Vec<At>, Option<LaneId>)>,
}

/// A field of the type `Provenance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    Typename,
    Source,
    Agency,
    AsOf,
    RetrievedAt,
    Mode,
    Fields,
}

/// How `conflicts` is written: the parts of each that are asked for, and the fields that it is about.
#[derive(Debug)]
pub struct ConflictsOut {
    pub parts: Vec<(Box<[u8]>, ConflictPart)>,
    pub fields: Vec<Contested>,
}

/// A field that several sources know.
#[derive(Debug)]
pub struct Contested {
    pub field: FieldId,
    /// Where each record decides whether it is given, by what lane.
    pub lane: Option<LaneId>,
    /// It is selected beside, so that its value stands in the answer anyway.
    pub is_selected: bool,
    /// Where its value may stand.
    pub places: Vec<At>,
    /// Where each source says something of it, the one that is believed first before the others.
    pub claims: Vec<ClaimOut>,
}

#[derive(Debug)]
pub struct ClaimOut {
    pub at: At,
    pub of: Origins,
    /// The name of the field in a list, as JSON.
    pub fields: Box<[u8]>,
}

/// A field of the type `Conflict`.
#[derive(Debug)]
pub enum ConflictPart {
    Typename,
    Field,
    Rule,
    Claims(Vec<(Box<[u8]>, ClaimPart)>),
}

/// A field of the type `Claim`.
#[derive(Debug)]
pub enum ClaimPart {
    Typename,
    Value,
    Chosen,
    Provenance(Vec<(Box<[u8]>, Member)>),
}

/// One binding that speaks for some fields of a record.
#[derive(Debug)]
pub struct Origins {
    /// Slot of the node, for a completion.
    pub completion: Option<u32>,
    pub source: SourceId,
    pub as_of: Option<u32>,
}

/// A column of a record: the object's own, or one of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Slot of the node, for a completion.
    pub completion: Option<u32>,
    pub column: u32,
    /// Believed only where a candidate before it could not be asked.
    pub stands_in: bool,
}

impl Plan {
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        #[expect(clippy::indexing_slicing, reason = "ids are made by build and stay within their plan")]
        &self.nodes[id.index()]
    }

    #[must_use]
    pub fn fetch(&self, id: FetchId) -> &Arc<Fetch> {
        #[expect(clippy::indexing_slicing, reason = "ids are made by build and stay within their plan")]
        &self.fetches[id.index()]
    }
}

impl Slot {
    pub(super) fn empty() -> Self {
        Self {
            fetch: None,
            keys: KeysOf::None,
            stands_in: false,
            spared: Vec::new(),
            claims: false,
            alone: None,
            objects: Objects::default(),
        }
    }
}

impl At {
    /// A column of the object's own record.
    #[must_use]
    pub const fn own(column: u32) -> Self {
        Self { completion: None, column, stands_in: false }
    }
}

impl Objects {
    /// The number of the variant of a concrete type.
    #[must_use]
    #[inline]
    pub fn variant(&self, concrete: TypeId) -> Option<usize> {
        self.variants.iter().position(|(id, _)| *id == concrete)
    }
}

impl Head {
    const BLOCK: usize = 16;

    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let block = |piece: &[u8]| {
            let mut block = [0; Self::BLOCK];
            block.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
            block
        };
        let quoted = [text, b"\""].concat();
        let (first, rest) = quoted.split_at(quoted.len().min(Self::BLOCK));
        Self { first: block(first), rest: rest.chunks(Self::BLOCK).map(block).collect(), len: text.len() }
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        self.until(self.len, out);
    }

    /// Writes it, and the quote that begins a string.
    #[inline]
    pub fn write_quoted(&self, out: &mut Vec<u8>) {
        self.until(self.len + 1, out);
    }

    #[inline]
    fn until(&self, len: usize, out: &mut Vec<u8>) {
        let end = out.len() + len;
        out.extend_from_slice(&self.first);
        self.rest.iter().for_each(|block| out.extend_from_slice(block));
        out.truncate(end);
    }
}

impl KeyColumns {
    /// Whether the keys stand in the records that hold them; not in what a crosswalk leads back to.
    #[must_use]
    pub fn is_of_records(&self) -> bool {
        self.slots.iter().flatten().all(|slot| slot.back.is_none())
    }
}

impl Node {
    #[must_use]
    pub fn slot(&self, slot: usize) -> Option<&Slot> {
        self.slots.get(slot)
    }
}
