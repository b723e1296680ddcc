//! Request: who asks, for what, and a record, as Cedar takes them.

use crate::policy::asking::Asking;
use crate::policy::rule::{Facts, Said, Scalar};
use crate::policy::vocabulary::{Resource, Verb};
use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PartialEntities, PartialEntityUid, PartialRequest,
    Request, RestrictedExpression as Value, Schema,
};
use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;

/// For every record of a type.
pub fn partial(
    schema: &Schema,
    on: &str,
    verb: Verb,
    class: &str,
    asking: &Asking,
    agreements: &[Arc<str>],
) -> Result<(PartialRequest, PartialEntities), String> {
    let principal = principal(asking)?;
    let resource = PartialEntityUid::new(type_name(on)?, None);
    let (action, context) = (action(verb, class)?, context(asking, agreements)?);
    let who = PartialEntityUid::from_concrete(principal.uid());
    let request = PartialRequest::new(who, action, resource, Some(context), schema).map_err(|e| e.to_string())?;
    let entities = Entities::from_entities([principal], Some(schema)).map_err(|e| e.to_string())?;
    let entities = PartialEntities::from_concrete(entities, schema).map_err(|e| e.to_string())?;
    Ok((request, entities))
}

/// For one record.
pub fn concrete(
    schema: &Schema,
    resource: &Resource,
    verb: Verb,
    class: &str,
    asking: &Asking,
    agreements: &[Arc<str>],
    facts: &Facts<'_>,
) -> Result<(Request, Entities), String> {
    let principal = principal(asking)?;
    let record = record(resource, facts)?;
    let (action, context) = (action(verb, class)?, context(asking, agreements)?);
    let request = Request::new(principal.uid(), action, record.uid(), context, Some(schema));
    let request = request.map_err(|e| e.to_string())?;
    let entities = Entities::from_entities([principal, record], Some(schema)).map_err(|e| e.to_string())?;
    Ok((request, entities))
}

fn type_name(name: &str) -> Result<EntityTypeName, String> {
    EntityTypeName::from_str(name).map_err(|e| e.to_string())
}

pub(super) fn uid(ty: &str, id: &str) -> Result<EntityUid, String> {
    Ok(EntityUid::from_type_name_and_id(type_name(ty)?, EntityId::new(id)))
}

fn action(verb: Verb, class: &str) -> Result<EntityUid, String> {
    action_uid(&format!("{}:{class}", verb.name()))
}

pub(super) fn action_uid(name: &str) -> Result<EntityUid, String> {
    uid("Action", name)
}

pub(super) fn text(text: &str) -> Value {
    Value::new_string(text.to_owned())
}

fn texts<'a>(all: impl IntoIterator<Item = &'a Arc<str>>) -> Value {
    Value::new_set(all.into_iter().map(|one| text(one)))
}

pub(super) fn principal(asking: &Asking) -> Result<Entity, String> {
    let mut attributes: HashMap<String, Value> = HashMap::from([
        ("id".to_owned(), text(&asking.user)),
        ("provider".to_owned(), text(&asking.provider)),
        ("agency".to_owned(), text(&asking.agency)),
        ("certifications".to_owned(), texts(&*asking.certifications)),
        ("sworn".to_owned(), Value::new_bool(asking.sworn)),
    ]);
    let optional = [("division", &asking.division), ("bar", &asking.bar), ("subject", &asking.subject)];
    attributes.extend(optional.into_iter().filter_map(|(name, said)| Some((name.to_owned(), text(said.as_ref()?)))));
    let mut parents = HashSet::from([uid("Agency", &asking.agency)?, uid("AgencyKind", &asking.kind)?]);
    for role in &*asking.roles {
        parents.insert(uid("Role", role)?);
    }
    Entity::new(uid("User", &asking.user)?, attributes, parents).map_err(|e| e.to_string())
}

pub(super) fn context(asking: &Asking, agreements: &[Arc<str>]) -> Result<Context, String> {
    let mut said = vec![
        ("purpose".to_owned(), Value::new_entity_uid(uid("Purpose", &asking.purpose)?)),
        ("reason".to_owned(), Value::new_bool(asking.reason)),
        ("agreements".to_owned(), texts(agreements)),
    ];
    let here = asking.case_here();
    let optional = [
        ("caseRef", &asking.case_ref),
        ("caseHere", &here),
        ("onBehalfOf", &asking.on_behalf_of),
        ("breakGlass", &asking.break_glass),
    ];
    said.extend(optional.into_iter().filter_map(|(name, said)| Some((name.to_owned(), text(said.as_ref()?)))));
    Context::from_pairs(said).map_err(|e| e.to_string())
}

fn record(resource: &Resource, facts: &Facts<'_>) -> Result<Entity, String> {
    let scalar = |scalar: &Scalar<'_>| match scalar {
        Scalar::Truth(truth) => Value::new_bool(*truth),
        Scalar::Number(number) => Value::new_long(*number),
        Scalar::Text(said) => text(said),
    };
    let mut attributes = HashMap::new();
    for (word, said) in resource.facts.iter().zip(facts) {
        let value = match said {
            Said::Nothing if word.required => return Err(format!("`{}` is not said", word.name)),
            Said::Nothing => continue,
            Said::Lost | Said::AtLeast(_) => return Err(format!("`{}` could not be found out", word.name)),
            Said::One(one) => scalar(one),
            Said::Many(all) => Value::new_set(all.iter().map(scalar)),
        };
        attributes.insert(word.name.to_string(), value);
    }
    Entity::new(uid(&resource.name, "record")?, attributes, HashSet::new()).map_err(|e| e.to_string())
}
