//! Rules: the policies and their schema, as they stand in `schema/policy`.

use crate::ask::Failed;
use cedar_policy::{
    ActionConstraint, Effect, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, RequestEnv, ResourceConstraint,
    Schema,
};
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub struct Rules {
    pub schema: Schema,
    /// All of them, by the ids that they say of themselves.
    pub set: PolicySet,
    pub policies: Vec<Policy>,
    pub environments: Vec<RequestEnv>,
}

impl Rules {
    /// Those about records.
    pub fn of_records() -> Result<Self, Failed> {
        Self::read("headwaters.cedarschema", |path| !is_of_emergencies(path))
    }

    /// Those about emergencies: who may open, approve, review and see one.
    pub fn of_emergencies() -> Result<Self, Failed> {
        Self::read("break-glass.cedarschema", is_of_emergencies)
    }

    fn read(schema: &str, is_one: impl Fn(&Path) -> bool) -> Result<Self, Failed> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/policy");
        let (schema, _) = Schema::from_cedarschema_str(&std::fs::read_to_string(folder.join(schema))?)?;
        let mut paths = Vec::new();
        walk(&folder, &mut paths)?;
        paths.retain(|path| is_one(path));
        paths.sort();
        let mut policies = Vec::new();
        for path in paths {
            for policy in PolicySet::from_str(&std::fs::read_to_string(&path)?)?.policies() {
                let id = policy.annotation("id").ok_or("a policy without `@id`")?.to_owned();
                policies.push(policy.new_id(PolicyId::new(id)));
            }
        }
        policies.sort_by_key(|policy| policy.id().to_string());
        let set = PolicySet::from_policies(policies.iter().cloned())?;
        let mut environments: Vec<RequestEnv> = schema.request_envs().collect();
        environments.sort_by_key(named);
        Ok(Self { schema, set, policies, environments })
    }

    /// The environments that a policy can be about, by its head.
    pub fn about(&self, policy: &Policy) -> Vec<&RequestEnv> {
        let action =
            |own: &EntityUid, named: &EntityUid| own == named || self.groups(own).iter().any(|group| group == named);
        let is_of = |env: &&RequestEnv| {
            let acts = match policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(named) => env.action() == &named,
                ActionConstraint::In(all) => all.iter().any(|named| action(env.action(), named)),
            };
            let ty: Option<EntityTypeName> = match policy.resource_constraint() {
                ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty),
                _ => None,
            };
            acts && ty.is_none_or(|ty| *env.resource() == ty)
        };
        self.environments.iter().filter(is_of).collect()
    }

    /// `disclose:PUB` is in the groups `disclose` and `PUB`.
    fn groups(&self, action: &EntityUid) -> Vec<EntityUid> {
        let id: &str = action.id().as_ref();
        let parts = id.split(':').filter(|part| *part != id);
        parts.filter_map(|part| EntityUid::from_str(&format!("Action::{part:?}")).ok()).collect()
    }

    /// The guardrails alone, or the grants.
    pub fn of(&self, effect: Effect) -> Result<PolicySet, Failed> {
        let policies = self.policies.iter().filter(|policy| policy.effect() == effect);
        Ok(PolicySet::from_policies(policies.cloned())?)
    }

    /// What a guardrail keeps, as if it were granted.
    pub fn as_grant(&self, guardrail: &Policy) -> Result<PolicySet, Failed> {
        let text = guardrail.to_cedar().ok_or("a policy that can't be written")?;
        let (before, after) = text.split_once("forbid").ok_or("not a guardrail")?;
        let grant = Policy::parse(Some(guardrail.id().clone()), format!("{before}permit{after}"))?;
        Ok(PolicySet::from_policies([grant])?)
    }

    /// The same policies after a change of their text, and in how many of them there was something to change.
    pub fn changed(&self, from: &str, to: &str) -> Result<(PolicySet, usize), Failed> {
        let (mut set, mut changed) = (PolicySet::new(), 0);
        for policy in &self.policies {
            let text = policy.to_cedar().ok_or("a policy that can't be written")?;
            changed += usize::from(text.contains(from));
            set.add(Policy::parse(Some(policy.id().clone()), text.replace(from, to))?)?;
        }
        Ok((set, changed))
    }
}

fn is_of_emergencies(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "break-glass")
}

/// As messages name it.
pub fn named(env: &RequestEnv) -> String {
    let action: &str = env.action().id().as_ref();
    format!("{action} of a {}", env.resource())
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failed> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if path.extension().is_some_and(|ending| ending == "cedar") {
            paths.push(path);
        }
    }
    Ok(())
}
