//! `corridor raster`: what files hold, values at places, warps, tiles.

mod info;
mod tile;
mod value;
mod warp;

use super::{Failure, Outcome};
use clap::Subcommand;
use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;

/// Pixels of one file, given by its path or address.
#[derive(Debug, Subcommand)]
pub(crate) enum Raster {
    /// Say what a file is and holds: size, bands, type, place, nodata, sums, measurements
    Info(info::Info),
    /// Print the values of the pixel at a place
    Value(value::At),
    /// Move a file to another coordinate reference system or resolution, as a COG
    Warp(warp::Warp),
    /// Draw one WebMercatorQuad tile
    Tile(tile::Tile),
}

impl Raster {
    pub(crate) async fn run(self) -> Outcome {
        let work = move || match self {
            Self::Info(info) => info.run(),
            Self::Value(value) => value.run(),
            Self::Warp(warp) => warp.run(),
            Self::Tile(tile) => tile.run(),
        };
        // Reading and computing block: they stay off the threads of the runtime.
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| Failure::Failed(e.to_string()))?
    }
}

impl From<RasterError> for Failure {
    fn from(error: RasterError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Environment variables with these beginnings configure object stores.
const STORE_VARIABLES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// Opens a raster file by its path or address.
pub(crate) fn open(file: &str) -> Result<Dataset, Failure> {
    let options: Vec<(String, String)> = std::env::vars()
        .filter(|(name, _)| STORE_VARIABLES.iter().any(|v| name.starts_with(v)))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    Ok(Dataset::open_at(file, &options)?)
}
