//! The world is what it promises to be, and the store holds it.

use super::arrests::DAY;
use super::court::{Disposition, Status};
use super::people::{FULLCOURT, JMS_GALLATIN, JMS_YELLOWSTONE};
use super::seed::{Seeded, fill};
use super::world::World;
use super::{MIGRATIONS, start_on};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use std::collections::HashSet;
use std::path::Path;

const TODAY: Date = date(2026, 11, 22);

fn world(persons: u32, seed: u64, today: Date) -> World {
    World::build(persons, seed, today).unwrap()
}

/// Everything in a world, in order.
fn bytes(world: &World) -> String {
    format!("{:?} {:?} {:?} {:?}", world.people, world.yellowstone.stays, world.gallatin.stays, world.courts.cases)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let once = bytes(&world(500, 7, TODAY));
    assert_eq!(once, bytes(&world(500, 7, TODAY)));
    assert_ne!(once, bytes(&world(500, 8, TODAY)));
}

#[test]
fn a_larger_world_begins_like_a_smaller_one() {
    let (small, large) = (world(200, 7, TODAY), world(400, 7, TODAY));
    assert_eq!(small.people, large.people[..200]);
}

#[test]
fn golden_records_do_not_depend_on_the_day() {
    let people = world(1_000, 7, TODAY).people;
    for day in [date(2026, 11, 23), date(2027, 3, 14), date(2028, 2, 29)] {
        assert_eq!(people, world(1_000, 7, day).people);
    }
}

#[test]
fn nobody_is_anybody() {
    let world = world(2_000, 7, TODAY);
    for person in &world.people {
        if let Some(phone) = &person.phone {
            assert!(phone.starts_with("406-555-01") && phone.len() == 12, "{phone}");
        }
        for address in &person.addresses {
            assert!(!address.street.contains(|letter: char| letter.is_ascii_digit()), "{}", address.street);
        }
    }
}

#[test]
fn numbers_tell_persons_apart() {
    let world = world(3_000, 7, TODAY);
    let ids: HashSet<_> = world.people.iter().map(|person| &person.id).collect();
    assert_eq!(ids.len(), world.people.len());
    let known: Vec<_> = world.people.iter().flat_map(|person| &person.known_as).collect();
    assert_eq!(known.iter().collect::<HashSet<_>>().len(), known.len());
    let identifiers: Vec<_> = world.people.iter().flat_map(|person| &person.identifiers).collect();
    let values: HashSet<_> = identifiers.iter().map(|identifier| (identifier.kind, &identifier.value)).collect();
    assert_eq!(values.len(), identifiers.len());
    assert_eq!(world.yellowstone.by_number.len(), world.yellowstone.stays.len());
    assert_eq!(world.courts.by_number.len(), world.courts.cases.len());
}

#[test]
fn the_sample_has_everything_to_show() {
    for seed in 0..20 {
        let world = world(1, seed, TODAY);
        let sample = world.sample().unwrap();
        let systems: Vec<_> = sample.known_as.iter().map(|(system, _)| *system).collect();
        assert_eq!(systems, [JMS_GALLATIN, FULLCOURT, JMS_YELLOWSTONE]);
        assert!(!sample.identifiers.is_empty());
        assert!(world.yellowstone.stays.iter().any(super::custody::Stay::active));
        assert!(world.gallatin.stays.iter().all(|stay| !stay.active()));
        assert!(world.courts.cases.iter().any(|case| case.status == Status::Closed));
        assert!(world.courts.cases.iter().flat_map(|case| &case.hearings).any(|hearing| hearing.at > world.moment));
    }
}

#[test]
fn what_has_happened_lies_in_the_past() {
    let world = world(5_000, 7, TODAY);
    for stay in world.yellowstone.stays.iter().chain(&world.gallatin.stays) {
        assert!(stay.booked < world.moment && stay.updated <= world.moment && stay.since <= world.moment);
        assert!(stay.booked <= stay.since && stay.booked <= stay.updated);
        assert!(stay.released.is_none_or(|at| stay.booked < at && at <= world.moment));
    }
    for case in &world.courts.cases {
        assert!(case.filed < world.moment && case.updated < world.moment, "{}", case.number);
        assert!(case.hearings.is_sorted_by_key(|hearing| hearing.at), "{}", case.number);
        let to_come = case.hearings.iter().filter(|hearing| hearing.at >= world.moment).count();
        let disposed = case.charges.iter().all(|charge| charge.disposed.is_some());
        match case.status {
            Status::Open => assert!(to_come > 0, "{}", case.number),
            Status::Inactive => assert!(to_come == 0 && !disposed, "{}", case.number),
            Status::Closed => assert!(to_come == 0 && disposed, "{}", case.number),
        }
    }
}

