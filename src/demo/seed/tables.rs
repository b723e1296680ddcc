//! Tables of the store, and how a world's records become their rows.

use super::rows::{Rows, Value};
use crate::demo::court::{Disposition, Plea};
use crate::demo::golden::link::{GoldenCharge, Reported, Tie};
use crate::demo::golden::{self, metrics};
use crate::demo::people::{self, Person};
use crate::demo::places::county_of;
use crate::demo::statutes::{STATUTES, Statute};
use crate::demo::world::World;
use anyhow::Result;
use sqlx::sqlite::SqliteConnection;
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Tables {
    person: Rows,
    name: Rows,
    address: Rows,
    identifier: Rows,
    crosswalk: Rows,
    charge: Rows,
    stage: Rows,
    others: Vec<Rows>,
    /// Dispositions by how they were tied, by court.
    linkage: BTreeMap<String, (String, [i64; 3])>,
    /// Charges that a court has expunged: their ids, and the numbers of the orders.
    expunged: Vec<(String, String)>,
    updated: String,
}

impl Tables {
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self {
            person: Rows::of(
                "INSERT INTO person (id, full_name, given, middle, surname, suffix, birth_date, birth_year, death_date, sex, gender_identity, races, ethnicity, tribal_affiliation, language, interpreter_needed, veteran, ssn, ssn_last4, height_cm, weight_kg, eyes, hair, city, phone, address_protected, updated_at) ",
            ),
            name: Rows::of(
                "INSERT INTO person_name (id, person_id, use_code, full_name, given, middle, surname, suffix, system, system_kind, is_youth, recorded_at) ",
            ),
            address: Rows::of(
                "INSERT INTO address (id, person_id, street, city, state, zip, county, since, system, system_kind, is_protected, recorded_at) ",
            ),
            identifier: Rows::of(
                "INSERT INTO person_identifier (id, person_id, kind, value, system, system_kind, recorded_at) ",
            ),
            crosswalk: Rows::of("INSERT INTO crosswalk (system, local_id, person_id) "),
            charge: Rows::of(
                "INSERT INTO charge (id, person_id, mans, sequence, case_number, count, mca, description, severity, status, offense_on, outcome, outcome_raw, plea, plea_raw, disposed_on, court_name, is_youth, is_sealed, is_confidential, is_conviction, is_pending, updated_at) ",
            ),
            stage: Rows::of(
                "INSERT INTO charge_stage (id, charge_id, kind, happened_on, agency, record, mca, statute_raw, description, severity, linked_by, is_youth, is_confidential, recorded_at) ",
            ),
            others: Vec::new(),
            linkage: BTreeMap::new(),
            expunged: Vec::new(),
            updated: world.moment.to_string(),
        }
    }

    /// Everything that the store holds of one person.
    pub fn push(&mut self, world: &World, index: u32, person: &Person) {
        let addresses = golden::addresses(world, index, person);
        self.push_person(index, person, golden::city(&addresses));
        let recorded = person.updated.to_string();
        for (at, row) in golden::names(world, index, person).into_iter().enumerate() {
            let full = row.name.full();
            self.name.push([
                row_id(person, 'n', at),
                (&person.id).into(),
                row.usage.into(),
                full.into(),
                row.name.given.into(),
                row.name.middle.into(),
                row.name.surname.into(),
                row.name.suffix.into(),
                row.system.into(),
                row.kind.word().into(),
                (row.kind == golden::Kind::Youth).into(),
                (&recorded).into(),
            ]);
        }
        for (at, row) in addresses.into_iter().enumerate() {
            let county = county_of(row.county);
            self.address.push([
                row_id(person, 'a', at),
                (&person.id).into(),
                row.street.into(),
                county.seat.into(),
                "MT".into(),
                county.zip.into(),
                county.name.into(),
                row.since.into(),
                row.system.into(),
                row.kind.word().into(),
                row.protected.into(),
                (&recorded).into(),
            ]);
        }
        for (at, row) in golden::identifiers(world, index, person).into_iter().enumerate() {
            self.identifier.push([
                row_id(person, 'i', at),
                (&person.id).into(),
                row.kind.into(),
                row.value.into(),
                row.system.into(),
                row.source.word().into(),
                (&recorded).into(),
            ]);
        }
        for (system, local) in crate::demo::world::item(&world.known, index).into_iter().flatten() {
            self.crosswalk.push([system.name().into(), system.written(*local).into(), (&person.id).into()]);
        }
        let (charges, reported) = golden::link::charges(world, index, person);
        for (at, charge) in charges.into_iter().enumerate() {
            self.push_charge(person, at, charge);
        }
        for one in reported {
            self.count(one);
        }
    }

    fn push_person(&mut self, index: u32, person: &Person, city: Option<&'static str>) {
        let ssn = person.has_ssn.then(|| people::ssn(index));
        let last4 = ssn.as_ref().and_then(|ssn| ssn.get(7..)).map(str::to_owned);
        let ethnicity = match person.hispanic {
            Some(true) => "HISPANIC_OR_LATINO",
            Some(false) => "NOT_HISPANIC_OR_LATINO",
            None => "UNKNOWN",
        };
        self.person.push([
            (&person.id).into(),
            person.name.full().into(),
            (&person.name.given).into(),
            person.name.middle.clone().into(),
            (&person.name.surname).into(),
            person.name.suffix.into(),
            person.birth.into(),
            i64::from(person.birth.year()).into(),
            person.died.into(),
            person.sex.into(),
            person.gender_identity.into(),
            format!("[\"{}\"]", person.race).into(),
            ethnicity.into(),
            person.nation.into(),
            person.language.into(),
            person.interpreter.into(),
            person.veteran.into(),
            ssn.into(),
            last4.into(),
            i64::from(person.height_cm).into(),
            i64::from(person.weight_kg).into(),
            person.eyes.into(),
            person.hair.into(),
            city.into(),
            person.telephone().into(),
            person.protected.into(),
            person.updated.to_string().into(),
        ]);
    }

    fn push_charge(&mut self, person: &Person, at: usize, charge: GoldenCharge) {
        let id = format!("{}-c{at}", person.id);
        let how = charge.outcome.as_ref().map(|outcome| outcome.how);
        let confidential = how == Some(Disposition::DeferredDismissed);
        let pending = matches!(charge.status, "ARRESTED" | "PENDING");
        let whole = |number: Option<usize>| number.and_then(|number| i64::try_from(number).ok());
        let statute = charge.statute;
        if charge.is_sealed {
            self.expunged.extend(charge.case_number.as_ref().map(|order| (id.clone(), order.clone())));
        }
        self.charge.push([
            (&id).into(),
            (&person.id).into(),
            charge.mans.map(|mans| mans.to_string()).into(),
            whole(charge.sequence).into(),
            charge.case_number.into(),
            whole(charge.count).into(),
            charge.section_known.then_some(statute.section).into(),
            statute.title.into(),
            severity(statute).into(),
            charge.status.into(),
            charge.offense_on.into(),
            how.map(class).into(),
            how.map(class_raw).into(),
            charge.outcome.as_ref().map(|outcome| plea(outcome.plea).0).into(),
            charge.outcome.as_ref().map(|outcome| plea(outcome.plea).1).into(),
            charge.outcome.as_ref().map(|outcome| outcome.on).into(),
            charge.outcome.map(|outcome| outcome.court).into(),
            charge.is_youth.into(),
            charge.is_sealed.into(),
            confidential.into(),
            how.is_some_and(Disposition::conviction).into(),
            pending.into(),
            (&self.updated).into(),
        ]);
        for (place, stage) in charge.stages.into_iter().enumerate() {
            self.stage.push([
                format!("{id}-s{place}").into(),
                (&id).into(),
                stage.kind.into(),
                stage.on.into(),
                stage.agency.into(),
                stage.record.into(),
                stage.section.into(),
                stage.statute_raw.into(),
                statute.title.into(),
                severity(statute).into(),
                stage.linked_by.word().into(),
                charge.is_youth.into(),
                confidential.into(),
                (&self.updated).into(),
            ]);
        }
    }

    fn count(&mut self, one: Reported) {
        let (_, counts) = self.linkage.entry(one.court_ori).or_insert_with(|| (one.court, [0; 3]));
        let [number, marks, none] = counts;
        match one.tie {
            Tie::Number => *number += 1,
            Tie::Marks => *marks += 1,
            Tie::None => *none += 1,
        }
    }

    /// What is not of one person: statutes, closures, linkage, figures.
    pub fn push_others(&mut self, world: &World) -> Result<()> {
        let mut statute = Rows::of(
            "INSERT INTO statute (mca, short, severity, ncic, nibrs, offense_type, is_violent, is_sex, is_drug, is_domestic, updated_at) ",
        );
        for one in &STATUTES {
            use crate::demo::statutes::Kind;
            statute.push([
                one.section.into(),
                one.title.into(),
                severity(one).into(),
                one.ncic.into(),
                one.nibrs.into(),
                one.kind.counted_as().into(),
                one.kind.violent().into(),
                (one.kind == Kind::Sex).into(),
                (one.kind == Kind::Drug).into(),
                (one.kind == Kind::Partner).into(),
                (&self.updated).into(),
            ]);
        }
        let mut closure = Rows::of("INSERT INTO closure (kind, type, key, ordered_on, order_ref) ");
        for one in golden::closures(world) {
            closure.push([one.kind.into(), one.of.into(), one.key.into(), one.ordered.into(), one.order.into()]);
        }
        for (charge, order) in &self.expunged {
            closure.push(["EXPUNGED".into(), "Charge".into(), charge.into(), world.today.into(), order.into()]);
        }
        let mut metric = Rows::of("INSERT INTO metric (name, period, county, value, suppressed, method, counted_on) ");
        for one in metrics::metrics(world)? {
            metric.push([
                one.name.into(),
                one.period.into(),
                one.county.into(),
                one.value.into(),
                one.suppressed.into(),
                one.method.into(),
                world.today.into(),
            ]);
        }
        self.others.extend([statute, closure, metric, self.linkage_rows(world)]);
        Ok(())
    }

    fn linkage_rows(&self, world: &World) -> Rows {
        let mut rows = Rows::of(
            "INSERT INTO linkage (agency, agency_name, dispositions, linked_by_number, linked_by_marks, unlinked, unlinked_share, counted_on) ",
        );
        let mut total = [0; 3];
        let mut push = |agency: Value, name: Value, [number, marks, none]: [i64; 3]| {
            let all = number + marks + none;
            #[expect(clippy::cast_precision_loss, reason = "counts of charges are far below 2^52")]
            let share = none as f64 / all.max(1) as f64;
            rows.push([
                agency,
                name,
                all.into(),
                number.into(),
                marks.into(),
                none.into(),
                Value::Real(share),
                world.today.into(),
            ]);
        };
        for (ori, (name, counts)) in &self.linkage {
            push(ori.into(), name.into(), *counts);
            for (sum, count) in total.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        push(Value::Null, "All courts".into(), total);
        rows
    }

    /// Writes what makes whole statements; everything that is left, if it is the last time.
    pub async fn write(&mut self, connection: &mut SqliteConnection, last: bool) -> Result<()> {
        let own = [
            &mut self.person,
            &mut self.name,
            &mut self.address,
            &mut self.identifier,
            &mut self.crosswalk,
            &mut self.charge,
            &mut self.stage,
        ];
        for rows in own.into_iter().chain(&mut self.others) {
            if last { rows.finish(connection).await? } else { rows.write(connection).await? }
        }
        Ok(())
    }
}

