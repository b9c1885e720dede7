//! The file: header, directories from full to coarse, then pixels from coarse to full.

use std::io::Write;

use super::directory::{self, Value};
use super::pyramid::Pyramid;
use super::{CogOptions, Compression, reduce};
use crate::RasterError;
use crate::band::{Band, BandData, DataType};
use crate::grid::Grid;
use crate::metadata::{self, Metadata};
use crate::tiff::codec;
use crate::tiff::geokey::GeoKeys;
use crate::tiff::image::Photometric;
use crate::tiff::predictor;
use crate::tiff::tag;
use crate::window::Window;

/// A file that could grow beyond this is written as BigTIFF.
const CLASSIC_BYTES_MAX: u64 = 3_900_000_000;
/// More than directories take beside their tiles' places.
const DIRECTORY_BYTES: u64 = 1 << 20;
/// Deflate level. After the predictor little repeats: against level 6, 16-bit scenes take 0.5 % more bytes, floats
/// 1.3 %, and are written 1.1 to 1.7 times as fast.
const DEFLATE_LEVEL: u32 = 3;
/// Zstandard level: about the size of deflate, several times faster to read.
const ZSTD_LEVEL: i32 = 9;

/// How colours are meant, kept from a source file.
#[derive(Debug, Clone)]
pub(super) struct Appearance {
    pub(super) photometric: Photometric,
    pub(super) extra_samples: Vec<u16>,
    pub(super) palette: Option<Vec<[u16; 3]>>,
}

impl Appearance {
    /// Bands without a meaning as colours.
    pub(super) fn plain(bands: usize) -> Self {
        Self {
            photometric: Photometric::MinIsBlack,
            extra_samples: vec![0; bands.saturating_sub(1)],
            palette: None,
        }
    }
}

/// What the bands of a file have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) bands: usize,
    pub(super) dtype: DataType,
    /// Whether validity is written as masks beside the bands.
    pub(super) masked: bool,
}

/// Writes a file from `rows`, which gives windows of whole rows of all bands from the top down.
///
/// Pixels pass once: a level keeps one row of its tiles, and hands it on halved. Encoded tiles
/// wait in temporary files (in memory while small), for the coarsest must come first.
pub(super) fn write<W: Write>(
    writer: &mut W,
    name: &str,
    grid: &Grid,
    shape: Shape,
    appearance: &Appearance,
    options: &CogOptions,
    mut rows: impl FnMut(Window) -> Result<Vec<Band>, RasterError>,
) -> Result<(), RasterError> {
    let io = |e| RasterError::io("write", name, e);
    check(grid, shape, options)?;
    let mut pyramid = Pyramid::new(grid.width, grid.height, shape, appearance, options);
    pyramid.levels[0]
        .entries
        .extend(geo_entries(grid, options)?);
    pyramid.levels[0].entries.sort_by_key(|e| e.0);
    let mut row = 0;
    while row < grid.height {
        let window = Window::new(
            0,
            row,
            grid.width,
            options.block_size.min(grid.height - row),
        );
        let bands = rows(window)?;
        check_bands(&bands, window, shape)?;
        pyramid.push(bands, name)?;
        row += window.height;
    }

    let pixels: u64 = pyramid.images().flat_map(|i| &i.lengths).sum();
    // Directories have three numbers of 8 bytes a tile at most.
    let tiles: usize = pyramid.images().map(|i| i.lengths.len()).sum();
    let big = pixels + 24 * tiles as u64 + DIRECTORY_BYTES > CLASSIC_BYTES_MAX;
    // The directories' length is known before the offsets in them are.
    let mut at = encode_directories(&mut pyramid, big).len() as u64;
    for image in pyramid.images_mut().rev() {
        image.offsets.clear();
        for length in &image.lengths {
            image.offsets.push(at);
            at += length;
        }
    }
    let directories = encode_directories(&mut pyramid, big);
    writer.write_all(&directories).map_err(io)?;
    for image in pyramid.images_mut().rev() {
        image.copy_to(writer).map_err(io)?;
    }
    writer.flush().map_err(io)
}

