//! Cloud-optimised GeoTIFF.

use super::planes::Planes;
use super::{Asked, OutputFile, option};
use crate::cube::{Cube, DimensionKind, Samples};
use crate::error::GraphError;
use crate::value::Value;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions, Compression};
use corridor_raster::warp::Resampling;

pub(super) const OPTIONS: &[(&str, &str, &str)] = &[
    (
        "datatype",
        "string",
        "byte, uint16, int16, uint32, int32, float32 or float64; float32 unless the data has more digits. Whole numbers are rounded and held in their range.",
    ),
    (
        "nodata",
        "number",
        "Value that stands for no data; NaN for floats unless given, for whole numbers the least of the type (signed) or the greatest (unsigned).",
    ),
    (
        "compression",
        "string",
        "deflate (unless given), zstd or none.",
    ),
    (
        "overviews",
        "string",
        "average (unless given), nearest or off.",
    ),
];

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let Value::Cube(cube) = asked.value else {
        return Err(asked.unsuitable(format!("it is a {}", asked.value.type_name())));
    };
    let time = cube.only(DimensionKind::Time);
    let Some(time) = time.filter(|t| asked.several && cube.dimensions()[*t].len() > 1) else {
        return Ok(vec![file(cube, "", asked)?]);
    };
    let labels = cube.dimensions()[time].labels.clone();
    labels
        .iter()
        .enumerate()
        .map(|(step, label)| {
            let one = cube.select(time, &[step])?;
            file(&one, &format!("-{}", file_part(&label.to_string())), asked)
        })
        .collect()
}

/// A label as a part of a file name.
fn file_part(label: &str) -> String {
    let short = label.strip_suffix("T00:00:00Z").unwrap_or(label);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    short.chars().take(60).map(plain).collect()
}

fn file(cube: &Cube, suffix: &str, asked: &Asked<'_>) -> Result<OutputFile, GraphError> {
    /// Most bands of one file: readers keep tables of them in memory.
    const BANDS_MAX: usize = 10_000;
    let planes = Planes::of(cube, asked)?;
    if planes.count() > BANDS_MAX {
        return Err(asked.unsuitable(format!(
            "it would have {} bands; at most {BANDS_MAX}",
            planes.count()
        )));
    }
    let kind = Kind::read(asked, cube)?;
    let nodata = match asked.options.get("nodata") {
        None | Some(Value::Null) => kind.nodata(),
        Some(Value::Number(number)) => *number,
        Some(other) => {
            return Err(option(
                "nodata",
                format!("{} given, a number needed", other.type_name()),
            ));
        }
    };
    let names: Vec<String> = (0..planes.count())
        .map(|plane| planes.name(plane))
        .collect();
    let bands: Vec<BandData> = (0..planes.count())
        .map(|plane| kind.band(&planes.values(plane), nodata))
        .collect();
    let options = CogOptions {
        nodata: Some(nodata),
        compression: match asked.text("compression")?.unwrap_or("deflate") {
            "deflate" => Compression::Deflate,
            "zstd" => Compression::Zstd,
            "none" => Compression::None,
            other => {
                return Err(option(
                    "compression",
                    format!("{other:?} is none of deflate, zstd, none"),
                ));
            }
        },
        overviews: asked.text("overviews")? != Some("off"),
        resampling: match asked.text("overviews")?.unwrap_or("average") {
            "average" | "off" => Resampling::Average,
            "nearest" => Resampling::Nearest,
            other => {
                return Err(option(
                    "overviews",
                    format!("{other:?} is none of average, nearest, off"),
                ));
            }
        },
        ..CogOptions::default()
    }
    .with_band_names(names.iter().cloned());
    let mut bytes = std::io::Cursor::new(Vec::new());
    cog::write_to(&mut bytes, &planes.grid, &bands, &options)
        .map_err(|error| asked.unsuitable(error))?;
    Ok(OutputFile {
        bands: names,
        grid: Some(planes.grid),
        times: super::times(cube),
        ..asked.file(suffix, bytes.into_inner())
    })
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    U8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

impl Kind {
    fn read(asked: &Asked<'_>, cube: &Cube) -> Result<Self, GraphError> {
        Ok(match asked.text("datatype")? {
            None => match cube.samples() {
                Samples::F32(_) => Kind::F32,
                Samples::F64(values) if fits_f32(values) => Kind::F32,
                Samples::F64(_) => Kind::F64,
            },
            Some("byte" | "uint8") => Kind::U8,
            Some("uint16") => Kind::U16,
            Some("int16") => Kind::I16,
            Some("uint32") => Kind::U32,
            Some("int32") => Kind::I32,
            Some("float32") => Kind::F32,
            Some("float64") => Kind::F64,
            Some(other) => {
                return Err(option(
                    "datatype",
                    format!(
                        "{other:?} is none of byte, uint16, int16, uint32, int32, float32, float64"
                    ),
                ));
            }
        })
    }

    fn nodata(self) -> f64 {
        match self {
            Kind::U8 => f64::from(u8::MAX),
            Kind::U16 => f64::from(u16::MAX),
            Kind::I16 => f64::from(i16::MIN),
            Kind::U32 => f64::from(u32::MAX),
            Kind::I32 => f64::from(i32::MIN),
            Kind::F32 | Kind::F64 => f64::NAN,
        }
    }

    fn band(self, values: &[f64], nodata: f64) -> BandData {
        let filled = || {
            values
                .iter()
                .map(move |v| if v.is_nan() { nodata } else { *v })
        };
        // `as` holds a number within the range of the type.
        let whole = || filled().map(f64::round);
        match self {
            Kind::U8 => BandData::U8(whole().map(|v| v as u8).collect()),
            Kind::U16 => BandData::U16(whole().map(|v| v as u16).collect()),
            Kind::I16 => BandData::I16(whole().map(|v| v as i16).collect()),
            Kind::U32 => BandData::U32(whole().map(|v| v as u32).collect()),
            Kind::I32 => BandData::I32(whole().map(|v| v as i32).collect()),
            Kind::F32 => BandData::F32(filled().map(|v| v as f32).collect()),
            Kind::F64 => BandData::F64(filled().collect()),
        }
    }
}

/// Whether 32-bit floats hold each of the values exactly.
fn fits_f32(values: &[f64]) -> bool {
    values
        .iter()
        .all(|v| v.is_nan() || f64::from(*v as f32).total_cmp(v).is_eq())
}
