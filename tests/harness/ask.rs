//! One question to a gateway in process, without HTTP.

use headwaters::caller::Caller;
use headwaters::gateway::Gateway;
use headwaters::request::Request;
use serde_json::{Map, Value};
use std::time::Instant;

/// The bytes of the answer, a refusal's too.
pub async fn ask(gateway: &Gateway, document: &str, variables: Map<String, Value>) -> Vec<u8> {
    let request = Request { document: document.to_owned(), variables, ..Request::default() };
    match gateway.answer(&request, &Caller::developer(), Instant::now()).await {
        Ok(written) => written.bytes,
        Err(refusal) => refusal.to_json(),
    }
}
