//! Assemble: one answer out of what was kept, what flights brought, and what could not be had.

use super::cache::Kept;
use super::decode::Bounds;
use super::{Answer, Groups, Reason};
use crate::record::{Had, Raw};
use std::sync::Arc;

/// What there is for one key.
#[derive(Debug)]
pub(super) enum Piece {
    Kept(Arc<Kept>),
    /// Older than it should be, for this reason.
    Stale(Arc<Kept>, Reason),
    /// In the answer of the flight of this number, at this place.
    Landed(usize, u32),
    Failed(Reason),
}

/// `empty` has the layout of the answer. Calls are not counted here.
pub(super) fn assemble(
    mut empty: Raw,
    pieces: &[Piece],
    landed: &[Result<Arc<Answer>, Reason>],
    bounds: &Bounds,
) -> Answer {
    if let Some(whole) = whole(pieces, landed) {
        return Answer { calls: 0, ..Answer::clone(whole) };
    }
    let mut groups = Groups { starts: Vec::with_capacity(pieces.len() + 1), at: Vec::with_capacity(pieces.len()) };
    let (mut failed, mut stale, mut kept_count) = (Vec::new(), Vec::new(), 0);
    make_room(&mut empty, pieces, bounds);
    for (number, piece) in (0_u32..).zip(pieces) {
        groups.starts.push(place(groups.at.len()));
        if empty.cells.len() > bounds.cells_max || empty.text.len() > bounds.text_bytes_max {
            failed.push((number, Reason::Limit("cells of an answer")));
            continue;
        }
        let (kept, had) = match piece {
            Piece::Failed(reason) => {
                failed.push((number, reason.clone()));
                continue;
            }
            Piece::Landed(flight, key) => {
                if let Some(Ok(answer)) = landed.get(*flight) {
                    for at in answer.groups.of(*key) {
                        empty.stretch(Had::Asked, answer.raw.retrieved_at);
                        groups.at.push(empty.add_copy(&answer.raw, *at));
                    }
                }
                continue;
            }
            Piece::Kept(kept) => {
                kept_count += 1;
                (kept, Had::Kept)
            }
            Piece::Stale(kept, reason) => {
                stale.push((number, reason.clone()));
                (kept, Had::Stale)
            }
        };
        if !kept.starts.is_empty() {
            empty.stretch(had, kept.raw.retrieved_at);
            let further = empty.append(&kept.raw);
            groups.at.extend(kept.starts.iter().map(|at| at.saturating_add(further)));
        }
    }
    groups.starts.push(place(groups.at.len()));
    Answer { stale, kept: kept_count, ..Answer::of(Arc::new(empty), groups, failed) }
}

/// For all that was kept, as far as it may come together.
fn make_room(raw: &mut Raw, pieces: &[Piece], bounds: &Bounds) {
    let (mut cells, mut text) = (0_usize, 0_usize);
    for piece in pieces {
        if let Piece::Kept(kept) | Piece::Stale(kept, _) = piece {
            cells = cells.saturating_add(kept.raw.cells.len());
            text = text.saturating_add(kept.raw.text.len());
        }
    }
    raw.cells.reserve(cells.min(bounds.cells_max));
    raw.text.reserve(text.min(bounds.text_bytes_max));
}

/// The one flight that brought just this.
fn whole<'a>(pieces: &[Piece], landed: &'a [Result<Arc<Answer>, Reason>]) -> Option<&'a Answer> {
    let [Ok(only)] = landed else { return None };
    let same = |(number, piece): (u32, &Piece)| matches!(piece, Piece::Landed(0, key) if *key == number);
    let whole = only.groups.starts.len() == pieces.len() + 1 && (0_u32..).zip(pieces).all(same);
    whole.then_some(&**only)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
