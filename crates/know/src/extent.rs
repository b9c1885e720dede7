//! Extents in space and time, as openEO writes them.

use crate::value::Value;
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

/// Reads a spatial extent: a box (EPSG:4326 unless it says `crs`) or GeoJSON polygons; `None` for
/// null.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn spatial_extent(value: &Value) -> Result<Option<SpatialExtent>, String> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) => members,
        other => return Err(format!("{} is no box and no GeoJSON", other.type_name())),
    };
    if members.contains_key("type") {
        let json = value.to_json().unwrap_or_default();
        let all = crate::geometry::polygons_of_geojson(&json)?;
        let polygons = all.into_iter().flat_map(|multi| multi.0).collect();
        return Ok(Some(SpatialExtent::Polygons(MultiPolygon(polygons))));
    }
    let side = |name: &str| match members.get(name) {
        Some(Value::Number(number)) if number.is_finite() => Ok(*number),
        _ => Err(format!("{name:?} must be a finite number")),
    };
    let (west, south) = (side("west")?, side("south")?);
    let (east, north) = (side("east")?, side("north")?);
    if south > north {
        return Err(format!("south {south} is above north {north}"));
    }
    let crs = match members.get("crs") {
        None | Some(Value::Null) => Crs::wgs84(),
        Some(value) => crs_of(value)?,
    };
    if crs.is_geographic() && (south < -90.0 || north > 90.0) {
        return Err(format!(
            "latitudes {south} to {north} are not from -90 to 90"
        ));
    }
    if west > east {
        return Err(format!("west {west} is right of east {east}"));
    }
    Ok(Some(SpatialExtent::Box {
        west,
        south,
        east,
        north,
        crs,
    }))
}

/// Reads a reference system: EPSG code, `EPSG:n`, or WKT2 that names its EPSG code at the end.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn crs_of(value: &Value) -> Result<Crs, String> {
    let code = match value {
        Value::Number(code) if *code > 0.0 && *code < 1e6 => Some(*code as u32),
        Value::Text(text) => {
            let text = text.trim();
            let named = text
                .strip_prefix("EPSG:")
                .or_else(|| text.strip_prefix("epsg:"));
            match named {
                Some(code) => code.parse().ok(),
                None => text
                    .rsplit_once("ID[\"EPSG\",")
                    .and_then(|(_, rest)| rest.trim_end_matches(']').trim().parse().ok()),
            }
        }
        _ => None,
    };
    let code = code.ok_or_else(|| {
        "the reference system must be an EPSG code, or WKT2 that ends with its EPSG code"
            .to_string()
    })?;
    Crs::epsg(code).map_err(|error| error.to_string())
}
