//! Book: everything decided so far for callers who are alike in what policies read. Shared, so that a decision is made once.
//!
//! A book is good for one stretch of time, in which the same agreements are in force, so nothing in it ever has to be taken back.

use super::asking::Asking;
use super::cedar::{Decided, Decision};
use super::outcome::{Ladder, Lane};
use super::policies::Policies;
use super::vocabulary::{ClassId, Verb};
use crate::graph::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What policies say to one kind of asking.
#[derive(Debug)]
pub struct Book {
    pub asking: Asking,
    /// Ids of the agreements in force.
    pub agreements: Vec<Arc<str>>,
    /// Seconds since 1970 at which this stretch of time ends.
    pub valid_until: Option<i64>,
    decided: RwLock<HashMap<(TypeId, Verb, ClassId), Arc<Decided>>>,
    lacking: RwLock<HashMap<(TypeId, ClassId), Option<Lacking>>>,
}

/// What a caller would have to add for a decision to be another: said where a field is denied for every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    Purpose,
    Reason,
    CaseReference,
    Role,
    Agreement,
}

impl Lacking {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::Reason => "reason",
            Self::CaseReference => "case reference",
            Self::Role => "role",
            Self::Agreement => "agreement",
        }
    }
}

impl Book {
    #[must_use]
    pub fn new(asking: Asking, agreements: Vec<Arc<str>>, valid_until: Option<i64>) -> Self {
        Self { asking, agreements, valid_until, decided: RwLock::default(), lacking: RwLock::default() }
    }

    /// What policies say for one type, verb and class.
    #[must_use]
    pub fn decide(&self, policies: &Policies, on: TypeId, verb: Verb, class: ClassId) -> Arc<Decided> {
        let key = (on, verb, class);
        let known = self.decided.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let decided = Arc::new(policies.decide(key, &self.asking, &self.agreements));
            let mut all = self.decided.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_insert(decided))
        })
    }

    /// The ladders of some classes of one type.
    #[must_use]
    pub fn lane(&self, policies: &Policies, on: TypeId, classes: &[ClassId]) -> Lane {
        let ladder = |class: &ClassId| Ladder {
            class: *class,
            disclose: self.decide(policies, on, Verb::Disclose, *class),
            exist: self.decide(policies, on, Verb::Exist, *class),
            otherwise: policies.classes.get(*class).otherwise.outcome(),
            hides: policies.classes.hides().clone(),
        };
        Lane::new(classes.iter().map(ladder).collect())
    }

    /// May one look for records of a type by data of these classes? There is no rung below: either all may be used or none.
    #[must_use]
    pub fn filter(&self, policies: &Policies, on: TypeId, classes: &[ClassId]) -> Lane {
        let denied = Arc::new(Decided { decision: Decision::Denied, because: Vec::new(), fault: None });
        let ladder = |class: &ClassId| Ladder {
            class: *class,
            disclose: self.decide(policies, on, Verb::Filter, *class),
            exist: denied.clone(),
            otherwise: super::outcome::Outcome::Hide,
            hides: Arc::default(),
        };
        Lane::new(classes.iter().map(ladder).collect())
    }

    /// What would have to be added for data of this class to be had of any record: the first thing that would do it alone.
    #[must_use]
    pub fn lacking(&self, policies: &Policies, on: TypeId, class: ClassId) -> Option<Lacking> {
        let key = (on, class);
        if let Some(known) = self.lacking.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *known;
        }
        let lacking = self.find_lacking(policies, on, class);
        self.lacking.write().unwrap_or_else(PoisonError::into_inner).insert(key, lacking);
        lacking
    }

    fn find_lacking(&self, policies: &Policies, on: TypeId, class: ClassId) -> Option<Lacking> {
        let would = |asking: &Asking, agreements: &[Arc<str>]| {
            policies.decide((on, Verb::Disclose, class), asking, agreements).decision != Decision::Denied
        };
        let own = &self.asking;
        let with_purpose = |purpose: &str| Asking { purpose: purpose.into(), ..own.clone() };
        let roles: Arc<[Arc<str>]> = policies.reads().roles.iter().cloned().collect();
        let every: Vec<Arc<str>> = policies.agreements.all.iter().map(|one| one.id.clone()).collect();
        let given = Some(Arc::<str>::from("given"));
        if policies.purposes.of(&own.kind).iter().any(|purpose| would(&with_purpose(purpose), &self.agreements)) {
            Some(Lacking::Purpose)
        } else if !own.reason && would(&Asking { reason: true, ..own.clone() }, &self.agreements) {
            Some(Lacking::Reason)
        } else if own.case_ref.is_none() && would(&Asking { case_ref: given, ..own.clone() }, &self.agreements) {
            Some(Lacking::CaseReference)
        } else if would(&Asking { roles, ..own.clone() }, &self.agreements) {
            Some(Lacking::Role)
        } else if would(own, &every) {
            Some(Lacking::Agreement)
        } else {
            None
        }
    }
}
