//! Which scenes of the catalogue a product is run on.

use super::recipe::{Product, ProductKind};
use super::run::SceneRef;
use crate::error::{GraphError, KnowError};
use crate::source::{SCENES_MAX, SceneDescription, described};
use corridor_catalog::{Bbox, Catalog, CatalogError, Interval, Search};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Items read from the catalogue at once.
const PAGE: usize = 1_000;

/// Where, when and from what an answer is wanted.
#[derive(Debug, Clone, Default)]
pub struct SceneQuery {
    /// West, south, east, north, degrees; `None`: anywhere.
    pub bbox: Option<[f64; 4]>,
    /// Only scenes of this collection; `None`: of the only one that suits the product.
    pub collection: Option<String>,
    /// First instant, where given.
    pub from: Option<Timestamp>,
    /// First instant after, where given.
    pub to: Option<Timestamp>,
}

/// What to run a product on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The scenes, as [`ProductInputs`](super::ProductInputs) wants them.
    pub scenes: Vec<SceneRef>,
    /// For a series, where the period that is judged begins.
    pub since: Option<Timestamp>,
}

/// The scenes to run a product on, best first: the next is for when the one before cannot be
/// judged.
///
/// A `date` product is run on one scene, the newest first. A `change` is between the first and the
/// last scene of the query's time. A `series` judges the query's time (without a start: the
/// product's period before the last scene) by the scenes of the product's history before it.
///
/// # Errors
/// [`KnowError::Graph`] with `NoDataAvailable` (nothing there, or too little), `CollectionNotFound`,
/// or `ProcessGraphComplexity` for more than [`SCENES_MAX`] scenes; [`KnowError::NoAlternative`]
/// where scenes are there and none has the bands; [`KnowError::Parameter`] where scenes of several
/// collections suit and none is named.
pub async fn select(
    product: &Product,
    catalog: &dyn Catalog,
    query: &SceneQuery,
) -> Result<Vec<Selection>, KnowError> {
    let mut since = query.from;
    let mut start = query.from;
    if product.kind == ProductKind::Series {
        start = start.and_then(|from| back(from, product.history_days));
    }
    let mut scenes = found(product, catalog, query, start).await?;
    if scenes.is_empty() {
        return Err(nothing("there is no scene here in this time").into());
    }
    scenes.sort_by(|a, b| (a.start, &a.item).cmp(&(b.start, &b.item)));
    let refer = |scene: &SceneDescription| SceneRef {
        collection: scene.collection.clone(),
        item: scene.item.clone(),
    };
    let newest = scenes.iter().filter_map(|scene| scene.start).max();
    match product.kind {
        ProductKind::Date => Ok(scenes
            .iter()
            .rev()
            .map(|scene| Selection {
                scenes: vec![refer(scene)],
                since: None,
            })
            .collect()),
        ProductKind::Change => match scenes.as_slice() {
            [before, .., after] => Ok(vec![Selection {
                scenes: vec![refer(before), refer(after)],
                since: None,
            }]),
            _ => Err(nothing("a change needs two scenes, and there is one").into()),
        },
        ProductKind::Series => {
            since = since.or_else(|| newest.and_then(|last| back(last, product.period_days)));
            let first = since.and_then(|since| back(since, product.history_days));
            scenes.retain(|scene| scene.start >= first);
            let before = scenes.iter().filter(|scene| scene.start < since).count();
            if before == 0 || before == scenes.len() {
                return Err(nothing(&format!(
                    "a series needs scenes before and within the period it judges: {before} of {} \
                     scenes are of before {}",
                    scenes.len(),
                    since.map_or("?".into(), |since| since.to_string())
                ))
                .into());
            }
            Ok(vec![Selection {
                scenes: scenes.iter().map(refer).collect(),
                since,
            }])
        }
    }
}

fn back(from: Timestamp, days: f64) -> Option<Timestamp> {
    let span = SignedDuration::try_from_secs_f64(days * 86_400.0).ok()?;
    from.checked_sub(span).ok()
}

fn nothing(reason: &str) -> GraphError {
    GraphError::new("NoDataAvailable", reason)
}

/// The scenes of one collection that one alternative can be computed from.
async fn found(
    product: &Product,
    catalog: &dyn Catalog,
    query: &SceneQuery,
    start: Option<Timestamp>,
) -> Result<Vec<SceneDescription>, KnowError> {
    let failed = |error: CatalogError| {
        let code = match error {
            CatalogError::UnknownCollection(_) => "CollectionNotFound",
            _ => "Internal",
        };
        KnowError::from(GraphError::new(code, error.to_string()))
    };
    if let Some(collection) = &query.collection {
        catalog.collection(collection).await.map_err(failed)?;
    }
    let mut search = Search {
        collections: query.collection.clone().into_iter().collect(),
        bbox: query.bbox.and_then(|bbox| Bbox::from_slice(&bbox).ok()),
        limit: Some(PAGE),
        ..Search::default()
    };
    if start.is_some() || query.to.is_some() {
        search.datetime = Interval::new(start, query.to).ok();
    }
    // By collection and by the first alternative whose bands a scene has.
    let mut suited: BTreeMap<(String, usize), Vec<SceneDescription>> = BTreeMap::new();
    let mut unsuited = None;
    let mut count = 0;
    loop {
        let page = catalog.search(&search).await.map_err(failed)?;
        count += page.items.len();
        if count > SCENES_MAX {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!("there are more than {SCENES_MAX} scenes here in this time"),
            )
            .into());
        }
        for scene in page.items.into_iter().map(described) {
            // The end of the query is the first instant that is not meant any more.
            if query.to.is_some_and(|to| scene.start >= Some(to)) {
                continue;
            }
            match product.choose(std::slice::from_ref(&scene)) {
                Ok(chosen) => {
                    let place = product
                        .alternatives
                        .iter()
                        .position(|a| a.name == chosen.name);
                    let key = (scene.collection.clone(), place.unwrap_or_default());
                    suited.entry(key).or_default().push(scene);
                }
                Err(error) => unsuited = Some(error),
            }
        }
        match page.next {
            Some(token) => search.token = Some(token),
            None => break,
        }
    }
    let mut collections: Vec<&String> = suited.keys().map(|(collection, _)| collection).collect();
    collections.dedup();
    if collections.len() > 1 {
        return Err(KnowError::Parameter {
            product: product.id.clone(),
            name: "collection".to_string(),
            reason: format!(
                "scenes of several collections suit: {:?}; one should be named",
                collections
            ),
        });
    }
    // The alternatives stand best first; a change or a series needs more than one scene.
    let least = if product.kind == ProductKind::Date {
        1
    } else {
        2
    };
    let enough = suited.values().position(|scenes| scenes.len() >= least);
    match (suited.into_values().nth(enough.unwrap_or(0)), unsuited) {
        (Some(scenes), _) => Ok(scenes),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(Vec::new()),
    }
}
