use super::{bound, check, told};
use serde_json::{Value, json};

/// `declared` is `Type` or `Type = default` of `$v`, used as `field(argument: $v)`.
#[track_caller]
fn variable(place: &str, declared: &str, variables: &Value, expect: &str) {
    let (field, argument) = place.split_once('.').unwrap();
    let document = format!("query($v: {declared}) {{ x: {field}({argument}: $v){} }}", below(field));
    check_argument(&document, variables, expect);
}

#[track_caller]
fn literal(place: &str, literal: &str, expect: &str) {
    let (field, argument) = place.split_once('.').unwrap();
    check_argument(&format!("{{ x: {field}({argument}: {literal}){} }}", below(field)), &Value::Null, expect);
}

fn below(field: &str) -> &str {
    if field == "find" { " { name }" } else { "" }
}

#[track_caller]
fn check_argument(document: &str, variables: &Value, expect: &str) {
    let found = match bound(document, variables) {
        Err(refusal) => told(&refusal),
        Ok(operation) => match &operation.arguments.of[0].1 {
            Ok(arguments) => Value::Object(arguments.clone()).to_string(),
            Err(error) => format!("field: {}", error.message),
        },
    };
    assert_eq!(found, expect, "{document} {variables}");
}

#[test]
fn leaves_from_json() {
    let good = |argument: &str, declared: &str, value: Value, expect: Value| {
        variable(&format!("leaf.{argument}"), declared, &json!({"v": value}), &json!({argument: expect}).to_string());
    };
    let bad = |argument: &str, declared: &str, value: Value, expect: &str| {
        variable(
            &format!("leaf.{argument}"),
            declared,
            &json!({"v": value}),
            &format!("VARIABLE 1:7 variable `$v` {expect}"),
        );
    };
    good("int", "Int", json!(1), json!(1));
    good("int", "Int", json!(1.0), json!(1));
    good("int", "Int", json!(-2_147_483_648_i64), json!(-2_147_483_648_i64));
    let whole = "is not a value of `Int`: expected a whole number of 32 bits";
    bad("int", "Int", json!(2_147_483_648_i64), &format!("can't be used: 2147483648 {whole}"));
    bad("int", "Int", json!(1.5), &format!("can't be used: 1.5 {whole}"));
    bad("int", "Int", json!("1"), &format!("can't be used: \"1\" {whole}"));
    bad("int", "Int", json!(true), &format!("can't be used: true {whole}"));
    bad("int", "Int", json!([1]), &format!("can't be used: [1] {whole}"));
    good("float", "Float", json!(1), json!(1.0));
    good("float", "Float", json!(1.5e300), json!(1.5e300));
    bad("float", "Float", json!("1"), "can't be used: \"1\" is not a value of `Float`: expected a number");
    good("string", "String", json!(""), json!(""));
    bad("string", "String", json!(1), "can't be used: 1 is not a value of `String`: expected a string");
    good("boolean", "Boolean", json!(false), json!(false));
    bad("boolean", "Boolean", json!(0), "can't be used: 0 is not a value of `Boolean`: expected true or false");
    good("id", "ID", json!("a"), json!("a"));
    good("id", "ID", json!(7), json!("7"));
    good("id", "ID", json!(7.0), json!("7"));
    bad("id", "ID", json!(7.5), "can't be used: 7.5 is not a value of `ID`: expected a string or a whole number");
    good("size", "Size", json!("SMALL"), json!("SMALL"));
    bad("size", "Size", json!("small"), "can't be \"small\": expected a value of the enum `Size`, as a string");
    bad("size", "Size", json!(1), "can't be 1: expected a value of the enum `Size`, as a string");
    good("int", "Int", json!(null), json!(null));
    bad("int", "Int!", json!(null), "is null: a value of `Int!` is required");
}

