//! What a product says: classes, layers, areas, polygons, picture.

use super::recipe::{LegendClass, Product};
use super::run::{ProductInputs, wrong_result};
use crate::area;
use crate::cube::{Cube, DimensionKind};
use crate::error::{GraphError, KnowError};
use crate::picture::{self, Dates, Picture, Shown};
use crate::source::SceneDescription;
use crate::value::Label;
use crate::vectorise;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::Grid;
use corridor_raster::warp::Resampling;
use jiff::Timestamp;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Value of the mask where a pixel could not be judged or lies outside the area.
pub const MASK_NODATA: u8 = 255;

/// What a product says.
#[derive(Debug, Clone)]
pub struct ProductResult {
    /// Grid of the mask and of the layers.
    pub grid: Grid,
    /// The mask, row by row from the north: the product's classes, [`MASK_NODATA`] elsewhere.
    pub mask: Vec<u8>,
    /// Further bands of the answer (index, change, …), NaN where there is no value.
    pub layers: Vec<Layer>,
    /// Polygons of the product's polygon classes as a GeoJSON FeatureCollection, longitude and
    /// latitude.
    pub polygons: geojson::FeatureCollection,
    /// Area of the product's polygon classes on the ellipsoid, summed over their pixels, km².
    pub area_km2: f64,
    /// Area of all pixels that could be judged, km².
    pub valid_area_km2: f64,
    /// Part of the asked area that could be judged, 0 to 1.
    pub valid_fraction: f64,
    /// Thresholds, counts, dates and other figures behind the answer.
    pub statistics: Map<String, serde_json::Value>,
    /// One sentence with the main figure.
    pub headline: String,
    /// Picture with legend and scale bar, PNG, in English; see [`Self::picture_in`].
    pub picture: Vec<u8>,
    /// The days it is of.
    pub dates: Dates,
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
    /// The picture in another language.
    ///
    /// # Errors
    /// As [`picture::render`].
    pub fn picture_in(&self, product: &Product, language: &str) -> Result<Picture, KnowError> {
        let shown = Shown {
            mask: &self.mask,
            grid: &self.grid,
            classes: &self.classes,
            statistics: &self.statistics,
            dates: &self.dates,
        };
        picture::render(product, &shown, language)
    }

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

/// The graph's result, band by band.
pub(super) struct Bands {
    grid: Grid,
    mask: Vec<u8>,
    layers: Vec<Layer>,
}

impl Bands {
    pub(super) fn of(cube: &Cube, product: &Product) -> Result<Self, GraphError> {
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
pub(super) fn figures(name: &str, cube: &Cube, statistics: &mut Map<String, serde_json::Value>) {
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

pub(super) fn finish(
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
    let of_classes = product.polygon_classes.iter();
    let area_km2: f64 = of_classes.filter_map(|class| areas.get(class)).sum();
    let mut polygons = Vec::new();
    for class in &product.polygon_classes {
        polygons.extend(
            vectorise::polygons(&mask, *class, &grid)?
                .into_iter()
                .map(|polygon| (*class, polygon)),
        );
    }
    let polygon_area_km2: f64 = polygons
        .iter()
        .map(|(_, polygon)| area::polygon_geodesic_km2(polygon))
        .sum();
    let classes = product.style.classes.clone();
    for class in &classes {
        let km2 = areas.get(&class.value).copied().unwrap_or(0.0);
        let key = format!("area_km2_{}", word(&class.label));
        statistics.insert(key, json!(km2));
    }
    between(scenes, &classes, &areas, &mut statistics);
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
        layer_figures(layer, &mut statistics);
    }
    let headline = headline(product, area_km2, valid_fraction, &statistics);
    let times = scenes.iter().map(|scene| (scene.start, scene.end));
    let dates = Dates::of(product.kind, inputs.since, times);
    let shown = Shown {
        mask: &mask,
        grid: &grid,
        classes: &classes,
        statistics: &statistics,
        dates: &dates,
    };
    let picture = picture::render(product, &shown, "en")?.png;
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
        dates,
        classes,
        alternative: alternative.to_string(),
        parameters,
    })
}

/// Three or more significant digits.
pub(crate) fn figure(km2: f64) -> String {
    match km2 {
        km2 if km2 >= 100.0 => format!("{km2:.0}"),
        km2 if km2.abs() < f64::EPSILON => "0".to_string(),
        km2 if km2 >= 1.0 => format!("{km2:.2}"),
        km2 => format!("{km2:.4}"),
    }
}

/// Unit of layers whose values are dates.
const DAYS: &str = "days since 1970-01-01";

/// The mean of a layer's values; of dates the first, the middle and the last.
fn layer_figures(layer: &Layer, statistics: &mut Map<String, serde_json::Value>) {
    let valid = layer.values.iter().filter(|v| !v.is_nan());
    let mut values: Vec<f64> = valid.map(|v| f64::from(*v)).collect();
    if layer.unit == DAYS {
        values.sort_by(f64::total_cmp);
        let middle = values.get(values.len() / 2);
        for (word, day) in [
            ("earliest", values.first()),
            ("median", middle),
            ("latest", values.last()),
        ] {
            let key = format!("{}_{word}", layer.name);
            statistics.insert(key, json!(day.and_then(|day| date(*day))));
        }
    } else if !values.is_empty() {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        statistics.insert(format!("{}_mean", layer.name), json!(mean));
    }
}

/// The date of a number of days since 1970-01-01.
fn date(days: f64) -> Option<String> {
    let time = Timestamp::from_second((days * 86_400.0) as i64).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}

/// For a product of several dates: how many scenes, how long between the first and the last, and,
/// for a change over more than a year, the areas per decade.
fn between(
    scenes: &[SceneDescription],
    classes: &[LegendClass],
    areas: &BTreeMap<u8, f64>,
    statistics: &mut Map<String, serde_json::Value>,
) {
    /// Days of a Julian year.
    const YEAR_DAYS: f64 = 365.25;
    if scenes.len() < 2 {
        return;
    }
    statistics.insert("scenes".to_string(), json!(scenes.len()));
    let first = scenes.iter().filter_map(|scene| scene.start).min();
    let last = scenes.iter().filter_map(|scene| scene.start).max();
    let (Some(first), Some(last)) = (first, last) else {
        return;
    };
    let years = last.duration_since(first).as_secs_f64() / 86_400.0 / YEAR_DAYS;
    statistics.insert("years".to_string(), json!(years));
    if scenes.len() == 2 && years > 1.0 {
        for class in classes.iter().filter(|class| class.value != 0) {
            let km2 = areas.get(&class.value).copied().unwrap_or(0.0);
            let key = format!("km2_per_decade_{}", word(&class.label));
            statistics.insert(key, json!(km2 / years * 10.0));
        }
    }
}

pub(crate) fn word(label: &str) -> String {
    label.replace([' ', '-'], "_").to_lowercase()
}

/// The product's sentence with its figures.
fn headline(
    product: &Product,
    area_km2: f64,
    valid_fraction: f64,
    statistics: &Map<String, serde_json::Value>,
) -> String {
    let mut text = product
        .headline
        .replace("{area_km2}", &figure(area_km2))
        .replace("{valid_percent}", &format!("{:.0}", valid_fraction * 100.0));
    for (name, value) in statistics {
        let shown = match (value, value.as_f64()) {
            (serde_json::Value::String(text), _) => text.clone(),
            (_, Some(number)) if name == "years" => format!("{number:.1}"),
            (_, Some(number)) if !value.is_u64() => figure(number),
            (serde_json::Value::Null, _) => "?".to_string(),
            _ => value.to_string(),
        };
        text = text.replace(&format!("{{{name}}}"), &shown);
    }
    text
}

fn features(polygons: &[(u8, geo::Polygon<f64>)], product: &Product) -> geojson::FeatureCollection {
    let label = |class: u8| {
        let own = product.style.classes.iter().find(|own| own.value == class);
        own.map(|own| own.label.clone())
    };
    let features = polygons
        .iter()
        .enumerate()
        .map(|(index, (class, polygon))| {
            let mut properties = Map::new();
            properties.insert(
                "area_km2".to_string(),
                json!(area::polygon_geodesic_km2(polygon)),
            );
            properties.insert("class".to_string(), json!(label(*class)));
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
