//! Ledger: every disclosure on record before it leaves.
//!
//! [`log`] keeps the records: bytes in an order that can be proved, on the disk when it says so.

/// Records in the order in which they were made, each bound to all before it.
pub mod log;
