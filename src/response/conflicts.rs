//! Conflicts: what sources say of a field that differs, and who could not be asked.

use super::mark::Claimed;
use super::object::{Nulled, Object, Outcome, Writer};
use super::provenance::Entry;
use super::{leaf, path};
use crate::error::{Code, Error};
use crate::graph::{FieldId, Kind, Scalar};
use crate::plan::{ClaimOut, ClaimPart, ConflictPart, ConflictsOut, Contested, Out};
use crate::policy::{Disclosed, Outcome as Withheld};
use crate::record::Cell;

/// One value that a source has of a field.
#[derive(Clone, Copy)]
struct Claim<'a> {
    of: &'a ClaimOut,
    record: &'a Disclosed,
    /// The first cell of the record.
    at: u32,
    cell: Cell,
    is_chosen: bool,
    /// It is chosen since a source before it could not be asked.
    is_fallback: bool,
}

/// A field of which claims differ.
struct Disputed<'a> {
    contested: &'a Contested,
    claims: Vec<Claim<'a>>,
}

impl<'a> Writer<'a> {
    /// The list of conflicts of an object; null with an error where there are none as far as is known, and not all is.
    pub(super) fn conflicts(&mut self, object: Object<'a>, out: &'a Out, conflicts: &'a ConflictsOut) -> Outcome {
        if object.outcome(out.lane) != Withheld::Allow {
            return Err(Nulled);
        }
        let (mut disputed, mut errors) = (Vec::new(), Vec::new());
        for contested in &conflicts.fields {
            if let Some(lost) = object.lost(contested.lane) {
                let error = path::lost(self.graph, lost);
                self.told_of.insert(lost.source, error.code);
                add(&mut errors, error);
            }
            // What is not given is no conflict, and nobody is said to know it.
            if object.outcome(contested.lane) != Withheld::Allow {
                continue;
            }
            let claims = self.claims(object, contested, &mut errors);
            let of_type = &self.graph.type_of(self.graph.field(contested.field).ty.named).kind;
            let is_instant = matches!(of_type, Kind::Scalar(Scalar::DateTime));
            if claims.iter().skip(1).any(|claim| !claims.first().is_some_and(|first| first.agrees(claim, is_instant))) {
                disputed.push(Disputed { contested, claims });
            }
        }
        if disputed.is_empty() && !errors.is_empty() {
            return self.null_here(out, errors.into_iter().next());
        }
        // What is known to differ is shown; who could not be asked is said.
        for error in errors {
            self.fail(out, error);
        }
        self.out.push(b'[');
        for (n, disputed) in disputed.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.conflict(disputed, &conflicts.parts);
        }
        self.out.push(b']');
        Ok(())
    }

    /// What each source says of a field that says anything. Null says nothing; what can't be read, and who can't be asked, is an error.
    fn claims(&mut self, object: Object<'a>, contested: &'a Contested, errors: &mut Vec<Error>) -> Vec<Claim<'a>> {
        let believed = object.believed(contested.places.iter().copied());
        let chosen = believed.and_then(|(n, ..)| contested.places.get(n)).map(|at| at.completion);
        let is_fallback = object.speaker(&contested.places).is_some_and(|(_, fallback)| fallback);
        let mut claims: Vec<Claim<'a>> = Vec::new();
        for of in &contested.claims {
            if let Some(failure) = object.failure(of.at) {
                add(errors, path::failed(self.graph, failure));
            }
            for (record, at) in object.records_of(of.at.completion) {
                let cell = record.cell(at + of.at.column);
                if says_nothing(record, cell) {
                    continue;
                }
                if is_broken(record, cell) {
                    let error = Error {
                        source: Some(self.graph.source(of.of.source).name.clone()),
                        ..self.unread(contested.field)
                    };
                    self.told_of.insert(of.of.source, error.code);
                    add(errors, error);
                    continue;
                }
                let is_first = !claims.iter().any(|claim| claim.is_chosen);
                let is_chosen = is_first && chosen == Some(of.at.completion);
                claims.push(Claim { of, record, at, cell, is_chosen, is_fallback: is_chosen && is_fallback });
            }
        }
        claims
    }

    fn conflict(&mut self, disputed: &Disputed<'a>, parts: &'a [(Box<[u8]>, ConflictPart)]) {
        let field = self.graph.field(disputed.contested.field);
        self.out.push(b'{');
        for (n, (head, part)) in parts.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(head);
            match part {
                ConflictPart::Typename => self.out.extend_from_slice(b"\"Conflict\""),
                ConflictPart::Field => leaf::text(&mut self.out, &field.name),
                ConflictPart::Rule => leaf::text_or_null(&mut self.out, field.data.mode.name()),
                ConflictPart::Claims(parts) => {
                    self.out.push(b'[');
                    for (n, claim) in disputed.claims.iter().enumerate() {
                        if n > 0 {
                            self.out.push(b',');
                        }
                        self.claim(claim, parts);
                    }
                    self.out.push(b']');
                }
            }
        }
        self.out.push(b'}');
        let mark = self.mark;
        let told = disputed.claims.iter().filter(|claim| !(disputed.contested.is_selected && claim.is_own()));
        self.claimed.extend(told.map(|claim| Claimed {
            mark,
            source: claim.of.of.source,
            field: disputed.contested.field,
        }));
    }

    fn claim(&mut self, claim: &Claim<'a>, parts: &'a [(Box<[u8]>, ClaimPart)]) {
        self.out.push(b'{');
        for (n, (head, part)) in parts.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(head);
            match part {
                ClaimPart::Typename => self.out.extend_from_slice(b"\"Claim\""),
                ClaimPart::Value => self.claimed_value(claim),
                ClaimPart::Chosen => leaf::write(&mut self.out, claim.record, Cell::Bool(claim.is_chosen)),
                ClaimPart::Provenance(members) => {
                    let found = Some((claim.record, claim.at));
                    let entry = Entry { found, fields: &claim.of.fields, fallback: claim.is_fallback };
                    self.entry(members, &claim.of.of, &entry);
                }
            }
        }
        self.out.push(b'}');
    }

    fn claimed_value(&mut self, claim: &Claim<'a>) {
        let Cell::List(span) = claim.cell else { return leaf::write(&mut self.out, claim.record, claim.cell) };
        self.out.push(b'[');
        for (n, cell) in elements(claim.record, Cell::List(span)).into_iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            leaf::write(&mut self.out, claim.record, cell);
        }
        self.out.push(b']');
    }

    /// A source gave something of another type for a field that is compared.
    fn unread(&self, field: FieldId) -> Error {
        let message = format!("the source gave a value of another type for `{}`", self.graph.coordinate(field));
        Error::new(Code::SourceInvalid, message).hint("tell whoever keeps that source; its value can't be compared")
    }
}

