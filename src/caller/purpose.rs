//! Purpose: what a request says it is for.
//!
//! It comes in headers, or in the GraphQL request's `extensions`, or in both if both say the same. Which purposes a caller may state,
//! and for which one is needed at all, is for `policy` to say.

use super::refuse::bad;
use crate::error::{Code, Error, Refusal};
use crate::limits::Limits;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What data may be asked for. Others, as for employment or licences, are not served: 28 CFR 20.33.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Criminal justice: NCIC purpose code C.
    CriminalJustice,
    /// Domestic violence and stalking proceedings: NCIC purpose code D.
    DomesticViolence,
    /// Notice to victims and help for them.
    Victim,
    /// Defense of a person charged.
    Defense,
    Statistics,
    Public,
    /// One's own record.
    Subject,
    Audit,
}

impl Purpose {
    pub const ALL: [Self; 8] = [
        Self::CriminalJustice,
        Self::DomesticViolence,
        Self::Victim,
        Self::Defense,
        Self::Statistics,
        Self::Public,
        Self::Subject,
        Self::Audit,
    ];

    /// As requests and policies write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CriminalJustice => "C",
            Self::DomesticViolence => "D",
            Self::Victim => "VICTIM",
            Self::Defense => "DEFENSE",
            Self::Statistics => "STATISTICS",
            Self::Public => "PUBLIC",
            Self::Subject => "SUBJECT",
            Self::Audit => "AUDIT",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// What a request states about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub purpose: Option<Purpose>,
    /// Why, in the caller's words.
    pub reason: Option<Arc<str>>,
    /// Number of a case, booking, warrant or incident.
    pub case_reference: Option<Arc<str>>,
    /// For whom the caller asks, where it is not for themselves.
    pub on_behalf_of: Option<Arc<str>>,
    /// Id of an emergency that the caller says they opened.
    pub break_glass: Option<Arc<str>>,
}

/// Headers, and the members of `extensions.purpose` that say the same.
const WAYS: [(&str, &str); 5] = [
    ("purpose-of-use", "code"),
    ("purpose-reason", "reason"),
    ("case-reference", "caseReference"),
    ("on-behalf-of", "onBehalfOf"),
    ("break-glass", "breakGlass"),
];

/// Reads what is stated. Header names are lower case; other headers are none of its business.
///
/// # Errors
/// `PURPOSE_REFUSED` for a purpose that is not served, `BAD_REQUEST` for a statement that can't be read.
pub(super) fn read<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    extensions: &Map<String, Value>,
    limits: &Limits,
) -> Result<Stated, Refusal> {
    let mut texts: [Option<Arc<str>>; 5] = Default::default();
    for (name, value) in headers {
        let Some((slot, (name, _))) = texts.iter_mut().zip(WAYS).find(|(_, (way, _))| *way == name) else { continue };
        if slot.is_some() {
            return Err(bad(format!("the header `{name}` stands twice"), "send it once"));
        }
        let text = std::str::from_utf8(value).map_err(|_| bad(format!("the header `{name}` is not UTF-8"), TO_DO))?;
        *slot = text_of(text, name, limits)?;
    }
    let mut members = members(extensions)?.into_iter().flatten().collect::<Vec<_>>();
    for (slot, (header, member)) in texts.iter_mut().zip(WAYS) {
        let Some(at) = members.iter().position(|(name, _)| *name == member) else { continue };
        let (_, value) = members.swap_remove(at);
        let name = format!("extensions.purpose.{member}");
        let given = match value {
            Value::Null => None,
            Value::String(text) => text_of(text, &name, limits)?,
            _ => return Err(bad(format!("`{name}` is not a string"), TO_DO)),
        };
        match (&slot, given) {
            (Some(said), Some(given)) if **said != *given => {
                let message = format!("the header `{header}` and `{name}` differ");
                return Err(bad(message, "say it in one place, or the same in both"));
            }
            (None, Some(given)) => *slot = Some(given),
            _ => {}
        }
    }
    if let Some((name, _)) = members.first() {
        let message = format!("`extensions.purpose` has no member `{}`", shown(name));
        return Err(bad(message, TO_DO));
    }
    let [purpose, reason, case_reference, on_behalf_of, break_glass] = texts;
    let purpose = purpose.map(|name| Purpose::named(&name).ok_or_else(|| refused(&name))).transpose()?;
    Ok(Stated { purpose, reason, case_reference, on_behalf_of, break_glass })
}

const TO_DO: &str =
    "`extensions.purpose` takes `code`, `reason`, `caseReference`, `onBehalfOf` and `breakGlass`, all text";
const SHOWN_CHARS_MAX: usize = 40;

fn members(extensions: &Map<String, Value>) -> Result<Option<&Map<String, Value>>, Refusal> {
    match extensions.get("purpose") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(bad("`extensions.purpose` is not an object", TO_DO)),
    }
}

/// Without the space around it; `None` where nothing is left.
fn text_of(text: &str, name: &str, limits: &Limits) -> Result<Option<Arc<str>>, Refusal> {
    let text = text.trim();
    let max = if name.ends_with("reason") { limits.reason_bytes_max } else { limits.reference_bytes_max };
    if text.len() > max {
        return Err(Error::new(Code::Limit, format!("`{name}` is longer than {max} bytes"))
            .hint("say it shorter")
            .into());
    }
    if text.chars().any(char::is_control) {
        return Err(bad(format!("`{name}` holds a control character"), "send one line of text"));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

fn refused(name: &str) -> Refusal {
    let known = Purpose::ALL.map(Purpose::name).join(", ");
    Error::new(Code::PurposeRefused, format!("the purpose `{}` is not served", shown(name)))
        .hint(format!("one of {known}; non-criminal purposes are not served (R28, 28 CFR 20)"))
        .into()
}

/// As much as a message should repeat.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}
