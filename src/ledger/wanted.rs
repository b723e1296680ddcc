//! Wanted: which operations somebody looks for.

use super::read::Operation;

/// Everything that is said must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Id of a golden record: operations that disclosed something of this person.
    pub person: Option<String>,
    /// ORI of whoever asked.
    pub agency: Option<String>,
    pub user: Option<String>,
    /// Who vouches for them.
    pub provider: Option<String>,
    pub purpose: Option<String>,
    /// Id of the decision, as it stands in the answer.
    pub decision: Option<String>,
    /// A record that was disclosed: its type, and the parts of its key with a space between them.
    pub record: Option<(String, String)>,
    /// RFC 3339, in UTC, or the beginning of one: that instant and later.
    pub from: Option<String>,
    /// The same: before that instant.
    pub to: Option<String>,
}

impl Wanted {
    #[must_use]
    pub fn fits(&self, operation: &Operation) -> bool {
        let is = |wanted: &Option<String>, own: &Option<String>| wanted.is_none() || wanted == own;
        is(&self.agency, &operation.agency)
            && is(&self.user, &operation.user)
            && is(&self.provider, &operation.provider)
            && is(&self.purpose, &operation.purpose)
            && self.decision.as_ref().is_none_or(|decision| *decision == operation.decision)
            && self.record.as_ref().is_none_or(|(on, key)| operation.disclosed_record(on, key))
            && self.from.as_ref().is_none_or(|from| *from <= operation.at)
            && self.to.as_ref().is_none_or(|to| operation.at < *to)
            && self.person.as_ref().is_none_or(|person| operation.persons.contains(person))
    }
}
