use super::*;
use proptest::prelude::*;
use serde_json::json;

fn post(body: &str) -> Result<Request, (Code, String)> {
    read(body.as_bytes(), &Limits::default()).map_err(|refusal| told(&refusal))
}

fn get(query: &str) -> Result<Request, (Code, String)> {
    read_query_string(query, &Limits::default()).map_err(|refusal| told(&refusal))
}

fn told(refusal: &Refusal) -> (Code, String) {
    (refusal.code(), refusal.errors()[0].message.clone())
}

fn refused(code: Code, message: &str) -> Result<Request, (Code, String)> {
    Err((code, message.into()))
}

#[test]
fn a_body_has_four_members() {
    let request =
        post(r#"{"query":"{a}","operationName":"Q","variables":{"x":1},"extensions":{"y":[]},"z":0}"#).unwrap();
    assert_eq!(request.document, "{a}");
    assert_eq!(request.operation_name.as_deref(), Some("Q"));
    assert_eq!(Value::Object(request.variables), json!({"x": 1}));
    assert_eq!(Value::Object(request.extensions), json!({"y": []}));
    assert!(!request.safe);
}

#[test]
fn null_counts_as_absent() {
    let expect = Request { document: "{a}".into(), ..Request::default() };
    assert_eq!(post(r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#), Ok(expect.clone()));
    assert_eq!(post(r#"{"query":"{a}"}"#), Ok(expect));
}

#[test]
fn what_is_not_one_request_is_refused() {
    let bad = |body, message| assert_eq!(post(body), refused(Code::BadRequest, message));
    bad("", "the body is not JSON, at line 1 column 0");
    bad("{", "the body is not JSON, at line 1 column 1");
    bad("[]", "the body is a list: batches are not served");
    bad(r#""{a}""#, "the body is not an object");
    bad("{}", "there is no `query`");
    bad(r#"{"query":null}"#, "there is no `query`");
    bad(r#"{"query":1}"#, "`query` is not a string");
    bad(r#"{"query":"{a}","operationName":1}"#, "`operationName` is not a string");
    bad(r#"{"query":"{a}","variables":[]}"#, "`variables` is not an object");
    bad(r#"{"query":"{a}","variables":"{}"}"#, "`variables` is not an object");
    bad(r#"{"query":"{a}","extensions":true}"#, "`extensions` is not an object");
    assert_eq!(read(b"{\"query\":\"\xff\"}", &Limits::default()).unwrap_err().code(), Code::BadRequest);
}

#[test]
fn size_and_nesting_are_limited() {
    let limits = Limits { request_bytes_max: 100, variables_depth_max: 4, ..Limits::default() };
    let code = |body: &str| read(body.as_bytes(), &limits).err().map(|refusal| refusal.code());
    assert_eq!(code(&format!("{{\"query\":\"{}\"}}", "a".repeat(88))), None);
    assert_eq!(code(&format!("{{\"query\":\"{}\"}}", "a".repeat(89))), Some(Code::Limit));
    assert_eq!(code(r#"{"query":"{a}","variables":{"a":[[]]}}"#), None);
    assert_eq!(code(r#"{"query":"{a}","variables":{"a":[[[]]]}}"#), Some(Code::Limit));
    assert_eq!(code(r#"{"query":"{a}","variables":{"a":"[[[[\"[[["}}"#), None);
    let deep = "[".repeat(100_000);
    assert_eq!(read(deep.as_bytes(), &Limits::default()).unwrap_err().code(), Code::Limit);
}

#[test]
fn a_query_string_is_safe() {
    let request =
        get("query=query+Q(%24x:Int)%7Ba%7D&variables=%7B%22x%22:1%7D&operationName=Q&extensions=&other=1").unwrap();
    assert_eq!(request.document, "query Q($x:Int){a}");
    assert_eq!(request.operation_name.as_deref(), Some("Q"));
    assert_eq!(Value::Object(request.variables), json!({"x": 1}));
    assert!(request.safe);
}

#[test]
fn a_bad_query_string_is_refused() {
    let bad = |query, message| assert_eq!(get(query), refused(Code::BadRequest, message));
    bad("", "there is no `query`");
    bad("query=", "there is no `query`");
    bad("query={a}&query={b}", "parameter `query` stands twice in the query string");
    bad("query={a}&variables=[1]", "`variables` is not an object");
    bad("query={a}&variables={", "`variables` is not JSON, at line 1 column 1");
    bad("query=%FF", "the query string is not UTF-8");
    let deep = format!("query={{a}}&variables={}", "[".repeat(1_000));
    assert_eq!(get(&deep), refused(Code::Limit, "`variables` is nested deeper than 32"));
    let long = "a".repeat(300_000);
    assert_eq!(get(&long), refused(Code::Limit, "the query string is longer than 262144 bytes"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body: Vec<u8>, text in ".*") {
        let limits = Limits::default();
        let _ = read(&body, &limits);
        let _ = read(text.as_bytes(), &limits);
        let _ = read_query_string(&text, &limits);
    }

    #[test]
    fn what_is_written_is_read(document in ".*", name in proptest::option::of(".*")) {
        let body = json!({"query": document, "operationName": name}).to_string();
        let request = read(body.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(&request.document, &document);
        prop_assert_eq!(&request.operation_name, &name);
    }
}
