//! `--area`, `--from`, `--to`: which ground and which time.

use crate::verb::{Failure, watch};
use clap::Args;
use corridor_know::extent::instant;
use corridor_sense::area::Area;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Which ground and which time.
#[derive(Debug, Args)]
pub(super) struct Extent {
    /// GeoJSON file with polygons, or W,S,E,N in degrees
    #[arg(long, value_name = "FILE|W,S,E,N", allow_hyphen_values = true)]
    pub(super) area: Option<String>,
    /// First instant: a date, or a date and time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) from: Option<Timestamp>,
    /// First instant after: a date, or a date and time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) to: Option<Timestamp>,
}

impl Extent {
    /// The area, checked; `None` where none is given.
    pub(super) fn area(&self) -> Result<Option<Area>, Failure> {
        let Some(text) = &self.area else {
            return Ok(None);
        };
        let refused =
            |e: corridor_sense::area::AreaError| Failure::Usage(format!("--area {text}: {e}"));
        let area = match watch::read_area(text)? {
            (Some(json), _) => Area::from_geojson(&json.to_string()).map_err(refused)?,
            (None, Some([west, south, east, north])) => {
                Area::from_bbox(west, south, east, north).map_err(refused)?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(area))
    }
}

impl Extent {
    /// The area as openEO's `spatial_extent`: a box, or the GeoJSON of the file.
    pub(super) fn spatial_extent(&self) -> Result<Option<Value>, Failure> {
        Ok(
            match self.area.as_deref().map(watch::read_area).transpose()? {
                Some((None, Some([west, south, east, north]))) => {
                    Some(json!({"west": west, "south": south, "east": east, "north": north}))
                }
                Some((geojson, _)) => geojson,
                None => None,
            },
        )
    }

    /// The time as openEO's `temporal_extent`.
    pub(super) fn temporal_extent(&self) -> Option<Value> {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        (self.from.is_some() || self.to.is_some()).then(|| json!([text(self.from), text(self.to)]))
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    instant(text).ok_or_else(|| {
        "should be a date (2020-07-30) or a date and time (2020-07-30T09:20:00Z)".to_string()
    })
}
