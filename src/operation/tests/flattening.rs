use super::check;
use serde_json::{Value, json};

fn asks(document: &str, expect: &str) {
    check(document, &Value::Null, expect);
}

#[test]
fn fields_and_aliases_stand_in_their_order() {
    asks(
        "query Q { dog { barks n: name name } __typename cat { lives } }",
        "
        query Q
          dog: Query.dog
            barks: Dog.barks
            n: Dog.name
            name: Dog.name
          __typename: __typename
          cat: Query.cat
            lives: Cat.lives",
    );
}

#[test]
fn the_same_key_is_merged_at_its_first_place() {
    asks(
        "{ dog { name } cat { name } dog { barks name mate { name } ... on Dog { mate { __typename } } } }",
        "
        query
          dog: Query.dog
            name: Dog.name
            barks: Dog.barks
            mate: Dog.mate
              on Cat
                name: Cat.name
                __typename: __typename
              on Dog
                name: Dog.name
                __typename: __typename
          cat: Query.cat
            name: Cat.name",
    );
}

#[test]
fn a_fragment_counts_once_in_a_set() {
    asks(
        "{ dog { ...A barks ...A } dog { ...A } } fragment A on Animal { name ...B } fragment B on Dog { n: name }",
        "
        query
          dog: Query.dog
            name: Dog.name
            n: Dog.name
            barks: Dog.barks",
    );
}

#[test]
fn an_interface_has_a_list_for_each_type() {
    asks(
        "{ animal { __typename ... on Cat { lives } name ... on Animal { a: name } ...D } } fragment D on Dog { barks }",
        "
        query
          animal: Query.animal
            on Cat
              __typename: __typename
              lives: Cat.lives
              name: Cat.name
              a: Cat.name
            on Dog
              __typename: __typename
              name: Dog.name
              a: Dog.name
              barks: Dog.barks",
    );
}

#[test]
fn a_union_has_a_list_for_each_type_and_some_are_empty() {
    asks(
        "{ things { ... on Animal { name } ... on Thing { __typename @skip(if: true) } ... { ... on Cat { lives } } } }",
        "
        query
          things: Query.things
            on Stone
            on Cat
              name: Cat.name
              lives: Cat.lives
            on Dog
              name: Dog.name",
    );
}

#[test]
fn the_same_key_may_differ_between_types() {
    asks(
        "{ animal { ... on Cat { x: meows mate { name } } ... on Dog { x: barks mate { nick } } } }",
        "
        query
          animal: Query.animal
            on Cat
              x: Cat.meows
              mate: Cat.mate
                on Cat
                  name: Cat.name
                on Dog
                  name: Dog.name
            on Dog
              x: Dog.barks
              mate: Dog.mate
                on Cat
                  nick: Cat.nick(short: true)
                on Dog
                  nick: Dog.nick(short: false, loud: 3)",
    );
}

#[test]
fn conditions_stand_on_fields_spreads_and_inline_fragments() {
    let document = "query($a: Boolean!, $b: Boolean = true) {
        x: __typename @skip(if: $a)
        y: __typename @include(if: $a)
        ...F @include(if: $a)
        ... @skip(if: $b) { s: __typename }
        ... @include(if: $b) { i: __typename }
        both: __typename @include(if: true) @skip(if: $a)
        never: __typename @include(if: false)
    } fragment F on Query { f: __typename }";
    let on = "
        query
          y: __typename
          f: __typename
          i: __typename";
    let off = "
        query
          x: __typename
          s: __typename
          both: __typename";
    check(document, &json!({"a": true}), on);
    check(document, &json!({"a": false, "b": false}), off);
    check(
        document,
        &json!({"a": true, "b": null}),
        "VARIABLE variable `$b` is null: `@skip` and `@include` require a value",
    );
}

#[test]
fn a_spread_left_out_may_come_again() {
    asks(
        "{ ...F @skip(if: true) __typename ...F } fragment F on Query { f: __typename }",
        "
        query
          __typename: __typename
          f: __typename",
    );
}

#[test]
fn nothing_may_be_left() {
    asks("{ __typename @skip(if: true) }", "query");
    asks("{ dog { name @skip(if: true) } }", "query\n  dog: Query.dog");
}
