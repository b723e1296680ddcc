//! Merged: the records of several ledgers as one, by time: each gateway keeps a ledger of its own.

use super::log::{self, Broken, Record};
use super::read::{Recorded, read};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::path::PathBuf;

/// A record, and where it stands.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Which of the ledgers, by its number among those that were named.
    pub ledger: usize,
    pub seq: u64,
    pub payload: Vec<u8>,
    pub recorded: Recorded,
}

/// Records of one ledger, in their order.
type Source = Box<dyn Iterator<Item = Result<Record, Broken>>>;

/// Records in the order of their time, then of the ledgers. Within one ledger their own order holds.
pub struct Merged {
    ledgers: Vec<Source>,
    /// The next record of each: its time, its ledger.
    next: BinaryHeap<Reverse<(String, usize)>>,
    waiting: Vec<Option<Placed>>,
    /// The latest time of each: a record without one counts as made then.
    at: Vec<String>,
    broken: Option<Broken>,
}

impl Merged {
    /// The records of the ledgers in these folders, from the beginning.
    ///
    /// # Errors
    /// Where a folder can't be read. The iterator's errors say the place.
    pub fn open(folders: &[PathBuf]) -> Result<Self, Broken> {
        let all = folders.iter().map(|folder| log::records(folder).map(|records| Box::new(records) as Source));
        Ok(Self::of(all.collect::<Result<Vec<_>, _>>()?))
    }

    /// Single records of these ledgers: of each the numbers and offsets, in their order.
    ///
    /// # Errors
    /// Where a folder can't be read. The iterator's errors say the place.
    pub fn picked(folders: &[PathBuf], places: Vec<Vec<(u64, u64)>>) -> Result<Self, Broken> {
        let all = folders.iter().zip(places);
        let all = all.map(|(folder, places)| log::picked(folder, places).map(|records| Box::new(records) as Source));
        Ok(Self::of(all.collect::<Result<Vec<_>, _>>()?))
    }

    fn of(ledgers: Vec<Source>) -> Self {
        let count = ledgers.len();
        let mut merged = Self {
            ledgers,
            next: BinaryHeap::new(),
            waiting: (0..count).map(|_| None).collect(),
            at: vec![String::new(); count],
            broken: None,
        };
        (0..count).for_each(|ledger| merged.fetch(ledger));
        merged
    }

    fn fetch(&mut self, ledger: usize) {
        let (Some(records), Some(place), Some(latest)) =
            (self.ledgers.get_mut(ledger), self.waiting.get_mut(ledger), self.at.get_mut(ledger))
        else {
            return;
        };
        match records.next() {
            None => {}
            Some(Err(broken)) => self.broken = Some(broken),
            Some(Ok(record)) => {
                // What can't be read was written by another version: it is there, and it is shown as it is.
                let recorded = read(&record.payload).unwrap_or(Recorded::Other);
                if let Some(at) = recorded.at().filter(|at| *at > latest.as_str()) {
                    latest.clear();
                    latest.push_str(at);
                }
                self.next.push(Reverse((latest.clone(), ledger)));
                *place = Some(Placed { ledger, seq: record.seq, payload: record.payload, recorded });
            }
        }
    }
}

impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merged").field("ledgers", &self.ledgers.len()).finish_non_exhaustive()
    }
}

impl Iterator for Merged {
    type Item = Result<Placed, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(broken) = self.broken.take() {
            self.next.clear();
            return Some(Err(broken));
        }
        let Reverse((_, ledger)) = self.next.pop()?;
        let placed = self.waiting.get_mut(ledger)?.take()?;
        self.fetch(ledger);
        Some(Ok(placed))
    }
}
