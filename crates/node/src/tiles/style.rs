//! How an asset is drawn: as the query asks, else as the item describes it.
//!
//! 1. A file of classes (the mask of an answer) takes the colours of the classes.
//! 2. A file with red, green and blue takes those, each stretched by its statistics.
//! 3. Any other takes its first band in grey, stretched by its statistics.
//!
//! Statistics are of the whole file, so tiles beside one another match.

use crate::problem::Problem;
use crate::query::{Parameters, quoted};
use corridor_catalog::{Asset, Band, Item};
use corridor_raster::style::{Colors, Rgba, Style};
use serde_json::Value;

/// Highest band number that can be asked for; files of more bands are not drawn by hand.
const BAND_MAX: usize = 1_000;
/// Most classes that are taken from an item.
const CLASSES_MAX: usize = 256;
/// Standard deviations on each side of the mean that the stretch takes in.
const STRETCH_DEVIATIONS: f64 = 2.0;

/// What the query asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    /// Counted from 1.
    bands: Vec<usize>,
    rescale: Vec<(f64, f64)>,
}

impl Asked {
    pub(super) fn from_query(query: &mut Parameters) -> Result<Self, Problem> {
        let bands = match query.take("bands")? {
            None => Vec::new(),
            Some(text) => text.split(',').map(band).collect::<Result<_, _>>()?,
        };
        if !matches!(bands.len(), 0 | 1 | 3) {
            return Err(Problem::invalid(format!(
                "bands: {} given; give one (grey) or three (red, green, blue)",
                bands.len()
            )));
        }
        let rescale: Vec<(f64, f64)> = query
            .take_all("rescale")
            .iter()
            .map(|text| range(text))
            .collect::<Result<_, _>>()?;
        let drawn = if bands.is_empty() { 3 } else { bands.len() };
        if rescale.len() > 1 && rescale.len() != drawn {
            return Err(Problem::invalid(format!(
                "rescale: given {} times; give it once for all bands or once for each",
                rescale.len()
            )));
        }
        Ok(Self { bands, rescale })
    }

    /// The same as a query, for the tiles of a TileJSON.
    pub(super) fn to_query(&self) -> String {
        let mut pairs = Vec::new();
        if !self.bands.is_empty() {
            let bands: Vec<String> = self.bands.iter().map(usize::to_string).collect();
            pairs.push(format!("bands={}", bands.join(",")));
        }
        pairs.extend(
            self.rescale
                .iter()
                .map(|(low, high)| format!("rescale={low},{high}")),
        );
        if pairs.is_empty() {
            String::new()
        } else {
            format!("?{}", pairs.join("&"))
        }
    }
}

fn band(text: &str) -> Result<usize, Problem> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=BAND_MAX).contains(number))
        .ok_or_else(|| {
            Problem::invalid(format!(
                "bands: {} is not a band number from 1 up",
                quoted(text)
            ))
        })
}

fn range(text: &str) -> Result<(f64, f64), Problem> {
    let read = || {
        let (low, high) = text.split_once(',')?;
        let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        (low.is_finite() && high.is_finite() && low < high).then_some((low, high))
    };
    read().ok_or_else(|| {
        Problem::invalid(format!(
            "rescale: {} is not low,high with low < high",
            quoted(text)
        ))
    })
}

/// The style of the asset `name` of `item`.
pub(super) fn choose(item: &Item, name: &str, asked: &Asked) -> Style {
    let Some(asset) = item.assets.get(name) else {
        return Style::default();
    };
    let plain = asked.bands.is_empty() && asked.rescale.is_empty();
    if plain && let Some(classes) = classes(item, asset) {
        return Style {
            bands: vec![0],
            colors: Colors::Classes(classes),
            ..Style::default()
        };
    }
    let bands = if asked.bands.is_empty() {
        default_bands(&asset.bands)
    } else {
        asked.bands.iter().map(|number| number - 1).collect()
    };
    let rescale = if asked.rescale.is_empty() {
        bands
            .iter()
            .map(|band| stretch(asset.bands.get(*band)?))
            .collect::<Option<_>>()
    } else if asked.rescale.len() > bands.len().max(1) {
        // Three ranges for a file that turned out to be drawn in grey.
        asked.rescale.first().map(|first| vec![*first])
    } else {
        Some(asked.rescale.clone())
    };
    Style {
        bands,
        rescale: rescale.unwrap_or_default(),
        ..Style::default()
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

/// `rrggbb` or `rrggbbaa` in hexadecimal, with or without `#`.
fn color_of(text: &str) -> Option<Rgba> {
    let digits = text.trim_start_matches('#');
    if !digits.is_ascii() || !matches!(digits.len(), 6 | 8) {
        return None;
    }
    let part = |at: usize| match digits.get(at..at + 2) {
        Some(pair) => u8::from_str_radix(pair, 16).ok(),
        None => Some(u8::MAX),
    };
    Some([part(0)?, part(2)?, part(4)?, part(6)?])
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
        };
        assert_eq!(choose(&item, "a", &asked).colors, Colors::Grey);
    }

    #[test]
    fn a_query_wins_and_goes_round() {
        let item = item_with(Asset::new("x").with_bands(vec![band_of("red", 9.0); 6]));
        let asked = Asked {
            bands: vec![3, 2, 1],
            rescale: vec![(0.0, 100.5)],
        };
        let style = choose(&item, "a", &asked);
        assert_eq!(
            (style.bands, style.rescale),
            (vec![2, 1, 0], vec![(0.0, 100.5)])
        );
        assert_eq!(asked.to_query(), "?bands=3,2,1&rescale=0,100.5");
    }

    #[test]
    fn nonsense_is_named() {
        assert!(band("0").is_err() && band("x").is_err() && band("99999").is_err());
        for text in ["1", "2,1", "nan,1", "1,inf", "1,1"] {
            assert!(
                range(text).unwrap_err().detail().contains("rescale"),
                "{text}"
            );
        }
    }
}
