//! What requests have in common of an agency: records that are kept, calls that are awaited, and keys that go out together.

use super::agency::{batch, by, by_given, graph_by};
use super::*;
use crate::record::Had;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A jail that knows the bookings `a` to `f`, and answers when it is let.
#[derive(Default)]
struct Jail {
    asked: Mutex<Vec<String>>,
    down: AtomicBool,
    /// Calls that were given up before they were answered.
    given_up: AtomicUsize,
    /// Answers that may leave; `None`: all.
    let_go: Option<Semaphore>,
}

struct GivenUp<'a>(&'a Jail, bool);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.given_up.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Jail {
    /// A gateway's sources, with this time to live and this time to be stale, in seconds; what may be asked through it.
    async fn serve(self: &Arc<Self>, (ttl, stale): (u32, u32)) -> Open {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut graph = graph_by(batch(), 50, true);
        for field in &mut Arc::get_mut(&mut graph).unwrap().fields {
            (field.data.ttl, field.data.stale) = (Some(ttl), Some(stale));
        }
        let sources = open(&graph, &url, &Limits::default()).await;
        Open { graph, sources: Arc::new(sources) }
    }

    /// The keys of each call.
    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|line| line.rsplit_once("numbers=").unwrap().1.to_owned()).collect()
    }
}

async fn answer(State(jail): State<Arc<Jail>>, uri: Uri) -> (StatusCode, String) {
    jail.asked.lock().unwrap().push(uri.to_string());
    let mut leaving = GivenUp(&jail, false);
    if let Some(let_go) = &jail.let_go {
        let_go.acquire().await.unwrap().forget();
    }
    leaving.1 = true;
    if jail.down.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let query = uri.query().unwrap();
    let keys = query.split_once("numbers=").unwrap().1.split(',');
    let known = keys.filter(|key| key.len() == 1 && *key <= "f");
    let records: Vec<Value> = known.map(|key| json!({ "no": key, "n": key.as_bytes()[0] })).collect();
    (StatusCode::OK, json!({ "bookings": records }).to_string())
}

#[derive(Clone)]
struct Open {
    graph: Arc<Graph>,
    sources: Arc<Sources>,
}

impl Open {
    async fn ask(&self, asked: &[&str], age: Age) -> Answer {
        self.ask_as(&by(), asked, (&json!({}), age)).await
    }

    async fn ask_as(&self, fetch: &Arc<Fetch>, asked: &[&str], given: (&Value, Age)) -> Answer {
        self.ask_so(fetch, asked, given, false).await
    }

    /// By somebody of whom nobody else may learn that they asked.
    async fn ask_untraced(&self, asked: &[&str]) -> Answer {
        self.ask_so(&by(), asked, (&json!({}), Age::default()), true).await
    }

    async fn ask_so(
        &self,
        fetch: &Arc<Fetch>,
        asked: &[&str],
        (arguments, age): (&Value, Age),
        untraced: bool,
    ) -> Answer {
        let (keys, identity) = (keys(asked), Identity::Service);
        let (deadline, page) = (Instant::now() + Duration::from_secs(20), None);
        let arguments = arguments.as_object().unwrap();
        let call = Call { fetch, keys: &keys, arguments, identity, deadline, page, age, untraced };
        self.sources.fetch(&self.graph, call).await
    }

    /// What each key got.
    async fn got(&self, asked: &[&str], age: Age) -> String {
        shown(&self.ask(asked, age).await)
    }
}

const STALE_TOO: Age = Age { max_s: None, stale: true };
const NEW: Age = Age { max_s: Some(0), stale: false };

/// How each record was had.
fn had(answer: &Answer) -> Vec<Had> {
    answer.groups.at.iter().map(|at| answer.raw.had(*at).0).collect()
}

