//! Bytes: what is asked, and what a source had for it, written so that another process reads the same.
//!
//! The form has no version of its own: whoever writes another one is another program, and the program is a part of what is asked.

use crate::graph::{Entry, TypeId};
use crate::record::{Cell, Layout, Raw, Span, Text, What, is_plain};
use crate::source::Identity;
use crate::source::cache::{Fields, Terms};
use crate::viewer::Viewer;
use std::sync::Arc;

/// Everything that the terms say, each part so that none can be taken for another. `origin`: who the source is, and what is in force for it.
pub(super) fn of_terms(terms: &Terms, origin: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    text(&mut out, concat!("headwaters ", env!("CARGO_PKG_VERSION"), " records 1"));
    blob(&mut out, origin);
    out.extend_from_slice(&terms.epochs.0.to_le_bytes());
    out.extend_from_slice(&terms.epochs.1.to_le_bytes());
    out.extend_from_slice(&terms.source.0.to_le_bytes());
    let (binding, entry) = terms.way;
    out.extend_from_slice(&binding.0.to_le_bytes());
    let (kind, number) = match entry {
        Entry::By(number) => (0, number),
        Entry::Find(number) => (1, number),
    };
    out.push(kind);
    out.extend_from_slice(&number.to_le_bytes());
    fields(&mut out, &terms.fields);
    text(&mut out, &terms.arguments);
    match &terms.identity {
        Identity::Service => out.push(0),
        Identity::OnBehalf(viewer) => {
            out.push(1);
            of_viewer(&mut out, viewer);
        }
    }
    out
}

/// Recursion is bounded by the depth of the layout.
fn fields(out: &mut Vec<u8>, of: &Fields) {
    size(out, of.columns().len());
    for (what, below) in of.columns() {
        let (kind, number, part) = match what {
            What::Field(field) => (0, field.0, 0),
            What::Part(field, part) => (1, field.0, *part),
            What::Match(part) => (2, 0, *part),
            What::Type => (3, 0, 0),
            What::AsOf => (4, 0, 0),
            What::Order(part) => (5, 0, *part),
        };
        out.push(kind);
        out.extend_from_slice(&number.to_le_bytes());
        out.push(part);
        out.push(u8::from(below.is_some()));
        if let Some(below) = below {
            fields(out, below);
        }
    }
}

fn of_viewer(out: &mut Vec<u8>, viewer: &Viewer) {
    // Every field by its name: one that is added must be added here.
    let Viewer {
        user,
        provider,
        agency,
        employer,
        kind,
        roles,
        division,
        bar,
        certifications,
        subject,
        token,
        purpose,
        reason,
        case_reference,
        on_behalf_of,
        emergency,
        asked_at,
    } = viewer;
    text(out, user);
    let maybe = [
        provider,
        agency,
        employer,
        kind,
        division,
        bar,
        subject,
        token,
        purpose,
        reason,
        case_reference,
        on_behalf_of,
        emergency,
    ];
    for maybe in maybe {
        out.push(u8::from(maybe.is_some()));
        text(out, maybe.as_deref().unwrap_or_default());
    }
    for list in [roles, certifications] {
        size(out, list.len());
        for one in list {
            text(out, one);
        }
    }
    out.extend_from_slice(&asked_at.to_le_bytes());
}

/// What a source had for one key, as it is written.
#[derive(Debug)]
pub(super) struct Had {
    pub raw: Raw,
    pub starts: Vec<u32>,
    /// Milliseconds since 1970 at which the source was asked.
    pub asked_at_ms: i64,
}

/// `terms` and `key` come first: whoever reads it compares them.
pub(super) fn of_records(terms: &[u8], key: &str, raw: &Raw, starts: &[u32], asked_at_ms: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(terms.len() + key.len() + raw.text.len() + raw.cells.len() * 9 + 64);
    blob(&mut out, terms);
    text(&mut out, key);
    out.extend_from_slice(&asked_at_ms.to_le_bytes());
    out.extend_from_slice(&raw.retrieved_at.to_le_bytes());
    size(&mut out, starts.len());
    for start in starts {
        out.extend_from_slice(&start.to_le_bytes());
    }
    size(&mut out, raw.cells.len());
    for cell in &raw.cells {
        of_cell(&mut out, *cell);
    }
    text(&mut out, &raw.text);
    out
}

