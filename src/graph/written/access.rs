//! Access: `[entity.TYPE.by.NAME]` and `[entity.TYPE.find.FIELD]`, the keys that each kind of source knows.

use super::block::{Block, integer};
use super::{Access, Argument, NextPage, Text};
use crate::graph::binding::{Compare, SourceKind};
use crate::graph::problem::{Place, Problem};
use serde_json::Value;
use toml::Spanned;
use toml::de::DeValue;

pub(super) fn by(name: Text, block: &Block<'_>, kind: SourceKind) -> Access {
    let mut access = Access::nothing(name);
    access.many = block.flag("many");
    access.crosswalk = block.text("crosswalk");
    access.keys_max = block.number("keys_max");
    access.arguments = arguments(block, kind);
    access.when = when(block);
    match kind {
        SourceKind::Rest => {
            rest(block, &mut access);
            access.matches = block.texts("match");
            access.keys_as = block.texts("keys_as");
        }
        SourceKind::Sql => {
            access.columns = block.texts("columns");
            sql(block, &mut access);
        }
        SourceKind::Graphql | SourceKind::Native => {
            graphql(block, &mut access);
            access.keys = block.text("keys");
            access.keys_type = block.text("keys_type");
            access.key = block.texts("key");
            access.key_type = block.texts("key_type");
            access.matches = block.texts("match");
        }
        SourceKind::File => access.matches = block.texts("match"),
        SourceKind::Subgraph => {}
    }
    block.done();
    access
}

pub(super) fn find(name: Text, block: &Block<'_>, kind: SourceKind) -> Access {
    let mut access = Access::nothing(name);
    access.limit_max = block.number("limit_max");
    access.when = when(block);
    match kind {
        SourceKind::Rest => {
            access.arguments = arguments(block, kind);
            rest(block, &mut access);
        }
        SourceKind::Sql => {
            access.arguments = arguments(block, kind);
            sql(block, &mut access);
            access.limit = block.text("limit");
        }
        SourceKind::Graphql | SourceKind::Native | SourceKind::Subgraph => {
            access.arguments = arguments(block, kind);
            graphql(block, &mut access);
            if kind == SourceKind::Native {
                access.limit = block.text("limit");
            }
        }
        SourceKind::File => {}
    }
    block.done();
    access
}

fn rest(block: &Block<'_>, access: &mut Access) {
    access.get = block.text("get");
    access.post = block.text("post");
    access.body = block.take("body").map(|value| (json(value), block.key_place("body")));
    access.join = block.text("join");
    access.records = block.text("records");
    access.record = block.text("record");
    access.absent = block.take("absent").map(|value| statuses(block, value)).unwrap_or_default();
    access.repeated = block.texts("repeated");
    access.pages = block.table("pages").and_then(|block| pages(&block));
    if access.get.is_some() == access.post.is_some() {
        let problem = Problem::error(&block.place, "either `get` or `post` must say what to call");
        block.push(problem.with_hint("`get = \"/bookings?numbers={keys}\"`"));
    }
    if let (Some(_), None, Some((_, place))) = (&access.get, &access.post, &access.body) {
        block.push(Problem::error(place, "only a `post` has a body"));
    }
}

fn pages(block: &Block<'_>) -> Option<NextPage> {
    let (next, to, max) = (block.needed("next"), block.needed("as"), block.number("max"));
    block.done();
    Some(NextPage { next: next?, to: to?, max: max.map(|(number, _)| number) })
}

fn sql(block: &Block<'_>, access: &mut Access) {
    access.table = block.text("table");
    access.order = block.texts("order");
    for column in access.columns.iter().chain(&access.order).chain(access.arguments.iter().map(|argument| &argument.to))
    {
        block.column(column);
    }
    if let Some(table) = &access.table {
        self::table(block, table);
    }
}

/// A table's name may have its schema before it.
pub(super) fn table(block: &Block<'_>, name: &Text) {
    for part in name.value.split('.') {
        block.column(&Text { value: part.into(), place: name.place.clone() });
    }
}

fn graphql(block: &Block<'_>, access: &mut Access) {
    access.field = block.text("field");
    access.records = block.text("records");
    access.record = block.text("record");
}

