//! Places that satellites are asked about: stations and features, each with an id.

mod country;
mod read;

pub use country::{Countries, Country, countries};
pub use read::{features, stations};

use crate::area::{Area, AreaError};
use corridor_orbit::earth::Geodetic;

/// Most places in one file: bounds the work that a file can ask for.
pub const PLACES_MAX: usize = 100_000;

/// Longest text of places read, bytes.
pub const TEXT_MAX: usize = 64 << 20;

/// What lies there.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A point.
    Point,
    /// Lines, as positions of longitude and latitude, degrees.
    Lines(Vec<Vec<[f64; 2]>>),
    /// Polygons.
    Area(Box<Area>),
}

/// A place.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The id it has in its file; else its name; else its place in the file, from 1.
    pub id: String,
    /// Its name; empty where it has none.
    pub name: String,
    /// Where it is looked at: the point itself, the middle of a line, the planar centroid of a polygon
    /// in longitude and latitude. Height is that of the file for points and 0 for others.
    pub position: Geodetic,
    /// What lies there.
    pub shape: Shape,
}

impl Place {
    /// A point.
    pub fn point(id: impl Into<String>, position: Geodetic) -> Self {
        Self {
            id: id.into(),
            name: String::new(),
            position,
            shape: Shape::Point,
        }
    }

    /// The polygons, where the place has an inside.
    pub fn area(&self) -> Option<&Area> {
        match &self.shape {
            Shape::Area(area) => Some(area),
            Shape::Point | Shape::Lines(_) => None,
        }
    }
}

/// Places that do not read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// Not JSON, or not of the shape.
    #[error("{file}: is not {what}: {reason}")]
    Json {
        /// File name.
        file: String,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Nothing in it.
    #[error("{file}: holds no {what}")]
    Empty {
        /// File name.
        file: String,
        /// What it should hold.
        what: &'static str,
    },
    /// Longer than [`TEXT_MAX`], or more than [`PLACES_MAX`].
    #[error("{file}: holds {count} {what}; at most {most}")]
    TooMany {
        /// File name.
        file: String,
        /// What there is too much of.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A field is missing or wrong.
    #[error("{file}: {place}: {field} {reason}")]
    Field {
        /// File name.
        file: String,
        /// Which place.
        place: String,
        /// Which field.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A polygon that has no inside.
    #[error("{file}: {place}: {reason}")]
    Area {
        /// File name.
        file: String,
        /// Which place.
        place: String,
        /// What is wrong.
        #[source]
        reason: AreaError,
    },
}

/// Checks a position in degrees and metres.
///
/// # Errors
/// Names the coordinate and what would be right.
pub fn check_position(lon_deg: f64, lat_deg: f64, height_m: f64) -> Result<Geodetic, String> {
    if !(-180.0..=180.0).contains(&lon_deg) {
        return Err(format!(
            "longitude {lon_deg} is outside -180 to 180 degrees"
        ));
    }
    if !(-90.0..=90.0).contains(&lat_deg) {
        return Err(format!(
            "latitude {lat_deg} is outside -90 to 90 degrees (longitude comes first)"
        ));
    }
    if !(-12_000.0..=100_000.0).contains(&height_m) {
        return Err(format!("height {height_m} is outside -12000 to 100000 m"));
    }
    Ok(Geodetic {
        lon_deg,
        lat_deg,
        height_m,
    })
}
