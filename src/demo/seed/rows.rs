//! Rows: many of them a statement, of whatever table.

use anyhow::{Context, Result};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

/// Values a statement at the most; SQLite takes 32,766. Always the same number of rows, so that a statement is prepared once.
const VALUES_MAX: usize = 3_000;

#[derive(Debug)]
pub enum Value {
    Null,
    Whole(i64),
    Real(f64),
    Known(&'static str),
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Whole(i64::from(truth))
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Known(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<jiff::civil::Date> for Value {
    fn from(day: jiff::civil::Date) -> Self {
        Self::Text(day.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(perhaps: Option<T>) -> Self {
        perhaps.map_or(Self::Null, Into::into)
    }
}

/// Rows of one table that wait to be written.
#[derive(Debug)]
pub struct Rows {
    head: &'static str,
    batch: usize,
    waiting: Vec<Vec<Value>>,
}

impl Rows {
    /// `head`: `INSERT INTO table (columns)`.
    #[must_use]
    pub fn of(head: &'static str) -> Self {
        let columns = head.matches(',').count() + 1;
        Self { head, batch: (VALUES_MAX / columns).max(1), waiting: Vec::new() }
    }

    pub fn push<const N: usize>(&mut self, row: [Value; N]) {
        self.waiting.push(row.into());
    }

    /// Writes what makes whole statements.
    pub async fn write(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        while self.waiting.len() >= self.batch {
            let rest = self.waiting.split_off(self.batch);
            let full = std::mem::replace(&mut self.waiting, rest);
            self.insert(connection, full, true).await?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub async fn finish(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        self.write(connection).await?;
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() { Ok(()) } else { self.insert(connection, rows, false).await }
    }

    async fn insert(&self, connection: &mut SqliteConnection, rows: Vec<Vec<Value>>, persistent: bool) -> Result<()> {
        let mut insert = QueryBuilder::<Sqlite>::new(self.head);
        insert.push_values(rows, |mut list, row| {
            for value in row {
                match value {
                    Value::Null => list.push_bind(None::<i64>),
                    Value::Whole(number) => list.push_bind(number),
                    Value::Real(number) => list.push_bind(number),
                    Value::Known(text) => list.push_bind(text),
                    Value::Text(text) => list.push_bind(text),
                };
            }
        });
        let table = self.head.split_whitespace().nth(2).unwrap_or_default();
        let done = insert.build().persistent(persistent).execute(connection).await;
        done.with_context(|| format!("writing into {table}"))?;
        Ok(())
    }
}
