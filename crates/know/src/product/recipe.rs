//! A product as it stands in its folder: `product.toml`, graphs, `README.md`.

use crate::error::KnowError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A recipe: metadata and one process graph for each way to compute it.
#[derive(Debug, Clone, Serialize)]
pub struct Product {
    /// Short name in addresses and commands, such as `water`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it says about an area, and how.
    pub description: String,
    /// `date` (one scene) or `change` (two scenes, before and after).
    pub kind: ProductKind,
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
    /// For `change`: least time between the two dates, days.
    pub pair_min_days: f64,
    /// For `change`: longest time between the two dates, days.
    pub pair_max_days: f64,
    /// Text of the product's `README.md`.
    pub readme: String,
}

/// How many dates a product takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductKind {
    /// One date.
    Date,
    /// Two dates: before and after.
    Change,
}

/// A setting of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Bands it needs, by common name (`green`, `swir16`) or polarisation (`VV`).
    pub bands: Vec<String>,
    /// Name of the graph's file.
    pub graph_file: String,
    /// The graph.
    pub graph: crate::graph::ProcessGraph,
}

/// The alternative that fits some scenes, and the band names to load.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// The alternative.
    pub alternative: &'a Alternative,
}

/// How an answer is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// Classes of the mask with their colours.
    pub classes: Vec<LegendClass>,
}

/// One class of an answer's mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegendClass {
    /// Value in the mask.
    pub value: u8,
    /// Word in the legend.
    pub label: String,
    /// Colour, `#rrggbb` or `#rrggbbaa`.
    pub color: String,
}

/// The case that shows a product's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceCase {
    /// What the data is and where it comes from.
    pub data: String,
    /// The figures, by name.
    pub figures: BTreeMap<String, f64>,
    /// The command that reproduces them.
    pub command: String,
}

impl Product {
    /// The products shipped with the program, in order of their ids.
    pub fn shipped() -> &'static [Product] {
        &[]
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
        Err(KnowError::Recipe {
            product: folder.display().to_string(),
            file: "product.toml".into(),
            reason: "not yet".into(),
        })
    }
}
