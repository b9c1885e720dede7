//! Cloud-optimised GeoTIFF, written a few rows at a time.

use super::planes::{Planes, plane_name};
use super::{Asked, OutputFile, WrittenFile, option};
use crate::cube::{Dimension, DimensionKind};
use crate::error::GraphError;
use crate::plan::Spilled;
use crate::value::Value;
use corridor_raster::RasterError;
use corridor_raster::band::{BandData, DataType};
use corridor_raster::cog::{self, CogOptions, Compression};
use corridor_raster::grid::Grid;
use corridor_raster::warp::Resampling;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Most bands of one file: readers keep tables of them in memory.
const BANDS_MAX: usize = 10_000;
/// Encoded tiles of an image wait in memory up to this part of what may be held, and never more
/// than so many bytes; above that on disk.
const WAITING_SHARE: u64 = 16;
const WAITING_BYTES_MAX: u64 = 32 << 20;
/// Sides of tiles, pixels: smaller ones where rows of them would take too much memory.
const TILE_SIDES_PX: [usize; 4] = [512, 256, 128, 64];

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

/// A file with the planes of a cube, or one for each date.
pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let Value::Cube(cube) = asked.value else {
        return Err(asked.unsuitable(format!("it is a {}", asked.value.type_name())));
    };
    let planes = Planes::of(cube, asked)?;
    let source = Source {
        grid: &planes.grid,
        others: &planes.others,
        rows: &|plane, from, count| Ok(planes.rows(plane, from, count)),
    };
    let parts = source.parts(asked)?;
    parts
        .into_iter()
        .map(|part| {
            let mut bytes = Vec::new();
            source.encode(&part, asked, &mut bytes, u64::MAX)?;
            let times = super::times_of(&part.others);
            Ok(OutputFile {
                bands: part.names,
                grid: Some(planes.grid.clone()),
                times,
                ..asked.file(&part.suffix, bytes)
            })
        })
        .collect()
}

/// Writes what is kept in a file to files of a folder, holding at most so many bytes.
pub(super) fn stream(
    result: &Spilled,
    asked: &Asked<'_>,
    folder: &Path,
    memory_bytes: u64,
) -> Result<Vec<WrittenFile>, GraphError> {
    let source = Source {
        grid: &result.grid,
        others: &result.dimensions,
        rows: &|plane, from, count| result.rows(plane, from, count),
    };
    let mut files = Vec::new();
    for part in source.parts(asked)? {
        let name = asked.name(&part.suffix);
        let path = folder.join(&name);
        let failed = |error: std::io::Error| {
            GraphError::new("Internal", format!("writing {}: {error}", path.display()))
        };
        let mut writer = BufWriter::new(File::create(&path).map_err(failed)?);
        source.encode(&part, asked, &mut writer, memory_bytes)?;
        let file = writer.into_inner().map_err(|error| failed(error.into()))?;
        file.sync_all().map_err(failed)?;
        files.push(WrittenFile {
            name,
            media_type: asked.format.media_type,
            times: super::times_of(&part.others),
            bands: part.names,
            grid: Some(result.grid.clone()),
        });
    }
    Ok(files)
}

/// Planes of pixels that are read a few rows at a time.
struct Source<'a> {
    grid: &'a Grid,
    /// Dimensions beside y and x.
    others: &'a [Dimension],
    /// Rows of a plane: plane, first row, number of rows.
    rows: &'a dyn Fn(usize, usize, usize) -> Result<Vec<f64>, GraphError>,
}

/// One file.
struct Part {
    suffix: String,
    others: Vec<Dimension>,
    planes: Vec<usize>,
    names: Vec<String>,
}

