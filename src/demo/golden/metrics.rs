//! Metrics: counts of events by month and county, with disclosure control.
//!
//! No count from 1 to 10 is published, and nothing from which one could be told by subtraction: where counties are hidden below a total
//! that is shown, at least two are, and together they are more than 10.

use crate::demo::custody::Stay;
use crate::demo::places::{COUNTIES, GALLATIN, YELLOWSTONE};
use crate::demo::world::World;
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Months that are published.
const MONTHS: i64 = 24;
/// Counts up to this are not published, zero is.
const SMALL: i64 = 10;
/// The state, among the numbers of counties.
const STATE: u8 = 0;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    /// `2026-06`.
    pub period: String,
    /// `None` for the state.
    pub county: Option<&'static str>,
    pub value: Option<i64>,
    pub suppressed: bool,
    pub method: &'static str,
}

/// By the number of the county, 0 for the state.
type Counts = BTreeMap<u8, i64>;

/// All published figures up to the last whole month.
pub fn metrics(world: &World) -> Result<Vec<Metric>> {
    let mut all = Vec::new();
    let this = world.today.first_of_month();
    for back in 1..=MONTHS {
        let from = this.checked_sub(back.months())?;
        let month = Month { from, until: from.checked_add(1.month())? };
        let jails: &[u8] = &[GALLATIN, YELLOWSTONE];
        let every: Vec<u8> = (1..=u8::try_from(COUNTIES.len())?).collect();
        let (arrests, admissions, population) =
            (month.arrests(world), month.admissions(world), month.population(world)?);
        let (dispositions, days) = month.dispositions(world);
        month.publish(&mut all, "ARRESTS", ARRESTS, &every, &arrests);
        month.publish(&mut all, "JAIL_ADMISSIONS", ADMISSIONS, jails, &admissions);
        month.publish(&mut all, "JAIL_POPULATION", POPULATION, jails, &population);
        month.publish(&mut all, "DISPOSITIONS", DISPOSITIONS, &every, &dispositions);
        month.medians(&mut all, &every, &dispositions, days);
    }
    Ok(all)
}

const ARRESTS: &str = "Custodial and felony arrests within the month, by county of arrest; events, not people.";
const ADMISSIONS: &str = "Bookings within the month; the jails of Gallatin and Yellowstone report.";
const POPULATION: &str =
    "Persons in jail at the end of the month's last day; the jails of Gallatin and Yellowstone report.";
const DISPOSITIONS: &str = "Charges disposed of within the month, by county of the court.";
const DAYS: &str = "Median days from filing to disposition, of charges disposed of within the month.";

struct Month {
    from: Date,
    until: Date,
}

impl Month {
    fn holds(&self, day: Date) -> bool {
        (self.from..self.until).contains(&day)
    }

    fn arrests(&self, world: &World) -> Counts {
        let arrests = world.arrests.iter().filter(|arrest| arrest.mans.is_some());
        count(arrests.filter(|arrest| self.holds(world.date(arrest.at))).map(|arrest| arrest.county))
    }

    fn admissions(&self, world: &World) -> Counts {
        count(stays(world).filter(|(_, stay)| self.holds(world.date(stay.booked))).map(|(county, _)| county))
    }

    fn population(&self, world: &World) -> Result<Counts> {
        let end = self.until.to_zoned(world.zone.clone())?.timestamp();
        let there = |stay: &Stay| stay.booked < end && stay.released.is_none_or(|at| at >= end);
        Ok(count(stays(world).filter(|(_, stay)| there(stay)).map(|(county, _)| county)))
    }

    /// How many, and the days that each took, by county.
    fn dispositions(&self, world: &World) -> (Counts, BTreeMap<u8, Vec<i64>>) {
        let mut days: BTreeMap<u8, Vec<i64>> = BTreeMap::new();
        for case in &world.courts.cases {
            let filed = world.date(case.filed);
            for ended in case.charges.iter().filter_map(|charge| charge.ended).filter(|ended| self.holds(ended.on)) {
                let took = i64::from((ended.on - filed).get_days());
                days.entry(case.county).or_default().push(took);
                days.entry(STATE).or_default().push(took);
            }
        }
        let counts = days.iter().map(|(county, days)| (*county, days.len().try_into().unwrap_or(i64::MAX))).collect();
        (counts, days)
    }

