//! Layout and JSON in, printed cells out.

use super::{pointer, print};
use crate::graph::Match;
use crate::graph::{Constant, Convert, FieldId, Locator, Pointer, SourceId, TypeId};
use crate::record::{Column, Layout, Raw, Take, What};
use crate::source::decode::{Bounds, Decoder};
use proptest::prelude::*;
use std::sync::Arc;

fn column(at: &str, take: Take) -> Column {
    Column { what: What::Field(FieldId(0)), at: Locator::Pointer(pointer(at)), take }
}

fn value(at: &str, convert: Convert) -> Column {
    column(at, Take::Value { convert: Arc::new(convert), list: false })
}

fn text(at: &str) -> Column {
    value(at, Convert::Text { from_number: false, trim: false })
}

fn texts(at: &str) -> Column {
    let convert = Arc::new(Convert::Text { from_number: false, trim: false });
    column(at, Take::Value { convert, list: true })
}

fn object(at: &str, columns: Vec<Column>) -> Column {
    column(at, Take::Object(Arc::new(Layout { columns })))
}

fn objects(at: &str, columns: Vec<Column>) -> Column {
    column(at, Take::Objects(Arc::new(Layout { columns })))
}

fn kind(at: &str) -> Column {
    let codes = [(Arc::from("B"), TypeId(1)), (Arc::from("F"), TypeId(2))];
    Column { what: What::Type, at: Locator::Pointer(pointer(at)), take: Take::Type(Arc::new(codes)) }
}

const SMALL: Bounds = Bounds {
    records_max: 3,
    cells_max: 100,
    text_bytes_max: 1000,
    key_bytes_max: 100,
    page_token_bytes_max: 10,
    depth_max: 128,
};

fn read(decoder: &Decoder, layout: &Layout, json: &[u8]) -> String {
    let mut raw = Raw::empty(Arc::new(layout.clone()), SourceId(0));
    match decoder.read(json, &mut raw, &SMALL) {
        Ok(held) => {
            let records = held.records.iter().map(|at| at.map_or("none".to_owned(), |at| print(&raw, layout, at)));
            records.collect::<Vec<_>>().join(" ")
        }
        Err(reason) => {
            assert!(raw.cells.is_empty() && raw.text.is_empty(), "what was read is taken back");
            format!("{reason:?}")
        }
    }
}

fn check(columns: Vec<Column>, json: &str, expect: &str) {
    let layout = Layout { columns };
    let decoder = Decoder::json(&layout, &[], &Pointer::default(), true);
    assert_eq!(read(&decoder, &layout, json.as_bytes()), expect, "{json}");
}

/// A list of records at `/r`, each with a text at `/a`.
fn check_place(json: &str, expect: &str) {
    let layout = Layout { columns: vec![text("/a")] };
    let decoder = Decoder::json(&layout, &[], &pointer("/r"), false);
    assert_eq!(read(&decoder, &layout, json.as_bytes()), expect, "{json}");
}

