//! Ask: what an index tells.

use super::{ALLOWED, Failed, Index};
use serde::Deserialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
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
    /// What this user of this provider asked for.
    User(&'a str, &'a str),
}

/// The latest operations first. Rows of one operation stand beside each other.
const OF_PERSON: &str = "SELECT d.seq, e.head, d.type, d.key, d.person, s.text
    FROM (SELECT DISTINCT at, ledger, seq FROM disclosed WHERE person = ?1 AND at < ?2 ORDER BY at DESC, ledger DESC, seq DESC LIMIT ?3) o
    JOIN disclosed d ON d.person = ?1 AND d.at = o.at AND d.ledger = o.ledger AND d.seq = o.seq
    JOIN entry e ON e.ledger = o.ledger AND e.seq = o.seq
    JOIN shape s ON s.id = d.shape
    ORDER BY o.at DESC, o.ledger DESC, o.seq DESC, d.n";
const OF_RECORD: &str = "SELECT d.seq, e.head, d.type, d.key, d.person, s.text
    FROM (SELECT person, at, ledger, seq, n, type, key, shape FROM disclosed WHERE type = ?1 AND key = ?4 AND at < ?2
        ORDER BY at DESC, ledger DESC, seq DESC LIMIT ?3) d
    JOIN entry e ON e.ledger = d.ledger AND e.seq = d.seq
    JOIN shape s ON s.id = d.shape
    ORDER BY d.at DESC, d.ledger DESC, d.seq DESC";
const OF_USER: &str =
    "SELECT seq, head FROM entry WHERE user = ?1 AND at < ?2 AND head ->> 'provider' = ?4 ORDER BY at DESC LIMIT ?3";
/// Ledgers are ordered by their instance: which number an index gave them, another index does not know.
const LEDGER: &str = "SELECT e.seq, e.head FROM entry e CROSS JOIN ledger l ON l.id = e.ledger
    WHERE e.at < ?1 AND e.at >= ?2 AND e.at <= ?8 AND (e.at, l.instance, e.seq) < (?8, ?9, ?10)
    AND (?3 IS NULL OR e.user = ?3) AND (?4 IS NULL OR e.agency = ?4) AND (?5 IS NULL OR e.purpose = ?5)
    AND (?7 IS NULL OR (e.at, e.ledger, e.seq) IN (SELECT at, ledger, seq FROM disclosed WHERE person = ?7))
    ORDER BY e.at DESC, l.instance DESC, e.seq DESC LIMIT ?6";

/// Later than any time.
const NEVER: &str = "9999";

impl Index {
    /// The latest operations that fit, before a time if one is given, at most so many.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn seen(&self, looked: &Looked<'_>, before: Option<&str>, most: u32) -> Result<Vec<Seen>, Failed> {
        let before = before.unwrap_or(NEVER);
        let rows = match looked {
            Looked::Person(id) => {
                sqlx::query(OF_PERSON).bind(*id).bind(before).bind(most).fetch_all(&self.pool).await?
            }
            Looked::Record(on, key) => {
                sqlx::query(OF_RECORD).bind(*on).bind(before).bind(most).bind(*key).fetch_all(&self.pool).await?
            }
            Looked::User(user, provider) => {
                sqlx::query(OF_USER).bind(*user).bind(before).bind(most).bind(*provider).fetch_all(&self.pool).await?
            }
        };
        gathered(&rows)
    }

    /// The latest operations of all, as the filters want them: those after a place, which come before it in time.
    ///
    /// # Errors
    /// Where the index can't be read.
    pub async fn operations(
        &self,
        wanted: &crate::ledger::Wanted,
        after: Option<&Place>,
        most: u32,
    ) -> Result<Vec<Seen>, Failed> {
        let after = after.map_or((NEVER, "", 0), |place| (&*place.at, &*place.instance, place.seq));
        let rows = sqlx::query(LEDGER)
            .bind(wanted.to.as_deref().unwrap_or(NEVER))
            .bind(wanted.from.as_deref().unwrap_or(""))
            .bind(wanted.user.as_deref())
            .bind(wanted.agency.as_deref())
            .bind(wanted.purpose.as_deref())
            .bind(most)
            .bind(wanted.person.as_deref())
            .bind(after.0)
            .bind(after.1)
            .bind(i64::try_from(after.2).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        gathered(&rows)
    }
}

impl Seen {
    #[must_use]
    pub fn place(&self) -> Place {
        Place { at: self.head.at.clone(), instance: self.head.instance.clone(), seq: self.seq }
    }
}

/// Rows of one operation become one.
fn gathered(rows: &[SqliteRow]) -> Result<Vec<Seen>, Failed> {
    let mut all: Vec<Seen> = Vec::new();
    let mut before = None;
    for row in rows {
        let operation: (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
        // The id of its decision is in the head, so no two heads are the same.
        if before.replace(operation) != Some(operation) {
            let head: Head = serde_json::from_str(operation.1).map_err(|error| sqlx::Error::Decode(error.into()))?;
            all.push(Seen { seq: u64::try_from(operation.0).unwrap_or_default(), head, given: Vec::new() });
        }
        if row.len() > 2
            && let Some(last) = all.last_mut()
        {
            last.given.push(given(row)?);
        }
    }
    Ok(all)
}

fn given(row: &SqliteRow) -> Result<Given, Failed> {
    type Shape = (String, Option<String>, BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>);
    let shape: Shape = serde_json::from_str(row.try_get(5)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let (on, source, fields, classes) = shape;
    Ok(Given { on, key: row.try_get(3)?, person: row.try_get(4)?, source, fields, classes })
}
