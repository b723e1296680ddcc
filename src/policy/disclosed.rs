//! Disclosed: records that the caller may have, and what was decided on each of them.

use super::decisions::LaneId;
use super::known::{Lost, Subjects};
use super::numbers::Numbers;
use super::outcome::Outcome;
use crate::graph::SourceId;
use crate::record::{Cell, Had, Layout, Raw, Text};
use std::sync::Arc;

/// Records that the caller may have, as far as the verdict on each goes. Only `admit` makes one.
#[derive(Debug, Clone)]
pub struct Disclosed {
    pub(super) raw: Arc<Raw>,
    /// `None` where nothing depends on a record.
    pub(super) verdicts: Option<Arc<Verdicts>>,
    /// `None` where they are nobody's, as far as anybody knows.
    pub(super) subjects: Option<Arc<Subjects>>,
}

#[derive(Debug)]
pub(super) struct Verdicts {
    /// The profiles of records and objects. Not of what is not decided on.
    pub(super) of: Numbers,
    pub(super) profiles: Arc<Profiles>,
}

/// What becomes of records, by what they say of themselves.
#[derive(Debug, Default, Clone)]
pub(super) struct Profiles {
    all: Vec<Profile>,
    /// What the lanes come to, profile after profile; `None` for those of other types.
    outcomes: Vec<Option<Outcome>>,
    /// The lanes that come to `Allow`, a bit each, profile by profile: most questions are about those, and need look at no more.
    allowed: Vec<u64>,
    /// How many lanes there are.
    lanes: usize,
    /// Some profile hides.
    hide: bool,
    /// Some profile hides, or is a pointer.
    thin: bool,
    /// Some profile is undecided.
    undecided: bool,
}

/// What becomes of records that say the same of themselves.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) hidden: bool,
    /// That there is such a record may be known, and nothing of it: by itself it is a pointer to whom to ask, in a list it is not there.
    pub(super) pointer: bool,
    /// It is hidden since what it hangs on can't be read, or could not be found out: who is to blame.
    pub(super) undecided: Option<Lost>,
    /// Lanes that could not be decided, and are denied.
    pub(super) lost: Box<[(LaneId, Lost)]>,
}

/// The lanes that come to `Allow` for one record, or object within one, as far as they are told here: a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed(u64);

impl Allowed {
    pub const NONE: Self = Self(0);

    /// Whether a lane is among them. Where not, [`Disclosed::outcome`] says what it comes to.
    #[must_use]
    #[inline]
    pub const fn has(self, lane: LaneId) -> bool {
        lane.0 < 64 && self.0 >> lane.0 & 1 == 1
    }
}

impl Profiles {
    pub(super) fn of_lanes(lanes: usize) -> Self {
        Self { lanes, ..Self::default() }
    }

    /// Of those of which nothing was lost.
    pub(super) fn bytes(&self) -> usize {
        let each = size_of::<Profile>() + size_of::<u64>();
        size_of::<Self>() + self.all.capacity() * each + self.outcomes.capacity() * size_of::<Option<Outcome>>()
    }

    /// Its number. `outcomes`: one a lane.
    pub(super) fn add(&mut self, profile: Profile, outcomes: &[Option<Outcome>]) -> u32 {
        self.outcomes.extend_from_slice(outcomes);
        let allowed = |(lane, outcome): (u32, &Option<Outcome>)| u64::from(*outcome == Some(Outcome::Allow)) << lane;
        self.allowed.push((0..u64::BITS).zip(outcomes).map(allowed).fold(0, |all, bit| all | bit));
        self.hide |= profile.hidden;
        self.thin |= profile.hidden || profile.pointer;
        self.undecided |= profile.undecided.is_some();
        self.all.push(profile);
        u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
    }
}

impl Verdicts {
    #[inline]
    fn profile(&self, at: u32) -> Option<&Profile> {
        self.profiles.all.get(self.of.get(at)? as usize)
    }

    /// What the lanes come to for a record.
    fn outcomes(&self, at: u32) -> Option<&[Option<Outcome>]> {
        let lanes = self.profiles.lanes;
        let first = (self.of.get(at)? as usize).checked_mul(lanes)?;
        self.profiles.outcomes.get(first..first.checked_add(lanes)?)
    }
}

impl Disclosed {
    /// The lanes that come to `Allow` for the record, or the object, that starts at this cell: at least most of them.
    #[must_use]
    #[inline]
    pub fn allowed(&self, at: u32) -> Allowed {
        let Some(verdicts) = &self.verdicts else { return Allowed::NONE };
        let allowed = verdicts.of.get(at).and_then(|profile| verdicts.profiles.allowed.get(profile as usize));
        allowed.map_or(Allowed::NONE, |allowed| Allowed(*allowed))
    }

    /// Who could not be asked for what a lane decides by, for the record or the object that starts at this cell.
    #[must_use]
    pub fn lost(&self, at: u32, lane: LaneId) -> Option<Lost> {
        let lost = &self.verdicts.as_ref()?.profile(at)?.lost;
        lost.iter().find(|(lost, _)| *lost == lane).map(|(_, lost)| *lost)
    }

