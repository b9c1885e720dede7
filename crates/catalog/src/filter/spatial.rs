//! Spatial operators (§7.9 of OGC 21-065r2), planar in longitude and latitude.

use geo::{Intersects, Relate, Validation};

use super::{FilterError, Op};
use crate::shape::to_geo;

/// A geometry as it was written and as a shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) geojson: geojson::Geometry,
    pub(crate) geo: geo::Geometry<f64>,
}

impl Shape {
    pub(crate) fn of(geojson: geojson::Geometry) -> Result<Self, FilterError> {
        let geo = to_geo(&geojson).map_err(|e| FilterError::Invalid(e.to_string()))?;
        Ok(Self { geojson, geo })
    }
}

/// The answer of a spatial operator. Only intersection has one for a geometry that is not valid,
/// such as a polygon that crosses itself.
pub(super) fn relate(op: Op, a: &geo::Geometry<f64>, b: &geo::Geometry<f64>) -> Option<bool> {
    match op {
        Op::SIntersects => return Some(a.intersects(b)),
        Op::SDisjoint => return Some(!a.intersects(b)),
        _ if !a.is_valid() || !b.is_valid() => return None,
        _ => {}
    }
    let matrix = a.relate(b);
    Some(match op {
        Op::SEquals => matrix.is_equal_topo(),
        Op::STouches => matrix.is_touches(),
        Op::SCrosses => matrix.is_crosses(),
        Op::SWithin => matrix.is_within(),
        Op::SContains => matrix.is_contains(),
        Op::SOverlaps => matrix.is_overlaps(),
        _ => return None,
    })
}
