//! Records: what a ledger holds, in order, read beside the gateway that writes it or without one.

use super::broken::{Broken, Damage, What};
use super::chain::Chain;
use super::frame::Flaw;
use super::hash::Hash;
use super::reader::{Next, Reader};
use super::segment::{self, Segment};
use super::tail::{self, Tail};
use std::io;
use std::path::{Path, PathBuf};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1.
    pub seq: u64,
    /// Where it begins in its segment, in bytes.
    pub offset: u64,
    pub payload: Vec<u8>,
    pub hash: Hash,
}

/// Records in order. Ends after the first error.
#[derive(Debug)]
pub struct Records {
    segments: std::vec::IntoIter<Segment>,
    open: Option<Open>,
    payload_max: usize,
    ended: bool,
}

/// A place between two records, from which on a ledger can be read without finding it again. Good as long as nothing is cut.
#[derive(Debug, Clone)]
pub struct Bookmark {
    /// The first record of its segment.
    first: u64,
    offset: u64,
    instance: String,
    chain: Chain,
}

impl Bookmark {
    /// The number of the record that comes next.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.chain.due()
    }
}

/// The segment that is read.
#[derive(Debug)]
struct Open {
    segment: Segment,
    instance: String,
    reader: Reader,
    chain: Chain,
}

impl Records {
    /// From the record of this number on. Those before it in its segment are read.
    pub(super) fn open(folder: &Path, from: u64, payload_max: usize) -> Result<Self, Broken> {
        let segments = segment::list(folder).map_err(|error| Broken::Unusable { path: folder.to_owned(), error })?;
        // the last segment that begins at or before it
        let skipped = segments.iter().rposition(|segment| segment.first <= from).unwrap_or(0);
        let segments: Vec<Segment> = segments.into_iter().skip(skipped).collect();
        let mut records = Self { segments: segments.into_iter(), open: None, payload_max, ended: false };
        records.enter(None)?;
        while records.before().is_some_and(|chain| chain.due() < from) && records.step()?.is_some() {}
        Ok(records)
    }

    /// From a place on where somebody stopped before.
    pub(super) fn resume(folder: &Path, place: Bookmark, payload_max: usize) -> Result<Self, Broken> {
        let unusable = |error| Broken::Unusable { path: folder.to_owned(), error };
        let segments = segment::list(folder).map_err(unusable)?;
        let mut segments = segments.into_iter().skip_while(|segment| segment.first < place.first);
        let Some(segment) = segments.next().filter(|segment| segment.first == place.first) else {
            return Self::open(folder, place.due(), payload_max);
        };
        let reader = Reader::at(&segment.path, place.offset, payload_max).map_err(unusable)?;
        let open = Some(Open { segment, instance: place.instance, reader, chain: place.chain });
        Ok(Self { segments: segments.collect::<Vec<_>>().into_iter(), open, payload_max, ended: false })
    }

    /// Where it stands; `None` where there is no segment.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        let open = self.open.as_ref()?;
        let (first, offset) = (open.segment.first, open.reader.offset());
        Some(Bookmark { first, offset, instance: open.instance.clone(), chain: open.chain.clone() })
    }

    /// Whose records they are; `None` where there is no segment.
    pub(super) fn instance(&self) -> Option<&str> {
        self.open.as_ref().map(|open| &*open.instance)
    }

    /// Where the chain stands before the next record; `None` where there is no segment.
    pub(super) fn before(&self) -> Option<&Chain> {
        self.open.as_ref().map(|open| &open.chain)
    }

    /// Opens the next segment, where there is one.
    fn enter(&mut self, before: Option<&Chain>) -> Result<bool, Broken> {
        let Some(segment) = self.segments.next() else { return Ok(false) };
        self.open = Some(Open::segment(segment, before, self.payload_max)?);
        Ok(true)
    }

    /// The next record; `None` at the end of the last segment.
    fn step(&mut self) -> Result<Option<Record>, Broken> {
        loop {
            let Some(open) = &mut self.open else { return Ok(None) };
            if let Some(record) = open.step(self.segments.len() == 0, self.payload_max)? {
                return Ok(Some(record));
            }
            let before = open.chain.clone();
            if !self.enter(Some(&before))? {
                return Ok(None);
            }
        }
    }
}

