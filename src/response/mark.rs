//! Mark: which objects stand in what is written so far. Where bytes are taken back, so are the marks after them.

use super::object::{Object, Writer};
use crate::graph::{FieldId, SourceId};
use crate::operation::SelectionId;
use crate::plan::{Objects, Out};
use crate::policy::Outcome as Withheld;

/// An object that was written, and how.
#[derive(Clone, Copy)]
pub struct Mark<'a> {
    pub object: Object<'a>,
    pub objects: &'a Objects,
    /// Of `objects`.
    pub variant: usize,
    /// The number of the one that it stands in; its own for the first.
    pub around: u32,
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
