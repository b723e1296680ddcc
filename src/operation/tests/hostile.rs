//! Documents made to cost much. What they cost is the time that their own thread computes: other work on the machine makes none of
//! them dear. The bound is an order of magnitude above what an unoptimized build takes.

use super::{bound, told};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const COST_MAX: Duration = Duration::from_secs(2);

/// How long this thread has computed, where the system says so; else how late it is.
fn spent() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // Linux: nanoseconds on a processor, nanoseconds waited for one, times.
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = said.and_then(|said| said.split_whitespace().next()?.parse().ok());
    computed.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The code of the refusal, or `ok`.
#[track_caller]
fn costs_little(name: &str, document: &str, expect: &str) {
    let document = document.to_owned();
    let (name, expect) = (name.to_owned(), expect.to_owned());
    // The stack of a worker thread.
    let run = move || {
        let graph = super::graph(super::SDL);
        let limits = crate::limits::Limits::default();
        let documents = crate::operation::Documents::new(&limits);
        let request = super::request(&document, &Value::Null);
        let start = spent();
        let found = crate::operation::bind(&documents, &graph, crate::graph::ViewId(0), &request, &limits);
        let took = spent().saturating_sub(start);
        let found = found.map_or_else(|refusal| told(&refusal), |_| "ok".to_owned());
        println!("{took:>12?} {name}: {}", found.lines().next().unwrap_or_default());
        assert!(found.starts_with(&expect), "{name}: {found}");
        assert!(took < COST_MAX, "{name} took {took:?}");
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn nesting() {
    for depth in [65, 1_000, 1_000_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        costs_little("lists", &format!("{{ list(grid: {open}{close}) }}"), "LIMIT");
        costs_little("lists without end", &format!("{{ list(grid: {open}"), "LIMIT");
        costs_little("types", &format!("query($v: {open}Int{close}) {{ __typename }}"), "LIMIT");
        costs_little("objects", &format!("{{ own(json: {}1{}) }}", "{a:".repeat(depth), "}".repeat(depth)), "LIMIT");
        costs_little("sets", &format!("{}{}", "{mate".repeat(depth), "}".repeat(depth)), "LIMIT");
    }
    let below = format!("{{ animal {} name {} }}", "{ mate ".repeat(11) + "{", "}".repeat(12));
    costs_little("two types, twelve deep", &below, "ok");
    let below = format!("{{ animal {} name {} }}", "{ mate ".repeat(13) + "{", "}".repeat(14));
    costs_little("two types, fourteen deep", &below, "LIMIT");
    let below = format!("{{ animal {} name {} }}", "{ mate ".repeat(60) + "{", "}".repeat(61));
    costs_little("two types, sixty deep", &below, "LIMIT");
    let list = format!("{{ own(json: {}{}) }}", "[".repeat(62), "]".repeat(62));
    costs_little("lists within the limit", &list, "ok");
}

#[test]
fn many_of_a_kind() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    costs_little("aliases", &format!("{{ {} }}", many(100_000, &|it| format!("a{it}: __typename "))), "LIMIT");
    costs_little("aliases within", &format!("{{ {} }}", many(1_600, &|it| format!("a{it}: __typename "))), "ok");
    costs_little("directives", &format!("{{ __typename {} }}", "@a ".repeat(100_000)), "LIMIT");
    costs_little("directives within", &format!("{{ __typename {} }}", "@a ".repeat(2_400)), "INVALID");
    costs_little("the same field", &format!("{{ {} }}", "cat { mate { name } } ".repeat(700)), "ok");
    costs_little("unknown fields", &format!("{{ {} }}", many(4_900, &|it| format!("x{it} "))), "INVALID");
    costs_little("mistakes of syntax", &"} ".repeat(4_900), "PARSE");
    costs_little("commas", &format!("{{ __typename {} }}", ",".repeat(200_000)), "");
    costs_little("comments", &format!("{{ __typename {} }}", "#\n".repeat(100_000)), "");
    costs_little("blanks", &format!("{{ __typename {} }}", " \n\t".repeat(80_000)), "ok");
    costs_little("a long string", &format!("{{ own(json: \"{}\") }}", "a".repeat(250_000)), "ok");
    costs_little("a long name", &format!("{{ {} }}", "a".repeat(250_000)), "INVALID");
    costs_little("a long number", &format!("{{ leaf(int: {}) }}", "1".repeat(250_000)), "INVALID");
    costs_little("a long list", &format!("{{ list(ints: [{}]) }}", "1 ".repeat(4_900)), "ok");
    let names = many(800, &|it| format!("$v{it}: Int "));
    costs_little("variables", &format!("query({names}) {{ __typename }}"), "INVALID");
    let used = many(380, &|it| format!("a{it}: leaf(int: $v{it}) "));
    let names = many(380, &|it| format!("$v{it}: Int "));
    costs_little("variables in use", &format!("query({names}) {{ {used} }}"), "ok");
    costs_little("an object", &format!("{{ own(json: {{ {} }}) }}", many(1_600, &|it| format!("a{it}: 1 "))), "ok");
    let same = format!("{{ own(json: {{ {} }}) }}", "a: 1 ".repeat(1_600));
    costs_little("the same field of an object", &same, "INVALID");
}

#[test]
fn fragments_that_double() {
    let bomb = |last: &str, each: &dyn Fn(usize) -> String| (0..30).map(each).collect::<String>() + last;
    let flat = bomb("fragment f30 on Query { __typename }", &|it| {
        format!("fragment f{it} on Query {{ ...f{} ...f{} }} ", it + 1, it + 1)
    });
    costs_little("flat", &format!("{{ ...f0 }} {flat}"), "LIMIT");
    let deep = bomb("fragment f30 on Cat { name }", &|it| {
        format!("fragment f{it} on Animal {{ a: mate {{ ...f{} }} b: mate {{ ...f{} }} }} ", it + 1, it + 1)
    });
    costs_little("deep", &format!("{{ cat {{ ...f0 }} }} {deep}"), "LIMIT");
    let chain = |count: usize, body: &str| {
        let each = |it: usize| format!("fragment f{it} on Animal {{ {} }} ", body.replace('#', &(it + 1).to_string()));
        (0..count).map(each).collect::<String>() + &format!("fragment f{count} on Animal {{ name }}")
    };
    costs_little("a chain", &format!("{{ cat {{ ...f0 }} }} {}", chain(60, "...f#")), "ok");
    costs_little("a long chain", &format!("{{ cat {{ ...f0 }} }} {}", chain(600, "...f#")), "LIMIT");
    let levels = "mate {".repeat(60);
    let body = format!("{levels} ...f# {}", "}".repeat(60));
    costs_little("a chain of deep ones", &format!("{{ cat {{ ...f0 }} }} {}", chain(30, &body)), "LIMIT");
    costs_little("an unused chain", &format!("{{ __typename }} {}", chain(600, "...f#")), "LIMIT");
}

#[test]
fn fragments_that_meet_again() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let ring = many(400, &|it| format!("fragment f{it} on Query {{ ...f{} }} ", (it + 1) % 400));
    costs_little("a ring", &format!("{{ ...f0 }} {ring}"), "");
    let ring = many(60, &|it| {
        format!("fragment f{it} on Query {{ {} }} ", many(30, &|to| format!("...f{} ", (it + to) % 60)))
    });
    costs_little("many rings", &format!("{{ ...f0 }} {ring}"), "");
    let operations = many(200, &|it| format!("query q{it} {{ ...f{} }} ", it % 6));
    let layers = many(62, &|layer| {
        many(6, &|it| {
            format!("fragment f{} on Query {{ ...f{} ...f{} }} ", layer * 6 + it, (layer + 1) * 6, (layer + 1) * 6 + it)
        })
    });
    let last = many(6, &|it| format!("fragment f{} on Query {{ __typename }} ", 372 + it));
    costs_little("many operations over layers", &format!("{operations}{layers}{last}"), "LIMIT");
    let star = many(380, &|it| format!("fragment f{it} on Query {{ a{it}: __typename }} "));
    let spreads = many(380, &|it| format!("...f{it} "));
    costs_little("a star", &format!("{{ {spreads} }} {star}"), "ok");
    let comb = many(270, &|it| format!("fragment f{it} on Animal {{ a{it}: name ... on Cat {{ lives }} }} "));
    let spreads = many(270, &|it| format!("...f{it} "));
    costs_little("a comb", &format!("{{ animal {{ {spreads} }} }} {comb}"), "ok");
    let operations = many(800, &|it| format!("query q{it} {{ ...f }} "));
    costs_little(
        "many operations",
        &format!("{operations} fragment f on Query {{ {} }}", "a: __typename ".repeat(8)),
        "",
    );
}