fn check(grid: &Grid, shape: Shape, options: &CogOptions) -> Result<(), RasterError> {
    if shape.bands == 0 {
        return Err(RasterError::argument("bands", "there is none"));
    }
    if shape.bands > usize::from(u16::MAX) {
        return Err(RasterError::argument(
            "bands",
            format!("{} are more than 65535", shape.bands),
        ));
    }
    if grid.width == 0 || grid.height == 0 {
        return Err(RasterError::argument("grid", "has no pixel"));
    }
    let side = options.block_size;
    if !side.is_multiple_of(16) || !(64..=4096).contains(&side) {
        return Err(RasterError::argument(
            "block_size",
            format!("{side} is not a multiple of 16 from 64 to 4096"),
        ));
    }
    Ok(())
}

fn check_bands(bands: &[Band], window: Window, shape: Shape) -> Result<(), RasterError> {
    for (i, band) in bands.iter().enumerate() {
        if band.data().dtype() != shape.dtype {
            return Err(RasterError::argument(
                "bands",
                format!(
                    "band {i} is {}, band 0 is {}",
                    band.data().dtype().name(),
                    shape.dtype.name()
                ),
            ));
        }
        if (band.width(), band.height()) != (window.width, window.height) {
            return Err(RasterError::argument(
                "bands",
                format!(
                    "band {i} does not fill the {} x {} pixels of its part of the grid",
                    window.width, window.height
                ),
            ));
        }
    }
    if bands.len() != shape.bands {
        return Err(RasterError::argument(
            "bands",
            format!("{} bands instead of {}", bands.len(), shape.bands),
        ));
    }
    Ok(())
}

/// Entries of the directory of an image (or mask) of the pyramid, but for its place and tiles.
pub(super) fn entries(
    (width, height): (usize, usize),
    subfile: u32,
    shape: Shape,
    appearance: &Appearance,
    options: &CogOptions,
) -> Vec<(u16, Value)> {
    let side = options.block_size;
    let Shape { bands, dtype, .. } = shape;
    let predictor = predictor_of(dtype, bands, options.compression);
    let bits = dtype.size_bytes() as u16 * 8;
    let format = match dtype {
        DataType::F32 | DataType::F64 => 3,
        DataType::I8 | DataType::I16 | DataType::I32 | DataType::I64 => 2,
        DataType::U8 | DataType::U16 | DataType::U32 | DataType::U64 => 1,
    };
    let compression = match options.compression {
        Compression::None => 1,
        Compression::Deflate => 8,
        Compression::Zstd => 50_000,
    };
    let photometric = match appearance.photometric {
        Photometric::MinIsWhite => 0,
        Photometric::MinIsBlack => 1,
        // YCbCr of a source has been decoded to red, green and blue.
        Photometric::Rgb | Photometric::YCbCr => 2,
        Photometric::Palette => 3,
        Photometric::Mask => 4,
        Photometric::Cmyk => 5,
    };
    let short = |v: u16| Value::Shorts(vec![v]);
    let mut entries = vec![
        (tag::IMAGE_WIDTH, Value::Longs(vec![width as u32])),
        (tag::IMAGE_LENGTH, Value::Longs(vec![height as u32])),
        (tag::BITS_PER_SAMPLE, Value::Shorts(vec![bits; bands])),
        (tag::COMPRESSION, short(compression)),
        (tag::PHOTOMETRIC, short(photometric)),
        (tag::SAMPLES_PER_PIXEL, short(bands as u16)),
        (tag::PLANAR_CONFIGURATION, short(1)),
        (tag::TILE_WIDTH, short(side as u16)),
        (tag::TILE_LENGTH, short(side as u16)),
        (tag::SAMPLE_FORMAT, Value::Shorts(vec![format; bands])),
    ];
    if subfile != 0 {
        entries.push((tag::NEW_SUBFILE_TYPE, Value::Longs(vec![subfile])));
    }
    if predictor != 1 {
        entries.push((tag::PREDICTOR, short(predictor)));
    }
    if !appearance.extra_samples.is_empty() {
        entries.push((
            tag::EXTRA_SAMPLES,
            Value::Shorts(appearance.extra_samples.clone()),
        ));
    }
    if let Some(palette) = &appearance.palette {
        let channel = |i: usize| palette.iter().map(move |c| c[i]);
        let colors = channel(0).chain(channel(1)).chain(channel(2)).collect();
        entries.push((tag::COLOR_MAP, Value::Shorts(colors)));
    }
    if subfile & 4 == 0
        && let Some(nodata) = options.nodata
    {
        entries.push((tag::GDAL_NODATA, Value::Text(nodata_text(nodata, dtype))));
    }
    entries.sort_by_key(|e| e.0);
    entries
}

