//! Prefill: the page for people. A form, filled, with each value's source and age beside it; to print, and to take along as JSON or PDF.
//!
//! Made on the server, of our own words and escaped text (`html`); it runs without scripts. What it asks goes by POST, so that no id and no reason
//! stands in an address. It knows nobody by itself: whoever stands in front (the agency's own sign-on) sends the token with each request, and in the
//! demonstration one chooses whom to be ([decision 34](../../../docs/decisions/0034-the-page-keeps-no-session.md)).

mod find;
mod html;
mod pdf;
mod sheet;

use super::Shared;
use super::forms::{self, Answered};
use super::graphql::{identify, whole};
use crate::error::Refusal;
use crate::prefill::FilledForm;
use crate::request::Request;
use axum::extract::{self, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use html::Html;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Nothing from elsewhere, and no script at all.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("style.css");
/// Bytes of what the page sends.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What the page sends: what was chosen and typed so far.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Said {
    /// What to do: `find`, `fill`, `json` or `pdf`.
    pub step: String,
    pub form: String,
    pub surname: String,
    pub given: String,
    /// What the form is to be filled for: a target's name and its key.
    pub target: String,
    pub key: String,
    pub purpose: String,
    pub reason: String,
    pub case_reference: String,
    /// Whom to be, in the demonstration.
    pub persona: String,
}

/// Somebody to be, in the demonstration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Persona {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub person: String,
    pub purposes: Vec<String>,
    pub reason: Option<String>,
    pub case_reference: Option<String>,
    pub token: Option<String>,
}

/// `GET /prefill`
pub async fn start(State(shared): State<Shared>) -> Response {
    let personas = personas(&shared);
    page(StatusCode::OK, "Fill a form", |html| find::ask(html, &shared, &personas, &Said::default()))
}

/// `GET /prefill/style.css`
pub async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, STYLE).into_response()
}

/// `POST /prefill`
pub async fn step(State(shared): State<Shared>, request: extract::Request) -> Response {
    let (head, body) = request.into_parts();
    if is_from_elsewhere(&head.headers) {
        return told(StatusCode::FORBIDDEN, "A page from elsewhere may not ask.", None);
    }
    let wait = Duration::from_millis(shared.gateway.limits().client_ms_max);
    let mut body = body.into_data_stream();
    let Ok(Some(bytes)) = tokio::time::timeout(wait, whole(&mut body, BODY_BYTES_MAX)).await else {
        return told(StatusCode::PAYLOAD_TOO_LARGE, "That was too much, or it did not come whole.", None);
    };
    let Some(mut said) = read(&bytes) else {
        return told(StatusCode::BAD_REQUEST, "This is not what the page sends.", None);
    };
    let personas = personas(&shared);
    let persona = personas.iter().find(|persona| persona.name == said.persona);
    if let Some(persona) = persona {
        said.settle(persona);
    }
    let headers = signed_in(&head.headers, persona);
    let asked = Asked { shared: &shared, head: &head, headers, said: &said };
    let outcome = match said.step.as_str() {
        "fill" => asked.sheet().await,
        "json" => asked.download("json").await,
        "pdf" => asked.download("pdf").await,
        _ => asked.found(&personas).await,
    };
    outcome.unwrap_or_else(|refused| in_words(&refused))
}

/// One step of somebody.
struct Asked<'a> {
    shared: &'a Shared,
    head: &'a Parts,
    headers: HeaderMap,
    said: &'a Said,
}

impl Asked<'_> {
    async fn ask(&self, mut request: Request) -> Result<Answered, Response> {
        request.extensions.insert("purpose".to_owned(), self.said.stated());
        forms::ask(self.shared, self.head, &self.headers, request).await
    }

    /// People by the name that was typed, or the form for the booking or case that was.
    async fn found(&self, personas: &[Persona]) -> Result<Response, Response> {
        if !self.said.key.is_empty() {
            return self.sheet().await;
        }
        // Who can't be told who they are is told so by the question itself.
        let caller = identify(self.shared, &self.headers, &Request::default()).await;
        let world = self.shared.gateway.world();
        let by_id = caller.is_ok_and(|caller| world.shows(&caller, "Person", "id"));
        let found = self.ask(find::request(self.said, by_id)).await?;
        let mut html = Html::default();
        find::people(&mut html, self.shared, personas, self.said, &found.data);
        Ok(found.leave(whole_page("Fill a form", html), page_headers()))
    }

    async fn filled(&self) -> Result<(FilledForm, Answered), Response> {
        let world = self.shared.gateway.world();
        let Said { form, target, key, .. } = self.said;
        let request = world.prefills.request(&world.graph, form, target, key.trim());
        let request = request.filter(|_| world.prefills.targets(form).any(|known| *known.name == **target));
        let request = request.ok_or_else(|| {
            told(StatusCode::BAD_REQUEST, "The form can't be filled for that.", Some("A booking is FACILITY/NUMBER."))
        })?;
        let answered = self.ask(request).await?;
        let filled = answered.data.get("prefill").cloned().and_then(|filled| serde_json::from_value(filled).ok());
        let filled = filled.ok_or_else(|| told(StatusCode::BAD_GATEWAY, "The form could not be filled.", None))?;
        Ok((filled, answered))
    }

    async fn sheet(&self) -> Result<Response, Response> {
        let (filled, answered) = self.filled().await?;
        let mut html = Html::default();
        let figure = self.shared.gateway.savings().of_form(&filled.id);
        sheet::write(&mut html, &filled, self.said, figure);
        Ok(answered.leave(whole_page(&filled.title, html), page_headers()))
    }

    /// One more disclosure, and one more entry of the ledger: what is taken along is what is so now.
    async fn download(&self, kind: &'static str) -> Result<Response, Response> {
        let (filled, answered) = self.filled().await?;
        let (bytes, media) = match kind {
            "pdf" => (pdf::write(&filled), "application/pdf"),
            _ => (serde_json::to_vec_pretty(&filled).unwrap_or_default(), "application/json"),
        };
        let mut headers = page_headers();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        // A form's id is letters, digits and hyphens: it is the name of a file of ours.
        let name = format!("attachment; filename=\"{}.{kind}\"", filled.id);
        if let Ok(name) = HeaderValue::from_str(&name) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(answered.leave(bytes, headers))
    }
}

