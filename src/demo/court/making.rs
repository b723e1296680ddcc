//! How a case goes, from filing to the end, up to the present moment.

use super::sentence::{self, Sentence};
use super::{Case, CaseKind, Charge, Disposition, Ended, Hearing, HearingKind, HearingStatus, Plea, Status};
use crate::demo::arrests::{Arrest, DAY, before};
use crate::demo::cast::Fate;
use crate::demo::chance::Chance;
use anyhow::Result;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Minutes after the filing before anybody is given up on.
const MISSING_AFTER: i64 = 60 * DAY;
/// Days from a petition to revoke to the hearing.
const REVOCATION_AFTER: i64 = 45;

/// The present, and where its clocks hang.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    pub moment: Timestamp,
    pub zone: &'a TimeZone,
}

impl Now<'_> {
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// Office hours of that day, at their earliest, have begun.
    fn over(&self, day: Date) -> Result<bool> {
        Ok(day.at(8, 0, 0, 0).to_zoned(self.zone.clone())?.timestamp() < self.moment)
    }
}

/// The case that follows an arrest, still without its number. `days`: how long after the arrest it is filed.
pub fn case(chance: &mut Chance, now: Now, party: u64, (place, arrest): (u32, &Arrest), days: i64) -> Result<Case> {
    let felony = arrest.felony();
    let filed = business(chance, now, now.date(arrest.at), days)?;
    let (low, high) = if felony { (90, 400) } else { (20, 200) };
    let ends_after = chance.between(low, high);
    let fate = fate(chance, felony);
    let fate = arrest.fate.unwrap_or(fate);
    let mut hearings = hearings(chance, now, now.date(filed), ends_after, fate, felony)?;
    let end = hearings.iter().find(|hearing| ends(hearing.kind) && hearing.at < now.moment);
    let disposed = end.map(|hearing| now.date(hearing.at));
    let last = hearings.iter().map(|hearing| hearing.at).max();
    let sentenced = last.filter(|at| *at < now.moment).map(|at| now.date(at)).or(disposed.filter(|_| !felony));
    let outcome = outcome(chance, now, fate, felony, sentenced)?;
    hearings.extend(outcome.hearing.clone());
    // a defendant who does not appear: nothing more is set until they are found
    let missing = chance.permille(50) && filed < before(now.moment, MISSING_AFTER)? && arrest.fate.is_none();
    let status = match disposed {
        _ if outcome.reopened => Status::Reopened,
        Some(_) if hearings.iter().all(|hearing| hearing.at < now.moment) => Status::Closed,
        None if missing => Status::Inactive,
        _ => Status::Open,
    };
    if status == Status::Inactive {
        hearings.retain(|hearing| hearing.at < now.moment);
    }
    let last_held = hearings.iter().map(|hearing| hearing.at).filter(|at| *at < now.moment).max();
    let charges = charges(chance, now, arrest, &outcome, disposed, sentenced)?;
    Ok(Case {
        number: String::new(),
        kind: match (felony, arrest.held) {
            (true, _) => CaseKind::Felony,
            (false, Some(_)) => CaseKind::Misdemeanor,
            (false, None) => CaseKind::Citation,
        },
        county: arrest.county,
        person: arrest.person,
        party,
        arrest: place,
        mans: arrest.mans,
        filed,
        status,
        charges,
        hearings,
        updated: last_held.unwrap_or(filed),
        key: arrest.key(),
    })
}

/// Of cases that end, 22 % are dismissed and 3 % tried; three in ten felony pleas end in a deferred sentence, of which three in ten
/// are revoked.
fn fate(chance: &mut Chance, felony: bool) -> Fate {
    let (deferred, revoked) = (chance.permille(if felony { 300 } else { 100 }), chance.permille(300));
    match chance.below(1000) {
        0..=219 => Fate::Dismissed,
        220..=239 => Fate::Trial,
        240..=249 => Fate::Acquitted,
        _ if deferred => Fate::Deferred { revoked },
        _ => Fate::Plea,
    }
}

/// How the gravest charge stands now.
struct Outcome {
    how: Disposition,
    /// Later than the hearing that ended it, where something came after.
    on: Option<Date>,
    hearing: Option<Hearing>,
    reopened: bool,
}

