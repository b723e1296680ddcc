//! Open: a client as the source's file and the environment say, or everything that is wrong with them.

use super::address::{Resolver, Zone};
use super::body::Bounds;
use super::login::Login;
use super::{Client, Guard};
use crate::graph::binding::{HeaderValue as Written, Variable};
use crate::graph::{Problem, Source};
use crate::limits::Limits;
use crate::source::environment::{Environment, problem};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity, Url, redirect};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Host;

/// What sources without certificates of their own share: connections are pooled by host.
#[derive(Debug)]
pub(in crate::source) struct Clients {
    public: reqwest::Client,
    private: reqwest::Client,
}

/// Certificates of one source.
#[derive(Debug, Default)]
struct Certificates {
    own: Option<Identity>,
    authority: Vec<Certificate>,
}

impl Clients {
    pub(in crate::source) fn new() -> Result<Self, reqwest::Error> {
        let shared = |private| http(private, Certificates::default());
        Ok(Self { public: shared(false)?, private: shared(true)? })
    }

    fn of(&self, private: bool) -> &reqwest::Client {
        if private { &self.private } else { &self.public }
    }
}

fn http(private: bool, certificates: Certificates) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Resolver { private })
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .user_agent(concat!("headwaters/", env!("CARGO_PKG_VERSION")));
    if !certificates.authority.is_empty() {
        builder = builder.tls_certs_only(certificates.authority);
    }
    if let Some(own) = certificates.own {
        builder = builder.identity(own);
    }
    builder.build()
}

impl Client {
    pub(in crate::source) fn open(
        clients: &Clients,
        source: &Source,
        environment: &Environment,
        limits: &Limits,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let mut push = |problem: Box<Problem>| problems.push(*problem);
        let address = base(source, environment).map_err(&mut push).ok();
        let certificates = certificates(source, environment, &mut push);
        let private = source.reach.private || address.as_ref().is_some_and(Address::is_here);
        let http = if source.reach.certificate.is_none() && source.reach.authority.is_none() {
            Some(clients.of(private).clone())
        } else {
            let made = http(private, certificates);
            let wrong = |_| {
                let message = format!("source `{}`: no client can be made with these certificates", source.name);
                Box::new(Problem::error(&source.place, message))
            };
            made.map_err(wrong).map_err(&mut push).ok()
        };
        let login = http.as_ref().and_then(|http| login(http, source, environment, limits, &mut push));
        let headers = headers(source, environment, problems);
        if problems.len() > before {
            return None;
        }
        Some(Self {
            http: http?,
            base: address?.url.into(),
            headers: headers?,
            login,
            guard: Guard::new(&source.name, &source.reach, limits),
            bounds: Bounds::of(limits),
        })
    }
}

/// Where a source is.
struct Address {
    url: Url,
}

impl Address {
    /// Whether the operator wrote a private address, or this machine's name: they know that it is one.
    fn is_here(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
            host => ip(host).is_some_and(|ip| Zone::of(ip) == Zone::Private),
        }
    }
}

