//! One product, on scenes, over an area.

use super::answer::{Bands, ProductResult, figures, finish};
use super::by_model::MODEL_PARAMETERS;
use super::recipe::{Product, ProductKind};
use crate::error::{GraphError, KnowError};
use crate::graph::{RunLimits, run_keeping};
use crate::source::{OnlyScenes, SceneDescription, SceneSource};
use crate::value::Value;
use geo::MultiPolygon;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::collections::BTreeMap;

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
    /// One scene for a `date` product; before, then after, for a `change` product; the whole
    /// series of one collection, in order of time, for a `series` product.
    pub scenes: Vec<SceneRef>,
    /// For a `series` product: where the period that is judged begins. Scenes before it say what is
    /// usual.
    pub since: Option<Timestamp>,
    /// Parameters that differ from their defaults.
    pub parameters: Map<String, serde_json::Value>,
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
    let count = inputs.scenes.len();
    let (fits, wanted) = match product.kind {
        ProductKind::Date => (count == 1, "1"),
        ProductKind::Change => (count == 2, "2"),
        ProductKind::Series => (count >= 2, "at least 2"),
    };
    if !fits {
        return Err(KnowError::Parameter {
            product: product.id.clone(),
            name: "scenes".to_string(),
            reason: format!("{count} scenes given, {wanted} needed"),
        });
    }
    let mut scenes = Vec::new();
    for scene in &inputs.scenes {
        scenes.push(source.describe(&scene.collection, &scene.item).await?);
    }
    let alternative = product.choose(&scenes)?;
    let parameters = product.fill_parameters(&inputs.parameters)?;
    let scope = scope(product, &parameters, &scenes, inputs)?;
    let keep: Vec<&str> = alternative
        .statistics
        .values()
        .map(String::as_str)
        .collect();
    let only = OnlyScenes::new(source, &inputs.scenes);
    let mut limits = limits.clone();
    if let Some(model) = &product.model {
        limits.models = limits.models.with(model.clone());
    }
    let (value, kept) = run_keeping(&alternative.graph, &scope, &only, &limits, &keep).await?;
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
    product: &Product,
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
    if let Some(model) = &product.model {
        let [id, bands] = MODEL_PARAMETERS;
        let names = model.description().bands.iter().cloned().map(Value::Text);
        set(id, Value::Text(model.description().id.clone()));
        set(bands, Value::array(names.collect()));
    }
    match (product.kind, scenes) {
        (ProductKind::Date, [scene]) => {
            set("collection", Value::Text(scene.collection.clone()));
            set("time", interval(scene.start, past(scene.end)));
        }
        (ProductKind::Change, [before, after]) => {
            set("collection_before", Value::Text(before.collection.clone()));
            set("before", interval(before.start, past(before.end)));
            set("collection", Value::Text(after.collection.clone()));
            set("after", interval(after.start, past(after.end)));
            set("time", interval(after.start, past(after.end)));
        }
        _ => {
            let fault = |reason: String| KnowError::Parameter {
                product: product.id.clone(),
                name: "since".to_string(),
                reason,
            };
            let first = scenes.iter().filter_map(|scene| scene.start).min();
            let last = past(scenes.iter().filter_map(|scene| scene.end).max());
            let since = inputs
                .since
                .ok_or_else(|| fault("is not said, and a series needs it".to_string()))?;
            let inside =
                first.is_some_and(|first| first < since) && last.is_some_and(|last| since < last);
            if !inside {
                let end = |time: Option<Timestamp>| time.map_or("?".into(), |t| t.to_string());
                return Err(fault(format!(
                    "{since} has no scenes on both sides: the series is of {} to {}",
                    end(first),
                    end(last)
                )));
            }
            if let Some(scene) = scenes.first() {
                set("collection", Value::Text(scene.collection.clone()));
            }
            set("time", interval(first, last));
            set("history", interval(first, Some(since)));
            set("period", interval(Some(since), last));
        }
    }
    Ok(scope)
}

/// A half-open interval.
fn interval(start: Option<Timestamp>, end: Option<Timestamp>) -> Value {
    let text = |time: Option<Timestamp>| time.map_or(Value::Null, |t| Value::Text(t.to_string()));
    Value::array(vec![text(start), text(end)])
}

/// One second after: the end of an interval that an instant is inside of.
fn past(end: Option<Timestamp>) -> Option<Timestamp> {
    end.and_then(|end| end.checked_add(SignedDuration::from_secs(1)).ok())
}

pub(super) fn wrong_result(reason: &str) -> GraphError {
    GraphError::new("Internal", reason)
}
