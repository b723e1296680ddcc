//! Act: whether somebody may do something about an emergency, by Cedar's own evaluation.

use super::Code;
use super::request::{action_uid, context, principal, text, uid};
use crate::policy::acts::{Act, Emergency};
use crate::policy::asking::Asking;
use cedar_policy::{Authorizer, Decision, Entities, Entity, Request, RestrictedExpression as Value};
use std::collections::{HashMap, HashSet};

impl Code {
    /// Whether the policies allow it. An error of any policy denies.
    #[must_use]
    pub fn may(&self, asking: &Asking, act: Act, emergency: &Emergency<'_>) -> bool {
        self.authorize_act(asking, act, emergency).unwrap_or(false)
    }

    fn authorize_act(&self, asking: &Asking, act: Act, emergency: &Emergency<'_>) -> Result<bool, String> {
        let principal = principal(asking)?;
        let said = [
            ("opener", emergency.opener),
            ("provider", emergency.provider),
            ("agency", emergency.agency),
            ("kind", emergency.kind),
        ];
        let mut said: HashMap<String, _> = said.map(|(name, value)| (name.to_owned(), text(value))).into();
        said.insert("overdue".to_owned(), Value::new_bool(emergency.overdue));
        let about = Entity::new(uid("Emergency", "emergency")?, said, HashSet::new()).map_err(|e| e.to_string())?;
        let (action, context) = (action_uid(act.name())?, context(asking, &[])?);
        let request = Request::new(principal.uid(), action, about.uid(), context, Some(&self.schema));
        let request = request.map_err(|e| e.to_string())?;
        let entities = Entities::from_entities([principal, about], Some(&self.schema)).map_err(|e| e.to_string())?;
        let answer = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let failed = answer.diagnostics().errors().next().is_some();
        Ok(answer.decision() == Decision::Allow && !failed)
    }
}