/// Rows of the lists get ids from the person's: stable, and in the order of the list.
fn row_id(person: &Person, letter: char, at: usize) -> Value {
    format!("{}-{letter}{at}", person.id).into()
}

const fn severity(statute: &Statute) -> &'static str {
    if statute.felony { "FELONY" } else { "MISDEMEANOR" }
}

const fn class(how: Disposition) -> &'static str {
    match how {
        Disposition::Plea => "CONVICTED_BY_PLEA",
        Disposition::Trial => "CONVICTED_AT_TRIAL",
        Disposition::Acquitted => "ACQUITTED",
        Disposition::Dismissed => "DISMISSED",
        Disposition::Deferred => "DEFERRED_IMPOSITION",
        Disposition::DeferredDismissed => "DEFERRED_DISMISSED",
    }
}

/// The courts' own code.
#[must_use]
pub const fn class_raw(how: Disposition) -> &'static str {
    match how {
        Disposition::Plea => "GP",
        Disposition::Trial => "GT",
        Disposition::Acquitted => "NG",
        Disposition::Dismissed => "DIS",
        Disposition::Deferred => "DEF",
        Disposition::DeferredDismissed => "DDS",
    }
}

/// In the graph's word and in the courts' own code.
#[must_use]
pub const fn plea(plea: Plea) -> (&'static str, &'static str) {
    match plea {
        Plea::Guilty => ("GUILTY", "G"),
        Plea::NotGuilty => ("NOT_GUILTY", "NG"),
        Plea::NoContest => ("NO_CONTEST", "NC"),
    }
}
