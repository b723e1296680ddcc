//! Home: who may come in where everybody who comes in may have everything.
//!
//! An address of this machine keeps other machines out, and not the pages in its browsers: a page from anywhere may send
//! requests here, and one whose name was made to lead here may read the answers too. Both say so in a header.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets through what is addressed to this machine by a name of its own, and comes from no page or from one of ours.
pub async fn guard(request: Request, next: Next) -> Response {
    match refused(request.headers()) {
        None => next.run(request).await,
        Some((status, reason)) => (status, reason).into_response(),
    }
}

fn refused(headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let Some(host) = only(headers, &header::HOST).filter(|host| is_own(host)) else {
        return Some((StatusCode::MISDIRECTED_REQUEST, "ask for localhost, 127.0.0.1 or [::1]\n"));
    };
    if !headers.contains_key(header::ORIGIN) {
        return None;
    }
    let origin = only(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
    let is_ours = origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host));
    (!is_ours).then_some((StatusCode::FORBIDDEN, "pages from elsewhere may not ask\n"))
}

/// A header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Is it this machine's own name, with any port or none?
fn is_own(host: &str) -> bool {
    let names = ["localhost", "127.0.0.1", "[::1]"];
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(host: &str, origin: Option<&str>) -> Option<u16> {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        refused(&headers).map(|(status, _)| status.as_u16())
    }

    #[test]
    fn this_machine_has_three_names() {
        for host in ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"]
        {
            assert_eq!(status(host, None), None, "{host}");
        }
        for host in [
            "",
            ":8080",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.2",
            "0.0.0.0:8080",
            "[::2]",
            "localhost:80:80",
            "localhost:x",
            "x@localhost",
            "::1",
        ] {
            assert_eq!(status(host, None), Some(421), "{host}");
        }
        assert_eq!(refused(&HeaderMap::new()).map(|(status, _)| status.as_u16()), Some(421));
        let mut twice = HeaderMap::new();
        twice.append(header::HOST, "localhost".parse().unwrap());
        twice.append(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(refused(&twice).map(|(status, _)| status.as_u16()), Some(421));
    }

    #[test]
    fn a_page_asks_where_it_comes_from() {
        assert_eq!(status("127.0.0.1:8080", Some("http://127.0.0.1:8080")), None);
        for origin in [
            "null",
            "",
            "http://evil.example",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://127.0.0.1:8080.evil.example",
        ] {
            assert_eq!(status("127.0.0.1:8080", Some(origin)), Some(403), "{origin}");
        }
    }
}
