//! Youth: matters before a youth court. Sealed at 18 (41-5-216 MCA); what is not yet sealed is a youth's.

use super::cast::{self, Role};
use super::chance::Chance;
use super::people::Person;
use super::places::county_of;
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;

const STREAM: u64 = 61;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    pub number: String,
    pub person: u32,
    pub court: String,
    pub filed: Date,
    pub offense: &'static str,
    pub outcome: Option<&'static str>,
    pub closed: Option<Date>,
    pub level: &'static str,
    pub sealed: bool,
}

/// Four in a hundred have one behind them.
pub fn matter(seed: u64, index: u32, person: &Person, today: Date) -> Result<Option<Matter>> {
    let chance = &mut Chance::new(seed, STREAM, u64::from(index));
    let role = cast::role_at(index);
    let drawn = chance.permille(40);
    let has = match role {
        Some(Role::SealedYouth | Role::Juvenile) => true,
        Some(_) => false,
        None => drawn,
    };
    if !has {
        return Ok(None);
    }
    let open = role == Some(Role::Juvenile);
    let filed = if open {
        today.checked_sub(4.days())?
    } else {
        person.birth.checked_add(14.years())?.checked_add(chance.between(0, 1_200).days())?
    };
    let closed = if open { None } else { Some(filed.checked_add(120.days())?) };
    Ok(Some(Matter {
        number: format!("DJ-{:02}-{}-{index:07}-DY", person.home, filed.year()),
        person: index,
        court: format!("{} County Youth Court", county_of(person.home).name),
        filed,
        offense: chance.pick::<&str>(&["Theft", "Criminal mischief", "Assault", "Minor in possession"]),
        outcome: closed.map(|_| *chance.pick(&["Consent decree", "Formal probation", "Dismissed"])),
        closed,
        level: chance.pick::<&str>(&["LOW", "MODERATE", "HIGH"]),
        sealed: !open,
    }))
}
