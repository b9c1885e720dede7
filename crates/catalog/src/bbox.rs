//! Bounding boxes in WGS 84 degrees.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::shape::without_overhang;

/// `[west, south, east, north]` in degrees; west > east crosses the antimeridian (RFC 7946 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Bbox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

/// Why a bounding box is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BboxError {
    /// Neither four numbers nor six.
    #[error("bbox has {0} numbers; give west,south,east,north (or the six-number form)")]
    Count(usize),
    /// A part that is not a number.
    #[error("bbox: {0:?} is not a number")]
    NotANumber(String),
    /// Longitude outside ±180° or not finite.
    #[error("bbox: {edge} is {value_deg}; longitude must be within -180 to 180 degrees")]
    Longitude {
        /// `west` or `east`.
        edge: &'static str,
        /// The value given, degrees.
        value_deg: f64,
    },
    /// Latitude outside ±90° or not finite.
    #[error("bbox: {edge} is {value_deg}; latitude must be within -90 to 90 degrees")]
    Latitude {
        /// `south` or `north`.
        edge: &'static str,
        /// The value given, degrees.
        value_deg: f64,
    },
    /// South above north.
    #[error("bbox: south {south_deg} is above north {north_deg}")]
    UpsideDown {
        /// Southern edge, degrees.
        south_deg: f64,
        /// Northern edge, degrees.
        north_deg: f64,
    },
}

impl Bbox {
    /// The whole Earth.
    pub const WORLD: Self = Self {
        west: -180.0,
        south: -90.0,
        east: 180.0,
        north: 90.0,
    };

    /// A box from its edges in degrees.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, BboxError> {
        for (edge, value_deg) in [("west", west), ("east", east)] {
            if !(-180.0..=180.0).contains(&value_deg) {
                return Err(BboxError::Longitude { edge, value_deg });
            }
        }
        for (edge, value_deg) in [("south", south), ("north", north)] {
            if !(-90.0..=90.0).contains(&value_deg) {
                return Err(BboxError::Latitude { edge, value_deg });
            }
        }
        if south > north {
            return Err(BboxError::UpsideDown {
                south_deg: south,
                north_deg: north,
            });
        }
        Ok(Self {
            west,
            south,
            east,
            north,
        })
    }

    /// A box from four numbers, or six with the heights left aside.
    pub fn from_slice(numbers: &[f64]) -> Result<Self, BboxError> {
        match *numbers {
            [west, south, east, north] | [west, south, _, east, north, _] => {
                Self::new(west, south, east, north)
            }
            _ => Err(BboxError::Count(numbers.len())),
        }
    }

    /// Western edge, degrees.
    pub fn west_deg(&self) -> f64 {
        self.west
    }

    /// Southern edge, degrees.
    pub fn south_deg(&self) -> f64 {
        self.south
    }

    /// Eastern edge, degrees.
    pub fn east_deg(&self) -> f64 {
        self.east
    }

    /// Northern edge, degrees.
    pub fn north_deg(&self) -> f64 {
        self.north
    }

    /// `[west, south, east, north]`, degrees.
    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    /// The box of an Item, whose longitudes may hang over ±180° by a few degrees; cut there.
    ///
    /// # Errors
    /// As [`Self::from_slice`].
    pub fn of_item(numbers: &[f64]) -> Result<Self, BboxError> {
        let mut numbers = numbers.to_vec();
        let east = numbers.len() / 2;
        for edge in [0, east] {
            if let Some(lon_deg) = numbers.get_mut(edge) {
                *lon_deg = without_overhang(*lon_deg);
            }
        }
        Self::from_slice(&numbers)
    }

    /// True when the box goes over the antimeridian.
    pub fn crosses_antimeridian(&self) -> bool {
        self.west > self.east
    }

    /// One rectangle, or the two on both sides of the antimeridian.
    pub fn rectangles(&self) -> Vec<geo::Rect<f64>> {
        let rect = |west, east| {
            geo::Rect::new(
                geo::coord! { x: west, y: self.south },
                geo::coord! { x: east, y: self.north },
            )
        };
        if self.crosses_antimeridian() {
            vec![rect(self.west, 180.0), rect(-180.0, self.east)]
        } else {
            vec![rect(self.west, self.east)]
        }
    }
}

impl From<Bbox> for Vec<f64> {
    fn from(bbox: Bbox) -> Self {
        bbox.to_array().to_vec()
    }
}

impl TryFrom<Vec<f64>> for Bbox {
    type Error = BboxError;

    fn try_from(numbers: Vec<f64>) -> Result<Self, BboxError> {
        Self::from_slice(&numbers)
    }
}

impl FromStr for Bbox {
    type Err = BboxError;

