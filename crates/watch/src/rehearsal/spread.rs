//! Median, nine of ten, worst: of things counted, and of things that last.

use serde::Serialize;

/// How a time is spread, s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half are no more.
    pub median_s: f64,
    /// Nine of ten are no more.
    pub p90_s: f64,
    /// None is more.
    pub worst_s: f64,
    /// On average.
    pub mean_s: f64,
}

impl Spread {
    /// Of values, each counting the same: the smallest value that so many are no more than (nearest rank).
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (count, worst_s) = (values.len(), *values.last()?);
        let rank =
            |share: f64| values[((share * count as f64).ceil() as usize).clamp(1, count) - 1];
        Some(Self {
            median_s: rank(0.5),
            p90_s: rank(0.9),
            worst_s,
            mean_s: values.iter().sum::<f64>() / count as f64,
        })
    }

    /// Of stretches of time in which a value runs evenly from `low` to `high` in `high - low` seconds: the
    /// value that it is no more than for so much of the time, exactly.
    pub(super) fn over_time(stretches: &[(f64, f64)]) -> Option<Self> {
        let all_s: f64 = stretches.iter().map(|(low, high)| high - low).sum();
        if all_s <= 0.0 {
            return None;
        }
        let mut turns: Vec<(f64, f64)> = Vec::with_capacity(2 * stretches.len());
        for (low, high) in stretches {
            turns.push((*low, 1.0));
            turns.push((*high, -1.0));
        }
        turns.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let value = |share: f64| {
            let (mut below_s, mut together, mut at) = (0.0, 0.0, turns[0].0);
            for &(value, step) in &turns {
                let more_s = together * (value - at);
                if together > 0.0 && below_s + more_s >= share * all_s {
                    return at + (share * all_s - below_s) / together;
                }
                below_s += more_s;
                together += step;
                at = value;
            }
            at
        };
        let mean_s = stretches
            .iter()
            .map(|(low, high)| 0.5 * (high * high - low * low))
            .sum::<f64>()
            / all_s;
        Some(Self {
            median_s: value(0.5),
            p90_s: value(0.9),
            worst_s: turns.last()?.0,
            mean_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        let s = Spread::of((1..=10).map(f64::from).collect()).unwrap();
        let found = [s.median_s, s.p90_s, s.worst_s, s.mean_s].map(f64::to_bits);
        assert_eq!(found, [5.0, 9.0, 10.0, 5.5].map(f64::to_bits), "{s:?}");
        assert!(Spread::of(vec![]).is_none());
        // One stretch from 0 to 100, one from 0 to 10: half of the 110 s is below 45.
        let s = Spread::over_time(&[(0.0, 100.0), (0.0, 10.0)]).unwrap();
        assert!(
            (s.median_s - 45.0).abs() < 1e-9 && (s.p90_s - 89.0).abs() < 1e-9,
            "{s:?}"
        );
        let off = [s.mean_s - 5_050.0 / 110.0, s.worst_s - 100.0];
        assert!(off.iter().all(|o| o.abs() < 1e-9), "{s:?}");
    }

    proptest! {
        /// Against counting fine steps of time.
        #[test]
        fn as_counted(stretches in prop::collection::vec((0.0_f64..500.0, 1.0_f64..300.0), 1..8)) {
            let stretches: Vec<(f64, f64)> = stretches.into_iter().map(|(low, length)| (low, low + length)).collect();
            let exact = Spread::over_time(&stretches).unwrap();
            let step_s = 0.05;
            let mut counted = Vec::new();
            for (low, high) in &stretches {
                let steps = ((high - low) / step_s).floor() as u32;
                counted.extend((0..steps).map(|i| low + (f64::from(i) + 0.5) * step_s));
            }
            let counted = Spread::of(counted).unwrap();
            for (a, b) in [
                (exact.mean_s, counted.mean_s), (exact.worst_s, counted.worst_s),
            ] {
                prop_assert!((a - b).abs() < 1.0, "{exact:?} {counted:?}");
            }
            // A share of the time is met where the value lies, though the value itself may jump there.
            for (share, at) in [(0.5, exact.median_s), (0.9, exact.p90_s)] {
                let all_s: f64 = stretches.iter().map(|(l, h)| h - l).sum();
                let below_s: f64 = stretches.iter().map(|(l, h)| (at.clamp(*l, *h)) - l).sum();
                prop_assert!((below_s - share * all_s).abs() < 1e-6 * all_s);
            }
        }
    }
}
