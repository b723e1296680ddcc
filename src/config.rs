//! Configuration: what the operator sets, as meant. Everything has a default but addresses and secrets, which come from the
//! environment by the names that the resolver files give them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Where the files of a graph are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub graph: PathBuf,
    pub resolvers: PathBuf,
}

impl Default for Files {
    fn default() -> Self {
        Self { graph: "schema/graph".into(), resolvers: "resolvers".into() }
    }
}

/// This machine only.
#[must_use]
pub const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The variables of this process; those that are not UTF-8 are left out.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
