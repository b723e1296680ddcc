//! Reach: how the gateway proves to an agency who it is, and by what it knows the agency, over real servers on loopback.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "harness/ask.rs"]
mod ask;

use ask::ask;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::source::{Environment, Sources};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

const SCHEMA: &str = r#"
type Query { stay(no: ID!): Stay }
type Stay @entity(key: "no") @data(owner: BOCC, class: [PUB]) { no: ID! state: String }
enum AgencyKind { BOCC }
enum DataClass { PUB }
"#;

const QUERY: &str = "{ stay(no: \"7\") { no state } }";

/// A gateway over one jail, whose `[reach]` has these lines besides.
async fn gateway(reach: &str, environment: &[(&str, &str)]) -> Gateway {
    let resolver = format!(
        "title = \"Jail\"\nkind = \"rest\"\n[reach]\nbase_url = \"env:JAIL_URL\"\ntimeout_ms = 5000\n{reach}\n\
         [entity.Stay]\nsame = [\"no\", \"state\"]\n[entity.Stay.by.no]\nget = \"/stays/{{key}}\"\n"
    );
    let schema = [(PathBuf::from("stays.graphql"), SCHEMA.to_owned())];
    let resolvers = [(PathBuf::from("jail.toml"), resolver)];
    let (graph, _) = link::load_texts(&schema, &resolvers, &[Audience::everything()]).unwrap_or_else(|p| panic!("{p}"));
    let environment: Environment = environment.iter().copied().collect();
    let limits = Limits::default();
    let sources = Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|p| panic!("{p}"));
    let only = Loopback::bind(0).unwrap();
    let world = World::new(graph, Policies::everything(&only), sources, &limits);
    Gateway::new(world, Ledger::none(&only), limits)
}

