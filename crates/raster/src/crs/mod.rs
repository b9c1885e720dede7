//! Coordinate reference systems: codes, definitions, and transforms between them.

mod epsg;
pub(crate) mod esri;
mod transform;
mod wkt;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::RasterError;

pub use transform::Transformer;

/// Longest definition string that is accepted, in bytes.
const DEFINITION_BYTES_MAX: usize = 1024;

/// A coordinate reference system: an EPSG code, a PROJ string, or unknown.
///
/// A code that is not in the crate's own table is kept, so that it can be
/// shown and written again, but no coordinate can be computed with it.
/// As text it is `EPSG:n`, the PROJ string, or `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Crs {
    epsg: Option<u32>,
    proj: Option<String>,
    name: Option<String>,
}

impl Crs {
    /// A system of the EPSG registry that this crate can compute with.
    ///
    /// # Errors
    /// When the code is not in the crate's table.
    pub fn epsg(code: u32) -> Result<Self, RasterError> {
        match epsg::proj_string(code) {
            Some(proj) => Ok(Self {
                epsg: Some(code),
                proj: Some(proj),
                name: epsg::name(code),
            }),
            None => Err(RasterError::crs(
                format!("EPSG:{code}"),
                "not in the table of supported codes",
            )),
        }
    }

    /// A system given by its code alone, also when it cannot be computed with.
    #[must_use]
    pub fn from_code(code: u32) -> Self {
        Self::epsg(code).unwrap_or(Self {
            epsg: Some(code),
            proj: None,
            name: None,
        })
    }

    /// A system given by a PROJ string such as `+proj=utm +zone=25 +south +ellps=WGS84`.
    ///
    /// # Errors
    /// When the string is too long or not understood.
    pub fn from_proj_string(definition: &str) -> Result<Self, RasterError> {
        let definition = definition.trim();
        if definition.len() > DEFINITION_BYTES_MAX {
            return Err(RasterError::crs(
                definition.chars().take(40).collect::<String>(),
                format!("definition longer than {DEFINITION_BYTES_MAX} bytes"),
            ));
        }
        transform::check(definition)?;
        Ok(Self {
            epsg: None,
            proj: Some(definition.to_owned()),
            name: None,
        })
    }

    /// WGS 84 longitude, latitude in degrees (EPSG:4326, in the order of GeoJSON).
    #[must_use]
    pub fn wgs84() -> Self {
        Self::from_code(4326)
    }

    /// No known system: pixels without a place.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// EPSG code, when there is one.
    #[must_use]
    pub const fn epsg_code(&self) -> Option<u32> {
        self.epsg
    }

    /// PROJ string, when coordinates can be computed.
    #[must_use]
    pub fn proj_string(&self) -> Option<&str> {
        self.proj.as_deref()
    }

    /// Name for people, where known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether there is neither a code nor a definition.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.epsg.is_none() && self.proj.is_none()
    }

    /// Whether coordinates are longitude and latitude in degrees.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        self.proj
            .as_deref()
            .is_some_and(|p| p.contains("+proj=longlat") || p.contains("+proj=latlong"))
    }

    /// Whether the registry's first axis of this projected system is northing.
    pub(crate) fn is_north_first(&self) -> bool {
        self.epsg.is_some_and(epsg::north_first)
    }

    /// WKT 1 text of the system, where the crate can write it.
    #[must_use]
    pub fn wkt(&self) -> Option<String> {
        wkt::write(self)
    }

    /// Gives the system a name (a citation of the file it came from).
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epsg, &self.proj) {
            (Some(code), _) => write!(f, "EPSG:{code}"),
            (None, Some(proj)) => f.write_str(proj),
            (None, None) => f.write_str("unknown"),
        }
    }
}

impl FromStr for Crs {
    type Err = RasterError;

    fn from_str(text: &str) -> Result<Self, RasterError> {
        let text = text.trim();
        if let Some(code) = text
            .get(..5)
            .filter(|p| p.eq_ignore_ascii_case("epsg:"))
            .and_then(|_| text.get(5..))
        {
            let code = code
                .parse()
                .map_err(|_| RasterError::crs(text, "the EPSG code is not a number"))?;
            return Self::epsg(code);
        }
        if text.starts_with('+') {
            return Self::from_proj_string(text);
        }
        if text == "unknown" {
            return Ok(Self::unknown());
        }
        Err(RasterError::crs(
            text.chars().take(80).collect::<String>(),
            "expected EPSG:n or a PROJ string",
        ))
    }
}

impl Serialize for Crs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Crs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// PROJ words of the datum of a geographic system of the EPSG registry.
pub(crate) fn datum_of(code: u32) -> Option<String> {
    let proj = epsg::proj_string(code)?;
    let words: Vec<&str> = proj
        .split_whitespace()
        .filter(|w| {
            [
                "+datum=",
                "+ellps=",
                "+towgs84=",
                "+a=",
                "+b=",
                "+rf=",
                "+R=",
            ]
            .iter()
            .any(|p| w.starts_with(p))
        })
        .collect();
    (proj.contains("+proj=longlat") && !words.is_empty()).then(|| words.join(" "))
}
