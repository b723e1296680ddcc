//! Withheld: what stands where a value is not given. A hidden one leaves nothing: what is written is what is written for none.

use super::object::{Object, Outcome, Writer};
use crate::error::{Code, Error, Withheld as Turn};
use crate::operation::Selected;
use crate::plan::{Out, OutValue};
use crate::policy::{Decision, Outcome as Withheld, Told};
use crate::record::Cell;

impl<'a> Writer<'a> {
    /// What is decided about a member of an object.
    pub fn decided(&self, object: Object<'a>, out: &Out) -> Withheld {
        let Selected::Field(field) = self.selection(out.selection).what else { return Withheld::Allow };
        match self.permitted.decisions().on(field) {
            Decision::Allowed => Withheld::Allow,
            Decision::Settled(outcome, _) => outcome,
            Decision::Row(lane) => object.outcome(Some(lane)),
        }
    }

    /// Whether there is a value to tell of.
    pub fn exists(&self, object: Object<'a>, out: &'a Out) -> bool {
        match &out.value {
            OutValue::Column(column) => {
                object.record.is_some_and(|record| record.cell(object.at + column) != Cell::Null)
            }
            OutValue::Leaf(places) => object.believed(places.iter().copied()).is_some(),
            OutValue::Embedded(candidates, _) => object.believed(candidates.iter().map(|(at, _)| *at)).is_some(),
            OutValue::Link(node) => {
                let level = self.results.level(*node).zip(object.spot);
                level.is_some_and(|(level, spot)| level.has_any(spot.item))
            }
            _ => false,
        }
    }

    /// Null in place of a member, with what is said about it.
    pub fn withheld(&mut self, out: &'a Out, outcome: Withheld) -> Outcome {
        // What must have a value can't be passed over in silence. It is so for every record, so it tells of none: a record that
        // hides such a field is hidden itself.
        if outcome == Withheld::Hide && !out.wrap.required() {
            return self.null(out);
        }
        let error = self.refusal(out, outcome);
        self.fail_member(out, error)
    }

    /// What is said of a withheld field. Nothing of it depends on the record but that it is said.
    pub fn refusal(&self, out: &'a Out, outcome: Withheld) -> Error {
        let coordinate = self.coordinate(out);
        let told = match self.selection(out.selection).what {
            Selected::Field(field) => self.permitted.decisions().told(field),
            _ => Told::default(),
        };
        let settled = matches!(out.value, OutValue::Withheld(_));
        let mut error = match outcome {
            Withheld::Exists => Error::new(Code::ExistsElsewhere, format!("another agency holds `{coordinate}`"))
                .hint("ask them for it"),
            Withheld::Consent => {
                Error::new(Code::ConsentNeeded, format!("`{coordinate}` is given with the person's consent only"))
                    .hint("ask for it where the answer says")
            }
            Withheld::Allow | Withheld::Deny | Withheld::Hide => {
                let error = Error::new(Code::Forbidden, format!("you may not have `{coordinate}`"));
                match told.lacking.filter(|_| settled) {
                    Some(lacking) => error.hint(format!("it may be had with another {}", lacking.name())),
                    None => error,
                }
            }
        };
        let forbidden = error.code == Code::Forbidden;
        let where_to = Turn {
            instead: told.instead.filter(|_| forbidden),
            owner: told.owner.filter(|_| !forbidden),
            contact: told.contact.filter(|_| !forbidden),
        };
        error.withheld = (where_to != Turn::default()).then(|| Box::new(where_to));
        error
    }
}
