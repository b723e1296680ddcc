//! The world is what it promises to be, and the store holds it.

use super::arrests::DAY;
use super::cast::{self, CAST, Role};
use super::court::{Case, Disposition, Status};
use super::golden::link::{self, Tie};
use super::seed::{Seeded, fill};
use super::systems::System;
use super::world::{World, item};
use super::{MIGRATIONS, golden, start_on};
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
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        world.people,
        world.known,
        world.arrests,
        world.yellowstone.stays,
        world.gallatin.stays,
        world.courts.cases,
        world.corrections.supervisions,
        world.warrants.all
    )
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
    let mans = |world: &World| world.arrests.iter().map(|arrest| arrest.mans).collect::<Vec<_>>();
    assert_eq!(mans(&small), mans(&large)[..small.arrests.len()]);
}

#[test]
fn who_is_who_does_not_depend_on_the_day() {
    let today = world(1_000, 7, TODAY);
    for day in [date(2026, 11, 23), date(2027, 3, 14), date(2028, 2, 29)] {
        let other = world(1_000, 7, day);
        assert_eq!(today.people, other.people);
        let mans = |world: &World| world.arrests.iter().map(|arrest| arrest.mans).collect::<Vec<_>>();
        assert_eq!(mans(&today), mans(&other));
    }
}

#[test]
fn nobody_is_anybody() {
    let world = world(2_000, 7, TODAY);
    for (index, person) in (0..).zip(&world.people) {
        if let Some(phone) = person.telephone() {
            assert!(phone.starts_with("406-555-01") && phone.len() == 12, "{phone}");
        }
        for address in golden::addresses(&world, index, person) {
            assert!(!address.street.contains(|letter: char| letter.is_ascii_digit() && letter != '0'));
        }
        assert!(super::people::ssn(index).starts_with('9'));
    }
}

#[test]
fn numbers_tell_persons_apart() {
    let world = world(3_000, 7, TODAY);
    let ids: HashSet<_> = world.people.iter().map(|person| &person.id).collect();
    assert_eq!(ids.len(), world.people.len());
    let known: Vec<_> = world.known.iter().flatten().collect();
    assert_eq!(known.iter().collect::<HashSet<_>>().len(), known.len());
    let identifiers: Vec<_> =
        (0..).zip(&world.people).flat_map(|(index, person)| golden::identifiers(&world, index, person)).collect();
    let values: HashSet<_> = identifiers.iter().map(|identifier| (identifier.kind, &identifier.value)).collect();
    assert_eq!(values.len(), identifiers.len());
    assert_eq!(world.yellowstone.by_number.len(), world.yellowstone.stays.len());
    assert_eq!(world.courts.by_number.len(), world.courts.cases.len());
    let mans: HashSet<_> = world.arrests.iter().filter_map(|arrest| arrest.mans).collect();
    assert_eq!(mans.len(), world.by_mans.len());
}

/// The cast has what it stands for, whatever the seed.
#[test]
fn the_cast_plays_its_part() {
    for seed in 0..12 {
        let world = world(60, seed, TODAY);
        let case = |role| -> &Case {
            let place = cast::place(role);
            world.courts.cases.iter().find(|case| case.person == place).unwrap_or_else(|| panic!("{role:?}"))
        };
        for (index, part) in (0..).zip(&CAST) {
            let person = &world.people[usize::try_from(index).unwrap()];
            assert_eq!((person.name.given.as_str(), person.name.surname.as_str()), (part.given, part.surname));
            assert_eq!(person.id, cast::golden_id(index));
        }
        let sample = super::samples::samples(&world).unwrap();
        assert!(sample.values().all(|value| !value.is_empty()), "{sample:?}");
        for role in [Role::DeferredFelony, Role::DeferredMisdemeanor] {
            assert!(case(role).confidential(), "{role:?}");
        }
        assert!(case(Role::Expunged).sealed());
        assert_eq!(case(Role::SealedYouth).status, Status::Open);
        assert!(world.youth.iter().any(|matter| matter.person == cast::place(Role::SealedYouth) && matter.sealed));
        assert!(world.youth.iter().any(|matter| matter.person == cast::place(Role::Juvenile) && !matter.sealed));
        let held = |role| world.yellowstone.stays.iter().any(|stay| stay.active() && stay.person == cast::place(role));
        assert!(held(Role::Juvenile) && held(Role::Sample) && held(Role::SealedYouth));
        for role in [Role::TreatedConsenting, Role::TreatedSilent] {
            let one = world.corrections.supervisions.iter().find(|one| one.person == cast::place(role)).unwrap();
            let treatment = super::corrections::file(seed, TODAY, one).unwrap().treatment.unwrap();
            assert_eq!(treatment.consent.is_empty(), role == Role::TreatedSilent);
        }
        let parts = super::court::parties::participants(&world, case(Role::TierTwo));
        let victim = world.party_of(cast::place(Role::VictimArrested));
        assert!(parts.iter().any(|one| one.protected && one.party == victim && victim.is_some()));
        assert!(item(&world.known, cast::place(Role::Unknown)).unwrap().is_empty());
        assert!(case(Role::TierThree).charges.iter().all(|charge| charge.ended.is_some()));
    }
}

