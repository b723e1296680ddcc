//! Index: who has seen whom. In a file of SQLite and in Postgres, the same questions have the same answers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/postgres.rs"]
mod postgres;

use headwaters::ledger::index::{Home, Index, Looked, Place, Seen, Stretch};
use headwaters::ledger::log::Log;
use headwaters::ledger::{Merged, Settings, Wanted};
use headwaters::limits::Limits;
use postgres::Postgres;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use std::path::{Path, PathBuf};

/// Folders of ledgers, and a database of each kind.
struct House {
    files: tempfile::TempDir,
    postgres: Postgres,
}

impl House {
    fn new() -> Self {
        Self { files: tempfile::tempdir().unwrap(), postgres: Postgres::start() }
    }

    fn folder(&self, instance: &str) -> PathBuf {
        self.files.path().join(instance)
    }

    /// A ledger of this instance with these operations, and what it is called.
    fn ledger(&self, instance: &str, operations: impl IntoIterator<Item = Value>) -> PathBuf {
        let folder = self.folder(instance);
        add(&folder, instance, operations);
        folder
    }

    fn homes(&self, name: &str) -> [Home; 2] {
        [Home::File(self.files.path().join(format!("{name}.sqlite"))), Home::Database(self.postgres.url())]
    }
}

/// Adds operations to the ledger of a folder.
fn add(folder: &Path, instance: &str, operations: impl IntoIterator<Item = Value>) {
    let limits = Limits { ledger_waiting_max: 100_000, ..Limits::default() };
    let (log, _) = Log::open(Settings::new(folder.to_owned(), instance.into(), &limits)).unwrap();
    for mut operation in operations {
        operation["instance"] = instance.into();
        log.append_later(operation.to_string().as_bytes()).unwrap();
    }
    log.close();
}

/// An operation by which Nora was given these bookings of a person, whole in every member.
fn operation(at: &str, person: &str, bookings: &[&str]) -> Value {
    let given = |names: &[&str]| json!({ "ALLOW": names });
    json!({
        "kind": "operation", "decision": format!("{at} {person}"), "at": at, "instance": "", "outcome": "ANSWERED", "code": null,
        "user": "nora", "provider": "https://id.example", "agency": "MT056015J", "agencyKind": "COURT", "roles": ["clerk"],
        "division": null, "token": null, "address": null, "purpose": "C", "reason": "a\u{0} reason", "caseReference": "DC-1",
        "onBehalfOf": null, "breakGlass": null, "operation": "Look", "document": null, "variables": null,
        "sources": [{ "name": "jail", "agency": "MT0560000", "status": "OK", "asOf": null, "retrievedAt": null }],
        "persons": [person],
        "disclosed": [
            { "type": "Person", "source": "golden", "fields": given(&["birthDate"]), "classes": given(&["PII_ID"]), "keys": null, "of": [0] },
            { "type": "Booking", "source": "jail", "fields": given(&["state"]), "classes": given(&["PUB"]),
              "keys": bookings, "of": vec![0; bookings.len()] },
        ],
        "rules": [], "policies": null, "errors": 0, "bytes": 100, "tookUs": 10,
    })
}

fn second(second: u32) -> String {
    format!("2026-11-28T12:{:02}:{:02}.000001Z", second / 60, second % 60)
}

fn told(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|seen| format!("{} {}", seen.head.instance, seen.seq)).collect()
}

async fn of_person(index: &Index, person: &str) -> Vec<String> {
    index.catch_up(|_| ()).await.unwrap();
    told(&index.seen(&Looked::Person(person), Stretch::default(), 100).await.unwrap())
}

