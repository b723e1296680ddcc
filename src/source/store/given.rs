//! Given: what the arguments of a fetch ask of its rows, as conditions of a statement.
//!
//! Values are bound, in the order of the arguments. Arguments about rows that refer to the record stand next to each other, and speak
//! of one row.

use super::postgres::{Class, Types};
use super::statement::{quoted, table};
use crate::graph::{AccessArgument, Compare, Referrer};
use std::fmt::Write;

/// Those of the same referring rows next to each other.
pub(super) fn grouped(mut given: Vec<&AccessArgument>) -> Vec<&AccessArgument> {
    let mut order: Vec<Option<&Referrer>> = Vec::new();
    for argument in &given {
        if !order.contains(&argument.of.as_ref()) {
            order.push(argument.of.as_ref());
        }
    }
    given.sort_by_key(|argument| order.iter().position(|known| *known == argument.of.as_ref()));
    given
}

pub(super) fn sqlite(text: &mut String, and: &mut &str, given: &[&AccessArgument]) {
    each(text, and, given, |text, argument, column| {
        let _ = match argument.compare {
            Compare::Is => write!(text, "{column} IN (SELECT value FROM json_each(?))"),
            Compare::AnyCase => write!(text, "{column} COLLATE NOCASE IN (SELECT value FROM json_each(?))"),
            Compare::Prefix => write!(text, "{column} LIKE ? ESCAPE '\\'"),
            Compare::AtLeast => write!(text, "{column} >= ?"),
            Compare::AtMost => write!(text, "{column} <= ?"),
        };
    });
}

/// `bound` values stand before these; gives how many there are after them.
pub(super) fn postgres(
    text: &mut String,
    and: &mut &str,
    given: &[&AccessArgument],
    types: &Types,
    mut bound: usize,
) -> usize {
    each(text, and, given, |text, argument, column| {
        bound += 1;
        let class = class(argument, types);
        let (cast, compared) = (class.cast(), class.compared(column));
        let _ = match argument.compare {
            Compare::Is => {
                let list = if cast.is_empty() { String::new() } else { format!("{cast}[]") };
                write!(text, "{compared} = ANY(${bound}::text[]{list})")
            }
            Compare::AnyCase => write!(text, "lower({column}::text COLLATE \"C\") = ANY(${bound}::text[])"),
            Compare::Prefix => {
                write!(text, "lower({column}::text COLLATE \"C\") LIKE lower(${bound}::text COLLATE \"C\") ESCAPE '\\'")
            }
            Compare::AtLeast | Compare::AtMost => {
                let sign = if argument.compare == Compare::AtLeast { ">=" } else { "<=" };
                let bytes = if cast.is_empty() { " COLLATE \"C\"" } else { "" };
                // The first of the list, null where there is none.
                write!(text, "{compared}{bytes} {sign} (${bound}::text[])[1]{cast}")
            }
        };
    });
    bound
}

/// What the column is; of a row that refers to the record, text.
pub(super) fn class(argument: &AccessArgument, types: &Types) -> Class {
    if argument.of.is_some() { Class::Other } else { types.of(&argument.to) }
}

fn each(
    text: &mut String,
    and: &mut &str,
    given: &[&AccessArgument],
    mut condition: impl FnMut(&mut String, &AccessArgument, &str),
) {
    for group in given.chunk_by(|a, b| a.of.is_some() && a.of == b.of) {
        text.push_str(and);
        *and = " AND ";
        let of = group.first().and_then(|first| first.of.as_ref());
        let alias = if of.is_some() { "r" } else { "t" };
        if let Some(Referrer { table: name, key, own }) = of {
            let (own, key) = (quoted(own), quoted(key));
            let _ = write!(text, "t.{own} IN (SELECT r.{key} FROM {} AS r WHERE ", table(name));
        }
        for (n, argument) in group.iter().enumerate() {
            if n > 0 {
                text.push_str(" AND ");
            }
            condition(text, argument, &format!("{alias}.{}", quoted(&argument.to)));
        }
        if of.is_some() {
            text.push(')');
        }
    }
}