/// Bounds around the figures of the literature, wide enough for a small world.
#[test]
fn the_funnel_is_that_of_a_state() {
    let world = world(30_000, 7, TODAY);
    let stays: Vec<_> = world.yellowstone.stays.iter().chain(&world.gallatin.stays).collect();
    let old: Vec<_> = stays.iter().filter(|stay| minutes(stay.booked, world.moment) > 365 * DAY).collect();
    let within = |days: i64| {
        old.iter().filter(|stay| stay.released.is_some_and(|at| minutes(stay.booked, at) <= days * DAY)).count()
    };
    share("out within a day", within(1), old.len(), 42..=48);
    share("out within a week", within(7), old.len(), 72..=78);
    share("in custody now", stays.iter().filter(|stay| stay.active()).count(), world.people.len(), 0..=1);
    assert!(stays.iter().any(|stay| stay.active()));

    let ended: Vec<_> =
        world.courts.cases.iter().filter(|case| case.charges.iter().any(|charge| charge.disposed.is_some())).collect();
    let how = |case: &super::court::Case| {
        let gravest = case.charges.iter().position(|charge| charge.statute.felony).unwrap_or(0);
        case.charges[gravest].disposed.map(|(how, _)| how)
    };
    let count =
        |wanted: &[Disposition]| ended.iter().filter(|case| how(case).is_some_and(|how| wanted.contains(&how))).count();
    share("dismissed", count(&[Disposition::Dismissed]), ended.len(), 20..=25);
    share("pleaded or deferred", count(&[Disposition::Plea, Disposition::Deferred]), ended.len(), 70..=78);
    share("tried", count(&[Disposition::Trial, Disposition::Acquitted]), ended.len(), 2..=4);
    share(
        "with a case",
        world.people.iter().filter(|one| one.known_as.iter().any(|(system, _)| *system == FULLCOURT)).count(),
        30_000,
        55..=70,
    );
    share("in both jails", world.people.iter().filter(|one| in_both(one)).count(), 30_000, 0..=3);
    assert!(world.people.iter().filter(|one| in_both(one)).count() > 100);
}

fn in_both(person: &super::people::Person) -> bool {
    [JMS_YELLOWSTONE, JMS_GALLATIN].iter().all(|jail| person.known_as.iter().any(|(system, _)| system == jail))
}

fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()) / 60
}

fn share(what: &str, part: usize, whole: usize, percent: std::ops::RangeInclusive<usize>) {
    let found = (part * 100 + whole / 2) / whole;
    assert!(percent.contains(&found), "{what}: {part} of {whole} is {found} %, not {percent:?}");
}

async fn open(store: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(store)).await.unwrap()
}

const TABLES: [&str; 5] = [
    "SELECT * FROM person ORDER BY 1",
    "SELECT * FROM person_name ORDER BY 1",
    "SELECT * FROM address ORDER BY 1",
    "SELECT * FROM person_identifier ORDER BY 1",
    "SELECT * FROM crosswalk ORDER BY 1, 2",
];

/// How many rows each table has, and all their text.
async fn contents(store: &Path) -> (Vec<usize>, String) {
    let mut connection = open(store).await;
    let (mut counts, mut text) = (Vec::new(), String::new());
    for table in TABLES {
        let rows = sqlx::query(table).fetch_all(&mut connection).await.unwrap();
        counts.push(rows.len());
        for row in &rows {
            for column in 0..row.len() {
                text += &row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default();
                text.push('|');
            }
        }
    }
    (counts, text)
}

