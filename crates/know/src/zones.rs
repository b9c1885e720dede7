//! Statistics of a raster under named polygons: coverage-weighted, one record a polygon.

use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::{Crs, Grid, Transformer};
use corridor_raster::zonal::{self, Ring, Tally, Zone};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// Most features of one collection.
pub const FEATURES_MAX: usize = 1_000_000;
/// Steps of a histogram, from the least to the greatest value of each polygon.
pub const HISTOGRAM_STEPS: usize = 10;
/// Degrees around a raster at which polygons are cut when they cannot be projected whole.
const CUT_MARGIN_DEG: f64 = 2.0;

/// A figure of the pixels under a polygon, each weighted by the part of it that is covered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Standard deviation of the population.
    Stdev,
    /// Sum of the parts of pixels that have a measurement.
    Count,
    /// Sum of value times part.
    Sum,
    /// Least value of a pixel touched.
    Min,
    /// Greatest value of a pixel touched.
    Max,
    /// Quantile, percent.
    Quantile(f64),
    /// Weights in [`HISTOGRAM_STEPS`] equal steps from the least to the greatest value.
    Histogram,
}

impl Statistic {
    /// Whether the values themselves must be kept for it.
    #[must_use]
    pub const fn needs_values(self) -> bool {
        matches!(self, Self::Quantile(_) | Self::Histogram)
    }

    /// The figure; `null` where there is no measurement.
    #[must_use]
    pub fn of(self, tally: &mut Tally) -> Value {
        let figure = match self {
            Self::Mean => tally.mean(),
            Self::Stdev => tally.stdev(),
            Self::Count => Some(tally.count()),
            Self::Sum => Some(tally.sum()),
            Self::Min => tally.min(),
            Self::Max => tally.max(),
            Self::Quantile(percent) => tally.quantile(percent / 100.0),
            Self::Histogram => {
                let (Some(min), Some(max)) = (tally.min(), tally.max()) else {
                    return Value::Null;
                };
                let counts = tally.histogram(min, max, HISTOGRAM_STEPS);
                return serde_json::json!({"min": min, "max": max, "counts": counts});
            }
        };
        figure.map_or(Value::Null, Value::from)
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => write!(f, "mean"),
            Self::Stdev => write!(f, "stdev"),
            Self::Count => write!(f, "count"),
            Self::Sum => write!(f, "sum"),
            Self::Min => write!(f, "min"),
            Self::Max => write!(f, "max"),
            Self::Quantile(percent) if (percent - 50.0).abs() < f64::EPSILON => write!(f, "median"),
            Self::Quantile(percent) => write!(f, "q{percent}"),
            Self::Histogram => write!(f, "histogram"),
        }
    }
}

impl FromStr for Statistic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.trim() {
            "mean" => Self::Mean,
            "stdev" => Self::Stdev,
            "count" => Self::Count,
            "sum" => Self::Sum,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Quantile(50.0),
            "histogram" => Self::Histogram,
            other => {
                let percent = other.strip_prefix('q').and_then(|p| p.parse().ok());
                match percent {
                    Some(percent) if (0.0..=100.0).contains(&percent) => Self::Quantile(percent),
                    _ => {
                        return Err(format!(
                            "{other:?} is none of mean, stdev, count, sum, min, max, median, \
                             q0 to q100 (a quantile in percent), histogram"
                        ));
                    }
                }
            }
        })
    }
}

/// Polygons with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPolygons {
    /// The feature's `id`, else its property `id`, else its place in the file, counted from 0.
    pub id: String,
    /// Each an outer ring and its holes, in coordinates of the file's system; empty where the
    /// feature has no geometry.
    pub polygons: Vec<Vec<Ring>>,
}

