//! A second place has the checkpoints, sooner or later, and nobody waits for it.

use super::*;
use crate::ledger::log::{Bearer, Checkpoint, Witness};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

/// Answers each POST with the next of these statuses, and tells what was posted. It ends when nobody listens.
fn server(statuses: &'static [u16]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/checkpoints", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for (stream, status) in listener.incoming().zip(statuses.iter().chain(std::iter::repeat(&200))) {
            if sender.send(posted(&stream.unwrap(), *status)).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn posted(mut stream: &TcpStream, status: u16) -> String {
    let mut reader = BufReader::new(stream);
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.to_lowercase().starts_with("authorization:") {
            token = line.trim()["authorization:".len()..].trim().to_owned();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    assert_eq!(token, "Bearer hunter2");
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn a_server_is_told_of_the_last_checkpoint() {
    let (url, posted) = server(&[500, 302]);
    let case = Case::new();
    let bearer = Bearer::new("hunter2".into()).unwrap();
    let witness = Some(Witness::read(&url).unwrap().with(bearer));
    assert!(!format!("{witness:?}").contains("hunter2"));
    assert_eq!((Bearer::new(String::new()), Bearer::new("a\r\nb: c".into())), (None, None));
    let (log, _) = case.open_with(Settings { witness, checkpoint_records: 10, ..case.settings() }).unwrap();
    for n in 0..5 {
        append(&log, n * 10..(n + 1) * 10).await;
    }
    // refused twice, it is told once more
    let told: Vec<String> = (0..3).map(|_| posted.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
    assert!(told.iter().all(|line| Checkpoint::read(line.as_bytes()).is_some()), "{told:?}");
    log.close();
    let own = std::fs::read_to_string(case.path().join("checkpoints")).unwrap();
    let last = posted.try_iter().last().unwrap_or_else(|| told[2].clone());
    assert_eq!(own.lines().last(), Some(last.trim_end()));
}

#[tokio::test]
async fn nobody_waits_for_a_witness_that_is_away() {
    let case = Case::new();
    let away = case.path().join("not-mounted");
    let witness = Some(Witness::File(away.join("copy")));
    let (log, _) = case.open_with(Settings { witness, checkpoint_records: 10, ..case.settings() }).unwrap();
    assert_eq!(append(&log, 0..100).await.into_iter().flatten().count(), 100);
    until("a checkpoint is kept", || std::fs::read(case.path().join("checkpoints")).unwrap().ends_with(b"\n"));
    // mounted now
    std::fs::create_dir(&away).unwrap();
    append(&log, 100..110).await;
    log.close();
    let (own, copy) = (case.path().join("checkpoints"), away.join("copy"));
    let last = |path: &Path| std::fs::read_to_string(path).unwrap().lines().last().map(str::to_owned);
    assert_eq!(last(&copy), last(&own));
}

#[test]
fn a_witness_is_a_path_or_an_address() {
    assert_eq!(Witness::read("/mnt/audit/gw-1"), Ok(Witness::File("/mnt/audit/gw-1".into())));
    assert_eq!(Witness::read("https://w.example.gov/"), Ok(Witness::Http("https://w.example.gov/".into(), None)));
    assert!(Witness::read("http://w.example.gov/").is_err() && Witness::read("ftp://w.example.gov/").is_err());
}
