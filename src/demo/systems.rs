//! Systems: who keeps numbers of persons, by the names that the crosswalk and the resolver files call them.

use super::dirt::Writer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    JmsYellowstone,
    JmsGallatin,
    FullCourt,
    YouthCourt,
    Omis,
    MtDoj,
    Cjin,
    BillingsPd,
}

impl System {
    pub const ALL: [Self; 8] = [
        Self::JmsYellowstone,
        Self::JmsGallatin,
        Self::FullCourt,
        Self::YouthCourt,
        Self::Omis,
        Self::MtDoj,
        Self::Cjin,
        Self::BillingsPd,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JmsYellowstone => "JMS_YELLOWSTONE",
            Self::JmsGallatin => "JMS_GALLATIN",
            Self::FullCourt => "FULLCOURT",
            Self::YouthCourt => "YOUTH_COURT",
            Self::Omis => "OMIS",
            Self::MtDoj => "MTDOJ",
            Self::Cjin => "CJIN",
            Self::BillingsPd => "RMS_BILLINGS",
        }
    }

    /// First number, and the step between them: numbers of one system must not pass for another's.
    #[must_use]
    pub const fn numbers(self) -> (u64, u64) {
        match self {
            Self::JmsYellowstone => (100_003, 3),
            Self::JmsGallatin => (1_207, 1),
            Self::FullCourt => (5_000_011, 7),
            Self::YouthCourt => (70_001, 1),
            Self::Cjin => (20_000_003, 11),
            Self::BillingsPd => (300_000, 2),
            // by the person's place: see `people::doc` and `people::sid`
            Self::Omis | Self::MtDoj => (0, 1),
        }
    }

    /// As which kind of writer it errs.
    #[must_use]
    pub const fn writer(self) -> Writer {
        match self {
            Self::JmsYellowstone | Self::JmsGallatin => Writer::Jail,
            Self::FullCourt | Self::YouthCourt => Writer::Court,
            Self::Omis | Self::MtDoj => Writer::Corrections,
            Self::Cjin | Self::BillingsPd => Writer::Police,
        }
    }

    /// A number as the system writes it.
    #[must_use]
    pub fn written(self, local: u64) -> String {
        let place = u32::try_from(local).unwrap_or(u32::MAX);
        match self {
            Self::JmsGallatin => format!("G{local:07}"),
            Self::Omis => super::people::doc(place),
            Self::MtDoj => super::people::sid(place),
            Self::YouthCourt => format!("Y{local}"),
            _ => local.to_string(),
        }
    }
}
