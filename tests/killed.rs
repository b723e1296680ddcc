//! Killed: the real program is killed under load, again and again. For every response that a client has there is a record.
//!
//! 20 times; `HEADWATERS_KILLS=200 cargo nextest run --test killed` for more.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "harness/ledger.rs"]
#[expect(dead_code, reason = "specs show one operation")]
mod ledger;
#[path = "harness/people.rs"]
mod people;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(20);

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
    people::lay_out(files.path());
    let answered = Arc::new(Mutex::new(Vec::new()));
    for round in 0..kills {
        let (mut child, port) = people::serve(files.path());
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
        for client in clients {
            client.join().unwrap();
        }
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
    let said = people::ledger(&["verify", folder.to_str().unwrap()]);
    assert!(said.contains("whole"), "{said}");
    let said = people::ledger(&["show", folder.to_str().unwrap(), "--user", "public"]);
    assert!(said.contains(answered.last().unwrap().as_str()) && said.contains("ANSWERED"), "{said}");
    let said = people::ledger(&["export", folder.to_str().unwrap(), "--format", "csv", "--purpose", "PUBLIC"]);
    let line = said.lines().find(|line| line.contains(&format!("{},Person,p1", answered.last().unwrap()))).unwrap();
    assert!(line.contains("id name"), "{line}");
    let said = people::ledger(&["reindex", folder.to_str().unwrap()]);
    assert!(said.contains("records of 1 ledgers"), "{said}");
    // By the index there is the same as by reading all of it.
    let (all, last) = (ledger::operations(&folder), answered.last().unwrap().as_str());
    let one = all.iter().find(|operation| operation["operation"] == last).unwrap();
    let found = |more: &[&str]| {
        let narrow = ["export", folder.to_str().unwrap(), "--decision", one["decision"].as_str().unwrap()];
        people::ledger(&[&narrow, more].concat())
    };
    let by_index = found(&[]);
    assert!(by_index.lines().count() == 1 && by_index.contains(last), "{by_index}");
    assert_eq!(by_index, found(&["--scan"]));
}
