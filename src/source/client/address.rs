//! Address: where a call may go. A name that leads into the gateway's own network would make it a way in for whoever keeps that name.
//!
//! Public addresses may be asked. Loopback, private and shared ones only where the source's file says `private = true`, or where the operator
//! wrote that very address into the environment. Link-local ones, where clouds keep their secrets, and others that are no host's: never.
//! Every address that a name resolves to is looked at, each time it is resolved, and the connection goes to the one that was looked at: a
//! second answer of the name server changes nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What an address is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Public,
    /// Of this machine, or of the networks behind it.
    Private,
    /// Of no host that answers for an agency.
    Never,
}

impl Zone {
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(inner) => Self::of_v4(inner),
                None => Self::of_v6(address),
            },
        }
    }

    /// By the registry of special addresses (RFC 6890 and its successors), and the addresses at which clouds tell secrets.
    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [0 | 224..=255, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _]
            // Azure's wire server, and Alibaba's metadata.
            | [168, 63, 129, 16] | [100, 100, 100, 200] => Self::Never,
            [10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] | [198, 18 | 19, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let segments = address.segments();
        // Amazon's metadata; documentation; Teredo and the like, whose inner address is anybody's.
        let special = matches!(
            segments,
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0x2001, 0xdb8 | 0..=0x1ff, ..] | [0x3fff, 0..=0xfff, ..]
        );
        match segments {
            [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] if !special => Self::Private,
            [0x2000..=0x3fff, ..] if !special => Self::Public,
            _ => Self::Never,
        }
    }

    pub(super) const fn is_open(self, private: bool) -> bool {
        matches!((self, private), (Self::Public, _) | (Self::Private, true))
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, translated (NAT64) or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let ([0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..]) =
        address.segments()
    else {
        return None;
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

/// Resolves names by the system, and gives nothing where any of the addresses may not be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    pub(super) private: bool,
}

/// A name that leads where no call may go.
#[derive(Debug)]
pub(super) struct OutOfBounds;

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to an address that may not be asked")
    }
}

impl Error for OutOfBounds {}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { private } = *self;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            checked(found, private)
        })
    }
}

fn checked(found: Vec<SocketAddr>, private: bool) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    if found.iter().all(|address| Zone::of(address.ip()).is_open(private)) {
        Ok(Box::new(found.into_iter()))
    } else {
        Err(Box::new(OutOfBounds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_no_agency() {
        let zone = |text: &str| Zone::of(text.parse().unwrap());
        for never in [
            "169.254.169.254",
            "169.254.1.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001:0:1::1",
            "::169.254.169.254",
        ] {
            assert_eq!(zone(never), Zone::Never, "{never}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:a00:1::1",
        ] {
            assert_eq!(zone(private), Zone::Private, "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert_eq!(zone(public), Zone::Public, "{public}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere() {
        let resolve =
            async |private| Resolver { private }.resolve("localhost".parse().unwrap()).await.map(Iterator::count);
        assert!(resolve(false).await.is_err_and(|error| error.is::<OutOfBounds>()));
        assert!(resolve(true).await.is_ok_and(|count| count > 0));
    }

    #[test]
    fn one_address_out_of_bounds_is_enough() {
        let of = |texts: &[&str], private| {
            let found = texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
            checked(found.collect(), private).map(Iterator::count).ok()
        };
        assert_eq!(of(&["8.8.8.8", "9.9.9.9"], false), Some(2));
        assert_eq!(of(&["8.8.8.8", "10.0.0.1"], false), None);
        assert_eq!(of(&["8.8.8.8", "10.0.0.1"], true), Some(2));
        assert_eq!(of(&["8.8.8.8", "169.254.169.254"], true), None);
    }
}