/// Predictor that pays for the type.
pub(super) fn predictor_of(dtype: DataType, samples: usize, compression: Compression) -> u16 {
    match (compression, dtype) {
        (Compression::None, _) => 1,
        (_, DataType::F32 | DataType::F64) => 3,
        // Bytes of one band are mostly classes and masks, which differences make longer.
        (_, DataType::U8 | DataType::I8) => {
            if samples >= 3 {
                2
            } else {
                1
            }
        }
        (_, DataType::U16 | DataType::I16 | DataType::U32 | DataType::I32) => 2,
        // Older readers do not know differences of 64 bits.
        (_, DataType::U64 | DataType::I64) => 1,
    }
}

fn nodata_text(nodata: f64, dtype: DataType) -> String {
    if nodata.is_nan() {
        "nan".to_owned()
    } else if dtype == DataType::I64 && nodata.fract() == 0.0 {
        // To the last digit, which the shortest text of a float leaves out.
        (nodata as i64).to_string()
    } else if dtype == DataType::U64 && nodata.fract() == 0.0 && nodata >= 0.0 {
        (nodata as u64).to_string()
    } else if nodata.is_infinite() {
        if nodata > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        nodata.to_string()
    }
}

/// Place and metadata of the full image.
fn geo_entries(grid: &Grid, options: &CogOptions) -> Result<Vec<(u16, Value)>, RasterError> {
    let mut entries = Vec::new();
    let point = options
        .metadata
        .items
        .get("AREA_OR_POINT")
        .is_some_and(|v| v == "Point");
    let keys = GeoKeys::of_crs(&grid.crs, point)?;
    let t = grid.transform;
    let identity = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let is_identity = t
        .iter()
        .zip(identity)
        .all(|(a, b)| (a - b).abs() < f64::MIN_POSITIVE);
    if t.iter().any(|v| !v.is_finite()) {
        return Err(RasterError::argument(
            "grid",
            format!("the transform {t:?} is not finite"),
        ));
    }
    if keys.is_some() || !is_identity {
        // For PixelIsPoint the tie point is the middle of the first pixel.
        let half = if point && keys.is_some() { 0.5 } else { 0.0 };
        let (x, y) = grid.coordinate_of(half, half);
        let straight = t[2].abs() < f64::MIN_POSITIVE && t[4].abs() < f64::MIN_POSITIVE;
        if straight && t[1] > 0.0 && t[5] < 0.0 {
            entries.push((
                tag::MODEL_PIXEL_SCALE,
                Value::Doubles(vec![t[1], -t[5], 0.0]),
            ));
            entries.push((
                tag::MODEL_TIEPOINT,
                Value::Doubles(vec![0.0, 0.0, 0.0, x, y, 0.0]),
            ));
        } else {
            let matrix = [
                t[1], t[2], 0.0, x, t[4], t[5], 0.0, y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0,
            ];
            entries.push((tag::MODEL_TRANSFORMATION, Value::Doubles(matrix.to_vec())));
        }
    }
    if let Some(keys) = keys {
        let (directory, doubles, text) = keys.encode();
        entries.push((tag::GEO_KEY_DIRECTORY, Value::Shorts(directory)));
        if !doubles.is_empty() {
            entries.push((tag::GEO_DOUBLE_PARAMS, Value::Doubles(doubles)));
        }
        if !text.is_empty() {
            entries.push((tag::GEO_ASCII_PARAMS, Value::Text(text)));
        }
    }
    text_entries(&options.metadata, &mut entries);
    Ok(entries)
}

