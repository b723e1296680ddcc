//! Asking: what policies may know of a request. Who asks, for what, and what else was said with it.

use crate::caller::{Caller, Certification};
use crate::viewer::Viewer;
use std::sync::Arc;

/// The attributes of a request that policies can read, and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Asking {
    /// Federation id.
    pub user: Arc<str>,
    /// Who vouches for it: an id is somebody's only with this.
    pub provider: Arc<str>,
    /// ORI.
    pub agency: Arc<str>,
    /// A value of the graph's `AgencyKind`.
    pub kind: Arc<str>,
    /// Sorted.
    pub roles: Arc<[Arc<str>]>,
    pub division: Option<Arc<str>>,
    /// Number in the roll of the state bar.
    pub bar: Option<Arc<str>>,
    /// Sorted.
    pub certifications: Arc<[Arc<str>]>,
    pub sworn: bool,
    /// Id of the golden record of whoever asks, where they proved to be that person.
    pub subject: Option<Arc<str>>,
    /// One of [`super::schema::PURPOSES`].
    pub purpose: Arc<str>,
    pub reason: bool,
    pub case_ref: Option<Arc<str>>,
    pub on_behalf_of: Option<Arc<str>>,
    /// Id of the golden record of the person for whom an emergency of theirs stands.
    pub break_glass: Option<Arc<str>>,
}

/// Which attributes the policies read. Callers who differ in others only share their decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    pub user: bool,
    pub provider: bool,
    pub agency: bool,
    /// Roles that are named.
    pub roles: Vec<Arc<str>>,
    pub division: bool,
    pub bar: bool,
    pub certifications: bool,
    pub sworn: bool,
    pub subject: bool,
    pub reason: bool,
    pub case_ref: bool,
    pub on_behalf_of: bool,
    pub break_glass: bool,
    /// What closes a record.
    pub closures: bool,
}

impl Asking {
    /// What policies may know of a caller and what they state.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let stated = caller.stated();
        let mut roles = caller.roles().to_vec();
        roles.sort_unstable();
        let certifications = [(Certification::CriminalHistory, "NCIC"), (Certification::Intelligence, "28CFR23")];
        let certifications =
            certifications.into_iter().filter(|(one, _)| caller.has(*one)).map(|(_, name)| name.into());
        Self {
            user: caller.name().clone(),
            provider: caller.provider().clone(),
            agency: caller.agency().map(|ori| ori.as_str().into()).unwrap_or_default(),
            kind: caller.agency_kind().name().into(),
            roles: roles.into(),
            division: caller.division().cloned(),
            bar: caller.bar().cloned(),
            certifications: certifications.collect(),
            sworn: caller.has(Certification::Sworn),
            subject: caller.subject().cloned(),
            purpose: caller.purpose().map(|purpose| purpose.name().into()).unwrap_or_default(),
            reason: stated.reason.is_some(),
            case_ref: stated.case_reference.clone(),
            on_behalf_of: stated.on_behalf_of.clone(),
            break_glass: caller.emergency().cloned(),
        }
    }

    /// The same of a caller in plain words.
    #[must_use]
    pub fn of_viewer(viewer: &Viewer) -> Self {
        let mut roles = viewer.roles.clone();
        roles.sort_unstable();
        let text = |text: &Option<Arc<str>>| text.clone().unwrap_or_default();
        let certifications = viewer.certifications.iter().filter(|name| ***name != *"sworn").cloned();
        Self {
            user: viewer.user.clone(),
            provider: text(&viewer.provider),
            agency: text(&viewer.agency),
            kind: text(&viewer.kind),
            roles: roles.into(),
            division: viewer.division.clone(),
            bar: viewer.bar.clone(),
            certifications: certifications.collect(),
            sworn: viewer.certifications.iter().any(|name| **name == *"sworn"),
            subject: viewer.subject.clone(),
            purpose: text(&viewer.purpose),
            reason: viewer.reason.is_some(),
            case_ref: viewer.case_reference.clone(),
            on_behalf_of: viewer.on_behalf_of.clone(),
            break_glass: viewer.emergency.clone(),
        }
    }

    /// The case reference behind the agency, where there are both: what a fact of two values may be.
    #[must_use]
    pub fn case_here(&self) -> Option<Arc<str>> {
        let case = self.case_ref.as_ref().filter(|_| !self.agency.is_empty())?;
        Some(format!("{}/{case}", self.agency).into())
    }

    /// What is left of it when only what policies read is kept.
    #[must_use]
    pub fn as_read(&self, reads: &Reads) -> Self {
        let kept = |text: &Option<Arc<str>>, read: bool| text.clone().filter(|_| read);
        let all = self.roles.iter().all(|role| reads.roles.contains(role));
        let roles = || self.roles.iter().filter(|role| reads.roles.contains(role)).cloned().collect();
        Self {
            user: if reads.user { self.user.clone() } else { Arc::default() },
            provider: if reads.provider { self.provider.clone() } else { Arc::default() },
            agency: if reads.agency { self.agency.clone() } else { Arc::default() },
            kind: self.kind.clone(),
            roles: if all { self.roles.clone() } else { roles() },
            division: kept(&self.division, reads.division),
            bar: kept(&self.bar, reads.bar),
            certifications: if reads.certifications { self.certifications.clone() } else { Arc::default() },
            sworn: self.sworn && reads.sworn,
            subject: kept(&self.subject, reads.subject),
            purpose: self.purpose.clone(),
            reason: self.reason && reads.reason,
            case_ref: kept(&self.case_ref, reads.case_ref),
            on_behalf_of: kept(&self.on_behalf_of, reads.on_behalf_of),
            break_glass: kept(&self.break_glass, reads.break_glass),
        }
    }
}

impl Reads {
    /// Everything but roles: for policies that can't be looked through.
    #[must_use]
    pub const fn all(roles: Vec<Arc<str>>) -> Self {
        Self {
            user: true,
            provider: true,
            agency: true,
            roles,
            division: true,
            bar: true,
            certifications: true,
            sworn: true,
            subject: true,
            reason: true,
            case_ref: true,
            on_behalf_of: true,
            break_glass: true,
            closures: true,
        }
    }
}
