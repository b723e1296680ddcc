//! Ledger: every disclosure on record before it leaves.
//!
//! [`log`] keeps the records: bytes in an order that can be proved, on the disk when it says so. [`subjects`] seals the ids of persons
//! in them, where a person must be able to be forgotten.

/// Records in the order in which they were made, each bound to all before it.
pub mod log;

/// Ids of persons in records, each under a key of its own.
pub mod subjects;
