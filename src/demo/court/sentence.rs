//! Sentences: what a court imposed for a charge, and where that stands.

use super::making::Now;
use super::{Disposition, Ended};
use crate::demo::arrests::{Arrest, DAY};
use crate::demo::chance::Chance;
use crate::demo::statutes::Statute;
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    pub imposed: Date,
    pub status: Status,
    pub concurrent: bool,
    pub components: Vec<Component>,
    /// When all of it is over.
    pub over: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Serving,
    Suspended,
    Completed,
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    pub kind: Kind,
    pub days: i64,
    pub suspended: i64,
    pub credit: i64,
    /// Dollars.
    pub fine: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Prison,
    Jail,
    Suspended,
    Deferred,
    Fine,
}

/// For how long a sentence is deferred (46-18-201 MCA allows up to three years for a felony, one for a misdemeanor).
#[must_use]
pub const fn deferred_days(felony: bool) -> i64 {
    if felony { 730 } else { 365 }
}

impl Sentence {
    /// The sentence for a charge that ended so, imposed on that day.
    pub fn of(
        chance: &mut Chance,
        now: Now,
        statute: &Statute,
        ended: Ended,
        imposed: Date,
        arrest: &Arrest,
    ) -> Result<Self> {
        let credit = arrest.held.map_or(0, |held| (held / DAY + 1).min(180));
        let today = now.date(now.moment);
        let mut components = Vec::new();
        let cast = arrest.fate.is_some();
        let span = match ended.how {
            Disposition::Deferred | Disposition::DeferredDismissed => {
                let days = deferred_days(statute.felony);
                components.push(Component { kind: Kind::Deferred, days, suspended: 0, credit: 0, fine: 0 });
                days
            }
            _ if statute.felony && if cast { ended.how == Disposition::Trial } else { chance.permille(350) } => {
                let days = if cast { 20 } else { chance.between(2, 10) } * 365;
                let suspended = days * chance.between(2, 6) / 10 / 365 * 365;
                components.push(Component { kind: Kind::Prison, days, suspended, credit, fine: 0 });
                days
            }
            _ if statute.felony => {
                let days = if cast { 5 } else { chance.between(2, 5) } * 365;
                components.push(Component { kind: Kind::Suspended, days, suspended: days, credit, fine: 0 });
                days
            }
            _ => {
                let days = chance.between(2, 180);
                let suspended = days * chance.between(5, 10) / 10;
                components.push(Component { kind: Kind::Jail, days, suspended, credit: credit.min(days), fine: 0 });
                days
            }
        };
        if chance.permille(600) {
            let fine = chance.between(1, 20) * 50;
            components.push(Component { kind: Kind::Fine, days: 0, suspended: 0, credit: 0, fine });
        }
        let over = imposed.checked_add(span.days())?;
        let prison = components.iter().any(|component| component.kind == Kind::Prison);
        let status = match ended.how {
            _ if over <= today || ended.how == Disposition::DeferredDismissed => Status::Completed,
            Disposition::Deferred => Status::Suspended,
            _ if ended.on > imposed => Status::Revoked,
            _ if prison || !statute.felony => Status::Serving,
            _ => Status::Suspended,
        };
        Ok(Self { imposed, status, concurrent: chance.permille(500), components, over })
    }

    #[must_use]
    pub fn prison(&self) -> Option<&Component> {
        self.components.iter().find(|component| component.kind == Kind::Prison)
    }

    /// When a quarter of the prison time is over (46-23-201 MCA).
    #[must_use]
    pub fn parole_eligible(&self) -> Option<Date> {
        let prison = self.prison()?;
        let days = (prison.days - prison.suspended) / 4 - prison.credit.min(30);
        self.imposed.checked_add(days.max(1).days()).ok()
    }
}
