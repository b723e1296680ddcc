//! A small gateway under policies: three people of a file, and callers with tokens of a real issuer.

use crate::issuer::{Issuer, Signer};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request as Sent;
use headwaters::caller::{Caller, Callers, Config};
use headwaters::emergency::{Emergencies, SecondPerson, Terms};
use headwaters::gateway::{Arrival, Gateway, Own, World};
use headwaters::graph::{draw_folder, load};
use headwaters::http::{Personas, Shared, router};
use headwaters::ledger::Ledger;
use headwaters::ledger::log::Settings;
use headwaters::limits::Limits;
use headwaters::native::{Native, Program};
use headwaters::policy::{Folder, Loopback, Policies};
use headwaters::request::Request;
use headwaters::source::{Environment, Sources};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;

/// The second from which the agreement about scores is not in force any more: 2027-01-01T00:00:00Z.
pub const END: i64 = 1_798_761_600;

const WORDS: &str = r#"
enum AgencyKind { LAW_ENFORCEMENT COURT PRETRIAL BOCC PUBLIC }
enum DataClass { PUB PII RISK CONTROL AUDIT DISCLOSURE DISCLOSURE_MORE COPIES }
directive @facts(
  juvenile: String, readerKind: String, readerAgency: String, readerUser: String, readerRoles: String, owners: String,
  readerProvider: String, onBehalfOf: String, given: String, of: String, owner: String, classes: String
) on OBJECT
input BookingRef { facility: ID! @data(class: [PUB]) number: ID! @data(class: [PUB]) }
type Query { person(id: ID!): Person stay(number: ID!): Stay }
type Person @entity(key: "id") @facts(juvenile: "isYouth") @data(class: [PUB]) {
  id: ID! name: String born: String @data(class: [PII]) score: Int @data(class: [RISK]) isYouth: Boolean @data(class: [CONTROL])
  conflicts(of: [String!]): [Conflict!]
}
type Stay @entity(key: "number", subject: "person") @facts(juvenile: "isYouth") @data(class: [PUB]) {
  number: ID! person: Person @link isYouth: Boolean @data(class: [CONTROL])
}
"#;

const PEOPLE: &str = r#"
title = "People"
kind = "file"
reach = { path = "../people.json" }
[entity.Person.by.id]
match = "/id"
[entity.Person.fields]
id = "/id"
name = "/name"
born = "/born"
score = "/score"
isYouth = "/youth"
"#;

const STAYS: &str = r#"
title = "Stays"
kind = "file"
reach = { path = "../stays.json" }
[entity.Stay.by.number]
match = "/number"
[entity.Stay.fields]
number = "/number"
person = "/person"
isYouth = "/youth"
"#;

const RULES: &str = r#"
@id("youth") @cite("41-5-215 MCA") @review("2027-07-01") @lifted_by("break-glass")
forbid(principal, action, resource is Person)
unless { principal in AgencyKind::"COURT" }
when { resource.juvenile }
unless {
  context has breakGlass && resource has subject && resource.subject == context.breakGlass &&
  principal in AgencyKind::"LAW_ENFORCEMENT" && context.reason && context has caseRef
};

@id("youth-stay") @cite("41-5-215 MCA") @review("2027-07-01") @lifted_by("break-glass")
forbid(principal, action, resource is Stay) when { resource.juvenile }
unless {
  context has breakGlass && resource has subject && resource.subject == context.breakGlass &&
  principal in AgencyKind::"LAW_ENFORCEMENT"
};

@id("public") @cite("44-5-301 MCA") @review("2027-07-01")
permit(principal, action in [Action::"disclose:PUB", Action::"filter:PUB"], resource);

@id("courts") @cite("44-5-303 MCA") @review("2027-02-01")
permit(principal in AgencyKind::"COURT", action in Action::"PII", resource)
when { context.purpose == Purpose::"C" && context.reason };

@id("scores") @cite("44-5-304 MCA") @review("2027-07-01") @obligation("not to be passed on")
permit(principal in AgencyKind::"PRETRIAL", action == Action::"disclose:RISK", resource)
when { context.agreements.contains("scores") };

@id("auditor") @cite("44-7-126 MCA") @review("2027-07-01")
permit(principal in AgencyKind::"BOCC", action == Action::"filter:AUDIT", resource is Explanation)
when { context.purpose == Purpose::"AUDIT" && principal in Role::"auditor" };
"#;

const CLASSES: &str = r#"
[class]
PUB     = { otherwise = "HIDE" }
PII     = { otherwise = "DENY" }
RISK    = { otherwise = "DENY" }
CONTROL = { otherwise = "HIDE" }
AUDIT   = { otherwise = "DENY" }
DISCLOSURE = { otherwise = "HIDE" }
DISCLOSURE_MORE = { otherwise = "HIDE" }
COPIES  = { otherwise = "DENY" }
"#;

const PURPOSES: &str = r#"
[kind]
LAW_ENFORCEMENT = ["C"]
COURT = ["C", "PUBLIC"]
PRETRIAL = ["C"]
BOCC = ["C", "AUDIT"]
PUBLIC = ["PUBLIC"]
"#;

const SCORES: &str = r#"
id = "scores"
title = "Scores"
owner = "BOCC"
reader = "PRETRIAL"
purposes = ["C"]
from = "2020-01-01T00:00:00Z"
until = "2027-01-01T00:00:00Z"
"#;

pub struct Small {
    pub gateway: Arc<Gateway>,
    pub callers: Arc<Callers>,
    issuer: Issuer,
    key: Signer,
}

