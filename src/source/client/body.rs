//! Body: the bytes of one answer, whole or not at all, counted as they come and as they swell, whatever the headers say.

use super::{Failed, Sign, broken};
use crate::limits::Limits;
use crate::source::Reason;
use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;
use std::io::{self, Write};

/// What one answer may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes_max: usize,
    /// Bytes for each byte that came, where it came compressed.
    ratio_max: usize,
    /// As many may be whatever came: little swells quickly.
    small_bytes: usize,
}

impl Bounds {
    pub(super) const fn of(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.answer_bytes_max,
            ratio_max: limits.answer_ratio_max,
            small_bytes: limits.answer_small_bytes,
        }
    }

    /// The same, for what is left of an answer.
    pub(super) const fn of_bytes(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// Reads all of it.
    pub(super) async fn read(self, mut response: Response) -> Result<Vec<u8>, Failed> {
        let encoding = response.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
        let is_compressed = match encoding.as_deref() {
            None | Some(b"" | b"identity") => false,
            Some(b"gzip" | b"x-gzip") => true,
            Some(_) => return Err(faulty(Reason::Invalid("an encoding that was not asked for".to_owned()))),
        };
        let expected = response.content_length().and_then(|len| usize::try_from(len).ok()).unwrap_or_default();
        if expected > self.bytes_max {
            return Err(faulty(TOO_LONG));
        }
        let held = Vec::with_capacity(expected.min(1 << 20));
        let into = Into { held, bytes_max: self.bytes_max, over: false };
        if !is_compressed {
            return self.plain(response, into).await;
        }
        let mut unpacked = MultiGzDecoder::new(into);
        let mut came = 0_usize;
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            came = came.saturating_add(chunk.len());
            let by_ratio = came.saturating_mul(self.ratio_max).max(self.small_bytes);
            unpacked.get_mut().bytes_max = self.bytes_max.min(by_ratio);
            if unpacked.write_all(&chunk).is_err() {
                return Err(faulty(unpacked.get_ref().why(self.bytes_max)));
            }
        }
        let unpacked = unpacked.finish();
        unpacked.map(|into| into.held).map_err(|_| faulty(Reason::Invalid("compressed, and damaged".to_owned())))
    }

    async fn plain(self, mut response: Response, mut into: Into) -> Result<Vec<u8>, Failed> {
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            into.write_all(&chunk).map_err(|_| faulty(TOO_LONG))?;
        }
        Ok(into.held)
    }
}

const TOO_LONG: Reason = Reason::Limit("bytes of an answer");

const fn faulty(reason: Reason) -> Failed {
    Failed { reason, sign: Sign::Faulty }
}

/// Takes so many bytes and no more.
struct Into {
    held: Vec<u8>,
    bytes_max: usize,
    over: bool,
}

impl Into {
    /// Why it did not take all.
    fn why(&self, bytes_max: usize) -> Reason {
        match self.over {
            true if self.bytes_max >= bytes_max => TOO_LONG,
            true => Reason::Invalid("it swells too far when it is decompressed".to_owned()),
            false => Reason::Invalid("compressed, and damaged".to_owned()),
        }
    }
}

impl Write for Into {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len().saturating_add(bytes.len()) > self.bytes_max {
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
