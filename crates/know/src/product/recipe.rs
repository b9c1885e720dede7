//! A product as it stands in its folder: `product.toml`, graphs, `README.md`, `words.toml`.

use super::by_model::MODEL_PARAMETERS;
use super::words::{self, Words};
use crate::error::KnowError;
use crate::graph::{ProcessGraph, validate};
use crate::model::Model;
use crate::source::SceneDescription;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Largest file of a product's folder, bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A recipe: metadata and one process graph for each way to compute it.
#[derive(Debug, Clone, Serialize)]
pub struct Product {
    /// Short name in addresses and commands, such as `water`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it says about an area, and how.
    pub description: String,
    /// `date` (one scene), `change` (two scenes, before and after) or `series` (all scenes of a
    /// period, and those of the years before it).
    pub kind: ProductKind,
    /// Band of the graph's result that is the mask; the others are layers.
    pub mask_band: String,
    /// The sentence of an answer; `{area_km2}`, `{valid_percent}` and the answer's statistics by
    /// name, such as `{area_km2_lost}`, are filled in.
    pub headline: String,
    /// Units of each band of the answer, by band name.
    pub units: BTreeMap<String, String>,
    /// Settings of the recipe with their defaults.
    pub parameters: BTreeMap<String, Parameter>,
    /// Ways to compute it, best first; the scene's bands choose.
    pub alternatives: Vec<Alternative>,
    /// Colours and classes.
    pub style: Style,
    /// Stated accuracy in one sentence.
    pub accuracy: String,
    /// The case that shows the accuracy.
    pub reference: ReferenceCase,
    /// Least part of the area's pixels that must be judged, 0 to 1.
    pub min_valid_fraction: f64,
    /// Classes of the mask that become polygons.
    pub polygon_classes: Vec<u8>,
    /// For `change`: least time between the two dates, days.
    pub pair_min_days: f64,
    /// For `change`: longest time between the two dates, days.
    pub pair_max_days: f64,
    /// For `series`: how long before the period judged the series begins, days.
    pub history_days: f64,
    /// For `series`: length of the period judged where none is asked for, days.
    pub period_days: f64,
    /// Its texts in other languages, by language tag.
    pub words: BTreeMap<String, Words>,
    /// Text of the product's `README.md`.
    pub readme: String,
    /// The graph by which a network that the user brings gives the classes, with its file's name.
    #[serde(skip)]
    pub model_graph: Option<(String, ProcessGraph)>,
    /// The network that gives the classes ([`Product::by_model`]).
    #[serde(skip)]
    pub model: Option<Arc<Model>>,
}

/// How many dates a product takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductKind {
    /// One date.
    Date,
    /// Two dates: before and after.
    Change,
    /// All dates of a period, judged by those before it.
    Series,
}

/// A setting of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it does.
    pub description: String,
    /// Value where none is given.
    pub default: serde_json::Value,
    /// Values it can take, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<serde_json::Value>,
    /// Least value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Unit of the value, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// One way to compute a product: the bands it needs and its graph.
#[derive(Debug, Clone, Serialize)]
pub struct Alternative {
    /// Name, such as `optical` or `sar`.
    pub name: String,
    /// Bands it needs, by name, common name (`green`, `swir16`) or polarisation (`VV`).
    pub bands: Vec<String>,
    /// Name of the graph's file.
    pub graph_file: String,
    /// The graph.
    pub graph: ProcessGraph,
    /// Figures that an answer carries: name to the node of the graph that gives it.
    pub statistics: BTreeMap<String, String>,
}

/// How an answer is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Classes of the mask with their colours.
    pub classes: Vec<LegendClass>,
}

/// One class of an answer's mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegendClass {
    /// Value in the mask.
    pub value: u8,
    /// Word in the legend.
    pub label: String,
    /// Colour, `#rrggbb`.
    pub color: String,
}

/// The case that shows a product's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceCase {
    /// What the data is and where it comes from.
    pub data: String,
    /// The figures, by name.
    pub figures: BTreeMap<String, f64>,
    /// The command that reproduces them.
    pub command: String,
}

/// `product.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    id: String,
    title: String,
    description: String,
    kind: ProductKind,
    mask_band: String,
    headline: String,
    accuracy: String,
    min_valid_fraction: f64,
    #[serde(default)]
    pair: Option<Pair>,
    #[serde(default)]
    series: Option<Series>,
    #[serde(default = "first_class")]
    polygon_classes: Vec<u8>,
    units: BTreeMap<String, String>,
    parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    model: Option<ModelFile>,
    alternative: Vec<AlternativeFile>,
    style: Style,
    reference: ReferenceCase,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    min_days: f64,
    max_days: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    history_days: f64,
    period_days: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    graph: String,
}

