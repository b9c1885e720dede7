//! The file: header, directories from full to coarse, then pixels from coarse to full.

use std::io::{Seek, SeekFrom, Write};

use super::directory::{self, Value};
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

/// A file that could grow beyond this is written as BigTIFF.
const CLASSIC_BYTES_MAX: u64 = 3_900_000_000;
/// Images up to this size need no overviews (what validators expect).
const OVERVIEW_SIDE_PX: usize = 512;
/// Deflate level: most of the gain at little cost.
const DEFLATE_LEVEL: u32 = 6;
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

/// One level of the pyramid: an image or its mask, with its directory's entries.
struct Level {
    bands: Vec<Band>,
    entries: Vec<(u16, Value)>,
    predictor: u16,
    across: usize,
    down: usize,
}

pub(super) fn write<W: Write + Seek>(
    writer: &mut W,
    name: &str,
    grid: &Grid,
    bands: Vec<Band>,
    appearance: &Appearance,
    options: &CogOptions,
) -> Result<(), RasterError> {
    let io = |e| RasterError::io("write", name, e);
    let bands = checked(grid, bands, options)?;
    let raw_bytes: u64 = bands
        .iter()
        .map(|b| (b.data().len() * b.data().dtype().size_bytes()) as u64)
        .sum();
    let big = raw_bytes.saturating_mul(3) / 2 > CLASSIC_BYTES_MAX;
    let mut levels = levels(grid, bands, appearance, options)?;

    // The directories' length is known before the offsets in them are.
    let directories = encode_directories(&levels, big);
    writer.write_all(&directories).map_err(io)?;
    let mut at = directories.len() as u64;
    for level in levels.iter_mut().rev() {
        let mut offsets = Vec::with_capacity(level.across * level.down);
        let mut lengths = Vec::with_capacity(level.across * level.down);
        for row in 0..level.down {
            for col in 0..level.across {
                let bytes = encode_tile(level, col, row, options)
                    .map_err(|reason| RasterError::malformed(name, "tile", reason))?;
                writer.write_all(&bytes).map_err(io)?;
                offsets.push(at);
                lengths.push(bytes.len() as u64);
                at += bytes.len() as u64;
            }
        }
        for (tag, value) in &mut level.entries {
            match *tag {
                tag::TILE_OFFSETS => *value = Value::Offsets(offsets.clone()),
                tag::TILE_BYTE_COUNTS => *value = Value::Offsets(lengths.clone()),
                _ => {}
            }
        }
    }
    writer.seek(SeekFrom::Start(0)).map_err(io)?;
    writer
        .write_all(&encode_directories(&levels, big))
        .map_err(io)?;
    writer.seek(SeekFrom::Start(at)).map_err(io)?;
    writer.flush().map_err(io)
}

fn checked(grid: &Grid, bands: Vec<Band>, options: &CogOptions) -> Result<Vec<Band>, RasterError> {
    let Some(first) = bands.first() else {
        return Err(RasterError::argument("bands", "there is none"));
    };
    let dtype = first.data().dtype();
    for (i, band) in bands.iter().enumerate() {
        if band.data().dtype() != dtype {
            return Err(RasterError::argument(
                "bands",
                format!(
                    "band {i} is {}, band 0 is {}",
                    band.data().dtype().name(),
                    dtype.name()
                ),
            ));
        }
        if (band.width(), band.height()) != (grid.width, grid.height) {
            return Err(RasterError::argument(
                "bands",
                format!(
                    "band {i} does not fill the grid of {} x {}",
                    grid.width, grid.height
                ),
            ));
        }
    }
    let side = options.block_size;
    if !side.is_multiple_of(16) || !(64..=4096).contains(&side) {
        return Err(RasterError::argument(
            "block_size",
            format!("{side} is not a multiple of 16 from 64 to 4096"),
        ));
    }
    if bands.len() > usize::from(u16::MAX) {
        return Err(RasterError::argument(
            "bands",
            format!("{} are more than 65535", bands.len()),
        ));
    }
    Ok(bands)
}

