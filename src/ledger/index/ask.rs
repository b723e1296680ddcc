//! Ask: what an index tells.

use super::pool::{Bind, Pool, on};
use super::{ALLOWED, Failed, Index};
use crate::ledger::Wanted;
use serde::Deserialize;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeMap;

/// What somebody was given, at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub seq: u64,
    pub head: Head,
    /// Of the person or record that was asked for; none where operations were asked for.
    pub given: Vec<Given>,
}

/// Where an operation stands among those of all ledgers: by time, and where that is the same by instance and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub at: String,
    pub instance: String,
    pub seq: u64,
}

/// The entry of the operation, without persons and records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    pub decision: String,
    pub at: String,
    pub instance: String,
    pub outcome: String,
    pub code: Option<String>,
    pub user: Option<String>,
    pub provider: Option<String>,
    pub agency: Option<String>,
    pub agency_kind: Option<String>,
    pub roles: Vec<String>,
    pub division: Option<String>,
    pub purpose: Option<String>,
    pub reason: Option<String>,
    pub case_reference: Option<String>,
    pub on_behalf_of: Option<String>,
    pub operation: Option<String>,
    pub sources: Vec<Asked>,
    /// Names of those that gave something of a record.
    pub given_by: Vec<String>,
}

/// A source that an operation asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Asked {
    pub name: String,
    pub agency: Option<String>,
}

/// A record, and what was given of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub on: String,
    pub key: String,
    pub person: String,
    pub source: Option<String>,
    /// By outcome.
    pub fields: BTreeMap<String, Vec<String>>,
    pub classes: BTreeMap<String, Vec<String>>,
}

impl Given {
    /// Something of it was given, and not all withheld.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.fields.contains_key(ALLOWED)
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked<'a> {
    /// What was disclosed of this person.
    Person(&'a str),
    /// Who had this record: its type and key.
    Record(&'a str, &'a str),
}

/// The latest operations first. Rows of one operation stand beside each other.
const OF_PERSON: &str = "SELECT d.seq, e.head, d.type, d.key, d.person, s.text
    FROM (SELECT DISTINCT at, ledger, seq FROM disclosed WHERE person = $1 AND at >= $2 AND at < $3
        ORDER BY at DESC, ledger DESC, seq DESC LIMIT $4) o
    JOIN disclosed d ON d.person = $1 AND d.at = o.at AND d.ledger = o.ledger AND d.seq = o.seq
    JOIN entry e ON e.ledger = o.ledger AND e.seq = o.seq
    JOIN shape s ON s.id = d.shape
    ORDER BY o.at DESC, o.ledger DESC, o.seq DESC, d.n";
const OF_RECORD: &str = "SELECT d.seq, e.head, d.type, d.key, d.person, s.text
    FROM (SELECT person, at, ledger, seq, n, type, key, shape FROM disclosed WHERE type = $1 AND key = $2 AND at >= $3 AND at < $4
        ORDER BY at DESC, ledger DESC, seq DESC LIMIT $5) d
    JOIN entry e ON e.ledger = d.ledger AND e.seq = d.seq
    JOIN shape s ON s.id = d.shape
    ORDER BY d.at DESC, d.ledger DESC, d.seq DESC, d.n";
/// Ledgers are ordered by their instance: which number an index gave them, another index does not know.
const LEDGER: &str =
    "SELECT e.seq, e.head, NULL, NULL, NULL, NULL FROM entry e CROSS JOIN ledger l WHERE l.id = e.ledger";
const LATEST: &str = " ORDER BY e.at DESC, l.instance DESC, e.seq DESC LIMIT ";

/// Later than any time.
const NEVER: &str = "9999";

/// A row: the number of an operation and its head, and of a record that it disclosed type, key, person, and what was given of it.
type Row = (i64, String, Option<String>, Option<String>, Option<String>, Option<String>);

/// A stretch of time: from that instant on, and before that one. RFC 3339 in UTC, or the beginning of one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stretch<'a> {
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

/// A statement with what its parameters stand for.
struct Statement<'a> {
    text: String,
    binds: Vec<Bind<'a>>,
}

