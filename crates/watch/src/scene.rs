//! A file and what is said about it become a scene: a STAC Item whose grid, footprint, statistics
//! and digests are read from the pixels and never taken on trust.

mod address;
mod claim;
mod footprint;
mod item;
mod item_band;

pub(crate) use item::is_item_name;
pub use item::{Base, ItemFault, ItemScene, Place};

use crate::error::WatchError;
use corridor_catalog::digest;
use corridor_catalog::stac::{
    Asset, Band, Item, Link, Provider, eo, media_type, projection, raster,
};
use corridor_catalog::{AssetDescription, NewScene};
use corridor_raster::cog;
use corridor_raster::dataset::Dataset;
use corridor_raster::stat;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Ending of the files that describe a scene.
pub const DESCRIPTION_ENDING: &str = ".scene.json";
/// Largest description, bytes.
pub const DESCRIPTION_MAX_BYTES: u64 = 1 << 20;
/// Most files one scene may have.
pub const FILES_MAX: usize = 256;
/// Collection of scenes that nobody described.
pub const UNDESCRIBED_COLLECTION: &str = "scenes";

/// What a `*.scene.json` says: the parts of a STAC Item that pixels cannot tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneDescription {
    /// The Item's id.
    pub id: String,
    /// The collection's id.
    pub collection: String,
    /// STAC common metadata; a `datetime`, or null with `start_datetime` and `end_datetime`.
    pub properties: Map<String, Value>,
    /// Asset key to file name, beside the description.
    pub files: BTreeMap<String, String>,
    /// Title, roles and bands by asset key.
    #[serde(default)]
    pub assets: BTreeMap<String, AssetText>,
    /// Who made, processed and licensed it.
    #[serde(default)]
    pub providers: Vec<Provider>,
    /// Licence and other links.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Where the pixels come from, in a sentence.
    #[serde(default)]
    pub source: Option<String>,
    /// The outline of what was seen, where it is less than the pixels' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<geojson::Geometry>,
}

/// What is said of one asset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetText {
    /// Title for people.
    #[serde(default)]
    pub title: Option<String>,
    /// STAC roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Ground sample distance, m.
    #[serde(default)]
    pub gsd: Option<f64>,
    /// The bands, in the file's order.
    #[serde(default)]
    pub bands: Vec<Band>,
}

/// One file of a scene, whole and with its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneFile {
    /// Asset key.
    pub key: String,
    /// Where it is now.
    pub path: PathBuf,
    /// Its name as delivered.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// A `datetime`, and `start_datetime` to `end_datetime`; one of them is there.
type Times = (Option<Timestamp>, Option<(Timestamp, Timestamp)>);

impl SceneDescription {
    /// Reads and checks a description.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names file, field and what would be right.
    pub fn parse(text: &str, file: &str) -> Result<Self, WatchError> {
        let description: Self = serde_json::from_str(text)
            .map_err(|e| WatchError::Invalid(format!("{file}: not a scene description: {e}")))?;
        description
            .check()
            .map_err(|why| WatchError::Invalid(format!("{file}: {why}")))?;
        Ok(description)
    }

