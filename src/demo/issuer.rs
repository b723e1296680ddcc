//! Issuer: an identity provider for the personas of the demonstration.
//!
//! Its key is made when it starts and never leaves it. It listens on this machine only, and only the demonstration can make one: who
//! can ask it for a token can be anybody.

use super::personas::Persona;
use anyhow::{Context, Result};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::fmt;
use std::net::Ipv4Addr;
use std::time::SystemTime;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// For whom its tokens are meant.
pub const AUDIENCE: &str = "headwaters";
/// Seconds that a token holds.
const HOLDS_S: u64 = 3_600;

/// A running issuer. It ends when this is dropped.
pub struct Issuer {
    url: String,
    key: EncodingKey,
    key_id: String,
    personas: Vec<Persona>,
    task: JoinHandle<()>,
}

impl Issuer {
    /// # Errors
    /// Where no key can be made or no port can be had.
    pub async fn start(personas: Vec<Persona>) -> Result<Self> {
        let random = rand::SystemRandom::new();
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok().context("a key")?;
        let key = EncodingKey::from_ec_der(pair.as_ref());
        let key_id = draw()?;
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        public.common.key_id = Some(key_id.clone());

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a port for the identity provider")?;
        let url = format!("http://{}", listener.local_addr()?);
        let metadata = json!({
            "issuer": url,
            "jwks_uri": format!("{url}/keys"),
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let keys = json!({ "keys": [public] });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(async move || Json(metadata)))
            .route("/keys", get(async move || Json(keys)));
        let task = tokio::spawn(async move {
            // as for the agencies: an error of the listener ends it as a crash would
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(Self { url, key, key_id, personas, task })
    }

    /// The value of `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token for a persona, good for an hour; `None` for the public and for somebody unknown.
    #[must_use]
    pub fn token(&self, name: &str) -> Option<String> {
        let persona = self.personas.iter().find(|persona| persona.name == name)?;
        let now = SystemTime::UNIX_EPOCH.elapsed().ok()?.as_secs();
        let mut claims = persona.claims()?;
        claims.insert("iss".to_owned(), json!(self.url));
        claims.insert("aud".to_owned(), json!(AUDIENCE));
        claims.insert("sub".to_owned(), json!(persona.user()));
        claims.insert("jti".to_owned(), json!(draw().ok()?));
        claims.insert("iat".to_owned(), json!(now));
        claims.insert("exp".to_owned(), json!(now + HOLDS_S));
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims, &self.key).ok()
    }

    /// Everybody as JSON, each with a token made now: what GraphiQL's menu is made of.
    #[must_use]
    pub fn written(&self) -> String {
        let persona = |persona: &Persona| {
            json!({
                "name": persona.name,
                "title": persona.title,
                "person": persona.person,
                "agency": persona.agency,
                "employer": persona.employer,
                "kind": persona.kind,
                "roles": persona.roles,
                "division": persona.division,
                "purposes": persona.purposes,
                "reason": persona.reason,
                "caseReference": persona.case_reference,
                "token": self.token(&persona.name),
                "holdsSeconds": HOLDS_S,
            })
        };
        Value::Array(self.personas.iter().map(persona).collect()).to_string()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Without its key.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url).finish_non_exhaustive()
    }
}

/// 128 bits that nobody can guess.
fn draw() -> Result<String> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).ok().context("the system's random numbers")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
