//! Store: a database, SQLite or Postgres, the golden-record store first of all.
//!
//! One statement a fetch, whatever the number of keys; all keys in one bind; the same records from both databases. The
//! statement's text is written once a fetch. Every row says which key it answers, so nothing needs matching.

mod given;
mod postgres;
mod purge;
mod sqlite;
mod statement;

use self::postgres::{Ordinals, Postgres, Types};
use self::statement::{Statement, one_by_one, prefix};
use super::answer::Gathered;
use super::decode::{Bounds, Decoder};
use super::environment::{Environment, problem};
use super::guard::Deadline;
use super::{Answer, Call, Cut, Prepared, Reason};
use crate::graph::{AccessArgument, Compare, Convert, Crosswalk, Locator, Lookup, Problem, Source, value_at};
use crate::limits::Limits;
use crate::record::{Column, Layout, Part, Raw, Take, What};
use serde_json::{Map, Value};
use sqlx::migrate::Migrator;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    timeout: Duration,
    margin: Duration,
}

#[derive(Debug)]
enum Database {
    Sqlite(Box<sqlite::Pool>),
    Postgres(Postgres),
}

/// A value of a statement.
#[derive(Debug)]
pub(super) enum Bind {
    Text(String),
    Int(i64),
    Float(f64),
    Texts(Vec<String>),
    Ints(Vec<i64>),
}

/// Which rows of which table.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    pub(super) table: &'a Arc<str>,
    pub(super) keys: &'a [Arc<str>],
    pub(super) order: &'a [Arc<str>],
    pub(super) given: Vec<&'a AccessArgument>,
    /// The argument that says how many, and the most it may say.
    pub(super) limit: Option<&'a Arc<str>>,
    pub(super) limit_max: Option<u32>,
    pub(super) many: bool,
    /// The columns read, where they are not those of the fetch.
    pub(super) layout: Option<Layout>,
}

impl Store {
    pub(super) async fn open(
        source: &Source,
        environment: &Environment,
        limits: &Limits,
    ) -> Result<Self, Box<Problem>> {
        let Some(variable) = &source.reach.url else {
            return Err(Box::new(
                Problem::error(&source.place, format!("source `{}` has no `url`", source.name))
                    .with_hint("name a variable: url = \"env:NAME\""),
            ));
        };
        let url = environment.required(variable).map_err(Box::new)?;
        let opened = if url.starts_with("sqlite:") {
            sqlite::open(url, source).await.map(|pool| Database::Sqlite(Box::new(pool)))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Postgres::open(url, source).await.map(Database::Postgres)
        } else {
            Err("is no URL of a database that is known here".to_owned())
        };
        let timeout = Duration::from_millis(source.reach.timeout_ms.max(1));
        let margin = Duration::from_millis(limits.answer_margin_ms);
        opened.map(|database| Self { database, timeout, margin }).map_err(|message| {
            let hint = "for example sqlite:store.db, or postgres://localhost/store".to_owned();
            Box::new(problem(variable, format!("the value of `{}` {message}", variable.name), Some(hint)))
        })
    }

    pub(super) async fn fetch(&self, rows: Rows<'_>, call: &Call<'_>, mut raw: Raw, bounds: &Bounds) -> Answer {
        let keys = if call.keys.parts == 0 { 1 } else { call.keys.len() };
        let many = rows.many;
        raw.expect(keys);
        let deadline = Deadline::of_call(call.deadline, self.timeout, self.margin);
        let asked = deadline.within(self.ask(&rows, call, &mut raw, bounds, deadline)).await;
        match asked.unwrap_or(Err(Reason::Timeout)) {
            Ok(found) => {
                let mut gathered = Gathered::new(raw);
                gathered.found = found;
                gathered.calls = 1;
                gathered.answer(keys, many)
            }
            Err(reason) => {
                let empty = Raw { retrieved_at: raw.retrieved_at, ..Raw::empty(raw.layout, raw.source) };
                Answer { calls: 1, ..Answer::failed(empty, keys, &reason) }
            }
        }
    }