#[test]
fn leaves() {
    let columns = || vec![text("/a"), value("/b/c", Convert::Int), value("/d", Convert::Any)];
    check(columns(), r#"{"a":"x","b":{"c":3},"d":true}"#, "('x' 3 true)");
    check(columns(), r#"{"z":[{"a":1}],"d":1.5,"b":{"z":0,"c":"4"}}"#, "(- 4 1.5)");
    check(columns(), "{}", "(- - -)");
    check(columns(), r#"{"a":null,"b":null,"d":null}"#, "(- - -)");
    check(columns(), r#"{"a":1,"b":{"c":"x"},"d":{}}"#, "(! ! !)");
    check(columns(), r#"{"a":["x"],"b":[{"c":1}],"d":[]}"#, "(! - !)");
    check(columns(), r#"{"a":"é\u00e9\ud83d\ude00"}"#, "('éé😀' - -)");
}

#[test]
fn several_columns_read_one_place() {
    let columns = vec![text("/a"), value("/a", Convert::Int), object("/a", vec![text("")]), texts("/a")];
    check(columns, r#"{"a":"7"}"#, "('7' 7 ('7') !)");
    let columns = vec![text("/a/b"), object("/a", vec![text("/b"), text("/c")]), object("", vec![text("/a/c")])];
    check(columns, r#"{"a":{"b":"x","c":"y"}}"#, "('x' ('x' 'y') ('y'))");
}

#[test]
fn objects_within() {
    let columns = || vec![object("/n", vec![text("/f"), object("/g", vec![text("/h")])]), text("/z")];
    check(columns(), r#"{"n":{"f":"x","g":{"h":"y"}},"z":"w"}"#, "(('x' ('y')) 'w')");
    check(columns(), r#"{"n":{},"z":"w"}"#, "((- -) 'w')");
    check(columns(), r#"{"n":null}"#, "(- -)");
    check(columns(), "{}", "(- -)");
    check(columns(), r#"{"n":5}"#, "(! -)");
    check(columns(), r#"{"n":[]}"#, "(! -)");
    check(vec![object("/n", vec![text("")])], r#"{"n":"x"}"#, "(('x'))");
    check(vec![object("/n", vec![object("", vec![text("")])])], r#"{"n":"x"}"#, "((('x')))");
    check(vec![object("/n", vec![text("")])], r#"{"n":{"a":1}}"#, "((!))");
}

#[test]
fn lists() {
    check(vec![texts("/a")], r#"{"a":["x",null,3,"y"]}"#, "(['x' - ! 'y'])");
    check(vec![texts("/a")], r#"{"a":[]}"#, "([])");
    check(vec![texts("/a")], r#"{"a":null}"#, "(-)");
    check(vec![texts("/a")], r#"{"a":"x"}"#, "(!)");
    check(vec![texts("/a")], r#"{"a":{"b":1}}"#, "(!)");
    check(vec![texts("/a")], r#"{"a":[["x"]]}"#, "([!])");
    let nested = || vec![objects("/l", vec![text("/a"), objects("/m", vec![text("/b")])]), text("/z")];
    check(
        nested(),
        r#"{"l":[{"a":"1","m":[{"b":"2"},{"b":"3"}]},null,{"m":[]},7,{"m":7}],"z":"w"}"#,
        "([('1' [('2') ('3')]) - (- []) ! (- !)] 'w')",
    );
    check(nested(), r#"{"l":{"a":"1"}}"#, "(! -)");
    check(vec![objects("/l", vec![text("")])], r#"{"l":["x","y"]}"#, "([('x') ('y')])");
}

#[test]
fn elements_by_index() {
    check(vec![text("/a/1/b"), text("/a/0/b")], r#"{"a":[{"b":"x"},{"b":"y"},{"b":"z"}]}"#, "('y' 'x')");
    check(vec![text("/a/0")], r#"{"a":{"0":"x"}}"#, "('x')");
    check(
        vec![text("/a/0/b"), objects("/a", vec![text("/b")])],
        r#"{"a":[{"b":"x"},{"b":"y"}]}"#,
        "('x' [('x') ('y')])",
    );
    check(vec![text("/a/0")], r#"{"a":"x"}"#, "(-)");
}

#[test]
fn constants_and_types() {
    let mut constant = text("");
    constant.at = Locator::Constant(Constant::Text("MT".into()));
    check(vec![constant.clone(), object("/n", vec![constant])], r#"{"n":{}}"#, "('MT' ('MT'))");
    let unknown = "(!)";
    check(vec![kind("/k"), text("/a")], r#"{"a":"x","k":"F"}"#, "(T2 'x')");
    check(vec![kind("/k")], r#"{"k":"X"}"#, unknown);
    check(vec![kind("/k")], "{}", unknown);
    check(vec![kind("/k")], r#"{"k":null}"#, unknown);
    check(vec![objects("/l", vec![kind("/k")])], r#"{"l":[{"k":"B"},{"k":"F"}]}"#, "([(T1) (T2)])");
    check(vec![objects("/l", vec![kind("/k")])], r#"{"l":[{"k":"B"},{}]}"#, "([(T1) (!)])");
    check(vec![object("/l", vec![kind("/k")])], "{}", "(-)");
}

#[test]
fn places_of_records() {
    check_place(r#"{"r":[{"a":"x"},{"a":"y"}]}"#, "('x') ('y')");
    check_place(r#"{"more":1,"r":[]}"#, "");
    check_place(r#"{"r":[null,{"a":"y"}]}"#, "none ('y')");
    check_place(r#"{"r":[{},{},{},{}]}"#, "Limit(\"records of an answer\")");
    check_place("{}", "Invalid(\"no member where the records should be\")");
    check_place(r#"{"r":null}"#, "Invalid(\"null where the records should be\")");
    check_place("null", "Invalid(\"null where the records should be\")");
    check_place(r#"{"r":{"a":"x"}}"#, "Invalid(\"an object where the list of records should be\")");
    check_place(r#"{"r":"x"}"#, "Invalid(\"the answer is of another shape at line 1 column 8\")");
    check_place(r#"{"r":["x"]}"#, "Invalid(\"a scalar where a record should be\")");
    check_place(r#"{"r":[["x"]]}"#, "Invalid(\"a list where a record should be\")");
    check_place("[]", "Invalid(\"a list above the place of the records\")");
}

#[test]
fn nonsense() {
    let twice = "Invalid(\"a member that comes twice\")";
    check_place(r#"{"r":[],"r":[]}"#, twice);
    check_place(r#"{"r":[{"a":"x","a":"y"}]}"#, twice);
    // What nobody reads: beside, within and around a record.
    check_place(r#"{"r":[{"a":"x","b":1,"b":1}]}"#, twice);
    check_place(r#"{"r":[{"b":{"c":[{"d":1,"e":2,"d":3}]},"a":"x"}]}"#, twice);
    check_place(r#"{"r":[{"a":"x"}],"next":1,"next":2}"#, twice);
    check_place(r#"{"page":{"n":1,"n":2},"r":[{"a":"x"}]}"#, twice);
    check_place(r#"{"r":[{"z":{"a":1},"y":[{"a":1},{"a":2}],"a":"y"}]}"#, "('y')");
    check_place("<html><body>sorry</body></html>", "Invalid(\"the answer is not JSON at line 1 column 1\")");
    check_place(r#"{"r":[{"a":"se"#, "Invalid(\"the answer is cut short at line 1 column 14\")");
    check_place(r#"{"r":[]} x"#, "Invalid(\"the answer is not JSON at line 1 column 10\")");
    check_place("", "Invalid(\"the answer is cut short at line 1 column 0\")");
    check_place(
        &format!("{{\"z\":{}", "[".repeat(100_000)),
        "Invalid(\"the answer is cut short at line 1 column 100005\")",
    );
    let deep = vec![value("/a", Convert::Any)];
    check(deep, &format!("{{\"a\":{}1{}}}", "[".repeat(120), "]".repeat(120)), "(!)");
}

#[test]
fn growth_is_bounded() {
    let many = vec![objects("/l", (0..20).map(|_| text("/a")).collect())];
    check(many, &format!("{{\"l\":[{}{{}}]}}", "{},".repeat(10)), "Limit(\"cells of an answer\")");
    check(vec![texts("/l")], &format!("{{\"l\":[{}\"\"]}}", "\"\",".repeat(200)), "Limit(\"cells of an answer\")");
    let wide = vec![text("/a"), objects("/l", vec![])];
    check(wide, &format!("{{\"a\":\"{}\",\"l\":[{{}}]}}", "x".repeat(1001)), "Limit(\"text of an answer\")");
}

#[test]
fn graphql_envelopes() {
    let layout = Layout { columns: vec![text("/a")] };
    let check = |json: &str, expect: &str| {
        let decoder = Decoder::graphql(&layout, &[], vec!["f".into(), "r".into()], false);
        let mut raw = Raw::empty(Arc::new(layout.clone()), SourceId(0));
        let shown = match decoder.read(json.as_bytes(), &mut raw, &SMALL) {
            Ok(held) => format!("{} {} {:?}", held.records.len(), held.null, held.errors),
            Err(reason) => format!("{reason:?}"),
        };
        assert_eq!(shown, expect, "{json}");
    };
    check(r#"{"data":{"f":{"r":[{"a":"x"}]}}}"#, "1 false []");
    check(
        r#"{"errors":[{"message":"m","path":["f","r",0]}],"data":{"f":{"r":[null]}}}"#,
        "1 false [[Name(\"f\"), Name(\"r\"), Index(0)]]",
    );
    check(r#"{"data":null,"errors":[{"message":"m"}]}"#, "0 true [[]]");
    check(r#"{"errors":[{"message":"m"}]}"#, "0 true [[]]");
    check(r#"{"data":{"f":null}}"#, "Invalid(\"null where the records should be\")");
    check("{}", "Invalid(\"no data in a GraphQL answer\")");
    check(r#"{"data":null,"data":null}"#, "Invalid(\"a member that comes twice\")");
}

#[test]
fn rows_with_objects_in_their_columns() {
    let of = |name: &str| {
        let mut column = text("");
        column.at = Locator::Column(name.into());
        column
    };
    let layout = Layout { columns: vec![of("a"), object("", vec![of("b"), of("c")]), of("b")] };
    let decoder = Decoder::rows(&layout);
    assert_eq!(decoder.columns().join(" "), "a b c");
    assert_eq!(read(&decoder, &layout, br#"[[0,"x","y",null],[1,"x",null,null]]"#), "('x' ('y' -) 'y') ('x' - -)");
}

fn everything() -> Layout {
    let inner = || vec![text("/a"), texts("/l"), kind("/k"), value("/0", Convert::Int)];
    Layout {
        columns: vec![
            text("/a"),
            texts("/a"),
            object("/a", vec![text(""), text("/0")]),
            objects("/l", inner()),
            object("", vec![value("/l/0/a", Convert::Any), object("/o", inner())]),
            value("/d", Convert::Date(None)),
        ],
    }
}

/// JSON-like text: more of it gets past the first byte.
fn nearly_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1"),
        Just("\"x\""),
        Just("null"),
        Just("true"),
        Just("1e999"),
        Just("\"B\""),
        Just("-0.5"),
        Just("{")
    ];
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 6, |inner| {
        let name = prop_oneof![
            Just("a"),
            Just("l"),
            Just("k"),
            Just("o"),
            Just("r"),
            Just("0"),
            Just("d"),
            Just("data"),
            Just("errors")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| format!("[{}]", it.join(","))),
            prop::collection::vec((name, inner), 0..5).prop_map(|it| {
                let members: Vec<_> = it.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_decode_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let layout = everything();
        read(&Decoder::json(&layout, &[Match::plain(pointer("/a"))], &pointer("/r"), false), &layout, &bytes);
        read(&Decoder::graphql(&layout, &[], vec![], true), &layout, &bytes);
        read(&Decoder::rows(&layout), &layout, &bytes);
    }

    #[test]
    fn any_json_decodes_without_panic(json in nearly_json()) {
        let layout = everything();
        read(&Decoder::json(&layout, &[Match::plain(pointer("/a"))], &Pointer::default(), true), &layout, json.as_bytes());
        read(&Decoder::json(&layout, &[Match::plain(pointer("/l/0"))], &pointer("/r"), false), &layout, json.as_bytes());
        read(&Decoder::graphql(&layout, &[], vec![], true), &layout, json.as_bytes());
        read(&Decoder::rows(&layout), &layout, json.as_bytes());
    }
}
