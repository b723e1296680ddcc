//! Text in, a form, its query or its problems out.

use super::expand::expand;
use super::{Form, load_texts};
use crate::graph::{Audience, Graph, link};
use std::path::PathBuf;

const GRAPH: &str = r#"
enum AgencyKind { COURT }
enum DataClass { PUB SECRET }
type Query { person(id: ID!): Person book(ref: BookRef!): Book shelf: Book }
input BookRef { shelf: ID! number: ID! }
type Person @entity(key: "id") @data(owner: COURT, class: [PUB]) {
  id: ID!
  name: String
  born: Date
  loans(kind: LoanKind): [Loan!] @link(by: "reader")
  provenance(of: [String!]): [Provenance!]!
}
type Loan @entity(key: "id") @data(owner: COURT, class: [PUB]) { id: ID! reader: Person @link kind: LoanKind due: Date title: String fine: Money @data(class: [SECRET]) }
enum LoanKind { BOOK FILM }
type Book @entity(key: "shelf number") @data(owner: COURT, class: [PUB]) {
  shelf: ID!
  number: ID!
  title: String
  reader: Person @link
}
"#;

const RESOLVER: &str = r#"
title = "Books"
kind  = "rest"
reach = { base_url = "env:BOOKS_URL" }
[entity.Person]
same = ["id", "name", "born"]
[entity.Person.by.id]
get = "/people?ids={keys}"
keys_max = 10
match = "/id"
[entity.Person.find.person]
get = "/people/{id}"
[entity.Loan]
same = ["id", "kind", "due", "title", "fine"]
[entity.Loan.fields]
reader = "/reader"
[entity.Loan.by.reader]
get = "/loans?readers={keys}"
keys_max = 10
match = "/reader"
many = true
args = { kind = "kind" }
[entity.Book]
same = ["shelf", "number", "title"]
[entity.Book.fields]
reader = "/reader"
[entity.Book.find.book]
get = "/books?shelf={ref.shelf}&number={ref.number}"
[entity.Book.find.shelf]
get = "/book"
"#;

const FORM: &str = r#"id      = "card"
title   = "Library card"
owner   = "Library"
version = "1"
purpose = "C"

[for.person]
reader = "person"

[for.book]
reader = "book.reader"
book   = "book"

[[block]]
title = "Reader"

[[block.field]]
id    = "name"
label = "Name"
path  = "reader.name"

[[block.field]]
id      = "born"
label   = "Born"
path    = "reader.born"
type    = "date"
against = ["book.title"]
agree   = "year"

[[block.field]]
id    = "film"
label = "Film"
path  = "reader.loans(kind: FILM).title"
pick  = "last"
by    = "due"

[[block.field]]
id    = "hobby"
label = "Hobby"
typed = "the reader"

[[block]]
title = "Loans"
rows  = "reader.loans"

[[block.field]]
id    = "kind"
label = "Kind"
path  = "row.kind"
type  = "code"
codes = { BOOK = "B", FILM = "F" }

[[block.field]]
id    = "fine"
label = "Fine"
path  = "row.fine"
type  = "money"
"#;

fn graph(audiences: &[Audience]) -> Graph {
    let texts = |path: &str, text: &str| vec![(PathBuf::from(path), text.to_owned())];
    let resolvers = texts("resolvers/books.toml", RESOLVER);
    link::load_texts(&texts("graph/books.graphql", GRAPH), &resolvers, audiences)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .0
}

fn read(text: &str) -> Result<Vec<Form>, String> {
    let texts = vec![(PathBuf::from("forms/card.toml"), text.to_owned())];
    load_texts(texts, &graph(&[Audience::everything()])).map_err(|problems| problems.to_string())
}

/// What is wrong with the form after this change to it: without the last line, which counts.
fn wrong(from: &str, to: &str) -> String {
    assert!(FORM.contains(from), "{from}");
    let told = read(&FORM.replacen(from, to, 1)).unwrap_err();
    told.rsplit_once("\n\n").unwrap().0.trim_end().to_owned()
}

#[test]
fn a_form_is_blocks_of_fields() {
    let forms = read(FORM).unwrap();
    let [form] = forms.as_slice() else { panic!("{forms:?}") };
    assert_eq!((&*form.id, &*form.owner, form.fields().count()), ("card", "Library", 6));
    let target = &form.targets[form.target("book").unwrap()];
    assert_eq!((&*target.argument, &*target.argument_type), ("ref", "BookRef!"));
    assert!(form.blocks[1].in_rows && !form.blocks[0].in_rows);
}

