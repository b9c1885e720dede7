//! How an asset is drawn: as the query asks, else as the item describes it.
//!
//! 1. A file of classes (the mask of an answer) takes the colours of the classes.
//! 2. A file with red, green and blue takes those, each stretched by its statistics.
//! 3. Any other takes its first band in grey, stretched by its statistics.
//!
//! Statistics are of the whole file, so tiles beside one another match.

use super::ask::{Asked, color_of};
use corridor_catalog::{Asset, Band, Item};
use corridor_raster::style::{Colors, Rgba, Style};
use serde_json::Value;

/// Most classes that are taken from an item.
const CLASSES_MAX: usize = 256;
/// Standard deviations on each side of the mean that the stretch takes in.
const STRETCH_DEVIATIONS: f64 = 2.0;

/// The style of the asset `name` of `item`.
pub(super) fn choose(item: &Item, name: &str, asked: &Asked) -> Style {
    let Some(asset) = item.assets.get(name) else {
        return asked_for(asked);
    };
    if asked.is_plain()
        && let Some(classes) = classes(item, asset)
    {
        return Style {
            bands: vec![0],
            colors: Colors::Classes(classes),
            ..asked_for(asked)
        };
    }
    let bands = if asked.expression.is_some() {
        Vec::new()
    } else if asked.bands.is_empty() && asked.colormap.is_some() {
        // A colour map colours one band.
        vec![0]
    } else if asked.bands.is_empty() {
        default_bands(&asset.bands)
    } else {
        asked.bands.iter().map(|number| number - 1).collect()
    };
    let described: Vec<Option<&Band>> = bands.iter().map(|b| asset.bands.get(*b)).collect();
    finished(asked, bands, &described)
}

/// The style of several assets of `item`, of which each gives its first band: without bands
/// three of them are red, green and blue, else the first is drawn in grey.
pub(super) fn choose_of_many(item: &Item, names: &[String], asked: &Asked) -> Style {
    let bands: Vec<usize> = if asked.expression.is_some() {
        Vec::new()
    } else if !asked.bands.is_empty() {
        asked.bands.iter().map(|number| number - 1).collect()
    } else if names.len() >= 3 && asked.colormap.is_none() {
        vec![0, 1, 2]
    } else {
        vec![0]
    };
    let described: Vec<Option<&Band>> = bands
        .iter()
        .map(|b| item.assets.get(names.get(*b)?)?.bands.first())
        .collect();
    finished(asked, bands, &described)
}

/// What follows from the query alone.
fn asked_for(asked: &Asked) -> Style {
    Style {
        expression: asked.expression.clone(),
        colors: asked.colormap.clone().unwrap_or_default(),
        resampling: asked.resampling.unwrap_or_default(),
        rescale: asked.rescale.clone(),
        ..Style::default()
    }
}

/// Bands with the ranges that were asked for, else those of their statistics.
fn finished(asked: &Asked, bands: Vec<usize>, described: &[Option<&Band>]) -> Style {
    let rescale = if asked.expression.is_some() {
        Some(asked.rescale.clone())
    } else if asked.rescale.is_empty() {
        described.iter().map(|band| stretch((*band)?)).collect()
    } else if asked.rescale.len() > bands.len().max(1) {
        // Three ranges for a file that turned out to be drawn in grey.
        asked.rescale.first().map(|first| vec![*first])
    } else {
        Some(asked.rescale.clone())
    };
    Style {
        bands,
        rescale: rescale.unwrap_or_default(),
        ..asked_for(asked)
    }
}

fn default_bands(bands: &[Band]) -> Vec<usize> {
    let named = |name| {
        bands
            .iter()
            .position(|band| band.common_name() == Some(name))
    };
    match (named("red"), named("green"), named("blue")) {
        (Some(red), Some(green), Some(blue)) => vec![red, green, blue],
        // A file that says nothing of its bands is left to the renderer.
        _ if bands.is_empty() => Vec::new(),
        _ => vec![0],
    }
}

/// The mean and two deviations, within least and greatest.
fn stretch(band: &Band) -> Option<(f64, f64)> {
    let statistics = band.statistics.as_ref()?;
    let number = |key: &str| statistics.get(key).and_then(Value::as_f64);
    let (least, greatest) = (number("minimum")?, number("maximum")?);
    let (low, high) = match (number("mean"), number("stddev")) {
        (Some(mean), Some(deviation)) => (
            least.max(mean - STRETCH_DEVIATIONS * deviation),
            greatest.min(mean + STRETCH_DEVIATIONS * deviation),
        ),
        _ => (least, greatest),
    };
    (low < high).then_some((low, high))
}

