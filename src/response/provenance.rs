//! Provenance: where the record of an object came from, as the gateway knows it.

use super::leaf;
use super::object::{Object, Writer};
use crate::plan::{At, Member, Origins, Out, ProvenanceOut};
use crate::policy::{Disclosed, LaneId, Outcome};
use crate::record::Had;
use serde_json::Value;

impl<'a> Writer<'a> {
    pub(super) fn provenance(&mut self, object: Object<'a>, out: &'a Out, provenance: &'a ProvenanceOut) {
        let only = self.only(out);
        self.out.push(b'[');
        let mut first = true;
        for origins in &provenance.of {
            for fallback in [false, true] {
                let fields = Self::fields(object, provenance, origins, fallback);
                let wanted = match &only {
                    Some(only) => fields.iter().any(|field| only.contains(field)),
                    // The record itself came from somewhere, whatever is asked of it.
                    None => !fields.is_empty() || (origins.completion.is_none() && !fallback),
                };
                if wanted {
                    if !first {
                        self.out.push(b',');
                    }
                    first = false;
                    let fallback = fallback || provenance.stands_in && origins.completion.is_none();
                    let mut names = Vec::new();
                    // Writing to a `Vec` cannot fail.
                    _ = serde_json::to_writer(&mut names, &fields);
                    let found = object.record_of(origins.completion);
                    self.entry(&provenance.members, origins, &Entry { found, fields: &names, fallback });
                }
            }
        }
        self.out.push(b']');
    }

    /// The fields for which a source speaks, in its own right or as a fallback.
    fn fields(object: Object<'a>, provenance: &'a ProvenanceOut, origins: &Origins, fallback: bool) -> Vec<&'a str> {
        let alone = provenance.of.len() == 1;
        let speaks = |places: &[At]| {
            if alone {
                !fallback && !places.is_empty()
            } else {
                object.speaker(places) == Some((origins.completion, fallback))
            }
        };
        let given = |lane: &Option<LaneId>| object.outcome(*lane) == Outcome::Allow;
        let fields = provenance.fields.iter().filter(|(_, places, lane)| given(lane) && speaks(places));
        fields.map(|(name, ..)| &**name).collect()
    }

    pub(super) fn entry(&mut self, members: &[(Box<[u8]>, Member)], origins: &Origins, entry: &Entry<'_>) {
        self.out.push(b'{');
        for (n, (head, member)) in members.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(head);
            self.provenance_member(origins, *member, entry);
        }
        self.out.push(b'}');
    }

    /// The names in the argument `of`.
    fn only(&self, out: &Out) -> Option<Vec<&'a str>> {
        let arguments = self.arguments(out.selection)?;
        let Value::Array(names) = arguments.get("of")? else { return None };
        Some(names.iter().filter_map(Value::as_str).collect())
    }

    fn provenance_member(&mut self, origins: &Origins, member: Member, entry: &Entry<'_>) {
        let source = self.graph.source(origins.source);
        let found = entry.found;
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
                let at = found.and_then(|(record, at)| instant(record.had(at).1));
                leaf::text_or_null(&mut self.out, at.as_deref());
            }
            Member::Mode => {
                let had = found.map(|(record, at)| record.had(at).0).unwrap_or_default();
                let mode = match (entry.fallback, source.golden, had) {
                    (true, ..) => "FALLBACK",
                    (false, true, _) => "GOLDEN",
                    (false, false, Had::Asked) => "LIVE",
                    (false, false, Had::Kept) => "CACHED",
                    (false, false, Had::Stale) => "STALE",
                };
                leaf::text(&mut self.out, mode);
            }
            Member::Fields => self.out.extend_from_slice(entry.fields),
        }
    }
}

/// What one source is said to have given.
pub(super) struct Entry<'e> {
    /// Its record, and the first cell of that.
    pub found: Option<(&'e Disclosed, u32)>,
    /// The names of the fields, as JSON.
    pub fields: &'e [u8],
    /// Another source was to be asked first, and could not be.
    pub fallback: bool,
}

/// RFC 3339 in UTC, to the second.
fn instant(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}
