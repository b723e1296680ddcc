//! Tokens that prove nothing: each is 401 with a code, a hint and a challenge, over HTTP, and nothing else.

use super::issuer::{AUDIENCE, Issuer, Signer, coded, hmac, now};
use super::socket::{Got, Server};
use headwaters::caller::{Callers, Config};
use headwaters::limits::Limits;
use serde_json::{Value, json};

/// Name, what stands in `authorization`, and part of the message.
type Bad = (&'static str, String, &'static str);

fn signed(name: &'static str, token: impl std::fmt::Display, message: &'static str) -> Bad {
    (name, format!("Bearer {token}"), message)
}

/// Claims changed in one place.
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn of_the_header(key: &Signer, other: &Signer, claims: &Value) -> Vec<Bad> {
    let head = |name: &str, value: Value| key.signed(&with(&key.head(), name, value).to_string(), &claims.to_string());
    let none = |alg: &str| {
        let head = json!({ "alg": alg, "kid": key.id, "typ": "JWT" }).to_string();
        format!("{}.{}.", coded(head.as_bytes()), coded(claims.to_string().as_bytes()))
    };
    let hs = json!({ "alg": "HS256", "kid": key.id, "typ": "JWT" });
    let own = with(&other.head(), "jwk", other.public()).to_string();
    let linked = with(&other.head(), "jku", json!("http://127.0.0.1:9/keys")).to_string();
    let twice = format!("{{\"alg\":\"ES256\",\"kid\":\"{}\",\"kid\":\"x\"}}", key.id);
    let no_kid = json!({ "alg": "ES256" }).to_string();
    let has_key = "the token's issuer has no such key";
    let as_signs = "not signed as its issuer signs";
    vec![
        signed("alg none", none("none"), as_signs),
        signed("alg None", none("None"), as_signs),
        signed("alg nOnE with a signature", head("alg", json!("nOnE")), as_signs),
        signed("no alg", key.signed("{\"kid\":\"k\"}", &claims.to_string()), as_signs),
        signed("HMAC with the public key", hmac(&key.public_bytes(), &hs, claims), as_signs),
        signed("HMAC with the key set's text", hmac(key.public().to_string().as_bytes(), &hs, claims), as_signs),
        signed("HMAC with nothing", hmac(b"", &hs, claims), as_signs),
        signed("an algorithm that the issuer does not use", head("alg", json!("ES384")), as_signs),
        signed("an algorithm that the key does not serve", head("alg", json!("RS256")), has_key),
        signed("a header that is no JSON", key.signed("{", &claims.to_string()), as_signs),
        signed("a header that is a list", key.signed("[]", &claims.to_string()), as_signs),
        signed("crit", head("crit", json!(["exp"])), "demands what is not known"),
        signed("another type", head("typ", json!("logout+jwt")), "grants no access"),
        signed("no kid", key.signed(&no_kid, &claims.to_string()), "names no key"),
        signed("an empty kid", head("kid", json!("")), "names no key"),
        signed("a kid that is a number", head("kid", json!(1)), as_signs),
        signed("a kid that is a path", head("kid", json!("../../../../dev/null")), has_key),
        signed("a kid that is SQL", head("kid", json!("' UNION SELECT 'x")), has_key),
        signed("a kid that is an address", head("kid", json!("http://127.0.0.1:9/k")), has_key),
        signed("a kid of 1,000 letters", head("kid", json!("k".repeat(1_000))), "names no key"),
        signed("a kid with a null byte", head("kid", json!("k\u{0}")), has_key),
        signed("two kids", key.signed(&twice, &claims.to_string()), as_signs),
        signed("a key of its own in the header", other.signed(&own, &claims.to_string()), has_key),
        signed("a key set of its own in the header", other.signed(&linked, &claims.to_string()), has_key),
    ]
}

