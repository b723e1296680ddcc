//! Killed: the real program is killed under load, again and again. For every response that a client has there is a record.
//!
//! 20 times; `HEADWATERS_KILLS=200 cargo nextest run --test killed` for more.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "harness/ledger.rs"]
#[expect(dead_code, reason = "specs show one operation")]
mod ledger;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(20);

const SCHEMA: &str = "
enum AgencyKind { BOCC }
enum DataClass { PUB }
type Query { people: [Person!] }
type Person @entity(key: \"id\") @data(owner: BOCC, class: [PUB]) { id: ID! name: String }
";
const RESOLVER: &str = "
title = \"Golden records\"
kind = \"file\"
golden = true
reach = { path = \"people.json\" }
[entity.Person]
same = [\"id\", \"name\"]
[entity.Person.find.people]
";

fn lay_out(folder: &Path) {
    for (path, text) in [
        ("graph/people.graphql", SCHEMA),
        ("resolvers/golden.toml", RESOLVER),
        ("resolvers/people.json", "[{ \"id\": \"p1\", \"name\": \"Ann\" }, { \"id\": \"p2\", \"name\": \"Bo\" }]"),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The program, and the port that it listens on.
fn start(folder: &Path) -> (Child, u16) {
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

/// Asks until the program is gone; names each question, and keeps the names of those that were answered whole.
fn ask(port: u16, client: usize, round: usize, answered: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    for number in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("R{round}C{client}N{number}");
        let body = format!("{{\"query\":\"query {name} {{ people {{ id name }} }}\"}}");
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
        match response(&mut reader) {
            Some(response) if response.contains("\"Ann\"") => answered.lock().unwrap().push(name),
            _ => return,
        }
    }
}

/// The body of a response that came whole.
fn response(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

#[test]
fn whatever_a_client_has_is_on_record() {
    let kills: usize = std::env::var("HEADWATERS_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let files = tempfile::tempdir().unwrap();
    lay_out(files.path());
    let answered = Arc::new(Mutex::new(Vec::new()));
    for round in 0..kills {
        let (mut child, port) = start(files.path());
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
                std::thread::spawn(move || ask(port, client, round, &answered, &stop))
            })
            .collect();
        // Another moment each time: it dies at work, once a number of answers is there that differs by round.
        let wanted = answered.lock().unwrap().len() + 20 + round * 37 % 400;
        let patience = std::time::Instant::now();
        while answered.lock().unwrap().len() < wanted && patience.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
    let answered = answered.lock().unwrap();
    assert!(answered.len() >= kills * 20, "{} answers", answered.len());
    let recorded: HashSet<String> = ledger::operations(&files.path().join("ledger"))
        .iter()
        .filter_map(|operation| Some(operation["operation"].as_str()?.to_owned()))
        .collect();
    let missing: Vec<&String> = answered.iter().filter(|name| !recorded.contains(*name)).collect();
    assert!(missing.is_empty(), "{} of {} answers are not on record: {missing:?}", missing.len(), answered.len());

    let folder = files.path().join("ledger");
    let said = told(&["verify", folder.to_str().unwrap()]);
    assert!(said.contains("whole"), "{said}");
    let said = told(&["show", folder.to_str().unwrap(), "--user", "public"]);
    assert!(said.contains(answered.last().unwrap().as_str()) && said.contains("ANSWERED"), "{said}");
    let said = told(&["export", folder.to_str().unwrap(), "--format", "csv", "--purpose", "PUBLIC"]);
    let line = said.lines().find(|line| line.contains(&format!("{},Person,p1", answered.last().unwrap()))).unwrap();
    assert!(line.contains("id name"), "{line}");
    let said = told(&["reindex", folder.to_str().unwrap()]);
    assert!(said.contains("records of 1 ledgers"), "{said}");
}

/// What a command about ledgers says.
fn told(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_headwaters")).arg("ledger").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