/// Single records of a folder, whose places are known.
#[derive(Debug)]
pub struct Picked {
    segments: Vec<Segment>,
    places: std::vec::IntoIter<(u64, u64)>,
    payload_max: usize,
}

impl Picked {
    /// `places`: numbers and offsets.
    pub(super) fn open(folder: &Path, places: Vec<(u64, u64)>, payload_max: usize) -> Result<Self, Broken> {
        let segments = segment::list(folder).map_err(|error| Broken::Unusable { path: folder.to_owned(), error })?;
        Ok(Self { segments, places: places.into_iter(), payload_max })
    }

    fn pick(&self, seq: u64, offset: u64) -> Result<Record, Broken> {
        let nowhere = PathBuf::new();
        let segment = self.segments.iter().rev().find(|segment| segment.first <= seq);
        let file = segment.map_or(&nowhere, |segment| &segment.path);
        let damage = |what| Broken::from(Damage { file: file.clone(), at: offset, seq, what });
        let unreadable = |error: io::Error| damage(What::Unreadable(error.kind()));
        let mut reader = Reader::one(file, offset, self.payload_max).map_err(unreadable)?;
        match reader.next().map_err(unreadable)? {
            Next::Frame(frame) => {
                frame.follows(seq, frame.previous).map_err(|flaw| damage(What::Record(flaw)))?;
                Ok(Record { seq, offset, payload: frame.payload.to_vec(), hash: frame.hash })
            }
            Next::End { .. } => Err(damage(What::Record(Flaw::Rest))),
            Next::Bad(flaw) => Err(damage(What::Record(flaw))),
        }
    }
}

impl Iterator for Picked {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let (seq, offset) = self.places.next()?;
        Some(self.pick(seq, offset))
    }
}

impl Open {
    fn segment(segment: Segment, before: Option<&Chain>, payload_max: usize) -> Result<Self, Broken> {
        let at_start = |what| Damage { file: segment.path.clone(), at: 0, seq: segment.first, what };
        let (reader, header) = match Reader::open(&segment.path, payload_max) {
            Ok((reader, Ok(header))) => (reader, header),
            Ok((_, Err(what))) => return Err(at_start(what).into()),
            Err(error) => return Err(at_start(What::Unreadable(error.kind())).into()),
        };
        let due = before.map_or(segment.first, Chain::due);
        if header.chain.due() != due {
            return Err(at_start(What::Gap { due }).into());
        }
        if before.is_some_and(|before| *before != header.chain) {
            return Err(at_start(What::Link).into());
        }
        Ok(Self { segment, instance: header.instance, reader, chain: header.chain })
    }

    fn step(&mut self, last: bool, payload_max: usize) -> Result<Option<Record>, Broken> {
        let at = self.reader.offset();
        let what = match self.reader.next() {
            Ok(Next::Frame(frame)) => match self.chain.take(&frame) {
                Ok(()) => {
                    let (payload, hash) = (frame.payload.to_vec(), frame.hash);
                    return Ok(Some(Record { seq: frame.seq, offset: at, payload, hash }));
                }
                Err(flaw) => What::Record(flaw),
            },
            Ok(Next::End { zeros }) if last || zeros == 0 => return Ok(None),
            Ok(Next::End { .. }) => What::Record(Flaw::Rest),
            // what is being written, or was when the writer died, is no record yet
            Ok(Next::Bad(flaw)) => match self.is_unfinished(last, at, payload_max) {
                Ok(true) => return Ok(None),
                Ok(false) => What::Record(flaw),
                Err(error) => What::Unreadable(error.kind()),
            },
            Err(error) => What::Unreadable(error.kind()),
        };
        Err(Damage { file: self.segment.path.clone(), at, seq: self.chain.due(), what }.into())
    }

    fn is_unfinished(&self, last: bool, at: u64, payload_max: usize) -> io::Result<bool> {
        if !last {
            return Ok(false);
        }
        Ok(match tail::look(&self.segment.path, at, self.chain.due(), payload_max)? {
            Tail::Torn { .. } | Tail::Written => true,
            Tail::Damaged => false,
        })
    }
}

impl Iterator for Records {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.step().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
