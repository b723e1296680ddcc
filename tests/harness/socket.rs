//! The gateway on a real socket, and a client that may misbehave. The graph is that of the library; its sources need not answer.

use super::gateway;
use headwaters::caller::Callers;
use headwaters::http::{self, Personas, Shared};
use headwaters::limits::Limits;
use headwaters::native::Catalog;
use headwaters::source::Environment;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct Server {
    address: SocketAddr,
    client: reqwest::Client,
    _store: tempfile::TempDir,
}

pub struct Got {
    pub status: u16,
    /// Null where it is no JSON.
    pub body: Value,
    /// `www-authenticate`
    pub challenge: Option<String>,
    pub elapsed: Duration,
}

impl Server {
    /// Everybody is the public.
    pub async fn start(limits: Limits) -> Self {
        let callers = Callers::public(limits.clone());
        Self::with(limits, callers).await
    }

    pub async fn with(limits: Limits, callers: Callers) -> Self {
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library");
        let store = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", store.path().join("library.sqlite").display());
        let sources = ["CIRCULATION", "READERS", "REVIEWS", "EVENTS", "SEARCH", "ARCHIVE"];
        let urls = sources.iter().map(|name| (format!("LIBRARY_{name}_URL"), "http://127.0.0.1:9".to_owned()));
        let more = [("LIBRARY_CATALOG_URL".to_owned(), url), ("LIBRARY_READERS_TOKEN".to_owned(), "t".to_owned())];
        let environment: Environment = urls.chain(more).collect();
        let (graph, resolvers) = (library.join("graph"), library.join("resolvers"));
        let gateway = gateway::open(&graph, &resolvers, &environment, &limits, Catalog::default()).await;
        let shared = Shared {
            gateway: Arc::new(gateway),
            callers: Arc::new(callers),
            tabs: "[]".into(),
            personas: Personas::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            http::serve::serve(listener, http::router(shared), &limits, std::future::pending()).await
        });
        Self { address, client: reqwest::Client::builder().no_proxy().build().unwrap(), _store: store }
    }

    /// A request as clients send them.
    pub async fn post(&self, body: impl Into<Vec<u8>>) -> Got {
        self.send("POST", "/graphql", &[("content-type", "application/json")], body.into()).await
    }

    /// Asks for `application/graphql-response+json` unless the headers say otherwise.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Got {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method.parse().unwrap(), url).body(body);
        if !headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header("accept", "application/graphql-response+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let started = Instant::now();
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Got { status, body, challenge, elapsed: started.elapsed() }
    }

    /// Sends bytes one by one, so slowly, and then nothing: what comes until the connection ends.
    pub async fn drip(&self, bytes: &str, pause: Duration) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut came = Vec::new();
        let send = async {
            for byte in bytes.as_bytes() {
                tokio::time::sleep(pause).await;
                if writer.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
        };
        // A connection that was cut may end with an error: it has ended.
        let ((), _ended) = tokio::join!(send, reader.read_to_end(&mut came));
        String::from_utf8_lossy(&came).into_owned()
    }

    pub async fn still_answers(&self) {
        let got = self.post(json!({ "query": "{ __typename authors { id } }" }).to_string()).await;
        assert_eq!(got.status, 200, "{}", got.body);
        assert_eq!(got.body["data"]["__typename"], "Query");
        assert!(got.body["data"]["authors"].is_array(), "{}", got.body);
    }
}
