//! Provenance: where the record of an object came from, as the gateway knows it.

use super::leaf;
use super::object::{Object, Writer};
use crate::plan::{Member, Origins, Out, ProvenanceOut};
use serde_json::Value;

impl<'a> Writer<'a> {
    pub(super) fn provenance(&mut self, object: Object<'a>, out: &'a Out, provenance: &'a ProvenanceOut) {
        let only = self.only(out);
        self.out.push(b'[');
        let mut first = true;
        for origins in &provenance.of {
            let wanted = only.as_ref().is_none_or(|only| origins.fields.iter().any(|field| only.contains(&&**field)));
            if !wanted || object.record_of(origins.completion).is_none() {
                continue;
            }
            if !first {
                self.out.push(b',');
            }
            first = false;
            self.out.push(b'{');
            for (n, (head, member)) in provenance.members.iter().enumerate() {
                if n > 0 {
                    self.out.push(b',');
                }
                self.out.extend_from_slice(head);
                self.provenance_member(object, origins, *member);
            }
            self.out.push(b'}');
        }
        self.out.push(b']');
    }

    /// The names in the argument `of`.
    fn only(&self, out: &Out) -> Option<Vec<&'a str>> {
        let arguments = self.arguments(out.selection)?;
        let Value::Array(names) = arguments.get("of")? else { return None };
        Some(names.iter().filter_map(Value::as_str).collect())
    }

    fn provenance_member(&mut self, object: Object<'a>, origins: &Origins, member: Member) {
        let source = self.graph.source(origins.source);
        let found = object.record_of(origins.completion);
        match member {
            Member::Typename => self.out.extend_from_slice(b"\"Provenance\""),
            Member::Source => leaf::text(&mut self.out, &source.name),
            Member::Agency => match &source.agency {
                Some(agency) => leaf::text(&mut self.out, agency),
                None => self.out.extend_from_slice(b"null"),
            },
            Member::AsOf => {
                let cell = found.zip(origins.as_of).map(|((record, at), column)| (record, record.cell(at + column)));
                match cell {
                    Some((record, cell)) => leaf::write(&mut self.out, record, cell),
                    None => leaf::text_or_null(&mut self.out, None),
                }
            }
            Member::RetrievedAt => {
                let at = found.and_then(|(record, _)| instant(record.retrieved_at()));
                leaf::text_or_null(&mut self.out, at.as_deref());
            }
            Member::Mode => {
                let mode = if source.golden { "GOLDEN" } else { "LIVE" };
                leaf::text(&mut self.out, mode);
            }
            Member::Fields => {
                let length = self.out.len();
                if serde_json::to_writer(&mut self.out, &Names(&origins.fields)).is_err() {
                    self.out.truncate(length);
                    self.out.extend_from_slice(b"null");
                }
            }
        }
    }
}

struct Names<'a>(&'a [std::sync::Arc<str>]);

impl serde::Serialize for Names<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|name| &**name))
    }
}

/// RFC 3339 in UTC, to the second.
fn instant(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}