impl<'a> Statement<'a> {
    fn of(text: &str, binds: Vec<Bind<'a>>) -> Self {
        Self { text: text.to_owned(), binds }
    }

    /// Adds a condition, where a value is given for it: `?` stands for that.
    fn and(&mut self, condition: &str, value: Option<Bind<'a>>) {
        if let Some(value) = value {
            self.binds.push(value);
            self.text.push_str(" AND ");
            self.text.push_str(&condition.replace('?', &format!("${}", self.binds.len())));
        }
    }

    fn looked(looked: &Looked<'a>, stretch: Stretch<'a>, most: u32) -> Self {
        let text = Bind::looked_up;
        let (from, to) = (text(stretch.from.unwrap_or("")), text(stretch.to.unwrap_or(NEVER)));
        let most = Bind::Int(most.into());
        match looked {
            Looked::Person(id) => Self::of(OF_PERSON, vec![text(id), from, to, most]),
            Looked::Record(on, key) => Self::of(OF_RECORD, vec![text(on), text(key), from, to, most]),
        }
    }

    /// What the filters want of an entry.
    fn fitting(&mut self, wanted: &'a Wanted) {
        let looked_up = |text: &'a Option<String>| text.as_deref().map(Bind::looked_up);
        self.and("e.at >= ?", looked_up(&wanted.from));
        self.and("e.at < ?", looked_up(&wanted.to));
        self.and("e.user_id = ?", looked_up(&wanted.user));
        self.and("e.provider = ?", looked_up(&wanted.provider));
        self.and("e.agency = ?", looked_up(&wanted.agency));
        self.and("e.purpose = ?", looked_up(&wanted.purpose));
        self.and("e.decision = ?", looked_up(&wanted.decision));
        let of_person = "(e.ledger, e.seq) IN (SELECT ledger, seq FROM disclosed WHERE person = ?)";
        self.and(of_person, looked_up(&wanted.person));
        if let Some((on, key)) = &wanted.record {
            let number = self.binds.len() + 1;
            self.binds.push(Bind::looked_up(on));
            let of_record =
                format!("(e.ledger, e.seq) IN (SELECT ledger, seq FROM disclosed WHERE type = ${number} AND key = ?)");
            self.and(&of_record, Some(Bind::looked_up(key)));
        }
    }

    fn operations(wanted: &'a Wanted, after: Option<&'a Place>, most: u32) -> Self {
        let mut statement = Self::of(LEDGER, Vec::new());
        statement.fitting(wanted);
        if let Some(place) = after {
            let number = statement.binds.len() + 1;
            statement.binds.extend([&place.at, &place.instance].map(|text| Bind::looked_up(text)));
            // The first says no more than the second, and a tree is gone down by it.
            let before = format!("e.at <= ${number} AND (e.at, l.instance, e.seq) < (${number}, ${}, ?)", number + 1);
            statement.and(&before, Some(Bind::Int(i64::try_from(place.seq).unwrap_or(i64::MAX))));
        }
        statement.binds.push(Bind::Int(most.into()));
        statement.text.push_str(LATEST);
        statement.text.push('$');
        statement.text.push_str(&statement.binds.len().to_string());
        statement
    }

    async fn rows<R>(self, pool: &Pool) -> Result<Vec<R>, Failed>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(on!(pool, it => {
            let mut query = sqlx::query_as(AssertSqlSafe(self.text));
            for bind in &self.binds {
                query = match bind {
                    Bind::Text(text) => query.bind(&**text),
                    Bind::Int(number) => query.bind(*number),
                };
            }
            query.fetch_all(it).await?
        }))
    }
}

