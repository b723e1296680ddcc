//! What is wrong with policy files is said at the start, with its place.

use super::{RULES, load, policies};

#[track_caller]
fn refused(rules: &str, more: &[(&str, &str)], expect: &str) {
    let found = load(rules, more).map(|_| ()).unwrap_err().to_string();
    assert!(found.contains(expect.trim()), "found:\n{found}\nexpected:\n{expect}");
}

fn with(from: &str, to: &str) -> String {
    assert!(RULES.contains(from));
    RULES.replacen(from, to, 1)
}

#[test]
fn good_policies_load() {
    let policies = policies();
    assert_eq!(policies.code.as_ref().unwrap().cited.len(), 7);
    assert_eq!(&*policies.cited(0).unwrap().cite, "41-5-216 MCA");
    let reads = policies.reads();
    assert!(reads.agency && reads.bar && !reads.user && !reads.reason && reads.roles.is_empty());
}

#[test]
fn a_policy_says_what_it_stands_on() {
    refused(
        &with(" @cite(\"41-5-216 MCA\")", ""),
        &[],
        "guardrails.cedar:1:1\n  1 | @id(\"sealed\") @review(\"2027-07-01\")\n    | ^^^^^^^^^^^^^ `sealed` has no `@cite`",
    );
    refused(&with(" @review(\"2027-07-01\")", ""), &[], "`sealed` has no `@review`");
    refused(&with("@id(\"sealed\")", ""), &[], "policy 1 of the file has no `@id`");
    refused(&with("@id(\"youth\")", "@id(\"sealed\")"), &[], "`sealed` is the id of another policy too");
}

#[test]
fn a_policy_uses_the_words_of_the_graph() {
    refused(&with("resource.juvenile", "resource.juvenil"), &[], "guardrails.cedar:5:55");
    refused(&with("disclose:PUB", "disclose:PUBLIC"), &[], "disclose:PUBLIC");
    refused(&with("AgencyKind::\"COURT\"", "AgencyKind::\"CORT\""), &[], "CORT");
    refused(&with("Purpose::\"C\"", "Purpose::\"J\""), &[], "Purpose");
    refused(&with("resource is Booking", "resource is Bookings"), &[], "Bookings");
    refused(&with("forbid(", "forbd("), &[], "guardrails.cedar:2:1");
}

#[test]
fn a_policy_that_can_never_apply_is_a_mistake() {
    refused(
        &with("when { resource.juvenile }", "when { resource.juvenile && !resource.juvenile && false }"),
        &[],
        "youth",
    );
}

#[test]
fn a_record_is_asked_for_facts_only() {
    refused(&with("resource is Booking) when", "resource == Booking::\"1\") when"), &[], "`youth` names one record");
    refused(
        &with("when { resource.juvenile }", "when { resource == Booking::\"1\" }"),
        &[],
        "`youth` asks for the record itself",
    );
}

#[test]
fn every_class_and_kind_is_spoken_of() {
    let classes = super::CLASSES.replace("CHRI = { otherwise = \"HIDE\" }\n", "");
    refused(RULES, &[("classes.toml", &classes)], "nothing is said of the class `CHRI`");
    let classes = super::CLASSES.replace("CHRI =", "CHIR =");
    refused(RULES, &[("classes.toml", &classes)], "classes.toml:5:1");
    let classes = super::CLASSES.replace("birthYear", "birthYears");
    refused(RULES, &[("classes.toml", &classes)], "Person has no field `birthYears`");
    let purposes = super::PURPOSES.replace("[\"PUBLIC\"]", "[\"J\"]");
    refused(RULES, &[("purposes.toml", &purposes)], "`J` is no purpose that is served");
    let purposes = super::PURPOSES.replace("POLICE = [\"C\"]\n", "");
    refused(RULES, &[("purposes.toml", &purposes)], "nothing is said of what `POLICE` may ask for");
}

#[test]
fn agreements_have_dates() {
    let agreement = r#"
id = "a"
title = "A"
owner = "COURT"
reader = "PUBLIC"
purposes = ["PUBLIC"]
from = "2026-01-01"
until = "2027-01-01T00:00:00Z"
"#;
    refused(RULES, &[("agreements/a.toml", agreement)], "`2026-01-01` is no instant");
    let agreement = agreement.replace("2026-01-01", "2028-01-01T00:00:00Z");
    refused(RULES, &[("agreements/a.toml", &agreement)], "it would end before it begins");
}

/// The guardrail of youths, lifted like this, with what is said of it.
fn lifted(says: &str, lift: &str) -> String {
    with("@id(\"youth\")", &format!("@id(\"youth\") {says}")).replacen(
        "unless { principal in AgencyKind::\"COURT\" };",
        &format!("unless {{ principal in AgencyKind::\"COURT\" }} {lift};"),
        1,
    )
}

const OF_THE_PERSON: &str = "context has breakGlass && resource has subject && resource.subject == context.breakGlass";

#[test]
fn an_emergency_lifts_a_guardrail_that_says_so_for_the_records_of_one_person() {
    let (says, lift) =
        ("@lifted_by(\"break-glass\")", format!("unless {{ {OF_THE_PERSON} && principal in AgencyKind::\"POLICE\" }}"));
    load(&lifted(says, &lift), &[]).map(|_| ()).unwrap();
    let other = "unless { context has breakGlass && resource has subject && context.breakGlass == resource.subject }";
    load(&lifted(says, other), &[]).map(|_| ()).unwrap();

    refused(&lifted("", &lift), &[], "`youth` looks at `context.breakGlass` and does not say so");
    refused(&lifted("@lifted_by(\"night\")", &lift), &[], "`youth` says `@lifted_by(\"night\")`");
    refused(&lifted("@granted_by(\"break-glass\")", &lift), &[], "`youth` says `@granted_by`");
    refused(&lifted(says, ""), &[], "`youth` says `@lifted_by`, and looks at no `context.breakGlass`");
    for more in [
        "unless { context has breakGlass }",
        "unless { context has breakGlass && context.breakGlass == \"P-1\" }",
        "unless { principal in AgencyKind::\"POLICE\" || (context has breakGlass && resource has subject && resource.subject == context.breakGlass) }",
        "unless { !(context has breakGlass && resource has subject && resource.subject == context.breakGlass) }",
        "when { !(context has breakGlass) } unless { context has breakGlass && resource has subject && resource.subject == context.breakGlass }",
    ] {
        refused(&lifted(says, more), &[], "`youth` does more in an emergency than it may");
    }
}

#[test]
fn an_emergency_gives_of_one_person_only() {
    let grant = |says: &str, when: &str| {
        format!(
            "{RULES}\n@id(\"glass\") @cite(\"x\") @review(\"2027-07-01\") {says}\npermit(principal in AgencyKind::\"POLICE\", action == Action::\"disclose:PII\", resource) when {{ {when} }};"
        )
    };
    let says = "@granted_by(\"break-glass\")";
    load(&grant(says, OF_THE_PERSON), &[]).map(|_| ()).unwrap();
    refused(&grant("", OF_THE_PERSON), &[], "`glass` looks at `context.breakGlass` and does not say so");
    refused(&grant("@lifted_by(\"break-glass\")", OF_THE_PERSON), &[], "`glass` says `@lifted_by`");
    for when in [
        "context has breakGlass",
        "context.reason || (context has breakGlass && resource has subject && resource.subject == context.breakGlass)",
        "if context has breakGlass then true else false",
    ] {
        refused(&grant(says, when), &[], "`glass` does more in an emergency than it may");
    }
}
