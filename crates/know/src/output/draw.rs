//! Map tiles from cubes.

use super::planes::Planes;
use super::{Asked, Format};
use crate::cube::Cube;
use crate::error::GraphError;
use crate::value::Value;
use corridor_raster::band::{Band, BandData};
use corridor_raster::grid::Grid;
use corridor_raster::warp::{Resampling, warp};
use std::collections::BTreeMap;

/// Where and how a cube is drawn.
#[derive(Debug, Clone)]
pub struct Draw {
    /// The pixels to draw.
    pub ground: Grid,
    /// How its pixels are made from those of the cube.
    pub resampling: Resampling,
    /// Values that become 0 and 255.
    pub rescale: (f64, f64),
}

/// A cube of one band (grey) or three (red, green, blue) as a PNG on another grid; no
/// data is transparent. `None` where no pixel has data.
///
/// # Errors
/// `FormatUnsuitable` for other numbers of planes and cubes without a grid.
pub fn draw(cube: &Cube, how: &Draw) -> Result<Option<Vec<u8>>, GraphError> {
    let (value, options) = (Value::Null, BTreeMap::new());
    let asked = Asked {
        value: &value,
        options: &options,
        stem: "tile",
        several: false,
        format: Format::find("PNG")?,
    };
    if cube.is_empty() {
        return Ok(None);
    }
    let planes = Planes::of(cube, &asked)?;
    let bands = match planes.count() {
        count @ (1 | 3) => count,
        count => {
            return Err(asked.unsuitable(format!(
                "the cube has {count} planes; one (grey) or three (red, green, blue) are needed"
            )));
        }
    };
    let source = &planes.grid;
    let mut drawn = Vec::with_capacity(bands);
    for band in 0..bands {
        let data = BandData::F64(planes.values(band));
        let warped = Band::new(source.width, source.height, data, Some(f64::NAN), None)
            .and_then(|band| warp(&band, source, &how.ground, how.resampling))
            .map_err(|error| asked.unsuitable(error))?;
        drawn.push(warped.values_f64());
    }
    let (low, high) = how.rescale;
    let pixels = how.ground.width * how.ground.height;
    let mut bytes = Vec::with_capacity(pixels * (bands + 1));
    let mut any = false;
    for i in 0..pixels {
        let valid = drawn.iter().all(|band| !band[i].is_nan());
        any |= valid;
        for band in &drawn {
            // `as` holds a number within the range of the type and turns NaN to 0.
            bytes.push(((band[i] - low) / (high - low) * 255.0).round() as u8);
        }
        bytes.push(if valid { u8::MAX } else { 0 });
    }
    match any {
        true => super::png::encode(&bytes, how.ground.width, how.ground.height, bands)
            .map(Some)
            .map_err(|error| asked.unsuitable(error)),
        false => Ok(None),
    }
}