#[test]
fn the_cast_is_documented() {
    let page = std::fs::read_to_string("docs/world.md").unwrap();
    for (index, part) in (0..).zip(&CAST) {
        let row = format!(
            "| `{}` | {} {} | {} | {} |",
            cast::golden_id(index),
            part.given,
            part.surname,
            part.born,
            part.stands_for
        );
        assert!(page.contains(&row), "docs/world.md has no row\n{row}");
    }
    for agency in ["yellowstone-jail", "gallatin-jail", "state-courts", "corrections", "doj-history", "warrants"] {
        assert!(page.contains(&format!("| `{agency}` |")), "{agency}");
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
        let to_come = case.hearings.iter().filter(|hearing| hearing.at >= world.moment).count();
        let disposed = case.charges.iter().all(|charge| charge.ended.is_some());
        assert!(case.charges.iter().filter_map(|charge| charge.ended).all(|ended| ended.on <= TODAY), "{case:?}");
        match case.status {
            Status::Open => assert!(to_come > 0, "{}", case.number),
            Status::Reopened => assert!(to_come > 0 && disposed, "{}", case.number),
            Status::Inactive => assert!(to_come == 0 && !disposed, "{}", case.number),
            Status::Closed => assert!(to_come == 0 && disposed, "{}", case.number),
        }
    }
    for one in &world.corrections.supervisions {
        assert!(one.started <= TODAY && one.started <= one.ends, "{one:?}");
        assert!(one.ended.is_none_or(|day| one.started <= day && day <= TODAY), "{one:?}");
    }
    for one in &world.warrants.all {
        assert!(one.issued <= TODAY, "{one:?}");
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
    let indian = world.arrests.iter().filter(|arrest| world.person(arrest.person).is_some_and(|one| one.race == "I"));
    share("of arrests American Indian", indian.count(), world.arrests.len(), 17..=21);

    let ended: Vec<_> =
        world.courts.cases.iter().filter(|case| case.charges.iter().any(|charge| charge.ended.is_some())).collect();
    let how = |case: &Case| {
        let gravest = case.charges.iter().position(|charge| charge.statute.felony).unwrap_or(0);
        case.charges[gravest].ended.map(|ended| ended.how)
    };
    let count =
        |wanted: &[Disposition]| ended.iter().filter(|case| how(case).is_some_and(|how| wanted.contains(&how))).count();
    let deferred = [Disposition::Plea, Disposition::Deferred, Disposition::DeferredDismissed];
    share("dismissed", count(&[Disposition::Dismissed]), ended.len(), 20..=25);
    share("pleaded or deferred", count(&deferred), ended.len(), 70..=78);
    share("tried", count(&[Disposition::Trial, Disposition::Acquitted]), ended.len(), 2..=4);
    let known = |system| move |one: &&Vec<(System, u64)>| one.iter().any(|known| known.0 == system);
    share("with a case", world.known.iter().filter(known(System::FullCourt)).count(), 30_000, 55..=70);
    let both = |one: &&Vec<(System, u64)>| known(System::JmsYellowstone)(one) && known(System::JmsGallatin)(one);
    assert!(world.known.iter().filter(both).count() > 100);
}

/// A quarter of the courts' charges come without the number of the arrest; most of these are found by other marks.
#[test]
fn charges_are_tied_as_well_as_they_can_be() {
    let world = world(10_000, 7, TODAY);
    let mut ties = [0_usize; 3];
    let mut numbers = HashSet::new();
    for (index, person) in (0..).zip(&world.people) {
        let (charges, reported) = link::charges(&world, index, person);
        for one in reported {
            ties[match one.tie {
                Tie::Number => 0,
                Tie::Marks => 1,
                Tie::None => 2,
            }] += 1;
        }
        for charge in charges {
            assert!(!charge.stages.is_empty());
            if let Some(case) = &charge.case_number {
                assert!(numbers.insert((case.clone(), charge.count)), "each count of a case is one charge: {case}");
            }
        }
    }
    let all: usize = ties.iter().sum();
    share("tied by number", ties[0], all, 72..=78);
    share("tied by marks", ties[1], all, 12..=24);
    share("not tied", ties[2], all, 2..=9);
    let filed: usize = world.courts.cases.iter().map(|case| case.charges.len()).sum();
    assert_eq!(numbers.len(), filed, "no charge of a court is lost");
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

const TABLES: [&str; 11] = [
    "SELECT * FROM person ORDER BY 1",
    "SELECT * FROM person_name ORDER BY 1",
    "SELECT * FROM address ORDER BY 1",
    "SELECT * FROM person_identifier ORDER BY 1",
    "SELECT * FROM crosswalk ORDER BY 1, 2",
    "SELECT * FROM charge ORDER BY 1",
    "SELECT * FROM charge_stage ORDER BY 1",
    "SELECT * FROM statute ORDER BY 1",
    "SELECT * FROM closure ORDER BY 2, 3, 1",
    "SELECT * FROM linkage ORDER BY 2",
    "SELECT * FROM metric ORDER BY 1, 2, 3",
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
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &first, false).await.unwrap(), Seeded::AlreadyThere);
    assert_eq!(contents(&store).await, filled);

    // charges have dates, so the next day is another world
    let next_day = world(700, 7, date(2026, 11, 23));
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &next_day, false).await.unwrap(), Seeded::Filled);
    let other = world(300, 8, TODAY);
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &other, false).await.unwrap(), Seeded::Filled);
    assert_eq!(contents(&store).await.0[0], 300);
    assert_eq!(fill(&store, Path::new(MIGRATIONS), &first, false).await.unwrap(), Seeded::Filled);
    assert_eq!(contents(&store).await, filled);
}

