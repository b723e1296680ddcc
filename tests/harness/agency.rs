//! An agency that answers by script, over real HTTP on loopback.
//!
//! The script maps `"GET /path?query"`, or `"POST /path BODY"` with the body as compact JSON, to an answer: a JSON value, or
//! `{"status": 503}`, `{"text": "<html>"}`, `{"delay_ms": 5000, "json": …}`. A call without its body serves too. What is not in
//! the script is 404.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Agency {
    pub name: String,
    address: SocketAddr,
    heard: Arc<Heard>,
}

struct Heard {
    script: Map<String, Value>,
    calls: Mutex<Vec<String>>,
}

impl Agency {
    pub async fn start(name: &str, script: Map<String, Value>) -> Self {
        let heard = Arc::new(Heard { script, calls: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(heard.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { name: name.to_owned(), address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The variable that its resolver file names: `JAIL_URL` for `jail`.
    pub fn variable(&self) -> String {
        format!("{}_URL", self.name.to_uppercase().replace('-', "_"))
    }

    pub fn calls(&self) -> Vec<String> {
        self.heard.calls.lock().unwrap().clone()
    }
}

async fn answer(State(heard): State<Arc<Heard>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let body = serde_json::from_slice::<Value>(&body).map(|body| format!(" {body}")).unwrap_or_default();
    let call = format!("{method} {uri}{body}");
    heard.calls.lock().unwrap().push(call.clone());
    let without_body = format!("{method} {uri}");
    let answer = heard.script.get(&call).or_else(|| heard.script.get(&without_body));
    let Some(answer) = answer else { return StatusCode::NOT_FOUND.into_response() };
    if let Some(delay) = answer.get("delay_ms").and_then(Value::as_u64) {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if let Some(status) = answer.get("status").and_then(Value::as_u64) {
        return StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap().into_response();
    }
    if let Some(text) = answer.get("text").and_then(Value::as_str) {
        return text.to_owned().into_response();
    }
    axum::Json(answer.get("json").unwrap_or(answer).clone()).into_response()
}
