//! Postgres: statements run against a server, and what its columns are.
//!
//! Keys are text here and typed there. A text that can't be a value of the column's type matches nothing, and is not sent:
//! one hostile key must not fail the others.

use super::{Bind, Reason, migrator, reason};
use crate::graph::Source;
use crate::record::Raw;
use crate::source::convert::Scalar;
use crate::source::decode::{Bounds, Decoder};
use crate::source::guard::Deadline;
use foldhash::fast::RandomState;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde_json::Value;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column, Row, TypeInfo, ValueRef as _};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The columns of a table: name, type, whether equal is equal by bytes, and whether its own order is nulls first and by bytes.
/// A domain counts as what it is made of.
const TYPES: &str = "SELECT a.attname::text, coalesce(b.typname, y.typname)::text, coalesce(c.collisdeterministic, true), \
    coalesce(a.attnotnull AND (a.attcollation = 0 OR \
        CASE c.collprovider WHEN 'c' THEN c.collcollate \
            WHEN 'd' THEN CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') WHEN 'c' THEN d.datcollate END \
        END IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')), false) \
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = y.typbasetype \
    LEFT JOIN pg_collation c ON c.oid = a.attcollation JOIN pg_database d ON d.datname = current_database() \
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

#[derive(Debug)]
pub(super) struct Postgres {
    pub(super) pool: PgPool,
    /// For what must be known however many wait: what was purged.
    pub(super) apart: PgPool,
    timeout: Duration,
    tables: Mutex<HashMap<Arc<str>, Arc<Types>>>,
}

/// Of keys, by their text.
pub(super) type Ordinals<'a> = HashMap<&'a str, u32, RandomState>;

/// The columns of a table.
#[derive(Debug, Default)]
pub(super) struct Types(HashMap<String, Type>);

#[derive(Debug, Clone, Copy, Default)]
struct Type {
    class: Class,
    /// The database's own order, which an index may give, is nulls first and text by its bytes.
    ordered: bool,
}

/// What a column holds, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Class {
    Text,
    Bool,
    Int,
    /// 8 bytes.
    Float,
    Numeric,
    Uuid,
    Date,
    Instant,
    /// Without a time zone.
    Local,
    List,
    Bytes,
    #[default]
    Other,
}

impl Types {
    /// The key of one column whose text tells which key a row answers: equal texts, equal keys.
    pub(super) fn text_key<'k>(&self, keys: &'k [Arc<str>]) -> Option<&'k Arc<str>> {
        match keys {
            [key] if self.of(key) == Class::Text => Some(key),
            _ => None,
        }
    }

    pub(super) fn of(&self, column: &str) -> Class {
        self.0.get(column).map(|known| known.class).unwrap_or_default()
    }

    /// A column as rows are ordered by it: text by its bytes.
    pub(super) fn by_order(&self, column: &str) -> String {
        let by_bytes = if self.ordered(column) || self.of(column) != Class::Text { "" } else { " COLLATE \"C\"" };
        format!("t.{}{by_bytes}", super::statement::quoted(column))
    }

    pub(super) fn ordered(&self, column: &str) -> bool {
        self.0.get(column).is_some_and(|known| known.ordered)
    }
}

impl Class {
    fn named(name: &str) -> Self {
        match name {
            "text" | "varchar" | "bpchar" | "name" => Self::Text,
            "bool" => Self::Bool,
            "int2" | "int4" | "int8" => Self::Int,
            "float8" => Self::Float,
            "numeric" => Self::Numeric,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "timestamptz" => Self::Instant,
            "timestamp" => Self::Local,
            "bytea" => Self::Bytes,
            _ if name.starts_with('_') => Self::List,
            _ => Self::Other,
        }
    }

    /// The column as it is read: a number, `bool`, `date`, `timestamptz` or `text`.
    pub(super) fn selected(self, column: &str) -> String {
        match self {
            Self::Bool | Self::Int | Self::Float | Self::Date | Self::Instant => column.to_owned(),
            Self::Text | Self::Numeric | Self::Uuid | Self::Other => format!("{column}::text"),
            Self::Local => format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"),
            Self::List => format!("to_json({column})::text"),
            // No number, so that it is no value of any field.
            Self::Bytes => format!("CASE WHEN {column} IS NOT NULL THEN 'NaN'::float8 END"),
        }
    }

