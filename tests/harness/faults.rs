//! A proxy that spoils: it stands before a real agency on loopback and does to each call what a fault says.
//!
//! HTTP/1.1, a connection a call. What it sends of its own is made up piece by piece, so that its memory does not grow with the answer.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What stands in everything that a fault makes up: it must reach nobody.
pub const CANARY: &str = "canary-7f3a";

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// The agency's own answer, as it is.
    None,
    /// The answer after so many milliseconds, and up to so many more.
    Slow { ms: u64, jitter_ms: u64 },
    /// The call is taken and never answered.
    BlackHole,
    /// The connection is reset once the call is read.
    Reset,
    /// Of the answer's bytes half, and then a reset.
    Cut,
    /// The answer without its length, and the connection's end so late.
    SlowClose { ms: u64 },
    /// The answer by so many bytes a second.
    Narrow { bytes_s: u64 },
    /// Of a hundred calls so many are answered with this status, the others as they should.
    Status { status: u16, percent: u64 },
    /// 200, and no JSON.
    Garbage,
    /// JSON of so many levels.
    Deep { levels: usize },
    /// A compressed answer that swells to so many bytes.
    Bomb { bytes: usize },
    /// The agency's own answer, compressed.
    Compressed,
    /// Chunks of a list without end.
    Endless,
    /// A list of so many bytes, and a header that says so.
    Long { bytes: u64 },
    /// The header says so many bytes more than come, or fewer.
    WrongLength { by: i64 },
    /// Elsewhere: 302.
    Redirect { to: &'static str },
}

pub struct Proxy {
    address: SocketAddr,
    path: String,
    told: Arc<Told>,
    task: JoinHandle<()>,
}

struct Told {
    agency: SocketAddr,
    fault: Mutex<Fault>,
    calls: AtomicU64,
    /// Of the last call.
    head: Mutex<String>,
}

impl Proxy {
    /// Before the agency with this URL.
    pub async fn before(url: &str) -> Self {
        let url = url.strip_prefix("http://").unwrap();
        let (agency, path) = url.split_once('/').unwrap_or((url, ""));
        let told = Told {
            agency: agency.parse().unwrap(),
            fault: Mutex::new(Fault::None),
            calls: AtomicU64::new(0),
            head: Mutex::default(),
        };
        let told = Arc::new(told);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener, Arc::clone(&told)));
        Self { address, path: if path.is_empty() { String::new() } else { format!("/{path}") }, told, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn set(&self, fault: Fault) {
        *self.told.fault.lock().unwrap() = fault;
    }

    /// Calls since the start.
    pub fn calls(&self) -> u64 {
        self.told.calls.load(Ordering::Relaxed)
    }

    /// The first lines of the last call: what was asked, and its headers.
    pub fn last_head(&self) -> String {
        self.told.head.lock().unwrap().clone()
    }

    /// As a crash: nobody listens any more, and every connection is gone.
    pub async fn kill(&mut self) {
        self.task.abort();
        _ = (&mut self.task).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, told: Arc<Told>) {
    // Connections end with the proxy.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let told = Arc::clone(&told);
                connections.spawn(Box::pin(async move { spoil(stream, &told).await }));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One call. An error is a client that left.
async fn spoil(mut client: TcpStream, told: &Told) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (head, body) = Box::pin(request(&mut client)).await?;
    told.calls.fetch_add(1, Ordering::Relaxed);
    told.head.lock().unwrap().clone_from(&head);
    let fault = *told.fault.lock().unwrap();
    match fault {
        Fault::BlackHole => std::future::pending().await,
        Fault::Reset => client.set_zero_linger(),
        Fault::Status { status, percent } if chance(100) < percent => {
            let text = format!("{{\"error\":\"{CANARY}\"}}");
            client.write_all(answer(&format!("{status} Spoiled"), text.as_bytes()).as_slice()).await
        }
        Fault::Garbage => {
            let text = format!("<html>{CANARY}</html>");
            client.write_all(&answer("200 OK", text.as_bytes())).await
        }
        Fault::Deep { levels } => client.write_all(&answer("200 OK", nested(levels).as_bytes())).await,
        Fault::Bomb { bytes } => client.write_all(&compressed("200 OK", &bomb(bytes))).await,
        Fault::Endless => endless(&mut client).await,
        Fault::Long { bytes } => long(&mut client, bytes).await,
        Fault::Redirect { to } => {
            let head = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            client.write_all(head.as_bytes()).await
        }
        _ => pass(&mut client, &asked(told.agency, &head, &body).await?, fault).await,
    }
}

/// The agency's own answer, spoiled.
async fn pass(client: &mut TcpStream, whole: &[u8], fault: Fault) -> io::Result<()> {
    let (head, body) = parted(whole).ok_or(io::ErrorKind::InvalidData)?;
    let text = String::from_utf8_lossy(head).into_owned();
    let length = format!("content-length: {}", body.len());
    match fault {
        Fault::Slow { ms, jitter_ms } => {
            let more = if jitter_ms == 0 { 0 } else { chance(jitter_ms) };
            tokio::time::sleep(Duration::from_millis(ms + more)).await;
            client.write_all(whole).await
        }
        Fault::Cut => {
            client.write_all(&whole[..head.len() + body.len() / 2]).await?;
            client.flush().await?;
            // What is on its way arrives before the reset does.
            tokio::time::sleep(Duration::from_millis(20)).await;
            client.set_zero_linger()
        }
        Fault::SlowClose { ms } => {
            let head = text.replace(&length, "x-length: none");
            client.write_all(&[head.as_bytes(), body].concat()).await?;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(())
        }
        Fault::Narrow { bytes_s } => {
            for byte in whole.chunks(1.max(usize::try_from(bytes_s / 20).unwrap())) {
                client.write_all(byte).await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        }
        Fault::WrongLength { by } => {
            let said = i64::try_from(body.len()).unwrap() + by;
            let head = text.replace(&length, &format!("content-length: {said}"));
            client.write_all(&[head.as_bytes(), body].concat()).await
        }
        Fault::Compressed => client.write_all(&compressed("200 OK", &gzip(&[body]))).await,
        _ => client.write_all(whole).await,
    }
}

/// What is asked: the head with its empty line, and the body.
async fn request(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        if let Some((head, body)) = parted(&read) {
            let head = String::from_utf8_lossy(head).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Ok((head, body.to_vec()));
            }
        }
        match client.read(&mut chunk).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => read.extend_from_slice(&chunk[..count]),
        }
    }
}