fn text_entries(metadata: &Metadata, entries: &mut Vec<(u16, Value)>) {
    for (tag, name) in crate::metadata::TEXT_TAGS {
        if let Some(text) = metadata.items.get(name) {
            entries.push((tag, Value::Text(text.replace('\0', " "))));
        }
    }
    if let Some(xml) = metadata::write_gdal(metadata) {
        entries.push((tag::GDAL_METADATA, Value::Text(xml)));
    }
}

fn encode_directories(pyramid: &mut Pyramid<'_>, big: bool) -> Vec<u8> {
    let mut bytes = directory::header(big);
    let count = pyramid.images().count();
    for (i, image) in pyramid.images_mut().enumerate() {
        let tiles = image.lengths.len();
        image.offsets.resize(tiles, 0);
        image
            .entries
            .retain(|e| !matches!(e.0, tag::TILE_OFFSETS | tag::TILE_BYTE_COUNTS));
        let offsets = Value::Offsets(image.offsets.clone());
        let lengths = Value::Offsets(image.lengths.clone());
        image.entries.push((tag::TILE_OFFSETS, offsets));
        image.entries.push((tag::TILE_BYTE_COUNTS, lengths));
        image.entries.sort_by_key(|e| e.0);
        let last = i + 1 == count;
        bytes.extend(directory::encode(
            &image.entries,
            bytes.len() as u64,
            last,
            big,
        ));
    }
    bytes
}

/// One tile of a row of tiles, encoded.
pub(super) fn encode_tile(
    strip: &[Band],
    col: usize,
    options: &CogOptions,
) -> Result<Vec<u8>, String> {
    let side = options.block_size;
    let fill = options.nodata.filter(|n| n.is_finite()).unwrap_or(0.0);
    let mut tile = reduce::tile(strip, col, 0, side, fill).ok_or("bands of different types")?;
    let stride = strip.len();
    let row_samples = side * stride;
    let predictor = predictor_of(tile.dtype(), stride, options.compression);
    if predictor == 2 {
        predictor::apply_horizontal(&mut tile, row_samples, stride);
    }
    let bytes = if predictor == 3 {
        let size = tile.dtype().size_bytes();
        let mut bytes = to_bytes(&tile, true);
        let mut scratch = Vec::new();
        for line in bytes.chunks_exact_mut(row_samples * size) {
            predictor::apply_float(line, &mut scratch, size, stride);
        }
        bytes
    } else {
        to_bytes(&tile, false)
    };
    match options.compression {
        Compression::None => Ok(bytes),
        Compression::Deflate => codec::encode_deflate(&bytes, DEFLATE_LEVEL),
        Compression::Zstd => codec::encode_zstd(&bytes, ZSTD_LEVEL),
    }
}

fn to_bytes(data: &BandData, big_endian: bool) -> Vec<u8> {
    let size = data.dtype().size_bytes();
    let mut bytes = vec![0; data.len() * size];
    crate::band::each_type!(data, v => {
        let pairs = bytes.chunks_exact_mut(size).zip(v);
        if big_endian {
            pairs.for_each(|(out, x)| out.copy_from_slice(&x.to_be_bytes()));
        } else {
            pairs.for_each(|(out, x)| out.copy_from_slice(&x.to_le_bytes()));
        }
    });
    bytes
}
