//! A dataset told in one record, and its values at a place.

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::{BandData, DataType, Sample};
use crate::dataset::{Dataset, Layout, Overview};
use crate::grid::{Crs, Transformer};
use crate::window::Window;

/// Pixels read at once while summing up.
const CHUNK_PIXELS: usize = 1 << 22;

/// What a dataset is and holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Number of bands.
    pub bands: usize,
    /// Type of the samples, as numpy names it.
    pub dtype: String,
    /// EPSG code of the coordinate reference system.
    pub epsg: Option<u32>,
    /// WKT 1 of it, where the crate can write it.
    pub crs_wkt: Option<String>,
    /// PROJ string of it, where coordinates can be computed.
    pub crs_proj: Option<String>,
    /// Pixel corner to coordinate, in GDAL's order.
    pub transform: [f64; 6],
    /// Value of pixels without a measurement; in JSON the texts `nan`, `inf` and `-inf` stand for
    /// what is no JSON number, as in STAC.
    #[serde(with = "number_or_text")]
    pub nodata: Option<f64>,
    /// Whether `nodata` is NaN.
    pub nodata_is_nan: bool,
    /// Factor of each band, 1 where none is stated.
    pub scales: Vec<f64>,
    /// Offset of each band, 0 where none is stated.
    pub offsets: Vec<f64>,
    /// Name of each band.
    pub descriptions: Vec<Option<String>>,
    /// `Area` or `Point`.
    pub area_or_point: String,
    /// Sum of the stored values of each band, nodata included, NaN left out; in JSON as `nodata`.
    #[serde(with = "numbers_or_texts")]
    pub band_sum: Vec<f64>,
    /// Number of measurements of each band.
    pub valid_px: Vec<u64>,
    /// How the file is laid out.
    pub layout: Layout,
    /// Reduced copies.
    pub overviews: Vec<Overview>,
    /// Longitude and latitude bounds in degrees, where they can be computed.
    pub bounds_wgs84: Option<[f64; 4]>,
}

/// Values of one pixel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointValue {
    /// Row, counted from 0 at the top.
    pub row: usize,
    /// Column, counted from 0 at the left.
    pub col: usize,
    /// Stored value of each band.
    pub values: Vec<Stored>,
    /// Whether each is a measurement.
    pub valid: Vec<bool>,
}

/// One stored value, to its last digit. In JSON it is a number, `null` for NaN, and the texts `inf`
/// and `-inf` stand for infinities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stored {
    /// Of an integer that has a sign.
    Signed(i64),
    /// Of an integer without one.
    Unsigned(u64),
    /// Of a float.
    Real(f64),
}

impl Stored {
    /// The value at `index` of `data`; `None` outside.
    fn of(data: &BandData, index: usize) -> Option<Self> {
        Some(match data {
            BandData::I64(v) => Self::Signed(*v.get(index)?),
            BandData::U64(v) => Self::Unsigned(*v.get(index)?),
            _ => {
                let value = data.get_f64(index)?;
                match data.dtype() {
                    DataType::F32 | DataType::F64 => Self::Real(value),
                    // Integers of 32 bits at most: exact either way.
                    _ => Self::Signed(value as i64),
                }
            }
        })
    }
}

impl std::fmt::Display for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signed(v) => v.fmt(f),
            Self::Unsigned(v) => v.fmt(f),
            Self::Real(v) if v.is_nan() => f.write_str("nan"),
            Self::Real(v) => v.fmt(f),
        }
    }
}

impl Serialize for Stored {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Signed(v) => to.serialize_i64(*v),
            Self::Unsigned(v) => to.serialize_u64(*v),
            Self::Real(v) if v.is_nan() => to.serialize_none(),
            Self::Real(v) if v.is_infinite() => to.collect_str(v),
            Self::Real(v) => to.serialize_f64(*v),
        }
    }
}