/// The agency's whole answer.
async fn asked(agency: SocketAddr, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(agency).await?;
    let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).await?;
    Ok(whole)
}

fn parted(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(message.split_at(end + 4))
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
    [format!("{head}content-length: {length}\r\n\r\n").as_bytes(), body].concat()
}

fn compressed(status: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\nconnection: close\r\n");
    [format!("{head}content-length: {length}\r\n\r\n").as_bytes(), body].concat()
}

fn nested(levels: usize) -> String {
    format!("{}\"{CANARY}\"{}", "[".repeat(levels), "]".repeat(levels))
}

fn gzip(pieces: &[&[u8]]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for piece in pieces {
        writer.write_all(piece).unwrap();
    }
    writer.finish().unwrap()
}

/// A list of blanks, about a thousandth of its size: a piece that refers to itself, again and again. Its sum at the end is missing; nobody
/// should come so far.
fn bomb(bytes: usize) -> Vec<u8> {
    let piece = vec![b' '; 1 << 20];
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut ends = Vec::new();
    for piece in [b"[".as_slice(), &piece, &piece] {
        writer.write_all(piece).unwrap();
        writer.flush().unwrap();
        ends.push(writer.get_ref().len());
    }
    let bytes_max = bytes >> 20;
    let (start, again) = writer.get_ref()[..ends[2]].split_at(ends[1]);
    [start, &again.repeat(bytes_max)].concat()
}

async fn endless(client: &mut TcpStream) -> io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n").await?;
    let text = format!("\"{CANARY}\",").repeat(4 << 10);
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    loop {
        client.write_all(chunk.as_bytes()).await?;
    }
}

async fn long(client: &mut TcpStream, bytes: u64) -> io::Result<()> {
    client.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n[").as_bytes()).await?;
    let text = format!("\"{CANARY}\",").repeat(4 << 10);
    for _ in 0..bytes / u64::try_from(text.len()).unwrap() {
        client.write_all(text.as_bytes()).await?;
    }
    Ok(())
}

/// Any number below this one.
fn chance(below: u64) -> u64 {
    RandomState::new().build_hasher().finish() % below
}
