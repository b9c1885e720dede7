//! Chance: everything that happens by accident, from one seed.
//!
//! Each thing that may fail has a stream of its own: ChaCha with 8 rounds (`rand_chacha`), keyed by the
//! seed, the stream's number being the first 8 bytes of the SHA-256 of what fails and its name. So the same
//! thing fails at the same times whatever else is in play, and two rehearsals of one seed differ only by
//! what was changed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// Most spells drawn for one thing: bounds the work where they are set to follow at once.
const SPELLS_MAX: usize = 100_000;

/// A time in which something does not work, s from the start of the rehearsal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spell {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
}

impl Spell {
    pub(super) fn holds(&self, t_s: f64) -> bool {
        self.start_s <= t_s && t_s < self.end_s
    }
}

/// The source of all chance of one rehearsal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    pub(super) seed: u64,
}

impl Chance {
    /// The stream of one thing.
    pub(super) fn of(self, kind: &str, name: &str) -> Stream {
        let mut digest = Sha256::new();
        digest.update(kind.as_bytes());
        digest.update([0]);
        digest.update(name.as_bytes());
        let digest = digest.finalize();
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        let mut source = ChaCha8Rng::seed_from_u64(self.seed);
        source.set_stream(u64::from_le_bytes(number));
        Stream(source)
    }
}

/// Numbers by chance.
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    /// A number in [0, 1), all equally likely.
    pub(super) fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An exponential time of this mean, s, to the millisecond: logarithms of different machines differ
    /// far below it.
    pub(super) fn exponential_s(&mut self, mean_s: f64) -> f64 {
        let drawn_s = -mean_s * (1.0 - self.share()).ln();
        (drawn_s * 1e3).round() / 1e3
    }

    /// Spells in `0..duration_s` of a thing that works for `up_s` and fails for `down_s` on average; at the
    /// start it is as likely in a spell as at any other time.
    pub(super) fn spells(&mut self, up_s: f64, down_s: f64, duration_s: f64) -> Vec<Spell> {
        let mut found = Vec::new();
        if down_s <= 0.0 || !up_s.is_finite() {
            return found;
        }
        let mut at_s = 0.0;
        if self.share() >= down_s / (up_s + down_s) {
            at_s = self.exponential_s(up_s);
        }
        while at_s < duration_s && found.len() < SPELLS_MAX {
            let end_s = at_s + self.exponential_s(down_s);
            found.push(Spell {
                start_s: at_s,
                end_s,
            });
            at_s = end_s + self.exponential_s(up_s).max(1e-3);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_the_same_again() {
        let chance = Chance { seed: 7 };
        let draw = |kind, name| {
            let mut stream = chance.of(kind, name);
            [stream.share(), stream.share()].map(f64::to_bits)
        };
        assert_eq!(draw("station", "a"), draw("station", "a"));
        assert_ne!(draw("station", "a"), draw("station", "b"));
        assert_ne!(draw("station", "a"), draw("satellite", "a"));
        let other = Chance { seed: 8 }.of("station", "a").share();
        assert_ne!(draw("station", "a")[0], other.to_bits());
    }

    /// ChaCha's own published vector says that the source is what it claims: the first 8 bytes of the
    /// eight-round key stream of key, nonce and counter zero (eSTREAM, TC1 with 256 bits).
    #[test]
    fn the_source_is_chacha_of_eight_rounds() {
        let mut source = ChaCha8Rng::from_seed([0; 32]);
        let mut bytes = [0; 8];
        source.fill_bytes(&mut bytes);
        assert_eq!(bytes, [0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]);
    }

    #[test]
    fn spells_take_their_share_of_the_time() {
        // Mean of 4,000 spells: within 5 % of the mean, three standard errors being 3/sqrt(4000) = 4.7 %.
        let duration_s = 4_000.0 * 1_100.0;
        let spells = Chance { seed: 1 }
            .of("test", "x")
            .spells(1_000.0, 100.0, duration_s);
        let down_s: f64 = spells.iter().map(|s| s.end_s - s.start_s).sum();
        let share = down_s / duration_s;
        assert!((share * 11.0 - 1.0).abs() < 0.08, "{share}");
        assert!(spells.windows(2).all(|w| w[0].end_s < w[1].start_s));
        let first: Vec<bool> = (0..2_000)
            .map(|seed| {
                let spells = Chance { seed }.of("test", "x").spells(100.0, 100.0, 10.0);
                spells.first().is_some_and(|s| s.holds(0.0))
            })
            .collect();
        let share = first.iter().filter(|down| **down).count() as f64 / 2_000.0;
        assert!((share - 0.5).abs() < 0.04, "{share}");
    }
}
