//! Dirt: what goes wrong between what happened and what an agency wrote down.
//!
//! Each error is drawn from the record's own number, in a sequence apart from what happened, so it can be put in where the agency
//! answers and said again by `truth`, which labels every one. Rates are those of `RATES`, in ten thousandths.

pub mod identity;
pub mod records;

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Error {
    NameTypo,
    Nickname,
    NameDrift,
    NameSwapped,
    /// `MUÃ‘OZ`: UTF-8 read as another encoding.
    NameGarbled,
    BirthSwapped,
    BirthDigit,
    BirthMissing,
    SsnMissing,
    SsnDigit,
    SidMissing,
    RaceMissing,
    RaceConflict,
    SexConflict,
    /// One person, two numbers in one system.
    Duplicate,
    /// Two persons, one number in one system.
    Merged,
    MansMissing,
    StatuteFree,
    /// The court never told anybody else how it ended.
    NeverSent,
    /// Not yet entered.
    Late,
    /// A code that no table has.
    CodeUnknown,
    CodeBlank,
    /// The source itself says that it does not know.
    CodeSaysUnknown,
    /// `N/A`, for text.
    NotAvailable,
    /// `00/00/0000`.
    DateZero,
    /// Days since 1900, as a spreadsheet counts them.
    DateSpreadsheet,
    /// `$ 5,000.00 C/S`.
    MoneyText,
    ReleasedBeforeBooked,
    /// The system has no word for it.
    CodeCoarse,
    /// Local time of the hour that comes twice in November.
    HourTwice,
}

impl Error {
    /// As the labelled truth and its table write it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameTypo => "name: a letter wrong",
            Self::Nickname => "name: nickname",
            Self::NameDrift => "name: hyphen, space or suffix",
            Self::NameSwapped => "name: given and surname swapped",
            Self::NameGarbled => "name: garbled letters",
            Self::BirthSwapped => "birth: month and day swapped",
            Self::BirthDigit => "birth: a digit wrong",
            Self::BirthMissing => "birth: missing",
            Self::SsnMissing => "SSN: missing",
            Self::SsnDigit => "SSN: a digit wrong",
            Self::SidMissing => "SID: missing",
            Self::RaceMissing => "race: missing",
            Self::RaceConflict => "race: other than elsewhere",
            Self::SexConflict => "sex: other than elsewhere",
            Self::Duplicate => "person registered twice",
            Self::Merged => "two persons under one number",
            Self::MansMissing => "MANS: missing",
            Self::StatuteFree => "statute: words, not a section",
            Self::NeverSent => "disposition: never sent",
            Self::Late => "not yet entered",
            Self::CodeUnknown => "code: in no table",
            Self::CodeBlank => "code: blank",
            Self::CodeSaysUnknown => "code: says unknown",
            Self::NotAvailable => "text: N/A",
            Self::DateZero => "date: 00/00/0000",
            Self::DateSpreadsheet => "date: a spreadsheet's number",
            Self::MoneyText => "amount: words around it",
            Self::ReleasedBeforeBooked => "released before booked",
            Self::CodeCoarse => "code: the system has no word for it",
            Self::HourTwice => "time: in the hour that comes twice",
        }
    }
}

/// What kind of system writes, as the columns of the error model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Police,
    Jail,
    Court,
    Corrections,
}

/// Ten thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub typo: u64,
    pub nickname: u64,
    pub drift: u64,
    pub swapped: u64,
    pub birth_wrong: u64,
    pub birth_missing: u64,
    pub ssn_missing: u64,
    pub ssn_digit: u64,
    pub sid_missing: u64,
    pub mans_missing: u64,
    pub race_missing: u64,
    pub conflict: u64,
    pub duplicate: u64,
    pub merged: u64,
    pub statute_free: u64,
    pub never_sent: u64,
    pub late: u64,
}

impl Writer {
    /// Proposals, but for race in court cases and MANS on court charges, which are measured.
    #[must_use]
    #[rustfmt::skip]
    pub const fn rates(self) -> Rates {
        match self {
            Self::Police => Rates {
                typo: 300, nickname: 600, drift: 400, swapped: 50, birth_wrong: 150, birth_missing: 100, ssn_missing: 3_500,
                ssn_digit: 100, sid_missing: 4_000, mans_missing: 0, race_missing: 500, conflict: 400, duplicate: 400,
                merged: 5, statute_free: 1_000, never_sent: 0, late: 500,
            },
            Self::Jail => Rates {
                typo: 400, nickname: 800, drift: 500, swapped: 80, birth_wrong: 200, birth_missing: 200, ssn_missing: 2_500,
                ssn_digit: 100, sid_missing: 2_000, mans_missing: 0, race_missing: 300, conflict: 400, duplicate: 600,
                merged: 10, statute_free: 1_500, never_sent: 0, late: 100,
            },
            Self::Court => Rates {
                typo: 300, nickname: 300, drift: 600, swapped: 50, birth_wrong: 250, birth_missing: 400, ssn_missing: 7_000,
                ssn_digit: 100, sid_missing: 3_000, mans_missing: 2_500, race_missing: 3_200, conflict: 600, duplicate: 800,
                merged: 20, statute_free: 500, never_sent: 800, late: 1_000,
            },
            Self::Corrections => Rates {
                typo: 100, nickname: 100, drift: 200, swapped: 10, birth_wrong: 30, birth_missing: 10, ssn_missing: 1_000,
                ssn_digit: 50, sid_missing: 500, mans_missing: 1_500, race_missing: 100, conflict: 300, duplicate: 100,
                merged: 2, statute_free: 800, never_sent: 0, late: 300,
            },
        }
    }
}
