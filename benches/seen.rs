//! Seen: how long it takes to say who has seen a person, with very many records on record.
//!
//! A log of that length would take an hour to write and to take in. So the rows are made by the database itself, in the index's own tables: as
//! the index would have filled them, in the order of time.

use crate::duel::median;
use crate::postgres::Postgres;
use headwaters::ledger::index::{Index, Looked, Stretch};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::time::Instant;

/// Of these few are seen much oftener than most.
const PERSONS: u32 = 100_000;
/// An operation gives two records of each of five persons.
const RECORDS_EACH: u32 = 10;
/// Operations in a transaction.
const BATCH: u32 = 100_000;
/// Persons that are asked about.
const ASKED: u32 = 200;
/// As many as `Person.disclosures` tells.
const MOST: u32 = 1_000;
/// Which member of a spread-out sequence comes at a place: 2^32 divided by the golden ratio.
const SPREAD: u64 = 2_654_435_761;

const SHAPES: &str = r#"INSERT INTO shape (id, digest, text) VALUES
    (0, 'a', '["Person","golden",{"ALLOW":["birthDate","legalName"],"DENY":["ssn"]},{"ALLOW":["PII_ID","PUB"],"DENY":["PII_SSN"]}]'),
    (1, 'b', '["Booking","yellowstone-jail",{"ALLOW":["bookedAt","number","state"]},{"ALLOW":["PUB"]}]')"#;

/// An operation every half minute. The head is about as long as one of the demonstration's.
const ENTRIES: &str = "WITH RECURSIVE o (seq) AS (VALUES (?1) UNION ALL SELECT seq + 1 FROM o WHERE seq + 1 < ?2),
    t AS (SELECT seq, strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + seq * 30, 'unixepoch') || '.104233Z' AS at FROM o)
    INSERT INTO entry (ledger, seq, at, decision, user_id, provider, agency, purpose, outcome, place, head)
    SELECT 1, seq, at, printf('%016x%016x', seq * 2654435761, seq), 'user-' || (seq * 2654435761 % 900), 'https://login.example.gov',
        'MT056' || (seq * 2654435761 % 60), 'C', 'ANSWERED', seq * 1000, json_object(
        'decision', printf('%016x%016x', seq * 2654435761, seq), 'at', at, 'instance', 'bench', 'outcome', 'ANSWERED', 'code', NULL,
        'user', 'user-' || (seq * 2654435761 % 900), 'provider', 'https://login.example.gov', 'agency', 'MT056' || (seq * 2654435761 % 60),
        'agencyKind', 'COURT', 'roles', json_array('clerk'), 'division', NULL, 'token', printf('%032x', seq), 'address', '10.1.2.3',
        'purpose', 'C', 'reason', 'initial appearance', 'caseReference', 'DC-56-2026-' || seq, 'onBehalfOf', NULL, 'breakGlass', NULL,
        'operation', 'Look', 'document', printf('%064x', seq % 50), 'variables', printf('%064x', seq * 2654435761),
        'sources', json_array(json_object('name', 'golden', 'agency', 'MT056015J', 'status', 'OK', 'asOf', NULL, 'retrievedAt', at),
            json_object('name', 'yellowstone-jail', 'agency', 'MT0560000', 'status', 'OK', 'asOf', at, 'retrievedAt', at)),
        'rules', json_array('R01-public', 'R02-identity', 'R04-criminal-history'), 'policies', printf('%064x', 7), 'errors', 1, 'bytes', 4711,
        'tookUs', 2904, 'givenBy', json_array('golden', 'yellowstone-jail')) FROM t";

/// The person is drawn from those by the square of a number between 0 and 1: of the first a hundredth is a tenth of what is seen.
const DISCLOSED: &str = "WITH RECURSIVE o (seq) AS (VALUES (?1) UNION ALL SELECT seq + 1 FROM o WHERE seq + 1 < ?2),
    k (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)),
    drawn AS (SELECT seq, n, ((seq * 5 + n / 2) * 2654435761 % 4294967296) / 4294967296.0 AS u FROM o CROSS JOIN k),
    person AS (SELECT seq, n, CAST(?3 * u * u AS INTEGER) AS p FROM drawn),
    named AS (SELECT seq, n, p, printf('%08x-0000-4000-8000-%012x', p * 2654435761 % 4294967296, p) AS id FROM person)
    INSERT INTO disclosed (person, at, ledger, seq, n, type, key, shape)
    SELECT id, strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + seq * 30, 'unixepoch') || '.104233Z', 1, seq, n,
        CASE n % 2 WHEN 0 THEN 'Person' ELSE 'Booking' END, CASE n % 2 WHEN 0 THEN id ELSE printf('MT0560000 26-%07d', p * 3 + seq % 3) END, n % 2
    FROM named";