impl Source<'_> {
    /// The files: one of all planes, or one a date.
    fn parts(&self, asked: &Asked<'_>) -> Result<Vec<Part>, GraphError> {
        let all: usize = self.others.iter().map(Dimension::len).product();
        let mut dates = self.others.iter().enumerate();
        let mut dates = dates
            .by_ref()
            .filter(|(_, d)| d.kind == DimensionKind::Time);
        let time = match (dates.next(), dates.next()) {
            (Some((at, time)), None) if asked.several && time.len() > 1 => Some((at, time)),
            _ => None,
        };
        let part = |suffix: String, others: Vec<Dimension>, planes: Vec<usize>| {
            if planes.len() > BANDS_MAX {
                return Err(asked.unsuitable(format!(
                    "it would have {} bands; at most {BANDS_MAX}",
                    planes.len()
                )));
            }
            let names = (0..planes.len()).map(|plane| plane_name(&others, plane));
            Ok(Part {
                names: names.collect(),
                suffix,
                others,
                planes,
            })
        };
        let Some((at, time)) = time else {
            let others = self.others.to_vec();
            return Ok(vec![part(String::new(), others, (0..all).collect())?]);
        };
        let inner: usize = self.others[at + 1..].iter().map(Dimension::len).product();
        let labels = time.labels.iter().enumerate();
        labels
            .map(|(step, label)| {
                let mut others = self.others.to_vec();
                others[at] = time.select(&[step]);
                let own = |plane: &usize| plane / inner % time.len() == step;
                let suffix = format!("-{}", file_part(&label.to_string()));
                part(suffix, others, (0..all).filter(own).collect())
            })
            .collect()
    }

    /// Writes a file, holding at most so many bytes.
    fn encode(
        &self,
        part: &Part,
        asked: &Asked<'_>,
        writer: &mut dyn Write,
        memory_bytes: u64,
    ) -> Result<(), GraphError> {
        let kind = match Kind::asked(asked)? {
            Some(kind) => kind,
            None if self.fit_f32(part)? => Kind::F32,
            None => Kind::F64,
        };
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
        // A row of tiles, what waits of the smaller copies, and a plane as it is read.
        let row_bytes = self.grid.width * (2 * part.planes.len() * kind.dtype().size_bytes() + 16);
        let fits = |side: &&usize| (**side * row_bytes) as u64 <= memory_bytes / 2;
        let side = TILE_SIDES_PX.iter().find(fits).ok_or_else(|| {
            GraphError::new(
                "ProcessGraphComplexity",
                format!(
                    "a row of tiles of {} bands needs {} bytes; at most {} may be held: save fewer bands or dates in a file",
                    part.planes.len(),
                    TILE_SIDES_PX[3] * row_bytes,
                    memory_bytes / 2
                ),
            )
        })?;
        let options = CogOptions {
            block_size: *side,
            waiting_bytes_max: (memory_bytes / WAITING_SHARE).min(WAITING_BYTES_MAX) as usize,
            ..options(asked, nodata)?
        }
        .with_band_names(part.names.iter().cloned());
        let mut failed = None;
        let wrote = cog::write_rows(
            writer,
            self.grid,
            (part.planes.len(), kind.dtype()),
            &options,
            |window| {
                let rows = part.planes.iter().map(|plane| {
                    let rows = (self.rows)(*plane, window.row, window.height)?;
                    Ok(kind.band(&rows, nodata))
                });
                rows.collect::<Result<Vec<_>, GraphError>>()
                    .map_err(|error| {
                        failed = Some(error);
                        RasterError::Argument {
                            argument: "rows",
                            reason: "they could not be made".to_string(),
                        }
                    })
            },
        );
        match failed {
            Some(error) => Err(error),
            None => wrote.map_err(|error| asked.unsuitable(error)),
        }
    }

    /// Whether 32-bit floats hold each of the values exactly.
    fn fit_f32(&self, part: &Part) -> Result<bool, GraphError> {
        for plane in &part.planes {
            for row in (0..self.grid.height).step_by(TILE_SIDES_PX[3]) {
                let count = TILE_SIDES_PX[3].min(self.grid.height - row);
                let values = (self.rows)(*plane, row, count)?;
                let fits = |v: &f64| v.is_nan() || f64::from(*v as f32).total_cmp(v).is_eq();
                if !values.iter().all(fits) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn options(asked: &Asked<'_>, nodata: f64) -> Result<CogOptions, GraphError> {
    Ok(CogOptions {
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
    })
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
    /// The type that was asked for.
    fn asked(asked: &Asked<'_>) -> Result<Option<Self>, GraphError> {
        Ok(Some(match asked.text("datatype")? {
            None => return Ok(None),
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
        }))
    }

    fn dtype(self) -> DataType {
        match self {
            Kind::U8 => DataType::U8,
            Kind::U16 => DataType::U16,
            Kind::I16 => DataType::I16,
            Kind::U32 => DataType::U32,
            Kind::I32 => DataType::I32,
            Kind::F32 => DataType::F32,
            Kind::F64 => DataType::F64,
        }
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
