//! Commands: what the program says when it refuses to start.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::Path;
use std::process::Command;

/// Status and what it said.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwaters"));
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn serve(config: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwaters.toml");
    std::fs::write(&path, config).unwrap();
    let (code, said) = run(&["serve", "--config", path.to_str().unwrap()]);
    (code, said.replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn nothing_is_served_without_a_configuration() {
    assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("headwaters.toml").exists());
    let (code, said) = run(&["serve"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("headwaters.toml\n  can't be read: entity not found\n  hint: docs/callers.md"), "{said}");
}

#[test]
fn nothing_is_served_without_an_issuer_or_an_audience() {
    let (code, said) = serve("[listen]\naddress = \"127.0.0.1:0\"\n[ledger]\nfolder = \"l\"\ninstance = \"a\"\n");
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no `[[issuer]]`: nobody could prove who they are"), "{said}");
    assert!(said.contains("1 problem, nothing is served"), "{said}");
    let issuer = "[[issuer]]\nurl = \"https://a.example\"\nalgorithms = [\"ES256\"]\nagencies = [\"MT*\"]\n";
    let (code, said) = serve(issuer);
    assert_eq!(code, Some(1));
    assert!(said.contains("headwaters.toml:1:1") && said.contains("an issuer needs `audience`"), "{said}");
}

#[test]
fn nothing_is_served_to_the_demonstrations_people() {
    let issuer = "[[issuer]]\nurl = \"http://127.0.0.1:8080\"\naudience = \"headwaters\"\nalgorithms = [\"ES256\"]\nagencies = [\"*\"]\n";
    let (code, said) = serve(issuer);
    assert_eq!(code, Some(1));
    assert!(said.contains("headwaters.toml:2:7") && said.contains("an issuer's address is one of https"), "{said}");
}

#[test]
fn nothing_is_served_that_could_not_be_put_on_record() {
    let issuer = "[[issuer]]\nurl = \"https://a.example\"\naudience = \"headwaters\"\nalgorithms = [\"ES256\"]\nagencies = [\"MT*\"]\n";
    let (code, said) = serve(issuer);
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no `[ledger]`: nothing could be put on record"), "{said}");
    let (code, said) = serve(&format!("{issuer}[ledger]\nfolder = \"l\"\ninstance = \"a b\"\nwitness = \"ftp://w\"\n"));
    assert_eq!(code, Some(1));
    assert!(said.contains("headwaters.toml:8:12") && said.contains("`a b` is no name of an instance"), "{said}");
    assert!(said.contains("headwaters.toml:9:11") && said.contains("a witness is a path"), "{said}");
}

#[test]
fn a_token_needs_a_demonstration_that_runs() {
    // Port 9 discards, where anything listens on it at all.
    let (code, said) = run(&["token", "--persona", "clerk", "--port", "9"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no demonstration answers on port 9: start one with `headwaters demo`"), "{said}");
}
