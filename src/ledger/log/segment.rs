//! Segment: one file of a ledger. A block that says where the chain stands, then frames; in the last one zeros may follow, where a crash
//! left a file longer than what was written.
//!
//! ```text
//!  0   8  "HWLEDGER"
//!  8   4  version of the format: 2
//! 12   4  crc32c of the block without these four bytes
//! 16   8  sequence of the first record
//! 24  32  hash of the record before it
//! 56   4  bytes of the instance's id, then the id
//!         roots of the whole subtrees of the tree so far, the largest first; then zeros, to 4096
//! ```
//!
//! Because the block holds the tree, each segment can be checked by itself, and all of them at the same time.

use super::archive;
use super::broken::What;
use super::chain::Chain;
use super::hash::{self, Hash};
use super::tree::Frontier;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of the first block: frames begin after it.
pub(super) const BLOCK: usize = 4096;
const MAGIC: &[u8; 8] = b"HWLEDGER";
const VERSION: u32 = 2;
const ENDING: &str = ".segment";
/// Ending of a file that is not yet a segment.
const UNFINISHED: &str = ".segment.new";

/// A file of a ledger, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    /// Sequence of its first record.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

/// What the first block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) instance: String,
    /// Where the chain stood before the first record.
    pub(super) chain: Chain,
}

/// Whether an instance may be called so: 1 to 64 letters, digits, `-`, `_` and `.`.
pub(super) fn is_instance(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The segments of a ledger, in order: those of its folder, and those that were moved elsewhere.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = in_folder(folder)?;
    for place in archive::places(folder)? {
        segments.extend(in_folder(&place)?);
    }
    // One that is being moved is in both: its own comes first.
    segments.sort_by_key(|segment| segment.first);
    segments.dedup_by_key(|segment| segment.first);
    Ok(segments)
}

/// Those that are in a folder, in order.
pub(super) fn in_folder(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
        if let Some(first) = name.filter(|name| name.len() == 20).and_then(|name| name.parse().ok()) {
            segments.push(Segment { first, path });
        }
    }
    segments.sort();
    Ok(segments)
}

/// Where the segment that begins with this record is, and where it is made before it is one.
pub(super) fn paths(folder: &Path, first: u64) -> (PathBuf, PathBuf) {
    (folder.join(format!("{first:020}{ENDING}")), folder.join(format!("{first:020}{UNFINISHED}")))
}

/// Removes what was not finished.
pub(super) fn tidy(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(UNFINISHED)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

impl Header {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut block = Vec::with_capacity(BLOCK);
        block.extend_from_slice(MAGIC);
        block.extend_from_slice(&VERSION.to_le_bytes());
        block.extend_from_slice(&[0; 4]);
        block.extend_from_slice(&self.chain.due().to_le_bytes());
        block.extend_from_slice(&self.chain.last.0);
        block.extend_from_slice(&u32::try_from(self.instance.len()).unwrap_or(u32::MAX).to_le_bytes());
        block.extend_from_slice(self.instance.as_bytes());
        self.chain.tree.nodes().iter().for_each(|node| block.extend_from_slice(&node.0));
        block.resize(BLOCK, 0);
        let crc = checksum(&block);
        if let Some(place) = block.get_mut(12..16) {
            place.copy_from_slice(&crc.to_le_bytes());
        }
        block
    }

    /// What a first block says.
    ///
    /// # Errors
    /// Where it is none, or one of another version of the format.
    pub(super) fn read(block: &[u8]) -> Result<Self, What> {
        match version(block) {
            Some(VERSION) => Self::parts(block).ok_or(What::Block),
            Some(found) => Err(What::Version { found, read: VERSION }),
            None => Err(What::Block),
        }
    }

    fn parts(block: &[u8]) -> Option<Self> {
        let rest = block.get(16..)?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (last, rest) = rest.split_first_chunk::<{ hash::BYTES }>()?;
        let (length, rest) = number(rest)?;
        let (instance, mut rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let size = u64::from_le_bytes(*first).checked_sub(1)?;
        let mut nodes = Vec::new();
        for _ in 0..size.count_ones() {
            let (node, after) = rest.split_first_chunk::<{ hash::BYTES }>()?;
            nodes.push(Hash(*node));
            rest = after;
        }
        let instance = String::from_utf8(instance.to_vec()).ok()?;
        Some(Self { instance, chain: Chain { last: Hash(*last), tree: Frontier::of(size, nodes)? } })
    }
}

/// The version of a whole first block.
fn version(block: &[u8]) -> Option<u32> {
    let (magic, rest) = block.split_first_chunk::<8>()?;
    let (version, rest) = number(rest)?;
    let (crc, _) = number(rest)?;
    (block.len() == BLOCK && magic == MAGIC && crc == checksum(block)).then_some(version)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn checksum(block: &[u8]) -> u32 {
    let (before, after) = (block.get(..12).unwrap_or_default(), block.get(16..).unwrap_or_default());
    crc32c::crc32c_append(crc32c::crc32c(before), after)
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::*;

    fn header() -> Header {
        let mut chain = Chain::start("gw-1");
        for n in 0..77_u32 {
            Batch::of(&n.to_le_bytes()).place(&mut chain);
        }
        Header { instance: "gw-1".into(), chain }
    }

    #[test]
    fn the_first_block_is_read_as_it_was_written() {
        let header = header();
        assert_eq!(Header::read(&header.write()), Ok(header));
    }

    #[test]
    fn no_bit_of_it_can_change() {
        let block = header().write();
        assert_eq!(block.len(), BLOCK);
        for bit in (0..block.len() * 8).step_by(7) {
            let mut bad = block.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&bad), Err(What::Block), "bit {bit}");
        }
        assert_eq!(Header::read(&block[..100]), Err(What::Block));
        let mut other = block.clone();
        other[8] = 1;
        let crc = checksum(&other);
        other[12..16].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Header::read(&other), Err(What::Version { found: 1, read: VERSION }));
    }

    #[test]
    fn an_instance_has_a_plain_name() {
        assert!(is_instance("gateway-1.helena") && is_instance(&"a".repeat(64)));
        for bad in ["", "a b", "a/b", "é", "a\n", &"a".repeat(65)] {
            assert!(!is_instance(bad), "{bad}");
        }
    }
}
