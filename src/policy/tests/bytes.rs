//! Whatever is changed of what a caller can't see, not one byte of the answer differs.
//!
//! 5,000 cases; more with `BYTES_CASES=100000`.

use super::random::Chance;
use super::{GRAPH, asking, folder};
use crate::caller::Caller;
use crate::execute::{self, World};
use crate::graph::{Graph, load_texts};
use crate::limits::Limits;
use crate::operation::{self, Documents};
use crate::plan;
use crate::policy::outcome::Outcome;
use crate::policy::permit::permit_as;
use crate::policy::{Asking, Policies, Said, Scalar, Verb};
use crate::request::Request;
use crate::response;
use crate::seal::Seal;
use crate::source::{Environment, Sources};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const QUERY: &str = "query($id: ID!) { person(id: $id) { name birthDate birthYear
  bookings { state facility treatment history provenance { source fields } } report { writtenOn } } }";
const WHO: [&str; 5] = ["COURT C", "COURT D", "POLICE C", "PUBLIC PUBLIC", "DEFENSE DEFENSE"];
const BATCH: usize = 500;

const PEOPLE: &str = "title = \"People\"
kind = \"file\"
[reach]
path = \"PATH/people.json\"
[entity.Person]
same = [\"id\", \"name\", \"birthDate\", \"birthYear\"]
[entity.Person.by.id]
match = \"/id\"
";
const BOOKINGS: &str = "title = \"Bookings\"
kind = \"file\"
[reach]
path = \"PATH/bookings.json\"
[entity.Booking]
same = [\"number\", \"facility\", \"state\", \"treatment\", \"history\", \"isYouth\", \"tier\"]
fields.person = \"/person\"
[entity.Booking.by.person]
match = \"/person\"
many = true
";
const REPORTS: &str = "title = \"Reports\"
kind = \"file\"
[reach]
path = \"PATH/reports.json\"
[entity.Report]
same = [\"writtenOn\", \"counsel\"]
fields.person = \"/person\"
[entity.Report.by.person]
match = \"/person\"
";

/// What one person has, as three lists of records.
#[derive(Clone)]
struct Case {
    person: Value,
    bookings: Vec<Value>,
    report: Option<Value>,
}

struct Judge<'a> {
    policies: &'a Policies,
    asking: Asking,
}

impl Judge<'_> {
    /// By Cedar itself, class by class.
    fn outcome(&self, ty: &str, classes: &[&str], record: &Value) -> Outcome {
        let (on, resource) = self.policies.vocabulary.resource_named(ty).unwrap();
        let texts: Vec<&str> = record["counsel"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let facts: Vec<Said<'_>> = resource
            .facts
            .iter()
            .map(|word| match &*word.name {
                "closed" => Said::Many(Vec::new()),
                "juvenile" => Said::One(Scalar::Truth(record["isYouth"] == json!(true))),
                "owner" => Said::One(Scalar::Text(record["facility"].as_str().unwrap())),
                "counsel" => Said::Many(texts.iter().map(|text| Scalar::Text(text)).collect()),
                _ => Said::Nothing,
            })
            .collect();
        let may = |verb, class| self.policies.authorize((on, verb, class), &self.asking, &[], &facts).unwrap();
        let of = |name: &&str| {
            let class = self.policies.vocabulary.class(name).unwrap();
            if may(Verb::Disclose, class) {
                Outcome::Allow
            } else if may(Verb::Exist, class) {
                Outcome::Exists
            } else {
                self.policies.classes.get(class).otherwise.outcome()
            }
        };
        classes.iter().map(of).max().unwrap()
    }

    /// The same case with everything else that this caller can't see.
    fn changed(&self, case: &Case, chance: &mut Chance) -> Case {
        let mut other = case.clone();
        if self.outcome("Person", &["PII"], &case.person) != Outcome::Allow {
            other.person["birthDate"] = something(chance);
        }
        other.bookings.retain_mut(|booking| {
            if self.outcome("Booking", &["PUB"], booking) == Outcome::Hide {
                for field in ["state", "treatment", "history"] {
                    booking[field] = something(chance);
                }
                return chance.below(2) == 0;
            }
            for (field, classes) in [("treatment", &["SUD"][..]), ("history", &["PUB", "CHRI"])] {
                if !matches!(self.outcome("Booking", classes, booking), Outcome::Allow | Outcome::Exists) {
                    booking[field] = something(chance);
                }
            }
            true
        });
        let hidden = json!({ "number": "h", "facility": "MT9", "isYouth": true, "state": something(chance) });
        if self.outcome("Booking", &["PUB"], &hidden) == Outcome::Hide {
            let at = chance.below(other.bookings.len() + 1);
            other.bookings.insert(at, hidden);
        }
        let link = self.outcome("Person", &["PSI"], &case.person);
        if let Some(report) = &mut other.report
            && (link != Outcome::Allow || self.outcome("Report", &["PSI"], report) != Outcome::Allow)
        {
            report["writtenOn"] = json!(format!("2026-01-{:02}", 1 + chance.below(28)));
        }
        if !matches!(link, Outcome::Allow | Outcome::Exists) && chance.below(2) == 0 {
            other.report = None;
        }
        other
    }
}

fn something(chance: &mut Chance) -> Value {
    match chance.below(3) {
        0 => Value::Null,
        n => json!(format!("value {n} {}", chance.below(1_000))),
    }
}

fn case(chance: &mut Chance) -> Case {
    let booking = |chance: &mut Chance| {
        json!({
            "facility": chance.one(&["MT0560000", "MT0010000"]), "isYouth": chance.below(3) == 0, "tier": 1,
            "state": something(chance), "treatment": something(chance), "history": something(chance),
        })
    };
    Case {
        person: json!({ "name": something(chance), "birthDate": something(chance), "birthYear": 1990 }),
        bookings: (0..chance.below(4)).map(|_| booking(chance)).collect(),
        report: (chance.below(2) == 0).then(|| json!({ "writtenOn": "2026-02-02", "counsel": ["1"] })),
    }
}

/// The records of many cases, each under its id.
fn lay_out(folder: &Path, cases: &[(String, Case)]) {
    let (mut people, mut bookings, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    let with = |record: &Value, name: &str, value: &str| {
        let mut record = record.clone();
        record[name] = json!(value);
        record
    };
    for (id, case) in cases {
        people.push(with(&case.person, "id", id));
        for (n, booking) in case.bookings.iter().enumerate() {
            bookings.push(with(&with(booking, "person", id), "number", &format!("{id}-{n}")));
        }
        reports.extend(case.report.iter().map(|report| with(report, "person", id)));
    }
    for (name, records) in [("people", people), ("bookings", bookings), ("reports", reports)] {
        std::fs::write(folder.join(format!("{name}.json")), Value::Array(records).to_string()).unwrap();
    }
}

struct Gateway {
    graph: Arc<Graph>,
    policies: Policies,
    sources: Sources,
    documents: Documents,
    limits: Limits,
}

impl Gateway {
    async fn open(path: &Path) -> Self {
        let schema = [(
            "graph.graphql".into(),
            GRAPH.replace(" people(born: String @data(class: [PII]), name: String @data(class: [PUB])): [Person!]", ""),
        )];
        let files = [("people.toml", PEOPLE), ("bookings.toml", BOOKINGS), ("reports.toml", REPORTS)];
        let files = files.map(|(name, text)| (path.join(name), text.replace("PATH", path.to_str().unwrap())));
        let (graph, _) = load_texts(&schema, &files, &[]).unwrap_or_else(|problems| panic!("{problems}"));
        let policies =
            Policies::load(&graph, &folder(super::RULES, &[])).unwrap_or_else(|problems| panic!("{problems}"));
        let limits = Limits::default();
        let sources =
            Sources::open(&graph, &Environment::default(), &limits, None).await.unwrap_or_else(|e| panic!("{e}"));
        let documents = Documents::new(&limits);
        Self { graph: Arc::new(graph), policies, sources, documents, limits }
    }

    async fn ask(&self, asking: &Asking, id: &str) -> Vec<u8> {
        let variables = json!({ "id": id }).as_object().unwrap().clone();
        let request = Request { document: QUERY.to_owned(), variables, ..Request::default() };
        let caller = Caller::developer();
        let view = crate::graph::ViewId::default();
        let operation = operation::bind(&self.documents, &self.graph, view, &request, &self.limits).unwrap();
        let permitted = permit_as(&self.policies, &self.graph, (&caller, asking), operation, 0).unwrap();
        let plan = plan::build(&self.graph, &permitted);
        let seal = Arc::new(Seal::of(&[7; 32]));
        let world =
            World { graph: &self.graph, sources: &self.sources, limits: &self.limits, seal: &seal, age_max_s: None };
        let deadline = Instant::now() + Duration::from_secs(10);
        let results = execute::run(&plan, &permitted, world, deadline).await;
        response::write(&self.graph, &permitted, &plan, &results, &self.limits, None).bytes
    }
}

#[tokio::test]
async fn what_a_caller_cant_see_changes_no_byte() {
    let wanted: usize = std::env::var("BYTES_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let folder = tempfile::tempdir().unwrap();
    let chance = &mut Chance::new(7);
    let (mut compared, mut altered) = (0, 0);
    // The policies are the same for every batch.
    lay_out(folder.path(), &[("x".to_owned(), case(chance))]);
    let judging = Gateway::open(folder.path()).await;
    while compared < wanted {
        let mut cases = Vec::new();
        for n in 0..BATCH {
            let who = asking(WHO[n % WHO.len()]);
            let judge = Judge { policies: &judging.policies, asking: who };
            let one = case(chance);
            let other = judge.changed(&one, chance);
            altered +=
                usize::from(one.bookings != other.bookings || one.person != other.person || one.report != other.report);
            cases.push((format!("a{n}"), one));
            cases.push((format!("b{n}"), other));
        }
        lay_out(folder.path(), &cases);
        let gateway = Gateway::open(folder.path()).await;
        for n in 0..BATCH {
            let who = asking(WHO[n % WHO.len()]);
            let (one, other) = (gateway.ask(&who, &format!("a{n}")).await, gateway.ask(&who, &format!("b{n}")).await);
            let (a, b) = (&cases[2 * n].1, &cases[2 * n + 1].1);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert!(
                one == other,
                "{}:\n{}\n{}\n{:?}\n{:?}",
                WHO[n % WHO.len()],
                text(&one),
                text(&other),
                a.bookings,
                b.bookings
            );
            compared += 1;
        }
    }
    assert!(altered * 2 > compared, "{altered} of {compared} cases had something to change");
    println!("{compared} cases, {altered} of them with something that can't be seen changed, 0 bytes differ");
}
