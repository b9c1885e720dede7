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

    /// Takes in the measurements of another tally, as if they had been added here after its own.
    ///
    /// # Errors
    /// As [`Tally::add`].
    pub fn merge(&mut self, other: &Self) -> Result<(), RasterError> {
        if other.count > 0.0 {
            let total = self.count + other.count;
            let delta = other.mean - self.mean;
            self.squares += other.squares + delta * delta * self.count * other.count / total;
            self.mean += delta * other.count / total;
            self.count = total;
            self.sum += other.sum;
        }
        self.extremes = match (self.extremes, other.extremes) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        if let (Some(own), Some(more)) = (&mut self.values, &other.values) {
            own.pairs.extend_from_slice(&more.pairs);
            own.hold()?;
        }
        Ok(())
    }

    /// The tally as bytes, to be merged elsewhere: six numbers of 64 bits, little-endian, then
    /// pairs of value and weight where values are kept. [`Tally::of_whole_numbers`] is not kept.
    #[must_use]
    pub fn to_bytes(&mut self) -> Vec<u8> {
        let (min, max) = self.extremes.unwrap_or((f64::NAN, f64::NAN));
        let head = [self.count, self.sum, self.mean, self.squares, min, max];
        let mut bytes: Vec<u8> = head.iter().flat_map(|v| v.to_le_bytes()).collect();
        if let Some(values) = &mut self.values {
            for (value, weight) in values.sorted() {
                bytes.extend_from_slice(&value.to_le_bytes());
                bytes.extend_from_slice(&weight.to_le_bytes());
            }
        }
        bytes
    }

    /// The tally that [`Tally::to_bytes`] wrote, with values or without as it was; `None` where
    /// the bytes are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], values: bool) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let mut numbers = numbers.iter().map(|b| f64::from_le_bytes(*b));
        let mut next = || numbers.next();
        let (count, sum, mean, squares) = (next()?, next()?, next()?, next()?);
        let (min, max) = (next()?, next()?);
        let rest: Vec<f64> = numbers.collect();
        if !rest.len().is_multiple_of(2) || (!values && !rest.is_empty()) {
            return None;
        }
        let pairs: Vec<(f64, f64)> = rest.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        Some(Self {
            count,
            sum,
            mean,
            squares,
            extremes: (!min.is_nan()).then_some((min, max)),
            values: values.then_some(Values { pairs, compact: 0 }),
            whole: false,
        })
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

    /// Different values, rising, with the sums of their weights; empty when values were not kept.
    #[must_use]
    pub fn values(&mut self) -> &[(f64, f64)] {
        self.values.as_mut().map_or(&[], Values::sorted)
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
        self.hold()
    }

    /// Puts equal values together where there are many, and refuses too many different ones.
    fn hold(&mut self) -> Result<(), RasterError> {
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
    fn parts_merged_are_the_whole() {
        let values = [4.0, f64::NAN, 1.5, 3.0, 2.0, 2.0, 9.0];
        let parts = [1.0, 1.0, 0.25, 0.5, 0.75, 1.0, 0.0];
        let mut whole = Tally::new(true);
        whole.add(&values, &parts).unwrap();
        let mut merged = Tally::new(true);
        for range in [0..3, 3..3, 3..7] {
            let mut part = Tally::new(true);
            part.add(&values[range.clone()], &parts[range]).unwrap();
            let part = Tally::from_bytes(&part.to_bytes(), true).unwrap();
            merged.merge(&part).unwrap();
        }
        near(merged.mean(), whole.mean().unwrap());
        near(merged.stdev(), whole.stdev().unwrap());
        assert_eq!((merged.min(), merged.max()), (Some(1.5), Some(4.0)));
        for q in [0.0, 0.3, 0.5, 1.0] {
            near(merged.quantile(q), whole.quantile(q).unwrap());
        }
        let mut nothing = Tally::new(false);
        let bytes = nothing.to_bytes();
        assert_eq!(Tally::from_bytes(&bytes, false).unwrap().mean(), None);
        assert!(Tally::from_bytes(&bytes[1..], false).is_none());
        assert!(Tally::from_bytes(&bytes[8..], true).is_none());
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
