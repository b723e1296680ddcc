//! Verify: is a ledger what it was? Reads everything, changes nothing, finds the first damage of each file.

use super::broken::{Broken, Damage, What};
use super::checkpoint::{self, Checkpoint};
use super::hash::Hash;
use super::key::Keys;
use super::open::{self, CHECKPOINTS, PUBLIC_KEYS};
use super::segment;
use super::walk::{Asked, Walked, walk};
use crate::limits::Limits;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

/// Lines whose signatures are checked at the same time.
const LINES: usize = 4096;

/// What is believed beside the ledger's own folder.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The file of public keys; left out, the folder's own.
    pub public_key: Option<PathBuf>,
    /// The witness's copy of the checkpoints.
    pub witness: Option<PathBuf>,
}

/// A ledger that was read to its end.
#[derive(Debug)]
pub struct Checked {
    pub instance: Option<String>,
    pub records: u64,
    pub segments: usize,
    /// Checkpoints of the ledger's own file, and the last of them.
    pub checkpoints: usize,
    pub last: Option<Checkpoint>,
    /// Everything that is wrong, in order. None means that the ledger is whole.
    pub damages: Vec<Damage>,
}

/// Bytes that `verify` reads of records.
///
/// # Errors
/// Where the folder can't be read.
pub fn bytes(folder: &Path) -> Result<u64, Broken> {
    let sum =
        || segment::list(folder)?.iter().map(|segment| Ok(segment.path.metadata()?.len())).sum::<io::Result<u64>>();
    sum().map_err(|error| Broken::Unusable { path: folder.to_owned(), error })
}

/// Checks every record of a ledger's folder, every checkpoint, and every checkpoint of the witness. `read` is told the bytes of records that
/// were read, now and then, from any thread.
///
/// # Errors
/// Where the folder, the keys or a copy can't be read. What is wrong with the ledger is no error but a damage.
pub fn verify(folder: &Path, trust: &Trust, read: &(dyn Fn(u64) + Sync)) -> Result<Checked, Broken> {
    // a ledger that is written meanwhile may end in something unfinished
    let written = open::is_written(folder);
    let own = folder.join(CHECKPOINTS);
    let keys = keys(folder, trust, &own)?;
    let mut lists = vec![List::read(&own, &keys)?];
    if let Some(witness) = &trust.witness {
        // that it can be read is what it was named for
        witness.metadata().map_err(|error| Broken::Unusable { path: witness.clone(), error })?;
        lists.push(List::read(witness, &keys)?);
    }
    let mut sizes: Vec<u64> = lists.iter().flat_map(|list| list.heads.iter().map(|head| head.size)).collect();
    sizes.sort_unstable();
    let payload_max = Limits::default().ledger_record_bytes_max;
    let walked = walk(folder, &Asked { payload_max, sizes: &sizes, read })?;
    let segments = segment::list(folder).map_err(|error| Broken::Unusable { path: folder.to_owned(), error })?.len();

    let mut damages = walked.damages.clone();
    for list in &lists {
        damages.extend(list.against(&walked));
    }
    let mut lists = lists.into_iter();
    let (own, witness) = (lists.next(), lists.next());
    let records = walked.chain.tree.size();
    let size = |list: &Option<List>| list.as_ref().and_then(|list| list.heads.last()).map_or(0, |head| head.size);
    let damage = |at, seq, what| Damage { file: folder.join(CHECKPOINTS), at, seq, what };
    if size(&witness) > size(&own) && !written {
        damages.push(damage(0, size(&witness), What::Later { own: size(&own) }));
    }
    let due = Limits::default().ledger_checkpoint_records;
    if size(&own) == 0 && records > 2 * due && !written && own.as_ref().is_some_and(|list| list.damage.is_none()) {
        damages.push(damage(0, records, What::NoCheckpoint));
    }
    damages.retain(|damage| !(written && matches!(damage.what, What::Torn { .. } | What::TornLine)));
    let (checkpoints, last) = own.map_or((0, None), |list| (list.heads.len(), list.last));
    Ok(Checked { instance: walked.instance, records, segments, checkpoints, last, damages })
}

