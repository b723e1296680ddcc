//! Access: what becomes of a right in time, and what is said about it: explanations, emergencies, the end of an agreement.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[expect(dead_code, reason = "other tests do more with an issuer")]
#[path = "harness/issuer.rs"]
mod issuer;

#[path = "access/agreements.rs"]
mod agreements;
#[path = "access/emergencies.rs"]
mod emergencies;
#[path = "access/explaining.rs"]
mod explaining;
#[path = "access/small.rs"]
mod small;