/// What counsel, treatment and youth courts recorded stands in rows of its own, and nowhere else. Victim service providers give nothing.
#[tokio::test]
async fn golden_columns_come_from_ordinary_sources_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    fill(&store, Path::new(MIGRATIONS), &world(6_000, 7, TODAY), false).await.unwrap();
    let mut connection = open(&store).await;
    for (kind, is_source) in
        [("ORDINARY", true), ("PRIVILEGED", true), ("TREATMENT", true), ("YOUTH", true), ("VICTIM", false)]
    {
        let count: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM person_name WHERE system_kind = ?1) + (SELECT count(*) FROM address WHERE system_kind = ?1)",
        )
        .bind(kind)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(count > 0, is_source, "{count} rows of a {kind} source");
    }
    // A substitute address is what the department of justice designates, beside one that is told to nobody.
    let substitutes = "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM address AS own
            WHERE own.person_id = address.person_id AND own.is_protected)) FROM address WHERE system = 'MTDOJ_ACP'";
    let (all, beside): (i64, i64) = sqlx::query_as(substitutes).fetch_one(&mut connection).await.unwrap();
    assert!(all > 0 && all == beside, "{beside} of {all}");
    for stray in [
        "SELECT count(*) FROM person WHERE city IS NOT NULL AND NOT EXISTS (SELECT 1 FROM address
            WHERE person_id = person.id AND address.city = person.city AND system_kind = 'ORDINARY' AND NOT is_protected)",
        "SELECT count(*) FROM person WHERE NOT EXISTS (SELECT 1 FROM person_name
            WHERE person_id = person.id AND person_name.full_name = person.full_name AND system_kind = 'ORDINARY')",
        "SELECT count(*) FROM metric WHERE value BETWEEN 1 AND 10 AND name <> 'DAYS_TO_DISPOSITION'",
        "SELECT count(*) FROM charge WHERE is_confidential AND is_conviction",
    ] {
        let count: i64 = sqlx::query_scalar(stray).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 0, "{stray}");
    }
}

/// An order to expunge reaches every copy that the store can name: the case, the arrest, the booking, the charge.
#[tokio::test]
async fn an_expunged_case_is_closed_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    fill(&store, Path::new(MIGRATIONS), &world(60, 7, TODAY), false).await.unwrap();
    let closed = sqlx::query_scalar("SELECT DISTINCT type FROM closure WHERE kind = 'EXPUNGED' ORDER BY type");
    let closed: Vec<String> = closed.fetch_all(&mut open(&store).await).await.unwrap();
    assert_eq!(closed, ["Arrest", "Booking", "Charge", "CourtCase", "CustodyState"]);
}