#[tokio::test]
async fn several_ledgers_are_one_index_and_one_list_by_time() {
    let house = House::new();
    let one = house.ledger("one", [operation(&second(1), "p1", &["b1"]), operation(&second(3), "p2", &[])]);
    add(&one, "one", [operation(&second(4), "p1", &[])]);
    let two = house.ledger("two", [operation(&second(2), "p1", &["b2"])]);
    let folders = [one, two.clone()];
    for (number, home) in house.homes("one").into_iter().enumerate() {
        let index = Index::at(&home, &folders).await.unwrap();
        let mut expect = vec!["one 3", "two 1", "one 1"];
        if number > 0 {
            expect.insert(0, "two 2");
        }
        assert_eq!(of_person(&index, "p1").await, expect, "{home:?}");
        // What comes later is there later; thrown away and made again it is the same.
        let at = second(5 + u32::try_from(number).unwrap());
        add(&two, "two", [operation(&at, "p1", &["b3"])]);
        let more = of_person(&index, "p1").await;
        assert_eq!(
            (more.len(), &*more[0]),
            (expect.len() + 1, if number == 0 { "two 2" } else { "two 3" }),
            "{home:?}"
        );
        let records = index.records().await.unwrap();
        index.empty().await.unwrap();
        assert_eq!(index.records().await.unwrap(), 0, "{home:?}");
        assert_eq!(of_person(&index, "p1").await, more, "{home:?}");
        assert_eq!(index.records().await.unwrap(), records, "{home:?}");
        assert_eq!(of_person(&index, "p3").await, [""; 0], "{home:?}");
    }
    let merged = Merged::open(&folders).unwrap().map(|placed| placed.unwrap());
    let order: Vec<(usize, u64)> = merged.map(|placed| (placed.ledger, placed.seq)).collect();
    assert_eq!(order, [(0, 1), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]);
}

#[tokio::test]
async fn operations_of_one_microsecond_are_all_told_page_by_page() {
    let house = House::new();
    let folders = ["b", "a"].map(|instance| {
        let all = [1, 1, 1, 2, 2].into_iter().enumerate();
        house.ledger(
            instance,
            all.map(|(n, at)| {
                let mut one = operation(&second(at), "p1", &[]);
                one["decision"] = format!("{instance} {n}").into();
                one
            }),
        )
    });
    let expect = ["b 5", "b 4", "a 5", "a 4", "b 3", "b 2", "b 1", "a 3", "a 2", "a 1"];
    // The order in which an index took ledgers in is none of its answers.
    let [b, a] = folders.clone();
    let [one, database] = house.homes("one");
    let [other, _] = house.homes("other");
    for (home, folders) in [(one, folders.clone()), (other, [a, b]), (database, folders)] {
        let index = Index::at(&home, &folders).await.unwrap();
        index.catch_up(|_| ()).await.unwrap();
        for most in [1, 3, 4] {
            let (mut all, mut after): (Vec<String>, Option<Place>) = (Vec::new(), None);
            loop {
                let page = index.operations(&Wanted::default(), after.as_ref(), most).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.place());
                all.extend(told(&page));
            }
            assert_eq!(all, expect, "{home:?}, {most} at a time");
        }
    }
}

