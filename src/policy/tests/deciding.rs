//! Decisions: what is allowed, what is denied whatever the record, and what depends on it.

use super::{RULES, asking, facts, load, policies};
use crate::policy::{Asking, Lacking, Outcome, Policies, Said, Scalar, Verb};

/// The outcome for `TYPE CLASS…`, to a `KIND PURPOSE`, for a record that says this.
#[track_caller]
fn check(who: &str, what: &str, record: &str, expect: &str) {
    let policies = policies();
    assert_eq!(outcome(&policies, &asking(who), what, record), expect, "{who}: {what}, {record}");
}

fn outcome(policies: &Policies, asking: &Asking, what: &str, record: &str) -> String {
    let mut words = what.split(' ');
    let (on, resource) = policies.vocabulary.resource_named(words.next().unwrap()).unwrap();
    let classes: Vec<_> = words.map(|class| policies.vocabulary.class(class).unwrap()).collect();
    let lane = policies.book(asking, 0).lane(policies, on, &classes);
    let depends = if lane.fixed.is_none() { " by record" } else { "" };
    format!("{}{depends}", lane.of(&facts(resource, record)).name())
}

#[test]
fn a_forbid_beats_a_permit_at_each_rung() {
    check("PUBLIC PUBLIC", "Booking PUB", "juvenile=false", "ALLOW by record");
    check("PUBLIC PUBLIC", "Booking PUB", "juvenile=true", "HIDE by record");
    check("PUBLIC PUBLIC", "Booking PUB", "juvenile=false closed=sealed", "HIDE by record");
    check("COURT C", "Booking PUB", "juvenile=true", "ALLOW by record");
    check("COURT C", "Booking PUB", "juvenile=true closed=sealed", "HIDE by record");
}

#[test]
fn denied_whatever_the_record() {
    check("PUBLIC PUBLIC", "Person PII", "", "DENY");
    check("COURT D", "Person PII", "", "DENY");
    check("PUBLIC PUBLIC", "Booking SUD", "juvenile=false", "CONSENT");
    check("COURT C", "Booking CONTROL", "juvenile=false", "HIDE");
}

#[test]
fn several_classes_need_all() {
    check("POLICE C", "Booking PUB CHRI", "juvenile=false owner=MT0560000", "ALLOW by record");
    check("POLICE C", "Booking PUB CHRI", "juvenile=false owner=MT0010000", "HIDE by record");
    check("PUBLIC PUBLIC", "Booking PUB CHRI", "juvenile=false owner=MT0560000", "HIDE");
    check("PUBLIC PUBLIC", "Booking SUD PUB", "juvenile=true", "HIDE by record");
    check("PUBLIC PUBLIC", "Booking SUD PUB", "juvenile=false", "CONSENT by record");
}

#[test]
fn known_of_and_not_shown() {
    check("POLICE C", "Report PSI", "counsel=12", "EXISTS by record");
    check("POLICE C", "Report PSI", "counsel=12 closed=sealed", "DENY by record");
    check("PUBLIC PUBLIC", "Report PSI", "counsel=12", "DENY");
    let policies = policies();
    let counsel = Asking { bar: Some("12".into()), ..asking("DEFENSE DEFENSE") };
    assert_eq!(outcome(&policies, &counsel, "Report PSI", "counsel=11,12"), "ALLOW by record");
    assert_eq!(outcome(&policies, &counsel, "Report PSI", "counsel=11"), "EXISTS by record");
}

#[test]
fn what_was_never_there_is_hidden_whatever_its_class_says() {
    let rules = format!(
        "{RULES}\n@id(\"expunged\") @cite(\"46-18-1103 MCA\") @review(\"2027-07-01\")\n\
         forbid(principal, action, resource) when {{ resource.closed.contains(\"expunged\") }};"
    );
    let policies = load(&rules, &[]).unwrap_or_else(|e| panic!("{e}"));
    let of = |who: &str, what: &str, record: &str| outcome(&policies, &asking(who), what, record);
    assert_eq!(of("POLICE C", "Report PSI", "counsel=12"), "EXISTS by record");
    assert_eq!(of("POLICE C", "Report PSI", "counsel=12 closed=sealed"), "DENY by record");
    assert_eq!(of("POLICE C", "Report PSI", "counsel=12 closed=expunged"), "HIDE by record");
    // Nobody of this kind is told of any: that tells of none.
    assert_eq!(of("PUBLIC PUBLIC", "Report PSI", "counsel=12 closed=expunged"), "DENY");
}