fn of_cell(out: &mut Vec<u8>, cell: Cell) {
    let mut put = |kind: u8, parts: &[&[u8]]| {
        out.push(kind);
        for part in parts {
            out.extend_from_slice(part);
        }
    };
    match cell {
        Cell::Null => put(0, &[]),
        Cell::Bool(false) => put(1, &[]),
        Cell::Bool(true) => put(2, &[]),
        Cell::Int(number) => put(3, &[&number.to_le_bytes()]),
        Cell::Float(number) => put(4, &[&number.to_le_bytes()]),
        Cell::Text(text) => {
            put(if text.plain { 5 } else { 6 }, &[&text.start.to_le_bytes(), &text.len.to_le_bytes()]);
        }
        Cell::List(span) => put(7, &[&span.start.to_le_bytes(), &span.len.to_le_bytes()]),
        Cell::Object(at) => put(8, &[&at.to_le_bytes()]),
        Cell::Type(TypeId(id)) => put(9, &[&id.to_le_bytes()]),
        Cell::Invalid => put(10, &[]),
    }
}

/// What was written of this; `None` for anything else.
pub(super) fn read(content: &[u8], terms: &[u8], key: &str, empty: Raw) -> Option<Had> {
    let mut rest = Rest(content);
    if rest.blob()? != terms || rest.blob()? != key.as_bytes() {
        return None;
    }
    let asked_at_ms = i64::from_le_bytes(rest.array()?);
    let mut raw = Raw { retrieved_at: i64::from_le_bytes(rest.array()?), ..empty };
    // Each takes bytes that are there: nobody makes room for more.
    let starts: Vec<u32> = (0..rest.size()?).map(|_| rest.number()).collect::<Option<_>>()?;
    raw.cells = (0..rest.size()?).map(|_| rest.cell()).collect::<Option<_>>()?;
    std::str::from_utf8(rest.blob()?).ok()?.clone_into(&mut raw.text);
    (rest.0.is_empty() && is_whole(&raw, &raw.layout, &starts)).then_some(Had { raw, starts, asked_at_ms })
}

/// Whether everything lies where there is something.
fn is_whole(raw: &Raw, layout: &Arc<Layout>, starts: &[u32]) -> bool {
    let cells = raw.cells.len();
    let within = |start: u32, len: u32| (start as usize).checked_add(len as usize).is_some_and(|end| end <= cells);
    let whole = |cell: &Cell| match *cell {
        Cell::Text(text) => {
            let start = text.start as usize;
            let own = start.checked_add(text.len as usize).and_then(|end| raw.text.get(start..end));
            own.is_some_and(|own| !text.plain || is_plain(own))
        }
        Cell::List(Span { start, len }) => within(start, len),
        Cell::Object(at) => within(at, 0),
        _ => true,
    };
    starts.iter().all(|start| within(*start, layout.width())) && raw.cells.iter().all(whole)
}

fn size(out: &mut Vec<u8>, size: usize) {
    out.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
}

fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
    size(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn text(out: &mut Vec<u8>, text: &str) {
    blob(out, text.as_bytes());
}

/// What is not read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn size(&mut self) -> Option<usize> {
        let size = self.number()? as usize;
        (size <= self.0.len()).then_some(size)
    }

    fn blob(&mut self) -> Option<&'b [u8]> {
        let size = self.size()?;
        let (first, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(first)
    }

    fn cell(&mut self) -> Option<Cell> {
        let [kind] = self.array()?;
        Some(match kind {
            0 => Cell::Null,
            1 => Cell::Bool(false),
            2 => Cell::Bool(true),
            3 => Cell::Int(i64::from_le_bytes(self.array()?)),
            4 => Cell::Float(f64::from_le_bytes(self.array()?)),
            5 | 6 => Cell::Text(Text { start: self.number()?, len: self.number()?, plain: kind == 5 }),
            7 => Cell::List(Span { start: self.number()?, len: self.number()? }),
            8 => Cell::Object(self.number()?),
            9 => Cell::Type(TypeId(self.number()?)),
            10 => Cell::Invalid,
            _ => return None,
        })
    }
}
