//! A witness that is a server.

use super::Bearer;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url, redirect};
use std::time::Duration;

/// How long it may take to answer.
const WAIT: Duration = Duration::from_secs(5);

/// Posts a checkpoint, and waits until it was taken.
pub(super) fn post(url: &str, bearer: Option<&Bearer>, line: &str) -> Result<(), &'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| "no runtime")?;
    // A client of its own: this happens once a second, and no connection that has gone stale stands in the way.
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(WAIT)
        .user_agent(concat!("headwaters/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| "no HTTP client can be made")?;
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(line.to_owned());
    let request = match bearer {
        Some(Bearer(token)) => request.bearer_auth(token),
        None => request,
    };
    // within the runtime: sending sets a timer
    match runtime.block_on(async { request.send().await }) {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) if matches!(response.status().as_u16(), 401 | 403) => Err("it wants another token"),
        Ok(_) => Err("the status is none of success"),
        Err(error) if error.is_timeout() => Err("no answer in time"),
        Err(error) if error.is_connect() => Err("no connection"),
        Err(_) => Err("the connection broke"),
    }
}

/// Over TLS, or on this machine, and without a password in it.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let own = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
    bare && (url.scheme() == "https" || (url.scheme() == "http" && own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_reached_over_tls_or_on_this_machine() {
        for url in ["https://witness.example.gov/ledger", "http://127.0.0.1:80/", "http://[::1]/x"] {
            assert!(is_safe(url), "{url}");
        }
        for url in ["http://witness.example.gov", "https://a:b@witness.example.gov/", "ftp://127.0.0.1/", "file:///x"] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
