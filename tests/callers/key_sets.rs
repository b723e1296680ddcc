//! Keys that change, are withdrawn, can't be had, or are not what they should be.

use super::issuer::{Issuer, Says, Signer, coded, now, set};
use super::{ask, ask_at, believing, callers, quick, told};
use headwaters::caller::{Algorithm, Callers, Config};
use headwaters::limits::Limits;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Twenty rotations while eight clients ask with whatever token is newest, and with the one before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_valid_token_is_refused_while_keys_rotate() {
    let first = Signer::es256("key-0");
    let issuer = Issuer::start(&[&first]).await;
    let callers = Arc::new(callers(&issuer).await);
    let newest = Arc::new(Mutex::new(first.token(&issuer.claims())));
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8).map(|_| Client::start(&callers, &newest, &over)).collect();
    let mut older = first;
    for round in 1..=20 {
        let key = Signer::es256(&format!("key-{round}"));
        issuer.publishes(&[&older, &key]);
        *newest.lock().unwrap() = key.token(&issuer.claims());
        older = key;
        // Until everybody has let go of the token that the next rotation makes worthless.
        for client in &clients {
            let seen = client.laps.load(Ordering::Relaxed);
            while client.laps.load(Ordering::Relaxed) < seen + 2 && !client.task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
    }
    over.store(true, Ordering::Relaxed);
    let mut asked = 0;
    for client in clients {
        asked += 2 * client.laps.load(Ordering::Relaxed);
        assert_eq!(client.task.await.unwrap(), Vec::<String>::new());
    }
    assert!(asked > 8 * 20 * 2, "{asked}");
}

struct Client {
    laps: Arc<AtomicU64>,
    /// What was refused.
    task: tokio::task::JoinHandle<Vec<String>>,
}

