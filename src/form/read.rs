//! Read: a form's file as it stands, not yet held against the graph.

use super::{Agree, FieldKind, Pick};
use crate::graph::block::{self, Block as Table, Dialect, Reader};
use crate::graph::problem::{File, Problem, Problems, did_you_mean};
use crate::graph::{Place, Text};
use std::sync::Arc;

pub(super) struct Written {
    pub id: Text,
    pub title: Text,
    pub owner: Text,
    pub version: Text,
    pub purpose: Text,
    pub note: Option<Text>,
    pub zone: Option<Text>,
    pub unknown: Vec<Text>,
    /// The root field, and each name with the path that it stands for.
    pub targets: Vec<(Text, Vec<(Text, Text)>)>,
    pub blocks: Vec<Block>,
}

pub(super) struct Block {
    pub title: Text,
    pub note: Option<Text>,
    pub rows: Option<Text>,
    pub fields: Vec<Field>,
}

pub(super) struct Field {
    pub id: Text,
    pub label: Text,
    pub kind: FieldKind,
    pub required: bool,
    pub confirm: bool,
    pub typed: Option<Text>,
    pub path: Option<Text>,
    pub against: Vec<Text>,
    pub codes: Vec<(Text, Text)>,
    pub pick: Pick,
    pub by: Option<Text>,
    pub agree: Agree,
    pub place: Place,
}

const DIALECT: Dialect = Dialect { misplaced, secret: |_| false };

fn misplaced(key: &str, top: bool) -> Option<String> {
    let of_field =
        ["label", "path", "type", "codes", "typed", "confirm", "required", "pick", "by", "against"].contains(&key);
    (top && of_field).then(|| format!("`{key}` belongs under a `[[block.field]]`"))
}

/// `None` where something that it needs is missing; what, is then in the problems.
pub(super) fn read(file: &Arc<File>) -> (Option<Written>, Problems) {
    block::read(Reader::new(file, DIALECT), |_, root| {
        let names = ["id", "title", "owner", "version", "purpose"].map(|key| root.needed(key));
        let (note, zone, unknown) = (root.text("note"), root.text("zone"), root.texts("unknown"));
        let targets = root.tables("for").into_iter().map(|(name, table)| (name, anchors(&table))).collect::<Vec<_>>();
        if targets.is_empty() && root.lacks("for") {
            let problem = Problem::error(&root.place, "the form does not say what it can be filled for");
            root.push(problem.with_hint("write `[for.person]` with `person = \"person\"` below it"));
        }
        let blocks: Vec<Block> = root.list("block").iter().filter_map(block_of).collect();
        if blocks.is_empty() && root.lacks("block") {
            let problem = Problem::error(&root.place, "the form has no fields");
            root.push(problem.with_hint("write `[[block]]` with `[[block.field]]` below it"));
        }
        root.done();
        let [id, title, owner, version, purpose] = names;
        Some(Written {
            id: id?,
            title: title?,
            owner: owner?,
            version: version?,
            purpose: purpose?,
            note,
            zone,
            unknown,
            targets,
            blocks,
        })
    })
}

fn anchors(table: &Table<'_>) -> Vec<(Text, Text)> {
    let all = table.entries().into_iter().filter_map(|(name, value)| {
        let path = table.texts_of(value, &name.value).into_iter().next()?;
        Some((name, path))
    });
    all.collect()
}

fn block_of(table: &Table<'_>) -> Option<Block> {
    let (title, note, rows) = (table.needed("title"), table.text("note"), table.text("rows"));
    let fields: Vec<Field> = table.list("field").iter().filter_map(field).collect();
    table.done();
    Some(Block { title: title?, note, rows, fields })
}

fn field(table: &Table<'_>) -> Option<Field> {
    let (id, label) = (table.needed("id"), table.needed("label"));
    let kinds = FieldKind::ALL.map(|kind| (kind.name(), kind));
    let kind = one_of(table, "type", &kinds).unwrap_or(FieldKind::Text);
    let (required, confirm) = (table.flag("required"), table.flag("confirm"));
    let (typed, path, against) = (table.text("typed"), table.text("path"), table.texts("against"));
    let codes = table.pairs("codes").unwrap_or_default();
    let pick = one_of(table, "pick", &[("all", Pick::All), ("first", Pick::First), ("last", Pick::Last)]);
    let by = table.text("by");
    let agree = one_of(table, "agree", &[("same", Agree::Same), ("year", Agree::Year)]);
    table.done();
    Some(Field {
        id: id?,
        label: label?,
        kind,
        required,
        confirm,
        typed,
        path,
        against,
        codes,
        pick: pick.unwrap_or_default(),
        by,
        agree: agree.unwrap_or_default(),
        place: table.place.clone(),
    })
}

fn one_of<T: Copy>(table: &Table<'_>, key: &'static str, all: &[(&'static str, T)]) -> Option<T> {
    let text = table.text(key)?;
    let found = all.iter().find(|(name, _)| **name == *text.value).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let hint = did_you_mean(&text.value, names.iter().copied());
        let problem = Problem::error(&text.place, format!("`{key}` can't be `{}`", text.value));
        table.push(problem.with_hint(hint.unwrap_or_else(|| format!("one of {}", names.join(", ")))));
    }
    found
}