/// Sums up `dataset`, reading every pixel once.
///
/// # Errors
/// As [`Dataset::read`].
pub fn summarize(dataset: &Dataset) -> Result<Summary, RasterError> {
    let grid = dataset.grid();
    let bands: Vec<usize> = (0..dataset.bands()).collect();
    let mut band_sum = vec![0.0; bands.len()];
    let mut valid_px = vec![0_u64; bands.len()];
    let block_height = dataset.layout().block_height;
    let per_row = grid.width.saturating_mul(bands.len()).max(1);
    // Whole blocks, so that none is decoded twice.
    let rows = (CHUNK_PIXELS / per_row)
        .max(1)
        .div_ceil(block_height)
        .saturating_mul(block_height);
    let mut row = 0;
    while row < grid.height {
        let window = Window::new(0, row, grid.width, rows.min(grid.height - row));
        for (i, band) in dataset.read_bands(&bands, window)?.iter().enumerate() {
            let data = band.data();
            band_sum[i] += crate::band::each_type!(data, v => {
                v.iter().map(|x| x.to_f64()).filter(|x| !x.is_nan()).sum::<f64>()
            });
            valid_px[i] += band.validity().iter().filter(|ok| **ok).count() as u64;
        }
        row += window.height;
    }
    let metadata = dataset.metadata();
    let area_or_point = metadata
        .items
        .get("AREA_OR_POINT")
        .map_or("Area", String::as_str);
    Ok(Summary {
        width: grid.width,
        height: grid.height,
        bands: bands.len(),
        dtype: dataset.dtype().name().to_owned(),
        epsg: grid.crs.epsg_code(),
        crs_wkt: grid.crs.wkt(),
        crs_proj: grid.crs.proj_string().map(ToOwned::to_owned),
        transform: grid.transform,
        nodata: dataset.nodata(),
        nodata_is_nan: dataset.nodata().is_some_and(f64::is_nan),
        scales: metadata
            .bands
            .iter()
            .map(|b| b.scale.unwrap_or(1.0))
            .collect(),
        offsets: metadata
            .bands
            .iter()
            .map(|b| b.offset.unwrap_or(0.0))
            .collect(),
        descriptions: metadata
            .bands
            .iter()
            .map(|b| b.description.clone())
            .collect(),
        area_or_point: area_or_point.to_owned(),
        band_sum,
        valid_px,
        layout: dataset.layout().clone(),
        overviews: dataset.overviews().to_vec(),
        bounds_wgs84: grid.bounds_wgs84().ok(),
    })
}

/// Stored values of the pixel at a place; `None` when it is outside.
///
/// # Errors
/// As [`Dataset::read`], or when the dataset's system cannot be computed with.
pub fn value_at(
    dataset: &Dataset,
    lon_deg: f64,
    lat_deg: f64,
) -> Result<Option<PointValue>, RasterError> {
    let grid = dataset.grid();
    let to = Transformer::new(&Crs::wgs84(), &grid.crs)?;
    let (x, y) = to.transform(lon_deg, lat_deg)?;
    let Some((col, row)) = grid.pixel_of(x, y) else {
        return Ok(None);
    };
    let inside = col >= 0.0 && row >= 0.0 && col < grid.width as f64 && row < grid.height as f64;
    if !inside {
        return Ok(None);
    }
    let (col, row) = (col as usize, row as usize);
    let bands: Vec<usize> = (0..dataset.bands()).collect();
    let read = dataset.read_bands(&bands, Window::new(col, row, 1, 1))?;
    Ok(Some(PointValue {
        row,
        col,
        values: read
            .iter()
            .filter_map(|b| Stored::of(b.data(), 0))
            .collect(),
        valid: read.iter().map(|b| b.is_valid(0, 0)).collect(),
    }))
}

/// Numbers that JSON cannot say, as texts.
mod number_or_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    pub(super) enum Either {
        Number(f64),
        Text(String),
    }

    impl From<f64> for Either {
        fn from(value: f64) -> Self {
            match value {
                v if v.is_nan() => Self::Text("nan".to_owned()),
                v if v.is_infinite() => Self::Text(v.to_string()),
                v => Self::Number(v),
            }
        }
    }

    impl TryFrom<Either> for f64 {
        type Error = std::num::ParseFloatError;

        fn try_from(either: Either) -> Result<Self, Self::Error> {
            match either {
                Either::Number(value) => Ok(value),
                Either::Text(text) => text.parse(),
            }
        }
    }

    pub(super) fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        value.map(Either::from).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Option::<Either>::deserialize(from)?
            .map(f64::try_from)
            .transpose()
            .map_err(serde::de::Error::custom)
    }
}

/// As [`number_or_text`], of several.
mod numbers_or_texts {
    use super::number_or_text::Either;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|v| Either::from(*v)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Either>::deserialize(from)?;
        let numbers: Result<Vec<f64>, _> = values.into_iter().map(f64::try_from).collect();
        numbers.map_err(serde::de::Error::custom)
    }
}
