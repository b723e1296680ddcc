//! The department of corrections: a GraphQL API of its own, with the department's words.

use super::answers::page;
use crate::demo::corrections::{
    Category, File, Inmate, Status, Supervision, ViolationKind, file, office, officer_id, officer_name, supervision_id,
};
use crate::demo::court::Case;
use crate::demo::court::parties::{self, Report};
use crate::demo::dirt::records;
use crate::demo::people;
use crate::demo::systems::System;
use crate::demo::world::{World, item};
use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Request, Response, Schema, SimpleObject};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use jiff::civil::Date;
use std::sync::Arc;

const KEYS_MAX: usize = 200;

type Api = Schema<Query, EmptyMutation, EmptySubscription>;
type Answer<T> = async_graphql::Result<T>;

pub fn routes(world: Arc<World>) -> Router {
    let api = Schema::build(Query, EmptyMutation, EmptySubscription).data(world).finish();
    Router::new().route("/graphql", post(answer)).with_state(api)
}

async fn answer(State(api): State<Api>, Json(request): Json<Request>) -> Json<Response> {
    Json(api.execute(request).await)
}

struct Query;

#[derive(SimpleObject)]
struct SupervisionRecord {
    supervision_id: String,
    doc_id: String,
    category: &'static str,
    status: String,
    start_date: String,
    end_date: Option<String>,
    scheduled_end: String,
    level: &'static str,
    office: String,
    officer: OfficerRecord,
    conditions: Vec<ConditionRecord>,
    assessments: Vec<AssessmentRecord>,
    youth: bool,
    updated: String,
}

#[derive(SimpleObject)]
struct OfficerRecord {
    federation_id: String,
    name: String,
    phone: String,
}

#[derive(SimpleObject)]
struct ConditionRecord {
    code: &'static str,
    text: &'static str,
}

#[derive(SimpleObject)]
struct AssessmentRecord {
    tool: &'static str,
    date: String,
    level: &'static str,
    score: i32,
}

#[derive(SimpleObject)]
struct ViolationRecord {
    violation_id: String,
    supervision_id: String,
    date: String,
    kind: &'static str,
    response: &'static str,
    youth: bool,
    updated: String,
}

#[derive(SimpleObject)]
struct TreatmentRecord {
    treatment_id: String,
    supervision_id: String,
    program: &'static str,
    start_date: String,
    end_date: Option<String>,
    outcome: Option<&'static str>,
    consent_oris: Vec<&'static str>,
}

#[derive(SimpleObject)]
struct SentenceDates {
    sentence_id: String,
    parole_eligible: Option<String>,
    projected_discharge: Option<String>,
}

#[derive(SimpleObject)]
struct InmateRecord {
    doc_id: String,
    commitment_no: String,
    facility_ori: &'static str,
    facility_name: &'static str,
    assignment: &'static str,
    since: String,
    projected_release: Option<String>,
    youth: bool,
    updated: String,
}

#[derive(SimpleObject)]
struct OffenderRecord {
    doc_id: String,
    birth_date: Option<String>,
    sex: &'static str,
    races: Option<Vec<&'static str>>,
}

#[derive(SimpleObject)]
struct ReportRecord {
    case_number: String,
    doc_id: Option<String>,
    ordered: String,
    completed: Option<String>,
    office: String,
}

#[derive(SimpleObject)]
struct CaseloadPage {
    items: Vec<SupervisionRecord>,
    next: Option<String>,
}

#[Object]
impl Query {
    /// Supervisions of these persons.
    async fn supervisions(
        &self,
        context: &Context<'_>,
        doc_ids: Vec<String>,
        active: Option<bool>,
    ) -> Answer<Vec<SupervisionRecord>> {
        let world = of(context, doc_ids.len())?;
        let mut found = Vec::new();
        for place in
            persons(world, &doc_ids).filter_map(|person| world.corrections.supervisions_of.get(&person)).flatten()
        {
            if let Some(one) = item(&world.corrections.supervisions, *place)
                && active.is_none_or(|active| shown_end(world, one).is_none() == active)
            {
                found.push(supervision(world, *place, one)?);
            }
        }
        Ok(found)
    }

    /// By the department's own numbers.
    async fn supervisions_by_id(&self, context: &Context<'_>, ids: Vec<String>) -> Answer<Vec<SupervisionRecord>> {
        let world = of(context, ids.len())?;
        let known = ids.iter().filter_map(|id| world.corrections.supervision(id));
        known.map(|(place, one)| supervision(world, place, one)).collect()
    }

