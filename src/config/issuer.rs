//! Issuer: `[[issuer]]`, an identity provider and how far it is believed.

use super::kind;
use crate::caller::{Algorithm, ClaimNames, IssuerConfig, OriPattern};
use crate::graph::block::Block;
use crate::graph::problem::did_you_mean;
use crate::graph::{Problem, Text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The issuer, and where its address stands; nothing where something that it needs is missing.
pub(super) fn read(block: &Block<'_>) -> Option<(IssuerConfig, Text)> {
    let address = block.needed("url").filter(|text| is_address(block, text));
    let audiences = some(block, "audience", "what tokens for this gateway have as `aud`");
    let algorithms: Vec<Algorithm> = some(block, "algorithms", "what this issuer signs with, as `[\"ES256\"]`")
        .iter()
        .filter_map(|text| algorithm(block, text))
        .collect();
    let agencies = some(block, "agencies", "the ORIs that it speaks for, as `[\"MT056*\"]`")
        .iter()
        .filter_map(|text| pattern(block, text))
        .collect();
    let written_kinds = block.texts("kinds");
    let kinds = written_kinds.iter().filter_map(|text| kind(block, text)).collect();
    let claims = block.table("claims").map(|block| claims(&block)).unwrap_or_default();
    let roles = block.pairs("roles").unwrap_or_default();
    let roles: BTreeMap<Arc<str>, Arc<str>> = roles.into_iter().map(|(from, to)| (from.value, to.value)).collect();
    block.done();
    match (written_kinds.first(), &claims.kind) {
        (Some(first), None) => {
            let problem = Problem::error(&first.place, "`kinds` needs the claim that tells them");
            block.push(problem.with_hint("write `kind = \"…\"` under `[issuer.claims]`"));
        }
        (None, Some(_)) if block.lacks("kinds") => {
            let problem =
                Problem::error(&block.place, "the claim `kind` needs `kinds`: those that this issuer may claim");
            block.push(problem.with_hint("for example `kinds = [\"DEFENSE\"]`"));
        }
        _ => {}
    }
    let address = address?;
    let url = Arc::clone(&address.value);
    let audiences = audiences.into_iter().map(|text| text.value).collect();
    Some((IssuerConfig { url, audiences, algorithms, agencies, kinds, roles, claims }, address))
}

/// A list that must have something in it.
fn some(block: &Block<'_>, key: &'static str, what: &str) -> Vec<Text> {
    let texts = block.texts(key);
    let empty = texts.is_empty() && (!block.has(key) || block.is_empty_list(key));
    if empty && (block.has(key) || block.lacks(key)) {
        let problem = Problem::error(&block.key_place(key), format!("an issuer needs `{key}`"));
        block.push(problem.with_hint(format!("say {what}")));
    }
    for text in texts.iter().filter(|text| text.value.trim().is_empty()) {
        block.push(Problem::error(&text.place, format!("`{key}` is empty")));
    }
    texts
}

/// Over TLS, so that nobody on the way can hand out other keys.
fn is_address(block: &Block<'_>, text: &Text) -> bool {
    let url = url::Url::parse(&text.value).ok();
    let good = url.is_some_and(|url| {
        let bare = url.username().is_empty() && url.password().is_none();
        bare && url.scheme() == "https" && url.has_host() && url.query().is_none() && url.fragment().is_none()
    });
    if !good {
        let problem =
            Problem::error(&text.place, "an issuer's address is one of https, with nothing but host and path");
        block.push(problem.with_hint("exactly as `iss` stands in its tokens"));
    }
    good
}

fn algorithm(block: &Block<'_>, text: &Text) -> Option<Algorithm> {
    let names = Algorithm::ALL.map(Algorithm::name);
    let algorithm = Algorithm::named(&text.value);
    if algorithm.is_none() {
        let symmetric = text.value.starts_with("HS") || text.value.eq_ignore_ascii_case("none");
        let (message, hint) = if symmetric {
            let message = format!("`{}` proves nothing: whoever can check such a token can make one", text.value);
            (message, format!("one of {}", names.join(", ")))
        } else {
            let hint = did_you_mean(&text.value, names).unwrap_or_else(|| format!("one of {}", names.join(", ")));
            (format!("`{}` is no algorithm known here", text.value), hint)
        };
        block.push(Problem::error(&text.place, message).with_hint(hint));
    }
    algorithm
}

fn pattern(block: &Block<'_>, text: &Text) -> Option<OriPattern> {
    let pattern = OriPattern::new(&text.value);
    if pattern.is_none() {
        let problem = Problem::error(&text.place, format!("`{}` is no ORI, nor the beginning of some", text.value));
        block.push(problem.with_hint("`MT0560000` for one, `MT056*` for all that begin so, `*` for all"));
    }
    pattern
}

fn claims(block: &Block<'_>) -> ClaimNames {
    let known = ClaimNames::default();
    let name = |key: &'static str, standard: Arc<str>| block.text(key).map_or(standard, |text| text.value);
    let claims = ClaimNames {
        user: name("user", known.user),
        provider: name("provider", known.provider),
        agency: name("agency", known.agency),
        employer: name("employer", known.employer),
        roles: name("roles", known.roles),
        division: name("division", known.division),
        sworn: name("sworn", known.sworn),
        criminal_history: name("criminal_history", known.criminal_history),
        intelligence: name("intelligence", known.intelligence),
        kind: block.text("kind").map(|text| text.value),
        subject: block.text("subject").map(|text| text.value),
        bar: block.text("bar").map(|text| text.value),
    };
    block.done();
    claims
}
