//! Fresh: how long a mapping lets records be kept. It may say less than the graph, never more.

use super::no_field;
use crate::graph::fresh::{Freshness, Lasting};
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::written;
use crate::graph::{FieldId, Graph, TypeId};

pub(super) fn read(graph: &Graph, on: TypeId, entity: &written::Entity, problems: &mut Problems) -> Freshness {
    let Some(said) = &entity.freshness else { return Freshness::default() };
    let possible = graph.possible(on);
    let all = possible.iter().filter_map(|on| graph.object(*on)).flat_map(|object| &object.fields);
    // What is said of the whole record counts where it is the less; more than all fields may have is a mistake.
    let of_all = all.map(|id| allowed(graph, *id)).fold((0, 0), |most, own| (most.0.max(own.0), most.1.max(own.1)));
    let name = &graph.type_of(on).name;
    let whole = lasting(&said.whole, of_all, &format!("any field of `{name}`"), problems);
    let mut fields = Vec::new();
    for (field, said) in &said.fields {
        let ids: Vec<FieldId> = possible.iter().filter_map(|ty| graph.field_named(*ty, &field.value)).collect();
        if ids.is_empty() {
            problems.push(no_field(graph, on, field));
        }
        for id in ids {
            let what = format!("`{}`", graph.coordinate(id));
            fields.push((id, lasting(said, allowed(graph, id), &what, problems)));
        }
    }
    Freshness { whole, fields }
}

/// Seconds of `ttl` and `stale`.
fn allowed(graph: &Graph, field: FieldId) -> (u32, u32) {
    let data = &graph.field(field).data;
    (data.ttl.unwrap_or_default(), data.stale.unwrap_or_default())
}

fn lasting(said: &written::Lasting, (ttl, stale): (u32, u32), what: &str, problems: &mut Problems) -> Lasting {
    let mut within = |said: &Option<(u32, Place)>, name: &str, most: u32| {
        let (seconds, place) = said.as_ref()?;
        if *seconds > most {
            let message = format!("`{name}` of {seconds} s is longer than the graph lets {what} be kept, {most} s");
            let hint = "a mapping may shorten it; what is too short stands in `@data` of the graph";
            problems.push(Problem::error(place, message).with_hint(hint));
        }
        Some(*seconds)
    };
    (within(&said.ttl, "ttl", ttl), within(&said.stale, "stale", stale))
}
