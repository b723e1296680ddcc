//! An OpenID Connect issuer on loopback that a test has in its hand: keys, outages, nonsense. And tokens of every making.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headwaters::caller::{AgencyKind, Algorithm, ClaimNames, IssuerConfig, OriPattern};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::net::TcpListener;

pub const AUDIENCE: &str = "headwaters";

/// What the issuer answers.
#[derive(Clone)]
pub enum Says {
    Keys(Value),
    /// The key set as these bytes.
    Bytes(Vec<u8>),
    Status(u16),
    /// Nothing, ever.
    Silence,
    /// A key set that stands elsewhere.
    Elsewhere,
    /// Discovery of this form.
    Discovery(Value),
}

pub struct Issuer {
    pub url: String,
    desk: Arc<Desk>,
}

struct Desk {
    url: String,
    says: Mutex<Says>,
    asked: AtomicU64,
}

impl Issuer {
    pub async fn start(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let says = Mutex::new(Says::Keys(set(keys)));
        let desk = Arc::new(Desk { url: url.clone(), says, asked: AtomicU64::new(0) });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, desk }
    }

    pub fn says(&self, says: Says) {
        *self.desk.says.lock().unwrap() = says;
    }

    pub fn publishes(&self, keys: &[&Signer]) {
        self.says(Says::Keys(set(keys)));
    }

    /// Questions for discovery.
    pub fn asked(&self) -> u64 {
        self.desk.asked.load(Ordering::Relaxed)
    }

    /// As far as it is believed, unless a test says otherwise.
    pub fn config(&self) -> IssuerConfig {
        IssuerConfig {
            url: self.url.as_str().into(),
            audiences: vec![AUDIENCE.into()],
            algorithms: vec![Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256],
            agencies: vec![OriPattern::new("MT*").unwrap()],
            kinds: AgencyKind::ALL.to_vec(),
            roles: BTreeMap::new(),
            claims: ClaimNames::all(),
        }
    }

    /// Claims of a clerk, good for an hour.
    pub fn claims(&self) -> Value {
        json!({
            "iss": self.url, "aud": AUDIENCE, "exp": now() + 3_600, "jti": "t1",
            "FederationId": "nora", "EmployerORI": "MT056015J", "EmployeePositionName": "clerk",
        })
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

pub fn set(keys: &[&Signer]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() })
}

async fn discovery(State(desk): State<Arc<Desk>>) -> Response {
    desk.asked.fetch_add(1, Ordering::Relaxed);
    let says = desk.says.lock().unwrap().clone();
    match says {
        Says::Discovery(form) => Json(form).into_response(),
        Says::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Says::Silence => std::future::pending().await,
        _ => Json(json!({ "issuer": desk.url, "jwks_uri": format!("{}/keys", desk.url) })).into_response(),
    }
}

async fn keys_of(State(desk): State<Arc<Desk>>) -> Response {
    let says = desk.says.lock().unwrap().clone();
    match says {
        Says::Keys(keys) => Json(keys).into_response(),
        Says::Bytes(bytes) => bytes.into_response(),
        Says::Elsewhere => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A key pair with an id.
pub struct Signer {
    pub id: String,
    pair: Pair,
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    /// RS256, or PS256.
    Rsa(Box<RsaKeyPair>, bool),
}

impl Signer {
    pub fn es256(id: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        Self { id: id.to_owned(), pair: Pair::Es256(pair) }
    }

    pub fn eddsa(id: &str) -> Self {
        Self { id: id.to_owned(), pair: Pair::EdDsa(Ed25519KeyPair::generate().unwrap()) }
    }

    pub fn rsa(id: &str, pss: bool) -> Self {
        let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        Self { id: id.to_owned(), pair: Pair::Rsa(Box::new(pair), pss) }
    }

    pub const fn algorithm(&self) -> &'static str {
        match &self.pair {
            Pair::Es256(_) => "ES256",
            Pair::EdDsa(_) => "EdDSA",
            Pair::Rsa(_, false) => "RS256",
            Pair::Rsa(_, true) => "PS256",
        }
    }

    /// As a key set has it.
    pub fn public(&self) -> Value {
        let mut key = match &self.pair {
            Pair::Es256(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                json!({ "kty": "EC", "crv": "P-256", "x": coded(&point[..32]), "y": coded(&point[32..]) })
            }
            Pair::EdDsa(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": coded(pair.public_key().as_ref()) }),
            Pair::Rsa(pair, _) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": coded(&public.n), "e": coded(&public.e) })
            }
        };
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key
    }

    /// The bytes of the public key, as somebody may take them for a secret.
    pub fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair, _) => pair.public_key().modulus().big_endian_without_leading_zero().to_vec(),
        }
    }

    pub fn head(&self) -> Value {
        json!({ "alg": self.algorithm(), "kid": self.id, "typ": "JWT" })
    }

    /// A token as it should be.
    pub fn token(&self, claims: &Value) -> String {
        self.signed(&self.head().to_string(), &claims.to_string())
    }

    /// A token of these texts, whatever they are.
    pub fn signed(&self, head: &str, claims: &str) -> String {
        let message = format!("{}.{}", coded(head.as_bytes()), coded(claims.as_bytes()));
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", coded(&signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair, pss) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding: &'static dyn RsaEncoding = if *pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                pair.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

pub fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with an HMAC for a signature.
pub fn hmac(secret: &[u8], head: &Value, claims: &Value) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let message = format!("{}.{}", coded(head.to_string().as_bytes()), coded(claims.to_string().as_bytes()));
    let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", coded(tag.as_ref()))
}
