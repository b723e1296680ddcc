//! Emergencies: what becomes of one, second by second, and across a restart.

use super::{Ask, Emergencies, Emergency, Finding, Journal, NotRead, Party, Refused, SecondPerson, State, Terms};
use crate::ledger::log::{Log, Settings};
use crate::limits::Limits;
use std::path::Path;
use std::sync::Arc;

/// When the tests begin.
const T: i64 = 1_800_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

fn terms(second_person: SecondPerson) -> Terms {
    Terms::new(second_person, &Limits::default())
}

fn party(user: &str) -> Party {
    Party { user: user.into(), provider: "idp".into(), agency: "MT0560100".into(), kind: "LAW_ENFORCEMENT".into() }
}

fn ask() -> Ask {
    Ask { subject: "P-1".into(), incident: "26-0048813".into(), reason: "shots fired".into() }
}

async fn opened(all: &Arc<Emergencies>, user: &str, at: i64) -> Result<Arc<Emergency>, Refused> {
    all.opened(party(user), ask(), at, &Limits::default()).await
}

async fn reviewed(all: &Arc<Emergencies>, id: &str, at: i64) -> Result<Arc<Emergency>, Refused> {
    all.reviewed(id, party("sergeant"), (Finding::Justified, "seen".into()), at, &Limits::default()).await
}

fn settings(folder: &Path) -> Settings {
    Settings::new(folder.to_owned(), "billings".into(), &Limits::default())
}

#[tokio::test]
async fn it_stands_for_thirty_minutes_and_is_due_for_review_within_a_day() {
    let all = Arc::new(Emergencies::not_kept(terms(SecondPerson::After)));
    let one = opened(&all, "patrol", T).await.unwrap();
    assert_eq!((&*one.id, one.until, one.review_due), ("demo-1", Some(T + 30 * MINUTE), Some(T + 24 * HOUR)));
    let states = [
        (T, State::Stands),
        (T + 30 * MINUTE - 1, State::Stands),
        (T + 30 * MINUTE, State::ReviewDue),
        (T + 24 * HOUR - 1, State::ReviewDue),
        (T + 24 * HOUR, State::ReviewOverdue),
    ];
    for (at, state) in states {
        assert_eq!(one.state(at), state, "after {} s", at - T);
    }
    let late = reviewed(&all, &one.id, T + 30 * HOUR).await.unwrap();
    assert_eq!(late.state(T + 30 * HOUR), State::Reviewed);
    assert_eq!(reviewed(&all, &one.id, T + 31 * HOUR).await, Err(Refused::Reviewed));
}

#[tokio::test]
async fn it_is_theirs_alone_and_only_while_it_stands() {
    let all = Arc::new(Emergencies::not_kept(terms(SecondPerson::After)));
    let one = opened(&all, "patrol", T).await.unwrap();
    let elsewhere = Party { provider: "another".into(), ..party("patrol") };
    assert_eq!(all.standing(&one.id, &party("patrol"), T + 30 * MINUTE - 1).unwrap(), one);
    for (id, of, at) in [
        (&*one.id, party("patrol"), T + 30 * MINUTE),
        (&*one.id, party("detective"), T),
        (&*one.id, elsewhere, T),
        ("demo-2", party("patrol"), T),
        ("other-1", party("patrol"), T),
        ("1", party("patrol"), T),
        ("", party("patrol"), T),
    ] {
        let refusal = all.standing(id, &of, at).unwrap_err();
        assert_eq!(refusal.code().name(), "PURPOSE_REFUSED", "{id} {of:?} {at}");
    }
}

#[tokio::test]
async fn a_second_person_can_be_asked_first() {
    let all = Arc::new(Emergencies::not_kept(terms(SecondPerson::First)));
    let one = opened(&all, "patrol", T).await.unwrap();
    assert_eq!((one.state(T), one.until), (State::Waiting, None));
    assert!(all.standing(&one.id, &party("patrol"), T).is_err());
    assert_eq!(reviewed(&all, &one.id, T).await, Err(Refused::NothingToReview));

    // Whatever policies say: not the opener, by another spelling or another provider either.
    let elsewhere = Party { provider: "another".into(), ..party("patrol") };
    for same in [party("patrol"), party("Patrol"), elsewhere] {
        assert_eq!(all.approved(&one.id, same, T).await, Err(Refused::SamePerson));
    }
    let approved = all.approved(&one.id, party("sergeant"), T + MINUTE).await.unwrap();
    assert_eq!(approved.until, Some(T + 31 * MINUTE));
    assert!(all.standing(&one.id, &party("patrol"), T + 2 * MINUTE).is_ok());
    assert_eq!(all.approved(&one.id, party("sergeant"), T + 2 * MINUTE).await, Err(Refused::NotWaiting));

    let forgotten = opened(&all, "patrol", T).await.unwrap();
    assert_eq!(all.approved(&forgotten.id, party("sergeant"), T + HOUR).await, Err(Refused::NotWaiting));
    assert_eq!(forgotten.state(T + HOUR), State::Lapsed);
    assert_eq!(all.approved("demo-9", party("sergeant"), T).await, Err(Refused::Unknown));
}

