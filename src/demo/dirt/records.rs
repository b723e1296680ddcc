//! What goes wrong with single records: stays, cases, arrests, supervisions, warrants.

use super::{Error, Writer};
use crate::demo::chance::Chance;
use crate::demo::statutes::Statute;

const STREAM_BOOKING: u64 = 81;
const STREAM_CASE: u64 = 82;
const STREAM_ARREST: u64 = 83;
const STREAM_SUPERVISION: u64 = 84;
const STREAM_WARRANT: u64 = 85;
const STREAM_STATUTE: u64 = 86;
/// Ten thousandths of coded fields that hold something else.
const CODE: u64 = 60;

/// What stands in a coded field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// What should stand there.
    Right,
    Unknown,
    Blank,
    SaysUnknown,
}

impl Code {
    fn draw(chance: &mut Chance) -> Self {
        match chance.below(10_000) {
            at if at >= CODE => Self::Right,
            at if at < CODE / 3 => Self::Unknown,
            at if at < CODE * 2 / 3 => Self::Blank,
            _ => Self::SaysUnknown,
        }
    }

    #[must_use]
    pub const fn error(self) -> Option<Error> {
        match self {
            Self::Right => None,
            Self::Unknown => Some(Error::CodeUnknown),
            Self::Blank => Some(Error::CodeBlank),
            Self::SaysUnknown => Some(Error::CodeSaysUnknown),
        }
    }

    /// The code as written: the right one, one that no table has, nothing, or the system's own word for not knowing.
    #[must_use]
    pub const fn write<'a>(self, right: &'a str, says_unknown: &'a str) -> &'a str {
        match self {
            Self::Right => right,
            Self::Unknown => "ZZ9",
            Self::Blank => "",
            Self::SaysUnknown => says_unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// A release of the last days is not yet entered.
    pub late: bool,
    /// A day before the booking, by a slip of the pen.
    pub released_early: bool,
    pub state: Code,
    pub category: Code,
    /// `00/00/0000` instead of nothing.
    pub zero_date: bool,
    /// `N/A` instead of the agency.
    pub unnamed: bool,
    pub money_text: bool,
    pub spreadsheet_date: bool,
}

/// Days for which a late record is behind.
pub const LATE_DAYS: i64 = 14;

#[must_use]
pub fn booking(seed: u64, key: u64) -> Booking {
    let chance = &mut Chance::new(seed, STREAM_BOOKING, key);
    Booking {
        late: chance.permyriad(Writer::Jail.rates().late),
        released_early: chance.permyriad(15),
        state: Code::draw(chance),
        category: Code::draw(chance),
        zero_date: chance.permille(80),
        unnamed: chance.permille(10),
        money_text: chance.permille(500),
        spreadsheet_date: chance.permille(20),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Dispositions of the last days are not yet entered.
    pub late: bool,
    /// Nobody else was ever told how it ended.
    pub never_sent: bool,
    pub mans_missing: bool,
    pub status: Code,
    pub money_text: bool,
}

#[must_use]
pub fn case(seed: u64, key: u64) -> Case {
    let rates = Writer::Court.rates();
    let chance = &mut Chance::new(seed, STREAM_CASE, key);
    Case {
        late: chance.permyriad(rates.late),
        never_sent: chance.permyriad(rates.never_sent),
        mans_missing: chance.permyriad(rates.mans_missing),
        status: Code::draw(chance),
        money_text: chance.permille(400),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrest {
    /// Of the last days, and not yet reported.
    pub late: bool,
    pub category: Code,
}

#[must_use]
pub fn arrest(seed: u64, key: u64) -> Arrest {
    let chance = &mut Chance::new(seed, STREAM_ARREST, key);
    Arrest { late: chance.permyriad(Writer::Police.rates().late), category: Code::draw(chance) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervision {
    /// An end of the last days is not yet entered.
    pub late: bool,
    pub status: Code,
}

#[must_use]
pub fn supervision(seed: u64, key: u64) -> Supervision {
    let chance = &mut Chance::new(seed, STREAM_SUPERVISION, key);
    Supervision { late: chance.permyriad(Writer::Corrections.rates().late), status: Code::draw(chance) }
}

#[must_use]
pub fn warrant(seed: u64, key: u64) -> Code {
    Code::draw(&mut Chance::new(seed, STREAM_WARRANT, key))
}

/// A statute as somebody wrote it: the section, mostly with more around it, or the words of the trade.
#[must_use]
pub fn statute(seed: u64, writer: Writer, key: u64, place: usize, statute: &Statute) -> (String, Option<Error>) {
    let stream = STREAM_STATUTE + writer as u64 * 16;
    let chance = &mut Chance::new(seed, stream, key.wrapping_add(place as u64 * 0x9E37_79B9));
    if chance.permyriad(writer.rates().statute_free) {
        return (statute.nickname.to_owned(), Some(Error::StatuteFree));
    }
    let section = statute.section;
    let text = match chance.below(20) {
        0..=9 => section.to_owned(),
        10..=14 => format!("{section}(1)(a)"),
        15..=16 => format!("{section}(1)(a) [1st]"),
        17 => format!(" {section} "),
        18 => format!("MCA {section}"),
        _ => format!("{section}(2)"),
    };
    (text, None)
}
