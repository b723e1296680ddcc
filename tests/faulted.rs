//! Faulted: what the demonstration says while one of its agencies is down, by the real program and its own command.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);
/// Shorter than the graph has it, so that the test need not wait for an hour.
const FRESHNESS: &str = "[entity.Booking.freshness]\nttl = 2\nstale = 5\n";

struct Demo {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
    _said: BufReader<ChildStdout>,
}

impl Demo {
    fn start() -> Self {
        let (root, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(root.join("schema"), folder.path().join("schema")).unwrap();
        let resolvers = folder.path().join("resolvers");
        std::fs::create_dir(&resolvers).unwrap();
        for file in std::fs::read_dir(root.join("resolvers")).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, resolvers.join(file.file_name().unwrap())).unwrap();
        }
        let jail = resolvers.join("yellowstone-jail.toml");
        let written = std::fs::read_to_string(&jail).unwrap();
        std::fs::write(&jail, format!("{written}\n{FRESHNESS}")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_headwaters"));
        command.args(["demo", "--persons", "60", "--port", "0", "--store", "golden.sqlite"]);
        let mut child = command.current_dir(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "the demonstration ended");
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                break address.to_owned();
            }
        };
        Self { child, address, folder, _said: said }
    }

    /// `headwaters demo fault`, in a second terminal.
    fn feels(&self, mood: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headwaters"));
        command.args(["demo", "fault", "yellowstone-jail", mood, "--store", "golden.sqlite"]);
        let done = command.current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn ask(&self, headers: &str) -> Value {
        let query = "{ person(id: \"00000000-0000-4000-8000-000000000001\") { legalName { full } \
                     bookings { number provenance { source mode retrievedAt } } } }";
        let body = json!({ "query": query }).to_string();
        let length = body.len();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             {headers}connection: close\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// The answer in which the jail's records are said to be had so.
    fn until(&self, wanted: &str) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.ask("");
            if mode(&answer) == wanted {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "never {wanted}: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The mode of the jail's records, or the code of the error that stands for them.
fn mode(answer: &Value) -> String {
    assert_eq!(answer.pointer("/data/person/legalName/full").unwrap(), "Elias Farbergard", "{answer}");
    let error = |error: &Value| error.pointer("/extensions/source").is_some_and(|name| name == "yellowstone-jail");
    let failed = answer.get("errors").and_then(Value::as_array).into_iter().flatten().find(|one| error(one));
    if let Some(failed) = failed {
        return failed.pointer("/extensions/code").unwrap().as_str().unwrap().to_owned();
    }
    let bookings = answer.pointer("/data/person/bookings").unwrap().as_array().unwrap();
    let of_jail = bookings.iter().find_map(|one| {
        let first = one.pointer("/provenance/0").unwrap();
        (first.get("source").unwrap() == "yellowstone-jail").then(|| first.get("mode").unwrap().as_str().unwrap())
    });
    of_jail.unwrap_or_else(|| panic!("the jail knows this person: {answer}")).to_owned()
}

/// How `extensions.sources` says that the jail did.
fn source(answer: &Value) -> (String, Option<i64>) {
    let sources = answer.pointer("/extensions/sources").unwrap().as_array().unwrap();
    let jail = sources.iter().find(|one| one.get("name").unwrap() == "yellowstone-jail").unwrap();
    (jail.get("status").unwrap().as_str().unwrap().to_owned(), jail.get("age").and_then(Value::as_i64))
}

fn retrieved_at(answer: &Value) -> PathBuf {
    answer.pointer("/data/person/bookings/0/provenance/0/retrievedAt").unwrap().as_str().unwrap().into()
}

#[test]
fn a_jail_that_is_down_is_stale_then_unavailable_and_live_again() {
    let demo = Demo::start();
    let first = demo.ask("");
    assert_eq!((mode(&first), source(&first)), ("LIVE".to_owned(), ("OK".to_owned(), None)));
    let kept = demo.ask("");
    assert_eq!(mode(&kept), "CACHED");
    assert_eq!(source(&kept).0, "OK");
    assert!(source(&kept).1.is_some(), "{kept}");
    assert_eq!(retrieved_at(&kept), retrieved_at(&first));
    assert_eq!(mode(&demo.ask("cache-control: max-age=0\r\n")), "LIVE");

    demo.feels("down");
    let stale = demo.until("STALE");
    let (status, age) = source(&stale);
    assert_eq!(status, "STALE");
    assert!(age.is_some_and(|age| (2..=5).contains(&age)), "{stale}");
    assert_eq!(stale.get("errors"), None);
    let gone = demo.until("SOURCE_UNAVAILABLE");
    assert_eq!(source(&gone), ("SOURCE_UNAVAILABLE".to_owned(), None));

    demo.feels("up");
    demo.until("LIVE");
}
