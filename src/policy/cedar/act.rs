//! Act: whether somebody may do something about an emergency or about copies, by Cedar's own evaluation.

use super::Code;
use super::request::{action_uid, context, principal, text, uid};
use crate::policy::acts::{Act, Copies, Emergency};
use crate::policy::asking::Asking;
use cedar_policy::{Authorizer, Decision, Entities, Entity, Request, RestrictedExpression as Value};
use std::collections::{HashMap, HashSet};

/// What it is about: the type of the resource, and what is said of it.
type About<'a> = (&'a str, Vec<(&'a str, Value)>);

impl Code {
    /// Whether the policies allow it. An error of any policy denies.
    #[must_use]
    pub fn may(&self, asking: &Asking, act: Act, emergency: &Emergency<'_>) -> bool {
        let said = [
            ("opener", emergency.opener),
            ("provider", emergency.provider),
            ("agency", emergency.agency),
            ("kind", emergency.kind),
        ];
        let said = said.map(|(name, value)| (name, text(value))).into_iter();
        let said = said.chain([("overdue", Value::new_bool(emergency.overdue))]).collect();
        self.authorize_act(asking, act.name(), ("Emergency", said)).unwrap_or(false)
    }

    /// The same of ending copies.
    #[must_use]
    pub fn may_purge(&self, asking: &Asking, copies: &Copies<'_>) -> bool {
        let said = vec![("agency", text(copies.agency)), ("source", text(copies.source))];
        self.authorize_act(asking, Copies::PURGE, ("Copies", said)).unwrap_or(false)
    }

    fn authorize_act(&self, asking: &Asking, act: &str, (of, said): About<'_>) -> Result<bool, String> {
        let principal = principal(asking)?;
        let said: HashMap<String, _> = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let about = Entity::new(uid(of, "it")?, said, HashSet::new()).map_err(|e| e.to_string())?;
        let (action, context) = (action_uid(act)?, context(asking, &[])?);
        let request = Request::new(principal.uid(), action, about.uid(), context, Some(&self.schema));
        let request = request.map_err(|e| e.to_string())?;
        let entities = Entities::from_entities([principal, about], Some(&self.schema)).map_err(|e| e.to_string())?;
        let answer = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let failed = answer.diagnostics().errors().next().is_some();
        Ok(answer.decision() == Decision::Allow && !failed)
    }
}
