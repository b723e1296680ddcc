//! The people of the demonstration, by the tokens of its own identity provider.

use super::{ask, believing, told};
use headwaters::caller::{AgencyKind, IssuerConfig, Ori, OriPattern, Purpose};
use headwaters::demo::{self, issuer, personas, personas::Sample};
use serde_json::Value;

fn config(issuer: &issuer::Issuer) -> IssuerConfig {
    let agencies = vec![OriPattern::new("MT*").unwrap()];
    IssuerConfig { agencies, ..IssuerConfig::of_everybody(issuer.url(), issuer::AUDIENCE) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_who_they_are_said_to_be() {
    let sample = Sample { person: "p1".to_owned(), case: "DC-1".to_owned(), booking: "26-1".to_owned() };
    let issuer = demo::issue(&sample).await.unwrap();
    let callers = believing(config(&issuer)).await;
    let mut kinds = Vec::new();
    for persona in personas::all(&sample).unwrap() {
        for purpose in &persona.purposes {
            assert!(Purpose::named(purpose).is_some(), "{}: {purpose}", persona.name);
        }
        let Some(token) = issuer.token(&persona.name) else {
            assert_eq!(persona.name, "public");
            continue;
        };
        let caller =
            ask(&callers, &token).await.unwrap_or_else(|refusal| panic!("{}: {}", persona.name, told(&refusal)));
        assert_eq!(**caller.name(), *persona.user());
        assert_eq!(Some(caller.agency_kind().name()), persona.kind.as_deref(), "{}", persona.name);
        assert_eq!(caller.agency().map(Ori::as_str), persona.agency.as_deref(), "{}", persona.name);
        assert_eq!(caller.roles().iter().map(|role| &**role).collect::<Vec<_>>(), persona.roles, "{}", persona.name);
        assert_eq!(caller.subject().map(|id| &**id), persona.subject.as_deref());
        kinds.push(caller.agency_kind());
    }
    for kind in ["COURT", "DEFENSE", "DETENTION", "LAW_ENFORCEMENT", "PROSECUTION", "CORRECTIONS", "BOCC", "SUBJECT"] {
        assert!(kinds.contains(&AgencyKind::named(kind).unwrap()), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_gets_a_token_for_each_and_none_for_the_public() {
    let issuer = demo::issue(&Sample::default()).await.unwrap();
    let written: Vec<Value> = serde_json::from_str(&issuer.written()).unwrap();
    for persona in &written {
        assert_eq!(persona["token"].is_null(), persona["name"] == "public", "{persona}");
    }
    assert!(!format!("{issuer:?}").contains("key"), "{issuer:?}");
    assert_eq!(issuer.token("nobody"), None);
}

/// Another demonstration's tokens are nothing to this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_demonstration_has_keys_of_its_own() {
    let (one, other) = (demo::issue(&Sample::default()).await.unwrap(), demo::issue(&Sample::default()).await.unwrap());
    let callers = believing(config(&one)).await;
    assert!(ask(&callers, &one.token("clerk").unwrap()).await.is_ok());
    let refused = ask(&callers, &other.token("clerk").unwrap()).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token's issuer is not known here");
}