#[tokio::test]
async fn a_review_ends_one_that_stands() {
    let all = Arc::new(Emergencies::not_kept(terms(SecondPerson::After)));
    let one = opened(&all, "patrol", T).await.unwrap();
    reviewed(&all, &one.id, T + MINUTE).await.unwrap();
    assert!(all.standing(&one.id, &party("patrol"), T + MINUTE).is_err());
}

#[tokio::test]
async fn a_restart_ends_none_and_forgets_none() {
    let folder = tempfile::tempdir().unwrap();
    let before = {
        let all = Arc::new(Emergencies::open(terms(SecondPerson::First), settings(folder.path())).unwrap());
        let one = opened(&all, "patrol", T).await.unwrap();
        all.approved(&one.id, party("sergeant"), T + MINUTE).await.unwrap();
        let other = opened(&all, "detective", T + 2 * MINUTE).await.unwrap();
        all.approved(&other.id, party("sergeant"), T + 3 * MINUTE).await.unwrap();
        reviewed(&all, &other.id, T + 4 * MINUTE).await.unwrap();
        all.all()
    };
    let all = Arc::new(Emergencies::open(terms(SecondPerson::After), settings(folder.path())).unwrap());
    assert_eq!(all.all(), before);
    assert!(all.standing("billings-1", &party("patrol"), T + 5 * MINUTE).is_ok());
    assert_eq!(&*opened(&all, "patrol", T + 6 * MINUTE).await.unwrap().id, "billings-3");
}

#[tokio::test]
async fn a_journal_of_something_else_is_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Log::open(settings(folder.path())).unwrap();
    log.append(br#"{"kind":"disclosure"}"#.to_vec()).await.unwrap();
    log.close();
    let opened = Emergencies::open(terms(SecondPerson::After), settings(folder.path()));
    assert!(matches!(opened, Err(NotRead::Record(1))), "{opened:?}");
}

#[tokio::test]
async fn what_is_not_written_down_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let all = Emergencies::open(terms(SecondPerson::After), settings(folder.path())).unwrap();
    if let Journal::Kept(log) = &all.journal {
        log.close();
    }
    let all = Arc::new(all);
    assert_eq!(opened(&all, "patrol", T).await, Err(Refused::NotKept));
    assert!(all.all().is_empty());
}

#[tokio::test]
async fn nobody_has_more_than_a_few_and_the_oldest_that_are_done_with_make_room() {
    let few = Terms { kept_max: 4, ..terms(SecondPerson::After) };
    let all = Arc::new(Emergencies::not_kept(few));
    for _ in 0..3 {
        opened(&all, "patrol", T).await.unwrap();
    }
    assert_eq!(opened(&all, "patrol", T).await, Err(Refused::Several));
    opened(&all, "detective", T).await.unwrap();
    assert_eq!(opened(&all, "other", T).await, Err(Refused::Full));
    reviewed(&all, "demo-2", T + MINUTE).await.unwrap();
    let next = opened(&all, "other", T + MINUTE).await.unwrap();
    let ids: Vec<String> = all.all().iter().map(|one| one.id.to_string()).collect();
    assert_eq!(
        (&*next.id, ids.as_slice()),
        ("demo-5", ["demo-5", "demo-4", "demo-3", "demo-1"].map(String::from).as_slice())
    );
}

#[tokio::test]
async fn it_says_for_whom_for_what_and_why() {
    let all = Arc::new(Emergencies::not_kept(terms(SecondPerson::After)));
    let limits = Limits::default();
    let long: Arc<str> = "x".repeat(limits.reason_bytes_max + 1).into();
    for (ask, what) in [
        (Ask { subject: " ".into(), ..ask() }, "subject"),
        (Ask { incident: "".into(), ..ask() }, "incident"),
        (Ask { reason: "two\nlines".into(), ..ask() }, "reason"),
        (Ask { reason: long, ..ask() }, "reason"),
    ] {
        let refused = all.opened(party("patrol"), ask, T, &limits).await.unwrap_err();
        assert!(matches!(refused, Refused::Unfit(named, _) if named == what), "{refused}");
    }
}