    /// The column as a key is compared with it.
    pub(super) fn compared(self, column: &str) -> String {
        match self {
            Self::Other | Self::List | Self::Bytes | Self::Local => format!("{column}::text"),
            _ => column.to_owned(),
        }
    }

    /// From the text of a key to the type of the column.
    pub(super) const fn cast(self) -> &'static str {
        match self {
            Self::Bool => "::bool",
            Self::Int => "::int8",
            Self::Float => "::float8",
            Self::Numeric => "::numeric",
            Self::Uuid => "::uuid",
            Self::Date => "::date",
            Self::Instant => "::timestamptz",
            Self::Text | Self::Other | Self::List | Self::Bytes | Self::Local => "",
        }
    }

    /// From the text of a value that was read to the type by which rows are ordered.
    pub(super) const fn ordered_cast(self) -> &'static str {
        match self {
            Self::Local => "::timestamp",
            class => class.cast(),
        }
    }

    /// Whether the text can be cast.
    pub(super) fn can_be(self, text: &str) -> bool {
        let plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        };
        !text.contains('\0')
            && match self {
                Self::Bool => matches!(text, "true" | "false" | "1" | "0"),
                Self::Int => text.parse::<i64>().is_ok(),
                Self::Float | Self::Numeric => plain(text) && text.parse::<f64>().is_ok_and(f64::is_finite),
                Self::Uuid => is_uuid(text),
                Self::Date => text.len() == 10 && text.parse::<Date>().is_ok(),
                Self::Instant => {
                    text.len() <= 40
                        && text.starts_with(|it: char| it.is_ascii_digit())
                        && text.parse::<Timestamp>().is_ok()
                }
                Self::Text | Self::Other | Self::List | Self::Bytes | Self::Local => true,
            }
    }
}

impl Class {
    /// Whether the text is how the column's value is written, where it can be cast: `01` is another key than `1`.
    pub(super) fn is_written(self, text: &str) -> bool {
        match self {
            Self::Int => text.parse::<i64>().is_ok_and(|int| int.to_string() == text),
            Self::Uuid => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
            _ => true,
        }
    }

    /// A true or false where the column holds numbers.
    pub(super) fn argument(self, value: &Value) -> String {
        match (self, value) {
            (Self::Int | Self::Float | Self::Numeric, Value::Bool(flag)) => u8::from(*flag).to_string(),
            (_, Value::String(text)) => text.clone(),
            _ => value.to_string(),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

impl Postgres {
    /// Connects when first asked, so that a database which is down stops nothing else; at once where there are migrations.
    pub(super) async fn open(url: &str, source: &Source) -> Result<Self, String> {
        let timeout = Duration::from_millis(source.reach.timeout_ms.max(1));
        let options = PgConnectOptions::from_str(url).map_err(|_| "is not the URL of a database".to_owned())?;
        let options = sqlx::ConnectOptions::disable_statement_logging(
            options.application_name("headwaters").statement_cache_capacity(500),
        );
        if let Some(migrator) = migrator(source, "postgres").await? {
            let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(10));
            let pool =
                pool.connect_with(options.clone()).await.map_err(|_| "leads to no database that answers".to_owned())?;
            migrator
                .run(&pool)
                .await
                .map_err(|error| format!("leads to a database that can't be migrated: {error}"))?;
            pool.close().await;
        }
        let options = options.options([("statement_timeout", timeout.as_millis().to_string())]);
        let pool = |connections: u32| {
            let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(timeout);
            pool.test_before_acquire(false).connect_lazy_with(options.clone())
        };
        let (pool, apart) = (pool(source.reach.concurrency_max.max(1)), pool(1));
        Ok(Self { pool, apart, timeout, tables: Mutex::default() })
    }

    /// Asked once a table.
    pub(super) async fn types(&self, table: &Arc<str>) -> Result<Arc<Types>, Reason> {
        let known = self.tables.lock().unwrap_or_else(PoisonError::into_inner).get(table).map(Arc::clone);
        if let Some(types) = known {
            return Ok(types);
        }
        let rows: Vec<(String, String, bool, bool)> = sqlx::query_as(TYPES)
            .bind(super::statement::table(table))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| reason(&error))?;
        if rows.is_empty() {
            return Err(Reason::Unavailable(format!("no table `{table}`")));
        }
        // Where a collation takes different texts for equal, only the database can compare.
        let class = |name: &str, by_bytes: bool| match Class::named(name) {
            Class::Text if !by_bytes => Class::Other,
            class => class,
        };
        let types = rows
            .into_iter()
            .map(|(column, name, by_bytes, ordered)| (column, Type { class: class(&name, by_bytes), ordered }));
        let types = Arc::new(Types(types.collect()));
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(table), Arc::clone(&types));
        Ok(types)
    }