    /// The query form: four or six numbers with commas.
    fn from_str(text: &str) -> Result<Self, BboxError> {
        let mut numbers = Vec::with_capacity(6);
        for part in text.split(',') {
            if numbers.len() == 6 {
                return Err(BboxError::Count(text.split(',').count()));
            }
            let number: f64 = part
                .trim()
                .parse()
                .map_err(|_| BboxError::NotANumber(part.trim().to_owned()))?;
            numbers.push(number);
        }
        Self::from_slice(&numbers)
    }
}

/// Bounds of a geometry in degrees. Several parts of which some touch -180° and others 180° are one
/// footprint cut at the antimeridian and get west > east. What hangs over ±180°
/// by a few degrees is cut there. `None` for an empty geometry or one that leaves the Earth.
pub fn geometry_bounds(geometry: &geojson::Geometry) -> Option<Bbox> {
    let shape = crate::shape::footprint(geometry).ok()?;
    shape_bounds(&shape)
}

/// As [`geometry_bounds`], of a shape.
pub(crate) fn shape_bounds(shape: &geo::Geometry<f64>) -> Option<Bbox> {
    use geo::BoundingRect;

    let whole = shape.bounding_rect()?;
    let (min, max) = (whole.min(), whole.max());
    if let geo::Geometry::MultiPolygon(parts) = shape {
        let rects: Vec<geo::Rect<f64>> = parts.iter().filter_map(|p| p.bounding_rect()).collect();
        let (western, eastern): (Vec<geo::Rect<f64>>, Vec<geo::Rect<f64>>) =
            rects.iter().copied().partition(|rect| rect.max().x <= 0.0);
        let touches_west = western.iter().any(|rect| rect.min().x <= -180.0);
        let touches_east = eastern.iter().any(|rect| rect.max().x >= 180.0);
        if touches_west && touches_east && eastern.iter().all(|rect| rect.min().x >= 0.0) {
            let west = eastern
                .iter()
                .map(|rect| rect.min().x)
                .fold(180.0, f64::min);
            let east = western
                .iter()
                .map(|rect| rect.max().x)
                .fold(-180.0, f64::max);
            return Bbox::new(west, min.y, east, max.y).ok();
        }
    }
    Bbox::new(
        without_overhang(min.x),
        min.y,
        without_overhang(max.x),
        max.y,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_query_form() {
        let bbox: Bbox = "-35.1, -8.1,-34.7,-7.9".parse().unwrap();
        assert_eq!(bbox, Bbox::new(-35.1, -8.1, -34.7, -7.9).unwrap());
        let with_heights: Bbox = "-35.1,-8.1,0,-34.7,-7.9,100".parse().unwrap();
        assert_eq!(with_heights, bbox);
    }

    #[test]
    fn refuses_what_is_not_on_earth() {
        assert_eq!("1,2,3".parse::<Bbox>(), Err(BboxError::Count(3)));
        assert_eq!(
            "1,2,x,4".parse::<Bbox>(),
            Err(BboxError::NotANumber("x".to_owned()))
        );
        assert!(matches!(
            "-181,0,0,1".parse::<Bbox>(),
            Err(BboxError::Longitude { .. })
        ));
        assert!(matches!(
            "0,0,1,90.5".parse::<Bbox>(),
            Err(BboxError::Latitude { .. })
        ));
        assert!(matches!(
            "0,0,nan,1".parse::<Bbox>(),
            Err(BboxError::Longitude { .. })
        ));
        assert!(matches!(
            "0,2,1,1".parse::<Bbox>(),
            Err(BboxError::UpsideDown { .. })
        ));
        let many = vec!["0"; 100_000].join(",");
        assert_eq!(many.parse::<Bbox>(), Err(BboxError::Count(100_000)));
    }

    #[test]
    fn a_box_over_the_antimeridian_is_two_rectangles() {
        let fiji = Bbox::new(177.0, -20.0, -178.0, -12.0).unwrap();
        let [east, west] = fiji.rectangles().try_into().unwrap();
        assert_eq!((east.min().x, east.max().x), (177.0, 180.0));
        assert_eq!((west.min().x, west.max().x), (-180.0, -178.0));
    }

    #[test]
    fn bounds_of_a_footprint_cut_at_the_antimeridian() {
        let cut: geojson::Geometry = serde_json::from_value(serde_json::json!({
            "type": "MultiPolygon",
            "coordinates": [
                [[[177.0, -20.0], [180.0, -20.0], [180.0, -12.0], [177.0, -20.0]]],
                [[[-180.0, -20.0], [-178.0, -20.0], [-180.0, -12.0], [-180.0, -20.0]]]
            ]
        }))
        .unwrap();
        let bounds = geometry_bounds(&cut).unwrap();
        assert_eq!(bounds, Bbox::new(177.0, -20.0, -178.0, -12.0).unwrap());
    }
}