    /// What a bare file tells of itself: its name, and the date in its TIFF tag or as given.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] where no date is known: none is invented.
    pub fn of_bare_file(path: &Path, datetime: Option<Timestamp>) -> Result<Self, WatchError> {
        let name = file_name(path)?;
        let dataset = Dataset::open(path).map_err(|e| WatchError::Invalid(e.to_string()))?;
        let tagged = dataset.metadata().items.get("TIFFTAG_DATETIME");
        let Some(time) = datetime.or_else(|| tagged.and_then(|t| tiff_datetime(t))) else {
            return Err(WatchError::Invalid(format!(
                "{name}: neither the file nor a {DESCRIPTION_ENDING} beside it says when it was \
                 observed; give --datetime, or describe it"
            )));
        };
        let id = name
            .rsplit_once('.')
            .map_or(name.as_str(), |(stem, _)| stem);
        let id: String = id
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        let mut properties = Map::new();
        properties.insert("datetime".into(), json!(time));
        let bands = (0..dataset.bands())
            .map(|i| {
                let told = dataset
                    .metadata()
                    .bands
                    .get(i)
                    .and_then(|b| b.description.clone());
                Band::new(told.unwrap_or_else(|| format!("b{}", i + 1)))
            })
            .collect();
        Ok(Self {
            id: id.trim_start_matches('.').to_string(),
            collection: UNDESCRIBED_COLLECTION.into(),
            properties,
            files: BTreeMap::from([("data".to_string(), name.clone())]),
            assets: BTreeMap::from([(
                "data".to_string(),
                AssetText {
                    roles: vec!["data".into()],
                    bands,
                    ..AssetText::default()
                },
            )]),
            providers: vec![],
            links: vec![],
            source: Some(format!("file {name}, not described")),
            geometry: None,
        })
    }

    fn check(&self) -> Result<(), String> {
        if self.files.is_empty() || self.files.len() > FILES_MAX {
            return Err(format!(
                "{} files; from 1 to {FILES_MAX} are right",
                self.files.len()
            ));
        }
        for name in self.files.values() {
            if !is_plain_file_name(name) {
                return Err(format!("file {name:?} is no plain file name"));
            }
        }
        if let Some(key) = self.assets.keys().find(|k| !self.files.contains_key(*k)) {
            return Err(format!("asset {key:?} has no file"));
        }
        self.times().map(drop)
    }

    /// `datetime`, or start and end.
    fn times(&self) -> Result<Times, String> {
        let read = |field: &str| match self.properties.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => text
                .parse::<Timestamp>()
                .map(Some)
                .map_err(|_| format!("{field} {text:?} is no RFC 3339 time")),
            Some(other) => Err(format!("{field} {other} is no RFC 3339 time")),
        };
        let interval = match (read("start_datetime")?, read("end_datetime")?) {
            (Some(start), Some(end)) if start <= end => Some((start, end)),
            (Some(start), Some(end)) => return Err(format!("{start} to {end} runs backwards")),
            (None, None) => None,
            _ => return Err("start_datetime and end_datetime go together".into()),
        };
        let datetime = read("datetime")?;
        if datetime.is_none() && interval.is_none() {
            return Err(
                "a datetime is missing, or null with start_datetime and end_datetime".into(),
            );
        }
        Ok((datetime, interval))
    }

    /// The digest that makes the same delivery one: the description and every file.
    pub fn digest(&self, files: &[SceneFile]) -> String {
        let digests: BTreeMap<&str, &str> = files
            .iter()
            .map(|f| (f.key.as_str(), f.sha256.as_str()))
            .collect();
        digest::sha256_json(&json!({ "description": self, "files": digests }))
    }
}

