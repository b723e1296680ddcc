//! Find: which form, for whom, and why.

use super::html::Html;
use super::{Persona, Said};
use crate::http::Shared;
use crate::request::Request;
use serde_json::{Map, Value, json};

/// What is shown of a person, beside the id: not everybody may ask for that.
const SHOWN: &str =
    "legalName { full } birthYear city bookings(active: true) { facility number facilityName bookedAt }";

/// The question behind the names that were typed: beginnings will do.
/// `by_id`: whether whoever asks may ask for ids.
pub(super) fn request(said: &Said, by_id: bool) -> Request {
    let name = |name: &str| json!({ "startsWith": name.trim() });
    let wanted = json!({ "surname": name(&said.surname), "given": name(&said.given) });
    let variables = Map::from_iter([("where".to_owned(), wanted)]);
    let id = if by_id { "id " } else { "" };
    let people = format!("people(where: $where, first: 10) {{ nodes {{ {id}{SHOWN} }} }}");
    let document = format!("query FindPeople($where: PersonSearch!) {{ {people} }}");
    Request { document, variables, ..Request::default() }
}

/// The first page: all questions.
pub(super) fn ask(html: &mut Html, shared: &Shared, personas: &[Persona], said: &Said) {
    html.raw("<h1>Fill a form</h1><p class=\"by\">from what others have already entered</p>");
    questions(html, shared, personas, said);
    html.raw("</main>");
}

fn questions(html: &mut Html, shared: &Shared, personas: &[Persona], said: &Said) {
    let world = shared.gateway.world();
    html.raw("<form class=\"card\" method=\"post\" action=\"/prefill\"><fieldset><legend>Form</legend>");
    for (n, form) in world.prefills.forms().iter().enumerate() {
        html.raw("<label class=\"choice\"><input type=\"radio\" name=\"form\" required value=\"")
            .text(&form.id)
            .raw("\"");
        if *form.id == *said.form || (said.form.is_empty() && n == 0) {
            html.raw(" checked");
        }
        html.raw("> ").text(&form.title).raw(" <span class=\"hint\">").text(&form.owner).raw("</span></label>");
    }
    html.raw("</fieldset>");
    if !personas.is_empty() {
        html.raw(
            "<fieldset><legend>You are</legend><p class=\"ask\"><label for=\"persona\">In this demonstration</label>",
        );
        html.raw("<select id=\"persona\" name=\"persona\">");
        for persona in personas {
            html.raw("<option value=\"").text(&persona.name).raw("\"");
            let first = said.persona.is_empty() && persona.name == "defender-intake";
            if persona.name == said.persona || first {
                html.raw(" selected");
            }
            html.raw(">").text(&persona.title);
            if !persona.person.is_empty() {
                html.raw(": ").text(&persona.person);
            }
            html.raw("</option>");
        }
        html.raw("</select></p></fieldset>");
    }
    html.raw("<fieldset><legend>For whom: a name</legend>");
    html.input(("surname", "Last name"), &said.surname, "its beginning is enough");
    html.input(("given", "First name"), &said.given, "");
    html.raw("</fieldset><fieldset><legend>Or a number</legend><p class=\"ask\"><label for=\"target\">Of a</label>");
    html.raw("<select id=\"target\" name=\"target\">");
    for (value, words) in [("booking", "booking"), ("case", "court case"), ("person", "person")] {
        html.raw("<option value=\"").raw(value).raw("\"");
        if said.target == value {
            html.raw(" selected");
        }
        html.raw(">").raw(words).raw("</option>");
    }
    html.raw("</select></p>").input(("key", "Number"), &said.key, "a booking: the jail's ORI, a slash, its number");
    html.raw("</fieldset><fieldset><legend>Why</legend>");
    let hint = if personas.is_empty() { "" } else { "what is left open is as this person states it" };
    html.input(("purpose", "Purpose of use"), &said.purpose, "C, D, DEFENSE …");
    html.input(("reason", "Reason"), &said.reason, hint);
    html.input(("case_reference", "Case reference"), &said.case_reference, "the booking or case it is about");
    html.raw("</fieldset><button name=\"step\" value=\"find\">Go on</button></form>");
    html.raw(
        "<p class=\"note\">Each question and each filled form is put on record: who asked, for whom, and why.</p>",
    );
}

/// The people that were found, each with what the form can be filled for.
pub(super) fn people(html: &mut Html, shared: &Shared, personas: &[Persona], said: &Said, data: &Value) {
    let text = |value: &Value, at: &str| match value.pointer(at) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let found = data.pointer("/people/nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let world = shared.gateway.world();
    let form = world.prefills.form(&said.form);
    let fills = |target: &str| form.is_some_and(|form| form.target(target).is_some());
    html.raw("<h1>For whom?</h1><p class=\"by\">").text(form.map_or("", |form| &form.title)).raw("</p>");
    if found.is_empty() {
        html.raw("<section><p>Nobody of that name is known, or nobody whom you may be shown.</p></section>");
    } else {
        html.raw("<section><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Born</th><th scope=\"col\">Town</th>");
        html.raw("<th scope=\"col\">Fill the form for</th></tr></thead><tbody>");
    }
    for person in found {
        html.raw("<tr><td class=\"value\">").text(&text(person, "/legalName/full")).raw("</td><td>");
        html.text(&text(person, "/birthYear")).raw("</td><td>").text(&text(person, "/city")).raw("</td><td>");
        let bookings = person.get("bookings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for booking in bookings.iter().filter(|_| fills("booking")) {
            let key = format!("{}/{}", text(booking, "/facility"), text(booking, "/number"));
            let words = format!("the stay {} in {}", text(booking, "/number"), text(booking, "/facilityName"));
            choice(html, said, ("booking", &key), &words);
        }
        if fills("person") && person.get("id").is_some() {
            choice(html, said, ("person", &text(person, "/id")), "the person alone");
        }
        html.raw("</td></tr>");
    }
    if !found.is_empty() {
        html.raw("</tbody></table></section>");
    }
    html.raw("<h2>Ask again</h2>");
    questions(html, shared, personas, said);
    html.raw("</main>");
}

fn choice(html: &mut Html, said: &Said, (target, key): (&'static str, &str), words: &str) {
    html.raw("<form method=\"post\" action=\"/prefill\">");
    along(html, said);
    html.hidden("target", target).hidden("key", key);
    html.raw("<button class=\"second\" name=\"step\" value=\"fill\">").text(words).raw("</button></form>");
}

/// What goes along from page to page.
pub(super) fn along(html: &mut Html, said: &Said) {
    html.hidden("form", &said.form).hidden("persona", &said.persona).hidden("purpose", &said.purpose);
    html.hidden("reason", &said.reason).hidden("case_reference", &said.case_reference);
}