#[tokio::test]
async fn whatever_is_looked_for_is_found() {
    let house = House::new();
    let long = "long".repeat(1_000);
    let mut other = operation(&second(3), "p2", &["b2"]);
    other["user"] = "otto".into();
    let bookings = ["b1", "b\u{0}1", "b2", &long];
    let folder = house.ledger(
        "one",
        [
            operation(&second(1), "p1", &bookings),
            operation(&second(2), "p\u{0}1", &["b1"]),
            other,
            json!({ "kind": "delivered", "at": second(3), "of": 3, "bytes": 1 }),
            operation(&second(4), &long, &[]),
        ],
    );
    for home in house.homes("one") {
        let index = Index::at(&home, std::slice::from_ref(&folder)).await.unwrap();
        index.catch_up(|_| ()).await.unwrap();
        let seen = async |looked: &Looked<'_>, stretch| told(&index.seen(looked, stretch, 100).await.unwrap());
        let all = Stretch::default();
        assert_eq!(seen(&Looked::Record("Booking", "b1"), all).await, ["one 2", "one 1"], "{home:?}");
        assert_eq!(seen(&Looked::Record("Booking", "b\u{0}1"), all).await, ["one 1"], "{home:?}");
        assert_eq!(seen(&Looked::Record("Booking", &long), all).await, ["one 1"], "{home:?}");
        assert_eq!(seen(&Looked::Record("Person", "p2"), all).await, ["one 3"], "{home:?}");
        assert_eq!(seen(&Looked::Record("Arrest", "b1"), all).await, [""; 0], "{home:?}");
        assert_eq!(seen(&Looked::Person("p\u{0}1"), all).await, ["one 2"], "{home:?}");
        assert_eq!(seen(&Looked::Person(&long), all).await, ["one 5"], "{home:?}");
        // From an instant on, and before one.
        let (first, last) = (second(2), second(3));
        let looked = Looked::Record("Booking", "b1");
        assert_eq!(seen(&looked, Stretch { from: Some(&first), to: None }).await, ["one 2"], "{home:?}");
        assert_eq!(seen(&looked, Stretch { from: None, to: Some(&first) }).await, ["one 1"], "{home:?}");
        assert_eq!(seen(&looked, Stretch { from: Some(&last), to: Some("2027") }).await, [""; 0], "{home:?}");

        let one = index.seen(&Looked::Person("p1"), all, 1).await.unwrap().remove(0);
        let keys: Vec<&str> = one.given.iter().map(|given| &*given.key).collect();
        assert_eq!((keys[..3].to_vec(), keys.len()), (vec!["p1", "b1", "b\u{fffd}1"], 5), "{home:?}");
        assert_eq!(
            (one.given[1].source.as_deref(), &one.given[1].fields["ALLOW"][..]),
            (Some("jail"), &["state".to_owned()][..])
        );
        assert_eq!(
            (one.head.reason.as_deref(), &one.head.given_by[..]),
            (Some("a\u{0} reason"), &["golden".to_owned(), "jail".to_owned()][..])
        );

        let (user, provider) = (Some("nora".to_owned()), Some("https://id.example".to_owned()));
        let person = Some("p2".to_owned());
        let decision = Some(format!("{} p1", second(1)));
        let record = Some(("Booking".to_owned(), "b2".to_owned()));
        for (wanted, expect) in [
            (Wanted { user: user.clone(), provider, ..Wanted::default() }, &[5, 2, 1][..]),
            (Wanted { user: user.clone(), provider: Some("another".into()), ..Wanted::default() }, &[]),
            (Wanted { person: person.clone(), ..Wanted::default() }, &[3]),
            (Wanted { person, user, ..Wanted::default() }, &[]),
            (Wanted { decision, ..Wanted::default() }, &[1]),
            (Wanted { record: record.clone(), ..Wanted::default() }, &[3, 1]),
            (Wanted { record, from: Some(second(2)), agency: Some("MT056015J".into()), ..Wanted::default() }, &[3]),
            (Wanted { purpose: Some("D".into()), ..Wanted::default() }, &[]),
            (Wanted { from: Some(second(2)), to: Some(second(4)), ..Wanted::default() }, &[3, 2]),
        ] {
            let found = index.operations(&wanted, None, 100).await.unwrap();
            let numbers: Vec<u64> = found.iter().map(|seen| seen.seq).collect();
            assert_eq!(numbers, expect, "{home:?}: {wanted:?}");
            // Where they stand in the log leads to the same.
            let (places, there) = index.places(std::slice::from_ref(&wanted)).await.unwrap().remove(0);
            assert_eq!(there, 5, "{home:?}");
            let picked = Merged::picked(std::slice::from_ref(&folder), vec![places]).unwrap();
            let mut picked: Vec<u64> = picked.map(|placed| placed.unwrap().seq).collect();
            picked.reverse();
            assert_eq!(picked, expect, "{home:?}: {wanted:?}");
        }
    }
}