/// Describes the scene: opens every file, reads its grid and statistics, and makes a COG of it in
/// `workspace` where it is none yet.
///
/// # Errors
/// [`WatchError::Invalid`] names the file and what is wrong with it; nothing is stored yet.
pub fn describe(
    description: &SceneDescription,
    files: &[SceneFile],
    workspace: &Path,
) -> Result<NewScene, WatchError> {
    description.check().map_err(WatchError::Invalid)?;
    let (datetime, interval) = description.times().map_err(WatchError::Invalid)?;
    let mut item = Item::new(&description.id).in_collection(&description.collection);
    item.properties.datetime = datetime;
    if let Some((start, end)) = interval {
        item.properties.start_datetime = Some(start);
        item.properties.end_datetime = Some(end);
    }
    for (key, value) in &description.properties {
        if !matches!(key.as_str(), "datetime" | "start_datetime" | "end_datetime") {
            item.properties.fields.insert(key.clone(), value.clone());
        }
    }
    if !description.providers.is_empty() {
        item.properties
            .fields
            .insert("providers".into(), json!(description.providers));
    }
    if let Some(source) = &description.source {
        item.properties
            .fields
            .insert("corridor:source".into(), json!(source));
    }
    item.links.clone_from(&description.links);
    name_extensions(&mut item, description);
    let mut taken: Vec<(String, PathBuf, AssetDescription)> = Vec::new();
    let mut widest = 0.0;
    for (key, name) in &description.files {
        let Some(file) = files.iter().find(|f| f.key == *key) else {
            return Err(WatchError::Invalid(format!(
                "file {name} (asset {key}) is missing"
            )));
        };
        let dataset =
            Dataset::open(&file.path).map_err(|e| WatchError::Invalid(format!("{name}: {e}")))?;
        let text = description.assets.get(key).cloned().unwrap_or_default();
        let asset = describe_asset(&dataset, name, text)?;
        let pixels = outline(&dataset).map_err(|e| WatchError::Invalid(format!("{name}: {e}")))?;
        let extent = extent_deg2(&pixels);
        if extent > widest {
            widest = extent;
            let geometry = footprint::chosen(description.geometry.as_ref(), &pixels)
                .map_err(|e| WatchError::Invalid(format!("{name}: geometry: {e}")))?;
            item = item.with_geometry(geometry);
            grid_of(&dataset).apply(&mut item);
        }
        let path = if cog::is_cog(&dataset) {
            file.path.clone()
        } else {
            let path = workspace.join(format!("{key}.tif"));
            cog::from_dataset(&dataset, &path)
                .map_err(|e| WatchError::Invalid(format!("{name}: making a COG: {e}")))?;
            path
        };
        taken.push((key.clone(), path, asset));
    }
    Ok(NewScene {
        sha256: description.digest(files),
        files: taken,
        item,
    })
}

/// Whether a text can name a file in any folder, and nothing outside of it.
fn is_plain_file_name(name: &str) -> bool {
    !(name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']))
}

/// The outline of a file's pixels: a closed ring, WGS 84 degrees to 1e-7.
fn outline(dataset: &Dataset) -> Result<Vec<[f64; 2]>, corridor_raster::RasterError> {
    let round = |part_deg: f64| (part_deg * 1e7).round() / 1e7;
    let ring = dataset.grid().footprint_wgs84()?;
    Ok(ring.iter().map(|point| point.map(round)).collect())
}

fn extent_deg2(ring: &[[f64; 2]]) -> f64 {
    let fold = |i: usize| {
        ring.iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), p| {
                (lo.min(p[i]), hi.max(p[i]))
            })
    };
    let ((west, east), (south, north)) = (fold(0), fold(1));
    (east - west) * (north - south)
}

fn grid_of(dataset: &Dataset) -> projection::Projection {
    let grid = dataset.grid();
    projection::Projection {
        code: grid.crs.epsg_code().map(|c| format!("EPSG:{c}")),
        wkt2: None,
        shape: Some([grid.height as u64, grid.width as u64]),
        gdal_transform: Some(grid.transform),
        bbox: Some(grid.bounds()),
    }
}

