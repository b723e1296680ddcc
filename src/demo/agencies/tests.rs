//! Agencies answer over HTTP.
