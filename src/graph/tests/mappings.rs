//! Mistakes in what a resolver file says of fields.

use super::{check, jail_with, store_with};

#[test]
fn a_field_that_the_type_has_not() {
    check(
        &jail_with("state = {", "statte = {"),
        r#"
        resolvers/jail.toml:17:1
          17 | statte = { at = "/st", codes = { IN = "IN_CUSTODY" }, other = "RELEASED" }
             | ^^^^^^ Booking has no field `statte`
          hint: did you mean `state`?  (graph/a.graphql:7)

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_type_that_the_graph_has_not() {
    check(
        &jail_with("[entity.Booking.fields]", "[entity.Bookng.fields]"),
        r"
        resolvers/jail.toml:13:9
          13 | [entity.Bookng.fields]
             |         ^^^^^^ the graph has no object type `Bookng`
          hint: did you mean `Booking`?  (graph/a.graphql:3)

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_code_for_a_value_that_the_enum_has_not() {
    check(
        &jail_with(r#""IN_CUSTODY""#, r#""IN_CUSTDY""#),
        r#"
        resolvers/jail.toml:17:38
          17 | state = { at = "/st", codes = { IN = "IN_CUSTDY" }, other = "RELEASED" }
             |                                      ^^^^^^^^^^^ `State` has no value `IN_CUSTDY`
          hint: did you mean `IN_CUSTODY`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn other_without_codes() {
    check(
        &jail_with(r#"codes = { IN = "IN_CUSTODY" }, "#, ""),
        r#"
        resolvers/jail.toml:17:31
          17 | state = { at = "/st", other = "RELEASED" }
             |                               ^^^^^^^^^^ `other` is for codes that `codes` does not list
          hint: write `codes = { CODE = "VALUE" }`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_function_of_another_type() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = { at = "/no", truth = ["Y"] }"#),
        r#"
        resolvers/jail.toml:14:24
          14 | number = { at = "/no", truth = ["Y"] }
             |                        ^^^^^ `truth` does not fit `Booking.number`, which is `ID!`
          hint: `truth` is for `Boolean`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn each_on_one_value() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = { at = "/no", each = true }"#),
        r#"
        resolvers/jail.toml:14:24
          14 | number = { at = "/no", each = true }
             |                        ^^^^ `each` does not fit `Booking.number`, which is `ID!`
          hint: `each` is for lists of objects

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_point_in_time_without_a_function() {
    check(
        &jail_with(r#"{ at = "/booked", datetime = "%m/%d/%Y %H:%M", zone = "America/Denver" }"#, r#""/booked""#),
        r#"
        resolvers/jail.toml:16:1
          16 | bookedAt = "/booked"
             | ^^^^^^^^ the source's way to write a point in time must be said
          hint: `datetime = "rfc3339"`, `"epoch_s"`, `"epoch_ms"`, or a format with a zone: `datetime = "%m/%d/%Y %H:%M", zone = "America/Denver"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_point_in_time_without_a_zone() {
    check(
        &jail_with(r#", zone = "America/Denver""#, ""),
        r#"
        resolvers/jail.toml:16:41
          16 | bookedAt = { at = "/booked", datetime = "%m/%d/%Y %H:%M" }
             |                                         ^^^^^^^^^^^^^^^^ `%m/%d/%Y %H:%M` says no offset from UTC, so a `zone` must say it
          hint: `zone = "America/Denver"`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn an_offset_needs_no_zone() {
    check(
        &jail_with(r#"%H:%M""#, r#"%H:%M %z""#),
        r#"
        resolvers/jail.toml:16:69
          16 | bookedAt = { at = "/booked", datetime = "%m/%d/%Y %H:%M %z", zone = "America/Denver" }
             |                                                                     ^^^^^^^^^^^^^^^^ `%m/%d/%Y %H:%M %z` needs no `zone`, it has its own
          hint: leave `zone` out

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_zone_that_is_not() {
    check(
        &jail_with("America/Denver", "America/Denvr"),
        r#"
        resolvers/jail.toml:16:66
          16 | bookedAt = { at = "/booked", datetime = "%m/%d/%Y %H:%M", zone = "America/Denvr" }
             |                                                                  ^^^^^^^^^^^^^^^ there is no time zone `America/Denvr`
          hint: did you mean `America/Denver`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_format_that_is_not() {
    check(
        &jail_with("%m/%d/%Y %H:%M", "%m/%d/%Y %J"),
        r#"
        resolvers/jail.toml:16:41
          16 | bookedAt = { at = "/booked", datetime = "%m/%d/%Y %J", zone = "America/Denver" }
             |                                         ^^^^^^^^^^^^^ `%m/%d/%Y %J` is not the format of a date and time
          hint: `rfc3339`, `epoch_s`, `epoch_ms` or a format: `%m/%d/%Y %H:%M`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_place_that_is_no_pointer() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = "no""#),
        r#"
        resolvers/jail.toml:14:10
          14 | number = "no"
             |          ^^^^ `no` is not a JSON Pointer, it must start with `/`
          hint: did you mean `/no`?

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_link_is_not_an_object() {
    check(
        &jail_with(
            r#"person = { at = "/inmate", crosswalk = "JAIL" }"#,
            r#"person = { at = "/inmate", fields = { id = "/id" } }"#,
        ),
        r#"
        resolvers/jail.toml:15:28
          15 | person = { at = "/inmate", fields = { id = "/id" } }
             |                            ^^^^^^ `Booking.person` leads to a record of its own, `fields` does not fit it
          hint: say where the key of the `Person` stands; its fields belong into `[entity.Person]`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_key_of_too_many_parts() {
    check(
        &jail_with(r#"person = { at = "/inmate", crosswalk = "JAIL" }"#, r#"person = ["/a", "/b"]"#),
        r#"
        resolvers/jail.toml:15:10
          15 | person = ["/a", "/b"]
             |          ^^^^^^^^^^^^ a field is either text, where its value stands, or a table
          hint: `{ is = … }` for a value that is always the same

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_reference_of_too_many_parts() {
    check(
        &jail_with(r#"person = { at = "/inmate", crosswalk = "JAIL" }"#, r#"person = { at = ["/a", "/b"] }"#),
        r#"
        resolvers/jail.toml:15:1
          15 | person = { at = ["/a", "/b"] }
             | ^^^^^^ `Booking.person` holds a key of 1 part, not of 2 parts
          hint: the key of `Person` is `id`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_field_that_is_a_number() {
    check(
        &jail_with(r#"number = "/no""#, "number = 5"),
        r"
        resolvers/jail.toml:14:10
          14 | number = 5
             |          ^ a field is either text, where its value stands, or a table
          hint: `{ is = … }` for a value that is always the same

        1 problem, nothing is served
        ",
    );
}

#[test]
fn a_constant_of_another_type() {
    check(
        &jail_with(
            r#"state = { at = "/st", codes = { IN = "IN_CUSTODY" }, other = "RELEASED" }"#,
            r#"state = { is = "OUT" }"#,
        ),
        r#"
        resolvers/jail.toml:17:1
          17 | state = { is = "OUT" }
             | ^^^^^ this is no value of `Booking.state`, which is `State`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_constant_with_a_place() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = { at = "/no", is = "5" }"#),
        r#"
        resolvers/jail.toml:14:1
          14 | number = { at = "/no", is = "5" }
             | ^^^^^^ `Booking.number` is either always the same or stands somewhere
          hint: leave out `is` or the place

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_column_in_json() {
    check(
        &jail_with(r#"number = "/no""#, r#"number = { column = "no" }"#),
        r#"
        resolvers/jail.toml:14:12
          14 | number = { column = "no" }
             |            ^^^^^^ unknown key `column`
          hint: `column` is for sources of kind `sql`; other kinds say `at`

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_column_that_is_none() {
    check(
        &store_with(
            r#"same = ["id", "name"]"#,
            r#"same = ["id"]
[entity.Person.fields]
name = "name; drop table person""#,
        ),
        r#"
        resolvers/store.toml:15:8
          15 | name = "name; drop table person"
             |        ^^^^^^^^^^^^^^^^^^^^^^^^^ `name; drop table person` is not the name of a column
          hint: letters, digits and `_`; for anything else, make a view

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_field_said_twice() {
    check(
        &store_with(
            "[entity.Person.by.id]",
            r#"[entity.Person.fields]
name = "name"
[entity.Person.by.id]"#,
        ),
        r#"
        resolvers/store.toml:15:1
          15 | name = "name"
             | ^^^^ `Person.name` is said twice

        1 problem, nothing is served
        "#,
    );
}

#[test]
fn a_row_has_no_list() {
    check(
        &store_with(
            r#"same = ["id", "name"]"#,
            r#"same = ["id", "nam"]
fields = { name = { column = "name", each = true } }"#,
        ),
        r#"
        resolvers/store.toml:13:15
          13 | same = ["id", "nam"]
             |               ^^^^^ Person has no field `nam`
          hint: did you mean `name`?  (graph/a.graphql:2)

        resolvers/store.toml:14:38
          14 | fields = { name = { column = "name", each = true } }
             |                                      ^^^^ unknown key `each`
          hint: `each` is for sources of kind `rest`, `graphql`, `subgraph`, `native` and `file`

        2 problems, nothing is served
        "#,
    );
}
