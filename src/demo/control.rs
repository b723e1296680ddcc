//! Control: how a second terminal tells an agency of a running demonstration to fail, to be slow, or to get well.
//!
//! A line over a loopback port, `TOKEN AGENCY MOOD`, answered by a line. Port and token stand in a file beside the store, which only its
//! owner may read. Nothing else can be done by it.

use super::agencies::{Agencies, Mood};
use anyhow::{Context, Result, bail};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Longer lines are nobody's command.
const LINE_MAX: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(5);

/// An open ear. It closes, and its file goes, when this is dropped.
#[derive(Debug)]
pub struct Control {
    file: PathBuf,
    task: JoinHandle<()>,
}

impl Control {
    /// # Errors
    /// Where no port can be had or the file can't be written.
    pub async fn open(agencies: &Agencies, store: &Path) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a port for the control")?;
        let token = format!("{:016x}{:016x}", random(), random());
        let file = beside(store);
        write_private(&file, &format!("{} {token}\n", listener.local_addr()?))?;
        let agencies = agencies.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // one after another, each with little time: nobody has much to say
                let heard = tokio::time::timeout(PATIENCE, hear(stream, &token, &agencies));
                let _answered = heard.await;
            }
        });
        Ok(Self { file, task })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        let _gone = std::fs::remove_file(&self.file);
    }
}

/// From the keys that the standard library draws for each hash map.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The file in which port and token stand.
fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".control");
    name.into()
}

fn write_private(file: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let _old = std::fs::remove_file(file);
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = opened.with_context(|| format!("`{}` can't be written", file.display()))?;
    opened.write_all(text.as_bytes())?;
    Ok(())
}

async fn hear(stream: tokio::net::TcpStream, token: &str, agencies: &Agencies) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(read.take(LINE_MAX)).read_line(&mut line).await?;
    let answer = obey(line.trim(), token, agencies);
    write.write_all(format!("{answer}\n").as_bytes()).await
}

/// What was done, or what is wrong with the command.
fn obey(line: &str, token: &str, agencies: &Agencies) -> String {
    let mut words = line.split(' ');
    let (Some(given), Some(name), Some(mood), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return "a command is a token, an agency and a mood".to_owned();
    };
    if given != token {
        return "this is another demonstration's token".to_owned();
    }
    let Some(agency) = agencies.named(name) else {
        let names: Vec<&str> = agencies.all().iter().map(|agency| agency.name).collect();
        return format!("no agency `{name}`; there are {}", names.join(", "));
    };
    match Mood::named(mood) {
        Some(feeling) => {
            agency.feel(feeling);
            format!("ok: {name} is {mood}")
        }
        None => format!("no mood `{mood}`; there are down, slow, garbage, up"),
    }
}

/// Tells the demonstration that keeps this store how an agency is to be; what it answered.
///
/// # Errors
/// Where no demonstration runs on this store, or it knows no such agency or mood.
pub fn tell(store: &Path, agency: &str, mood: &str) -> Result<String> {
    let file = beside(store);
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("no demonstration runs on `{}`; start `headwaters demo`", store.display()))?;
    let (address, token) = text.trim().split_once(' ').context("the control's file is damaged")?;
    let mut stream = TcpStream::connect(address).context("the demonstration does not answer; start it anew")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{token} {agency} {mood}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    match answer.trim().strip_prefix("ok: ") {
        Some(done) => Ok(done.to_owned()),
        None => bail!("{}", answer.trim()),
    }
}
