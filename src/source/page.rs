//! Page: the token by which an answer leads to the page after it.
//!
//! A token is the source's own text and means nothing here. It is read where the records are read, in the same pass, and goes back
//! as a value: never as an address.

use super::Reason;
use super::run::Run;
use super::visit::{Is, TWICE, end, pass, stop};
use crate::graph::NextPage;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Text or a whole number, as the source wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Text(String),
    Number(u64),
}

impl Token {
    /// As an address has it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// As a body has it.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(&**text),
            Self::Number(number) => Value::from(*number),
        }
    }
}

/// Goes on to the page of `token`, after those of `turned`: unless that would never end.
pub(super) fn turn(turned: &mut Vec<Token>, token: Token, pages: &NextPage) -> Result<(), Reason> {
    if turned.contains(&token) {
        return Err(Reason::Invalid("a next page that was there before".to_owned()));
    }
    turned.push(token);
    // The first page has no token.
    if turned.len() >= usize::try_from(pages.max).unwrap_or(usize::MAX) {
        return Err(Reason::Limit("pages of an answer"));
    }
    Ok(())
}

/// The way to a token, and the token.
pub(super) struct Next<'v, 'a> {
    pub(super) run: &'v mut Run<'a>,
    pub(super) path: &'v [Arc<str>],
    pub(super) into: &'v mut Option<Token>,
}

const NO_TOKEN: &str = "what should lead to the next page is neither text nor a whole number";

impl Next<'_, '_> {
    fn token<E: Error>(self, token: Token) -> Result<(), E> {
        if !self.path.is_empty() {
            return Err(stop(self.run, NO_TOKEN));
        }
        *self.into = Some(token);
        Ok(())
    }

    fn none<E: Error>(self) -> Result<(), E> {
        Err(stop(self.run, NO_TOKEN))
    }
}

impl<'de> DeserializeSeed<'de> for Next<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Next<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a next page")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.len() > self.run.bounds.page_token_bytes_max {
            self.run.fail(Reason::Limit("bytes of a next page's token"));
            return Err(E::custom("stopped"));
        }
        if text.is_empty() && self.path.is_empty() { Ok(()) } else { self.token(Token::Text(text.to_owned())) }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.token(Token::Number(number))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.none()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.none()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.none()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.none()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Next { run, path, into } = self;
        let Some((step, rest)) = path.split_first() else { return Err(stop(run, NO_TOKEN)) };
        let mut found = false;
        let names = run.names.open();
        while let Some([is_step]) = map.next_key_seed(Is([Some(step)], &mut run.names))? {
            if !is_step {
                pass(run, map.next_value()?)?;
            } else if std::mem::replace(&mut found, true) {
                return Err(stop(run, TWICE));
            } else {
                map.next_value_seed(Next { run: &mut *run, path: rest, into: &mut *into })?;
            }
        }
        end(run, names)
    }
}
