//! Entity: `[entity.TYPE]` with its fields.

use super::block::{Block, integer};
use super::{Entity, Fields, Freshness, Lasting, Mapping, Text, TypeOf, access};
use crate::graph::binding::{Constant, SourceKind};
use crate::graph::problem::{Place, Problem};
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeValue;

pub(super) fn read(on: Text, block: &Block<'_>, kind: SourceKind) -> Entity {
    let before = block.reader.count();
    let sql = kind == SourceKind::Sql;
    let table = if sql { block.text("table") } else { None };
    let extends = block.flag("extends");
    let same = block.texts("same");
    let as_of = block.take("as_of").and_then(|value| mapping(block, block.key_place("as_of"), value, kind));
    let type_of = type_of(block, kind);
    let fields = block.table("fields").map(|block| fields(&block, kind)).unwrap_or_default();
    let freshness = block.table("freshness").map(|block| freshness(&block));
    let on_concrete = on_concrete(block, kind);
    let by = block.tables("by").into_iter().map(|(name, block)| access::by(name, &block, kind)).collect();
    let find = block.tables("find").into_iter().map(|(name, block)| access::find(name, &block, kind)).collect();
    block.done();
    if let Some(table) = &table {
        access::table(block, table);
    }
    let broken = block.reader.count() > before;
    Entity { on, table, extends, same, as_of, type_of, fields, freshness, on_concrete, by, find, broken }
}

fn fields(block: &Block<'_>, kind: SourceKind) -> Fields {
    let read = |(name, value): (Text, _)| Some((name.clone(), mapping(block, name.place, value, kind)?));
    block.entries().into_iter().filter_map(read).collect()
}

/// `freshness = { ttl = 20, stale = 300, fields.state.ttl = 10 }`
fn freshness(block: &Block<'_>) -> Freshness {
    let whole = lasting(block);
    let of_fields = block.tables("fields").into_iter().map(|(name, block)| {
        let lasting = lasting(&block);
        block.done();
        (name, lasting)
    });
    let fields = of_fields.collect();
    block.done();
    Freshness { whole, fields }
}

fn lasting(block: &Block<'_>) -> Lasting {
    Lasting { ttl: block.count("ttl"), stale: block.count("stale") }
}

/// `on.CONCRETE.fields`
fn on_concrete(block: &Block<'_>, kind: SourceKind) -> Vec<(Text, Fields)> {
    let mut all = Vec::new();
    for (concrete, block) in block.tables("on") {
        let fields = block.table("fields").map(|block| fields(&block, kind)).unwrap_or_default();
        block.done();
        all.push((concrete, fields));
    }
    all
}

fn type_of(block: &Block<'_>, kind: SourceKind) -> Option<TypeOf> {
    let block = block.table("type")?;
    let at = block.needed(place_key(kind));
    let codes = block.pairs("codes");
    block.done();
    Some(TypeOf { at: at?, codes })
}

const fn speaks_graphql(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Graphql | SourceKind::Subgraph | SourceKind::Native)
}

const fn place_key(kind: SourceKind) -> &'static str {
    if matches!(kind, SourceKind::Sql) { "column" } else { "at" }
}

fn mapping<'a>(around: &Block<'a>, place: Place, value: &'a Spanned<DeValue<'a>>, kind: SourceKind) -> Option<Mapping> {
    if let DeValue::String(text) = value.get_ref() {
        let at = Text { value: Arc::from(&**text), place: Place::new(&around.reader.file, value.span()) };
        return Some(Mapping { at: vec![at], graphs_form: speaks_graphql(kind), ..Mapping::nothing(place) });
    }
    let DeValue::Table(_) = value.get_ref() else {
        let at = Place::new(&around.reader.file, value.span());
        let problem = Problem::error(&at, "a field is either text, where its value stands, or a table");
        around.push(problem.with_hint("`{ is = … }` for a value that is always the same"));
        return None;
    };
    let before = around.reader.count();
    let block = around.nested(place.clone(), value, "a field")?;
    let fields = block.table("fields").map(|block| fields(&block, kind));
    let mapping = Mapping {
        at: block.texts(place_key(kind)),
        is: block.take("is").and_then(|value| constant(&block, value)),
        date: block.text("date"),
        datetime: block.text("datetime"),
        zone: block.text("zone"),
        codes: block.pairs("codes"),
        other: block.text("other"),
        truth: block.texts("truth"),
        untrue: block.texts("untrue"),
        empty: block.texts("empty"),
        strip: block.texts("strip"),
        cents: block.flag("cents"),
        find: block.text("find"),
        text: block.flag("text"),
        trim: block.flag("trim"),
        crosswalk: block.text("crosswalk"),
        fields,
        on_concrete: on_concrete(&block, kind),
        each: if kind == SourceKind::Sql { false } else { block.flag("each") },
        type_of: type_of(&block, kind),
        graphs_form: speaks_graphql(kind),
        said: block.entries().into_iter().map(|(key, _)| key).collect(),
        place,
    };
    block.done();
    // Half a mapping would only be reported again for what it lacks.
    (around.reader.count() == before).then_some(mapping)
}

fn constant(block: &Block<'_>, value: &Spanned<DeValue<'_>>) -> Option<Constant> {
    match value.get_ref() {
        DeValue::String(text) => Some(Constant::Text(Arc::from(&**text))),
        DeValue::Boolean(flag) => Some(Constant::Bool(*flag)),
        other => {
            let number = integer(other).map(Constant::Int);
            if number.is_none() {
                let place = Place::new(&block.reader.file, value.span());
                block.push(Problem::error(&place, "`is` must be text, a whole number, or true or false"));
            }
            number
        }
    }
}

impl Mapping {
    pub fn nothing(place: Place) -> Self {
        Self {
            place,
            at: Vec::new(),
            is: None,
            date: None,
            datetime: None,
            zone: None,
            codes: None,
            other: None,
            truth: Vec::new(),
            untrue: Vec::new(),
            empty: Vec::new(),
            strip: Vec::new(),
            cents: false,
            find: None,
            text: false,
            trim: false,
            crosswalk: None,
            fields: None,
            on_concrete: Vec::new(),
            each: false,
            type_of: None,
            graphs_form: false,
            said: Vec::new(),
        }
    }
}