#[test]
fn introspection_that_repeats() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let all = "types { fields { name description args { name description type { name } } type { name ofType { name ofType { name } } } } }";
    costs_little("introspection", &format!("{{ __schema {{ {all} }} }}"), "ok");
    let repeated = many(120, &|it| format!("a{it}: __schema {{ {all} }} "));
    costs_little("repeated introspection", &format!("{{ {repeated} }}"), "ok");
    let repeated = format!(
        "{{ __schema {{ types {{ fields {{ type {{ fields {{ {} }} }} }} }} }} }}",
        many(1_500, &|it| format!("a{it}: name "))
    );
    costs_little("wide introspection", &repeated, "LIMIT");
}

proptest! {
    #[test]
    fn any_text_is_bound_or_refused(text in "\\PC{0,200}", tokens in "[{}()\\[\\]:$@!=.|a-c0-9\" \n#-]{0,200}") {
        let _ = bound(&text, &Value::Null);
        let _ = bound(&tokens, &Value::Null);
    }

    #[test]
    fn any_tokens_are_bound_or_refused(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "(", ")", "[", "]", ":", "$v", "@skip", "@include", "if", "true", "null", "...", "on", "Cat", "Animal", "fragment F",
        "query", "mutation", "cat", "animal", "name", "mate", "a:", "__typename", "...F", "find", "filter", "must", "1", "\"x\"",
        "!", "=", "Int", "Boolean", "__schema", "types",
    ]), 0..60)) {
        let _ = bound(&tokens.join(" "), &Value::Null);
    }
}
