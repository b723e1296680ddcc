//! How charges ended, and with what sentence.

use super::{Answer, PartyId, few, flags};
use crate::demo::agencies::answers::{join, money};
use crate::demo::court::sentence::{Kind, Sentence, Status as SentenceStatus};
use crate::demo::court::{Case, Charge};
use crate::demo::golden::link::shown_end;
use crate::demo::seed::tables::{class_raw, plea};
use crate::demo::world::World;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What belongs to charges.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OfCharges {
    charges: Vec<ChargeRef>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChargeRef {
    case_number: String,
    count: PartyId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SentenceIds {
    sentence_ids: Vec<String>,
}

impl OfCharges {
    fn answer(&self, world: &World, name: &str, of: impl Fn(&Case, usize, &Charge) -> Option<Value>) -> Answer {
        few(&self.charges)?;
        let found = self.charges.iter().filter_map(|wanted| {
            let (case, place, charge) =
                world.courts.charge(&wanted.case_number, &wanted.count.number()?.to_string())?;
            of(case, place, charge)
        });
        Ok(Json(json!({ name: found.collect::<Vec<_>>() })))
    }
}

/// `{"charges": [{"caseNumber": …, "count": 1}]}`: how each ended; nothing for those that have not.
pub(super) async fn dispositions(State(world): State<Arc<World>>, Json(search): Json<OfCharges>) -> Answer {
    search.answer(&world, "dispositions", |case, place, charge| {
        let ended = shown_end(&world, case, charge)?;
        let mut written = flags(&world, case);
        join(
            &mut written,
            json!({
                "count": place + 1,
                "defendantPartyId": case.party,
                "disposition": class_raw(ended.how),
                "plea": plea(ended.plea).1,
                "date": ended.on.to_string(),
                "courtName": case.court(),
                "conviction": ended.how.conviction(),
            }),
        );
        Some(written)
    })
}

pub(super) async fn sentences(State(world): State<Arc<World>>, Json(search): Json<OfCharges>) -> Answer {
    search.answer(&world, "sentences", |case, place, charge| {
        shown_end(&world, case, charge)?;
        let sentence = charge.sentence.as_deref()?;
        let mut written = flags(&world, case);
        join(&mut written, sentence_written(case, place, sentence));
        Some(written)
    })
}

/// `{"sentenceIds": ["DC-56-2026-0000104-IN.1"]}`.
pub(super) async fn sentences_by_id(State(world): State<Arc<World>>, Json(search): Json<SentenceIds>) -> Answer {
    few(&search.sentence_ids)?;
    let charges = search.sentence_ids.iter().filter_map(|id| {
        let (case_number, count) = id.rsplit_once('.')?;
        Some(ChargeRef { case_number: case_number.to_owned(), count: PartyId::Text(count.to_owned()) })
    });
    let search = OfCharges { charges: charges.collect() };
    if search.charges.is_empty() {
        return Ok(Json(json!({ "sentences": [] })));
    }
    sentences(State(world), Json(search)).await
}

fn sentence_written(case: &Case, place: usize, sentence: &Sentence) -> Value {
    let components = sentence.components.iter().map(|one| {
        let (kind, deferred) = match one.kind {
            Kind::Prison => ("MSP", false),
            Kind::Jail => ("JAIL", false),
            Kind::Suspended => ("SUSP", false),
            Kind::Deferred => ("DEFR", true),
            Kind::Fine => ("FINE", false),
        };
        json!({
            "kind": kind,
            "minimum": (one.kind == Kind::Prison).then_some((one.days - one.suspended) / 4),
            "days": if deferred || one.days == 0 { None } else { Some(one.days) },
            "suspended": (one.suspended > 0).then_some(one.suspended),
            "deferred": deferred.then_some(one.days),
            "credit": (one.credit > 0).then_some(one.credit),
            "amount": (one.fine > 0).then(|| money(one.fine, false)),
        })
    });
    json!({
        "sentenceId": case.sentence_id(place),
        "count": place + 1,
        "imposed": sentence.imposed.to_string(),
        "status": match sentence.status {
            SentenceStatus::Serving => "SRV",
            SentenceStatus::Suspended => "SUS",
            SentenceStatus::Completed => "CMP",
            SentenceStatus::Revoked => "RVK",
        },
        "concurrent": sentence.concurrent,
        "components": components.collect::<Vec<_>>(),
    })
}