impl Claim<'_> {
    /// Of the record itself, and not of one that completes it.
    const fn is_own(&self) -> bool {
        self.of.at.completion.is_none()
    }

    fn agrees(&self, other: &Self, is_instant: bool) -> bool {
        let (own, others) = (elements(self.record, self.cell), elements(other.record, other.cell));
        let is_in = |one: (&Disclosed, Cell), all: &[Cell], of: &Disclosed| {
            all.iter().any(|cell| same(one, (of, *cell), is_instant))
        };
        own.iter().all(|cell| is_in((self.record, *cell), &others, other.record))
            && others.iter().all(|cell| is_in((other.record, *cell), &own, self.record))
    }
}

/// Whether two values are the same, as their type has it.
fn same((record, cell): (&Disclosed, Cell), (of, other): (&Disclosed, Cell), is_instant: bool) -> bool {
    match (cell, other) {
        (Cell::Text(one), Cell::Text(other)) => {
            let (one, other) = (record.text(one), of.text(other));
            let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
            one == other || is_instant && instant(one).is_some_and(|one| Some(one) == instant(other))
        }
        (one, other) => one == other,
    }
}

/// The elements of a list that say something; a plain value as it is.
fn elements(record: &Disclosed, cell: Cell) -> Vec<Cell> {
    match cell {
        Cell::List(span) => {
            let all = (span.start..span.start + span.len).map(|n| record.cell(n));
            all.filter(|cell| *cell != Cell::Null).collect()
        }
        cell => vec![cell],
    }
}

/// Whether there is no value: null, or a list of nothing else. An empty list says that there is none.
fn says_nothing(record: &Disclosed, cell: Cell) -> bool {
    match cell {
        Cell::List(span) => span.len > 0 && elements(record, cell).is_empty(),
        cell => cell == Cell::Null,
    }
}

/// Whether a value, or an element of it, is none of the field's type.
fn is_broken(record: &Disclosed, cell: Cell) -> bool {
    match cell {
        Cell::Invalid => true,
        Cell::List(span) => (span.start..span.start + span.len).any(|n| record.cell(n) == Cell::Invalid),
        _ => false,
    }
}

/// One error a source says enough.
fn add(errors: &mut Vec<Error>, error: Error) {
    if !errors.iter().any(|known| (known.code, &known.source) == (error.code, &error.source)) {
        errors.push(error);
    }
}

impl<'a> Object<'a> {
    /// All records that a place may stand in: a source may have several under the numbers of one person.
    fn records_of(self, completion: Option<u32>) -> Vec<(&'a Disclosed, u32)> {
        let own = || self.record.map(|record| (record, self.at)).into_iter().collect();
        let Some(completion) = completion else { return own() };
        let Some(spot) = self.spot else { return Vec::new() };
        let Some(completed) = spot.level.completed(completion as usize) else { return Vec::new() };
        let Some(records) = &completed.records else { return Vec::new() };
        completed.all(spot.item).map(|at| (records, at)).collect()
    }
}
