//! Statement: the SQL of a fetch, for SQLite and for Postgres.
//!
//! One statement whatever the number of keys, so its text depends on the fetch alone. The ordinal of its key comes back
//! first in every row. Values are always bound; names come from the mapping and are quoted. Both databases give the same
//! rows in the same order: nulls first, text by its bytes, prefixes without regard to case in ASCII.

use super::given;
use super::postgres::Types;
use crate::graph::AccessArgument;
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;

/// What a statement says, apart from values.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) table: &'a str,
    /// Columns selected after the ordinal.
    pub(super) columns: &'a [Arc<str>],
    /// Those of them that hold fractions.
    pub(super) fractions: Vec<bool>,
    /// Columns of the key, part by part; empty for a search.
    pub(super) keys: &'a [Arc<str>],
    pub(super) order: &'a [Arc<str>],
    /// Arguments that are given.
    pub(super) given: &'a [&'a AccessArgument],
    /// Only rows after a record, in this order: which of its values in the order's columns are null.
    pub(super) after: Option<&'a [bool]>,
}

/// The most rows that a statement gives is its last value.
impl Statement<'_> {
    /// Values: the keys as a JSON list, each argument (a JSON list, or a pattern), the limit. Gives one row with one
    /// JSON list of rows: few rows through the driver are fast ones.
    pub(super) fn sqlite(&self) -> String {
        let mut text = String::from("SELECT json_group_array(json_array(o");
        for index in 0..self.columns.len() {
            // SQLite writes 15 digits of a number into JSON. It takes 17 to tell it from any other.
            let fraction = self.fractions.get(index) == Some(&true);
            let exact = if fraction { format!(" WHEN 'real' THEN printf('%!.17g', c{index})") } else { String::new() };
            // JSON has no place for bytes: an object is no value of any column.
            let _ = write!(text, ", CASE typeof(c{index}) WHEN 'blob' THEN json('{{}}'){exact} ELSE c{index} END");
        }
        text.push_str(")) FROM (SELECT ");
        text.push_str(if self.keys.is_empty() { "0 AS o" } else { "k.key AS o" });
        for (index, column) in self.columns.iter().enumerate() {
            let column = quoted(column);
            let _ = write!(text, ", t.{column} AS c{index}");
        }
        text.push_str(" FROM ");
        if self.keys.is_empty() {
            let _ = write!(text, "{} AS t", table(self.table));
        } else {
            // CROSS JOIN: the keys lead, the table is looked up.
            let _ = write!(text, "json_each(?) AS k CROSS JOIN {} AS t", table(self.table));
        }
        let mut and = " WHERE ";
        for (part, column) in self.keys.iter().enumerate() {
            let key =
                if self.keys.len() == 1 { "k.value".to_owned() } else { format!("json_extract(k.value, '$[{part}]')") };
            let column = quoted(column);
            // `01` compares equal to 1, and is another key. The first comparison is the one that an index serves.
            let same = format!("(typeof(t.{column}) <> 'integer' OR CAST(t.{column} AS TEXT) = {key})");
            let _ = write!(text, "{and}t.{column} = {key} AND {same}");
            and = " AND ";
        }
        given::sqlite(&mut text, &mut and, self.given);
        if let Some(nulls) = self.after {
            let columns: Vec<String> = self.order.iter().map(|column| format!("t.{}", quoted(column))).collect();
            let _ = write!(text, "{and}{}", after(&columns, nulls, |_, _| "?".to_owned()));
        }
        let order = self.order.iter().map(|column| format!("t.{}", quoted(column)));
        text.push_str(&ordered(!self.keys.is_empty(), order));
        text.push_str(" LIMIT ?)");
        text
    }

    /// Values: the ordinals, each part of the keys, each argument (texts, or a pattern), the limit. Where rows say by text which
    /// key they answer, the texts stand for the ordinals.
    pub(super) fn postgres(&self, types: &Types) -> String {
        let key = types.text_key(self.keys);
        let mut text = match key {
            Some(key) => format!("SELECT t.{}::text", quoted(key)),
            None if self.keys.is_empty() => "SELECT 0::int8".to_owned(),
            None => "SELECT k.o".to_owned(),
        };
        for column in self.columns {
            let _ = write!(text, ", {}", types.of(column).selected(&format!("t.{}", quoted(column))));
        }
        let _ = write!(text, " FROM {} AS t", table(self.table));
        let mut bound = 0;
        let mut and = " WHERE ";
        if let Some(key) = key {
            // No join: the planner takes a short list to an index, however little it knows of the table.
            bound = 1;
            let _ = write!(text, "{and}t.{} = ANY($1::text[])", quoted(key));
            and = " AND ";
        } else if !self.keys.is_empty() {
            bound = self.keys.len() + 1;
            let parts: Vec<_> = (2..=bound).map(|at| format!("${at}::text[]")).collect();
            let names: Vec<_> = (0..self.keys.len()).map(|part| format!("k{part}")).collect();
            let _ = write!(text, " JOIN unnest($1::int8[], {}) AS k(o, {}) ON ", parts.join(", "), names.join(", "));
            let parts = self.keys.iter().enumerate().map(|(part, column)| {
                let column_type = types.of(column);
                format!("{} = k.k{part}{}", column_type.compared(&format!("t.{}", quoted(column))), column_type.cast())
            });
            text.push_str(&parts.collect::<Vec<_>>().join(" AND "));
        }
        bound = given::postgres(&mut text, &mut and, self.given, types, bound);
        if let Some(nulls) = self.after {
            let columns: Vec<String> = self.order.iter().map(|column| types.by_order(column)).collect();
            let value = |nth: usize, column: usize| {
                let class = self.order.get(column).map(|column| types.of(column)).unwrap_or_default();
                format!("${}::text{}", bound + nth, class.ordered_cast())
            };
            let _ = write!(text, "{and}{}", after(&columns, nulls, value));
            bound += nulls.iter().filter(|null| !**null).count();
        }
        // In the order of an index over the key and these columns, where there can be one.
        let lead = key.filter(|_| !self.order.is_empty()).into_iter();
        let lead = lead.filter(|key| self.order.iter().chain([*key]).all(|column| types.ordered(column)));
        let order = lead.chain(self.order).map(|column| {
            let nulls = if types.ordered(column) { "" } else { " NULLS FIRST" };
            format!("{}{nulls}", types.by_order(column))
        });
        text.push_str(&ordered(!self.keys.is_empty() && key.is_none(), order));
        let _ = write!(text, " LIMIT ${}", bound + 1);
        text
    }
}

