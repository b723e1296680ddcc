//! Statutes: the sections of the Montana Code Annotated that people are most often charged under.

#[derive(Debug, PartialEq, Eq)]
pub struct Statute {
    pub section: &'static str,
    pub title: &'static str,
    pub felony: bool,
    /// How often it is charged, against the others: an estimate.
    pub weight: u32,
}

const fn felony(section: &'static str, title: &'static str, weight: u32) -> Statute {
    Statute { section, title, felony: true, weight }
}

const fn misdemeanor(section: &'static str, title: &'static str, weight: u32) -> Statute {
    Statute { section, title, felony: false, weight }
}

pub const STATUTES: [Statute; 21] = [
    misdemeanor("45-5-201", "Assault", 6),
    felony("45-5-202", "Aggravated assault", 2),
    misdemeanor("45-5-206", "Partner or family member assault", 14),
    felony("45-5-207", "Criminal endangerment", 4),
    felony("45-5-213", "Assault with weapon", 4),
    felony("45-5-220", "Stalking", 2),
    misdemeanor("45-5-626", "Violation of order of protection", 4),
    misdemeanor("45-6-101", "Criminal mischief", 6),
    misdemeanor("45-6-203", "Criminal trespass to property", 7),
    felony("45-6-204", "Burglary", 4),
    misdemeanor("45-6-301", "Theft", 12),
    misdemeanor("45-7-302", "Obstructing peace officer", 7),
    felony("45-7-308", "Bail-jumping", 4),
    misdemeanor("45-8-101", "Disorderly conduct", 10),
    felony("45-9-101", "Criminal distribution of dangerous drugs", 2),
    felony("45-9-102", "Criminal possession of dangerous drugs", 12),
    felony("45-9-103", "Possession with intent to distribute", 4),
    misdemeanor("45-10-103", "Possession of drug paraphernalia", 8),
    misdemeanor("61-5-212", "Driving while suspended", 14),
    misdemeanor("61-8-1002", "Driving under the influence", 16),
    felony("46-18-203", "Petition for revocation", 5),
];
