//! What some chunks found under one geometry, to be merged with what others found.

use super::Keep;
use crate::call::Context;
use crate::error::GraphError;
use crate::graph::ProcessGraph;
use crate::process::aggregate_spatial;
use crate::value::Value;
use corridor_raster::zonal::Tally;

/// What some chunks found under one geometry in one plane.
#[derive(Debug, Clone)]
pub(crate) struct Partial {
    keep: Keep,
    /// Pixels, with data or without.
    pub(super) pixels: f64,
    /// Pixels whose value is finite.
    pub(super) finite: f64,
    pub(super) tally: Tally,
    series: Vec<(u64, f64)>,
}

impl Partial {
    pub(crate) fn new(keep: Keep) -> Self {
        Self {
            keep,
            pixels: 0.0,
            finite: 0.0,
            tally: Tally::new(keep == Keep::Values),
            series: Vec::new(),
        }
    }

    /// Adds a run of pixels (NaN is no data) with their weights; `place` is that of the first.
    pub(super) fn add(
        &mut self,
        values: &[f64],
        weights: &[f64],
        place: u64,
    ) -> Result<(), GraphError> {
        for (value, weight) in values.iter().zip(weights) {
            let counts = f64::from(u8::from(*weight > 0.0));
            self.pixels += counts;
            self.finite += if value.is_finite() { counts } else { 0.0 };
        }
        if self.keep == Keep::Series {
            let places = (place..).zip(values).zip(weights);
            let inside = places.filter(|(_, weight)| **weight > 0.0);
            self.series
                .extend(inside.map(|((place, value), _)| (place, *value)));
            return Ok(());
        }
        self.tally.add(values, weights).map_err(too_many)
    }

    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), GraphError> {
        self.pixels += other.pixels;
        self.finite += other.finite;
        self.series.extend_from_slice(&other.series);
        self.tally.merge(&other.tally).map_err(too_many)
    }

    /// Bytes that [`Partial::from_bytes`] reads.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = vec![self.keep as u8];
        bytes.extend_from_slice(&self.pixels.to_le_bytes());
        bytes.extend_from_slice(&self.finite.to_le_bytes());
        match self.keep {
            Keep::Moments | Keep::Values => bytes.extend(self.tally.to_bytes()),
            Keep::Series => {
                for (place, value) in &self.series {
                    bytes.extend_from_slice(&place.to_le_bytes());
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, rest) = bytes.split_first()?;
        let keep = match tag {
            0 => Keep::Moments,
            1 => Keep::Values,
            2 => Keep::Series,
            _ => return None,
        };
        let (pixels, rest) = rest.split_first_chunk::<8>()?;
        let (finite, rest) = rest.split_first_chunk::<8>()?;
        let mut partial = Self::new(keep);
        partial.pixels = f64::from_le_bytes(*pixels);
        partial.finite = f64::from_le_bytes(*finite);
        if keep == Keep::Series {
            let (pairs, []) = rest.as_chunks::<16>() else {
                return None;
            };
            partial.series = pairs
                .iter()
                .filter_map(|pair| {
                    let (place, value) = pair.split_first_chunk::<8>()?;
                    let value = f64::from_le_bytes(value.try_into().ok()?);
                    Some((u64::from_le_bytes(*place), value))
                })
                .collect();
        } else {
            partial.tally = Tally::from_bytes(rest, keep == Keep::Values)?;
        }
        Some(partial)
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.series.len() * 16
    }

    /// What a reducer of `aggregate_spatial` makes of it; NaN is no data.
    pub(super) fn reduced(
        mut self,
        reducer: &ProcessGraph,
        passed: &Value,
        process: Option<&str>,
        context: &Context<'_>,
    ) -> Result<f64, GraphError> {
        // An empty geometry, or one between pixel centres, has no value.
        if self.pixels <= 0.0 {
            return Ok(f64::NAN);
        }
        if self.keep == Keep::Series {
            self.series.sort_unstable_by_key(|(place, _)| *place);
            let values: Vec<f64> = self.series.into_iter().map(|(_, value)| value).collect();
            return aggregate_spatial::reduced(&values, reducer, passed, context);
        }
        let (count, sum) = (self.tally.count(), self.tally.sum());
        let variance = |tally: &Tally| {
            let population = tally.stdev().filter(|_| sum.is_finite())?;
            Some(population * population * (count / (count - 1.0)))
        };
        let value = match process {
            Some("count") => Some(self.finite),
            _ if count <= 0.0 => None,
            Some("sum") => Some(sum),
            Some("mean") => Some(sum / count),
            Some("min") => self.tally.min(),
            Some("max") => self.tally.max(),
            Some("variance") => variance(&self.tally),
            Some("sd") => variance(&self.tally).map(f64::sqrt),
            Some("median") => middle(self.tally.values(), count),
            _ => return Err(GraphError::new("Internal", "a reducer without its figures")),
        };
        Ok(value.unwrap_or(f64::NAN))
    }
}

fn too_many(error: corridor_raster::RasterError) -> GraphError {
    GraphError::new("ProcessGraphComplexity", error.to_string())
}

/// The middle of values that stand so often, or the mean of the two middle ones.
fn middle(values: &[(f64, f64)], count: f64) -> Option<f64> {
    let at = |rank: f64| {
        let mut before = 0.0;
        values.iter().find_map(|(value, times)| {
            before += times;
            (rank < before).then_some(*value)
        })
    };
    let (low, high) = (
        at(((count - 1.0) / 2.0).floor())?,
        at((count / 2.0).floor())?,
    );
    Some(if count % 2.0 > 0.5 {
        high
    } else {
        (low + high) / 2.0
    })
}
