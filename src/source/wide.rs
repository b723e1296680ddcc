//! Wide: the layout of everything that a binding maps.

use crate::graph::{Binding, Convert, FieldId, Graph, Locator, Mapping, Pointer, Shape};
use crate::record::{Column, Layout, Take, What};
use std::sync::Arc;

/// All mapped fields, the source's own time, and the parts of the key at `matches`.
pub(super) fn layout(graph: &Graph, binding: &Binding, matches: &[Pointer]) -> Layout {
    let mut layout = object(graph, &binding.shape);
    if let Some((at, convert)) = &binding.as_of {
        layout.columns.push(value(What::AsOf, at.clone(), Arc::new(convert.clone()), false));
    }
    for (part, pointer) in (0_u8..).zip(matches) {
        layout.columns.push(value(What::Match(part), Locator::Pointer(pointer.clone()), key(), false));
    }
    layout
}

fn object(graph: &Graph, shape: &Shape) -> Layout {
    let mut columns = Vec::with_capacity(shape.fields.len() + 1);
    if let Some(discriminator) = &shape.discriminator {
        let take = Take::Type(discriminator.codes.as_slice().into());
        columns.push(Column { what: What::Type, at: discriminator.at.clone(), take });
    }
    for (field, mapping) in &shape.fields {
        columns.extend(mapped(graph, *field, mapping));
    }
    Layout { columns }
}

fn mapped(graph: &Graph, field: FieldId, mapping: &Mapping) -> Vec<Column> {
    let what = What::Field(field);
    let list = graph.field(field).ty.wrap.is_list();
    match mapping {
        Mapping::Value { at, convert } => vec![value(what, at.clone(), Arc::clone(convert), list)],
        Mapping::Object { at, shape } => {
            vec![Column { what, at: at.clone(), take: Take::Object(Arc::new(object(graph, shape))) }]
        }
        Mapping::Objects { at, shape } => {
            vec![Column { what, at: at.clone(), take: Take::Objects(Arc::new(object(graph, shape))) }]
        }
        Mapping::Reference { parts, .. } => {
            let part = |(part, at): (u8, &Locator)| value(What::Part(field, part), at.clone(), key(), list);
            (0_u8..).zip(parts).map(part).collect()
        }
    }
}

const fn value(what: What, at: Locator, convert: Arc<Convert>, list: bool) -> Column {
    Column { what, at, take: Take::Value { convert, list } }
}

/// How the scalars of a key are read: as text, whatever the source writes.
pub(super) fn key() -> Arc<Convert> {
    Arc::new(Convert::Text { from_number: true, trim: false })
}