fn describe_asset(dataset: &Dataset, name: &str, text: AssetText) -> Result<Asset, WatchError> {
    let told = text.bands.len();
    if told != 0 && told != dataset.bands() {
        return Err(WatchError::Invalid(format!(
            "{name}: the description names {told} bands, the file has {}",
            dataset.bands()
        )));
    }
    let mut bands = Vec::with_capacity(dataset.bands());
    for i in 0..dataset.bands() {
        let band = text
            .bands
            .get(i)
            .cloned()
            .unwrap_or_else(|| Band::new(format!("b{}", i + 1)));
        let pixels = dataset
            .read_band(i)
            .map_err(|e| WatchError::Invalid(format!("{name}: {e}")))?;
        let figures = stat::statistics(&pixels);
        let mut band = band.with_data_type(dataset.dtype().name());
        if band.nodata.is_none()
            && let Some(nodata) = dataset.nodata()
        {
            band = band.with_nodata(nodata);
        }
        if let (Some(minimum), Some(maximum), Some(mean), Some(stddev)) =
            (figures.min, figures.max, figures.mean, figures.stddev)
        {
            let valid_percent = 100.0 * figures.valid_count as f64 / figures.count.max(1) as f64;
            band = raster::with_statistics(
                band,
                &raster::Statistics {
                    minimum,
                    maximum,
                    mean,
                    stddev,
                    valid_percent,
                    count: figures.count,
                },
            );
        }
        bands.push(band);
    }
    let roles = if text.roles.is_empty() {
        vec!["data".to_string()]
    } else {
        text.roles
    };
    let mut asset = Asset::new("")
        .with_type(media_type::COG)
        .with_roles(roles)
        .with_bands(bands);
    asset.title = text.title;
    if let Some(gsd) = text.gsd {
        asset = asset.with("gsd", gsd);
    }
    grid_of(dataset).apply_to_asset(&mut asset);
    Ok(asset)
}

/// Names the schema of every extension whose fields the description uses.
fn name_extensions(item: &mut Item, description: &SceneDescription) {
    let bands = || description.assets.values().flat_map(|a| &a.bands);
    let used = |prefix: &str| {
        description.properties.keys().any(|k| k.starts_with(prefix))
            || bands().any(|b| b.additional.keys().any(|k| k.starts_with(prefix)))
    };
    for (prefix, schema) in [
        ("eo:", eo::SCHEMA),
        ("sar:", corridor_catalog::stac::sar::SCHEMA),
        ("processing:", corridor_catalog::stac::processing::SCHEMA),
        (
            "classification:",
            "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
        ),
    ] {
        if used(prefix) {
            item.extend_with(schema);
        }
    }
    item.extend_with(raster::SCHEMA);
    item.extend_with(projection::SCHEMA);
}

/// `1999:04:15 12:30:00`, the form of the TIFF tag, taken as UTC.
fn tiff_datetime(text: &str) -> Option<Timestamp> {
    let (date, time) = text.trim().split_once(' ')?;
    format!("{}T{time}Z", date.replace(':', "-")).parse().ok()
}

/// The last part of a path, as text.
///
/// # Errors
/// [`WatchError::Invalid`] where there is none or it is no UTF-8.
pub fn file_name(path: &Path) -> Result<String, WatchError> {
    path.file_name()
        .and_then(|n| n.to_str())
        .map(str::to_string)
        .ok_or_else(|| WatchError::Invalid(format!("{} has no usable file name", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id":"a","collection":"c","properties":{"datetime":"2020-01-01T00:00:00Z"},
        "files":{"data":"a.tif"}}"#;

    #[test]
    fn what_is_wrong_in_a_description_is_named() {
        assert!(SceneDescription::parse(GOOD, "a.scene.json").is_ok());
        for (from, to, word) in [
            (
                "\"datetime\":\"2020-01-01T00:00:00Z\"",
                "\"datetime\":null",
                "datetime is missing",
            ),
            ("2020-01-01T00:00:00Z", "yesterday", "yesterday"),
            ("a.tif", "../a.tif", "plain file name"),
            ("{\"data\":\"a.tif\"}", "{}", "0 files"),
            ("\"files\"", "\"fils\"", "fils"),
        ] {
            let e = SceneDescription::parse(&GOOD.replace(from, to), "a.scene.json").unwrap_err();
            assert!(
                e.to_string().contains(word) && e.to_string().contains("a.scene.json"),
                "{e}"
            );
        }
    }

    #[test]
    fn tiff_dates_read() {
        assert_eq!(
            tiff_datetime("1999:04:15 12:30:00"),
            Some("1999-04-15T12:30:00Z".parse().unwrap())
        );
        assert_eq!(tiff_datetime("soon"), None);
    }
}
