//! What a good token says of its caller.

use super::issuer::{Issuer, Signer, now};
use super::{ask, ask_at, believing, callers, told};
use headwaters::caller::{AgencyKind, Callers, Certification, ClaimNames, Config, OriPattern};
use headwaters::limits::Limits;
use serde_json::{Value, json};

async fn kind_of(config: Config, signer: &Signer, claims: &Value) -> String {
    let callers = Callers::open(config, Limits::default()).await;
    match ask(&callers, &signer.token(claims)).await {
        Ok(caller) => caller.agency_kind().name().to_owned(),
        Err(refusal) => told(&refusal),
    }
}

#[tokio::test]
async fn every_algorithm_of_the_issuer_is_believed() {
    let keys = [Signer::es256("a"), Signer::eddsa("b"), Signer::rsa("c", false), Signer::rsa("d", true)];
    let issuer = Issuer::start(&keys.iter().collect::<Vec<_>>()).await;
    let callers = callers(&issuer).await;
    for key in &keys {
        let came = ask(&callers, &key.token(&issuer.claims())).await;
        assert_eq!(&**came.unwrap_or_else(|refusal| panic!("{}: {}", key.algorithm(), told(&refusal))).name(), "nora");
    }
}

#[tokio::test]
async fn a_caller_is_what_the_token_says() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let callers = callers(&issuer).await;
    let mut claims = issuer.claims();
    claims["IdentityProviderId"] = json!("idp.courts.example.gov");
    claims["EmployerName"] = json!("District Court");
    claims["EmployeePositionName"] = json!(["clerk", "judge", "clerk"]);
    claims["EmployerSubUnitName"] = json!("Civil");
    claims["SwornLawEnforcementOfficerIndicator"] = json!(false);
    claims["NCICCriminalHistoryPrivilegeIndicator"] = json!("true");
    claims["28CFRCertificationIndicator"] = json!(true);
    claims["PersonId"] = json!("not-theirs: they are no subject");
    let caller = ask(&callers, &key.token(&claims)).await.unwrap();
    assert_eq!((&**caller.name(), &**caller.provider()), ("nora", "idp.courts.example.gov"));
    assert_eq!(caller.agency().unwrap().as_str(), "MT056015J");
    assert_eq!(caller.employer().map(|text| &**text), Some("District Court"));
    assert_eq!(caller.agency_kind(), AgencyKind::Court);
    assert_eq!(caller.roles().iter().map(|role| &**role).collect::<Vec<_>>(), ["clerk", "judge"]);
    assert_eq!(caller.division().map(|text| &**text), Some("Civil"));
    assert!(!caller.has(Certification::Sworn));
    assert!(caller.has(Certification::CriminalHistory) && caller.has(Certification::Intelligence));
    assert_eq!(caller.subject(), None);
    assert_eq!(caller.token().map(|id| &**id), Some("t1"));
    assert_eq!(caller.expires_at(), claims["exp"].as_u64());
    assert_eq!(caller.purpose(), None, "a purpose is stated by the request, not by the token");
    let shown = format!("{caller:?}");
    assert!(shown.contains("nora") && shown.contains("MT056015J"), "{shown}");
    assert!(!shown.contains("District Court") && !shown.contains("Civil"), "{shown}");
}

#[tokio::test]
async fn a_subject_has_a_record_and_no_agency() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let callers = callers(&issuer).await;
    let mut claims = issuer.claims();
    claims["AgencyKind"] = json!("SUBJECT");
    claims["EmployerORI"] = Value::Null;
    let refused = ask(&callers, &key.token(&claims)).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token does not say the subject's golden record");
    claims["PersonId"] = json!("p1");
    let caller = ask(&callers, &key.token(&claims)).await.unwrap();
    assert_eq!((caller.subject().map(|id| &**id), caller.agency()), (Some("p1"), None));
}

