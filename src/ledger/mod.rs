//! Ledger: every disclosure on record before it leaves.

mod entry;
mod text;
