//! Walk: reads a whole ledger and says where it stands, or where it is broken.
//!
//! Segments are walked on all cores at the same time, each from what its own first block says; then each is held against the end of
//! the one before it. So every segment's first damage is found, whatever happened to the others.

use super::broken::{Broken, Damage, What};
use super::chain::Chain;
use super::frame::Flaw;
use super::hash::Hash;
use super::reader::{Next, Reader};
use super::segment::{self, Header, Segment};
use super::tail::{self, Tail};
use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Records between two reports of what was read.
const REPORTED: u64 = 4096;

/// A ledger that was read to its end.
#[derive(Debug)]
pub(super) struct Walked {
    /// The instance of the first segment that can be read.
    pub(super) instance: Option<String>,
    /// The last segment, and where its last whole record ends.
    pub(super) last: Option<(Segment, u64)>,
    /// Where the chain stands at the end of the last segment.
    pub(super) chain: Chain,
    /// The first damage of each segment, in order.
    pub(super) damages: Vec<Damage>,
    /// The root at each size that was asked for, as far as it could be made.
    pub(super) roots: BTreeMap<u64, Hash>,
}

/// One segment that was read to its end, or to its first damage.
#[derive(Debug)]
struct Part {
    header: Option<Header>,
    chain: Chain,
    offset: u64,
    roots: Vec<(u64, Hash)>,
    damage: Option<Damage>,
}

/// What a walk is asked.
pub(super) struct Asked<'a> {
    pub(super) payload_max: usize,
    /// Sizes of the tree whose roots are wanted, ascending.
    pub(super) sizes: &'a [u64],
    /// Told the bytes that were read, now and then, from any thread.
    pub(super) read: &'a (dyn Fn(u64) + Sync),
}

/// Walks the ledger of a folder.
pub(super) fn walk(folder: &Path, asked: &Asked<'_>) -> Result<Walked, Broken> {
    let unusable = |error| Broken::Unusable { path: folder.to_owned(), error };
    Ok(walk_all(&segment::list(folder).map_err(unusable)?, true, asked))
}

