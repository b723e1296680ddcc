//! Ledger: every disclosure on record before it leaves.
//!
//! [`log`] keeps the records: bytes in an order that can be proved, on the disk when it says so. `entry` says what stands in the record of
//! an operation, `keep` makes one for each and waits for it. `strangers` keeps those who prove nothing from filling it. [`subjects`] seals
//! the ids of persons, where a person must be able to be forgotten.

/// Records in the order in which they were made, each bound to all before it.
pub mod log;

/// Ids of persons in records, each under a key of its own.
pub mod subjects;

/// Who has seen whom, found without reading all of it.
pub mod index;

mod digest;
mod entry;
mod keep;
mod merged;
mod orders;
mod purged;
mod read;
mod scopes;
mod strangers;
mod text;
mod wanted;

pub use entry::{Acted, Answer, Ending, Occasion};
pub use keep::{Ledger, Persons};
pub use log::{Bearer, Broken, Expected, Opened, Receipt, Settings, Unavailable, Witness};
pub use merged::{Merged, Placed};
pub use orders::{Order, Outcome};
pub use purged::Purging;
pub use read::{Delivered, Disclosed, One, Operation, Recorded, RefusedMany, Source, read};
pub use wanted::Wanted;
