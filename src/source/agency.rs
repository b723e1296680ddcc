//! Agency: JSON over HTTP, as an agency's own API offers it.
//!
//! Keys go out in batches where the agency has one, or one a call; calls go out together, as many as the source bears.
//! Records are matched by key, never by position. A call that fails fails its own keys.

use super::answer::Gathered;
use super::client::{Client, Request, Turn};
use super::decode::{Bounds, Decoded, Decoder};
use super::page::{self, Token};
use super::template::{self, Filling, Unsent};
use super::{Answer, Call, Prepared, Reason};
use crate::graph::binding::Piece;
use crate::graph::{AccessArgument, Convert, Endpoint, Match, Method};
use crate::record::{Part, Raw};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// One way into a source, apart from the transport: the same for REST and GraphQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entrance<'a> {
    pub(super) many: bool,
    pub(super) keys_max: usize,
    pub(super) arguments: &'a [AccessArgument],
}

/// Keys of one call: their indices and the keys.
pub(super) type Batch<'a> = Vec<(u32, &'a [Part<'a>])>;

pub(super) async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    entrance: Entrance<'_>,
    call: &Call<'_>,
    raw: Raw,
    bounds: &Bounds,
) -> Answer {
    let layout = &call.fetch.layout;
    let prepared = call.fetch.text.get_or_init(|| Prepared {
        text: "".into(),
        decoder: Decoder::json(layout, &endpoint.matches, &endpoint.records, endpoint.one)
            .with_next(endpoint.pages.as_ref().map(|pages| &pages.at)),
    });
    let decoder = &prepared.decoder;
    let mut gathered = Gathered::new(raw);
    let searching = call.keys.parts == 0;
    let in_path = joined_by(endpoint);
    // A key that can't be sent has no record, and is no reason not to ask for the others.
    let may_be = |key: &[Part<'_>]| {
        (in_path.is_none() || template::has_address(key, bounds.key_bytes_max))
            && may_match(&endpoint.matches, key)
            && key.iter().zip(&endpoint.numbers).all(|(part, number)| !number || template::whole_number(part).is_some())
    };
    let batches = if searching { vec![Vec::new()] } else { batches(call, entrance.keys_max, in_path, may_be) };
    let given = given(entrance.arguments, call);
    let ask = |asking| ask(client, endpoint, asking, &given, call, bounds.key_bytes_max);
    gathered.calls = u32::try_from(batches.len()).unwrap_or(u32::MAX);
    // As many of them as the source bears stand in its queue, so that one request does not fill it.
    let mut batches = batches.into_iter().map(|batch| ask(Asking::of(batch)));
    let mut calls: FuturesUnordered<_> = batches.by_ref().take(client.concurrency_max()).collect();
    while let Some((mut asking, body)) = calls.next().await {
        let read = body.and_then(|body| asking.read(body, endpoint, decoder, &mut gathered.raw, bounds));
        let placed = match read {
            Ok(Go::On) => {
                gathered.calls = gathered.calls.saturating_add(1);
                calls.push(ask(asking));
                continue;
            }
            Ok(Go::Home) => place(&asking.held, decoder, &asking.batch, &endpoint.matches, &mut gathered),
            Err(reason) => Err(reason),
        };
        if let Err(reason) = placed {
            fail(&asking.batch, &reason, &mut gathered);
        }
        calls.extend(batches.next());
    }
    let keys = if searching { 1 } else { call.keys.len() };
    gathered.answer(keys, entrance.many)
}

/// Arguments that are given, in the order of the mapping.
pub(super) fn given<'a>(arguments: &'a [AccessArgument], call: &Call<'_>) -> Vec<&'a AccessArgument> {
    arguments.iter().filter(|argument| call.fetch.given.contains(&argument.name)).collect()
}