#[tokio::test]
async fn the_kind_comes_from_the_configuration_then_the_claim_then_the_ori() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let config = Config { issuers: vec![issuer.config()], ..Config::default() };
    let mut claims = issuer.claims();
    claims["EmployerORI"] = json!("MT0560000");
    assert_eq!(kind_of(config.clone(), &key, &claims).await, "LAW_ENFORCEMENT", "by the ninth character");
    claims["AgencyKind"] = json!("FEDERAL");
    assert_eq!(kind_of(config.clone(), &key, &claims).await, "FEDERAL", "by the claim");
    let mut configured = config.clone();
    let ori = headwaters::caller::Ori::new("MT0560000").unwrap();
    configured.agencies.insert(ori, AgencyKind::Detention);
    assert_eq!(kind_of(configured, &key, &claims).await, "DETENTION", "by the configuration");
    // No claim is read that nobody named, and none believed that the issuer may not make.
    let mut unnamed = config.clone();
    unnamed.issuers[0].claims = ClaimNames::default();
    assert_eq!(kind_of(unnamed, &key, &claims).await, "LAW_ENFORCEMENT");
    let mut bounded = config.clone();
    bounded.issuers[0].kinds = vec![AgencyKind::Detention];
    let refused = "UNAUTHENTICATED the token's issuer may not claim this kind of agency";
    assert_eq!(kind_of(bounded, &key, &claims).await, refused);
    claims["AgencyKind"] = json!("KING");
    assert_eq!(kind_of(config.clone(), &key, &claims).await, refused);
    claims["AgencyKind"] = Value::Null;
    claims["EmployerORI"] = json!("MT056021D");
    let refused = "UNAUTHENTICATED nothing says what kind of agency the caller works for";
    assert_eq!(kind_of(config.clone(), &key, &claims).await, refused);
    claims["EmployerORI"] = Value::Null;
    assert_eq!(kind_of(config.clone(), &key, &claims).await, refused);
    claims["AgencyKind"] = json!("COURT");
    let refused = "UNAUTHENTICATED the token does not say the employer's ORI";
    assert_eq!(kind_of(config, &key, &claims).await, refused);
}

#[tokio::test]
async fn an_issuer_speaks_for_its_own_agencies() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let mut config = issuer.config();
    config.agencies = vec![OriPattern::new("MT016*").unwrap()];
    let callers = believing(config).await;
    let refused = ask(&callers, &key.token(&issuer.claims())).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token's issuer does not speak for this agency");
    let mut claims = issuer.claims();
    claims["EmployerORI"] = json!("MT016015J");
    assert!(ask(&callers, &key.token(&claims)).await.is_ok());
}

#[tokio::test]
async fn claims_are_found_by_other_names_and_roles_are_translated() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let mut config = issuer.config();
    config.claims.user = "sub".into();
    config.claims.roles = "/realm_access/roles".into();
    config.roles.insert("Deputy Clerk II".into(), "clerk".into());
    let callers = believing(config).await;
    let mut claims = issuer.claims();
    claims["sub"] = json!("u-17");
    claims["realm_access"] = json!({ "roles": ["Deputy Clerk II", "offline_access"] });
    let caller = ask(&callers, &key.token(&claims)).await.unwrap();
    assert_eq!(&**caller.name(), "u-17");
    assert_eq!(caller.roles().iter().map(|role| &**role).collect::<Vec<_>>(), ["clerk"]);
}

#[tokio::test]
async fn a_token_ends_even_where_it_was_good_before() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let callers = callers(&issuer).await;
    let mut claims = issuer.claims();
    let (from, until) = (now() - 10, now() + 100);
    claims["nbf"] = json!(from);
    claims["exp"] = json!(until);
    let token = key.token(&claims);
    let leeway = Limits::default().leeway_s;
    for (at, good) in [
        (from - leeway - 1, false),
        (from - leeway, true),
        (until, true),
        (until + leeway - 1, true),
        (until + leeway, false),
        (until, true),
    ] {
        let came = ask_at(&callers, &token, at).await;
        assert_eq!(came.is_ok(), good, "{}", at - from);
    }
}
