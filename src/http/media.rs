//! Media: which of the two media types of GraphQL over HTTP a client wants.

use axum::http::{HeaderMap, header};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says what became of the request.
    Response,
    /// `application/json`: 200 for everything that is well-formed GraphQL, executed or not.
    Json,
}

impl Media {
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The type that `Accept` likes best, `application/json` where it says nothing; `None` where it takes neither.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        let mut any = false;
        for value in headers.get_all(header::ACCEPT) {
            for range in value.to_str().unwrap_or_default().split(',').map(str::trim).filter(|range| !range.is_empty())
            {
                any = true;
                let Some((weight, media)) = read(range) else { continue };
                if best.is_none_or(|(known, _): (u16, Self)| weight > known) {
                    best = Some((weight, media));
                }
            }
        }
        if any { best.map(|(_, media)| media) } else { Some(Self::Json) }
    }
}

/// A media range with its weight in thousandths; `None` for one that the gateway can't give.
fn read(range: &str) -> Option<(u16, Media)> {
    let mut parts = range.split(';').map(str::trim);
    let media = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/graphql-response+json" => Media::Response,
        "application/json" | "application/*" | "*/*" => Media::Json,
        _ => return None,
    };
    let mut weight = 1000;
    for part in parts {
        let (name, value) = part.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => weight = thousandths(value.trim())?,
            "charset" if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => return None,
            _ => {}
        }
    }
    (weight > 0).then_some((weight, media))
}

/// `0.9` is 900.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some((whole * 1000 + padded).min(1000))
}

/// Is this body JSON in UTF-8?
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &[&str], expect: Option<Media>) {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, value.parse().unwrap());
        }
        assert_eq!(Media::accepted(&headers), expect, "{accept:?}");
    }

    #[test]
    fn the_best_liked_of_the_two_is_given() {
        check(&[], Some(Media::Json));
        check(&["*/*"], Some(Media::Json));
        check(&["application/graphql-response+json"], Some(Media::Response));
        check(&["application/graphql-response+json; charset=utf-8, application/json; q=0.9"], Some(Media::Response));
        check(&["application/graphql-response+json;q=0.8, application/json"], Some(Media::Json));
        check(&["application/json;q=0.1", "application/graphql-response+json;q=0.2"], Some(Media::Response));
    }

    #[test]
    fn what_the_gateway_can_t_give_is_refused() {
        check(&["text/html"], None);
        check(&["application/json;q=0"], None);
        check(&["application/json; charset=latin1"], None);
        check(&["application/json;q=nonsense"], None);
    }

    #[test]
    fn a_body_is_json_in_utf_8_or_not_read() {
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; charset=\"UTF-8\""));
        assert!(!is_json("application/json; charset=utf-16"));
        assert!(!is_json("text/plain"));
        assert!(!is_json(""));
    }
}
