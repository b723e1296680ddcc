//! Mark: which objects stand in what is written so far. Where bytes are taken back, so are the marks after them.

use super::object::{Object, Writer};
use crate::graph::{FieldId, SourceId};
use crate::operation::SelectionId;
use crate::plan::{Objects, Out};
use crate::policy::{Disclosed, Outcome as Withheld};

/// An object that was written, and how.
#[derive(Clone, Copy)]
pub struct Mark<'a> {
    pub record: Option<&'a Disclosed>,
    /// Its first cell.
    pub at: u32,
    /// A record of its own, and not within another.
    pub whole: bool,
    pub objects: &'a Objects,
    /// Of `objects`.
    pub variant: u32,
    /// The number of the one that it stands in; its own for the first.
    pub around: u32,
}

impl<'a> Mark<'a> {
    /// As it was written, but for where its links start.
    pub fn object(&self) -> Object<'a> {
        self.record.map_or(Object::bare(None), |record| Object::of(None, record, self.at, self.whole))
    }

    /// The columns with its key.
    pub fn key(&self) -> &'a [u32] {
        self.objects.keys.get(self.variant as usize).map_or(&[], |key| key)
    }

    /// Whether it is told of by itself, and not with the record around it. What is no record, as a page, is: something of it may be withheld.
    pub fn is_own(&self) -> bool {
        self.whole || self.record.is_none() || !self.key().is_empty()
    }
}

/// A member that may be had, and was not given.
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    /// Of which object, by the number of its mark.
    pub mark: u32,
    pub selection: SelectionId,
    /// By what the record itself says; `None` where it could not be given.
    pub withheld: Option<Withheld>,
}

/// A value that an answer says a source claims.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    /// Of which object, by the number of its mark.
    pub mark: u32,
    pub source: SourceId,
    pub field: FieldId,
}

/// How far the writer is: what is taken back goes back to here.
#[derive(Clone, Copy)]
pub struct Point {
    bytes: usize,
    marks: usize,
}

impl Writer<'_> {
    pub fn point(&self) -> Point {
        Point { bytes: self.out.len(), marks: self.marks.as_ref().map_or(0, Vec::len) }
    }

    /// Takes back what was written since, and that it was.
    pub fn take_back(&mut self, to: Point) {
        self.out.truncate(to.bytes);
        if let Some(marks) = &mut self.marks {
            marks.truncate(to.marks);
        }
        self.exceptions.retain(|exception| (exception.mark as usize) < to.marks);
        self.claimed.retain(|claimed| (claimed.mark as usize) < to.marks);
    }

    /// Notes that a member was not given though it may be had.
    pub fn except(&mut self, out: &Out, withheld: Option<Withheld>) {
        self.exceptions.push(Exception { mark: self.mark, selection: out.selection, withheld });
    }
}