    fn publish(
        &self,
        all: &mut Vec<Metric>,
        name: &'static str,
        method: &'static str,
        counties: &[u8],
        counts: &Counts,
    ) {
        let hidden = suppress(counties, counts);
        for county in std::iter::once(&STATE).chain(counties) {
            let suppressed = hidden.contains(county);
            let value = counts.get(county).copied().unwrap_or(0);
            all.push(self.metric(name, method, *county, (!suppressed).then_some(value)));
        }
    }

    /// Medians can't be subtracted from each other; they are hidden where the count behind them is.
    fn medians(&self, all: &mut Vec<Metric>, counties: &[u8], counts: &Counts, mut days: BTreeMap<u8, Vec<i64>>) {
        for county in std::iter::once(&STATE).chain(counties) {
            let Some(days) = days.get_mut(county) else { continue };
            days.sort_unstable();
            let enough = counts.get(county).is_some_and(|count| *count > SMALL);
            let median = days.get(days.len() / 2).copied();
            all.push(self.metric("DAYS_TO_DISPOSITION", DAYS, *county, median.filter(|_| enough)));
        }
    }

    fn metric(&self, name: &'static str, method: &'static str, county: u8, value: Option<i64>) -> Metric {
        Metric {
            name,
            period: self.from.strftime("%Y-%m").to_string(),
            county: (county != STATE).then(|| crate::demo::places::county_of(county).name),
            value,
            suppressed: value.is_none(),
            method,
        }
    }
}

fn stays(world: &World) -> impl Iterator<Item = (u8, &Stay)> {
    let yellowstone = world.yellowstone.stays.iter().map(|stay| (YELLOWSTONE, stay));
    yellowstone.chain(world.gallatin.stays.iter().map(|stay| (GALLATIN, stay)))
}

fn count(counties: impl Iterator<Item = u8>) -> Counts {
    let mut counts = Counts::new();
    for county in counties {
        *counts.entry(county).or_default() += 1;
        *counts.entry(STATE).or_default() += 1;
    }
    counts
}

/// The counties, or the state, whose count is not to be shown.
fn suppress(counties: &[u8], counts: &Counts) -> Vec<u8> {
    let value = |county: &u8| counts.get(county).copied().unwrap_or(0);
    let mut hidden: Vec<u8> = counties.iter().copied().filter(|county| (1..=SMALL).contains(&value(county))).collect();
    let state = value(&STATE);
    if (1..=SMALL).contains(&state) {
        hidden.push(STATE);
        return hidden;
    }
    let mut shown: Vec<u8> = counties.iter().copied().filter(|county| value(county) > SMALL).collect();
    shown.sort_by_key(|county| (value(county), *county));
    let mut shown = shown.into_iter();
    while !hidden.is_empty() && (hidden.len() < 2 || hidden.iter().map(value).sum::<i64>() <= SMALL) {
        let Some(next) = shown.next() else {
            // nothing is left to hide behind
            hidden.push(STATE);
            break;
        };
        hidden.push(next);
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(counts: &[i64]) -> Vec<u8> {
        let counties: Vec<u8> = (1..=u8::try_from(counts.len()).unwrap()).collect();
        let mut by: Counts = counties.iter().copied().zip(counts.iter().copied()).collect();
        by.insert(STATE, counts.iter().sum());
        let mut hidden = suppress(&counties, &by);
        hidden.sort_unstable();
        hidden
    }

    #[test]
    fn small_counts_are_hidden_and_what_would_tell_them() {
        assert_eq!(hidden(&[50, 20, 30]), [] as [u8; 0]);
        assert_eq!(hidden(&[50, 0, 30]), [] as [u8; 0], "zero is published");
        assert_eq!(hidden(&[50, 3, 30]), [2, 3], "with one, the next smallest");
        assert_eq!(hidden(&[50, 9, 8, 30]), [2, 3], "two that are more than ten together");
        assert_eq!(hidden(&[50, 1, 1, 30]), [2, 3, 4], "two ones are two ones");
        assert_eq!(hidden(&[3, 0, 0]), [0, 1], "the state is small itself");
        assert_eq!(hidden(&[10, 1, 0]), [1, 2]);
        assert_eq!(hidden(&[6, 1, 4, 0]), [1, 2, 3]);
    }
}
