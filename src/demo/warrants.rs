//! Warrants, and orders of protection: what the state's warrant service keeps.

use super::arrests::{Arrest, Basis};
use super::cast::{self, Role};
use super::chance::Chance;
use super::corrections::{Status as SupervisionStatus, Supervision};
use super::court::{Case, Status as CaseStatus};
use super::names;
use super::places::GALLATIN;
use super::statutes::Kind as Offense;
use super::world::item;
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;

const STREAM: u64 = 51;
const STREAM_ORDERS: u64 = 52;

#[derive(Debug, Default)]
pub struct Warrants {
    pub all: Vec<Warrant>,
    pub orders: Vec<ProtectionOrder>,
    pub by_number: HashMap<String, u32>,
    pub order_by_number: HashMap<String, u32>,
    pub by_person: HashMap<u32, Vec<u32>>,
    pub orders_by_person: HashMap<u32, Vec<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warrant {
    pub number: String,
    pub person: u32,
    pub kind: Kind,
    pub status: Status,
    pub issued: Date,
    /// Place of the case in which it was issued.
    pub case: Option<u32>,
    pub county: u8,
    pub felony: bool,
    /// Dollars.
    pub amount: Option<i64>,
    pub key: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Felony,
    Misdemeanor,
    Bench,
    Probation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Active,
    Served,
    Recalled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionOrder {
    pub number: String,
    /// Against whom.
    pub person: u32,
    pub permanent: bool,
    pub issued: Date,
    pub expires: Option<Date>,
    pub county: u8,
    pub brady: bool,
    pub petitioner: String,
    pub protected: bool,
    pub active: bool,
    pub key: u64,
}

const AMOUNTS: [i64; 5] = [295, 500, 1_000, 5_000, 25_000];

impl Warrants {
    /// A warrant that an arrest served.
    pub fn served(&mut self, seed: u64, arrest: &Arrest, on: Date) -> Result<()> {
        if arrest.basis != Basis::Warrant {
            return Ok(());
        }
        let chance = &mut Chance::new(seed, STREAM, arrest.key());
        let kind = if arrest.felony() { Kind::Felony } else { Kind::Misdemeanor };
        let issued = on.checked_sub(chance.between(2, 90).days())?;
        let amount = Some(*chance.pick(&AMOUNTS));
        self.add(
            arrest.person,
            kind,
            Status::Served,
            issued,
            None,
            (arrest.county, arrest.felony()),
            amount,
            arrest.key(),
        );
        Ok(())
    }

    /// A bench warrant for a defendant who did not appear; an order of protection that came with the case.
    pub fn of_case(&mut self, seed: u64, today: Date, (place, case): (u32, &Case), last: Date) -> Result<()> {
        let chance = &mut Chance::new(seed, STREAM, case.key ^ 1);
        let (after, amount) = (chance.between(1, 30), *chance.pick(&AMOUNTS));
        let issued = last.checked_add(after.days())?.min(today);
        let at = (case.county, case.felony());
        if case.status == CaseStatus::Inactive {
            self.add(case.person, Kind::Bench, Status::Active, issued, Some(place), at, Some(amount), case.key ^ 1);
        } else if case.status == CaseStatus::Closed && chance.permille(30) {
            self.add(case.person, Kind::Bench, Status::Recalled, issued, Some(place), at, Some(amount), case.key ^ 1);
        }
        Ok(())
    }

    /// A warrant for somebody who absconded from supervision.
    pub fn absconded(&mut self, seed: u64, today: Date, one: &Supervision) -> Result<()> {
        if one.status != SupervisionStatus::Absconder {
            return Ok(());
        }
        let chance = &mut Chance::new(seed, STREAM, one.key ^ 2);
        let days = i64::from((today - one.started).get_days()).max(1);
        let issued = one.started.checked_add(chance.between(1, days).days())?.min(today);
        self.add(
            one.person,
            Kind::Probation,
            Status::Active,
            issued,
            Some(one.case),
            (one.county, true),
            None,
            one.key ^ 2,
        );
        Ok(())
    }

    /// An order of protection after an arrest for violence between partners, for three in ten of them.
    pub fn protection(&mut self, seed: u64, today: Date, arrest: &Arrest, on: Date) -> Result<()> {
        let partner = arrest.charges.iter().any(|charge| charge.kind == Offense::Partner);
        let chance = &mut Chance::new(seed, STREAM_ORDERS, arrest.key());
        if !partner || !chance.permille(300) {
            return Ok(());
        }
        let issued = on.checked_add(chance.between(0, 10).days())?;
        let permanent = chance.permille(400);
        let expires = if permanent && chance.permille(300) {
            None
        } else {
            Some(issued.checked_add(if permanent { 730 } else { 20 }.days())?)
        };
        let female = chance.permille(750);
        let petitioner = names::invent(chance, female).full();
        let protected = chance.permille(250);
        if issued <= today {
            self.order(ProtectionOrder {
                number: String::new(),
                person: arrest.person,
                permanent,
                issued,
                expires,
                county: arrest.county,
                brady: chance.permille(600),
                petitioner,
                protected,
                active: expires.is_none_or(|day| day >= today),
                key: arrest.key(),
            });
        }
        Ok(())
    }

    /// What the first of the cast has to show.
    pub fn cast(&mut self, today: Date, petitioner: String) -> Result<()> {
        let sample = cast::place(Role::Sample);
        let issued = today.checked_sub(120.days())?;
        self.add(sample, Kind::Bench, Status::Active, issued, None, (GALLATIN, false), Some(500), 1);
        let issued = today.checked_sub(200.days())?;
        let expires = Some(issued.checked_add(730.days())?);
        self.order(ProtectionOrder {
            number: String::new(),
            person: sample,
            permanent: true,
            issued,
            expires,
            county: 56,
            brady: true,
            petitioner,
            protected: true,
            active: true,
            key: 2,
        });
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a warrant's columns, each said once")]
    fn add(
        &mut self,
        person: u32,
        kind: Kind,
        status: Status,
        issued: Date,
        case: Option<u32>,
        (county, felony): (u8, bool),
        amount: Option<i64>,
        key: u64,
    ) {
        let at = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = format!("W-{county:02}-{}-{at:06}", issued.year());
        self.by_number.insert(number.clone(), at);
        self.by_person.entry(person).or_default().push(at);
        self.all.push(Warrant { number, person, kind, status, issued, case, county, felony, amount, key });
    }

    fn order(&mut self, mut order: ProtectionOrder) {
        let at = u32::try_from(self.orders.len()).unwrap_or(u32::MAX);
        order.number = format!("PO-{:02}-{}-{at:06}", order.county, order.issued.year());
        self.order_by_number.insert(order.number.clone(), at);
        self.orders_by_person.entry(order.person).or_default().push(at);
        self.orders.push(order);
    }

    #[must_use]
    pub fn warrants_of(&self, person: u32) -> Vec<&Warrant> {
        let at = self.by_person.get(&person).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| item(&self.all, *at)).collect()
    }

    #[must_use]
    pub fn orders_of(&self, person: u32) -> Vec<&ProtectionOrder> {
        let at = self.orders_by_person.get(&person).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| item(&self.orders, *at)).collect()
    }
}
