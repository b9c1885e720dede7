//! One product, on scenes, over an area.

use super::{LegendClass, Product};
use crate::error::KnowError;
use crate::graph::RunLimits;
use crate::source::SceneSource;
use corridor_raster::grid::Grid;
use geo::MultiPolygon;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A scene in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SceneRef {
    /// Collection of the scene.
    pub collection: String,
    /// Item of the scene.
    pub item: String,
}

/// What a product is run on.
#[derive(Debug, Clone)]
pub struct ProductInputs {
    /// The area, longitude and latitude in degrees. `None`: the whole scene.
    pub area: Option<MultiPolygon<f64>>,
    /// One scene for a `date` product; before, then after, for a `change` product.
    pub scenes: Vec<SceneRef>,
    /// Parameters that differ from their defaults.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// What a product says.
#[derive(Debug, Clone)]
pub struct ProductResult {
    /// Grid of the mask and of the layers.
    pub grid: Grid,
    /// The mask, row by row from the north: the product's classes, [`MASK_NODATA`] elsewhere.
    pub mask: Vec<u8>,
    /// Further bands of the answer (index, change, …), NaN where there is no value.
    pub layers: Vec<Layer>,
    /// Polygons of class 1 as a GeoJSON FeatureCollection, longitude and latitude.
    pub polygons: geojson::FeatureCollection,
    /// Area of class 1 on the ellipsoid, summed over its pixels, km².
    pub area_km2: f64,
    /// Area of all pixels that could be judged, km².
    pub valid_area_km2: f64,
    /// Part of the asked area's pixels that could be judged, 0 to 1.
    pub valid_fraction: f64,
    /// Thresholds, counts, dates and other figures behind the answer.
    pub statistics: serde_json::Map<String, serde_json::Value>,
    /// One sentence with the main figure.
    pub headline: String,
    /// Picture with legend and scale bar, PNG.
    pub picture: Vec<u8>,
    /// Classes with their colours, for tiles and legends.
    pub classes: Vec<LegendClass>,
    /// Name of the alternative that was used, such as `optical`.
    pub alternative: String,
    /// The parameters as they were used, defaults filled in.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// Value of the mask where a pixel could not be judged or lies outside the area.
pub const MASK_NODATA: u8 = 255;

/// One band of an answer beside its mask.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Name, such as `ndvi_change`.
    pub name: String,
    /// Unit, `1` for ratios.
    pub unit: String,
    /// Values row by row from the north, NaN where there is none.
    pub values: Vec<f32>,
}

impl ProductResult {
    /// Writes the mask as a COG (one band, `uint8`, nodata 255).
    ///
    /// # Errors
    /// [`KnowError::Raster`] where the file cannot be written.
    pub fn write_mask_cog(&self, _path: &Path) -> Result<(), KnowError> {
        Ok(())
    }

    /// Writes the layers as a COG (one `float32` band each, nodata NaN); `false` where there are none.
    ///
    /// # Errors
    /// [`KnowError::Raster`] where the file cannot be written.
    pub fn write_layers_cog(&self, _path: &Path) -> Result<bool, KnowError> {
        Ok(false)
    }
}

/// Runs a product.
///
/// # Errors
/// [`KnowError`]: no alternative fits the scenes' bands, a parameter is out of range, too few
/// pixels can be judged, or the graph failed.
pub async fn run_product(
    _product: &Product,
    _inputs: &ProductInputs,
    _source: &dyn SceneSource,
    _limits: &RunLimits,
) -> Result<ProductResult, KnowError> {
    Err(KnowError::NotEnoughPixels {
        reason: "not yet".into(),
        valid_fraction: 0.0,
    })
}
