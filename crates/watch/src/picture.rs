//! An answer's picture in the reader's language, drawn anew from what is stored of the answer.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use corridor_catalog::AssetStore;
use corridor_catalog::stac::Item;
use corridor_know::picture::{self, Dates, Picture, Shown};
use corridor_know::product::{LegendClass, Product, ProductKind};
use corridor_raster::band::BandData;
use corridor_raster::dataset::Dataset;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Most pixels of a mask that is drawn.
const PIXELS_MAX: usize = 1 << 28;

impl Chain {
    /// The picture of an answer in the first of these languages (`ro`, `pt-BR`) that its product has
    /// words of, else in English.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where the Item is no answer of a product that this node has;
    /// [`WatchError::Internal`] where its mask does not read.
    pub async fn picture(&self, item: &Item, languages: &[String]) -> Result<Picture, WatchError> {
        let product = item.property("corridor:product").and_then(Value::as_str);
        let product = product.ok_or_else(|| WatchError::not_found("answer", &item.id))?;
        let product = self.product(product)?.clone();
        let language = language_of(&product, languages);
        let statistics: Map<String, Value> = stated(item, "corridor:statistics")?;
        let classes: Vec<LegendClass> = stated(item, "corridor:classes")?;
        let dates = match item.property("corridor:dates") {
            Some(_) => stated(item, "corridor:dates")?,
            // Answers of older versions state their time alone.
            None => {
                let range = item
                    .time_range()
                    .map(|(start, end)| (Some(start), Some(end)));
                Dates::of(ProductKind::Date, None, range.into_iter())
            }
        };
        let mask = self.mask(item).await?;
        let failed = |e: &dyn std::fmt::Display| WatchError::internal("drawing the picture", e);
        blocking(move || {
            if mask.grid().width.saturating_mul(mask.grid().height) > PIXELS_MAX {
                return Err(failed(&"the mask has too many pixels"));
            }
            let band = mask.read_band(0).map_err(|e| failed(&e))?;
            let BandData::U8(pixels) = band.data() else {
                return Err(failed(&"the mask has no classes"));
            };
            let shown = Shown {
                mask: pixels,
                grid: mask.grid(),
                classes: &classes,
                statistics: &statistics,
                dates: &dates,
            };
            picture::render(&product, &shown, &language).map_err(|e| failed(&e))
        })
        .await
    }

    async fn mask(&self, item: &Item) -> Result<Dataset, WatchError> {
        let failed = |e: &dyn std::fmt::Display| WatchError::internal("reading the mask", e);
        let asset = item.assets.get("mask");
        let key = asset.and_then(|asset| AssetStore::key_of_href(&asset.href));
        let key = key.ok_or_else(|| WatchError::not_found("mask of an answer", &item.id))?;
        let (assets, key) = (self.assets(), key.to_string());
        if let Some(path) = assets.path(&key).map_err(|e| failed(&e))? {
            return blocking(move || {
                Dataset::open(&path).map_err(|e| WatchError::internal("reading the mask", e))
            })
            .await;
        }
        let bytes = assets.get(&key).await.map_err(|e| failed(&e))?;
        Dataset::from_bytes(bytes, key).map_err(|e| failed(&e))
    }
}

/// The first language that the product speaks.
fn language_of(product: &Product, wanted: &[String]) -> String {
    let base = |tag: &String| {
        tag.split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let speaks = |tag: &String| tag == "en" || product.words.contains_key(tag);
    let found = wanted.iter().map(base).find(speaks);
    found.unwrap_or_else(|| "en".to_string())
}

fn stated<T: DeserializeOwned>(item: &Item, property: &str) -> Result<T, WatchError> {
    let value = item.property(property).cloned().unwrap_or_default();
    serde_json::from_value(value)
        .map_err(|e| WatchError::internal(format!("reading {property} of {}", item.id), e))
}