    /// May the caller know of the record, or the object, that starts at this cell?
    #[must_use]
    #[inline]
    pub fn shows(&self, at: u32) -> bool {
        let verdicts = self.verdicts.as_ref().filter(|verdicts| verdicts.profiles.hide);
        !verdicts.and_then(|verdicts| verdicts.profile(at)).is_some_and(|profile| profile.hidden)
    }

    /// May it stand in a list? One of which may be known only that there is such a record may not.
    #[must_use]
    #[inline]
    pub fn lists(&self, at: u32) -> bool {
        let verdicts = self.verdicts.as_ref().filter(|verdicts| verdicts.profiles.thin);
        let profile = verdicts.and_then(|verdicts| verdicts.profile(at));
        !profile.is_some_and(|profile| profile.hidden || profile.pointer)
    }

    /// Whether the record is hidden whatever may still be found out about it.
    #[must_use]
    pub fn is_gone(&self, at: u32) -> bool {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.is_some_and(|profile| profile.hidden && profile.undecided.is_none())
    }

    /// Whether all of it is decided, whatever facts that are lost had said.
    #[must_use]
    pub fn is_settled(&self, at: u32) -> bool {
        let profile = self.verdicts.as_ref().and_then(|verdicts| verdicts.profile(at));
        profile.is_none_or(|profile| profile.undecided.is_none() && (profile.hidden || profile.lost.is_empty()))
    }

    /// Where the record, or the object, that starts at this cell is hidden since what it hangs on can't be read, or could not be found
    /// out: who is to blame.
    #[must_use]
    pub fn undecided(&self, at: u32) -> Option<Lost> {
        self.verdicts.as_ref().filter(|verdicts| verdicts.profiles.undecided)?.profile(at)?.undecided
    }

    /// Whether there is any such record or object.
    #[must_use]
    pub fn has_undecided(&self) -> bool {
        self.verdicts.as_ref().is_some_and(|verdicts| verdicts.profiles.undecided)
    }

    /// What a lane comes to for the record that starts at this cell. Lanes of other types hide.
    #[must_use]
    pub fn outcome(&self, at: u32, lane: LaneId) -> Outcome {
        let outcomes = self.verdicts.as_ref().and_then(|verdicts| verdicts.outcomes(at));
        outcomes.and_then(|outcomes| outcomes.get(lane.index()).copied().flatten()).unwrap_or(Outcome::Hide)
    }

    /// A number that records of this answer have in common of which the same was decided.
    #[must_use]
    #[inline]
    pub fn alike(&self, at: u32) -> u32 {
        let number = self.verdicts.as_ref().and_then(|verdicts| verdicts.of.get(at));
        number.map_or(0, |number| number.saturating_add(1))
    }

    /// May the record be found by what these lanes decide on? Those of other types say nothing about it.
    #[must_use]
    pub fn is_found(&self, at: u32, lanes: impl IntoIterator<Item = LaneId>) -> bool {
        self.verdicts.as_ref().and_then(|verdicts| verdicts.outcomes(at)).is_some_and(|outcomes| {
            let mut own = lanes.into_iter().filter_map(|lane| outcomes.get(lane.index()).copied().flatten());
            own.all(|outcome| outcome == Outcome::Allow)
        })
    }

    #[must_use]
    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.raw.cell(at)
    }

    #[must_use]
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.raw.text(text)
    }

    /// The cells of the record that starts at this one, and all that lie after them.
    #[must_use]
    #[inline]
    pub fn cells_from(&self, at: u32) -> &[Cell] {
        self.raw.cells.get(at as usize..).unwrap_or_default()
    }

    /// The texts of all records: to copy by blocks.
    #[must_use]
    #[inline]
    pub fn texts(&self) -> &[u8] {
        self.raw.text.as_bytes()
    }

    /// Ids of those whose the record is that starts at this cell: one, or more where several golden records claim the number under which
    /// its source has it. None where it is nobody's, nobody knows, or nobody needed to.
    /// `cursor`: 0 at first, for whoever asks about one record after another.
    #[inline]
    pub fn subjects_after<'s>(&'s self, at: u32, cursor: &mut usize) -> impl Iterator<Item = &'s str> + use<'s> {
        self.subjects.as_ref().map(|subjects| subjects.after(at, cursor)).into_iter().flatten()
    }

    #[must_use]
    pub fn source(&self) -> SourceId {
        self.raw.source
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.raw.layout
    }

    /// How the record that starts at this cell was had, and the seconds since 1970 at which its source was asked.
    #[must_use]
    pub fn had(&self, at: u32) -> (Had, i64) {
        self.raw.had(at)
    }

    /// Whether all records were asked for just now.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.raw.stretches.iter().all(|stretch| stretch.had == Had::Asked)
    }

    /// Seconds since 1970 at which the source was asked for the first of them.
    #[must_use]
    pub fn retrieved_at(&self) -> i64 {
        self.raw.stretches.iter().map(|stretch| stretch.retrieved_at).min().unwrap_or(self.raw.retrieved_at)
    }
}
