//! Extents in space and time, as openEO writes them.

use corridor_raster::grid::Crs;
use geo::MultiPolygon;
use jiff::Timestamp;

/// Part of space to load or keep.
#[derive(Debug, Clone)]
pub enum SpatialExtent {
    /// A box in a reference system; pixels whose centre lies inside or on the edge.
    Box {
        /// Least x.
        west: f64,
        /// Least y.
        south: f64,
        /// Greatest x.
        east: f64,
        /// Greatest y.
        north: f64,
        /// Reference system of the four.
        crs: Crs,
    },
    /// Polygons, longitude and latitude in degrees; their bounding box is loaded and pixels
    /// whose centre lies outside become nodata.
    Polygons(MultiPolygon<f64>),
}

/// Half-open interval `[start, end)`; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TemporalExtent {
    /// First instant inside.
    pub start: Option<Timestamp>,
    /// First instant outside.
    pub end: Option<Timestamp>,
}

impl TemporalExtent {
    /// Whether the instant lies in the interval.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= instant) && self.end.is_none_or(|end| instant < end)
    }
}

/// The instant of an RFC 3339 date and time, or the start of a date, in UTC.
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    // A civil date also parses from longer texts; only a bare date is meant.
    if text.len() != 10 {
        return None;
    }
    format!("{date}T00:00:00Z").parse().ok()
}