/// The classes of a file: those its one band names (`classification:classes`), or, for the mask
/// of an answer, those of the product.
fn classes(item: &Item, asset: &Asset) -> Option<Vec<(f64, Rgba)>> {
    let [only] = asset.bands.as_slice() else {
        return None;
    };
    let of_band = only.additional.get("classification:classes");
    let of_asset = asset.additional.get("classification:classes");
    let is_mask = only.name.as_deref() == Some("mask");
    let of_item = item.property("corridor:classes").filter(|_| is_mask);
    let list = of_band.or(of_asset).or(of_item)?.as_array()?;
    let classes: Vec<(f64, Rgba)> = list.iter().take(CLASSES_MAX).filter_map(class).collect();
    (!classes.is_empty()).then_some(classes)
}

fn class(class: &Value) -> Option<(f64, Rgba)> {
    let value = class.get("value")?.as_f64()?;
    let color = class
        .get("color_hint")
        .or_else(|| class.get("color"))?
        .as_str()?;
    Some((value, color_of(color)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn band_of(common_name: &str, mean: f64) -> Band {
        let statistics = json!({"minimum": 0.0, "maximum": 255.0, "mean": mean, "stddev": 10.0});
        Band {
            statistics: statistics.as_object().cloned(),
            ..Band::new(common_name).with("eo:common_name", common_name)
        }
    }

    fn item_with(asset: Asset) -> Item {
        Item::new("i").with_asset("a", asset)
    }

    #[test]
    fn red_green_and_blue_are_found_and_stretched() {
        let bands = ["blue", "green", "red", "nir"]
            .map(|name| band_of(name, 50.0))
            .to_vec();
        let item = item_with(Asset::new("x").with_bands(bands));
        let style = choose(&item, "a", &Asked::default());
        assert_eq!(style.bands, [2, 1, 0]);
        assert_eq!(style.rescale, [(30.0, 70.0); 3]);
    }

    #[test]
    fn a_mask_takes_the_colours_of_its_classes() {
        let classes = json!([{"value": 1, "color": "#0044ff80"}, {"value": 0, "color": "bad"}]);
        let item = item_with(Asset::new("x").with_bands(vec![Band::new("mask")]))
            .with("corridor:classes", classes);
        let style = choose(&item, "a", &Asked::default());
        assert_eq!(
            style.colors,
            Colors::Classes(vec![(1.0, [0, 0x44, 0xff, 0x80])])
        );
        let asked = Asked {
            bands: vec![1],
            rescale: vec![(0.0, 2.0)],
            ..Asked::default()
        };
        assert_eq!(choose(&item, "a", &asked).colors, Colors::Grey);
    }

    #[test]
    fn a_query_wins() {
        let item = item_with(Asset::new("x").with_bands(vec![band_of("red", 9.0); 6]));
        let asked = Asked {
            bands: vec![3, 2, 1],
            rescale: vec![(0.0, 100.5)],
            ..Asked::default()
        };
        let style = choose(&item, "a", &asked);
        assert_eq!(
            (style.bands, style.rescale),
            (vec![2, 1, 0], vec![(0.0, 100.5)])
        );
    }

    #[test]
    fn assets_of_one_band_each_make_a_picture() {
        let item = ["nir", "red", "green"]
            .into_iter()
            .fold(Item::new("i"), |item, name| {
                item.with_asset(name, Asset::new("x").with_bands(vec![band_of(name, 50.0)]))
            });
        let names = ["nir", "red", "green"].map(str::to_owned);
        let style = choose_of_many(&item, &names, &Asked::default());
        assert_eq!(style.bands, [0, 1, 2]);
        assert_eq!(style.rescale, [(30.0, 70.0); 3]);
        let asked = Asked {
            expression: Some("(b1-b2)/(b1+b2)".into()),
            ..Asked::default()
        };
        let style = choose_of_many(&item, &names, &asked);
        assert_eq!(style.expression, asked.expression);
        assert!(style.bands.is_empty() && style.rescale.is_empty());
    }
}