/// Walks segments that follow each other, up to the last of the ledger. `whole`: nothing comes before them; else that is not looked at, and
/// who knows a root at a size within them knows that it was there.
pub(super) fn walk_all(segments: &[Segment], whole: bool, asked: &Asked<'_>) -> Walked {
    let parts = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < segments.len()) {
            let Some(segment) = segments.get(at) else { break };
            let part = part(segment, at + 1 == segments.len(), asked);
            if let Ok(mut parts) = parts.lock() {
                parts.push((at, part));
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(segments.len());
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    let mut parts = parts.into_inner().unwrap_or_default();
    parts.sort_by_key(|(at, _)| *at);
    join(segments, whole, parts.into_iter().map(|(_, part)| part))
}

/// The first damage of segments before the last, read one after another on this thread, and that what follows them goes on where they end.
/// `go_on` is asked before each.
pub(super) fn walk_past(
    segments: &[Segment],
    next: &Segment,
    payload_max: usize,
    go_on: &dyn Fn() -> bool,
) -> Option<Damage> {
    let asked = Asked { payload_max, sizes: &[], read: &|_| () };
    let mut parts = Vec::with_capacity(segments.len() + 1);
    for segment in segments {
        if !go_on() {
            return None;
        }
        let part = part(segment, false, &asked);
        if part.damage.is_some() {
            return part.damage;
        }
        parts.push(part);
    }
    let header = match Reader::open(&next.path, payload_max) {
        Ok((_, header)) => header,
        Err(error) => {
            let what = What::Unreadable(error.kind());
            return Some(Damage { file: next.path.clone(), at: 0, seq: next.first, what });
        }
    };
    let damage = |what| Damage { file: next.path.clone(), at: 0, seq: next.first, what };
    let (header, damage) = match header {
        Ok(header) => (Some(header), None),
        Err(what) => (None, Some(damage(what))),
    };
    let chain = header.as_ref().map_or_else(|| Chain::start(""), |header| header.chain.clone());
    parts.push(Part { header, chain, offset: 0, roots: Vec::new(), damage });
    let all: Vec<Segment> = segments.iter().chain([next]).cloned().collect();
    join(&all, true, parts.into_iter()).damages.into_iter().next()
}

/// Holds each segment against the end of the one before.
fn join(segments: &[Segment], whole: bool, parts: impl Iterator<Item = Part>) -> Walked {
    let mut walked =
        Walked { instance: None, last: None, chain: Chain::start(""), damages: Vec::new(), roots: BTreeMap::new() };
    // where the chain stood before the segment, where that is known
    let mut before: Option<Chain> = None;
    for (at, (segment, part)) in segments.iter().zip(parts).enumerate() {
        if let Some(header) = &part.header {
            let instance = &*walked.instance.get_or_insert_with(|| header.instance.clone());
            let before = if at == 0 && whole { Some(Chain::start(instance)) } else { before.take() };
            if let Some(what) = link(segment, header, instance, before.as_ref()) {
                let seq = header.chain.due();
                walked.damages.push(Damage { file: segment.path.clone(), at: 0, seq, what });
            }
        }
        // a write that was not finished breaks no link: it is the last segment's
        before = part.damage.is_none().then(|| part.chain.clone());
        walked.damages.extend(part.damage);
        walked.roots.extend(part.roots);
        walked.chain = part.chain;
        walked.last = Some((segment.clone(), part.offset));
    }
    walked
}

fn link(segment: &Segment, header: &Header, instance: &str, before: Option<&Chain>) -> Option<What> {
    let due = before.map_or(segment.first, Chain::due);
    if header.instance != instance {
        Some(What::Instance { found: header.instance.clone() })
    } else if header.chain.due() != due || segment.first != due {
        Some(What::Gap { due })
    } else if before.is_some_and(|before| *before != header.chain) {
        Some(What::Link)
    } else {
        None
    }
}

/// Walks one segment.
fn part(segment: &Segment, last: bool, asked: &Asked<'_>) -> Part {
    let mut part = Part { header: None, chain: Chain::start(""), offset: 0, roots: Vec::new(), damage: None };
    let outcome = frames(segment, last, asked, &mut part);
    let what = match outcome {
        Ok(None) => return part,
        Ok(Some(what)) => what,
        Err(error) => What::Unreadable(error.kind()),
    };
    let seq = if part.header.is_some() { part.chain.due() } else { segment.first };
    part.damage = Some(Damage { file: segment.path.clone(), at: part.offset, seq, what });
    part
}

/// Takes frame after frame; gives what is wrong with the first that can't be taken.
fn frames(segment: &Segment, last: bool, asked: &Asked<'_>, part: &mut Part) -> io::Result<Option<What>> {
    let (mut reader, header) = Reader::open(&segment.path, asked.payload_max)?;
    let header = match header {
        Ok(header) => header,
        Err(what) => return Ok(Some(what)),
    };
    part.chain = header.chain.clone();
    part.header = Some(header);
    let begun = part.chain.tree.size();
    let mut sizes = asked.sizes.iter().skip_while(|size| **size <= begun).peekable();
    let mut told = 0;
    let flaw = loop {
        part.offset = reader.offset();
        match reader.next()? {
            Next::Frame(frame) => match part.chain.take(&frame) {
                Ok(()) => {}
                Err(flaw) => return Ok(Some(What::Record(flaw))),
            },
            Next::End { zeros } if last || zeros == 0 => {
                (asked.read)(part.offset.saturating_add(zeros).saturating_sub(told));
                return Ok(None);
            }
            // what follows the last record is cut when the next segment begins
            Next::End { .. } => return Ok(Some(What::Record(Flaw::Rest))),
            Next::Bad(flaw) => break flaw,
        }
        let size = part.chain.tree.size();
        if sizes.next_if(|wanted| **wanted == size).is_some() {
            while sizes.next_if(|wanted| **wanted == size).is_some() {}
            part.roots.push((size, part.chain.tree.root()));
        }
        if size.is_multiple_of(REPORTED) {
            (asked.read)(reader.offset().saturating_sub(told));
            told = reader.offset();
        }
    };
    if !last {
        return Ok(Some(What::Record(flaw)));
    }
    Ok(match tail::look(&segment.path, part.offset, part.chain.due(), asked.payload_max)? {
        Tail::Torn { bytes } => Some(What::Torn { bytes }),
        Tail::Damaged => Some(What::Record(flaw)),
        // the ledger is written meanwhile: it is read up to here
        Tail::Written => None,
    })
}
