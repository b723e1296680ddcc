//! Around a case: who has a part in it, bail, orders, counsel. Drawn from the case's own number when somebody asks, not kept.

use super::{Case, Status};
use crate::demo::cast::{self, Role};
use crate::demo::chance::Chance;
use crate::demo::names;
use crate::demo::places::county_of;
use crate::demo::statutes::Kind as Offense;
use crate::demo::world::World;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

const STREAM_BAIL: u64 = 31;
const STREAM_COUNSEL: u64 = 32;
const STREAM_VICTIM: u64 = 33;
const STREAM_ORDERS: u64 = 34;
const STREAM_ROLL: u64 = 35;
const STREAM_DIVISION: u64 = 39;
/// Attorneys of each kind in this world's roll.
const ATTORNEYS: u64 = 60;

/// Bail in dollars, by how often it is set: weights of OJBC's demonstration.
const BAIL: [(i64, u32); 7] = [(10_000, 10), (5_000, 40), (2_500, 30), (1_000, 10), (500, 5), (50, 4), (0, 1)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    pub id: String,
    pub kind: BondKind,
    /// Dollars; `None` where no bond is allowed or none is needed.
    pub amount: Option<i64>,
    pub status: BondStatus,
    pub set: Timestamp,
    pub posted: Option<Timestamp>,
    pub conditions: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BondKind {
    Cash,
    Surety,
    CashOrSurety,
    OwnRecognizance,
    NoBond,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BondStatus {
    Set,
    Posted,
    Forfeited,
    Exonerated,
}

/// Bail, for those who came through a jail.
#[must_use]
pub fn bond(world: &World, case: &Case) -> Option<Bond> {
    let arrest = world.arrest(case.arrest)?;
    arrest.held?;
    let chance = &mut Chance::new(world.seed, STREAM_BAIL, case.key);
    let dollars = chance.weighed(&BAIL, |bail| bail.1).0;
    let kind = match chance.below(100) {
        _ if dollars == 0 => BondKind::NoBond,
        0..=34 => BondKind::CashOrSurety,
        35..=54 => BondKind::Cash,
        55..=74 => BondKind::Surety,
        _ => BondKind::OwnRecognizance,
    };
    let set = case.hearings.first().map_or(case.filed, |hearing| hearing.at);
    let free = world.released(case.arrest);
    let posted = free.filter(|at| *at > set && kind != BondKind::NoBond);
    let status = match case.status {
        Status::Closed | Status::Reopened => BondStatus::Exonerated,
        Status::Inactive => BondStatus::Forfeited,
        Status::Open if posted.is_some() => BondStatus::Posted,
        Status::Open => BondStatus::Set,
    };
    let all = ["No alcohol", "No contact with the victim", "Do not leave the state", "Report by phone every week"];
    let conditions = all.into_iter().filter(|_| chance.permille(400)).collect();
    let amount = (!matches!(kind, BondKind::OwnRecognizance | BondKind::NoBond)).then_some(dollars);
    (set < world.moment).then(|| Bond {
        id: format!("{}/B1", case.number),
        kind,
        amount,
        status,
        set,
        posted,
        conditions,
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: String,
    pub kind: OrderKind,
    pub issued: Date,
    pub expires: Option<Date>,
    pub text: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    ReleaseConditions,
    NoContact,
    Commitment,
    /// A code that nobody has translated.
    Transport,
}

#[must_use]
pub fn orders(world: &World, case: &Case) -> Vec<Order> {
    let chance = &mut Chance::new(world.seed, STREAM_ORDERS, case.key);
    let mut orders = Vec::new();
    let mut order = |kind, issued, expires, text| {
        let id = format!("{}/O{}", case.number, orders.len() + 1);
        orders.push(Order { id, kind, issued, expires, text });
    };
    let bond = bond(world, case);
    let set = bond.as_ref().map(|bond| world.date(bond.set));
    let ends = |from: Date| from.checked_add(365.days()).ok();
    if let Some(set) = set.filter(|_| chance.permille(700)) {
        order(
            OrderKind::ReleaseConditions,
            set,
            ends(set),
            "Conditions of release as stated at the initial appearance",
        );
    }
    let partner = case.charges.iter().any(|charge| charge.statute.kind.violent());
    if let Some(set) = set.filter(|_| partner) {
        order(OrderKind::NoContact, set, None, "No contact with the person named in the affidavit, direct or indirect");
    }
    let prison = case.charges.iter().filter_map(|charge| charge.sentence.as_deref()).find(|one| one.prison().is_some());
    if let Some(sentence) = prison {
        order(OrderKind::Commitment, sentence.imposed, None, "Committed to the department of corrections");
    }
    if let Some(set) = set.filter(|_| chance.permille(40)) {
        order(OrderKind::Transport, set, Some(set), "Sheriff to transport the defendant");
    }
    orders
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    pub id: String,
    pub role: ParticipantRole,
    pub name: String,
    /// The courts' own number, where the party has a register entry of its own.
    pub party: Option<u64>,
    pub protected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticipantRole {
    Defendant,
    Prosecutor,
    Defense,
    Judge,
    Victim,
    Witness,
    /// A code that nobody has translated.
    Codefendant,
}

#[must_use]
pub fn participants(world: &World, case: &Case) -> Vec<Participant> {
    let chance = &mut Chance::new(world.seed, STREAM_VICTIM, case.key);
    let mut list = Vec::new();
    let mut add = |role, name: String, party, protected| {
        list.push(Participant { id: format!("{}/P{}", case.number, list.len() + 1), role, name, party, protected });
    };
    add(ParticipantRole::Defendant, world.party_name(case.party), Some(case.party), false);
    let prosecutor = attorney(world.seed, 1, u64::from(case.county) * 2 + u64::from(case.felony()));
    add(ParticipantRole::Prosecutor, prosecutor.0, None, false);
    for counsel in representations(world, case) {
        add(ParticipantRole::Defense, counsel.counsel, None, false);
    }
    add(ParticipantRole::Judge, case.judge(world.seed), None, false);
    let kind = case.charges.first().map(|charge| charge.statute.kind);
    let sex = case.charges.iter().any(|charge| charge.statute.kind == Offense::Sex);
    if kind.is_some_and(|kind| kind.violent() || matches!(kind, Offense::Person | Offense::Property)) {
        let female = chance.permille(600);
        let protected = sex || chance.permille(100);
        let played = (cast::role_at(case.person) == Some(Role::TierTwo)).then(|| cast::place(Role::VictimArrested));
        match played {
            Some(victim) => add(ParticipantRole::Victim, world.name_of(victim), world.party_of(victim), true),
            None => add(ParticipantRole::Victim, names::invent(chance, female).full(), None, protected),
        }
    }
    if cast::role_at(case.person) == Some(Role::RedIncident) {
        let witness = cast::place(Role::Witness);
        add(ParticipantRole::Witness, world.name_of(witness), world.party_of(witness), true);
    } else if chance.permille(150) {
        let female = chance.permille(500);
        add(ParticipantRole::Witness, names::invent(chance, female).full(), None, false);
    }
    let other = match cast::role_at(case.person) {
        Some(Role::Client) => Some(cast::place(Role::Codefendant)),
        Some(Role::Codefendant) => Some(cast::place(Role::Client)),
        _ => None,
    };
    if let Some(other) = other {
        add(ParticipantRole::Codefendant, world.name_of(other), world.party_of(other), false);
    }
    list
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    pub id: String,
    pub kind: RepresentationKind,
    pub counsel: String,
    pub bar_number: Option<String>,
    pub office: String,
    /// Of the public defender's office.
    pub division: Option<Division>,
    pub appointed: Date,
    pub withdrawn: Option<Date>,
}

/// A division of the public defender's office that tries cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    Public,
    Conflict,
}

impl Division {
    /// As the courts write it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Public => "PDD",
            Self::Conflict => "CDD",
        }
    }
}

/// Counsel of those in the cast whom the stories are about: the two defenders among the personas.
const CAST_COUNSEL: [(Division, &str, &str); 2] =
    [(Division::Public, "Ruth Okafor-Lind", "48213"), (Division::Conflict, "Silas Hartemeyer", "51077")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepresentationKind {
    Public,
    Private,
    ProSe,
}

/// Counsel of record, from the day after filing; one in twenty is replaced.
#[must_use]
pub fn representations(world: &World, case: &Case) -> Vec<Representation> {
    let chance = &mut Chance::new(world.seed, STREAM_COUNSEL, case.key);
    let kind = match chance.below(100) {
        _ if cast::role_at(case.person).is_some() => RepresentationKind::Public,
        0..=69 => RepresentationKind::Public,
        70..=84 => RepresentationKind::Private,
        _ => RepresentationKind::ProSe,
    };
    let seat = county_of(case.county).seat;
    let appointed = case.hearings.first().map_or(case.filed, |hearing| hearing.at);
    if appointed > world.moment {
        return Vec::new();
    }
    let on = world.date(appointed);
    let division = (kind == RepresentationKind::Public).then(|| division(world, case));
    let one = |chance: &mut Chance, sequence: u32, withdrawn| {
        let (counsel, bar) = match kind {
            RepresentationKind::ProSe => (world.party_name(case.party), None),
            RepresentationKind::Public => named(attorney(world.seed, 2, chance.below(ATTORNEYS))),
            RepresentationKind::Private => named(attorney(world.seed, 3, chance.below(ATTORNEYS))),
        };
        let office = match kind {
            RepresentationKind::Public if division == Some(Division::Conflict) => {
                "Office of State Public Defender, Conflict Defender Division, 406-555-0190".to_owned()
            }
            RepresentationKind::Public => format!("Office of State Public Defender, {seat}, 406-555-0180"),
            RepresentationKind::Private => format!("Law office, {seat}, 406-555-0170"),
            RepresentationKind::ProSe => String::new(),
        };
        let id = format!("{}/R{sequence}", case.number);
        let of_cast =
            CAST_COUNSEL.iter().find(|(of, ..)| cast::role_at(case.person).is_some() && Some(*of) == division);
        let (counsel, bar_number) = match of_cast {
            Some((_, name, bar)) => ((*name).to_owned(), Some((*bar).to_owned())),
            None => (counsel, bar),
        };
        Representation { id, kind, counsel, bar_number, office, division, appointed: on, withdrawn }
    };
    let after = chance.between(10, 60);
    let replaced = kind != RepresentationKind::ProSe && cast::role_at(case.person).is_none() && chance.permille(50);
    let left = on.checked_add(after.days()).ok().filter(|left| replaced && *left < world.today);
    let mut list = vec![one(chance, 1, left)];
    if left.is_some() {
        list.push(one(chance, 2, None));
    }
    list
}

/// One case in fifteen that the public defender has goes to the conflict division.
fn division(world: &World, case: &Case) -> Division {
    let conflict = match cast::role_at(case.person) {
        Some(role) => role == Role::Codefendant,
        None => Chance::new(world.seed, STREAM_DIVISION, case.key).permille(66),
    };
    if conflict { Division::Conflict } else { Division::Public }
}

fn named((name, bar): (String, String)) -> (String, Option<String>) {
    (name, Some(bar))
}

/// Name and number in the roll of an attorney: 1 prosecutors, 2 public defenders, 3 others.
fn attorney(seed: u64, roll: u64, at: u64) -> (String, String) {
    let mut chance = Chance::new(seed, STREAM_ROLL + roll, at);
    let female = chance.permille(500);
    (names::invent(&mut chance, female).full(), format!("{}{at:04}", roll + 3))
}

/// A presentence report, where one was ordered: for half of the felonies that end in a conviction (46-18-111 MCA).
#[must_use]
pub fn report(world: &World, case: &Case) -> Option<Report> {
    let chance = &mut Chance::new(world.seed, STREAM_ORDERS + 10, case.key);
    let ended = case.charges.iter().find_map(|charge| charge.ended.filter(|ended| ended.how.conviction()))?;
    let wanted = case.felony() && (chance.permille(500) || cast::role_at(case.person).is_some());
    let days = chance.between(20, 40);
    let completed = ended.on.checked_add(days.days()).ok().filter(|day| *day < world.today);
    wanted.then(|| Report {
        ordered: ended.on,
        completed,
        office: format!("Montana Probation and Parole, {}, 406-555-0160", county_of(case.county).seat),
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub ordered: Date,
    pub completed: Option<Date>,
    pub office: String,
}