impl Client {
    fn start(callers: &Arc<Callers>, newest: &Arc<Mutex<String>>, over: &Arc<AtomicBool>) -> Self {
        let laps = Arc::new(AtomicU64::new(0));
        let (callers, newest, over, lap) = (callers.clone(), newest.clone(), over.clone(), laps.clone());
        let task = tokio::spawn(async move {
            let mut refused = Vec::new();
            let mut before = newest.lock().unwrap().clone();
            while !over.load(Ordering::Relaxed) {
                let token = newest.lock().unwrap().clone();
                for token in [&token, &before] {
                    refused.extend(ask(&callers, token).await.err().map(|refusal| told(&refusal)));
                }
                before = token;
                lap.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            refused
        });
        Self { laps, task }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_withdrawn_proves_nothing_any_more() {
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    let issuer = Issuer::start(&[&old]).await;
    let callers = callers(&issuer).await;
    let token = old.token(&issuer.claims());
    assert!(ask(&callers, &token).await.is_ok());
    assert!(ask(&callers, &token).await.is_ok(), "kept");
    issuer.publishes(&[&new]);
    assert!(ask(&callers, &new.token(&issuer.claims())).await.is_ok());
    let refused = ask(&callers, &token).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token's issuer has no such key");
}

/// The id stays, the key is another: what was signed with the old one is not believed for its id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_changes_under_its_id_is_the_new_one() {
    let (old, new, other) = (Signer::es256("k"), Signer::es256("k"), Signer::es256("other"));
    let issuer = Issuer::start(&[&old]).await;
    let callers = callers(&issuer).await;
    let token = old.token(&issuer.claims());
    assert!(ask(&callers, &token).await.is_ok());
    issuer.publishes(&[&new, &other]);
    assert!(ask(&callers, &other.token(&issuer.claims())).await.is_ok());
    let refused = ask(&callers, &token).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token's signature is not good");
    assert!(ask(&callers, &new.token(&issuer.claims())).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_good_keys_stand_through_an_outage_and_not_for_ever() {
    let (key, new) = (Signer::es256("k"), Signer::es256("new"));
    let issuer = Issuer::start(&[&key]).await;
    let callers = callers(&issuer).await;
    for says in [
        Says::Status(503),
        Says::Status(404),
        Says::Bytes(b"<html>Back soon</html>".to_vec()),
        Says::Keys(json!({ "keys": [] })),
    ] {
        issuer.says(says);
        let refused = ask(&callers, &new.token(&issuer.claims())).await.unwrap_err();
        assert_eq!(told(&refused), "UNAUTHENTICATED the token's issuer could not be asked for its keys");
        let mut claims = issuer.claims();
        claims["jti"] = json!(format!("t{}", issuer.asked()));
        assert!(ask(&callers, &key.token(&claims)).await.is_ok(), "a token that nobody has seen before");
    }
    // A day later, by the clock of the request: keys that nobody could confirm since are not believed, a token kept or not.
    let later = now() + Limits::default().keys_kept_s + 10;
    let mut claims = issuer.claims();
    claims["exp"] = json!(later + 3_600);
    let token = key.token(&claims);
    assert!(ask(&callers, &token).await.is_ok());
    assert!(ask_at(&callers, &token, later).await.is_err());
    issuer.publishes(&[&key, &new]);
    assert!(ask(&callers, &new.token(&issuer.claims())).await.is_ok(), "and it recovers by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_is_silent_holds_nobody_up() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    issuer.says(Says::Silence);
    let limits = Limits { provider_ms_max: 50, keys_wait_ms_max: 200, ..quick() };
    let started = Instant::now();
    let config = Config { issuers: vec![issuer.config()], ..Config::default() };
    let callers = Callers::open(config, limits).await;
    let refused = ask(&callers, &key.token(&issuer.claims())).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token's issuer could not be asked for its keys");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    issuer.publishes(&[&key]);
    assert!(ask(&callers, &key.token(&issuer.claims())).await.is_ok());
}

/// A thousand invented names of keys, and a good token among them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invented_keys_do_not_make_the_issuer_work() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let limits = Limits { keys_pause_ms_min: 100, ..Limits::default() };
    let config = Config { issuers: vec![issuer.config()], ..Config::default() };
    let callers = Arc::new(Callers::open(config, limits).await);
    let claims = issuer.claims();
    let started = Instant::now();
    let asks: Vec<_> = (0..1_000)
        .map(|n| {
            let mut head = key.head();
            head["kid"] = json!(format!("invented-{n}"));
            let (callers, token) = (Arc::clone(&callers), key.signed(&head.to_string(), &claims.to_string()));
            tokio::spawn(async move { ask(&callers, &token).await.is_err() })
        })
        .collect();
    assert!(ask(&callers, &key.token(&claims)).await.is_ok(), "who has a good token does not wait");
    for asked in asks {
        assert!(asked.await.unwrap());
    }
    let most = 3 + started.elapsed().as_millis() / 100;
    assert!(u128::from(issuer.asked()) <= most, "{} questions, at most {most}", issuer.asked());
}

/// Each alone in the set, so that a token signed with it must be refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_not_for_this_are_left_out() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let public = |name: &str, value: Value| {
        let mut public = key.public();
        public[name] = value;
        public
    };
    let secret = json!({ "kty": "oct", "kid": "k", "k": coded(b"secret"), "alg": "HS256" });
    let mut short = Signer::rsa("k", false).public();
    short["n"] = json!(coded(&[0xc5; 128]));
    let sets = [
        ("for encryption", json!([public("use", json!("enc"))])),
        ("to sign, not to verify", json!([public("key_ops", json!(["sign"]))])),
        ("for another algorithm", json!([public("alg", json!("ES384"))])),
        ("for a symmetric algorithm", json!([public("alg", json!("HS256"))])),
        ("of another curve", json!([public("crv", json!("P-384"))])),
        ("half a point", json!([public("x", json!("AAAA"))])),
        ("without an id", json!([public("kid", Value::Null)])),
        ("an id that is too long", json!([public("kid", json!("k".repeat(1_000)))])),
        ("symmetric", json!([secret])),
        ("RSA of 1,024 bits", json!([short])),
        ("the same id twice", json!([key.public(), Signer::es256("k").public()])),
        ("no object", json!(["k", 1, null])),
        ("more than may be", json!(vec![key.public(); 100])),
    ];
    for (name, keys) in sets {
        issuer.says(Says::Keys(json!({ "keys": keys })));
        let callers = callers(&issuer).await;
        assert!(ask(&callers, &key.token(&issuer.claims())).await.is_err(), "{name}");
    }
    // Beside a good key they do no harm.
    let hostile = json!({ "keys": [secret, public("use", json!("enc")), 7, key.public()] });
    issuer.says(Says::Keys(hostile));
    assert!(ask(&callers(&issuer).await, &key.token(&issuer.claims())).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_lead_elsewhere_are_not_followed() {
    let key = Signer::es256("k");
    let issuer = Issuer::start(&[&key]).await;
    let honest = Issuer::start(&[&key]).await;
    let url = issuer.url.clone();
    for (name, says) in [
        ("a redirect", Says::Elsewhere),
        (
            "another issuer",
            Says::Discovery(json!({ "issuer": honest.url, "jwks_uri": format!("{}/keys", honest.url) })),
        ),
        ("no key set", Says::Discovery(json!({ "issuer": url }))),
        ("a file", Says::Discovery(json!({ "issuer": url, "jwks_uri": "file:///etc/passwd" }))),
        ("plain http", Says::Discovery(json!({ "issuer": url, "jwks_uri": "http://keys.example/k" }))),
        ("too much", Says::Bytes(vec![b' '; 1 << 20])),
        ("no JSON", Says::Bytes(b"keys".to_vec())),
        ("deep", Says::Bytes("[".repeat(100_000).into_bytes())),
    ] {
        issuer.says(says);
        let callers = callers(&issuer).await;
        assert!(ask(&callers, &key.token(&issuer.claims())).await.is_err(), "{name}");
    }
    let beside = json!({ "issuer": url, "jwks_uri": format!("{}/keys", honest.url) });
    issuer.says(Says::Discovery(beside));
    assert!(ask(&callers(&issuer).await, &key.token(&issuer.claims())).await.is_ok(), "a key set may stand elsewhere");
}

/// Two issuers, each with a key of the same id: neither speaks for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuers_do_not_speak_for_each_other() {
    let (one_key, other_key) = (Signer::es256("k"), Signer::es256("k"));
    let (one, other) = (Issuer::start(&[&one_key]).await, Issuer::start(&[&other_key]).await);
    let config = Config { issuers: vec![one.config(), other.config()], ..Config::default() };
    let callers = Callers::open(config, quick()).await;
    assert!(ask(&callers, &one_key.token(&one.claims())).await.is_ok());
    assert!(ask(&callers, &other_key.token(&other.claims())).await.is_ok());
    for (key, issuer) in [(&one_key, &other), (&other_key, &one)] {
        let refused = ask(&callers, &key.token(&issuer.claims())).await.unwrap_err();
        assert_eq!(told(&refused), "UNAUTHENTICATED the token's signature is not good");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_algorithm_is_fixed_for_the_issuer() {
    let (elliptic, rsa) = (Signer::es256("e"), Signer::rsa("r", false));
    let issuer = Issuer::start(&[&elliptic, &rsa]).await;
    issuer.says(Says::Keys(set(&[&elliptic, &rsa])));
    let mut config = issuer.config();
    config.algorithms = vec![Algorithm::Rs256];
    let callers = believing(config).await;
    assert!(ask(&callers, &rsa.token(&issuer.claims())).await.is_ok());
    let refused = ask(&callers, &elliptic.token(&issuer.claims())).await.unwrap_err();
    assert_eq!(told(&refused), "UNAUTHENTICATED the token is not signed as its issuer signs");
}