fn of_the_claims(key: &Signer, claims: &Value, url: &str) -> Vec<Bad> {
    let changed = |name: &str, value: Value| key.token(&with(claims, name, value));
    let lacks = |name: &str| key.token(&without(claims, name));
    vec![
        signed("another audience", changed("aud", json!("somebody-else")), "meant for somebody else"),
        signed("a list of other audiences", changed("aud", json!(["a", "b"])), "meant for somebody else"),
        signed(
            "an audience that starts alike",
            changed("aud", json!(format!("{AUDIENCE}2"))),
            "meant for somebody else",
        ),
        signed("no audience", lacks("aud"), "lacks a claim"),
        signed("an audience that is a number", changed("aud", json!(1)), "lacks a claim"),
        signed("expired", changed("exp", json!(now() - 3_600)), "has expired"),
        signed("no expiry", lacks("exp"), "lacks a claim"),
        signed("an expiry that is text", changed("exp", json!("tomorrow")), "lacks a claim"),
        signed("an expiry below nothing", changed("exp", json!(-1)), "lacks a claim"),
        signed("an expiry beyond all numbers", changed("exp", json!(1e300)), "lacks a claim"),
        signed("not yet", changed("nbf", json!(now() + 3_600)), "does not hold yet"),
        signed("not yet, as text", changed("nbf", json!("now")), "can't be read"),
        signed("another issuer", changed("iss", json!("https://elsewhere.example")), "issuer is not known"),
        signed("an issuer with a slash", changed("iss", json!(format!("{url}/"))), "issuer is not known"),
        signed("two issuers", changed("iss", json!([url])), "no signed JWT"),
        signed("no issuer", lacks("iss"), "no signed JWT"),
        signed("no user", lacks("FederationId"), "does not say the user"),
        signed("a user that is an object", changed("FederationId", json!({})), "a claim of the token can't be read"),
        signed("a user of 1,000 letters", changed("FederationId", json!("u".repeat(1_000))), "can't be read"),
        signed("a user on two lines", changed("FederationId", json!("a\nb")), "can't be read"),
        signed("an ORI that is none", changed("EmployerORI", json!("Billings")), "ORI is none"),
        signed("somebody else's agency", changed("EmployerORI", json!("WY0560000")), "does not speak for this agency"),
        signed("1,000 roles", changed("EmployeePositionName", json!(vec!["r"; 1_000])), "can't be read"),
        signed("claims that are a list", key.signed(&key.head().to_string(), "[]"), "no signed JWT"),
        signed("claims that are no JSON", key.signed(&key.head().to_string(), "{\"iss\":"), "no signed JWT"),
    ]
}