impl Small {
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// With emergencies of a folder, and a second person asked when that says.
    pub async fn with(kept: Option<(&Path, SecondPerson)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (graphs, resolvers) = (folder.path().join("graph"), folder.path().join("resolvers"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::create_dir(&graphs).unwrap();
        std::fs::create_dir(&resolvers).unwrap();
        std::fs::write(graphs.join("words.graphql"), WORDS).unwrap();
        std::fs::copy(root.join("schema/graph/gateway.graphql"), graphs.join("gateway.graphql")).unwrap();
        std::fs::copy(root.join("resolvers/gateway.toml"), resolvers.join("gateway.toml")).unwrap();
        std::fs::write(resolvers.join("people.toml"), PEOPLE).unwrap();
        std::fs::write(resolvers.join("stays.toml"), STAYS).unwrap();
        let people = json!([
            { "id": "P-1", "name": "Ann", "born": "1990-02-14", "score": 3, "youth": false },
            { "id": "P-2", "name": "Bo", "born": "2011-05-05", "score": 5, "youth": true },
            { "id": "P-3", "name": "Cy", "born": "2012-06-06", "score": 7, "youth": true },
        ]);
        std::fs::write(folder.path().join("people.json"), people.to_string()).unwrap();
        let stays = json!([
            { "number": "1", "person": "P-2", "youth": true }, { "number": "2", "person": "P-3", "youth": true },
        ]);
        std::fs::write(folder.path().join("stays.json"), stays.to_string()).unwrap();

        let drawn = draw_folder(&graphs).unwrap_or_else(|problems| panic!("{problems}"));
        let own = std::fs::read_to_string(root.join("schema/policy/break-glass/emergencies.cedar")).unwrap();
        // The project's own rules about emergencies, without the kinds that this graph has not.
        let own = own.replace("\"DETENTION\"", "\"PRETRIAL\"");
        let texts = [
            ("rules.cedar", RULES),
            ("break-glass/emergencies.cedar", &own),
            ("classes.toml", CLASSES),
            ("purposes.toml", PURPOSES),
            ("agreements/scores.toml", SCORES),
        ];
        let texts = Folder::of(texts.map(|(name, text)| (name.into(), text.to_owned())));
        let policies = texts.and_then(|folder| Policies::load(&drawn, &folder));
        let policies = policies.unwrap_or_else(|problems| panic!("{problems}"));
        let (graph, _) =
            load(&graphs, &resolvers, &policies.audiences()).unwrap_or_else(|problems| panic!("{problems}"));

        let limits = Limits::default();
        let own = Own::default();
        let program = Program { explain: Some(Arc::new(own.clone())), ..Program::default() };
        let native = Arc::new(Native::new(program));
        let sources = Sources::open(&graph, &Environment::default(), &limits, Some(native)).await;
        let sources = sources.unwrap_or_else(|problems| panic!("{problems}"));
        let ledger = Ledger::none(&Loopback::bind(0).unwrap());
        let gateway = Gateway::new(World::new(graph, policies, sources, &limits), ledger, limits.clone());
        let gateway = match kept {
            Some((folder, second_person)) => {
                let settings = Settings::new(folder.to_owned(), "BG".into(), &limits);
                gateway.with_emergencies(Emergencies::open(Terms::new(second_person, &limits), settings).unwrap())
            }
            None => gateway,
        };
        let gateway = Arc::new(gateway);
        own.by(&gateway);

        let key = Signer::es256("k");
        let issuer = Issuer::start(&[&key]).await;
        let config = Config { issuers: vec![issuer.config()], public: true, ..Config::default() };
        let callers = Arc::new(Callers::open(config, limits).await);
        Self { gateway, callers, issuer, key }
    }

    /// A token of somebody.
    pub fn token(&self, user: &str, kind: &str, agency: &str, role: &str) -> String {
        let mut claims = self.issuer.claims();
        let own = json!({ "FederationId": user, "IdentityProviderId": "idp", "AgencyKind": kind, "EmployerORI": agency, "EmployeePositionName": role });
        claims.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        self.key.token(&claims)
    }

    pub async fn caller(&self, token: &str, headers: &[(&str, &str)]) -> Caller {
        let bearer = format!("Bearer {token}");
        let all = headers.iter().copied().chain([("authorization", bearer.as_str())]);
        let all: Vec<(&str, &[u8])> = all.map(|(name, value)| (name, value.as_bytes())).collect();
        self.callers.identify(&all, &Map::new(), crate::issuer::now()).await.unwrap()
    }

    /// What is answered to a query that comes at this second.
    pub async fn ask_at(&self, caller: &Caller, query: &str, variables: Value, at: i64) -> Value {
        let variables = variables.as_object().cloned().unwrap_or_default();
        let request = Request { document: query.to_owned(), variables, ..Request::default() };
        let arrival = Arrival { instant: Instant::now(), at };
        let bytes = match self.gateway.answer(&request, caller, arrival).await {
            Ok(written) => written.bytes,
            Err(refusal) => refusal.to_json(),
        };
        serde_json::from_slice(&bytes).unwrap()
    }

    pub async fn ask(&self, caller: &Caller, query: &str, variables: Value) -> Value {
        self.ask_at(caller, query, variables, Arrival::now().at).await
    }

    fn router(&self) -> Router {
        let (gateway, callers) = (Arc::clone(&self.gateway), Arc::clone(&self.callers));
        router(Shared { gateway, callers, tabs: "[]".into(), personas: Personas::default() })
    }

    /// A request over HTTP, for criminal justice: the status, and the body.
    pub async fn http(&self, token: Option<&str>, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.http_with(token, &[("purpose-of-use", "C")], (method, path, body)).await
    }

    pub async fn http_with(
        &self,
        token: Option<&str>,
        headers: &[(&str, &str)],
        (method, path, body): (&str, &str, Option<Value>),
    ) -> (u16, Value) {
        let mut request = Sent::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1024 * 1024).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}
