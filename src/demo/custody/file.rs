//! What the file of a stay holds besides: moves, the reason of the release, bail, the cell. Drawn from the stay's own number when somebody
//! asks, not kept.

use super::{Shown, State, Stay};
use crate::demo::arrests::{DAY, HOUR, before};
use crate::demo::chance::Chance;
use crate::demo::court::parties::{self, BondKind};
use crate::demo::world::World;
use jiff::Timestamp;
use jiff::civil::Date;

const STREAM: u64 = 101;
const STREAM_CAUTIONS: u64 = 102;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub events: Vec<Event>,
    pub reason: Option<&'static str>,
    /// Dollars, and when.
    pub bond: Option<(i64, Timestamp)>,
    pub unit: &'static str,
    pub cell: u8,
    pub bed: u8,
    pub expected: Option<Date>,
    /// The day of booking included.
    pub days: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Admitted,
    OutForCourt,
    Returned,
    Transferred,
    ReleasedOnBond,
    ReleasedTimeServed,
    Released,
}

/// What the jail's own system shows beside the stay.
#[must_use]
pub fn file(world: &World, stay: &Stay, shown: Shown) -> File {
    let chance = &mut Chance::new(world.seed, STREAM, stay.key);
    let case = world.arrest(stay.arrest).and_then(|arrest| arrest.case).and_then(|case| world.case(case));
    let bond = case.and_then(|case| parties::bond(world, case));
    let paid = bond.as_ref().and_then(|bond| bond.amount.zip(bond.posted).filter(|_| shown.released.is_some()));
    let (kind, reason) = match (shown.state, &bond) {
        (State::Transferred, _) => (EventKind::Transferred, "TRANSFERRED TO OTHER AGENCY"),
        _ if stay.mistaken() => (EventKind::Released, "MISTAKEN IDENTITY"),
        _ if paid.is_some() => (EventKind::ReleasedOnBond, "BOND POSTED"),
        (_, Some(bond)) if bond.kind == BondKind::OwnRecognizance => (EventKind::Released, "OWN RECOGNIZANCE"),
        (_, None) if case.is_none() => (EventKind::Released, "CHARGES NOT FILED"),
        _ => (EventKind::ReleasedTimeServed, "TIME SERVED"),
    };
    let event = |kind, at| Event { kind, at };
    let mut events = vec![event(EventKind::Admitted, stay.booked)];
    let until = shown.released.unwrap_or(world.moment);
    let hearing = case.and_then(|case| case.hearings.first()).map(|hearing| hearing.at);
    if let Some(at) = hearing.filter(|at| *at > stay.booked)
        && let Ok(back) = before(at, -2 * HOUR)
        && back < until
    {
        events.push(event(EventKind::OutForCourt, at));
        events.push(event(EventKind::Returned, back));
    }
    if shown.state == State::AtCourt {
        events.push(event(EventKind::OutForCourt, shown.since));
    }
    events.extend(shown.released.map(|at| event(kind, at)));
    let arrest = world.arrest(stay.arrest);
    let over = arrest.and_then(|arrest| before(arrest.at, -arrest.held?).ok()).map(|at| world.date(at));
    let told = chance.permille(300);
    File {
        events,
        reason: shown.released.map(|_| reason),
        bond: paid,
        unit: chance.pick::<&str>(&["A", "B", "C", "F"]),
        cell: chance.few(40) + 1,
        bed: chance.few(2) + 1,
        expected: over.filter(|_| told && shown.released.is_none()),
        days: (until.as_second() - stay.booked.as_second()) / 60 / DAY + 1,
    }
}

/// What officers should know: for six in a hundred of those whom a jail knows.
#[must_use]
pub fn caution(world: &World, inmate: u64) -> Option<(Caution, Date)> {
    let chance = &mut Chance::new(world.seed, STREAM_CAUTIONS, inmate);
    if !chance.permille(60) {
        return None;
    }
    let days = chance.between(30, 900);
    let code = match chance.below(20) {
        0..=2 => Caution::Armed,
        3..=8 => Caution::Violent,
        9..=10 => Caution::Escape,
        11..=14 => Caution::Suicidal,
        15..=18 => Caution::Medical,
        _ => Caution::Untranslated,
    };
    let at = before(world.moment, days * DAY).unwrap_or(world.moment);
    Some((code, world.date(at)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    Armed,
    Violent,
    Escape,
    Suicidal,
    Medical,
    /// A code that nobody has translated.
    Untranslated,
}
