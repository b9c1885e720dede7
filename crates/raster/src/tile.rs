//! Map tiles in WebMercatorQuad or any other set, of one dataset or of many, as pictures or values.

mod draw;
mod matrix;
mod registry;

use crate::RasterError;
use crate::dataset::Dataset;
use crate::grid::{Crs, Grid, Transformer};
use crate::picture::Format;
use crate::style::Style;
pub use draw::{Layer, draw, mosaic, mosaic_values};
pub use matrix::{TileMatrixSet, TileRange};

/// Side of a tile in pixels.
pub const TILE_SIDE_PX: usize = 256;

/// Greatest zoom level served.
pub const ZOOM_MAX: u8 = 24;

/// Half the side of the Web Mercator square, in metres (pi x 6378137).
const HALF_SIDE_M: f64 = 20_037_508.342_789_244;

/// Grid of a tile in EPSG:3857, 256 px.
///
/// # Errors
/// When `z` is above [`ZOOM_MAX`] or `x`, `y` are outside the matrix.
pub fn grid(z: u8, x: u32, y: u32) -> Result<Grid, RasterError> {
    if z > ZOOM_MAX || u64::from(x) >= 1 << z || u64::from(y) >= 1 << z {
        return Err(RasterError::argument(
            "tile",
            format!("{z}/{x}/{y} is outside the matrix; zoom goes to {ZOOM_MAX}"),
        ));
    }
    let side_m = 2.0 * HALF_SIDE_M / f64::from(1u32 << z);
    let resolution_m = side_m / TILE_SIDE_PX as f64;
    Ok(Grid::new(
        Crs::from_code(3857),
        [
            -HALF_SIDE_M + f64::from(x) * side_m,
            resolution_m,
            0.0,
            HALF_SIDE_M - f64::from(y) * side_m,
            0.0,
            -resolution_m,
        ],
        TILE_SIDE_PX,
        TILE_SIDE_PX,
    ))
}

/// Draws a tile as PNG; `None` when the tile has no measurement of the dataset.
///
/// Reads the coarsest overview that is still at least as fine as the tile.
/// Without a `rescale` the range is found anew for each call from a sample of
/// the whole dataset: give one where many tiles are drawn.
///
/// # Errors
/// As [`grid`], [`Dataset::read`], or when the style does not fit the dataset.
pub fn render(
    dataset: &Dataset,
    z: u8,
    x: u32,
    y: u32,
    style: &Style,
) -> Result<Option<Vec<u8>>, RasterError> {
    let drawn = draw(dataset, &grid(z, x, y)?, style)?;
    drawn.map(|picture| picture.encode(Format::Png)).transpose()
}

/// Zoom levels that suit a dataset: from where it is about one tile to where
/// a tile's pixel is about as fine as its own.
///
/// # Errors
/// When the dataset's system is unknown or cannot be computed with.
pub fn zoom_range(dataset: &Dataset) -> Result<(u8, u8), RasterError> {
    let grid = dataset.grid();
    let web = Transformer::new(&grid.crs, &Crs::from_code(3857))?;
    let at = |col: f64, row: f64| {
        let (x, y) = grid.coordinate_of(col, row);
        web.transform(x, y)
    };
    let (col, row) = (grid.width as f64 / 2.0, grid.height as f64 / 2.0);
    let (a, b) = (at(col, row)?, at(col + 1.0, row)?);
    let pixel_m = (b.0 - a.0).hypot(b.1 - a.1);
    let (left, right) = (at(0.0, row)?, at(2.0 * col, row)?);
    let side_m = (right.0 - left.0).abs().max(pixel_m);
    let zoom = |length_m: f64, parts: f64| {
        let z = (2.0 * HALF_SIDE_M / (length_m * parts)).log2();
        z.clamp(0.0, f64::from(ZOOM_MAX))
    };
    let most = zoom(pixel_m, TILE_SIDE_PX as f64).ceil() as u8;
    let least = zoom(side_m, 1.0).floor() as u8;
    Ok((least.min(most), most))
}
