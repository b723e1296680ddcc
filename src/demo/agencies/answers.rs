//! What the agencies' answers are made with: queries read strictly, pages, amounts as clerks write them.

use axum::http::StatusCode;
use serde_json::Value;

/// A query string: keys under one name, split at commas, and arguments of known names. Anything else is a mistake of the caller.
#[derive(Debug)]
pub struct Query {
    pub keys: Vec<String>,
    arguments: Vec<(String, String)>,
}

impl Query {
    /// `keys`: under which name, or `""` for none; then at least one has to be there.
    pub fn read(query: Option<&str>, keys: &str, keys_max: usize, arguments: &[&str]) -> Result<Self, StatusCode> {
        let mut read = Self { keys: Vec::new(), arguments: Vec::new() };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !keys.is_empty() && name == keys {
                read.keys.extend(value.split(',').map(str::to_owned));
            } else if arguments.contains(&&*name) {
                read.arguments.push((name.into_owned(), value.into_owned()));
            } else {
                return Err(StatusCode::BAD_REQUEST);
            }
        }
        if !keys.is_empty() && (read.keys.is_empty() || read.keys.len() > keys_max) {
            return Err(StatusCode::BAD_REQUEST);
        }
        Ok(read)
    }

    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A count from 1; no bound where it is not said.
    pub fn number(&self, name: &str) -> Result<usize, StatusCode> {
        let Some(text) = self.argument(name) else { return Ok(usize::MAX) };
        text.parse().ok().filter(|number| *number > 0).ok_or(StatusCode::BAD_REQUEST)
    }
}

/// `true` or `false` in a query string; anything else is a mistake of the caller.
pub fn flag(text: &str) -> Result<bool, StatusCode> {
    text.parse().map_err(|_| StatusCode::BAD_REQUEST)
}

/// So many records after one, and the mark to go on with where there are more. The records are in the order of their marks.
pub fn page<'a, T: 'a>(
    records: impl Iterator<Item = &'a T>,
    after: Option<&str>,
    limit: usize,
    mark: impl Fn(&T) -> &str,
) -> (Vec<&'a T>, Option<String>) {
    let mut rest = records.skip_while(|record| after.is_some_and(|after| mark(record) <= after)).peekable();
    let found: Vec<&T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().and(found.last()).map(|last| mark(last).to_owned());
    (found, next)
}

/// `5000.00`, or `$ 5,000.00 C/S`, as the clerk likes.
#[must_use]
pub fn money(dollars: i64, in_words: bool) -> String {
    if !in_words {
        return format!("{dollars}.00");
    }
    let (thousands, rest) = (dollars / 1000, dollars % 1000);
    if thousands > 0 { format!("$ {thousands},{rest:03}.00 C/S") } else { format!("$ {rest}.00 C/S") }
}

/// Adds the members of another object.
pub fn join(record: &mut Value, more: Value) {
    if let (Value::Object(record), Value::Object(more)) = (record, more) {
        record.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_clerks_write_them() {
        assert_eq!(money(5_000, false), "5000.00");
        assert_eq!(money(5_000, true), "$ 5,000.00 C/S");
        assert_eq!(money(25_050, true), "$ 25,050.00 C/S");
        assert_eq!(money(295, true), "$ 295.00 C/S");
    }

    #[test]
    fn pages_follow_each_other() {
        let all = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let of = |after: Option<&str>| {
            let (found, next) = page(all.iter(), after, 2, String::as_str);
            (found.into_iter().cloned().collect::<Vec<_>>(), next)
        };
        assert_eq!(of(None), (vec!["a".to_owned(), "b".to_owned()], Some("b".to_owned())));
        assert_eq!(of(Some("b")), (vec!["c".to_owned()], None));
        assert_eq!(of(Some("c")), (vec![], None));
    }
}