/// `IN`, or the code of the error.
async fn state(gateway: &Gateway) -> String {
    let answer: Value = serde_json::from_slice(&ask(gateway, QUERY, Map::new()).await).unwrap();
    assert!(!answer.to_string().contains("hunter"), "{answer}");
    let state = answer.pointer("/data/stay/state").or_else(|| answer.pointer("/errors/0/extensions/code"));
    state.and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

const OAUTH: &str = "[reach.oauth]\ntoken_url = \"env:TOKEN_URL\"\nclient_id = \"env:ID\"\nclient_secret = \"env:SECRET\"\nscope = \"stays\"";

/// An identity provider, and a jail that takes the tokens of it that are not revoked.
#[derive(Default)]
struct Provider {
    /// What it answers after so many milliseconds; a token is made of its number.
    says: Mutex<Says>,
    asked: AtomicU64,
    /// Tokens with a lower number are refused.
    revoked: AtomicU64,
}

#[derive(Clone, Copy)]
enum Says {
    Token { life_ms: u64, after_ms: u64 },
    Nonsense,
    Endless,
    Refused,
}

impl Default for Says {
    fn default() -> Self {
        Self::Token { life_ms: 3_600_000, after_ms: 0 }
    }
}

impl Provider {
    async fn start() -> (Arc<Self>, Vec<(&'static str, String)>) {
        let provider = Arc::new(Self::default());
        let router = Router::new().route("/token", post(token)).route("/stays/7", get(stay));
        let url = serve(router.with_state(Arc::clone(&provider))).await;
        let of = [("TOKEN_URL", format!("{url}/token")), ("ID", "head:waters".into()), ("SECRET", "hunter 2+".into())];
        (provider, std::iter::once(("JAIL_URL", url)).chain(of).collect())
    }

    fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: String) -> Response {
    let number = provider.asked.fetch_add(1, Ordering::SeqCst);
    let basic = headers[header::AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let basic = base64::engine::general_purpose::STANDARD.decode(basic).unwrap();
    // Each encoded as in a form, and then both together: RFC 6749, section 2.3.1.
    assert_eq!(basic, b"head%3Awaters:hunter+2%2B");
    assert_eq!(body, "grant_type=client_credentials&scope=stays");
    let says = *provider.says.lock().unwrap();
    match says {
        Says::Token { life_ms, after_ms } => {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            let life = Duration::from_millis(life_ms).as_secs_f64();
            axum::Json(
                json!({ "access_token": format!("hunter-{number}"), "token_type": "Bearer", "expires_in": life }),
            )
            .into_response()
        }
        Says::Nonsense => "<html>".into_response(),
        Says::Endless => {
            let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(" ".repeat(64 << 10)));
            axum::body::Body::from_stream(chunks).into_response()
        }
        Says::Refused => (StatusCode::UNAUTHORIZED, "hunter").into_response(),
    }
}

async fn stay(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    let said = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let number = said.and_then(|said| said.strip_prefix("Bearer hunter-")?.parse::<u64>().ok());
    match number {
        Some(number) if number >= provider.revoked.load(Ordering::SeqCst) => {
            axum::Json(json!({ "no": "7", "state": "IN" })).into_response()
        }
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn borrowed<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    variables.iter().map(|(name, value)| (*name, &**value)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_token_serves_all_calls() {
    let (provider, variables) = Provider::start().await;
    provider.says(Says::Token { life_ms: 3_600_000, after_ms: 100 });
    let gateway = gateway(OAUTH, &borrowed(&variables)).await;
    let states = futures::future::join_all((0..50).map(|_| state(&gateway))).await;
    assert!(states.iter().all(|state| state == "IN"), "{states:?}");
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_renewed_before_it_ends_and_nobody_waits() {
    let (provider, variables) = Provider::start().await;
    let gateway = gateway(OAUTH, &borrowed(&variables)).await;
    // A tenth of its life before the end is time enough for what takes 200 ms.
    provider.says(Says::Token { life_ms: 5_000, after_ms: 0 });
    assert_eq!(state(&gateway).await, "IN");
    provider.says(Says::Token { life_ms: 5_000, after_ms: 200 });
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(6) {
        let asked = Instant::now();
        assert_eq!(state(&gateway).await, "IN");
        assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_replaced_once() {
    let (provider, variables) = Provider::start().await;
    let gateway = gateway(OAUTH, &borrowed(&variables)).await;
    assert_eq!(state(&gateway).await, "IN");
    provider.revoked.store(1, Ordering::SeqCst);
    // A token that is as new as that is not replaced: the next would fare no better.
    assert_eq!(state(&gateway).await, "SOURCE_UNAVAILABLE");
    assert_eq!(provider.asked(), 1);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(state(&gateway).await, "IN");
    assert_eq!(provider.asked(), 2);
    provider.revoked.store(u64::MAX, Ordering::SeqCst);
    for _ in 0..10 {
        assert_eq!(state(&gateway).await, "SOURCE_UNAVAILABLE");
    }
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_asked_once_for_all_who_wait() {
    for says in [Says::Refused, Says::Nonsense, Says::Endless] {
        let (provider, variables) = Provider::start().await;
        provider.says(says);
        let gateway = gateway(OAUTH, &borrowed(&variables)).await;
        let states = futures::future::join_all((0..20).map(|_| state(&gateway))).await;
        assert!(states.iter().all(|state| state != "IN"), "{states:?}");
        assert!(provider.asked() <= 2, "{}", provider.asked());
        provider.says(Says::default());
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(state(&gateway).await, "IN");
    }
}

/// Two authorities, a certificate of the first for a jail, and one of each for clients.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            command.args(arguments.split(' ')).current_dir(folder.path());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost").unwrap();
        for authority in ["state", "other"] {
            openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {authority}.key -out {authority}.pem \
                 -days 2 -subj /CN={authority}"
            ));
            for name in ["jail", "client"] {
                let name = format!("{authority}-{name}");
                openssl(&format!(
                    "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
                ));
                openssl(&format!(
                    "x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -out {name}.pem -days 2 -extfile names"
                ));
                let of = |end: &str| std::fs::read_to_string(folder.path().join(format!("{name}.{end}"))).unwrap();
                std::fs::write(folder.path().join(format!("{name}.both")), of("pem") + &of("key")).unwrap();
            }
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

/// A jail that answers those whose certificate the state vouches for.
async fn jail(certificates: &Certificates) -> String {
    let pem = |path: &Path| CertificateDer::pem_file_iter(path).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(pem(&certificates.path("state.pem")).remove(0)).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.path("state-jail.key")).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(clients);
    let config = config.with_single_cert(pem(&certificates.path("state-jail.pem")), key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut read = [0; 4096];
            _ = stream.read(&mut read).await;
            let body = r#"{"no":"7","state":"IN"}"#;
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            _ = stream.shutdown().await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_prove_who_they_are() {
    let certificates = Certificates::make();
    let url = jail(&certificates).await;
    let file = |name: &str| certificates.path(name).display().to_string();
    let both = "certificate = \"env:CERTIFICATE\"\nauthority = \"env:AUTHORITY\"";
    // As files, and as text.
    for (own, authority) in [
        (file("state-client.both"), file("state.pem")),
        (certificates.text("state-client.both"), certificates.text("state.pem")),
    ] {
        let variables = [("JAIL_URL", &*url), ("CERTIFICATE", &*own), ("AUTHORITY", &*authority)];
        assert_eq!(state(&gateway(both, &variables).await).await, "IN");
    }
    let variables =
        [("JAIL_URL", &*url), ("CERTIFICATE", &file("other-client.both")), ("AUTHORITY", &file("state.pem"))];
    assert_eq!(
        state(&gateway(both, &variables).await).await,
        "SOURCE_UNAVAILABLE",
        "a client that the jail does not know"
    );
    assert_eq!(
        state(&gateway("authority = \"env:AUTHORITY\"", &variables).await).await,
        "SOURCE_UNAVAILABLE",
        "no certificate"
    );
    let variables =
        [("JAIL_URL", &*url), ("CERTIFICATE", &file("state-client.both")), ("AUTHORITY", &file("other.pem"))];
    assert_eq!(state(&gateway(both, &variables).await).await, "SOURCE_UNAVAILABLE", "a jail that nobody vouches for");
    assert_eq!(
        state(&gateway("certificate = \"env:CERTIFICATE\"", &variables).await).await,
        "SOURCE_UNAVAILABLE",
        "nor the system"
    );
}
