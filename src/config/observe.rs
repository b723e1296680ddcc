//! Observe: `[observe]`, where what the gateway tells goes besides its log.

use crate::graph::Problem;
use crate::graph::block::Block;
use crate::observe::Exports;

/// Nothing goes to a collector.
pub(super) fn nowhere() -> Exports {
    Exports { otlp: None, traced_percent: 100, instance: String::new() }
}

pub(super) fn read(block: &Block<'_>) -> Exports {
    let otlp = block.text("otlp").and_then(|text| {
        let is_url = ["http://", "https://"].iter().any(|scheme| text.value.starts_with(scheme));
        if !is_url {
            let problem = Problem::error(&text.place, "`otlp` is the address of a collector");
            block.push(problem.with_hint("for example `http://127.0.0.1:4318`: OTLP over HTTP"));
        }
        is_url.then(|| text.value.to_string())
    });
    let traced_percent = block.count("traced_percent").map_or(100, |(number, place)| {
        if number > 100 {
            let problem = Problem::error(&place, "`traced_percent` is a number from 0 to 100");
            block.push(problem.with_hint("of so many of a hundred requests it is told what their time went into"));
        }
        number.min(100)
    });
    block.done();
    Exports { otlp, traced_percent, instance: String::new() }
}
