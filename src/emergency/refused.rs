//! Refused: why something is not done about an emergency.

use crate::error::Code;
use std::fmt;

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is none of this id, or it is not for whoever asks to know.
    Unknown,
    /// Somebody has as many as one may have.
    Several,
    /// Somebody else must review an earlier one of theirs first.
    Overdue,
    /// As many are known of as may be, and none of them is done with.
    Full,
    /// It takes somebody else than whoever opened it.
    SamePerson,
    /// It does not wait to be approved.
    NotWaiting,
    /// It never stood.
    NothingToReview,
    /// Its review is closed.
    Reviewed,
    /// Something is missing or too long.
    Unfit(&'static str, usize),
    /// It could not be written down.
    NotKept,
}

impl Refused {
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Several | Self::Full => Code::RateLimited,
            Self::Overdue | Self::SamePerson => Code::Forbidden,
            Self::NotKept => Code::LedgerUnavailable,
            Self::Unknown | Self::NotWaiting | Self::NothingToReview | Self::Reviewed | Self::Unfit(..) => {
                Code::BadRequest
            }
        }
    }
}

/// Lower case, no final stop.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such emergency"),
            Self::Overdue => f.write_str("the review of an emergency of yours is overdue"),
            Self::Several => f.write_str("as many of your emergencies stand or wait as may"),
            Self::Full => {
                f.write_str("the gateway knows of as many emergencies as it may, and all wait for their review")
            }
            Self::SamePerson => f.write_str("it takes somebody else than whoever opened the emergency"),
            Self::NotWaiting => f.write_str("the emergency does not wait to be approved"),
            Self::NothingToReview => f.write_str("the emergency never stood, so there is nothing to review"),
            Self::Reviewed => f.write_str("the emergency has been reviewed"),
            Self::Unfit(what, max) => write!(f, "`{what}` must be text of 1 to {max} bytes on one line"),
            Self::NotKept => f.write_str("the emergency could not be written down"),
        }
    }
}
