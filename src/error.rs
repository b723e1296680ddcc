//! Errors that leave the gateway: one closed list of codes, refusals and field errors.
//!
//! A message is lower case, has no final stop, repeats only what the client sent, and says in `hint` what to do next.
//! Nothing in here holds a value that a source gave.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::sync::Arc;

/// Why a request or a field has no answer. The README has a row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    BadRequest,
    MethodNotAllowed,
    Parse,
    Invalid,
    Variable,
    Limit,
    Unauthenticated,
    PurposeRequired,
    PurposeRefused,
    ForbiddenArgument,
    Overloaded,
    RateLimited,
    LedgerUnavailable,
    Internal,
    Forbidden,
    ExistsElsewhere,
    ConsentNeeded,
    SourceTimeout,
    SourceUnavailable,
    SourceInvalid,
}

impl Code {
    /// Every code, in the order of the README's table.
    pub const ALL: [Self; 20] = [
        Self::BadRequest,
        Self::MethodNotAllowed,
        Self::Parse,
        Self::Invalid,
        Self::Variable,
        Self::Limit,
        Self::Unauthenticated,
        Self::PurposeRequired,
        Self::PurposeRefused,
        Self::ForbiddenArgument,
        Self::Overloaded,
        Self::RateLimited,
        Self::LedgerUnavailable,
        Self::Internal,
        Self::Forbidden,
        Self::ExistsElsewhere,
        Self::ConsentNeeded,
        Self::SourceTimeout,
        Self::SourceUnavailable,
        Self::SourceInvalid,
    ];

    /// As it stands in `extensions.code`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Parse => "PARSE",
            Self::Invalid => "INVALID",
            Self::Variable => "VARIABLE",
            Self::Limit => "LIMIT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PurposeRequired => "PURPOSE_REQUIRED",
            Self::PurposeRefused => "PURPOSE_REFUSED",
            Self::ForbiddenArgument => "FORBIDDEN_ARGUMENT",
            Self::Overloaded => "OVERLOADED",
            Self::RateLimited => "RATE_LIMITED",
            Self::LedgerUnavailable => "LEDGER_UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::Forbidden => "FORBIDDEN",
            Self::ExistsElsewhere => "EXISTS_ELSEWHERE",
            Self::ConsentNeeded => "CONSENT_NEEDED",
            Self::SourceTimeout => "SOURCE_TIMEOUT",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::SourceInvalid => "SOURCE_INVALID",
        }
    }

    /// The HTTP status of a refusal with this code under `application/graphql-response+json`.
    /// Codes of field errors never decide a status: a status must not depend on a record.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::Parse | Self::Invalid | Self::Variable | Self::Limit => 400,
            Self::Unauthenticated => 401,
            // GraphQL over HTTP: a mutation must not run by `GET`.
            Self::MethodNotAllowed => 405,
            Self::PurposeRequired | Self::PurposeRefused | Self::ForbiddenArgument => 403,
            Self::RateLimited => 429,
            Self::Overloaded | Self::LedgerUnavailable => 503,
            Self::Internal => 500,
            Self::Forbidden
            | Self::ExistsElsewhere
            | Self::ConsentNeeded
            | Self::SourceTimeout
            | Self::SourceUnavailable
            | Self::SourceInvalid => 200,
        }
    }
}

/// A place in a GraphQL document, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    pub line: u32,
    pub column: u32,
}

/// One step of the path to a field of the response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Step {
    Key(Arc<str>),
    Index(usize),
}

/// One entry of `errors` in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    pub message: String,
    pub locations: Vec<Location>,
    /// Empty for an error that is not about one field.
    pub path: Vec<Step>,
    pub hint: Option<Box<str>>,
    /// The source that could not be asked, for the `SOURCE_*` codes.
    pub source: Option<Arc<str>>,
    /// For a value that is withheld.
    pub withheld: Option<Box<Withheld>>,
}

/// Where to turn for a value that is withheld.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    /// A coarser field that may be had.
    pub instead: Option<Arc<str>>,
    /// The kind of agency that owns the value.
    pub owner: Option<Arc<str>>,
    /// Whom to ask.
    pub contact: Option<Arc<str>>,
}

impl Error {
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            hint: None,
            source: None,
            withheld: None,
        }
    }

    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.locations.push(location);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Extensions<'a> {
            code: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            source: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            instead: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            owner: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            contact: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'a str>,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        if !self.locations.is_empty() {
            map.serialize_entry("locations", &self.locations)?;
        }
        if !self.path.is_empty() {
            map.serialize_entry("path", &self.path)?;
        }
        let withheld = self.withheld.as_deref();
        let extensions = Extensions {
            code: self.code.name(),
            source: self.source.as_deref(),
            instead: withheld.and_then(|it| it.instead.as_deref()),
            owner: withheld.and_then(|it| it.owner.as_deref()),
            contact: withheld.and_then(|it| it.contact.as_deref()),
            hint: self.hint.as_deref(),
        };
        map.serialize_entry("extensions", &extensions)?;
        map.end()
    }
}

/// A request that was not executed: at least one error, no `data`. The first error's code decides the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    errors: Vec<Error>,
}

impl Refusal {
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { errors: vec![Error::new(code, message)] }
    }

    /// `None` where there is nothing to refuse for.
    #[must_use]
    pub fn of(errors: Vec<Error>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self { errors })
    }

    #[must_use]
    pub fn code(&self) -> Code {
        self.errors.first().map_or(Code::Internal, |error| error.code)
    }

    #[must_use]
    pub fn errors(&self) -> &[Error] {
        &self.errors
    }

    /// `{"errors":[…]}`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            errors: &'a [Error],
        }
        serde_json::to_vec(&Body { errors: &self.errors }).unwrap_or_default()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { errors: vec![error] }
    }
}
