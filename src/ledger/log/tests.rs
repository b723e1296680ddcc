//! What the log does, by example.
