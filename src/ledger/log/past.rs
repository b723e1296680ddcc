//! Past: the part of a long ledger that a start did not read. It is read behind the first answers, on a thread of its own.
//!
//! That it was there the last checkpoint says; whether it still is, the disk. Where it is not, nothing more is written.

use super::queue::{Standing, Unavailable};
use super::segment::Segment;
use super::walk::walk_past;
use crate::observe::{self, Event};
use std::io;
use std::sync::Arc;
use std::thread;

/// Segments that were not read, and the one that follows them.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) segments: Vec<Segment>,
    pub(super) next: Segment,
}

impl Past {
    /// Reads it. Ends early where the ledger is closed.
    pub(super) fn check(self, payload_max: usize, standing: Arc<Standing>) -> io::Result<()> {
        let read = move || {
            let damage = walk_past(&self.segments, &self.next, payload_max, &|| is_open(&standing));
            if let Some(damage) = damage.filter(|_| is_open(&standing)) {
                standing.stop(Some(Unavailable::Damaged));
                observe::emit(&Event::LedgerDamaged { detail: &damage.to_string() });
            }
        };
        thread::Builder::new().name("ledger-past".into()).spawn(read).map(|_| ())
    }
}

fn is_open(standing: &Standing) -> bool {
    standing.stopped() != Some(Unavailable::Closed)
}
