//! Statistics of a band; nodata never counts.

use serde::{Deserialize, Serialize};

use crate::band::Band;

/// Figures of one band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of measurements.
    pub valid_count: u64,
    /// Number of pixels, measurements or not.
    pub count: u64,
    /// Least measurement; `None` without any.
    pub min: Option<f64>,
    /// Greatest measurement.
    pub max: Option<f64>,
    /// Mean of the measurements.
    pub mean: Option<f64>,
    /// Standard deviation of the measurements (divided by their number).
    pub stddev: Option<f64>,
}

/// Numbers of measurements in equal steps between two values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Lower edge of the first step.
    pub min: f64,
    /// Upper edge of the last step, which belongs to it.
    pub max: f64,
    /// Measurements in each step.
    pub counts: Vec<u64>,
}

/// Figures of `band`.
#[must_use]
pub fn statistics(band: &Band) -> Statistics {
    let values = band.values_f64();
    let mut valid_count = 0_u64;
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut mean, mut squares) = (0.0, 0.0);
    for &value in values.iter().filter(|v| !v.is_nan()) {
        valid_count += 1;
        min = min.min(value);
        max = max.max(value);
        // Welford's update keeps precision where values are large and close together.
        let delta = value - mean;
        mean += delta / valid_count as f64;
        squares += delta * (value - mean);
    }
    let some = |value: f64| (valid_count > 0).then_some(value);
    Statistics {
        valid_count,
        count: values.len() as u64,
        min: some(min),
        max: some(max),
        mean: some(mean),
        stddev: some((squares / valid_count.max(1) as f64).sqrt()),
    }
}

/// Histogram of `band` in `steps` equal steps from `min` to `max`; other values are left out.
#[must_use]
pub fn histogram(band: &Band, min: f64, max: f64, steps: usize) -> Histogram {
    let mut counts = vec![0_u64; steps];
    let width = (max - min) / steps as f64;
    if steps > 0 && width > 0.0 {
        for value in band.values_f64() {
            if value >= min && value <= max {
                let index = ((value - min) / width) as usize;
                counts[index.min(steps - 1)] += 1;
            }
        }
    }
    Histogram { min, max, counts }
}

/// Value below which the part `fraction` (0..1) of the measurements lies, linear between neighbours.
#[must_use]
pub fn quantile(band: &Band, fraction: f64) -> Option<f64> {
    let mut values: Vec<f64> = band.values_f64();
    values.retain(|v| !v.is_nan());
    if values.is_empty() || !(0.0..=1.0).contains(&fraction) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let position = fraction * (values.len() - 1) as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    Some(values[low] + (values[high] - values[low]) * (position - low as f64))
}
