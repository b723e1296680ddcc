//! Whatever is changed in a ledger of 100,000 records is found, with its place.

use super::*;
use crate::ledger::log::frame::Frame;
use crate::ledger::log::segment::{self, BLOCK, Segment};
use crate::ledger::log::{Checked, Damage, Flaw, Hash, Trust, What, Witness, hash, verify};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

/// Numbers that are the same each time (splitmix64).
struct Random(u64);

impl Random {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(below).unwrap()).unwrap()
    }
}

/// A ledger of so many records in segments of about a thousand, with a witness; closed.
fn ledger(count: u32) -> (Case, PathBuf) {
    let case = Case::new();
    let witness = case.path().join("witness");
    let settings = Settings {
        folder: case.path().join("ledger"),
        segment_bytes: 256 * 1024,
        queue_max: 100,
        witness: Some(Witness::File(witness.clone())),
        ..case.settings()
    };
    let (log, _) = case.open_with(settings).unwrap();
    for n in 0..count {
        while log.append_later(payload(n).as_bytes()).is_err() {
            std::thread::yield_now();
        }
    }
    log.close();
    (case, witness)
}

fn check(folder: &Path, witness: Option<&Path>) -> Checked {
    let trust = Trust { public_key: None, witness: witness.map(Path::to_owned) };
    verify(folder, &trust, &|_| ()).unwrap()
}

/// The frames of a segment, by what they fill.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut frames = Vec::new();
    let mut at = BLOCK;
    while let Some(length) = Frame::bytes(&bytes[at..]) {
        frames.push(at..at + length);
        at += length;
    }
    frames
}

