//! Open: from a folder to a ledger that is written, or to what is wrong with it.

use super::broken::{Broken, Damage, What};
use super::chain::Chain;
use super::checkpoint::{self, Checkpoint};
use super::disk::{Disk, Faults, Place};
use super::key::{Keys, Signer};
use super::notary::{self, Kept, Notary};
use super::past::Past;
use super::queue::{Bounds, Patience, queue};
use super::segment::{self, Segment};
use super::slot::Slot;
use super::walk::{Asked, Walked, walk_all};
use super::witness::Witness;
use super::writer::{Cadence, Writer};
use super::{Inner, Log, Opened, Settings, Torn, recovery};
use jiff::Timestamp;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The file of checkpoints, and the one that holds the public keys of all of them, in the ledger's folder.
pub(super) const CHECKPOINTS: &str = "checkpoints";
pub(super) const PUBLIC_KEYS: &str = "checkpoint-keys.pem";
const KEY: &str = "checkpoint-key.pem";
/// The file that a writer holds locked.
const LOCK: &str = "lock";
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Opens the ledger, and starts its threads.
pub(super) fn open(settings: Settings, faults: Faults) -> Result<(Log, Opened), Broken> {
    check(&settings)?;
    let folder = &settings.folder;
    let lock = lock(folder)?;
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| Broken::Unusable { path, error }
    };
    segment::tidy(folder).map_err(unusable(folder))?;

    let signer = Signer::open(settings.key.as_deref().unwrap_or(&folder.join(KEY)))?;
    let keys = signer.publish(&folder.join(PUBLIC_KEYS))?;
    let path = folder.join(CHECKPOINTS);
    let (kept, line) = Kept::open(&path).map_err(unusable(&path))?;
    let mut known: Vec<Known> = Known::read(&path, &line, &settings, &keys)?.into_iter().collect();
    let from = known.first().map_or(0, |known| known.checkpoint.size);
    // one that can't be reached is told of by who writes to it
    if let Some(Witness::File(path)) = &settings.witness
        && let Ok((line, _)) = File::open(path).and_then(|mut file| checkpoint::last_line(&mut file))
    {
        known.extend(Known::read(path, &line, &settings, &keys)?);
    }
    known.sort_by_key(|known| known.checkpoint.size);

    let sizes: Vec<u64> = known.iter().map(|known| known.checkpoint.size).collect();
    let segments = segment::list(folder).map_err(unusable(folder))?;
    let skipped = skipped(&segments, &settings, &known).map_err(unusable(folder))?;
    let (unread, segments) = segments.split_at_checked(skipped).unwrap_or_default();
    let asked = Asked { payload_max: settings.record_bytes_max, sizes: &sizes, read: &|_| () };
    let walked = walk_all(segments, unread.is_empty(), &asked);
    let (walked, torn) = judge(walked, &settings, &known)?;
    let past = segments.first().filter(|_| !unread.is_empty());
    let past = past.map(|next| Past { segments: unread.to_vec(), next: next.clone() });

    let place = Place {
        folder: folder.clone(),
        instance: settings.instance.to_string(),
        segment_bytes: settings.segment_bytes,
        faults,
    };
    let (disk, chain) = disk(place, walked).map_err(unusable(folder))?;
    start(settings, disk, chain, Threads { signer, kept, lock, from, past }, torn)
}

/// Segments at the beginning that are read behind the start: none of a ledger that is short, or that no checkpoint speaks of. The rest begins
/// with the segment in which the oldest of the checkpoints stands, so that each can be held against it.
fn skipped(segments: &[Segment], settings: &Settings, known: &[Known]) -> io::Result<usize> {
    let mut bytes: u64 = 0;
    for segment in segments {
        bytes = bytes.saturating_add(segment.path.metadata()?.len());
    }
    let size = known.first().map_or(0, |known| known.checkpoint.size);
    if bytes <= settings.start_bytes_max || size == 0 {
        return Ok(0);
    }
    Ok(segments.iter().rposition(|segment| segment.first <= size).unwrap_or(0))
}

/// A checkpoint that was made before, and where it stands.
struct Known {
    path: PathBuf,
    checkpoint: Checkpoint,
}

impl Known {
    /// The checkpoint of a file's last line, if there is one.
    fn read(path: &Path, line: &[u8], settings: &Settings, keys: &Keys) -> Result<Option<Self>, Broken> {
        if line.is_empty() {
            return Ok(None);
        }
        let damage = |seq, what| Damage { file: path.to_owned(), at: 0, seq, what };
        let checkpoint = Checkpoint::read(line).filter(|it| it.origin == checkpoint::origin(&settings.instance));
        let checkpoint = checkpoint.ok_or_else(|| damage(0, What::Line))?;
        if !checkpoint.is_signed(keys) {
            return Err(damage(checkpoint.size, What::Signature).into());
        }
        Ok(Some(Self { path: path.to_owned(), checkpoint }))
    }
}

