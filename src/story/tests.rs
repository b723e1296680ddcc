//! Text in, a story or its problems out.

use super::{Story, load_texts};
use crate::graph::{Audience, Graph, link};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const GRAPH: &str = r#"
enum AgencyKind { COURT }
enum DataClass { PUB }
type Query { book(id: ID!, pages: Int): Book }
type Book @entity(key: "id") @data(owner: COURT, class: [PUB]) { id: ID! title: String }
"#;

const RESOLVER: &str = r#"
title = "Books"
kind  = "rest"
reach = { base_url = "env:BOOKS_URL" }
[entity.Book]
same = ["id", "title"]
[entity.Book.find.book]
get = "/books?id={id}&pages={pages}"
"#;

const STORY: &str = r#"# B1. A book.
#
# Reader:  a librarian
# Purpose: none
# Sources: books
# Saves:   a walk to the shelf,
#          and back: twenty steps
# Variables: {"id": "$book"}
query Look($id: ID!) {
  book(id: $id) { title }
}
"#;

fn graph() -> Graph {
    let texts = |path: &str, text: &str| vec![(PathBuf::from(path), text.to_owned())];
    let resolvers = texts("resolvers/books.toml", RESOLVER);
    link::load_texts(&texts("graph/books.graphql", GRAPH), &resolvers, &[Audience::everything()]).unwrap().0
}

fn read(files: &[(&str, &str)]) -> Result<Vec<Story>, String> {
    let texts = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    load_texts(texts, &graph()).map_err(|problems| problems.to_string())
}

/// What is wrong with the story after this change to it.
fn wrong(from: &str, to: &str) -> String {
    assert!(STORY.contains(from), "{from}");
    read(&[("stories/b1-book.graphql", &STORY.replacen(from, to, 1))]).unwrap_err()
}

#[test]
fn a_story_is_its_header_and_its_query() {
    let stories = read(&[("stories/b1-book.graphql", STORY)]).unwrap();
    let [story] = stories.as_slice() else { panic!("{stories:?}") };
    assert_eq!((&*story.id, &*story.caption()), ("b1", "B1. A book"));
    assert_eq!((&*story.reader, &*story.purpose), ("a librarian", "none"));
    assert_eq!(story.sources, ["books"]);
    assert_eq!(story.saves, "a walk to the shelf, and back: twenty steps");
    assert_eq!(story.note, None);
    assert_eq!(story.document, STORY);
}

#[test]
fn a_placeholder_gives_way_to_what_is_known() {
    let story = read(&[("stories/b1-book.graphql", STORY)]).unwrap().remove(0);
    let variables = |known: Option<&str>| {
        Value::Object(story.variables(|name| known.filter(|_| name == "book").map(str::to_owned)))
    };
    assert_eq!(variables(Some("4711")), json!({ "id": "4711" }));
    assert_eq!(variables(None), json!({ "id": "$book" }));
}

#[test]
fn placeholders_stand_anywhere_and_alone() {
    let nested = json!({ "a": [{ "b": "$x" }, "costs $x", "$x ", 7, null, "$y"] });
    let known = |name: &str| (name == "x").then(|| "found".to_owned());
    let expect = json!({ "a": [{ "b": "found" }, "costs $x", "$x ", 7, null, "$y"] });
    assert_eq!(super::filled(&nested, &known), expect);
    assert_eq!(super::filled(&Value::Object(Map::new()), &known), json!({}));
}

#[test]
fn stories_stand_in_the_order_of_their_ids() {
    let at = |id: &str| STORY.replacen("B1", id, 1);
    let files = [("b10-a.graphql", at("B10")), ("b9-b.graphql", at("B9")), ("a12-c.graphql", at("A12"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let ids: Vec<String> = read(&files).unwrap().into_iter().map(|story| story.id).collect();
    assert_eq!(ids, ["a12", "b9", "b10"]);
}

#[test]
fn a_query_that_the_graph_does_not_know_is_pointed_at() {
    let said = wrong("{ title }", "{ titel }");
    assert!(said.starts_with("stories/b1-book.graphql:10:19\n"), "{said}");
    assert!(said.contains("| ") && said.contains("^^^^^ "), "{said}");
    assert!(said.contains("hint: did you mean `title`?"), "{said}");
    assert!(said.ends_with("1 problem, nothing is served"), "{said}");
}

#[test]
fn a_query_that_is_none_is_pointed_at() {
    let said = wrong("{ title }\n}", "{ title");
    assert!(said.starts_with("stories/b1-book.graphql:1"), "{said}");
}

#[test]
fn variables_are_those_of_the_query() {
    let said = wrong("{\"id\": \"$book\"}", "{\"id\": \"$book\", \"pages\": 3}");
    assert!(said.contains(":8:14") && said.contains("the query has no variable `$pages`"), "{said}");
    let said = wrong("{\"id\": \"$book\"}", "{}");
    assert!(said.contains(":8:14") || said.contains(":9:"), "{said}");
    let said = wrong("{\"id\": \"$book\"}", "{\"id\": true}");
    assert!(said.contains("id"), "{said}");
    let said = wrong("{\"id\": \"$book\"}", "{\"id\": ");
    assert!(said.contains(":8:14") && said.contains("`Variables` is no JSON object"), "{said}");
}

#[test]
fn a_header_is_whole_and_in_order() {
    for (from, to, place, expect) in [
        (
            "# Saves:   a walk to the shelf,\n#          and back: twenty steps\n",
            "",
            ":1:3",
            "the header says nothing of `Saves`",
        ),
        ("# Purpose: none\n", "# Purpos: none\n", ":4:3", "a header has no `Purpos`"),
        ("# Purpose: none\n", "# Purpose: none\n# Purpose: C\n", ":5:3", "`Purpose` stands here for the second time"),
        (
            "# Reader:  a librarian\n# Purpose: none\n",
            "# Purpose: none\n# Reader: me\n",
            ":4:3",
            "`Reader` comes too late",
        ),
        ("# Purpose: none\n", "# Purpose:\n", ":4:3", "`Purpose` says nothing"),
        ("#\n# Reader", "# a stray line\n# Reader", ":2:3", "this belongs to no entry of the header"),
        ("Sources: books", "Sources: books, boks", ":5:19", "there is no source `boks`"),
        ("Sources: books", "Sources: books, books", ":5:", "`books` is named twice"),
        ("B1. A book.", "A book.", ":1:3", "this is no title of a story"),
        ("B1. A", "B2. A", ":1:3", "story `b2` stands in a file of another name, `b1-book`"),
    ] {
        let said = wrong(from, to);
        assert!(said.contains(&format!("b1-book.graphql{place}")) && said.contains(expect), "{expect}\n{said}");
    }
    let said = read(&[("b1-book.graphql", "query { book(id: 1) { id } }")]).unwrap_err();
    assert!(said.contains("the file does not begin with a header"), "{said}");
}

#[test]
fn two_stories_do_not_share_an_id() {
    let said = read(&[("b1-book.graphql", STORY), ("b1-other.graphql", STORY)]).unwrap_err();
    assert!(said.contains("there is a story `b1` already"), "{said}");
}

#[test]
fn one_file_is_one_operation() {
    let said = wrong("query Look", "query Other { book(id: 1) { id } }\nquery Look");
    assert!(said.contains("b1-book.graphql"), "{said}");
}
