//! Statutes: the sections of the Montana Code Annotated that people are most often charged under.

#[derive(Debug, PartialEq, Eq)]
pub struct Statute {
    pub section: &'static str,
    pub title: &'static str,
    /// What clerks and officers write where they do not write the section.
    pub nickname: &'static str,
    pub felony: bool,
    /// How often it is charged, against the others: an estimate.
    pub weight: u32,
    pub ncic: &'static str,
    pub nibrs: &'static str,
    pub kind: Kind,
}

/// What kind of offense, for Justice Counts and the flags of the statute table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Violence,
    Partner,
    Sex,
    Person,
    Property,
    Drug,
    Order,
    Driving,
}

impl Kind {
    /// Justice Counts offense type.
    #[must_use]
    pub const fn counted_as(self) -> &'static str {
        match self {
            Self::Violence | Self::Partner | Self::Sex | Self::Person => "PERSON",
            Self::Property => "PROPERTY",
            Self::Drug => "DRUG",
            Self::Order | Self::Driving => "PUBLIC_ORDER",
        }
    }

    #[must_use]
    pub const fn violent(self) -> bool {
        matches!(self, Self::Violence | Self::Partner | Self::Sex)
    }
}

/// Section, title, nickname, NCIC code, NIBRS code.
type Words = [&'static str; 5];

const fn felony(words: Words, kind: Kind, weight: u32) -> Statute {
    statute(words, kind, weight, true)
}

const fn misdemeanor(words: Words, kind: Kind, weight: u32) -> Statute {
    statute(words, kind, weight, false)
}

const fn statute(words: Words, kind: Kind, weight: u32, felony: bool) -> Statute {
    let [section, title, nickname, ncic, nibrs] = words;
    Statute { section, title, nickname, felony, weight, ncic, nibrs, kind }
}

#[rustfmt::skip]
pub const STATUTES: [Statute; 24] = [
    misdemeanor(["45-5-201", "Assault", "ASSAULT MISD", "1313", "13B"], Kind::Violence, 6),
    felony(["45-5-202", "Aggravated assault", "AGG ASSLT", "1315", "13A"], Kind::Violence, 2),
    misdemeanor(["45-5-206", "Partner or family member assault", "PFMA 1ST OFF", "1316", "13B"], Kind::Partner, 14),
    felony(["45-5-207", "Criminal endangerment", "CRIM ENDANGER", "5399", "90Z"], Kind::Person, 4),
    felony(["45-5-213", "Assault with weapon", "ASSLT W/WEAPON", "1315", "13A"], Kind::Violence, 4),
    felony(["45-5-220", "Stalking", "STALKING", "1399", "13C"], Kind::Partner, 2),
    felony(["45-5-502", "Sexual assault", "SEX ASSLT", "1199", "11D"], Kind::Sex, 1),
    felony(["45-5-503", "Sexual intercourse without consent", "SIWOC", "1103", "11A"], Kind::Sex, 1),
    misdemeanor(["45-5-626", "Violation of order of protection", "VIOL ORD PROT", "5005", "90Z"], Kind::Partner, 4),
    misdemeanor(["45-6-101", "Criminal mischief", "CRIM MISCHIEF", "2999", "290"], Kind::Property, 6),
    misdemeanor(["45-6-203", "Criminal trespass to property", "TRESPASS", "5707", "90J"], Kind::Property, 7),
    felony(["45-6-204", "Burglary", "BURG", "2299", "220"], Kind::Property, 4),
    misdemeanor(["45-6-301", "Theft", "THEFT ALL OTH", "2399", "23H"], Kind::Property, 12),
    misdemeanor(["45-7-302", "Obstructing peace officer", "OBSTRUCT P/O", "4802", "90Z"], Kind::Order, 7),
    felony(["45-7-308", "Bail-jumping", "BAIL JUMP", "5015", "90Z"], Kind::Order, 4),
    misdemeanor(["45-8-101", "Disorderly conduct", "DISORDERLY", "5311", "90C"], Kind::Order, 10),
    felony(["45-9-101", "Criminal distribution of dangerous drugs", "DIST DD", "3560", "35A"], Kind::Drug, 2),
    felony(["45-9-102", "Criminal possession of dangerous drugs", "POSS DD", "3562", "35A"], Kind::Drug, 12),
    felony(["45-9-103", "Possession with intent to distribute", "PWID", "3560", "35A"], Kind::Drug, 4),
    misdemeanor(["45-10-103", "Possession of drug paraphernalia", "PARA", "3550", "35B"], Kind::Drug, 8),
    misdemeanor(["61-5-212", "Driving while suspended", "DWS", "5499", "90Z"], Kind::Driving, 14),
    misdemeanor(["61-8-1002", "Driving under the influence", "DUI 1ST", "5404", "90D"], Kind::Driving, 16),
    felony(["46-18-203", "Petition for revocation", "PTR", "5012", "90Z"], Kind::Order, 5),
    misdemeanor(["46-6-212", "Failure to appear", "FTA", "5015", "90Z"], Kind::Order, 3),
];

/// The statute of a section; the first of the list for one that is not in it.
#[must_use]
pub fn section(section: &str) -> &'static Statute {
    STATUTES.iter().find(|statute| statute.section == section).unwrap_or(&STATUTES[0])
}