/// Where it is not known whose a record is, it is not known what closes that person: what is entered about the record itself closes it anyhow.
#[test]
fn closures_that_may_lack_some_decide_by_those_that_are_known() {
    let rules = format!(
        "{RULES}\n@id(\"expunged\") @cite(\"46-18-1103 MCA\") @review(\"2027-07-01\")\n\
         forbid(principal, action, resource) when {{ resource.closed.contains(\"expunged\") }};"
    );
    let policies = load(&rules, &[]).unwrap_or_else(|e| panic!("{e}"));
    let of = |who: &str, known: &[&'static str]| {
        let (on, resource) = policies.vocabulary.resource_named("Report").unwrap();
        let psi = policies.vocabulary.class("PSI").unwrap();
        let mut said = facts(resource, "counsel=12");
        said[0] = Said::AtLeast(known.iter().map(|kind| Scalar::Text(kind)).collect());
        policies.book(&asking(who), 0).lane(&policies, on, &[psi]).in_spite_of_loss(&said)
    };
    assert_eq!(of("POLICE C", &["expunged"]), Some(Outcome::Hide));
    assert_eq!(of("POLICE C", &["expunged", "sealed"]), Some(Outcome::Hide));
    assert_eq!(of("POLICE C", &[]), None);
    // Denied so far, and hidden if it is expunged too.
    assert_eq!(of("POLICE C", &["sealed"]), None);
    assert_eq!(of("PUBLIC PUBLIC", &[]), Some(Outcome::Deny));
}

#[test]
fn a_record_that_does_not_say_what_is_asked_is_denied() {
    check("PUBLIC PUBLIC", "Booking PUB", "", "HIDE by record");
    check("POLICE C", "Booking PUB CHRI", "juvenile=false", "HIDE by record");
}

#[test]
fn agreements_end_to_the_second() {
    let rules = format!(
        "{RULES}\n@id(\"shared\") @cite(\"44-5-304 MCA\") @review(\"2027-07-01\")\n\
         permit(principal in AgencyKind::\"PUBLIC\", action == Action::\"disclose:PII\", resource is Person)\n\
         when {{ context.agreements.contains(\"a\") }};"
    );
    let agreement = "id = \"a\"\ntitle = \"A\"\nowner = \"COURT\"\nreader = \"PUBLIC\"\npurposes = [\"PUBLIC\"]\n\
                     from = \"1970-01-01T00:01:40Z\"\nuntil = \"1970-01-01T00:03:20Z\"\n";
    let policies = load(&rules, &[("agreements/a.toml", agreement)]).unwrap_or_else(|e| panic!("{e}"));
    let (person, _) = policies.vocabulary.resource_named("Person").unwrap();
    let pii = policies.vocabulary.class("PII").unwrap();
    let at = |kind: &str, at: i64| {
        let book = policies.book(&asking(kind), at);
        (
            matches!(
                book.decide(&policies, person, Verb::Disclose, pii).decision,
                super::super::cedar::Decision::Denied
            ),
            book.valid_until,
        )
    };
    for (when, denied, until) in [
        (99, true, Some(100)),
        (100, false, Some(200)),
        (199, false, Some(200)),
        (200, true, None),
        (99, true, Some(100)),
    ] {
        assert_eq!(at("PUBLIC PUBLIC", when), (denied, until), "at {when}");
    }
    assert!(at("POLICE C", 150).0);
}

#[test]
fn what_is_lacking_is_named() {
    let policies = policies();
    let (person, _) = policies.vocabulary.resource_named("Person").unwrap();
    let pii = policies.vocabulary.class("PII").unwrap();
    let lacking = |who: &str| policies.book(&asking(who), 0).lacking(&policies, person, pii).map(Lacking::name);
    assert_eq!(lacking("COURT D"), Some("purpose"));
    assert_eq!(lacking("PUBLIC PUBLIC"), None);
}

#[test]
fn callers_alike_in_what_is_read_share_decisions() {
    let policies = policies();
    let one = asking("PUBLIC PUBLIC");
    let other =
        Asking { user: "another".into(), roles: [std::sync::Arc::from("x")].into(), sworn: true, ..one.clone() };
    assert!(std::sync::Arc::ptr_eq(&policies.book(&one, 0), &policies.book(&other, 0)));
    let elsewhere = Asking { agency: "MT1".into(), ..one.clone() };
    assert!(!std::sync::Arc::ptr_eq(&policies.book(&one, 0), &policies.book(&elsewhere, 0)));
}