#[tokio::test]
async fn only_what_is_missing_is_asked_for() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    assert_eq!(open.got(&["a", "b"], Age::default()).await, "[('a' 97)] [('b' 98)]");
    let answer = open.ask(&["c", "b", "z", "a"], Age::default()).await;
    assert_eq!(shown(&answer), "[('c' 99)] [('b' 98)] [] [('a' 97)]");
    assert_eq!(had(&answer), [Had::Asked, Had::Kept, Had::Kept]);
    assert_eq!((answer.calls, answer.kept), (1, 2));
    assert_eq!(jail.asked(), ["a,b", "c,z"]);
    // That there was none is kept too, for a while.
    assert_eq!(open.got(&["z"], Age::default()).await, "[]");
    assert_eq!(jail.asked().len(), 2);
    // Whoever wants it newer gets it newer.
    assert_eq!(had(&open.ask(&["a"], NEW).await), [Had::Asked]);
    assert_eq!(jail.asked().last().unwrap(), "a");
}

#[tokio::test]
async fn other_arguments_and_other_fields_are_other_questions() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    let ask = async |fetch: &Arc<Fetch>, arguments: Value| {
        open.ask_as(fetch, &["a"], (&arguments, Age::default())).await.calls
    };
    assert_eq!(ask(&by(), json!({})).await, 1);
    assert_eq!(ask(&by_given(&["active"]), json!({ "active": true })).await, 1);
    assert_eq!(ask(&by_given(&["active"]), json!({ "active": false })).await, 1);
    assert_eq!(ask(&by_given(&["active"]), json!({ "active": true, "first": 3 })).await, 0, "it is not given `first`");
    let columns = vec![column(What::Field(NUMBER), "/no", text())];
    let narrow = fetch(Way::Binding(BindingId(0), Entry::By(0)), columns, &[]);
    assert_eq!(ask(&narrow, json!({})).await, 1);
    assert_eq!(ask(&narrow, json!({})).await, 0);
}

#[tokio::test]
async fn what_may_not_be_kept_is_not() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((0, 0)).await;
    for _ in 0..2 {
        assert_eq!(had(&open.ask(&["a"], STALE_TOO).await), [Had::Asked]);
    }
    assert_eq!(jail.asked(), ["a", "a"]);
    jail.down.store(true, Ordering::SeqCst);
    assert_eq!(open.got(&["a"], STALE_TOO).await, "Unavailable(\"status 503\")");
}

/// The age of a copy would tell that somebody asked a moment before.
#[tokio::test]
async fn what_is_asked_without_a_trace_is_kept_for_nobody() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    assert_eq!(had(&open.ask_untraced(&["a"]).await), [Had::Asked]);
    assert_eq!(had(&open.ask(&["a"], Age::default()).await), [Had::Asked]);
    // What others left may be read.
    assert_eq!(had(&open.ask_untraced(&["a", "b"]).await), [Had::Kept, Had::Asked]);
    assert_eq!(jail.asked(), ["a", "a", "b"]);
}