#[test]
fn leaves_from_literals() {
    let good = |argument: &str, text: &str, expect: Value| {
        literal(&format!("leaf.{argument}"), text, &json!({argument: expect}).to_string());
    };
    good("int", "-5", json!(-5));
    good("float", "5", json!(5.0));
    good("float", "5.5e1", json!(55.0));
    good("string", r#""a\u0041\n""#, json!("aA\n"));
    good("string", "\"\"\"\n  a\n    b\n\"\"\"", json!("a\n  b"));
    good("boolean", "true", json!(true));
    good("id", "12345678901234567890", json!("12345678901234567890"));
    good("id", "\"a\"", json!("a"));
    good("size", "LARGE", json!("LARGE"));
    good("size", "null", json!(null));
    for (argument, text) in [
        ("int", "2147483648"),
        ("int", "1.0"),
        ("int", "\"1\""),
        ("float", "\"1\""),
        ("string", "1"),
        ("boolean", "1"),
        ("id", "1.5"),
        ("id", "true"),
        ("size", "\"LARGE\""),
        ("size", "HUGE"),
        ("int", "[1]"),
        ("int", "{a: 1}"),
    ] {
        let document = format!("{{ leaf({argument}: {text}) }}");
        assert_eq!(bound(&document, &Value::Null).unwrap_err().code().name(), "INVALID", "{document}");
    }
}

#[test]
fn dates_and_amounts() {
    let ty_of = |argument: &str| match argument {
        "date" => "Date",
        "bail" => "Money",
        _ => "DateTime",
    };
    let good = |argument: &str, value: &str| {
        let expect = json!({argument: value}).to_string();
        let ty = ty_of(argument);
        variable(&format!("own.{argument}"), ty, &json!({"v": value}), &expect);
        literal(&format!("own.{argument}"), &format!("\"{value}\""), &expect);
    };
    let bad = |argument: &str, value: &str| {
        let ty = ty_of(argument);
        let document = format!("query($v: {ty}) {{ own({argument}: $v) }}");
        assert_eq!(bound(&document, &json!({"v": value})).unwrap_err().code().name(), "VARIABLE", "{value}");
        let document = format!("{{ own({argument}: \"{value}\") }}");
        assert_eq!(bound(&document, &Value::Null).unwrap_err().code().name(), "INVALID", "{value}");
    };
    for value in ["0.00", "5000.00"] {
        good("bail", value);
    }
    for value in ["5000", "5000.0", "05.00", "$5.00", "-5.00", ""] {
        bad("bail", value);
    }
    for value in ["2024-02-29", "0001-01-01", "9999-12-31"] {
        good("date", value);
    }
    for value in
        ["2023-02-29", "2024-2-9", "20240209", "2024-02-29T00:00:00Z", "2024-13-01", "", " 2024-02-29", "-2024-02-29"]
    {
        bad("date", value);
    }
    for value in ["2024-02-29T00:00:00Z", "2024-02-29T23:59:60.123456789012Z", "2024-02-29T01:02:03-05:30"] {
        good("at", value);
    }
    for value in [
        "2024-02-29",
        "2024-02-29 00:00:00Z",
        "2024-02-29T00:00Z",
        "2024-02-29T00:00:00",
        "2024-02-29T24:00:00Z",
        "2024-02-29T00:60:00Z",
        "2024-02-29T00:00:00.Z",
        "2024-02-29T00:00:00+0100",
        "2023-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z[UTC]",
        "2024-02-29T00:00:0é",
    ] {
        bad("at", value);
    }
    literal("own.date", "5", "INVALID 1:16 5 is not a value of `Date`: expected a day of the calendar, YYYY-MM-DD");
    check(
        "query($d: Date = \"x\") { own(date: $d) }",
        &Value::Null,
        "INVALID 1:18 \"x\" is not a value of `Date`: expected a day of the calendar, YYYY-MM-DD",
    );
}

#[test]
fn other_scalars_take_anything() {
    let value = json!({"a": [1, {"b": null}], "c": 1.5, "d": "x"});
    variable("own.json", "JSON", &json!({"v": value}), &json!({"json": value}).to_string());
    literal(
        "own.json",
        "{a: [1, {b: null}], c: 1.5, d: X}",
        &json!({"json": {"a": [1, {"b": null}], "c": 1.5, "d": "X"}}).to_string(),
    );
    check_argument(
        "query($v: JSON) { own(json: {a: $v, b: $v}) }",
        &json!({"v": [1]}),
        r#"{"json":{"a":[1],"b":[1]}}"#,
    );
    check_argument("query($v: JSON) { own(json: {a: $v, b: 1}) }", &json!({}), r#"{"json":{"b":1}}"#);
}

#[test]
fn lists() {
    variable("list.ints", "[Int!]", &json!({"v": [1, 2]}), r#"{"ints":[1,2]}"#);
    variable("list.ints", "[Int!]", &json!({"v": 1}), r#"{"ints":[1]}"#);
    variable("list.ints", "[Int!]", &json!({"v": []}), r#"{"ints":[]}"#);
    variable("list.ints", "[Int!]", &json!({"v": null}), r#"{"ints":null}"#);
    variable(
        "list.ints",
        "[Int!]",
        &json!({"v": [1, null]}),
        "VARIABLE 1:7 variable `$v[1]` is null: a value of `Int!` is required",
    );
    variable("list.grid", "[[Int]]", &json!({"v": 1}), r#"{"grid":[[1]]}"#);
    variable("list.grid", "[[Int]]", &json!({"v": [1, [2], null]}), r#"{"grid":[[1],[2],null]}"#);
    literal("list.ints", "1", r#"{"ints":[1]}"#);
    literal("list.grid", "[1, [2, null], null]", r#"{"grid":[[1],[2,null],null]}"#);
    literal("list.sizes", "SMALL", r#"{"sizes":["SMALL"]}"#);
    check_argument("query($v: Int) { list(grid: [[1, $v], [$v]]) }", &json!({}), r#"{"grid":[[1,null],[null]]}"#);
    check_argument("query($v: Int!) { list(ints: [1, $v]) }", &json!({"v": 2}), r#"{"ints":[1,2]}"#);
}

#[test]
fn input_objects() {
    let full = r#"{"filter":{"size":"SMALL","within":{"from":"2020-01-01"},"must":1},"first":10}"#;
    variable("find.filter", "Filter", &json!({"v": {"must": 1}}), full);
    literal("find.filter", "{must: 1}", full);
    literal(
        "find.filter",
        r#"{must: 1, parts: {must: 2, within: null, size: null}, text: "x", ids: 3}"#,
        r#"{"filter":{"text":"x","size":"SMALL","within":{"from":"2020-01-01"},"ids":["3"],"must":1,"parts":[{"size":null,"within":null,"must":2}]},"first":10}"#,
    );
    check_argument(
        "query($v: Int!, $s: String, $z: Size) { find(filter: {must: $v, text: $s, size: $z}) { name } }",
        &json!({"v": 1, "s": null}),
        r#"{"filter":{"text":null,"size":"SMALL","within":{"from":"2020-01-01"},"must":1},"first":10}"#,
    );
    let bad = |value: Value, expect: &str| {
        variable("find.filter", "Filter", &json!({"v": value}), &format!("VARIABLE 1:7 variable `$v{expect}"));
    };
    bad(json!({}), "` has no `must`: a value of `Int!` is required");
    bad(json!({"must": 1, "parts": [{"must": null}]}), ".parts[0].must` is null: a value of `Int!` is required");
    bad(
        json!({"must": 1, "span": {"from": "x"}}),
        ".span.from` can't be used: \"x\" is not a value of `Date`: expected a day of the calendar, YYYY-MM-DD",
    );
    bad(json!({"must": 1, "more": 1}), "` can't have `more`: `Filter` has no such field");
    bad(json!(1), "` can't be 1: expected an object of `Filter`");
}

#[test]
fn all_mistakes_are_told_and_long_values_cut() {
    let long = "x".repeat(500);
    check(
        "query($a: Int!, $b: [Int!], $c: Int) { need(int: $a) list(ints: $b) leaf(int: $c) }",
        &json!({"b": [1, "x", true], "c": long}),
        &format!(
            "VARIABLE 1:7 variable `$a` is missing: a value of `Int!` is required
             VARIABLE 1:17 variable `$b[1]` can't be used: \"x\" is not a value of `Int`: expected a whole number of 32 bits
             VARIABLE 1:17 variable `$b[2]` can't be used: true is not a value of `Int`: expected a whole number of 32 bits
             VARIABLE 1:29 variable `$c` can't be used: \"{}… is not a value of `Int`: expected a whole number of 32 bits",
            "x".repeat(99)
        )
        .replace("\n             ", "\n"),
    );
}

#[test]
fn defaults_and_absence() {
    variable("find.first", "Int", &json!({}), r#"{"first":10}"#);
    variable("find.first", "Int", &json!({"v": null}), r#"{"first":null}"#);
    variable("find.first", "Int = 3", &json!({}), r#"{"first":3}"#);
    variable("find.first", "Int = 3", &json!({"v": 4}), r#"{"first":4}"#);
    variable("find.first", "Int = 3", &json!({"v": null}), r#"{"first":null}"#);
    variable("leaf.int", "Int", &json!({}), "{}");
    variable("need.int", "Int!", &json!({}), "VARIABLE 1:7 variable `$v` is missing: a value of `Int!` is required");
    variable("need.int", "Int! = 3", &json!({}), r#"{"int":3}"#);
    variable("need.int", "Int = 3", &json!({"v": null}), "field: argument `int` of type `Int!` is null");
    variable("have.int", "Int", &json!({}), r#"{"int":5}"#);
    variable("have.int", "Int", &json!({"v": null}), "field: argument `int` of type `Int!` is null");
    variable(
        "find.filter",
        "Filter = {must: 1}",
        &json!({}),
        r#"{"filter":{"size":"SMALL","within":{"from":"2020-01-01"},"must":1},"first":10}"#,
    );
    check_argument("{ find { name } }", &Value::Null, r#"{"first":10}"#);
    let mixed = "query($v: Int = 1) { find(filter: {must: $v}) { name } }";
    check_argument(mixed, &json!({"v": null}), "field: argument `filter` is no value of type `Filter`");
}

#[test]
fn unknown_variables_are_ignored() {
    variable("leaf.int", "Int", &json!({"v": 1, "w": "anything"}), r#"{"int":1}"#);
}

#[test]
fn the_shape_tells_what_is_present() {
    let document = "query($f: Filter, $n: Int) { a: find(filter: $f, first: $n) { name } b: leaf(int: $n) }";
    let shape = |variables: Value| bound(document, &variables).unwrap().arguments.shape;
    let full = shape(json!({"f": {"must": 1}, "n": 1}));
    // Selection, filter as an object of seven fields with `Span` in it, first; selection, six arguments.
    assert_eq!(full, [0, 0, 0, 0, 2, 0, 1, 0, 2, 1, 0, 0, 1, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(full, shape(json!({"f": {"must": 2, "within": {"from": "2021-01-01"}}, "n": 7})));
    assert_ne!(full, shape(json!({"f": {"must": 1, "text": "x"}, "n": 1})));
    assert_eq!(full, shape(json!({"f": {"must": 1, "text": null}, "n": 1})));
    assert_ne!(full, shape(json!({"f": {"must": 1}, "n": null})));
    assert_eq!(shape(json!({"f": {"must": 1, "ids": [1]}})), shape(json!({"f": {"must": 1, "ids": [1, 2]}})));
    assert_eq!(shape(json!({"n": null})), [0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}
