//! Subjects: ids of persons in records, each under a key of its own, so that a person can be forgotten and the chain stays whole.
//!
//! A sealed id is the same text each time, so that an index can find it. With its key everything that was written of the person turns into
//! records of nobody; a person who comes again is another one. Whether the law wants that is open (docs/ledger.md), so it is off unless
//! the operator turns it on.
//!
//! Keys stand in one file beside the ledger, 64 bytes each: 16 of a keyed hash of the id, by which its key is found, 32 of the key,
//! zeros. What is forgotten is overwritten in its place. A key is on the disk before its first sealed id is given out.

use super::log::Unavailable;
use crate::seal::Seal;
use aws_lc_rs::{hmac, rand};
use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The file, in the ledger's folder.
pub const FILE: &str = "subject-keys";
const MAGIC: &[u8; 8] = b"HWSUBJ01";
/// Bytes of the head, and of each key's place.
const SLOT: usize = 64;
const LOOKUP: usize = 16;
const KEY: usize = 32;
/// What a sealed id begins with.
pub const MARK: char = '~';
/// What it is sealed for.
const PLACE: &str = "ledger subject";

/// Seals the ids of subjects.
pub struct Subjects {
    file: File,
    /// What ids are looked up by.
    mac: hmac::Key,
    places: Mutex<Places>,
}

/// Where the key of each id is, by the keyed hash of the id.
#[derive(Debug)]
struct Places {
    by_lookup: HashMap<[u8; LOOKUP], u64>,
    /// Places in the file, the head among them.
    count: u64,
}