/// Reads the polygons of a GeoJSON document and the system of their coordinates: longitude and
/// latitude as RFC 7946 has it, or the EPSG code of a `crs` member of GeoJSON 2008.
///
/// # Errors
/// A sentence that names the feature and what is wrong with it.
pub fn polygons_of_geojson(json: &Value) -> Result<(Crs, Vec<NamedPolygons>), String> {
    let crs = match json.get("crs").filter(|c| !c.is_null()) {
        Some(crs) => crs_of_member(crs)?,
        None => Crs::wgs84(),
    };
    let features: Vec<&Value> = match json.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => json
            .get("features")
            .and_then(Value::as_array)
            .ok_or("the collection has no array of features")?
            .iter()
            .collect(),
        Some("Feature" | "Polygon" | "MultiPolygon") => vec![json],
        other => {
            return Err(format!(
                "{} is no GeoJSON of polygons",
                other.unwrap_or("a document without a type")
            ));
        }
    };
    if features.len() > FEATURES_MAX {
        return Err(format!(
            "{} features, above the limit of {FEATURES_MAX}",
            features.len()
        ));
    }
    let mut all = Vec::with_capacity(features.len());
    for (index, feature) in features.into_iter().enumerate() {
        let is_feature = feature.get("type").and_then(Value::as_str) == Some("Feature");
        let geometry = if is_feature {
            feature.get("geometry").unwrap_or(&Value::Null)
        } else {
            feature
        };
        let polygons =
            polygons_of_geometry(geometry).map_err(|e| format!("feature {index}: {e}"))?;
        let id = feature
            .get("id")
            .or_else(|| feature.get("properties")?.get("id"))
            .and_then(|id| match id {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
        all.push(NamedPolygons {
            id: id.unwrap_or_else(|| index.to_string()),
            polygons,
        });
    }
    Ok((crs, all))
}

/// `{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32725"}}`.
fn crs_of_member(member: &Value) -> Result<Crs, String> {
    let name = member
        .pointer("/properties/name")
        .and_then(Value::as_str)
        .ok_or("the crs member names no system")?;
    if name.ends_with("CRS84") {
        return Ok(Crs::wgs84());
    }
    let code = name
        .contains("EPSG")
        .then(|| name.rsplit([':', '/']).next()?.parse::<u32>().ok())
        .flatten()
        .ok_or_else(|| format!("{name:?} names no EPSG code"))?;
    Crs::epsg(code).map_err(|e| e.to_string())
}

fn polygons_of_geometry(geometry: &Value) -> Result<Vec<Vec<Ring>>, String> {
    let coordinates = || {
        geometry
            .get("coordinates")
            .ok_or_else(|| "a geometry without coordinates".to_string())
    };
    let parts = |value: &Value| -> Result<Vec<Value>, String> {
        value
            .as_array()
            .cloned()
            .ok_or_else(|| "coordinates that are no array".to_string())
    };
    match geometry.get("type").and_then(Value::as_str) {
        None if geometry.is_null() => Ok(Vec::new()),
        Some("Polygon") => Ok(vec![polygon(coordinates()?)?]),
        Some("MultiPolygon") => parts(coordinates()?)?.iter().map(polygon).collect(),
        Some("GeometryCollection") => {
            let members = geometry.get("geometries").and_then(Value::as_array);
            let members = members.ok_or("a collection without geometries")?;
            let mut all = Vec::new();
            for member in members {
                if member.get("type").and_then(Value::as_str) == Some("GeometryCollection") {
                    return Err("a collection within a collection".to_string());
                }
                all.extend(polygons_of_geometry(member)?);
            }
            Ok(all)
        }
        Some(other) => Err(format!("a {other} has no area; polygons are needed")),
        None => Err("a geometry without a type".to_string()),
    }
}

fn polygon(rings: &Value) -> Result<Vec<Ring>, String> {
    let rings = rings
        .as_array()
        .ok_or("a polygon that is no array of rings")?;
    rings
        .iter()
        .map(|ring| {
            let ring = ring.as_array().ok_or("a ring that is no array")?;
            if ring.len() < 3 {
                return Err(format!("a ring of {} corners", ring.len()));
            }
            ring.iter()
                .map(|corner| {
                    let at = |i: usize| corner.get(i)?.as_f64().filter(|v| v.is_finite());
                    match (at(0), at(1)) {
                        (Some(x), Some(y)) => Ok([x, y]),
                        _ => Err(format!("{corner} is no position")),
                    }
                })
                .collect()
        })
        .collect()
}

/// Lays polygons given in one system on the grid of a raster in another.
#[derive(Debug)]
pub struct Layer<'a> {
    grid: &'a Grid,
    transformer: Transformer,
    /// Outline of the raster in the polygons' system, with a margin; only for geographic ones.
    outline: Option<[f64; 4]>,
}

impl<'a> Layer<'a> {
    /// Prepares the way from the polygons' system to the raster's.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(crs: &Crs, grid: &'a Grid) -> Result<Self, RasterError> {
        let transformer = Transformer::new(crs, &grid.crs)?;
        let outline = if crs.is_geographic() {
            grid.bounds_wgs84().ok().filter(|b| b[0] < b[2])
        } else {
            None
        };
        let margin = CUT_MARGIN_DEG;
        Ok(Self {
            grid,
            transformer,
            outline: outline.map(|[w, s, e, n]| [w - margin, s - margin, e + margin, n + margin]),
        })
    }

    /// The zone of some polygons: corners are projected, edges are straight between them.
    /// `None` where no pixel is touched.
    ///
    /// # Errors
    /// When a corner cannot be projected though it is near the raster, or as [`Zone::new`].
    pub fn zone(&self, polygons: &[Vec<Ring>]) -> Result<Option<Zone>, RasterError> {
        if let Some(outline) = self.outline
            && !meets(polygons, outline)
        {
            return Ok(None);
        }
        let projected = match (self.project(polygons), self.outline) {
            (Ok(projected), _) => projected,
            // Far corners may be outside the projection: cut the polygon near the raster.
            (Err(_), Some(outline)) => self.project(&cut(polygons, outline))?,
            (Err(e), None) => return Err(e),
        };
        Zone::new(self.grid, &projected)
    }

    fn project(&self, polygons: &[Vec<Ring>]) -> Result<Vec<Vec<Ring>>, RasterError> {
        let ring = |ring: &Ring| -> Result<Ring, RasterError> {
            ring.iter()
                .map(|p| self.transformer.transform(p[0], p[1]).map(|(x, y)| [x, y]))
                .collect()
        };
        polygons
            .iter()
            .map(|polygon| polygon.iter().map(ring).collect())
            .collect()
    }
}

