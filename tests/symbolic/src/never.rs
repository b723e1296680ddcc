//! Never: what nobody is given, whatever else the policies say.

use crate::ask::{Failed, Found, each};
use crate::rules::{Rules, named};
use cedar_policy::{Policy, PolicyId, RequestEnv};
use cedar_policy_symcc::CompiledPolicySet;

/// Requests that must never be allowed, as a policy would permit them.
pub const GIVEN: [(&str, &str); 4] = [
    (
        "what is expunged is given to nobody",
        r#"permit(principal, action, resource) when { resource.closed.contains("EXPUNGED") };"#,
    ),
    (
        "what a court has sealed is given to nobody",
        r#"permit(principal, action, resource) when { resource.closed.contains("SEALED") };"#,
    ),
    (
        "a treatment whose consent is withdrawn is given in an emergency only",
        r#"permit(principal, action in [Action::"disclose", Action::"filter", Action::"aggregate"], resource is Treatment)
           when { resource.closed.contains("CONSENT_WITHDRAWN") } unless { context has breakGlass };"#,
    ),
    (
        "the public is shown nothing that tells who somebody is or where to find them",
        r#"permit(principal in AgencyKind::"PUBLIC", action in [
             Action::"PII_ID", Action::"SSN", Action::"PII_CONTACT", Action::"VIC", Action::"JUV_F", Action::"SUD", Action::"SECURITY",
             Action::"CHRI_C", Action::"CJI_C", Action::"INVEST", Action::"RISK", Action::"LINK"
           ], resource)
           unless { principal in [
             AgencyKind::"LAW_ENFORCEMENT", AgencyKind::"PROSECUTION", AgencyKind::"COURT", AgencyKind::"DEFENSE", AgencyKind::"DETENTION",
             AgencyKind::"CORRECTIONS", AgencyKind::"PAROLE_BOARD", AgencyKind::"PRETRIAL", AgencyKind::"PRERELEASE",
             AgencyKind::"TREATMENT", AgencyKind::"VICTIM_SERVICES_SYSTEM", AgencyKind::"VICTIM_SERVICES_COMMUNITY", AgencyKind::"BOCC",
             AgencyKind::"LEGISLATURE", AgencyKind::"MEDIA", AgencyKind::"RESEARCHER", AgencyKind::"SUBJECT", AgencyKind::"TRIBAL",
             AgencyKind::"FEDERAL", AgencyKind::"SCHOOL", AgencyKind::"DPHHS"
           ] };"#,
    ),
];

/// What nobody may do about an emergency.
pub const DONE: [(&str, &str); 2] = [
    (
        "nobody approves or reviews their own emergency",
        r#"permit(principal, action in [Action::"approve", Action::"review"], resource) when { resource.opener == principal.id };"#,
    ),
    (
        "nobody opens one without a reason",
        r#"permit(principal, action == Action::"open", resource) unless { context.reason };"#,
    ),
];

pub const LIFTED: &str = "an emergency lifts nothing but for the records of its person";

/// Requests in an emergency, about records that are not its person's, that are allowed and would not be without the emergency.
pub fn lifted_for_others(rules: &Rules) -> Result<Found, Failed> {
    let (without, changed) = rules.changed("context has breakGlass", "(false)")?;
    if changed == 0 {
        return Err("no policy reads `context.breakGlass`".into());
    }
    let mut others = rules.set.clone();
    let of_its_person = "forbid(principal, action, resource)
        when { context has breakGlass && resource has subject && resource.subject == context.breakGlass };";
    others.add(Policy::parse(Some(PolicyId::new("of-its-person")), of_its_person)?)?;
    let environments: Vec<&RequestEnv> = rules.environments.iter().collect();
    each(&environments, |asker, env| {
        let others = CompiledPolicySet::compile(&others, env, &rules.schema)?;
        let without = CompiledPolicySet::compile(&without, env, &rules.schema)?;
        Ok((!asker.implies(&others, &without)?).then(|| named(env)))
    })
}
