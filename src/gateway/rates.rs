//! Rates: how often those who proved nothing may ask. Each of their answers is a record that is never taken away, so that without a bound
//! anybody could fill the ledger's disk by asking what everybody may.
//!
//! A bucket for each address and one for all: addresses are cheap. A bucket holds what may come at once, and fills again as time passes.

use crate::error::{Code, Error, Refusal};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute from one address.
    pub address_m_max: u32,
    /// Requests a second from all of them together.
    pub all_s_max: u32,
    /// Addresses that are known of at the same time. Where they are more, those that are not known share what one may.
    pub addresses_kept: usize,
}

/// Counts them.
#[derive(Debug)]
pub struct Rates {
    rate: Rate,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    all: Bucket,
    others: Bucket,
    by_address: HashMap<IpAddr, Bucket>,
}

/// Requests that may come now, in millionths.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: u64,
    at: Instant,
}

const ONE: u64 = 1_000_000;

/// How a bucket fills.
#[derive(Clone, Copy)]
struct Filling {
    /// What it holds.
    most: u64,
    /// Millionths of a request in a microsecond, over `per`.
    gain: u64,
    per: u64,
}

impl Filling {
    /// So many a second; as many at once.
    fn a_second(count: u32) -> Self {
        Self { most: u64::from(count).max(1) * ONE, gain: count.into(), per: 1 }
    }

    /// So many a minute; as many at once.
    fn a_minute(count: u32) -> Self {
        Self { most: u64::from(count).max(1) * ONE, gain: count.into(), per: 60 }
    }
}

impl Bucket {
    fn full(filling: Filling, at: Instant) -> Self {
        Self { left: filling.most, at }
    }

    fn fill(&mut self, filling: Filling, now: Instant) {
        let us = u64::try_from(now.saturating_duration_since(self.at).as_micros()).unwrap_or(u64::MAX);
        let gained = us.saturating_mul(filling.gain) / filling.per;
        // What is too little to count is counted with what follows.
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(filling.most);
            self.at = now;
        }
    }

    fn has_one(&self) -> bool {
        self.left >= ONE
    }

    fn take(&mut self) {
        self.left = self.left.saturating_sub(ONE);
    }
}

impl Rates {
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let now = Instant::now();
        let (all, others) = (Filling::a_second(rate.all_s_max), Filling::a_minute(rate.address_m_max));
        let (all, others) = (Bucket::full(all, now), Bucket::full(others, now));
        Self { rate, counted: Mutex::new(Counted { all, others, by_address: HashMap::new() }) }
    }

    /// Lets one in.
    ///
    /// # Errors
    /// `RATE_LIMITED`, where too many came. It takes nothing from what may come later.
    pub fn take(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Refusal> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Counted { all, others, by_address } = &mut *counted;
        let (of_all, of_one) = (Filling::a_second(self.rate.all_s_max), Filling::a_minute(self.rate.address_m_max));
        all.fill(of_all, now);
        let own = match address.map(network) {
            None => others,
            Some(address) => {
                if by_address.len() >= self.rate.addresses_kept && !by_address.contains_key(&address) {
                    by_address.retain(|_, bucket| {
                        bucket.fill(of_one, now);
                        // One that is full again says nothing.
                        bucket.left < of_one.most
                    });
                }
                if by_address.len() >= self.rate.addresses_kept && !by_address.contains_key(&address) {
                    others
                } else {
                    by_address.entry(address).or_insert_with(|| Bucket::full(of_one, now))
                }
            }
        };
        own.fill(of_one, now);
        if !own.has_one() {
            return Err(limited("too many requests without a token come from this address"));
        }
        if !all.has_one() {
            return Err(limited("too many requests without a token come at the same time"));
        }
        own.take();
        all.take();
        Ok(())
    }
}

/// Whom an address belongs to: of IPv6 a whole network is somebody's.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

fn limited(message: &str) -> Refusal {
    Error::new(Code::RateLimited, message)
        .hint("ask again in a moment, less often; who has a token is not counted")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[expect(clippy::unnecessary_wraps, reason = "as a connection has it")]
    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_may_ask_so_often_and_others_are_not_held_up_by_it() {
        let rates = Rates::new(Rate { address_m_max: 60, all_s_max: 1_000, addresses_kept: 10 });
        let start = Instant::now();
        let taken = |text: &str, ms: u64| {
            let now = start + Duration::from_millis(ms);
            (0..200).filter(|_| rates.take(address(text), now).is_ok()).count()
        };
        assert_eq!(taken("192.0.2.1", 0), 60);
        assert_eq!(taken("192.0.2.1", 500), 0);
        assert_eq!(taken("192.0.2.1", 2_500), 2);
        assert_eq!(taken("192.0.2.2", 2_500), 60);
        // The same by another name; a network of IPv6 is one.
        assert_eq!(taken("::ffff:192.0.2.2", 2_500), 0);
        assert_eq!(taken("2001:db8::1", 2_500), 60);
        assert_eq!(taken("2001:db8::ffff:2", 2_500), 0);
        assert_eq!(taken("2001:db8:0:1::1", 2_500), 60);
        let refusal = rates.take(address("192.0.2.1"), start).unwrap_err();
        assert_eq!(refusal.code(), Code::RateLimited);
    }

    #[test]
    fn all_of_them_together_are_bounded_too() {
        let rates = Rates::new(Rate { address_m_max: 60, all_s_max: 100, addresses_kept: 1_000 });
        let start = Instant::now();
        let taken = |ms: u64| {
            let now = start + Duration::from_millis(ms);
            (0..=255_u8).filter(|n| rates.take(Some(IpAddr::from([192, 0, 2, *n])), now).is_ok()).count()
        };
        assert_eq!((taken(0), taken(100), taken(2_000)), (100, 10, 100));
    }

    #[test]
    fn more_addresses_than_are_kept_share_what_one_may() {
        let rates = Rates::new(Rate { address_m_max: 2, all_s_max: 1_000, addresses_kept: 3 });
        let start = Instant::now();
        let taken = |numbers: std::ops::Range<u8>, ms: u64| {
            let now = start + Duration::from_millis(ms);
            numbers.filter(|n| rates.take(Some(IpAddr::from([192, 0, 2, *n])), now).is_ok()).count()
        };
        assert_eq!(taken(0..3, 0), 3);
        assert_eq!(taken(3..100, 0), 2);
        assert_eq!(rates.counted.lock().unwrap().by_address.len(), 3);
        // Those that have not come for a while make room.
        assert_eq!(taken(100..103, 60_000), 3);
    }
}
