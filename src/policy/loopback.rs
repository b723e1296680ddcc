//! Loopback: a listener that can be reached from this machine only. Whoever has one may serve without policies.

use super::Policies;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A listener that can be reached from this machine only: proof that it is so.
#[derive(Debug)]
pub struct Loopback(TcpListener);

impl Loopback {
    /// Listens on this machine; port 0 for any that is free.
    ///
    /// # Errors
    /// Where the port can't be had.
    pub fn bind(port: u16) -> io::Result<Self> {
        Ok(Self(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?))
    }

    /// The listener, to serve on.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.0
    }
}

impl Policies {
    /// Everybody may have everything: for a demonstration, which nobody else can reach.
    #[must_use]
    pub fn everything(_only_on: &Loopback) -> Self {
        Self::open()
    }
}