impl Subjects {
    /// Opens the keys of a ledger's folder, or makes their file. One process may, at a time: the one that writes the ledger.
    ///
    /// # Errors
    /// Where the file can't be used, or is another.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        if file.metadata()?.len() < SLOT as u64 {
            let mut head = [0; SLOT];
            rand::fill(&mut head).map_err(|_| io::Error::other("the system gives no random bytes"))?;
            put(&mut head, 0, MAGIC);
            file.write_all_at(&head, 0)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        let slots = file.metadata()?.len() / SLOT as u64;
        let mut head = [0; SLOT];
        file.read_exact_at(&mut head, 0)?;
        let Some((MAGIC, secret)) = head.split_first_chunk() else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no file of subjects' keys"));
        };
        let mut places = Places { by_lookup: HashMap::new(), count: 1 };
        for slot in 1..slots {
            if let Some((lookup, _)) = read(&file, slot)? {
                places.by_lookup.insert(lookup, slot);
            }
        }
        places.count = slots.max(1);
        let mac = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self { file, mac, places: Mutex::new(places) })
    }

    /// The sealed id of a subject.
    ///
    /// # Errors
    /// Where the key of a new subject can't be kept.
    pub fn seal(&self, id: &str) -> Result<String, Unavailable> {
        self.seal_all(&[id]).map(|mut sealed| sealed.pop().unwrap_or_default())
    }

    /// The sealed ids of subjects, in order: however many are new, the disk is waited for once. Blocks.
    ///
    /// # Errors
    /// Where the keys of new subjects can't be kept.
    pub fn seal_all(&self, ids: &[impl AsRef<str>]) -> Result<Vec<String>, Unavailable> {
        self.try_seal(ids).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull => Unavailable::NoSpace,
            _ => Unavailable::Failing,
        })
    }

    fn try_seal(&self, ids: &[impl AsRef<str>]) -> io::Result<Vec<String>> {
        let mut places = self.lock();
        let mut new = Vec::new();
        let mut sealed = Vec::with_capacity(ids.len());
        for id in ids {
            let id = id.as_ref();
            let lookup = self.lookup(id);
            let known = places.by_lookup.get(&lookup).copied();
            // another process may have overwritten it
            let kept = known.map(|slot| read(&self.file, slot).map(|kept| kept.map(|(_, key)| (slot, key))));
            let (slot, key) = if let Some(kept) = kept.transpose()?.flatten() {
                kept
            } else {
                new.push(lookup);
                self.add(&mut places, lookup)?
            };
            let text = Seal::of(&key).seal(PLACE, id.as_bytes()).unwrap_or_default();
            sealed.push(format!("{MARK}{slot}.{text}"));
        }
        if !new.is_empty()
            && let Err(error) = self.file.sync_data()
        {
            // they may be on the disk or not: nobody has seen them
            for lookup in &new {
                places.by_lookup.remove(lookup);
            }
            return Err(error);
        }
        Ok(sealed)
    }

    /// Gives a subject a key.
    fn add(&self, places: &mut Places, lookup: [u8; LOOKUP]) -> io::Result<(u64, [u8; KEY])> {
        let mut key = [0; KEY];
        rand::fill(&mut key).map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let (mut bytes, slot) = ([0; SLOT], places.count);
        put(&mut bytes, 0, &lookup);
        put(&mut bytes, LOOKUP, &key);
        self.file.write_all_at(&bytes, slot * SLOT as u64)?;
        places.count += 1;
        places.by_lookup.insert(lookup, slot);
        Ok((slot, key))
    }

    /// The id that was sealed; `None` for what is no sealed id, and for a subject who was forgotten.
    #[must_use]
    pub fn open(&self, sealed: &str) -> Option<String> {
        let (slot, text) = sealed.strip_prefix(MARK)?.split_once('.')?;
        let slot: u64 = slot.parse().ok()?;
        let (_, key) = read(&self.file, slot).ok()??;
        String::from_utf8(Seal::of(&key).open(PLACE, text)?).ok()
    }

    /// Whether the subject has a key.
    #[must_use]
    pub fn is_known(&self, id: &str) -> bool {
        self.lock().by_lookup.contains_key(&self.lookup(id))
    }

    /// Destroys the key of a subject: `false` where there is none.
    ///
    /// # Errors
    /// Where that is not certain.
    pub fn forget(&self, id: &str) -> io::Result<bool> {
        let mut places = self.lock();
        let lookup = self.lookup(id);
        let Some(slot) = places.by_lookup.get(&lookup) else { return Ok(false) };
        self.file.write_all_at(&[0; SLOT], slot * SLOT as u64)?;
        self.file.sync_all()?;
        places.by_lookup.remove(&lookup);
        Ok(true)
    }

    fn lookup(&self, id: &str) -> [u8; LOOKUP] {
        let mut lookup = [0; LOOKUP];
        put(&mut lookup, 0, hmac::sign(&self.mac, id.as_bytes()).as_ref());
        lookup
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a place holds; `None` where it was overwritten.
fn read(file: &File, slot: u64) -> io::Result<Option<([u8; LOOKUP], [u8; KEY])>> {
    let mut bytes = [0; SLOT];
    // the head is nobody's key
    let Some(at) = slot.checked_mul(SLOT as u64).filter(|at| *at > 0) else { return Ok(None) };
    match file.read_exact_at(&mut bytes, at) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        outcome => outcome?,
    }
    let parts =
        bytes.split_first_chunk::<LOOKUP>().and_then(|(lookup, rest)| Some((*lookup, *rest.first_chunk::<KEY>()?)));
    Ok(parts.filter(|(lookup, _)| *lookup != [0; LOOKUP]))
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(part) {
        *to = *from;
    }
}

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subjects")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn a_sealed_id_is_the_same_each_time_and_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let subjects = Subjects::of(folder.path()).unwrap();
        let sealed = subjects.seal_all(&["p1", "p2", "p1"]).unwrap();
        assert_eq!(sealed[0], sealed[2]);
        assert_ne!(sealed[0], sealed[1]);
        assert!(!sealed[0].contains("p1"));
        drop(subjects);

        let subjects = Subjects::of(folder.path()).unwrap();
        assert_eq!(subjects.seal("p1").unwrap(), sealed[0]);
        assert_eq!(subjects.open(&sealed[1]).as_deref(), Some("p2"));
        for bad in
            ["", "p1", "~", "~1.", "~0.AAAA", "~99.AAAA", "~18446744073709551615.AA", &sealed[0].replace("~1.", "~2.")]
        {
            assert_eq!(subjects.open(bad), None, "{bad}");
        }
        let file = std::fs::metadata(folder.path().join(FILE)).unwrap();
        assert_eq!((file.mode() & 0o777, file.len()), (0o600, 3 * 64));
    }

    #[test]
    fn a_subject_is_forgotten_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let subjects = Subjects::of(folder.path()).unwrap();
        let sealed = subjects.seal_all(&["p1", "p2"]).unwrap();
        let before = std::fs::read(folder.path().join(FILE)).unwrap();
        assert!(subjects.is_known("p1") && subjects.forget("p1").unwrap());
        assert!(!subjects.is_known("p1") && !subjects.forget("p1").unwrap());
        assert_eq!(subjects.open(&sealed[0]), None);
        assert_eq!(subjects.open(&sealed[1]).as_deref(), Some("p2"));
        let after = std::fs::read(folder.path().join(FILE)).unwrap();
        assert_eq!(after[64..128], [0; 64]);
        assert_ne!(before[64..128], [0; 64]);
        // who comes again is another
        let again = subjects.seal("p1").unwrap();
        assert_ne!(again, sealed[0]);
        drop(subjects);
        let subjects = Subjects::of(folder.path()).unwrap();
        assert_eq!(subjects.open(&sealed[0]), None);
        assert_eq!(subjects.open(&again).as_deref(), Some("p1"));
    }

    #[test]
    fn a_process_that_has_them_open_sees_what_another_forgot() {
        let folder = tempfile::tempdir().unwrap();
        let here = Subjects::of(folder.path()).unwrap();
        let sealed = here.seal("p1").unwrap();
        assert!(Subjects::of(folder.path()).unwrap().forget("p1").unwrap());
        assert_eq!(here.open(&sealed), None);
        assert_ne!(here.seal("p1").unwrap(), sealed);
    }

    #[test]
    fn part_of_a_key_that_a_crash_left_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Subjects::of(folder.path()).unwrap().seal("p1").unwrap();
        let path = folder.path().join(FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend([7; 20]);
        std::fs::write(&path, bytes).unwrap();
        let subjects = Subjects::of(folder.path()).unwrap();
        assert_eq!(subjects.seal("p1").unwrap(), sealed);
        let second = subjects.seal("p2").unwrap();
        assert_eq!(subjects.open(&second).as_deref(), Some("p2"));
        std::fs::write(&path, [1; 64]).unwrap();
        assert!(Subjects::of(folder.path()).is_err());
    }
}
