//! Check: the rows of permission tables against the policies.

use super::cedar::Decided;
use super::files::{Row, Tables};
use super::outcome::Outcome;
use super::policies::Policies;
use super::record;
use super::vocabulary::ClassId;
use super::{Act, Asking, Emergency, Facts, Verb};
use crate::graph::problem::{Problem, Problems};
use crate::graph::{Graph, TypeId};
use std::sync::Arc;

/// What is asked of a record.
enum What {
    /// The record itself, by the classes of its type; and a field of it.
    Field(TypeId, Vec<ClassId>, Vec<ClassId>),
    /// To look for it by a class.
    Filter(TypeId, ClassId),
    /// To do something about an emergency.
    Act(Act),
}

/// How many rows there are, or every row that comes out otherwise. `at`: seconds since 1970.
///
/// # Errors
/// A problem for each row that is wrong, with what was found.
pub fn check(policies: &Policies, graph: &Graph, tables: &Tables, at: i64) -> Result<usize, Problems> {
    let mut problems = Problems::default();
    for row in &tables.rows {
        match outcome(policies, graph, row, at) {
            Ok(found) if found == row.outcome => {}
            Ok(found) => {
                let message = format!("{} gets {found}, not {}", row.who, row.outcome);
                let because = because(policies, graph, row, at);
                problems.push(Problem::error(&row.place, message).with_hint_if(because));
            }
            Err(wrong) => problems.push(Problem::error(&row.place, wrong)),
        }
    }
    if problems.is_empty() { Ok(tables.rows.len()) } else { Err(problems) }
}

/// `REFUSED` where the purpose may not be stated, or the look is refused whatever the record.
fn outcome(policies: &Policies, graph: &Graph, row: &Row, at: i64) -> Result<String, String> {
    if !policies.purposes.of(&row.asking.kind).contains(&row.asking.purpose) {
        return Ok("REFUSED".to_owned());
    }
    let of_type = |on: TypeId| {
        let resource = policies.vocabulary.resources.get(&on).ok_or("no policy knows the type")?;
        record::facts(resource, &row.record)
    };
    match what(policies, graph, &row.what)? {
        What::Field(on, own, classes) => {
            let facts = of_type(on)?;
            Ok(of_field(policies, &row.asking, at, (on, &own, &classes), &facts).name().to_owned())
        }
        What::Filter(on, class) => {
            let facts = of_type(on)?;
            let lane = policies.book(&row.asking, at).filter(policies, on, &[class]);
            Ok(match lane.fixed {
                Some(Outcome::Allow) => "ALLOW".to_owned(),
                Some(_) => "REFUSED".to_owned(),
                None => lane.of(&facts).name().to_owned(),
            })
        }
        What::Act(act) => {
            let may = policies.may(&row.asking, act, &emergency(&row.record)?);
            Ok(if may { "ALLOW" } else { "DENY" }.to_owned())
        }
    }
}

/// The outcome for a field of a record: that of the record where it is hidden.
#[must_use]
pub fn of_field(
    policies: &Policies,
    asking: &Asking,
    at: i64,
    (on, own, classes): (TypeId, &[ClassId], &[ClassId]),
    facts: &Facts<'_>,
) -> Outcome {
    let book = policies.book(asking, at);
    let record = if own.is_empty() { Outcome::Allow } else { book.lane(policies, on, own).of(facts) };
    match record {
        Outcome::Hide => Outcome::Hide,
        _ if classes.is_empty() => record,
        _ => book.lane(policies, on, classes).of(facts),
    }
}

fn what(policies: &Policies, graph: &Graph, text: &str) -> Result<What, String> {
    let words = &policies.vocabulary;
    let ty =
        |name: &str| words.resource_named(name).map(|(on, _)| on).ok_or_else(|| format!("there is no type `{name}`"));
    let ids = |classes: &[Arc<str>]| classes.iter().filter_map(|class| words.class(class)).collect::<Vec<_>>();
    if let Some(name) = text.strip_prefix("emergency ") {
        let known = || Act::ALL.map(Act::name).join(", ");
        return Act::named(name).map(What::Act).ok_or_else(|| format!("there is no act `{name}`, only {}", known()));
    }
    if let Some(rest) = text.strip_prefix("filter ") {
        let (name, class) = rest.split_once(' ').ok_or("write `filter TYPE CLASS`")?;
        let class = words.class(class).ok_or_else(|| format!("there is no class `{class}`"))?;
        return Ok(What::Filter(ty(name)?, class));
    }
    let (name, field) = text.split_once('.').map_or((text, None), |(name, field)| (name, Some(field)));
    let on = ty(name)?;
    let own = ids(&graph.object(on).map(|object| object.classes.clone()).unwrap_or_default());
    let classes = match field {
        None => Vec::new(),
        Some(field) => {
            let id = graph.field_named(on, field).ok_or_else(|| format!("{name} has no field `{field}`"))?;
            policies.classes_of(id).to_vec()
        }
    };
    Ok(What::Field(on, own, classes))
}

/// What a row says of an emergency: `opener=patrol provider=P agency=MT0560100 kind=LAW_ENFORCEMENT overdue=true`.
fn emergency(text: &str) -> Result<Emergency<'_>, String> {
    let mut emergency = Emergency { opener: "", provider: "", agency: "", kind: "", overdue: false };
    for pair in text.split_whitespace() {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `fact=value`"))?;
        match name {
            "opener" => emergency.opener = value,
            "provider" => emergency.provider = value,
            "agency" => emergency.agency = value,
            "kind" => emergency.kind = value,
            "overdue" => emergency.overdue = value.parse().map_err(|_| "`overdue` is true or false".to_owned())?,
            _ => return Err(format!("an emergency says nothing of `{name}`")),
        }
    }
    Ok(emergency)
}

/// The policies that had a part in it.
fn because(policies: &Policies, graph: &Graph, row: &Row, at: i64) -> Option<String> {
    let book = policies.book(&row.asking, at);
    let decided: Vec<Arc<Decided>> = match what(policies, graph, &row.what).ok()? {
        What::Field(on, own, classes) => own
            .iter()
            .chain(&classes)
            .flat_map(|class| [Verb::Disclose, Verb::Exist].map(|verb| book.decide(policies, on, verb, *class)))
            .collect(),
        What::Filter(on, class) => vec![book.decide(policies, on, Verb::Filter, class)],
        What::Act(_) => return None,
    };
    let mut ids: Vec<&str> = decided
        .iter()
        .flat_map(|decided| &decided.because)
        .filter_map(|at| policies.cited(*at).map(|cited| &*cited.id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let fault = decided.iter().find_map(|decided| decided.fault.clone());
    Some(fault.unwrap_or_else(|| {
        format!("decided by {}", if ids.is_empty() { "no policy at all".into() } else { ids.join(", ") })
    }))
}
