//! One product, on scenes, over an area.

use super::recipe::{LegendClass, Product, ProductKind};
use crate::area;
use crate::cube::{Cube, DimensionKind};
use crate::error::{GraphError, KnowError};
use crate::graph::{RunLimits, run_keeping};
use crate::picture;
use crate::source::{OnlyScenes, SceneDescription, SceneSource};
use crate::value::{Label, Value};
use crate::vectorise;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::Grid;
use corridor_raster::warp::Resampling;
use geo::MultiPolygon;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Value of the mask where a pixel could not be judged or lies outside the area.
pub const MASK_NODATA: u8 = 255;

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
    pub parameters: Map<String, serde_json::Value>,
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
    /// Part of the asked area that could be judged, 0 to 1.
    pub valid_fraction: f64,
    /// Thresholds, counts, dates and other figures behind the answer.
    pub statistics: Map<String, serde_json::Value>,
    /// One sentence with the main figure.
    pub headline: String,
    /// Picture with legend and scale bar, PNG.
    pub picture: Vec<u8>,
    /// Classes with their colours, for tiles and legends.
    pub classes: Vec<LegendClass>,
    /// Name of the alternative that was used, such as `optical`.
    pub alternative: String,
    /// The parameters as they were used, defaults filled in.
    pub parameters: Map<String, serde_json::Value>,
}

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
    pub fn write_mask_cog(&self, path: &Path) -> Result<(), KnowError> {
        let options = CogOptions {
            nodata: Some(f64::from(MASK_NODATA)),
            resampling: Resampling::Mode,
            ..CogOptions::default()
        };
        let bands = [BandData::U8(self.mask.clone())];
        cog::write(path, &self.grid, &bands, &options.with_band_names(["mask"]))
            .map_err(|error| raster("writing the mask", &error))
    }

    /// Writes the layers as a COG (one `float32` band each, nodata NaN); `false` where there are none.
    ///
    /// # Errors
    /// [`KnowError::Raster`] where the file cannot be written.
    pub fn write_layers_cog(&self, path: &Path) -> Result<bool, KnowError> {
        if self.layers.is_empty() {
            return Ok(false);
        }
        let options = CogOptions {
            nodata: Some(f64::NAN),
            ..CogOptions::default()
        };
        let names = self.layers.iter().map(|layer| layer.name.clone());
        let bands: Vec<BandData> = self
            .layers
            .iter()
            .map(|layer| BandData::F32(layer.values.clone()))
            .collect();
        cog::write(path, &self.grid, &bands, &options.with_band_names(names))
            .map(|()| true)
            .map_err(|error| raster("writing the layers", &error))
    }
}

fn raster(doing: &str, error: &corridor_raster::RasterError) -> KnowError {
    KnowError::Raster {
        doing: doing.to_string(),
        reason: error.to_string(),
    }
}

/// Runs a product.
///
/// # Errors
/// [`KnowError`]: no alternative fits the scenes' bands, a parameter is out of range, too few
/// pixels can be judged, or the graph failed.
pub async fn run_product(
    product: &Product,
    inputs: &ProductInputs,
    source: &dyn SceneSource,
    limits: &RunLimits,
) -> Result<ProductResult, KnowError> {
    let wanted = match product.kind {
        ProductKind::Date => 1,
        ProductKind::Change => 2,
    };
    if inputs.scenes.len() != wanted {
        return Err(KnowError::Parameter {
            product: product.id.clone(),
            name: "scenes".to_string(),
            reason: format!("{} scenes given, {wanted} needed", inputs.scenes.len()),
        });
    }
    let mut scenes = Vec::new();
    for scene in &inputs.scenes {
        scenes.push(source.describe(&scene.collection, &scene.item).await?);
    }
    let alternative = product.choose(&scenes)?;
    let parameters = product.fill_parameters(&inputs.parameters)?;
    let scope = scope(&parameters, &scenes, inputs)?;
    let keep: Vec<&str> = alternative
        .statistics
        .values()
        .map(String::as_str)
        .collect();
    let only = OnlyScenes::new(source, &inputs.scenes);
    let (value, kept) = run_keeping(&alternative.graph, &scope, &only, limits, &keep).await?;
    let Value::Cube(cube) = value else {
        return Err(wrong_result("the graph gives no data cube").into());
    };
    let answer = Bands::of(&cube, product)?;
    let mut statistics = Map::new();
    for (name, node) in &alternative.statistics {
        if let Some(Value::Cube(figure)) = kept.get(node) {
            figures(name, figure, &mut statistics);
        }
    }
    finish(
        product,
        inputs,
        &scenes,
        answer,
        statistics,
        &alternative.name,
        parameters,
    )
}

