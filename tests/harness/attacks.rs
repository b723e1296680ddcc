//! What a client may send to harm the gateway of the library, and what it is refused for.

/// A document, and the code with which it is refused.
pub struct Case {
    pub name: &'static str,
    pub document: String,
    pub code: &'static str,
}

fn case(name: &'static str, code: &'static str, document: impl Into<String>) -> Case {
    Case { name, document: document.into(), code }
}

pub fn documents() -> Vec<Case> {
    let many = |n: usize, part: &dyn Fn(usize) -> String| (0..n).map(part).collect::<String>();
    let nested =
        |n: usize, open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let doubling = many(40, &|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1));
    let branches = many(30, &|n| format!("fragment B{n} on Branch {{ x{n}: id ...B{0} y{n}: id ...B{0} }} ", n + 1));
    let variables = many(20_000, &|n| format!("$v{n}: Int "));
    vec![
        case("lists a million deep", "LIMIT", format!("{{ search(text: {}) }}", nested(1_000_000, "[", "1", "]"))),
        case("objects a million deep", "LIMIT", format!("{{ search(text: {}) }}", nested(1_000_000, "{a:", "1", "}"))),
        case("lists that never end", "LIMIT", format!("{{ search(text: {}", "[".repeat(1_000_000))),
        case("selections a million deep", "LIMIT", nested(1_000_000, "{a", "", "}")),
        case(
            "types a million deep",
            "LIMIT",
            format!("query($v: {}) {{ viewer }}", nested(1_000_000, "[", "Int", "]")),
        ),
        case("parentheses that never end", "PARSE", "{ a(b:".repeat(200_000)),
        case(
            "fragments that double",
            "LIMIT",
            format!("{{ ...F0 }} {doubling} fragment F40 on Query {{ __typename }}"),
        ),
        case(
            "fragments that double below a list",
            "LIMIT",
            format!("{{ branches {{ ...B0 }} }} {branches} fragment B30 on Branch {{ id }}"),
        ),
        case("fragments in a circle", "INVALID", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        case("100,000 aliases", "LIMIT", format!("{{ {} }}", many(100_000, &|n| format!("a{n}: __typename ")))),
        case("100,000 directives", "LIMIT", format!("{{ __typename {} }}", "@skip(if: false) ".repeat(100_000))),
        case("100,000 unknown directives", "LIMIT", format!("{{ __typename {} }}", "@x ".repeat(100_000))),
        case("100,000 operations", "LIMIT", many(100_000, &|n| format!("query Q{n} {{ __typename }} "))),
        case("20,000 variables", "LIMIT", format!("query({variables}) {{ __typename }}")),
        case("one name of a million letters", "INVALID", format!("{{ {} }}", "a".repeat(1_000_000))),
        case("one text of a million letters", "INVALID", format!("{{ nobody(x: \"{}\") }}", "a".repeat(1_000_000))),
        case("a comment of a million letters", "PARSE", format!("#{}", "a".repeat(1_000_000))),
        case("a million commas", "LIMIT", ",".repeat(1_000_000)),
        case("a block text of quotes", "PARSE", format!("{{ a(b: \"\"\"{}", "\\\"\"\"".repeat(250_000))),
        case("characters that end nothing", "PARSE", "\u{0}\u{202e}\u{feff}{"),
        case("a number without an end", "INVALID", format!("{{ search(first: {}) {{ score }} }}", "9".repeat(100_000))),
        case(
            "introspection by a power",
            "LIMIT",
            format!("{{ __schema {{ types {} }} }}", nested(20, "{ fields { type ", "{ name }", "} }")),
        ),
        case(
            "one field with 300 values of its argument",
            "INVALID",
            format!("{{ {} }}", many(300, &|n| format!("search(text: \"{n}\") {{ score }} "))),
        ),
    ]
}

/// Name and bytes of a body, and the code with which it is refused.
pub fn bodies() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let around = |variables: &str| format!("{{\"query\":\"{{__typename}}\",\"variables\":{variables}}}").into_bytes();
    vec![
        ("nothing", Vec::new(), "BAD_REQUEST"),
        ("no JSON", b"{ __typename }".to_vec(), "BAD_REQUEST"),
        ("half of it", b"{\"query\":\"{__typename}".to_vec(), "BAD_REQUEST"),
        ("two of them", b"{\"query\":\"{__typename}\"}{}".to_vec(), "BAD_REQUEST"),
        ("no UTF-8", b"{\"query\":\"{__typename} # \xff\xfe\"}".to_vec(), "BAD_REQUEST"),
        ("half a character", b"{\"query\":\"{__typename} # \\ud800\"}".to_vec(), "BAD_REQUEST"),
        ("a list", b"[{\"query\":\"{__typename}\"}]".to_vec(), "BAD_REQUEST"),
        ("a text", b"\"{__typename}\"".to_vec(), "BAD_REQUEST"),
        ("null", b"null".to_vec(), "BAD_REQUEST"),
        ("no query", b"{\"variables\":{}}".to_vec(), "BAD_REQUEST"),
        ("a query that is a number", b"{\"query\":1}".to_vec(), "BAD_REQUEST"),
        ("a query twice", b"{\"query\":\"{__typename}\",\"query\":\"{viewer{name}}\"}".to_vec(), "BAD_REQUEST"),
        ("variables that are a list", around("[]"), "BAD_REQUEST"),
        ("variables that are a text", around("\"{}\""), "BAD_REQUEST"),
        ("extensions that are a text", b"{\"query\":\"{__typename}\",\"extensions\":\"x\"}".to_vec(), "BAD_REQUEST"),
        ("an operation that is a list", b"{\"query\":\"{__typename}\",\"operationName\":[]}".to_vec(), "BAD_REQUEST"),
        ("lists 100,000 deep", around(&format!("{{\"v\":{}}}", deep("[", "]"))), "LIMIT"),
        ("objects 100,000 deep", around(&deep("{\"v\":", "}")), "LIMIT"),
        ("lists that never end", around(&"[".repeat(100_000)), "LIMIT"),
        ("a body 100,000 deep", deep("[", "]").into_bytes(), "LIMIT"),
        ("an unknown member 100,000 deep", format!("{{\"x\":{}}}", deep("[", "]")).into_bytes(), "LIMIT"),
        ("an operation that is not there", br#"{"query":"{__typename}","operationName":"X"}"#.to_vec(), "BAD_REQUEST"),
    ]
}