fn outcome(chance: &mut Chance, now: Now, fate: Fate, felony: bool, sentenced: Option<Date>) -> Result<Outcome> {
    let plain = |how| Outcome { how, on: None, hearing: None, reopened: false };
    let revoked = match fate {
        Fate::Plea => return Ok(plain(Disposition::Plea)),
        Fate::Trial => return Ok(plain(Disposition::Trial)),
        Fate::Acquitted => return Ok(plain(Disposition::Acquitted)),
        Fate::Dismissed => return Ok(plain(Disposition::Dismissed)),
        Fate::Deferred { revoked } => revoked,
    };
    let term = sentence::deferred_days(felony);
    let (share, Some(sentenced)) = (chance.between(20, 90), sentenced) else { return Ok(plain(Disposition::Deferred)) };
    if !revoked {
        let over = sentenced.checked_add(term.days())?;
        let dismissed = now.over(over)?;
        let how = if dismissed { Disposition::DeferredDismissed } else { Disposition::Deferred };
        return Ok(Outcome { on: dismissed.then_some(over), ..plain(how) });
    }
    let petition = sentenced.checked_add((term * share / 100).days())?;
    if !now.over(petition)? {
        return Ok(plain(Disposition::Deferred));
    }
    let at = business(chance, now, petition, REVOCATION_AFTER)?;
    let over = at < now.moment;
    let status = if over { HearingStatus::Held } else { HearingStatus::Scheduled };
    Ok(Outcome {
        how: if over { Disposition::Plea } else { Disposition::Deferred },
        on: over.then(|| now.date(at)),
        hearing: Some(Hearing { kind: HearingKind::Revocation, at, room: 101, status }),
        reopened: !over,
    })
}

/// The gravest charge ends as the case does; one in three of the others is dismissed along the way.
fn charges(
    chance: &mut Chance,
    now: Now,
    arrest: &Arrest,
    outcome: &Outcome,
    disposed: Option<Date>,
    sentenced: Option<Date>,
) -> Result<Vec<Charge>> {
    let gravest = arrest.charges.iter().position(|statute| statute.felony).unwrap_or(0);
    let mut charges = Vec::with_capacity(arrest.charges.len());
    for (at, statute) in arrest.charges.iter().enumerate() {
        let dropped = chance.permille(330) && at != gravest;
        let how = if dropped { Disposition::Dismissed } else { outcome.how };
        let plea = match how {
            Disposition::Plea | Disposition::Deferred | Disposition::DeferredDismissed if chance.permille(920) => {
                Plea::Guilty
            }
            Disposition::Plea | Disposition::Deferred | Disposition::DeferredDismissed => Plea::NoContest,
            _ => Plea::NotGuilty,
        };
        let on = outcome.on.filter(|_| !dropped).or(disposed);
        let ended = disposed.and(on).map(|on| Ended { how, on, plea });
        let sentence = match (ended, sentenced) {
            (Some(ended), Some(on)) if !matches!(how, Disposition::Dismissed | Disposition::Acquitted) => {
                Some(Box::new(Sentence::of(chance, now, statute, ended, on, arrest)?))
            }
            _ => None,
        };
        charges.push(Charge { statute, ended, sentence });
    }
    Ok(charges)
}

fn hearings(
    chance: &mut Chance,
    now: Now,
    filed: Date,
    ends_after: i64,
    fate: Fate,
    felony: bool,
) -> Result<Vec<Hearing>> {
    let tried = matches!(fate, Fate::Trial | Fate::Acquitted | Fate::Dismissed);
    let last = if tried { HearingKind::Trial } else { HearingKind::ChangeOfPlea };
    let mut days = vec![(HearingKind::InitialAppearance, 1), (HearingKind::Arraignment, 12)];
    if felony {
        days.push((HearingKind::Omnibus, ends_after / 2));
    }
    days.push((last, ends_after));
    if felony && !matches!(fate, Fate::Dismissed | Fate::Acquitted) {
        days.push((HearingKind::Sentencing, ends_after + 45));
    }
    let room = u16::try_from(chance.between(1, 4) * 100 + chance.between(1, 9))?;
    let mut hearings = Vec::with_capacity(days.len() + 1);
    for (kind, after) in days {
        let at = business(chance, now, filed, after)?;
        let status = match chance.below(100) {
            _ if at >= now.moment => HearingStatus::Scheduled,
            _ if kind == HearingKind::Trial && fate == Fate::Dismissed => HearingStatus::Vacated,
            0..=9 if !ends(kind) => HearingStatus::Continued,
            _ => HearingStatus::Held,
        };
        hearings.push(Hearing { kind, at, room, status });
    }
    Ok(hearings)
}

/// The hearing after which the charges have ended.
const fn ends(kind: HearingKind) -> bool {
    matches!(kind, HearingKind::ChangeOfPlea | HearingKind::Trial)
}

/// A time in office hours, so many days later or on the Monday after.
fn business(chance: &mut Chance, now: Now, from: Date, days: i64) -> Result<Timestamp> {
    let day = from.checked_add(days.days())?;
    let day = match day.weekday() {
        Weekday::Saturday => day.checked_add(2.days())?,
        Weekday::Sunday => day.checked_add(1.days())?,
        _ => day,
    };
    let half_hour = chance.between(17, 31);
    let (hour, minute) = (i8::try_from(half_hour / 2)?, i8::try_from(half_hour % 2 * 30)?);
    Ok(day.at(hour, minute, 0, 0).to_zoned(now.zone.clone())?.timestamp())
}
