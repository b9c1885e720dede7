//! Raster extension v2 (what STAC 1.1 did not take into the core: scale, offset, resolution).

use super::Band;

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/raster/v2.0.0/schema.json";
/// Band member: physical = stored × scale + offset.
pub const SCALE: &str = "raster:scale";
/// Band member: physical = stored × scale + offset.
pub const OFFSET: &str = "raster:offset";
/// Member of assets and bands: edge of a pixel on the ground, metres.
pub const SPATIAL_RESOLUTION: &str = "raster:spatial_resolution";
/// Member of assets and bands: `area` or `point`.
pub const SAMPLING: &str = "raster:sampling";
/// Band member: bits used of each sample.
pub const BITS_PER_SAMPLE: &str = "raster:bits_per_sample";

/// Statistics of the valid samples of a band (STAC 1.1 common `statistics` object).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Least valid sample.
    pub minimum: f64,
    /// Greatest valid sample.
    pub maximum: f64,
    /// Mean of the valid samples.
    pub mean: f64,
    /// Standard deviation of the valid samples.
    pub stddev: f64,
    /// Share of samples that are valid, percent.
    pub valid_percent: f64,
    /// Number of valid samples.
    pub count: u64,
}

/// The band with scale and offset.
#[must_use]
pub fn scaled(band: Band, scale: f64, offset: f64) -> Band {
    band.with(SCALE, scale).with(OFFSET, offset)
}

/// The band with statistics; figures that are not finite are left out.
#[must_use]
pub fn with_statistics(mut band: Band, statistics: &Statistics) -> Band {
    let mut members = serde_json::Map::new();
    for (key, value) in [
        ("minimum", statistics.minimum),
        ("maximum", statistics.maximum),
        ("mean", statistics.mean),
        ("stddev", statistics.stddev),
        ("valid_percent", statistics.valid_percent),
    ] {
        if value.is_finite() {
            members.insert(key.to_owned(), value.into());
        }
    }
    members.insert("count".to_owned(), statistics.count.into());
    band.statistics = Some(members);
    band
}
