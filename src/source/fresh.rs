//! Fresh: how long the records of a fetch may be kept.
//!
//! The graph says it field by field, the link that leads to them says it of the list, and a mapping may say less. What counts for a
//! record is the strictest of all that is wanted of it: a fact that must not be old keeps the whole record from being kept.

use super::cache::{Fields, Terms};
use super::{Fetch, Way};
use crate::graph::{Data, FieldId, Graph};
use crate::record::{Layout, Take, What};
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::time::Duration;

/// How old records may be for whoever asks, within what the graph says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Age {
    /// Seconds since the source was asked; `None`: as the graph says.
    pub max_s: Option<u32>,
    /// Where the source can't be asked, they may be older.
    pub stale: bool,
}

/// Seconds that nothing may exceed, where somebody has said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    ttl_s: Option<u32>,
    stale_s: Option<u32>,
}

/// How long records may be shown: from when their source was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lasting {
    pub ttl: Duration,
    /// Where the source can't be asked; never less than `ttl`.
    pub stale: Duration,
}

/// What a fetch works out once about keeping its records.
#[derive(Debug)]
pub(super) struct Kept {
    pub fields: Arc<Fields>,
    pub lasting: Lasting,
    /// Those under which it was looked for last: mostly the same, and then not compared again for each key.
    pub terms: ArcSwapOption<Terms>,
}

impl Lasting {
    pub const NONE: Self = Self { ttl: Duration::ZERO, stale: Duration::ZERO };
}

impl Bound {
    pub const NONE: Self = Self { ttl_s: None, stale_s: None };

    pub const fn of(data: &Data) -> Self {
        Self { ttl_s: data.ttl, stale_s: data.stale }
    }

    /// The stricter of both.
    pub fn and(self, other: Self) -> Self {
        let least = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
        Self { ttl_s: least(self.ttl_s, other.ttl_s), stale_s: least(self.stale_s, other.stale_s) }
    }
}

impl Fetch {
    pub(super) fn kept(&self, graph: &Graph) -> &Kept {
        self.kept.get_or_init(|| {
            let bound = of_layout(graph, &self.layout).and(self.linked).and(of_mapping(graph, &self.way, &self.layout));
            // What nobody has allowed to be kept is not kept.
            let ttl = Duration::from_secs(bound.ttl_s.unwrap_or_default().into());
            let stale = Duration::from_secs(bound.stale_s.unwrap_or_default().into()).max(ttl);
            let fields = Arc::new(Fields::of(&self.layout));
            Kept { fields, lasting: Lasting { ttl, stale }, terms: ArcSwapOption::empty() }
        })
    }
}

/// The fields of a record, and of the objects within it. Recursion is bounded by the depth of the layout.
fn of_layout(graph: &Graph, layout: &Layout) -> Bound {
    layout.columns.iter().fold(Bound::NONE, |bound, column| {
        let own = match column.what {
            What::Field(field) | What::Part(field, _) => of_field(graph, field),
            What::Match(_) | What::Type | What::AsOf | What::Order(_) => Bound::NONE,
        };
        let within = match &column.take {
            Take::Object(layout) | Take::Objects(layout) => of_layout(graph, layout),
            Take::Value { .. } | Take::Type(_) => Bound::NONE,
        };
        bound.and(own).and(within)
    })
}

/// A field of which nothing is said is not kept.
fn of_field(graph: &Graph, field: FieldId) -> Bound {
    let data = &graph.field(field).data;
    Bound { ttl_s: Some(data.ttl.unwrap_or_default()), stale_s: Some(data.stale.unwrap_or_default()) }
}

fn of_mapping(graph: &Graph, way: &Way, layout: &Layout) -> Bound {
    let Way::Binding(id, _) = way else { return Bound::NONE };
    let fresh = &graph.binding(*id).fresh;
    let said = |field: FieldId| fresh.fields.iter().find(|(known, _)| *known == field).map(|(_, data)| *data);
    let fields = layout.columns.iter().filter_map(|column| match column.what {
        What::Field(field) | What::Part(field, _) => said(field),
        _ => None,
    });
    let bound = |(ttl_s, stale_s)| Bound { ttl_s, stale_s };
    fields.map(bound).fold(bound(fresh.whole), Bound::and)
}
