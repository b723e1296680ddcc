//! What the tests of `source` share: a small graph, an agency on loopback, and answers as text.

mod agency;
mod decode;
mod file;
mod graphql;
mod pages;
mod shared;
mod store;

use super::{Age, Answer, Call, Environment, Fetch, Groups, Identity, Reason, Sources, Way};
use crate::graph::binding::{Reach, Variable};
use crate::graph::{
    Argument, Binding, BindingId, Convert, Data, Entry, Field, FieldId, Freshness, Graph, Kind, Link, LinkFeed,
    LinkKeys, Locator, Object, Place, Pointer, Role, Scalar, Shape, Source, SourceId, SourceKind, Ty, Type, TypeId,
    Wrap,
};
use crate::limits::Limits;
use crate::record::{Cell, Column, Keys, Layout, Raw, Take, What};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BOOKING: TypeId = TypeId(4);
const NUMBER: FieldId = FieldId(0);
const STATE: FieldId = FieldId(1);
const COUNT: FieldId = FieldId(2);
const BOOKINGS: FieldId = FieldId(3);

/// `Query { bookings(active: Boolean, state: String): [Booking] }`, `Booking { number: ID!, state: String, count: Int }`,
/// and one source with one binding, entered by `entry`.
fn graph(kind: SourceKind, reach: Reach, binding: impl FnOnce(Binding) -> Binding) -> Arc<Graph> {
    let ty = |name: &str, kind| Type { name: name.into(), kind, place: Place::default() };
    let named = |named| Ty { named, wrap: Wrap::Named { required: false } };
    let field = |parent, name: &str, ty, role| Field {
        parent,
        name: name.into(),
        ty,
        arguments: Vec::new(),
        role,
        data: Data::default(),
        search: None,
        place: Place::default(),
    };
    let feeds = [Entry::By(0), Entry::Find(0)].map(|entry| LinkFeed { binding: BindingId(0), entry }).to_vec();
    let of = Box::new(Wrap::Named { required: false });
    let list = Ty { named: BOOKING, wrap: Wrap::List { required: false, of } };
    let mut bookings =
        field(TypeId(0), "bookings", list, Role::Link(Link { keys: LinkKeys::Find, feeds, pages: None }));
    bookings.arguments = [("active", TypeId(5)), ("state", TypeId(1)), ("first", TypeId(2))]
        .map(|(name, ty)| Argument { name: name.into(), ty: named(ty), has_default: false, classes: Vec::new() })
        .to_vec();
    let fields = vec![
        field(BOOKING, "number", named(TypeId(3)), Role::Value),
        field(BOOKING, "state", named(TypeId(1)), Role::Value),
        field(BOOKING, "count", named(TypeId(2)), Role::Value),
        bookings,
    ];
    let source = Source {
        name: "jail".into(),
        title: "Jail".into(),
        agency: None,
        kind,
        golden: false,
        purges: None,
        reach: Reach { url: Some(variable("URL")), timeout_ms: 5_000, concurrency_max: 4, ..reach },
        place: Place::default(),
    };
    let shape = Shape { on: BOOKING, discriminator: None, fields: Vec::new() };
    let empty = Binding {
        source: SourceId(0),
        on: BOOKING,
        extends: false,
        table: None,
        shape,
        as_of: None,
        fresh: Freshness::default(),
        by: Vec::new(),
        find: Vec::new(),
        place: Place::default(),
    };
    let object = |fields| Kind::Object(Object { fields, ..Object::default() });
    Arc::new(Graph {
        types: vec![
            ty("Query", object(vec![FieldId(3)])),
            ty("String", Kind::Scalar(Scalar::String)),
            ty("Int", Kind::Scalar(Scalar::Int)),
            ty("ID", Kind::Scalar(Scalar::Id)),
            ty("Booking", object(vec![NUMBER, STATE, COUNT])),
            ty("Boolean", Kind::Scalar(Scalar::Boolean)),
        ],
        fields,
        sources: vec![source],
        bindings: vec![binding(empty)],
        crosswalks: Vec::new(),
        views: Vec::new(),
        query: TypeId(0),
        mutation: None,
        epoch: 0,
        names: HashMap::new(),
    })
}

fn variable(name: &str) -> Variable {
    Variable { name: name.into(), place: Place::default() }
}

fn pointer(text: &str) -> Pointer {
    Pointer(text.split('/').skip(1).map(Into::into).collect())
}

/// A column at a pointer (with a slash) or of a table.
fn column(what: What, at: &str, convert: Convert) -> Column {
    let at = if at.starts_with('/') { Locator::Pointer(pointer(at)) } else { Locator::Column(at.into()) };
    Column { what, at, take: Take::Value { convert: Arc::new(convert), list: false } }
}