fn keys(folder: &Path, trust: &Trust, checkpoints: &Path) -> Result<Keys, Broken> {
    let own = folder.join(PUBLIC_KEYS);
    match &trust.public_key {
        Some(path) => Keys::read(path),
        None if own.exists() || checkpoints.exists() => Keys::read(&own),
        None => Ok(Keys::default()),
    }
}

/// A file of checkpoints, as far as each can be judged by itself.
#[derive(Debug)]
struct List {
    path: PathBuf,
    heads: Vec<Head>,
    last: Option<Checkpoint>,
    /// The first line that is wrong. Those after it are not looked at.
    damage: Option<Damage>,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    line: u64,
    size: u64,
    root: Hash,
}

impl List {
    fn read(path: &Path, keys: &Keys) -> Result<Self, Broken> {
        let mut list = Self { path: path.to_owned(), heads: Vec::new(), last: None, damage: None };
        let unusable = |error| Broken::Unusable { path: path.to_owned(), error };
        let mut lines = checkpoint::lines(path).map_err(unusable)?.peekable();
        while lines.peek().is_some() && list.damage.is_none() {
            let some: io::Result<Vec<Vec<u8>>> = lines.by_ref().take(LINES).collect();
            list.add(&some.map_err(unusable)?, keys);
        }
        Ok(list)
    }

    /// Takes lines up to the first that is wrong.
    fn add(&mut self, lines: &[Vec<u8>], keys: &Keys) {
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let read =
            |lines: &[Vec<u8>]| -> Vec<Result<Checkpoint, What>> { lines.iter().map(|line| one(line, keys)).collect() };
        let outcomes = thread::scope(|scope| {
            let parts = lines.chunks(lines.len().div_ceil(workers).max(1));
            let threads: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect::<Vec<_>>()
        });
        let start = self.heads.len() as u64 + 1;
        for (line, outcome) in (start..).zip(outcomes) {
            let checkpoint = match outcome {
                Ok(checkpoint) if self.fits(&checkpoint) => checkpoint,
                Ok(checkpoint) => return self.wrong(line, checkpoint.size, What::Line),
                Err(what) => return self.wrong(line, 0, what),
            };
            let Some(root) = checkpoint.root() else { return self.wrong(line, checkpoint.size, What::Line) };
            self.heads.push(Head { line, size: checkpoint.size, root });
            self.last = Some(checkpoint);
        }
    }

    /// Each is of more records than the one before it, of the same ledger.
    fn fits(&self, checkpoint: &Checkpoint) -> bool {
        self.last.as_ref().is_none_or(|last| last.size < checkpoint.size && last.origin == checkpoint.origin)
    }

    fn wrong(&mut self, line: u64, size: u64, what: What) {
        self.damage = Some(Damage { file: self.path.clone(), at: line, seq: size, what });
    }

    /// What is wrong with it, beside this ledger: the first of each kind.
    fn against(&self, walked: &Walked) -> Vec<Damage> {
        let damage = |head: &Head, what| Damage { file: self.path.clone(), at: head.line, seq: head.size, what };
        let mut damages = Vec::new();
        let there = walked.chain.tree.size();
        let origin = walked.instance.as_deref().map(checkpoint::origin);
        if let (Some(head), Some(last), Some(origin)) = (self.heads.first(), &self.last, &origin)
            && last.origin != *origin
        {
            damages.push(damage(head, What::Line));
        }
        let mut good = 0;
        for head in &self.heads {
            match walked.roots.get(&head.size) {
                Some(root) if *root == head.root => good = head.size,
                Some(_) => {
                    damages.push(damage(head, What::Root { good }));
                    break;
                }
                // where records are damaged that was said
                None if walked.damages.iter().any(|damage| !matches!(damage.what, What::Torn { .. })) => {}
                None => {
                    damages.push(damage(head, What::Missing { there }));
                    break;
                }
            }
        }
        damages.extend(self.damage.clone());
        damages
    }
}

fn one(line: &[u8], keys: &Keys) -> Result<Checkpoint, What> {
    if !line.ends_with(b"\n") {
        return Err(What::TornLine);
    }
    let checkpoint = Checkpoint::read(line).ok_or(What::Line)?;
    if checkpoint.is_signed(keys) { Ok(checkpoint) } else { Err(What::Signature) }
}
