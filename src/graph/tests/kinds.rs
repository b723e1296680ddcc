//! Mistakes in keys of several parts, interfaces and unions, and the kinds of sources.

use super::check;
use super::courts::courts_with;

#[test]
fn no_way_to_tell_the_type() {
    check(
        &courts_with(
            r#"type = { at = "/__typename" }
"#,
            "",
        ),
        r#"
        resolvers/parties.toml:5:9
          5 | [entity.Party]
            |         ^^^^^ nothing says of which type a record of `Party` is
          hint: write `type = { at = "/kind", codes = { CODE = "TYPE" } }`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_type_that_it_never_is() {
    check(
        &courts_with(r#"H = "Hearing""#, r#"H = "Agency""#),
        r#"
        resolvers/court.toml:26:38
          26 | type = { at = "/kind", codes = { H = "Agency", R = "Ruling" } }
             |                                      ^^^^^^^^ `Event` is never `Agency`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_type_that_needs_no_telling() {
    check(
        &courts_with(
            r#"same = ["ori", "name"]"#,
            r#"same = ["ori", "name"]
type = { at = "/t" }"#,
        ),
        r#"
        resolvers/agencies.toml:7:15
          7 | type = { at = "/t" }
            |               ^^^^ `Agency` is one type, it needs no `type`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn fields_of_a_type_that_it_never_is() {
    check(
        &courts_with("on.Ruling.fields", "on.Case.fields"),
        r#"
        resolvers/court.toml:29:4
          29 | on.Case.fields = { fine = "/fine" }
             |    ^^^^ `Event` is never `Case`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_field_that_none_of_its_types_has() {
    check(
        &courts_with(r#"fields = { at = { at = "/at", datetime = "rfc3339" } }"#, r#"fields = { when = "/at" }"#),
        r#"
        resolvers/court.toml:27:12
          27 | fields = { when = "/at" }
             |            ^^^^ Event has no field `when`
          hint: `Event` is defined in graph/a.graphql:28

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_list_without_each() {
    check(
        &courts_with(
            r#"at = "/events"
each = true"#,
            r#"at = "/events""#,
        ),
        r"
        resolvers/court.toml:23:21
          23 | [entity.Case.fields.events]
             |                     ^^^^^^ `Case.events` is a list, `[Event!]`
          hint: write `each = true` for a list of objects

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_field_within_an_object_that_no_source_offers() {
    check(
        &courts_with(r#"role = { at = "/role", codes = { D = "DEFENDANT" }, other = "VICTIM" }, "#, ""),
        r"
        graph/a.graphql:26:38
          26 | type CaseParty @data(class: [PUB]) { role: Role party: Party @link judges: [Person!] @link }
             |                                      ^^^^ no source offers `CaseParty.role`
          hint: write `role = …` where `fields` of `CaseParty` are said

        1 problem, nothing is served
        ",
    );
}

#[test]
fn keys_of_several_parts_in_a_path() {
    check(
        &courts_with(
            r#"post = "/cases/search"
body = { refs = { each = { court = "{1}", no = "{2}" } } }"#,
            r#"get = "/cases?refs={keys}""#,
        ),
        r#"
        resolvers/court.toml:10:7
          10 | get = "/cases?refs={keys}"
             |       ^^^^^^^^^^^^^^^^^^^^ `{keys}` in a path stands for keys of 1 part, this key has 2
          hint: send them in the body of a `post`, or one a call with `{1}` and `{2}`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_part_of_the_key_not_sent() {
    check(
        &courts_with("/cases/{1}/{2}/charges/{3}", "/cases/{1}/charges/{3}"),
        r#"
        resolvers/court.toml:31:7
          31 | get = "/cases/{1}/charges/{3}"
             |       ^^^^^^^^^^^^^^^^^^^^^^^^ the call does not say which record: `{2}` is missing
          hint: `{keys}` asks for many at once

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn one_key_and_many() {
    check(
        &courts_with("/cases?no={keys}", "/cases/{key}?no={keys}"),
        r#"
        resolvers/court.toml:15:7
          15 | get = "/cases/{key}?no={keys}"
             |       ^^^^^^^^^^^^^^^^^^^^^^^^ a call asks either for many keys, `{keys}`, or for one, `{key}`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn match_with_a_part_missing() {
    check(
        &courts_with(r#"match = ["/court", "/no"]"#, r#"match = "/no""#),
        r"
        resolvers/court.toml:9:17
          9 | [entity.Case.by.key]
            |                 ^^^ the key has 2 parts, `match` has 1 part

        1 problem, nothing is served
        ",
    );
}

#[test]
fn no_type_of_the_keys() {
    check(
        &courts_with(
            r#"keys_type = "[ID!]!"
"#,
            "",
        ),
        r#"
        resolvers/parties.toml:10:18
          10 | [entity.Party.by.key]
             |                  ^^^ `keys_type` is missing: the type of the argument in the source's own schema
          hint: `keys = "ids"` with `keys_type = "[ID!]!"`, or `key = "id"` with `key_type = "ID!"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_field_to_ask() {
    check(
        &courts_with(
            r#"field = "person"
"#,
            "",
        ),
        r#"
        resolvers/parties.toml:19:19
          19 | [entity.Person.by.key]
             |                   ^^^ nothing says which field of the source to ask
          hint: `field = "offenders"`: a field of the source's own query type

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_subgraph_asked_by_something_else() {
    check(
        &courts_with("[entity.Agency.by.ori]", "[entity.Agency.by.name]"),
        r"
        resolvers/ratings.toml:9:19
          9 | [entity.Agency.by.name]
            |                   ^^^^ a federation subgraph is asked by the key of the type alone
          hint: `[entity.Agency.by.key]`

        1 problem, nothing is served
        ",
    );
}

#[test]
fn more_fields_and_no_way_to_find_them() {
    check(
        &courts_with(
            "[entity.Agency.by.ori]
",
            "",
        ),
        r"
        resolvers/ratings.toml:6:9
          6 | [entity.Agency]
            |         ^^^^^^ this adds to `Agency`, and nothing says how to find it by its key
          hint: write `[entity.Agency.by.key]`

        1 problem, nothing is served
        ",
    );
}

#[test]
fn an_argument_that_a_search_drops() {
    check(
        &courts_with(r#", first = "limit""#, ""),
        r#"
        resolvers/parties.toml:15:20
          15 | [entity.Party.find.parties]
             |                    ^^^^^^^ `Query.parties` has an argument `first` that is not passed on here
          hint: `args = { first = "…" }`; an argument is never left out without a word

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_file_without_match() {
    check(
        &courts_with(
            r#"match = "/ori"
"#,
            "",
        ),
        r#"
        resolvers/agencies.toml:7:19
          7 | [entity.Agency.by.key]
            |                   ^^^ nothing says which record answers which key: `match` is missing
          hint: `match = "/place/of/the/key"`, within a record

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn two_ways_by_the_same_key() {
    check(
        &courts_with(
            "[entity.Agency.by.key]",
            r#"[entity.Agency.by.ori]
match = "/ori"
[entity.Agency.by.key]"#,
        ),
        r"
        resolvers/agencies.toml:9:19
          9 | [entity.Agency.by.key]
            |                   ^^^ there is another way to find `Agency` by its key here
          hint: keep one of them

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_reference_with_a_part_missing() {
    check(
        &courts_with(r#"case = { at = ["/court", "/case"] }"#, r#"case = "/case""#),
        r#"
        resolvers/court.toml:40:1
          40 | case = "/case"
             | ^^^^ `Charge.case` holds a key of 2 parts, not of 1 part
          hint: the key of `Case` is `court number`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_date_that_is_none() {
    check(
        &courts_with("%Y%m%d", "%Y%m"),
        r#"
        resolvers/court.toml:21:33
          21 | filed = { at = "/filed", date = "%Y%m" }
             |                                 ^^^^^^ `%Y%m` is not the format of a date
          hint: `iso`, `excel`, or a format in the manner of strptime: `%m/%d/%Y`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_body_of_a_get() {
    check(
        &courts_with(
            r#"body = { cases = "{keys}" }
keys_max = 20"#,
            "keys_max = 20",
        ),
        r#"
        resolvers/court.toml:34:8
          34 | post = "/charges/search"
             |        ^^^^^^^^^^^^^^^^^ the call does not say which record: `{1}` is missing
          hint: `{keys}` asks for many at once

        resolvers/court.toml:35:12
          35 | keys_max = 20
             |            ^^ without `{keys}` one call asks for one key
          hint: put `{keys}` into the path or the body, or leave `keys_max` out

        2 problems, nothing is served
        "#,
    );
}