impl Said {
    /// What the request states about itself.
    fn stated(&self) -> Value {
        let all = [("code", &self.purpose), ("reason", &self.reason), ("caseReference", &self.case_reference)];
        let said = all.into_iter().filter(|(_, value)| !value.trim().is_empty());
        Value::Object(said.map(|(name, value)| (name.to_owned(), json!(value.trim()))).collect::<Map<_, _>>())
    }

    /// What was left open is as the persona states it by default.
    fn settle(&mut self, persona: &Persona) {
        let or = |said: &mut String, default: Option<&String>| {
            if said.trim().is_empty() {
                said.clone_from(default.unwrap_or(&String::new()));
            }
        };
        or(&mut self.purpose, persona.purposes.first());
        or(&mut self.reason, persona.reason.as_ref());
        or(&mut self.case_reference, persona.case_reference.as_ref());
    }
}

/// A form as browsers send it.
fn read(bytes: &[u8]) -> Option<Said> {
    let mut members = Map::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if members.insert(name.into_owned(), Value::from(value.into_owned())).is_some() {
            return None;
        }
    }
    serde_json::from_value(Value::Object(members)).ok()
}

fn personas(shared: &Shared) -> Vec<Persona> {
    let written = shared.personas.0.as_ref().map(|written| written());
    written.and_then(|written| serde_json::from_str(&written).ok()).unwrap_or_default()
}

/// The request's headers; the token of whom one chose to be, in the demonstration.
fn signed_in(headers: &HeaderMap, persona: Option<&Persona>) -> HeaderMap {
    let mut headers = headers.clone();
    let token = persona.and_then(|persona| persona.token.as_ref());
    if let Some(token) = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok()) {
        headers.insert(header::AUTHORIZATION, token);
    }
    headers
}

/// A browser says where a page comes from that sends a form. Whoever signs on by a cookie in front of this is asked by our own pages only.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return true;
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let own = text(header::HOST).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, host)| !host.eq_ignore_ascii_case(own))
}

/// A refusal, said to people.
fn in_words(refused: &Response) -> Response {
    let refusal = refused.extensions().get::<Arc<Refusal>>();
    let error = refusal.and_then(|refusal| refusal.errors().first());
    let Some(error) = error else {
        return told(refused.status(), "This could not be done.", None);
    };
    told(refused.status(), &error.message, error.hint.as_deref())
}

fn told(status: StatusCode, message: &str, hint: Option<&str>) -> Response {
    page(status, "Not done", |html| {
        html.raw("<h1>Not done</h1><section class=\"error\" role=\"alert\">").element("p", message);
        if let Some(hint) = hint {
            html.raw("<p class=\"note\">").text(hint).raw("</p>");
        }
        html.raw("<p><a href=\"/prefill\">Begin again</a></p></section>");
    })
}

fn page(status: StatusCode, title: &str, write: impl FnOnce(&mut Html)) -> Response {
    let mut html = Html::default();
    write(&mut html);
    (status, page_headers(), whole_page(title, html)).into_response()
}

fn whole_page(title: &str, main: Html) -> Vec<u8> {
    let mut head = Html::default();
    head.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
    head.element("title", title).raw("<link rel=\"stylesheet\" href=\"/prefill/style.css\"></head><body>");
    head.raw("<a class=\"skip\" href=\"#main\">To the form</a><header class=\"site\"><a href=\"/prefill\">Headwaters</a></header>");
    head.raw("<main id=\"main\">");
    let mut bytes = head.into_bytes();
    bytes.extend(main.into_bytes());
    bytes.extend_from_slice(b"</body></html>\n");
    bytes
}

fn page_headers() -> HeaderMap {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // To itself it says where it comes from, or browsers say `Origin: null` of its own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}