fn first_class() -> Vec<u8> {
    vec![1]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternativeFile {
    name: String,
    bands: Vec<String>,
    graph: String,
    #[serde(default)]
    statistics: BTreeMap<String, String>,
}

/// Files of a shipped product, by name.
type Shipped = &'static [(&'static str, &'static str)];

/// The files of a product's folder: its text, its recipe, and its graphs by name.
macro_rules! folder {
    ($id:literal, $($graph:literal),+) => {
        (
            $id,
            &[
                folder!(@file $id, "product.toml"),
                folder!(@file $id, "README.md"),
                folder!(@file $id, "words.toml"),
                $(folder!(@file $id, $graph)),+
            ] as Shipped,
        )
    };
    (@file $id:literal, $name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../products/", $id, "/", $name)),
        )
    };
}

const SHIPPED: &[(&str, Shipped)] = &[
    folder!(
        "burn",
        "narrow-nir-masked.json",
        "masked.json",
        "narrow-nir.json",
        "unmasked.json"
    ),
    folder!("clouds", "reflective.json", "model.json"),
    folder!("disturbance", "cloud-masked.json"),
    folder!("vegetation", "series.json"),
    folder!("vegetation-change", "cloud-masked.json", "unmasked.json"),
    folder!("water", "optical.json", "optical-nir.json", "sar.json"),
    folder!(
        "water-change",
        "optical.json",
        "optical-nir.json",
        "sar.json"
    ),
];