    /// What the database says of how it would answer, a line a step.
    pub(super) async fn explain(
        &self,
        rows: &Rows<'_>,
        call: &Call<'_>,
        bounds: &Bounds,
    ) -> Result<Vec<String>, Reason> {
        let layout = rows.layout.as_ref().unwrap_or(&call.fetch.layout);
        let until = Deadline::of_call(call.deadline, self.timeout, self.margin).at();
        match &self.database {
            Database::Sqlite(pool) => {
                let prepared = call.fetch.text.get_or_init(|| prepare(layout, rows, call.page, None));
                sqlite::explain(pool, &prepared.text, sqlite_binds(rows, call, bounds)?, until).await
            }
            Database::Postgres(postgres) => {
                let types = postgres.types(rows.table).await?;
                let prepared = call.fetch.text.get_or_init(|| prepare(layout, rows, call.page, Some(&types)));
                postgres.explain(&prepared.text, postgres_binds(rows, call, &types, bounds)?).await
            }
        }
    }

    async fn ask(
        &self,
        rows: &Rows<'_>,
        call: &Call<'_>,
        raw: &mut Raw,
        bounds: &Bounds,
        deadline: Deadline,
    ) -> Result<Vec<(u32, u32)>, Reason> {
        let layout = rows.layout.as_ref().unwrap_or(&call.fetch.layout);
        match &self.database {
            Database::Sqlite(pool) => {
                let own;
                let prepared = if after_null(call) {
                    own = prepare(layout, rows, call.page, None);
                    &own
                } else {
                    call.fetch.text.get_or_init(|| prepare(layout, rows, call.page, None))
                };
                let binds = sqlite_binds(rows, call, bounds)?;
                let answer = sqlite::run(pool, Arc::clone(&prepared.text), binds, deadline.at()).await?;
                if answer.len() > bounds.text_bytes_max {
                    return Err(Reason::Limit("bytes of an answer"));
                }
                let decoder = &prepared.decoder;
                let held = decoder.read(&answer, raw, bounds)?;
                let records = held.records.into_iter().flatten();
                Ok(records.filter_map(|at| Some((decoder.ordinal(raw, at)?, at))).collect())
            }
            Database::Postgres(postgres) => {
                let types = postgres.types(rows.table).await?;
                let own;
                let prepared = if after_null(call) {
                    own = prepare(layout, rows, call.page, Some(&types));
                    &own
                } else {
                    call.fetch.text.get_or_init(|| prepare(layout, rows, call.page, Some(&types)))
                };
                let binds = postgres_binds(rows, call, &types, bounds)?;
                let keys = types
                    .text_key(rows.keys)
                    .map(|_| call.keys.values.iter().map(|key| &**key).zip(0..).collect::<Ordinals<'_>>());
                let statement = (Arc::clone(&prepared.text), binds);
                postgres.run(statement, deadline, &prepared.decoder, raw, bounds, keys.as_ref()).await
            }
        }
    }
}

/// Whether the record before the page has no value in some column of the order: the statement's text depends on which.
fn after_null(call: &Call<'_>) -> bool {
    call.page.and_then(|page| page.after.as_ref()).is_some_and(|after| after.iter().any(Value::is_null))
}

/// `types` for Postgres.
fn prepare(layout: &Layout, rows: &Rows<'_>, page: Option<&Cut>, types: Option<&Types>) -> Prepared {
    let decoder = Decoder::rows(layout);
    let after = page.and_then(|page| page.after.as_ref());
    let after = after.map(|after| after.iter().map(Value::is_null).collect::<Vec<_>>());
    let statement = Statement {
        table: rows.table,
        columns: decoder.columns(),
        fractions: decoder.columns().iter().map(|column| is_fraction(layout, column)).collect(),
        keys: rows.keys,
        order: rows.order,
        given: &rows.given,
        after: after.as_deref(),
    };
    let text = types.map_or_else(|| statement.sqlite(), |types| statement.postgres(types));
    Prepared { text: text.into(), decoder }
}

/// Does any column of the layout read a fraction there?
fn is_fraction(layout: &Layout, name: &str) -> bool {
    layout.columns.iter().any(|column| match &column.take {
        Take::Value { convert, .. } => {
            *convert.bare() == Convert::Float && matches!(&column.at, Locator::Column(at) if **at == *name)
        }
        Take::Object(inner) | Take::Objects(inner) => is_fraction(inner, name),
        Take::Type(_) => false,
    })
}

fn sqlite_binds(rows: &Rows<'_>, call: &Call<'_>, bounds: &Bounds) -> Result<Vec<Bind>, Reason> {
    let mut binds = Vec::with_capacity(rows.given.len() + 2);
    if !rows.keys.is_empty() {
        // No text of a database holds a NUL: such a key is no key.
        let part = |part: &Part<'_>| if part.contains('\0') { Value::Null } else { Value::from(&**part) };
        let keys: Value = call
            .keys
            .iter()
            .map(|key| match key {
                [only] => part(only),
                parts => parts.iter().map(part).collect(),
            })
            .collect();
        binds.push(Bind::Text(keys.to_string()));
    }
    for argument in &rows.given {
        let values = values(call.arguments, argument);
        let one = || values.iter().map(text).next().unwrap_or_default();
        binds.push(Bind::Text(match argument.compare {
            Compare::Prefix => prefix(&one()),
            Compare::AtLeast | Compare::AtMost => one(),
            Compare::Is | Compare::AnyCase => Value::from(values).to_string(),
        }));
    }
    let after = call.page.and_then(|page| page.after.as_deref()).unwrap_or_default();
    binds.extend(one_by_one(after).into_iter().map(|value| match value {
        Value::String(text) => Bind::Text(text.clone()),
        Value::Bool(flag) => Bind::Int(i64::from(*flag)),
        value => value.as_i64().map_or_else(|| Bind::Float(value.as_f64().unwrap_or_default()), Bind::Int),
    }));
    binds.push(Bind::Int(limit(rows, call, bounds)?));
    Ok(binds)
}

fn postgres_binds(rows: &Rows<'_>, call: &Call<'_>, types: &Types, bounds: &Bounds) -> Result<Vec<Bind>, Reason> {
    let mut binds = Vec::with_capacity(rows.keys.len() + rows.given.len() + 2);
    if !rows.keys.is_empty() {
        let classes: Vec<_> = rows.keys.iter().map(|column| types.of(column)).collect();
        let can_be = |key: &[Part<'_>]| {
            key.iter().zip(&classes).all(|(part, class)| class.can_be(part) && class.is_written(part))
        };
        let keys: Vec<_> = (0_i64..).zip(call.keys.iter()).filter(|(_, key)| can_be(key)).collect();
        if types.text_key(rows.keys).is_none() {
            binds.push(Bind::Ints(keys.iter().map(|(index, _)| *index).collect()));
        }
        for part in 0..rows.keys.len() {
            let parts = keys.iter().map(|(_, key)| key.get(part).map(ToString::to_string).unwrap_or_default());
            binds.push(Bind::Texts(parts.collect()));
        }
    }
    for argument in &rows.given {
        let values = values(call.arguments, argument);
        let class = given::class(argument, types);
        binds.push(match argument.compare {
            Compare::Prefix => Bind::Text(prefix(&values.first().map(text).unwrap_or_default()).replace('\0', "")),
            // Without a text that can be a value there is no bound to keep, and no row.
            Compare::Is | Compare::AtLeast | Compare::AtMost => {
                let texts = values.iter().map(|value| class.argument(value));
                Bind::Texts(texts.filter(|text| class.can_be(text)).collect())
            }
            Compare::AnyCase => {
                let texts = values.iter().map(|value| text(value).to_ascii_lowercase());
                Bind::Texts(texts.filter(|text| !text.contains('\0')).collect())
            }
        });
    }
    let after = call.page.and_then(|page| page.after.as_deref()).unwrap_or_default();
    // What is null stands in the statement's text.
    binds.extend(after.iter().filter(|value| !value.is_null()).map(|value| Bind::Text(text(value))));
    binds.push(Bind::Int(limit(rows, call, bounds)?));
    Ok(binds)
}

/// The values of an argument: those of a list, or the one.
fn values(arguments: &Map<String, Value>, argument: &AccessArgument) -> Vec<Value> {
    match value_at(arguments, &argument.name) {
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One more than the bound where nobody says how many, so that too many are noticed.
fn limit(rows: &Rows<'_>, call: &Call<'_>, bounds: &Bounds) -> Result<i64, Reason> {
    let all = i64::try_from(bounds.records_max).unwrap_or(i64::MAX).saturating_add(1);
    if let Some(page) = call.page {
        return Ok(i64::try_from(page.first).unwrap_or(i64::MAX).saturating_add(1).min(all));
    }
    let arguments = call.arguments;
    let most = rows.limit_max.map_or(all, i64::from).min(all);
    let asked = rows.limit.and_then(|name| arguments.get(&**name)).and_then(Value::as_i64);
    match asked {
        Some(..0) => Err(Reason::Invalid("a negative limit".to_owned())),
        _ => Ok(asked.unwrap_or(most).min(most)),
    }
}

impl<'a> Rows<'a> {
    pub(super) fn of(lookup: &'a Lookup, given: Vec<&'a AccessArgument>, many: bool) -> Self {
        let given = given.into_iter().filter(|argument| lookup.limit.as_ref() != Some(&argument.name));
        let given = given::grouped(given.collect());
        Self {
            table: &lookup.table,
            keys: &lookup.columns,
            order: &lookup.order,
            given,
            limit: lookup.limit.as_ref(),
            limit_max: lookup.limit_max,
            many,
            layout: None,
        }
    }

    /// Rows of a crosswalk: `Match(0)` is the answer, `Match(1)` the system.
    pub(super) fn crosswalk(crosswalk: &'a Crosswalk, back: bool, layout: &Layout, system: &'a AccessArgument) -> Self {
        let (from, to) = if back { (&crosswalk.local, &crosswalk.key) } else { (&crosswalk.key, &crosswalk.local) };
        let convert = Arc::new(Convert::Text { from_number: true, trim: false });
        let column = |column: &Column| {
            let name = if column.what == What::Match(1) { &crosswalk.system } else { to };
            let take = Take::Value { convert: Arc::clone(&convert), list: false };
            Column { what: column.what, at: Locator::Column(Arc::clone(name)), take }
        };
        Self {
            table: &crosswalk.table,
            keys: std::slice::from_ref(from),
            order: std::slice::from_ref(to),
            given: vec![system],
            limit: None,
            limit_max: None,
            many: true,
            layout: Some(Layout { columns: layout.columns.iter().map(column).collect() }),
        }
    }
}

/// The migrations of a source for one kind of database, where it has some.
pub(super) async fn migrator(source: &Source, kind: &str) -> Result<Option<Migrator>, String> {
    let Some(folder) = &source.reach.migrations else { return Ok(None) };
    let folder = folder.join(kind);
    let read = Migrator::new(folder.as_path()).await;
    read.map(Some)
        .map_err(|error| format!("needs the migrations in `{}`, which can't be read: {error}", folder.display()))
}

/// A database's own message may hold values, so only its code is kept.
pub(super) fn reason(error: &sqlx::Error) -> Reason {
    match error {
        sqlx::Error::PoolTimedOut => Reason::Timeout,
        // Canceled by the server for its time; interrupted for it, by SQLite.
        sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("57014" | "9")) => Reason::Timeout,
        sqlx::Error::Database(error) => {
            Reason::Unavailable(format!("database error {}", error.code().unwrap_or_default()))
        }
        sqlx::Error::Io(error) => Reason::Unavailable(format!("no connection to the database: {}", error.kind())),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            Reason::Invalid("a column of another type".to_owned())
        }
        _ => Reason::Unavailable("the database can't be asked".to_owned()),
    }
}