#[test]
fn a_form_is_one_query() {
    let graph = graph(&[Audience::everything()]);
    let form = &read(FORM).unwrap()[0];
    let expect = "\
query prefill_card($key: BookRef!) {
  book(ref: $key) {
    reader {
      name
      born
      loans(kind: FILM) {
        title
        due
      }
      loans_2: loans {
        kind
        fine
      }
      provenance { source agency asOf mode fields }
    }
    title
  }
}
";
    assert_eq!(expand(&graph, &graph.views[0], form, form.target("book").unwrap()).document, expect);
    // Of what it is not filled for, nothing is asked.
    let person = expand(&graph, &graph.views[0], form, form.target("person").unwrap());
    assert!(person.document.starts_with("query prefill_card($key: ID!) {\n  person(id: $key) {\n    name\n"));
    assert!(!person.document.contains("book"), "{}", person.document);
}

#[test]
fn what_an_audience_may_never_ask_is_left_out() {
    let few = |classes: &[&str]| Audience {
        name: "few".into(),
        classes: Some(classes.iter().map(|class| (*class).into()).collect()),
    };
    let graph = graph(&[Audience::everything(), few(&["PUB"])]);
    let form = &read(FORM).unwrap()[0];
    let expanded = expand(&graph, &graph.views[2], form, 0);
    assert!(expanded.asks && !expanded.document.contains("fine"), "{}", expanded.document);
    let [kind, fine] = expanded.blocks[1].fields.as_slice() else { panic!("two columns") };
    assert!(kind.is_some() && fine.is_none());
}

#[test]
fn mistakes_have_a_place_and_a_hint() {
    let expect = "\
forms/card.toml:20:17
  20 | path  = \"reader.nam\"
     |                 ^^^ Person has no field `nam`
  hint: did you mean `name`?  (graph/books.graphql:6)";
    assert_eq!(wrong("reader.name", "reader.nam"), expect);
    let expect = "\
forms/card.toml:20:10
  20 | path  = \"raeder.name\"
     |          ^^^^^^ no path begins with `raeder`
  hint: did you mean `reader`?";
    assert_eq!(wrong("reader.name", "raeder.name"), expect);
    let expect = "\
forms/card.toml:33:17
  33 | path  = \"reader.loans(kind: FLIM).title\"
     |                 ^^^^^^^^^^^^^^^^^ value `FLIM` does not exist on `LoanKind`
  hint: did you mean `FILM`?";
    assert_eq!(wrong("kind: FILM", "kind: FLIM"), expect);
    let expect = "\
forms/card.toml:33:23
  33 | path  = \"reader.loans(knd: FILM).title\"
     |                       ^^^^^^^^^ `loans` has no argument `knd`
  hint: did you mean `kind`?";
    assert_eq!(wrong("kind: FILM", "knd: FILM"), expect);
}

#[test]
fn what_can_not_be_meant_is_told() {
    let has = |from: &str, to: &str, told: &str| {
        let found = wrong(from, to);
        assert!(found.contains(told), "{found}");
    };
    has("id      = \"card\"", "id      = \"ticket\"", "form `ticket` stands in a file of another name, `card.toml`");
    has("[for.person]", "[for.shelf]", "`shelf` does not take one key");
    has("[for.person]", "[for.persons]", "did you mean `person`?");
    has("reader = \"person\"", "reader = \"book.reader\"", "a path of `[for.person]` begins with `person`");
    has("path  = \"reader.name\"", "path  = \"reader.loans\"", "this is an object, and no value");
    has("path  = \"reader.name\"", "path  = \"row.name\"", "the block has no rows");
    has("path  = \"reader.name\"", "", "nothing is said of where `name` comes from");
    has("path  = \"reader.name\"", "path  = \"reader.name\"\ntyped = \"me\"", "not both");
    has("path  = \"reader.name\"", "path  = \"reader.born.day\"", "nothing stands below a value of Date");
    has("path  = \"reader.name\"", "path  = \"reader..name\"", "is no step of a path");
    has("path  = \"reader.name\"", "path  = \"reader.loans[kind].title\"", "does not say which value");
    has("path  = \"reader.name\"", "path  = \"reader.loans[kind=BOK].title\"", "`kind` is never `BOK`");
    has("type    = \"date\"", "type    = \"number\"", "a field of type `number` can't take a value of Date");
    has("type    = \"date\"", "type    = \"dat\"", "did you mean `date`?");
    has("codes = { BOOK", "codes = { BOKE", "LoanKind has no value `BOKE`");
    has("codes = { BOOK = \"B\", FILM = \"F\" }", "", "`kind` has no codes");
    has("by    = \"due\"", "by    = \"dues\"", "did you mean `due`?");
    has("id    = \"hobby\"", "id    = \"name\"", "there is a field `name` already");
    has("title = \"Loans\"", "titel = \"Loans\"", "did you mean `title`?");
    has("purpose = \"C\"", "", "`purpose` is missing here");
    has("purpose = \"C\"", "purpose = \"C\"\nzone = \"America/Billings\"", "there is no time zone `America/Billings`");
    has("rows  = \"reader.loans\"", "rows  = \"reader.born\"", "rows are objects, and these are values");
}
