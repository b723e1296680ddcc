//! Read: what stands in a ledger, as it was meant. A record that lacks a member, or has another, is none.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// One record of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Recorded {
    Operation(Box<Operation>),
    /// An answer was handed to its client's connection.
    Delivered(Delivered),
    /// Refusals to those who proved nothing, too many to tell each.
    RefusedMany(RefusedMany),
    /// What others put on record.
    #[serde(other)]
    Other,
}

impl Recorded {
    /// RFC 3339, in UTC: when it was made, where it says so.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        match self {
            Self::Operation(operation) => Some(&operation.at),
            Self::Delivered(delivered) => Some(&delivered.at),
            Self::RefusedMany(many) => Some(&many.at),
            Self::Other => None,
        }
    }
}

/// An operation, however it ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    pub decision: String,
    pub at: String,
    pub instance: String,
    pub outcome: String,
    #[serde(deserialize_with = "there")]
    pub code: Option<String>,
    #[serde(deserialize_with = "there")]
    pub user: Option<String>,
    #[serde(deserialize_with = "there")]
    pub provider: Option<String>,
    #[serde(deserialize_with = "there")]
    pub agency: Option<String>,
    #[serde(deserialize_with = "there")]
    pub agency_kind: Option<String>,
    pub roles: Vec<String>,
    #[serde(deserialize_with = "there")]
    pub division: Option<String>,
    #[serde(deserialize_with = "there")]
    pub token: Option<String>,
    #[serde(deserialize_with = "there")]
    pub address: Option<String>,
    #[serde(deserialize_with = "there")]
    pub purpose: Option<String>,
    #[serde(deserialize_with = "there")]
    pub reason: Option<String>,
    #[serde(deserialize_with = "there")]
    pub case_reference: Option<String>,
    #[serde(deserialize_with = "there")]
    pub on_behalf_of: Option<String>,
    /// Id of the emergency.
    #[serde(deserialize_with = "there")]
    pub break_glass: Option<String>,
    #[serde(deserialize_with = "there")]
    pub operation: Option<String>,
    #[serde(deserialize_with = "there")]
    pub document: Option<String>,
    #[serde(deserialize_with = "there")]
    pub variables: Option<String>,
    pub sources: Vec<Source>,
    pub persons: Vec<String>,
    pub disclosed: Vec<Disclosed>,
    pub rules: Vec<String>,
    #[serde(deserialize_with = "there")]
    pub policies: Option<String>,
    pub errors: u64,
    pub bytes: u64,
    pub took_us: u64,
}

/// How a source did.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    pub name: String,
    #[serde(deserialize_with = "there")]
    pub agency: Option<String>,
    pub status: String,
    #[serde(deserialize_with = "there")]
    pub as_of: Option<String>,
    #[serde(deserialize_with = "there")]
    pub retrieved_at: Option<String>,
}

/// Records of which the same was given and withheld.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    #[serde(rename = "type")]
    pub on: String,
    #[serde(deserialize_with = "there")]
    pub source: Option<String>,
    /// By outcome.
    pub fields: BTreeMap<String, Vec<String>>,
    pub classes: BTreeMap<String, Vec<String>>,
    /// `None` where the records have no key, or where it is their person's id.
    #[serde(deserialize_with = "there")]
    pub keys: Option<Vec<Option<String>>>,
    /// By record: the number of its person.
    pub of: Vec<Option<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    pub at: String,
    pub instance: String,
    /// Number of the record of the operation.
    pub of: u64,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedMany {
    pub at: String,
    pub instance: String,
    pub count: u64,
    /// By code.
    pub codes: BTreeMap<String, u64>,
}

/// One record that was disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct One<'a> {
    pub key: Option<&'a str>,
    pub person: Option<&'a str>,
}

/// A record as it was meant.
///
/// # Errors
/// What is wrong with it.
pub fn read(payload: &[u8]) -> Result<Recorded, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

impl Operation {
    /// Whether something of this record was disclosed: its type and key.
    #[must_use]
    pub fn disclosed_record(&self, on: &str, key: &str) -> bool {
        let of_type = self.disclosed.iter().filter(|shape| shape.on == on);
        of_type.into_iter().any(|shape| self.records(shape).any(|one| one.key == Some(key)))
    }

    /// The records of one shape.
    pub fn records<'a>(&'a self, shape: &'a Disclosed) -> impl Iterator<Item = One<'a>> {
        shape.of.iter().enumerate().map(|(n, of)| {
            let person = of.and_then(|at| self.persons.get(at as usize)).map(String::as_str);
            let key = match &shape.keys {
                Some(keys) => keys.get(n).and_then(Option::as_deref),
                // A person's own record.
                None => person,
            };
            One { key, person }
        })
    }
}

/// It must be there, even if it is null.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