fn text() -> Convert {
    Convert::Text { from_number: true, trim: false }
}

fn fetch(way: Way, columns: Vec<Column>, given: &[&str]) -> Arc<Fetch> {
    let given = given.iter().map(|name| Arc::from(*name)).collect();
    Arc::new(Fetch::new(SourceId(0), way, Arc::new(Layout { columns }), given))
}

/// Parts of a key stand apart by `|`.
fn keys<'a>(keys: &[&'a str]) -> Keys<'a> {
    let parts = keys.first().map_or(1, |key| key.split('|').count());
    Keys { parts, values: keys.iter().flat_map(|key| key.split('|')).map(Into::into).collect() }
}

async fn open(graph: &Arc<Graph>, url: &str, limits: &Limits) -> Sources {
    let environment: Environment = [("URL", url), ("TOKEN", "secret")].into_iter().collect();
    Sources::open(graph, &environment, limits, None).await.unwrap()
}

/// What each key got: records in brackets, failures by reason.
async fn ask(sources: &Sources, graph: &Arc<Graph>, fetch: &Arc<Fetch>, keys: &Keys<'_>, arguments: &Value) -> String {
    ask_until(sources, graph, fetch, keys, arguments, Instant::now() + Duration::from_secs(20)).await
}

async fn ask_until(
    sources: &Sources,
    graph: &Arc<Graph>,
    fetch: &Arc<Fetch>,
    keys: &Keys<'_>,
    arguments: &Value,
    deadline: Instant,
) -> String {
    let arguments = arguments.as_object().unwrap();
    let answer = sources
        .fetch(
            graph,
            Call {
                fetch,
                keys,
                arguments,
                identity: Identity::Service,
                deadline,
                page: None,
                age: Age::default(),
                untraced: false,
            },
        )
        .await;
    shown(&answer)
}

fn shown(answer: &Answer) -> String {
    let Groups { starts, .. } = &answer.groups;
    let keys = 0..u32::try_from(starts.len() - 1).unwrap();
    let shown = keys.map(|key| {
        let records = answer.groups.of(key).iter().map(|at| print(&answer.raw, &answer.raw.layout, *at));
        let records: Vec<_> = records.collect();
        let failed = answer.failed.iter().find(|(failed, _)| *failed == key);
        failed.map_or_else(|| format!("[{}]", records.join(" ")), |(_, reason)| format!("{reason:?}"))
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A server on loopback that answers as `answer` says, and remembers what it was asked: method, path and body.
struct Agency {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Agency {
    async fn serve(answer: impl Fn(&str) -> (u16, String) + Clone + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let remember = Arc::clone(&asked);
        let handler = move |request: axum::extract::Request| {
            let (answer, remember) = (answer.clone(), Arc::clone(&remember));
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let line = format!("{} {} {}", head.method, head.uri, String::from_utf8_lossy(&body));
                let line = line.trim_end().to_owned();
                remember.lock().unwrap().push(line.clone());
                if line.contains("slow") {
                    std::future::pending::<()>().await;
                }
                let (status, text) = answer(&line);
                let mut response = axum::http::Response::new(axum::body::Body::from(text));
                *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap();
                if status == 302 {
                    response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
                }
                response
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// What it was asked, in any order.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

fn print(raw: &Raw, layout: &Layout, at: u32) -> String {
    let cells = (0..).zip(&layout.columns).map(|(offset, column)| cell(raw, &column.take, raw.cell(at + offset)));
    format!("({})", cells.collect::<Vec<_>>().join(" "))
}

fn cell(raw: &Raw, take: &Take, cell: Cell) -> String {
    match (cell, take) {
        (Cell::Text(span), _) => format!("'{}'", raw.text(span)),
        (Cell::Object(at), Take::Object(layout) | Take::Objects(layout)) => print(raw, layout, at),
        (Cell::List(span), _) => {
            let cells = (span.start..span.start + span.len).map(|at| self::cell(raw, take, raw.cell(at)));
            format!("[{}]", cells.collect::<Vec<_>>().join(" "))
        }
        (Cell::Null, _) => "-".to_owned(),
        (Cell::Invalid, _) => "!".to_owned(),
        (Cell::Bool(bool), _) => bool.to_string(),
        (Cell::Int(int), _) => int.to_string(),
        (Cell::Float(float), _) => format!("{float:?}"),
        (Cell::Type(id), _) => format!("T{}", id.0),
        (Cell::Object(_), _) => "?".to_owned(),
    }
}
