//! Figures of weighted measurements.

use crate::RasterError;

/// Most different values that quantiles and histograms are made from.
pub const VALUES_MAX: usize = 1 << 24;
/// Pairs collected before equal values are put together.
const COMPACT_AT: usize = 1 << 20;

/// Count, sum, mean, spread and extremes of measurements, each weighted by the
/// part of its pixel that is covered; on request with the values themselves.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    count: f64,
    sum: f64,
    mean: f64,
    squares: f64,
    extremes: Option<(f64, f64)>,
    values: Option<Values>,
    whole: bool,
}

impl Tally {
    /// An empty tally; `values` says whether quantiles and histograms will be asked for.
    #[must_use]
    pub fn new(values: bool) -> Self {
        Self {
            values: values.then(Values::default),
            ..Self::default()
        }
    }

    /// Says that the measurements are whole numbers: quantiles between two of them are cut to one,
    /// as exactextract does.
    #[must_use]
    pub const fn of_whole_numbers(mut self, whole: bool) -> Self {
        self.whole = whole;
        self
    }

    /// Adds measurements (NaN = none) with the parts of their pixels (0 = not touched).
    ///
    /// # Errors
    /// When values are kept and more than [`VALUES_MAX`] differ.
    pub fn add(&mut self, values: &[f64], parts: &[f64]) -> Result<(), RasterError> {
        // Sums of a row first, then the spread about its mean: precise, and without a
        // division a pixel.
        let (mut count, mut sum) = (0.0, 0.0);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (value, part) in values.iter().zip(parts) {
            let counts = *part > 0.0 && !value.is_nan();
            let part = if counts { *part } else { 0.0 };
            let weighted = if counts { *value * part } else { 0.0 };
            count += part;
            sum += weighted;
            min = if counts && *value < min { *value } else { min };
            max = if counts && *value > max { *value } else { max };
        }
        if count <= 0.0 {
            return Ok(());
        }
        let mean = sum / count;
        let mut squares = 0.0;
        for (value, part) in values.iter().zip(parts) {
            let off = *value - mean;
            let square = off * off * part;
            squares += if *part > 0.0 && !value.is_nan() {
                square
            } else {
                0.0
            };
        }
        let total = self.count + count;
        let delta = mean - self.mean;
        self.squares += squares + delta * delta * self.count * count / total;
        self.mean += delta * count / total;
        self.count = total;
        self.sum += sum;
        let (low, high) = self.extremes.unwrap_or((min, max));
        self.extremes = Some((low.min(min), high.max(max)));
        match &mut self.values {
            Some(kept) => kept.add(values, parts),
            None => Ok(()),
        }
    }

    /// Sum of the parts of pixels that have a measurement.
    #[must_use]
    pub const fn count(&self) -> f64 {
        self.count
    }

    /// Sum of value times part.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// Mean; `None` without a measurement.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        // From the plain sum where that is finite: one rounding less.
        let plain = self.sum / self.count;
        (self.count > 0.0).then_some(if plain.is_finite() { plain } else { self.mean })
    }

    /// Standard deviation of the population: squares divided by the count.
    #[must_use]
    pub fn stdev(&self) -> Option<f64> {
        (self.count > 0.0).then(|| (self.squares / self.count).max(0.0).sqrt())
    }

    /// Least measurement of a pixel touched.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        self.extremes.map(|e| e.0)
    }

    /// Greatest measurement of a pixel touched.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.extremes.map(|e| e.1)
    }

    /// Weighted quantile, `fraction` from 0 to 1, linear between neighbouring values;
    /// `None` without a measurement, or when values were not kept.
    ///
    /// Of n different values x with weights w and sums W of the weights before them,
    /// value i stands at `i w + (n - 1) W`, and the quantile at the fraction of the whole
    /// length `(n - 1) sum(w)` (the method of exactextract).
    #[must_use]
    pub fn quantile(&mut self, fraction: f64) -> Option<f64> {
        let whole = self.whole;
        let values = self.values.as_mut()?.sorted();
        if values.is_empty() || !(0.0..=1.0).contains(&fraction) {
            return None;
        }
        let cut = |value: f64| if whole { value.trunc() } else { value };
        let n = values.len() as f64;
        let all: f64 = values.iter().map(|v| v.1).sum();
        let wanted = fraction * all * (n - 1.0);
        let (mut before, mut left) = (0.0, (values[0].0, 0.0));
        for (i, (value, weight)) in values.iter().enumerate() {
            let place = if i == 0 {
                0.0
            } else {
                i as f64 * weight + (n - 1.0) * before
            };
            if place > wanted {
                let between = (wanted - left.1) * (value - left.0) / (place - left.1);
                return Some(cut(left.0 + between));
            }
            left = (*value, place);
            before += weight;
        }
        Some(left.0)
    }

    /// Weights in `steps` equal steps from `min` to `max`; values outside are left out.
    /// Empty when values were not kept.
    #[must_use]
    pub fn histogram(&mut self, min: f64, max: f64, steps: usize) -> Vec<f64> {
        let Some(values) = &mut self.values else {
            return Vec::new();
        };
        let mut sums = vec![0.0; steps];
        let width = (max - min) / steps as f64;
        for (value, weight) in values.sorted() {
            if *value < min || *value > max || steps == 0 {
                continue;
            }
            // One value alone makes no width: it belongs to the first step.
            let step = if width > 0.0 {
                (value - min) / width
            } else {
                0.0
            };
            sums[(step as usize).min(steps - 1)] += weight;
        }
        sums
    }
}

