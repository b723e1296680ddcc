//! How problems read: their lines, their carets, and what they must not show.

use super::{SCHEMA, check, jail_with, problems};

#[test]
fn a_syntax_error() {
    check(
        &jail_with(r#"title = "Jail""#, r#"title = "Jail"#),
        r#"
        resolvers/jail.toml:1:14
          1 | title = "Jail
            |              ^ invalid basic string, expected `"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn two_syntax_errors_and_an_unknown_key() {
    check(
        &jail_with(
            r#"title = "Jail""#,
            "title = 
agency = = 3
foo = 1",
        ),
        r"
        resolvers/jail.toml:1:9
          1 | title =
            |         ^ string values must be quoted, expected literal string

        resolvers/jail.toml:2:10
          2 | agency = = 3
            |          ^ extra `=`, expected nothing

        resolvers/jail.toml:2:12
          2 | agency = = 3
            |            ^ unexpected key or value, expected newline, `#`

        resolvers/jail.toml:3:1
          3 | foo = 1
            | ^^^ unknown key `foo`
          hint: known here: title, agency, kind, golden, reach, crosswalk, closures, purges, entity

        4 problems, nothing is served
        ",
    );
}

#[test]
fn an_unknown_key() {
    check(
        &jail_with(r#"title = "Jail""#, r#"titel = "Jail""#),
        r#"
        resolvers/jail.toml:1:1
          1 | titel = "Jail"
            | ^^^^^ unknown key `titel`
          hint: did you mean `title`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_key_of_another_kind() {
    check(
        &jail_with(
            r#"get = "/bookings?numbers={keys}""#,
            r#"get = "/bookings?numbers={keys}"
columns = ["no"]"#,
        ),
        r#"
        resolvers/jail.toml:7:1
          7 | columns = ["no"]
            | ^^^^^^^ unknown key `columns`
          hint: `columns` is for sources of kind `sql`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_kind_that_is_not() {
    check(
        &jail_with(r#"kind = "rest""#, r#"kind = "soap""#),
        r#"
        resolvers/jail.toml:2:8
          2 | kind = "soap"
            |        ^^^^^^ no source is of kind `soap`
          hint: one of `rest`, `graphql`, `subgraph`, `native`, `sql`, `file`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_wrong_kind_of_value() {
    check(
        &jail_with("many = true", r#"many = "yes""#),
        r#"
        resolvers/jail.toml:12:8
          12 | many = "yes"
             |        ^^^^^ `many` must be true or false, not text

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_keys_in_a_batch() {
    check(
        &jail_with(
            r#"match = "/no""#,
            r#"match = "/no"
keys_max = 0"#,
        ),
        r"
        resolvers/jail.toml:8:12
          8 | keys_max = 0
            |            ^ `keys_max` must be a whole number, 1 or more

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_literal_address() {
    check(
        &jail_with(r#""env:JAIL_URL""#, r#""https://user:hunter2@jail.example""#),
        r#"
        resolvers/jail.toml:4:12
          4 | (not shown, it may hold a secret)
            | `base_url` must be the name of an environment variable
          hint: write `"env:NAME"`, NAME in capitals, and give the value to the program in that variable; a secret that was in a file should be replaced

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_literal_token() {
    check(
        &jail_with(
            "[entity.Booking.by.number]",
            r#"bearer = "hunter2"
[entity.Booking.by.number]"#,
        ),
        r#"
        resolvers/jail.toml:5:10
          5 | (not shown, it may hold a secret)
            | `bearer` must be the name of an environment variable
          hint: write `"env:NAME"`, NAME in capitals, and give the value to the program in that variable; a secret that was in a file should be replaced

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_literal_token_in_the_wrong_block() {
    check(
        &jail_with(
            r#"title = "Jail""#,
            r#"title = "Jail"
bearer = "hunter2""#,
        ),
        r"
        resolvers/jail.toml:2:1
          2 | (not shown, it may hold a secret)
            | unknown key `bearer`
          hint: `bearer` belongs into `[reach]`

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_literal_secret_header() {
    check(
        &jail_with(
            "[entity.Booking.by.number]",
            r#"headers = { x-api-key = "hunter2", x-weird = 3 }
[entity.Booking.by.number]"#,
        ),
        r#"
        resolvers/jail.toml:5:25
          5 | (not shown, it may hold a secret)
            | `x-api-key` must be the name of an environment variable
          hint: write `"env:NAME"`, NAME in capitals, and give the value to the program in that variable; a secret that was in a file should be replaced

        resolvers/jail.toml:5:46
          5 | (not shown, it may hold a secret)
            | `x-weird` must be text, not an integer

        2 problems, nothing is served
        "#,
    );
}

#[test]
fn a_broken_line_with_a_secret() {
    check(
        &jail_with(
            r#"base_url = "env:JAIL_URL""#,
            r#"base_url = "env:JAIL_URL"
bearer = "hunter2"#,
        ),
        r#"
        resolvers/jail.toml:5:10
          5 | (not shown, it may hold a secret)
            | `bearer` must be the name of an environment variable
          hint: write `"env:NAME"`, NAME in capitals, and give the value to the program in that variable; a secret that was in a file should be replaced

        resolvers/jail.toml:5:18
          5 | (not shown, it may hold a secret)
            | invalid basic string, expected `"`

        2 problems, nothing is served
        "#,
    );
}

#[test]
fn an_unknown_key_in_reach() {
    check(
        &jail_with(
            r#"base_url = "env:JAIL_URL""#,
            r#"base_url = "env:JAIL_URL"
password = "hunter2""#,
        ),
        r"
        resolvers/jail.toml:5:1
          5 | (not shown, it may hold a secret)
            | unknown key `password`
          hint: known here: base_url, private, bearer, oauth, certificate, authority, headers, timeout_ms, concurrency_max, queue_max, retry, breaker

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_token_that_is_a_list() {
    check(
        &jail_with(
            r#"base_url = "env:JAIL_URL""#,
            r#"base_url = "env:JAIL_URL"
bearer = ["hunter2"]"#,
        ),
        r"
        resolvers/jail.toml:5:10
          5 | (not shown, it may hold a secret)
            | `bearer` must be text, not a list

        1 problem, nothing is served
        ",
    );
}

#[test]
fn no_address() {
    check(
        &jail_with(r#"base_url = "env:JAIL_URL""#, ""),
        r#"
        resolvers/jail.toml:3:2
          3 | [reach]
            |  ^^^^^ `base_url` is missing here
          hint: write `base_url = "env:NAME"`, with the name of an environment variable that holds the address

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_reach() {
    check(
        &jail_with(
            r#"[reach]
base_url = "env:JAIL_URL"
"#,
            "",
        ),
        r#"
        resolvers/jail.toml
          the block `[reach]` is missing
          hint: it needs `base_url = "env:NAME"`, with the name of an environment variable that holds the address

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn columns_count_characters() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = { is = "ÄÖÜ", statte = "x" }"#),
        r#"
        resolvers/jail.toml:14:24
          14 | number = { is = "ÄÖÜ", statte = "x" }
             |                        ^^^^^^ unknown key `statte`
          hint: known here: fields, at, is, date, datetime, zone, codes, other, truth, untrue, empty, strip, cents, find, text, trim, crosswalk, on, each, type

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_long_line_is_cut() {
    check(
        &jail_with(
            r#"state = { at = "/st", codes = { IN = "IN_CUSTODY" }, other = "RELEASED" }"#,
            r#"state = { at = "/st", codes = { AAAAAAAAAAAAAAAAAAAAAAAA = "IN_CUSTODY", BBBBBBBBBBBBBBBBBBBBBBBBB = "IN_CUSTODY", IN = "GONE" }, other = "RELEASED" }"#,
        ),
        r#"
        resolvers/jail.toml:17:121
          17 | …  "IN_CUSTODY", IN = "GONE" }, other = "RELEASED" }
             |                       ^^^^^^ `State` has no value `GONE`
          hint: it is one of IN_CUSTODY, RELEASED

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn no_file_at_all() {
    check(
        &problems(SCHEMA, &[]),
        r"
        graph/a.graphql:1:14
          1 | type Query { person(id: ID!): Person }
            |              ^^^^^^ no source answers `Query.person`
          hint: write `[entity.Person.by.key]` in a resolver file, or `[entity.Person.find.person]` for a search

        1 problem, nothing is served
        ",
    );
}

#[test]
fn every_mistake_of_a_file_at_once() {
    check(
        &jail_with(
            r#"[entity.Booking.fields]
number = "/no""#,
            r#"many = 1
matsch = "/x"
[entity.Bookng.fields]
number = 4"#,
        ),
        r#"
        resolvers/jail.toml:13:1
          13 | many = 1
             | ^^^^ duplicate key

        resolvers/jail.toml:14:1
          14 | matsch = "/x"
             | ^^^^^^ unknown key `matsch`
          hint: did you mean `match`?

        resolvers/jail.toml:15:9
          15 | [entity.Bookng.fields]
             |         ^^^^^^ the graph has no object type `Bookng`
          hint: did you mean `Booking`?  (graph/a.graphql:3)

        resolvers/jail.toml:16:10
          16 | number = 4
             |          ^ a field is either text, where its value stands, or a table
          hint: `{ is = … }` for a value that is always the same

        4 problems, nothing is served
        "#,
    );
}