fn arguments(block: &Block<'_>, kind: SourceKind) -> Vec<Argument> {
    let Some(args) = block.table("args") else { return Vec::new() };
    let mut arguments = Vec::new();
    for (name, value) in args.entries() {
        let place = Place::new(&block.reader.file, value.span());
        let to = match value.get_ref() {
            DeValue::String(text) => Some((Text { value: (&**text).into(), place }, Compare::Is, None, None)),
            DeValue::Table(_) if kind == SourceKind::Sql => {
                args.nested(name.place.clone(), value, &name.value).and_then(|column| {
                    let to = column.needed("column");
                    let compare = compare(&column);
                    let of = column.text("of");
                    let key = if of.is_some() { column.needed("key") } else { None };
                    for name in to.iter().chain(&key) {
                        column.column(name);
                    }
                    if let Some(of) = &of {
                        table(&column, of);
                    }
                    column.done();
                    Some((to?, compare, None, of.zip(key)))
                })
            }
            DeValue::Table(_) if matches!(kind, SourceKind::Graphql | SourceKind::Native) => {
                args.nested(name.place.clone(), value, &name.value).and_then(|argument| {
                    let to = argument.needed("argument");
                    let ty = argument.text("type");
                    argument.done();
                    Some((to?, Compare::Is, ty, None))
                })
            }
            _ => {
                block.push(Problem::error(&place, format!("`{}` must be text: what the source calls it", name.value)));
                None
            }
        };
        arguments.extend(to.map(|(to, compare, ty, of)| Argument { name, to, compare, ty, of }));
    }
    arguments
}

/// At most one of the words that say how.
fn compare(column: &Block<'_>) -> Compare {
    let words = [
        ("prefix", Compare::Prefix),
        ("any_case", Compare::AnyCase),
        ("at_least", Compare::AtLeast),
        ("at_most", Compare::AtMost),
    ];
    let said: Vec<_> = words.into_iter().filter(|(word, _)| column.flag(word)).collect();
    if let [(first, _), (second, _), ..] = said.as_slice() {
        let problem = Problem::error(&column.place, format!("`{first}` and `{second}` can't both be"));
        column.push(problem.with_hint("one of them says how the column compares with the argument"));
    }
    said.first().map_or(Compare::Is, |(_, compare)| *compare)
}

/// `when = { facility = "MT0560000" }`, or a list of texts.
fn when(block: &Block<'_>) -> Vec<(Text, Vec<Text>)> {
    let Some(when) = block.table("when") else { return Vec::new() };
    let texts = |(name, value): (Text, _)| {
        let values = when.texts_of(value, &name.value);
        (name, values)
    };
    when.entries().into_iter().map(texts).collect()
}

fn statuses(block: &Block<'_>, value: &Spanned<DeValue<'_>>) -> Vec<u16> {
    let status =
        |value: &DeValue<'_>| integer(value).and_then(|n| u16::try_from(n).ok()).filter(|n| (100..600).contains(n));
    let items = match value.get_ref() {
        DeValue::Array(items) => items.iter().map(|item| status(item.get_ref())).collect(),
        _ => None,
    };
    items.unwrap_or_else(|| {
        let place = Place::new(&block.reader.file, value.span());
        block.push(Problem::error(&place, "`absent` must be a list of HTTP statuses").with_hint("`absent = [404]`"));
        Vec::new()
    })
}

/// A body is JSON that happens to be written as TOML.
fn json(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::from(&**text),
        DeValue::Integer(_) => integer(value.get_ref()).map_or(Value::Null, Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(at) => Value::from(at.to_string()),
        DeValue::Array(items) => items.iter().map(json).collect(),
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            entries.into_iter().map(|(key, value)| (key.get_ref().to_string(), json(value))).collect()
        }
    }
}

impl Access {
    fn nothing(name: Text) -> Self {
        Self {
            name,
            many: false,
            crosswalk: None,
            arguments: Vec::new(),
            when: Vec::new(),
            keys_max: None,
            get: None,
            post: None,
            body: None,
            join: None,
            records: None,
            record: None,
            matches: Vec::new(),
            keys_as: Vec::new(),
            absent: Vec::new(),
            repeated: Vec::new(),
            pages: None,
            table: None,
            columns: Vec::new(),
            order: Vec::new(),
            limit: None,
            limit_max: None,
            field: None,
            keys: None,
            keys_type: None,
            key: Vec::new(),
            key_type: Vec::new(),
        }
    }
}