/// The same for Postgres.
const ENTRIES_THERE: &str = "INSERT INTO entry
        (ledger, seq, at, decision, user_id, provider, agency, purpose, outcome, place, head)
    SELECT 1, seq, at, decision, 'user-' || seq * 2654435761 % 900, 'https://login.example.gov', 'MT056' || seq * 2654435761 % 60, 'C', 'ANSWERED',
        seq * 1000, json_build_object('decision', decision, 'at', at, 'instance', 'bench', 'outcome', 'ANSWERED', 'code', NULL,
        'user', 'user-' || seq * 2654435761 % 900, 'provider', 'https://login.example.gov', 'agency', 'MT056' || seq * 2654435761 % 60,
        'agencyKind', 'COURT', 'roles', json_build_array('clerk'), 'division', NULL, 'token', lpad(to_hex(seq), 32, '0'), 'address', '10.1.2.3',
        'purpose', 'C', 'reason', 'initial appearance', 'caseReference', 'DC-56-2026-' || seq, 'onBehalfOf', NULL, 'breakGlass', NULL,
        'operation', 'Look', 'document', lpad(to_hex(seq % 50), 64, '0'), 'variables', lpad(to_hex(seq * 2654435761), 64, '0'),
        'sources', json_build_array(json_build_object('name', 'golden', 'agency', 'MT056015J', 'status', 'OK', 'asOf', NULL, 'retrievedAt', at),
            json_build_object('name', 'yellowstone-jail', 'agency', 'MT0560000', 'status', 'OK', 'asOf', at, 'retrievedAt', at)),
        'rules', json_build_array('R01-public', 'R02-identity', 'R04-criminal-history'), 'policies', lpad('7', 64, '0'), 'errors', 1, 'bytes', 4711,
        'tookUs', 2904, 'givenBy', json_build_array('golden', 'yellowstone-jail'))::text
    FROM (SELECT seq, lpad(to_hex(seq * 2654435761), 16, '0') || lpad(to_hex(seq), 16, '0') AS decision,
        to_char(to_timestamp(1700000000 + seq * 30) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '.104233Z' AS at
        FROM generate_series($1::bigint, $2::bigint - 1) seq) operation";
const DISCLOSED_THERE: &str = "INSERT INTO disclosed (person, at, ledger, seq, n, type, key, shape)
    SELECT id, to_char(to_timestamp(1700000000 + seq * 30) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '.104233Z', 1, seq, n,
        CASE n % 2 WHEN 0 THEN 'Person' ELSE 'Booking' END,
        CASE n % 2 WHEN 0 THEN id ELSE 'MT0560000 26-' || lpad((p * 3 + seq % 3)::text, 7, '0') END, n % 2
    FROM (SELECT seq, n, p, lpad(to_hex(p * 2654435761 % 4294967296), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(p), 12, '0') AS id
        FROM (SELECT seq, n, trunc($3 * u * u)::bigint AS p
            FROM (SELECT seq, n, ((seq * 5 + n / 2) * 2654435761 % 4294967296) / 4294967296.0::double precision AS u
                FROM generate_series($1::bigint, $2::bigint - 1) seq, generate_series(0, 9) n) drawn) person) named";
/// Made when all rows are there: one after another takes an hour.
const KEYS_THERE: [(&str, &str); 2] = [
    (
        "ALTER TABLE disclosed DROP CONSTRAINT disclosed_pkey",
        "ALTER TABLE disclosed ADD PRIMARY KEY (person, at, ledger, seq, n)",
    ),
    ("DROP INDEX disclosed_record", "CREATE INDEX disclosed_record ON disclosed (type, key, at)"),
];

/// Prints `ms disclosures_of_person` and `ms disclosures_of_person_max`, over so many records.
pub async fn measure(records: u32) {
    // Where the program's own files are: a folder for temporary files may be memory.
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).unwrap();
    let file = folder.path().join("index.sqlite");
    let begun = Instant::now();
    fill(&file, records).await;
    let bytes = std::fs::metadata(&file).unwrap().len();
    println!(
        "info disclosures_of_person: {records} records of {PERSONS} persons, {} MB, made in {} s",
        bytes / 1_000_000,
        begun.elapsed().as_secs()
    );
    let cold = forget(&file);
    println!("info disclosures_of_person: the file was {} memory", if cold { "taken out of" } else { "left in" });
    let index = Index::open(&file, &[]).await.unwrap();
    tell("disclosures_of_person", &index).await;
    index.close().await;
}

/// Prints the same for an index in Postgres.
pub async fn measure_there(records: u32) {
    let server = Postgres::start();
    let begun = Instant::now();
    fill_there(&server.url(), records).await;
    println!(
        "info disclosures_of_person_postgres: {records} records of {PERSONS} persons, made in {} s",
        begun.elapsed().as_secs()
    );
    let index = Index::connect(&server.url(), &[]).await.unwrap();
    tell("disclosures_of_person_postgres", &index).await;
    index.close().await;
}

async fn tell(name: &str, index: &Index) {
    let (first, again) = (round(name, index).await, round(name, index).await);
    let slowest = |took: &[f64]| took.iter().copied().fold(0.0, f64::max);
    println!("info {name}: again, ms {:.1}, at most {:.1}", median(again.iter().copied()), slowest(&again));
    println!("ms {name} {:.1}", median(first.iter().copied()));
    println!("ms {name}_max {:.1}", slowest(&first));
    let mut most = Vec::new();
    for _ in 0..10 {
        ask(index, 0, &mut most).await;
    }
    let (seen, of) = ask(index, 0, &mut most).await;
    let (first, again) = most.split_first().unwrap();
    let again = median(again.iter().copied());
    println!("info {name}: of the one most seen {seen} operations, {of} records, ms {first:.1}, again {again:.1}");
}

/// Milliseconds of each of the persons, who are the same in every round.
async fn round(name: &str, index: &Index) -> Vec<f64> {
    let mut took = Vec::new();
    let (mut operations, mut most, mut given) = (0, 0, 0);
    for n in 0..ASKED {
        let drawn = ((u64::from(n) + 1) * SPREAD % (1 << 32) * u64::from(PERSONS)) >> 32;
        let (seen, of) = ask(index, drawn, &mut took).await;
        operations += seen;
        most = most.max(seen);
        given += of;
    }
    assert!(operations > 0 && given >= operations, "somebody was seen");
    println!("info {name}: {ASKED} persons, {operations} operations, {most} at the most, {given} records");
    took
}

/// How many operations, and records of the person in them.
async fn ask(index: &Index, person: u64, took: &mut Vec<f64>) -> (usize, usize) {
    let id = format!("{:08x}-0000-4000-8000-{person:012x}", person * SPREAD % (1 << 32));
    let start = Instant::now();
    let seen = index.seen(&Looked::Person(&id), Stretch::default(), MOST).await.unwrap();
    took.push(start.elapsed().as_secs_f64() * 1e3);
    (seen.len(), seen.iter().map(|seen| seen.given.len()).sum())
}

async fn fill(file: &Path, records: u32) {
    // The tables and what finds in them are the index's own.
    Index::open(file, &[]).await.unwrap().close().await;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-3000000")
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("INSERT INTO ledger (id, instance, next) VALUES (1, 'bench', 1)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query(SHAPES).execute(&mut connection).await.unwrap();
    let operations = records / RECORDS_EACH;
    for from in (0..operations).step_by(BATCH as usize) {
        let to = operations.min(from + BATCH);
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query(ENTRIES).bind(from).bind(to).execute(&mut *transaction).await.unwrap();
        sqlx::query(DISCLOSED).bind(from).bind(to).bind(PERSONS).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn fill_there(url: &str, records: u32) {
    Index::connect(url, &[]).await.unwrap().close().await;
    let options = PgConnectOptions::from_str(url).unwrap().options([("search_path", "headwaters_ledger")]);
    let mut connection = PgConnection::connect_with(&options.disable_statement_logging()).await.unwrap();
    let ledger = "INSERT INTO ledger (id, instance, next) OVERRIDING SYSTEM VALUE VALUES (1, 'bench', 1)";
    let shapes = SHAPES.replace("VALUES", "OVERRIDING SYSTEM VALUE VALUES");
    for text in [ledger, &shapes].into_iter().chain(KEYS_THERE.map(|(drop, _)| drop)) {
        sqlx::query(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    }
    let operations = i64::from(records / RECORDS_EACH);
    for from in (0..operations).step_by(BATCH as usize) {
        let to = operations.min(from + i64::from(BATCH));
        sqlx::query(ENTRIES_THERE).bind(from).bind(to).execute(&mut connection).await.unwrap();
        sqlx::query(DISCLOSED_THERE)
            .bind(from)
            .bind(to)
            .bind(f64::from(PERSONS))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    for text in KEYS_THERE.map(|(_, make)| make).into_iter().chain(["VACUUM ANALYZE"]) {
        sqlx::query(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// Takes a file out of the system's memory, so that it is read from the disk again. Whether that could be done.
fn forget(file: &Path) -> bool {
    let of = format!("of={}", file.display());
    let mut dd = Command::new("dd");
    dd.args([&*of, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]).stdin(Stdio::null()).stderr(Stdio::null());
    dd.status().is_ok_and(|status| status.success())
}
