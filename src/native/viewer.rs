//! Viewer: who asks, as the graph tells it to whoever asks.

use crate::viewer;
use async_graphql::SimpleObject;
use std::sync::Arc;

/// Who asks, as the gateway understood it, and what they state about this request.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct Viewer {
    /// Id of the user, as their identity provider has it.
    name: String,
    /// Who vouches for them.
    provider: Option<String>,
    /// ORI of their agency.
    agency: Option<String>,
    /// Name of their agency.
    employer: Option<String>,
    /// What their agency is to the justice system: a value of AgencyKind.
    kind: Option<String>,
    /// What they are within it.
    roles: Vec<String>,
    /// Part of the agency with walls of its own.
    division: Option<String>,
    /// What they are trained or sworn for: sworn, NCIC, 28CFR23.
    certifications: Vec<String>,
    /// Id of their own golden record, where they proved to be that person.
    subject: Option<String>,
    /// The purpose of use that this request states.
    purpose: Option<String>,
    /// The reason that it states.
    reason: Option<String>,
    /// The number of a case, booking, warrant or incident that it states.
    case_reference: Option<String>,
    /// For whom it is asked, where that is somebody else.
    on_behalf_of: Option<String>,
}

impl Viewer {
    pub(super) fn of(viewer: &viewer::Viewer) -> Self {
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let texts = |all: &[Arc<str>]| all.iter().map(ToString::to_string).collect();
        let name = if viewer.user.is_empty() { "nobody" } else { &*viewer.user };
        Self {
            name: name.to_owned(),
            provider: text(&viewer.provider),
            agency: text(&viewer.agency),
            employer: text(&viewer.employer),
            kind: text(&viewer.kind),
            roles: texts(&viewer.roles),
            division: text(&viewer.division),
            certifications: texts(&viewer.certifications),
            subject: text(&viewer.subject),
            purpose: text(&viewer.purpose),
            reason: text(&viewer.reason),
            case_reference: text(&viewer.case_reference),
            on_behalf_of: text(&viewer.on_behalf_of),
        }
    }
}
