//! Agency: what a caller's employer is to the justice system.

use std::fmt;
use std::sync::Arc;

/// Kinds of agencies and readers: the words of `AgencyKind` in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AgencyKind {
    LawEnforcement,
    Prosecution,
    Court,
    Defense,
    Detention,
    Corrections,
    ParoleBoard,
    Pretrial,
    Prerelease,
    Treatment,
    VictimServicesSystem,
    VictimServicesCommunity,
    Bocc,
    Legislature,
    Media,
    Public,
    Researcher,
    Subject,
    Tribal,
    Federal,
    School,
    Dphhs,
}

impl AgencyKind {
    /// In the order of the graph.
    pub const ALL: [Self; 22] = [
        Self::LawEnforcement,
        Self::Prosecution,
        Self::Court,
        Self::Defense,
        Self::Detention,
        Self::Corrections,
        Self::ParoleBoard,
        Self::Pretrial,
        Self::Prerelease,
        Self::Treatment,
        Self::VictimServicesSystem,
        Self::VictimServicesCommunity,
        Self::Bocc,
        Self::Legislature,
        Self::Media,
        Self::Public,
        Self::Researcher,
        Self::Subject,
        Self::Tribal,
        Self::Federal,
        Self::School,
        Self::Dphhs,
    ];

    /// As the graph, the policies and the configuration write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LawEnforcement => "LAW_ENFORCEMENT",
            Self::Prosecution => "PROSECUTION",
            Self::Court => "COURT",
            Self::Defense => "DEFENSE",
            Self::Detention => "DETENTION",
            Self::Corrections => "CORRECTIONS",
            Self::ParoleBoard => "PAROLE_BOARD",
            Self::Pretrial => "PRETRIAL",
            Self::Prerelease => "PRERELEASE",
            Self::Treatment => "TREATMENT",
            Self::VictimServicesSystem => "VICTIM_SERVICES_SYSTEM",
            Self::VictimServicesCommunity => "VICTIM_SERVICES_COMMUNITY",
            Self::Bocc => "BOCC",
            Self::Legislature => "LEGISLATURE",
            Self::Media => "MEDIA",
            Self::Public => "PUBLIC",
            Self::Researcher => "RESEARCHER",
            Self::Subject => "SUBJECT",
            Self::Tribal => "TRIBAL",
            Self::Federal => "FEDERAL",
            Self::School => "SCHOOL",
            Self::Dphhs => "DPHHS",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Criminal justice agencies are known by their ORI, and their callers must have one.
    pub(super) const fn has_ori(self) -> bool {
        matches!(
            self,
            Self::LawEnforcement
                | Self::Prosecution
                | Self::Court
                | Self::Detention
                | Self::Corrections
                | Self::ParoleBoard
        )
    }
}

/// Originating agency identifier, assigned by the FBI: nine capitals and digits, `MT0560000`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ori(Arc<str>);

impl Ori {
    /// `None` for what is no ORI.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (text.len() == 9 && text.bytes().all(plain)).then(|| Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of agency that the ninth character tells (NCIC): digits and `E` law enforcement, `A` prosecutors, `B` pretrial
    /// services, `C` corrections, `G` probation and parole, `J` courts. It does not tell jails from the sheriffs who run them,
    /// and says nothing of defenders: the configuration does.
    #[must_use]
    pub fn kind(&self) -> Option<AgencyKind> {
        match self.0.bytes().last()? {
            b'0'..=b'9' | b'E' => Some(AgencyKind::LawEnforcement),
            b'A' => Some(AgencyKind::Prosecution),
            b'B' => Some(AgencyKind::Pretrial),
            b'C' | b'G' => Some(AgencyKind::Corrections),
            b'J' => Some(AgencyKind::Court),
            _ => None,
        }
    }
}

impl fmt::Debug for Ori {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ori_is_nine_capitals_and_digits() {
        for text in ["MT0560000", "MT056015J", "DCFBIWAQ3"] {
            assert!(Ori::new(text).is_some(), "{text}");
        }
        for text in ["", "MT056000", "MT05600000", "mt0560000", "MT056 000", "MT05600é", "MT056\n000"] {
            assert!(Ori::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_ninth_character_tells_the_kind() {
        for (text, kind) in [
            ("MT0560100", Some("LAW_ENFORCEMENT")),
            ("MT056013A", Some("PROSECUTION")),
            ("MT056015J", Some("COURT")),
            ("MT025015C", Some("CORRECTIONS")),
            ("MT056023G", Some("CORRECTIONS")),
            ("MT056017B", Some("PRETRIAL")),
            ("MT056099E", Some("LAW_ENFORCEMENT")),
            ("MT056013D", None),
            ("MT056013M", None),
            ("MT056013I", None),
            ("MT056013Y", None),
        ] {
            assert_eq!(Ori::new(text).unwrap().kind().map(AgencyKind::name), kind, "{text}");
        }
    }

    #[test]
    fn the_kinds_are_the_words_of_the_graph() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/graph/classes.graphql");
        let text = std::fs::read_to_string(path).unwrap();
        let words = text.split("enum AgencyKind {").nth(1).unwrap().split('}').next().unwrap();
        let words: Vec<&str> =
            words.lines().map(str::trim).filter(|line| !line.starts_with('"') && !line.is_empty()).collect();
        assert_eq!(words, AgencyKind::ALL.map(AgencyKind::name));
        assert_eq!(AgencyKind::named("COURT"), Some(AgencyKind::Court));
        assert_eq!(AgencyKind::named("court"), None);
    }
}