/// Rows after a record: nulls come first, so a value that is there is after one that is not. `value` gives the text for the `nth` value
/// that is bound, from 1, and stands in this column of the order. Without nulls it is a comparison of rows, which an index serves.
fn after(columns: &[String], nulls: &[bool], value: impl Fn(usize, usize) -> String) -> String {
    let mut bound = 0;
    let mut values = Vec::with_capacity(nulls.len());
    for (column, null) in nulls.iter().enumerate() {
        values.push((!null).then(|| {
            bound += 1;
            value(bound, column)
        }));
    }
    if let Some(values) = values.iter().cloned().collect::<Option<Vec<_>>>() {
        return format!("({}) > ({})", columns.join(", "), values.join(", "));
    }
    let mut same: Vec<String> = Vec::new();
    let mut cases = Vec::with_capacity(columns.len());
    for (column, value) in columns.iter().zip(&values) {
        let (more, equal) = match value {
            Some(value) => (format!("{column} > {value}"), format!("{column} = {value}")),
            None => (format!("{column} IS NOT NULL"), format!("{column} IS NULL")),
        };
        cases.push(same.iter().cloned().chain([more]).collect::<Vec<_>>().join(" AND "));
        same.push(equal);
    }
    format!("({})", cases.join(" OR "))
}

/// The values that are bound where each place of [`after`] has one of its own.
pub(super) fn one_by_one(values: &[Value]) -> Vec<&Value> {
    if values.iter().any(Value::is_null) {
        let cases = (0..values.len()).flat_map(|case| values.iter().take(case + 1));
        return cases.filter(|value| !value.is_null()).collect();
    }
    values.iter().collect()
}

fn ordered(by_key: bool, order: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = by_key.then(|| "1".to_owned()).into_iter().chain(order).collect();
    if all.is_empty() { String::new() } else { format!(" ORDER BY {}", all.join(", ")) }
}

/// A name, and nothing else.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}

/// A table, perhaps with its schema before it.
pub(super) fn table(name: &str) -> String {
    name.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

/// A `LIKE` pattern for everything that begins so.
pub(super) fn prefix(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
