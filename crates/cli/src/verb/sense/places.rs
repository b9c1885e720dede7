//! `--at`, `--places`, `--stations`: where to look.

use crate::verb::Failure;
use clap::Args;
use corridor_orbit::earth::Geodetic;
use corridor_sense::place::{self, Place, PlaceError, TEXT_MAX, check_position};
use std::path::{Path, PathBuf};

/// Where to look.
#[derive(Debug, Args)]
#[group(id = "where", required = false, multiple = false)]
pub(crate) struct Places {
    /// A place: longitude and latitude in degrees, height in metres (0 where it is not said)
    #[arg(long, value_name = "LON,LAT[,H]", allow_hyphen_values = true, value_parser = position)]
    at: Option<Geodetic>,
    /// Places as GeoJSON features; lines and polygons are looked at in their middle
    #[arg(long, value_name = "FILE.geojson")]
    places: Option<PathBuf>,
    /// Places as a JSON list of stations with id, lon, lat and alt_m
    #[arg(long, value_name = "FILE.json")]
    stations: Option<PathBuf>,
}

impl Places {
    /// Whether any are named.
    pub(crate) fn any(&self) -> bool {
        self.at.is_some() || self.places.is_some() || self.stations.is_some()
    }

    /// Reads them; there is at least one.
    pub(crate) fn read(&self) -> Result<Vec<Place>, Failure> {
        if let Some(position) = self.at {
            return Ok(vec![Place::point("at", position)]);
        }
        match (&self.places, &self.stations) {
            (Some(file), _) => of_file(file, place::features),
            (_, Some(file)) => of_file(file, place::stations),
            (None, None) => Err(Failure::Usage(
                "--at, --places or --stations should say where".into(),
            )),
        }
    }
}

fn of_file(
    path: &Path,
    read: fn(&str, &str) -> Result<Vec<Place>, PlaceError>,
) -> Result<Vec<Place>, Failure> {
    let file = path.display().to_string();
    let failed = |e: &dyn std::fmt::Display| Failure::Failed(format!("{file}: {e}"));
    let size = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
    if size > TEXT_MAX as u64 {
        return Err(failed(&format!("{size} bytes; at most {TEXT_MAX}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
    read(&file, &text).map_err(|e| Failure::Failed(e.to_string()))
}

/// `LON,LAT[,H]`.
pub(crate) fn position(text: &str) -> Result<Geodetic, String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([lon, lat]) => check_position(*lon, *lat, 0.0),
        Some([lon, lat, height]) => check_position(*lon, *lat, *height),
        _ => Err("should be LON,LAT or LON,LAT,H in degrees and metres".into()),
    }
}
