//! Forms: agencies' forms as the gateway's own part of the graph tells of them.

use crate::form::{self, Form};
use crate::native::{Form as NativeForm, FormBlock, FormField};
use std::sync::Arc;

/// A form as the graph tells of it.
#[must_use]
pub fn told_form(form: &Form) -> NativeForm {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let field = |field: &form::Field| FormField {
        id: field.id.to_string(),
        label: field.label.to_string(),
        kind: field.kind.name().to_owned(),
        required: field.required,
        confirm: field.confirm,
        typed_by: match &field.from {
            form::From::Typed(by) => Some(by.to_string()),
            form::From::Graph(_) => None,
        },
    };
    let block = |block: &form::Block| FormBlock {
        title: block.title.to_string(),
        note: text(&block.note),
        in_rows: block.in_rows,
        fields: block.fields.iter().map(field).collect(),
    };
    NativeForm {
        id: (&*form.id).into(),
        title: form.title.to_string(),
        owner: form.owner.to_string(),
        version: form.version.to_string(),
        purpose: form.purpose.to_string(),
        note: text(&form.note),
        targets: form.targets.iter().map(|target| target.name.to_string()).collect(),
        blocks: form.blocks.iter().map(block).collect(),
    }
}
