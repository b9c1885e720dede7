//! A watch's answers, as they are listed.

use crate::error::WatchError;
use crate::request::Watch;
use crate::run::answer_collection;
use corridor_catalog::stac::Item;
use corridor_catalog::{Catalog, CatalogError, Search};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Answers read from the catalogue at once.
const PAGE: usize = 500;
/// Most answers one listing gives.
pub const ANSWERS_MAX: usize = 10_000;

/// An answer in a listing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerSummary {
    /// Item id.
    pub item_id: String,
    /// Its collection.
    pub collection: String,
    /// The watch's id.
    pub watch: String,
    /// The product's id.
    pub product: String,
    /// When the answer was made, wall-clock UTC.
    pub created: Timestamp,
    /// When the pixels were observed: a time or an interval, as text.
    pub observed: String,
    /// Start of the observation.
    pub observed_start: Option<Timestamp>,
    /// End of the observation.
    pub observed_end: Option<Timestamp>,
    /// The pixels are the replay of an older scene.
    pub replay: bool,
    /// What the product found, km².
    pub area_km2: f64,
    /// Part of the area that could be judged, 0 to 1.
    pub valid_fraction: f64,
    /// One sentence with the main figure.
    pub headline: String,
    /// Figures of the product by name: what the sentence is made of in other languages.
    pub statistics: Map<String, Value>,
    /// Where to read more, on this node.
    pub links: AnswerLinks,
}

/// Where to read more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerLinks {
    /// The STAC Item.
    pub item: String,
    /// The trace.
    pub trace: String,
    /// The picture.
    pub picture: Option<String>,
    /// The polygons.
    pub polygons: Option<String>,
    /// Map tiles of the mask.
    pub tiles: String,
    /// The scenes it was made from.
    pub scenes: Vec<String>,
}

/// The answers of a watch, newest first.
///
/// # Errors
/// [`WatchError::Internal`] where the catalogue fails.
pub async fn of_watch(
    watch: &Watch,
    catalog: &Arc<dyn Catalog>,
) -> Result<Vec<AnswerSummary>, WatchError> {
    let mut search = Search {
        collections: vec![answer_collection(&watch.product)],
        limit: Some(PAGE),
        ..Search::default()
    };
    let mut answers = Vec::new();
    loop {
        let page = match catalog.search(&search).await {
            Ok(page) => page,
            Err(CatalogError::UnknownCollection(_)) => break,
            Err(e) => return Err(WatchError::internal("reading answers", e)),
        };
        let of_this = |i: &&Item| i.property("corridor:watch") == Some(&Value::from(&*watch.id));
        answers.extend(page.items.iter().filter(of_this).map(summary));
        match page.next {
            Some(token) if answers.len() < ANSWERS_MAX => search.token = Some(token),
            _ => break,
        }
    }
    answers.sort_by(|a: &AnswerSummary, b| {
        (b.observed_end, b.created, &b.item_id).cmp(&(a.observed_end, a.created, &a.item_id))
    });
    Ok(answers)
}

/// An answer's Item as it is listed.
pub fn summary(item: &Item) -> AnswerSummary {
    let text = |key: &str| {
        item.property(key)
            .and_then(Value::as_str)
            .map(str::to_string)
            .unwrap_or_default()
    };
    let number = |key: &str| item.property(key).and_then(Value::as_f64).unwrap_or(0.0);
    let collection = item.collection.clone().unwrap_or_default();
    let range = item.time_range();
    let observed = match range {
        Some((start, end)) if start == end => start.to_string(),
        Some((start, end)) => format!("{start} to {end}"),
        None => "not stated".into(),
    };
    let href = |key: &str| item.assets.get(key).map(|a| a.href.clone());
    AnswerSummary {
        watch: text("corridor:watch"),
        product: text("corridor:product"),
        created: text("created").parse().unwrap_or(Timestamp::UNIX_EPOCH),
        observed,
        observed_start: range.map(|r| r.0),
        observed_end: range.map(|r| r.1),
        replay: item.property("corridor:replay") == Some(&Value::Bool(true)),
        area_km2: number("corridor:area_km2"),
        valid_fraction: number("corridor:valid_fraction"),
        headline: text("corridor:headline"),
        statistics: item
            .property("corridor:statistics")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        links: AnswerLinks {
            item: format!("/stac/collections/{collection}/items/{}", item.id),
            trace: format!("/api/answers/{collection}/{}/trace", item.id),
            picture: href("picture"),
            polygons: href("polygons"),
            tiles: format!("/tiles/{collection}/{}/mask/{{z}}/{{x}}/{{y}}.png", item.id),
            scenes: item
                .links
                .iter()
                .filter(|l| l.rel == "derived_from")
                .map(|l| l.href.clone())
                .collect(),
        },
        item_id: item.id.clone(),
        collection,
    }
}
