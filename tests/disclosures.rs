//! Disclosures: people of the demonstration ask, and others ask who has asked: through the graph, under the policies, from the ledger.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/house.rs"]
#[expect(dead_code, reason = "asked in process here")]
mod house;
#[path = "harness/ledger.rs"]
#[expect(dead_code, reason = "specs show one operation")]
mod ledger;
#[path = "harness/postgres.rs"]
mod postgres;

use headwaters::caller::{Caller, Callers, Config, IssuerConfig};
use headwaters::demo::{self, Demo, issuer, personas::Persona};
use headwaters::emergency::{Ask, Finding};
use headwaters::gateway::{Arrival, Gateway, Undone};
use headwaters::ledger::index::{Home, Index};
use headwaters::ledger::{Ledger, Persons, Settings, log};
use headwaters::limits::Limits;
use headwaters::native::{Catalog, Program};
use headwaters::request::Request;
use jiff::civil::date;
use postgres::Postgres;
use serde_json::{Map, Value, json};
use sqlx::{Connection as _, SqliteConnection};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// A gateway on the justice graph as `serve` runs it, over the demonstration's agencies.
struct House {
    gateway: Gateway,
    demo: Demo,
    issuer: issuer::Issuer,
    callers: Callers,
    personas: Vec<Persona>,
    folder: PathBuf,
    files: tempfile::TempDir,
    /// Where the index is, if it is not in a file.
    _postgres: Option<Postgres>,
}

impl House {
    async fn open() -> Self {
        Self::with(None).await
    }

    /// One of each kind of index.
    async fn both() -> [Self; 2] {
        [Self::with(None).await, Self::with(Some(Postgres::start())).await]
    }

    async fn with(postgres: Option<Postgres>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let demo = demo::start_on(date(2026, 11, 22), 60, 1, &files.path().join("golden.sqlite"), false).await.unwrap();
        let mut personas = demo::personas::all(&demo.sample).unwrap();
        personas.push(auditor_beside(&personas, "patrol-officer", "police-auditor"));
        personas.push(auditor_beside(&personas, "county-attorney", "prosecution-auditor"));
        let issuer = issuer::Issuer::start(personas.clone()).await.unwrap();
        let limits = Limits::default();
        let callers = Callers::open(
            Config { issuers: vec![IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE)], ..Config::default() },
            limits.clone(),
        )
        .await;
        let folder = files.path().join("ledger");
        let (ledger, _) =
            Ledger::open(Settings::new(folder.clone(), "house-1".into(), &limits), Persons::Plain, &limits).unwrap();
        let file = Home::File(files.path().join("index.sqlite"));
        let home = postgres.as_ref().map_or(file, |postgres| Home::Database(postgres.url()));
        let index = Index::at(&home, std::slice::from_ref(&folder)).await.unwrap();
        let program = Program { disclosures: Some(Arc::new(index)), ..Catalog::default().into() };
        let gateway = Gateway::new(house::world(&demo, program, &limits).await, ledger, limits);
        Self { gateway, demo, issuer, callers, personas, folder, files, _postgres: postgres }
    }

    /// A persona who states what they state by default, or another purpose.
    async fn caller(&self, name: &str, purpose: Option<&str>) -> Caller {
        let persona = self.personas.iter().find(|persona| persona.name == name).unwrap();
        let token = format!("Bearer {}", self.issuer.token(name).unwrap());
        let purpose = purpose.unwrap_or(&persona.purposes[0]);
        let mut headers = vec![("authorization", token.as_bytes()), ("purpose-of-use", purpose.as_bytes())];
        headers.extend(persona.reason.as_ref().map(|reason| ("purpose-reason", reason.as_bytes())));
        headers.extend(persona.case_reference.as_ref().map(|case| ("case-reference", case.as_bytes())));
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        self.callers.identify(&headers, &Map::new(), now).await.unwrap()
    }

    /// What such a persona is answered.
    async fn asked(&self, name: &str, purpose: Option<&str>, query: &str, variables: Value) -> Value {
        let caller = self.caller(name, purpose).await;
        let variables = variables.as_object().unwrap().clone();
        let request = Request { document: query.to_owned(), variables, ..Request::default() };
        let bytes = match self.gateway.answer(&request, &caller, Instant::now()).await {
            Ok(released) => released.bytes,
            Err(refusal) => refusal.to_json(),
        };
        serde_json::from_slice(&bytes).unwrap()
    }
}