fn ip(host: Option<Host<&str>>) -> Option<IpAddr> {
    match host? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// The base URL: fixed at the start, nothing but a place.
fn base(source: &Source, environment: &Environment) -> Result<Address, Box<Problem>> {
    let Some(variable) = &source.reach.url else {
        return Err(Box::new(
            Problem::error(&source.place, format!("source `{}` has no `base_url`", source.name))
                .with_hint("name a variable: base_url = \"env:NAME\""),
        ));
    };
    let url = place(variable, environment)?;
    if url.query().is_some() {
        return Err(wrong(variable, "holds more than scheme, host, port and path"));
    }
    Ok(Address { url })
}

/// An address of http or https that may be asked, out of the environment.
fn place(variable: &Variable, environment: &Environment) -> Result<Url, Box<Problem>> {
    let value = environment.required(variable).map_err(Box::new)?;
    let url = Url::parse(value).map_err(|_| wrong(variable, "is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong(variable, "is not an address of http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong(variable, "holds more than scheme, host, port and path"));
    }
    if ip(url.host()).is_some_and(|ip| Zone::of(ip) == Zone::Never) {
        return Err(wrong(variable, "is an address that is no agency's"));
    }
    Ok(url)
}

#[expect(clippy::unnecessary_box_returns, reason = "an error of a result, which is better small")]
fn wrong(variable: &Variable, message: &str) -> Box<Problem> {
    let hint = Some("for example https://api.example.org/v1".to_owned());
    Box::new(problem(variable, format!("the value of `{}` {message}", variable.name), hint))
}

fn certificates(source: &Source, environment: &Environment, push: &mut impl FnMut(Box<Problem>)) -> Certificates {
    let reach = &source.reach;
    let own = reach.certificate.as_ref().map(|variable| {
        let pem = pem(variable, environment)?;
        let of = "holds no certificate with its key, or one that can't be read";
        Identity::from_pem(&pem).map_err(|_| unusable(variable, of))
    });
    let authority = reach.authority.as_ref().map(|variable| {
        let read = Certificate::from_pem_bundle(&pem(variable, environment)?).ok();
        read.filter(|all| !all.is_empty()).ok_or_else(|| unusable(variable, "holds no certificate that can be read"))
    });
    Certificates {
        own: own.transpose().map_err(&mut *push).ok().flatten(),
        authority: authority.transpose().map_err(push).ok().flatten().unwrap_or_default(),
    }
}

/// PEM itself, or of the file that has it.
fn pem(variable: &Variable, environment: &Environment) -> Result<Vec<u8>, Box<Problem>> {
    let value = environment.required(variable).map_err(Box::new)?;
    if value.trim_start().starts_with("-----BEGIN ") {
        return Ok(value.as_bytes().to_vec());
    }
    std::fs::read(value)
        .map_err(|error| unusable(variable, &format!("leads to no file that can be read: {}", error.kind())))
}

#[expect(clippy::unnecessary_box_returns, reason = "an error of a result, which is better small")]
fn unusable(variable: &Variable, what: &str) -> Box<Problem> {
    let hint = Some(
        "PEM, or the path of a file with it: the certificate, those between it and its root, and the key".to_owned(),
    );
    Box::new(problem(variable, format!("the value of `{}` {what}", variable.name), hint))
}

fn login(
    http: &reqwest::Client,
    source: &Source,
    environment: &Environment,
    limits: &Limits,
    push: &mut impl FnMut(Box<Problem>),
) -> Option<Arc<Login>> {
    let written = source.reach.login.as_ref()?;
    let url = place(&written.token_url, environment).and_then(|url| {
        // An id and a secret go there.
        let here = ip(url.host()).is_some_and(|ip| ip.is_loopback());
        let safe = url.scheme() == "https" || here;
        if safe { Ok(url) } else { Err(wrong(&written.token_url, "is no address of https: a secret goes there")) }
    });
    let of = |variable: &Variable| environment.required(variable).map(str::to_owned).map_err(Box::new);
    let url = url.map_err(&mut *push).ok();
    let id = of(&written.client_id).map_err(&mut *push).ok();
    let secret = of(&written.client_secret).map_err(push).ok();
    Login::new(http.clone(), url?, &id?, &secret?, written.scope.as_deref(), limits).map(Arc::new)
}

fn headers(source: &Source, environment: &Environment, problems: &mut Vec<Problem>) -> Option<HeaderMap> {
    let before = problems.len();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(variable) = &source.reach.bearer {
        match secret(variable, environment, |value| format!("Bearer {value}")) {
            Ok(value) => drop(headers.insert(AUTHORIZATION, value)),
            Err(problem) => problems.push(*problem),
        }
    }
    for (name, written) in &source.reach.headers {
        let mut wrong = |message: String| {
            let place = source.place.clone();
            problems.push(Problem::error(&place, message));
        };
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            wrong(format!("`{name}` is no name of a header"));
            continue;
        };
        match written {
            Written::Literal(text) => match HeaderValue::from_str(text) {
                Ok(value) => drop(headers.insert(header, value)),
                Err(_) => wrong(format!("the value of header `{name}` holds characters that a header can't have")),
            },
            Written::Variable(variable) => match secret(variable, environment, str::to_owned) {
                Ok(value) => drop(headers.insert(header, value)),
                Err(problem) => problems.push(*problem),
            },
        }
    }
    (problems.len() == before).then_some(headers)
}

/// A header value out of the environment, that `Debug` does not show.
fn secret(
    variable: &Variable,
    environment: &Environment,
    form: impl Fn(&str) -> String,
) -> Result<HeaderValue, Box<Problem>> {
    let value = environment.required(variable).map_err(Box::new)?;
    let mut value = HeaderValue::from_str(&form(value)).map_err(|_| {
        let message = format!("the value of `{}` holds characters that a header can't have", variable.name);
        Box::new(problem(variable, message, Some("is there a line break at its end?".to_owned())))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