/// A dismissal after deferral makes all confidential that came of the case, not the case alone (46-18-204 MCA).
#[tokio::test]
async fn what_came_of_a_case_dismissed_after_deferral_is_closed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    let world = world(60, 7, TODAY);
    fill(&store, Path::new(MIGRATIONS), &world, false).await.unwrap();
    let darrel = cast::place(Role::DeferredFelony);
    let case = world.courts.cases.iter().find(|case| case.person == darrel && case.confidential()).unwrap();
    let closed =
        sqlx::query_scalar("SELECT type FROM closure WHERE kind = 'CONFIDENTIAL' AND order_ref = ? ORDER BY type");
    let closed: Vec<String> = closed.bind(&case.number).fetch_all(&mut open(&store).await).await.unwrap();
    assert_eq!(closed, ["Arrest", "Booking", "CourtCase", "CustodyState", "Supervision"]);
}

#[tokio::test]
async fn a_store_with_other_records_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    fill(&store, Path::new(MIGRATIONS), &world(30, 7, TODAY), false).await.unwrap();
    sqlx::query("DROP TABLE demo_world").execute(&mut open(&store).await).await.unwrap();
    let error = fill(&store, Path::new(MIGRATIONS), &world(30, 7, TODAY), false).await.unwrap_err();
    assert!(error.to_string().contains("no demonstration wrote"), "{error}");
    assert_eq!(contents(&store).await.0[0], 30);
}

#[tokio::test]
async fn a_store_of_an_earlier_demonstration_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    let fill = async || fill(&store, Path::new(MIGRATIONS), &world(30, 7, TODAY), false).await;
    fill().await.unwrap();
    let other_tables = "UPDATE _sqlx_migrations SET checksum = x'00'";
    sqlx::query(other_tables).execute(&mut open(&store).await).await.unwrap();
    assert_eq!(fill().await.unwrap(), Seeded::Filled);
    assert_eq!(fill().await.unwrap(), Seeded::AlreadyThere);
    // What nobody here wrote stays, whatever its tables are.
    sqlx::query("DROP TABLE demo_world").execute(&mut open(&store).await).await.unwrap();
    sqlx::query(other_tables).execute(&mut open(&store).await).await.unwrap();
    let error = fill().await.unwrap_err();
    assert!(format!("{error:#}").contains("has been modified"), "{error:#}");
    assert_eq!(contents(&store).await.0[0], 30);
}

/// The graph of the demonstration links. The warnings are true: the jail in Gallatin and the warrant service have no call for many
/// persons.
#[test]
fn schema_and_resolver_files_fit_each_other() {
    let linked = crate::graph::link::load(Path::new("schema/graph"), Path::new("resolvers"), &[]);
    let (_, warnings) = linked.unwrap_or_else(|problems| panic!("{problems}"));
    for warning in &warnings.0 {
        let text = warning.to_string();
        assert!(
            text.contains("asks `gallatin-jail` once a key") || text.contains("asks `warrants` once a key"),
            "{text}"
        );
    }
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

#[tokio::test]
async fn a_second_terminal_tells_an_agency_to_fail_and_to_get_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("golden.db");
    let demo = start_on(TODAY, 50, 7, &store, false).await.unwrap();
    let tell = |agency: &'static str, mood: &'static str| {
        let store = store.clone();
        tokio::task::spawn_blocking(move || super::control::tell(&store, agency, mood))
    };
    let agency = demo.agencies.named("warrants").unwrap();
    let status = || async {
        let request = reqwest::Client::new().get(agency.url() + "/persons/1/warrants").bearer_auth(agency.token());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 404);
    assert_eq!(tell("warrants", "down").await.unwrap().unwrap(), "warrants is down");
    assert_eq!(status().await, 503);
    assert_eq!(tell("warrants", "garbage").await.unwrap().unwrap(), "warrants is garbage");
    assert_eq!(status().await, 200);
    assert_eq!(tell("warrants", "up").await.unwrap().unwrap(), "warrants is up");
    assert_eq!(status().await, 404);
    assert!(tell("warants", "down").await.unwrap().unwrap_err().to_string().contains("there are yellowstone-jail"));
    assert!(tell("warrants", "sad").await.unwrap().unwrap_err().to_string().contains("down, slow, garbage, up"));
    drop(demo);
    assert!(tell("warrants", "up").await.unwrap().unwrap_err().to_string().contains("no demonstration runs"));
}