impl House {
    /// A court closes a record.
    async fn close(&self, on: &str, key: &str) {
        let store = format!("sqlite:{}", self.files.path().join("golden.sqlite").display());
        let mut store = SqliteConnection::connect(&store).await.unwrap();
        let text = "INSERT INTO closure (type, key, kind, ordered_on, order_ref) VALUES (?1, ?2, 'SEALED', '2026-11-28', 'DC-26-7')";
        sqlx::query(text).bind(on).bind(key).execute(&mut store).await.unwrap();
    }
}

/// The auditor of somebody's own agency, who sees what it asked and what of its own was given.
fn auditor_beside(personas: &[Persona], somebody: &str, name: &str) -> Persona {
    let of = |name: &str| personas.iter().find(|persona| persona.name == name).unwrap().clone();
    let Persona { agency, kind, .. } = of(somebody);
    Persona { name: name.into(), person: "Ines Varga".into(), agency, kind, ..of("auditor") }
}

const SEEN: &str = "query Seen($id: ID!) { person(id: $id) { disclosures {
    readerKind readerAgency purpose reason caseReference operation owners records { of key fields } } } }";

fn column<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let all = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    all.iter().map(|one| one[name].as_str().unwrap_or("-")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subject_of_record_is_told_who_has_seen_them() {
    let house = House::open().await;
    let id = json!({ "id": house.demo.sample_person });
    let look = "query Look($id: ID!) { person(id: $id) { birthDate bookings { number state } cases { number } } }";
    for persona in ["clerk", "defender", "judge", "patrol-officer"] {
        let answer = house.asked(persona, None, look, id.clone()).await;
        assert!(answer["data"]["person"]["bookings"].is_array(), "{persona}: {answer}");
    }

    // The latest first, without the defender's and the judge's: nobody can tell that there were any.
    let answer = house.asked("subject", None, SEEN, id.clone()).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let seen = &answer["data"]["person"]["disclosures"];
    assert_eq!(column(seen, "readerKind"), ["LAW_ENFORCEMENT", "COURT"], "{seen}");
    // Who and when, and not what they said of it.
    for told in ["reason", "caseReference", "operation", "owners"] {
        assert_eq!(column(seen, told), ["-", "-"], "{seen}");
    }
    let records = &seen[1]["records"];
    assert!(column(records, "of").contains(&"Booking") && column(records, "of").contains(&"CourtCase"), "{records}");
    let person = records.as_array().unwrap().iter().find(|one| one["of"] == "Person").unwrap();
    assert_eq!(person["key"], id["id"]);
    assert_eq!(person["fields"], Value::Null, "{person}");

    // It is nobody else's affair, and the look itself is on record.
    for persona in ["patrol-officer", "clerk", "defender"] {
        let answer = house.asked(persona, None, SEEN, id.clone()).await;
        assert!(answer["data"]["person"]["disclosures"].is_null(), "{persona}: {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{persona}: {answer}");
    }
    let again = house.asked("subject", None, SEEN, id.clone()).await;
    let kinds = column(&again["data"]["person"]["disclosures"], "readerKind").join(" ");
    assert_eq!(kinds, "COURT LAW_ENFORCEMENT SUBJECT LAW_ENFORCEMENT COURT", "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_warned_of_a_warrant_by_who_looked_at_it() {
    let house = House::open().await;
    let id = json!({ "id": house.demo.sample_person });
    let look = "query Sting($id: ID!) { person(id: $id) { warrants { number status } } }";
    let answer = house.asked("patrol-officer", None, look, id.clone()).await;
    assert!(answer["data"]["person"]["warrants"][0]["number"].is_string(), "{answer}");
    let both = "query Both($id: ID!) { person(id: $id) { bookings { number } warrants { number } } }";
    house.asked("patrol-officer", None, both, id.clone()).await;

    // Of the second look the bookings, and of both that their own record was looked at. Nothing tells of a warrant.
    let answer = house.asked("subject", None, SEEN, id.clone()).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let seen = answer["data"]["person"]["disclosures"].as_array().unwrap();
    assert_eq!((seen.len(), column(&seen[1]["records"], "of")), (2, vec!["Person"]), "{answer}");
    assert!(column(&seen[0]["records"], "of").contains(&"Booking"), "{answer}");
    assert!(
        !answer.to_string().to_lowercase().contains("warrant") && !answer.to_string().contains("Sting"),
        "{answer}"
    );
}

/// A2, the negative half: that the defense asked, and for what form, is invisible to the other side (R39).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_prosecution_learns_of_no_form_that_the_defense_filled() {
    let house = House::open().await;
    let form = "query Fill($of: ID!) { prefill(form: \"opd-application\", person: $of) { summary { prefilled } } }";
    let person = json!({ "of": house.demo.sample_person });
    let filled = house.asked("defender-intake", None, form, person.clone()).await;
    assert!(filled["data"]["prefill"]["summary"]["prefilled"].as_u64().unwrap() > 0, "{filled}");

    let key = house.demo.samples["case"].clone();
    let asked = [
        ("query($of: ID!) { person(id: $of) { disclosures { readerKind readerAgency operation } } }", person.clone()),
        ("query($of: ID!) { disclosuresOf(persons: [$of]) { readerKind readerAgency operation } }", person.clone()),
        (
            "query($of: ID!) { recipientsOf(type: \"CourtCase\", key: $of) { readerKind readerAgency operation } }",
            json!({ "of": key }),
        ),
        ("{ ledger(first: 50) { readerKind readerAgency operation } }", json!({})),
        ("{ myDisclosures { readerKind readerAgency operation } }", json!({})),
    ];
    let tells = |answer: &Value| answer.to_string().contains("DEFENSE") || answer.to_string().contains("prefill_");
    let mut told = 0;
    for (query, variables) in asked {
        for asks in ["county-attorney", "prosecution-auditor"] {
            let answer = house.asked(asks, None, query, variables.clone()).await;
            assert!(!tells(&answer), "{asks}: {query}: {answer}");
        }
        // That there is something to be told, the independent auditor shows.
        told += usize::from(tells(&house.asked("auditor", None, query, variables).await));
    }
    assert_eq!(
        told, 3,
        "of persons, of a record, of all; who audits reads no person, and asked for no form themselves"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_for_nobody_finds_nothing_and_one_for_too_many_is_refused() {
    let house = House::open().await;
    house.asked("clerk", None, "{ linkage { __typename } }", json!({})).await;
    let wanted = "query($where: LedgerWhere!) { ledger(where: $where) { operation } }";
    for person in ["", "never-seen"] {
        let answer = house.asked("auditor", None, wanted, json!({ "where": { "person": person } })).await;
        assert_eq!(answer["data"]["ledger"], json!([]), "{answer}");
    }
    let of = "query($ids: [ID!]!) { disclosuresOf(persons: $ids) { readerKind } }";
    let ids: Vec<String> = (0..21).map(|n| format!("somebody-{n}")).collect();
    let answer = house.asked("auditor", None, of, json!({ "ids": ids[..20] })).await;
    assert_eq!(answer["data"]["disclosuresOf"], json!([]), "{answer}");
    let answer = house.asked("auditor", None, of, json!({ "ids": ids })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT", "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_independent_auditor_reads_all_of_it() {
    for house in House::both().await {
        the_auditor_reads_all(&house).await;
    }
}

async fn the_auditor_reads_all(house: &House) {
    let id = json!({ "id": house.demo.sample_person });
    let look = "query Look($id: ID!) { person(id: $id) { bookings { number facility } } }";
    let booked = house.asked("defender", None, look, id.clone()).await;
    assert_eq!(booked.get("errors"), None, "{booked}");
    house.asked("patrol-officer", None, look, id.clone()).await;
    house.asked("patrol-officer", None, "{ nonsense }", json!({})).await;

    let of = "query($id: ID!) { disclosuresOf(persons: [$id]) { readerKind person { id } } }";
    let answer = house.asked("auditor", None, of, id.clone()).await;
    assert_eq!(column(&answer["data"]["disclosuresOf"], "readerKind"), ["LAW_ENFORCEMENT", "DEFENSE"], "{answer}");

    let all = "{ ledger(first: 3) { id readerKind outcome code } }";
    let answer = house.asked("auditor", None, all, json!({})).await;
    let ledger = &answer["data"]["ledger"];
    assert_eq!(column(ledger, "readerKind"), ["BOCC", "LAW_ENFORCEMENT", "LAW_ENFORCEMENT"], "{answer}");
    assert_eq!(column(ledger, "code"), ["-", "INVALID", "-"], "{answer}");
    let more = "query($after: ID!) { ledger(first: 3, after: $after) { readerKind } }";
    let answer = house.asked("auditor", None, more, json!({ "after": ledger[2]["id"] })).await;
    assert_eq!(column(&answer["data"]["ledger"], "readerKind"), ["DEFENSE"], "{answer}");
    let wanted = "query($where: LedgerWhere!) { ledger(where: $where) { readerKind } }";
    let patrol = json!({ "where": { "agency": "MT0560100", "person": house.demo.sample_person } });
    let answer = house.asked("auditor", None, wanted, patrol).await;
    assert_eq!(column(&answer["data"]["ledger"], "readerKind"), ["LAW_ENFORCEMENT"], "{answer}");

    // Whom to tell after a correction of this booking.
    let booking = &booked["data"]["person"]["bookings"][0];
    let key = format!("{} {}", booking["facility"].as_str().unwrap(), booking["number"].as_str().unwrap());
    let recipients =
        "query($key: ID!) { recipientsOf(type: \"Booking\", key: $key) { readerKind records { key fields } } }";
    let answer = house.asked("auditor", None, recipients, json!({ "key": key })).await;
    assert_eq!(column(&answer["data"]["recipientsOf"], "readerKind"), ["LAW_ENFORCEMENT", "DEFENSE"], "{answer}");

    // Who is no auditor may not ask, and sees only what they asked themselves.
    let answer = house.asked("patrol-officer", None, all, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    let own = "{ myDisclosures { readerUser operation } }";
    let answer = house.asked("defender", None, own, json!({})).await;
    assert_eq!(column(&answer["data"]["myDisclosures"], "operation"), ["Look"], "{answer}");
    // A page, and on from there.
    let own = "query Own($after: ID) { myDisclosures(first: 1, after: $after) { id operation } }";
    let first = house.asked("defender", None, own, json!({})).await["data"]["myDisclosures"].clone();
    assert_eq!(column(&first, "operation"), ["-"], "{first}");
    let next = house.asked("defender", None, own, json!({ "after": first[0]["id"] })).await;
    assert_eq!(column(&next["data"]["myDisclosures"], "operation"), ["Look"], "{next}");
    // A copy leads back to whom it was given.
    let decision = booked["extensions"]["decision"].clone();
    let answer = house.asked("auditor", None, wanted, json!({ "where": { "decision": decision } })).await;
    assert_eq!(column(&answer["data"]["ledger"], "readerKind"), ["DEFENSE"], "{answer}");
    // Of a stretch of time.
    let of =
        "query($id: ID!, $from: String, $to: String) { disclosuresOf(persons: [$id], from: $from, to: $to) { at } }";
    for (from, to, some) in [("2026", "9999", true), ("2000", "2020", false), ("9999", "9999", false)] {
        let stretch = json!({ "id": house.demo.sample_person, "from": from, "to": to });
        let answer = house.asked("auditor", None, of, stretch).await;
        assert_eq!(answer["data"]["disclosuresOf"].as_array().map(|all| !all.is_empty()), Some(some), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_court_has_closed_since_is_not_told_of() {
    let house = House::open().await;
    let id = json!({ "id": house.demo.sample_person });
    let look = "query Look($id: ID!) { person(id: $id) { bookings { number facility } cases { number } } }";
    let answer = house.asked("clerk", None, look, id.clone()).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let (booking, case) = (&answer["data"]["person"]["bookings"][0], &answer["data"]["person"]["cases"][0]);
    let booking_key =
        |between: &str| [&booking["facility"], &booking["number"]].map(|part| part.as_str().unwrap()).join(between);
    let case_key = || case["number"].as_str().unwrap().to_owned();
    let recipients = "query($type: String!, $key: ID!) { recipientsOf(type: $type, key: $key) { readerKind } }";
    let of = "query($id: ID!) { disclosuresOf(persons: [$id]) { records { of key } } }";
    let told = async |on: &str, key: String| {
        let answer = house.asked("auditor", None, recipients, json!({ "type": on, "key": key })).await;
        answer["data"]["recipientsOf"].as_array().unwrap_or_else(|| panic!("{answer}")).len()
    };
    // Besides what is told of these looks themselves.
    let records = async || {
        let answer = house.asked("auditor", None, of, id.clone()).await;
        let all = answer["data"]["disclosuresOf"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        let all = all.iter().flat_map(|one| one["records"].as_array().unwrap().clone());
        let named = all.map(|one| format!("{} {}", one["of"].as_str().unwrap(), one["key"].as_str().unwrap_or("-")));
        named.filter(|name| name.starts_with("Booking") || name.starts_with("CourtCase")).collect::<Vec<_>>()
    };
    assert_eq!((told("Booking", booking_key(" ")).await, told("CourtCase", case_key()).await), (1, 1));
    let before = records().await;
    assert!(before.contains(&format!("Booking {}", booking_key(" "))), "{before:?}");

    house.close("Booking", &booking_key("\u{1f}")).await;
    assert_eq!((told("Booking", booking_key(" ")).await, told("CourtCase", case_key()).await), (0, 1));
    let after = records().await;
    assert_eq!(after.len(), before.len() - 1, "{after:?}");
    assert!(!after.contains(&format!("Booking {}", booking_key(" "))), "{after:?}");

    house.close("CourtCase", &case_key()).await;
    assert_eq!(told("CourtCase", case_key()).await, 0);
    // The subject of record is told of the same.
    let seen = house.asked("subject", None, SEEN, id.clone()).await;
    let all = seen["data"]["person"]["disclosures"].to_string();
    assert!(!all.contains(case["number"].as_str().unwrap()), "{seen}");
    assert!(!all.contains(booking["number"].as_str().unwrap()), "{seen}");
    // What closes the person closes all of it.
    house.close("Person", &house.demo.sample_person).await;
    let answer = house.asked("auditor", None, of, id.clone()).await;
    assert_eq!(answer["data"]["disclosuresOf"], json!([]), "{answer}");
}

/// What is done about an emergency is an operation like any other, and what was refused too. Whom it is about stands in its own journal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_about_an_emergency_is_on_record() {
    let house = House::open().await;
    let ask = || Ask { subject: "P-1".into(), incident: "26-0049001".into(), reason: "shots fired".into() };
    let (patrol, judge) = (house.caller("patrol-officer", None).await, house.caller("judge", None).await);
    let opened = house.gateway.open_emergency(&patrol, ask(), Arrival::now()).await.unwrap();
    assert_eq!(house.gateway.open_emergency(&judge, ask(), Arrival::now()).await, Err(Undone::Forbidden));
    house.gateway.approve_emergency(&patrol, &opened.id, Arrival::now()).await.unwrap_err();
    let finding = (Finding::Justified, "seen".into());
    house.gateway.review_emergency(&judge, &opened.id, finding, Arrival::now()).await.unwrap_err();
    assert_eq!(house.gateway.emergencies(&patrol, Arrival::now()).await.unwrap().len(), 1);

    let all = ledger::operations(&house.folder);
    let told = |one: &Value| -> Vec<Value> {
        ["operation", "outcome", "code", "breakGlass", "reason", "caseReference"].map(|name| one[name].clone()).into()
    };
    let told: Vec<Vec<Value>> = all.iter().map(told).collect();
    let (id, why) = (&*opened.id, json!("shots fired"));
    let stated = [&patrol, &judge].map(|who| (json!(who.stated().reason), json!(who.stated().case_reference)));
    let expected = json!([
        ["break-glass open", "ANSWERED", null, id, why, "26-0049001"],
        ["break-glass open", "REFUSED", "FORBIDDEN", null, why, "26-0049001"],
        ["break-glass approve", "REFUSED", "FORBIDDEN", id, stated[0].0, stated[0].1],
        ["break-glass review", "REFUSED", "BAD_REQUEST", id, stated[1].0, stated[1].1],
        ["break-glass see", "ANSWERED", null, null, stated[0].0, stated[0].1],
    ]);
    assert_eq!(json!(told), expected);
    assert!(!json!(all).to_string().contains("P-1"), "{all:?}");

    let wanted = "{ ledger(first: 5) { operation outcome code readerUser } }";
    let answer = house.asked("auditor", None, wanted, json!({})).await;
    let listed = column(&answer["data"]["ledger"], "operation");
    assert_eq!(listed.len(), 5, "{answer}");
    assert!(listed.contains(&"break-glass open"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_the_ledger_is_full_whatever_is_hidden() {
    let house = House::open().await;
    let id = json!({ "id": house.demo.sample_person });
    let look = |name: &'static str| format!("query {name}($id: ID!) {{ person(id: $id) {{ birthDate }} }}");
    for (persona, name) in [("patrol-officer", "First"), ("patrol-officer", "Second"), ("patrol-officer", "Third")] {
        house.asked(persona, None, &look(name), id.clone()).await;
        // What the defense asks is to all others as if it had never been.
        for _ in 0..12 {
            house.asked("defender", None, &look("Hidden"), id.clone()).await;
        }
    }
    let page = "query Page($first: Int!, $after: ID) { ledger(first: $first, after: $after) { id operation } }";
    let asked = async |first: u32, after: &Value| {
        let answer = house.asked("police-auditor", None, page, json!({ "first": first, "after": after })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["ledger"].clone()
    };
    let first = asked(2, &Value::Null).await;
    assert_eq!(column(&first, "operation"), ["Third", "Second"], "{first}");
    let second = asked(2, &first[1]["id"]).await;
    assert_eq!(column(&second, "operation"), ["First"], "{second}");
    // Nothing comes after the last; above the first stand these looks themselves.
    assert_eq!(column(&asked(2, &second[0]["id"]).await, "operation"), [""; 0]);
    assert_eq!(column(&asked(1, &Value::Null).await, "operation"), ["Page"]);
    assert_eq!(column(&asked(0, &Value::Null).await, "operation"), [""; 0]);
    let answer = house.asked("police-auditor", None, page, json!({ "first": 2, "after": "house-1/2" })).await;
    assert_eq!(answer["data"]["ledger"], Value::Null, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_record_holds_no_value_and_every_member() {
    let house = House::open().await;
    let id = json!({ "id": house.demo.sample_person });
    let look =
        "query Look($id: ID!) { person(id: $id) { legalName { full } birthDate ssnLast4 phone addresses { street } } }";
    let answer = house.asked("clerk", None, look, id).await;
    house.gateway.ledger().close();
    let operations = ledger::operations(&house.folder);
    assert_eq!(operations.len(), 1);
    let text = operations[0].to_string();
    let person = &answer["data"]["person"];
    for value in [&person["legalName"]["full"], &person["birthDate"], &person["phone"]] {
        assert!(!text.contains(value.as_str().unwrap()), "{text}");
    }
    assert_eq!(operations[0]["persons"][0], house.demo.sample_person.as_str());
    assert!(log::verify(&house.folder, &log::Trust::default(), &|_| ()).unwrap().damages.is_empty());
}