fn meets(polygons: &[Vec<Ring>], [west, south, east, north]: [f64; 4]) -> bool {
    polygons.iter().filter_map(|p| p.first()).any(|ring| {
        let range = |axis: usize| {
            ring.iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
                    (low.min(p[axis]), high.max(p[axis]))
                })
        };
        let (x, y) = (range(0), range(1));
        x.0 <= east && x.1 >= west && y.0 <= north && y.1 >= south
    })
}

/// Polygons cut to a box, side by side (Sutherland and Hodgman). What of the outline runs along
/// the box lies outside the raster, where it covers nothing.
fn cut(polygons: &[Vec<Ring>], [west, south, east, north]: [f64; 4]) -> Vec<Vec<Ring>> {
    let sides = [
        (0, west, 1.0),
        (0, east, -1.0),
        (1, south, 1.0),
        (1, north, -1.0),
    ];
    let ring = |ring: &Ring| {
        let mut ring = ring.clone();
        for (axis, limit, direction) in sides {
            let inside = |p: &[f64; 2]| (p[axis] - limit) * direction >= 0.0;
            let mut kept = Vec::with_capacity(ring.len());
            for (i, b) in ring.iter().enumerate() {
                let a = ring[(i + ring.len() - 1) % ring.len()];
                if inside(&a) != inside(b) {
                    let f = (limit - a[axis]) / (b[axis] - a[axis]);
                    kept.push([a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])]);
                }
                if inside(b) {
                    kept.push(*b);
                }
            }
            ring = kept;
        }
        ring
    };
    polygons
        .iter()
        .map(|polygon| polygon.iter().map(ring).collect())
        .collect()
}

/// Figures of all bands of a dataset under one polygon: `statistics` of the first band, then of
/// the next.
///
/// # Errors
/// As [`Layer::zone`] and [`zonal::statistics`].
pub fn figures(
    dataset: &Dataset,
    layer: &Layer<'_>,
    polygons: &[Vec<Ring>],
    statistics: &[Statistic],
) -> Result<Vec<Value>, RasterError> {
    let zone = layer.zone(polygons)?;
    let bands: Vec<usize> = (0..dataset.bands()).collect();
    let values = statistics.iter().any(|s| s.needs_values());
    let mut tallies = zonal::statistics(dataset, &bands, zone.as_ref(), values)?;
    Ok(tallies
        .iter_mut()
        .flat_map(|tally| statistics.iter().map(|s| s.of(tally)).collect::<Vec<_>>())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_systems_of_polygons() {
        let square = json!([[[0, 0], [1, 0], [1, 1], [0, 0]]]);
        let feature = |more: Value| {
            let mut feature = json!({"type": "Feature", "properties": {},
                "geometry": {"type": "Polygon", "coordinates": square}});
            for (key, value) in more.as_object().unwrap() {
                feature[key] = value.clone();
            }
            feature
        };
        let document = json!({"type": "FeatureCollection", "features": [
            feature(json!({"id": "a"})), feature(json!({"properties": {"id": 7}})),
            feature(json!({"geometry": null})),
        ]});
        let (crs, found) = polygons_of_geojson(&document).unwrap();
        assert!(crs.is_geographic());
        let names: Vec<&str> = found.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(names, ["a", "7", "2"]);
        assert!(found[2].polygons.is_empty());
        let mut document = document;
        document["crs"] = json!({"properties": {"name": "urn:ogc:def:crs:EPSG::32725"}});
        assert_eq!(
            polygons_of_geojson(&document).unwrap().0.epsg_code(),
            Some(32725)
        );
        let point =
            json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}});
        assert!(polygons_of_geojson(&point).unwrap_err().contains("Point"));
        for bad in [
            json!(3),
            json!({"type": "Polygon"}),
            json!({"type": "Polygon", "coordinates": [[["x", 1]]]}),
        ] {
            assert!(polygons_of_geojson(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn statistics_have_names() {
        for name in [
            "mean",
            "stdev",
            "count",
            "sum",
            "min",
            "max",
            "median",
            "q5",
            "q97.5",
            "histogram",
        ] {
            assert_eq!(name.parse::<Statistic>().unwrap().to_string(), name);
        }
        for bad in ["", "avg", "q101", "qx", "q-1"] {
            assert!(bad.parse::<Statistic>().is_err(), "{bad}");
        }
    }

    #[test]
    fn polygons_are_cut_to_a_box() {
        let ring = vec![[-10.0, -10.0], [10.0, -10.0], [10.0, 10.0], [-10.0, 10.0]];
        let found = cut(&[vec![ring]], [0.0, 0.0, 2.0, 3.0]);
        let mut corners = found[0][0].clone();
        corners.sort_by(|a, b| a.partial_cmp(b).unwrap());
        corners.dedup();
        assert_eq!(corners, [[0.0, 0.0], [0.0, 3.0], [2.0, 0.0], [2.0, 3.0]]);
    }
}
