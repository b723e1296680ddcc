//! Court: the cases of all courts, as things are. How the courts' own system words them is `agencies`' concern.

mod making;
pub mod parties;
pub mod sentence;

use super::cast::{self, Role};
use super::chance::Chance;
use super::names;
use super::places::{county_of, court_ori, district_court, justice_court};
use super::statutes::Statute;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
pub use making::{Now, case};
use sentence::Sentence;
use std::collections::HashMap;

const STREAM_JUDGES: u64 = 3;

/// All courts: cases by place, and ways to them.
#[derive(Debug, Default)]
pub struct Courts {
    pub cases: Vec<Case>,
    pub by_number: HashMap<String, u32>,
    /// By the courts' own number for a defendant.
    pub by_party: HashMap<u64, Vec<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub number: String,
    pub kind: CaseKind,
    pub county: u8,
    /// Place of the defendant.
    pub person: u32,
    /// The courts' own number for the defendant.
    pub party: u64,
    /// Place of the arrest.
    pub arrest: u32,
    pub mans: Option<u64>,
    pub filed: Timestamp,
    pub status: Status,
    pub charges: Vec<Charge>,
    pub hearings: Vec<Hearing>,
    pub updated: Timestamp,
    /// For what is drawn about the case later.
    pub key: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseKind {
    /// In the district court.
    Felony,
    /// In the justice court.
    Misdemeanor,
    /// In the justice court, begun by a citation without an arrest.
    Citation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Open,
    Inactive,
    Reopened,
    Closed,
}

/// Its count is its place, from 1, and its sequence in the arrest is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub statute: &'static Statute,
    pub ended: Option<Ended>,
    pub sentence: Option<Box<Sentence>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub how: Disposition,
    pub on: Date,
    pub plea: Plea,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plea {
    Guilty,
    NotGuilty,
    NoContest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Plea,
    Trial,
    Acquitted,
    Dismissed,
    Deferred,
    /// Dismissed after the time of deferral (46-18-204 MCA).
    DeferredDismissed,
}

impl Disposition {
    #[must_use]
    pub const fn conviction(self) -> bool {
        matches!(self, Self::Plea | Self::Trial)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    pub kind: HearingKind,
    pub at: Timestamp,
    pub room: u16,
    pub status: HearingStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HearingKind {
    InitialAppearance,
    Arraignment,
    Omnibus,
    ChangeOfPlea,
    Trial,
    Sentencing,
    Revocation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HearingStatus {
    Scheduled,
    Held,
    Continued,
    Vacated,
}

impl Courts {
    /// Numbers cases by kind, county and year of filing, in the order of filing, and finds them by it.
    pub fn open(mut cases: Vec<Case>, zone: &TimeZone) -> Self {
        let mut order: Vec<u32> = (0..).take(cases.len()).collect();
        order.sort_by_key(|at| super::world::item(&cases, *at).map(|case| (case.filed, case.party)));
        let mut courts = Self::default();
        let mut sequences: HashMap<(CaseKind, u8, i16), u32> = HashMap::new();
        for at in order {
            let Some(case) = usize::try_from(at).ok().and_then(|at| cases.get_mut(at)) else { continue };
            let year = case.filed.to_zoned(zone.clone()).year();
            let sequence = sequences.entry((case.kind, case.county, year)).or_default();
            *sequence += 1;
            let county = case.county;
            case.number = match case.kind {
                CaseKind::Felony => format!("DC-{county:02}-{year}-{sequence:07}-IN"),
                CaseKind::Misdemeanor => format!("CR-{county:02}-{year}-{sequence:07}-CM"),
                CaseKind::Citation => format!("TK-{county:02}-{year}-{sequence:07}-TK"),
            };
            courts.by_number.insert(case.number.clone(), at);
            courts.by_party.entry(case.party).or_default().push(at);
        }
        courts.cases = cases;
        courts
    }

    #[must_use]
    pub fn case(&self, number: &str) -> Option<&Case> {
        super::world::item(&self.cases, *self.by_number.get(number)?)
    }

    /// In the order of filing.
    #[must_use]
    pub fn cases_of(&self, party: u64) -> Vec<&Case> {
        let at = self.by_party.get(&party).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| super::world::item(&self.cases, *at)).collect()
    }

    /// The case and the charge of a count, `DC-56-2026-0000104-IN` and `1`.
    #[must_use]
    pub fn charge(&self, number: &str, count: &str) -> Option<(&Case, usize, &Charge)> {
        let case = self.case(number)?;
        let place = count.parse::<usize>().ok()?.checked_sub(1)?;
        Some((case, place, case.charges.get(place)?))
    }
}

impl Case {
    #[must_use]
    pub const fn felony(&self) -> bool {
        matches!(self.kind, CaseKind::Felony)
    }

    #[must_use]
    pub fn court(&self) -> String {
        let county = county_of(self.county);
        if self.felony() { district_court(county) } else { justice_court(county) }
    }

    /// ORI of the court: county, 15 for district or 13 for justice courts, `J`.
    #[must_use]
    pub fn court_ori(&self) -> String {
        court_ori(self.county, self.felony())
    }

    /// One judge a court, in this world.
    #[must_use]
    pub fn judge(&self, seed: u64) -> String {
        let court = u64::from(self.county) * 2 + u64::from(self.felony());
        let mut chance = Chance::new(seed, STREAM_JUDGES, court);
        let female = chance.permille(500);
        names::invent(&mut chance, female).full()
    }

    /// Nothing is left but charges that were dismissed, one of them after deferral.
    #[must_use]
    pub fn confidential(&self) -> bool {
        let ends = |wanted| self.charges.iter().any(|charge| charge.ended.is_some_and(|ended| ended.how == wanted));
        ends(Disposition::DeferredDismissed)
            && self.charges.iter().all(|charge| {
                charge
                    .ended
                    .is_some_and(|ended| matches!(ended.how, Disposition::DeferredDismissed | Disposition::Dismissed))
            })
    }

    /// Secured by order: one case in this world of which the court itself says so.
    #[must_use]
    pub fn sealed(&self) -> bool {
        cast::role_at(self.person) == Some(Role::Expunged)
    }

    #[must_use]
    pub const fn open(&self) -> bool {
        !matches!(self.status, Status::Closed)
    }

    /// Number of a charge's sentence.
    #[must_use]
    pub fn sentence_id(&self, place: usize) -> String {
        format!("{}.{}", self.number, place + 1)
    }
}