    /// Adds the rows to `raw`: the ordinals of their keys, and their first cells. `keys`: ordinals by the text of the key, where the
    /// rows begin with that.
    pub(super) async fn run(
        &self,
        (text, binds): (Arc<str>, Vec<Bind>),
        deadline: Deadline,
        decoder: &Decoder,
        raw: &mut Raw,
        bounds: &Bounds,
        keys: Option<&Ordinals<'_>>,
    ) -> Result<Vec<(u32, u32)>, Reason> {
        let query = query(text, binds);
        // The server ends a statement after the source's own time; sooner, where the request has much less.
        if deadline.left() >= self.timeout / 2 {
            // Not by the pool itself, which would hand on every row once more.
            let mut connection = self.pool.acquire().await.map_err(|error| reason(&error))?;
            return filled(query.fetch(&mut *connection), decoder, raw, bounds, keys).await;
        }
        let mut transaction = self.pool.begin().await.map_err(|error| reason(&error))?;
        let sooner = format!("SET LOCAL statement_timeout = {}", deadline.left().as_millis().max(1));
        sqlx::raw_sql(AssertSqlSafe(sooner)).execute(&mut *transaction).await.map_err(|error| reason(&error))?;
        let found = filled(query.fetch(&mut *transaction), decoder, raw, bounds, keys).await?;
        transaction.commit().await.map_err(|error| reason(&error))?;
        Ok(found)
    }

    /// The steps of the plan that the server makes for these values.
    pub(super) async fn explain(&self, text: &str, binds: Vec<Bind>) -> Result<Vec<String>, Reason> {
        let text = Arc::from(format!("EXPLAIN {text}"));
        let rows = query(text, binds).fetch_all(&self.pool).await.map_err(|error| reason(&error))?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| reason(&error))).collect()
    }
}

/// The ordinals and first cells of rows as they come.
async fn filled(
    mut rows: BoxStream<'_, Result<PgRow, sqlx::Error>>,
    decoder: &Decoder,
    raw: &mut Raw,
    bounds: &Bounds,
    keys: Option<&Ordinals<'_>>,
) -> Result<Vec<(u32, u32)>, Reason> {
    let mut filling = decoder.filling(raw, bounds);
    let mut found = Vec::new();
    let mut kinds = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(|error| reason(&error))? {
        if found.len() >= bounds.records_max {
            return Err(Reason::Limit("records of an answer"));
        }
        if kinds.is_empty() {
            kinds = row.columns().iter().map(|column| Kind::named(column.type_info().name())).collect();
        }
        let value = |at: usize| kinds.get(at).copied().unwrap_or(Kind::Text).scalar(&row, at);
        let ordinal = match (keys, value(0)?) {
            (None, ordinal) => Some(ordinal),
            (Some(keys), Scalar::Text(key)) => keys.get(key).map(|ordinal| Scalar::Int(i128::from(*ordinal))),
            (Some(_), _) => None,
        };
        let ordinal = ordinal.ok_or_else(|| Reason::Invalid("a row that nobody asked for".to_owned()))?;
        found.push(filling.row(|at| if at == 0 { Ok(ordinal) } else { value(at) })?);
    }
    Ok(found)
}

fn query(text: Arc<str>, binds: Vec<Bind>) -> Query<'static, sqlx::Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(text));
    for bind in binds {
        query = match bind {
            Bind::Text(text) => query.bind(text),
            Bind::Int(int) => query.bind(int),
            Bind::Float(float) => query.bind(float),
            Bind::Texts(texts) => query.bind(texts),
            Bind::Ints(ints) => query.bind(ints),
        };
    }
    query
}

