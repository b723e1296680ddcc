//! Explain: what somebody would get for a query, and by which rules. Nothing is fetched for it.

use crate::viewer::Viewer;
use async_graphql::{InputObject, SimpleObject};

/// Explains queries. `gateway` does, by the policies in force.
pub trait Explain: Send + Sync {
    /// What whoever asks would get for the query themselves; for a persona, what that persona would get. A query that can't be asked is
    /// explained by what is wrong with it.
    fn explain(&self, question: Question, viewer: &Viewer) -> Explanation;
}

/// What is to be explained.
#[derive(Debug)]
pub struct Question {
    pub query: String,
    /// A JSON object as text.
    pub variables: Option<String>,
    pub persona: Option<Persona>,
}

/// Somebody whom a question is asked as: what a token would say of them, and what their request would state.
#[derive(Debug, Clone, InputObject)]
#[graphql(name = "PersonaInput")]
pub struct Persona {
    /// What their agency is to the justice system: a value of AgencyKind.
    pub kind: String,
    /// What they are within it.
    #[graphql(default)]
    pub roles: Vec<String>,
    /// ORI of their agency.
    pub agency: Option<String>,
    /// Part of the agency with walls of its own.
    pub division: Option<String>,
    /// The purpose of use that they state.
    pub purpose: Option<String>,
    /// Whether they state a reason.
    #[graphql(default)]
    pub reason: bool,
    /// The number of a case, booking, warrant or incident that they state.
    pub case_ref: Option<String>,
}

/// What somebody would get for a query, and by which rules.
#[derive(Debug, Clone, Default, SimpleObject)]
pub struct Explanation {
    /// Why the query would be refused as a whole. Where it can't be read, nothing else is explained.
    pub problems: Vec<QueryProblem>,
    /// Every field and argument that the query asks, each once.
    pub fields: Vec<ExplainedField>,
}

/// Why a query would be refused.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueryProblem {
    /// As in the errors of a response.
    pub code: String,
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the query, counted from 1.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// What is said of one field, or of one argument.
#[derive(Debug, Clone, SimpleObject)]
pub struct ExplainedField {
    /// `Person.birthDate`; an argument with its field, `Query.people(where.birthDate)`.
    pub what: String,
    /// How sensitive it is: values of DataClass.
    pub classes: Vec<String>,
    /// ALLOW, EXISTS, CONSENT, DENY or HIDE; BY_RECORD where each record decides.
    pub outcome: String,
    /// The facts of a record that are looked at, where each record decides.
    pub facts: Vec<String>,
    /// What would have to be stated, or had, for it to be given: purpose, reason, case reference, role, agreement.
    pub lacking: Option<String>,
    /// The policies that have a part in it.
    pub rules: Vec<PolicyRule>,
}

/// One policy, as it says of itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct PolicyRule {
    pub id: String,
    /// The statute, rule or decision that it stands on.
    pub cite: String,
    /// The day on which it is to be looked at again.
    pub review: String,
    /// What a reader must do with what is given.
    pub obligation: Option<String>,
    /// It keeps from; else it grants.
    pub forbids: bool,
}
