//! Own: the types by which the gateway itself speaks of records, beside what their sources say.

use super::{FieldId, Graph, Mode, Role, TypeId};

/// Their names, and the fields that the gateway can fill.
const TYPES: [(&str, &[&str]); 3] = [
    ("Provenance", &["source", "agency", "asOf", "retrievedAt", "mode", "fields"]),
    ("Conflict", &["field", "rule", "claims"]),
    ("Claim", &["value", "chosen", "provenance"]),
];

/// The fields that the gateway can fill of a type of its own; `None` for any other type.
#[must_use]
pub fn fields_of(ty: &str) -> Option<&'static [&'static str]> {
    TYPES.iter().find(|(name, _)| *name == ty).map(|(_, fields)| *fields)
}

impl Graph {
    /// Whether the gateway itself fills records of this type: no source has any, and no policy decides on them.
    #[must_use]
    pub fn is_own(&self, id: TypeId) -> bool {
        fields_of(&self.type_of(id).name).is_some()
    }

    /// Whether a field is told by the gateway itself, with everything below it.
    #[must_use]
    pub fn tells(&self, id: FieldId) -> bool {
        matches!(self.field(id).role, Role::Provenance | Role::Conflicts)
    }
}

impl Mode {
    /// As the graph writes it; `None` where it does not.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::Golden => Some("GOLDEN"),
            Self::Live => Some("LIVE"),
            Self::GoldenThenLive => Some("GOLDEN_THEN_LIVE"),
            Self::LiveThenGolden => Some("LIVE_THEN_GOLDEN"),
        }
    }
}