/// The parameters that the graph sees.
fn scope(
    parameters: &Map<String, serde_json::Value>,
    scenes: &[SceneDescription],
    inputs: &ProductInputs,
) -> Result<BTreeMap<String, Value>, KnowError> {
    let mut scope: BTreeMap<String, Value> = parameters
        .iter()
        .map(|(name, value)| (name.clone(), Value::from_json(value)))
        .collect();
    let area = match &inputs.area {
        None => Value::Null,
        Some(area) => {
            let geometry = geojson::Geometry::new(geojson::GeometryValue::from(area));
            let json = serde_json::to_value(geometry)
                .map_err(|error| wrong_result(&format!("the area cannot be written: {error}")))?;
            Value::from_json(&json)
        }
    };
    scope.insert("area".to_string(), area);
    let mut set = |name: &str, value: Value| drop(scope.insert(name.to_string(), value));
    if let [before, after] = scenes {
        set("collection_before", Value::Text(before.collection.clone()));
        set("before", interval(before));
        set("collection", Value::Text(after.collection.clone()));
        set("after", interval(after));
        set("time", interval(after));
    } else if let [scene] = scenes {
        set("collection", Value::Text(scene.collection.clone()));
        set("time", interval(scene));
    }
    Ok(scope)
}

/// The half-open interval of a scene: to one second after its end.
fn interval(scene: &SceneDescription) -> Value {
    let text = |time: Option<Timestamp>| time.map_or(Value::Null, |t| Value::Text(t.to_string()));
    let after = scene
        .end
        .and_then(|end| end.checked_add(SignedDuration::from_secs(1)).ok());
    Value::array(vec![text(scene.start), text(after)])
}

fn wrong_result(reason: &str) -> GraphError {
    GraphError::new("Internal", reason)
}

/// The graph's result, band by band.
struct Bands {
    grid: Grid,
    mask: Vec<u8>,
    layers: Vec<Layer>,
}

impl Bands {
    fn of(cube: &Cube, product: &Product) -> Result<Self, GraphError> {
        let grid = cube
            .grid()
            .ok_or_else(|| wrong_result("the graph's result has no pixels"))?;
        let along = cube
            .only(DimensionKind::Bands)
            .ok_or_else(|| wrong_result("the graph's result has no bands"))?;
        let mut mask = None;
        let mut layers = Vec::new();
        for label in cube.dimensions()[along].labels.iter() {
            let name = label.to_string();
            let plane = cube.band_plane(&name)?;
            if name == product.mask_band {
                let class = |value: &f64| match value {
                    value if value.is_nan() => MASK_NODATA,
                    value => value.clamp(0.0, 254.0) as u8,
                };
                mask = Some(plane.iter().map(class).collect());
            } else {
                layers.push(Layer {
                    unit: product
                        .units
                        .get(&name)
                        .cloned()
                        .unwrap_or_else(|| "1".to_string()),
                    values: plane.iter().map(|value| *value as f32).collect(),
                    name,
                });
            }
        }
        let missing = || {
            wrong_result(&format!(
                "the graph's result has no band {:?}",
                product.mask_band
            ))
        };
        Ok(Self {
            grid: grid.clone(),
            mask: mask.ok_or_else(missing)?,
            layers,
        })
    }
}

/// Takes single numbers from a small cube: one figure, or one a label.
fn figures(name: &str, cube: &Cube, statistics: &mut Map<String, serde_json::Value>) {
    /// Most labels that become figures.
    const FIGURES_MAX: usize = 16;
    let labels: Vec<Label> = match cube.dimensions() {
        [one] => one.labels.to_vec(),
        _ => Vec::new(),
    };
    for index in 0..cube.len().min(FIGURES_MAX) {
        let key = match labels.get(index) {
            Some(label) => format!("{name}_{label}"),
            None => name.to_string(),
        };
        statistics.insert(key, json!(cube.samples().get(index)));
    }
}