/// Whether some record of the source may have the key.
pub(super) fn may_match(matches: &[Match], key: &[Part<'_>]) -> bool {
    matches.iter().zip(key).all(|(known, part)| known.may_be(part))
}

/// What joins keys in the path, where they stand there together.
fn joined_by(endpoint: &Endpoint) -> Option<&str> {
    endpoint.path.0.contains(&Piece::Keys).then_some(&*endpoint.join)
}

/// The keys, call by call. A key that holds the joining text goes alone: a source that reads it as two spoils no other's answer.
/// Keys that no record of the source can have are left out.
pub(super) fn batches<'a>(
    call: &Call<'a>,
    keys_max: usize,
    join: Option<&str>,
    may_be: impl Fn(&[Part<'_>]) -> bool,
) -> Vec<Batch<'a>> {
    let holds =
        |key: &[Part<'_>]| join.is_some_and(|join| !join.is_empty() && key.iter().any(|part| part.contains(join)));
    let keys = (0_u32..).zip(call.keys.iter()).filter(|(_, key)| may_be(key));
    let (alone, keys): (Batch<'a>, Batch<'a>) = keys.partition(|(_, key)| holds(key));
    let together = keys.chunks(keys_max.max(1)).map(<[_]>::to_vec);
    together.chain(alone.into_iter().map(|key| vec![key])).collect()
}

/// One call on its way, page by page.
struct Asking<'a> {
    batch: Batch<'a>,
    /// From the first page on.
    turn: Option<Turn<'a>>,
    /// Tokens of the pages after the first.
    turned: Vec<Token>,
    /// The records of all pages so far. They are given to their keys when the last page is there, so that a page which fails leaves
    /// no list without its end.
    held: Decoded,
}

/// After a page.
enum Go {
    On,
    Home,
}

impl<'a> Asking<'a> {
    fn of(batch: Batch<'a>) -> Self {
        Self { batch, turn: None, turned: Vec::new(), held: Decoded::default() }
    }

    /// Takes in one page.
    fn read(
        &mut self,
        body: Option<Vec<u8>>,
        endpoint: &Endpoint,
        decoder: &Decoder,
        raw: &mut Raw,
        bounds: &Bounds,
    ) -> Result<Go, Reason> {
        let Some(body) = body else {
            // The page before it said that there is one.
            let lost = || Reason::Invalid("a next page that is not there".to_owned());
            return if self.turned.is_empty() { Ok(Go::Home) } else { Err(lost()) };
        };
        let records_max = bounds.records_max.saturating_sub(self.held.records.len());
        let page = decoder.read(&body, raw, &Bounds { records_max, ..*bounds })?;
        self.held.records.extend(page.records);
        match (&endpoint.pages, page.next) {
            (Some(pages), Some(token)) => page::turn(&mut self.turned, token, pages).map(|()| Go::On),
            _ => Ok(Go::Home),
        }
    }
}

async fn ask<'a>(
    client: &'a Client,
    endpoint: &Endpoint,
    mut asking: Asking<'a>,
    given: &[&AccessArgument],
    call: &Call<'_>,
    key_bytes_max: usize,
) -> (Asking<'a>, Result<Option<Vec<u8>>, Reason>) {
    let keys: Vec<&[Part<'_>]> = asking.batch.iter().map(|(_, key)| *key).collect();
    let filling = Filling {
        keys: &keys,
        join: &endpoint.join,
        arguments: call.arguments,
        given,
        repeated: &endpoint.repeated,
        key_bytes_max,
        numbers: &endpoint.numbers,
    };
    let mut path = match template::path(&endpoint.path, &filling) {
        Ok(path) => path,
        Err(Unsent::Nowhere) => return (asking, Ok(None)),
        Err(Unsent::Wrong(reason)) => return (asking, Err(reason)),
    };
    let mut body = endpoint.body.as_ref().map(|body| template::body(body, &filling));
    if let (Some(pages), Some(token)) = (&endpoint.pages, asking.turned.last()) {
        match &mut body {
            Some(Value::Object(members)) => drop(members.insert(pages.to.to_string(), token.json())),
            _ => path = template::with_parameter(path, &pages.to, &token.text()),
        }
    }
    let body = body.map(|body| body.to_string().into_bytes());
    let request = Request { path: &path, body, post: endpoint.method == Method::Post, absent: &endpoint.absent };
    let turn = match asking.turn.take() {
        Some(turn) => Ok(turn),
        None => client.turn(call.deadline).await,
    };
    let answered = match turn {
        Ok(turn) => asking.turn.insert(turn).call(request).await,
        Err(reason) => Err(reason),
    };
    if endpoint.pages.is_none() {
        // Others may ask while this answer is read.
        asking.turn = None;
    }
    (asking, answered)
}

pub(super) fn fail(batch: &Batch<'_>, reason: &Reason, gathered: &mut Gathered) {
    if batch.is_empty() {
        gathered.fail([0], reason);
    } else {
        gathered.fail(batch.iter().map(|(index, _)| *index), reason);
    }
}

/// Gives every record to the key that it answers; a record that answers none condemns the call. `matches`: the scalars of a record
/// that are its key; none where the call was for no key, or for one that its records do not name.
pub(super) fn place(
    held: &Decoded,
    decoder: &Decoder,
    batch: &Batch<'_>,
    matches: &[Match],
    gathered: &mut Gathered,
) -> Result<(), Reason> {
    let records = held.records.iter().copied().flatten();
    if matches.is_empty() || batch.is_empty() {
        let key = batch.first().map_or(0, |(index, _)| *index);
        gathered.found.extend(records.map(|at| (key, at)));
        return Ok(());
    }
    // Two keys may be one: an instant in two zones.
    let mut asked: HashMap<Vec<Cow<'_, str>>, Vec<u32>> = HashMap::with_capacity(batch.len());
    for (index, key) in batch {
        let key = matches.iter().zip(*key).map(|(known, part)| as_said(known, part));
        asked.entry(key.collect()).or_default().push(*index);
    }
    // Keys of one batch have the same wherever all records of the source do.
    let fixed = batch.first().map_or(&[][..], |(_, key)| *key);
    let mut found = Vec::with_capacity(held.records.len());
    for at in records {
        let part = |part: usize| decoder.key(&gathered.raw, at, part, fixed.get(part).map(|part| &**part));
        let key: Option<Vec<_>> = (0..matches.len()).map(part).collect();
        let key = key.ok_or_else(|| Reason::Invalid("a record without the key that it answers".to_owned()))?;
        let indices = asked.get(&key).ok_or_else(|| Reason::Invalid("a record that nobody asked for".to_owned()))?;
        found.extend(indices.iter().map(|index| (*index, at)));
    }
    gathered.found.extend(found);
    Ok(())
}

/// A part of a key in the form that the cells of records have: an instant and a fraction are compared by what they are.
fn as_said<'k>(known: &Match, part: &'k str) -> Cow<'k, str> {
    let said = match known.convert.bare() {
        Convert::DateTime { .. } => part.parse::<Timestamp>().ok().map(|at| at.to_string()),
        Convert::Float => part.parse::<f64>().ok().map(|number| number.to_string()),
        _ => None,
    };
    said.map_or(Cow::Borrowed(part), Cow::Owned)
}
