//! What is on record in a ledger, checked: each record has every member that it must have.

use headwaters::ledger::{Recorded, log, read};
use serde_json::Value;
use std::path::Path;

/// Every operation of a ledger, in order.
///
/// # Panics
/// For a record that is not whole.
pub fn operations(folder: &Path) -> Vec<Value> {
    let payloads = log::records(folder).unwrap().map(|record| record.unwrap().payload);
    let checked = payloads.filter(|payload| {
        let text = String::from_utf8_lossy(payload);
        matches!(read(payload).unwrap_or_else(|wrong| panic!("{wrong}: {text}")), Recorded::Operation(_))
    });
    checked.map(|payload| serde_json::from_slice(&payload).unwrap()).collect()
}

/// The one operation of a ledger besides that an emergency was opened, without what is another each time and without what is empty.
///
/// # Panics
/// Where there is another number of them.
pub fn only_operation(folder: &Path) -> Vec<u8> {
    let mut all = operations(folder);
    all.retain(|one| one["operation"] != "break-glass open");
    assert_eq!(all.len(), 1, "exactly one record for an operation");
    let mut operation = all.remove(0);
    for member in
        ["kind", "decision", "at", "instance", "provider", "token", "document", "variables", "policies", "tookUs"]
    {
        operation.as_object_mut().unwrap().shift_remove(member);
    }
    for source in operation["sources"].as_array_mut().unwrap() {
        source.as_object_mut().unwrap().shift_remove("retrievedAt");
    }
    serde_json::to_vec(&without_nothing(operation)).unwrap()
}

fn without_nothing(value: Value) -> Value {
    let is_something = |value: &Value| match value {
        Value::Null => false,
        Value::Array(all) => !all.is_empty(),
        Value::Object(all) => !all.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(all) => all
            .into_iter()
            .map(|(key, value)| (key, without_nothing(value)))
            .filter(|(_, it)| is_something(it))
            .collect(),
        Value::Array(all) => all.into_iter().map(without_nothing).collect(),
        scalar => scalar,
    }
}

/// An answer without the id under which it is on record, which is another each time.
///
/// # Panics
/// Where it has data, and no such id.
pub fn without_decision(answer: &[u8]) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    if answer.get("data").is_some() {
        let extensions = answer["extensions"].as_object_mut().unwrap();
        let decision = extensions.shift_remove("decision").unwrap();
        assert_eq!(decision.as_str().map(str::len), Some(32), "{decision}");
        if extensions.is_empty() {
            answer.as_object_mut().unwrap().shift_remove("extensions");
        }
    }
    serde_json::to_vec(&answer).unwrap()
}
