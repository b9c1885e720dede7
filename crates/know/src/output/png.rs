//! PNG pictures.

use super::planes::Planes;
use super::{Asked, OutputFile};
use crate::cube::DimensionKind;
use crate::error::GraphError;
use crate::value::Value;

pub(super) const OPTIONS: &[(&str, &str, &str)] = &[];

/// Longest side of a picture, pixels.
const SIDE_PX_MAX: usize = 16_384;

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let Value::Cube(cube) = asked.value else {
        return Err(asked.unsuitable(format!("it is a {}", asked.value.type_name())));
    };
    let planes = Planes::of(cube, asked)?;
    let (width, height) = (planes.grid.width, planes.grid.height);
    if width.max(height) > SIDE_PX_MAX {
        return Err(asked.unsuitable(format!(
            "it has {width} x {height} pixels; at most {SIDE_PX_MAX} a side"
        )));
    }
    let bands = match planes.count() {
        count @ (1 | 3) => count,
        count => {
            let dates = cube
                .only(DimensionKind::Time)
                .map_or(1, |t| cube.dimensions()[t].len());
            return Err(asked.unsuitable(format!(
                "it has {count} planes ({dates} dates); one (grey) or three (red, green, blue) are needed"
            )));
        }
    };
    let values: Vec<Vec<f64>> = (0..bands).map(|band| planes.values(band)).collect();
    let mut pixels = Vec::with_capacity(width * height * (bands + 1));
    for i in 0..width * height {
        let valid = values.iter().all(|band| !band[i].is_nan());
        for band in &values {
            // `as` holds a number within the range of the type and turns NaN to 0.
            pixels.push(band[i].round() as u8);
        }
        pixels.push(if valid { u8::MAX } else { 0 });
    }
    let bytes = encode(&pixels, width, height, bands).map_err(|error| asked.unsuitable(error))?;
    Ok(vec![OutputFile {
        bands: (0..bands).map(|band| planes.name(band)).collect(),
        grid: Some(planes.grid.clone()),
        times: super::times(cube),
        ..asked.file("", bytes)
    }])
}

/// Encodes pixels of one band or three, each with opacity.
pub(super) fn encode(
    pixels: &[u8],
    width: usize,
    height: usize,
    bands: usize,
) -> Result<Vec<u8>, ::png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_color(match bands {
        1 => ::png::ColorType::GrayscaleAlpha,
        _ => ::png::ColorType::Rgba,
    });
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))?;
    Ok(bytes)
}
