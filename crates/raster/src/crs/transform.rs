//! Coordinates from one system to another, by proj4rs.

use proj4rs::Proj;

use super::Crs;
use crate::RasterError;

/// Reads a PROJ string.
pub(super) fn parse(definition: &str) -> Result<Proj, RasterError> {
    Proj::from_proj_string(definition).map_err(|e| RasterError::crs(definition, e.to_string()))
}

/// Moves coordinates from one system to another; geographic ones are degrees, longitude first.
#[derive(Debug, Clone)]
pub struct Transformer {
    from: Proj,
    to: Proj,
    from_degrees: bool,
    to_degrees: bool,
    identity: bool,
}

impl Transformer {
    /// Prepares the way `from` -> `to`.
    ///
    /// # Errors
    /// When either system cannot be computed with, or the datum shift between
    /// them is not covered.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, RasterError> {
        let proj = |crs: &Crs| {
            crs.proj_string()
                .ok_or_else(|| {
                    RasterError::crs(crs.to_string(), "no coordinates can be computed with it")
                })
                .and_then(parse)
        };
        Ok(Self {
            from: proj(from)?,
            to: proj(to)?,
            from_degrees: from.is_geographic(),
            to_degrees: to.is_geographic(),
            identity: from.proj_string() == to.proj_string(),
        })
    }

    /// Transforms one point (metres, or degrees with longitude first).
    ///
    /// # Errors
    /// When the point is outside the domain of either projection.
    pub fn transform(&self, x: f64, y: f64) -> Result<(f64, f64), RasterError> {
        if self.identity {
            return Ok((x, y));
        }
        let mut point = if self.from_degrees {
            (x.to_radians(), y.to_radians(), 0.0)
        } else {
            (x, y, 0.0)
        };
        proj4rs::transform::transform(&self.from, &self.to, &mut point).map_err(|e| {
            RasterError::argument("coordinate", format!("{x}, {y} cannot be transformed: {e}"))
        })?;
        let (x, y) = if self.to_degrees {
            (point.0.to_degrees(), point.1.to_degrees())
        } else {
            (point.0, point.1)
        };
        Ok((x, y))
    }
}
