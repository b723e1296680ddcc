//! What policies know of a record: `@facts`.

use super::{JAIL, SCHEMA, STORE, check, linked, problems};

const FACTS: &str = "directive @facts(juvenile: String, held: String, closed: String) on OBJECT\n";

fn with(facts: &str, fields: &str, mapped: &str) -> (String, String) {
    let schema = SCHEMA.replace("\ntype Booking ", &format!("\ntype Booking @facts({facts}) "));
    let schema = schema.replace("  state: State\n", &format!("  state: State\n  {fields}\n"));
    (format!("{FACTS}{schema}"), format!("{}{mapped}", JAIL.trim_start()))
}

fn problems_with(facts: &str, fields: &str, mapped: &str) -> String {
    let (schema, jail) = with(facts, fields, mapped);
    problems(&schema, &[("jail", &jail), ("store", STORE.trim_start())])
}

#[test]
fn facts_are_fields_or_the_way_to_one() {
    let within =
        "isYouth: Boolean facility: Facility } type Facility @data(class: [PUB]) { county: String codes: [ID!]";
    let mapped = "isYouth = \"/y\"\nfacility = { at = \"/f\", fields = { county = \"/c\", codes = \"/x\" } }\n";
    let (schema, jail) = with("juvenile: \"isYouth\", held: \"facility.county\"", within, mapped);
    let printed = linked(&schema, &[("jail", &jail), ("store", STORE.trim_start())]);
    assert!(printed.contains("Booking  fact juvenile = isYouth\n"), "{printed}");
    assert!(printed.contains("Booking  fact held = facility.county, where there is one\n"), "{printed}");
}

#[test]
fn a_fact_that_is_no_field() {
    check(
        &problems_with("juvenile: \"isYuoth\"", "isYouth: Boolean", "isYouth = \"/y\"\n"),
        r#"
        graph/a.graphql:5:31
          5 | type Booking @facts(juvenile: "isYuoth") @entity(key: "number", subject: "person") @data(class: [PUB]) {
            |                               ^^^^^^^^^ Booking has no field `isYuoth`
          hint: did you mean `isYouth`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_fact_that_no_policy_can_read() {
    let found = problems_with("juvenile: \"state.name\"", "", "");
    assert!(found.contains("`Booking.state` is a value, and nothing stands below it"), "{found}");
    let found = problems_with("closed: \"state\"", "", "");
    assert!(found.contains("`closed` is known of every record, no field can say it"), "{found}");
    let found = problems_with("held: \"f\"", "f: Float", "f = \"/f\"\n");
    assert!(found.contains("`Booking.f` is of a type that no policy can read"), "{found}");
}

#[test]
fn facts_that_another_record_says() {
    let on_person = |facts: &str| {
        let schema = SCHEMA.replace("\ntype Person ", &format!("\ntype Person @facts({facts}) "));
        let schema = schema.replace("bookings: [", "bookings(active: Boolean): [");
        (format!("{FACTS}{schema}"), JAIL.trim_start().replace("?ids={keys}", "?ids={keys}&active={active}"))
    };
    let (schema, jail) = with("held: \"person.name\"", "", "");
    let printed = linked(&schema, &[("jail", &jail), ("store", STORE.trim_start())]);
    assert!(printed.contains("Booking  fact held = person.name, where there is one\n"), "{printed}");
    // Several records say it, so it is several texts.
    let (schema, jail) = on_person("held: \"bookings(active: true).number\"");
    let printed = linked(&schema, &[("jail", &jail), ("store", STORE.trim_start())]);
    assert!(printed.contains("Person  fact held = bookings(active: true).number\n"), "{printed}");
    for (path, wrong) in [
        ("bookings(activ: true).number", "`Person.bookings` does not take `activ: true`"),
        ("bookings(active: maybe).number", "`Person.bookings` does not take `active: maybe`"),
        ("bookings", "`Person.bookings` leads to another record, and a fact is a value"),
        ("bookings.person", "`Booking.person` leads to another record, and a fact is a value"),
        ("bookings.nummer", "Booking has no field `nummer`"),
    ] {
        let (schema, jail) = on_person(&format!("held: \"{path}\""));
        let found = problems(&schema, &[("jail", &jail), ("store", STORE.trim_start())]);
        assert!(found.contains(wrong), "{path}: {found}");
    }
}

/// Whoever is asked on the way says where it goes on, and at the end the fact.
#[test]
fn everybody_on_the_way_says_what_is_needed() {
    let (schema, jail) = with("held: \"person.nick\"", "", "");
    let schema = schema.replace(" name: String", " nick: String name: String");
    let found = problems(&schema, &[("jail", &jail), ("store", STORE.trim_start())]);
    assert!(found.contains("the fact `held` is what `Person.nick` says, and `store` does not say it"), "{found}");
    let (schema, jail) = with("held: \"person.name\"", "", "");
    let silent: Vec<&str> = jail.lines().filter(|line| !line.starts_with("person ")).collect();
    let silent = silent.join("\n");
    let found = problems(&schema, &[("jail", &jail), ("prison", &silent), ("store", STORE.trim_start())]);
    assert!(found.contains("policies decide on a `Booking` by `person`, and `prison` does not say it"), "{found}");
}

#[test]
fn every_source_says_the_facts_of_its_records() {
    let found = problems_with("juvenile: \"isYouth\"", "isYouth: Boolean", "");
    assert!(found.contains("policies decide on a `Booking` by `isYouth`, and `jail` does not say it"), "{found}");
    assert!(!problems_with("juvenile: \"isYouth\"", "isYouth: Boolean", "isYouth = \"/y\"\n").contains("problem,"));
}