/// Values and the sum of their weights.
#[derive(Debug, Clone, Default)]
struct Values {
    pairs: Vec<(f64, f64)>,
    /// Pairs up to here are sorted and differ.
    compact: usize,
}

impl Values {
    fn add(&mut self, values: &[f64], parts: &[f64]) -> Result<(), RasterError> {
        let found = values.iter().zip(parts);
        let found = found.filter(|(v, p)| **p > 0.0 && !v.is_nan());
        self.pairs.extend(found.map(|(v, p)| (*v, *p)));
        if self.pairs.len() > (2 * self.compact).max(COMPACT_AT) {
            self.sorted();
            if self.compact > VALUES_MAX {
                return Err(RasterError::Limit {
                    name: "polygon".to_owned(),
                    what: "number of different values for quantiles",
                    value: self.compact as u64,
                    limit: VALUES_MAX as u64,
                });
            }
        }
        Ok(())
    }

    fn sorted(&mut self) -> &[(f64, f64)] {
        if self.compact < self.pairs.len() {
            self.pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            self.pairs.dedup_by(|next, kept| {
                // -0 and 0 are one value.
                let same = next.0 <= kept.0;
                if same {
                    kept.1 += next.1;
                }
                same
            });
            self.compact = self.pairs.len();
        }
        &self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) {
        assert!((a.unwrap() - b).abs() < 1e-12, "{a:?} {b}");
    }

    #[test]
    fn figures_by_hand() {
        let mut tally = Tally::new(true);
        tally.add(&[1.0, f64::NAN, 3.0], &[1.0, 1.0, 0.5]).unwrap();
        tally.add(&[9.0, 5.0, 7.0], &[0.0, 0.5, 0.0]).unwrap();
        // 1 x 1, 3 x 0.5, 5 x 0.5.
        near(Some(tally.count()), 2.0);
        near(Some(tally.sum()), 5.0);
        near(tally.mean(), 2.5);
        near(
            tally.stdev(),
            (0.5 * (2.0 * 2.25 + 0.25 + 6.25_f64) / 2.0).sqrt(),
        );
        assert_eq!((tally.min(), tally.max()), (Some(1.0), Some(5.0)));
        assert_eq!(tally.histogram(1.0, 5.0, 2), [1.0, 1.0]);
    }

    #[test]
    fn quantiles_of_equal_weights_are_the_usual_ones() {
        let mut tally = Tally::new(true);
        tally.add(&[4.0, 1.0, 3.0, 2.0], &[1.0; 4]).unwrap();
        near(tally.quantile(0.5), 2.5);
        near(tally.quantile(0.0), 1.0);
        near(tally.quantile(1.0), 4.0);
        near(tally.quantile(0.25), 1.75);
        assert_eq!(tally.quantile(1.5), None);
        near(tally.of_whole_numbers(true).quantile(0.5), 2.0);
        assert_eq!(Tally::new(false).quantile(0.5), None);
    }

    #[test]
    fn nothing_has_no_figures() {
        let mut tally = Tally::new(true);
        tally.add(&[f64::NAN, 1.0], &[1.0, 0.0]).unwrap();
        assert_eq!(
            (tally.mean(), tally.stdev(), tally.min()),
            (None, None, None)
        );
        assert_eq!(tally.quantile(0.5), None);
    }
}
