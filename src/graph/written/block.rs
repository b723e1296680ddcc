//! Block: one table of a TOML file, read key by key.
//!
//! The keys that a reader asks for are the keys that the block may have; `done` reports all others. A value of the wrong
//! kind is reported where it stands and read as if it were left out.

use super::Text;
use crate::graph::problem::{File, Place, Problem, Problems, did_you_mean, nearest};
use std::cell::RefCell;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys that only some kinds of source know, and which.
const KEYS_OF_KINDS: [(&str, &str); 24] = [
    ("at", "`rest`, `graphql`, `subgraph`, `native` and `file`; `sql` says `column`"),
    ("column", "`sql`; other kinds say `at`"),
    ("columns", "`sql`"),
    ("order", "`sql`"),
    ("table", "`sql`"),
    ("limit", "`sql`"),
    ("migrations", "`sql`"),
    ("url", "`sql`; other kinds say `base_url`"),
    ("base_url", "`rest`, `graphql` and `subgraph`"),
    ("each", "`rest`, `graphql`, `subgraph`, `native` and `file`"),
    ("get", "`rest`"),
    ("post", "`rest`"),
    ("body", "`rest`"),
    ("join", "`rest`"),
    ("absent", "`rest`"),
    ("keys_as", "`rest`"),
    ("pages", "`rest`"),
    ("repeated", "`rest`"),
    ("field", "`graphql` and `native`"),
    ("keys", "`graphql` and `native`"),
    ("keys_type", "`graphql` and `native`"),
    ("key", "`graphql` and `native`"),
    ("key_type", "`graphql` and `native`"),
    ("path", "`file`"),
];

/// Keys of `[reach]`, which TOML lets stand at the top by mistake.
const REACH_KEYS: [&str; 8] =
    ["url", "base_url", "bearer", "headers", "timeout_ms", "concurrency_max", "migrations", "path"];

/// What is known about the keys of a kind of file.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// A hint for a key that does not belong where it stands; the second says whether that is the top of the file.
    pub misplaced: fn(&str, bool) -> Option<String>,
    /// Whether a line may hold a secret, and must not be shown.
    pub secret: fn(&str) -> bool,
}

/// Resolver files.
pub(super) const RESOLVER: Dialect = Dialect { misplaced, secret: super::reach::sounds_secret };

fn misplaced(key: &str, top: bool) -> Option<String> {
    if top && REACH_KEYS.contains(&key) {
        return Some(format!("`{key}` belongs into `[reach]`"));
    }
    let of_kind = KEYS_OF_KINDS.iter().find(|(name, _)| *name == key);
    of_kind.map(|(name, kinds)| format!("`{name}` is for sources of kind {kinds}"))
}

/// Where the mistakes of one file gather.
pub(crate) struct Reader {
    pub file: Arc<File>,
    dialect: Dialect,
    problems: RefCell<Problems>,
}