impl Product {
    /// The products shipped with the program, in order of their ids.
    pub fn shipped() -> &'static [Product] {
        static ALL: OnceLock<Vec<Product>> = OnceLock::new();
        ALL.get_or_init(|| {
            // A test shows that each shipped recipe reads.
            SHIPPED
                .iter()
                .filter_map(|(id, files)| {
                    let find = |name: &str| files.iter().find(|(own, _)| *own == name);
                    Product::read(id, |name| {
                        Ok(find(name).map(|(_, text)| (*text).to_string()))
                    })
                    .ok()
                })
                .collect()
        })
    }

    /// The shipped product of this id.
    pub fn find(id: &str) -> Option<&'static Product> {
        Self::shipped().iter().find(|product| product.id == id)
    }

    /// Loads a product from its folder.
    ///
    /// # Errors
    /// [`KnowError::Recipe`] names the file and what is wrong in it.
    pub fn load(folder: &Path) -> Result<Product, KnowError> {
        Self::read(&folder.display().to_string(), |name| {
            let path = folder.join(name);
            let size = match std::fs::metadata(&path) {
                Ok(metadata) => metadata.len(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error.to_string()),
            };
            if size > FILE_BYTES_MAX {
                return Err(format!("has {size} bytes; at most {FILE_BYTES_MAX}"));
            }
            let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
            Ok(Some(text))
        })
    }

    fn read(
        product: &str,
        file: impl Fn(&str) -> Result<Option<String>, String>,
    ) -> Result<Product, KnowError> {
        let fault = |file: &str, reason: String| KnowError::Recipe {
            product: product.to_string(),
            file: file.to_string(),
            reason,
        };
        let find = |name: &str| file(name).map_err(|reason| fault(name, reason));
        let open = |name: &str| find(name)?.ok_or_else(|| fault(name, "is not there".to_string()));
        let recipe: RecipeFile = toml::from_str(&open("product.toml")?)
            .map_err(|error| fault("product.toml", error.to_string()))?;
        let mut alternatives = Vec::new();
        let names = |more: &[&str]| -> Vec<String> {
            let run = RUN_PARAMETERS.iter().chain(more);
            let run = run.map(|name| (*name).to_string());
            recipe.parameters.keys().cloned().chain(run).collect()
        };
        let graph = |file: &str, names: &[String]| {
            if file.contains(['/', '\\']) {
                let reason = format!("graph {file:?} must be a file of this folder");
                return Err(fault("product.toml", reason));
            }
            let graph = ProcessGraph::from_text(&open(file)?)
                .map_err(|error| fault(file, error.to_string()))?;
            match validate(&graph, names).first() {
                Some(issue) => Err(fault(file, issue.error.to_string())),
                None => Ok(graph),
            }
        };
        let model_graph = match recipe.model {
            Some(model) => {
                let graph = graph(&model.graph, &names(&MODEL_PARAMETERS))?;
                Some((model.graph, graph))
            }
            None => None,
        };
        for alternative in recipe.alternative {
            let graph = graph(&alternative.graph, &names(&[]))?;
            if let Some(node) = alternative
                .statistics
                .values()
                .find(|n| !graph.nodes().contains_key(*n))
            {
                return Err(fault(
                    "product.toml",
                    format!("{} has no node {node:?}", alternative.graph),
                ));
            }
            alternatives.push(Alternative {
                name: alternative.name,
                bands: alternative.bands,
                graph_file: alternative.graph,
                graph,
                statistics: alternative.statistics,
            });
        }
        let pair = recipe.pair.unwrap_or(Pair {
            min_days: 0.0,
            max_days: f64::INFINITY,
        });
        let series = recipe.series.unwrap_or(Series {
            history_days: 0.0,
            period_days: 0.0,
        });
        if recipe.kind == ProductKind::Series
            && !(series.history_days > 0.0 && series.period_days > 0.0)
        {
            let reason = "a series needs [series] history_days and period_days above 0";
            return Err(fault("product.toml", reason.to_string()));
        }
        if alternatives.is_empty() || !(0.0..=1.0).contains(&recipe.min_valid_fraction) {
            let reason =
                "at least one [[alternative]] and a min_valid_fraction from 0 to 1 are needed";
            return Err(fault("product.toml", reason.to_string()));
        }
        let words = match find(words::FILE)? {
            Some(text) => words::read(&text, &recipe.headline, &recipe.style.classes)
                .map_err(|reason| fault(words::FILE, reason))?,
            None => BTreeMap::new(),
        };
        Ok(Product {
            id: recipe.id,
            title: recipe.title,
            description: recipe.description,
            kind: recipe.kind,
            mask_band: recipe.mask_band,
            headline: recipe.headline,
            units: recipe.units,
            parameters: recipe.parameters,
            alternatives,
            style: recipe.style,
            accuracy: recipe.accuracy,
            reference: recipe.reference,
            min_valid_fraction: recipe.min_valid_fraction,
            pair_min_days: pair.min_days,
            pair_max_days: pair.max_days,
            polygon_classes: recipe.polygon_classes,
            history_days: series.history_days,
            period_days: series.period_days,
            words,
            readme: open("README.md")?,
            model_graph,
            model: None,
        })
    }

    /// The first alternative whose bands are in every scene.
    ///
    /// # Errors
    /// [`KnowError::NoAlternative`] says what each alternative misses.
    pub fn choose(&self, scenes: &[SceneDescription]) -> Result<&Alternative, KnowError> {
        let has = |scene: &SceneDescription, wanted: &str| {
            scene.bands.iter().any(|(name, common)| {
                name.eq_ignore_ascii_case(wanted) || common.as_deref() == Some(wanted)
            })
        };
        let mut reasons = Vec::new();
        for alternative in &self.alternatives {
            let missing: Vec<&str> = alternative
                .bands
                .iter()
                .filter(|band| !scenes.iter().all(|scene| has(scene, band)))
                .map(String::as_str)
                .collect();
            if missing.is_empty() {
                return Ok(alternative);
            }
            reasons.push(format!("{} lacks {}", alternative.name, missing.join(", ")));
        }
        Err(KnowError::NoAlternative {
            product: self.id.clone(),
            reason: reasons.join("; "),
        })
    }

    /// The parameters with defaults filled in, checked.
    ///
    /// # Errors
    /// [`KnowError::Parameter`] names the parameter and what would be right.
    pub fn fill_parameters(
        &self,
        given: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<serde_json::Map<String, serde_json::Value>, KnowError> {
        let fault = |name: &str, reason: String| KnowError::Parameter {
            product: self.id.clone(),
            name: name.to_string(),
            reason,
        };
        if let Some(name) = given
            .keys()
            .find(|name| !self.parameters.contains_key(*name))
        {
            let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
            return Err(fault(
                name,
                format!("is not known; there are {}", known.join(", ")),
            ));
        }
        let mut filled = serde_json::Map::new();
        for (name, parameter) in &self.parameters {
            let value = given.get(name).unwrap_or(&parameter.default);
            if !parameter.choices.is_empty() && !parameter.choices.contains(value) {
                let choices: Vec<String> =
                    parameter.choices.iter().map(ToString::to_string).collect();
                return Err(fault(
                    name,
                    format!("{value} is none of {}", choices.join(", ")),
                ));
            }
            if parameter.default.is_number() {
                let number = value
                    .as_f64()
                    .ok_or_else(|| fault(name, format!("{value} is not a number")))?;
                if parameter.minimum.is_some_and(|least| number < least)
                    || parameter.maximum.is_some_and(|greatest| number > greatest)
                {
                    let least = parameter.minimum.unwrap_or(f64::NEG_INFINITY);
                    let greatest = parameter.maximum.unwrap_or(f64::INFINITY);
                    return Err(fault(
                        name,
                        format!("{number} is not from {least} to {greatest}"),
                    ));
                }
            }
            filled.insert(name.clone(), value.clone());
        }
        Ok(filled)
    }
}

/// Parameters that a run gives to the graph besides the recipe's own.
pub(super) const RUN_PARAMETERS: [&str; 8] = [
    "area",
    "collection",
    "time",
    "collection_before",
    "before",
    "after",
    "history",
    "period",
];