/// Nor does anybody wait with them: an answer that began before one asked would tell as much.
#[tokio::test]
async fn what_is_fetched_without_a_trace_is_waited_for_by_nobody_else() {
    let jail = Arc::new(Jail { let_go: Some(Semaphore::new(0)), ..Jail::default() });
    let open = jail.serve((60, 3600)).await;
    let untraced = tokio::spawn({
        let open = open.clone();
        async move { open.ask_untraced(&["a"]).await }
    });
    while jail.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let other = tokio::spawn({
        let open = open.clone();
        async move { open.ask(&["a"], Age::default()).await }
    });
    while jail.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    // Whoever asks without a trace may wait with others.
    let joining = tokio::spawn({
        let open = open.clone();
        async move { open.ask_untraced(&["a"]).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    jail.let_go.as_ref().unwrap().add_permits(10);
    let answers = [untraced.await.unwrap(), other.await.unwrap(), joining.await.unwrap()];
    assert_eq!(answers.map(|answer| (answer.calls, answer.joined)), [(1, 0), (1, 0), (0, 1)]);
    assert_eq!(jail.asked(), ["a", "a"]);
}

/// A question that went out holds the graph that it was asked over.
#[tokio::test]
async fn what_was_asked_for_is_forgotten() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((0, 0)).await;
    for _ in 0..2_000 {
        open.ask(&["a"], NEW).await;
    }
    let held = Arc::strong_count(&open.graph);
    assert!(held < 1_200, "2,000 questions went out, and {held} of them hold the graph still");
}

/// A link may want its records fresher than their own type does.
#[tokio::test]
async fn the_stricter_counts() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    let link = Data { ttl: Some(0), stale: Some(0), ..Data::default() };
    let fetch = Arc::new(Arc::into_inner(by()).unwrap().fresh_as(&link));
    for _ in 0..2 {
        open.ask_as(&fetch, &["a"], (&json!({}), STALE_TOO)).await;
    }
    assert_eq!(jail.asked(), ["a", "a"]);
}

#[tokio::test]
async fn records_stand_in_while_their_source_is_down_and_none_never_does() {
    let jail = Arc::new(Jail::default());
    // Never fresh, so that every question goes out.
    let open = jail.serve((0, 3600)).await;
    assert_eq!(open.got(&["a", "z"], STALE_TOO).await, "[('a' 97)] []");
    jail.down.store(true, Ordering::SeqCst);
    let answer = open.ask(&["a", "z", "b"], STALE_TOO).await;
    let down = "Unavailable(\"status 503\")";
    assert_eq!(shown(&answer), format!("[('a' 97)] {down} {down}"));
    assert_eq!(had(&answer), [Had::Stale]);
    assert_eq!(answer.stale, [(0, Reason::Unavailable("status 503".into()))]);
    // What is decided by is not old.
    assert_eq!(open.got(&["a"], Age::default()).await, down);
    jail.down.store(false, Ordering::SeqCst);
    assert_eq!(had(&open.ask(&["a"], STALE_TOO).await), [Had::Asked]);
}

#[tokio::test]
async fn what_stands_in_and_may_not_be_seen_is_a_failure() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((0, 3600)).await;
    open.ask(&["a", "b"], STALE_TOO).await;
    jail.down.store(true, Ordering::SeqCst);
    let mut answer = open.ask(&["a", "b", "c"], STALE_TOO).await;
    let first = answer.groups.of(0).to_vec();
    answer.give_up(|found| found == first);
    let failed: Vec<u32> = answer.failed.iter().map(|(key, _)| *key).collect();
    assert_eq!((failed, answer.stale.len()), (vec![1, 2], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_who_ask_the_same_are_one_call() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    let asking = (0..10_000).map(|_| {
        let open = open.clone();
        tokio::spawn(async move { open.ask(&["a"], Age::default()).await })
    });
    let answers = futures::future::join_all(asking.collect::<Vec<_>>()).await;
    assert!(answers.iter().all(|answer| shown(answer.as_ref().unwrap()) == "[('a' 97)]"));
    let calls: u32 = answers.iter().map(|answer| answer.as_ref().unwrap().calls).sum();
    assert_eq!((calls, jail.asked().len()), (1, 1));
}

#[tokio::test]
async fn keys_of_several_requests_go_out_in_one_call() {
    let jail = Arc::new(Jail::default());
    let open = jail.serve((60, 3600)).await;
    let (one, two, three) = tokio::join!(
        open.got(&["b", "a"], Age::default()),
        open.got(&["c", "a"], Age::default()),
        open.got(&["d"], Age::default())
    );
    assert_eq!((one.as_str(), two.as_str()), ("[('b' 98)] [('a' 97)]", "[('c' 99)] [('a' 97)]"));
    assert_eq!(three, "[('d' 100)]");
    let mut keys: Vec<String> = jail.asked().concat().split(',').map(str::to_owned).collect();
    keys.sort();
    assert_eq!((jail.asked().len(), keys.concat().as_str()), (1, "abcd"));
}

/// A call that somebody made is awaited; whoever leaves takes nothing from the others; when all have left, it is given up.
#[tokio::test]
async fn whoever_leaves_cancels_nobody_elses_call() {
    let jail = Arc::new(Jail { let_go: Some(Semaphore::new(0)), ..Jail::default() });
    let open = jail.serve((0, 0)).await;
    let start = |asked: &'static [&'static str]| {
        let open = open.clone();
        tokio::spawn(async move { open.got(asked, Age::default()).await })
    };
    let under_way = async |count: usize| {
        while jail.asked().len() < count {
            tokio::task::yield_now().await;
        }
    };
    let first = start(&["a", "b"]);
    under_way(1).await;
    let second = start(&["b", "c"]);
    under_way(2).await;
    assert_eq!(jail.asked(), ["a,b", "c"]);
    first.abort();
    _ = first.await;
    jail.let_go.as_ref().unwrap().add_permits(2);
    assert_eq!(second.await.unwrap(), "[('b' 98)] [('c' 99)]");
    assert_eq!(jail.given_up.load(Ordering::SeqCst), 0);

    let alone = start(&["d"]);
    under_way(3).await;
    alone.abort();
    while jail.given_up.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // And it stands in nobody's way.
    jail.let_go.as_ref().unwrap().add_permits(1);
    assert_eq!(start(&["d"]).await.unwrap(), "[('d' 100)]");
}

/// How long each waits is up to them: a short deadline ends nobody else's call.
#[tokio::test]
async fn whoever_has_no_time_leaves() {
    let jail = Arc::new(Jail { let_go: Some(Semaphore::new(0)), ..Jail::default() });
    let open = jail.serve((0, 0)).await;
    let patient = tokio::spawn({
        let open = open.clone();
        async move { open.got(&["a"], Age::default()).await }
    });
    let (keys, arguments) = (keys(&["a"]), serde_json::Map::new());
    let (deadline, identity) = (Instant::now() + Duration::from_millis(20), Identity::Service);
    let call = Call {
        fetch: &by(),
        keys: &keys,
        arguments: &arguments,
        identity,
        deadline,
        page: None,
        age: Age::default(),
        untraced: false,
    };
    assert_eq!(shown(&open.sources.fetch(&open.graph, call).await), "Timeout");
    jail.let_go.as_ref().unwrap().add_permits(1);
    assert_eq!(patient.await.unwrap(), "[('a' 97)]");
    assert_eq!(jail.asked().len(), 1);
}

/// An agency that takes calls and never answers costs one of many who ask a moment, once in a while.
#[tokio::test]
async fn nobody_waits_for_the_probe_of_somebody_else() {
    let jail = Arc::new(Jail { let_go: Some(Semaphore::new(1_000)), ..Jail::default() });
    let open = jail.serve((0, 3600)).await;
    assert_eq!(had(&open.ask(&["a"], STALE_TOO).await), [Had::Asked]);
    jail.down.store(true, Ordering::SeqCst);
    while open.got(&["a"], Age::default()).await == "Unavailable(\"status 503\")" {}
    let let_go = jail.let_go.as_ref().unwrap();
    let_go.forget_permits(1_000);
    // Until it may be asked again.
    let calls = jail.asked().len();
    let begun = Instant::now();
    while jail.asked().len() == calls {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        let asked = Instant::now();
        let answer = open.ask(&["a"], STALE_TOO).await;
        assert_eq!(had(&answer), [Had::Stale]);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    for _ in 0..20 {
        let asked = Instant::now();
        assert_eq!(had(&open.ask(&["a"], STALE_TOO).await), [Had::Stale]);
        assert!(asked.elapsed() < Duration::from_millis(200), "nobody else waits: {:?}", asked.elapsed());
    }
    assert_eq!((jail.asked().len(), jail.given_up.load(Ordering::SeqCst)), (calls + 1, 0), "the probe goes on");
    // It comes back: whoever asks next has it.
    jail.down.store(false, Ordering::SeqCst);
    let_go.add_permits(10);
    while had(&open.ask(&["a"], STALE_TOO).await) != [Had::Asked] {
        tokio::task::yield_now().await;
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