impl Index {
    /// The latest operations that fit, within a stretch of time, at most so many. Of a record, so many disclosures of it.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn seen(&self, looked: &Looked<'_>, stretch: Stretch<'_>, most: u32) -> Result<Vec<Seen>, Failed> {
        gathered(Statement::looked(looked, stretch, most).rows(&self.pool).await?)
    }

    /// The latest operations of all, as the filters want them: those after a place, which come before it in time.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn operations(&self, wanted: &Wanted, after: Option<&Place>, most: u32) -> Result<Vec<Seen>, Failed> {
        gathered(Statement::operations(wanted, after, most).rows(&self.pool).await?)
    }

    /// Where the records of operations stand that fit: of each of its ledgers the numbers and the places in the segments, in their order,
    /// and how many records it has taken in. `wanted`: for each of the ledgers.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn places(&self, wanted: &[Wanted]) -> Result<Vec<(Vec<(u64, u64)>, u64)>, Failed> {
        const PLACES: &str = "SELECT e.seq, e.place FROM entry e WHERE e.ledger = $1";
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let mut all = Vec::new();
        for (folder, wanted) in self.folders.iter().zip(wanted) {
            let Some((ledger, next)) = self.ledger(folder).await? else {
                all.push((Vec::new(), 0));
                continue;
            };
            let mut statement = Statement::of(PLACES, vec![Bind::Int(ledger)]);
            statement.fitting(wanted);
            statement.text.push_str(" ORDER BY e.seq");
            let rows: Vec<(i64, i64)> = statement.rows(&self.pool).await?;
            let rows = rows.into_iter().map(|(seq, place)| (number(seq), number(place)));
            all.push((rows.collect(), number(next - 1)));
        }
        Ok(all)
    }

    /// How the database would find what is looked for, in its own words.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn explain(&self, looked: &Looked<'_>) -> Result<Vec<String>, Failed> {
        let Statement { text, binds } = Statement::looked(looked, Stretch::default(), 1_000);
        Ok(match &self.pool {
            Pool::Sqlite(file) => {
                let rows: Vec<(i64, i64, i64, String)> =
                    sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"))).fetch_all(file).await?;
                rows.into_iter().map(|(.., step)| step).collect()
            }
            Pool::Postgres(database) => {
                let mut query = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {text}")));
                for bind in &binds {
                    query = match bind {
                        Bind::Text(text) => query.bind(&**text),
                        Bind::Int(number) => query.bind(*number),
                    };
                }
                query.fetch_all(database).await?
            }
        })
    }
}

impl Seen {
    #[must_use]
    pub fn place(&self) -> Place {
        Place { at: self.head.at.clone(), instance: self.head.instance.clone(), seq: self.seq }
    }
}

/// Rows of one operation become one.
fn gathered(rows: Vec<Row>) -> Result<Vec<Seen>, Failed> {
    let mut all: Vec<Seen> = Vec::new();
    let mut before: Option<(i64, String)> = None;
    for (seq, text, on, key, person, shape) in rows {
        // The id of its decision is in the head, so no two heads are the same.
        if before.as_ref().is_none_or(|(before, same)| (*before, same) != (seq, &text)) {
            let head: Head = serde_json::from_str(&text).map_err(unreadable)?;
            all.push(Seen { seq: u64::try_from(seq).unwrap_or_default(), head, given: Vec::new() });
            before = Some((seq, text));
        }
        if let (Some(on), Some(key), Some(person), Some(shape), Some(last)) = (on, key, person, shape, all.last_mut()) {
            last.given.push(given(on, key, person, &shape)?);
        }
    }
    Ok(all)
}

fn given(on: String, key: String, person: String, shape: &str) -> Result<Given, Failed> {
    type Shape = (String, Option<String>, BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>);
    let (_, source, fields, classes): Shape = serde_json::from_str(shape).map_err(unreadable)?;
    Ok(Given { on, key, person, source, fields, classes })
}

fn unreadable(error: serde_json::Error) -> Failed {
    Failed::Index(sqlx::Error::Decode(error.into()))
}
