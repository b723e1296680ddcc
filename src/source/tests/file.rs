//! Records of a file.

use super::*;
use crate::graph::{Access, BindingId, By, Convert, Entry, Find, Graph, Locator, Mapping, Place, Reach, SourceKind};
use crate::limits::Limits;
use crate::record::{Keys, What};
use crate::source::{Environment, Sources, Way};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

fn graph_of(path: &Path, many: bool) -> Arc<Graph> {
    let reach = Reach { path: Some(path.to_path_buf()), ..Reach::default() };
    let by = |access| By {
        name: "id".into(),
        parts: 1,
        many,
        crosswalk: None,
        keys_max: 50,
        arguments: vec![],
        access: Access::File(access),
        conditions: Vec::new(),
        place: Place::default(),
    };
    graph(SourceKind::File, reach, |mut binding| {
        let value =
            |at: &str, convert| Mapping::Value { at: Locator::Pointer(pointer(at)), convert: Arc::new(convert) };
        binding.shape.fields = vec![(NUMBER, value("/id", text())), (COUNT, value("/n", Convert::Int))];
        binding.by = vec![by(vec![pointer("/id")]), by(vec![pointer("/state"), pointer("/n")])];
        let access = Access::File(vec![]);
        binding.find.push(Find {
            field: BOOKINGS,
            arguments: vec![],
            access,
            first_max: None,
            conditions: Vec::new(),
            place: Place::default(),
        });
        binding
    })
}

#[tokio::test]
async fn records_are_read_once_and_found_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counties.json");
    std::fs::write(
        &path,
        r#"[{"id":1,"n":10,"state":"MT"},{"id":2,"n":20,"state":"MT"},{"id":2,"n":10,"state":"ID"}]"#,
    )
    .unwrap();
    let graph = graph_of(&path, true);
    let sources = Sources::open(&graph, &Environment::default(), &Limits::default(), None).await.unwrap();
    let layout = Layout::whole(&graph, graph.binding(BindingId(0)));
    let whats: Vec<_> = layout.columns.iter().map(|column| column.what).collect();
    assert_eq!(whats, [What::Field(NUMBER), What::Field(COUNT)]);
    let check = async |entry, asked: &Keys, expect: &str| {
        let fetch = fetch(Way::Binding(BindingId(0), entry), vec![], &[]);
        assert_eq!(ask(&sources, &graph, &fetch, asked, &json!({})).await, expect);
    };
    check(Entry::By(0), &keys(&["2", "9", "1"]), "[('2' 20) ('2' 10)] [] [('1' 10)]").await;
    check(Entry::By(1), &keys(&["MT|10", "ID|20"]), "[('1' 10)] []").await;
    check(Entry::Find(0), &Keys::default(), "[('1' 10) ('2' 20) ('2' 10)]").await;
    let graph = graph_of(&path, false);
    let sources = Sources::open(&graph, &Environment::default(), &Limits::default(), None).await.unwrap();
    let fetch = fetch(Way::Binding(BindingId(0), Entry::By(0)), vec![], &[]);
    let shown = ask(&sources, &graph, &fetch, &keys(&["2", "1"]), &json!({})).await;
    assert_eq!(shown, "Several [('1' 10)]");
}

#[tokio::test]
async fn a_file_that_is_none_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counties.json");
    let message = async || {
        let graph = graph_of(&path, true);
        let problems = Sources::open(&graph, &Environment::default(), &Limits::default(), None).await.unwrap_err();
        problems.0[0].message.replace(&path.display().to_string(), "FILE")
    };
    assert_eq!(message().await, "can't read `FILE`: entity not found");
    std::fs::write(&path, "{}").unwrap();
    assert!(message().await.starts_with("can't use `FILE`"));
}