fn of_the_form(key: &Signer, claims: &Value) -> Vec<Bad> {
    let good = key.token(claims);
    let mut parts = good.split('.');
    let (head, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let other = coded(with(claims, "FederationId", json!("boss")).to_string().as_bytes());
    let long = key.token(&with(claims, "more", json!("x".repeat(10_000))));
    let no = "no signed JWT";
    vec![
        signed("claims of somebody else", format!("{head}.{other}.{signature}"), "signature is not good"),
        signed("no signature", format!("{head}.{body}."), "signature is not good"),
        signed("a signature of zeros", format!("{head}.{body}.{}", coded(&[0; 64])), "signature is not good"),
        signed("half a signature", format!("{head}.{body}.{}", &signature[..40]), "signature is not good"),
        signed("a signature that is no base64", format!("{head}.{body}.{signature}A"), "signature is not good"),
        signed("two parts", format!("{head}.{body}"), no),
        signed("four parts", format!("{good}.{signature}"), no),
        signed("five parts", format!("{good}.{signature}.{signature}"), no),
        signed("padding", format!("{good}="), no),
        signed("dots", "..".to_owned(), no),
        signed("a word", "letmein".to_owned(), no),
        signed("a list of tokens", format!("{good},{good}"), no),
        signed("a space within", format!("{head}. {body}.{signature}"), no),
        signed("nothing", String::new(), no),
        signed("10,000 letters too many", long, "longer than"),
        ("no scheme", good.clone(), no),
        ("another scheme", format!("Basic {good}"), no),
        ("an empty header", String::new(), no),
        ("a scheme alone", "Bearer".to_owned(), no),
    ]
}

async fn send(server: &Server, values: &[&str]) -> Got {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(values.iter().map(|value| ("authorization", *value)));
    server.send("POST", "/graphql", &headers, json!({ "query": "{ __typename }" }).to_string().into_bytes()).await
}

fn wrong(name: &str, got: &Got, message: &str, challenge: &str) -> Option<String> {
    let error = &got.body["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    let said = error["message"].as_str().unwrap_or_default();
    let hinted = error["extensions"]["hint"].as_str().is_some_and(|hint| !hint.is_empty());
    let challenged = got.challenge.as_deref() == Some(challenge);
    let good = got.status == 401 && code == "UNAUTHENTICATED" && said.contains(message) && hinted && challenged;
    (!good).then(|| format!("{name}: {} {code} {said:?}, hint: {hinted}, {:?}", got.status, got.challenge))
}

const INVALID: &str = "Bearer realm=\"headwaters\", error=\"invalid_token\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_token_is_401_for_what_it_is() {
    let (key, other) = (Signer::es256("k"), Signer::es256("other"));
    let issuer = Issuer::start(&[&key]).await;
    let limits = Limits { keys_pause_ms_min: 1, ..Limits::default() };
    let config = Config { issuers: vec![issuer.config()], public: true, ..Config::default() };
    let server = Server::with(limits.clone(), Callers::open(config, limits).await).await;
    let claims = issuer.claims();
    let good = format!("Bearer {}", key.token(&claims));
    assert_eq!(send(&server, &[&good]).await.status, 200);
    let mut bad = of_the_header(&key, &other, &claims);
    bad.extend(of_the_claims(&key, &claims, &issuer.url));
    bad.extend(of_the_form(&key, &claims));
    let mut came = Vec::new();
    for (name, value, message) in &bad {
        came.extend(wrong(name, &send(&server, &[value]).await, message, INVALID));
    }
    came.extend(wrong("two headers", &send(&server, &[&good, &good]).await, "several", INVALID));
    came.extend(wrong("a good one and another", &send(&server, &[&good, "Bearer x"]).await, "several", INVALID));
    assert!(came.is_empty(), "{}", came.join("\n"));
    assert!(bad.len() > 60, "{}", bad.len());
    assert_eq!(send(&server, &[&good]).await.status, 200, "and the good one is good still");
    assert_eq!(send(&server, &[&good.replace("Bearer", "bearer")]).await.status, 200);
    assert_eq!(send(&server, &[]).await.status, 200, "without a token one is the public");
}

/// The status does not depend on the media type, and an old client is told as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_one_is_nobody_unless_the_public_may_ask() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let config = Config { issuers: vec![issuer.config()], ..Config::default() };
    let server = Server::with(Limits::default(), Callers::open(config, Limits::default()).await).await;
    let none = wrong("no token", &send(&server, &[]).await, "there is no token", "Bearer realm=\"headwaters\"");
    assert_eq!(none, None);
    let body = json!({ "query": "{ __typename }" }).to_string().into_bytes();
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    let got = server.send("POST", "/graphql", &headers, body).await;
    assert_eq!(wrong("application/json", &got, "there is no token", "Bearer realm=\"headwaters\""), None);
    let got = server.send("GET", "/graphql?query=%7B__typename%7D", &[], Vec::new()).await;
    assert_eq!(wrong("GET", &got, "there is no token", "Bearer realm=\"headwaters\""), None);
    let good = format!("Bearer {}", key.token(&issuer.claims()));
    assert_eq!(send(&server, &[&good]).await.status, 200);
}
