//! Distances over a contact.

use super::LIGHT_M_S;
use corridor_orbit::earth::{dot, sub};
use serde::Serialize;

/// Points at which a contact is sampled.
const SAMPLES: u32 = 33;

/// Distance between two ends over a contact, sampled at equal steps, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Profile {
    /// At the start, m.
    pub range_start_m: f64,
    /// The least, m.
    pub range_min_m: f64,
    /// The greatest, m.
    pub range_max_m: f64,
    /// At the end, m.
    pub range_end_m: f64,
    /// The least change, m/s; negative when closing.
    pub range_rate_min_m_s: f64,
    /// The greatest change, m/s; positive when opening.
    pub range_rate_max_m_s: f64,
}

/// Shift of a carrier seen by the receiver, Hz; first order in speed over light (at orbital speeds the next
/// order is below 1e-4 of it).
pub fn doppler_hz(range_rate_m_s: f64, frequency_hz: f64) -> f64 {
    -range_rate_m_s / LIGHT_M_S * frequency_hz
}

/// Distance and its change between two positions with their velocities, in one frame.
pub(super) fn range(a: ([f64; 3], [f64; 3]), b: ([f64; 3], [f64; 3])) -> (f64, f64) {
    let (r, v) = (sub(b.0, a.0), sub(b.1, a.1));
    let range_m = dot(r, r).sqrt();
    (
        range_m,
        if range_m > 0.0 {
            dot(r, v) / range_m
        } else {
            0.0
        },
    )
}

impl Profile {
    /// Samples `at`, which gives distance and change at seconds within the contact.
    pub(super) fn sample<E>(
        start_s: f64,
        end_s: f64,
        mut at: impl FnMut(f64) -> Result<(f64, f64), E>,
    ) -> Result<Self, E> {
        let (range_start_m, rate_m_s) = at(start_s)?;
        let mut found = Self {
            range_start_m,
            range_min_m: range_start_m,
            range_max_m: range_start_m,
            range_end_m: range_start_m,
            range_rate_min_m_s: rate_m_s,
            range_rate_max_m_s: rate_m_s,
        };
        for sample in 1..SAMPLES {
            let part = f64::from(sample) / f64::from(SAMPLES - 1);
            let (range_m, rate_m_s) = at(start_s + part * (end_s - start_s))?;
            found.range_min_m = found.range_min_m.min(range_m);
            found.range_max_m = found.range_max_m.max(range_m);
            found.range_end_m = range_m;
            found.range_rate_min_m_s = found.range_rate_min_m_s.min(rate_m_s);
            found.range_rate_max_m_s = found.range_rate_max_m_s.max(rate_m_s);
        }
        Ok(found)
    }

    /// Longest one-way light time, s.
    pub fn owlt_s(&self) -> f64 {
        self.range_max_m / LIGHT_M_S
    }
}
