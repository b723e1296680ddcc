//! Ledger: a process that is killed, a disk that is full, and what a court does with a proof.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use headwaters::ledger::log::{self, Log, Settings, Trust, Unavailable, Witness};
use headwaters::ledger::subjects::Subjects;
use headwaters::limits::Limits;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn settings(folder: &Path) -> Settings {
    Settings { segment_bytes: 256 * 1024, ..Settings::new(folder.to_owned(), "gw-1".into(), &Limits::default()) }
}

fn payload(n: u64) -> String {
    format!(r#"{{"kind":"operation","n":{n},"padding":"{}"}}"#, "x".repeat(usize::try_from(n % 900).unwrap()))
}

async fn append(log: &Log, n: u64) -> Result<u64, Unavailable> {
    log.append(payload(n).into_bytes()).await.map(|receipt| receipt.seq)
}

/// Names the folder to the process that is killed.
const FOLDER: &str = "HEADWATERS_TEST_LEDGER";

/// Appends under load until it is killed, and says each record that was acknowledged.
fn appends_until_it_is_killed(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (log, opened) = Log::open(settings(folder)).unwrap();
    let client = async |client: u64| {
        for round in 0.. {
            let n = opened.records + client + round * 16;
            let seq = append(&log, n).await.unwrap();
            // one write: a line that was cut short by the kill has no end
            std::io::stdout().write_all(format!("ack {seq} {n} .\n").as_bytes()).unwrap();
        }
    };
    runtime.block_on(futures::future::join_all((0..16).map(client)));
}

/// 20 kills; as many as `LEDGER_KILLS` says.
#[test]
fn what_was_acknowledged_outlives_a_kill() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return appends_until_it_is_killed(Path::new(&folder));
    }
    let kills: u32 = std::env::var("LEDGER_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for kill in 0..kills {
        let before = acknowledged.len();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_was_acknowledged_outlives_a_kill", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // somewhere within its work: after so many records, and some microseconds
        let after = 1 + kill * 37 % 400;
        let mut heard = 0;
        for line in lines {
            let line = line.unwrap();
            let Some(numbers) = line.strip_prefix("ack ").and_then(|rest| rest.strip_suffix(" .")) else { continue };
            let (seq, n) = numbers.split_once(' ').unwrap();
            assert_eq!(acknowledged.insert(seq.parse::<u64>().unwrap(), n.parse().unwrap()), None, "{line}");
            heard += 1;
            if heard == after {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() > before);

        let there: BTreeMap<u64, Vec<u8>> = {
            // opening it cuts what was not finished
            let (log, _) = Log::open(settings(folder.path())).unwrap();
            log.close();
            log::records(folder.path()).unwrap().map(|record| record.unwrap()).map(|it| (it.seq, it.payload)).collect()
        };
        for (seq, n) in &acknowledged {
            assert_eq!(there.get(seq), Some(&payload(*n).into_bytes()), "record {seq} after {} kills", kill + 1);
        }
    }
    let checked = log::verify(folder.path(), &Trust::default(), &|_| ()).unwrap();
    assert_eq!(checked.damages, []);
    assert!(checked.records >= acknowledged.len() as u64 && checked.segments > 1);
}

/// A disk of 3 MiB, where we may make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(at).output().ok()?;
        mount.status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_the_ledger_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path()) else {
        // only root may mount; that it is root's machine which tests is checked by CI's image
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        assert!(!root, "root may mount a small disk, and could not");
        return;
    };
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let ledger = folder.path().join("ledger");
    let (log, _) = Log::open(settings(&ledger)).unwrap();
    let mut written = Vec::new();
    let mut full = None;
    for n in 0..20_000 {
        match append(&log, n).await {
            Ok(seq) => written.push((seq, n)),
            Err(why) => {
                full = Some(why);
                break;
            }
        }
    }
    assert_eq!(full, Some(Unavailable::NoSpace));
    assert!(!log.is_ready());
    assert!(written.len() > 1_000, "{}", written.len());

    fs::remove_file(&ballast).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !log.is_ready() {
        assert!(Instant::now() < end, "it does not come back");
        tokio::task::yield_now().await;
    }
    for n in 20_000..20_100 {
        written.push((append(&log, n).await.unwrap(), n));
    }
    log.close();
    let there: Vec<_> = log::records(&ledger).unwrap().map(|record| record.unwrap()).collect();
    for (seq, n) in &written {
        assert_eq!(there[usize::try_from(*seq).unwrap() - 1].payload, payload(*n).into_bytes());
    }
    let gaps = there.iter().filter(|record| String::from_utf8_lossy(&record.payload).contains("the disk is full"));
    assert_eq!(gaps.count(), 1);
    assert_eq!(there.len(), written.len() + 1);
}

