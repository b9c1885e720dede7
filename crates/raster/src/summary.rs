//! A dataset told in one record, and its values at a place.

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::Sample;
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
    /// Sum of the stored values of each band, nodata included, NaN left out.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointValue {
    /// Row, counted from 0 at the top.
    pub row: usize,
    /// Column, counted from 0 at the left.
    pub col: usize,
    /// Stored value of each band; `None` for NaN.
    pub values: Vec<Option<f64>>,
    /// Whether each is a measurement.
    pub valid: Vec<bool>,
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
            .map(|b| b.data().get_f64(0).filter(|v| !v.is_nan()))
            .collect(),
        valid: read.iter().map(|b| b.is_valid(0, 0)).collect(),
    }))
}

/// Numbers that JSON cannot say, as texts.
mod number_or_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(f64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        value
            .map(|v| match v {
                v if v.is_nan() => Either::Text("nan".to_owned()),
                v if v.is_infinite() => Either::Text(v.to_string()),
                v => Either::Number(v),
            })
            .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        match Option::<Either>::deserialize(from)? {
            None => Ok(None),
            Some(Either::Number(value)) => Ok(Some(value)),
            Some(Either::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
        }
    }
}
