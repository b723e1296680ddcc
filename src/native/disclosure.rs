//! Disclosure: who was given what, as the ledger has it.
//!
//! The policies decide on each of these like on any other record: what they go by is said in its facts.

use super::class::{DataClass, data, entity, facts, given_facts, link, speaks_of};
use async_graphql::{InputObject, SimpleObject};
use futures::future::BoxFuture;

/// Reads the ledger. `gateway` does.
pub trait Disclosures: Send + Sync {
    /// The latest disclosures that fit.
    fn find(&self, looked: Looked, most: u32) -> BoxFuture<'_, Result<Vec<Disclosure>, Unreadable>>;
}

/// Why nothing is told.
#[derive(Debug, Clone, Copy)]
pub enum Unreadable {
    /// The ledger can't be read now.
    Ledger,
    /// What to go on after is no id.
    After,
}

/// A question is beyond the limit of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond(pub &'static str);

impl std::fmt::Display for Beyond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "beyond `{}`", self.0)
    }
}

/// What is looked for in the ledger.
#[derive(Debug, Clone)]
pub enum Looked {
    /// What was given of a person: the id of their golden record.
    OfPerson(String, Span),
    /// Who was given a record: its type, and the parts of its key with a space between them.
    OfRecord(String, String, Span),
    /// Everything that fits, after the one with this id.
    Ledger(LedgerWhere, Option<String>),
}

/// From that instant on, and before that one: RFC 3339 in UTC, or the beginning of one.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub from: Option<String>,
    pub to: Option<String>,
}

/// What to look for in the ledger. All that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
#[graphql(name = "LedgerWhere")]
pub struct LedgerWhere {
    /// Id of the golden record of somebody of whom something was given.
    pub person: Option<String>,
    /// Id of whoever asked.
    pub user: Option<String>,
    /// Who vouches for them.
    pub provider: Option<String>,
    /// ORI of their agency.
    pub agency: Option<String>,
    /// The purpose that they stated.
    pub purpose: Option<String>,
    /// Id of the decision, as it stands in `extensions` of the answer.
    pub decision: Option<String>,
    /// That instant and later: RFC 3339 in UTC, or the beginning of one, `2026-11`.
    pub from: Option<String>,
    /// Before that instant.
    pub to: Option<String>,
}

/// That somebody was given something, as the ledger has it (44-5-403 MCA).
#[derive(Debug, Clone, Default, SimpleObject)]
#[graphql(
    directive = entity::apply("id".into(), "person".into()),
    directive = facts::apply(
        "readerKind".into(), "readerAgency".into(), "readerUser".into(), "readerProvider".into(), "readerRoles".into(),
        "onBehalfOf".into(), "owners".into(), "given".into()
    ),
    directive = data::apply(vec![DataClass::Disclosure])
)]
pub struct Disclosure {
    /// The instance of the gateway, the number in its ledger, when it was, and the person.
    pub id: async_graphql::ID,
    /// When it was asked for: RFC 3339, in UTC.
    pub at: String,
    /// Whose records were given; null where it is told of an operation as a whole.
    #[graphql(directive = link::apply())]
    pub person: Option<Person>,
    /// Id of whoever asked.
    pub reader_user: Option<String>,
    /// Who vouches for them.
    pub reader_provider: Option<String>,
    /// ORI of their agency.
    pub reader_agency: Option<String>,
    /// What their agency is to the justice system: a value of AgencyKind.
    pub reader_kind: Option<String>,
    /// What they are within it.
    pub reader_roles: Vec<String>,
    /// The purpose that they stated.
    pub purpose: Option<String>,
    /// Why, in their words.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub reason: Option<String>,
    /// The number of the case, booking, warrant or incident that they stated.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub case_reference: Option<String>,
    /// For whom they asked, where that was somebody else.
    pub on_behalf_of: Option<String>,
    /// What they called their query.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub operation: Option<String>,
    /// ANSWERED, REFUSED, or LEFT: they went away before.
    pub outcome: String,
    /// Why it was refused.
    pub code: Option<String>,
    /// ORIs of the agencies whose systems the records came from.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub owners: Option<Vec<String>>,
    /// The types of the records that were given, each once.
    #[graphql(directive = data::apply(vec![DataClass::Control]))]
    pub given: Option<Vec<String>>,
    /// The records that were given, and what of them.
    pub records: Vec<DisclosedRecord>,
}

/// A record that was given.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(
    directive = given_facts::apply(
        "of".into(), "owner".into(), "classes".into(), "readerAgency".into(), "readerUser".into(), "readerProvider".into()
    ),
    directive = speaks_of::apply("of".into(), "key".into()),
    directive = data::apply(vec![DataClass::Disclosure])
)]
pub struct DisclosedRecord {
    /// The name of its type. `of` since `type` means something else.
    pub of: String,
    /// The parts of its key, with a space between them.
    pub key: Option<String>,
    /// The name of the source that it came from.
    pub source: Option<String>,
    /// ORI of the agency whose source it is.
    pub owner: Option<String>,
    /// ORI of the agency of whoever was given it.
    pub reader_agency: Option<String>,
    /// Their id.
    pub reader_user: Option<String>,
    /// Who vouches for them.
    pub reader_provider: Option<String>,
    /// Fields that were given, with a value or without.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub fields: Option<Vec<String>>,
    /// Values of DataClass that these have.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub classes: Option<Vec<String>>,
    /// Fields that were asked for and not given.
    #[graphql(directive = data::apply(vec![DataClass::DisclosureMore]))]
    pub withheld: Option<Vec<String>>,
}

/// A person, by the id of the golden record.
#[derive(Debug, Clone, SimpleObject)]
pub struct Person {
    pub id: async_graphql::ID,
}
