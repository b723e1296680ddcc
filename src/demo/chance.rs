//! Chance: a small random sequence that is the same on every machine and in every version.
//!
//! SplitMix64 (Steele, Lea, Flood 2014), integers only: floating-point logarithms differ between platforms in their last bit.
//! Fit for an invented world, for nothing secret.

/// A random sequence.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// A sequence of its own for each `stream` and `index`, so that what one person draws never shifts what the next one gets.
    #[must_use]
    pub fn new(seed: u64, stream: u64, index: u64) -> Self {
        let mut mixed = Self(seed);
        mixed.0 = mixed.draw() ^ stream;
        mixed.0 = mixed.draw() ^ index;
        mixed.draw();
        mixed
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = (u128::from(self.draw()) * u128::from(bound)) >> 64;
        u64::try_from(wide).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).unsigned_abs().saturating_add(1);
        low.saturating_add_unsigned(self.below(width))
    }

    /// True in so many of a thousand cases.
    pub fn permille(&mut self, of: u64) -> bool {
        self.below(1000) < of
    }

    /// True in so many of ten thousand cases.
    pub fn permyriad(&mut self, of: u64) -> bool {
        self.below(10_000) < of
    }

    /// A small number from 0 up to, not including, `bound`.
    pub fn few(&mut self, bound: u8) -> u8 {
        u8::try_from(self.below(u64::from(bound))).unwrap_or(0)
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        #[expect(
            clippy::indexing_slicing,
            reason = "the place is below the length; the lists are tables of this module"
        )]
        &of[at]
    }

    /// One of a list that is not empty, by weight.
    pub fn weighed<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let total: u64 = of.iter().map(|one| u64::from(weight(one))).sum();
        let mut left = self.below(total);
        for one in of {
            let own = u64::from(weight(one));
            if left < own {
                return one;
            }
            left -= own;
        }
        self.pick(of)
    }

    /// A value of a distribution that is given by some of its quantiles, `(permille, value)` ascending from 0 to 1000; straight
    /// lines between them.
    pub fn quantile(&mut self, of: &[(u32, i64)]) -> i64 {
        let at = i64::try_from(self.below(1_000_000)).unwrap_or(0);
        for pair in of.windows(2) {
            let [(low_at, low), (high_at, high)] = pair else { continue };
            let (start, end) = (i64::from(*low_at) * 1000, i64::from(*high_at) * 1000);
            if at < end {
                return low + (high - low) * (at - start) / (end - start).max(1);
            }
        }
        of.last().map_or(0, |(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_paper() {
        let mut chance = Chance(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| chance.draw()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut chance = Chance::new(1, 2, 3);
        for _ in 0..10_000 {
            assert!(chance.below(7) < 7);
            assert!((-3..=4).contains(&chance.between(-3, 4)));
            assert!((10..=90).contains(&chance.quantile(&[(0, 10), (500, 20), (1000, 90)])));
        }
        assert_eq!(chance.below(0), 0);
    }

    #[test]
    fn weights_are_kept() {
        let mut chance = Chance::new(1, 2, 3);
        let drawn = (0..10_000).filter(|_| *chance.weighed(&[(1, 30), (2, 70)], |one| one.1) == (2, 70)).count();
        assert!((6_800..7_200).contains(&drawn), "{drawn}");
    }
}
