use super::{bound, check, told};
use serde_json::{Value, json};

#[track_caller]
fn invalid(document: &str, expect: &str) {
    check(document, &Value::Null, expect);
}

#[track_caller]
fn code(document: &str, expect: &str) {
    let found = bound(document, &json!({})).map_or_else(|refusal| refusal.code().name(), |_| "ok");
    assert_eq!(found, expect, "{document}");
}

#[test]
fn mistakes_of_syntax_are_told_with_their_places() {
    for document in
        ["", "{", "}", "{ a", "{}", "{ a(x:) }", "query { a }}", "{ \"", "fragment on on Query { a }", "{ é }", "\u{0}"]
    {
        let found = bound(document, &Value::Null).unwrap_err();
        assert!(matches!(found.code().name(), "PARSE"), "{document}: {}", told(&found));
    }
}

#[test]
fn an_argument_without_a_colon_is_not_left_out() {
    invalid("{ leaf(int 1) }", "PARSE 1:12 syntax error: expected `:` and a value after the name");
    invalid(
        "{ find(filter: {must: 1, size LARGE}) { name } }",
        "PARSE 1:31 syntax error: expected `:` and a value after the name",
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    invalid(
        "{ no\n cat { name(x: 1) lives { x } } dog }",
        "
        INVALID 1:3 type `Query` does not have a field `no`
        INVALID 2:13 the argument `x` is not supported by `Cat.name`
        INVALID 2:19 field selection of scalar type `Int` must not have subselections
        INVALID 2:33 interface, union and object types must have a subselection set",
    );
}

#[test]
fn errors_are_limited_in_number() {
    let many = (0..500).map(|index| format!("x{index}")).collect::<Vec<_>>().join(" ");
    assert_eq!(bound(&format!("{{ {many} }}"), &Value::Null).unwrap_err().errors().len(), 100);
}

#[test]
fn variables_fit_inside_lists_and_objects() {
    code("query($v: [Int!]) { list(ints: $v) }", "ok");
    code("query($v: [Int]) { list(ints: $v) }", "INVALID");
    code("query($v: Int) { list(ints: [$v]) }", "INVALID");
    code("query($v: [Int]) { list(grid: [$v, 1]) }", "ok");
    code("query($v: [[Int]]) { list(grid: [$v]) }", "INVALID");
    code("query($v: Int) { find(filter: {must: $v}) { name } }", "INVALID");
    code("query($v: Int = 1) { find(filter: {must: $v}) { name } }", "ok");
    code("query($v: Int = null) { find(filter: {must: $v}) { name } }", "INVALID");
    code("query($v: Int = null) { need(int: $v) }", "INVALID");
    code("query($v: Int) { have(int: $v) }", "ok");
    code("query($v: Boolean) { __typename @skip(if: $v) }", "INVALID");
    code("query($v: Boolean = true) { __typename @skip(if: $v) }", "ok");
    code("query($v: Boolean = null) { __typename @skip(if: $v) }", "INVALID");
    code("query($v: [Boolean!]) { __typename @skip(if: $v) }", "INVALID");
    code("query($v: Int) { own(json: [$v]) }", "INVALID");
    code("query($v: Int) { own(json: {a: $v}) }", "ok");
    invalid("{ own(json: {a: {b: $v}}) }", "INVALID 1:21 variable `$v` is not defined");
    invalid(
        "query A($v: Int) { ...F } query B($v: [Int]) { ...F } fragment F on Query { list(ints: [1, $v]) }",
        "
        INVALID 1:92 variable `$v` of type `Int` stands where `Int!` is expected
        INVALID 1:92 variable `$v` of type `[Int]` stands where `Int!` is expected",
    );
}

#[test]
fn a_field_stands_once_in_an_object() {
    invalid(
        "{ find(filter: {must: 1, must: 2}) { name } }",
        "INVALID 1:32 input field `must` stands twice in one object",
    );
    invalid("{ own(json: [{a: {b: 1, b: 2}}]) }", "INVALID 1:28 input field `b` stands twice in one object");
}

#[test]
fn fields_merge_only_with_the_same_arguments() {
    code("{ list(ints: [1, 2]) list(ints: [1, 2]) }", "ok");
    invalid(
        "{ list(ints: [1, 2]) list(ints: [1]) }",
        "INVALID 1:22 fields with the response key `list` have different arguments",
    );
    code("{ list(ints: [1]) list(ints: [2]) }", "INVALID");
    code("{ cat { x: name x: lives } }", "INVALID");
    code("{ animal { ... on Cat { x: name } ... on Dog { x: barks } } }", "INVALID");
}

#[test]
fn directives_stand_where_they_may() {
    code("{ __typename @skip }", "INVALID");
    code("{ __typename @skip(if: 1) }", "INVALID");
    code("{ __typename @skip(if: null) }", "INVALID");
    code("{ __typename @skip(if: true) @skip(if: true) }", "INVALID");
    code("{ __typename @none }", "INVALID");
    code("{ __typename @defer }", "INVALID");
    code("query @skip(if: true) { __typename }", "INVALID");
    code("{ ...F } fragment F on Query @skip(if: true) { __typename }", "INVALID");
}

#[test]
fn the_usual_rules_hold() {
    code("{ cat { ...F } } fragment F on Dog { name }", "INVALID");
    code("{ ...F } fragment F on Query { ...F }", "INVALID");
    code("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }", "INVALID");
    code("{ __typename } fragment F on Query { __typename }", "INVALID");
    code("{ ...F }", "INVALID");
    code("query($v: Int) { __typename }", "INVALID");
    code("{ leaf(int: $v) }", "INVALID");
    code("query($v: Cat) { leaf(int: $v) }", "INVALID");
    code("{ __typename } { __typename }", "INVALID");
    code("{ __typename } type T { a: Int }", "INVALID");
    code("mutation { __schema { queryType { name } } }", "INVALID");
    code("{ cat { __schema { queryType { name } } } }", "INVALID");
    code("{ need }", "INVALID");
    code("{ need(int: null) }", "INVALID");
    code("fragment F on Query { __typename }", "INVALID");
}