    /// Of one officer, those that have not ended, in the order of their numbers.
    async fn caseload(
        &self,
        context: &Context<'_>,
        officer: String,
        limit: Option<i32>,
        after: Option<String>,
    ) -> Answer<CaseloadPage> {
        let world = of(context, 0)?;
        let places = world.corrections.caseloads.get(&officer).map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<String> = places.iter().map(|place| supervision_id(*place)).collect();
        let limit =
            limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let (ids, next) = page(ids.iter(), after.as_deref(), limit, String::as_str);
        let items = ids.into_iter().filter_map(|id| world.corrections.supervision(id));
        let items: Answer<Vec<_>> = items.map(|(place, one)| supervision(world, place, one)).collect();
        Ok(CaseloadPage { items: items?, next })
    }

    async fn violations(&self, context: &Context<'_>, supervision_ids: Vec<String>) -> Answer<Vec<ViolationRecord>> {
        let world = of(context, supervision_ids.len())?;
        let mut found = Vec::new();
        for (id, (_, one)) in supervision_ids.iter().filter_map(|id| Some((id, world.corrections.supervision(id)?))) {
            for (at, violation) in file_of(world, one)?.violations.into_iter().enumerate() {
                found.push(ViolationRecord {
                    violation_id: format!("{id}/V{}", at + 1),
                    supervision_id: id.clone(),
                    date: violation.on.to_string(),
                    kind: match violation.kind {
                        ViolationKind::Technical => "TECH",
                        ViolationKind::NewOffense => "NEW_CRIME",
                        ViolationKind::Absconded => "ABSCOND",
                    },
                    response: violation.response,
                    youth: false,
                    updated: format!("{}T20:00:00Z", violation.on),
                });
            }
        }
        Ok(found)
    }

    /// Programs of treatment; the department holds them for the programs.
    async fn treatments(&self, context: &Context<'_>, supervision_ids: Vec<String>) -> Answer<Vec<TreatmentRecord>> {
        let world = of(context, supervision_ids.len())?;
        let mut found = Vec::new();
        for (id, (_, one)) in supervision_ids.iter().filter_map(|id| Some((id, world.corrections.supervision(id)?))) {
            found.extend(file_of(world, one)?.treatment.map(|treatment| TreatmentRecord {
                treatment_id: format!("{id}/T1"),
                supervision_id: id.clone(),
                program: treatment.program,
                start_date: treatment.started.to_string(),
                end_date: treatment.ended.map(|day| day.to_string()),
                outcome: treatment.outcome,
                consent_oris: treatment.consent,
            }));
        }
        Ok(found)
    }

    /// Dates that the department computes for sentences of the courts.
    async fn sentence_dates(&self, context: &Context<'_>, sentence_ids: Vec<String>) -> Answer<Vec<SentenceDates>> {
        let world = of(context, sentence_ids.len())?;
        let known = sentence_ids.iter().filter_map(|id| {
            let (number, count) = id.rsplit_once('.')?;
            let sentence = world.courts.charge(number, count)?.2.sentence.as_deref()?;
            Some(SentenceDates {
                sentence_id: id.clone(),
                parole_eligible: sentence.parole_eligible().map(|day| day.to_string()),
                projected_discharge: sentence.prison().map(|_| sentence.over.to_string()),
            })
        });
        Ok(known.collect())
    }

    /// Who is or was in a prison.
    async fn inmates(&self, context: &Context<'_>, doc_ids: Vec<String>) -> Answer<Vec<InmateRecord>> {
        let world = of(context, doc_ids.len())?;
        let places = persons(world, &doc_ids).filter_map(|person| world.corrections.inmates_of.get(&person)).flatten();
        let known = places.filter_map(|place| Some((*place, item(&world.corrections.inmates, *place)?)));
        Ok(known.map(|(place, one)| inmate(world, place, one)).collect())
    }

    /// Who they are, as the department registered them.
    async fn offenders(&self, context: &Context<'_>, doc_ids: Vec<String>) -> Answer<Vec<OffenderRecord>> {
        let world = of(context, doc_ids.len())?;
        let known = persons(world, &doc_ids).filter_map(|person| {
            let recorded = world.registered(System::Omis, u64::from(person))?;
            Some(OffenderRecord {
                doc_id: people::doc(person),
                birth_date: recorded.birth.map(|birth| birth.to_string()),
                sex: recorded.sex,
                races: recorded.race.map(|race| vec![race]),
            })
        });
        Ok(known.collect())
    }