#[tokio::test]
async fn filling_twice_changes_nothing_and_another_world_replaces_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    let first = world(700, 7, TODAY);
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &first, false).await.unwrap(), Seeded::Filled);
    let filled = contents(&store).await;
    assert_eq!(filled.0[0], 700);
    assert!(filled.0.iter().all(|rows| *rows > 0), "{:?}", filled.0);

    let next_day = world(700, 7, date(2026, 11, 23));
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &next_day, false).await.unwrap(), Seeded::AlreadyThere);
    assert_eq!(contents(&store).await, filled);

    let other = world(300, 8, TODAY);
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &other, false).await.unwrap(), Seeded::Filled);
    assert_eq!(contents(&store).await.0[0], 300);
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &first, false).await.unwrap(), Seeded::Filled);
    assert_eq!(contents(&store).await, filled);
}

#[tokio::test]
async fn a_store_with_other_records_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    fill(&store, Path::new(MIGRATIONS), &world(3, 7, TODAY), false).await.unwrap();
    sqlx::query("DROP TABLE demo_world").execute(&mut open(&store).await).await.unwrap();
    let error = fill(&store, Path::new(MIGRATIONS), &world(3, 7, TODAY), false).await.unwrap_err();
    assert!(error.to_string().contains("no demonstration wrote"), "{error}");
    assert_eq!(contents(&store).await.0[0], 3);
}

/// The plan of SQLite for a look-up; none may read a whole table or sort.
#[tokio::test]
async fn every_look_up_has_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    fill(&store, Path::new(MIGRATIONS), &world(2_000, 7, TODAY), false).await.unwrap();
    let mut connection = open(&store).await;
    for look_up in [
        "EXPLAIN QUERY PLAN SELECT * FROM person WHERE id IN ('a', 'b')",
        r"EXPLAIN QUERY PLAN SELECT * FROM person WHERE surname LIKE ? ESCAPE '\' ORDER BY surname, given, id LIMIT 50",
        "EXPLAIN QUERY PLAN SELECT * FROM person_name WHERE person_id = 'a' ORDER BY id",
        "EXPLAIN QUERY PLAN SELECT * FROM address WHERE person_id = 'a' ORDER BY since, id",
        "EXPLAIN QUERY PLAN SELECT * FROM person_identifier WHERE person_id = 'a' ORDER BY kind, value",
        "EXPLAIN QUERY PLAN SELECT * FROM person_identifier WHERE kind = 'SID' AND value = 'MT00'",
        "EXPLAIN QUERY PLAN SELECT person_id, system, local_id FROM crosswalk WHERE person_id IN ('a', 'b') AND system IN ('x', 'y')",
        "EXPLAIN QUERY PLAN SELECT person_id FROM crosswalk WHERE system = 'x' AND local_id IN ('1', '2')",
    ] {
        let query = sqlx::query(look_up);
        let query = if look_up.contains('?') { query.bind("hal%") } else { query };
        let steps: Vec<String> =
            query.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get::<String, _>("detail")).collect();
        let plan = steps.join("; ");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{look_up}\n{plan}");
    }
}

/// The graph of the demonstration links. The one warning is true: the jail in Gallatin has no call for many persons.
#[test]
fn schema_and_resolver_files_fit_each_other() {
    let linked = crate::graph::link::load(Path::new("schema/graph"), Path::new("resolvers"), &[]);
    let (_, warnings) = linked.unwrap_or_else(|problems| panic!("{problems}"));
    let warnings = warnings.to_string();
    assert!(warnings.contains("1 warning") && warnings.contains("asks `gallatin-jail` once a key"), "{warnings}");
}

#[tokio::test]
async fn a_demonstration_names_every_variable_of_the_resolver_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("50 % golden?.db");
    let demo = start_on(TODAY, 50, 7, &store, false).await.unwrap();
    let mut written = HashSet::new();
    for file in std::fs::read_dir("resolvers").unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for name in text.split("\"env:").skip(1) {
            written.insert(name.split('"').next().unwrap().to_owned());
        }
    }
    let given: HashSet<String> = demo.environment.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(given, written);
    let url = &demo.environment.iter().find(|(name, _)| name == "HEADWATERS_STORE_URL").unwrap().1;
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM person WHERE id = ?")
        .bind(&demo.sample_person)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(found, 1);
}