/// The full image and its overviews, each followed by its mask where there is one.
fn levels(
    grid: &Grid,
    bands: Vec<Band>,
    appearance: &Appearance,
    options: &CogOptions,
) -> Result<Vec<Level>, RasterError> {
    let limit = OVERVIEW_SIDE_PX.min(options.block_size);
    let mut levels = Vec::new();
    let mut bands = bands;
    let mut geo = Some(geo_entries(grid, options)?);
    let mut subfile = 0;
    loop {
        let (width, height) = (bands[0].width(), bands[0].height());
        let next = if options.overviews && width.max(height) > limit {
            Some(
                bands
                    .iter()
                    .map(|b| reduce::halve(b, options.resampling))
                    .collect::<Result<Vec<_>, _>>()?,
            )
        } else {
            None
        };
        let mask = bands[0].mask().map(<[bool]>::to_vec);
        levels.push(level(
            bands,
            subfile,
            appearance,
            options,
            geo.take().unwrap_or_default(),
        ));
        if let Some(mask) = mask {
            let data = mask.iter().map(|ok| if *ok { 255 } else { 0 }).collect();
            let band = Band::new(width, height, BandData::U8(data), None, None)?;
            let mut look = Appearance::plain(1);
            look.photometric = Photometric::Mask;
            levels.push(level(vec![band], subfile | 4, &look, options, Vec::new()));
        }
        match next {
            Some(smaller) => bands = smaller,
            None => return Ok(levels),
        }
        subfile = 1;
    }
}

fn level(
    bands: Vec<Band>,
    subfile: u32,
    appearance: &Appearance,
    options: &CogOptions,
    more: Vec<(u16, Value)>,
) -> Level {
    let side = options.block_size;
    let (width, height) = (bands[0].width(), bands[0].height());
    let dtype = bands[0].data().dtype();
    let (across, down) = (width.div_ceil(side), height.div_ceil(side));
    let samples = bands.len();
    let predictor = predictor_of(dtype, samples, options.compression);
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
        (tag::BITS_PER_SAMPLE, Value::Shorts(vec![bits; samples])),
        (tag::COMPRESSION, short(compression)),
        (tag::PHOTOMETRIC, short(photometric)),
        (tag::SAMPLES_PER_PIXEL, short(samples as u16)),
        (tag::PLANAR_CONFIGURATION, short(1)),
        (tag::TILE_WIDTH, short(side as u16)),
        (tag::TILE_LENGTH, short(side as u16)),
        (tag::TILE_OFFSETS, Value::Offsets(vec![0; across * down])),
        (
            tag::TILE_BYTE_COUNTS,
            Value::Offsets(vec![0; across * down]),
        ),
        (tag::SAMPLE_FORMAT, Value::Shorts(vec![format; samples])),
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
        entries.push((tag::GDAL_NODATA, Value::Text(nodata_text(nodata))));
    }
    entries.extend(more);
    entries.sort_by_key(|e| e.0);
    Level {
        bands,
        entries,
        predictor,
        across,
        down,
    }
}

/// Predictor that pays for the type.
fn predictor_of(dtype: DataType, samples: usize, compression: Compression) -> u16 {
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

fn nodata_text(nodata: f64) -> String {
    if nodata.is_nan() {
        "nan".to_owned()
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

fn encode_directories(levels: &[Level], big: bool) -> Vec<u8> {
    let mut bytes = directory::header(big);
    for (i, level) in levels.iter().enumerate() {
        let last = i + 1 == levels.len();
        bytes.extend(directory::encode(
            &level.entries,
            bytes.len() as u64,
            last,
            big,
        ));
    }
    bytes
}

fn encode_tile(
    level: &Level,
    col: usize,
    row: usize,
    options: &CogOptions,
) -> Result<Vec<u8>, String> {
    let side = options.block_size;
    let fill = options.nodata.filter(|n| n.is_finite()).unwrap_or(0.0);
    let mut tile =
        reduce::tile(&level.bands, col, row, side, fill).ok_or("bands of different types")?;
    let stride = level.bands.len();
    let row_samples = side * stride;
    if level.predictor == 2 {
        predictor::apply_horizontal(&mut tile, row_samples, stride);
    }
    let bytes = if level.predictor == 3 {
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
    crate::band::each_type!(data, v => {
        if big_endian {
            v.iter().flat_map(|x| x.to_be_bytes()).collect()
        } else {
            v.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
    })
}