    /// That a presentence investigation was ordered or written for a case; not what it says.
    async fn presentence_reports(&self, context: &Context<'_>, case_numbers: Vec<String>) -> Answer<Vec<ReportRecord>> {
        let world = of(context, case_numbers.len())?;
        let cases = case_numbers.iter().filter_map(|number| world.courts.case(number));
        Ok(cases.filter_map(|case| Some(report(world, case, parties::report(world, case)?))).collect())
    }
}

fn of<'a>(context: &'a Context<'_>, keys: usize) -> Answer<&'a World> {
    if keys > KEYS_MAX {
        return Err("too many ids".into());
    }
    Ok(context.data::<Arc<World>>()?)
}

fn persons<'a>(world: &'a World, doc_ids: &'a [String]) -> impl Iterator<Item = u32> + 'a {
    let places = doc_ids.iter().filter_map(|id| people::place_of_doc(id));
    places.filter(|person| world.number_of(*person, System::Omis).is_some())
}

fn file_of(world: &World, one: &Supervision) -> Answer<File> {
    file(world.seed, world.today, one).map_err(|_| "the file can't be read".into())
}

/// The end, where it has been entered.
#[must_use]
pub fn shown_end(world: &World, one: &Supervision) -> Option<Date> {
    let late = records::supervision(world.seed, one.key).late;
    one.ended.filter(|day| !(late && *day > world.date(world.late_since())))
}

fn supervision(world: &World, place: u32, one: &Supervision) -> Answer<SupervisionRecord> {
    let file = file_of(world, one)?;
    let ended = shown_end(world, one);
    let status = match one.status {
        _ if one.ended.is_some() && ended.is_none() => "A",
        Status::Active => "A",
        Status::Absconder => "ABSC",
        Status::Completed => "DISC",
        Status::CompletedEarly => "DISC-E",
        Status::Revoked => "REV",
        Status::Canceled => "DEC",
    };
    let assessments = file.assessment.map(|(on, level, score)| AssessmentRecord {
        tool: "MORRA",
        date: on.to_string(),
        level,
        score: i32::from(score),
    });
    Ok(SupervisionRecord {
        supervision_id: supervision_id(place),
        doc_id: people::doc(one.person),
        category: match one.category {
            Category::Pretrial => "PTR",
            Category::Probation => "PROB",
            Category::Parole => "PAR",
        },
        status: records::supervision(world.seed, one.key).status.write(status, "UNKNOWN").to_owned(),
        start_date: one.started.to_string(),
        end_date: ended.map(|day| day.to_string()),
        scheduled_end: one.ends.to_string(),
        level: file.level,
        office: office(one.county),
        officer: OfficerRecord {
            federation_id: officer_id(one.county, one.officer),
            name: officer_name(world.seed, one.county, one.officer),
            phone: format!("406-555-01{:02}", u32::from(one.officer) + 60),
        },
        conditions: file.conditions.into_iter().map(|(code, text)| ConditionRecord { code, text }).collect(),
        assessments: assessments.into_iter().collect(),
        youth: false,
        updated: format!("{}T07:00:00Z", ended.unwrap_or(one.started)),
    })
}

fn inmate(world: &World, place: u32, one: &Inmate) -> InmateRecord {
    let female = world.person(one.person).is_some_and(|person| person.sex == "F");
    let (facility_ori, facility_name) = Inmate::facility(female);
    InmateRecord {
        doc_id: people::doc(one.person),
        commitment_no: format!("CM{place:07}"),
        facility_ori,
        facility_name,
        assignment: if one.out { "PAROLE" } else { "ACTIVE INMATE" },
        since: format!("{}T19:00:00Z", if one.out { one.release } else { one.admitted }),
        projected_release: (!one.out).then(|| one.release.to_string()),
        youth: false,
        updated: world.moment.to_string(),
    }
}

fn report(world: &World, case: &Case, report: Report) -> ReportRecord {
    ReportRecord {
        case_number: case.number.clone(),
        doc_id: world.number_of(case.person, System::Omis).map(|_| people::doc(case.person)),
        ordered: report.ordered.to_string(),
        completed: report.completed.map(|day| day.to_string()),
        office: report.office,
    }
}