/// What `take` makes of a file, and everything that is wrong with it.
pub(crate) fn read<T>(reader: Reader, take: impl FnOnce(&Reader, &Block<'_>) -> T) -> (T, Problems) {
    let file = Arc::clone(&reader.file);
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors {
        let place = Place::new(&file, error.span().unwrap_or(0..0));
        let problem = Problem::error(&place, lower(error.message()));
        let secret = (reader.dialect.secret)(line(&file, place.span.start));
        reader.push(if secret { problem.hiding_its_line() } else { problem });
    }
    let broken = reader.count() > 0;
    let taken = take(&reader, &Block::root(&reader, table.get_ref()));
    let mut problems = reader.problems.into_inner();
    if broken {
        // What seems to be missing, or to stand nowhere, may be what could not be read.
        problems.0.retain(|problem| !problem.place.is_whole_file());
    }
    (taken, problems)
}

/// The line around a byte.
fn line(file: &File, at: usize) -> &str {
    let before = file.text.get(..at).unwrap_or(&file.text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    file.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

impl Reader {
    pub fn new(file: &Arc<File>, dialect: Dialect) -> Self {
        Self { file: Arc::clone(file), dialect, problems: RefCell::default() }
    }

    pub fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub fn count(&self) -> usize {
        self.problems.borrow().0.len()
    }

    fn place<T>(&self, at: &Spanned<T>) -> Place {
        Place::new(&self.file, at.span())
    }
}

/// A table and what has been asked of it.
pub(crate) struct Block<'a> {
    pub reader: &'a Reader,
    table: &'a DeTable<'a>,
    /// The block's name in its header, the whole file for the root.
    pub place: Place,
    asked: RefCell<Vec<&'static str>>,
    secret: bool,
}

impl<'a> Block<'a> {
    pub fn root(reader: &'a Reader, table: &'a DeTable<'a>) -> Self {
        Self::new(reader, table, Place::whole(&reader.file))
    }

    fn new(reader: &'a Reader, table: &'a DeTable<'a>, place: Place) -> Self {
        Self { reader, table, place, asked: RefCell::default(), secret: false }
    }

    /// No problem of this block shows its line.
    pub fn hiding_its_lines(self) -> Self {
        Self { secret: true, ..self }
    }

    pub fn push(&self, problem: Problem) {
        self.reader.push(if self.secret { problem.hiding_its_line() } else { problem });
    }

    /// Whether the key is there, well or ill said.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the key is not there, and none that looks like a slip of the keys for it either.
    pub fn lacks(&self, key: &str) -> bool {
        !self.has(key) && !self.table.keys().any(|other| nearest(other.get_ref(), [key]).is_some())
    }

    /// The key's value, and from now on the key is known.
    pub fn take(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    pub fn key_place(&self, key: &str) -> Place {
        self.table.get_key_value(key).map_or_else(|| self.place.clone(), |(key, _)| self.reader.place(key))
    }

    fn text_of(&self, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Text> {
        match value.get_ref() {
            DeValue::String(text) => Some(Text { value: Arc::from(&**text), place: self.reader.place(value) }),
            other => self.mismatch(value, what, "text", other),
        }
    }

    fn mismatch<T>(&self, at: &Spanned<DeValue<'_>>, what: &str, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        let found = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.push(Problem::error(&self.reader.place(at), format!("`{what}` must be {wanted}, not {found}")));
        None
    }
    pub fn text(&self, key: &'static str) -> Option<Text> {
        self.take(key).and_then(|value| self.text_of(value, key))
    }

    /// A text that the block can't do without.
    pub fn needed(&self, key: &'static str) -> Option<Text> {
        if self.lacks(key) {
            self.push(Problem::error(&self.place, format!("`{key}` is missing here")));
        }
        self.text(key)
    }

    pub fn flag(&self, key: &'static str) -> bool {
        let value = self.take(key);
        let flag = value.and_then(|value| match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.mismatch(value, key, "true or false", other),
        });
        flag.unwrap_or(false)
    }

    /// A whole number of at least 1.
    pub fn number(&self, key: &'static str) -> Option<(u32, Place)> {
        self.number_from(1, key)
    }

    /// A whole number, this or more.
    pub fn number_from(&self, least: u32, key: &'static str) -> Option<(u32, Place)> {
        let value = self.take(key)?;
        let number = integer(value.get_ref()).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            let message = format!("`{key}` must be a whole number, {least} or more");
            self.push(Problem::error(&self.reader.place(value), message));
        }
        Some((number?, self.reader.place(value)))
    }

    /// A list of texts, or one text for a list of one.
    pub fn texts(&self, key: &'static str) -> Vec<Text> {
        self.take(key).map(|value| self.texts_of(value, key)).unwrap_or_default()
    }

    pub fn texts_of(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Vec<Text> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.text_of(item, key)).collect(),
            DeValue::String(_) => self.text_of(value, key).into_iter().collect(),
            other => self.mismatch::<Text>(value, key, "text or a list of texts", other).into_iter().collect(),
        }
    }

    /// Whether the key is there with an empty list.
    pub fn is_empty_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::Array(items) if items.is_empty()))
    }

    pub fn table(&self, key: &'static str) -> Option<Block<'a>> {
        let value = self.take(key)?;
        self.nested(self.key_place(key), value, key)
    }

    /// All tables below a key, `[entity.A]` and `[entity.B]`, in the order of the file.
    pub fn tables(&self, key: &'static str) -> Vec<(Text, Block<'a>)> {
        let Some(block) = self.table(key) else { return Vec::new() };
        let read = |(name, value): (Text, &'a Spanned<DeValue<'a>>)| {
            let block = self.nested(name.place.clone(), value, &name.value)?;
            Some((name, block))
        };
        block.entries().into_iter().filter_map(read).collect()
    }

    /// The tables of a list, `[[issuer]]`, in the order of the file.
    pub fn list(&self, key: &'static str) -> Vec<Block<'a>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => {
                items.iter().filter_map(|item| self.nested(self.reader.place(item), item, key)).collect()
            }
            other => self.mismatch(value, key, "a list of tables", other).into_iter().collect(),
        }
    }

    /// Every key of the block with its value, in the order of the file.
    pub fn entries(&self) -> Vec<(Text, &'a Spanned<DeValue<'a>>)> {
        let text = |key: &Spanned<_>, name: &str| Text { value: Arc::from(name), place: self.reader.place(key) };
        let mut entries: Vec<_> = self.table.iter().map(|(key, value)| (text(key, key.get_ref()), value)).collect();
        entries.sort_by_key(|(name, _)| name.place.span.start);
        entries
    }

    pub fn nested(&self, place: Place, value: &'a Spanned<DeValue<'a>>, what: &str) -> Option<Block<'a>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self { secret: self.secret, ..Self::new(self.reader, table, place) }),
            other => self.mismatch(value, what, "a table", other),
        }
    }

    /// `{ CODE = "VALUE" }`
    pub fn pairs(&self, key: &'static str) -> Option<Vec<(Text, Text)>> {
        let block = self.table(key)?;
        let pair = |(name, value): (Text, _)| {
            let to = self.text_of(value, &name.value)?;
            Some((name, to))
        };
        Some(block.entries().into_iter().filter_map(pair).collect())
    }

    /// A name that may stand in SQL.
    pub fn column(&self, name: &Text) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let good = !name.value.is_empty() && !name.value.starts_with(|c: char| c.is_ascii_digit());
        if !good || !name.value.chars().all(plain) {
            let problem = Problem::error(&name.place, format!("`{}` is not the name of a column", name.value));
            self.push(problem.with_hint("letters, digits and `_`; for anything else, make a view"));
        }
    }

    /// Reports the keys that nobody asked for.
    pub fn done(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries().into_iter().filter(|(key, _)| !asked.iter().any(|known| **known == *key.value)) {
            let top = self.place == Place::whole(&self.reader.file);
            let hint = (self.reader.dialect.misplaced)(&key.value, top);
            let hint = hint.or_else(|| did_you_mean(&key.value, asked.iter().copied()));
            let known = || format!("known here: {}", asked.join(", "));
            let problem = Problem::error(&key.place, format!("unknown key `{}`", key.value));
            let problem = problem.with_hint(hint.unwrap_or_else(known));
            let secret = (self.reader.dialect.secret)(&key.value);
            self.push(if secret { problem.hiding_its_line() } else { problem });
        }
    }
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}