fn finish(
    product: &Product,
    inputs: &ProductInputs,
    scenes: &[SceneDescription],
    answer: Bands,
    mut statistics: Map<String, serde_json::Value>,
    alternative: &str,
    parameters: Map<String, serde_json::Value>,
) -> Result<ProductResult, KnowError> {
    let Bands { grid, mask, layers } = answer;
    let areas = area::class_areas_km2(&mask, &grid)?;
    let valid_area_km2: f64 = areas
        .iter()
        .filter(|(class, _)| **class != MASK_NODATA)
        .map(|(_, km2)| km2)
        .sum();
    let asked_km2 = match &inputs.area {
        Some(area) => area::geodesic_km2(area),
        None => areas.values().sum(),
    };
    let valid_fraction = if asked_km2 > 0.0 {
        (valid_area_km2 / asked_km2).min(1.0)
    } else {
        0.0
    };
    if valid_fraction < product.min_valid_fraction || valid_area_km2 <= 0.0 {
        let names: Vec<&str> = scenes.iter().map(|scene| scene.item.as_str()).collect();
        return Err(KnowError::NotEnoughPixels {
            reason: format!(
                "not enough clear pixels: {:.1} % of the area can be judged in {}, {:.0} % are needed",
                valid_fraction * 100.0,
                names.join(" and "),
                product.min_valid_fraction * 100.0
            ),
            valid_fraction,
        });
    }
    let area_km2 = areas.get(&1).copied().unwrap_or(0.0);
    let polygons = vectorise::polygons(&mask, 1, &grid)?;
    let polygon_area_km2: f64 = polygons.iter().map(area::polygon_geodesic_km2).sum();
    let classes = product.style.classes.clone();
    for class in &classes {
        let km2 = areas.get(&class.value).copied().unwrap_or(0.0);
        let key = format!("area_km2_{}", class.label.replace(' ', "_").to_lowercase());
        statistics.insert(key, json!(km2));
    }
    let counts = |wanted: fn(u8) -> bool| mask.iter().filter(|value| wanted(**value)).count();
    statistics.insert("pixels".to_string(), json!(mask.len()));
    statistics.insert(
        "pixels_valid".to_string(),
        json!(counts(|v| v != MASK_NODATA)),
    );
    statistics.insert("pixels_class_1".to_string(), json!(counts(|v| v == 1)));
    statistics.insert("polygons".to_string(), json!(polygons.len()));
    statistics.insert("polygon_area_km2".to_string(), json!(polygon_area_km2));
    for layer in &layers {
        let valid = || {
            layer
                .values
                .iter()
                .filter(|v| !v.is_nan())
                .map(|v| f64::from(*v))
        };
        let count = valid().count();
        if count > 0 {
            let mean = valid().sum::<f64>() / count as f64;
            statistics.insert(format!("{}_mean", layer.name), json!(mean));
        }
    }
    let headline = product
        .headline
        .replace("{area_km2}", &figure(area_km2))
        .replace("{valid_percent}", &format!("{:.0}", valid_fraction * 100.0));
    let picture = picture::render(&mask, &grid, &classes, &product.title)?;
    let polygons = features(&polygons, product);
    Ok(ProductResult {
        grid,
        mask,
        layers,
        polygons,
        area_km2,
        valid_area_km2,
        valid_fraction,
        statistics,
        headline,
        picture,
        classes,
        alternative: alternative.to_string(),
        parameters,
    })
}

/// Three or more significant digits.
fn figure(km2: f64) -> String {
    match km2 {
        km2 if km2 >= 100.0 => format!("{km2:.0}"),
        km2 if km2 >= 1.0 => format!("{km2:.2}"),
        km2 => format!("{km2:.4}"),
    }
}

fn features(polygons: &[geo::Polygon<f64>], product: &Product) -> geojson::FeatureCollection {
    let label = product.style.classes.iter().find(|class| class.value == 1);
    let features = polygons
        .iter()
        .enumerate()
        .map(|(index, polygon)| {
            let mut properties = Map::new();
            properties.insert(
                "area_km2".to_string(),
                json!(area::polygon_geodesic_km2(polygon)),
            );
            properties.insert(
                "class".to_string(),
                json!(label.map(|class| class.label.clone())),
            );
            geojson::Feature {
                bbox: None,
                geometry: Some(geojson::Geometry::new(geojson::GeometryValue::from(
                    polygon,
                ))),
                id: Some(geojson::feature::Id::Number((index + 1).into())),
                properties: Some(properties),
                foreign_members: None,
            }
        })
        .collect();
    geojson::FeatureCollection {
        bbox: None,
        features,
        foreign_members: None,
    }
}