/// Puts the checksum of a changed frame right, and its hash too where that is wanted.
fn forge(frame: &mut [u8], hash_too: bool) {
    let hashed = frame.len() - hash::BYTES;
    if hash_too {
        let (seq, previous) = (frame[12..].first_chunk().unwrap(), frame[20..].first_chunk().unwrap());
        let hash = Hash::record(u64::from_le_bytes(*seq), Hash(*previous), Hash::of(&frame[52..hashed]));
        frame[hashed..].copy_from_slice(&hash.0);
    }
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// Where damage must be found: the file's first record, the place, the record, and what.
type Expected = (usize, u64, What);

/// Changes a segment in the way of this number; says where that must be found: the frame, and what is wrong there.
fn change(bytes: &mut Vec<u8>, way: u32, random: &mut Random) -> Expected {
    let frames = frames(bytes);
    let mut draw = |below: usize| random.draw(below);
    // never the last two, so that what follows is in the same file
    let at = draw(frames.len() - 2);
    let (frame, next) = (frames[at].clone(), frames[at + 1].clone());
    let found = |frame: usize| 1 + u64::try_from(frame).unwrap();
    match way % 8 {
        0 => {
            let byte = frame.start + draw(frame.len());
            bytes[byte] ^= 1 << draw(8);
            // a length that has changed is seen first
            let length = byte < frame.start + 4;
            return (at, u64::MAX, What::Record(if length { Flaw::Length } else { Flaw::Checksum }));
        }
        1 => drop(bytes.drain(frame)),
        2 => {
            let both = [&bytes[next.clone()], &bytes[frame.clone()]].concat();
            bytes[frame.start..next.end].copy_from_slice(&both);
        }
        3 => {
            let again = bytes[frame.clone()].to_vec();
            bytes.splice(frame.end..frame.end, again);
            return (at + 1, 0, What::Record(Flaw::Sequence { found: found(at) }));
        }
        4 => {
            bytes.truncate(frame.start + 1 + draw(frame.len() - 1));
            return (at, 0, What::Record(Flaw::Length));
        }
        5 => {
            bytes[frame.start + 53] ^= 1;
            forge(&mut bytes[frame], false);
            return (at, 0, What::Record(Flaw::Hash));
        }
        6 => {
            bytes[frame.start + 53] ^= 1;
            forge(&mut bytes[frame], true);
            return (at + 1, 0, What::Record(Flaw::Previous));
        }
        _ => {
            bytes[draw(BLOCK)] ^= 1 << draw(8);
            return (0, 0, What::Block);
        }
    }
    (at, 0, What::Record(Flaw::Sequence { found: found(at + 1) }))
}

#[test]
fn every_change_of_a_segment_is_found_with_its_place() {
    let (case, witness) = ledger(100_000);
    let folder = case.path().join("ledger");
    let checked = check(&folder, Some(&witness));
    assert_eq!((checked.damages, checked.records), (vec![], 100_000));
    let segments = segment::list(&folder).unwrap();
    assert!(segments.len() > 60, "{}", segments.len());
    let good: Vec<Vec<u8>> = segments.iter().map(|segment| fs::read(&segment.path).unwrap()).collect();

    let mut random = Random(7);
    let mut changes = 0;
    for round in 0..4 {
        let mut expected = Vec::new();
        // the last is another matter: a crash may have torn it
        for (way, (segment, good)) in (round..).zip(segments.iter().zip(&good)).take(segments.len() - 1) {
            let (mut bytes, starts) = (good.clone(), frames(good));
            let (frame, _, what) = change(&mut bytes, way, &mut random);
            let (seq, what) = match what {
                What::Record(Flaw::Sequence { found }) => {
                    let found = segment.first + found - 1;
                    (segment.first + frame as u64, What::Record(Flaw::Sequence { found }))
                }
                what => (segment.first + frame as u64, what),
            };
            let at = if what == What::Block { 0 } else { starts[frame].start as u64 };
            let at = if bytes.len() > good.len() { starts[frame - 1].end as u64 } else { at };
            fs::write(&segment.path, &bytes).unwrap();
            expected.push(Damage { file: segment.path.clone(), at, seq, what });
            changes += 1;
        }
        let found = check(&folder, Some(&witness)).damages;
        for expected in &expected {
            let found = found.iter().find(|found| found.file == expected.file);
            let found = found.unwrap_or_else(|| panic!("not found: {expected}"));
            assert_eq!((found.at, found.seq), (expected.at, expected.seq), "{found} for {expected}");
            // a length that was changed may still be one that can be
            let same = found.what == expected.what
                || (expected.what == What::Record(Flaw::Length) && matches!(found.what, What::Record(_)));
            assert!(same, "{found} for {expected}");
        }
        for (segment, good) in segments.iter().zip(&good) {
            fs::write(&segment.path, good).unwrap();
        }
    }
    assert!(changes > 300, "{changes}");
    files(&folder, &witness, &segments);
}

/// Files that are taken away, or change places.
fn files(folder: &Path, witness: &Path, segments: &[Segment]) {
    let aside = folder.join("aside");
    let first = |found: &[Damage]| (found[0].seq, found[0].what.clone());
    for at in [0, 1, segments.len() / 2, segments.len() - 1] {
        fs::rename(&segments[at].path, &aside).unwrap();
        let found = check(folder, Some(witness)).damages;
        match segments.get(at + 1) {
            Some(next) => assert_eq!(first(&found), (next.first, What::Gap { due: segments[at].first }), "{at}"),
            None => assert_eq!(found[0].what, What::Missing { there: segments[at].first - 1 }, "the last"),
        }
        fs::rename(&aside, &segments[at].path).unwrap();
    }
    let (one, other) = (&segments[10], &segments[11]);
    let swap = || {
        fs::rename(&one.path, &aside).unwrap();
        fs::rename(&other.path, &one.path).unwrap();
        fs::rename(&aside, &other.path).unwrap();
    };
    swap();
    assert_eq!(first(&check(folder, None).damages), (other.first, What::Gap { due: one.first }));
    swap();
    assert_eq!(check(folder, Some(witness)).damages, []);
}

/// How many records the smaller ledger has: it is read often.
const FEW: u32 = 4_000;

#[test]
fn every_change_of_the_end_is_found() {
    let (case, witness) = ledger(FEW);
    let (folder, witness) = (&*case.path().join("ledger"), &*witness);
    let segments = segment::list(folder).unwrap();
    let last = segments.last().unwrap();
    let good = fs::read(&last.path).unwrap();
    let frames = frames(&good);
    let final_frame = frames.last().unwrap().clone();
    for (length, there) in [
        (final_frame.start, FEW - 1),
        (final_frame.start + 10, FEW - 1),
        (final_frame.end - 1, FEW - 1),
        (frames[0].start, u32::try_from(last.first).unwrap() - 1),
    ] {
        fs::write(&last.path, &good[..length]).unwrap();
        let found = check(folder, Some(witness)).damages;
        let missing = What::Missing { there: there.into() };
        assert_eq!(found.iter().filter(|found| found.what == missing).count(), 2, "{found:?}");
    }
    for byte in final_frame.clone().step_by(5) {
        let mut bad = good.clone();
        bad[byte] ^= 0x10;
        fs::write(&last.path, &bad).unwrap();
        let found = &check(folder, None).damages[0];
        assert_eq!((found.at, found.seq), (final_frame.start as u64, FEW.into()), "{byte}: {found}");
    }
    // a file that is longer than what was written: nothing may stand there
    let longer = [&*good, &[0; 5_000]].concat();
    fs::write(&last.path, &longer).unwrap();
    assert_eq!(check(folder, Some(witness)).damages, []);
    let bad = [&*longer, &[1]].concat();
    fs::write(&last.path, &bad).unwrap();
    assert_eq!(check(folder, None).damages[0].at, final_frame.end as u64);
    fs::write(&last.path, &good).unwrap();
    assert_eq!(check(folder, Some(witness)).damages, []);
}

#[test]
fn every_change_of_the_checkpoints_is_found() {
    let (case, witness) = ledger(FEW);
    let (folder, witness) = (&*case.path().join("ledger"), &*witness);
    let own = folder.join("checkpoints");
    let mut random = Random(8);
    for path in [own.as_path(), witness] {
        let good = fs::read(path).unwrap();
        let starts: Vec<usize> = std::iter::once(0)
            .chain(good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1))
            .collect();
        for _ in 0..30 {
            let mut bad = good.clone();
            let at = random.draw(good.len());
            bad[at] ^= 1 << random.draw(8);
            fs::write(path, &bad).unwrap();
            let found = check(folder, Some(witness)).damages;
            let line = starts.iter().rposition(|start| *start <= at).unwrap() + 1;
            assert!(found.iter().any(|found| found.file == path && found.at == line as u64), "{at}: {found:?}");
        }
        // the second line before the first
        let swapped = [&good[starts[1]..starts[2]], &good[..starts[1]], &good[starts[2]..]].concat();
        fs::write(path, swapped).unwrap();
        let found = check(folder, Some(witness)).damages;
        assert!(found.iter().any(|found| found.file == path && found.what == What::Line && found.at == 2), "{found:?}");
        fs::write(path, &good).unwrap();
    }
    // the ledger's own checkpoints cut back: the witness knows better
    let good = fs::read_to_string(&own).unwrap();
    let cut: Vec<&str> = good.lines().take(2).collect();
    fs::write(&own, cut.join("\n") + "\n").unwrap();
    let found = check(folder, Some(witness)).damages;
    assert!(matches!(found[..], [Damage { what: What::Later { .. }, seq, .. }] if seq == u64::from(FEW)), "{found:?}");
    fs::remove_file(&own).unwrap();
    let found = check(folder, None).damages;
    assert!(matches!(found[..], [Damage { what: What::NoCheckpoint, .. }]), "{found:?}");
    fs::write(&own, good).unwrap();
    assert_eq!(check(folder, Some(witness)).damages, []);
}