fn check(settings: &Settings) -> Result<(), Broken> {
    let wrong = |what| Err(Broken::Settings { what });
    if !segment::is_instance(&settings.instance) {
        return wrong("an instance is called by 1 to 64 letters, digits, `-`, `_` and `.`");
    }
    if settings.record_bytes_max > u32::MAX as usize / 2 {
        return wrong("a record has at most 2 GiB");
    }
    Ok(())
}

/// Makes the folder where there is none, and locks it for this process.
fn lock(folder: &Path) -> Result<File, Broken> {
    let unusable = |error| Broken::Unusable { path: folder.to_owned(), error };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).to_owned();
    let file = options.open(folder.join(LOCK)).map_err(unusable)?;
    // `is_written` may hold it for a moment
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
    }
    Err(Broken::InUse { folder: folder.to_owned() })
}

/// Whether the ledger is what it was: nothing damaged but an unfinished write, and all that a checkpoint speaks of.
fn judge(walked: Walked, settings: &Settings, known: &[Known]) -> Result<(Walked, Option<Damage>), Broken> {
    let mut torn = None;
    if let Some(damage) = walked.damages.first() {
        if !matches!(damage.what, What::Torn { .. }) {
            return Err(damage.clone().into());
        }
        torn = Some(damage.clone());
    }
    if let (Some(found), Some((segment, _))) = (&walked.instance, &walked.last)
        && **found != *settings.instance
    {
        let what = What::Instance { found: found.clone() };
        return Err(Damage { file: segment.path.clone(), at: 0, seq: segment.first, what }.into());
    }
    let there = walked.chain.tree.size();
    let mut good = 0;
    for Known { path, checkpoint } in known {
        let what = match walked.roots.get(&checkpoint.size) {
            Some(root) if checkpoint::base64(*root) == checkpoint.root => {
                good = checkpoint.size;
                continue;
            }
            Some(_) => What::Root { good },
            None => match torn {
                // no crash did that: the place is where it begins
                Some(torn) => return Err(Damage { what: What::Vouched { size: checkpoint.size }, ..torn }.into()),
                None => What::Missing { there },
            },
        };
        return Err(Damage { file: path.clone(), at: 0, seq: checkpoint.size, what }.into());
    }
    Ok((walked, torn))
}

/// The last segment, cut where its last whole record ends, or the first one.
fn disk(place: Place, walked: Walked) -> io::Result<(Disk, Chain)> {
    if let Some((segment, end)) = walked.last {
        return Ok((Disk::open(place, segment, end)?, walked.chain));
    }
    let chain = Chain::start(&place.instance);
    Ok((Disk::create(place, &chain)?, chain))
}

/// What the threads keep.
struct Threads {
    signer: Signer,
    kept: Kept,
    lock: File,
    /// Records of the last checkpoint.
    from: u64,
    /// What is still to be read.
    past: Option<Past>,
}

fn start(
    settings: Settings,
    disk: Disk,
    chain: Chain,
    threads: Threads,
    torn: Option<Damage>,
) -> Result<(Log, Opened), Broken> {
    let folder = settings.folder;
    let unusable = |error| Broken::Unusable { path: folder.clone(), error };
    let (queue, waiting) = queue(Bounds {
        records: settings.queue_max,
        bytes: settings.queue_bytes_max,
        payload_max: settings.record_bytes_max,
        patience: Patience::default(),
    });
    let heads = Arc::new(Slot::new());
    let records = chain.tree.size();
    let Threads { signer, kept, lock, from, past } = threads;
    if let Some(past) = past {
        past.check(settings.record_bytes_max, queue.standing()).map_err(unusable)?;
    }
    let time = Duration::from_millis(settings.checkpoint_ms);
    let cadence = Cadence { records: settings.checkpoint_records, time, from };
    let witness = settings.witness.map(notary::witness).transpose().map_err(unusable)?;
    let instance = settings.instance.to_string();
    let notary = Notary { instance, signer, file: kept, heads: Arc::clone(&heads), witness };
    let notary = thread::Builder::new().name("ledger-notary".into()).spawn(|| notary.run()).map_err(unusable)?;
    let mut writer = Writer::new(disk, chain, waiting, heads, cadence);
    let torn = torn.and_then(|damage| {
        Torn::of(&damage).inspect(|torn| {
            writer.note(&recovery::cut(&settings.instance, &damage, torn.bytes, Timestamp::now()));
        })
    });
    let run = move || {
        writer.run();
        _ = notary.join();
        // others may write when the last checkpoint is kept
        drop(lock);
    };
    let thread = thread::Builder::new().name("ledger".into()).spawn(run).map_err(unusable)?;
    Ok((Log(Arc::new(Inner { queue, thread: Mutex::new(Some(thread)) })), Opened { records, torn }))
}

impl Torn {
    fn of(damage: &Damage) -> Option<Self> {
        match damage.what {
            What::Torn { bytes } => Some(Self { segment: damage.file.clone(), offset: damage.at, bytes }),
            _ => None,
        }
    }
}

/// Whether somebody writes a ledger now.
pub(super) fn is_written(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
