//! Recovery: the records that a ledger makes about itself.

use super::broken::Damage;
use super::queue::Unavailable;
use jiff::Timestamp;
use serde_json::json;

/// A write that a crash had torn was cut.
pub(super) fn cut(instance: &str, torn: &Damage, bytes: u64, at: Timestamp) -> Vec<u8> {
    let segment = torn.file.file_name().unwrap_or_default().to_string_lossy();
    let record = json!({
        "kind": "recovery",
        "at": time(at),
        "instance": instance,
        "reason": "an unfinished write was cut",
        "segment": segment,
        "offset": torn.at,
        "bytes": bytes,
    });
    record.to_string().into_bytes()
}

/// For some time nothing could be written.
pub(super) fn gap(instance: &str, why: Unavailable, since: Timestamp, at: Timestamp) -> Vec<u8> {
    let record = json!({
        "kind": "recovery",
        "at": time(at),
        "instance": instance,
        "reason": why.to_string(),
        "since": time(since),
    });
    record.to_string().into_bytes()
}

/// As a text it sorts as it is.
fn time(at: Timestamp) -> String {
    format!("{at:.6}")
}