/// How a column of an answer is read: see [`Class::selected`].
#[derive(Debug, Clone, Copy)]
enum Kind {
    Bool,
    Int,
    Float,
    Date,
    Instant,
    Text,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "BOOL" => Self::Bool,
            "INT2" | "INT4" | "INT8" => Self::Int,
            "FLOAT8" => Self::Float,
            "DATE" => Self::Date,
            "TIMESTAMPTZ" => Self::Instant,
            _ => Self::Text,
        }
    }

    /// Straight from what the server sent: the driver's own way takes more of a query's time than the rest of reading it.
    fn scalar(self, row: &PgRow, at: usize) -> Result<Scalar<'_>, Reason> {
        let value = row.try_get_raw(at).map_err(|error| reason(&error))?;
        let Some(bytes) = (!value.is_null()).then(|| value.as_bytes().ok()).flatten() else { return Ok(Scalar::Null) };
        self.of(bytes).ok_or_else(|| Reason::Invalid("a column that is not of its type".to_owned()))
    }

    /// A value in the binary format, in which every statement with parameters is answered
    /// (<https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES>): integers and what is counted in them
    /// with the highest byte first, text as UTF-8.
    fn of(self, bytes: &[u8]) -> Option<Scalar<'_>> {
        let int = || match *bytes {
            [a, b] => Some(i16::from_be_bytes([a, b]).into()),
            [a, b, c, d] => Some(i32::from_be_bytes([a, b, c, d]).into()),
            _ => bytes.try_into().ok().map(i64::from_be_bytes),
        };
        Some(match self {
            Self::Text => Scalar::Text(std::str::from_utf8(bytes).ok()?),
            Self::Bool => Scalar::Bool(*bytes.first()? != 0),
            Self::Int => Scalar::Int(int()?.into()),
            Self::Date => date(int()?),
            Self::Instant => instant(int()?),
            Self::Float => Scalar::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
        })
    }
}

/// Of days since 2000. What lies beyond the calendar, infinity too, is no value of any field.
fn date(days: i64) -> Scalar<'static> {
    const SINCE_1970: i64 = 10_957;
    const SECONDS: i64 = 24 * 60 * 60;
    let midnight = Timestamp::from_second(days.saturating_add(SINCE_1970).saturating_mul(SECONDS));
    let day = midnight.map(|at| Offset::UTC.to_datetime(at).date());
    // The calendar has a day at either end that has no instant in UTC.
    let day = day.or_else(|_| Date::constant(2000, 1, 1).checked_add(Span::new().try_days(days)?));
    day.map_or(Scalar::Float(f64::NAN), Scalar::Date)
}

/// Of microseconds since 2000. What lies beyond the calendar, infinity too, is no value of any field.
fn instant(micros: i64) -> Scalar<'static> {
    const SINCE_1970: i64 = 946_684_800_000_000;
    let at = Timestamp::from_microsecond(micros.saturating_add(SINCE_1970));
    at.map_or(Scalar::Float(f64::NAN), Scalar::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Postgres sends for days and instants, and what beyond the calendar.
    #[test]
    fn days_and_instants_count_from_2000() {
        let said = |scalar| match scalar {
            Scalar::Date(date) => date.to_string(),
            Scalar::Instant(at) => at.to_string(),
            Scalar::Float(number) if number.is_nan() => "no value".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(said(date(0)), "2000-01-01");
        assert_eq!(said(date(-10_957)), "1970-01-01");
        assert_eq!(said(date(59)), "2000-02-29");
        assert_eq!(said(date(2_921_939)), "9999-12-31");
        assert_eq!(said(date(2_921_940)), "no value");
        assert_eq!(said(instant(0)), "2000-01-01T00:00:00Z");
        assert_eq!(said(instant(-1)), "1999-12-31T23:59:59.999999Z");
        assert_eq!(said(instant(i64::MAX)), "no value");
        assert_eq!(said(instant(i64::MIN)), "no value");
        for infinity in [i32::MIN, i32::MAX] {
            assert_eq!(said(date(infinity.into())), "no value");
        }
    }
}