/// 20,000 records; as many as `LEDGER_RECORDS` says. Prints how long a start takes that reads all, and one that reads the end.
#[test]
fn a_long_ledger_is_opened_by_its_end() {
    let count: u64 = std::env::var("LEDGER_RECORDS").map_or(20_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let limits =
        Limits { ledger_segment_bytes: Limits::default().ledger_segment_bytes.min(count * 64), ..Limits::default() };
    let settings = Settings::new(folder.path().to_owned(), "gw-1".into(), &limits);
    let (log, _) = Log::open(settings.clone()).unwrap();
    for n in 0..count {
        while log.append_later(payload(n).as_bytes()).is_err() {
            std::thread::yield_now();
        }
    }
    log.close();
    for (what, start_bytes_max) in [("all", u64::MAX), ("the end", 0)] {
        let start = Instant::now();
        let (log, opened) = Log::open(Settings { start_bytes_max, ..settings.clone() }).unwrap();
        println!("a start that reads {what} of {count} records: {} ms", start.elapsed().as_millis());
        assert_eq!(opened.records, count);
        assert!(log.is_ready());
        log.close();
    }
}

/// Status and what it said.
fn run(program: &str, arguments: &[&str], folder: &Path) -> (bool, String) {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

async fn kept(folder: &Path, count: u64) {
    let witness = Some(Witness::File(folder.join("witness")));
    let (log, _) = Log::open(Settings { witness, ..settings(&folder.join("ledger")) }).unwrap();
    for n in 0..count {
        append(&log, n).await.unwrap();
    }
    log.close();
}

#[tokio::test]
async fn verify_says_whether_a_ledger_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    kept(folder.path(), 700).await;
    let program = env!("CARGO_BIN_EXE_headwaters");
    let verify = ["ledger", "verify", "ledger", "--witness", "witness", "--public-key", "ledger/checkpoint-keys.pem"];
    let (good, said) = run(program, &verify, folder.path());
    assert!(good && said.contains("ledger (gw-1): 700 records in 2 segments") && said.ends_with("  whole\n"), "{said}");

    let segment = folder.path().join("ledger/00000000000000000001.segment");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[60_000] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let (good, said) = run(program, &verify, folder.path());
    assert!(!good);
    let (place, what) =
        ("  ledger/00000000000000000001.segment: byte 59", "is damaged: its checksum is that of other bytes");
    assert!(said.contains(place) && said.contains(what), "{said}");
    assert!(said.contains("one place is not what it was") && !said.contains("whole"), "{said}");
    let (good, said) = run(program, &["ledger", "verify", "nowhere"], folder.path());
    assert!(!good && said.contains("nowhere: entity not found"), "{said}");
}

/// The script of docs/ledger.md, word for word, and openssl.
#[tokio::test]
async fn a_court_checks_a_proof() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    kept(folder, 700).await;
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger.md")).unwrap();
    let script = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(script.lines().filter(|line| !line.is_empty()).count() <= 30);
    fs::write(folder.join("check.py"), script).unwrap();
    for seq in [1, 257, 700] {
        let (good, proof) =
            run(env!("CARGO_BIN_EXE_headwaters"), &["ledger", "prove", &seq.to_string(), "ledger"], folder);
        assert!(good, "{proof}");
        fs::write(folder.join("proof.json"), &proof).unwrap();
        let (good, said) = run("python3", &["check.py", "proof.json"], folder);
        assert!(good && said.starts_with(&format!("record {seq} is one of the ")), "{said}");
        let openssl = "pkeyutl -verify -pubin -inkey ledger/checkpoint-keys.pem -rawin -in checkpoint.txt -sigfile checkpoint.sig";
        let (good, said) = run("openssl", &openssl.split(' ').collect::<Vec<_>>(), folder);
        assert!(good && said.contains("Signature Verified Successfully"), "{said}");

        for (right, wrong, why) in [
            ("operation", "operatiom", "the record is another one"),
            (r#""path": ["#, r#""path": ["00","#, "not in the tree"),
            (r#""root": ""#, r#""root": "AAAA"#, "not in the tree"),
        ] {
            fs::write(folder.join("proof.json"), proof.replacen(right, wrong, 1).replace(",]", "]")).unwrap();
            let (good, said) = run("python3", &["check.py", "proof.json"], folder);
            assert!(!good && (said.contains(why) || said.contains("the path is too long")), "{seq} {right}: {said}");
        }
    }
    let (good, said) = run(env!("CARGO_BIN_EXE_headwaters"), &["ledger", "prove", "701", "ledger"], folder);
    assert!(!good && said.contains("no checkpoint is of record 701"), "{said}");
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_chain_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let program = env!("CARGO_BIN_EXE_headwaters");
    let forget = ["ledger", "forget", "person-7", "ledger", "--order", "DC-26-118"];
    let (log, _) = Log::open(settings(&ledger)).unwrap();
    log.append(b"{}".to_vec()).await.unwrap();
    let (good, said) = run(program, &forget, folder.path());
    assert!(!good && said.contains("ids of persons are not sealed in this ledger"), "{said}");
    let subjects = Subjects::of(&ledger).unwrap();
    let sealed = subjects.seal("person-7").unwrap();
    log.append(format!(r#"{{"subjects":["{sealed}"]}}"#).into_bytes()).await.unwrap();
    let (good, said) = run(program, &forget, folder.path());
    assert!(!good && said.contains("the process that writes this ledger does not do it"), "{said}");
    log.close();

    let (good, said) = run(program, &forget, folder.path());
    assert!(good && said == "forgotten; record 3 says so, by order DC-26-118\n", "{said}");
    assert_eq!(Subjects::of(&ledger).unwrap().open(&sealed), None);
    let records: Vec<_> = log::records(&ledger).unwrap().map(|record| record.unwrap().payload).collect();
    let last = String::from_utf8(records[2].clone()).unwrap();
    assert!(
        last.contains(r#""kind":"forgotten""#) && last.contains("DC-26-118") && !last.contains("person-7"),
        "{last}"
    );
    assert!(String::from_utf8(records[1].clone()).unwrap().contains(&sealed));
    let (good, said) = run(program, &["ledger", "verify", "ledger"], folder.path());
    assert!(good, "{said}");
    let (good, said) = run(program, &forget, folder.path());
    assert!(!good && said.contains("no record names this person"), "{said}");
}