#[tokio::test]
async fn gateways_share_a_database_and_each_fills_its_own() {
    let house = House::new();
    let one = house.ledger("one", [operation(&second(1), "p1", &["b1"])]);
    let two = house.ledger("two", [operation(&second(2), "p1", &["b1"])]);
    let url = house.postgres.url();
    let (ones, twos) = ([one], [two]);
    let (first, other) = tokio::join!(Index::connect(&url, &ones), Index::connect(&url, &twos));
    let (first, other) = (first.unwrap(), other.unwrap());
    let (filled, also) = tokio::join!(first.catch_up(|_| ()), other.catch_up(|_| ()));
    filled.and(also).unwrap();
    assert_eq!(of_person(&first, "p1").await, ["two 1", "one 1"]);
    assert_eq!(of_person(&other, "p1").await, ["two 1", "one 1"]);
    // Each throws away its own.
    other.empty().await.unwrap();
    assert_eq!(of_person(&first, "p1").await, ["one 1"]);
    assert_eq!(of_person(&other, "p1").await, ["two 1", "one 1"]);
    // Two fill the same: each record is there once.
    let again = Index::connect(&url, &ones).await.unwrap();
    first.empty().await.unwrap();
    let (filled, also) = tokio::join!(first.catch_up(|_| ()), again.catch_up(|_| ()));
    filled.and(also).unwrap();
    assert_eq!(first.records().await.unwrap(), 2);
}

#[tokio::test]
async fn an_index_of_another_edition_is_made_again() {
    let house = House::new();
    let folder = house.ledger("one", [operation(&second(1), "p1", &["b1"])]);
    for home in house.homes("one") {
        let index = Index::at(&home, std::slice::from_ref(&folder)).await.unwrap();
        index.catch_up(|_| ()).await.unwrap();
        index.close().await;
        let old = ["UPDATE edition SET number = 1", "DELETE FROM entry"];
        match &home {
            Home::File(file) => {
                let mut file = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
                for text in old {
                    sqlx::query(text).execute(&mut file).await.unwrap();
                }
            }
            Home::Database(url) => {
                let mut database = PgConnection::connect(url).await.unwrap();
                sqlx::query("SET search_path = headwaters_ledger").execute(&mut database).await.unwrap();
                for text in old {
                    sqlx::query(text).execute(&mut database).await.unwrap();
                }
            }
        }
        let index = Index::at(&home, std::slice::from_ref(&folder)).await.unwrap();
        assert_eq!(of_person(&index, "p1").await, ["one 1"], "{home:?}");
    }
}

#[tokio::test]
async fn a_persons_disclosures_and_a_records_are_found_by_an_index() {
    let house = House::new();
    let many = (0..4_000).map(|n| operation(&second(n % 3_600), &format!("p{}", n % 1_000), &[&format!("b{n}"), "b"]));
    let folder = house.ledger("one", many);
    for home in house.homes("one") {
        let index = Index::at(&home, std::slice::from_ref(&folder)).await.unwrap();
        index.catch_up(|_| ()).await.unwrap();
        if let Home::Database(url) = &home {
            let mut database = PgConnection::connect(url).await.unwrap();
            sqlx::query("ANALYZE").execute(&mut database).await.unwrap();
        }
        assert_eq!(of_person(&index, "p7").await.len(), 4);
        for (looked, by) in [
            (Looked::Person("p7"), ["disclosed USING PRIMARY KEY", "disclosed_pkey"]),
            (Looked::Record("Booking", "b77"), ["USING INDEX disclosed_record", "disclosed_record"]),
        ] {
            let steps = index.explain(&looked).await.unwrap().join("\n");
            assert!(by.iter().any(|by| steps.contains(by)), "{home:?}: {steps}");
            for table in ["disclosed", "entry"] {
                let whole = [format!("SCAN {table}"), format!("Seq Scan on {table}")];
                assert!(!whole.iter().any(|whole| steps.contains(whole)), "{home:?}: {steps}");
            }
        }
    }
}

#[tokio::test]
async fn what_leads_to_no_database_is_said_without_its_password() {
    for url in ["postgres://user:hunter2@127.0.0.1:1/x", "postgres://[::/hunter2"] {
        let failed = Index::connect(url, &[]).await.unwrap_err();
        assert!(!failed.to_string().contains("hunter2") && !format!("{failed:?}").contains("hunter2"), "{failed}");
    }
    let home = format!("{:?}", Home::Database("postgres://user:hunter2@db/x".into()));
    assert!(!home.contains("hunter2"), "{home}");
}
