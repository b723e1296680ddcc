//! Reader: the frames of one segment, one after another, in bounded memory.

use super::broken::What;
use super::frame::{Flaw, Frame};
use super::segment::{BLOCK, Header};
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;
/// The same where one frame is wanted: most are shorter.
const ONE: usize = 1 << 14;

/// A segment that is read.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    /// What was read and not yet taken is `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the file before `start`.
    offset: u64,
    payload_max: usize,
}

/// What comes next in a segment.
#[derive(Debug)]
pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// Zeros to the end of the file, so many.
    End {
        zeros: u64,
    },
    Bad(Flaw),
}

impl Reader {
    /// The segment and what its first block says, or what is wrong with that.
    pub(super) fn open(path: &Path, payload_max: usize) -> io::Result<(Self, Result<Header, What>)> {
        let file = File::open(path)?;
        let mut reader = Self { file, buffer: vec![0; CHUNK], start: 0, end: 0, offset: 0, payload_max };
        let header = Header::read(reader.need(BLOCK)?);
        reader.skip(BLOCK);
        Ok((reader, header))
    }

    /// The segment from where a frame begins on.
    pub(super) fn at(path: &Path, offset: u64, payload_max: usize) -> io::Result<Self> {
        Self::from(path, offset, (CHUNK, payload_max))
    }

    /// The same, of which one frame is wanted.
    pub(super) fn one(path: &Path, offset: u64, payload_max: usize) -> io::Result<Self> {
        Self::from(path, offset, (ONE, payload_max))
    }

    fn from(path: &Path, offset: u64, (chunk, payload_max): (usize, usize)) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file, buffer: vec![0; chunk], start: 0, end: 0, offset, payload_max })
    }

    /// Where the next frame begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next frame.
    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let Some(bytes) = Frame::bytes(self.need(4)?) else { return self.zeros() };
        if bytes > self.payload_max.saturating_add(super::frame::AROUND) {
            return Ok(Next::Bad(Flaw::Length));
        }
        if self.need(bytes)?.len() < bytes {
            return Ok(Next::Bad(Flaw::Length));
        }
        let start = self.start;
        match self.buffer.get(start..start + bytes).map_or(Err(Flaw::Length), Frame::read) {
            Ok(frame) => {
                // `skip`, field by field: the frame borrows the buffer
                self.start += bytes;
                self.offset += bytes as u64;
                Ok(Next::Frame(frame))
            }
            Err(flaw) => Ok(Next::Bad(flaw)),
        }
    }

    /// Up to so many bytes, fewer at the end of the file.
    fn need(&mut self, bytes: usize) -> io::Result<&[u8]> {
        if self.end - self.start < bytes {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.buffer.len() < bytes {
                self.buffer.resize(bytes, 0);
            }
            while self.end < bytes {
                match self.file.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                    Ok(0) => break,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let end = self.end.min(self.start.saturating_add(bytes));
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Only zeros may stand where no frame begins.
    fn zeros(&mut self) -> io::Result<Next<'_>> {
        let (start, mut zeros) = (self.offset, 0);
        loop {
            let bytes = self.need(CHUNK)?;
            if bytes.iter().any(|byte| *byte != 0) {
                // the place is where the zeros begin: there a frame was due
                self.offset = start;
                return Ok(Next::Bad(Flaw::Rest));
            }
            let length = bytes.len();
            if length == 0 {
                self.offset = start;
                return Ok(Next::End { zeros });
            }
            zeros += length as u64;
            self.skip(length);
        }
    }
}
