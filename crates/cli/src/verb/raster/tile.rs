//! `corridor raster tile`: one tile as a picture.

use super::open;
use crate::output::say;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_raster::RasterError;
use corridor_raster::picture::Format;
use corridor_raster::style::Style;
use corridor_raster::tile::{self, TileMatrixSet};
use corridor_raster::warp::Resampling;
use std::path::PathBuf;

/// Draw one tile, of WebMercatorQuad or another set.
#[derive(Debug, Args)]
pub(crate) struct Tile {
    /// Path or address of the file
    file: String,
    /// Zoom level
    z: u8,
    /// Column of the tile, from the west
    x: u32,
    /// Row of the tile, from the north
    y: u32,
    /// Bands to draw, counted from 1: one, or three for red, green, blue
    #[arg(long, value_delimiter = ',', value_name = "BAND,...")]
    bands: Vec<usize>,
    /// Values drawn darkest and lightest; once for all bands or once for each
    #[arg(long, value_name = "A,B", allow_hyphen_values = true, value_parser = range)]
    rescale: Vec<(f64, f64)>,
    /// How pixels are resampled
    #[arg(long, default_value = "nearest", value_parser = super::warp::method)]
    method: Resampling,
    /// Arithmetic over bands to draw, for example (b4-b3)/(b4+b3)
    #[arg(long, conflicts_with = "bands")]
    expression: Option<String>,
    /// Tile matrix set in the JSON of OGC 17-083r4, in place of WebMercatorQuad
    #[arg(long, value_name = "FILE.json")]
    matrix_set: Option<PathBuf>,
    /// File to write: .png, .webp, .jpg or .raw
    #[arg(short, long, value_name = "OUT.png")]
    output: PathBuf,
}

impl Tile {
    pub(crate) fn run(self) -> Outcome {
        if self.bands.contains(&0) {
            return Err(Failure::Usage("--bands count from 1".to_string()));
        }
        let ending = self
            .output
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        let format: Format = ending.parse().map_err(usage)?;
        let set = match &self.matrix_set {
            None => TileMatrixSet::web_mercator_quad(),
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|e| Failure::Failed(format!("{}: {e}", file.display())))?;
                TileMatrixSet::from_json(&text)?
            }
        };
        let grid = set.grid(&self.z.to_string(), u64::from(self.x), u64::from(self.y));
        let grid = grid.map_err(usage)?;
        let dataset = open(&self.file)?;
        let style = Style {
            bands: self.bands.iter().map(|b| b - 1).collect(),
            rescale: self.rescale,
            resampling: self.method,
            expression: self.expression,
            ..Style::default()
        };
        let Some(picture) = tile::draw(&dataset, &grid, &style)? else {
            return Err(Failure::Failed(format!(
                "{}: tile {}/{}/{} shows no measurement of it",
                self.file, self.z, self.x, self.y
            )));
        };
        let picture = picture.encode(format)?;
        std::fs::write(&self.output, picture)
            .map_err(|e| Failure::Failed(format!("write {}: {e}", self.output.display())))?;
        Ok(say(&format!("wrote {}\n", self.output.display()))?)
    }
}

fn usage(error: RasterError) -> Failure {
    Failure::Usage(error.to_string())
}

/// `A,B`, rising.
pub(crate) fn range(text: &str) -> Result<(f64, f64), String> {
    let parts: Vec<f64> = text
        .split(',')
        .map_while(|p| p.trim().parse().ok())
        .collect();
    match parts[..] {
        [low, high] if low < high && (high - low).is_finite() => Ok((low, high)),
        _ => Err("two numbers A,B with A below B are needed".to_string()),
    }
}
