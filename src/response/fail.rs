//! Fail: values that can't be given, as null, and what is said of them.

use super::object::{Nulled, Outcome, Writer};
use super::path::{self, Place};
use crate::error::{Code, Error};
use crate::graph::SourceId;
use crate::plan::Out;
use crate::policy::Lost;
use std::sync::Arc;

impl<'a> Writer<'a> {
    /// Null for a member whose key is not on the path.
    pub fn null(&mut self, out: &'a Out) -> Outcome {
        if out.wrap.required() {
            let error = self.must_not_be_null(out);
            return self.fail_member(out, error);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    /// Null where the path already says where; with an error if there is one, or if it must not be null.
    pub fn null_here(&mut self, out: &'a Out, error: Option<Error>) -> Outcome {
        match error {
            Some(error) => self.fail(out, error),
            None if out.wrap.required() => {
                let error = self.must_not_be_null(out);
                self.fail(out, error);
            }
            None => {}
        }
        Err(Nulled)
    }

    /// An error at a member whose key is not on the path: null, or what is around it.
    pub fn fail_member(&mut self, out: &'a Out, error: Error) -> Outcome {
        let depth = self.path.len();
        self.path.push(Place::Key(&self.selection(out.selection).key));
        self.fail(out, error);
        self.path.truncate(depth);
        let point = self.point();
        self.or_null(Err(Nulled), point, out.wrap.required())
    }

    /// Leaves an error at the place where the writer is; it is counted only, where as many as may be are there.
    pub fn fail(&mut self, out: &'a Out, mut error: Error) {
        self.errors_count += 1;
        if !matches!(error.code, Code::Forbidden | Code::ExistsElsewhere | Code::ConsentNeeded) {
            self.except(out, None);
        }
        if self.errors.len() >= self.errors_max {
            return;
        }
        error.path = path::steps(&self.path);
        error.locations.clone_from(&self.selection(out.selection).locations);
        self.errors.push(error);
    }

    pub fn coordinate(&self, out: &Out) -> String {
        match self.selection(out.selection).what {
            crate::operation::Selected::Field(field) => self.graph.coordinate(field),
            _ => String::from("__typename"),
        }
    }

    pub fn invalid(&self, out: &Out) -> Error {
        let message = format!("the source gave a value of another type for `{}`", self.coordinate(out));
        Error::new(Code::SourceInvalid, message).hint("tell whoever keeps that source; its value can't be shown")
    }

    /// A record of a type that the mapping does not know.
    pub fn untyped(&mut self, out: &'a Out, source: SourceId) -> Outcome {
        self.told_of.insert(source, Code::SourceInvalid);
        let source = self.graph.source(source);
        let message = format!("{} gave a record of no type that `{}` has", source.title, self.coordinate(out));
        let error = Error::new(Code::SourceInvalid, message);
        let hint = "tell whoever keeps that source; the record can't be shown";
        self.fail(out, Error { source: Some(Arc::clone(&source.name)), ..error.hint(hint) });
        Err(Nulled)
    }

    /// What a value is decided by could not be found out.
    pub(super) fn lost(&mut self, out: &'a Out, lost: Lost) -> Outcome {
        let error = path::lost(self.graph, lost);
        self.told_of.insert(lost.source, error.code);
        self.fail_member(out, error)
    }

    pub(super) fn must_not_be_null(&self, out: &Out) -> Error {
        let message = format!("`{}` must have a value, and the source gave none", self.coordinate(out));
        Error::new(Code::SourceInvalid, message)
            .hint("tell whoever keeps that source; what is around the value is null")
    }
}
