//! Archive: old segments in another place. They stay a part of the ledger: whoever reads it reads them there.
//!
//! `archives` in the ledger's folder names the places, one a line. A place is named before anything is moved there, and a segment is taken
//! away once its copy is on the other disk and has the same bytes, so it is never nowhere.

use super::broken::Broken;
use super::checkpoint::{self, Checkpoint};
use super::open::CHECKPOINTS;
use super::segment::{self, Segment};
use aws_lc_rs::digest;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The file that names the places.
const PLACES: &str = "archives";
/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

/// Where segments of a ledger are besides its folder.
pub(super) fn places(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let file = match File::open(folder.join(PLACES)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let lines = BufReader::new(file).lines().map(|line| line.map(PathBuf::from));
    lines.filter(|line| line.as_ref().map_or(true, |place| !place.as_os_str().is_empty())).collect()
}

/// Moves the segments of a folder to another place, but the last and as many before it as `keep` says; only those of which a checkpoint speaks
/// whole. `passed` is told of the bytes of each. Gives how many there were. A gateway may be writing meanwhile.
///
/// # Errors
/// Where a file can't be read or written, or a copy is not what it was copied from.
pub fn archive(folder: &Path, to: &Path, keep: usize, passed: &dyn Fn(u64)) -> Result<usize, Broken> {
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| Broken::Unusable { path, error }
    };
    let segments = segment::in_folder(folder).map_err(unusable(folder))?;
    let vouched = vouched(folder).map_err(unusable(folder))?;
    let following = segments.iter().skip(1);
    let whole = segments.iter().zip(following).filter(|(_, next)| next.first <= vouched.saturating_add(1));
    let old: Vec<&Segment> = whole.map(|(segment, _)| segment).take(segments.len().saturating_sub(keep + 1)).collect();
    if old.is_empty() {
        return Ok(0);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(unusable(to))?;
    let to = to.canonicalize().map_err(unusable(to))?;
    if folder.canonicalize().is_ok_and(|own| own == to) {
        return Err(Broken::Refused { what: "segments are moved to another place than they are in".to_owned() });
    }
    name(folder, &to).map_err(unusable(folder))?;
    for segment in &old {
        let bytes = carry(segment, &to).map_err(unusable(&segment.path))?;
        fs::remove_file(&segment.path).map_err(unusable(&segment.path))?;
        segment::sync_folder(folder).map_err(unusable(folder))?;
        passed(bytes);
    }
    Ok(old.len())
}

/// Records that the last checkpoint speaks of.
fn vouched(folder: &Path) -> io::Result<u64> {
    let mut file = match File::open(folder.join(CHECKPOINTS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let (line, _) = checkpoint::last_line(&mut file)?;
    Ok(Checkpoint::read(&line).map_or(0, |checkpoint| checkpoint.size))
}

/// Adds a place, where it is not named yet.
fn name(folder: &Path, place: &Path) -> io::Result<()> {
    if places(folder)?.iter().any(|known| known == place) {
        return Ok(());
    }
    let Some(text) = place.to_str().filter(|text| !text.contains('\n')) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is no text of one line"));
    };
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(folder.join(PLACES))?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    segment::sync_folder(folder)
}

/// Copies a segment, and reads the copy again.
fn carry(segment: &Segment, to: &Path) -> io::Result<u64> {
    let (path, begun) = segment::paths(to, segment.first);
    let mut copy = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&begun)?;
    let bytes = io::copy(&mut File::open(&segment.path)?, &mut copy)?;
    copy.sync_all()?;
    drop(copy);
    if sum(&begun)? != sum(&segment.path)? {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the copy is not what it was copied from"));
    }
    fs::rename(&begun, path)?;
    segment::sync_folder(to)?;
    Ok(bytes)
}

fn sum(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, mut chunk) = (File::open(path)?, vec![0; CHUNK]);
    let mut sum = digest::Context::new(&digest::SHA256);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(sum.finish().as_ref().to_vec()),
            read => sum.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}
