//! Fresh: how long records may be kept, as a mapping says it.

use super::FieldId;

/// What a mapping says of how long records may be kept: never longer than the graph.
#[derive(Debug, Default)]
pub struct Freshness {
    pub whole: Lasting,
    pub fields: Vec<(FieldId, Lasting)>,
}

/// Seconds that a value may be kept, and that it may be shown while its source can't be asked.
pub type Lasting = (Option<u32>, Option<u32>);
