//! Sheet: the filled form on a page, each value with its source and age, each field with what is to be done about it.

use super::Said;
use super::find::along;
use super::html::Html;
use crate::gateway::Figure;
use crate::prefill::{FilledField, FilledForm, Origin, State};

pub(super) fn write(html: &mut Html, form: &FilledForm, said: &Said, figure: Figure) {
    html.element("h1", &form.title);
    html.raw("<p class=\"by\">").text(&form.owner).raw(", version ").text(&form.version).raw("; filled at ");
    html.text(&form.filled_at).raw(" for the ").text(&form.target).raw(" ").text(&said.key).raw("</p>");
    if let Some(note) = &form.note {
        html.raw("<p class=\"note\">").text(note).raw("</p>");
    }
    let summary = &form.summary;
    html.raw("<ul class=\"sum\" aria-label=\"Summary\">");
    let all = [
        (summary.prefilled, "prefilled"),
        (summary.confirm, "to confirm"),
        (summary.conflict, "in conflict"),
        (summary.to_type, "to type"),
        (summary.not_permitted, "not permitted"),
        (summary.unavailable, "unavailable"),
    ];
    for (count, words) in all.into_iter().filter(|(count, words)| *count > 0 || *words == "prefilled") {
        html.raw("<li><b>").text(&count.to_string()).raw("</b>").raw(words).raw("</li>");
    }
    html.raw("</ul><form class=\"act\" method=\"post\" action=\"/prefill\">");
    along(html, said);
    html.hidden("target", &said.target).hidden("key", &said.key);
    html.raw("<button name=\"step\" value=\"pdf\">As PDF</button>");
    html.raw("<button class=\"second\" name=\"step\" value=\"json\">As JSON</button>");
    html.raw("<button class=\"second\" name=\"step\" value=\"fill\">Fill again</button></form>");
    for (n, block) in form.blocks.iter().enumerate() {
        let id = format!("block-{n}");
        html.raw("<section aria-labelledby=\"").text(&id).raw("\"><h2 id=\"").text(&id).raw("\">").text(&block.title);
        html.raw("</h2>");
        if let Some(note) = &block.note {
            html.raw("<p class=\"note\">").text(note).raw("</p>");
        }
        html.raw(
            "<table><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Value</th><th scope=\"col\">To do</th>",
        );
        html.raw("<th scope=\"col\">From</th></tr></thead><tbody>");
        let mut row = None;
        for one in &block.fields {
            if block.rows > 1 && one.row != row {
                html.raw("<tr class=\"row-head\"><th scope=\"rowgroup\" colspan=\"4\">");
                html.text(&format!("{} of {}", one.row.unwrap_or_default(), block.rows)).raw("</th></tr>");
                row = one.row;
            }
            field(html, one);
        }
        html.raw("</tbody></table></section>");
    }
    html.raw("</main><footer><p>This form has saved ").text(&figure.saved.to_string());
    html.raw(" fields of typing so far, in ").text(&figure.forms.to_string());
    html.raw(" fillings; counted without anybody's name.</p></footer>");
}

fn field(html: &mut Html, field: &FilledField) {
    html.raw("<tr><th scope=\"row\">").text(&field.label);
    if field.required {
        html.raw(" <span class=\"hint\">required</span>");
    }
    html.raw("</th><td class=\"value\">");
    match &field.value {
        Some(value) => {
            html.text(value);
            if let Some(code) = &field.code {
                html.raw(" <span class=\"hint\">code ").text(code).raw("</span>");
            }
        }
        None => _ = html.raw("<span class=\"line\" aria-hidden=\"true\"></span>"),
    }
    for other in &field.others {
        html.raw("<br><span class=\"hint\">but ").text(&from(&other.provenance)).raw(":</span> ").text(&other.value);
    }
    html.raw("</td><td><span class=\"state ").raw(class(field.state)).raw("\">").raw(words(field.state)).raw("</span>");
    if let Some(by) = &field.typed_by {
        html.raw(" <span class=\"hint\">by ").text(by).raw("</span>");
    }
    html.raw("</td><td class=\"from\">").text(&from(&field.provenance)).raw("</td></tr>");
}

/// `Yellowstone County Detention Facility, 2026-11-22 06:38 UTC, live`
pub(super) fn from(all: &[Origin]) -> String {
    let one = |origin: &Origin| {
        let at = origin.as_of.as_deref().map(|at| {
            let minute = at.get(..16).unwrap_or(at).replace('T', " ");
            format!(", {minute} UTC")
        });
        format!("{}{}, {}", origin.title, at.unwrap_or_default(), origin.mode.to_lowercase())
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}

pub(super) const fn words(state: State) -> &'static str {
    match state {
        State::Prefilled => "done",
        State::Confirm => "confirm",
        State::Type => "type",
        State::NotPermitted => "type: not permitted",
        State::Unavailable => "type: could not be asked",
        State::Conflict => "choose",
    }
}

const fn class(state: State) -> &'static str {
    match state {
        State::Prefilled => "PREFILLED",
        State::Confirm => "CONFIRM",
        State::Type => "TYPE",
        State::NotPermitted => "NOT_PERMITTED",
        State::Unavailable => "UNAVAILABLE",
        State::Conflict => "CONFLICT",
    }
}
