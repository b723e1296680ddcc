//! What belongs to a case: bail, orders, who has a part in it, counsel.

use super::{Answer, OfCases, clock, flags};
use crate::demo::agencies::answers::{join, money};
use crate::demo::court::parties::{
    self, BondKind, BondStatus, Division, OrderKind, ParticipantRole, RepresentationKind,
};
use crate::demo::dirt::records;
use crate::demo::world::World;
use axum::Json;
use axum::extract::State;
use serde_json::json;
use std::sync::Arc;

pub(super) async fn bonds(State(world): State<Arc<World>>, Json(search): Json<OfCases>) -> Answer {
    search.answer(&world, "bonds", |case| {
        let bond = parties::bond(&world, case).map(|bond| {
            let in_words = records::case(world.seed, case.key).money_text;
            let mut written = flags(&world, case);
            join(
                &mut written,
                json!({
                    "bondId": bond.id,
                    "type": bond_code(bond.kind),
                    "amount": bond.amount.map(|dollars| money(dollars, in_words)),
                    "status": match bond.status {
                        BondStatus::Set => "SET",
                        BondStatus::Posted => "PST",
                        BondStatus::Forfeited => "FOR",
                        BondStatus::Exonerated => "EXO",
                    },
                    "set": clock(&world, bond.set),
                    "posted": bond.posted.map(|at| clock(&world, at)),
                    "conditions": bond.conditions,
                }),
            );
            written
        });
        bond.into_iter().collect()
    })
}

pub(super) async fn orders(State(world): State<Arc<World>>, Json(search): Json<OfCases>) -> Answer {
    search.answer(&world, "orders", |case| {
        let wanted = |kind: OrderKind| search.kind.as_deref().is_none_or(|wanted| order_group(kind) == wanted);
        let orders = parties::orders(&world, case).into_iter().filter(|order| wanted(order.kind));
        let written = orders.map(|order| {
            let mut written = flags(&world, case);
            join(
                &mut written,
                json!({
                    "orderId": order.id,
                    "type": match order.kind {
                        OrderKind::ReleaseConditions => "ORC",
                        OrderKind::NoContact => "NCO",
                        OrderKind::Commitment => "CMT",
                        OrderKind::Transport => "TRN",
                    },
                    "issued": order.issued.to_string(),
                    "expires": order.expires.map_or_else(String::new, |day| day.to_string()),
                    "text": order.text,
                }),
            );
            written
        });
        written.collect()
    })
}

pub(super) async fn participants(State(world): State<Arc<World>>, Json(search): Json<OfCases>) -> Answer {
    search.answer(&world, "participants", |case| {
        let wanted = |role| search.role.as_deref().is_none_or(|wanted| role_group(role) == wanted);
        let list = parties::participants(&world, case).into_iter().filter(|one| wanted(one.role));
        let written = list.map(|one| {
            let mut written = flags(&world, case);
            join(
                &mut written,
                json!({
                    "participantId": one.id,
                    "role": role_code(one.role),
                    "name": one.name,
                    "partyId": one.party,
                    "protected": one.protected,
                }),
            );
            written
        });
        written.collect()
    })
}

pub(super) async fn representations(State(world): State<Arc<World>>, Json(search): Json<OfCases>) -> Answer {
    search.answer(&world, "representations", |case| {
        let written = parties::representations(&world, case).into_iter().map(|one| {
            let mut written = flags(&world, case);
            join(
                &mut written,
                json!({
                    "representationId": one.id,
                    "type": match one.kind {
                        RepresentationKind::Public => "PD",
                        RepresentationKind::Private => "RET",
                        RepresentationKind::ProSe => "PRS",
                    },
                    "counsel": one.counsel,
                    "barNo": one.bar_number,
                    "office": one.office,
                    "division": one.division.map(Division::code),
                    "appointed": one.appointed.to_string(),
                    "withdrawn": one.withdrawn.map(|day| day.to_string()),
                }),
            );
            written
        });
        written.collect()
    })
}

const fn order_group(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::ReleaseConditions => "RELEASE_CONDITIONS",
        OrderKind::NoContact => "NO_CONTACT",
        OrderKind::Commitment => "COMMITMENT",
        OrderKind::Transport => "OTHER",
    }
}

const fn role_group(role: ParticipantRole) -> &'static str {
    match role {
        ParticipantRole::Defendant => "DEFENDANT",
        ParticipantRole::Prosecutor => "PROSECUTOR",
        ParticipantRole::Defense => "DEFENSE_ATTORNEY",
        ParticipantRole::Judge => "JUDGE",
        ParticipantRole::Victim => "VICTIM",
        ParticipantRole::Witness => "WITNESS",
        ParticipantRole::Codefendant => "OTHER",
    }
}

/// Padded to four, as the old database had it.
const fn role_code(role: ParticipantRole) -> &'static str {
    match role {
        ParticipantRole::Defendant => "DEF ",
        ParticipantRole::Prosecutor => "PRA ",
        ParticipantRole::Defense => "DFA ",
        ParticipantRole::Judge => "JDG ",
        ParticipantRole::Victim => "VIC ",
        ParticipantRole::Witness => "WIT ",
        ParticipantRole::Codefendant => "COD ",
    }
}

const fn bond_code(kind: BondKind) -> &'static str {
    match kind {
        BondKind::Cash => "CASH",
        BondKind::Surety => "SURETY",
        BondKind::CashOrSurety => "C/S",
        BondKind::OwnRecognizance => "OR",
        BondKind::NoBond => "NOB",
    }
}
