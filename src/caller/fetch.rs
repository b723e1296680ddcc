//! Fetch: what identity providers publish, by HTTP, as careful as with any other server.

use crate::limits::Limits;
use reqwest::{Url, redirect};
use std::time::Duration;

/// The body behind an address: whole, within the bounds on time and bytes, without following anybody elsewhere.
///
/// # Errors
/// What went wrong, without a word of what was answered.
pub async fn fetch(url: &str, limits: &Limits) -> Result<Vec<u8>, &'static str> {
    let wait = Duration::from_millis(limits.provider_ms_max);
    // A client of its own: this happens once in minutes, and no connection that has gone stale stands in the way.
    let client = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(wait)
        .user_agent(concat!("headwaters/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| "no HTTP client can be made")?;
    let url = Url::parse(url).map_err(|_| "the address is not a URL")?;
    let mut response =
        client.get(url).header("accept", "application/json").send().await.map_err(|error| said(&error))?;
    if response.status() != reqwest::StatusCode::OK {
        return Err("the status is not 200");
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| said(&error))? {
        if body.len().saturating_add(chunk.len()) > limits.provider_bytes_max {
            return Err("the answer is longer than may be");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn said(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    }
}

/// Is this an address that tells keys truly: over TLS, or on this machine?
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let own = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    bare && (url.scheme() == "https" || (url.scheme() == "http" && own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for url in [
            "https://login.example.gov",
            "https://login.example.gov/keys?v=2",
            "http://127.0.0.1:80/",
            "http://[::1]/x",
        ] {
            assert!(is_safe(url), "{url}");
        }
        for url in [
            "http://login.example.gov",
            "http://localhost/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example/",
            "https://a:b@login.example.gov/",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "/keys",
            "",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
