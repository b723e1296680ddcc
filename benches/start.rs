//! Start: from the start of the program to its first answer over HTTP, on a store that already holds its persons.

use crate::duel::median;
use headwaters::demo;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const RUNS: usize = 9;

/// Prints `ms start_N`. The world is invented, and its agencies serve, before the clock starts.
pub async fn measure(persons: u32) {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo::start(persons, 1, &folder.path().join("golden.sqlite"), false).await.unwrap();
    let runs: Vec<f64> = (0..RUNS).map(|_| tokio::task::block_in_place(|| run(&demo))).collect();
    let slowest = runs.iter().copied().fold(0.0, f64::max);
    println!("info start_{persons}: slowest of {RUNS}, ms {slowest:.0}");
    println!("ms start_{persons} {:.0}", median(runs.into_iter()));
}

/// Milliseconds of one start.
fn run(demo: &demo::Demo) -> f64 {
    let start = Instant::now();
    let mut program = Program(
        Command::new(env!("CARGO_BIN_EXE_headwaters"))
            .args(["demo", "--bare", "--port", "0"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .envs(demo.environment.iter().cloned())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut said = BufReader::new(program.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = said.find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned)).unwrap();
    let query = "query($id: ID!) { person(id: $id) { id legalName { full } } }";
    let body = json!({ "query": query, "variables": { "id": demo.sample_person } });
    let answer = ask(&address, &body.to_string());
    let elapsed = start.elapsed();
    let person = answer.pointer("/data/person/id").and_then(Value::as_str);
    assert!(person == Some(&*demo.sample_person), "{answer}");
    elapsed.as_secs_f64() * 1e3
}

fn ask(address: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// Ends with its run.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
