//! Two people in a file: the smallest graph of which something can be disclosed; and the program that serves it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub const SCHEMA: &str = "
enum AgencyKind { BOCC }
enum DataClass { PUB }
type Query { people: [Person!] person(id: ID!): Person }
type Person @entity(key: \"id\") @data(owner: BOCC, class: [PUB]) { id: ID! name: String }
";
pub const GOLDEN: &str = "
title = \"Golden records\"
kind = \"file\"
golden = true
reach = { path = \"people.json\" }
[entity.Person]
same = [\"id\", \"name\"]
[entity.Person.by.id]
match = \"/id\"
[entity.Person.find.people]
";
pub const RECORDS: &str = r#"[{ "id": "p1", "name": "Ann" }, { "id": "p2", "name": "Bo" }]"#;

/// Writes the graph's files into a folder.
///
/// # Panics
/// Where they can't be written.
pub fn lay_out(folder: &Path) {
    for (path, text) in
        [("graph/people.graphql", SCHEMA), ("resolvers/golden.toml", GOLDEN), ("resolvers/people.json", RECORDS)]
    {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The program that serves the files of a folder, with a ledger there, and the port that it listens on.
///
/// # Panics
/// Where it does not start.
pub fn serve(folder: &Path) -> (Child, u16) {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwaters"))
        .args(["demo", "--bare", "--port", "0", "--graph", &at("graph"), "--resolvers", &at("resolvers")])
        .args(["--store", &at("golden.sqlite")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find(|line| line.as_ref().unwrap().starts_with("listening on")).unwrap().unwrap();
    let port = line.rsplit(':').next().unwrap().trim().parse().unwrap();
    (child, port)
}

/// What a command about ledgers says.
///
/// # Panics
/// Where it fails.
pub fn ledger(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_headwaters")).arg("ledger").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
