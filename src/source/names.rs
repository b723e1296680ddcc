//! Names: whether a member comes twice in an object, in what is read and in what is not.
//!
//! Two parties that read such an object may believe different members, so none is believed. A name is kept as a hash while its object is
//! open: objects within others use one stack, and nothing is allocated for a value that nobody reads.

use foldhash::fast::RandomState;
use std::hash::BuildHasher;

/// The names seen of the objects that are open.
#[derive(Debug, Default)]
pub(super) struct Names {
    seen: Vec<u64>,
    hash: RandomState,
}

/// What is wrong with a text that nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A member comes twice.
    Twice,
    /// More levels than may be.
    Deep,
}

impl Names {
    /// Where the names of an object begin that opens now.
    pub(super) const fn open(&self) -> usize {
        self.seen.len()
    }

    pub(super) fn add(&mut self, name: &str) {
        self.seen.push(self.hash.hash_one(name));
    }

    /// The object that began here ends: whether each of its names came once.
    pub(super) fn close(&mut self, start: usize) -> bool {
        let names = self.seen.get_mut(start..).unwrap_or_default();
        names.sort_unstable();
        let once = names.windows(2).all(|pair| pair.first() != pair.last());
        self.seen.truncate(start);
        once
    }

    /// The same for all objects in a JSON text that nobody reads. The text must be JSON: nothing else is checked.
    pub(super) fn once(&mut self, json: &str, depth_max: usize) -> Result<(), Flaw> {
        if !json.starts_with(['{', '[']) {
            return Ok(());
        }
        let start = self.seen.len();
        let all = self.walk(json, depth_max);
        self.seen.truncate(start);
        all
    }

    fn walk(&mut self, json: &str, depth_max: usize) -> Result<(), Flaw> {
        // Where the names of each object begin that is open; `None` for a list.
        let mut open: Vec<Option<usize>> = Vec::new();
        // In an object a name comes after `{` and `,`.
        let mut is_name = false;
        let mut rest = json;
        while let Some(at) = rest.find(['{', '}', '[', ']', ',', '"']) {
            let (found, after) = rest.split_at(at).1.split_at(1);
            rest = after;
            match found {
                "{" | "[" if open.len() >= depth_max => return Err(Flaw::Deep),
                "{" => {
                    open.push(Some(self.seen.len()));
                    is_name = true;
                }
                "[" => {
                    open.push(None);
                    is_name = false;
                }
                "," => is_name = matches!(open.last(), Some(Some(_))),
                "\"" => {
                    let (text, after) = string(rest);
                    rest = after;
                    if std::mem::take(&mut is_name) {
                        self.add_written(text);
                    }
                }
                _ => {
                    if let Some(Some(start)) = open.pop()
                        && !self.close(start)
                    {
                        return Err(Flaw::Twice);
                    }
                    is_name = false;
                }
            }
        }
        Ok(())
    }

    /// A name as JSON writes it: `"a"` and `"\u0061"` are one.
    fn add_written(&mut self, text: &str) {
        let plain =
            (text.contains('\\')).then(|| serde_json::from_str::<String>(&format!("\"{text}\"")).ok()).flatten();
        self.add(plain.as_deref().unwrap_or(text));
    }
}

/// The inside of a string whose opening quote has been read, and what stands after it.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_once_in_its_object() {
        let check = |json: &str, once: bool| {
            let mut names = Names::default();
            names.add("around");
            assert_eq!(names.once(json, 4).is_ok(), once, "{json}");
            assert_eq!(names.open(), 1, "what was open before still is");
        };
        for json in [
            "1",
            r#""{\"a\":1,\"a\":2}""#,
            r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#,
            r#"{"a":"b","b":"a","c":["a","a"]}"#,
            r#"{"a":"\\","b":"\"a\"","around":1}"#,
            r#"[{},[],{"":1}]"#,
        ] {
            check(json, true);
        }
        for json in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"b":2, "a" :3}"#,
            r#"[1,{"x":{"a":[],"b":1,"a":{}}}]"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"":1,"":2}"#,
            r#"{"a":{"b":1},"a":1}"#,
        ] {
            check(json, false);
        }
    }

    #[test]
    fn levels_are_counted() {
        let of = |levels: usize, depth_max| {
            let text = format!("{}1{}", "[{\"a\":".repeat(levels), "}]".repeat(levels));
            Names::default().once(&text, depth_max)
        };
        assert_eq!(of(32, 64), Ok(()));
        assert_eq!(of(33, 64), Err(Flaw::Deep));
        assert_eq!(of(100_000, 64), Err(Flaw::Deep));
    }

    #[test]
    fn an_object_of_any_size() {
        let members = |last: &str| {
            let members: Vec<String> = (0..200_000).map(|n| format!("\"m{n}\":0")).collect();
            format!("{{{},\"{last}\":0}}", members.join(","))
        };
        assert_eq!(Names::default().once(&members("m200000"), 1), Ok(()));
        assert_eq!(Names::default().once(&members("m0"), 1), Err(Flaw::Twice));
    }
}
